//! Items over all three environments, each with what a promotion would make of it: one item at a time,
//! so that who asks again can keep what is still the same.

use rayon::prelude::*;

use super::plan::{Planner, judgeable};
use crate::engine::compare::{PairedRows, paired_rows};
use crate::engine::promotion::PlanEntry;
use crate::model::{Environment, Error, Hop, Key, Result};
use crate::secrets::mask::Reveal;

/// One item over all environments: what cannot be read of one is said of that one, and what is said of two
/// rests on the two.
pub struct JudgedItem {
    /// Where it differs, values masked.
    pub rows: PairedRows,
    /// What the table says of each hop, ungathered and not masked: for its reasons and commits.
    pub lines: [Result<Vec<PlanEntry>>; 2],
    /// Why its file cannot be read, in each environment.
    pub unreadable: [Option<Error>; 3],
}

/// Judges some items at the planner's commit, several at a time; `make` says what is kept of each.
///
/// What was read of an item is let go before the next one is.
pub fn judge_items<T: Send>(
    planner: &Planner,
    keys: &[Key],
    reveal: Reveal,
    make: impl Fn(&Key, JudgedItem) -> T + Sync,
) -> Vec<T> {
    let judge = |key: &Key| {
        let made = make(key, judge_item(planner, key, reveal));
        planner.let_go(key);
        made
    };
    keys.par_iter().map(judge).collect()
}

fn judge_item(planner: &Planner, key: &Key, reveal: Reveal) -> JudgedItem {
    let configuration = &planner.configuration;
    let read = Environment::ALL.map(|environment| match configuration.item(key, environment) {
        Some(item) => planner.document(item).map(Some),
        // What is hidden is not absent.
        None => configuration.snapshot().require_file(key, environment).map(|()| None),
    });
    let documents = read.each_ref().map(|document| document.as_ref().ok()?.as_deref());
    let rows = paired_rows(&documents, &configuration.lists(key), &configuration.mask(reveal));
    let lines = Hop::ALL.map(|hop| {
        let sides = [hop.source(), hop.target()].map(|side| read[side as usize].as_ref().err());
        match sides.into_iter().flatten().next() {
            Some(unreadable) => Err(unreadable.clone()),
            None => leaves(planner, key, hop),
        }
    });
    JudgedItem { rows, lines, unreadable: read.map(Result::err) }
}

/// The judged leaves. What is encrypted has none; its values stand all the same.
fn leaves(planner: &Planner, key: &Key, hop: Hop) -> Result<Vec<PlanEntry>> {
    // What was decided and cannot be read is not passed over.
    planner.decisions(key, hop.target())?;
    judgeable(planner.leaves(key, hop))
}
