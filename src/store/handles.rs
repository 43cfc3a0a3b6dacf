//! Handles of one repository: each thread borrows one for as long as it needs it.
//!
//! A handle of libgit2 may go from thread to thread, but not be used by two at once. A pool of them
//! is what threads can share.

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use git2::Oid;

use super::git_error::git_error;
use super::recent::Recent;
use crate::model::Result;

/// The handles that nobody uses at present.
#[derive(Debug)]
pub(super) struct Handles {
    git_dir: PathBuf,
    idle: Mutex<Idle>,
    contents: Mutex<Recent<Known>>,
}

#[derive(Default)]
struct Idle(Vec<git2::Repository>);

impl std::fmt::Debug for Idle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} idle", self.0.len())
    }
}

impl Handles {
    /// A pool that begins with one handle.
    pub(super) fn new(git: git2::Repository) -> Self {
        Self { git_dir: git.path().to_owned(), idle: Mutex::new(Idle(vec![git])), contents: Mutex::default() }
    }

    /// A handle for the caller alone.
    ///
    /// # Errors
    /// When the repository cannot be opened once more.
    pub(super) fn take(&self) -> Result<Handle<'_>> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).0.pop();
        let git = match idle {
            Some(git) => git,
            None => git2::Repository::open(&self.git_dir)
                .map_err(|error| git_error("open the repository", &error))?,
        };
        Ok(Handle { handles: self, git: Some(git) })
    }

    /// The bytes of a blob that was read lately.
    pub(super) fn recall(&self, id: Oid) -> Option<Known> {
        self.contents().get(id)
    }

    /// Keeps the bytes of a blob for whoever asks next.
    pub(super) fn remember(&self, id: Oid, known: Known) {
        let length = known.bytes.len();
        self.contents().add(id, known, length);
    }

    fn contents(&self) -> MutexGuard<'_, Recent<Known>> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What was read of a blob.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) bytes: Arc<[u8]>,
    /// Whether the bytes were seen to be those that the id stands for.
    pub(super) is_verified: bool,
}

/// A handle that goes back to its pool.
pub(super) struct Handle<'h> {
    handles: &'h Handles,
    /// There until it is given back.
    git: Option<git2::Repository>,
}

impl Deref for Handle<'_> {
    type Target = git2::Repository;

    fn deref(&self) -> &git2::Repository {
        match &self.git {
            Some(git) => git,
            None => unreachable!("a handle is given back when nobody has it any more"),
        }
    }
}

impl Drop for Handle<'_> {
    fn drop(&mut self) {
        if let Some(git) = self.git.take() {
            self.handles.idle.lock().unwrap_or_else(PoisonError::into_inner).0.push(git);
        }
    }
}
