//! Git's index led on with a commit.
//!
//! Every entry but ours keeps what its owner staged. The new index is written beside the old one
//! and renamed over it; it carries the old one's time, for git takes that time as the moment up to
//! which all entries were compared with their files, and we compared none but our own.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io::Write;

use super::disk;
use super::failpoints::kill_point;
use super::journal::BlobChange;
use super::paths::Paths;
use crate::model::{Error, Result};
use crate::store::git_index::{Entry, GitIndex, Stat};

/// One path and what the work tree holds there now.
pub(super) struct Followed<'a> {
    pub(super) change: &'a BlobChange,
    /// The file's metadata if its content is the new blob.
    pub(super) metadata: Option<Metadata>,
}

/// Leads the index, which is the one on disk, on to the new blobs; entries that are neither the old blob nor the new one stay.
/// Gives it as it is then.
pub(super) fn follow(paths: &Paths, index: GitIndex, files: &[Followed<'_>]) -> Result<GitIndex> {
    if files.is_empty() {
        return Ok(index);
    }
    let path = paths.index();
    let old = disk::unless_absent("read", &path, fs::metadata(&path))?;
    let scratch = paths.own("index");
    disk::remove(&scratch)?;
    let changes: BTreeMap<_, _> = files
        .iter()
        .filter_map(|file| Some((file.change.path.clone().into_bytes(), led_on(&index, file)?)))
        .collect();
    let mut index = index;
    if !changes.is_empty() {
        index = index.with(changes);
        let written = write(&scratch, &index.encode(), old.as_ref());
        written.map_err(|error| Error::io("write", &scratch, &error))?;
        kill_point("index-prepared");
        disk::rename(&scratch, &path)?;
        kill_point("index-replaced");
    }
    disk::remove(&scratch)?;
    Ok(index)
}

fn write(scratch: &std::path::Path, bytes: &[u8], old: Option<&Metadata>) -> std::io::Result<()> {
    let mut file = File::options().write(true).create_new(true).open(scratch)?;
    file.write_all(bytes)?;
    if let Some(old) = old {
        file.set_permissions(old.permissions())?;
        file.set_modified(old.modified()?)?;
    }
    file.sync_all()
}

/// The entry that a file has now, if it changes; an inner `None` where it goes.
fn led_on(index: &GitIndex, file: &Followed<'_>) -> Option<Option<Entry>> {
    let BlobChange { path, before, after, mode } = file.change;
    let old = index.get(path);
    let held = old.map(|it| it.id);
    if index.is_in_conflict(path) || ![*before, *after].contains(&held) {
        return None;
    }
    match after {
        Some(id) if held != Some(*id) || file.metadata.is_some() => {
            // Without metadata git will compare the content when it next looks.
            let stat = file.metadata.as_ref().map(seen).unwrap_or_default();
            Some(Some(Entry::in_place_of(old, path, *id, *mode, stat)))
        }
        None if held.is_some() => Some(None),
        Some(_) | None => None,
    }
}

/// What git keeps of a file: the lower 32 bits of each.
#[cfg(unix)]
fn seen(file: &Metadata) -> Stat {
    use std::os::unix::fs::MetadataExt;
    Stat {
        changed: [file.ctime() as u32, file.ctime_nsec() as u32],
        modified: [file.mtime() as u32, file.mtime_nsec() as u32],
        device: file.dev() as u32,
        inode: file.ino() as u32,
        user: file.uid(),
        group: file.gid(),
        size: file.size() as u32,
    }
}

#[cfg(not(unix))]
fn seen(_: &Metadata) -> Stat {
    Stat::default()
}
