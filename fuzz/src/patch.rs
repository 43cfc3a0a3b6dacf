//! An item and a JSON Patch of it, with a line `%%%` between them.

use serde_json::Value as Json;
use terrace::api::sent::json_patch;
use terrace::api::value::json;
use terrace::model::{Patch, PatchOperation, Pointer};
use terrace::ops::patched;
use terrace::yaml::{Document, Limits};

/// Patches an item; its text and its value become the same, and what RFC 6902 says.
pub fn patch(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let (item, patch) = text.split_once("%%%\n").unwrap_or(("a: {b: [1, 2, x]}\nc: null\n", text));
    let patch = match json_patch(patch) {
        Ok(patch) => patch,
        Err(error) => {
            assert!(!error.message().is_empty());
            return false;
        }
    };
    let limits = Limits::default();
    let Ok(document) = Document::parse(item.as_bytes(), &limits) else { return false };
    if !document.problems().is_empty() || document.values().len() != 1 {
        return false;
    }
    let (value, edited) = match patched(&document, &patch) {
        Ok(done) => done,
        Err(error) => {
            assert!(!error.message().is_empty());
            return false;
        }
    };
    let read = Document::parse(edited.as_bytes(), &limits).expect("a patched item is YAML");
    assert_eq!(read.value(), &value, "{edited:?}");
    let Patch::Json(operations) = patch else { panic!("not a JSON Patch") };
    // What has no notation of JSON's own is another thing to its rules.
    let is_plain = |value: &Json| !value.to_string().contains("\"tag\"");
    let before = json(document.value());
    if is_plain(&before) {
        let after = operations.iter().try_fold(before, step);
        assert_eq!(after, Some(json(&value)), "{edited:?}");
    }
    true
}

/// RFC 6902, of what was accepted. An entry may also come into nothing.
fn step(mut value: Json, operation: &PatchOperation) -> Option<Json> {
    match operation {
        PatchOperation::Add { path, value: new } => add(&mut value, path, json(new))?,
        PatchOperation::Remove { path } => _ = remove(&mut value, path)?,
        PatchOperation::Replace { path, value: new } => *value.pointer_mut(&path.to_string())? = json(new),
        PatchOperation::Move { from, path } if from == path => {}
        PatchOperation::Move { from, path } => {
            let moved = remove(&mut value, from)?;
            add(&mut value, path, moved)?;
        }
        PatchOperation::Copy { from, path } => {
            let copied = value.pointer(&from.to_string())?.clone();
            add(&mut value, path, copied)?;
        }
        PatchOperation::Test { .. } => {}
    }
    Some(value)
}

fn parent<'v>(value: &'v mut Json, path: &Pointer) -> Option<(&'v mut Json, String)> {
    let (last, parent) = path.tokens().split_last()?;
    let parent = Pointer::new(parent.iter().cloned());
    Some((value.pointer_mut(&parent.to_string())?, last.clone()))
}

fn add(value: &mut Json, path: &Pointer, new: Json) -> Option<()> {
    if path.tokens().is_empty() {
        *value = new;
        return Some(());
    }
    let (parent, last) = parent(value, path)?;
    match parent {
        Json::Object(map) => _ = map.insert(last, new),
        Json::Array(list) if last == "-" => list.push(new),
        Json::Array(list) => {
            let at = last.parse().ok().filter(|at| *at <= list.len())?;
            list.insert(at, new);
        }
        Json::Null => *parent = Json::Object([(last, new)].into_iter().collect()),
        _ => return None,
    }
    Some(())
}

fn remove(value: &mut Json, path: &Pointer) -> Option<Json> {
    let (parent, last) = parent(value, path)?;
    match parent {
        Json::Object(map) => map.shift_remove(&last),
        Json::Array(list) => {
            let at = last.parse().ok().filter(|at| *at < list.len())?;
            Some(list.remove(at))
        }
        _ => None,
    }
}
