//! `list` and `get`: what items there are, and one item's values.

use std::collections::{BTreeMap, VecDeque};

use crate::diff::documents::pair_documents;
use crate::diff::lists::{ListRules, identity, name_of};
use crate::engine::configuration::Configuration;
use crate::engine::snapshot::Snapshot;
use crate::model::{
    CommitId, Environment, Error, ErrorKind, Help, Key, Pointer, Result, Revision, Segment, Value, ValuePath,
    closest,
};

/// The keys of a snapshot, each with the environments that have it.
#[must_use]
pub fn list(snapshot: &Snapshot, environment: Option<Environment>) -> BTreeMap<Key, Vec<Environment>> {
    let mut keys: BTreeMap<Key, Vec<Environment>> = BTreeMap::new();
    for item in snapshot.items().filter(|item| environment.is_none_or(|env| env == item.id.environment)) {
        keys.entry(item.id.key.clone()).or_default().push(item.id.environment);
    }
    keys
}

/// One item, or one value of it.
#[derive(Clone, Debug)]
pub struct ItemView {
    /// The item's key.
    pub key: Key,
    /// Its environment.
    pub environment: Environment,
    /// The commit it was read from; `None` for the working tree and the index.
    pub commit: Option<CommitId>,
    /// The path that was asked for, settled against the document.
    pub path: ValuePath,
    /// The same as a pointer.
    pub pointer: Pointer,
    /// The value.
    pub value: Value,
    /// The file's text, when the whole item was asked for.
    pub text: Option<String>,
}

/// Reads an item, or the value at a path of it.
///
/// # Errors
/// `Absent` when there is no such item or path; usage when the file is not YAML.
pub fn get(
    configuration: &Configuration,
    key: &Key,
    environment: Environment,
    path: Option<&ValuePath>,
) -> Result<ItemView> {
    let snapshot = configuration.snapshot();
    let Some(item) = snapshot.item(key, environment) else {
        return Err(no_item(snapshot, key, environment));
    };
    let document = configuration.document(item)?;
    let path_or_root = document.resolve(path.unwrap_or(&ValuePath::root()));
    let value = document.at(&path_or_root).ok_or_else(|| {
        let error = no_such_path(document.values(), &path_or_root, &item.file);
        or_near_element(error, document.values(), &path_or_root, &configuration.lists(key))
    })?;
    let commit = match &snapshot.revision {
        Revision::Commit(id) => Some(id.clone()),
        Revision::Index | Revision::WorkTree => None,
    };
    Ok(ItemView {
        key: key.clone(),
        environment,
        commit,
        pointer: document.pointer(&path_or_root),
        value: value.clone(),
        text: path.is_none().then(|| document.text().to_owned()),
        path: path_or_root,
    })
}

/// The error for an item that an environment does not have, with the nearest one that it has.
#[must_use]
pub fn no_item(snapshot: &Snapshot, key: &Key, environment: Environment) -> Error {
    let error = snapshot.absent(key, environment);
    match snapshot.require_file(key, environment) {
        Ok(()) => error.with_kind(ErrorKind::NotFound),
        Err(_) => error,
    }
}

/// Asks whether one of `paths` was meant, else gives the advice.
pub(super) fn near_or(word: &str, paths: impl Iterator<Item = String>, advice: Help) -> Help {
    let paths: Vec<String> = paths.collect();
    match closest(word, paths.iter().map(String::as_str)) {
        Some(near) => Help::DidYouMean(near.to_owned()),
        None => advice,
    }
}

/// The path that is there and that `path` is a slip of the hand from, at any of its steps.
pub(super) fn nearest(values: &[Value], path: &ValuePath) -> Option<ValuePath> {
    let mut here = values.get(path.document.find(values)?)?;
    let mut near = ValuePath::document(path.document.clone());
    let mut rest: VecDeque<Segment> = path.segments.iter().cloned().collect();
    while let Some(segment) = rest.pop_front() {
        let (step, next) = match (here.child(&segment), &segment) {
            (Some(next), _) => (segment, next),
            (None, Segment::Key(wrong)) => {
                let map = here.as_map()?;
                match (closest(wrong, map.keys().map(String::as_str)), split_as_path(wrong)) {
                    (Some(right), _) => (Segment::Key(right.to_owned()), map.get(right)?),
                    (None, Some(parts)) => {
                        parts.into_iter().rev().for_each(|part| rest.push_front(part));
                        continue;
                    }
                    (None, None) => return None,
                }
            }
            (None, Segment::Index(_) | Segment::Identity { .. } | Segment::Append) => return None,
        };
        near = near.join(step);
        here = next;
    }
    Some(near)
}

/// The keys that are meant by `a/b` or `a:b`, for which a path has `a.b`.
pub(super) fn split_as_path(key: &str) -> Option<Vec<Segment>> {
    let parts: Vec<&str> = key.split(['/', ':']).collect();
    let is_path = parts.len() > 1 && parts.iter().all(|part| !part.is_empty());
    is_path.then(|| parts.into_iter().map(|part| Segment::Key(part.to_owned())).collect())
}

/// An error for a path that is not there, with the element whose name is near to the one in the path.
/// `lists` says which names may be shown.
pub(super) fn or_near_element(
    error: Error,
    values: &[Value],
    path: &ValuePath,
    lists: &dyn ListRules,
) -> Error {
    match near_element(values, path, lists) {
        Some(near) => error.with_help(Help::DidYouMean(near.to_string())),
        None => error,
    }
}

fn near_element(values: &[Value], path: &ValuePath, lists: &dyn ListRules) -> Option<ValuePath> {
    let mut here = values.get(path.document.find(values)?)?;
    for (step, segment) in path.segments.iter().enumerate() {
        if let Some(next) = here.child(segment) {
            here = next;
            continue;
        }
        let (list, at) = (here.as_list()?, path.prefix(step));
        let field = identity(lists, &at, list, list)?;
        let wrong = match segment {
            Segment::Key(word) => word,
            Segment::Identity { field: asked, value } if *asked == field => value,
            Segment::Identity { .. } | Segment::Index(_) | Segment::Append => return None,
        };
        let right = closest(wrong, list.iter().filter_map(|element| name_of(element, &field)))?.to_owned();
        let mut near = at.join(Segment::Identity { field, value: right });
        near.segments.extend(path.segments.iter().skip(step + 1).cloned());
        return Some(near);
    }
    None
}

/// The same path in the one other document that has it.
fn in_another_document(values: &[Value], path: &ValuePath) -> Option<ValuePath> {
    if path.is_root() || values.len() < 2 {
        return None;
    }
    let elsewhere = pair_documents(values, values).into_iter().map(|pair| {
        let other = ValuePath { document: pair.document, segments: path.segments.clone() };
        (pair.left.and_then(|position| values.get(position)?.at(path)).is_some(), other)
    });
    let mut found = elsewhere.filter(|(is_there, _)| *is_there).map(|(_, other)| other);
    found.next().filter(|_| found.next().is_none())
}

fn counted(elements: usize) -> String {
    if elements == 1 { "1 element".to_owned() } else { format!("{elements} elements") }
}

/// The error for a path that is not there, with the nearest one that is.
#[must_use]
pub fn no_such_path(values: &[Value], path: &ValuePath, file: &str) -> Error {
    let error = Error::not_found(format!("{file} has no `{path}`"));
    if let Some(near) = nearest(values, path).or_else(|| in_another_document(values, path)) {
        return error.with_help(Help::DidYouMean(near.to_string()));
    }
    let Some(mut here) = path.document.find(values).and_then(|position| values.get(position)) else {
        let pairs = pair_documents(values, values);
        let named = pairs.into_iter().map(|pair| ValuePath::document(pair.document).to_string());
        let named: Vec<String> = named.filter(|path| !path.is_empty()).take(8).collect();
        let shown = if named.is_empty() { String::new() } else { format!(": {}", named.join(", ")) };
        return error.with_help(match values.len() {
            1 => "the file has one YAML document".to_owned(),
            several => format!("the file has {several} YAML documents{shown}"),
        });
    };
    let mut reached = ValuePath::document(path.document.clone());
    for segment in &path.segments {
        if let Some(next) = here.child(segment) {
            here = next;
            reached = reached.join(segment.clone());
            continue;
        }
        let keys: Vec<&str> = here.as_map().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
        let near = match segment {
            Segment::Key(key) => closest(key, keys.iter().copied()),
            Segment::Index(_) | Segment::Identity { .. } | Segment::Append => None,
        };
        let place = if reached.is_root() { "the item".to_owned() } else { format!("`{reached}`") };
        return error.with_help(match (near, here) {
            (Some(near), _) => Help::DidYouMean(reached.key(near).to_string()),
            (None, Value::Map(_)) if !keys.is_empty() => {
                let shown: Vec<_> = keys.iter().take(8).copied().collect();
                let more = if keys.len() > 8 { ", …" } else { "" };
                format!("{place} has {}{more}", shown.join(", ")).into()
            }
            (None, Value::List(list)) if matches!(segment, Segment::Index(_)) => {
                format!("{place} has {}, counted from 0", counted(list.len())).into()
            }
            (None, other) => format!("{place} is a {}", other.kind()).into(),
        });
    }
    error
}
