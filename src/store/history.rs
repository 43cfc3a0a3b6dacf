//! First-parent history: which files below `environments/` each commit changed.
//!
//! What an earlier run learnt is in the history index; only commits that it does not know are
//! walked. A commit costs what it changed, not what the repository holds: see [`Trees`].

use std::collections::BTreeSet;

use git2::{Commit, ErrorCode, Oid};

use super::cache::{Before, IndexFile};
use super::git_error::git_error;
use super::repository::{Repository, find_commit, info};
use super::trees::{LastTrees, Trees};
use crate::engine::history::{CommitChanges, FileChange, History};
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
    end: Before,
}

impl Repository {
    /// The first-parent history of `head` below `environments/`.
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
        let is_news = !walk.commits.is_empty();
        let tip = index.learn(walk.commits, walk.end);
        if is_news {
            file.save(&index, tip);
        }
        let (mut commits, mut end) = index.into_commits(tip);
        if let (Before::Unknown, Some(last)) = (end, commits.last()) {
            let rest = self.walk(&git, parent(&find_commit(&git, &last.info.id)?)?, &|_| None)?;
            commits.extend(rest.commits);
            end = rest.end;
        }
        commits.retain(|commit| !commit.changes.is_empty());
        Ok(History::new(commits, end == Before::Beginning, commit.time().seconds()))
    }

    /// The same history, walked without the index; slower, and never another answer.
    ///
    /// # Errors
    /// When a commit or tree cannot be read.
    pub fn walk_history(&self, head: &CommitId) -> Result<History> {
        let git = self.git()?;
        let commit = find_commit(&git, head)?;
        let head_time = commit.time().seconds();
        let walk = self.walk(&git, Some(commit), &|_| None)?;
        Ok(History::new(walk.commits, walk.end == Before::Beginning, head_time))
    }

    /// The same history as far as these files below `environments/` are concerned, under their
    /// former names too. It opens only the folders that they are in, and knows no index: what a few
    /// files went through is less than what there is to know of all.
    ///
    /// # Errors
    /// When a commit or tree cannot be read.
    pub fn history_of(&self, head: &CommitId, mut files: BTreeSet<String>) -> Result<History> {
        let git = self.git()?;
        let mut commit = find_commit(&git, head)?;
        let head_time = commit.time().seconds();
        let mut last = LastTrees::default();
        let mut trees = Trees::of(&git, &mut last)?;
        let mut tree = self.environments(&commit, &mut trees)?;
        let mut commits = Vec::new();
        loop {
            let parent = parent(&commit)?;
            if parent.is_none() && commit.parent_count() > 0 {
                return Ok(History::new(commits, false, head_time));
            }
            let before = match &parent {
                Some(parent) => self.environments(parent, &mut trees)?,
                None => None,
            };
            if before != tree {
                let changes = changes_of(&mut trees, (before, tree), &mut files)?;
                if !changes.is_empty() {
                    commits.push(CommitChanges::new(info(&commit), changes));
                }
            }
            let Some(parent) = parent else {
                return Ok(History::new(commits, !self.is_shallow(&commit), head_time));
            };
            (commit, tree) = (parent, before);
        }
    }

    /// Walks from `from` to the first commit that is `known`, or to where history ends.
    fn walk(
        &self,
        git: &git2::Repository,
        from: Option<Commit<'_>>,
        known: &dyn Fn(Oid) -> Option<usize>,
    ) -> Result<Walk> {
        let mut walk = Walk { commits: Vec::new(), quiet: 0, end: Before::Unknown };
        let steps = ProgressCounter::new(self.progress(), "reading the history, commit", None);
        let mut last = LastTrees::default();
        let mut trees = Trees::of(git, &mut last)?;
        let Some(mut commit) = from else { return Ok(walk) };
        let mut tree = self.environments(&commit, &mut trees)?;
        loop {
            if let Some(position) = known(commit.id()) {
                walk.end = Before::Step(position);
                return Ok(walk);
            }
            steps.step();
            let parent = parent(&commit)?;
            // A parent that is named and not there: nothing can be said of this commit either.
            if parent.is_none() && commit.parent_count() > 0 {
                return Ok(walk);
            }
            let before = match &parent {
                Some(parent) => self.environments(parent, &mut trees)?,
                None => None,
            };
            let mut changes = Vec::new();
            if before != tree {
                trees.compare("environments", before, tree, &mut changes)?;
            }
            if !changes.is_empty() {
                walk.commits.push(CommitChanges::new(info(&commit), changes));
            } else if walk.commits.is_empty() {
                walk.quiet += 1;
            }
            let Some(parent) = parent else {
                walk.end = if self.is_shallow(&commit) { Before::Boundary } else { Before::Beginning };
                return Ok(walk);
            };
            (commit, tree) = (parent, before);
        }
    }

    /// Whether the commit has no parent only because the clone is shallow.
    fn is_shallow(&self, commit: &Commit<'_>) -> bool {
        let listed = std::fs::read_to_string(self.common_dir().join("shallow")).unwrap_or_default();
        listed.lines().any(|line| line.trim() == commit.id().to_string())
    }

    /// The tree of `environments/` in a commit.
    fn environments(&self, commit: &Commit<'_>, trees: &mut Trees<'_>) -> Result<Option<Oid>> {
        let names = self.root_prefix().split_terminator('/').chain(["environments"]);
        trees.folder(commit.tree_id(), names)
    }
}

/// The first parent; `None` when there is none, or it is not there (a shallow clone).
fn parent<'r>(commit: &Commit<'r>) -> Result<Option<Commit<'r>>> {
    match commit.parent(0) {
        Ok(parent) => Ok(Some(parent)),
        Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
        Err(error) => Err(git_error("walk the history", &error)),
    }
}

/// What a commit did to `files`. Where it brought one, what it removed is looked at too: the file
/// may have had another name, which then is one of them.
fn changes_of(
    trees: &mut Trees<'_>,
    sides: (Option<Oid>, Option<Oid>),
    files: &mut BTreeSet<String>,
) -> Result<Vec<FileChange>> {
    let mut changes = Vec::new();
    let wants = |path: &str| match path.strip_suffix('/') {
        // The first file at or behind a folder's name says whether one is in it.
        Some(_) => files.range(path.to_owned()..).next().is_some_and(|file| file.starts_with(path)),
        None => files.contains(path),
    };
    trees.compare_within("environments", sides, &wants, &mut changes)?;
    let is_new = |change: &FileChange| change.before.is_none() && change.after.is_some();
    if sides.0.is_some() && changes.iter().any(is_new) {
        let mut all = Vec::new();
        trees.compare("environments", sides.0, sides.1, &mut all)?;
        let became_ours = |old: &FileChange| {
            old.after.is_none() && changes.iter().any(|new| is_new(new) && new.after == old.before)
        };
        let former: Vec<FileChange> =
            all.into_iter().filter(|old| !files.contains(&old.path) && became_ours(old)).collect();
        files.extend(former.iter().map(|old| old.path.clone()));
        changes.extend(former);
    }
    Ok(changes)
}
