//! Branches as a server follows them: their tips, and the way back from one commit to the next.

use std::path::Path;

use git2::{ErrorCode, ObjectType, Oid};

use super::commits::parent;
use super::git_error::git_error;
use super::remote::Remote;
use super::repository::{Repository, find_commit};
use crate::model::{CommitId, Result};

impl Repository {
    /// The names of all branches, those of remotes as well.
    ///
    /// # Errors
    /// When they cannot be listed.
    pub fn branches(&self) -> Result<Vec<String>> {
        let git = self.git()?;
        let failed = |error: git2::Error| git_error("list the branches", &error);
        let mut names = Vec::new();
        for branch in git.branches(None).map_err(failed)? {
            let (branch, _) = branch.map_err(failed)?;
            names.push(String::from_utf8_lossy(branch.name_bytes().map_err(failed)?).into_owned());
        }
        names.sort();
        Ok(names)
    }

    /// The newest commit of a branch; `None` when there is no such branch.
    ///
    /// # Errors
    /// When the branch cannot be read.
    pub fn branch_tip(&self, branch: &str) -> Result<Option<CommitId>> {
        // Git's library does not take it for a name at all.
        if branch.contains('\0') {
            return Ok(None);
        }
        let git = self.git()?;
        match git.find_reference(&format!("refs/heads/{branch}")).and_then(|found| found.peel_to_commit()) {
            Ok(commit) => Ok(Some(CommitId::new(commit.id().to_string()))),
            Err(error) if matches!(error.code(), ErrorCode::NotFound | ErrorCode::InvalidSpec) => Ok(None),
            Err(error) => Err(git_error(&format!("read the branch {}", branch.escape_debug()), &error)),
        }
    }

    /// The newest commit that a branch has at a remote, brought here; `None` when there is no such branch.
    ///
    /// # Errors
    /// When the remote cannot be asked.
    pub fn branch_tip_at(&self, remote: &Remote, branch: &str) -> Result<Option<CommitId>> {
        let Some(tip) = remote.head(branch)? else { return Ok(None) };
        remote.fetch(&*self.git()?, branch, tip)?;
        Ok(Some(CommitId::new(tip.to_string())))
    }

    /// The first parent of a commit; `None` when it has none, or a shallow clone lacks it.
    ///
    /// # Errors
    /// When the commit cannot be read.
    pub fn first_parent(&self, commit: &CommitId) -> Result<Option<CommitId>> {
        let git = self.git()?;
        let commit = find_commit(&git, commit)?;
        Ok(parent(&git, &commit)?.map(|parent| CommitId::new(parent.id().to_string())))
    }

    /// What git calls the contents of these paths (relative to the configuration root) in a commit: equal
    /// where they are the same; `None` for a path where nothing is.
    ///
    /// # Errors
    /// When the commit cannot be read.
    pub fn content_ids(&self, commit: &CommitId, paths: &[&str]) -> Result<Vec<Option<String>>> {
        let failed = |error: git2::Error| git_error("read a commit's tree", &error);
        let git = self.git()?;
        let tree = find_commit(&git, commit)?.tree().map_err(failed)?;
        let id = |path: &&str| match tree.get_path(Path::new(&format!("{}{path}", self.root_prefix()))) {
            Ok(entry) => Ok(Some(format!("{:o} {}", entry.filemode(), entry.id()))),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(failed(error)),
        };
        paths.iter().map(id).collect()
    }

    /// The names in a folder (relative to the configuration root) of a commit; none where it is no folder.
    ///
    /// # Errors
    /// When the commit cannot be read.
    pub fn names_in(&self, commit: &CommitId, folder: &str) -> Result<Vec<String>> {
        let failed = |error: git2::Error| git_error("read a commit's tree", &error);
        let git = self.git()?;
        let tree = find_commit(&git, commit)?.tree().map_err(failed)?;
        let entry = match tree.get_path(Path::new(&format!("{}{folder}", self.root_prefix()))) {
            Ok(entry) if entry.kind() == Some(ObjectType::Tree) => entry,
            Ok(_) => return Ok(Vec::new()),
            Err(error) if error.code() == ErrorCode::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(error)),
        };
        let folder = git.find_tree(entry.id()).map_err(failed)?;
        let names = folder.iter().map(|entry| String::from_utf8_lossy(entry.name_bytes()).into_owned());
        Ok(names.collect())
    }

    /// Whether a commit is another one, or among those that lead to it.
    ///
    /// # Errors
    /// When history cannot be read.
    pub fn is_reachable(&self, commit: &CommitId, from: &CommitId) -> Result<bool> {
        let oid =
            |id: &CommitId| Oid::from_str(id.as_str()).map_err(|error| git_error("read a commit id", &error));
        let reached = self.git()?.graph_descendant_of(oid(from)?, oid(commit)?);
        Ok(commit == from || reached.map_err(|error| git_error("walk the history", &error))?)
    }
}
