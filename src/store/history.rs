//! First-parent history: which files below `environments/` each commit changed.
//!
//! What an earlier run learnt is in the history index; only commits that it does not know are
//! walked. A commit costs what it changed, not what the repository holds: see [`Trees`].

use std::collections::{BTreeSet, HashSet};

use git2::{Commit, Oid};

use super::cache::{IndexFile, Parent};
use super::commits::{environments, parent};
use super::merges::Merges;
use super::moves::{Followed, Moves, appeared_items};
use super::repository::{Repository, find_commit, info};
use super::trees::{LastTrees, Trees};
use crate::engine::history::{CommitChanges, History};
use crate::model::{CommitId, ProgressCounter, Result};

/// So many commits without a change are worth a waypoint in the index.
const LONG: usize = 128;

/// What a walk found.
struct Walk {
    /// The commits that changed something, newest first.
    commits: Vec<CommitChanges>,
    /// How many commits came before the first of them.
    quiet: usize,
    /// What lies before the last of them.
    end: Parent,
}

impl Repository {
    /// The first-parent history of `head` below `environments/`, and what files that came from
    /// elsewhere went through before.
    ///
    /// # Errors
    /// When a commit or tree cannot be read.
    pub fn history(&self, head: &CommitId) -> Result<History> {
        let file = IndexFile::of(self);
        let mut index = file.load();
        let git = self.git()?;
        let commit = find_commit(&git, head)?;
        let mut walk = self.walk(&git, Some(commit.clone()), &|id| index.position(id))?;
        if walk.quiet >= LONG {
            walk.commits.insert(0, CommitChanges::new(info(&commit), Vec::new()));
        }
        let (known, mut end) = index.chain(walk.end);
        let mut rest = Vec::new();
        let oldest = known.first().copied().or(walk.commits.last());
        if let (Parent::Unknown, Some(oldest)) = (end, oldest) {
            let more = self.walk(&git, parent(&find_commit(&git, &oldest.info.id)?)?, &|_| None)?;
            (rest, end) = (more.commits, more.end);
        }
        let listed = listed(known.into_iter().chain(&walk.commits).chain(&rest));
        let mut moves = Moves::new(self, &git);
        moves.add_past(&mut walk.commits, &listed)?;
        moves.add_past(&mut rest, &listed)?;
        let is_news = !walk.commits.is_empty();
        let tip = index.extend(walk.commits, walk.end);
        if is_news {
            file.save(&index, tip);
        }
        let mut commits = index.into_commits(tip);
        commits.append(&mut rest);
        commits.retain(|commit| !commit.changes.is_empty());
        Ok(History::new(commits, end == Parent::Beginning, commit.time().seconds()))
    }

    /// The same history, walked without the index; slower, and never another answer.
    ///
    /// # Errors
    /// When a commit or tree cannot be read.
    pub fn walk_history(&self, head: &CommitId) -> Result<History> {
        let git = self.git()?;
        let commit = find_commit(&git, head)?;
        let head_time = commit.time().seconds();
        let mut walk = self.walk(&git, Some(commit), &|_| None)?;
        let listed = listed(walk.commits.iter());
        Moves::new(self, &git).add_past(&mut walk.commits, &listed)?;
        Ok(History::new(walk.commits, walk.end == Parent::Beginning, head_time))
    }

    /// The same history as far as these files below `environments/` are concerned, under their
    /// former names too. It opens only the folders that they are in, and knows no index: what a few
    /// files went through is less than what there is to know of all.
    ///
    /// # Errors
    /// When a commit or tree cannot be read.
    pub fn history_of(&self, head: &CommitId, files: BTreeSet<String>) -> Result<History> {
        let git = self.git()?;
        let mut commit = find_commit(&git, head)?;
        let head_time = commit.time().seconds();
        let (mut moves, mut merges) = (Moves::new(self, &git), Merges::new(self, &git));
        let mut followed = Followed::new(self);
        files.iter().for_each(|file| followed.add_item(file));
        let mut commits = Vec::new();
        loop {
            let parent = parent(&commit)?;
            if parent.is_none() && commit.parent_count() > 0 {
                return Ok(History::new(commits, false, head_time));
            }
            if let Some(mut found) = moves.step(&commit, parent.as_ref(), &mut followed, true)? {
                let wants = |path: &str| followed.has(path);
                found.brought = merges.brought(&commit, &found.changes, &wants, &mut moves)?;
                commits.push(found);
            }
            let Some(parent) = parent else {
                return Ok(History::new(commits, !self.is_shallow(&commit), head_time));
            };
            commit = parent;
        }
    }

    /// Walks from `from` to the first commit that is `known`, or to where history ends.
    fn walk(
        &self,
        git: &git2::Repository,
        from: Option<Commit<'_>>,
        known: &dyn Fn(Oid) -> Option<usize>,
    ) -> Result<Walk> {
        let mut walk = Walk { commits: Vec::new(), quiet: 0, end: Parent::Unknown };
        let steps = ProgressCounter::new(self.progress(), "reading the history, commit", None);
        let mut last = LastTrees::default();
        let mut trees = Trees::of(git, &mut last)?;
        let (mut moves, mut merges) = (Moves::new(self, git), Merges::new(self, git));
        let Some(mut commit) = from else { return Ok(walk) };
        let mut tree = environments(self, &commit, &mut trees)?;
        loop {
            if let Some(position) = known(commit.id()) {
                walk.end = Parent::Entry(position);
                return Ok(walk);
            }
            steps.step();
            let parent = parent(&commit)?;
            // A parent that is named and not there: nothing can be said of this commit either.
            if parent.is_none() && commit.parent_count() > 0 {
                return Ok(walk);
            }
            let before = match &parent {
                Some(parent) => environments(self, parent, &mut trees)?,
                None => None,
            };
            let mut changes = Vec::new();
            if before != tree {
                trees.compare("environments", before, tree, &mut changes)?;
            }
            if !changes.is_empty() {
                let mut found = CommitChanges::new(info(&commit), changes);
                if let Some(parent) = &parent {
                    found.moved.files = moves.find(&commit, parent, appeared_items(&found.changes))?;
                    found.brought = merges.brought(&commit, &found.changes, &|_| true, &mut moves)?;
                }
                walk.commits.push(found);
            } else if walk.commits.is_empty() {
                walk.quiet += 1;
            }
            let Some(parent) = parent else {
                walk.end = if self.is_shallow(&commit) { Parent::Boundary } else { Parent::Beginning };
                return Ok(walk);
            };
            (commit, tree) = (parent, before);
        }
    }

    /// Whether the commit has no parent only because the clone is shallow.
    fn is_shallow(&self, commit: &Commit<'_>) -> bool {
        self.shallow_boundary().contains(&commit.id().to_string())
    }

    /// The commits whose parents a shallow clone does not have.
    pub(super) fn shallow_boundary(&self) -> HashSet<String> {
        let listed = std::fs::read_to_string(self.common_dir().join("shallow")).unwrap_or_default();
        listed.lines().map(|line| line.trim().to_owned()).collect()
    }
}

/// The commits that changed something.
fn listed<'c>(commits: impl Iterator<Item = &'c CommitChanges>) -> HashSet<CommitId> {
    commits.filter(|commit| !commit.changes.is_empty()).map(|commit| commit.info.id.clone()).collect()
}
