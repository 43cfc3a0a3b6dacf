//! Files and folders, flushed, with errors that name them.
//!
//! Only "not found" means absent here; whatever else goes wrong is an error. This file knows
//! nothing of git.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::model::{Error, Result};

/// Turns "not found" into `None` and any other failure into an error that names `path`.
pub(super) fn unless_absent<T>(doing: &str, path: &Path, result: std::io::Result<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io(doing, path, &error)),
    }
}

/// The bytes of a file, if there is one.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    unless_absent("read", path, fs::read(path))
}

/// Removes a file; says whether there was one.
pub(super) fn remove(path: &Path) -> Result<bool> {
    Ok(unless_absent("remove", path, fs::remove_file(path))?.is_some())
}

/// Writes a file anew and flushes it; the name may still be lost in a power failure.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    remove(path)?;
    let written = OpenOptions::new().write(true).create_new(true).open(path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(|error| Error::io("write", path, &error))
}

/// Moves a file into the place of another and flushes the folder.
pub(super) fn rename(from: &Path, to: &Path) -> Result<()> {
    let mut folders = Folders::default();
    folders.rename(from, to)?;
    folders.flush()
}

/// Folders whose names changed and are yet to be flushed, each once.
#[derive(Default)]
pub(super) struct Folders(BTreeSet<PathBuf>);

impl Folders {
    /// Moves a file into the place of another.
    pub(super) fn rename(&mut self, from: &Path, to: &Path) -> Result<()> {
        fs::rename(from, to).map_err(|error| Error::io("write", to, &error))?;
        self.note(to);
        Ok(())
    }

    /// Notes that the name `path` came or went.
    pub(super) fn note(&mut self, path: &Path) {
        if let Some(folder) = path.parent()
            && !self.0.contains(folder)
        {
            self.0.insert(folder.to_owned());
        }
    }

    /// Makes the names survive a power failure; a folder that is gone has none.
    pub(super) fn flush(self) -> Result<()> {
        for folder in self.0.iter().filter(|_| cfg!(unix)) {
            unless_absent("flush", folder, File::open(folder).and_then(|it| it.sync_all()))?;
        }
        Ok(())
    }
}

/// Makes the names in the folder of `path` survive a power failure.
pub(super) fn flush_folder_of(path: &Path) -> Result<()> {
    let Some(folder) = path.parent().filter(|_| cfg!(unix)) else { return Ok(()) };
    File::open(folder).and_then(|it| it.sync_all()).map_err(|error| Error::io("flush", folder, &error))
}

/// Makes a folder and those above it.
pub(super) fn make_folder(path: &Path) -> Result<()> {
    fs::create_dir_all(path).map_err(|error| Error::io("make the folder", path, &error))
}

/// Creates the lock file `path` with its whole content at once; `false` when it exists already.
///
/// A lock that is first created and then filled cannot be recognised after a death in between.
/// So the content is written to `scratch`, and the name `path` is linked to it, which fails when
/// the name is taken. File systems without hard links get the two steps.
pub(super) fn claim(path: &Path, scratch: &Path, content: &[u8]) -> Result<bool> {
    write(scratch, content)?;
    let linked = match fs::hard_link(scratch, path) {
        Err(error) if matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::PermissionDenied) => {
            let created = OpenOptions::new().write(true).create_new(true).open(path);
            created.and_then(|mut file| file.write_all(content))
        }
        other => other,
    };
    // A scratch file that cannot go is no reason to fail with the lock in hand; the next claim
    // begins by removing it.
    let _ = remove(scratch);
    match linked {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(Error::io("create", path, &error)),
    }
}
