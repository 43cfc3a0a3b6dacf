//! A folder of Kubernetes manifests: one file a ConfigMap, and beside them a hidden list of which files
//! are ours.
//!
//! A folder has no transaction: each file is replaced at once, the list names what is to come before
//! it comes, and the next publication finishes what was interrupted.

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Change, Held, Present, Sink, manifest};
use crate::model::{Environment, Error, Result};

/// The list of what is ours; its name ends in nothing by which readers of manifests know one.
const LIST: &str = ".terrace-published";

/// What the names of files begin and end with that are not finished.
const UNFINISHED: (&str, &str) = (".terrace-", ".new");

/// What the list holds.
#[derive(Serialize, Deserialize)]
struct List {
    commit: Option<String>,
    is_writing: bool,
    manifest: serde_json::Value,
}

/// One environment's folder.
pub(super) struct Manifests {
    folder: PathBuf,
    environment: Environment,
    /// Nobody else publishes there as long as this is open.
    lock: Option<File>,
}

impl Manifests {
    pub(super) fn open(folder: &Path, environment: Environment) -> Self {
        Self { folder: folder.join(environment.name()), environment, lock: None }
    }

    /// Keeps others from publishing there, where there is a folder.
    fn lock(&mut self) -> Result<()> {
        self.refuse_link()?;
        if self.lock.is_some() || !cfg!(unix) {
            return Ok(());
        }
        let folder = match File::open(&self.folder) {
            Ok(folder) => folder,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(Error::io("open", &self.folder, &error)),
        };
        match folder.try_lock() {
            Ok(()) => {
                self.lock = Some(folder);
                Ok(())
            }
            Err(TryLockError::WouldBlock) => {
                Err(Error::stale(format!("somebody else publishes to {}", self.folder.display()))
                    .with_help("wait until that has ended, and publish again"))
            }
            Err(TryLockError::Error(error)) => Err(Error::io("lock", &self.folder, &error)),
        }
    }

    /// A folder that comes with a repository leads nowhere else: what is listed there would be replaced.
    fn refuse_link(&self) -> Result<()> {
        if !self.folder.is_symlink() {
            return Ok(());
        }
        Err(Error::state(format!("{} is a link", self.folder.display()))
            .with_help("publish to the folder that it leads to, or remove it"))
    }

    fn present(&self, name: &str) -> Result<Option<Present>> {
        let path = self.folder.join(name);
        let kind = match fs::symlink_metadata(&path) {
            Ok(metadata) => metadata.file_type(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::io("read", &path, &error)),
        };
        if kind.is_file() {
            return fs::read(&path)
                .map(|bytes| Some(Present::Value(bytes)))
                .map_err(|error| Error::io("read", &path, &error));
        }
        let what = if kind.is_symlink() { "a link" } else { "no file" };
        Ok(Some(Present::Other(what.to_owned())))
    }

    fn list(&self) -> Result<Option<List>> {
        let path = self.folder.join(LIST);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::io("read", &path, &error)),
        };
        let wrong = |error| {
            Error::state(format!("{}: is no list of what terrace published: {error}", path.display()))
                .with_help("bring it back from git, or empty the folder and publish again")
        };
        serde_json::from_slice(&text).map(Some).map_err(wrong)
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.folder.join(name);
        let failed = |error: &io::Error| Error::io("write", &path, error);
        let mut builder = tempfile::Builder::new();
        builder.prefix(UNFINISHED.0).suffix(UNFINISHED.1);
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
        let mut file = builder.tempfile_in(&self.folder).map_err(|error| failed(&error))?;
        file.write_all(bytes).and_then(|()| file.as_file().sync_data()).map_err(|error| failed(&error))?;
        file.persist(&path).map(drop).map_err(|error| failed(&error.error))
    }

    fn write_list<'a>(
        &self,
        commit: Option<&str>,
        is_writing: bool,
        names: impl Iterator<Item = &'a str>,
    ) -> Result<()> {
        let manifest = serde_json::from_slice(&manifest::write(self.environment, names)).unwrap_or_default();
        let list = List { commit: commit.map(str::to_owned), is_writing, manifest };
        let mut text = serde_json::to_vec_pretty(&list).unwrap_or_default();
        text.push(b'\n');
        self.replace(LIST, &text)
    }

    /// Removes what an interrupted run did not finish.
    fn tidy(&self) -> Result<()> {
        let failed = |error| Error::io("list", &self.folder, &error);
        for entry in fs::read_dir(&self.folder).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            let is_left = name
                .to_str()
                .is_some_and(|name| name.starts_with(UNFINISHED.0) && name.ends_with(UNFINISHED.1));
            if is_left {
                self.remove(&name.to_string_lossy())?;
            }
        }
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<()> {
        let path = self.folder.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::io("remove", &path, &error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

impl Sink for Manifests {
    fn read(&mut self, wanted: &BTreeSet<&str>) -> Result<Held> {
        self.lock()?;
        let mut held = Held::default();
        if let Some(list) = self.list()? {
            let place = self.full_name(LIST);
            held.names = manifest::read(self.environment, list.manifest.to_string().as_bytes(), &place)?;
            // A folder may come from anybody, and what the list names is removed.
            if let Some(name) = held.names.iter().find(|name| name.contains(['/', '\\', ':'])) {
                let message =
                    format!("{place} names `{}`, which is no file of its folder", name.escape_debug());
                return Err(Error::state(message).with_help("bring it back from git, or empty the folder"));
            }
            (held.commit, held.is_writing) = (list.commit, list.is_writing);
        }
        let names: BTreeSet<&str> =
            held.names.iter().map(String::as_str).chain(wanted.iter().copied()).collect();
        let mut values = std::collections::BTreeMap::new();
        for name in names {
            if let Some(present) = self.present(name)? {
                values.insert(name.to_owned(), present);
            }
        }
        held.values = values;
        Ok(held)
    }

    fn write(&mut self, change: &Change<'_>, held: &Held) -> Result<()> {
        fs::create_dir_all(&self.folder).map_err(|error| Error::io("make", &self.folder, &error))?;
        self.lock()?;
        self.tidy()?;
        let known = held.names.iter().map(String::as_str);
        let both: BTreeSet<&str> = known.chain(change.names.iter().copied()).collect();
        self.write_list(held.commit.as_deref(), true, both.into_iter())?;
        for (name, bytes) in &change.puts {
            self.replace(name, bytes)?;
        }
        for name in &change.removals {
            self.remove(name)?;
        }
        self.write_list(Some(change.commit), false, change.names.iter().copied())
    }

    fn commit(&mut self) -> Result<Option<String>> {
        Ok(self.list()?.and_then(|list| list.commit))
    }

    fn full_name(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    fn largest(&self) -> usize {
        usize::MAX
    }
}
