//! A review in one sentence.

use super::counted;
use super::review_sections::not_compared;
use super::sanitize::cut;
use crate::engine::review::{End, ItemChange, Review};

/// The verdict in one sentence.
pub(super) fn verdict(review: &Review) -> String {
    if review.is_empty() {
        return "nothing changes".to_owned();
    }
    let found = format!("introduces {}", review.summary().verdict());
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
    let unread = not_compared(review.items.iter());
    let told = match (values, keys.len()) {
        (_, 0) => match review.modes.len() {
            0 => "no item changes".to_owned(),
            n => format!("{} with another mode", counted(n, "file")),
        },
        (0, items) if unread == review.items.len() => counted(items, "item"),
        (0, items) => format!("no value changes in {}", counted(items, "item")),
        (values, items) => format!("{} in {}", counted(values, "change"), counted(items, "item")),
    };
    match unread {
        0 => told,
        n => format!("{told}, {n} not compared"),
    }
}

/// What is compared: `since main 1a2b3c4: feature 5d6e7f8, 3 commits`. A branch's name never begins
/// a line: a CI runner could take it for a command.
pub(super) fn range(review: &Review) -> String {
    let end = |end: &End| {
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
