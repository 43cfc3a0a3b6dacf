//! A review in every format: the verdict first, then what the change introduces, what it does in
//! each environment, and what else a reviewer should know.
//!
//! Annotations, code scanning and test results hold only what the change introduces: what was
//! there before is nobody's comment on this change.

use std::io::{self, Write};

use super::format::{Format, findings};
use super::review_sections::{Section, sections};
use super::sanitize::{clean, cut};
use super::summary::Summary;
use super::view::View;
use super::{counted, review_json, review_markdown};
use crate::engine::review::{ItemChange, Review};

pub use super::review_json::schema;
pub use super::review_markdown::MARKER;

/// Writes a review in a format.
///
/// # Errors
/// Those of `out`.
pub fn review(format: Format, review: &Review, view: &View, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Text => text(review, view, out),
        Format::Json => review_json::review(review, out),
        Format::Markdown => review_markdown::review(review, out),
        Format::Github | Format::Sarif | Format::Junit | Format::Gitlab => {
            findings(format, review.introduced(), &summary(review), &view.styles, out)
        }
    }
}

/// What was judged, and how much the change introduces.
pub(super) fn summary(review: &Review) -> Summary {
    Summary::new(review.judged, review.environments.iter().copied(), review.introduced())
}

/// The verdict in one sentence.
pub(super) fn verdict(review: &Review) -> String {
    if review.is_empty() {
        return "nothing changes".to_owned();
    }
    let found = match summary(review).verdict().as_str() {
        "no findings" => "introduces no findings".to_owned(),
        found => format!("introduces {found}"),
    };
    let mended = match review.findings.mended.len() {
        0 => String::new(),
        n => format!(", mends {n}"),
    };
    format!("{found}{mended}; {}", extent(review))
}

/// How much changes: `4 values in 2 items`.
fn extent(review: &Review) -> String {
    let values: usize = review.items.iter().map(ItemChange::extent).sum();
    let mut keys: Vec<_> = review.items.iter().map(|item: &ItemChange| &item.key).collect();
    keys.sort_unstable();
    keys.dedup();
    match (values, keys.len()) {
        (_, 0) => "no item changes".to_owned(),
        (0, items) => format!("no value changes in {}", counted(items, "item")),
        (values, items) => format!("{} in {}", counted(values, "change"), counted(items, "item")),
    }
}

/// What is compared: `since main 1a2b3c4: feature 5d6e7f8, 3 commits`. A branch's name never begins
/// a line: a CI runner could take it for a command.
pub(super) fn range(review: &Review) -> String {
    let end = |end: &crate::engine::review::End| {
        let id = end.commit.id.short();
        if end.commit.id.as_str().starts_with(&end.name) {
            id.to_owned()
        } else {
            format!("{} {id}", cut(&end.name, 60))
        }
    };
    let commits = counted(review.commits.len() + review.more_commits, "commit");
    format!("since {}: {}, {commits}", end(&review.base), end(&review.head))
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
