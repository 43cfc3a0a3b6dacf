//! The index's file: found by the configuration root, believed only when it is whole, replaced by
//! rename.

use std::fs::{self, OpenOptions};
use std::io::{BufReader, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use super::bytes::{self, checksum};
use super::layout::{Lookup, decode, encode};
use super::{Index, IndexEntry, Parent};
use crate::engine::history::{CommitChanges, FileChange, Move};
use crate::store::repository::Repository;
use crate::store::transaction;

/// The file never grows beyond this; what does not fit is walked each time.
const LIMIT: usize = 64 << 20;

/// What a writer that died left behind is removed after this time.
const STALE: Duration = Duration::from_secs(3600);

/// Where the index of one configuration root lies.
pub(in crate::store) struct IndexFile<'r> {
    repository: &'r Repository,
    name: String,
    limit: usize,
}

impl<'r> IndexFile<'r> {
    pub(in crate::store) fn of(repository: &'r Repository) -> Self {
        let root = checksum(repository.root_prefix().as_bytes());
        Self { repository, name: format!("history-{root:016x}"), limit: LIMIT }
    }

    /// What the file says; an empty index when there is no file to believe.
    pub(in crate::store) fn load(&self) -> Index {
        let decode =
            |bytes: Vec<u8>| decode(&bytes, self.repository.root_prefix(), boundary(self.repository)?);
        read(&self.path(), self.limit).and_then(decode).unwrap_or_default()
    }

    /// The file, to look up what single files went through; `None` when there is no file to believe.
    pub(in crate::store) fn lookup(&self) -> Option<Lookup<BufReader<fs::File>>> {
        let path = self.path();
        // Only a plain file is opened: a pipe would wait for ever.
        fs::symlink_metadata(&path).ok().filter(fs::Metadata::is_file)?;
        let file = BufReader::new(fs::File::open(&path).ok()?);
        Lookup::open(file, self.repository.root_prefix(), boundary(self.repository)?)
    }

    fn path(&self) -> PathBuf {
        self.repository.common_dir().join("terrace").join(&self.name)
    }

    /// Replaces the file by `index`, or leaves everything as it was. When not all of the index
    /// fits, the newest part of the history of `tip` is kept.
    pub(in crate::store) fn save(&self, index: &Index, tip: Parent) {
        let Some(boundary) = boundary(self.repository) else { return };
        let encode = |steps: &mut dyn Iterator<Item = (&IndexEntry, Parent)>| {
            encode(steps, self.repository.root_prefix(), boundary, self.limit)
        };
        let whole = encode(&mut index.steps.iter().map(|step| (step, step.before)));
        let bytes = whole.or_else(|| encode(&mut newest(index, tip, self.limit / 2).into_iter()));
        if let (Some(bytes), Ok(folder)) = (bytes, self.shared_folder()) {
            replace(&folder, &self.name, &bytes);
        }
    }

    fn shared_folder(&self) -> crate::model::Result<PathBuf> {
        transaction::shared_folder(&*self.repository.git()?)
    }
}

/// Stands for where history is cut off: behind the same commit may be more or less, another time. `None`
/// where it cannot be read: nothing that is remembered is believed then.
pub(super) fn boundary(repository: &Repository) -> Option<u64> {
    let read = |name: &str| match fs::read(repository.common_dir().join(name)) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == ErrorKind::NotFound => Some(Vec::new()),
        Err(_) => None,
    };
    let (shallow, grafts) = (read("shallow")?, read("info/grafts")?);
    Some(checksum(&shallow) ^ checksum(&grafts).rotate_left(1))
}

/// A file's bytes, where it is a plain one and not longer than `limit`.
pub(super) fn read(path: &Path, limit: usize) -> Option<Vec<u8>> {
    let fits = |length: u64| usize::try_from(length).is_ok_and(|length| length <= limit);
    // Only a plain file is opened: a pipe would wait for ever.
    let meta = fs::symlink_metadata(path).ok().filter(|meta| meta.is_file() && fits(meta.len()))?;
    let mut bytes = Vec::with_capacity(usize::try_from(meta.len()).ok()?);
    fs::File::open(path).ok()?.take(limit as u64).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// Whether a commit, as it lies in a file, comes back the same when it is written again; `None` when
/// it is refused. For the fuzz targets.
#[must_use]
pub fn history_index_survives(commit: &[u8]) -> Option<bool> {
    let commit = bytes::decode(commit)?;
    let index = Index::new(vec![IndexEntry { commit, before: Parent::Beginning }])?;
    let written = encode(&mut index.steps.iter().map(|step| (step, step.before)), "", 0, usize::MAX);
    let again = written.and_then(|bytes| decode(&bytes, "", 0));
    Some(again.is_some_and(|again| again.steps == index.steps))
}

/// The newest steps of a chain that surely fit into `limit` bytes, oldest first.
fn newest(index: &Index, tip: Parent, limit: usize) -> Vec<(&IndexEntry, Parent)> {
    let (chain, end) = index.positions_from(tip);
    let mut room = limit;
    let fits = |step: &&IndexEntry| {
        let fitting = room.checked_sub(most_bytes(step));
        room = fitting.unwrap_or_default();
        fitting.is_some()
    };
    let mut kept: Vec<_> =
        chain.iter().rev().filter_map(|position| index.steps.get(*position)).take_while(fits).collect();
    kept.reverse();
    let first = if kept.len() == chain.len() { end } else { Parent::Unknown };
    let before = |position: usize| position.checked_sub(1).map_or(first, Parent::Entry);
    kept.into_iter().enumerate().map(|(position, step)| (step, before(position))).collect()
}

/// More bytes than a step takes in the file.
fn most_bytes(step: &IndexEntry) -> usize {
    most_bytes_of(&step.commit)
}

fn most_bytes_of(commit: &CommitChanges) -> usize {
    let change = |change: &FileChange| change.path.len() + 90 + 21 * change.others.len();
    let changes: usize = commit.changes.iter().map(change).sum();
    let brought: usize = commit.brought.iter().map(most_bytes_of).sum();
    let moved = |moved: &Move| moved.to.len() + moved.origin.as_ref().map_or(0, |old| old.path.len()) + 80;
    let moves: usize = commit.moved.files.iter().map(moved).sum();
    let past: usize = commit.moved.past.iter().map(|earlier| 32 + most_bytes_of(&earlier.commit)).sum();
    192 + commit.info.author.len() + commit.info.subject.len() + changes + brought + moves + past
}

/// Puts a file in the place of another at once. Nothing is flushed: what a power failure tears is
/// not believed afterwards. Gives the time of the new file, where it was written.
pub(super) fn replace(folder: &Path, name: &str, bytes: &[u8]) -> Option<SystemTime> {
    replace_with(folder, name, bytes, OpenOptions::new())
}

/// The same with a file that its owner alone may read.
pub(super) fn replace_private(folder: &Path, name: &str, bytes: &[u8]) -> Option<SystemTime> {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    replace_with(folder, name, bytes, options)
}

fn replace_with(folder: &Path, name: &str, bytes: &[u8], mut options: OpenOptions) -> Option<SystemTime> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let scratch = folder.join(format!("{name}.{}-{number}.new", std::process::id()));
    let written = options
        .write(true)
        .create_new(true)
        .open(&scratch)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.metadata()?.modified()));
    match written {
        Ok(now) => {
            let before = now.checked_sub(STALE);
            for old in leftovers(folder, &format!("{name}."), ".new").filter(|(_, time)| Some(*time) < before)
            {
                let _ = fs::remove_file(old.0);
            }
            if fs::rename(&scratch, folder.join(name)).is_err() {
                let _ = fs::remove_file(&scratch);
            }
            Some(now)
        }
        Err(_) => {
            let _ = fs::remove_file(&scratch);
            None
        }
    }
}

/// The files whose names begin and end so, with the times of their last change.
pub(super) fn leftovers(
    folder: &Path,
    begin: &str,
    end: &str,
) -> impl Iterator<Item = (PathBuf, SystemTime)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(move |entry| {
        let file = entry.file_name();
        let named = file.to_str().is_some_and(|file| file.starts_with(begin) && file.ends_with(end));
        let time = entry.metadata().ok()?.modified().ok()?;
        named.then(|| (entry.path(), time))
    })
}

#[cfg(test)]
mod tests {
    use super::{Index, IndexEntry, Parent, decode, encode, newest};
    use crate::engine::history::{CommitChanges, Earlier, FileChange, Move, Moved, Origin};
    use crate::model::{BlobId, CommitId, CommitInfo};

    fn step(number: u64, before: Parent) -> IndexEntry {
        let id = |number: u64| format!("{number:040x}");
        let changes = (0..number % 4).map(|n| {
            FileChange::new(
                format!("environments/staging/item-{}.yaml", (number + n) % 7),
                (n != 1).then(|| BlobId::new(id(number * 10 + n))),
                (n != 2).then(|| BlobId::new(id(number * 10 + n + 5))),
            )
        });
        let info = CommitInfo {
            id: CommitId::new(id(number)),
            author: format!("Åsa {}", number % 3),
            time: 1_700_000_000 - i64::try_from(number).unwrap() * 977_777_777,
            offset: if number.is_multiple_of(2) { -330 } else { 60 },
            subject: "change → something".repeat(usize::try_from(number % 3).unwrap()),
        };
        let mut commit = CommitChanges::new(info, changes.collect());
        if number.is_multiple_of(5) {
            let mut inner = commit.clone();
            inner.changes.push(FileChange {
                others: vec![None, Some(BlobId::new(id(3)))],
                ..FileChange::new("environments/staging/x.yaml".into(), None, None)
            });
            let origin = Origin { path: "/old/x.yaml".into(), blob: BlobId::new(id(4)) };
            let moved = |origin| Move { to: "environments/staging/x.yaml".into(), origin };
            inner.moved.files.push(moved(Some(origin)));
            let past = vec![Earlier { below: CommitId::new(id(5)), steps: 300, commit: inner.clone() }];
            commit.moved = Moved { files: vec![moved(None)], past };
            commit.brought = vec![inner; 2];
        }
        IndexEntry { commit, before }
    }

    fn index(count: usize) -> Index {
        let before = |position: usize| match position {
            0 => Parent::Beginning,
            7 => Parent::Boundary,
            11 => Parent::Unknown,
            12 => Parent::Entry(3),
            _ => Parent::Entry(position - 1),
        };
        Index::new((0..count).map(|n| step(n as u64 + 1, before(n))).collect()).expect("sound")
    }

    fn bytes(index: &Index, limit: usize) -> Option<Vec<u8>> {
        encode(&mut index.steps.iter().map(|step| (step, step.before)), "a/b/", 7, limit)
    }

    #[test]
    fn an_index_survives_its_bytes() {
        for count in [0, 1, 2, 30] {
            let index = index(count);
            let bytes = bytes(&index, usize::MAX).expect("no limit");
            assert_eq!(decode(&bytes, "a/b/", 7).expect("read again").steps, index.steps);
            assert!(decode(&bytes, "a/", 7).is_none(), "another configuration root");
            assert!(decode(&bytes, "a/b/", 8).is_none(), "another boundary");
        }
    }

    #[test]
    fn damage_is_never_believed() {
        let bytes = bytes(&index(5), usize::MAX).expect("no limit");
        for at in 0..bytes.len() {
            assert!(decode(&bytes[..at], "a/b/", 7).is_none(), "cut at {at}");
            for bit in 0..8 {
                let mut damaged = bytes.clone();
                damaged[at] ^= 1 << bit;
                assert!(decode(&damaged, "a/b/", 7).is_none(), "bit {bit} of byte {at}");
            }
        }
        assert!(decode(&[bytes, vec![0]].concat(), "a/b/", 7).is_none(), "something behind it");
    }

    #[test]
    fn what_does_not_fit_is_the_oldest_part_of_the_chain() {
        let index = index(30);
        let whole = bytes(&index, usize::MAX).expect("no limit");
        assert_eq!(bytes(&index, whole.len()), Some(whole.clone()));
        assert_eq!(bytes(&index, whole.len() - 1), None);
        for limit in [0, 500, 1_000, 2_000, 100_000] {
            let kept = newest(&index, Parent::Entry(29), limit);
            // The head takes its share as well.
            let fits = encode(&mut kept.clone().into_iter(), "a/b/", 7, limit + 4096).expect("fits");
            let read = decode(&fits, "a/b/", 7).expect("sound");
            let from = match kept.len() {
                0 => Parent::Unknown,
                n => Parent::Entry(n - 1),
            };
            let end = read.chain(from).1;
            let commits = read.into_commits(from);
            let all = self::index(30).into_commits(Parent::Entry(29));
            assert_eq!(commits[..], all[..commits.len()], "{limit}");
            assert_eq!(commits.len() == all.len(), end == Parent::Beginning, "{limit}");
            assert_eq!(limit == 100_000, end == Parent::Beginning, "{limit}");
        }
    }
}
