//! A small repository for the tests of a program that reads its configuration.

use std::path::Path;

use tempfile::TempDir;

use crate::model::{Error, Result};
use crate::store;

/// A repository in a folder of its own, which goes when this does.
///
/// ```
/// use terrace::{Environment, testing};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let repository = testing::Repository::with(&[("environments/staging/payments.yaml", "timeout: 5\n")])?;
/// let staging = terrace::open(repository.path())?.environment(Environment::Staging);
/// assert_eq!(*staging.value::<u64>("payments", "timeout")?, 5);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Repository {
    folder: TempDir,
}

impl Repository {
    /// A repository with these files, none of them committed.
    ///
    /// # Errors
    /// When the folder or a file cannot be made.
    pub fn with(files: &[(&str, &str)]) -> Result<Self> {
        let parent = std::env::temp_dir();
        let folder = tempfile::Builder::new().prefix("terrace-test-").tempdir_in(&parent);
        let folder = folder.map_err(|error| Error::io("make a folder in", &parent, &error))?;
        let repository = Self { folder };
        store::Repository::prepare(repository.path(), &super::environment())?;
        for (file, text) in files {
            repository.write(file, text)?;
        }
        Ok(repository)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file, relative to the repository's folder.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, file: &str, text: &str) -> Result<()> {
        let path = self.path().join(file);
        let folder = path.parent().unwrap_or(self.path());
        std::fs::create_dir_all(folder).map_err(|error| Error::io("make", folder, &error))?;
        std::fs::write(&path, text).map_err(|error| Error::io("write", &path, &error))
    }
}
