//! Where the transaction finds git's files and keeps its own.

use std::fs;
use std::path::{Path, PathBuf};

use git2::Repository;

use super::disk;
use crate::model::{Error, Result};

/// The folders of one work tree of a repository.
#[derive(Clone, Debug)]
pub(super) struct Paths {
    /// The git folder that all linked work trees share.
    pub(super) common: PathBuf,
    /// The git folder of this work tree; the shared one for the main work tree.
    pub(super) git_dir: PathBuf,
    /// The work tree's top folder; a bare repository has none.
    pub(super) root: Option<PathBuf>,
}

impl Paths {
    pub(super) fn of(repository: &Repository) -> Self {
        Self {
            common: repository.commondir().to_owned(),
            git_dir: repository.path().to_owned(),
            root: repository.workdir().map(Path::to_owned),
        }
    }

    /// Our folder beside git's files, one for all work trees.
    pub(super) fn shared(&self, name: &str) -> PathBuf {
        self.common.join("terrace").join(name)
    }

    /// Our folder beside this work tree's index.
    pub(super) fn own(&self, name: &str) -> PathBuf {
        self.git_dir.join("terrace").join(name)
    }

    pub(super) fn index(&self) -> PathBuf {
        self.git_dir.join("index")
    }

    pub(super) fn index_lock(&self) -> PathBuf {
        self.git_dir.join("index.lock")
    }

    pub(super) fn journal(&self) -> PathBuf {
        self.own("journal")
    }

    /// Makes our folders. One that is a symbolic link was put there by somebody else, and what we
    /// write would go elsewhere.
    pub(super) fn prepare(&self) -> Result<()> {
        for git_dir in [&self.common, &self.git_dir] {
            let folder = git_dir.join("terrace");
            match disk::unless_absent("read", &folder, fs::symlink_metadata(&folder))? {
                Some(found) if found.is_dir() => continue,
                Some(_) => {
                    return Err(Error::state(format!("{} is not a folder", folder.display()))
                        .with_help("terrace keeps its locks there; remove what stands in the way"));
                }
                None => disk::make_folder(&folder)?,
            }
            // A repository that several users share says so by the mode of its folders.
            let mode = fs::metadata(git_dir).and_then(|it| fs::set_permissions(&folder, it.permissions()));
            mode.map_err(|error| Error::io("set the mode of", &folder, &error))?;
        }
        Ok(())
    }

    /// The git folders of all work trees, the main one first.
    pub(super) fn git_dirs(&self) -> Result<Vec<PathBuf>> {
        let linked = self.common.join("worktrees");
        let error = |error| Error::io("read", &linked, &error);
        let mut found = Vec::new();
        for entry in disk::unless_absent("read", &linked, fs::read_dir(&linked))?.into_iter().flatten() {
            let entry = entry.map_err(error)?;
            if entry.file_type().map_err(error)?.is_dir() {
                found.push(entry.path());
            }
        }
        found.sort();
        found.insert(0, self.common.clone());
        Ok(found)
    }

    /// Whether the other stands for the same work tree.
    pub(super) fn same(&self, other: &Path) -> bool {
        self.git_dir.components().eq(other.components())
    }
}
