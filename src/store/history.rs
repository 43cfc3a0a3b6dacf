//! Walking first-parent history: which files below `environments/` each commit changed.
//!
//! Trees are compared entry by entry and equal subtrees are skipped, so a commit costs what it
//! changed, not what the repository holds.

use git2::{ErrorCode, ObjectType, Oid, Tree};

use super::repository::{Repository, git_error, info};
use crate::engine::history::{CommitChanges, FileChange, History};
use crate::model::{BlobId, CommitId, Result};

impl Repository {
    /// The first-parent history of `head` below `environments/`.
    ///
    /// # Errors
    /// When a commit or tree cannot be read.
    pub fn history(&self, head: &CommitId) -> Result<History> {
        let mut commit = self.find_commit(head)?;
        let head_time = commit.time().seconds();
        let mut tree = self.environments(&commit)?;
        let mut commits = Vec::new();
        let complete = loop {
            let parent = match commit.parent(0) {
                Ok(parent) => Some(parent),
                Err(error) if error.code() == ErrorCode::NotFound && commit.parent_count() == 0 => None,
                // The boundary of a shallow clone names a parent that is not there.
                Err(error) if error.code() == ErrorCode::NotFound => break false,
                Err(error) => return Err(git_error("walk the history", &error)),
            };
            let before = match &parent {
                Some(parent) => self.environments(parent)?,
                None => None,
            };
            if before != tree && !(parent.is_none() && self.is_shallow_root(&commit)) {
                let mut changes = Vec::new();
                self.compare("environments", before, tree, &mut changes)?;
                if !changes.is_empty() {
                    commits.push(CommitChanges { info: info(&commit), changes });
                }
            }
            match parent {
                Some(parent) => (commit, tree) = (parent, before),
                None if self.is_shallow_root(&commit) => {
                    let mut changes = Vec::new();
                    self.compare("environments", None, tree, &mut changes)?;
                    commits.push(CommitChanges { info: info(&commit), changes });
                    break false;
                }
                None => break true,
            }
        };
        Ok(History::new(commits, complete, head_time))
    }

    /// Whether the commit has no parent only because the clone is shallow.
    fn is_shallow_root(&self, commit: &git2::Commit<'_>) -> bool {
        let listed = std::fs::read_to_string(self.common_dir().join("shallow")).unwrap_or_default();
        listed.lines().any(|line| line.trim() == commit.id().to_string())
    }

    /// The tree of `environments/` in a commit.
    fn environments(&self, commit: &git2::Commit<'_>) -> Result<Option<Oid>> {
        let mut id = commit.tree_id();
        for name in self.prefix().split_terminator('/').chain(["environments"]) {
            let tree = self.tree(id)?;
            match tree.get_name(name).filter(|entry| entry.kind() == Some(ObjectType::Tree)) {
                Some(entry) => id = entry.id(),
                None => return Ok(None),
            }
        }
        Ok(Some(id))
    }

    fn tree(&self, id: Oid) -> Result<Tree<'_>> {
        self.git.find_tree(id).map_err(|error| git_error(&format!("read tree {id}"), &error))
    }

    /// Appends what differs between two trees (either may be absent), in path order.
    fn compare(
        &self,
        path: &str,
        before: Option<Oid>,
        after: Option<Oid>,
        out: &mut Vec<FileChange>,
    ) -> Result<()> {
        let before = before.map(|id| self.tree(id)).transpose()?;
        let after = after.map(|id| self.tree(id)).transpose()?;
        for old in before.iter().flat_map(|tree| tree.iter()) {
            let new = after.as_ref().and_then(|tree| find(tree, old.name_bytes()));
            let new = new.map(|entry| (entry.id(), entry.kind()));
            if new != Some((old.id(), old.kind())) {
                let path = format!("{path}/{}", String::from_utf8_lossy(old.name_bytes()));
                self.entry(&path, Some((old.id(), old.kind())), new, out)?;
            }
        }
        for new in after.iter().flat_map(|tree| tree.iter()) {
            if before.as_ref().and_then(|tree| find(tree, new.name_bytes())).is_none() {
                let path = format!("{path}/{}", String::from_utf8_lossy(new.name_bytes()));
                self.entry(&path, None, Some((new.id(), new.kind())), out)?;
            }
        }
        Ok(())
    }

    fn entry(
        &self,
        path: &str,
        before: Option<(Oid, Option<ObjectType>)>,
        after: Option<(Oid, Option<ObjectType>)>,
        out: &mut Vec<FileChange>,
    ) -> Result<()> {
        let of_kind = |side: Option<(Oid, Option<ObjectType>)>, kind| {
            side.filter(|(_, found)| *found == Some(kind)).map(|(id, _)| id)
        };
        let (old_tree, new_tree) = (of_kind(before, ObjectType::Tree), of_kind(after, ObjectType::Tree));
        if old_tree.is_some() || new_tree.is_some() {
            self.compare(path, old_tree, new_tree, out)?;
        }
        let blob = |side| of_kind(side, ObjectType::Blob).map(|id| BlobId(id.to_string()));
        let (before, after) = (blob(before), blob(after));
        if before != after {
            out.push(FileChange { path: path.to_owned(), before, after });
        }
        Ok(())
    }
}

fn find<'t>(tree: &'t Tree<'_>, name: &[u8]) -> Option<git2::TreeEntry<'t>> {
    std::str::from_utf8(name).ok().and_then(|name| tree.get_name(name))
}
