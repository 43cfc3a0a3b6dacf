//! What a review accepts, for the formats that know findings alone: none of it is a finding, and none of
//! it may go unsaid.

use std::io;

use super::review_sections::{decision, waiver};
use crate::engine::review::Review;
use crate::model::policy;

/// One thing that the head's decisions or waivers accept.
pub(super) struct Remark {
    /// The file that says so, or that it is said of.
    pub(super) file: String,
    /// One line that has passed the sanitizer.
    pub(super) text: String,
}

impl Remark {
    /// What all of them are called.
    pub(super) const NAME: &str = "accepted here";
}

/// What a review accepts, what matters most first.
pub(super) fn accepted(review: &Review) -> io::Result<Vec<Remark>> {
    let line = |file: String, write: &dyn Fn(&mut Vec<u8>) -> io::Result<()>| {
        let mut text = Vec::new();
        write(&mut text)?;
        let text = String::from_utf8_lossy(&text);
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        Ok(Remark { file, text })
    };
    let decisions = review
        .decisions
        .iter()
        .map(|change| line(change.key.file(change.target), &|out: &mut Vec<u8>| decision(change, out)));
    let waivers = review
        .waivers
        .iter()
        .map(|change| line(policy::FILE.to_owned(), &|out: &mut Vec<u8>| waiver(change, out)));
    decisions.chain(waivers).collect()
}
