//! [`Files`]: every file of concern with its bytes, as the working tree last had them.
//!
//! Contents decide: a file that was written with the bytes it had is no change.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use super::Batch;

use crate::engine::snapshot::{self, FileEntry, FileKind, Snapshot, Source, is_scratch};
use crate::engine::verdict::ChangeKind;
use crate::model::{BlobId, Error, Result, Revision};
use crate::store::Repository;

/// What a file held, or why it could not be read.
type Content = Result<Arc<Vec<u8>>>;

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
    listing: BTreeMap<String, FileEntry>,
    contents: BTreeMap<String, Content>,
    stamps: BTreeMap<String, Stamp>,
}

/// The bytes of one moment.
struct Held {
    repository: Repository,
    contents: BTreeMap<String, Content>,
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
            listing: BTreeMap::new(),
            contents: BTreeMap::new(),
            stamps: BTreeMap::new(),
        }
    }

    /// Which files there are, relative to the configuration root.
    #[must_use]
    pub(super) const fn listing(&self) -> &BTreeMap<String, FileEntry> {
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
        let before = std::mem::replace(&mut self.listing, listing.clone());
        let mut changed = BTreeMap::new();
        for path in before.keys().filter(|path| !listing.contains_key(*path)) {
            self.contents.remove(path);
            changed.insert(path.clone(), ChangeKind::Removed);
        }
        for (path, entry) in &listing {
            match before.get(path) {
                None => {
                    changed.insert(path.clone(), ChangeKind::Added);
                }
                Some(old) if old != entry => {
                    changed.insert(path.clone(), ChangeKind::Modified);
                }
                Some(_) if suspect(path) => {}
                Some(_) => continue,
            }
            if entry.kind == FileKind::File {
                self.read(repository, path, &mut changed);
            } else {
                self.contents.remove(path);
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
                std::fs::read(self.root.join(path)).map_err(|error| Error::io("read", name.as_ref(), &error))
            }
        };
        let content = content.map(Arc::new);
        if self.contents.get(path) != Some(&content) {
            changed.entry(path.to_owned()).or_insert(ChangeKind::Modified);
            self.contents.insert(path.to_owned(), content);
        }
    }

    /// A snapshot of what is held.
    #[must_use]
    pub(super) fn snapshot(&self, repository: &Repository) -> Snapshot {
        let (listing, prefix) = (self.listing.clone(), self.prefix.clone());
        let held = Arc::new(Held { repository: repository.clone(), contents: self.contents.clone() });
        Snapshot::new(Revision::WorkTree, prefix, listing, held)
    }

    /// The contents that `counts`, to compare with later ones.
    pub(super) fn contents(&self, counts: impl Fn(&str) -> bool) -> BTreeMap<String, Option<Arc<Vec<u8>>>> {
        let listed = self.listing.keys().filter(|path| counts(path));
        let content = |path: &String| self.contents.get(path).and_then(|content| content.clone().ok());
        listed.map(|path| (path.clone(), content(path))).collect()
    }
}

/// The files of the working tree but for those that are an editor's own.
fn listed(repository: &Repository) -> Result<BTreeMap<String, FileEntry>> {
    let mut listing = repository.snapshot(&Revision::WorkTree)?.files;
    listing.retain(|path, _| !is_scratch(path.rsplit('/').next().unwrap_or(path)));
    Ok(listing)
}
