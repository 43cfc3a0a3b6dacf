//! Which files a change records with another mode.

use super::workspace::{At, Workspace};
use crate::engine::mode::ModeChange;
use crate::engine::promotion::decision_owner;
use crate::engine::snapshot::{Place, place};
use crate::model::{Key, Result, Revision};

/// The files that the newer of two places records with another mode: those of some items, or all.
/// Nothing where the older is no commit.
///
/// # Errors
/// When one of them names nothing or cannot be read.
pub fn mode_changes(workspace: &Workspace, [old, new]: [&At; 2], keys: &[Key]) -> Result<Vec<ModeChange>> {
    let Revision::Commit(base) = workspace.revision(old)? else { return Ok(Vec::new()) };
    let mut changes = workspace.repository.mode_changes(&base, &workspace.revision(new)?)?;
    changes.retain(|change| keys.is_empty() || is_of(&change.path, keys));
    Ok(changes)
}

/// Whether a file is of one of these items.
pub(super) fn is_of(path: &str, keys: &[Key]) -> bool {
    match place(path) {
        Some(Place::Item(id)) => keys.contains(&id.key),
        _ => decision_owner(path).is_some_and(|(key, _)| keys.contains(&key)),
    }
}
