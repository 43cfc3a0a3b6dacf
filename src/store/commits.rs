//! What is asked of a commit on the way through history.

use git2::{Commit, ErrorCode, Oid};

use super::git_error::git_error;
use super::repository::{Repository, find_commit};
use super::trees::Trees;
use crate::model::{CommitId, Result};

impl Repository {
    /// What a commit's message says, all of it.
    ///
    /// # Errors
    /// When the commit cannot be read.
    pub fn message(&self, commit: &CommitId) -> Result<String> {
        let git = self.git()?;
        let commit = find_commit(&git, commit)?;
        Ok(String::from_utf8_lossy(commit.message_bytes()).into_owned())
    }
}

/// The tree of `environments/` in a commit.
pub(super) fn environments(
    repository: &Repository,
    commit: &Commit<'_>,
    trees: &mut Trees<'_>,
) -> Result<Option<Oid>> {
    let names = repository.root_prefix().split_terminator('/').chain(["environments"]);
    trees.folder(commit.tree_id(), names)
}

/// The first parent; `None` when there is none, or a shallow clone does not have it. Elsewhere a parent
/// that is not there is damage, and no beginning.
pub(super) fn parent<'r>(git: &git2::Repository, commit: &Commit<'r>) -> Result<Option<Commit<'r>>> {
    match commit.parent(0) {
        Ok(parent) => Ok(Some(parent)),
        Err(_) if commit.parent_count() == 0 => Ok(None),
        Err(error) if error.code() == ErrorCode::NotFound && git.is_shallow() => Ok(None),
        Err(error) => Err(git_error("walk the history", &error)),
    }
}
