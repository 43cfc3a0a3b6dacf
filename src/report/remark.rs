//! What a review accepts, and what it could not compare, for the formats that know findings alone: none of it
//! is a finding, and none of it may go unsaid.

use std::io;

use super::review_sections::{decision, waiver};
use crate::engine::review::{FileChangeKind, Review};
use crate::model::policy;

/// One thing that the head's decisions or waivers accept, or that could not be compared.
pub(super) struct Remark {
    /// What it is called.
    pub(super) name: &'static str,
    /// The file that says so, or that it is said of.
    pub(super) file: String,
    /// One line that has passed the sanitizer.
    pub(super) text: String,
}

/// What a review accepts, and what it could not compare, what matters most first.
pub(super) fn remarks(review: &Review) -> io::Result<Vec<Remark>> {
    let line = |file: String, write: &dyn Fn(&mut Vec<u8>) -> io::Result<()>| {
        let mut text = Vec::new();
        write(&mut text)?;
        let text = String::from_utf8_lossy(&text);
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        Ok(Remark { name: "accepted here", file, text })
    };
    let decisions = review
        .decisions
        .iter()
        .map(|change| line(change.key.file(change.target), &|out: &mut Vec<u8>| decision(change, out)));
    let waivers = review
        .waivers
        .iter()
        .map(|change| line(policy::FILE.to_owned(), &|out: &mut Vec<u8>| waiver(change, out)));
    let unread = review.items.iter().filter(|item| item.what == FileChangeKind::Unreadable);
    let unread = unread.map(|item| {
        let text = "the file cannot be read, so nobody knows what changes in it".to_owned();
        Ok(Remark { name: "not compared", file: item.key.file(item.environment), text })
    });
    decisions.chain(waivers).chain(unread).collect()
}
