//! Items over all three environments, each with what a promotion would make of it: one item at a time,
//! so that who asks again can keep what is still the same.

use rayon::prelude::*;

use super::plan::{Planner, judgeable};
use crate::engine::compare::{MatrixItem, matrix_rows};
use crate::engine::promotion::PlanEntry;
use crate::model::{Environment, Hop, Key, Result};
use crate::secrets::mask::Reveal;

/// One item over all environments.
pub struct JudgedItem {
    /// Where it is, and what differs, values masked.
    pub item: MatrixItem,
    /// What the table says of each hop, ungathered and not masked: for its reasons and commits.
    pub lines: [Vec<PlanEntry>; 2],
}

/// Judges some items at the planner's commit, several at a time; `make` says what is kept of each.
///
/// What was read of an item is let go before the next one is.
pub fn judge_items<T: Send>(
    planner: &Planner,
    keys: &[Key],
    reveal: Reveal,
    make: impl Fn(&Key, Result<JudgedItem>) -> T + Sync,
) -> Vec<T> {
    let judge = |key: &Key| {
        let made = make(key, judge_item(planner, key, reveal));
        planner.let_go(key);
        made
    };
    keys.par_iter().map(judge).collect()
}

fn judge_item(planner: &Planner, key: &Key, reveal: Reveal) -> Result<JudgedItem> {
    let configuration = &planner.configuration;
    let mut read = [None, None, None];
    for (slot, environment) in read.iter_mut().zip(Environment::ALL) {
        let item = configuration.item(key, environment);
        *slot = item.map(|item| planner.document(item)).transpose()?;
    }
    let documents = read.each_ref().map(|document| document.as_deref());
    let mask = configuration.mask(reveal);
    let mut rows = matrix_rows(&documents, &configuration.lists(key), &mask);
    // What cannot be judged, an encrypted file, has no resolution; its values stand all the same.
    let [staging, production] = Hop::ALL.map(|hop| judgeable(planner.leaves(key, hop)));
    let lines = [staging?, production?];
    for (hop, lines) in lines.iter().enumerate() {
        for line in lines {
            if let Some(row) = rows.get_mut(&line.path) {
                row.resolutions[hop] = Some(line.resolution);
            }
        }
    }
    let present = documents.map(|document| document.is_some());
    let item = MatrixItem { key: key.clone(), present, rows: rows.into_values().collect() };
    Ok(JudgedItem { item, lines })
}
