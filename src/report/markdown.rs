//! A comment on a pull request: the verdict first, the findings folded below.
//!
//! Foreign text stands in code only, where Markdown, HTML, mentions, links and issue references
//! mean nothing. The first line is a marker by which a workflow finds its own comment again and
//! updates it in place.

use std::io::{self, Write};

use super::sanitize::clean;
use super::text;
use super::view::View;
use crate::engine::summary::{Summary, counted};
use crate::model::{Finding, Severity};

/// The first line of the comment.
pub const MARKER: &str = "<!-- terrace:check -->";

/// What GitHub accepts in a comment; bytes are never fewer than its characters.
pub(super) const LIMIT: usize = 65_536;

/// What the frame around the findings may take of the limit.
const FRAME: usize = 1_536;

/// Writes the findings as one comment that GitHub accepts.
///
/// # Errors
/// Those of `out`.
pub fn findings(findings: &[Finding], summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{MARKER}\n**terrace check: {}** ({})", summary.verdict(), summary.scope())?;
    let mut room = LIMIT - FRAME;
    let mut left_out = 0;
    for severity in [Severity::Error, Severity::Warning, Severity::Notice] {
        let group: Vec<_> = findings.iter().filter(|finding| finding.severity == severity).collect();
        let mut block = String::new();
        for finding in &group {
            let mut shown = Vec::new();
            text::finding(finding, &View::default(), &mut shown)?;
            if shown.len() < room {
                room -= shown.len() + 1;
                let gap = if block.is_empty() { "" } else { "\n" };
                block.extend([gap, &String::from_utf8_lossy(&shown)]);
            } else {
                left_out += 1;
            }
        }
        if !block.is_empty() {
            let open = if severity == Severity::Error { " open" } else { "" };
            let count = counted(group.len(), severity.name());
            let block = fenced(&block);
            writeln!(out, "\n<details{open}><summary>{count}</summary>\n\n{block}\n\n</details>")?;
        }
    }
    if left_out > 0 {
        let more = counted(left_out, "finding");
        writeln!(out, "\n{more} did not fit into this comment; `terrace check` prints all of them.")?;
    }
    Ok(())
}

/// `text` as a block of code, whose fence is longer than what begins any of its lines.
#[must_use]
pub fn fenced(text: &str) -> String {
    let opening = |line: &str| line.trim_start().chars().take_while(|c| *c == '`').count();
    let fence = "`".repeat(text.lines().map(opening).max().unwrap_or(0).max(2) + 1);
    format!("{fence}text\n{}\n{fence}", text.trim_end_matches('\n'))
}

/// One line of foreign text as a code span. Not for tables, where a `|` would still end the cell.
#[must_use]
pub fn code(text: &str) -> String {
    let text = clean(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    // One blank at each end is taken off again, unless there is nothing but blanks.
    let blank = text.is_empty() || text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']);
    let pad = if blank { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_holds_its_text() {
        for (text, expected) in [
            ("a", "`a`"),
            ("a`b``c", "```a`b``c```"),
            ("`a", "`` `a ``"),
            (" a ", "`  a  `"),
            ("", "`  `"),
            ("a\n\nb", "`a\\n\\nb`"),
        ] {
            assert_eq!(code(text), expected);
        }
        assert_eq!(fenced("a\n"), "```text\na\n```");
        assert_eq!(fenced("  ````\n"), "`````text\n  ````\n`````");
        assert_eq!(fenced("a ````"), "```text\na ````\n```");
    }
}
