//! What the door would refuse, looked at from outside: nothing is locked, recovered or written.

use std::path::Path;

use super::branch::Branch;
use super::judge::Judge;
use super::open::open_repository;
use super::places::Places;
use super::{FileChange, Options};
use crate::model::{CommitId, Result};

/// Refuses what a commit of these files on `base` would be refused for now. On a branch whose tip
/// is not `base` only the branch and the person are looked at.
///
/// # Errors
/// The door's refusals.
pub fn foresee(repository: &Path, options: &Options, base: &CommitId, files: &[FileChange]) -> Result<()> {
    let git = open_repository(repository)?;
    let places = Places::of(&git);
    let branch = Branch::find(&git, &places, options.branch.as_deref())?;
    let parent = branch.parent(&git)?;
    if parent.is_some_and(|id| id.to_string() == base.as_str()) {
        let followed = branch.head && places.root.is_some();
        Judge { repository: &git, places: &places, parent, followed }.plan(files)?;
    }
    options.identity.signatures(&git, options).map(|_| ())
}
