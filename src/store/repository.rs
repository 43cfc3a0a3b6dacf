//! Finding and opening a repository, and naming its revisions.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use git2::{ErrorClass, ErrorCode, ObjectType, Oid, RepositoryOpenFlags, Status};

use super::git_config::GitConfig;
use super::git_error::{git_error, not_owned, require_readable};
use super::git_index::GitIndex;
use super::handles::{Handle, Handles};
use super::layout::{is_root, refuse_within};
use super::odb;
use super::process_environment::ProcessEnvironment;
use crate::engine::history::subject;
use crate::model::{
    BlobId, CommitId, CommitInfo, Error, Help, NoProgress, Progress, Result, Revision, closest,
};

/// A git repository and the configuration root within it. Cheap to clone, and shared by threads.
#[derive(Clone)]
pub struct Repository {
    handles: Arc<Handles>,
    work_tree: Option<PathBuf>,
    git_dir: PathBuf,
    common_dir: PathBuf,
    /// The configuration root relative to the git root: empty, or ending in `/`.
    prefix: String,
    /// The index to read instead of the repository's own.
    index: Option<PathBuf>,
    environment: Arc<ProcessEnvironment>,
    progress: Arc<dyn Progress>,
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
        let none: [&Path; 0] = [];
        let git = git2::Repository::open_ext(&dir, RepositoryOpenFlags::empty(), none).map_err(|error| {
            if error.code() == ErrorCode::NotFound { in_none(&dir) } else { unreadable(&dir, &error) }
        })?;
        refuse_folders(&git)?;
        let prefix = match git.workdir() {
            Some(root) => configuration_root(root, &dir),
            None => String::new(),
        };
        Ok(Self {
            work_tree: git.workdir().map(Path::to_owned),
            git_dir: git.path().to_owned(),
            common_dir: git.commondir().to_owned(),
            handles: Arc::new(Handles::new(git)),
            prefix,
            index: None,
            environment: Arc::default(),
            progress: Arc::new(NoProgress),
        })
    }

    /// Trusts the object database for the rest of the process: what is read is not hashed again, as
    /// git itself reads. That is for a program's `main` to decide, and no library's business.
    pub fn trust_objects() {
        git2::opts::strict_hash_verification(false);
    }

    /// A handle for the caller alone.
    pub(super) fn git(&self) -> Result<Handle<'_>> {
        self.handles.take()
    }

    /// The pool, for readers that outlive this.
    pub(super) fn handles(&self) -> Arc<Handles> {
        Arc::clone(&self.handles)
    }

    /// Reads another index: the one that `git commit -a` or `git commit FILE` hands to its hooks.
    #[must_use]
    pub fn with_index(self, index: Option<PathBuf>) -> Self {
        Self { index, ..self }
    }

    /// The same repository with another configuration root: a folder relative to the git root, which may
    /// be there in commits alone.
    #[must_use]
    pub fn with_root(self, root: &str) -> Self {
        let names: Vec<&str> = root.split('/').filter(|name| !name.is_empty() && *name != ".").collect();
        let prefix = names.iter().map(|name| format!("{name}/")).collect();
        Self { prefix, ..self }
    }

    /// Works for the user whose variables these are.
    #[must_use]
    pub fn with_environment(self, environment: Arc<ProcessEnvironment>) -> Self {
        Self { environment, ..self }
    }

    /// The variables that were handed in.
    #[must_use]
    pub fn environment(&self) -> &Arc<ProcessEnvironment> {
        &self.environment
    }

    /// Git's configuration: the system's, the user's and the repository's own.
    pub(super) fn config(&self) -> Result<GitConfig> {
        GitConfig::of(&self.environment, self.git()?.path())
    }

    pub(super) fn open_index(&self) -> Result<GitIndex> {
        match &self.index {
            Some(file) => GitIndex::read(file),
            None => GitIndex::read(&self.git_dir.join("index")),
        }
    }

    /// Tells `progress` of long work.
    #[must_use]
    pub fn with_progress(self, progress: Arc<dyn Progress>) -> Self {
        Self { progress, ..self }
    }

    /// Who is told of long work.
    #[must_use]
    pub fn progress(&self) -> &dyn Progress {
        self.progress.as_ref()
    }

    /// The configuration root relative to the git root: empty, or ending in `/`.
    #[must_use]
    pub fn root_prefix(&self) -> &str {
        &self.prefix
    }

    /// The folder of the working tree; `None` in a bare repository.
    #[must_use]
    pub fn work_tree(&self) -> Option<&Path> {
        self.work_tree.as_deref()
    }

    /// Where a transaction opens the repository: the work tree's top folder, or the git folder of
    /// a bare one.
    #[must_use]
    pub fn transaction_path(&self) -> &Path {
        self.work_tree.as_deref().unwrap_or(&self.git_dir)
    }

    /// The configuration root on disk; `None` in a bare repository.
    #[must_use]
    pub fn root(&self) -> Option<PathBuf> {
        self.work_tree.as_ref().map(|root| root.join(&self.prefix))
    }

    /// The repository's git folder, shared by linked work trees.
    #[must_use]
    pub fn common_dir(&self) -> &Path {
        &self.common_dir
    }

    /// The git folder of this work tree, with its HEAD and index.
    #[must_use]
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// The branch that is checked out; `None` where HEAD names a commit.
    ///
    /// # Errors
    /// When HEAD cannot be read.
    pub fn branch(&self) -> Result<Option<String>> {
        let failed = |error: git2::Error| git_error("read HEAD", &error);
        let git = self.git()?;
        let head = git.find_reference("HEAD").map_err(failed)?;
        let target = head.symbolic_target().map_err(failed)?;
        Ok(target.map(|target| target.strip_prefix("refs/heads/").unwrap_or(target).to_owned()))
    }

    /// The commit that HEAD names; `None` before the first commit.
    ///
    /// # Errors
    /// When HEAD cannot be read.
    pub fn head(&self) -> Result<Option<CommitId>> {
        match self.git()?.head() {
            Ok(head) => {
                let commit = head.peel_to_commit().map_err(|error| git_error("read HEAD", &error))?;
                Ok(Some(CommitId::new(commit.id().to_string())))
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
            Error::state("the repository has no commit yet")
                .with_help("commit the configuration first: git add -A && git commit")
        })
    }

    /// Makes `dir`, and a git repository of it when it is in none. Says whether it made one, and
    /// the folder's place within the repository: empty, or ending in `/`.
    ///
    /// # Errors
    /// When the folder or the repository cannot be made.
    pub fn prepare(dir: &Path, environment: &ProcessEnvironment) -> Result<(bool, String)> {
        refuse_within(dir)?;
        std::fs::create_dir_all(dir).map_err(|error| Error::io("make", dir, &error))?;
        let dir = dir.canonicalize().map_err(|error| Error::io("find", dir, &error))?;
        let none: [&Path; 0] = [];
        let (created, git) = match git2::Repository::open_ext(&dir, RepositoryOpenFlags::empty(), none) {
            Ok(git) => (false, git),
            Err(error) if error.code() == ErrorCode::NotFound => {
                let mut options = git2::RepositoryInitOptions::new();
                let branch = GitConfig::of_user(environment)?.text(&["init.defaultbranch"]);
                options.initial_head(branch.as_deref().unwrap_or("main"));
                let git = git2::Repository::init_opts(&dir, &options);
                (true, git.map_err(|error| git_error("make a git repository", &error))?)
            }
            Err(error) => return Err(unreadable(&dir, &error)),
        };
        let Some(root) = git.workdir() else {
            return Err(Error::state(format!("{} is in a bare repository", dir.display()))
                .with_help("lay the repository out in a clone"));
        };
        Ok((created, below(root, &dir)))
    }

    /// The regular files of a commit at or below `path` (relative to the git root; empty for all).
    ///
    /// # Errors
    /// When the commit cannot be read.
    pub fn files_at(&self, id: &CommitId, path: &str) -> Result<Vec<(String, BlobId)>> {
        let failed =
            |error: git2::Error| git_error(&format!("read the files of commit {}", id.short()), &error);
        let path = path.trim_end_matches('/');
        let git = self.git()?;
        let mut tree = find_commit(&git, id)?.tree().map_err(failed)?;
        let regular = |mode: i32| matches!(mode, 0o100_644 | 0o100_755 | 0o100_664);
        if !path.is_empty() {
            let entry = match tree.get_path(Path::new(path)) {
                Ok(entry) => entry,
                Err(error) if error.code() == ErrorCode::NotFound => return Ok(Vec::new()),
                Err(error) => return Err(failed(error)),
            };
            match entry.kind() {
                Some(ObjectType::Tree) => tree = git.find_tree(entry.id()).map_err(failed)?,
                _ if regular(entry.filemode()) => {
                    return Ok(vec![(path.to_owned(), BlobId::new(entry.id().to_string()))]);
                }
                _ => return Ok(Vec::new()),
            }
        }
        let base = if path.is_empty() { String::new() } else { format!("{path}/") };
        let mut files = Vec::new();
        let walked = tree.walk(git2::TreeWalkMode::PreOrder, |parent, entry| {
            if regular(entry.filemode()) {
                let name = String::from_utf8_lossy(entry.name_bytes()).into_owned();
                files.push((format!("{base}{parent}{name}"), BlobId::new(entry.id().to_string())));
            }
            git2::TreeWalkResult::Ok
        });
        walked.map_err(failed)?;
        Ok(files)
    }

    /// A path given on the command line, relative to the git root, with `/` between its segments.
    ///
    /// # Errors
    /// When it lies outside the repository.
    pub fn relative(&self, dir: &Path, path: &Path) -> Result<String> {
        let outside = || {
            Error::usage(format!("{} is outside the repository", path.display()))
                .with_help("name a file or folder of this repository")
        };
        let root = self.work_tree().ok_or_else(|| {
            Error::state("a bare repository has no working tree").with_help("run the command in a clone")
        })?;
        let dir = dir.canonicalize().map_err(|error| Error::io("find", dir, &error))?;
        let mut full = PathBuf::new();
        for component in dir.join(path).components() {
            match component {
                Component::ParentDir => {
                    full.pop();
                }
                Component::CurDir => {}
                other => full.push(other),
            }
        }
        let root = root.canonicalize().map_err(|error| Error::io("find", root, &error))?;
        let inside = full.strip_prefix(&root).map_err(|_| outside())?;
        let names: Vec<_> = inside.iter().map(|name| name.to_string_lossy().into_owned()).collect();
        Ok(names.join("/"))
    }

    /// The commit that a revision such as `main~2` names.
    ///
    /// # Errors
    /// When it names none.
    pub fn commit(&self, revision: &str) -> Result<CommitId> {
        let unknown = || {
            let names = self.names().unwrap_or_default();
            let near = closest(revision, names.iter().map(|(name, _)| name.as_str()));
            let help = match near {
                Some(near) if near != revision => format!("did you mean `{near}`?"),
                _ => "name a commit, branch or tag; `git log --oneline` lists some".to_owned(),
            };
            Error::usage(format!("`{}` names no commit", revision.escape_debug())).with_help(help)
        };
        self.known_commit(revision)?.ok_or_else(unknown)
    }

    /// The commit that a revision names; `None` when it names none here.
    ///
    /// # Errors
    /// When it cannot be read: what cannot be read is not absent.
    pub fn known_commit(&self, revision: &str) -> Result<Option<CommitId>> {
        let git = self.git()?;
        let commit = git.revparse_single(revision).and_then(|object| object.peel(ObjectType::Commit));
        match commit {
            Ok(commit) => Ok(Some(CommitId::new(commit.id().to_string()))),
            Err(error) if error.class() == ErrorClass::Os => {
                Err(git_error(&format!("read `{}`", revision.escape_debug()), &error))
            }
            Err(_) => Ok(None),
        }
    }

    /// What git's configuration says of the first of these names that it knows.
    #[must_use]
    pub fn configured(&self, names: &[&str]) -> Option<String> {
        self.config().ok()?.text(names)
    }

    /// The id that git gives these bytes.
    ///
    /// # Errors
    /// When git cannot hash them.
    pub fn blob_id(&self, bytes: &[u8]) -> Result<BlobId> {
        Self::id_of(bytes)
    }

    /// The id that git gives these bytes.
    ///
    /// # Errors
    /// When it cannot be worked out.
    pub fn id_of(bytes: &[u8]) -> Result<BlobId> {
        let id = Oid::hash_object(ObjectType::Blob, bytes);
        id.map(|id| BlobId::new(id.to_string())).map_err(|error| git_error("hash a file", &error))
    }

    /// What is told of a commit.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn info(&self, id: &CommitId) -> Result<CommitInfo> {
        Ok(info(&find_commit(&*self.git()?, id)?))
    }

    /// The item files of the working tree that differ from HEAD, relative to the git root: of those that
    /// are `named` so (of all without any).
    ///
    /// # Errors
    /// When the index or the working tree cannot be read.
    pub fn uncommitted(&self, named: &[String]) -> Result<Vec<String>> {
        if self.work_tree.is_none() {
            return Ok(Vec::new());
        }
        let git = self.git()?;
        let mut options = git2::StatusOptions::new();
        options.disable_pathspec_match(true);
        let differing = self.differing(named)?;
        if !named.is_empty() && differing.is_empty() {
            return Ok(Vec::new());
        }
        if named.is_empty() {
            options.pathspec(format!("{}environments", self.prefix));
        }
        for file in differing {
            options.pathspec(file);
        }
        options.include_untracked(true).recurse_untracked_dirs(true).no_refresh(true);
        require_readable(&git.path().join("index"))?;
        let found = git.statuses(Some(&mut options)).map_err(|error| {
            // An index that cannot be read says better why, and what to do.
            let of_index = self.open_index().err();
            of_index.unwrap_or_else(|| git_error("compare the working tree", &error))
        })?;
        let left_out = self.left_out()?;
        let paths = found.iter().map(|entry| {
            (String::from_utf8_lossy(entry.path_bytes()).into_owned(), entry.status() == Status::WT_DELETED)
        });
        let is_meant = |(path, is_missing): &(String, bool)| {
            path.ends_with(".yaml") && !(*is_missing && left_out.contains_key(path))
        };
        Ok(paths.filter(is_meant).map(|(path, _)| path).collect())
    }

    /// Those of the files whose bytes in the working tree are not HEAD's, or cannot be read; of them git
    /// knows whether more than line endings differ.
    fn differing<'f>(&self, files: &'f [String]) -> Result<Vec<&'f String>> {
        let Some(head) = self.head()? else { return Ok(files.iter().collect()) };
        let (head, git) = (Revision::Commit(head), self.git()?);
        let Some(work_tree) = git.workdir() else { return Ok(files.iter().collect()) };
        let mut differing = Vec::new();
        for file in files {
            let committed = self.entry_at(&head, file)?;
            let path = work_tree.join(file);
            let is_same = match path.symlink_metadata() {
                // Only a plain file is opened: a pipe would wait for ever.
                Ok(meta) if meta.is_file() => match std::fs::read(path) {
                    Ok(bytes) => {
                        committed.and_then(|entry| entry.blob).as_ref() == Some(&self.blob_id(&bytes)?)
                    }
                    Err(_) => false,
                },
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => committed.is_none(),
                _ => false,
            };
            if !is_same {
                differing.push(file);
            }
        }
        Ok(differing)
    }

    /// Where commands that read files look unless told: the working tree, or HEAD where there is
    /// none.
    ///
    /// # Errors
    /// When the repository is bare and empty.
    pub fn default_revision(&self) -> Result<Revision> {
        if self.work_tree.is_none() {
            Ok(Revision::Commit(self.require_head()?))
        } else {
            Ok(Revision::WorkTree)
        }
    }
}

/// A commit that has to be there.
pub(super) fn find_commit<'g>(git: &'g git2::Repository, id: &CommitId) -> Result<git2::Commit<'g>> {
    let oid = Oid::from_str(id.as_str()).map_err(|error| git_error("read a commit id", &error))?;
    odb::retry(git, || git.find_commit(oid))
        .map_err(|error| git_error(&format!("read commit {}", id.short()), &error))
}

pub(super) fn info(commit: &git2::Commit<'_>) -> CommitInfo {
    let time = commit.time();
    CommitInfo {
        id: CommitId::new(commit.id().to_string()),
        author: String::from_utf8_lossy(commit.author().name_bytes()).into_owned(),
        time: time.seconds(),
        offset: time.offset_minutes(),
        subject: subject(&String::from_utf8_lossy(commit.summary_bytes().unwrap_or_default())),
    }
}

/// The nearest folder upwards from `dir`, inside `root`, with a policy or environments.
fn configuration_root(root: &Path, dir: &Path) -> String {
    let root = root.canonicalize().unwrap_or_else(|_| root.to_path_buf());
    let found = dir.ancestors().take_while(|folder| folder.starts_with(&root)).find(|folder| is_root(folder));
    found.map_or_else(String::new, |folder| below(&root, folder))
}

/// The place of `folder` within `root`: empty, or ending in `/`.
fn below(root: &Path, folder: &Path) -> String {
    let root = root.canonicalize().unwrap_or_else(|_| root.to_path_buf());
    let mut prefix = String::new();
    for component in folder.strip_prefix(&root).unwrap_or(Path::new("")).components() {
        if let Component::Normal(name) = component {
            prefix.push_str(&name.to_string_lossy());
            prefix.push('/');
        }
    }
    prefix
}

/// That git found no repository: there is none, or one that cannot be read, which is not absent.
fn in_none(dir: &Path) -> Error {
    for git in dir.ancestors().map(|folder| folder.join(".git")) {
        match git.symlink_metadata() {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Error::io("read", &git, &error),
            Ok(_) => {
                return Error::unreadable(format!("{} cannot be read as a git repository", git.display()))
                    .with_help("`git status` tells what git makes of it; remove it if nothing is in it");
            }
        }
    }
    Error::state(format!("{} is in no git repository", dir.display())).with_help(Help::Begin)
}

/// Files of git's that libgit2 takes for absent where a folder stands in their place, and git does not.
const FILES: [&str; 3] = ["commondir", "config", "packed-refs"];

fn refuse_folders(git: &git2::Repository) -> Result<()> {
    let places = [git.path(), git.commondir()].into_iter().flat_map(|dir| FILES.map(|name| dir.join(name)));
    match places.into_iter().find(|place| place.is_dir()) {
        Some(place) => {
            let message = format!("{} is a folder, and git keeps a file there", place.display());
            let help = "move the folder away; `git status` tells when git can read the repository";
            Err(Error::state(message).with_help(help))
        }
        None => Ok(()),
    }
}

fn unreadable(dir: &Path, error: &git2::Error) -> Error {
    if error.code() == ErrorCode::Owner {
        let holds = |folder: &&Path| folder.join(".git").exists();
        return not_owned(dir.ancestors().find(holds).unwrap_or(dir));
    }
    let help = "terrace reads repositories with SHA-1 objects and ordinary refs (no sha256, no reftable)";
    Error::state(format!("cannot open the repository of {}: {}", dir.display(), error.message()))
        .with_help(help)
}
