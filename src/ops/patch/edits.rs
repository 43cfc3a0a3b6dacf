//! From the value that a document holds to another one, as edits of its text.

use crate::model::{Map, Segment, Value, ValuePath};
use crate::yaml::Document;
use crate::yaml::edit::{Operation, Place, Replacement};

/// The edits that make `value` of the document at `path`, each at the highest path at which both are
/// no mappings; what is equal in both is not touched.
pub(in crate::ops) fn edits(document: &Document, path: &ValuePath, value: &Value) -> Vec<Operation<'static>> {
    let mut found = Vec::new();
    match document.at(path) {
        Some(old) if old != value => differences(document, path, (old, value), &mut found),
        _ => {}
    }
    found
}

fn differences(
    document: &Document,
    path: &ValuePath,
    (old, new): (&Value, &Value),
    found: &mut Vec<Operation<'static>>,
) {
    match (old, new) {
        (Value::Map(old), Value::Map(new)) if !old.is_empty() && !new.is_empty() => {
            entries(document, path, (old, new), found);
        }
        (Value::Tagged(tag, old), Value::Tagged(other, new)) if tag == other && !old.is_scalar() => {
            differences(document, path, (old, new), found);
        }
        _ => found.push(Operation::Set { path: path.clone(), value: Replacement::Value(new.clone()) }),
    }
}

fn entries(
    document: &Document,
    path: &ValuePath,
    (old, new): (&Map, &Map),
    found: &mut Vec<Operation<'static>>,
) {
    for key in old.keys().filter(|key| !new.contains_key(*key)) {
        found.push(Operation::Remove { path: path.key(key) });
    }
    let mut place = Place::Last;
    for (key, value) in new {
        let here = path.key(key);
        match old.get(key) {
            Some(old) => {
                if old != value {
                    differences(document, &here, (old, value), found);
                }
                // What is merged has no place of its own.
                let is_own = document.locate(&here).is_some_and(|located| !located.shared);
                place = if is_own { Place::After(Segment::Key(key.clone())) } else { Place::Last };
            }
            None => {
                found.push(Operation::Insert {
                    parent: path.clone(),
                    key: Some(key.clone()),
                    place: place.clone(),
                    value: Replacement::Value(value.clone()),
                    comment: None,
                });
                place = Place::After(Segment::Key(key.clone()));
            }
        }
    }
}
