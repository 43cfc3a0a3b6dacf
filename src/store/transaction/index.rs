//! Git's index: looked at before a commit, and led on with it.
//!
//! Every entry but ours keeps what its owner staged. The new index is written beside the old one
//! and renamed over it; it carries the old one's time, for git takes that time as the moment up to
//! which all entries were compared with their files, and we compared none but our own.

use std::fs::{self, File, Metadata};
use std::path::Path;

use git2::{Index, IndexEntry, IndexEntryExtendedFlag, IndexTime, Oid};

use super::disk;
use super::failpoints::kill_point;
use super::journal::BlobChange;
use super::paths::Paths;
use crate::model::{Error, Result};
use crate::store::git_error::{git_error, require_readable};

/// Reads the index; one that does not exist is empty.
pub(super) fn read(paths: &Paths) -> Result<Index> {
    open(&paths.index(), &paths.index())
}

fn open(file: &Path, named: &Path) -> Result<Index> {
    require_readable(file)?;
    Index::open(file).map_err(|error| {
        let help = match error.message() {
            text if text.contains("'link'") => {
                "it is a split index; `git update-index --no-split-index` makes it whole"
            }
            text if text.contains("'sdir'") => {
                "it is a sparse index; `git sparse-checkout reapply --no-sparse-index` makes it whole"
            }
            _ => "`git status` tells whether git can read it",
        };
        Error::state(format!("{} cannot be read: {}", named.display(), error.message())).with_help(help)
    })
}

/// The entry of a path that is not in conflict.
pub(super) fn entry(index: &Index, path: &str) -> Option<IndexEntry> {
    index.get_path(Path::new(path), 0)
}

/// Whether a merge left several versions of the path.
pub(super) fn in_conflict(index: &Index, path: &str) -> bool {
    (1..=3).any(|stage| index.get_path(Path::new(path), stage).is_some())
}

/// Whether a sparse checkout leaves the file out of the work tree.
pub(super) fn is_left_out(entry: &IndexEntry) -> bool {
    entry.flags_extended & IndexEntryExtendedFlag::SKIP_WORKTREE.bits() != 0
}

/// One path and what the work tree holds there now.
pub(super) struct Followed<'a> {
    pub(super) change: &'a BlobChange,
    /// The file's metadata if its content is the new blob.
    pub(super) metadata: Option<Metadata>,
}

/// Leads the index on to the new blobs; entries that are neither the old blob nor the new one stay.
pub(super) fn follow(paths: &Paths, files: &[Followed<'_>]) -> Result<()> {
    if files.is_empty() {
        return Ok(());
    }
    let path = paths.index();
    let old = disk::unless_absent("read", &path, fs::metadata(&path))?;
    let scratch = paths.own("index");
    disk::remove(&scratch)?;
    disk::remove(&paths.own("index.lock"))?;
    if old.is_some() {
        fs::copy(&path, &scratch).map_err(|error| Error::io("copy", &path, &error))?;
    }
    let mut index = open(&scratch, &path)?;
    let mut changed = false;
    for file in files {
        changed |= follow_one(&mut index, file).map_err(|error| cannot_write(&path, &error))?;
    }
    if changed {
        index.write().map_err(|error| cannot_write(&scratch, &error))?;
        finish(&scratch, old.as_ref()).map_err(|error| Error::io("write", &scratch, &error))?;
        kill_point("index-prepared");
        disk::rename(&scratch, &path)?;
        kill_point("index-replaced");
    }
    disk::remove(&scratch)?;
    Ok(())
}

fn cannot_write(path: &Path, error: &git2::Error) -> Error {
    git_error(&format!("write {}", path.display()), error)
}

fn finish(scratch: &Path, old: Option<&Metadata>) -> std::io::Result<()> {
    let file = File::options().write(true).open(scratch)?;
    if let Some(old) = old {
        file.set_permissions(old.permissions())?;
        file.set_modified(old.modified()?)?;
    }
    file.sync_all()
}

fn follow_one(index: &mut Index, file: &Followed<'_>) -> Result<bool, git2::Error> {
    let BlobChange { path, before, after, mode } = file.change;
    let old = entry(index, path);
    let held = old.as_ref().map(|it| it.id);
    if in_conflict(index, path) || ![*before, *after].contains(&held) {
        return Ok(false);
    }
    match after {
        Some(id) if held != Some(*id) || file.metadata.is_some() => {
            index.add(&new_entry(path, *id, *mode, old, file.metadata.as_ref()))?;
        }
        None if held.is_some() => index.remove(Path::new(path), 0)?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// An entry for the new blob. Without metadata git will compare the content when it next looks.
fn new_entry(
    path: &str,
    id: Oid,
    mode: u32,
    old: Option<IndexEntry>,
    metadata: Option<&Metadata>,
) -> IndexEntry {
    let kept = IndexEntryExtendedFlag::SKIP_WORKTREE.bits();
    let mut entry = IndexEntry {
        ctime: IndexTime::new(0, 0),
        mtime: IndexTime::new(0, 0),
        dev: 0,
        ino: 0,
        mode,
        uid: 0,
        gid: 0,
        file_size: 0,
        id,
        flags: old.as_ref().map_or(0, |it| it.flags),
        flags_extended: old.as_ref().map_or(0, |it| it.flags_extended & kept),
        path: path.as_bytes().to_vec(),
    };
    #[cfg(unix)]
    if let Some(it) = metadata {
        use std::os::unix::fs::MetadataExt;
        // Git keeps the lower 32 bits of each.
        entry.ctime = IndexTime::new(it.ctime() as i32, it.ctime_nsec() as u32);
        entry.mtime = IndexTime::new(it.mtime() as i32, it.mtime_nsec() as u32);
        (entry.dev, entry.ino) = (it.dev() as u32, it.ino() as u32);
        (entry.uid, entry.gid) = (it.uid(), it.gid());
        entry.file_size = it.size() as u32;
    }
    #[cfg(not(unix))]
    let _ = metadata;
    entry
}
