//! Work tree and index follow the branch: the second half of every commit, and of a recovery.

use std::collections::HashMap;
use std::fs::Metadata;
use std::path::Path;

use git2::Oid;

use super::attributes::Attributes;
use super::content::{BlobView, shows};
use super::disk::Folders;
use super::failpoints::kill_point;
use super::files::{self, Replaced, WorktreeEntry};
use super::index::{self, Followed};
use super::journal::BlobChange;
use super::paths::Paths;
use crate::model::Result;
use crate::store::git_index::{Entry, GitIndex};

/// Leads the index on to the new blobs, before the branch moves. Git's `commit` reads HEAD, then the
/// index, and takes `index.lock` last: in the other order it could see our commit beside the index
/// from before it, and take the commit back with its own.
pub(super) fn stage(paths: &Paths, changes: &[BlobChange]) -> Result<()> {
    let staged: Vec<_> = changes.iter().map(|change| Followed { change, metadata: None }).collect();
    index::follow(paths, GitIndex::read(&paths.index())?, &staged)
}

/// Takes back what [`stage`] did, where the branch did not move.
pub(super) fn unstage(attributes: &Attributes<'_>, paths: &Paths, changes: &[BlobChange]) -> Result<()> {
    let Some(root) = &paths.root else { return Ok(()) };
    let index = GitIndex::read(&paths.index())?;
    let mut back: Vec<_> = changes.iter().map(BlobChange::reversed).collect();
    back.retain(|change| index.get(&change.path).map(|it| it.id) != change.after);
    let mut unstaged = Vec::new();
    for change in &back {
        let old = change.after.map(|id| BlobView::of(attributes, &change.path, id)).transpose()?;
        let metadata = match files::look(root, &change.path)? {
            WorktreeEntry::File(seen) if old.is_some_and(|old| old.is_shown_by(&seen.bytes)) => {
                Some(seen.metadata)
            }
            _ => None,
        };
        unstaged.push(Followed { change, metadata });
    }
    index::follow(paths, index, &unstaged)
}

/// Brings these files from the old blobs to the new ones, and tells the index. Returns the files that
/// were no longer the old blob and stay as they are.
pub(super) fn follow(
    attributes: &Attributes<'_>,
    paths: &Paths,
    changes: &[BlobChange],
) -> Result<Vec<String>> {
    let Some(root) = &paths.root else { return Ok(Vec::new()) };
    let index = GitIndex::read(&paths.index())?;
    attributes.lend(&index)?;
    let mut followed = Vec::new();
    let mut left_alone = Vec::new();
    let mut folders = Folders::default();
    move_files(attributes, root, changes, &mut folders)?;
    for change in changes {
        let left_out = index.get(&change.path).is_some_and(Entry::is_left_out);
        let end = follow_file(attributes, root, change, left_out, &mut folders)?;
        if change.path.ends_with(".gitattributes") {
            attributes.forget();
        }
        if let End::LeftAlone = end {
            left_alone.push(change.path.clone());
        }
        let metadata = if let End::Written(metadata) = end { Some(metadata) } else { None };
        followed.push(Followed { change, metadata });
    }
    folders.flush()?;
    kill_point("files-followed");
    index::follow(paths, index, &followed)?;
    Ok(left_alone)
}

/// Moves the files that go on under another name with the same content, instead of writing them anew.
fn move_files(
    attributes: &Attributes<'_>,
    root: &Path,
    changes: &[BlobChange],
    folders: &mut Folders,
) -> Result<()> {
    let mut gone: HashMap<(Oid, u32), Vec<&str>> = HashMap::new();
    for change in changes.iter().rev() {
        if let (Some(id), None) = (change.before, change.after) {
            gone.entry((id, change.mode)).or_default().push(&change.path);
        }
    }
    for change in changes {
        let (None, Some(id)) = (change.before, change.after) else { continue };
        let from = gone.get_mut(&(id, change.mode)).and_then(Vec::pop);
        let Some(from) = from.filter(|path| !path.ends_with(".gitattributes")) else { continue };
        let [old, new] = [BlobView::of(attributes, from, id)?, BlobView::of(attributes, &change.path, id)?];
        if old.file() == new.file() {
            let is_old = |sight: &WorktreeEntry| shows(sight, Some(&old));
            files::rename(root, [from, &change.path], &is_old, folders)?;
        }
    }
    Ok(())
}

/// How a file ended.
enum End {
    /// It shows the new blob.
    Written(Metadata),
    /// It is gone, or was not to be in the work tree.
    Absent,
    /// It is neither the old blob nor the new one.
    LeftAlone,
}

fn follow_file(
    attributes: &Attributes<'_>,
    root: &Path,
    change: &BlobChange,
    left_out: bool,
    folders: &mut Folders,
) -> Result<End> {
    let path = change.path.as_str();
    let view = |id| BlobView::of(attributes, path, id);
    let old = change.before.map(view).transpose()?;
    let new = change.after.map(view).transpose()?;
    let sight = files::look(root, path)?;
    if left_out && matches!(sight, WorktreeEntry::Absent) {
        return Ok(End::Absent);
    }
    if shows(&sight, new.as_ref()) {
        return Ok(ended(sight, new.as_ref()));
    }
    let still_old = |sight: &WorktreeEntry| Ok(shows(sight, old.as_ref()));
    if let (Some(new), Some(id)) = (&new, change.after) {
        let (tag, bytes) = (id.to_string(), new.file());
        let replaced = files::replace(root, path, &tag, &bytes, &sight, &still_old, folders)?;
        if let Replaced::Yes(Some(metadata)) = replaced {
            return Ok(End::Written(metadata));
        }
    } else {
        files::remove(root, path, &still_old, folders)?;
    }
    Ok(ended(files::look(root, path)?, new.as_ref()))
}

/// How a file ended that shall show the new blob, or be gone where there is none.
fn ended(sight: WorktreeEntry, new: Option<&BlobView<'_>>) -> End {
    match (sight, new) {
        (WorktreeEntry::File(seen), Some(new)) if new.is_shown_by(&seen.bytes) => End::Written(seen.metadata),
        (WorktreeEntry::Absent, None) => End::Absent,
        (WorktreeEntry::Absent | WorktreeEntry::File(_) | WorktreeEntry::Blocked(_), _) => End::LeftAlone,
    }
}
