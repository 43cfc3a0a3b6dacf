//! What the transaction would refuse, looked at from outside: nothing is locked, recovered or written.

use std::path::Path;

use super::attributes::Attributes;
use super::branch::Branch;
use super::open::open_repository;
use super::paths::Paths;
use super::preconditions::Preconditions;
use super::{FileChange, Options};
use crate::model::{CommitId, Result};
use crate::store::git_config::GitConfig;
use crate::store::git_index::GitIndex;

/// Refuses what a commit of these files on `base` would be refused for now. On a branch whose tip
/// is not `base` only the branch and the person are looked at.
///
/// # Errors
/// The transaction's refusals.
pub fn preflight(repository: &Path, options: &Options, base: &CommitId, files: &[FileChange]) -> Result<()> {
    let git = open_repository(repository)?;
    let paths = Paths::of(&git);
    let branch = Branch::find(&git, &paths, options.branch.as_deref())?;
    let parent = branch.parent(&git)?;
    if parent.is_some_and(|id| id.to_string() == base.as_str()) {
        let followed = branch.head && paths.root.is_some();
        let attributes = Attributes::of(&git, &options.environment);
        let index = GitIndex::read(&paths.index())?;
        Preconditions { attributes: &attributes, paths: &paths, parent, followed }.plan(&index, files)?;
    }
    let config = GitConfig::of(&options.environment, git.path())?;
    options.identity.signatures(&config, options).map(|_| ())
}
