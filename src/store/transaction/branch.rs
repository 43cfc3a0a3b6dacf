//! The branch a commit goes to, and the one compare-and-swap that publishes it.
//!
//! The swap is ours rather than libgit2's for one reason: libgit2 creates `<branch>.lock` empty and
//! flushes two reflogs before it fills it, so a process that dies there leaves a lock that nobody
//! can attribute, and that blocks git for good. Here the lock is born with the new commit's id in
//! it, which the journal names, and the next run removes exactly that one.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use git2::{ErrorCode, Oid, Repository};

use super::disk;
use super::failpoints::kill_point;
use super::lock::patiently;
use super::paths::Paths;
use crate::model::{Error, Help, Result};
use crate::store::git_error::git_error;

/// The branch that a commit goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Branch {
    /// Its full name.
    pub(super) name: String,
    /// Whether HEAD stands on it.
    pub(super) head: bool,
}

const HEADS: &str = "refs/heads/";

impl Branch {
    /// The branch of that name, or the one that is checked out.
    pub(super) fn find(repository: &Repository, paths: &Paths, wanted: Option<&str>) -> Result<Self> {
        let head = head(repository)?;
        let name = match wanted {
            Some(wanted) => named(repository, wanted)?,
            None => head.clone().ok_or_else(|| {
                Error::state("HEAD is detached: no branch is checked out").with_help(Help::NameBranch)
            })?,
        };
        let branch = Self { head: head.as_ref() == Some(&name), name };
        if repository.is_bare() || !branch.head {
            branch.refuse_elsewhere(paths)?;
        }
        Ok(branch)
    }

    /// Refuses a branch that another work tree has checked out: moving it would turn that tree's
    /// index into a reversal of our commit.
    fn refuse_elsewhere(&self, paths: &Paths) -> Result<()> {
        for git_dir in paths.git_dirs()? {
            let head = disk::read(&git_dir.join("HEAD"))?.unwrap_or_default();
            let on_it = String::from_utf8_lossy(&head).trim_end() == format!("ref: {}", self.name);
            let bare = || Repository::open(&git_dir).is_ok_and(|it| it.is_bare());
            if on_it && !paths.same(&git_dir) && !bare() {
                let message = format!("branch {} is checked out in another work tree", self.short());
                return Err(Error::usage(message).with_help(
                    "`git worktree list` tells where; run the command there, or choose another branch",
                ));
            }
        }
        Ok(())
    }

    /// Its name as people write it.
    pub(super) fn short(&self) -> &str {
        self.name.strip_prefix(HEADS).unwrap_or(&self.name)
    }

    /// The commit it points at; a branch may not exist yet.
    pub(super) fn tip(&self, repository: &Repository) -> Result<Option<Oid>> {
        target(repository, &self.name)
    }

    /// The commit that a new one on this branch has as its parent.
    pub(super) fn parent(&self, repository: &Repository) -> Result<Option<Oid>> {
        match self.tip(repository)? {
            None if !self.head => target(repository, "HEAD"),
            tip => Ok(tip),
        }
    }
}

/// The full name of the branch that people call `short`.
fn named(repository: &Repository, short: &str) -> Result<String> {
    if !git2::Branch::name_is_valid(short).unwrap_or(false) {
        return Err(Error::usage(format!("`{short}` is not a name for a branch"))
            .with_help("`git check-ref-format --branch NAME` tells which names are"));
    }
    follow(repository, format!("{HEADS}{short}"))
}

/// The branch that HEAD stands on, born or not; `None` when HEAD is detached.
pub(super) fn head(repository: &Repository) -> Result<Option<String>> {
    Ok(Some(follow(repository, "HEAD".to_owned())?).filter(|it| it.starts_with(HEADS)))
}

/// The reference at the end of a chain of symbolic ones; it may not exist.
fn follow(repository: &Repository, mut name: String) -> Result<String> {
    // Five steps is what git follows.
    for _ in 0..5 {
        let next = match repository.find_reference(&name) {
            Ok(it) => it.symbolic_target().ok().flatten().map(str::to_owned),
            Err(error) if error.code() == ErrorCode::NotFound => None,
            Err(error) => return Err(git_error(&format!("read {name}"), &error)),
        };
        let Some(next) = next else { break };
        name = next;
    }
    Ok(name)
}

/// The commit a reference leads to.
pub(super) fn target(repository: &Repository, name: &str) -> Result<Option<Oid>> {
    match repository.refname_to_id(name) {
        Ok(id) => Ok(Some(id)),
        Err(error) if matches!(error.code(), ErrorCode::NotFound | ErrorCode::UnbornBranch) => Ok(None),
        Err(error) => Err(git_error(&format!("read {name}"), &error)),
    }
}

/// A branch about to move.
pub(super) struct Move<'a> {
    pub(super) branch: &'a Branch,
    /// What it must point at now; `None` when it must not exist.
    pub(super) old: Option<Oid>,
    pub(super) new: Oid,
    /// The reflog's line behind the ids: who, when, and why.
    pub(super) log: String,
}

impl Move<'_> {
    /// Moves the branch if it still is where it was; says whether it was. Once that is sure, and before
    /// anybody sees the branch move, `stage` is called.
    pub(super) fn publish(
        &self,
        repository: &Repository,
        paths: &Paths,
        wait: Duration,
        stage: impl FnOnce() -> Result<()>,
    ) -> Result<bool> {
        let path = paths.common.join(&self.branch.name);
        if self.old.is_none() {
            refuse_taken_names(repository, &self.branch.name)?;
            remove_empty_tree(&path);
        }
        disk::make_folder(path.parent().unwrap_or(&paths.common))?;
        let lock = self.lock(paths, wait)?;
        if self.branch.tip(repository)? != self.old {
            return Ok(false);
        }
        stage()?;
        self.write_logs(repository, paths)?;
        kill_point("reflog-written");
        lock.become_branch(&path)?;
        kill_point("branch-moved");
        Ok(true)
    }

    fn lock(&self, paths: &Paths, wait: Duration) -> Result<Lock> {
        let path = lock_path(paths, &self.branch.name);
        let scratch = paths.shared("branch-lock");
        let content = lock_content(self.new);
        if !patiently(wait, || disk::claim(&path, &scratch, content.as_bytes()))? {
            let message = format!("another git process holds {}", path.display());
            return Err(Error::busy(message).with_help(
                "wait until it has finished, then try it again; \
                 if no git is running, remove the file",
            ));
        }
        kill_point("branch-locked");
        Ok(Lock { path: Some(path) })
    }

    fn write_logs(&self, repository: &Repository, paths: &Paths) -> Result<()> {
        let old = self.old.map_or_else(|| "0".repeat(40), |id| id.to_string());
        let line = format!("{old} {} {}\n", self.new, self.log);
        let create = match repository.config().and_then(|it| it.get_string("core.logallrefupdates")) {
            Ok(value) if value.eq_ignore_ascii_case("always") => true,
            Ok(value) => git2::Config::parse_bool(value.as_str()).unwrap_or(true),
            Err(_) => !repository.is_bare(),
        };
        append(&paths.common.join("logs").join(&self.branch.name), &line, create)?;
        if self.branch.head {
            append(&paths.git_dir.join("logs").join("HEAD"), &line, create)?;
        }
        Ok(())
    }
}

fn append(log: &Path, line: &str, create: bool) -> Result<()> {
    if create {
        remove_empty_tree(log);
        disk::make_folder(log.parent().unwrap_or(log))?;
    }
    let opened = OpenOptions::new().append(true).create(create).open(log);
    let appended = opened.and_then(|mut file| {
        file.write_all(line.as_bytes())?;
        file.sync_all()
    });
    match appended {
        Err(error) if error.kind() == ErrorKind::NotFound && !create => Ok(()),
        other => other.map_err(|error| Error::io("write", log, &error)),
    }
}

/// `<branch>.lock`, which holds what the branch will hold.
struct Lock {
    path: Option<PathBuf>,
}

impl Lock {
    fn become_branch(mut self, branch: &Path) -> Result<()> {
        match self.path.take() {
            Some(lock) => disk::rename(&lock, branch).inspect_err(|_| self.path = Some(lock.clone())),
            None => Ok(()),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            // The next run recognises and removes what cannot be removed here.
            let _ = disk::remove(path);
        }
    }
}

/// Removes the lock that a run which died while moving `branch` to `new` left.
pub(super) fn remove_stale_lock(paths: &Paths, branch: &str, new: Oid) -> Result<()> {
    let path = lock_path(paths, branch);
    if disk::read(&path)?.is_some_and(|content| content == lock_content(new).as_bytes()) {
        disk::remove(&path)?;
    }
    Ok(())
}

fn lock_path(paths: &Paths, branch: &str) -> PathBuf {
    paths.common.join(format!("{branch}.lock"))
}

fn lock_content(new: Oid) -> String {
    format!("{new}\n")
}

/// A branch cannot be called `a/b` beside one called `a`, packed or not.
fn refuse_taken_names(repository: &Repository, name: &str) -> Result<()> {
    let error = |error| git_error("read the branches", &error);
    let mut taken = None;
    for (at, _) in name.match_indices('/').skip(2) {
        let above = name.get(..at).unwrap_or_default();
        taken = taken.or(target(repository, above)?.map(|_| above.to_owned()));
    }
    let below = repository.references_glob(&format!("{name}/*")).map_err(error)?;
    for reference in below {
        let reference = reference.map_err(error)?;
        taken = taken.or_else(|| reference.name().ok().map(str::to_owned));
    }
    let Some(taken) = taken else { return Ok(()) };
    let short = |name: &str| name.strip_prefix(HEADS).unwrap_or(name).to_owned();
    let message = format!("branch {} cannot be made beside branch {}", short(name), short(&taken));
    Err(Error::usage(message).with_help("choose another name"))
}

/// Deleted branches leave empty folders, which stand where a new one shall be.
fn remove_empty_tree(path: &Path) {
    if !fs::symlink_metadata(path).is_ok_and(|it| it.is_dir()) {
        return;
    }
    let Ok(entries) = fs::read_dir(path) else { return };
    for entry in entries.flatten() {
        remove_empty_tree(&entry.path());
    }
    let _ = fs::remove_dir(path);
}
