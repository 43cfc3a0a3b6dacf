//! What a tree holds that is no file of its own: symbolic links and submodules.

use std::path::Path;

use git2::{ErrorClass, ErrorCode, ObjectType};

use super::git_error::git_error;
use super::repository::{Repository, find_commit};
use crate::model::{CommitId, Result};

/// Something in a tree that is neither a file nor a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Irregular {
    /// A symbolic link, and where it leads.
    Link(String),
    /// A commit of another repository.
    Submodule,
}

impl Repository {
    /// The links and submodules of a commit at or below `path`, or the one on the way to it.
    ///
    /// # Errors
    /// When git cannot read.
    pub fn irregular_at(&self, id: &CommitId, path: &str) -> Result<Vec<(String, Irregular)>> {
        const LINK: i32 = 0o120_000;
        let failed =
            |error: git2::Error| git_error(&format!("read the files of commit {}", id.short()), &error);
        let path = path.trim_end_matches('/');
        let git = self.git()?;
        let mut tree = find_commit(&git, id)?.tree().map_err(failed)?;
        let irregular = |entry: &git2::TreeEntry<'_>| match entry.kind() {
            Some(ObjectType::Commit) => Ok(Some(Irregular::Submodule)),
            Some(ObjectType::Blob) if entry.filemode() == LINK => {
                let target = git.find_blob(entry.id()).map_err(failed)?;
                Ok(Some(Irregular::Link(String::from_utf8_lossy(target.content()).into_owned())))
            }
            _ => Ok::<_, crate::model::Error>(None),
        };
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        for way in ends.filter_map(|end| path.get(..end)).filter(|way| !way.is_empty()) {
            let entry = match tree.get_path(Path::new(way)) {
                Err(error) if error.code() == ErrorCode::NotFound && error.class() == ErrorClass::Tree => {
                    return Ok(Vec::new());
                }
                entry => entry.map_err(failed)?,
            };
            if let Some(found) = irregular(&entry)? {
                return Ok(vec![(way.to_owned(), found)]);
            }
        }
        if !path.is_empty() {
            let entry = tree.get_path(Path::new(path)).map_err(failed)?;
            match entry.kind() {
                Some(ObjectType::Tree) => tree = git.find_tree(entry.id()).map_err(failed)?,
                _ => return Ok(Vec::new()),
            }
        }
        let base = if path.is_empty() { String::new() } else { format!("{path}/") };
        let mut found = Vec::new();
        let mut unread = None;
        let walked = tree.walk(git2::TreeWalkMode::PreOrder, |parent, entry| match irregular(entry) {
            Ok(None) => git2::TreeWalkResult::Ok,
            Ok(Some(what)) => {
                let name = String::from_utf8_lossy(entry.name_bytes()).into_owned();
                found.push((format!("{base}{parent}{name}"), what));
                git2::TreeWalkResult::Ok
            }
            Err(error) => {
                unread = Some(error);
                git2::TreeWalkResult::Abort
            }
        });
        match unread {
            Some(error) => Err(error),
            None => walked.map_err(failed).map(|()| found),
        }
    }
}
