//! A review in every format: the verdict first, then what the change introduces, what it does in
//! each environment, and what else a reviewer should know.
//!
//! Annotations, code scanning and test results hold only what the change introduces: what was
//! there before is nobody's comment on this change.

use std::io::{self, Write};

use super::format::{Format, findings_and};
use super::remark::remarks;
use super::review_markdown;
use super::review_sections::{Section, sections};
use super::review_summary::{range, verdict};
use super::sanitize::clean;
use super::view::View;
use crate::engine::review::Review;

pub use super::review_markdown::MARKER;

/// Writes a review in a format.
///
/// # Errors
/// Those of `out`.
pub fn review(format: Format, review: &Review, view: &View, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Text => text(review, view, out),
        Format::Json => crate::api::review::review(review, out),
        Format::Markdown => review_markdown::review(review, out),
        Format::Github | Format::Sarif | Format::Junit | Format::Gitlab => {
            findings_and(format, review.introduced(), &remarks(review)?, &review.summary(), view, out)
        }
    }
}

fn text(review: &Review, view: &View, out: &mut dyn Write) -> io::Result<()> {
    let styles = &view.styles;
    let (strong, faint) = (styles.strong, styles.faint);
    writeln!(out, "{strong}{}{strong:#}", verdict(review))?;
    writeln!(out, "{faint}{}{faint:#}", range(review))?;
    for Section { title, body, aside } in sections(review, view)? {
        writeln!(out, "\n{strong}{}{strong:#}", clean(&title))?;
        if aside && !view.verbose {
            writeln!(out, "  {faint}(-v lists them){faint:#}")?;
        } else {
            write!(out, "{body}")?;
        }
    }
    Ok(())
}
