//! A removal shares the fate of what its source commit put in its place.
//!
//! Who renames an entry removes one and adds another. A target that took the removal and left the
//! addition would have neither, so the removal waits for the addition.

use std::collections::{BTreeMap, HashMap};

use super::decision::canonical;
use super::entry::Action;
use super::entry::PlanEntry;
use super::reason::Reason;
use super::resolution::Level;
use super::selection::Choice;
use crate::model::{CommitId, ValuePath};

/// An entry that comes or goes as a whole: the leaves below one path that one side lacks.
struct WholeEntry<'a> {
    top: &'a ValuePath,
    leaves: Vec<usize>,
}

/// What one source commit removed, and what it added that the target still lacks.
#[derive(Default)]
struct Commit<'a> {
    removed: Vec<WholeEntry<'a>>,
    added: Vec<WholeEntry<'a>>,
}

/// Keeps removals from being taken while what took their place is not; the leaves have their
/// verdicts already.
pub(super) fn share(lines: &mut [PlanEntry], choice: &Choice<'_>) {
    let mut shared: Vec<(usize, Action, ValuePath)> = Vec::new();
    for commit in by_commit(lines).values().filter(|commit| !commit.removed.is_empty()) {
        let successors = Successors::new(commit, lines);
        for removal in commit.removed.iter().filter(|removal| !choice.names(removal.top)) {
            let open = successors.of(removal, lines).find_map(|addition| {
                let is_absent = !addition.leaves.iter().any(|leaf| lines[*leaf].is_taken());
                let is_asked = addition.leaves.iter().any(|leaf| lines[*leaf].verdict == Action::Ask);
                is_absent.then_some((is_asked, addition.top))
            });
            let Some((is_asked, top)) = open else { continue };
            let verdict = if is_asked { Action::Ask } else { Action::Keep };
            let due = |leaf: &&usize| matches!(lines[**leaf].verdict, Action::Take | Action::Ask);
            let due = removal.leaves.iter().filter(due);
            shared.extend(due.map(|leaf| (*leaf, verdict.clone(), top.clone())));
        }
    }
    for (leaf, verdict, top) in shared {
        let line = &mut lines[leaf];
        line.level = if verdict == Action::Ask { Level::Ask } else { Level::Offer };
        line.reason = Reason::Awaits { removed: Box::new(line.reason.clone()), successor: top };
        line.verdict = verdict;
    }
}

fn by_commit(lines: &[PlanEntry]) -> BTreeMap<&CommitId, Commit<'_>> {
    let mut commits: BTreeMap<&CommitId, Commit<'_>> = BTreeMap::new();
    for (index, line) in lines.iter().enumerate() {
        let Some(commit) = line.commit.as_ref().filter(|_| line.renamed.is_none()) else { continue };
        let commit = commits.entry(&commit.id).or_default();
        let entries = match (&line.source, &line.target) {
            (None, Some(_)) => &mut commit.removed,
            (Some(_), None) => &mut commit.added,
            _ => continue,
        };
        // The leaves of one entry stand together.
        match entries.last_mut().filter(|entry| *entry.top == line.top) {
            Some(entry) => entry.leaves.push(index),
            None => entries.push(WholeEntry { top: &line.top, leaves: vec![index] }),
        }
    }
    commits
}

/// Finds what took the place of a removed entry: an added one that holds a value which the removed
/// one held, or the two that are all their commit removed and added in one mapping or list.
struct Successors<'c, 'a> {
    added: &'c [WholeEntry<'a>],
    by_value: HashMap<String, Vec<usize>>,
    /// Below each parent: how many entries were removed and added, and the last one added.
    by_parent: HashMap<Option<ValuePath>, (usize, usize, usize)>,
}

impl<'c, 'a> Successors<'c, 'a> {
    fn new(commit: &'c Commit<'a>, lines: &[PlanEntry]) -> Self {
        let mut by_value: HashMap<String, Vec<usize>> = HashMap::new();
        let mut by_parent: HashMap<Option<ValuePath>, (usize, usize, usize)> = HashMap::new();
        for entry in &commit.removed {
            by_parent.entry(entry.top.parent()).or_default().0 += 1;
        }
        for (number, entry) in commit.added.iter().enumerate() {
            let (_, added, last) = by_parent.entry(entry.top.parent()).or_default();
            (*added, *last) = (*added + 1, number);
            for value in entry.leaves.iter().filter_map(|leaf| lines[*leaf].source.as_ref()) {
                by_value.entry(canonical(value)).or_default().push(number);
            }
        }
        Self { added: &commit.added, by_value, by_parent }
    }

    fn of(&self, removal: &WholeEntry<'_>, lines: &[PlanEntry]) -> impl Iterator<Item = &'c WholeEntry<'a>> {
        let held = removal.leaves.iter().filter_map(|leaf| lines[*leaf].was.as_ref());
        let mut found: Vec<usize> =
            held.filter_map(|value| self.by_value.get(&canonical(value))).flatten().copied().collect();
        if let Some((1, 1, added)) = self.by_parent.get(&removal.top.parent()) {
            found.push(*added);
        }
        found.sort_unstable();
        found.dedup();
        found.into_iter().filter_map(|number| self.added.get(number))
    }
}
