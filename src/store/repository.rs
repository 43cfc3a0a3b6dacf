//! Finding and opening a repository, and naming its revisions.

use std::path::{Component, Path, PathBuf};

use git2::{ErrorCode, ObjectType, Oid, RepositoryOpenFlags};

use crate::model::{CommitId, CommitInfo, Error, Result, Revision, policy};

/// A git repository and the configuration root within it.
pub struct Repository {
    pub(super) git: git2::Repository,
    /// The configuration root relative to the git root: empty, or ending in `/`.
    prefix: String,
}

impl Repository {
    /// Opens the repository that holds `dir`. The configuration root is the nearest folder
    /// upwards with `terrace.toml` or `environments/`, else the git root.
    ///
    /// # Errors
    /// When there is no repository, or it is of a kind that cannot be read.
    pub fn discover(dir: &Path) -> Result<Self> {
        let dir = std::path::absolute(dir).map_err(|error| Error::io("find", dir, &error))?;
        let dir = dir.canonicalize().map_err(|error| Error::io("find", &dir, &error))?;
        // Bulk reads trust the object database: git itself verifies what it fetches.
        git2::opts::strict_hash_verification(false);
        let none: [&Path; 0] = [];
        let git = git2::Repository::open_ext(&dir, RepositoryOpenFlags::empty(), none).map_err(|error| {
            if error.code() == ErrorCode::NotFound {
                Error::usage(format!("{} is in no git repository", dir.display()))
                    .help("run `terrace init` to lay one out here, or name a folder with `-C DIR`")
            } else {
                unreadable(&dir, &error)
            }
        })?;
        let prefix = match git.workdir() {
            Some(root) => configuration_root(root, &dir),
            None => String::new(),
        };
        Ok(Self { git, prefix })
    }

    /// The configuration root relative to the git root: empty, or ending in `/`.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The folder of the working tree; `None` in a bare repository.
    #[must_use]
    pub fn work_tree(&self) -> Option<&Path> {
        self.git.workdir()
    }

    /// The configuration root on disk; `None` in a bare repository.
    #[must_use]
    pub fn root(&self) -> Option<PathBuf> {
        self.git.workdir().map(|root| root.join(&self.prefix))
    }

    /// The repository's git folder, shared by linked work trees.
    #[must_use]
    pub fn common_dir(&self) -> &Path {
        self.git.commondir()
    }

    /// The commit that HEAD names; `None` before the first commit.
    ///
    /// # Errors
    /// When HEAD cannot be read.
    pub fn head(&self) -> Result<Option<CommitId>> {
        match self.git.head() {
            Ok(head) => {
                let commit = head.peel_to_commit().map_err(|error| git_error("read HEAD", &error))?;
                Ok(Some(CommitId(commit.id().to_string())))
            }
            Err(error) if matches!(error.code(), ErrorCode::UnbornBranch | ErrorCode::NotFound) => Ok(None),
            Err(error) => Err(git_error("read HEAD", &error)),
        }
    }

    /// HEAD, for commands that judge commits.
    ///
    /// # Errors
    /// When there is no commit yet.
    pub fn require_head(&self) -> Result<CommitId> {
        self.head()?.ok_or_else(|| {
            Error::usage("the repository has no commit yet")
                .help("commit the configuration first: git add -A && git commit")
        })
    }

    /// The commit that a revision such as `main~2` names.
    ///
    /// # Errors
    /// When it names none.
    pub fn commit(&self, revision: &str) -> Result<CommitId> {
        let unknown = || {
            Error::usage(format!("`{}` names no commit", revision.escape_debug()))
                .help("name a commit, branch or tag; `git log --oneline` lists some")
        };
        let object = self.git.revparse_single(revision).map_err(|_| unknown())?;
        let commit = object.peel(ObjectType::Commit).map_err(|_| unknown())?;
        Ok(CommitId(commit.id().to_string()))
    }

    /// What is told of a commit.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn info(&self, id: &CommitId) -> Result<CommitInfo> {
        Ok(info(&self.find_commit(id)?))
    }

    pub(super) fn find_commit(&self, id: &CommitId) -> Result<git2::Commit<'_>> {
        let oid = Oid::from_str(&id.0).map_err(|error| git_error("read a commit id", &error))?;
        self.git.find_commit(oid).map_err(|error| git_error(&format!("read commit {}", id.short()), &error))
    }

    /// The item files of the working tree that differ from HEAD, relative to the git root.
    ///
    /// # Errors
    /// When the index or the working tree cannot be read.
    pub fn uncommitted(&self) -> Result<Vec<String>> {
        if self.git.is_bare() {
            return Ok(Vec::new());
        }
        let mut options = git2::StatusOptions::new();
        options.pathspec(format!("{}environments", self.prefix)).disable_pathspec_match(true);
        options.include_untracked(true).recurse_untracked_dirs(true).no_refresh(true);
        let found = self
            .git
            .statuses(Some(&mut options))
            .map_err(|error| git_error("compare the working tree", &error))?;
        let paths = found.iter().map(|entry| String::from_utf8_lossy(entry.path_bytes()).into_owned());
        Ok(paths.filter(|path| path.ends_with(".yaml")).collect())
    }

    /// Where commands that read files look unless told: the working tree, or HEAD where there is
    /// none.
    ///
    /// # Errors
    /// When the repository is bare and empty.
    pub fn default_revision(&self) -> Result<Revision> {
        if self.git.is_bare() { Ok(Revision::Commit(self.require_head()?)) } else { Ok(Revision::WorkTree) }
    }
}

pub(super) fn info(commit: &git2::Commit<'_>) -> CommitInfo {
    let time = commit.time();
    CommitInfo {
        id: CommitId(commit.id().to_string()),
        author: String::from_utf8_lossy(commit.author().name_bytes()).into_owned(),
        time: time.seconds(),
        offset: time.offset_minutes(),
        subject: String::from_utf8_lossy(commit.summary_bytes().unwrap_or_default()).into_owned(),
    }
}

/// The nearest folder upwards from `dir`, inside `root`, with a policy or environments.
fn configuration_root(root: &Path, dir: &Path) -> String {
    let root = root.canonicalize().unwrap_or_else(|_| root.to_path_buf());
    let is_root =
        |folder: &&Path| folder.join(policy::FILE).is_file() || folder.join("environments").is_dir();
    let found = dir.ancestors().take_while(|folder| folder.starts_with(&root)).find(is_root);
    let below = found.and_then(|folder| folder.strip_prefix(&root).ok()).unwrap_or(Path::new(""));
    let mut prefix = String::new();
    for component in below.components() {
        if let Component::Normal(name) = component {
            prefix.push_str(&name.to_string_lossy());
            prefix.push('/');
        }
    }
    prefix
}

pub(super) fn git_error(doing: &str, error: &git2::Error) -> Error {
    Error::usage(format!("cannot {doing}: {}", error.message()))
        .help("`git fsck` tells whether the repository is sound")
}

fn unreadable(dir: &Path, error: &git2::Error) -> Error {
    let help = "terrace reads repositories with SHA-1 objects and ordinary refs (no sha256, no reftable)";
    Error::usage(format!("cannot open the repository of {}: {}", dir.display(), error.message())).help(help)
}
