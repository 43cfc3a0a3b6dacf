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
        (Value::Map(old), Value::Map(new)) if !old.is_empty() => {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::yaml::edit::apply;
    use crate::yaml::{Limits, render};

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            (0..9_u8).prop_map(|n| Value::Number(n.to_string())),
            "[a-z #:'\\n-]{0,6}".prop_map(Value::String),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(|list| Value::List(list.into())),
                // Few keys, so that many are the same on both sides.
                prop::collection::vec(("[a-e]", inner), 0..5)
                    .prop_map(|entries| Value::Map(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_value_becomes_any_other(from in value(), to in value()) {
            let (limits, root) = (Limits::default(), ValuePath::root());
            let text = format!("# top\n\n{}", render::block(&from, 0));
            let document = Document::parse(text.as_bytes(), &limits).expect("YAML");
            let edits = edits(&document, &root, &to);
            prop_assert_eq!(edits.is_empty(), from == to);
            let after = apply(&document, &edits, &limits)
                .map_err(|refusal| TestCaseError::fail(format!("{}\n{text}", refusal.message)))?;
            let read = Document::parse(after.as_bytes(), &limits).expect("YAML");
            prop_assert_eq!(read.value(), &to);
            prop_assert!(after.starts_with("# top\n\n") || read.value().is_scalar(), "{}", after);
        }
    }
}
