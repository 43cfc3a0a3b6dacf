//! GitLab's Code Quality report: a JSON list of what a merge request makes better or worse.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Serialize;

use super::fingerprint::{fingerprints, remark_fingerprints};
use super::headline;
use super::remark::Remark;
use super::sanitize::clean;
use crate::model::{Finding, Severity};

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: Cow<'static, str>,
    fingerprint: String,
    severity: &'static str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: Cow<'a, str>,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
    end: usize,
}

/// Writes the findings as GitLab's list; what concerns a whole file stands at its first line.
///
/// # Errors
/// Those of `out`.
pub(super) fn findings(findings: &[Finding], remarks: &[Remark], out: &mut dyn Write) -> io::Result<()> {
    let remarks =
        remarks.iter().zip(remark_fingerprints(remarks)).map(|(remark, name)| remarked(remark, name));
    let found = findings.iter().zip(fingerprints(findings));
    let found = found.map(|(finding, name)| issue(finding, name.to_string()));
    let issues: Vec<_> = remarks.chain(found).collect();
    crate::api::findings::document(&issues, out)
}

fn issue(finding: &Finding, fingerprint: String) -> Issue<'_> {
    let (begin, end) = finding.location.map_or((1, 1), |at| (at.start.line, at.end.line));
    Issue {
        description: headline(finding),
        check_name: finding.rule.id().into(),
        fingerprint,
        severity: severity(finding.severity),
        location: Location { path: clean(&finding.file), lines: Lines { begin, end } },
    }
}

fn remarked(Remark { name, file, text }: &Remark, fingerprint: String) -> Issue<'_> {
    Issue {
        description: format!("{name}: {text}"),
        check_name: name.replace(' ', "-").into(),
        fingerprint,
        severity: severity(Severity::Notice),
        location: Location { path: clean(file), lines: Lines { begin: 1, end: 1 } },
    }
}

const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "critical",
        Severity::Warning => "minor",
        Severity::Notice => "info",
    }
}
