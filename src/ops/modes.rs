//! Which files a change records with another mode.

use super::workspace::{At, Workspace};
use crate::engine::mode::ModeChange;
use crate::engine::promotion::decision_owner;
use crate::engine::snapshot::{Place, place};
use crate::model::{ItemId, Key, Result, Revision};
use crate::store::Repository;

/// The files that the newer of two places records with another mode: those of some items, or all.
/// Nothing where the older is no commit.
///
/// # Errors
/// When one of them names nothing or cannot be read.
pub fn mode_changes(workspace: &Workspace, [old, new]: [&At; 2], keys: &[Key]) -> Result<Vec<ModeChange>> {
    let Revision::Commit(base) = workspace.revision(old)? else { return Ok(Vec::new()) };
    let mut changes = workspace.repository.mode_changes(&base, &workspace.revision(new)?)?;
    changes.retain(|change| keys.is_empty() || is_of(&workspace.repository, change, keys));
    Ok(changes)
}

/// The item whose file it is.
pub(super) fn item_of(repository: &Repository, change: &ModeChange) -> Option<ItemId> {
    match place(change.file.strip_prefix(repository.root_prefix())?)? {
        Place::Item(id) => Some(id),
        Place::UnknownEnvironment(_) | Place::InvalidKey(..) | Place::Stray => None,
    }
}

/// Whether it is a file of one of these items: its own, or that of a decision.
pub(super) fn is_of(repository: &Repository, change: &ModeChange, keys: &[Key]) -> bool {
    let path = change.file.strip_prefix(repository.root_prefix());
    let key = item_of(repository, change).map(|id| id.key);
    let key = key.or_else(|| Some(decision_owner(path?)?.0));
    key.is_some_and(|key| keys.contains(&key))
}
