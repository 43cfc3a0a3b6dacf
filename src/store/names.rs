//! The names that a repository knows: of revisions, and of remotes.

use git2::ErrorCode;

use super::git_error::git_error;
use super::repository::{Repository, find_commit, info};
use crate::model::{CommitInfo, Result};

impl Repository {
    /// Branches, remote branches and tags by their short names, each with what it is.
    ///
    /// # Errors
    /// When the references cannot be read.
    pub fn names(&self) -> Result<Vec<(String, &'static str)>> {
        let failed = |error: git2::Error| git_error("read the references", &error);
        let mut names = Vec::new();
        let git = self.git()?;
        for reference in git.references().map_err(failed)? {
            let reference = reference.map_err(failed)?;
            let what = match () {
                () if reference.is_branch() => "branch",
                () if reference.is_tag() => "tag",
                () if reference.is_remote() => "remote branch",
                () => continue,
            };
            names.extend(reference.shorthand().ok().map(|name| (name.to_owned(), what)));
        }
        Ok(names)
    }

    /// The names of the remotes.
    ///
    /// # Errors
    /// When the configuration cannot be read.
    pub fn remotes(&self) -> Result<Vec<String>> {
        let names = self.git()?.remotes().map_err(|error| git_error("read the remotes", &error))?;
        Ok(names.iter().filter_map(|name| name.ok().flatten().map(str::to_owned)).collect())
    }

    /// The latest commits of HEAD along first parents, newest first.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub fn recent(&self, most: usize) -> Result<Vec<CommitInfo>> {
        let mut commits = Vec::new();
        let git = self.git()?;
        let mut next = self.head()?.map(|id| find_commit(&git, &id)).transpose()?;
        while let Some(commit) = next.filter(|_| commits.len() < most) {
            commits.push(info(&commit));
            next = match commit.parent(0) {
                Ok(parent) => Some(parent),
                Err(error) if error.code() == ErrorCode::NotFound => None,
                Err(error) => return Err(git_error("walk the history", &error)),
            };
        }
        Ok(commits)
    }
}
