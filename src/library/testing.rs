//! A small repository for the tests of a program that reads its configuration.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::model::{Error, Result};
use crate::store;

/// A repository in a folder of its own, which goes when this does.
///
/// ```
/// use terrace::{Environment, testing};
///
/// # fn main() -> terrace::Result<()> {
/// let repository = testing::Repository::with(&[("environments/staging/payments.yaml", "timeout: 5\n")])?;
/// let staging = terrace::open(repository.path())?.environment(Environment::Staging);
/// assert_eq!(staging.item("payments")?.get("timeout")?.to_string(), "5");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Repository {
    folder: PathBuf,
}

impl Repository {
    /// A repository with these files, none of them committed.
    ///
    /// # Errors
    /// When the folder or a file cannot be made.
    pub fn with(files: &[(&str, &str)]) -> Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("terrace-test-{}-{number}", std::process::id()));
        let repository = Self { folder };
        store::Repository::prepare(&repository.folder, &super::environment())?;
        for (file, text) in files {
            repository.write(file, text)?;
        }
        Ok(repository)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// Writes a file, relative to the repository's folder.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, file: &str, text: &str) -> Result<()> {
        let path = self.folder.join(file);
        let folder = path.parent().unwrap_or(&self.folder);
        std::fs::create_dir_all(folder).map_err(|error| Error::io("make", folder, &error))?;
        std::fs::write(&path, text).map_err(|error| Error::io("write", &path, &error))
    }
}

impl Drop for Repository {
    fn drop(&mut self) {
        // What a test leaves behind is no reason for it to fail.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
