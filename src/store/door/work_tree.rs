//! One file of the work tree replaced without a commit: `set` and `unset`.
//!
//! There is nothing to finish after a death here, but something to tidy: a note beside the journal
//! names the temporary file, and the next run removes both.

use std::path::Path;

use git2::{ObjectType, Oid};

use super::files::{self, Sight};
use super::open::enter;
use super::places::Places;
use super::{WAIT, disk, git_error, judge};
use crate::model::{Error, Help, Result};
use crate::store::process_environment::ProcessEnvironment;

/// The file that names the temporary file: its tag and the path beside which it lies.
const NOTE: &str = "work-tree";

/// Replaces the file at `path` below the work tree's top folder `root`, if its bytes are still
/// `before` (`None`: there is no file). Readers see the old bytes or the new ones; the mode stays.
/// Not to be called while a [`Door`](super::Door) is open: it waits for the door's lock.
pub fn write_work_tree(
    root: &Path,
    path: &str,
    before: Option<&[u8]>,
    after: &[u8],
    environment: &ProcessEnvironment,
) -> Result<()> {
    judge::check_path(path)?;
    let (repository, _lock) = enter(root, WAIT, environment)?;
    let Some(root) = &repository.places.root else {
        return Err(Error::usage(format!("{} has no work tree", root.display()))
            .with_help("in a bare repository only commits can change")
            .or_help(Help::CommitDirectly));
    };
    if let Sight::Blocked(reason) = files::look(root, path)? {
        return Err(
            Error::usage(reason).with_help("terrace changes only regular files; put one in its place")
        );
    }
    let tag = Oid::hash_object(ObjectType::Blob, after);
    let tag = tag.map_err(|error| git_error(&format!("hash {path}"), &error))?.to_string();
    let still = |sight: &Sight| {
        Ok(match sight {
            Sight::Absent => before.is_none(),
            Sight::File(seen) => before == Some(&seen.bytes),
            Sight::Blocked(_) => false,
        })
    };
    disk::write(&repository.places.own(NOTE), format!("{tag} {path}").as_bytes())?;
    let replaced = files::replace(root, path, &tag, after, &still);
    tidy(&repository.places)?;
    if replaced? {
        return Ok(());
    }
    Err(Error::stale(format!("{path} has changed since it was read"))
        .with_help("run the command again; it will look at the new content"))
}

/// Removes the temporary file that the note names, if it is still there, and the note.
pub(super) fn tidy(places: &Places) -> Result<()> {
    let note = places.own(NOTE);
    let Some(bytes) = disk::read(&note)? else { return Ok(()) };
    let text = String::from_utf8_lossy(&bytes);
    if let (Some((tag, path)), Some(root)) = (text.split_once(' '), &places.root)
        && judge::check_path(path).is_ok()
        && Oid::from_str(tag).is_ok()
    {
        files::remove_temporary(root, path, tag)?;
    }
    disk::remove(&note)?;
    Ok(())
}
