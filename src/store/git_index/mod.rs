//! Git's index: read whole, looked up by path, and written with every entry of others as it was.
//!
//! The format is git's (gitformat-index), in its versions 2 to 4. libgit2 reads it too, but takes several
//! times as long, and the door of every commit looks at it.

mod format;
mod tree_cache;

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use git2::Oid;

use crate::model::{Error, Result};

/// The flag of an entry whose file is not to be in the working tree.
const SKIP_WORKTREE: u16 = 1 << 14;

/// The flag of an entry whose content nobody has added yet: `git add --intent-to-add`.
const INTENT_TO_ADD: u16 = 1 << 13;

/// The bits of the flags that tell which side of a merge an entry is.
const STAGE: u16 = 0x3000;

/// The bit of the flags that tells of further flags.
const EXTENDED: u16 = 1 << 14;

/// The index of one work tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct GitIndex {
    version: u32,
    /// By path and then by stage.
    entries: Vec<Entry>,
    extensions: Vec<Extension>,
}

/// One file that git knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Relative to the git root.
    pub(super) path: Vec<u8>,
    pub(super) id: Oid,
    pub(super) mode: u32,
    pub(super) stat: Stat,
    /// Without the length of the path.
    flags: u16,
    flags_extended: u16,
}

/// What git remembers of a file to know it again without reading it; zeros make it read the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stat {
    /// Seconds and nanoseconds of the last change of the inode.
    pub(super) changed: [u32; 2],
    /// Seconds and nanoseconds of the last change of the content.
    pub(super) modified: [u32; 2],
    pub(super) device: u32,
    pub(super) inode: u32,
    pub(super) user: u32,
    pub(super) group: u32,
    /// In bytes, the lower 32 bits.
    pub(super) size: u32,
}

/// What follows the entries, each under its own name.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Extension {
    name: [u8; 4],
    content: Vec<u8>,
}

impl Entry {
    /// An entry in the place of an older one, if there was one, whose flags it keeps.
    pub(super) fn in_place_of(old: Option<&Self>, path: &str, id: Oid, mode: u32, stat: Stat) -> Self {
        let extended = old.map_or(0, |old| old.flags_extended & SKIP_WORKTREE);
        let bit = if extended == 0 { 0 } else { EXTENDED };
        let flags = old.map_or(0, |old| old.flags & !(EXTENDED | STAGE)) | bit;
        Self { path: path.as_bytes().to_vec(), id, mode, stat, flags, flags_extended: extended }
    }

    /// The path as text.
    pub(super) fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.path)
    }

    /// Whether it is one side of an unfinished merge.
    pub(super) fn is_in_conflict(&self) -> bool {
        self.flags & STAGE != 0
    }

    /// Whether the file is only going to be added, and no commit would have it.
    pub(super) fn is_to_be_added(&self) -> bool {
        self.flags_extended & INTENT_TO_ADD != 0
    }

    /// Whether a sparse checkout leaves the file out of the work tree.
    pub(super) fn is_left_out(&self) -> bool {
        self.flags_extended & SKIP_WORKTREE != 0
    }

    /// The same for libgit2: path, content and mode.
    pub(super) fn to_libgit2(&self) -> git2::IndexEntry {
        let none = git2::IndexTime::new(0, 0);
        git2::IndexEntry {
            ctime: none,
            mtime: none,
            dev: 0,
            ino: 0,
            mode: self.mode,
            uid: 0,
            gid: 0,
            file_size: 0,
            id: self.id,
            flags: 0,
            flags_extended: 0,
            path: self.path.clone(),
        }
    }

    fn place(&self) -> (&[u8], u16) {
        (&self.path, self.flags & STAGE)
    }
}

impl GitIndex {
    /// Reads the index in this file; one that does not exist is empty.
    ///
    /// # Errors
    /// When there is one that cannot be read, or is no index that can be read alone.
    pub(super) fn read(file: &Path) -> Result<Self> {
        let bytes = match fs::read(file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::empty()),
            Err(error) => return Err(Error::io("read", file, &error)),
        };
        format::decode(&bytes).map_err(|unfit| {
            let (why, help) = unfit.told();
            Error::state(format!("{} cannot be read: {why}", file.display())).with_help(help)
        })
    }

    fn empty() -> Self {
        Self { version: 2, entries: Vec::new(), extensions: Vec::new() }
    }

    /// All entries, in git's order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// The entry of a path that is not in conflict.
    pub(super) fn get(&self, path: &str) -> Option<&Entry> {
        let at = self.entries.binary_search_by(|entry| entry.place().cmp(&(path.as_bytes(), 0)));
        at.ok().and_then(|at| self.entries.get(at))
    }

    /// Whether a merge left several versions of the path.
    pub(super) fn is_in_conflict(&self, path: &str) -> bool {
        let from = self.entries.partition_point(|entry| entry.place() <= (path.as_bytes(), 0));
        self.entries.get(from).is_some_and(|entry| entry.path == path.as_bytes())
    }

    /// Whether there are entries in a folder.
    pub(super) fn has_below(&self, folder: &str) -> bool {
        let prefix = format!("{folder}/");
        let from = self.entries.partition_point(|entry| entry.path.as_slice() < prefix.as_bytes());
        self.entries.get(from).is_some_and(|entry| entry.path.starts_with(prefix.as_bytes()))
    }

    /// The index with other entries at these paths, or none. What git remembers of the folders above
    /// them goes, and so does what it remembers of files by their place in the list.
    pub(super) fn with(self, changes: BTreeMap<Vec<u8>, Option<Entry>>) -> Self {
        let extensions = tree_cache::without(self.extensions, changes.keys());
        let mut entries = Vec::with_capacity(self.entries.len() + changes.len());
        let mut changes = changes.into_iter().peekable();
        for entry in self.entries {
            while let Some((_, new)) = changes.next_if(|(path, _)| *path < entry.path) {
                entries.extend(new);
            }
            match changes.next_if(|(path, _)| *path == entry.path && !entry.is_in_conflict()) {
                Some((_, new)) => entries.extend(new),
                None => entries.push(entry),
            }
        }
        entries.extend(changes.filter_map(|(_, new)| new));
        Self { version: self.version, entries, extensions }
    }

    /// The bytes of the file.
    pub(super) fn encode(&self) -> Vec<u8> {
        format::encode(self)
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::process::Command;

    use super::*;

    fn git(folder: &Path, arguments: &[&str]) -> String {
        let mut command = Command::new("git");
        command.current_dir(folder).args(["-c", "user.name=a", "-c", "user.email=a@example.com"]);
        let done = command.args(arguments).output().expect("git runs");
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).expect("text")
    }

    /// A repository whose index has folders, a long name, an executable and an entry that is left out.
    fn repository(version: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let top = folder.path().to_owned();
        git(&top, &["init", "-q"]);
        let long = "n".repeat(200);
        for path in ["a.yaml", "b/c.yaml", "b/d/e.yaml", "b/d.yaml", &format!("{0}/{0}/{0}", long), "z"] {
            let file = top.join(path);
            fs::create_dir_all(file.parent().expect("a parent")).expect("a folder");
            fs::write(file, path).expect("written");
        }
        git(&top, &["add", "."]);
        git(&top, &["update-index", "--chmod=+x", "z"]);
        git(&top, &["commit", "-qm", "x"]);
        git(&top, &["update-index", "--index-version", version]);
        git(&top, &["status"]);
        let index = top.join(".git/index");
        (folder, index)
    }

    #[test]
    fn what_git_wrote_is_read_and_written_byte_for_byte() {
        for version in ["2", "3", "4"] {
            let (folder, file) = repository(version);
            for left_out in [false, true] {
                if left_out {
                    git(folder.path(), &["update-index", "--skip-worktree", "b/d/e.yaml"]);
                }
                let index = GitIndex::read(&file).expect("an index");
                assert_eq!(index.encode(), fs::read(&file).expect("bytes"), "version {version}");
                let told = git(folder.path(), &["ls-files", "--stage"]);
                let ours: String = index
                    .iter()
                    .map(|entry| format!("{:06o} {} 0\t{}\n", entry.mode, entry.id, entry.text()))
                    .collect();
                assert_eq!(ours, told);
                let entry = index.get("b/d/e.yaml").expect("an entry");
                assert_eq!(entry.is_left_out(), left_out);
                assert!(index.get("b/d").is_none() && index.has_below("b/d") && !index.has_below("b/d.yaml"));
                assert!(!index.is_in_conflict("a.yaml"));
            }
        }
    }

    #[test]
    fn git_finds_what_was_changed_and_nothing_else() {
        for version in ["2", "3", "4"] {
            let (folder, file) = repository(version);
            let top = folder.path();
            let index = GitIndex::read(&file).expect("an index");
            let new = git(top, &["hash-object", "-w", "a.yaml"]);
            let new = Oid::from_str(new.trim()).expect("an id");
            let put = |path: &str| {
                let entry = Entry::in_place_of(index.get(path), path, new, 0o100_644, Stat::default());
                (path.as_bytes().to_vec(), Some(entry))
            };
            let changes = BTreeMap::from([
                put("b/d/e.yaml"),
                put("b/d/f/g.yaml"),
                put("A"),
                put("zz"),
                (b"b/d.yaml".to_vec(), None),
            ]);
            let changed = index.clone().with(changes);
            fs::write(&file, changed.encode()).expect("written");
            assert_eq!(GitIndex::read(&file).expect("an index"), changed);
            let told = git(top, &["diff", "--cached", "--name-status"]);
            assert_eq!(told, "A\tA\nD\tb/d.yaml\nM\tb/d/e.yaml\nA\tb/d/f/g.yaml\nA\tzz\n", "{version}");
            git(top, &["fsck", "--strict"]);
            let tree = git(top, &["write-tree"]);
            fs::remove_file(&file).expect("gone");
            git(top, &["read-tree", tree.trim()]);
            let anew = GitIndex::read(&file).expect("an index");
            let names = |index: &GitIndex| {
                index.iter().map(|entry| (entry.path.clone(), entry.id)).collect::<Vec<_>>()
            };
            assert_eq!(names(&anew), names(&changed), "{version}");
        }
    }

    #[test]
    fn an_index_that_is_damaged_anywhere_is_no_index() {
        for version in ["2", "4"] {
            let (_folder, file) = repository(version);
            let sound = fs::read(&file).expect("bytes");
            for at in 0..sound.len() {
                let mut damaged = sound.clone();
                if let Some(byte) = damaged.get_mut(at) {
                    *byte ^= 1;
                }
                assert!(format::decode(&damaged).is_err(), "byte {at}");
                assert!(format::decode(sound.get(..at).expect("a part")).is_err(), "cut off at {at}");
                // The same with a checksum that fits is read as something else, or not at all.
                damaged.truncate(damaged.len() - 20);
                let _ = format::decode(&format::sealed(damaged));
            }
        }
    }

    #[test]
    fn what_cannot_be_read_alone_says_how_it_is_made_whole() {
        let (folder, file) = repository("2");
        git(folder.path(), &["update-index", "--split-index"]);
        for change in ["", "a.yaml", "b/d.yaml"] {
            if !change.is_empty() {
                fs::write(folder.path().join(change), "other").expect("written");
                git(folder.path(), &["-c", "splitIndex.maxPercentChange=100", "add", change]);
            }
            let error = GitIndex::read(&file).expect_err("a split index");
            assert!(error.to_string().contains("another file"), "after {change}: {error}");
        }
    }
}
