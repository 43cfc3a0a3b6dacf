//! The history index: what first-parent history changed below `environments/`, kept in the git
//! folder so that only new commits are walked.
//!
//! A commit's id says all that lies behind it, so what was learnt of one stays true, whatever
//! branch is checked out: the index is a forest in which each commit points at the one before it,
//! and linked work trees share it. The one thing that can change behind an id is where a shallow
//! clone ends; an index made under another boundary is not believed. The file may be deleted at
//! any time. It is replaced by rename, never changed; when it cannot be read, believed or
//! written, history is walked without it and nobody hears of it.

mod answer;
mod blocked;
mod bytes;
mod file;
mod judged;
mod layout;
mod pasts;
mod sealed;
mod survival;

use std::collections::HashMap;

use crate::engine::history::CommitChanges;
use git2::Oid;

pub use self::answer::RememberedAnswer;
pub use self::blocked::{BlockedParts, PartIds};
pub(super) use self::file::IndexFile;
#[doc(hidden)]
pub use self::file::history_index_survives;
pub use self::judged::JudgementFile;
pub(super) use self::judged::KnownFiles;
pub(super) use self::layout::Lookup;
pub use self::pasts::PastFiles;
#[doc(hidden)]
pub use self::survival::cache_file_survives;

/// What lies before a commit on its first-parent chain, leaving out commits that changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parent {
    /// Nothing: history begins here.
    Beginning,
    /// Something that a shallow clone does not have.
    Boundary,
    /// Something that the index does not hold; walk on from the commit's first parent.
    Unknown,
    /// Another commit of the index.
    Entry(usize),
}

/// A commit of the index. One without changes is a waypoint: it spares a walk through many
/// commits that changed nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct IndexEntry {
    pub(super) commit: CommitChanges,
    pub(super) before: Parent,
}

/// What is known of first-parent history. A step stands behind the one it points at.
#[derive(Debug, Default)]
pub(super) struct Index {
    steps: Vec<IndexEntry>,
    positions: HashMap<Oid, usize>,
}

impl Index {
    /// An index of these steps; `None` when one of them makes no sense.
    fn new(steps: Vec<IndexEntry>) -> Option<Self> {
        let mut positions = HashMap::with_capacity(steps.len());
        for (position, step) in steps.iter().enumerate() {
            if matches!(step.before, Parent::Entry(before) if before >= position) {
                return None;
            }
            positions.insert(Oid::from_str(step.commit.info.id.as_str()).ok()?, position);
        }
        Some(Self { steps, positions })
    }

    /// Where a commit stands.
    pub(super) fn position(&self, id: Oid) -> Option<usize> {
        self.positions.get(&id).copied()
    }

    /// Takes in what a walk found, newest first; gives the position of the newest.
    pub(super) fn extend(&mut self, walked: Vec<CommitChanges>, end: Parent) -> Parent {
        let mut before = end;
        for commit in walked.into_iter().rev() {
            let position = self.steps.len();
            if let Ok(id) = Oid::from_str(commit.info.id.as_str()) {
                self.positions.insert(id, position);
            }
            self.steps.push(IndexEntry { commit, before });
            before = Parent::Entry(position);
        }
        before
    }

    /// The commits from `from` back, oldest first, waypoints included, and what lies before them.
    pub(super) fn chain(&self, from: Parent) -> (Vec<&CommitChanges>, Parent) {
        let (positions, end) = self.positions_from(from);
        let steps = positions.into_iter().filter_map(|position| self.steps.get(position));
        (steps.map(|step| &step.commit).collect(), end)
    }

    /// Where the steps from `from` back stand, oldest first, and what lies before them.
    fn positions_from(&self, from: Parent) -> (Vec<usize>, Parent) {
        let (mut chain, mut end) = (Vec::new(), from);
        while let Parent::Entry(position) = end {
            let Some(step) = self.steps.get(position) else { break };
            chain.push(position);
            end = step.before;
        }
        chain.reverse();
        (chain, end)
    }

    /// The commits from `from` back, newest first, waypoints included.
    pub(super) fn into_commits(self, from: Parent) -> Vec<CommitChanges> {
        let mut chain = self.positions_from(from).0.into_iter().peekable();
        let steps = self.steps.into_iter().enumerate();
        let mut commits: Vec<_> =
            steps.filter_map(|(position, step)| chain.next_if_eq(&position).map(|_| step.commit)).collect();
        commits.reverse();
        commits
    }
}
