//! What one side alone called otherwise, the entry of a mapping or the element of a list: what the other side
//! did below the old name belongs below the new one, as it does in a merge of lines.

use std::collections::HashMap;

use super::values::{nameless, says_much};
use super::verify::field;
use crate::diff::lists::ListRules;
use crate::model::{Map, Segment, Value, ValuePath};
use crate::yaml::edit::{self, Operation, Replacement, last_key, rename_keys};
use crate::yaml::{Document, Limits};

/// The base and another version of it with the keys and names that `side` gave what all three have; `None`
/// where there are none, or where they cannot be written.
pub fn followed(
    [base, side, other]: [&Document; 3],
    lists: &dyn ListRules,
    limits: &Limits,
) -> Option<[Document; 2]> {
    let [b, s, o] = [base, side, other].map(|document| document.values());
    let mut found = Vec::new();
    if b.len() == s.len() && b.len() == o.len() {
        for (number, three) in b.iter().zip(s).zip(o).enumerate() {
            let ((base, side), other) = three;
            find(&ValuePath::document(number), [base, side, other], lists, &mut found);
        }
    }
    if found.is_empty() {
        return None;
    }
    Some([renamed(base, &found, limits)?, renamed(other, &found, limits)?])
}

fn renamed(document: &Document, found: &[(ValuePath, String)], limits: &Limits) -> Option<Document> {
    let (names, keys): (Vec<_>, Vec<_>) = found.iter().partition(|(path, _)| last_key(path).is_none());
    let name = |(path, name): &(ValuePath, String)| {
        let Some(Segment::Identity { field, .. }) = path.last() else { return None };
        let path = field.split('.').fold(path.clone(), |path, key| path.key(key));
        // What is no text stays none: `1` for `2`.
        let value = match document.at(&path)? {
            Value::String(_) => Value::String(name.clone()),
            _ => return None,
        };
        Some(Operation::Set { path, value: Replacement::Value(value) })
    };
    let operations: Vec<_> = names.into_iter().map(name).collect::<Option<_>>()?;
    let keys: Vec<_> = keys.into_iter().map(|(path, key)| (path, key.as_str())).collect();
    let document = match keys.is_empty() {
        true => document.clone(),
        false => rename_keys(document, &keys, limits)?,
    };
    edit::edited(&document, &operations, limits).ok()
}

/// Finds what stands under another key on one side: the path on the others, and the new key.
fn find(
    path: &ValuePath,
    [base, side, other]: [&Value; 3],
    lists: &dyn ListRules,
    found: &mut Vec<(ValuePath, String)>,
) {
    match (base, side, other) {
        _ if base == side => {}
        (Value::Map(base), Value::Map(side), Value::Map(other)) => {
            let new = alone(side, [base, other]);
            for (key, value) in base {
                match (side.get(key), other.get(key)) {
                    (Some(side), Some(other)) => find(&path.key(key), [value, side, other], lists, found),
                    (None, Some(other)) if is_known(value, other == value) => {
                        if let Some([new]) = new.get(&value.canonical()).map(Vec::as_slice) {
                            found.push((path.key(key), new.clone()));
                        }
                    }
                    _ => {}
                }
            }
        }
        (Value::List(base), Value::List(side), Value::List(other)) => {
            let Some(field) = field(lists, path, [base, side, other]) else { return };
            let new =
                alone(&nameless(side, &field), [base, other].map(|list| nameless(list, &field)).each_ref());
            for (name, rest) in &nameless(base, &field) {
                let segment = Segment::Identity { field: field.clone(), value: name.clone() };
                let three = [base, side, other].map(|list| list.named(&field, name));
                match three {
                    [Some(base), Some(side), Some(other)] => {
                        find(&path.join(segment), [base, side, other], lists, found);
                    }
                    [Some(old), None, Some(other)] if is_known(rest, other == old) => {
                        if let Some([new]) = new.get(&rest.canonical()).map(Vec::as_slice) {
                            found.push((path.join(segment), new.clone()));
                        }
                    }
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

/// The keys that only one has, by what they hold.
fn alone(side: &Map, others: [&Map; 2]) -> HashMap<String, Vec<String>> {
    let mut out: HashMap<String, Vec<String>> = HashMap::new();
    for (key, value) in side {
        if says_much(value) && !others.iter().any(|other| other.contains_key(key)) {
            out.entry(value.canonical()).or_default().push(key.clone());
        }
    }
    out
}

/// Whether it holds enough to be known again: two values, of which one is more than a switch, or where
/// nothing else was done to it a value at all.
fn is_known(value: &Value, is_kept: bool) -> bool {
    if is_kept {
        return says_much(value);
    }
    let (mut leaves, mut telling) = (0, false);
    value.walk(&ValuePath::root(), &mut |_, value| {
        if value.is_scalar() {
            leaves += 1;
            telling |= says_much(value);
        }
    });
    leaves >= 2 && telling
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::lists::NoListRules;

    #[test]
    fn what_one_side_called_otherwise_is_called_so() {
        let limits = Limits::default();
        for (base, side, other, expected) in [
            ("a: {x: 1, y: 2}\n", "b: {x: 1, y: 2}\n", "a: {x: 1, y: 3}\n", Some("b: {x: 1, y: 3}\n")),
            ("a: 1  # a\n", "b: 1  # a\n", "a: 1  # why\n", Some("b: 1  # why\n")),
            (
                "l:\n- {name: a, v: 1, w: 1}\n",
                "l:\n- {name: b, v: 1, w: 1}\n",
                "l:\n- {name: a, v: 1, w: 2}\n",
                Some("l:\n- {name: b, v: 1, w: 2}\n"),
            ),
            ("a: 1\n", "b: 1\n", "a: 2\n", None),
            ("a: {on: true}\n", "b: {on: true}\n", "a: {on: false}\n", None),
            ("a: {x: 1, y: 2}\n", "b: {x: 1, y: 3}\n", "a: {x: 1, y: 3}\n", None),
            ("a: {x: 1, y: 2}\n", "b: {x: 1, y: 2}\nc: {x: 1, y: 2}\n", "a: {x: 1, y: 3}\n", None),
            ("a: {x: 1, y: 2}\n", "b: {x: 1, y: 2}\n", "c: {x: 1, y: 2}\n", None),
        ] {
            let three =
                [base, side, other].map(|text| Document::parse(text.as_bytes(), &limits).expect(text));
            let found = followed(three.each_ref(), &NoListRules, &limits);
            assert_eq!(found.as_ref().map(|[_, other]| other.text()), expected, "{base} {side} {other}");
        }
    }
}
