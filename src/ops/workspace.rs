//! A repository opened for work, and the revision a command reads.

use std::path::Path;
use std::sync::Arc;

use crate::engine::configuration::Configuration;
use crate::engine::snapshot::Snapshot;
use crate::model::{EnvironmentSet, Error, Help, Key, Progress, Result, Revision};
use crate::store::{JudgementFile, ProcessEnvironment, Repository, transaction};

/// Which revision a command reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum At {
    /// The working tree; HEAD in a bare repository.
    #[default]
    Here,
    /// The index.
    Staged,
    /// A commit, by any name git knows.
    Revision(String),
}

/// A repository opened for work. Cheap to clone, and shared by threads.
#[derive(Clone)]
pub struct Workspace {
    /// The repository.
    pub repository: Repository,
    /// The environments that who works may read: from no other one an item is suggested.
    pub readable: EnvironmentSet,
}

impl Workspace {
    /// Opens the repository that holds `dir`, for the user whose variables these are.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn open(dir: &Path, environment: &Arc<ProcessEnvironment>) -> Result<Self> {
        let repository = Repository::discover(dir)?.with_environment(Arc::clone(environment));
        Ok(Self { repository, readable: EnvironmentSet::ALL })
    }

    /// Opens the repository to change it: what an interrupted run left is finished first.
    ///
    /// # Errors
    /// As [`Self::open`]; also when the earlier run cannot be finished.
    pub fn open_to_change(dir: &Path, environment: &Arc<ProcessEnvironment>) -> Result<Self> {
        let workspace = Self::open(dir, environment)?;
        transaction::finish_earlier(workspace.repository.transaction_path(), environment)?;
        Ok(workspace)
    }

    /// Tells `progress` of long work.
    #[must_use]
    pub fn with_progress(self, progress: Arc<dyn Progress>) -> Self {
        Self { repository: self.repository.with_progress(progress), ..self }
    }

    /// The same for somebody who may read these environments alone.
    #[must_use]
    pub fn with_readable(self, readable: EnvironmentSet) -> Self {
        Self { readable, ..self }
    }

    /// The error that a commit, whose snapshot this is, has no such item in these environments. Where that
    /// is HEAD and the work tree has the item, it says that it is yet to be committed.
    pub(super) fn not_in_commit(
        &self,
        error: Error,
        snapshot: &Snapshot,
        key: &Key,
        environments: EnvironmentSet,
    ) -> Result<Error> {
        let head = self.repository.head()?.map(Revision::Commit);
        if head.as_ref() != Some(&snapshot.revision) {
            return Ok(error);
        }
        let asked = environments.iter().filter(|environment| self.readable.contains(*environment));
        let files: Vec<String> = asked.map(|env| format!("{}{}", snapshot.prefix, key.file(env))).collect();
        let mut uncommitted = self.repository.uncommitted(&files)?.into_iter();
        Ok(match uncommitted.find(|file| files.contains(file)) {
            Some(file) => {
                error.with_help(format!("{file} is not committed; what is judged here are commits"))
            }
            None => error,
        })
    }

    /// Refuses a key of which a commit, whose snapshot this is, has no item.
    pub(super) fn require_in_commit(&self, snapshot: &Snapshot, key: &Key) -> Result<()> {
        match snapshot.require_keys_in(std::slice::from_ref(key), self.readable) {
            Ok(()) => Ok(()),
            Err(error) => Err(self.not_in_commit(error, snapshot, key, EnvironmentSet::ALL)?),
        }
    }

    /// The revision that `at` means.
    ///
    /// # Errors
    /// When it names nothing.
    pub fn revision(&self, at: &At) -> Result<Revision> {
        match at {
            At::Here => self.repository.default_revision(),
            At::Staged if self.repository.work_tree().is_none() => {
                Err(Error::usage("a bare repository has no index").with_help(Help::NameRevision))
            }
            At::Staged => Ok(Revision::Index),
            At::Revision(name) => Ok(Revision::Commit(self.repository.commit(name)?)),
        }
    }

    /// The snapshot that `at` means.
    ///
    /// # Errors
    /// When it cannot be listed.
    pub fn snapshot(&self, at: &At) -> Result<Snapshot> {
        self.repository.snapshot(&self.revision(at)?)
    }

    /// The configuration that `at` means.
    ///
    /// # Errors
    /// When it cannot be listed, there is none, or its policy is wrong.
    pub fn configuration(&self, at: &At) -> Result<Configuration> {
        let snapshot = self.snapshot(at)?;
        self.require_configuration(&snapshot)?;
        Configuration::read(snapshot)
    }

    /// The same, with what earlier runs judged of all its items.
    ///
    /// # Errors
    /// As [`Self::configuration`].
    pub fn remembered_configuration(&self, at: &At) -> Result<(Configuration, JudgementFile)> {
        let memory = self.repository.judgements();
        let snapshot = self.repository.remembered_snapshot(&self.revision(at)?, &memory)?;
        self.require_configuration(&snapshot)?;
        Ok((Configuration::read(snapshot)?, memory))
    }

    /// Refuses a snapshot without configuration, and names the folders further down that have one.
    ///
    /// # Errors
    /// `State`.
    pub fn require_configuration(&self, snapshot: &Snapshot) -> Result<()> {
        self.require_layout(snapshot)?;
        snapshot.require_configuration()
    }

    /// The same for what says itself which folders are no environment's.
    ///
    /// # Errors
    /// `State`.
    pub(super) fn require_layout(&self, snapshot: &Snapshot) -> Result<()> {
        let Err(error) = snapshot.require_layout() else { return Ok(()) };
        let roots = self.repository.roots_below(&snapshot.revision)?;
        Err(if roots.is_empty() { error } else { error.with_help(Help::NameRoot(roots)) })
    }
}
