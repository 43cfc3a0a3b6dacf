//! Everything that refuses a change, before the first write.
//!
//! The judge turns a change into the blobs that the commit will hold. It compares what the change
//! was decided on with the commit, the index and the work tree, and refuses where somebody else's
//! unsaved work would be in the way.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use git2::{ErrorCode, FileMode, ObjectType, Oid, Repository, RepositoryState, Tree};

use super::attributes::Attributes;
use super::content::BlobView;
use super::files::{self, WorktreeEntry};
use super::journal::BlobChange;
use super::paths::Paths;
use super::{Change, FileChange};
use crate::model::{Error, Result};
use crate::store::git_error::git_error;
use crate::store::git_index::{Entry, GitIndex};

/// One file of the commit: its journal line and the blob to write; no blob removes the file.
pub(super) struct Planned {
    pub(super) change: BlobChange,
    pub(super) blob: Option<Vec<u8>>,
}

/// The repository that a change is judged against.
pub(super) struct Preconditions<'a> {
    pub(super) attributes: &'a Attributes<'a>,
    pub(super) paths: &'a Paths,
    /// The commit that the change goes on top of.
    pub(super) parent: Option<Oid>,
    /// Whether work tree and index follow.
    pub(super) followed: bool,
}

impl Preconditions<'_> {
    /// The files that the commit changes; those that are as wanted already are left out.
    pub(super) fn plan(&self, index: &GitIndex, files: &[FileChange]) -> Result<Vec<Planned>> {
        check_paths(files)?;
        self.attributes.lend(index)?;
        let tree = self.tree()?;
        let mut folders = FoldersSeen::default();
        let mut planned = Vec::new();
        for file in files {
            planned.extend(self.plan_one(tree.as_ref(), file, &mut folders)?);
        }
        if self.followed && !planned.is_empty() {
            self.refuse_in_the_way(index, planned.iter().map(|file| &file.change))?;
        }
        Ok(planned)
    }

    /// Refuses where the work tree cannot follow these changes.
    pub(super) fn refuse_in_the_way<'c>(
        &self,
        index: &GitIndex,
        changes: impl IntoIterator<Item = &'c BlobChange>,
    ) -> Result<()> {
        self.refuse_unfinished()?;
        let mut folders = BTreeSet::new();
        for change in changes {
            self.refuse_staged(index, change)?;
            self.refuse_dirty(index, change, &mut folders)?;
        }
        Ok(())
    }

    fn tree(&self) -> Result<Option<Tree<'_>>> {
        let Some(parent) = self.parent else { return Ok(None) };
        let tree = self.attributes.repository.find_commit(parent).and_then(|it| it.tree());
        tree.map(Some).map_err(|error| git_error(&format!("read commit {parent}"), &error))
    }

    fn plan_one<'r>(
        &'r self,
        tree: Option<&Tree<'r>>,
        file: &FileChange,
        folders: &mut FoldersSeen<'r>,
    ) -> Result<Option<Planned>> {
        let old = match tree {
            Some(tree) => blob_entry(self.attributes.repository, tree, &file.path, folders)?,
            None => None,
        };
        let before = old.map(|(id, _)| id);
        if before.map(|id| id.to_string()) != file.before.as_ref().map(ToString::to_string) {
            return Err(Error::stale(format!("{} has changed since it was looked at", file.path))
                .with_help("try it again; it will look at the new content"));
        }
        let (blob, after) = new_blob(self.attributes, file, before)?;
        if before == after {
            return Ok(None);
        }
        let mode = old.map_or(u32::from(FileMode::Blob), |(_, mode)| mode);
        Ok(Some(Planned { change: BlobChange { path: file.path.clone(), before, after, mode }, blob }))
    }

    /// Refuses while git is in the middle of something that the next commit would end.
    fn refuse_unfinished(&self) -> Result<()> {
        let (what, help) = match self.attributes.repository.state() {
            RepositoryState::Clean => return Ok(()),
            RepositoryState::Merge => ("merge", "git commit, or git merge --abort"),
            RepositoryState::Revert | RepositoryState::RevertSequence => {
                ("revert", "git revert --continue, or git revert --abort")
            }
            RepositoryState::CherryPick | RepositoryState::CherryPickSequence => {
                ("cherry-pick", "git cherry-pick --continue, or git cherry-pick --abort")
            }
            RepositoryState::Bisect => ("bisect", "git bisect reset"),
            RepositoryState::Rebase
            | RepositoryState::RebaseInteractive
            | RepositoryState::RebaseMerge
            | RepositoryState::ApplyMailboxOrRebase => {
                ("rebase", "git rebase --continue, or git rebase --abort")
            }
            RepositoryState::ApplyMailbox => ("git am", "git am --continue, or git am --abort"),
        };
        Err(Error::state(format!("a {what} is in progress")).with_help(format!("finish it first: {help}")))
    }

    fn refuse_staged(&self, index: &GitIndex, change: &BlobChange) -> Result<()> {
        let path = &change.path;
        if index.is_in_conflict(path) {
            let message = format!("{path} has a merge conflict");
            return Err(Error::state(message).with_help("resolve and commit it first"));
        }
        let as_committed = match index.get(path) {
            Some(entry) => Some(entry.id) == change.before && entry.mode == change.mode,
            None => change.before.is_none(),
        };
        let file_above = files::folders(path).any(|folder| index.get(folder).is_some());
        let files_below = index.has_below(path);
        if !as_committed || file_above || files_below {
            let message = format!("{path} has staged changes that are not committed");
            return Err(Error::state(message)
                .with_help("commit them first, or take them back with git restore --staged"));
        }
        Ok(())
    }

    /// `folders` are known to be such.
    fn refuse_dirty(
        &self,
        index: &GitIndex,
        change: &BlobChange,
        folders: &mut BTreeSet<String>,
    ) -> Result<()> {
        let Some(root) = &self.paths.root else { return Ok(()) };
        let BlobChange { path, before, .. } = change;
        let left_out = || index.get(path).is_some_and(Entry::is_left_out);
        let (message, help) = match (files::look_below(root, path, folders)?, before) {
            (WorktreeEntry::Blocked(reason), _) => {
                (reason, "terrace changes only regular files; put one in its place")
            }
            (WorktreeEntry::Absent, None) => return Ok(()),
            (WorktreeEntry::Absent, Some(_)) if left_out() => return Ok(()),
            (WorktreeEntry::Absent, Some(_)) => (
                format!("{path} is deleted in the work tree, which is not committed"),
                "commit the deletion, or bring the file back with git restore",
            ),
            (WorktreeEntry::File(_), None) => (
                format!("{path} exists, but git does not know it"),
                "add and commit it first, or move it away",
            ),
            (WorktreeEntry::File(seen), Some(old)) => {
                if BlobView::of(self.attributes, path, *old)?.is_shown_by(&seen.bytes) {
                    return Ok(());
                }
                (format!("{path} has changes that are not committed"), "commit or stash them first")
            }
        };
        Err(Error::state(message).with_help(help))
    }
}

/// The blob that a file becomes in place of the old one, and its id.
pub(super) fn new_blob(
    attributes: &Attributes<'_>,
    file: &FileChange,
    before: Option<Oid>,
) -> Result<(Option<Vec<u8>>, Option<Oid>)> {
    let endings = attributes.line_endings(&file.path)?;
    let Some(bytes) = &file.after else { return Ok((None, None)) };
    let old = before.map(|id| attributes.blob(&file.path, id)).transpose()?;
    let blob = endings.to_blob(bytes, old.as_deref()).into_owned();
    let id = Oid::hash_object(ObjectType::Blob, &blob);
    let id = id.map_err(|error| git_error(&format!("hash {}", file.path), &error))?;
    attributes.keep_blob(id, blob.as_slice().into());
    Ok((Some(blob), Some(id)))
}

/// Whether all that a change was decided on is the same in `parent` as in the commit that it was
/// decided on.
pub(super) fn holds(repository: &Repository, change: &Change, parent: Option<Oid>) -> Result<bool> {
    let base = change.base.as_ref().map(|id| Oid::from_str(id.as_str())).transpose();
    let base = base.map_err(|error| git_error("read a commit id", &error))?;
    if base == parent {
        return Ok(true);
    }
    let tree = |id: Option<Oid>| match id {
        Some(id) => repository
            .find_commit(id)
            .and_then(|commit| commit.tree())
            .map(Some)
            .map_err(|error| git_error(&format!("read commit {id}"), &error)),
        None => Ok(None),
    };
    let (before, now) = (tree(base)?, tree(parent)?);
    let entry = |tree: &Option<Tree<'_>>, path: &str| match tree {
        Some(tree) => tree_entry(tree, path),
        None => Ok(None),
    };
    let files = change.files.iter().map(|file| file.path.as_str());
    for path in files.chain(change.rests_on.iter().map(String::as_str)) {
        if entry(&before, path)? != entry(&now, path)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Folders of a commit that were looked into; `None` where there is none.
type FoldersSeen<'r> = BTreeMap<String, Option<Tree<'r>>>;

/// Blob and mode of a file; anything else at the path, or above it, is refused.
fn blob_entry<'r>(
    repository: &'r Repository,
    tree: &Tree<'r>,
    path: &str,
    seen: &mut FoldersSeen<'r>,
) -> Result<Option<(Oid, u32)>> {
    let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
    if !seen.contains_key(parent) {
        seen.insert(parent.to_owned(), folder_of(repository, tree, path)?);
    }
    let Some(Some(folder)) = seen.get(parent) else { return Ok(None) };
    let entry = tree_entry(folder, name)?;
    let regular = [FileMode::Blob, FileMode::BlobExecutable, FileMode::BlobGroupWritable].map(u32::from);
    match entry {
        Some((_, mode)) if !regular.contains(&mode) => {
            Err(Error::state(format!("{path} is not a regular file"))
                .with_help("it may be a folder, a symbolic link or a submodule; terrace changes only files"))
        }
        entry => Ok(entry),
    }
}

/// The folder that a file is in, if there is one; what is no folder is refused.
fn folder_of<'r>(repository: &'r Repository, tree: &Tree<'r>, path: &str) -> Result<Option<Tree<'r>>> {
    let mut found = tree.clone();
    for folder in files::folders(path) {
        let name = folder.rsplit_once('/').map_or(folder, |(_, name)| name);
        let Some((id, mode)) = tree_entry(&found, name)? else { return Ok(None) };
        if mode != u32::from(FileMode::Tree) {
            return Err(Error::state(format!("{folder} is not a folder, so {path} cannot be in it"))
                .with_help("it may be a file, a symbolic link or a submodule; choose another path"));
        }
        found = repository.find_tree(id).map_err(|error| git_error(&format!("read {folder}"), &error))?;
    }
    Ok(Some(found))
}

/// Object and mode at a path of a commit.
pub(super) fn tree_entry(tree: &Tree<'_>, path: &str) -> Result<Option<(Oid, u32)>> {
    match tree.get_path(Path::new(path)) {
        Ok(entry) => Ok(Some((entry.id(), u32::try_from(entry.filemode()).unwrap_or_default()))),
        Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
        Err(error) => Err(git_error(&format!("read {path}"), &error)),
    }
}

/// Every path is plain, inside the work tree, and named once.
fn check_paths(files: &[FileChange]) -> Result<()> {
    let mut paths: Vec<_> = files.iter().map(|file| file.path.as_str()).collect();
    paths.sort_unstable();
    for path in &paths {
        check_path(path)?;
        if let Some(folder) = files::folders(path).find(|folder| paths.binary_search(folder).is_ok()) {
            return Err(Error::usage(format!("{folder} cannot be a file and the folder of {path}"))
                .with_help("choose another key for one of them"));
        }
    }
    match paths.windows(2).find(|pair| pair.first() == pair.last()) {
        Some(pair) => Err(Error::internal(format!("{} is changed twice in one commit", pair.join(", ")))),
        None => Ok(()),
    }
}

/// A path that stays inside the work tree and out of git's own folder.
pub(super) fn check_path(path: &str) -> Result<()> {
    let reserved = |part: &str| part.eq_ignore_ascii_case(".git") || part.eq_ignore_ascii_case("git~1");
    let wrong = |part: &str| part.is_empty() || part == "." || part == ".." || reserved(part);
    if path.split('/').any(wrong) || path.contains(['\0', '\\', '\n']) {
        return Err(Error::usage(format!("`{}` is not a path inside the repository", path.escape_debug()))
            .with_help("paths are relative to the top folder of the repository"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str) -> FileChange {
        FileChange { path: path.to_owned(), before: None, after: None }
    }

    #[test]
    fn paths_stay_inside_the_work_tree() {
        for path in ["a.yaml", "a/b.yaml", ".terrace/x.toml", "a/.gitattributes", "ä b/c"] {
            assert_eq!(check_path(path), Ok(()), "{path}");
        }
        for path in
            ["", "/a", "a//b", "a/", "../a", "a/../b", "./a", ".git/config", "a/.GIT/x", "a\\b", "a\0"]
        {
            assert!(check_path(path).is_err(), "{path}");
        }
    }

    #[test]
    fn a_path_is_named_once_and_is_no_folder_of_another() {
        assert_eq!(check_paths(&[file("a/b"), file("a/c"), file("ab")]), Ok(()));
        assert!(check_paths(&[file("a"), file("a!"), file("a/b")]).is_err());
        assert!(check_paths(&[file("a"), file("b"), file("a")]).is_err());
    }
}
