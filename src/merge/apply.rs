//! One version brought to the intended values by the editor.
//!
//! What comes in is taken from the version that has it, with its comments. Places follow the
//! intended order, so that all three versions put what is new at the same place.

use crate::diff::documents::pair_documents;
use crate::diff::lists::ListRules;
use crate::diff::{Change, Depth, diff};
use crate::model::{DocumentId, Segment, Value, ValuePath};
use crate::yaml::edit::{self, Operation, Place, Replacement};
use crate::yaml::{Document, Limits};

/// The text of `target` with the intended values in their order; `None` when the editor refuses.
pub(super) fn apply(
    target: &Document,
    intended: &[Value],
    sources: &[&Document],
    lists: &dyn ListRules,
    limits: &Limits,
) -> Option<String> {
    let changes = diff(target.values(), intended, lists, Depth::Whole);
    let operations: Vec<_> =
        changes.iter().map(|change| operation(change, target, intended, sources)).collect::<Option<_>>()?;
    let document = edit::edited(target, &operations, limits).ok()?;
    Some(edit::arrange(&document, intended, limits).unwrap_or_else(|| document.into_text()))
}

fn operation<'a>(
    change: &Change<'_>,
    target: &Document,
    intended: &[Value],
    sources: &[&'a Document],
) -> Option<Operation<'a>> {
    let path = change.path.clone();
    let Some(value) = change.right else { return Some(Operation::Remove { path }) };
    let source = sources.iter().find(|source| source.at(&path) == Some(value));
    let value = match source {
        // Whoever changed a scalar wrote it so, in these quotes.
        Some(document) if change.left.is_some() && value.is_scalar() => {
            Replacement::Restored { document, path: path.clone() }
        }
        Some(document) => Replacement::From { document, path: path.clone() },
        None => Replacement::Value(value.clone()),
    };
    if change.left.is_some() {
        return Some(Operation::Set { path, value });
    }
    let Some(parent) = path.parent() else {
        let after = document_before(&path.document, target, intended);
        return Some(Operation::InsertDocument { after, value });
    };
    let (place, key) = place(&path, intended.get(path.document.find(intended)?)?.at(&parent)?)?;
    Some(Operation::Insert { parent, key, place, value, comment: None })
}

/// The document that a new one follows in the intended order, of those that are there.
fn document_before(document: &DocumentId, target: &Document, intended: &[Value]) -> Option<DocumentId> {
    let position = document.find(intended)?;
    let pairs = pair_documents(target.values(), intended);
    let before = pairs.iter().filter(|pair| pair.right.is_some_and(|right| right < position));
    before.filter(|pair| pair.left.is_some()).max_by_key(|pair| pair.right).map(|pair| pair.document.clone())
}

/// Behind its neighbour in the intended order, and its key.
fn place(path: &ValuePath, siblings: &Value) -> Option<(Place, Option<String>)> {
    let behind = |before: Option<Segment>| before.map_or(Place::First, Place::After);
    match (path.last()?, siblings) {
        (Segment::Key(key), Value::Map(map)) => {
            let before = map.get_index_of(key)?.checked_sub(1).and_then(|index| map.get_index(index));
            Some((behind(before.map(|(key, _)| Segment::Key(key.clone()))), Some(key.clone())))
        }
        (Segment::Identity { field, value }, Value::List(list)) => {
            let name = |element: &Value| element.name(field).map(str::to_owned);
            let index = list.iter().position(|element| name(element).as_ref() == Some(value))?;
            let before = index.checked_sub(1).and_then(|index| list.get(index));
            let named = |value| Segment::Identity { field: field.clone(), value };
            Some((behind(before.and_then(name).map(named)), None))
        }
        _ => None,
    }
}
