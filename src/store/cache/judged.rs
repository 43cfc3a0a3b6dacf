//! What items were judged to be, and which bytes the files of the working tree have: one file for
//! each configuration root and working tree, in the git folder.
//!
//! It is believed when it is whole, may be deleted at any time, is replaced by rename and never grows
//! beyond [`LIMIT`]. Texts of secrets are not in it, but digests with a random salt of its own.
//!
//! A file of the working tree is taken for what it was when size, times and inode are the same, and
//! its times lie surely before the run that looked at it: what is written twice within one tick of
//! the clock would look the same (git calls such an entry racy).

use std::collections::HashMap;
use std::fs::{self, DirEntry, Metadata};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use git2::{ObjectType, Oid};
use serde::{Deserialize, Serialize};

use super::bytes::checksum;
use super::file::{read, replace_private};
use super::sealed::{self, open, seal};
use crate::engine::rules::{Fingerprint, Judgement, Memory, Salt};
use crate::engine::snapshot::Content;
use crate::model::policy::MOST_BYTES;
use crate::model::{BlobId, Environment, Error, Key, Result};
use crate::store::file_bytes::read_file;
use crate::store::git_error::git_error;
use crate::store::repository::Repository;
use crate::store::transaction;

/// What the file begins with; its number changes with the meaning of the rest.
const MAGIC: &[u8] = b"terrace judged 5\n";

/// The file is never longer.
const LIMIT: usize = 64 << 20;

/// How many judgements of one item are kept: of the working tree and of a commit, say.
const VERSIONS: usize = 2;

/// Times of a file that lie so little before a look at it may come again.
const TICK: Duration = Duration::from_secs(2);

/// Judgements of earlier runs over one configuration root.
pub struct JudgementFile {
    repository: Repository,
    path: PathBuf,
    start: Instant,
    salt: Salt,
    judgements: HashMap<Key, Vec<(Fingerprint, Arc<Judgement>)>>,
    schemas: HashMap<String, (Vec<String>, Fingerprint)>,
    files: Arc<KnownFiles>,
    fresh: Mutex<Fresh>,
}

/// What this run adds.
#[derive(Default)]
struct Fresh {
    judgements: Vec<(Key, Fingerprint, Arc<Judgement>)>,
    schemas: Vec<(String, Vec<String>, Fingerprint)>,
}

/// What the files of a working tree were when they were last read.
pub(in crate::store) struct KnownFiles {
    known: HashMap<String, KnownFile>,
    /// Times before this one, in nanoseconds since 1970, are surely those of an earlier content.
    trusted_before: i128,
    fresh: Mutex<Vec<(String, Stamp, [u8; 20])>>,
}

/// A file as it was.
struct KnownFile {
    stamp: Stamp,
    id: [u8; 20],
    /// Whether it was the same when the working tree was last listed.
    is_same: AtomicBool,
}

/// Equal stamps mean that nothing was written, unless they are too young.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    length: u64,
    /// Nanoseconds since 1970.
    modified: i128,
    changed: i128,
    inode: u64,
}

/// The file's content, of which the lists are sorted.
#[derive(Serialize, Deserialize)]
struct Stored {
    salt: Salt,
    /// How long the run took that wrote the file, in nanoseconds, rounded up.
    elapsed: u64,
    files: Vec<(String, Stamp, [u8; 20])>,
    schemas: Vec<(String, Vec<String>, [u8; 32])>,
    judgements: Vec<(Key, [u8; 32], Arc<Judgement>)>,
}

impl Repository {
    /// What earlier runs remembered of judgements.
    #[must_use]
    pub fn judgements(&self) -> JudgementFile {
        self.judgements_in("")
    }

    /// What earlier runs remembered of judgements of one environment alone.
    #[must_use]
    pub fn judgements_of(&self, environment: Environment) -> JudgementFile {
        self.judgements_in(&format!("-{environment}"))
    }

    fn judgements_in(&self, name: &str) -> JudgementFile {
        let start = Instant::now();
        let root = checksum(self.root_prefix().as_bytes());
        let path = self.git_dir().join("terrace").join(format!("judged-{root:016x}{name}"));
        let found = read(&path, LIMIT).and_then(|bytes| decode(&bytes));
        let written = fs::symlink_metadata(&path).and_then(|meta| meta.modified()).ok();
        let trusted_before = written.zip(found.as_ref()).map_or(i128::MIN, |(written, found)| {
            nanoseconds(written) - i128::from(found.elapsed) - TICK.as_nanos().cast_signed()
        });
        let found = found.unwrap_or_else(Stored::empty);
        let mut judgements: HashMap<Key, Vec<_>> = HashMap::with_capacity(found.judgements.len());
        for (key, of, judgement) in found.judgements {
            judgements.entry(key).or_default().push((Fingerprint(of), judgement));
        }
        let schemas = found.schemas.into_iter().map(|(file, files, of)| (file, (files, Fingerprint(of))));
        let known = found.files.into_iter().map(|(path, stamp, id)| (path, KnownFile::new(stamp, id)));
        let known = known.collect();
        JudgementFile {
            repository: self.clone(),
            path,
            start,
            salt: found.salt,
            judgements,
            schemas: schemas.collect(),
            files: Arc::new(KnownFiles { known, trusted_before, fresh: Mutex::default() }),
            fresh: Mutex::default(),
        }
    }
}

impl Stored {
    fn empty() -> Self {
        let mut salt = Salt::default();
        // Without randomness the salt is known to all, and nothing is written.
        if getrandom::fill(&mut salt).is_err() {
            salt = Salt::default();
        }
        Self { salt, elapsed: 0, files: Vec::new(), schemas: Vec::new(), judgements: Vec::new() }
    }
}

impl Memory for JudgementFile {
    fn salt(&self) -> &Salt {
        &self.salt
    }

    fn recall(&self, key: &Key, of: Fingerprint) -> Option<Arc<Judgement>> {
        let known = self.judgements.get(key)?;
        known.iter().find(|(fingerprint, _)| *fingerprint == of).map(|(_, known)| Arc::clone(known))
    }

    fn remember(&self, key: &Key, of: Fingerprint, judgement: &Arc<Judgement>) {
        self.fresh().judgements.push((key.clone(), of, Arc::clone(judgement)));
    }

    fn recall_schema(&self, file: &str) -> Option<(Vec<String>, Fingerprint)> {
        self.schemas.get(file).cloned()
    }

    fn remember_schema(&self, file: &str, made_of: &[String], of: Fingerprint) {
        self.fresh().schemas.push((file.to_owned(), made_of.to_vec(), of));
    }
}

impl JudgementFile {
    /// Whether no item was judged before.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.judgements.is_empty()
    }

    /// What is known of the files of the working tree.
    pub(in crate::store) fn files(&self) -> Arc<KnownFiles> {
        Arc::clone(&self.files)
    }

    fn fresh(&self) -> std::sync::MutexGuard<'_, Fresh> {
        self.fresh.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces the file where this run added something, or leaves everything as it was. `items` is how
    /// many items the revision has: when much more is remembered, what this run did not add is
    /// forgotten.
    pub fn save(self, items: usize) {
        let fresh = self.fresh.into_inner().unwrap_or_else(PoisonError::into_inner);
        let looked_at = std::mem::take(&mut *self.files.fresh());
        let is_same = fresh.judgements.is_empty() && fresh.schemas.is_empty() && looked_at.is_empty();
        if is_same || self.salt == Salt::default() {
            return;
        }
        let many = |known: usize| known > 2 * items.max(500);
        // What was too young to be trusted, and was not looked at again, may have been written since.
        let known = self.files.known.iter().filter(|(_, known)| self.files.trusts(&known.stamp));
        let known = known.map(|(path, known)| (path.clone(), (known.stamp, known.id)));
        let mut files: HashMap<_, _> =
            if many(self.files.known.len()) { HashMap::new() } else { known.collect() };
        files.extend(looked_at.into_iter().map(|(path, stamp, id)| (path, (stamp, id))));
        let mut schemas = if many(self.schemas.len()) { HashMap::new() } else { self.schemas };
        schemas.extend(fresh.schemas.into_iter().map(|(file, files, of)| (file, (files, of))));
        let mut judgements = if many(self.judgements.len()) { HashMap::new() } else { self.judgements };
        for (key, of, judgement) in fresh.judgements {
            let known: &mut Vec<_> = judgements.entry(key).or_default();
            known.insert(0, (of, judgement));
            known.truncate(VERSIONS);
        }
        let mut stored = Stored {
            salt: self.salt,
            elapsed: 0,
            files: files.into_iter().map(|(path, (stamp, id))| (path, stamp, id)).collect(),
            schemas: schemas.into_iter().map(|(file, (files, of))| (file, files, of.0)).collect(),
            judgements: Vec::new(),
        };
        stored.files.sort_by(|a, b| a.0.cmp(&b.0));
        stored.schemas.sort();
        let versions = |(key, known): (Key, Vec<_>)| {
            known.into_iter().map(move |(of, known): (Fingerprint, _)| (key.clone(), of.0, known))
        };
        stored.judgements.extend(judgements.into_iter().flat_map(versions));
        // The versions of one item stay in their order.
        stored.judgements.sort_by(|a, b| a.0.cmp(&b.0));
        let folder = self.repository.git().and_then(|git| transaction::own_folder(&git));
        let (Ok(folder), Some(name)) = (folder, self.path.file_name().and_then(|name| name.to_str())) else {
            return;
        };
        stored.elapsed = u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        // What it takes until the file has its time counts too.
        stored.elapsed = stored.elapsed.saturating_add(stored.elapsed / 4);
        if let Some(bytes) = encode(&stored) {
            replace_private(&folder, name, &bytes);
        }
    }
}

impl KnownFile {
    fn new(stamp: Stamp, id: [u8; 20]) -> Self {
        Self { stamp, id, is_same: AtomicBool::new(false) }
    }
}

impl KnownFiles {
    /// Takes note of what a listing found of a file: [`Self::identify`] goes by it.
    pub(in crate::store) fn look(&self, path: &str, entry: &DirEntry) {
        let Some(known) = self.known.get(path) else { return };
        // Asked through the folder, so that the system need not find the way to it again.
        let stamp = entry.metadata().ok().and_then(|meta| Stamp::of(&meta));
        let is_same = stamp == Some(known.stamp) && self.trusts(&known.stamp);
        known.is_same.store(is_same, Ordering::Relaxed);
    }

    /// Which bytes a file of the working tree has: what is known of it where it was the same when it
    /// was listed, else by reading it. `path` is its name for messages and here, `full` where it lies.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(in crate::store) fn identify(&self, path: &str, full: &Path) -> Result<Content> {
        match self.known.get(path) {
            Some(known) if known.is_same.load(Ordering::Relaxed) => {
                let id = Oid::from_bytes(&known.id).ok().map(|id| BlobId::new(id.to_string()));
                Ok(Content { id, bytes: None })
            }
            _ => self.read(path, full),
        }
    }

    /// The bytes of a file of the working tree, with their id.
    ///
    /// # Errors
    /// As [`Self::identify`].
    pub(in crate::store) fn read(&self, path: &str, full: &Path) -> Result<Content> {
        let failed = |error| Error::io("read", Path::new(path), &error);
        let stamp = Stamp::of(&fs::symlink_metadata(full).map_err(failed)?);
        let bytes = read_file(full).map_err(failed)?;
        if bytes.len() > MOST_BYTES {
            return Ok(Content { id: None, bytes: Some(bytes) });
        }
        let id = Oid::hash_object(ObjectType::Blob, &bytes)
            .map_err(|error| git_error(&format!("tell the id of {path}"), &error))?;
        if let Some((stamp, id)) = stamp.zip(id.as_bytes().try_into().ok()) {
            self.fresh().push((path.to_owned(), stamp, id));
        }
        Ok(Content { id: Some(BlobId::new(id.to_string())), bytes: Some(bytes) })
    }

    /// Whether nothing can have been written since that left the stamp as it is.
    fn trusts(&self, stamp: &Stamp) -> bool {
        stamp.modified.max(stamp.changed) < self.trusted_before
    }

    fn fresh(&self) -> std::sync::MutexGuard<'_, Vec<(String, Stamp, [u8; 20])>> {
        self.fresh.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stamp {
    /// `None` where the system does not tell enough, and for what is no file.
    #[cfg(unix)]
    fn of(meta: &Metadata) -> Option<Self> {
        use std::os::unix::fs::MetadataExt as _;
        let time = |seconds: i64, rest: i64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
        meta.is_file().then(|| Self {
            length: meta.len(),
            modified: time(meta.mtime(), meta.mtime_nsec()),
            changed: time(meta.ctime(), meta.ctime_nsec()),
            inode: meta.ino(),
        })
    }

    #[cfg(not(unix))]
    fn of(_: &Metadata) -> Option<Self> {
        None
    }
}

fn nanoseconds(time: SystemTime) -> i128 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => since.as_nanos().cast_signed(),
        Err(before) => -before.duration().as_nanos().cast_signed(),
    }
}

/// The file's bytes; `None` when they are too many.
fn encode(stored: &Stored) -> Option<Vec<u8>> {
    seal(MAGIC, stored, LIMIT)
}

fn decode(bytes: &[u8]) -> Option<Stored> {
    open(MAGIC, bytes)
}

/// For the fuzz targets.
pub(super) fn survives(body: &[u8]) -> Option<bool> {
    sealed::survives::<Stored>(MAGIC, body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored() -> Stored {
        let key: Key = "team/api".parse().expect("a key");
        let stamp = Stamp { length: 3, modified: 5, changed: 6, inode: 7 };
        Stored {
            salt: [3; 32],
            elapsed: 9,
            files: vec![("environments/staging/team/api.yaml".to_owned(), stamp, [1; 20])],
            schemas: vec![(
                "schemas/a.schema.json".to_owned(),
                vec!["schemas/a.schema.json".to_owned()],
                [2; 32],
            )],
            judgements: vec![(key, [4; 32], Arc::default())],
        }
    }

    #[test]
    fn damage_is_never_believed() {
        let bytes = encode(&stored()).expect("not too long");
        assert_eq!(decode(&bytes).expect("whole").judgements, stored().judgements);
        for at in 0..bytes.len() {
            assert!(decode(bytes.get(..at).expect("within")).is_none(), "cut at {at}");
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            assert!(decode(&damaged).is_none(), "byte {at}");
        }
        assert!(decode(&[bytes, vec![0]].concat()).is_none(), "something behind it");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_is_taken_for_what_it_was_only_where_nothing_can_have_been_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, full) = ("a.yaml", folder.path().join("a.yaml"));
        fs::write(&full, "a: 1\n").expect("written");
        let listed = |known: &[(String, Stamp, [u8; 20])], trusted_before| {
            let known = known.iter().map(|(path, stamp, id)| (path.clone(), KnownFile::new(*stamp, *id)));
            let files = KnownFiles { known: known.collect(), trusted_before, fresh: Mutex::default() };
            for entry in fs::read_dir(folder.path()).expect("a folder") {
                files.look(path, &entry.expect("an entry"));
            }
            files
        };
        let first = listed(&[], i128::MAX);
        let content = first.identify(path, &full).expect("there");
        assert_eq!(content.bytes.as_deref(), Some(&b"a: 1\n"[..]));
        let known = first.fresh().clone();
        let is_read = |trusted_before| {
            let found = listed(&known, trusted_before).identify(path, &full).expect("there");
            assert_eq!(found.id, content.id);
            found.bytes.is_some()
        };
        let (_, stamp, _) = known.first().expect("remembered");
        assert!(!is_read(i128::MAX));
        assert!(is_read(stamp.modified.max(stamp.changed)), "as young as the look at it");
        let before = listed(&known, i128::MAX);
        fs::remove_file(&full).expect("removed");
        fs::write(&full, "a: 2\n").expect("written");
        let after = listed(&known, i128::MAX).identify(path, &full).expect("there");
        assert_ne!(after.id, content.id);
        let read = before.read(path, &full).expect("there");
        assert_eq!((&read.id, read.bytes.as_deref()), (&after.id, Some(&b"a: 2\n"[..])));
        fs::remove_file(&full).expect("removed");
        assert!(listed(&known, i128::MAX).identify(path, &full).is_err(), "what is gone is not known");
    }
}
