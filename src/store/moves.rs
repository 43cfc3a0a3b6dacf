//! Feeds the choice of what moved files were before, and walks what they went through outside
//! `environments/`.
//!
//! Whole trees are compared only where a commit brings an item, so that ordinary commits stay
//! cheap.

use std::collections::{BTreeMap, HashSet};

use git2::{Commit, Oid, Repository as Git};

use super::commits::parent;
use super::git_error::git_error;
use super::odb;
use super::repository::{Repository, find_commit, info};
use super::trees::{LastTrees, Trees};
use crate::engine::history::{CommitChanges, Earlier, FileChange, Move};
use crate::engine::migration;
use crate::engine::moves::{Appeared, Gone, MOST_BYTES, find_moves};
use crate::engine::naming::Naming;
use crate::engine::snapshot::{Place, place};
use crate::model::{BlobId, CommitId, Environment, Policy, ProgressCounter, Result, policy};

/// Files that are followed through history under all their names.
pub(super) struct Followed {
    /// What every path of `environments/` begins with, a `/` in front.
    root: String,
    /// Whose each file is. Paths are relative to the git root, a `/` in front.
    files: BTreeMap<String, Environment>,
}

impl Followed {
    pub(super) fn new(repository: &Repository) -> Self {
        Self { root: format!("/{}", repository.root_prefix()), files: BTreeMap::new() }
    }

    /// Follows the file of an item as well, named relative to the configuration root.
    pub(super) fn add_item(&mut self, path: &str) {
        if let Some(Place::Item(id)) = place(path) {
            self.files.insert(format!("{}{path}", self.root), id.environment);
        }
    }

    /// The name in a history: below `environments/` without the way to the configuration root.
    fn told(&self, path: String) -> String {
        match path.strip_prefix(&self.root) {
            Some(below) if below.starts_with("environments/") => below.to_owned(),
            _ => path,
        }
    }

    fn full(&self, told: &str) -> String {
        if told.starts_with('/') { told.to_owned() } else { format!("{}{told}", self.root) }
    }

    fn wants(&self, path: &str) -> bool {
        match path.strip_suffix('/') {
            // The first file at or behind a folder's name says whether one is in it.
            Some(_) => {
                self.files.range(path.to_owned()..).next().is_some_and(|(file, _)| file.starts_with(path))
            }
            None => self.files.contains_key(path),
        }
    }

    fn appeared(&self, changes: &[FileChange]) -> Vec<Appeared> {
        let appeared = changes.iter().filter(|change| change.before.is_none()).filter_map(|change| {
            Some(Appeared {
                environment: *self.files.get(&self.full(&change.path))?,
                path: change.path.clone(),
                blob: change.after.clone()?,
            })
        });
        appeared.collect()
    }

    /// Follows the files under their former names as well; those below `environments/` only where
    /// `items_too`.
    fn go_on(&mut self, moves: &[Move], items_too: bool) {
        for moved in moves {
            let Some(origin) = &moved.origin else { continue };
            let environment = match self.files.get(&self.full(&moved.to)) {
                Some(environment) => Some(*environment),
                None => item_environment(&moved.to),
            };
            if let Some(environment) = environment.filter(|_| items_too || origin.path.starts_with('/')) {
                self.files.insert(self.full(&origin.path), environment);
            }
        }
    }
}

fn item_environment(path: &str) -> Option<Environment> {
    match place(path) {
        Some(Place::Item(id)) => Some(id.environment),
        _ => None,
    }
}

/// The items among the files that a commit brought.
pub(super) fn appeared_items(changes: &[FileChange]) -> Vec<Appeared> {
    let new = changes.iter().filter(|change| change.before.is_none());
    let appeared = new.filter_map(|change| {
        let (path, environment) = (change.path.clone(), item_environment(&change.path)?);
        Some(Appeared { path, environment, blob: change.after.clone()? })
    });
    appeared.collect()
}

/// Finds moves.
pub(super) struct Moves<'r> {
    repository: &'r Repository,
    git: &'r Git,
    followed: LastTrees,
    whole: LastTrees,
}

impl<'r> Moves<'r> {
    pub(super) fn new(repository: &'r Repository, git: &'r Git) -> Self {
        Self { repository, git, followed: LastTrees::default(), whole: LastTrees::default() }
    }

    /// What the files that `commit` brought were before.
    pub(super) fn find(
        &mut self,
        commit: &Commit<'_>,
        parent: &Commit<'_>,
        mut appeared: Vec<Appeared>,
    ) -> Result<Vec<Move>> {
        if appeared.is_empty() {
            return Ok(Vec::new());
        }
        let names = Followed::new(self.repository);
        let mut trees = Trees::of_files_alone(self.git, &mut self.whole)?;
        let mut changes = Vec::new();
        trees.compare("", Some(parent.tree_id()), Some(commit.tree_id()), &mut changes)?;
        let record = format!("{}{}", names.root, migration::RECORD);
        let record = changes.iter().find(|change| change.path == record).cloned();
        let (gone, new): (Vec<_>, Vec<_>) = changes.into_iter().partition(|change| change.after.is_none());
        let gone = gone.into_iter().filter_map(|change| {
            Some(Gone { path: names.told(change.path), blob: change.before?, became: None })
        });
        let mut gone: Vec<Gone> = gone.collect();
        if let Some(record) = record {
            gone.extend(taken_over(self.git, &mut trees, &record, (parent, &names))?);
        }
        // What is no regular file is not an item either.
        let new: HashSet<String> = new.into_iter().map(|change| names.told(change.path)).collect();
        appeared.retain(|file| new.contains(&file.path));
        if gone.is_empty() || appeared.is_empty() {
            return Ok(Vec::new());
        }
        let git = self.git;
        let policy = policy_of(git, &mut trees, (commit, &names))?;
        find_moves(&appeared, &gone, &Naming::new(&policy), &mut |blob| read_blob(git, blob))
    }

    /// What a commit did to files that are followed, under the names that they have there. Where
    /// it brought one, what it was before is followed from then on.
    pub(super) fn step(
        &mut self,
        commit: &Commit<'_>,
        parent: Option<&Commit<'_>>,
        files: &mut Followed,
        items_too: bool,
    ) -> Result<Option<CommitChanges>> {
        let mut changes = Vec::new();
        let sides = (parent.map(Commit::tree_id), Some(commit.tree_id()));
        if sides.0 == sides.1 {
            return Ok(None);
        }
        Trees::of(self.git, &mut self.followed)?.compare_within(
            "",
            sides,
            &|path| files.wants(path),
            &mut changes,
        )?;
        if changes.is_empty() {
            return Ok(None);
        }
        for change in &mut changes {
            change.path = files.told(std::mem::take(&mut change.path));
        }
        let mut found = CommitChanges::new(info(commit), changes);
        if let Some(parent) = parent {
            found.moved.files = self.find(commit, parent, files.appeared(&found.changes))?;
            files.go_on(&found.moved.files, items_too);
        }
        Ok(Some(found))
    }

    /// Gives each commit that took files from outside `environments/` what they went through there.
    /// `listed` are the commits that changed something below `environments/`.
    pub(super) fn add_past(
        &mut self,
        commits: &mut [CommitChanges],
        listed: &HashSet<CommitId>,
    ) -> Result<()> {
        for commit in commits {
            let mut files = Followed::new(self.repository);
            files.go_on(&commit.moved.files, false);
            if !files.files.is_empty() {
                commit.moved.past = self.past(&commit.info.id, files, listed)?;
            }
        }
        Ok(())
    }

    /// What files went through before a commit.
    fn past(
        &mut self,
        from: &CommitId,
        mut files: Followed,
        listed: &HashSet<CommitId>,
    ) -> Result<Vec<Earlier>> {
        let (mut past, mut below, mut steps) = (Vec::new(), from.clone(), 0);
        let progress =
            ProgressCounter::new(self.repository.progress(), "following moved files, commit", None);
        let mut next = parent(self.git, &find_commit(self.git, from)?)?;
        while let Some(commit) = next {
            progress.step();
            steps += 1;
            let id = CommitId::new(commit.id().to_string());
            if listed.contains(&id) {
                (below, steps) = (id, 0);
            }
            next = parent(self.git, &commit)?;
            // A parent that is named and not there: nothing can be said of this commit either.
            if next.is_none() && commit.parent_count() > 0 {
                break;
            }
            if let Some(commit) = self.step(&commit, next.as_ref(), &mut files, false)? {
                past.push(Earlier { below: below.clone(), steps, commit });
            }
        }
        Ok(past)
    }
}

/// A file's bytes; `None` where they are too many to be compared.
fn read_blob(git: &Git, blob: &BlobId) -> Result<Option<Vec<u8>>> {
    let id = Oid::from_str(blob.as_str()).map_err(|error| git_error("read a blob id", &error))?;
    let found = odb::retry(git, || git.find_blob(id));
    let found = found.map_err(|error| git_error(&format!("read a moved file (blob {blob})"), &error))?;
    Ok(Some(found.content().to_vec()).filter(|bytes| bytes.len() <= MOST_BYTES))
}

/// The files that a commit's record of legacy files says were taken over, and that stay.
fn taken_over(
    git: &Git,
    trees: &mut Trees<'_>,
    record: &FileChange,
    (parent, names): (&Commit<'_>, &Followed),
) -> Result<Vec<Gone>> {
    let read = |blob: &Option<BlobId>| -> Result<Vec<migration::Kept>> {
        let bytes = blob.as_ref().map(|blob| read_blob(git, blob)).transpose()?.flatten();
        Ok(migration::parse_kept(&String::from_utf8_lossy(&bytes.unwrap_or_default())).unwrap_or_default())
    };
    let (before, after) = (read(&record.before)?, read(&record.after)?);
    let mut gone = Vec::new();
    for kept in after.into_iter().filter(|kept| !before.contains(kept)) {
        let path = format!("{}{}", names.root, kept.file);
        if let Some(blob) = trees.file(parent.tree_id(), path.trim_start_matches('/'))? {
            let became = vec![kept.key.file(kept.environment)];
            let blob = BlobId::new(blob.to_string());
            gone.push(Gone { path: names.told(path), blob, became: Some(became) });
        }
    }
    Ok(gone)
}

/// The policy of a commit; the one without a file where it is wrong.
fn policy_of(git: &Git, trees: &mut Trees<'_>, (commit, names): (&Commit<'_>, &Followed)) -> Result<Policy> {
    let path = format!("{}{}", names.root, policy::FILE);
    let Some(found) = trees.file(commit.tree_id(), path.trim_start_matches('/'))? else {
        return Ok(Policy::default());
    };
    let bytes = read_blob(git, &BlobId::new(found.to_string()))?.unwrap_or_default();
    Ok(Policy::parse(&String::from_utf8_lossy(&bytes), policy::FILE).unwrap_or_default())
}
