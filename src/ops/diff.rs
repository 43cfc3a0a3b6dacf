//! `diff`: two sides, or the matrix of all three environments.

use super::plan::Planner;
use super::workspace::{At, Workspace};
use crate::engine::compare::{ItemDiff, MatrixItem, matrix_rows, rows};
use crate::engine::configuration::Configuration;
use crate::engine::snapshot::no_such_item;
use crate::model::{Environment, EnvironmentSet, Error, Hop, Key, ProgressCounter, Result};
use crate::secrets::mask::Reveal;
use crate::yaml::Document;

/// One side of a comparison: `[REV:]ENVIRONMENT`.
pub struct Side<'a> {
    /// Where it is read.
    pub configuration: &'a Configuration,
    /// Whose values are meant.
    pub environment: Environment,
}

impl Side<'_> {
    /// Splits `[REV:]ENVIRONMENT`.
    ///
    /// # Errors
    /// When the environment is none.
    pub fn parse(text: &str) -> Result<(At, Environment)> {
        match text.rsplit_once(':') {
            Some((revision, environment)) => Ok((At::Revision(revision.to_owned()), environment.parse()?)),
            None => Ok((At::Here, text.parse()?)),
        }
    }
}

/// The keys to compare: those asked for, else all that either side has.
fn keys_of(sides: &[&Side<'_>], asked: &[Key]) -> Result<Vec<Key>> {
    let has = |key: &Key| sides.iter().any(|side| side.configuration.item(key, side.environment).is_some());
    let mut known: Vec<&Key> =
        sides.iter().flat_map(|side| side.configuration.snapshot().keys()).filter(|key| has(key)).collect();
    known.sort();
    known.dedup();
    match asked.iter().find(|key| !has(key)) {
        Some(key) => Err(no_such_item(key, known, EnvironmentSet::ALL)),
        None if asked.is_empty() => Ok(known.into_iter().cloned().collect()),
        None => Ok(asked.to_vec()),
    }
}

/// What was found item by item.
#[derive(Clone, Debug)]
pub struct Compared<T> {
    /// The items found.
    pub items: Vec<T>,
    /// Why items are missing: a file of theirs cannot be read.
    pub unreadable: Vec<Error>,
}

impl<T> Default for Compared<T> {
    fn default() -> Self {
        Self { items: Vec::new(), unreadable: Vec::new() }
    }
}

impl<T> Compared<T> {
    pub(super) fn add(&mut self, item: Result<Option<T>>) {
        match item {
            Ok(item) => self.items.extend(item),
            Err(error) => self.unreadable.push(error),
        }
    }
}

/// The differences between two sides, items without any left out.
///
/// # Errors
/// When an asked item is on neither side, or the policy is wrong.
pub fn diff(left: &Side<'_>, right: &Side<'_>, keys: &[Key], reveal: Reveal) -> Result<Compared<ItemDiff>> {
    let mask = right.configuration.mask(reveal);
    let compare = |key: Key| {
        let (from, to) = (
            left.configuration.item(&key, left.environment),
            right.configuration.item(&key, right.environment),
        );
        let same_blob = from
            .and_then(|item| item.blob.as_ref())
            .is_some_and(|blob| to.and_then(|item| item.blob.as_ref()) == Some(blob));
        if same_blob {
            return Ok(None);
        }
        let from = from.map(|item| left.configuration.document(item)).transpose()?;
        let to = to.map(|item| right.configuration.document(item)).transpose()?;
        let (from, to) = (from.as_deref(), to.as_deref());
        let rows = rows(from, to, &right.configuration.lists(&key), &mask);
        let same_text = from.map(Document::text) == to.map(Document::text);
        let (left_text, right_text) =
            (from.map(|document| mask.text(document)), to.map(|document| mask.text(document)));
        let differs = !rows.is_empty() || !same_text;
        Ok(differs.then_some(ItemDiff { key, rows, left_text, right_text }))
    };
    for side in [left, right] {
        side.configuration.snapshot().require_environment(side.environment)?;
    }
    let mut out = Compared::default();
    for key in keys_of(&[left, right], keys)? {
        out.add(compare(key));
    }
    Ok(out)
}

/// What differs between the three environments of a snapshot, with what a promotion would make of
/// it where the snapshot is of a commit (or of a working tree whose HEAD is judged).
///
/// # Errors
/// When an asked item is nowhere, or the policy is wrong.
pub fn matrix(workspace: &Workspace, at: &At, keys: &[Key], reveal: Reveal) -> Result<Compared<MatrixItem>> {
    let configuration = workspace.configuration(at)?;
    let snapshot = configuration.snapshot();
    snapshot.require_environments()?;
    snapshot.require_keys_in(keys, workspace.readable)?;
    let mask = configuration.mask(reveal);
    let planner = match (at, workspace.repository.head()?) {
        (At::Revision(name), _) => Some(Planner::new(workspace, &workspace.repository.commit(name)?)?),
        (_, Some(head)) => Some(Planner::new(workspace, &head)?),
        (_, None) => None,
    };
    let compare = |key: &Key| {
        let mut read = [None, None, None];
        for (slot, environment) in read.iter_mut().zip(Environment::ALL) {
            let item = configuration.item(key, environment);
            *slot = item.map(|item| configuration.document(item)).transpose()?;
        }
        let documents = read.each_ref().map(|document| document.as_deref());
        let mut rows = matrix_rows(&documents, &configuration.lists(key), &mask);
        for (i, hop) in Hop::ALL.into_iter().enumerate() {
            // What HEAD cannot judge has no resolution; the working tree's values stand all the same.
            let lines = planner.as_ref().map(|planner| planner.judgeable_leaves(key, hop)).transpose()?;
            for line in lines.unwrap_or_default() {
                if let Some(row) = rows.get_mut(&line.path) {
                    row.resolutions[i] = Some(line.resolution);
                }
            }
        }
        let present = documents.map(|document| document.is_some());
        let differs = !rows.is_empty() || present.contains(&false);
        let rows = rows.into_values().collect();
        Ok(differs.then(|| MatrixItem { key: key.clone(), present, rows }))
    };
    let mut out = Compared::default();
    let chosen: Vec<_> =
        snapshot.keys().into_iter().filter(|key| keys.is_empty() || keys.contains(key)).collect();
    let steps = ProgressCounter::new(workspace.repository.progress(), "comparing items", Some(chosen.len()));
    for key in chosen {
        out.add(compare(key));
        steps.step();
    }
    Ok(out)
}
