//! One file of the work tree replaced without a commit: `set` and `unset`.
//!
//! There is nothing to finish after a death here, but something to tidy: a note beside the journal
//! names the temporary file, and the next run removes both.

use std::path::Path;

use git2::{ObjectType, Oid};

use super::disk::Folders;
use super::files::{self, Replaced, WorktreeEntry};
use super::open::enter;
use super::paths::Paths;
use super::{WAIT, note, preconditions};
use crate::model::{Error, Help, Result};
use crate::store::git_error::git_error;
use crate::store::git_index::{Entry, GitIndex};
use crate::store::integration::quoted;
use crate::store::process_environment::ProcessEnvironment;

/// Replaces the file at `path` below the work tree's top folder `root`, if its bytes are still
/// `before` (`None`: there is no file). Readers see the old bytes or the new ones; the mode stays.
/// Not to be called while a [`Door`](super::Transaction) is open: it waits for the transaction's lock.
pub fn write_work_tree(
    root: &Path,
    path: &str,
    before: Option<&[u8]>,
    after: &[u8],
    environment: &ProcessEnvironment,
) -> Result<()> {
    preconditions::check_path(path)?;
    let (repository, _lock) = enter(root, WAIT, environment)?;
    let Some(root) = &repository.paths.root else {
        return Err(Error::state(format!("{} has no work tree", root.display()))
            .with_help("in a bare repository only commits can change")
            .or_help(Help::CommitDirectly));
    };
    let seen = files::look(root, path)?;
    match &seen {
        WorktreeEntry::Blocked(reason) => {
            return Err(Error::state(reason.clone())
                .with_help("terrace changes only regular files; put one in its place"));
        }
        WorktreeEntry::Absent if before.is_some() => refuse_left_out(&repository.paths, path)?,
        WorktreeEntry::Absent | WorktreeEntry::File(_) => {}
    }
    let tag = Oid::hash_object(ObjectType::Blob, after);
    let tag = tag.map_err(|error| git_error(&format!("hash {path}"), &error))?.to_string();
    let still = |sight: &WorktreeEntry| {
        Ok(match sight {
            WorktreeEntry::Absent => before.is_none(),
            WorktreeEntry::File(seen) => before == Some(&seen.bytes),
            WorktreeEntry::Blocked(_) => false,
        })
    };
    note::write(&repository.paths, &tag, path)?;
    let mut folders = Folders::default();
    let replaced = still(&seen).and_then(|is_still| {
        if !is_still {
            return Ok(Replaced::No);
        }
        let prepared = files::prepare(root, path, &tag, after, &seen)?;
        files::flush(&[&prepared])?;
        prepared.place(root, path, &still, &mut folders)
    });
    folders.flush()?;
    note::tidy(&repository.paths)?;
    if let Replaced::Yes(_) = replaced? {
        return Ok(());
    }
    Err(Error::stale(format!("{path} has changed since it was read"))
        .with_help("try it again; it will look at the new content"))
}

/// What a sparse checkout leaves out is read from the index, and there is no file to write.
fn refuse_left_out(paths: &Paths, path: &str) -> Result<()> {
    if !GitIndex::read(&paths.index())?.get(path).is_some_and(Entry::is_left_out) {
        return Ok(());
    }
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let add = format!("bring it into the work tree: git sparse-checkout add {}", quoted(folder));
    Err(Error::state(format!("the sparse checkout leaves {path} out of the work tree"))
        .with_help(add)
        .or_help(Help::CommitDirectly))
}
