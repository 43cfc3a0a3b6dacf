//! Reading snapshots: of a commit or the index without a checkout, or of the working tree.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::DirEntry;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use git2::{ErrorCode, ObjectType, Oid, TreeWalkMode, TreeWalkResult};

use super::cache::{JudgementFile, KnownFiles};
use super::file_bytes::read_file;
use super::git_error::git_error;
use super::git_index::{Entry, GitIndex};
use super::handles::{Handles, Known};
use super::layout::FOLDERS;
use super::odb;
use super::repository::{Repository, find_commit};
use crate::engine::migration;
use crate::engine::snapshot::{
    Content, FileEntry, FileKind, Snapshot, Source, is_called_like_a_schema, respelt,
};
use crate::model::{BlobId, CommitId, Environment, Error, Help, Result, Revision, policy};

/// What a whole snapshot wants.
const EVERYTHING: [&str; 4] = [policy::FILE, "environments/", "schemas/", ".terrace/"];

impl Repository {
    /// The snapshot of a revision.
    ///
    /// # Errors
    /// When something that should be listed cannot be.
    pub fn snapshot(&self, revision: &Revision) -> Result<Snapshot> {
        self.snapshot_of(revision, None)
    }

    /// The same, whose files of the working tree are known by what is remembered of them.
    ///
    /// # Errors
    /// As [`Self::snapshot`].
    pub fn remembered_snapshot(&self, revision: &Revision, memory: &JudgementFile) -> Result<Snapshot> {
        self.snapshot_of(revision, Some(memory.files()))
    }

    /// The snapshot of what stands at these paths (relative to the configuration root), in whatever
    /// letter case they are written; a path that ends in `/` wants all that is below.
    ///
    /// # Errors
    /// As [`Self::snapshot`].
    pub fn snapshot_of_paths(&self, revision: &Revision, wanted: &BTreeSet<String>) -> Result<Snapshot> {
        match revision {
            Revision::Commit(id) => self.parts().snapshot(id, wanted),
            Revision::Index => self.snapshot(revision),
            Revision::WorkTree => {
                let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
                self.snapshot_with(revision, self.list_work_tree(&wanted, None)?, None)
            }
        }
    }

    /// Whether a folder beside those of the environments may be in a revision.
    ///
    /// # Errors
    /// When it cannot be looked for.
    pub fn has_other_folders(&self, revision: &Revision) -> Result<bool> {
        match (revision, self.root()) {
            (Revision::Commit(id), _) => self.parts().has_other_folders(id),
            (Revision::WorkTree, Some(root)) if !self.leaves_files_out()? => {
                // Why it cannot be listed, whoever lists all of it says.
                let Ok(mut entries) = std::fs::read_dir(root.join("environments")) else { return Ok(true) };
                Ok(entries.any(|entry| {
                    entry.map_or(true, |entry| {
                        let is_folder = entry.file_type().map_or(true, |kind| kind.is_dir());
                        is_folder && is_other(&entry.file_name().to_string_lossy())
                    })
                }))
            }
            _ => Ok(true),
        }
    }

    fn snapshot_of(&self, revision: &Revision, known: Option<Arc<KnownFiles>>) -> Result<Snapshot> {
        let files = match revision {
            Revision::Commit(id) => self.list_commit(id)?,
            Revision::Index => self.list_index()?,
            Revision::WorkTree => self.list_work_tree(&EVERYTHING, known.as_deref())?,
        };
        self.snapshot_with(revision, files, known)
    }

    fn snapshot_with(
        &self,
        revision: &Revision,
        mut files: BTreeMap<String, FileEntry>,
        known: Option<Arc<KnownFiles>>,
    ) -> Result<Snapshot> {
        let source: Arc<dyn Source> = match (revision, self.work_tree()) {
            (Revision::WorkTree, Some(root)) => {
                Arc::new(Disk { root: root.to_path_buf(), left_out: self.blobs(), known })
            }
            _ => self.blobs(),
        };
        self.add_kept(revision, &mut files, source.as_ref())?;
        Ok(Snapshot::new(revision.clone(), self.root_prefix().to_owned(), files, source))
    }

    /// Lists the legacy files that stay for old readers; a record that cannot be read is a rule's
    /// business.
    fn add_kept(
        &self,
        revision: &Revision,
        files: &mut BTreeMap<String, FileEntry>,
        source: &dyn Source,
    ) -> Result<()> {
        let record = files.get(migration::RECORD).filter(|entry| entry.kind == FileKind::File);
        let Some(record) = record.cloned() else { return Ok(()) };
        let bytes =
            source.read(&format!("{}{}", self.root_prefix(), migration::RECORD), record.blob.as_ref())?;
        let kept = migration::parse_kept(&String::from_utf8_lossy(&bytes)).unwrap_or_default();
        for kept in kept {
            if let Some(entry) = self.entry_at(revision, &format!("{}{}", self.root_prefix(), kept.file))? {
                files.entry(kept.file).or_insert(entry);
            }
        }
        Ok(())
    }

    /// What stands at one path (relative to the git root) of a revision.
    pub(super) fn entry_at(&self, revision: &Revision, path: &str) -> Result<Option<FileEntry>> {
        let failed = |error: git2::Error| git_error(&format!("read {path}"), &error);
        match (revision, self.work_tree()) {
            (Revision::Commit(id), _) => {
                let git = self.git()?;
                let tree = find_commit(&git, id)?.tree().map_err(failed)?;
                match tree.get_path(Path::new(path)) {
                    Ok(entry) => Ok(Some(entry_of(entry.filemode(), entry.id()))),
                    Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
                    Err(error) => Err(failed(error)),
                }
            }
            (Revision::Index, _) => {
                let index = self.open_index()?;
                Ok(index.get(path).map(indexed))
            }
            (Revision::WorkTree, Some(root)) => match root.join(path).symlink_metadata() {
                Ok(meta) => Ok(Some(FileEntry { blob: None, kind: kind_of(meta.file_type()) })),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(self
                    .left_out()?
                    .into_iter()
                    .find(|(left_out, _)| left_out == path)
                    .map(|found| found.1)),
                Err(error) => Err(Error::io("read", Path::new(path), &error)),
            },
            (Revision::WorkTree, None) => Ok(None),
        }
    }

    /// Reads blobs of this repository, from any thread.
    #[must_use]
    pub fn blobs(&self) -> Arc<dyn Source> {
        Arc::new(Blobs { handles: self.handles(), is_verified: false })
    }

    /// The same, and makes sure that each has the content that its id stands for: for what decides.
    #[must_use]
    pub fn verified_blobs(&self) -> Arc<dyn Source> {
        Arc::new(Blobs { handles: self.handles(), is_verified: true })
    }

    fn list_commit(&self, id: &CommitId) -> Result<BTreeMap<String, FileEntry>> {
        let failed =
            |error: git2::Error| git_error(&format!("read the files of commit {}", id.short()), &error);
        let git = self.git()?;
        let mut tree = find_commit(&git, id)?.tree().map_err(failed)?;
        let mut files = BTreeMap::new();
        for folder in self.root_prefix().split_terminator('/') {
            let next =
                tree.get_name(folder).filter(|entry| entry.kind() == Some(ObjectType::Tree)).map(|e| e.id());
            match next {
                Some(id) => tree = git.find_tree(id).map_err(failed)?,
                None => return Ok(files),
            }
        }
        if let Some(entry) = tree.get_name(policy::FILE) {
            files.insert(policy::FILE.to_owned(), entry_of(entry.filemode(), entry.id()));
        }
        for entry in &tree {
            if let Ok(name) = entry.name()
                && respelt(name).is_some()
            {
                files.insert(name.to_owned(), entry_of(entry.filemode(), entry.id()));
            }
        }
        for folder in FOLDERS {
            let Some(entry) = tree.get_name(folder) else { continue };
            if entry.kind() != Some(ObjectType::Tree) {
                files.insert(folder.to_owned(), entry_of(entry.filemode(), entry.id()));
                continue;
            }
            let below = git.find_tree(entry.id()).map_err(failed)?;
            let walked = below.walk(TreeWalkMode::PreOrder, |parent, entry| {
                if entry.kind() != Some(ObjectType::Tree) {
                    let name = String::from_utf8_lossy(entry.name_bytes()).into_owned();
                    files.insert(format!("{folder}/{parent}{name}"), entry_of(entry.filemode(), entry.id()));
                }
                TreeWalkResult::Ok
            });
            walked.map_err(failed)?;
        }
        Ok(files)
    }

    fn list_index(&self) -> Result<BTreeMap<String, FileEntry>> {
        let index = self.open_index()?;
        let mut files = BTreeMap::new();
        for entry in index.iter().filter(|entry| !entry.is_to_be_added()) {
            let path = entry.text();
            let Some(below) = path.strip_prefix(self.root_prefix()) else { continue };
            let listed = is_listed(below);
            if listed && entry.is_in_conflict() {
                return Err(Error::state(format!("{path} is in an unfinished merge"))
                    .with_help("resolve it and `git add` it first"));
            }
            if listed {
                files.insert(below.to_owned(), indexed(entry));
            }
            let (name, is_folder) = below.split_once('/').map_or((below, false), |(name, _)| (name, true));
            if respelt(name).is_some() {
                let kind = if is_folder { FileKind::Folder } else { FileKind::File };
                files.insert(name.to_owned(), FileEntry { blob: None, kind });
            }
        }
        Ok(files)
    }

    /// Whether a sparse checkout left files out of the working tree.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn leaves_files_out(&self) -> Result<bool> {
        Ok(!self.left_out()?.is_empty())
    }

    /// What a sparse checkout left out of the working tree: paths relative to the git root.
    pub(super) fn left_out(&self) -> Result<BTreeMap<String, FileEntry>> {
        let mut left_out = BTreeMap::new();
        // Git keeps the patterns there when it was ever told to leave files out.
        if self.work_tree().is_none() || !self.git_dir().join("info/sparse-checkout").is_file() {
            return Ok(left_out);
        }
        for entry in self.open_index()?.iter().filter(|entry| entry.is_left_out()) {
            left_out.insert(entry.text().into_owned(), indexed(entry));
        }
        Ok(left_out)
    }

    fn list_work_tree(
        &self,
        wanted: &[&str],
        known: Option<&KnownFiles>,
    ) -> Result<BTreeMap<String, FileEntry>> {
        let Some(root) = self.root() else {
            return Err(
                Error::state("a bare repository has no working tree").with_help(Help::WithoutWorkTree)
            );
        };
        let mut files = BTreeMap::new();
        let index: OnceCell<Option<GitIndex>> = OnceCell::new();
        let is_submodule = |path: &str| {
            let index = index.get_or_init(|| self.open_index().ok()).as_ref();
            let entry = index.and_then(|it| it.get(&format!("{}{path}", self.root_prefix())));
            entry.is_some_and(|entry| entry.mode == 0o160_000)
        };
        let look = |path: &str, entry: &DirEntry| {
            if let Some(known) = known {
                known.look(&format!("{}{path}", self.root_prefix()), entry);
            }
        };
        let asks = Asks { is_submodule: &is_submodule, look: &look };
        let mut list = |name: &str| -> Result<()> {
            let path = root.join(name);
            match path.symlink_metadata() {
                Ok(meta) if meta.is_dir() && name != policy::FILE => {
                    let below = wanted.iter().filter_map(|path| path.strip_prefix(name)?.strip_prefix('/'));
                    match below.collect::<Vec<_>>() {
                        none if none.is_empty() => Ok(()),
                        below => list_folder(&path, name, &below, asks, &mut files),
                    }
                }
                Ok(meta) => {
                    files.insert(name.to_owned(), FileEntry { blob: None, kind: kind_of(meta.file_type()) });
                    Ok(())
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                Err(error) => Err(Error::io("read", &path, &error)),
            }
        };
        list(policy::FILE)?;
        for folder in FOLDERS {
            list(folder)?;
        }
        if wanted == EVERYTHING {
            list_respelt(&root, &mut files)?;
        }
        for (path, entry) in self.left_out()? {
            let below = path.strip_prefix(self.root_prefix());
            if let Some(below) = below.filter(|below| is_listed(below) && is_wanted(below, wanted)) {
                files.entry(below.to_owned()).or_insert(entry);
            }
        }
        let git = self.git()?;
        // Editors' backups and the like that git ignores are nobody's findings.
        files.retain(|path, entry| {
            let is_item = path.ends_with(".yaml") && entry.kind == FileKind::File;
            is_item
                || entry.kind == FileKind::Repository
                || !git.is_path_ignored(format!("{}{path}", self.root_prefix())).unwrap_or(false)
        });
        Ok(files)
    }
}

/// Lists what stands at the configuration root under the name of something else in other letters.
fn list_respelt(root: &Path, files: &mut BTreeMap<String, FileEntry>) -> Result<()> {
    let error = |error: io::Error| Error::io("read", root, &error);
    for entry in std::fs::read_dir(root).map_err(error)? {
        let entry = entry.map_err(error)?;
        if let Some(name) = entry.file_name().to_str().filter(|name| respelt(name).is_some()) {
            let kind = kind_of(entry.file_type().map_err(error)?);
            files.insert(name.to_owned(), FileEntry { blob: None, kind });
        }
    }
    Ok(())
}

/// Whether a folder of this name below `environments/` is no environment's.
pub(super) fn is_other(name: &str) -> bool {
    name.parse::<Environment>().is_err()
}

/// Whether a snapshot lists a path of the configuration root.
fn is_listed(path: &str) -> bool {
    let is_at_or_below = |folder: &&str| {
        path.strip_prefix(*folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    is_at_or_below(&policy::FILE) || FOLDERS.iter().any(is_at_or_below)
}

/// Whether a path is one of those that are wanted, below one of them, or on the way to one.
fn is_wanted(path: &str, wanted: &[&str]) -> bool {
    let begins = |long: &str, short: &str| {
        long.get(..short.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(short))
    };
    wanted.iter().any(|wanted| {
        wanted.eq_ignore_ascii_case(path)
            || wanted.ends_with('/') && begins(path, wanted)
            || begins(wanted, &format!("{path}/"))
    })
}

/// Lists what is wanted below a folder, in whatever letter case it is written: paths relative to it, of
/// which the empty one is everything, and one that ends in `/` all below. A folder that is a repository of its own is listed as such; one that
/// is empty may be a submodule that is not checked out.
fn list_folder(
    folder: &Path,
    name: &str,
    wanted: &[&str],
    asks: Asks<'_>,
    files: &mut BTreeMap<String, FileEntry>,
) -> Result<()> {
    let entries = std::fs::read_dir(folder).map_err(|error| Error::io("read", folder, &error))?;
    let entries: Vec<_> =
        entries.collect::<io::Result<_>>().map_err(|error| Error::io("read", folder, &error))?;
    let is_repository = entries.iter().any(|entry| entry.file_name() == ".git");
    if is_repository || entries.is_empty() && (asks.is_submodule)(name) {
        files.insert(name.to_owned(), FileEntry { blob: None, kind: FileKind::Repository });
        return Ok(());
    }
    let everything = wanted.contains(&"");
    let mut names: HashMap<Vec<u8>, Vec<&str>> = HashMap::new();
    for path in wanted {
        let (name, rest) = path.split_once('/').map_or((*path, None), |(name, rest)| (name, Some(rest)));
        names.entry(name.to_ascii_lowercase().into_bytes()).or_default().extend(rest);
    }
    for entry in entries {
        let file_name = entry.file_name();
        let below = if everything {
            Some(&[""][..])
        } else {
            names.get(&file_name.as_encoded_bytes().to_ascii_lowercase()).map(Vec::as_slice)
        };
        let Some(wanted) = below else { continue };
        // What most file systems tell with the name, so that nobody asks for each file.
        let kind = entry.file_type().map_err(|error| Error::io("read", &entry.path(), &error))?;
        let below = format!("{name}/{}", file_name.to_string_lossy());
        if kind.is_dir() {
            if is_called_like_a_schema(&below) {
                files.insert(below.clone(), FileEntry { blob: None, kind: FileKind::Folder });
            }
            if !wanted.is_empty() {
                list_folder(&entry.path(), &below, wanted, asks, files)?;
            }
        } else {
            (asks.look)(&below, &entry);
            files.insert(below, FileEntry { blob: None, kind: kind_of(kind) });
        }
    }
    Ok(())
}

/// What a listing of a folder asks, and whom it tells of each file.
#[derive(Clone, Copy)]
struct Asks<'l> {
    is_submodule: &'l dyn Fn(&str) -> bool,
    look: &'l dyn Fn(&str, &DirEntry),
}

fn kind_of(kind: std::fs::FileType) -> FileKind {
    if kind.is_file() {
        FileKind::File
    } else if kind.is_symlink() {
        FileKind::Symlink
    } else if kind.is_dir() {
        FileKind::Folder
    } else {
        FileKind::Other
    }
}

/// A file of the index.
fn indexed(entry: &Entry) -> FileEntry {
    entry_of(i32::try_from(entry.mode).unwrap_or_default(), entry.id)
}

pub(super) fn entry_of(mode: i32, id: Oid) -> FileEntry {
    let kind = match mode {
        0o100_644 | 0o100_755 | 0o100_664 => FileKind::File,
        0o120_000 => FileKind::Symlink,
        0o160_000 => FileKind::Repository,
        0o040_000 => FileKind::Folder,
        _ => FileKind::Other,
    };
    FileEntry { blob: Some(BlobId::new(id.to_string())), kind }
}

/// Files of the working tree; those that a sparse checkout left out have a blob.
struct Disk {
    root: PathBuf,
    left_out: Arc<dyn Source>,
    known: Option<Arc<KnownFiles>>,
}

impl Source for Disk {
    fn read(&self, path: &str, blob: Option<&BlobId>) -> Result<Vec<u8>> {
        if blob.is_some() {
            return self.left_out.read(path, blob);
        }
        let full = self.root.join(path);
        read_file(&full).map_err(|error| Error::io("read", Path::new(path), &error))
    }

    fn identify(&self, path: &str, blob: Option<&BlobId>) -> Result<Content> {
        match &self.known {
            Some(known) if blob.is_none() => known.identify(path, &self.root.join(path)),
            _ => Ok(Content { id: blob.cloned(), bytes: None }),
        }
    }

    fn read_identified(&self, path: &str, blob: Option<&BlobId>) -> Result<Content> {
        match &self.known {
            Some(known) if blob.is_none() => known.read(path, &self.root.join(path)),
            _ => Ok(Content { id: blob.cloned(), bytes: Some(self.read(path, blob)?) }),
        }
    }
}

/// Blobs of the object database. Each thread reads through a handle of its own, so that none waits
/// for another.
struct Blobs {
    handles: Arc<Handles>,
    is_verified: bool,
}

impl Source for Blobs {
    fn read(&self, path: &str, blob: Option<&BlobId>) -> Result<Vec<u8>> {
        let Some(blob) = blob else { return Err(Error::internal(format!("no blob is known for {path}"))) };
        let oid = Oid::from_str(blob.as_str()).map_err(|error| git_error("read a blob id", &error))?;
        if let Some(known) = self.handles.recall(oid).filter(|known| known.is_verified || !self.is_verified) {
            return Ok(known.bytes.to_vec());
        }
        let git = self.handles.take()?;
        let read = odb::retry(&git, || git.find_blob(oid).map(|found| found.content().to_vec()));
        let read = read.map_err(|error| {
            let failure = git_error(&format!("read {path} (blob {})", &blob.as_str()[..7]), &error);
            if error.code() == ErrorCode::NotFound {
                failure.with_help("a partial clone lacks this content; fetch it, for example with `git fetch --refetch --filter=blob:limit=1m`")
            } else {
                failure
            }
        })?;
        let is_it = || Oid::hash_object(ObjectType::Blob, &read).is_ok_and(|found| found == oid);
        if self.is_verified && !is_it() {
            return Err(Error::unreadable(format!("{path} (blob {}) is damaged", &blob.as_str()[..7]))
                .with_help(
                    "`git fsck` tells whether the repository is sound; `git fetch --refetch` brings its objects again",
                ));
        }
        self.handles.remember(oid, Known { bytes: read.as_slice().into(), is_verified: self.is_verified });
        Ok(read)
    }
}
