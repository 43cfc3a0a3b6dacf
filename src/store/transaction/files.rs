//! Files of the work tree: looked at, replaced and removed without following a symbolic link.
//!
//! A file is replaced by renaming a flushed temporary file of the same folder over it, so that
//! every reader sees the old bytes or the new ones. This file knows nothing of git.

use std::collections::BTreeSet;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::thread;

use super::disk::{self, Folders};
use super::failpoints::kill_point;
use crate::model::{Error, Result};

/// What stands at a path.
#[derive(Debug)]
pub(super) enum WorktreeEntry {
    /// Nothing.
    Absent,
    /// A regular file.
    File(Seen),
    /// Something that is never touched; the sentence says what.
    Blocked(String),
}

/// A regular file as it was at one moment.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) bytes: Vec<u8>,
    pub(super) metadata: Metadata,
}

/// Looks at `path` below `root`.
pub(super) fn look(root: &Path, path: &str) -> Result<WorktreeEntry> {
    look_below(root, path, &mut BTreeSet::new())
}

/// The same for one of many paths: folders that are `known` to be folders are not looked at once more.
/// For what is looked at again before anything is done.
pub(super) fn look_below(root: &Path, path: &str, known: &mut BTreeSet<String>) -> Result<WorktreeEntry> {
    let parent = path.rsplit_once('/').map(|(parent, _)| parent);
    if parent.is_some_and(|parent| !known.contains(parent)) {
        if let Some(sight) = obstacle(root, path)? {
            return Ok(sight);
        }
        known.extend(parent.map(str::to_owned));
    }
    let place = root.join(path);
    let named = fs::symlink_metadata(&place);
    if named.as_ref().is_err_and(|error| error.kind() == ErrorKind::InvalidFilename) {
        return Ok(too_long(path));
    }
    match disk::unless_absent("read", &place, named)? {
        None => Ok(WorktreeEntry::Absent),
        Some(named) if named.is_file() => read(&place, path, &named),
        Some(it) if it.is_dir() => Ok(WorktreeEntry::Blocked(format!("{path} is a folder"))),
        Some(it) => Ok(WorktreeEntry::Blocked(blocked(path, &it))),
    }
}

/// What keeps `path` from having a folder of its own to be in.
fn obstacle(root: &Path, path: &str) -> Result<Option<WorktreeEntry>> {
    for folder in folders(path) {
        let place = root.join(folder);
        let found = fs::symlink_metadata(&place);
        if found.as_ref().is_err_and(|error| error.kind() == ErrorKind::InvalidFilename) {
            return Ok(Some(too_long(path)));
        }
        match disk::unless_absent("read", &place, found)? {
            None => return Ok(Some(WorktreeEntry::Absent)),
            Some(it) if it.is_dir() => {}
            Some(it) => return Ok(Some(WorktreeEntry::Blocked(blocked(folder, &it)))),
        }
    }
    Ok(None)
}

/// No file can have that name here, so nothing is there and nothing can be.
fn too_long(path: &str) -> WorktreeEntry {
    WorktreeEntry::Blocked(format!("{path} is longer than a path can be on this system"))
}

fn blocked(path: &str, metadata: &Metadata) -> String {
    let kind = match () {
        () if metadata.is_symlink() => "a symbolic link",
        () if metadata.is_file() => "a file, not a folder",
        () => "not a regular file",
    };
    format!("{path} is {kind}")
}

/// Reads the file that `named` describes; one that changes meanwhile is blocked.
fn read(place: &Path, path: &str, named: &Metadata) -> Result<WorktreeEntry> {
    let error = |error| Error::io("read", place, &error);
    let mut file = File::open(place).map_err(error)?;
    let before = file.metadata().map_err(error)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(error)?;
    let metadata = file.metadata().map_err(error)?;
    let unchanged = same_moment(named, &before) && same_moment(&before, &metadata);
    if !unchanged || metadata.len() != bytes.len() as u64 {
        return Ok(WorktreeEntry::Blocked(format!("{path} is being written by another program")));
    }
    Ok(WorktreeEntry::File(Seen { bytes, metadata }))
}

fn same_moment(a: &Metadata, b: &Metadata) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        if (a.dev(), a.ino()) != (b.dev(), b.ino()) {
            return false;
        }
    }
    a.len() == b.len() && a.modified().ok() == b.modified().ok() && a.is_file() == b.is_file()
}

/// The folders above `path`, the outermost first.
pub(super) fn folders(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    let ends: Vec<_> = path.match_indices('/').map(|(at, _)| at).collect();
    ends.into_iter().filter_map(|end| path.get(..end))
}

/// The name of the temporary file beside `path`; `tag` tells whose it is.
fn temporary(root: &Path, path: &str, tag: &str) -> PathBuf {
    root.join(path).with_file_name(format!(".terrace-{tag}"))
}

/// Removes the temporary file that a dead run left.
pub(super) fn remove_temporary(root: &Path, path: &str, tag: &str) -> Result<()> {
    if obstacle(root, path)?.is_none() {
        disk::remove(&temporary(root, path, tag))?;
    }
    Ok(())
}

/// A file that is written beside another, to take its place; dropped without that, it goes.
pub(super) struct Prepared {
    temporary: PathBuf,
    file: File,
    is_placed: bool,
}

impl Drop for Prepared {
    fn drop(&mut self) {
        if !self.is_placed {
            // The next run removes it, if this one cannot.
            let _ = disk::remove(&self.temporary);
        }
    }
}

/// Writes `bytes` beside `path`, where `seen` was just now. Folders are made as needed, owner and mode of
/// the old file are kept. Two of one folder have different tags.
pub(super) fn prepare(
    root: &Path,
    path: &str,
    tag: &str,
    bytes: &[u8],
    seen: &WorktreeEntry,
) -> Result<Prepared> {
    if let WorktreeEntry::Absent = seen {
        make_folders(root, path)?;
    }
    let temporary = temporary(root, path, tag);
    disk::remove(&temporary)?;
    let error = |error| Error::io("write", &temporary, &error);
    let file = OpenOptions::new().write(true).create_new(true).open(&temporary).map_err(error)?;
    let mut prepared = Prepared { temporary: temporary.clone(), file, is_placed: false };
    prepared.file.write_all(bytes).map_err(error)?;
    if let WorktreeEntry::File(Seen { metadata, .. }) = seen {
        keep_owner(&prepared.file, metadata);
        prepared.file.set_permissions(metadata.permissions()).map_err(error)?;
    }
    Ok(prepared)
}

/// So many flushes are waited for at once: a disk does several in the time of one.
const FLUSHES: usize = 4;

/// Makes what was written survive a power failure.
pub(super) fn flush(prepared: &[&Prepared]) -> Result<()> {
    let flush = |part: &[&Prepared]| {
        let mut each = part.iter();
        each.try_for_each(|it| it.file.sync_all().map_err(|error| Error::io("write", &it.temporary, &error)))
    };
    let size = prepared.len().div_ceil(FLUSHES).max(1);
    thread::scope(|scope| {
        let mut parts = prepared.chunks(size);
        let first = parts.next().unwrap_or_default();
        let mut others = Vec::new();
        for part in parts {
            match thread::Builder::new().spawn_scoped(scope, move || flush(part)) {
                Ok(other) => others.push(other),
                Err(_) => flush(part)?,
            }
        }
        flush(first)?;
        let died = |_| Error::internal("a flush ended early");
        others.into_iter().try_for_each(|other| other.join().map_err(died)?)
    })
}

impl Prepared {
    /// Takes the place of `path`, if `still` agrees to what stands there at the last moment; says whether
    /// it did. The folder is flushed with the other `folders`.
    pub(super) fn place(
        mut self,
        root: &Path,
        path: &str,
        still: &dyn Fn(&WorktreeEntry) -> Result<bool>,
        folders: &mut Folders,
    ) -> Result<Replaced> {
        kill_point("file-prepared");
        if !still(&look(root, path)?)? {
            return Ok(Replaced::No);
        }
        let place = root.join(path);
        let written = self.file.metadata().map_err(|error| Error::io("read", &self.temporary, &error))?;
        folders.rename(&self.temporary, &place)?;
        self.is_placed = true;
        kill_point("file-replaced");
        let now = disk::unless_absent("read", &place, fs::symlink_metadata(&place))?;
        Ok(Replaced::Yes(now.filter(|now| same_moment(now, &written))))
    }
}

/// Whether a file was replaced.
#[derive(Debug)]
pub(super) enum Replaced {
    /// Something else stood there.
    No,
    /// It was, and has this metadata unless somebody wrote it since.
    Yes(Option<Metadata>),
}

/// Gives the file the owner of the one it replaces. Only root may give files away; where it is
/// not allowed the new file is the writer's, as with any editor.
fn keep_owner(file: &File, old: &Metadata) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, fchown};
        let _ = fchown(file, Some(old.uid()), Some(old.gid()));
    }
    #[cfg(not(unix))]
    let _ = (file, old);
}

fn make_folders(root: &Path, path: &str) -> Result<()> {
    let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
    if fs::symlink_metadata(root.join(parent)).is_ok_and(|it| it.is_dir()) {
        return Ok(());
    }
    for folder in folders(path) {
        let place = root.join(folder);
        match fs::create_dir(&place) {
            Ok(()) => disk::flush_folder_of(&place)?,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(Error::io("make the folder", &place, &error)),
        }
        kill_point("folder-made");
    }
    Ok(())
}

/// Gives the file at the first path the second one, if `still` agrees to what stands at the first and
/// nothing stands at the second. The folders that this leaves empty go. Where the names are not in one
/// file system nothing is done. Gives what the file has then, unless somebody wrote it meanwhile.
pub(super) fn rename(
    root: &Path,
    [from, to]: [&str; 2],
    still: &dyn Fn(&WorktreeEntry) -> bool,
    folders: &mut Folders,
) -> Result<Option<Metadata>> {
    let (new, old) = (look(root, to)?, look(root, from)?);
    let (WorktreeEntry::Absent, true) = (new, still(&old)) else { return Ok(None) };
    make_folders(root, to)?;
    let place = root.join(to);
    if folders.rename(&root.join(from), &place).is_err() {
        return Ok(None);
    }
    folders.note(&root.join(from));
    kill_point("file-replaced");
    remove_empty_folders(root, from);
    let WorktreeEntry::File(seen) = old else { return Ok(None) };
    let now = disk::unless_absent("read", &place, fs::symlink_metadata(&place))?;
    Ok(now.filter(|now| same_moment(now, &seen.metadata)))
}

/// Removes the file at `path` if `still` agrees to what stands there, and the folders that this
/// leaves empty, as git does; says whether it did. The folder is flushed with the other `folders`.
pub(super) fn remove(
    root: &Path,
    path: &str,
    still: &dyn Fn(&WorktreeEntry) -> Result<bool>,
    folders: &mut Folders,
) -> Result<bool> {
    if !still(&look(root, path)?)? {
        return Ok(false);
    }
    let place = root.join(path);
    disk::remove(&place)?;
    folders.note(&place);
    kill_point("file-removed");
    remove_empty_folders(root, path);
    Ok(true)
}

/// Removes the folders above `path` as far as they are empty. That is tidiness: a folder that
/// cannot go (not empty, somebody's mount) stays, and git does not see it.
fn remove_empty_folders(root: &Path, path: &str) {
    for folder in folders(path).rev() {
        if fs::remove_dir(root.join(folder)).is_err() {
            break;
        }
        kill_point("folder-removed");
    }
}

#[cfg(test)]
mod tests {

    use super::*;

    #[test]
    fn a_file_is_looked_at_again_right_before_it_is_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.yaml");
        for is_still in [false, true] {
            fs::write(&path, "old").expect("written");
            let seen = look(folder.path(), "a.yaml").expect("a look");
            let prepared = prepare(folder.path(), "a.yaml", "tag", b"new", &seen).expect("written");
            assert_eq!(fs::read_to_string(&path).expect("there"), "old");
            flush(&[&prepared]).expect("flushed");
            let mut folders = Folders::default();
            let still = |_: &WorktreeEntry| Ok(is_still);
            match prepared.place(folder.path(), "a.yaml", &still, &mut folders).expect("replaced or left") {
                Replaced::No => assert!(!is_still),
                Replaced::Yes(now) => assert!(is_still && now.is_some_and(|now| now.len() == 3)),
            }
            let found = fs::read_to_string(&path).expect("there");
            assert_eq!(found, if is_still { "new" } else { "old" });
            assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing else is left");
        }
    }

    #[test]
    fn what_is_written_is_flushed_together_and_goes_unless_it_is_placed() {
        let folder = tempfile::tempdir().expect("a folder");
        for count in [0, 1, 3, 4, 5, 9] {
            let prepared: Vec<_> = (0..count)
                .map(|number| {
                    let (path, tag) = (format!("f{number}/a.yaml"), number.to_string());
                    prepare(folder.path(), &path, &tag, b"new", &WorktreeEntry::Absent).expect("written")
                })
                .collect();
            flush(&prepared.iter().collect::<Vec<_>>()).expect("flushed");
            drop(prepared);
            for below in fs::read_dir(folder.path()).expect("a folder") {
                let below = below.expect("an entry").path();
                assert_eq!(fs::read_dir(below).expect("a folder").count(), 0, "{count}");
            }
        }
    }
}
