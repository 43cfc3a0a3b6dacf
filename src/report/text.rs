//! Findings for people: what, where, the line itself, and what to do.
//!
//! On a pipe the same facts without colours. Whether to be quiet is the caller's.

use std::io::{self, Write};

use super::excerpt;
use super::sanitize::clean;
use super::sentence;
use super::style::Styles;
use super::view::View;
use crate::engine::summary::Summary;
use crate::model::{Finding, Related};

/// Writes every finding and the summary.
///
/// # Errors
/// Those of `out`.
pub fn findings(findings: &[Finding], summary: &Summary, view: &View, out: &mut dyn Write) -> io::Result<()> {
    for finding in findings {
        self::finding(finding, view, out)?;
        writeln!(out)?;
    }
    writeln!(out, "{summary}")
}

/// Writes one finding; no line of it begins with anything that came from a file.
///
/// # Errors
/// Those of `out`.
pub fn finding(finding: &Finding, view: &View, out: &mut dyn Write) -> io::Result<()> {
    let Styles { strong, frame, .. } = &view.styles;
    let weight = view.styles.severity(finding.severity);
    let gutter = excerpt::gutter(finding.excerpt.as_ref());
    let message = sentence(&finding.message);
    writeln!(out, "{weight}{}[{}]{weight:#}: {strong}{message}{strong:#}", finding.severity, finding.rule)?;
    writeln!(out, "{:gutter$}{frame}-->{frame:#} {}", "", place(finding))?;
    if let Some(excerpt) = &finding.excerpt {
        let label = super::subject(finding).unwrap_or_default();
        excerpt::write(excerpt, finding.severity, &label, view, out)?;
    }
    let notes = finding.notes.iter().map(|(label, text)| (label.as_str(), text.as_str()));
    let help = finding.help.to_string();
    let help = Some(("help", help.as_str())).filter(|(_, help)| !help.is_empty());
    let places: Vec<_> =
        finding.related.iter().map(|related| (related.label.as_str(), related_place(related))).collect();
    let places = places.iter().map(|(label, place)| (*label, place.as_str()));
    for (label, text) in notes.chain(places).chain(help) {
        let text = sentence(text);
        writeln!(out, "{:gutter$} {frame}={frame:#} {strong}{label}{strong:#}: {text}", "")?;
    }
    Ok(())
}

/// A further place of a finding, the same way.
pub(super) fn related_place(related: &Related) -> String {
    let Related { file, location, .. } = related;
    format!("{}:{}:{}", clean(file), location.start.line, location.start.column)
}

/// Where a finding is, as editors understand it: `file:line:column`.
pub(super) fn place(finding: &Finding) -> String {
    let file = clean(&finding.file);
    match finding.location {
        Some(location) => format!("{file}:{}:{}", location.start.line, location.start.column),
        None => file.into_owned(),
    }
}
