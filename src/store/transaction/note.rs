//! The note that names a temporary file in the work tree, so that the next run removes both.

use git2::Oid;

use super::paths::Paths;
use super::{disk, files, preconditions};
use crate::model::Result;

/// The file that names the temporary file: its tag and the path beside which it lies.
const NOTE: &str = "work-tree";

/// Notes the temporary file beside `path` that has this tag.
pub(super) fn write(paths: &Paths, tag: &str, path: &str) -> Result<()> {
    disk::write(&paths.own(NOTE), format!("{tag} {path}").as_bytes())
}

/// Removes the temporary file that the note names, if it is still there, and the note.
pub(super) fn tidy(paths: &Paths) -> Result<()> {
    let note = paths.own(NOTE);
    let Some(bytes) = disk::read(&note)? else { return Ok(()) };
    let text = String::from_utf8_lossy(&bytes);
    if let (Some((tag, path)), Some(root)) = (text.split_once(' '), &paths.root)
        && preconditions::check_path(path).is_ok()
        && Oid::from_str(tag).is_ok()
    {
        files::remove_temporary(root, path, tag)?;
    }
    disk::remove(&note)?;
    Ok(())
}
