//! JUnit XML, which GitLab, Jenkins and most CI systems show as test results.
//!
//! A suite per environment and one for what belongs to none; a test case per finding. Only errors
//! fail: warnings and notices are skipped cases with their message, so that the report agrees with
//! the exit code. A suite without findings has one case, which passes. Jenkins may hold a report
//! against its schema, so there are only the attributes which that knows.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::fingerprint::{Fingerprint, fingerprints};
use super::remark::Remark;
use super::sanitize::clean;
use super::view::View;
use super::{headline, text, title};
use crate::engine::summary::Summary;
use crate::model::{Environment, Finding, Severity};

/// A finding and what tells it from its equals.
type Case<'a> = (&'a Finding, Fingerprint);

/// Writes the findings as one XML document.
///
/// # Errors
/// Those of `out`.
pub(super) fn findings(
    findings: &[Finding],
    remarks: &[Remark],
    summary: &Summary,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut suites: BTreeMap<Option<Environment>, Vec<Case<'_>>> =
        summary.environments.iter().map(|environment| (Some(*environment), Vec::new())).collect();
    for case in findings.iter().zip(fingerprints(findings)) {
        suites.entry(case.0.environment).or_default().push(case);
    }
    if suites.is_empty() {
        suites.insert(None, Vec::new());
    }
    let cases: usize = suites.values().map(|suite| suite.len().max(1)).sum::<usize>() + remarks.len();
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(out, r#"<testsuites name="terrace" tests="{cases}" failures="{}" errors="0">"#, summary.errors)?;
    remarked(remarks, out)?;
    for (environment, cases) in suites {
        suite(environment.map_or("repository", |environment| environment.name()), &cases, out)?;
    }
    writeln!(out, "</testsuites>")
}

fn remarked(remarks: &[Remark], out: &mut dyn Write) -> io::Result<()> {
    let mut suites: BTreeMap<&str, Vec<&Remark>> = BTreeMap::new();
    remarks.iter().for_each(|remark| suites.entry(remark.name).or_default().push(remark));
    for (name, remarks) in suites {
        let count = remarks.len();
        writeln!(
            out,
            r#"  <testsuite name="{name}" tests="{count}" failures="0" errors="0" skipped="{count}">"#
        )?;
        for Remark { file, text, .. } in remarks {
            let (file, text) = (escape(&clean(file)), escape(text));
            writeln!(out, r#"    <testcase name="{text}" classname="{file}">"#)?;
            writeln!(out, r#"      <skipped message="{name}"/>"#)?;
            writeln!(out, "    </testcase>")?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    Ok(())
}

fn suite(name: &str, cases: &[Case<'_>], out: &mut dyn Write) -> io::Result<()> {
    let failures = cases.iter().filter(|(finding, _)| finding.severity == Severity::Error).count();
    let (tests, skipped) = (cases.len().max(1), cases.len() - failures);
    writeln!(
        out,
        r#"  <testsuite name="{name}" tests="{tests}" failures="{failures}" errors="0" skipped="{skipped}">"#
    )?;
    if cases.is_empty() {
        writeln!(out, r#"    <testcase name="no findings" classname="{name}"/>"#)?;
    }
    for (finding, fingerprint) in cases {
        case(finding, fingerprint.occurrence, out)?;
    }
    writeln!(out, "  </testsuite>")
}

fn case(finding: &Finding, occurrence: usize, out: &mut dyn Write) -> io::Result<()> {
    // Services take two cases of one name for one case.
    let nth = if occurrence > 1 { format!(" ({occurrence})") } else { String::new() };
    let (name, file) = (escape(&title(finding)), escape(&clean(&finding.file)));
    writeln!(out, r#"    <testcase name="{name}{nth}" classname="{file}">"#)?;
    let headline = escape(&headline(finding));
    if finding.severity == Severity::Error {
        let mut body = Vec::new();
        text::finding(finding, &View::default(), &mut body)?;
        let body = escape(&String::from_utf8_lossy(&body));
        writeln!(out, r#"      <failure type="{}" message="{headline}">{body}</failure>"#, finding.rule)?;
    } else {
        writeln!(out, r#"      <skipped message="{}: {headline}"/>"#, finding.severity)?;
    }
    writeln!(out, "    </testcase>")
}

/// Text for content and attributes; what XML 1.0 has no way to write becomes U+FFFD.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\t' | '\n' | ' '..='\u{fffd}' | '\u{10000}'.. => out.push(c),
            _ => out.push('\u{fffd}'),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn only_what_xml_can_hold_comes_out() {
        assert_eq!(
            escape("a<b>]]>\"&'\0\u{1b}\u{ffff}é\n"),
            "a&lt;b&gt;]]&gt;&quot;&amp;&apos;\u{fffd}\u{fffd}\u{fffd}é\n"
        );
    }
}
