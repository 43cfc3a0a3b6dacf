//! `diff`: two sides, or the matrix of all three environments.

use std::collections::HashSet;
use std::sync::Arc;

use rayon::prelude::*;

use super::plan::{Planner, judgeable};
use super::workspace::{At, Workspace};
use crate::engine::compare::{ItemDiff, MatrixItem, matrix_rows, rows};
use crate::engine::configuration::Configuration;
use crate::engine::promotion::Grounds;
use crate::engine::snapshot::{ItemFile, Snapshot, no_such_item};
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

    fn item(&self, key: &Key) -> Result<Option<&ItemFile>> {
        item(self.configuration, key, self.environment)
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

    /// Adds what hides items of an environment, whether another one has them or not.
    fn add_hidden(&mut self, snapshot: &Snapshot, environment: Environment) {
        self.unreadable.extend(snapshot.hidden_in(environment).map(|obstacle| obstacle.error()));
    }

    /// The same where what hides many items, and what both sides have, is told once.
    fn told_once(mut self) -> Self {
        let mut told = HashSet::new();
        self.unreadable.retain(|error| told.insert(error.message.clone()));
        self
    }
}

/// What of the files is told besides the values that differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Texts {
    /// Their texts, line by line.
    Whole,
    /// Nothing.
    Left,
}

impl Texts {
    /// What a format prints.
    #[must_use]
    pub fn of_format(format: &str) -> Self {
        if format == "unified" { Self::Whole } else { Self::Left }
    }
}

/// The differences between two sides, items without any left out. What was read of an item is let go
/// before the next one is.
///
/// # Errors
/// When an asked item is on neither side, or the policy is wrong.
pub fn diff(
    left: &Side<'_>,
    right: &Side<'_>,
    keys: &[Key],
    reveal: Reveal,
    texts: Texts,
) -> Result<Compared<ItemDiff>> {
    for side in [left, right] {
        side.configuration.snapshot().require_environment(side.environment)?;
    }
    let mask = right.configuration.mask(reveal);
    let compare = |key: Key| {
        let Some((from, to)) = versions(left, right, &key)? else { return Ok(None) };
        let (from, to) = (from.as_deref(), to.as_deref());
        let rows = rows(from, to, &right.configuration.lists(&key), &mask);
        let text = |document: Option<&Document>| match texts {
            Texts::Whole => document.map(|document| mask.text(document)),
            Texts::Left => None,
        };
        Ok(Some(ItemDiff { rows, left_text: text(from), right_text: text(to), key }))
    };
    let compared: Vec<_> = keys_of(&[left, right], keys)?.into_par_iter().map(compare).collect();
    let mut out = Compared::default();
    compared.into_iter().for_each(|item| out.add(item));
    if keys.is_empty() {
        for side in [left, right] {
            out.add_hidden(side.configuration.snapshot(), side.environment);
        }
    }
    Ok(out.told_once())
}

/// An item's file; `None` where there is none.
///
/// # Errors
/// When something else stands in its place.
fn item<'c>(
    configuration: &'c Configuration,
    key: &Key,
    environment: Environment,
) -> Result<Option<&'c ItemFile>> {
    match configuration.item(key, environment) {
        None => configuration.snapshot().require_file(key, environment).map(|()| None),
        item => Ok(item),
    }
}

/// An item's documents on both sides; `None` where their texts are the same.
type Versions = Option<(Option<Arc<Document>>, Option<Arc<Document>>)>;

fn versions(left: &Side<'_>, right: &Side<'_>, key: &Key) -> Result<Versions> {
    let (from, to) = (left.item(key)?, right.item(key)?);
    let blob = |item: Option<&ItemFile>| item.and_then(|item| item.blob.clone());
    if blob(from).is_some() && blob(from) == blob(to) {
        return Ok(None);
    }
    let from = from.map(|item| left.configuration.document_once(item, None)).transpose()?;
    let Some(to) = to else { return Ok(Some((from, None))) };
    let bytes = right.configuration.snapshot().bytes_of(to)?;
    if from.as_ref().is_some_and(|from| from.text().as_bytes() == bytes) {
        return Ok(None);
    }
    Ok(Some((from, Some(right.configuration.document_once(to, Some(bytes))?))))
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
    let chosen: Vec<_> =
        snapshot.keys().into_iter().filter(|key| keys.is_empty() || keys.contains(key)).collect();
    let steps = ProgressCounter::new(workspace.repository.progress(), "comparing items", Some(chosen.len()));
    let compare = |key: &&Key| {
        let mut read = [None, None, None];
        for (slot, environment) in read.iter_mut().zip(Environment::ALL) {
            let Some(item) = item(&configuration, key, environment)? else { continue };
            let reading = configuration.reading_of(item, None)?;
            if let Some(planner) = &planner {
                planner.share(&configuration, item, &reading, |bytes| workspace.repository.blob_id(bytes))?;
            }
            *slot = Some(reading.into_document(item)?);
        }
        let documents = read.each_ref().map(|document| document.as_deref());
        let mut rows = matrix_rows(&documents, &configuration.lists(key), &mask);
        for (i, hop) in Hop::ALL.into_iter().enumerate() {
            // What HEAD cannot judge has no resolution; the working tree's values stand all the same.
            let lines = planner
                .as_ref()
                .map(|planner| judgeable(planner.judged(key, hop, &mut Grounds::default())))
                .transpose()?;
            for line in lines.unwrap_or_default() {
                if let Some(row) = rows.get_mut(&line.path) {
                    row.resolutions[i] = Some(line.resolution);
                }
            }
        }
        if let Some(planner) = &planner {
            planner.forget(key);
        }
        let present = documents.map(|document| document.is_some());
        let differs = !rows.is_empty() || present.contains(&false);
        let rows = rows.into_values().collect();
        steps.step();
        Ok(differs.then(|| MatrixItem { key: (*key).clone(), present, rows }))
    };
    let compared: Vec<_> = chosen.par_iter().map(compare).collect();
    let mut out = Compared::default();
    compared.into_iter().for_each(|item| out.add(item));
    if keys.is_empty() {
        Environment::ALL.into_iter().for_each(|environment| out.add_hidden(snapshot, environment));
    }
    Ok(out.told_once())
}
