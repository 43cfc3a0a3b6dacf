//! From a plan to the edits of the target's file.

use indexmap::IndexMap;

use super::plan::Line;
use super::selection::Verdict;
use crate::model::{Map, Path, Segment, Value};
use crate::yaml::Document;
use crate::yaml::edit::{Operation, Place, Replacement};

/// The edits by which the target takes what the lines take.
#[must_use]
pub fn operations<'a>(lines: &'a [Line], source: &'a Document, target: &Document) -> Vec<Operation<'a>> {
    let mut out = Vec::new();
    let mut entering: IndexMap<Path, Vec<&Line>> = IndexMap::new();
    for line in lines {
        let replacement = match &line.verdict {
            Verdict::Take if line.source.is_none() => {
                let path = if is_whole(&line.top, lines) { &line.top } else { &line.path };
                if !out.iter().any(|done| matches!(done, Operation::Remove { path: gone } if gone == path)) {
                    out.push(Operation::Remove { path: path.clone() });
                }
                continue;
            }
            Verdict::Take => Replacement::From { document: source, path: line.path.clone() },
            Verdict::Set(value) => Replacement::Value(value.clone()),
            Verdict::Decline | Verdict::Keep | Verdict::Ask | Verdict::Stop => continue,
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
            || entering.iter().any(|line| line.path == top && line.verdict == Verdict::Take);
        let value = match whole {
            true => Replacement::From { document: source, path: top.clone() },
            false => Replacement::Value(partial(&top, &entering)),
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

/// Whether all that there is below the highest path that one side lacks is taken, so that the whole
/// of that path is written and no empty mapping stays behind.
fn is_whole(top: &Path, lines: &[Line]) -> bool {
    !top.is_root() && lines.iter().filter(|line| line.top == *top).all(|line| line.verdict == Verdict::Take)
}

/// Behind the nearest element before it in the source that the target has as well.
fn place(top: &Path, source: &Document, target: &Document) -> Place {
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
fn partial(top: &Path, lines: &[&Line]) -> Value {
    let mut value = Value::Map(Map::new());
    for line in lines {
        let given =
            if let Verdict::Set(value) = &line.verdict { Some(value.clone()) } else { line.source.clone() };
        let leaf = given.unwrap_or(Value::Null);
        put(&mut value, &line.path.segments[top.segments.len()..], leaf);
    }
    value
}

fn put(into: &mut Value, segments: &[Segment], leaf: Value) {
    match segments.split_first() {
        None => *into = leaf,
        Some((Segment::Key(key), rest)) => {
            if !matches!(into, Value::Map(_)) {
                *into = Value::Map(Map::new());
            }
            if let Value::Map(map) = into {
                put(map.entry(key.clone()).or_insert(Value::Null), rest, leaf);
            }
        }
        Some((Segment::Identity { field, value }, rest)) => {
            if !matches!(into, Value::List(_)) {
                *into = Value::List(Vec::new());
            }
            if let Value::List(list) = into {
                let name = |element: &Value| {
                    element
                        .as_map()
                        .and_then(|map| map.get(field))
                        .and_then(Value::scalar_text)
                        .map(str::to_owned)
                };
                let known = list.iter().position(|element| name(element).as_ref() == Some(value));
                let position = known.unwrap_or_else(|| {
                    list.push(Value::Map(
                        [(field.clone(), Value::String(value.clone()))].into_iter().collect(),
                    ));
                    list.len() - 1
                });
                put(&mut list[position], rest, leaf);
            }
        }
        Some((Segment::Index(_) | Segment::Append, _)) => {}
    }
}
