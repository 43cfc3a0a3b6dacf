//! How items stand over the hops, one by one.

use std::collections::{BTreeSet, HashMap};

use rayon::prelude::*;

use super::plan::Planner;
use crate::engine::history::History;
use crate::engine::promotion::{Grounds, HopStatus, ItemState, Selection};
use crate::model::policy::NewKeys;
use crate::model::{ErrorKind, Hop, Key, Progress, ProgressCounter, Result};

/// How an item stands over both hops; `None` where there is nothing to say.
pub(super) struct ItemStanding {
    pub(super) states: [Option<ItemState>; 2],
    /// What that rests on besides the item.
    pub(super) grounds: Grounds,
}

/// An item under its new name in the source, and under the one that the target still has it under.
pub(super) type RenamedItem = (Key, Key);

impl Planner {
    /// How the items stand over each hop, by key; those in sync are left out. An item that cannot be
    /// understood does not hide the others.
    ///
    /// # Errors
    /// When something of the history cannot be read: nothing is an all-clear that was not looked at.
    pub fn status(&self, keys: &[Key], progress: &dyn Progress) -> Result<Vec<HopStatus>> {
        let judged = self.standings(&self.chosen_keys(keys), progress, |_, standing| standing.states)?;
        let mut hops = Hop::ALL.map(|hop| HopStatus { hop, items: Vec::new() });
        for (key, states) in judged {
            for (hop, state) in hops.iter_mut().zip(states) {
                hop.items.extend(state.map(|state| (key.clone(), state)));
            }
        }
        for hop in &mut hops {
            let items = hop.items.iter().map(|(key, state)| (key, state));
            let renamed = renamed_items(&self.history, hop.hop, items);
            join_renamed_items(hop, &renamed);
        }
        Ok(hops.into())
    }

    /// Those of the commit's items that are asked for (all without any), by key.
    pub(super) fn chosen_keys(&self, keys: &[Key]) -> Vec<&Key> {
        let wanted: BTreeSet<&Key> = keys.iter().collect();
        let mut chosen = self.configuration.snapshot().keys();
        chosen.retain(|key| wanted.is_empty() || wanted.contains(key));
        chosen
    }

    /// Judges items, several at a time; `make` says what is kept of each.
    pub(super) fn standings<T: Send>(
        &self,
        keys: &[&Key],
        progress: &dyn Progress,
        make: impl Fn(&Key, ItemStanding) -> T + Sync,
    ) -> Result<Vec<(Key, T)>> {
        let steps = ProgressCounter::new(progress, "judging items", Some(keys.len()));
        let judge = |key: &&Key| {
            let mut grounds = Grounds::default();
            let [staging, production] = Hop::ALL.map(|hop| self.state(key, hop, &mut grounds));
            let states = [staging?, production?];
            let made = make(key, ItemStanding { states, grounds });
            self.forget(key);
            steps.step();
            Ok(((*key).clone(), made))
        };
        keys.par_iter().map(judge).collect()
    }

    /// How an item stands over a hop; `None` when there is nothing to say.
    fn state(&self, key: &Key, hop: Hop, grounds: &mut Grounds) -> Result<Option<ItemState>> {
        let selection = Selection { new_keys: NewKeys::Ask, ..Selection::default() };
        let is_there = |environment| self.item(key, environment).is_some();
        if is_there(hop.source())
            && is_there(hop.target())
            && let Ok(Some(file)) = self.encrypted(key, hop)
        {
            return Ok(Some(ItemState::Encrypted(file)));
        }
        let plan = self
            .judged(key, hop, grounds)
            .and_then(|leaves| leaves.map_or(Ok(None), |leaves| self.chosen(leaves, key, hop, &selection)));
        Ok(match plan {
            Ok(Some(plan)) if plan.lines.is_empty() => None,
            Ok(Some(plan)) => Some(ItemState::Differs(plan)),
            Ok(None) if is_there(hop.source()) => Some(ItemState::OnlyInSource),
            Ok(None) => {
                let was_there = self.history.blobs(key, hop.source()).into_iter().next().is_some();
                (was_there && is_there(hop.target())).then_some(ItemState::Deleted)
            }
            Err(error) if error.kind == ErrorKind::Io => return Err(error),
            Err(error) => Some(ItemState::Unreadable(error.message)),
        })
    }
}

/// The items that the source has under another name than the target, where `items` stand so before they
/// are joined.
pub(super) fn renamed_items<'i, V: 'i>(
    history: &History,
    hop: Hop,
    items: impl Iterator<Item = (&'i Key, &'i ItemState<V>)> + Clone,
) -> Vec<RenamedItem> {
    let source = hop.source();
    let with = |wanted: fn(&ItemState<V>) -> bool| {
        let items = items.clone().filter(move |(_, state)| wanted(state));
        items.map(|(key, _)| (key.file(source), key)).collect::<HashMap<_, _>>()
    };
    let deleted = with(|state| matches!(state, ItemState::Deleted));
    let appeared = with(|state| matches!(state, ItemState::OnlyInSource));
    if deleted.is_empty() || appeared.is_empty() {
        return Vec::new();
    }
    let moves = history.commits().iter().flat_map(|commit| &commit.moved.files);
    let renamed: HashMap<&Key, &Key> = moves
        .filter_map(|moved| Some((*appeared.get(&moved.to)?, *deleted.get(&moved.origin.as_ref()?.path)?)))
        .collect();
    let mut renamed: Vec<RenamedItem> =
        renamed.into_iter().map(|(to, from)| (to.clone(), from.clone())).collect();
    renamed.sort_unstable();
    renamed
}

/// Joins each item that the source deleted with the one that carries its past under another name.
pub(super) fn join_renamed_items<V>(status: &mut HopStatus<V>, renamed: &[RenamedItem]) {
    if renamed.is_empty() {
        return;
    }
    let gone: BTreeSet<&Key> = renamed.iter().map(|(_, from)| from).collect();
    status.items.retain(|(key, _)| !gone.contains(key));
    for (key, state) in &mut status.items {
        if let Ok(at) = renamed.binary_search_by(|(to, _)| to.cmp(key)) {
            *state = ItemState::Renamed(renamed[at].1.clone());
        }
    }
}
