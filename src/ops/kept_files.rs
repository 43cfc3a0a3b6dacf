//! The files that stay for old readers follow their items: one that has an item's very bytes gets the
//! new ones in the same commit. One of another format a person has to change, and is told so.

use std::collections::{BTreeMap, BTreeSet};

use super::workspace::Workspace;
use crate::engine::configuration::Configuration;
use crate::engine::migration::{Kept, RECORD, parse_kept};
use crate::engine::snapshot::Snapshot;
use crate::formats::read::{Format, convert};
use crate::model::{Environment, Key, Result, Revision};
use crate::store::transaction::FileChange;
use crate::yaml::{Document, Limits};

/// What the record of a revision says; one that cannot be read is a rule's business.
pub(super) fn recorded(snapshot: &Snapshot) -> Vec<Kept> {
    let text = snapshot.text(RECORD).ok().flatten();
    text.and_then(|text| parse_kept(&text).ok()).unwrap_or_default()
}

/// The kept files (relative to the configuration root) that have the very bytes of an item's file.
pub(super) fn alike(snapshot: &Snapshot, item_file: &str) -> Vec<String> {
    let kept = recorded(snapshot);
    let kept: Vec<&Kept> = kept.iter().filter(|kept| kept.key.file(kept.environment) == item_file).collect();
    alike_among(snapshot, item_file, &kept)
}

/// Those of them, of kept files of the item.
fn alike_among(snapshot: &Snapshot, item_file: &str, kept: &[&Kept]) -> Vec<String> {
    let Some(bytes) = snapshot.bytes(item_file).filter(|_| !kept.is_empty()) else { return Vec::new() };
    let is_alike = |kept: &&&Kept| snapshot.bytes(&kept.file).as_ref() == Some(&bytes);
    kept.iter().filter(is_alike).map(|kept| kept.file.clone()).collect()
}

/// The changes of a commit, with those of the kept files that follow.
pub(super) fn with_followers(configuration: &Configuration, mut files: Vec<FileChange>) -> Vec<FileChange> {
    let snapshot = configuration.snapshot();
    let prefix = &snapshot.prefix;
    let mut kept: BTreeMap<String, Vec<&Kept>> = BTreeMap::new();
    let recorded = recorded(snapshot);
    for one in &recorded {
        kept.entry(one.key.file(one.environment)).or_default().push(one);
    }
    let mut followers = Vec::new();
    for change in files.iter().filter(|change| change.after.is_some()) {
        let Some(item_file) = change.path.strip_prefix(prefix.as_str()) else { continue };
        let kept = kept.get(item_file).map_or(&[][..], Vec::as_slice);
        followers.extend(alike_among(snapshot, item_file, kept).into_iter().map(|file| FileChange {
            path: format!("{prefix}{file}"),
            before: super::edit::blob_of(snapshot, &file),
            after: change.after.clone(),
        }));
    }
    files.extend(followers);
    files
}

/// The kept files of items (relative to the git root) that say something else than those.
///
/// # Errors
/// When the revision cannot be read.
pub fn kept_apart(
    workspace: &Workspace,
    revision: &Revision,
    keys: &[Key],
    environment: Environment,
) -> Result<Vec<(String, Key)>> {
    let record = workspace.repository.snapshot_of_paths(revision, &BTreeSet::from([RECORD.to_owned()]))?;
    let mut kept = recorded(&record);
    kept.retain(|kept| kept.environment == environment && keys.contains(&kept.key));
    if kept.is_empty() {
        return Ok(Vec::new());
    }
    let files = kept.iter().flat_map(|kept| [kept.file.clone(), kept.key.file(environment)]);
    let snapshot = workspace.repository.snapshot_of_paths(revision, &files.collect())?;
    let is_apart = |kept: &Kept| {
        let (item, file) = (snapshot.bytes(&kept.key.file(environment)), snapshot.bytes(&kept.file));
        item != file && !says_the_same(item.as_deref(), &kept.file, file.as_deref())
    };
    let prefix = workspace.repository.root_prefix();
    Ok(kept.into_iter().filter(is_apart).map(|kept| (format!("{prefix}{}", kept.file), kept.key)).collect())
}

fn says_the_same(item: Option<&[u8]>, file: &str, bytes: Option<&[u8]>) -> bool {
    let (Some(item), Some(bytes), Some(format)) = (item, bytes, Format::of(file)) else { return false };
    let limits = Limits::default();
    let (Ok(item), Ok(old)) = (Document::parse(item, &limits), convert(format, bytes, &limits)) else {
        return false;
    };
    item.values() == old.documents
}
