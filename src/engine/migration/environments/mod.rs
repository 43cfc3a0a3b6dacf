//! Configuration that keeps environments apart already, in folders or by the names of its files, on
//! its way to `environments/`.
//!
//! The room finds the words that say whose a file is, puts files of one item together, and says
//! what an environment lacks that another has. Bytes of YAML stay as they are.

mod fold;
mod gaps;
mod layout;
mod marker;
mod outcome;
mod plan;

use std::collections::BTreeMap;

use crate::model::Environment;

pub use gaps::{Gaps, gaps};
pub use outcome::{BaseFile, Clash, Left, TakeOver, TakeOverPlan, Taken, UnknownWord, WordSource, WordUse};
pub use plan::take_over;

/// The environment other than development that a path is marked for.
pub(super) fn marked_for_other(
    path: &str,
    words: &BTreeMap<Environment, Vec<String>>,
) -> Option<Environment> {
    let found = marker::marker(path, words)?;
    let marker::Meaning::Environment(environment) = found.meaning else { return None };
    [Some(environment), found.also].into_iter().flatten().find(|it| *it != Environment::Development)
}

/// The word of a path that only a person can say whose it is.
pub(super) fn unknown_word(path: &str, words: &BTreeMap<Environment, Vec<String>>) -> Option<String> {
    marker::unknown_word(path, words)
}
