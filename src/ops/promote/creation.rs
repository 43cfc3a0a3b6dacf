//! The file of an item that the target does not have yet.

use std::collections::HashSet;

use super::Creation;
use crate::engine::naming::Naming;
use crate::engine::promotion::{Selection, comments_left_out, without_local_comments};
use crate::engine::snapshot::{Place, place};
use crate::model::{Error, Help, Hop, Key, PathTree, Result, Value, ValuePath};
use crate::ops::edit::{edit, set_or_insert};
use crate::ops::plan::Planner;
use crate::secrets::{DocumentSecrets, encrypted};
use crate::yaml::edit::{Operation, Replacement};

/// The file of a new item: the source's, without pins and secrets.
pub(in crate::ops) fn create(
    planner: &Planner,
    key: &Key,
    hop: Hop,
    selection: &Selection,
) -> Result<Creation> {
    let (configuration, policy) = (&planner.configuration, planner.configuration.policy());
    let Some(item) = configuration.item(key, hop.source()) else {
        return Err(Error::internal(format!("{key} vanished while it was planned")));
    };
    if let Some(word) = selection.parts() {
        return Err(Error::usage(format!(
            "{} has no item `{key}` yet, so {word} has nothing to choose from",
            hop.target()
        ))
        .with_help(Help::ShapeItem));
    }
    if let Some(file) = planner.encryption(item, encrypted::is_encrypted)? {
        return Err(encrypted::not_promoted(key, &file));
    }
    let except: PathTree<'_, ()> = selection.except.iter().map(|path| (path, ())).collect();
    // Of two values for one path the first counts.
    let set: PathTree<'_, &Value> = selection.set.iter().rev().map(|(path, value)| (path, value)).collect();
    let whole = configuration.document(item)?;
    let naming = Naming::new(policy);
    let carried = without_local_comments(&whole, &naming, configuration.limits());
    let document = carried.as_ref().unwrap_or(&whole);
    let secrets = DocumentSecrets::of(document, policy);
    let (mut left_out, mut to_give): (Vec<ValuePath>, Vec<ValuePath>) = (Vec::new(), Vec::new());
    for (number, value) in document.values().iter().enumerate() {
        value.walk(&ValuePath::document(number), &mut |path, value| {
            let excepted = except.above(path).next().is_some();
            let is_own =
                secrets.secret(policy, path, value).is_some() || policy.pin(key, path, hop).is_some();
            if excepted || is_own {
                left_out.push(path.clone());
            }
            if is_own && !excepted {
                to_give.push(path.clone());
            }
        });
    }
    // What is given as a whole needs nothing left out inside.
    left_out.retain(|path| set.above(path).all(|(steps, _)| steps == path.segments.len()));
    let known: HashSet<&ValuePath> = left_out.iter().collect();
    let mut foreign = Vec::new();
    for (number, value) in document.values().iter().enumerate() {
        value.walk(&ValuePath::document(number), &mut |path, value| {
            let other = naming.named_by(value).into_iter().find(|env| *env != hop.target());
            let settled = known.contains(path) || set.above(path).next().is_some();
            foreign.extend(other.filter(|_| !settled).map(|env| (path.clone(), env)));
        });
    }
    let given = |path: &ValuePath| set.get(path).map(|value| (*value).clone());
    let mut edits: Vec<Operation<'_>> = left_out
        .iter()
        .map(|path| match given(path) {
            Some(value) => Operation::Set { path: path.clone(), value: Replacement::Value(value) },
            None => Operation::Remove { path: path.clone() },
        })
        .collect();
    for (path, value) in selection.set.iter().filter(|(path, _)| !known.contains(path)) {
        edits.push(set_or_insert(document, path, value.clone(), &item.file)?);
    }
    drop(known);
    left_out.retain(|path| given(path).is_none());
    to_give.retain(|path| set.above(path).next().is_none());
    let text = edit(document, &edits, configuration.limits(), &item.file)?;
    let source_blob = item.committed()?.clone();
    let left_comments = comments_left_out(&whole, document);
    let given = selection.set.clone();
    let was = former_name(planner, key, hop)?;
    Ok(Creation {
        key: key.clone(),
        source_blob,
        text,
        left_out,
        to_give,
        given,
        left_comments,
        foreign,
        was,
    })
}

/// The paths of a selection that speak of nothing in an item that the target does not have yet: the
/// source lacks them, and no schema requires a value that is given there.
pub(in crate::ops) fn idle_in_new(
    planner: &Planner,
    key: &Key,
    hop: Hop,
    selection: &Selection,
) -> Result<Vec<ValuePath>> {
    let item = planner.configuration.item(key, hop.source());
    let Some(document) = item.map(|item| planner.configuration.document(item)).transpose()? else {
        return Ok(Vec::new());
    };
    let is_absent = |path: &ValuePath| document.at(path).is_none();
    let except = selection.except.iter().filter(|path| is_absent(path));
    let set = selection.set.iter().map(|(path, _)| path);
    let set = set.filter(|path| is_absent(path) && !planner.requires(key, hop.target(), path));
    Ok(except.chain(set).cloned().collect())
}

/// The name that an item which the target lacks had in the source, where the target has it under that one.
///
/// # Errors
/// When it cannot be looked up.
pub(super) fn former_name(planner: &Planner, key: &Key, hop: Hop) -> Result<Option<Key>> {
    let file = key.file(hop.source());
    let moves = planner.history.commits().iter().flat_map(|commit| &commit.moved.files);
    let origin = moves.filter(|moved| moved.to == file).find_map(|moved| moved.origin.as_ref());
    let Some(Place::Item(id)) = origin.and_then(|origin| place(&origin.path)) else { return Ok(None) };
    let has = |environment| Ok::<_, Error>(planner.blob_now(&id.key, environment)?.is_some());
    let is_that = id.environment == hop.source() && has(hop.target())? && !has(hop.source())?;
    Ok(is_that.then_some(id.key))
}
