//! Reading snapshots: of a commit or the index without a checkout, or of the working tree.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use git2::{ErrorCode, ObjectType, Oid, TreeWalkMode, TreeWalkResult};

use super::git_error::git_error;
use super::handles::Handles;
use super::odb;
use super::repository::{Repository, find_commit};
use crate::engine::migration;
use crate::engine::snapshot::{FileEntry, FileKind, Snapshot, Source};
use crate::model::{BlobId, CommitId, Error, Result, Revision, policy};

/// The folders of the configuration root that a snapshot lists.
pub(super) const FOLDERS: [&str; 3] = ["environments", "schemas", ".terrace"];

/// The flag of an index entry whose file is not to be in the working tree.
const SKIPPED: u16 = 1 << 14;

impl Repository {
    /// The snapshot of a revision.
    ///
    /// # Errors
    /// When something that should be listed cannot be.
    pub fn snapshot(&self, revision: &Revision) -> Result<Snapshot> {
        let mut files = match revision {
            Revision::Commit(id) => self.list_commit(id)?,
            Revision::Index => self.list_index()?,
            Revision::WorkTree => self.list_work_tree()?,
        };
        let source: Arc<dyn Source> = match (revision, self.work_tree()) {
            (Revision::WorkTree, Some(root)) => {
                Arc::new(Disk { root: root.to_path_buf(), left_out: self.blobs() })
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
    fn entry_at(&self, revision: &Revision, path: &str) -> Result<Option<FileEntry>> {
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
                let entry = index.get_path(Path::new(path), 0);
                Ok(entry.map(|entry| entry_of(i32::try_from(entry.mode).unwrap_or_default(), entry.id)))
            }
            (Revision::WorkTree, Some(root)) => match root.join(path).symlink_metadata() {
                Ok(meta) => Ok(Some(FileEntry { blob: None, kind: kind_of(&meta) })),
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
        for entry in index.iter() {
            let path = String::from_utf8_lossy(&entry.path).into_owned();
            let Some(below) = path.strip_prefix(self.root_prefix()) else { continue };
            let listed = is_listed(below);
            // Stages 1 to 3 are the sides of an unfinished merge.
            let stage = (entry.flags >> 12) & 3;
            if listed && stage != 0 {
                return Err(Error::usage(format!("{path} is in an unfinished merge"))
                    .with_help("resolve it and `git add` it first"));
            }
            if listed {
                let mode = i32::try_from(entry.mode).unwrap_or_default();
                files.insert(below.to_owned(), entry_of(mode, entry.id));
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
        let index = self.open_index().map_err(|error| {
            error.with_help("a sparse index cannot be read; `git sparse-checkout reapply --no-sparse-index` writes it out")
        })?;
        for entry in index.iter().filter(|entry| entry.flags_extended & SKIPPED != 0) {
            let path = String::from_utf8_lossy(&entry.path).into_owned();
            let mode = i32::try_from(entry.mode).unwrap_or_default();
            left_out.insert(path, entry_of(mode, entry.id));
        }
        Ok(left_out)
    }

    fn list_work_tree(&self) -> Result<BTreeMap<String, FileEntry>> {
        let Some(root) = self.root() else {
            return Err(
                Error::usage("a bare repository has no working tree").with_help("name a revision: --at REV")
            );
        };
        let mut files = BTreeMap::new();
        let index: OnceCell<Option<git2::Index>> = OnceCell::new();
        let is_submodule = |path: &str| {
            let index = index.get_or_init(|| self.open_index().ok()).as_ref();
            let entry =
                index.and_then(|it| it.get_path(Path::new(&format!("{}{path}", self.root_prefix())), 0));
            entry.is_some_and(|entry| entry.mode == 0o160_000)
        };
        let mut list = |name: &str| -> Result<()> {
            let path = root.join(name);
            match path.symlink_metadata() {
                Ok(meta) if meta.is_dir() && name != policy::FILE => {
                    list_folder(&path, name, &is_submodule, &mut files)
                }
                Ok(meta) => {
                    files.insert(name.to_owned(), FileEntry { blob: None, kind: kind_of(&meta) });
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
        for (path, entry) in self.left_out()? {
            if let Some(below) = path.strip_prefix(self.root_prefix()).filter(|below| is_listed(below)) {
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

/// Whether a snapshot lists a path of the configuration root.
fn is_listed(path: &str) -> bool {
    let is_at_or_below = |folder: &&str| {
        path.strip_prefix(*folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    is_at_or_below(&policy::FILE) || FOLDERS.iter().any(is_at_or_below)
}

/// Lists what is below a folder. A folder that is a repository of its own is listed as such; one that
/// is empty may be a submodule that is not checked out.
fn list_folder(
    folder: &Path,
    name: &str,
    is_submodule: &dyn Fn(&str) -> bool,
    files: &mut BTreeMap<String, FileEntry>,
) -> Result<()> {
    let entries = std::fs::read_dir(folder).map_err(|error| Error::io("read", folder, &error))?;
    let entries: Vec<_> =
        entries.collect::<io::Result<_>>().map_err(|error| Error::io("read", folder, &error))?;
    let is_repository = entries.iter().any(|entry| entry.file_name() == ".git");
    if is_repository || entries.is_empty() && is_submodule(name) {
        files.insert(name.to_owned(), FileEntry { blob: None, kind: FileKind::Repository });
        return Ok(());
    }
    for entry in entries {
        let path = entry.path();
        let meta = path.symlink_metadata().map_err(|error| Error::io("read", &path, &error))?;
        let below = format!("{name}/{}", entry.file_name().to_string_lossy());
        if meta.is_dir() {
            list_folder(&path, &below, is_submodule, files)?;
        } else {
            files.insert(below, FileEntry { blob: None, kind: kind_of(&meta) });
        }
    }
    Ok(())
}

fn kind_of(meta: &std::fs::Metadata) -> FileKind {
    if meta.is_file() {
        FileKind::File
    } else if meta.is_symlink() {
        FileKind::Symlink
    } else if meta.is_dir() {
        FileKind::Folder
    } else {
        FileKind::Other
    }
}

fn entry_of(mode: i32, id: Oid) -> FileEntry {
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
}

impl Source for Disk {
    fn read(&self, path: &str, blob: Option<&BlobId>) -> Result<Vec<u8>> {
        if blob.is_some() {
            return self.left_out.read(path, blob);
        }
        let full = self.root.join(path);
        std::fs::read(&full).map_err(|error| Error::io("read", Path::new(path), &error))
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
        Ok(read)
    }
}
