//! A repository to try something in: it borrows the objects of another one, which it never changes,
//! and is gone when it is dropped.

use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;

use super::git_error::git_error;
use super::repository::Repository;
use crate::model::{CommitId, Error, Result};

/// The branch of a scratch repository.
const BRANCH: &str = "refs/heads/try";

/// A bare repository in a temporary folder.
pub struct Scratch {
    /// The repository, with the same configuration root.
    pub repository: Repository,
    _folder: TempDir,
}

impl Scratch {
    /// Makes one whose HEAD is a commit of `repository`.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn of(repository: &Repository, head: &CommitId) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("terrace-try-")
            .tempdir()
            .map_err(|error| Error::io("make", std::path::Path::new("a temporary folder"), &error))?;
        let path = folder.path().join("repository.git");
        let git = git2::Repository::init_bare(&path)
            .map_err(|error| git_error("make a repository to try in", &error))?;
        let objects = repository.common_dir().join("objects");
        let write = |name: &str, bytes: &[u8]| {
            let file: PathBuf = path.join(name);
            std::fs::write(&file, bytes).map_err(|error| Error::io("write", &file, &error))
        };
        write("objects/info/alternates", format!("{}\n", objects.display()).as_bytes())?;
        let shallow = repository.common_dir().join("shallow");
        match std::fs::read(&shallow) {
            Ok(bytes) => write("shallow", &bytes)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(Error::io("read", &shallow, &error)),
        }
        // Opened once more, for the first handle looked for objects before it borrowed any.
        drop(git);
        let git = git2::Repository::open(&path)
            .map_err(|error| git_error("open the repository to try in", &error))?;
        let failed = |error: git2::Error| git_error("set HEAD of the repository to try in", &error);
        let id = git2::Oid::from_str(head.as_str()).map_err(failed)?;
        git.reference(BRANCH, id, true, "try").map_err(failed)?;
        git.set_head(BRANCH).map_err(failed)?;
        let borrowed = Repository::discover(&path)?
            .with_environment(Arc::clone(repository.environment()))
            .with_root(repository.root_prefix());
        Ok(Self { repository: borrowed, _folder: folder })
    }
}
