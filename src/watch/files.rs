//! [`Files`]: every file of concern with its bytes, as the working tree last had them.
//!
//! Contents decide: a file that was written with the bytes it had is no change.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use super::Batch;
use super::contents::Contents;
use crate::engine::snapshot::{self, FileEntry, FileKind, Snapshot, Source, is_scratch};
use crate::engine::verdict::ChangeKind;
use crate::model::{BlobId, Error, Result, Revision};
use crate::store::{Repository, read_file};

/// A file's time and size: equal ones make it likely that nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    /// Whether it was the same when the file was last looked at: a file that was just written may
    /// be written again within one tick of the clock.
    settled: bool,
}

/// The files of a working tree.
pub(super) struct Files {
    root: PathBuf,
    prefix: String,
    listing: Arc<BTreeMap<String, FileEntry>>,
    contents: Contents,
    stamps: BTreeMap<String, Stamp>,
    /// What stood, when the files were marked, at the paths at which something has changed since.
    marked: BTreeMap<String, Standing>,
}

/// What stands at a path: the bytes of a file that can be read, or nothing.
#[derive(Debug, PartialEq, Eq)]
enum Standing {
    Nothing,
    Unread,
    Bytes(Arc<Vec<u8>>),
}

/// The bytes of one moment.
struct Held {
    repository: Repository,
    contents: Contents,
}

impl Source for Held {
    fn read(&self, path: &str, _: Option<&BlobId>) -> Result<Vec<u8>> {
        let content =
            path.strip_prefix(self.repository.root_prefix()).and_then(|path| self.contents.get(path));
        match content {
            Some(content) => content.as_ref().map(|bytes| bytes.to_vec()).map_err(Clone::clone),
            None => Err(Error::internal(format!("{path} is not held"))),
        }
    }

    fn identify(&self, path: &str, blob: Option<&BlobId>) -> Result<snapshot::Content> {
        if blob.is_some() {
            return Ok(snapshot::Content { id: blob.cloned(), bytes: None });
        }
        let bytes = self.read(path, blob)?;
        Ok(snapshot::Content { id: Some(self.repository.blob_id(&bytes)?), bytes: Some(bytes) })
    }
}

impl Files {
    /// Nothing yet of the configuration in `root`.
    #[must_use]
    pub(super) fn of(repository: &Repository, root: PathBuf) -> Self {
        Self {
            root,
            prefix: repository.root_prefix().to_owned(),
            listing: Arc::default(),
            contents: Contents::default(),
            stamps: BTreeMap::new(),
            marked: BTreeMap::new(),
        }
    }

    /// Which files there are, relative to the configuration root.
    #[must_use]
    pub(super) fn listing(&self) -> &BTreeMap<String, FileEntry> {
        &self.listing
    }

    /// Looks at what a batch names and says what is different.
    ///
    /// # Errors
    /// When the folders cannot be listed.
    pub(super) fn look(
        &mut self,
        repository: &Repository,
        batch: &Batch,
    ) -> Result<BTreeMap<String, ChangeKind>> {
        let is_file = |path: &String| {
            self.root.join(path).symlink_metadata().is_ok_and(|meta| meta.is_file())
                && self.listing.contains_key(path)
        };
        if batch.listing || batch.everything || !batch.paths.iter().all(is_file) {
            return self.list(repository, &|path| batch.everything || batch.paths.contains(path));
        }
        let mut changed = BTreeMap::new();
        for path in &batch.paths {
            self.read(repository, path, &mut changed);
        }
        Ok(changed)
    }

    /// The paths at which something seems different by time and size, each with whether a file
    /// came or went there. Nothing is read.
    ///
    /// # Errors
    /// When the folders cannot be listed.
    pub(super) fn suspects(&mut self, repository: &Repository) -> Result<Vec<(String, bool)>> {
        let listing = listed(repository)?;
        let gone = self.listing.keys().filter(|path| !listing.contains_key(*path));
        let mut suspects: Vec<_> = gone.map(|path| (path.clone(), true)).collect();
        for (path, entry) in &listing {
            let meta = self.root.join(path).symlink_metadata().ok();
            let modified = meta.as_ref().and_then(|meta| meta.modified().ok());
            let length = meta.map_or(0, |meta| meta.len());
            let before = self.stamps.get(path);
            let same = before.is_some_and(|b| b.modified == modified && b.length == length);
            let known = self.listing.get(path) == Some(entry);
            if !known || !same || before.is_some_and(|before| !before.settled) {
                suspects.push((path.clone(), !known));
            }
            self.stamps.insert(path.clone(), Stamp { modified, length, settled: same });
        }
        Ok(suspects)
    }

    /// Lists the files, and reads the new ones and those that are `suspect`.
    fn list(
        &mut self,
        repository: &Repository,
        suspect: &dyn Fn(&str) -> bool,
    ) -> Result<BTreeMap<String, ChangeKind>> {
        let listing = listed(repository)?;
        let mut changed = BTreeMap::new();
        for path in self.listing.keys().filter(|path| !listing.contains_key(*path)) {
            changed.insert(path.clone(), ChangeKind::Removed);
        }
        let mut suspects = Vec::new();
        for (path, entry) in &listing {
            match self.listing.get(path) {
                None => _ = changed.insert(path.clone(), ChangeKind::Added),
                Some(old) if old != entry => _ = changed.insert(path.clone(), ChangeKind::Modified),
                Some(_) if suspect(path) => {}
                Some(_) => continue,
            }
            suspects.push((path.clone(), entry.kind));
        }
        changed.keys().for_each(|path| self.note(path));
        if *self.listing != listing {
            self.listing = Arc::new(listing);
        }
        for path in changed.iter().filter(|(_, kind)| **kind == ChangeKind::Removed).map(|(path, _)| path) {
            self.contents.set(path, None);
        }
        for (path, kind) in suspects {
            if kind == FileKind::File {
                self.read(repository, &path, &mut changed);
            } else {
                self.contents.set(&path, None);
            }
        }
        Ok(changed)
    }

    fn read(&mut self, repository: &Repository, path: &str, changed: &mut BTreeMap<String, ChangeKind>) {
        let name = format!("{}{path}", self.prefix);
        let content = match self.listing.get(path).and_then(|entry| entry.blob.as_ref()) {
            // A sparse checkout left it out.
            Some(blob) => repository.blobs().read(&name, Some(blob)),
            None => {
                read_file(&self.root.join(path)).map_err(|error| Error::io("read", name.as_ref(), &error))
            }
        };
        let content = content.map(Arc::new);
        if self.contents.get(path) != Some(&content) {
            changed.entry(path.to_owned()).or_insert(ChangeKind::Modified);
            self.note(path);
            self.contents.set(path, Some(content));
        }
    }

    /// Notes what stands at a path, before it changes for the first time since the files were marked.
    fn note(&mut self, path: &str) {
        if !self.marked.contains_key(path) {
            let standing = self.standing(path);
            self.marked.insert(path.to_owned(), standing);
        }
    }

    fn standing(&self, path: &str) -> Standing {
        match (self.listing.get(path), self.contents.get(path)) {
            (None, _) => Standing::Nothing,
            (Some(_), Some(Ok(bytes))) => Standing::Bytes(Arc::clone(bytes)),
            (Some(_), _) => Standing::Unread,
        }
    }

    /// Marks the files as they are, to be compared with later.
    pub(super) fn mark(&mut self) {
        self.marked.clear();
    }

    /// Whether the files that `counts` are as they were when they were marked.
    pub(super) fn are_as_marked(&self, counts: impl Fn(&str) -> bool) -> bool {
        let counting = self.marked.iter().filter(|(path, _)| counts(path));
        counting.into_iter().all(|(path, standing)| self.standing(path) == *standing)
    }

    /// A snapshot of what is held.
    #[must_use]
    pub(super) fn snapshot(&self, repository: &Repository) -> Snapshot {
        let (listing, prefix) = (Arc::clone(&self.listing), self.prefix.clone());
        Snapshot::of_listing(Revision::WorkTree, prefix, listing, self.source(repository))
    }

    /// The same, where it was `before` but for the files `changed`: of others it looks at nothing while
    /// none came or went.
    #[must_use]
    pub(super) fn snapshot_after(
        &self,
        repository: &Repository,
        before: &Snapshot,
        changed: &BTreeSet<String>,
    ) -> Snapshot {
        if !Arc::ptr_eq(&before.files, &self.listing) {
            return self.snapshot(repository);
        }
        let entry = |path: &String| (path.clone(), self.listing.get(path).cloned());
        let changes = changed.iter().map(entry).collect();
        before.advance_from(Revision::WorkTree, &changes, self.source(repository))
    }

    fn source(&self, repository: &Repository) -> Arc<dyn Source> {
        Arc::new(Held { repository: repository.clone(), contents: self.contents.clone() })
    }
}

/// The files of the working tree but for those that are an editor's own.
fn listed(repository: &Repository) -> Result<BTreeMap<String, FileEntry>> {
    let mut listing = Arc::unwrap_or_clone(repository.snapshot(&Revision::WorkTree)?.files);
    listing.retain(|path, _| !is_scratch(path.rsplit('/').next().unwrap_or(path)));
    Ok(listing)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "environments/staging/app.yaml";

    #[test]
    fn what_is_as_it_was_marked_is_told_from_what_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let made = std::process::Command::new("git").args(["init", "--quiet"]).arg(folder.path()).status();
        assert!(made.expect("git runs").success());
        std::fs::create_dir_all(folder.path().join("environments/staging")).expect("a folder");
        std::fs::write(folder.path().join(PATH), "a: 1\n").expect("written");
        let repository = Repository::discover(folder.path()).expect("a repository");
        let mut files = Files::of(&repository, folder.path().to_owned());
        let everything = Batch { everything: true, ..Batch::default() };
        files.look(&repository, &everything).expect("listed");
        files.mark();
        let mut snapshot = files.snapshot(&repository);
        let other = "environments/staging/other.yaml";
        for (path, text, is_same) in [
            (PATH, Some("a: 2\n"), false),
            (PATH, Some("a: 1\n"), true),
            (PATH, None, false),
            (PATH, Some("a: 1\n"), true),
            (other, Some("a: 1\n"), false),
            (other, None, true),
        ] {
            let full = folder.path().join(path);
            match text {
                Some(text) => std::fs::write(full, text).expect("written"),
                None => std::fs::remove_file(full).expect("removed"),
            }
            let batch = Batch { paths: [path.to_owned()].into(), ..Batch::default() };
            let changed: BTreeSet<String> =
                files.look(&repository, &batch).expect("looked").into_keys().collect();
            assert_eq!(changed, BTreeSet::from([path.to_owned()]));
            assert_eq!(files.are_as_marked(|_| true), is_same, "{path}: {text:?}");
            assert!(files.are_as_marked(|counted| counted != path));
            // What is taken over from the snapshot before is what a new one has.
            snapshot = files.snapshot_after(&repository, &snapshot, &changed);
            let whole = files.snapshot(&repository);
            assert_eq!(snapshot.files, whole.files);
            let bytes = |snapshot: &Snapshot| snapshot.bytes(path).map(|bytes| bytes.to_vec());
            assert_eq!(bytes(&snapshot), text.map(|text| text.as_bytes().to_vec()));
            assert_eq!(bytes(&whole), bytes(&snapshot));
        }
    }
}
