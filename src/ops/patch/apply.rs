//! What a patch makes of a value.

use super::kept::Kept;
use crate::model::{
    Error, ErrorKind, Map, Patch, PatchOperation, Pointer, Result, Segment, Value, ValuePath,
};
use crate::secrets::mask::Reveal;

/// What a patch makes of a value, whose secrets stand behind numbers.
///
/// # Errors
/// Usage, when the patch does not fit the value; `TestFailed`.
pub(in crate::ops) fn apply(patch: &Patch, value: &Value, kept: &Kept, reveal: Reveal) -> Result<Value> {
    match patch {
        Patch::Merge(patch) => merge(patch, Some(value), kept, &ValuePath::root()),
        Patch::Json(operations) => {
            let mut value = value.clone();
            for (number, operation) in operations.iter().enumerate() {
                step(operation, &mut value, kept, reveal)
                    .map_err(|error| error.at(&format!("operation {} ({})", number + 1, operation.name())))?;
            }
            Ok(value)
        }
    }
}

fn merge(patch: &Value, current: Option<&Value>, kept: &Kept, path: &ValuePath) -> Result<Value> {
    let Value::Map(entries) = patch else { return kept.resolve(patch, current, path) };
    let mut map = current.and_then(|value| value.untagged().as_map()).cloned().unwrap_or_default();
    for (key, patch) in entries {
        if *patch == Value::Null {
            map.shift_remove(key);
        } else {
            let value = merge(patch, map.get(key), kept, &path.key(key))?;
            map.insert(key.clone(), value);
        }
    }
    Ok(match current {
        Some(Value::Tagged(tag, inner)) if inner.as_map().is_some() => {
            Value::Tagged(tag.clone(), Box::new(Value::Map(map)))
        }
        _ => Value::Map(map),
    })
}

fn step(operation: &PatchOperation, value: &mut Value, kept: &Kept, reveal: Reveal) -> Result<()> {
    match operation {
        PatchOperation::Add { path, value: given } => {
            let place = value_path(path, value);
            // In a list it is put in, and takes nobody's place.
            let current = if is_in_list(path, value) { None } else { at(value, path.tokens()) };
            let given = kept.resolve(given, current, &place)?;
            add(value, path, given)
        }
        PatchOperation::Remove { path } => remove(value, path).map(drop),
        PatchOperation::Replace { path, value: given } => {
            let place = value_path(path, value);
            let current = at_mut(value, path.tokens()).ok_or_else(|| nothing(path))?;
            *current = kept.resolve(given, Some(current), &place)?;
            Ok(())
        }
        PatchOperation::Move { from, path } => {
            let (from_tokens, tokens) = (from.tokens(), path.tokens());
            if from == path {
                return at(value, from_tokens).map(drop).ok_or_else(|| nothing(from));
            }
            if tokens.starts_with(from_tokens) {
                let message = format!("`{from}` cannot be moved into itself, to `{path}`");
                return Err(Error::usage(message).with_help("move it elsewhere"));
            }
            let moved = remove(value, from)?;
            add(value, path, moved)
        }
        PatchOperation::Copy { from, path } => {
            let copied = at(value, from.tokens()).cloned().ok_or_else(|| nothing(from))?;
            add(value, path, copied)
        }
        PatchOperation::Test { path, value: given } => {
            let current = at(value, path.tokens());
            match current.is_some_and(|current| kept.is_same(current, given, reveal)) {
                true => Ok(()),
                false => {
                    let message = format!("the value at `{path}` is not what is tested for");
                    Err(Error::new(ErrorKind::TestFailed, message)
                        .with_help("nothing was changed; read the item again, and decide anew"))
                }
            }
        }
    }
}

fn nothing(path: &Pointer) -> Error {
    Error::usage(format!("there is no value at `{path}`"))
        .with_help("an entry that is new is added, and its parent must be there")
}

/// The position that a token means in a list of so many elements, the place behind the last included.
fn position(token: &str, length: usize) -> Option<usize> {
    let is_plain = token == "0" || !token.starts_with(['0', '+']);
    token.parse().ok().filter(|position| is_plain && *position <= length)
}

fn at<'v>(value: &'v Value, tokens: &[String]) -> Option<&'v Value> {
    tokens.iter().try_fold(value, |value, token| match value.untagged() {
        Value::Map(map) => map.get(token),
        Value::List(list) => list.get(position(token, list.len())?),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Tagged(..) => None,
    })
}

fn at_mut<'v>(value: &'v mut Value, tokens: &[String]) -> Option<&'v mut Value> {
    tokens.iter().try_fold(value, |value, token| match untagged_mut(value) {
        Value::Map(map) => map.get_mut(token),
        Value::List(list) => {
            let position = position(token, list.len())?;
            list.get_mut(position)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Tagged(..) => None,
    })
}

fn untagged_mut(value: &mut Value) -> &mut Value {
    match value {
        Value::Tagged(_, inner) => untagged_mut(inner),
        value => value,
    }
}

fn is_in_list(path: &Pointer, value: &Value) -> bool {
    let parent = path.tokens().split_last().and_then(|(_, parent)| at(value, parent));
    parent.is_some_and(|parent| parent.untagged().as_list().is_some())
}

/// The pointer as a path into this value.
fn value_path(pointer: &Pointer, value: &Value) -> ValuePath {
    let (mut path, mut here) = (ValuePath::root(), Some(value));
    for token in pointer.tokens() {
        let list = here.and_then(|value| value.untagged().as_list());
        let segment = match list.map(|list| position(token, list.len())) {
            Some(Some(position)) => Segment::Index(position),
            Some(None) if token == "-" => Segment::Append,
            Some(None) | None => Segment::Key(token.clone()),
        };
        here = here.and_then(|value| value.child(&segment));
        path.segments.push(segment);
    }
    path
}

fn add(value: &mut Value, path: &Pointer, new: Value) -> Result<()> {
    let Some((last, parent)) = path.tokens().split_last() else {
        *value = new;
        return Ok(());
    };
    let parent = at_mut(value, parent).map(untagged_mut);
    match parent {
        Some(Value::Map(map)) => {
            map.insert(last.clone(), new);
            Ok(())
        }
        Some(Value::List(list)) => {
            let position = if last == "-" { Some(list.len()) } else { position(last, list.len()) };
            let position = position.ok_or_else(|| {
                Error::usage(format!("the list has {} elements, and no place at `{path}`", list.len()))
                    .with_help("count from 0; `-` is the end")
            })?;
            list.insert(position, new);
            Ok(())
        }
        // A mapping or list that is empty may be written as nothing at all.
        Some(parent @ Value::Null) if last != "-" => {
            *parent = Value::Map(Map::from_iter([(last.clone(), new)]));
            Ok(())
        }
        Some(_) => Err(Error::usage(format!("the parent of `{path}` is neither a mapping nor a list"))
            .with_help("replace the parent as a whole")),
        None => Err(nothing(path)),
    }
}

fn remove(value: &mut Value, path: &Pointer) -> Result<Value> {
    let Some((last, parent)) = path.tokens().split_last() else {
        return Err(Error::usage("an item is not removed by a patch").with_help("delete the item"));
    };
    let removed = match at_mut(value, parent).map(untagged_mut) {
        Some(Value::Map(map)) => map.shift_remove(last),
        Some(Value::List(list)) => {
            let position = position(last, list.len()).filter(|position| *position < list.len());
            position.map(|position| list.remove(position))
        }
        _ => None,
    };
    removed.ok_or_else(|| nothing(path))
}
