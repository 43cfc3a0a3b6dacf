//! Where a line of work left the line it goes back to.

use git2::{BranchType, ErrorCode, Oid, Sort};

use super::git_error::git_error;
use super::odb::is_here;
use super::repository::{Repository, find_commit, info};
use crate::model::{CommitId, CommitInfo, Result};

/// The names that a main line has where nobody says which it is.
const MAIN_LINES: [&str; 4] = ["origin/main", "origin/master", "main", "master"];

/// What says which line is the remote's main one.
const REMOTE_HEAD: &str = "refs/remotes/origin/HEAD";

impl Repository {
    /// The line that a branch (or HEAD) goes back to, with its commit: the branch's configured
    /// upstream, else the remote's main line, else the local one. A branch's own copy at the remote
    /// is where it is stored, not where it goes, and so comes last; where a clone is cut off it is the
    /// change itself, and no line at all.
    ///
    /// # Errors
    /// When a branch cannot be read: what cannot be read is not absent.
    pub fn upstream(&self, head: &str) -> Result<Option<(String, CommitId)>> {
        let git = self.git()?;
        let branch = if head == "HEAD" {
            self.branch()?
        } else {
            found(head, git.find_branch(head, BranchType::Local))?.map(|_| head.to_owned())
        };
        let configured = match branch.as_deref() {
            Some(name) => self.configured_upstream(name)?,
            None => None,
        };
        let is_copy =
            |upstream: &str| branch.as_deref().is_some_and(|own| upstream.ends_with(&format!("/{own}")));
        let (copy, configured): (Vec<_>, Vec<_>) = configured.into_iter().partition(|name| is_copy(name));
        let remote = match found(REMOTE_HEAD, git.find_reference(REMOTE_HEAD))? {
            Some(head) => found(REMOTE_HEAD, head.resolve())?.and_then(|head| short(&head)),
            None => None,
        };
        let main = MAIN_LINES.map(str::to_owned);
        let copy = copy.into_iter().filter(|_| !self.is_cut_off());
        for name in configured.into_iter().chain(remote).chain(main).chain(copy) {
            if let Some(commit) = self.line(&name)? {
                return Ok(Some((name, commit)));
            }
        }
        Ok(None)
    }

    /// The commit of a branch, here or at a remote.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn line(&self, name: &str) -> Result<Option<CommitId>> {
        let git = self.git()?;
        for full in [format!("refs/heads/{name}"), format!("refs/remotes/{name}")] {
            if let Some(reference) = found(&full, git.find_reference(&full))? {
                let commit = reference.peel_to_commit();
                let commit = commit.map_err(|error| git_error(&format!("read {full}"), &error))?;
                return Ok(Some(CommitId::new(commit.id().to_string())));
            }
        }
        Ok(None)
    }

    fn configured_upstream(&self, branch: &str) -> Result<Option<String>> {
        let git = self.git()?;
        let Some(local) = found(branch, git.find_branch(branch, BranchType::Local))? else { return Ok(None) };
        Ok(found(branch, local.upstream())?.and_then(|upstream| short(upstream.get())))
    }

    /// The latest commit that both lines have; `None` when there is none here.
    ///
    /// # Errors
    /// When the history cannot be walked.
    pub fn merge_base(&self, a: &CommitId, b: &CommitId) -> Result<Option<CommitId>> {
        match self.git()?.merge_base(oid(a)?, oid(b)?) {
            Ok(found) => Ok(Some(CommitId::new(found.to_string()))),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(git_error("find where the two lines part", &error)),
        }
    }

    /// Whether the history of this clone is cut off.
    #[must_use]
    pub fn is_cut_off(&self) -> bool {
        self.git().is_ok_and(|git| git.is_shallow())
    }

    /// The parents of a commit that are here.
    ///
    /// # Errors
    /// When the commit cannot be read.
    pub fn parents(&self, id: &CommitId) -> Result<Vec<CommitId>> {
        let git = self.git()?;
        let commit = find_commit(&git, id)?;
        let mut here = Vec::new();
        for id in commit.parent_ids() {
            if is_here(&git, id).map_err(|error| git_error("read a commit", &error))? {
                here.push(CommitId::new(id.to_string()));
            }
        }
        Ok(here)
    }

    /// The commits that `head` has and `base` has not, newest first: at most `most` of them, and
    /// how many more there are. Where a clone is cut off, those that are here.
    ///
    /// # Errors
    /// When the history cannot be walked.
    pub fn commits_between(
        &self,
        base: &CommitId,
        head: &CommitId,
        most: usize,
    ) -> Result<(Vec<CommitInfo>, usize)> {
        let failed = |error: git2::Error| git_error("walk the history", &error);
        let git = self.git()?;
        let mut walk = git.revwalk().map_err(failed)?;
        walk.set_sorting(Sort::TOPOLOGICAL).map_err(failed)?;
        walk.push(oid(head)?).map_err(failed)?;
        walk.hide(oid(base)?).map_err(failed)?;
        let (mut shown, mut more) = (Vec::new(), 0);
        for id in walk {
            match id {
                // Behind the end of a clone that is cut off there is nothing to name.
                Err(error) if error.code() == ErrorCode::NotFound && git.is_shallow() => break,
                Err(error) => return Err(failed(error)),
                Ok(_) if shown.len() == most => more += 1,
                Ok(id) => shown.push(info(&git.find_commit(id).map_err(failed)?)),
            }
        }
        Ok((shown, more))
    }
}

/// What there is of a name; only what is not found, or is no name, is absent.
fn found<T>(name: &str, read: std::result::Result<T, git2::Error>) -> Result<Option<T>> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(error) if matches!(error.code(), ErrorCode::NotFound | ErrorCode::InvalidSpec) => Ok(None),
        Err(error) => Err(git_error(&format!("read {name}"), &error)),
    }
}

fn short(reference: &git2::Reference<'_>) -> Option<String> {
    reference.shorthand().ok().map(str::to_owned)
}

fn oid(id: &CommitId) -> Result<Oid> {
    Oid::from_str(id.as_str()).map_err(|error| git_error("read a commit id", &error))
}
