//! The decisions of a revision: which files hold them, and what those say.

use std::collections::BTreeMap;

use super::decision::{Decision, FOLDER, file, owner, parse, places, render};
use crate::engine::snapshot::{FileEntry, FileKind, Obstacle, Snapshot};
use crate::model::{Environment, Error, Help, Key, Result};

/// One file of an item's decisions.
#[derive(Clone, Debug)]
pub struct RecordedFile {
    /// Relative to the configuration root.
    pub file: String,
    /// What it says.
    pub decisions: Vec<Decision>,
}

/// The files of an item's decisions for a target.
pub fn files_of<'s>(
    snapshot: &'s Snapshot,
    key: &Key,
    target: Environment,
) -> impl Iterator<Item = (&'s String, &'s FileEntry)> {
    let [folder, before] = places(key, target);
    let inside = format!("{folder}/");
    let within = snapshot.files.range(folder..).take_while({
        let inside = inside.clone();
        move |(file, _)| file.starts_with(inside.trim_end_matches('/'))
    });
    let one_each = within.filter(move |(file, _)| {
        file.strip_prefix(&inside).is_none_or(|name| name.ends_with(".toml") && !name.contains('/'))
    });
    snapshot.files.get_key_value(&before).into_iter().chain(one_each)
}

/// What people decided for an item of a target, file by file.
///
/// # Errors
/// When a file cannot be read, or is no decisions file.
pub fn recorded(snapshot: &Snapshot, key: &Key, target: Environment) -> Result<Vec<RecordedFile>> {
    let [folder, _] = places(key, target);
    if let Some(obstacle) = snapshot.obstacle(&format!("{folder}/")) {
        return Err(obstacle.error());
    }
    let inside = format!("{folder}/");
    let below = snapshot.below(&inside).filter_map(|(file, _)| file.get(inside.len()..)?.split_once('/'));
    if let Some((name, _)) = below.into_iter().find(|(name, _)| name.ends_with(".toml")) {
        let there = format!("{}{inside}{name}", snapshot.prefix);
        return Err(Obstacle::new(there, FileKind::Folder).error());
    }
    let mut all = Vec::new();
    for (file, entry) in files_of(snapshot, key, target) {
        let shown = format!("{}{file}", snapshot.prefix);
        if entry.kind != FileKind::File {
            return Err(Error::usage(format!("{shown} is no regular file")).with_help(Help::ReadDecisions));
        }
        let text = snapshot.text(file)?.unwrap_or_default();
        let decisions = parse(&text).map_err(|wrong| wrong.of(&shown))?;
        all.push(RecordedFile { file: file.clone(), decisions });
    }
    Ok(all)
}

/// The same, by path.
///
/// # Errors
/// As [`recorded`].
pub fn decisions(snapshot: &Snapshot, key: &Key, target: Environment) -> Result<Vec<Decision>> {
    let files = recorded(snapshot, key, target)?;
    let mut all: Vec<Decision> = files.into_iter().flat_map(|file| file.decisions).collect();
    all.sort_by_cached_key(|decision| decision.path.to_string());
    Ok(all)
}

/// The files that have to change so that `new` is all that is decided: their new texts, or `None`
/// where one goes. A file that says its decision already stays as it is.
#[must_use]
pub fn rewritten(
    recorded: &[RecordedFile],
    (key, target): (&Key, Environment),
    new: &[Decision],
) -> BTreeMap<String, Option<String>> {
    let wanted: BTreeMap<String, &Decision> =
        new.iter().map(|decision| (file(key, target, &decision.path), decision)).collect();
    let mut changes: BTreeMap<String, Option<String>> =
        wanted.iter().map(|(file, decision)| (file.clone(), Some(render(decision)))).collect();
    for RecordedFile { file, decisions } in recorded {
        match (wanted.get(file), decisions.as_slice()) {
            (Some(wanted), [there]) if *wanted == there => _ = changes.remove(file),
            (Some(_), _) => {}
            (None, _) => _ = changes.insert(file.clone(), None),
        }
    }
    changes
}

/// The items that have decisions, with the targets they are for.
#[must_use]
pub fn decided(snapshot: &Snapshot) -> Vec<(Key, Environment)> {
    let mut all: Vec<(Key, Environment)> =
        snapshot.below(FOLDER).filter_map(|(file, _)| owner(file)).collect();
    all.sort_unstable();
    all.dedup();
    all
}
