//! [`Snapshot`]: all items of one revision, read and parsed only when asked for.

mod meant;
mod misnamed;
mod obstacle;
mod place;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

pub use self::obstacle::{Obstacle, owner_of_folder};
pub use self::place::{
    Place, is_called_like_a_schema, is_lock, is_scratch, is_side_of_merge, place, respelt,
};
use self::place::{Placed, placed};
use crate::model::{BlobId, Environment, EnvironmentSet, Error, ItemId, Key, Result, Revision};
use crate::yaml::{Document, Limits, Rejection};

/// Where a snapshot's bytes come from.
pub trait Source: Send + Sync {
    /// The bytes of a file of the snapshot; `path` is relative to the git root.
    ///
    /// # Errors
    /// Every failure to read names the file.
    fn read(&self, path: &str, blob: Option<&BlobId>) -> Result<Vec<u8>>;

    /// What says which bytes a file of the snapshot has, without reading them where that can be known.
    ///
    /// # Errors
    /// As [`Self::read`], where the bytes have to be read.
    fn identify(&self, _path: &str, blob: Option<&BlobId>) -> Result<Content> {
        Ok(Content { id: blob.cloned(), bytes: None })
    }

    /// The bytes of a file of the snapshot, and what says which they are, even where others may write it
    /// meanwhile.
    ///
    /// # Errors
    /// As [`Self::read`].
    fn read_identified(&self, path: &str, blob: Option<&BlobId>) -> Result<Content> {
        let Content { id, bytes } = self.identify(path, blob)?;
        Ok(Content { id, bytes: Some(bytes.map_or_else(|| self.read(path, blob), Ok)?) })
    }
}

/// Which bytes a file has.
#[derive(Clone, Debug, Default)]
pub struct Content {
    /// The id that git gives these bytes; `None` where nobody tells it.
    pub id: Option<BlobId>,
    /// The bytes, where telling the id took reading them.
    pub bytes: Option<Vec<u8>>,
}

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A symbolic link.
    Symlink,
    /// A submodule, or a folder that is a repository of its own: its files belong to no commit of
    /// this one.
    Repository,
    /// A folder where a file should be.
    Folder,
    /// A socket or other thing that is no file.
    Other,
}

/// One entry of a snapshot's listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileEntry {
    /// Its content's id in git; unknown for files of the working tree.
    pub blob: Option<BlobId>,
    /// What it is.
    pub kind: FileKind,
}

/// The content of an item's file: its bytes, and what they read as.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The file's bytes.
    pub bytes: Arc<[u8]>,
    /// The document, or why there is none.
    pub document: Result<Arc<Document>, Arc<Rejection>>,
}

impl Reading {
    /// The document.
    ///
    /// # Errors
    /// When the file of the item, whose content this is, is not YAML that terrace can read.
    pub fn into_document(self, item: &ItemFile) -> Result<Arc<Document>> {
        self.document.map_err(|rejection| rejected(item, &rejection))
    }
}

/// What is held of an item's content.
#[derive(Clone, Debug, Default)]
enum Held {
    #[default]
    Nothing,
    Bytes(Arc<[u8]>),
    Reading(Reading),
    /// It could not be read, and so it stays: a revision says the same each time.
    Failed(Error),
}

/// One item's file.
#[derive(Debug)]
pub struct ItemFile {
    /// Which item it is.
    pub id: ItemId,
    /// The file, relative to the git root.
    pub file: String,
    /// Its content's id in git, where known.
    pub blob: Option<BlobId>,
    held: Mutex<Held>,
}

impl ItemFile {
    fn new(id: ItemId, file: String, blob: Option<BlobId>) -> Self {
        Self { id, file, blob, held: Mutex::default() }
    }

    /// What items are sorted by.
    fn order(&self) -> (&Key, Environment) {
        (&self.id.key, self.id.environment)
    }

    /// Its content's id, of a snapshot of a commit.
    ///
    /// # Errors
    /// Internal, for a file of the working tree.
    pub fn committed(&self) -> Result<&BlobId> {
        self.blob.as_ref().ok_or_else(|| Error::internal(format!("{} belongs to no commit", self.file)))
    }

    fn held(&self) -> Held {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn hold(&self, held: Held) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = held;
    }

    /// Gives the parsed tree back, and the bytes where git keeps them: whoever holds many items keeps
    /// no more than it must. The next question reads it again.
    pub fn let_go(&self) {
        if let Held::Reading(Reading { bytes, .. }) = self.held() {
            self.hold(if self.blob.is_some() { Held::Nothing } else { Held::Bytes(bytes) });
        }
    }
}

/// All items of one revision.
pub struct Snapshot {
    /// The revision shown.
    pub revision: Revision,
    /// The configuration root relative to the git root: empty, or ending in `/`.
    pub prefix: String,
    /// Every file of concern, relative to the configuration root.
    pub files: Arc<BTreeMap<String, FileEntry>>,
    /// By key and then environment.
    items: Vec<Arc<ItemFile>>,
    /// What lies below `environments/` and is no item.
    misplaced: Vec<(String, Place)>,
    source: Arc<dyn Source>,
}

impl Snapshot {
    /// A snapshot of `files` (relative to the configuration root) whose bytes `source` gives.
    pub fn new(
        revision: Revision,
        prefix: String,
        files: BTreeMap<String, FileEntry>,
        source: Arc<dyn Source>,
    ) -> Self {
        Self::of_listing(revision, prefix, Arc::new(files), source)
    }

    /// The same, of a listing that others hold too.
    #[must_use]
    pub fn of_listing(
        revision: Revision,
        prefix: String,
        files: Arc<BTreeMap<String, FileEntry>>,
        source: Arc<dyn Source>,
    ) -> Self {
        let (mut items, mut misplaced) = (Vec::new(), Vec::new());
        for (path, entry) in files.iter() {
            match placed(&prefix, path, entry) {
                Placed::Item(item) => items.push(Arc::new(item)),
                Placed::Elsewhere(place) => misplaced.push((path.clone(), place)),
                Placed::Nowhere => {}
            }
        }
        items.sort_by(|a, b| a.order().cmp(&b.order()));
        Self { revision, prefix, files, items, misplaced, source }
    }

    /// The snapshot of a later revision, in which these files (relative to the configuration root) are
    /// others, new, or (`None`) gone. What was read of all others stays; they are not looked at.
    #[must_use]
    pub fn advance(&self, revision: Revision, changes: &BTreeMap<String, Option<FileEntry>>) -> Self {
        self.advance_from(revision, changes, Arc::clone(&self.source))
    }

    /// The same, whose bytes another source gives.
    #[must_use]
    pub fn advance_from(
        &self,
        revision: Revision,
        changes: &BTreeMap<String, Option<FileEntry>>,
        source: Arc<dyn Source>,
    ) -> Self {
        let (mut files, mut items) = (Arc::clone(&self.files), self.items.clone());
        let mut misplaced = self.misplaced.clone();
        misplaced.retain(|(path, _)| !changes.contains_key(path));
        for (path, entry) in changes {
            if let Some(Place::Item(id)) = place(path)
                && let Ok(at) = items.binary_search_by(|item| item.order().cmp(&(&id.key, id.environment)))
            {
                items.remove(at);
            }
            let is_listed = files.get(path) == entry.as_ref();
            let Some(entry) = entry else {
                if !is_listed {
                    Arc::make_mut(&mut files).remove(path);
                }
                continue;
            };
            if !is_listed {
                Arc::make_mut(&mut files).insert(path.clone(), entry.clone());
            }
            match placed(&self.prefix, path, entry) {
                Placed::Item(item) => {
                    let at = items.partition_point(|other| other.order() < item.order());
                    items.insert(at, Arc::new(item));
                }
                Placed::Elsewhere(place) => misplaced.push((path.clone(), place)),
                Placed::Nowhere => {}
            }
        }
        misplaced.sort_by(|a, b| a.0.cmp(&b.0));
        let prefix = self.prefix.clone();
        Self { revision, prefix, files, items, misplaced, source }
    }

    /// This snapshot with some files (relative to the configuration root) replaced, added, or
    /// (`None`) removed.
    #[must_use]
    pub fn with(&self, changes: &BTreeMap<String, Option<Vec<u8>>>) -> Self {
        let mut files = BTreeMap::clone(&self.files);
        let mut laid = BTreeMap::new();
        for (path, bytes) in changes {
            match bytes {
                Some(bytes) => {
                    files.insert(path.clone(), FileEntry { blob: None, kind: FileKind::File });
                    laid.insert(format!("{}{path}", self.prefix), bytes.clone());
                }
                None => {
                    files.remove(path);
                }
            }
        }
        let source = Arc::new(Overlay { files: laid, below: Arc::clone(&self.source) });
        Self::new(self.revision.clone(), self.prefix.clone(), files, source)
    }

    /// The same, with what `before` has read of items that are not among `changed` (relative to the
    /// configuration root).
    #[must_use]
    pub fn inherit(mut self, before: &Self, changed: &BTreeSet<String>) -> Self {
        let mut earlier = before.items.iter().peekable();
        for item in &mut self.items {
            if earlier.next_if(|before| Arc::ptr_eq(before, item)).is_some() {
                continue;
            }
            // Both are in order.
            while earlier.next_if(|before| before.order() < item.order()).is_some() {}
            let Some(before) = earlier.next_if(|before| before.order() == item.order()) else { continue };
            let path = item.file.strip_prefix(&self.prefix).unwrap_or(&item.file);
            if !Arc::ptr_eq(before, item) && !changed.contains(path) {
                *item = Arc::clone(before);
            }
        }
        self
    }

    /// What is listed below a folder (relative to the configuration root), which ends in `/`.
    pub fn below(&self, folder: &str) -> impl Iterator<Item = (&String, &FileEntry)> {
        self.files.range(folder.to_owned()..).take_while(move |(path, _)| path.starts_with(folder))
    }

    /// All items, by key and then environment.
    pub fn items(&self) -> impl Iterator<Item = &ItemFile> {
        self.items.iter().map(Arc::as_ref)
    }

    /// Refuses keys that no environment has.
    ///
    /// # Errors
    /// A usage error that names the nearest key.
    pub fn require_keys(&self, keys: &[Key]) -> Result<()> {
        self.require_keys_in(keys, EnvironmentSet::ALL)
    }

    /// Refuses keys that none of these environments has.
    ///
    /// # Errors
    /// A usage error that names the nearest key of one of them.
    pub fn require_keys_in(&self, keys: &[Key], environments: EnvironmentSet) -> Result<()> {
        match keys.iter().find(|key| !self.has_key_in(key, environments)) {
            None => Ok(()),
            Some(key) => Err(self.no_such_item(key, environments, environments)),
        }
    }

    /// The error for an item that none of `environments` has, with the nearest one that one of them has,
    /// as far as they are `readable`.
    #[must_use]
    pub fn no_such_item(&self, key: &Key, environments: EnvironmentSet, readable: EnvironmentSet) -> Error {
        let among = environments.and(readable);
        let known = self.items().filter(|item| among.contains(item.id.environment));
        let mut known: Vec<&Key> = known.map(|item| &item.id.key).collect();
        known.dedup();
        no_such_item(key, known, environments)
    }

    /// Whether one of these environments has an item of this key.
    #[must_use]
    pub fn has_key_in(&self, key: &Key, environments: EnvironmentSet) -> bool {
        environments.iter().any(|environment| self.item(key, environment).is_some())
    }

    /// All keys, in order.
    pub fn keys(&self) -> Vec<&Key> {
        let mut keys: Vec<_> = self.items.iter().map(|item| &item.id.key).collect();
        keys.dedup();
        keys
    }

    fn find(&self, order: (&Key, Environment)) -> Option<&Arc<ItemFile>> {
        let at = self.items.binary_search_by(|item| item.order().cmp(&order)).ok()?;
        self.items.get(at)
    }

    /// Whether some environment has an item of this key.
    #[must_use]
    pub fn has_key(&self, key: &Key) -> bool {
        let at = self.items.partition_point(|item| item.id.key < *key);
        self.items.get(at).is_some_and(|item| item.id.key == *key)
    }

    /// What lies below `environments/` and is no item, whatever it is, in order.
    pub fn misplaced(&self) -> impl Iterator<Item = (&str, FileKind, &Place)> {
        let kind = |path: &str| self.files.get(path).map_or(FileKind::Other, |entry| entry.kind);
        self.misplaced.iter().map(move |(path, place)| (path.as_str(), kind(path), place))
    }

    /// One item.
    #[must_use]
    pub fn item(&self, key: &Key, environment: Environment) -> Option<&ItemFile> {
        self.find((key, environment)).map(Arc::as_ref)
    }

    /// The content of an item's file, held until [`ItemFile::let_go`].
    ///
    /// # Errors
    /// When the file cannot be read; a file that is not YAML is a [`Reading`] without document.
    pub fn read(&self, item: &ItemFile, limits: &Limits) -> Result<Reading> {
        let reading = self.read_once(item, None, limits);
        item.hold(match &reading {
            Ok(reading) => Held::Reading(reading.clone()),
            Err(error) => Held::Failed(error.clone()),
        });
        reading
    }

    /// The bytes of an item's file, not held for whoever asks next.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn bytes_of(&self, item: &ItemFile) -> Result<Vec<u8>> {
        match item.held() {
            Held::Bytes(bytes) | Held::Reading(Reading { bytes, .. }) => Ok(bytes.to_vec()),
            Held::Failed(error) => Err(error),
            Held::Nothing => self.source.read(&item.file, item.blob.as_ref()),
        }
    }

    /// The content of an item's file, not held for whoever asks next, and not read where its bytes are
    /// known.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_once(&self, item: &ItemFile, known: Option<Vec<u8>>, limits: &Limits) -> Result<Reading> {
        // Read and parsed without the lock: two that ask at once do the work twice, and none waits.
        let bytes = match item.held() {
            Held::Reading(reading) => return Ok(reading),
            Held::Failed(error) => return Err(error),
            Held::Bytes(bytes) => bytes,
            Held::Nothing => match known {
                Some(bytes) => bytes.into(),
                None => self.source.read(&item.file, item.blob.as_ref())?.into(),
            },
        };
        let document = Document::parse(&bytes, limits).map(Arc::new).map_err(Arc::new);
        Ok(Reading { bytes, document })
    }

    /// Which bytes the file at a path (relative to the configuration root) has; `None` when there is none.
    ///
    /// # Errors
    /// When it has to be read, and cannot be.
    pub fn identify(&self, path: &str) -> Result<Option<Content>> {
        let Some(entry) = self.files.get(path).filter(|entry| entry.kind == FileKind::File) else {
            return Ok(None);
        };
        self.source.identify(&format!("{}{path}", self.prefix), entry.blob.as_ref()).map(Some)
    }

    /// Which bytes an item's file has.
    ///
    /// # Errors
    /// When it has to be read, and cannot be.
    pub fn identify_item(&self, item: &ItemFile) -> Result<Content> {
        self.source.identify(&item.file, item.blob.as_ref())
    }

    /// The bytes of an item's file, and what says which they are.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read_identified(&self, item: &ItemFile) -> Result<Content> {
        self.source.read_identified(&item.file, item.blob.as_ref())
    }

    /// The document of an item's file.
    ///
    /// # Errors
    /// When the file cannot be read, or is not YAML that terrace can read.
    pub fn document(&self, item: &ItemFile, limits: &Limits) -> Result<Arc<Document>> {
        self.read(item, limits)?.into_document(item)
    }

    /// The same, not held for whoever asks next, and not read where its bytes are known.
    ///
    /// # Errors
    /// As [`Self::document`].
    pub fn document_once(
        &self,
        item: &ItemFile,
        known: Option<Vec<u8>>,
        limits: &Limits,
    ) -> Result<Arc<Document>> {
        self.read_once(item, known, limits)?.into_document(item)
    }

    /// The error for an item that an environment does not have, or whose file is no file.
    #[must_use]
    pub fn absent(&self, key: &Key, environment: Environment) -> Error {
        if let Err(error) = self.require_file(key, environment) {
            return error;
        }
        let here = self.items().filter(|item| item.id.environment == environment);
        let error = no_such_item(key, here.map(|item| &item.id.key).collect(), environment.into());
        match self.unread(key, environment).and_then(|_| self.rename_folder(environment)) {
            Some(help) => error.with_help(help),
            None => error,
        }
    }

    /// The bytes of a file (relative to the configuration root); `None` when there is none, or it
    /// cannot be read.
    #[must_use]
    pub fn bytes(&self, path: &str) -> Option<Vec<u8>> {
        self.read_file(path).ok().flatten()
    }

    /// The bytes of a file (relative to the configuration root); `None` when there is none.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read_file(&self, path: &str) -> Result<Option<Vec<u8>>> {
        let Some(entry) = self.files.get(path).filter(|entry| entry.kind == FileKind::File) else {
            return Ok(None);
        };
        self.source.read(&format!("{}{path}", self.prefix), entry.blob.as_ref()).map(Some)
    }

    /// The text of a file that is no item; `None` when there is none.
    ///
    /// # Errors
    /// When the file cannot be read or is not UTF-8.
    pub fn text(&self, path: &str) -> Result<Option<String>> {
        let Some(entry) = self.files.get(path).filter(|entry| entry.kind == FileKind::File) else {
            return Ok(None);
        };
        let file = format!("{}{path}", self.prefix);
        let bytes = self.source.read(&file, entry.blob.as_ref())?;
        let text = String::from_utf8(bytes)
            .map_err(|_| Error::state(format!("{file} is not UTF-8")).with_help("save the file as UTF-8"))?;
        Ok(Some(text.strip_prefix('\u{feff}').map_or(text.clone(), str::to_owned)))
    }
}

fn rejected(item: &ItemFile, rejection: &Rejection) -> Error {
    let at = rejection.location.start;
    Error::state(format!("{}:{}:{}: {}", item.file, at.line, at.column, rejection.message))
        .with_help(rejection.help.clone())
}

/// The bytes of some files laid over another source.
struct Overlay {
    files: BTreeMap<String, Vec<u8>>,
    below: Arc<dyn Source>,
}

impl Source for Overlay {
    fn read(&self, path: &str, blob: Option<&BlobId>) -> Result<Vec<u8>> {
        match self.files.get(path) {
            Some(bytes) => Ok(bytes.clone()),
            None => self.below.read(path, blob),
        }
    }

    fn identify(&self, path: &str, blob: Option<&BlobId>) -> Result<Content> {
        if self.files.contains_key(path) { Ok(Content::default()) } else { self.below.identify(path, blob) }
    }
}

/// The error for an item that is not there.
pub fn no_such_item(key: &Key, known: Vec<&Key>, environments: EnvironmentSet) -> Error {
    let help = meant::meant(key, &known);
    Error::usage(format!("there is no item `{key}` in {environments}")).with_help(help)
}
