//! The write transaction: everything that changes a repository goes through here.
//!
//! A commit is judged, written, published by one compare-and-swap of the branch, and followed by
//! the work tree and the index, in an order in which a process may die anywhere: what git sees is
//! the old state or the new one, and the next run finishes or drops what was begun. Other people's
//! staged, unsaved and untracked work stays as it is; what would touch it is refused before the
//! first write. Nothing that a repository names is executed: no hook, filter, monitor or signer.
//!
//! The order is, by file: the `lock` among terrace's processes, recovery (`recover`), git's
//! `index.lock`, the decision, the refusals (`judge`), the `objects`, the `journal`, the index and the
//! `branch`, one right after the other, and the files (`follow`). The transaction knows nothing of environments, keys or YAML: it
//! takes bytes for paths.

mod attributes;
mod branch;
mod config;
mod content;
mod decided;
mod disk;
mod eol;
mod failpoints;
mod files;
mod identity;
mod index;
mod journal;
mod lock;
mod note;
mod objects;
mod open;
mod paths;
mod pending;
mod placement;
mod preconditions;
mod preflight;
mod publish;
mod recover;
mod replace;
mod replica;
mod sign;
mod worktree;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use git2::Oid;

use self::attributes::{Attributes, Blobs};
use self::branch::{Branch, Move};
use self::failpoints::kill_point;
use self::identity::Signatures;
use self::journal::Journal;
use self::lock::{IndexLock, TransactionLock};
use self::open::{OpenRepository, enter};
use self::placement::Placement;
use self::preconditions::Preconditions;
use crate::model::{BlobId, CommitId, Error, Result};
use crate::store::git_index::GitIndex;
use crate::store::process_environment::ProcessEnvironment;
use crate::store::remote::Remote;

pub use self::decided::Decided;
#[cfg(feature = "kill-points")]
pub use self::failpoints::{KILL_POINTS, SENDING_KILL_POINTS};
pub use self::identity::{Identity, Moment, Person};
pub use self::preflight::preflight;
pub use self::publish::{confirm, not_as_shown, publish, start};
pub use self::replace::write_work_tree;
pub use self::replica::{RemoteStanding, drop_unfinished, follow_remote};

/// How long to wait for the locks of others unless said otherwise.
const WAIT: Duration = Duration::from_secs(30);

/// The folder beside git's files that all work trees of a repository share, made when it is not
/// there.
pub(super) fn shared_folder(repository: &git2::Repository) -> Result<PathBuf> {
    let paths = paths::Paths::of(repository);
    paths.prepare()?;
    Ok(paths.shared(""))
}

/// The folder beside the index of one work tree, made when it is not there.
pub(super) fn own_folder(repository: &git2::Repository) -> Result<PathBuf> {
    let paths = paths::Paths::of(repository);
    paths.prepare()?;
    Ok(paths.own(""))
}

/// One file of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// Relative to the git root, with `/` between its segments.
    pub path: String,
    /// The blob that the decision was based on; `None` when there was no file.
    pub before: Option<BlobId>,
    /// The new content; `None` removes the file. A file keeps its mode.
    pub after: Option<Vec<u8>>,
}

/// What one commit shall do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The commit that the decision was made on (the tip of its branch).
    pub base: Option<CommitId>,
    /// The files, each once.
    pub files: Vec<FileChange>,
    /// Further files and folders, relative to the git root, that the decision rests on: where one of
    /// them is another one by now, it is made anew.
    pub rests_on: Vec<String>,
    /// The commit's message.
    pub message: String,
}

/// How to commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The branch that gets the commit; `None` is the one that is checked out. On another branch
    /// neither work tree nor index are touched.
    pub branch: Option<String>,
    /// Where the decision on another branch begins.
    pub start: Start,
    /// The remote that gets the commit before the branch moves here.
    pub push: Option<Remote>,
    /// Who commits, as far as the caller knows; git's configuration says the rest.
    pub identity: Identity,
    /// How long to wait for a lock that somebody else holds.
    pub wait: Duration,
    /// The variables of the process.
    pub environment: Arc<ProcessEnvironment>,
    /// The time, where the identity says none.
    pub now: Moment,
}

/// Where a decision begins that is committed on a branch that is not checked out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// At HEAD, to which the branch is brought: it is made, moved forward, or made anew where it holds
    /// an earlier version of the same change and nothing else.
    #[default]
    Head,
    /// At the branch's own tip, or HEAD where it is yet to be made.
    Tip,
}

impl Options {
    /// A commit on the branch that is checked out, at this time, by whoever the configuration names.
    #[must_use]
    pub fn at(now: Moment, environment: Arc<ProcessEnvironment>) -> Self {
        Self {
            branch: None,
            start: Start::default(),
            push: None,
            identity: Identity::default(),
            wait: WAIT,
            environment,
            now,
        }
    }
}

/// A commit that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// Its id.
    pub commit: CommitId,
    /// The branch that it is on.
    pub branch: String,
    /// Files that somebody changed in the work tree while the commit was made; they stay as they
    /// are, and git shows them as changed.
    pub left_alone: Vec<String>,
    /// Whether this run made it; an earlier one did where it was only sent.
    pub is_new: bool,
    /// The remote that has it.
    pub pushed: Option<String>,
    /// Why the branch has not followed it here, although the remote has it.
    pub behind: Option<String>,
}

/// How an attempt to commit ended, when nothing stood against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The commit is made.
    Committed(Committed),
    /// What the decision rests on has changed since; nothing was done.
    Stale,
    /// All files are as wanted already; nothing was done.
    NothingToDo,
}

/// A repository, held so that nobody else commits in it.
#[derive(Debug)]
pub struct Transaction {
    // Fields go in this order: git's lock before the one that says whose it is.
    index_lock: Option<IndexLock>,
    repository: OpenRepository,
    branch: Branch,
    options: Options,
    _lock: TransactionLock,
}

impl Transaction {
    /// Opens the repository at a work tree's top folder or a git folder. While the transaction is open no
    /// other terrace writes there, and git neither stages nor commits in this work tree; so open it
    /// late, ask nobody anything, and let it go soon.
    pub fn open(repository: &Path, options: &Options) -> Result<Self> {
        let (repository, lock) = enter(repository, options.wait, &options.environment)?;
        let branch = Branch::find(&repository.git, &repository.paths, options.branch.as_deref())?;
        let followed = branch.head && repository.paths.root.is_some();
        let index_lock = match followed {
            true => Some(IndexLock::take(&repository.paths, &lock, options.wait)?),
            false => None,
        };
        Ok(Self { index_lock, repository, branch, options: options.clone(), _lock: lock })
    }

    /// The commit that decisions must be made on now: the branch's tip, or HEAD for a branch that
    /// is yet to be made; `None` before the first commit.
    pub fn head(&self) -> Result<Option<CommitId>> {
        Ok(self.branch.parent(&self.repository.git)?.map(|id| CommitId::new(id.to_string())))
    }

    /// Commits the change. An error of a refusal leaves everything as it was; an error after the
    /// branch has moved says so, and the next run finishes the rest.
    pub fn commit(&mut self, change: &Change) -> Result<Outcome> {
        let git = &self.repository.git;
        let placement = Placement { old: self.branch.tip(git)?, parent: self.branch.parent(git)? };
        self.commit_at(change, placement)
    }

    /// Commits the change there, if the branch still is where it was.
    fn commit_at(&mut self, change: &Change, placement: Placement) -> Result<Outcome> {
        let OpenRepository { git, paths, config } = &self.repository;
        let Placement { old, parent } = placement;
        if self.branch.tip(git)? != old || !preconditions::holds(git, change, parent)? {
            return Ok(Outcome::Stale);
        }
        let followed = self.index_lock.is_some();
        let attributes = Attributes::of(git, &self.options.environment);
        let preconditions = Preconditions { attributes: &attributes, paths, parent, followed };
        // While its lock is ours, nobody else writes the index.
        let index = GitIndex::read(&paths.index())?;
        let files = preconditions.plan(&index, &change.files)?;
        if files.is_empty() {
            return Ok(Outcome::NothingToDo);
        }
        let who = self.options.identity.signatures(config, &self.options)?;
        let subject = subject(&change.message)?;
        kill_point("judged");
        let commit = objects::Commit {
            parent,
            who: &who,
            message: &change.message,
            environment: &self.options.environment,
        };
        let new = objects::write(git, &files, &commit)?;
        let blobs = attributes.into_blobs();
        let changes = if followed { files.into_iter().map(|file| file.change).collect() } else { Vec::new() };
        let journal = Journal::new(&self.branch.name, new, changes);
        journal.write(paths)?;
        let Some(index) = self.publish(&journal, (old, index), &who, subject)? else {
            return Ok(Outcome::Stale);
        };
        let left_alone = self.follow(&journal, index, blobs).map_err(|error| unfinished(new, error))?;
        let (commit, branch) = (CommitId::new(new.to_string()), self.branch.short().to_owned());
        let (is_new, pushed, behind) = (true, None, None);
        Ok(Outcome::Committed(Committed { commit, branch, left_alone, is_new, pushed, behind }))
    }

    /// Moves the branch, and the index, which is the one on disk, right before it; gives that as it is
    /// then. Unless the branch moved, the index is led back and the journal goes again.
    fn publish(
        &mut self,
        journal: &Journal,
        (old, index): (Option<Oid>, GitIndex),
        who: &Signatures,
        subject: &str,
    ) -> Result<Option<GitIndex>> {
        let OpenRepository { git, paths, .. } = &self.repository;
        let (new, files, log) = (journal.new, &journal.files, reflog_line(who, subject));
        // Where the process fails from here on, git shall not commit before the next run has looked.
        self.index_lock.iter_mut().for_each(|lock| lock.keep(true));
        let mut staged = None;
        let stage = || worktree::stage(paths, index, files).map(|index| staged = Some(index));
        let branch_move = Move { branch: &self.branch, old, new, log };
        let published = branch_move.publish(git, paths, self.options.wait, stage);
        if !matches!(published, Ok(true)) && self.branch.tip(git)? != Some(new) {
            if !files.is_empty() {
                worktree::unstage(&Attributes::of(git, &self.options.environment), paths, files)?;
            }
            Journal::remove(paths)?;
            self.index_lock.iter_mut().for_each(|lock| lock.keep(false));
            return published.map(|_| None);
        }
        published.map(|_| staged).map_err(|error| unfinished(new, error))
    }

    fn follow(&mut self, journal: &Journal, index: GitIndex, blobs: Blobs) -> Result<Vec<String>> {
        let OpenRepository { git, paths, .. } = &self.repository;
        let attributes = Attributes::of(git, &self.options.environment).with_blobs(blobs);
        let left_alone = worktree::follow(&attributes, paths, index, &journal.files)?;
        Journal::remove(paths)?;
        if let Some(lock) = &mut self.index_lock {
            lock.keep(false);
        }
        Ok(left_alone)
    }

    /// Gives the repository back. Dropping the transaction does the same, but cannot tell of a failure.
    pub fn close(self) -> Result<()> {
        self.index_lock.map_or(Ok(()), IndexLock::release)
    }
}

/// Finishes or drops what an interrupted run left, so that what is read next is whole. Every command
/// that is going to write begins with it; where nothing was left it only looks.
pub fn finish_earlier(repository: &Path, environment: &ProcessEnvironment) -> Result<()> {
    open_finished(repository, environment).map(|_| ())
}

/// Opens a repository in which nothing is left of an interrupted run.
fn open_finished(repository: &Path, environment: &ProcessEnvironment) -> Result<git2::Repository> {
    let git = open::open_repository(repository)?;
    for git_dir in paths::Paths::of(&git).git_dirs()? {
        if recover::has_traces(&git_dir)? {
            return enter(repository, WAIT, environment).map(|(entered, _)| entered.git);
        }
    }
    Ok(git)
}

/// An error behind the point of no return.
fn unfinished(new: Oid, error: Error) -> Error {
    let commit = CommitId::new(new.to_string());
    let message =
        format!("commit {} is made, but the work tree does not show it yet: {error}", commit.short());
    Error::new(error.kind, message)
        .with_help("mend that, then try it again: it finishes this first. Until then index.lock keeps git from committing")
}

fn subject(message: &str) -> Result<&str> {
    let subject = message.lines().next().map(str::trim).filter(|line| !line.is_empty());
    subject.ok_or_else(|| {
        Error::usage("the first line of the commit's message is empty")
            .with_help("say in a few words what changes")
    })
}

/// What the reflog says behind the ids.
fn reflog_line(who: &Signatures, subject: &str) -> String {
    let (committer, when) = (&who.committer, who.committer.when());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (name, email) = (text(committer.name_bytes()), text(committer.email_bytes()));
    let (offset, sign) = (when.offset_minutes().abs(), when.sign());
    let zone = format!("{sign}{:02}{:02}", offset / 60, offset % 60);
    format!("{name} <{email}> {} {zone}\tterrace: {subject}", when.seconds())
}
