//! From a plan to the edits of the target's file.

use indexmap::IndexMap;

use super::entry::Action;
use super::entry::PlanEntry;
use crate::diff::lists::name_of;
use crate::model::{List, Map, Segment, Value, ValuePath};
use crate::yaml::Document;
use crate::yaml::edit::{Operation, Place, Replacement};

/// The edits by which the target takes what the lines take.
#[must_use]
pub fn operations<'a>(lines: &'a [PlanEntry], source: &'a Document, target: &Document) -> Vec<Operation<'a>> {
    let mut out = Vec::new();
    let mut entering: IndexMap<ValuePath, Vec<&PlanEntry>> = IndexMap::new();
    for line in lines {
        let replacement = match &line.verdict {
            Action::Take if line.source.is_none() => {
                let path = highest_leaving(line, lines);
                if !out.iter().any(|done| matches!(done, Operation::Remove { path: gone } if *gone == path)) {
                    out.push(Operation::Remove { path });
                }
                continue;
            }
            Action::Take => Replacement::From { document: source, path: line.path.clone() },
            Action::Set(value) => Replacement::Value(value.clone()),
            Action::Decline | Action::Keep | Action::Ask | Action::Stop => continue,
        };
        if line.target.is_some() {
            out.push(Operation::Set { path: line.path.clone(), value: replacement });
        } else {
            entering.entry(line.top.clone()).or_default().push(line);
        }
    }
    for (top, entering) in entering {
        let Some(parent) = top.parent() else { continue };
        let whole = is_whole(&top, lines)
            || entering.iter().any(|line| line.path == top && line.verdict == Action::Take);
        let value = match whole {
            true => Replacement::From { document: source, path: top.clone() },
            false => Replacement::Value(partial(&top, &entering, source)),
        };
        let key = match top.last() {
            Some(Segment::Key(key)) => Some(key.clone()),
            _ => None,
        };
        let place = place(&top, source, target);
        out.push(Operation::Insert { parent, key, place, value, comment: None });
    }
    out
}

/// Whether all that there is at or below a path that one side lacks is taken.
fn is_whole(at: &ValuePath, lines: &[PlanEntry]) -> bool {
    !at.is_root()
        && lines.iter().filter(|line| at.covers(&line.path)).all(|line| line.verdict == Action::Take)
}

/// The highest path that goes when `line` does, so that no empty mapping and no element with only
/// a name stays behind.
fn highest_leaving(line: &PlanEntry, lines: &[PlanEntry]) -> ValuePath {
    let segments = &line.path.segments;
    (line.top.segments.len()..segments.len())
        .map(|n| ValuePath { document: line.path.document, segments: segments[..n].to_vec() })
        .find(|prefix| is_whole(prefix, lines))
        .unwrap_or_else(|| line.path.clone())
}

/// Behind the nearest element before it in the source that the target has as well.
fn place(top: &ValuePath, source: &Document, target: &Document) -> Place {
    let (Some(parent), Some(last)) = (top.parent(), top.last()) else { return Place::Last };
    let (here, there) = (source.at(&parent), target.at(&parent));
    match (last, here, there) {
        (Segment::Key(key), Some(Value::Map(from)), Some(Value::Map(into))) => {
            let before =
                from.keys().take_while(|other| *other != key).filter(|other| into.contains_key(*other));
            before.last().map_or(Place::Last, |key| Place::After(Segment::Key(key.clone())))
        }
        (Segment::Identity { field, value }, Some(Value::List(from)), Some(into @ Value::List(_))) => {
            let name = |element: &Value| element.as_map()?.get(field)?.scalar_text().map(str::to_owned);
            let names = from.iter().filter_map(name).take_while(|name| name != value);
            let known = |name: &String| {
                into.child(&Segment::Identity { field: field.clone(), value: name.clone() }).is_some()
            };
            let before = names.filter(known).last();
            before
                .map_or(Place::First, |value| Place::After(Segment::Identity { field: field.clone(), value }))
        }
        _ => Place::Last,
    }
}

/// The value at `top` that holds just these lines.
fn partial(top: &ValuePath, lines: &[&PlanEntry], source: &Document) -> Value {
    let mut value = match top.last() {
        Some(Segment::Identity { field, value }) => named(field, value, source.at(top)),
        _ => Value::Map(Map::new()),
    };
    for line in lines {
        let given =
            if let Action::Set(value) = &line.verdict { Some(value.clone()) } else { line.source.clone() };
        let leaf = given.unwrap_or(Value::Null);
        put(&mut value, source.at(top), &line.path.segments[top.segments.len()..], leaf);
    }
    value
}

/// Puts `leaf` into a value that has of `like` only what was put there, and the names of elements.
fn put(into: &mut Value, like: Option<&Value>, segments: &[Segment], leaf: Value) {
    let Some((segment, rest)) = segments.split_first() else {
        *into = leaf;
        return;
    };
    let child = like.and_then(|like| like.child(segment));
    match segment {
        Segment::Key(key) => {
            if !matches!(into, Value::Map(_)) {
                *into = Value::Map(Map::new());
            }
            if let Value::Map(map) = into {
                put(map.entry(key.clone()).or_insert(Value::Null), child, rest, leaf);
            }
        }
        Segment::Identity { field, value } => {
            if !matches!(into, Value::List(_)) {
                *into = Value::List(List::new());
            }
            if let Value::List(list) = into {
                let known = list.iter().position(|element| name_of(element, field) == Some(value));
                let position = known.unwrap_or_else(|| {
                    list.push(named(field, value, child));
                    list.len() - 1
                });
                put(&mut list[position], child, rest, leaf);
            }
        }
        Segment::Index(_) | Segment::Append => {}
    }
}

/// An element with nothing but its name, which is written as in `like`: `id: 7` is no text.
fn named(field: &str, value: &str, like: Option<&Value>) -> Value {
    let name = like.and_then(Value::as_map).and_then(|map| map.get(field)).cloned();
    let name = name.unwrap_or_else(|| Value::String(value.to_owned()));
    Value::Map([(field.to_owned(), name)].into_iter().collect())
}
