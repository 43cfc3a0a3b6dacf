//! Plans whose outcomes are given: what a plan file says, to be carried out exactly.
//!
//! The outcomes come from the file, everything else is judged again. Where the file comes from and
//! how it is written is not known here; places in it are carried along for messages.

use std::collections::BTreeSet;

use super::entry::Action;
use super::entry::PlanEntry;
use super::parts::{parts_at, stay_with_the_whole};
use super::plan::{at_highest, enters_an_element, keep_elements_whole, same_judgement};
use crate::model::{BlobId, CommitId, Error, Help, Hop, Key, PathTree, Result, Value, ValuePath};
use crate::secrets::without_secret_steps;
use crate::yaml::Document;

/// A plan whose outcomes are given.
#[derive(Clone, Debug)]
pub struct SavedPlan {
    /// The commit that the plan was made on.
    pub head: CommitId,
    /// The hop.
    pub hop: Hop,
    /// The reason recorded with what the target keeps.
    pub reason: Option<String>,
    /// Who carries it out, and is recorded with that; the plan does not say.
    pub by: String,
    /// The items that both sides have.
    pub items: Vec<SavedItem>,
    /// The items that come into being.
    pub creations: Vec<SavedCreation>,
    /// The items that go, with the blobs that go with them.
    pub deletions: Vec<(Key, BlobId)>,
}

impl SavedPlan {
    /// The items that it speaks of, each once.
    #[must_use]
    pub fn keys(&self) -> Vec<Key> {
        let items = self.items.iter().map(|item| &item.key);
        let created = self.creations.iter().map(|creation| &creation.key);
        let keys: BTreeSet<&Key> =
            items.chain(created).chain(self.deletions.iter().map(|(key, _)| key)).collect();
        keys.into_iter().cloned().collect()
    }
}

/// What becomes of one item that both sides have.
#[derive(Clone, Debug)]
pub struct SavedItem {
    /// The item.
    pub key: Key,
    /// Where the file speaks of it.
    pub place: String,
    /// The source's blob.
    pub source_blob: BlobId,
    /// The target's blob.
    pub target_blob: BlobId,
    /// What becomes of each path.
    pub lines: Vec<SavedEntry>,
    /// Values for paths at which the sides do not differ.
    pub given: Vec<(ValuePath, Value)>,
    /// Whether it was agreed to that nothing is left of the item.
    pub empties: bool,
}

/// What becomes of one path and all that differs below it.
#[derive(Clone, Debug)]
pub struct SavedEntry {
    /// Where.
    pub path: ValuePath,
    /// What is done.
    pub verdict: Action,
    /// Whether the file calls it a conflict.
    pub stopped: bool,
    /// Where the file says so.
    pub place: String,
}

/// An item that comes into being.
#[derive(Clone, Debug)]
pub struct SavedCreation {
    /// The item.
    pub key: Key,
    /// Where the file speaks of it.
    pub place: String,
    /// The source's blob.
    pub source_blob: BlobId,
    /// What does not come along.
    pub left_out: Vec<ValuePath>,
    /// What gets a value of its own.
    pub given: Vec<(ValuePath, Value)>,
}

/// Gives judged leaves the outcomes of the plan, one line for each of its lines.
///
/// # Errors
/// With its place, where the plan leaves a path out, speaks of one that does not differ, joins what
/// has different fates, or takes what may not be promoted.
pub fn settle(
    mut leaves: Vec<PlanEntry>,
    agreed: &SavedItem,
    hop: Hop,
    source: &Document,
    target: &Document,
) -> Result<Vec<PlanEntry>> {
    keep_elements_whole(&mut leaves);
    leaves.extend(parts_at(&leaves, agreed.lines.iter().map(|line| &line.path), source));
    let mut groups: Vec<(&SavedEntry, Vec<PlanEntry>)> =
        agreed.lines.iter().map(|line| (line, Vec::new())).collect();
    let lines: PathTree<'_, usize> =
        agreed.lines.iter().enumerate().map(|(position, line)| (&line.path, position)).collect();
    for leaf in leaves {
        let shown = without_secret_steps(&leaf.path);
        let nearest = lines.above(&shown).next_back().map(|(_, line)| *line);
        match nearest.and_then(|line| groups.get_mut(line)) {
            Some((_, group)) => group.push(leaf),
            None => {
                let missing = format!("the plan of {} says nothing of {shown}", agreed.key);
                return Err(wrong(&agreed.place, &missing));
            }
        }
    }
    let settled = |(line, group)| settled(line, group, hop, source, target);
    let mut lines: Vec<PlanEntry> = groups.into_iter().map(settled).collect::<Result<_>>()?;
    stay_with_the_whole(&mut lines);
    Ok(lines)
}

fn settled(
    agreed: &SavedEntry,
    group: Vec<PlanEntry>,
    hop: Hop,
    source: &Document,
    target: &Document,
) -> Result<PlanEntry> {
    let SavedEntry { path, verdict, place, .. } = agreed;
    let one_fate = group.windows(2).all(|pair| matches!(pair, [a, b] if same_judgement(a, b)));
    let several = |what: &str| Err(wrong(place, &format!("{path} stands for several paths{what}")));
    let line = match group.as_slice() {
        [] => None,
        [line] if *without_secret_steps(&line.path) == *path => group.into_iter().next(),
        _ if matches!(verdict, Action::Set(_)) => return several("; a value is given to a single one"),
        [line] if !enters_an_element(path, line) => return several(" that are judged apart"),
        _ if !one_fate || group.iter().any(|line| line.secret) => return several(" that are judged apart"),
        _ => at_highest(path, group, source, target),
    };
    let Some(mut line) = line else {
        return Err(wrong(place, &format!("nothing differs at {path}")));
    };
    if *verdict == Action::Take && line.is_refused() {
        return Err(wrong(place, &format!("{path} is never promoted: {}", line.reason.phrase(hop))));
    }
    let is_there = matches!(verdict, Action::Set(value) if line.target.as_ref() == Some(value));
    line.verdict = if is_there { Action::Keep } else { verdict.clone() };
    Ok(line)
}

/// The error of a plan file that contradicts the repository or itself.
#[must_use]
pub fn wrong(place: &str, what: &str) -> Error {
    Error::usage(format!("{place}: {what}"))
        .with_help("of a plan only the outcomes may be edited, with `taken` and `value`")
        .or_help(Help::PlanAnew)
}
