//! Work tree and index follow the branch: the second half of every commit, and of a recovery.

use std::collections::{HashMap, HashSet};
use std::fs::Metadata;
use std::path::Path;

use git2::Oid;

use super::attributes::Attributes;
use super::content::{BlobView, shows};
use super::disk::Folders;
use super::failpoints::kill_point;
use super::files::{self, Prepared, Replaced, WorktreeEntry};
use super::index::{self, Followed};
use super::journal::BlobChange;
use super::paths::Paths;
use crate::model::Result;
use crate::store::git_index::{Entry, GitIndex};

/// What says of other files how they are written.
const GIT_ATTRIBUTES: &str = ".gitattributes";

/// Leads the index, which is the one on disk, on to the new blobs, before the branch moves. Git's
/// `commit` reads HEAD, then the index, and takes `index.lock` last: in the other order it could see our
/// commit beside the index from before it, and take the commit back with its own.
pub(super) fn stage(paths: &Paths, index: GitIndex, changes: &[BlobChange]) -> Result<GitIndex> {
    let staged: Vec<_> = changes.iter().map(|change| Followed { change, metadata: None }).collect();
    index::follow(paths, index, &staged)
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
    index::follow(paths, index, &unstaged).map(|_| ())
}

/// Brings these files from the old blobs to the new ones, and tells the index, which is the one on disk.
/// Returns the files that were no longer the old blob and stay as they are.
pub(super) fn follow(
    attributes: &Attributes<'_>,
    paths: &Paths,
    index: GitIndex,
    changes: &[BlobChange],
) -> Result<Vec<String>> {
    let Some(root) = &paths.root else { return Ok(Vec::new()) };
    attributes.lend(&index)?;
    let mut followed = Vec::new();
    let mut left_alone = Vec::new();
    let mut folders = Folders::default();
    let mut moved = move_files(attributes, root, changes, &mut folders)?;
    for changes in flushed_together(changes) {
        let mut steps = Vec::new();
        for change in changes {
            let left_out = || index.get(&change.path).is_some_and(Entry::is_left_out);
            steps.push(match moved.remove(change.path.as_str()) {
                Some(end) => Step { old: None, new: None, prepared: None, ended: Some(end) },
                None => Step::of(attributes, root, change, left_out())?,
            });
        }
        let prepared: Vec<_> = steps.iter().filter_map(|step| step.prepared.as_ref()).collect();
        files::flush(&prepared)?;
        for (change, step) in changes.iter().zip(steps) {
            let end = step.end(root, &change.path, &mut folders)?;
            if change.path.ends_with(GIT_ATTRIBUTES) {
                attributes.forget();
            }
            if let End::LeftAlone = end {
                left_alone.push(change.path.clone());
            }
            let metadata = if let End::Written(metadata) = end { Some(metadata) } else { None };
            followed.push(Followed { change, metadata });
        }
    }
    folders.flush()?;
    kill_point("files-followed");
    index::follow(paths, index, &followed)?;
    Ok(left_alone)
}

/// Moves the files that go on under another name with the same content, instead of writing them anew;
/// tells how these and their old names ended.
fn move_files<'c>(
    attributes: &Attributes<'_>,
    root: &Path,
    changes: &'c [BlobChange],
    folders: &mut Folders,
) -> Result<HashMap<&'c str, End>> {
    let mut moved = HashMap::new();
    let mut gone: HashMap<(Oid, u32), Vec<&str>> = HashMap::new();
    for change in changes.iter().rev() {
        if let (Some(id), None) = (change.before, change.after) {
            gone.entry((id, change.mode)).or_default().push(&change.path);
        }
    }
    for change in changes {
        let (None, Some(id)) = (change.before, change.after) else { continue };
        let from = gone.get_mut(&(id, change.mode)).and_then(Vec::pop);
        let Some(from) = from.filter(|path| !path.ends_with(GIT_ATTRIBUTES)) else { continue };
        let [old, new] = [BlobView::of(attributes, from, id)?, BlobView::of(attributes, &change.path, id)?];
        if old.file() == new.file() {
            let is_old = |sight: &WorktreeEntry| shows(sight, Some(&old));
            if let Some(metadata) = files::rename(root, [from, &change.path], &is_old, folders)? {
                moved.insert(from, End::Absent);
                moved.insert(&change.path, End::Written(metadata));
            }
        }
    }
    Ok(moved)
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

/// Runs of changes whose files are flushed at once: not too many for open files, none that says how the
/// next is written, and no two whose temporary file would be the same.
fn flushed_together(changes: &[BlobChange]) -> impl Iterator<Item = &[BlobChange]> {
    const MOST: usize = 64;
    let mut rest = changes;
    std::iter::from_fn(move || {
        let mut taken = HashSet::new();
        let mut count = 0;
        for change in rest.iter().take(MOST) {
            let folder = change.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            if !taken.insert((folder, change.after)) && change.after.is_some() {
                break;
            }
            count += 1;
            if change.path.ends_with(GIT_ATTRIBUTES) {
                break;
            }
        }
        let (now, later) = rest.split_at_checked(count)?;
        rest = later;
        (!now.is_empty()).then_some(now)
    })
}

/// A file that is on its way from the old blob to the new one.
struct Step {
    old: Option<BlobView>,
    new: Option<BlobView>,
    /// What is to take its place.
    prepared: Option<Prepared>,
    /// Where nothing is to be done.
    ended: Option<End>,
}

impl Step {
    fn of(attributes: &Attributes<'_>, root: &Path, change: &BlobChange, left_out: bool) -> Result<Self> {
        let path = change.path.as_str();
        let view = |id| BlobView::of(attributes, path, id);
        let old = change.before.map(view).transpose()?;
        let new = change.after.map(view).transpose()?;
        let sight = files::look(root, path)?;
        let mut step = Self { old, new, prepared: None, ended: None };
        if left_out && matches!(sight, WorktreeEntry::Absent) {
            step.ended = Some(End::Absent);
        } else if shows(&sight, step.new.as_ref()) {
            step.ended = Some(ended(sight, step.new.as_ref()));
        } else if let (Some(new), Some(id)) = (&step.new, change.after)
            && shows(&sight, step.old.as_ref())
        {
            step.prepared = Some(files::prepare(root, path, &id.to_string(), &new.file(), &sight)?);
        }
        Ok(step)
    }

    fn end(self, root: &Path, path: &str, folders: &mut Folders) -> Result<End> {
        let Self { old, new, prepared, ended: known } = self;
        if let Some(end) = known {
            return Ok(end);
        }
        let still_old = |sight: &WorktreeEntry| Ok(shows(sight, old.as_ref()));
        if let Some(prepared) = prepared {
            if let Replaced::Yes(Some(metadata)) = prepared.place(root, path, &still_old, folders)? {
                return Ok(End::Written(metadata));
            }
        } else if new.is_none() {
            files::remove(root, path, &still_old, folders)?;
        }
        Ok(ended(files::look(root, path)?, new.as_ref()))
    }
}

/// How a file ended that shall show the new blob, or be gone where there is none.
fn ended(sight: WorktreeEntry, new: Option<&BlobView>) -> End {
    match (sight, new) {
        (WorktreeEntry::File(seen), Some(new)) if new.is_shown_by(&seen.bytes) => End::Written(seen.metadata),
        (WorktreeEntry::Absent, None) => End::Absent,
        (WorktreeEntry::Absent | WorktreeEntry::File(_) | WorktreeEntry::Blocked(_), _) => End::LeftAlone,
    }
}
