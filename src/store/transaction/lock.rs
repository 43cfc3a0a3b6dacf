//! The two locks of the lock: one among terrace's own processes, one that git knows.
//!
//! The first is a file under the operating system's lock, so that death frees it. The second is
//! git's `index.lock`, which outlives its owner; its content says that it is ours, and whoever
//! holds the first lock knows that the owner is dead. A lock that somebody else made is never
//! removed.

use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::disk;
use super::failpoints::kill_point;
use super::paths::Paths;
use crate::model::{Error, Result};

/// What `index.lock` holds while it is ours; people who look into it should know what to do.
const MARK: &str = "terrace holds this lock while it commits. If no terrace is running any more, \
    the next terrace command that writes here finishes the interrupted one and removes this file.\n";

/// How long to sleep between two tries.
const PAUSE: Duration = Duration::from_millis(10);

/// The lock among terrace's processes, one for all work trees of a repository.
#[derive(Debug)]
pub(super) struct TransactionLock {
    _file: File,
}

impl TransactionLock {
    /// Waits for the lock; the operating system frees it with the process.
    pub(super) fn take(paths: &Paths, wait: Duration) -> Result<Self> {
        let path = paths.shared("lock");
        let file = open_or_create(&path)?;
        let locked = patiently(wait, || match file.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(Error::io("lock", &path, &error)),
        })?;
        if !locked {
            let message = format!("another terrace is writing to {}", paths.common.display());
            return Err(Error::busy(message).with_help("wait until it has finished, then try it again"));
        }
        kill_point("locked");
        Ok(Self { _file: file })
    }
}

/// Opens the lock file; reading is enough to lock it, so that it may belong to another user.
fn open_or_create(path: &Path) -> Result<File> {
    if let Some(file) = disk::unless_absent("open", path, File::open(path))? {
        return Ok(file);
    }
    match File::create_new(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => File::open(path),
        other => other,
    }
    .map_err(|error| Error::io("create", path, &error))
}

/// Git's `index.lock`, held by us.
#[derive(Debug)]
pub(super) struct IndexLock {
    path: PathBuf,
    kept: bool,
}

impl IndexLock {
    /// Waits for `index.lock`. What an earlier run of ours left is taken over: its owner is dead,
    /// as we hold the lock.
    pub(super) fn take(paths: &Paths, _lock: &TransactionLock, wait: Duration) -> Result<Self> {
        let path = paths.index_lock();
        let scratch = paths.own("index-lock");
        let held = is_ours(&path)? || patiently(wait, || disk::claim(&path, &scratch, MARK.as_bytes()))?;
        if !held {
            let message = format!("another git process holds {}", path.display());
            return Err(Error::busy(message).with_help(
                "wait until it has finished, then try it again; \
                 if no git is running, remove the file",
            ));
        }
        kill_point("index-locked");
        Ok(Self { path, kept: false })
    }

    /// Leaves the lock in place even when this value goes: git shall not commit before the next
    /// run has finished what this one began.
    pub(super) fn keep(&mut self, kept: bool) {
        self.kept = kept;
    }

    /// Gives the lock back.
    pub(super) fn release(mut self) -> Result<()> {
        self.kept = true;
        disk::remove(&self.path)?;
        kill_point("index-unlocked");
        Ok(())
    }
}

impl Drop for IndexLock {
    fn drop(&mut self) {
        if !self.kept {
            // Nobody is left to tell; the next run recognises the file and removes it.
            let _ = disk::remove(&self.path);
        }
    }
}

/// Removes an `index.lock` that a dead run of ours left.
pub(super) fn remove_stale(paths: &Paths, _lock: &TransactionLock) -> Result<()> {
    let path = paths.index_lock();
    if is_ours(&path)? {
        disk::remove(&path)?;
    }
    Ok(())
}

fn is_ours(path: &Path) -> Result<bool> {
    Ok(disk::read(path)?.is_some_and(|content| content == MARK.as_bytes()))
}

/// Tries until it works or the time is over.
pub(super) fn patiently(wait: Duration, mut attempt: impl FnMut() -> Result<bool>) -> Result<bool> {
    let start = Instant::now();
    loop {
        if attempt()? {
            return Ok(true);
        }
        let left = wait.saturating_sub(start.elapsed());
        if left.is_zero() {
            return Ok(false);
        }
        std::thread::sleep(left.min(PAUSE));
    }
}
