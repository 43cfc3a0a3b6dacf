//! What an interrupted run left: finished if its branch moved, dropped if it did not.
//!
//! Whoever recovers holds the lock, so the run that left this is dead. All work trees of the
//! repository are looked at, for a lock left in one of them keeps its people waiting.

use std::path::Path;
use std::time::Duration;

use git2::Repository;

use super::attributes::Attributes;
use super::journal::{BlobChange, Journal};
use super::lock::{IndexLock, TransactionLock, remove_stale};
use super::paths::Paths;
use super::preconditions::tree_entry;
use super::worktree::{follow, unstage};
use super::{branch, config, disk, files, note};
use crate::model::Result;
use crate::store::git_error::git_error;
use crate::store::git_index::GitIndex;
use crate::store::process_environment::ProcessEnvironment;

/// Finishes or drops what earlier runs began in any work tree of the repository.
pub(super) fn recover(
    here: &Repository,
    paths: &Paths,
    lock: &TransactionLock,
    wait: Duration,
    environment: &ProcessEnvironment,
) -> Result<()> {
    for git_dir in paths.git_dirs()? {
        if paths.same(&git_dir) {
            recover_one(here, paths, lock, wait)?;
        } else if has_traces(&git_dir)? {
            recover_elsewhere(&git_dir, lock, wait, environment)?;
        }
    }
    Ok(())
}

/// Whether a run that wrote there may have been interrupted.
pub(super) fn has_traces(git_dir: &Path) -> Result<bool> {
    for name in ["index.lock", "terrace/journal", "terrace/work-tree"] {
        if disk::read(&git_dir.join(name))?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A work tree that is not there (a disk that is not mounted, say) keeps its journal until it is.
fn recover_elsewhere(
    git_dir: &Path,
    lock: &TransactionLock,
    wait: Duration,
    environment: &ProcessEnvironment,
) -> Result<()> {
    let Ok(repository) = Repository::open(git_dir) else { return Ok(()) };
    let paths = Paths::of(&repository);
    if paths.root.as_ref().is_some_and(|root| !root.is_dir()) {
        return Ok(());
    }
    paths.prepare()?;
    config::restrict(&repository, &paths.own("config"), environment)?;
    recover_one(&repository, &paths, lock, wait)
}

fn recover_one(repository: &Repository, paths: &Paths, lock: &TransactionLock, wait: Duration) -> Result<()> {
    if let Some(journal) = Journal::read(paths)? {
        branch::remove_stale_lock(paths, &journal.branch, journal.new)?;
        if !journal.files.is_empty() {
            // It is ours still, unless a person removed it; it goes when all is done.
            IndexLock::take(paths, lock, wait)?.keep(true);
            remove_temporaries(paths, &journal.files)?;
            let attributes = Attributes::of(repository, &ProcessEnvironment::default());
            let Left { published, unpublished } = Left::by(repository, &journal)?;
            unstage(&attributes, paths, &unpublished)?;
            follow(&attributes, paths, GitIndex::read(&paths.index())?, &published)?;
        }
        Journal::remove(paths)?;
    }
    note::tidy(paths)?;
    remove_stale(paths, lock)
}

/// The files of a journal, by what the branch holds. There are none when the work tree has left the
/// branch; a file that somebody changed on top is theirs.
#[derive(Default)]
struct Left {
    /// The branch holds the new blob.
    published: Vec<BlobChange>,
    /// The branch holds the old one.
    unpublished: Vec<BlobChange>,
}

impl Left {
    fn by(repository: &Repository, journal: &Journal) -> Result<Self> {
        let mut left = Self::default();
        if branch::head(repository)?.as_deref() != Some(&journal.branch) {
            return Ok(left);
        }
        let tree = match branch::target(repository, &journal.branch)? {
            Some(tip) => {
                let tree = repository.find_commit(tip).and_then(|it| it.tree());
                Some(tree.map_err(|error| git_error(&format!("read commit {tip}"), &error))?)
            }
            None => None,
        };
        for change in &journal.files {
            let held = tree.as_ref().map(|tree| tree_entry(tree, &change.path)).transpose()?.flatten();
            let held = held.map(|(id, _)| id);
            if held == change.after {
                left.published.push(change.clone());
            } else if held == change.before {
                left.unpublished.push(change.clone());
            }
        }
        Ok(left)
    }
}

fn remove_temporaries(paths: &Paths, changes: &[BlobChange]) -> Result<()> {
    let Some(root) = &paths.root else { return Ok(()) };
    for change in changes {
        if let Some(id) = change.after {
            files::remove_temporary(root, &change.path, &id.to_string())?;
        }
    }
    Ok(())
}
