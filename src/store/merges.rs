//! What a merge brought to the first-parent chain.
//!
//! Only a merge that changed one item in two environments is opened: of any other, its own changes
//! say all that the judge needs.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use git2::{Commit, ErrorCode, Repository as Git, Sort};

use super::commits::{environments, parent};
use super::git_error::git_error;
use super::moves::{Moves, appeared_items};
use super::repository::{Repository, info};
use super::trees::{LastTrees, Trees};
use crate::engine::history::{CommitChanges, FileChange};
use crate::model::{BlobId, Result};

/// Opens merges.
pub(super) struct Merges<'r> {
    repository: &'r Repository,
    git: &'r Git,
    last: LastTrees,
    /// The commits where a shallow clone ends; read when a merge is opened.
    boundary: Option<HashSet<String>>,
}

impl<'r> Merges<'r> {
    pub(super) fn new(repository: &'r Repository, git: &'r Git) -> Self {
        Self { repository, git, last: LastTrees::default(), boundary: None }
    }

    /// The commits that came with `merge`, whose changes against its first parent are `changes`, as
    /// far as the files are concerned that `wants` says yes to. None where the merge changed no item
    /// on two sides, or where the clone does not have all of them.
    pub(super) fn brought(
        &mut self,
        merge: &Commit<'_>,
        changes: &[FileChange],
        wants: &dyn Fn(&str) -> bool,
        moves: &mut Moves<'_>,
    ) -> Result<Vec<CommitChanges>> {
        if merge.parent_count() < 2 || !spans_environments(changes) {
            return Ok(Vec::new());
        }
        let repository = self.repository;
        let boundary = match self.boundary.take() {
            Some(known) => known,
            None => repository.shallow_boundary()?,
        };
        let boundary = &*self.boundary.insert(boundary);
        let failed = |error: git2::Error| git_error("walk what a merge brought", &error);
        let mut walk = self.git.revwalk().map_err(failed)?;
        walk.set_sorting(Sort::TOPOLOGICAL | Sort::TIME | Sort::REVERSE).map_err(failed)?;
        let mut parents = merge.parent_ids();
        if let Some(first) = parents.next() {
            walk.hide(first).map_err(failed)?;
        }
        let mut brought = Vec::new();
        let is_cut = |error: &git2::Error| error.code() == ErrorCode::NotFound && !boundary.is_empty();
        for id in parents {
            match walk.push(id) {
                Err(error) if is_cut(&error) => return Ok(Vec::new()),
                pushed => pushed.map_err(failed)?,
            }
        }
        for id in walk {
            let commit = match id.and_then(|id| self.git.find_commit(id)) {
                Err(error) if is_cut(&error) => return Ok(Vec::new()),
                commit => commit.map_err(failed)?,
            };
            let first = parent(self.git, &commit)?;
            let is_cut = first.is_none() && commit.parent_count() > 0;
            if is_cut || boundary.contains(&commit.id().to_string()) {
                return Ok(Vec::new());
            }
            let changes = changes_of(repository, self.git, &mut self.last, (first.as_ref(), &commit), wants)?;
            if changes.is_empty() {
                continue;
            }
            let mut found = CommitChanges::new(info(&commit), changes);
            if let Some(first) = &first {
                let mut files = moves.find(&commit, first, appeared_items(&found.changes))?;
                // What lies outside `environments/` is told of the first-parent chain alone.
                files.retain(|moved| moved.origin.as_ref().is_none_or(|old| !old.path.starts_with('/')));
                found.moved.files = files;
            }
            brought.push(found);
        }
        Ok(brought)
    }
}

/// What a commit changed against its first parent and, for a merge, against every other one.
fn changes_of(
    repository: &Repository,
    git: &Git,
    last: &mut LastTrees,
    (first, commit): (Option<&Commit<'_>>, &Commit<'_>),
    wants: &dyn Fn(&str) -> bool,
) -> Result<Vec<FileChange>> {
    let mut trees = Trees::of(git, last)?;
    let before = match first {
        Some(first) => environments(repository, first, &mut trees)?,
        None => None,
    };
    let after = environments(repository, commit, &mut trees)?;
    let mut changes = Vec::new();
    if before != after {
        trees.compare_within("environments", (before, after), wants, &mut changes)?;
    }
    let mut others = Vec::new();
    if !changes.is_empty() {
        for other in commit.parents().skip(1) {
            others.push(other.tree_id());
        }
    }
    let mut kept = Vec::with_capacity(changes.len());
    for mut change in changes {
        let path = format!("{}{}", repository.root_prefix(), change.path);
        for tree in &others {
            let blob = trees.file(*tree, &path)?;
            change.others.push(blob.map(|blob| BlobId::new(blob.to_string())));
        }
        if !change.others.contains(&change.after) {
            kept.push(change);
        }
    }
    Ok(kept)
}

/// Whether one item is changed in two environments or more.
fn spans_environments(changes: &[FileChange]) -> bool {
    let mut sides: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let below = changes.iter().filter_map(|change| change.path.strip_prefix("environments/"));
    below.filter_map(|path| path.split_once('/')).any(|(environment, item)| {
        let sides = sides.entry(item).or_default();
        sides.insert(environment);
        sides.len() > 1
    })
}
