//! Where a line of work left the line it goes back to.

use git2::{BranchType, ErrorCode, Oid, Sort};

use super::git_error::git_error;
use super::repository::{Repository, find_commit, info};
use crate::model::{CommitId, CommitInfo, Result};

/// The names that a main line has where nobody says which it is.
const MAIN_LINES: [&str; 4] = ["origin/main", "origin/master", "main", "master"];

impl Repository {
    /// The line that a branch (or HEAD) goes back to, with its commit: the branch's configured
    /// upstream, else the remote's main line, else the local one. A branch's own copy at the remote
    /// is where it is stored, not where it goes, and so comes last; where a clone is cut off it is the
    /// change itself, and no line at all.
    #[must_use]
    pub fn upstream(&self, head: &str) -> Option<(String, CommitId)> {
        let git = self.git().ok()?;
        let branch = if head == "HEAD" {
            self.branch()
        } else {
            git.find_branch(head, BranchType::Local).is_ok().then(|| head.to_owned())
        };
        let configured = branch.as_deref().and_then(|name| self.configured_upstream(name));
        let is_copy =
            |upstream: &str| branch.as_deref().is_some_and(|own| upstream.ends_with(&format!("/{own}")));
        let (copy, configured): (Vec<_>, Vec<_>) = configured.into_iter().partition(|name| is_copy(name));
        let remote = git.find_reference("refs/remotes/origin/HEAD").ok();
        let remote = remote.and_then(|head| head.resolve().ok()).and_then(|head| short(&head));
        let main = MAIN_LINES.map(str::to_owned);
        let copy = copy.into_iter().filter(|_| !self.is_cut_off());
        let names = configured.into_iter().chain(remote).chain(main).chain(copy);
        names.into_iter().find_map(|name| Some((name.clone(), self.line(&name)?)))
    }

    /// The commit of a branch, here or at a remote.
    #[must_use]
    pub fn line(&self, name: &str) -> Option<CommitId> {
        let full = [format!("refs/heads/{name}"), format!("refs/remotes/{name}")];
        let git = self.git().ok()?;
        let found = full.iter().find_map(|name| git.find_reference(name).ok())?;
        Some(CommitId::new(found.peel_to_commit().ok()?.id().to_string()))
    }

    fn configured_upstream(&self, branch: &str) -> Option<String> {
        let git = self.git().ok()?;
        let branch = git.find_branch(branch, BranchType::Local).ok()?;
        short(branch.upstream().ok()?.get())
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
            if is_here(&git, id)? {
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
                Err(error) if error.code() == ErrorCode::NotFound && git.is_shallow() => break,
                Err(error) => return Err(failed(error)),
                Ok(_) if shown.len() == most => more += 1,
                Ok(id) => shown.push(info(&git.find_commit(id).map_err(failed)?)),
            }
        }
        Ok((shown, more))
    }
}

/// Whether a commit is in this clone.
pub(super) fn is_here(git: &git2::Repository, id: Oid) -> Result<bool> {
    match git.find_commit(id) {
        Ok(_) => Ok(true),
        Err(error) if error.code() == ErrorCode::NotFound => Ok(false),
        Err(error) => Err(git_error("read a commit", &error)),
    }
}

fn short(reference: &git2::Reference<'_>) -> Option<String> {
    reference.shorthand().ok().map(str::to_owned)
}

fn oid(id: &CommitId) -> Result<Oid> {
    Oid::from_str(id.as_str()).map_err(|error| git_error("read a commit id", &error))
}
