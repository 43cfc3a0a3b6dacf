//! What a caller takes an item for, so that nobody overwrites what they have not seen.

use std::collections::BTreeSet;

use super::workspace::Workspace;
use crate::diff::{Depth, diff};
use crate::engine::configuration::Configuration;
use crate::engine::versions::Version;
use crate::guards::{self, Guard};
use crate::model::{BlobId, ChangedValue, CommitId, Error, ItemId, Result};
use crate::yaml::VersionReader;

/// What an item's file must be for a change of it to count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// There is none.
    Absent,
    /// It has this content.
    Blob(BlobId),
}

/// Refuses where an item of a revision is not what was expected.
pub(super) fn require(
    configuration: &Configuration,
    item: &ItemId,
    expected: Option<&Expected>,
) -> Result<()> {
    let Some(expected) = expected else { return Ok(()) };
    let snapshot = configuration.snapshot();
    let found = configuration.item(&item.key, item.environment);
    let is_met = match (expected, found) {
        (Expected::Absent, found) => found.is_none(),
        (Expected::Blob(_), None) => false,
        (Expected::Blob(blob), Some(found)) => snapshot.identify_item(found)?.id.as_ref() == Some(blob),
    };
    if is_met || guards::off(Guard::ExpectedFile) {
        return Ok(());
    }
    let what = match (expected, found) {
        (Expected::Absent, _) => "is there already",
        (Expected::Blob(_), None) => "is not there any more",
        (Expected::Blob(_), Some(_)) => "has changed since it was read",
    };
    let file = format!("{}{}", snapshot.prefix, item.file());
    Err(Error::stale(format!("{file} {what}"))
        .with_help("nothing was committed; read it again, and decide anew"))
}

/// [`require`] on a commit; the refusal says which values were changed since what was expected.
///
/// # Errors
/// `Stale`; also when the item, or its history, cannot be read.
pub(super) fn require_at(
    workspace: &Workspace,
    configuration: &Configuration,
    head: &CommitId,
    (item, expected): (&ItemId, Option<&Expected>),
) -> Result<()> {
    let refused = require(configuration, item, expected);
    match (refused, expected) {
        (Err(error), Some(Expected::Blob(then))) => {
            let changed = changed_since(workspace, configuration, head, item, &|blob| blob == then)?;
            Err(if changed.is_empty() { error } else { error.with_changed(changed) })
        }
        (refused, _) => refused,
    }
}

/// The values of an item that commits changed since its file was last what `is_then` accepts, the
/// latest change first, each path once; nothing where it never was, or where only comments and layout
/// changed. `configuration` is that of `head`.
///
/// # Errors
/// When the history or a version cannot be read.
pub fn changed_since(
    workspace: &Workspace,
    configuration: &Configuration,
    head: &CommitId,
    item: &ItemId,
    is_then: &dyn Fn(&BlobId) -> bool,
) -> Result<Vec<ChangedValue>> {
    let history = workspace.repository.history_of_items(head, std::slice::from_ref(&item.key))?;
    let blobs = workspace.repository.verified_blobs();
    let reader = VersionReader::new(*configuration.limits());
    let read = |blob: &BlobId| {
        let bytes = blobs.read("an old version of an item", Some(blob))?;
        Ok(reader.read(&bytes).map(std::sync::Arc::new))
    };
    let versions = history.versions(&item.key, item.environment, &read)?;
    let was = |version: &Version| version.blob.as_ref().is_some_and(is_then);
    let Some(then) = versions.iter().rposition(was) else { return Ok(Vec::new()) };
    let lists = configuration.lists(&item.key);
    let (mut seen, mut changed) = (BTreeSet::new(), Vec::new());
    for pair in versions.get(then..).unwrap_or_default().windows(2).rev() {
        let [before, after] = pair else { continue };
        let values =
            |version: &Version| version.values.as_ref().map_or(Vec::new(), |it| it.values().to_vec());
        let (old, new) = (values(before), values(after));
        let Some(commit) = history.commits().get(after.commit).map(|commit| &commit.info) else { continue };
        for change in diff(&old, &new, &lists, Depth::Leaves) {
            if seen.insert(change.path.clone()) {
                changed.push(ChangedValue { item: item.clone(), path: change.path, commit: commit.clone() });
            }
        }
    }
    Ok(changed)
}
