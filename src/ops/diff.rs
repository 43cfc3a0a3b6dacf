//! `diff`: two sides, or the matrix of all three environments.

use indexmap::IndexMap;

use super::plan::Planner;
use super::workspace::{At, Workspace, no_such_item};
use crate::engine::diff::{Depth, Kind, diff as changes};
use crate::engine::lists::ListRules;
use crate::engine::mask::Mask;
use crate::engine::promotion::Resolution;
use crate::engine::snapshot::{Snapshot, limits};
use crate::model::{Environment, Hop, Key, Path, Pointer, Result, Value};
use crate::yaml::Document;

/// One side of a comparison: `[REV:]ENVIRONMENT`.
pub struct Side<'a> {
    /// As the user wrote it.
    pub label: String,
    /// Where it is read.
    pub snapshot: &'a Snapshot,
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

/// One difference, values masked.
#[derive(Clone, Debug)]
pub struct DiffRow {
    /// What happened.
    pub kind: Kind,
    /// Where.
    pub path: Path,
    /// The same as a pointer into the right document, or the left where the right lacks it.
    pub pointer: Pointer,
    /// The old value.
    pub left: Option<Value>,
    /// The new value.
    pub right: Option<Value>,
    /// The line of the old value, from 1.
    pub left_line: Option<usize>,
    /// The line of the new value, from 1.
    pub right_line: Option<usize>,
}

/// The differences of one item.
#[derive(Clone, Debug)]
pub struct ItemDiff {
    /// The item.
    pub key: Key,
    /// What differs; empty only in `unified`, where texts may differ and values not.
    pub rows: Vec<DiffRow>,
    /// The left file's text; `None` when the item is not there. Not masked.
    pub left_text: Option<String>,
    /// The right file's text; `None` when the item is not there. Not masked.
    pub right_text: Option<String>,
}

/// The keys to compare: those asked for, else all that either side has.
fn keys_of(sides: &[&Side<'_>], asked: &[Key]) -> Result<Vec<Key>> {
    let has = |key: &Key| sides.iter().any(|side| side.snapshot.item(key, side.environment).is_some());
    let mut known: Vec<&Key> =
        sides.iter().flat_map(|side| side.snapshot.keys()).filter(|key| has(key)).collect();
    known.sort();
    known.dedup();
    match asked.iter().find(|key| !has(key)) {
        Some(key) => Err(no_such_item(key, known, None)),
        None if asked.is_empty() => Ok(known.into_iter().cloned().collect()),
        None => Ok(asked.to_vec()),
    }
}

/// The differences between two sides, items without any left out.
///
/// # Errors
/// When an asked item is on neither side, or a file cannot be read.
pub fn diff(
    left: &Side<'_>,
    right: &Side<'_>,
    keys: &[Key],
    lists: &dyn Fn(&Key) -> Box<dyn ListRules>,
    show_secrets: bool,
) -> Result<Vec<ItemDiff>> {
    let policy = right.snapshot.policy()?;
    let limits = limits(&policy);
    let mask = if show_secrets { Mask::none() } else { Mask::new(&policy) };
    let mut out = Vec::new();
    for key in keys_of(&[left, right], keys)? {
        let (from, to) =
            (left.snapshot.item(&key, left.environment), right.snapshot.item(&key, right.environment));
        let same_blob = from
            .and_then(|item| item.blob.as_ref())
            .is_some_and(|blob| to.and_then(|item| item.blob.as_ref()) == Some(blob));
        if same_blob {
            continue;
        }
        let from = from.map(|item| left.snapshot.document(item, &limits)).transpose()?;
        let to = to.map(|item| right.snapshot.document(item, &limits)).transpose()?;
        let rules = lists(&key);
        let rows = rows(from, to, rules.as_ref(), &mask);
        let texts = (from.map(|d| d.text().to_owned()), to.map(|d| d.text().to_owned()));
        if !rows.is_empty() || texts.0 != texts.1 {
            out.push(ItemDiff { key, rows, left_text: texts.0, right_text: texts.1 });
        }
    }
    Ok(out)
}

/// The differences between two documents, either of which may be missing.
pub(super) fn rows(
    from: Option<&Document>,
    to: Option<&Document>,
    lists: &dyn ListRules,
    mask: &Mask<'_>,
) -> Vec<DiffRow> {
    let values = |document: Option<&'_ Document>| document.map(|d| d.values().to_vec()).unwrap_or_default();
    let (left, right) = (values(from), values(to));
    let found = changes(&left, &right, lists, Depth::Whole);
    found
        .iter()
        .map(|change| {
            let line = |document: Option<&Document>| {
                let document = document?;
                Some(document.lines().line(document.locate(&change.path)?.token().start))
            };
            let holder = if change.right.is_some() { to } else { from };
            DiffRow {
                kind: change.kind(),
                path: change.path.clone(),
                pointer: holder.map(|document| document.pointer(&change.path)).unwrap_or_default(),
                left: change.left.map(|value| mask.value(&change.path, value)),
                right: change.right.map(|value| mask.value(&change.path, value)),
                left_line: line(from),
                right_line: line(to),
            }
        })
        .collect()
}

/// One path that differs between environments, values masked.
#[derive(Clone, Debug)]
pub struct MatrixRow {
    /// Where.
    pub path: Path,
    /// The same as a pointer into the latest environment that has it.
    pub pointer: Pointer,
    /// The value in each environment.
    pub values: [Option<Value>; 3],
    /// What the table says for the hop into staging and into production, where it differs.
    pub resolutions: [Option<Resolution>; 2],
}

/// One item whose environments differ.
#[derive(Clone, Debug)]
pub struct MatrixItem {
    /// The item.
    pub key: Key,
    /// Which environments have it.
    pub present: [bool; 3],
    /// The paths that differ.
    pub rows: Vec<MatrixRow>,
}

/// What differs between the three environments of a snapshot, with what a promotion would make of
/// it where the snapshot is of a commit (or of a working tree whose HEAD is judged).
///
/// # Errors
/// When a file cannot be read.
pub fn matrix(workspace: &Workspace, at: &At, keys: &[Key], show_secrets: bool) -> Result<Vec<MatrixItem>> {
    let snapshot = workspace.snapshot(at)?;
    super::workspace::require_keys(&snapshot, keys)?;
    let policy = snapshot.policy()?;
    let limits = limits(&policy);
    let mask = if show_secrets { Mask::none() } else { Mask::new(&policy) };
    let planner = match (at, workspace.repository.head()?) {
        (At::Revision(name), _) => Some(Planner::new(workspace, &workspace.repository.commit(name)?)?),
        (_, Some(head)) => Some(Planner::new(workspace, &head)?),
        (_, None) => None,
    };
    let mut out = Vec::new();
    for key in snapshot.keys().into_iter().filter(|key| keys.is_empty() || keys.contains(key)) {
        let items = Environment::ALL.map(|env| snapshot.item(key, env));
        let documents = {
            let mut read = Vec::with_capacity(3);
            for item in items {
                read.push(item.map(|item| snapshot.document(item, &limits)).transpose()?);
            }
            read
        };
        let lists = planner.as_ref().map(|planner| planner.lists(key));
        let rules: &dyn ListRules = match &lists {
            Some(lists) => lists.as_ref(),
            None => &crate::engine::lists::NoListRules,
        };
        let mut rows: IndexMap<Path, MatrixRow> = IndexMap::new();
        for pair in [(0, 1), (1, 2), (0, 2)] {
            let (Some(a), Some(b)) = (documents[pair.0], documents[pair.1]) else { continue };
            for change in changes(a.values(), b.values(), rules, Depth::Leaves) {
                rows.entry(change.path.clone()).or_insert_with(|| {
                    let holder =
                        documents.iter().rev().flatten().find(|document| document.at(&change.path).is_some());
                    let value = |i: usize| {
                        documents[i].and_then(|d| d.at(&change.path)).map(|v| mask.value(&change.path, v))
                    };
                    MatrixRow {
                        pointer: holder.map(|document| document.pointer(&change.path)).unwrap_or_default(),
                        values: [value(0), value(1), value(2)],
                        resolutions: [None, None],
                        path: change.path.clone(),
                    }
                });
            }
        }
        if let Some(planner) = &planner {
            for (i, hop) in Hop::ALL.into_iter().enumerate() {
                for line in planner.leaves(key, hop)?.unwrap_or_default() {
                    if let Some(row) = rows.get_mut(&line.path) {
                        row.resolutions[i] = Some(line.resolution);
                    }
                }
            }
        }
        let present = [0, 1, 2].map(|i| documents[i].is_some());
        let partly = present.contains(&false);
        if !rows.is_empty() || partly {
            out.push(MatrixItem { key: key.clone(), present, rows: rows.into_values().collect() });
        }
    }
    Ok(out)
}
