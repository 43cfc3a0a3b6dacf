//! Annotations on a pull request, as commands to the GitHub Actions runner.
//!
//! A runner takes a line that begins with `::` for a command. Its own escapes keep a value inside
//! its place: `%`, CR and LF everywhere, `:` and `,` in properties too. GitHub shows at most ten
//! annotations of each severity per step.

use std::io::{self, Write};

use super::remark::Remark;
use super::sanitize::clean;
use super::{sentence, title};
use crate::engine::summary::Summary;
use crate::model::Finding;

/// Writes one command per finding, and the summary for the log.
///
/// # Errors
/// Those of `out`.
pub(super) fn findings(
    findings: &[Finding],
    remarks: &[Remark],
    summary: &Summary,
    out: &mut dyn Write,
) -> io::Result<()> {
    for Remark { name, file, text } in remarks {
        let (file, title) = (property(file), name);
        writeln!(out, "::notice file={file},line=1,title={title}::{}", data(&sentence(text)))?;
    }
    for finding in findings {
        let help = finding.help.to_string();
        let (message, help) = (sentence(&finding.message), sentence(&help));
        let text = if help.is_empty() { message.into_owned() } else { format!("{message}\nhelp: {help}") };
        writeln!(out, "::{} {}::{}", finding.severity, properties(finding), data(&text))?;
    }
    writeln!(out, "{summary}")
}

fn properties(finding: &Finding) -> String {
    let mut out = vec![format!("file={}", property(&finding.file))];
    if let Some(location) = finding.location {
        let (start, end) = (location.start, location.end);
        out.push(format!("line={}", start.line));
        // The runner refuses columns for what spans several lines.
        if start.line == end.line {
            out.push(format!("col={},endLine={},endColumn={}", start.column, end.line, end.column));
        } else {
            out.push(format!("endLine={}", end.line));
        }
    }
    out.push(format!("title={}", property(&title(finding))));
    out.join(",")
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(&clean(text)).replace(':', "%3A").replace(',', "%2C")
}
