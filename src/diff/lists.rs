//! List identity: which entry tells the elements of a list of mappings apart.

use std::collections::HashSet;

use super::documents::settle_document;
use crate::model::{List, Segment, Value, ValuePath};
use crate::secrets::looks_secret;

/// What an item's schema says of its lists.
pub trait ListRules {
    /// The identifying key of the list at `path`, when the schema names one.
    fn list_key(&self, path: &ValuePath) -> Option<String>;
    /// Whether the order of the list at `path` means something.
    fn list_order(&self, path: &ValuePath) -> bool;
    /// Whether the entry `field` of the elements of the list at `path` is kept secret, by its name or by
    /// policy.
    fn is_kept_secret(&self, _path: &ValuePath, _field: &str) -> bool {
        false
    }
}

/// No schema says anything of lists.
#[derive(Clone, Copy, Debug)]
pub struct NoListRules;

impl ListRules for NoListRules {
    fn list_key(&self, _: &ValuePath) -> Option<String> {
        None
    }

    fn list_order(&self, _: &ValuePath) -> bool {
        false
    }
}

/// The key by which the elements of two lists (or one and nothing) are matched: the schema's, else
/// the first of [`Value::NAMES`] that every element has as a scalar, unique on each side.
/// `None` when the lists are values as wholes.
#[must_use]
pub fn identity(rules: &dyn ListRules, path: &ValuePath, left: &List, right: &List) -> Option<String> {
    if left.is_empty() && right.is_empty() {
        return None;
    }
    let named = rules.list_key(path).into_iter().chain(Value::NAMES.map(String::from));
    // A name stands in every path that is printed, so what looks like a secret is none.
    let shows = |list: &List, field: &str| {
        list.iter().filter_map(|element| name_of(element, field)).any(looks_secret)
    };
    let tells =
        |field: &String| [left, right].iter().all(|list| list.is_told_apart_by(field) && !shows(list, field));
    let field = named.into_iter().find(|field| tells(field) && !rules.is_kept_secret(path, field))?;
    let same_order = !rules.list_order(path) || order(left, right, &field) == order(right, left, &field);
    same_order.then_some(field)
}

/// `path` as people and policies write it: positions in lists of named elements become names.
/// `values` are the documents that the path is into, `identity_of` says how a list's elements are
/// told apart.
#[must_use]
pub fn by_name(
    values: &[Value],
    path: &ValuePath,
    identity_of: &dyn Fn(&ValuePath, &List) -> Option<String>,
) -> ValuePath {
    let settled = settle_document(path, values, values);
    let mut out = ValuePath::document(if path.is_file() { path.document.clone() } else { settled.document });
    let mut value = path.document.find(values).and_then(|position| values.get(position));
    for segment in &path.segments {
        let child = value.and_then(|value| value.child(segment));
        let named = match (segment, value.and_then(Value::as_list), child) {
            (Segment::Index(_), Some(list), Some(element)) => identity_of(&out, list)
                .and_then(|field| Some((name_of(element, &field)?.to_owned(), field)))
                .map(|(value, field)| Segment::Identity { field, value }),
            _ => None,
        };
        out.segments.push(named.unwrap_or_else(|| segment.clone()));
        value = child;
    }
    out
}

/// The text by which an element is known.
#[must_use]
pub fn name_of<'a>(element: &'a Value, field: &str) -> Option<&'a str> {
    element.name(field)
}

fn order<'a>(list: &'a [Value], other: &[Value], field: &str) -> Vec<&'a str> {
    let others: HashSet<_> = other.iter().filter_map(|element| name_of(element, field)).collect();
    list.iter().filter_map(|element| name_of(element, field)).filter(|name| others.contains(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{Document, Limits};

    #[test]
    fn the_first_field_that_tells_all_elements_apart_is_taken() {
        for (left, right, expected) in [
            ("[{name: a, id: 1}]", "[{name: b, id: 1}]", Some("name")),
            ("[{name: a, id: 1}, {name: a, id: 2}]", "[]", Some("id")),
            (
                "[{metadata: {name: a}}, {metadata: {name: b}}]",
                "[{metadata: {name: a}}]",
                Some("metadata.name"),
            ),
            ("[{metadata.name: a}]", "[{metadata: {name: b}}]", Some("metadata.name")),
            ("[{metadata: {name: a}}, {metadata: {name: a}}]", "[]", None),
            ("[{metadata: {name: a}}, {metadata: {}}]", "[]", None),
            ("[{metadata: a}]", "[]", None),
            ("[1]", "[{name: a}]", None),
        ] {
            let [left, right] = [left, right].map(|text| {
                let document = Document::parse(text.as_bytes(), &Limits::default()).expect(text);
                document.values()[0].as_list().expect("a list").clone()
            });
            let found = identity(&NoListRules, &ValuePath::root(), &left, &right);
            assert_eq!(found.as_deref(), expected, "{left:?} {right:?}");
        }
    }
}
