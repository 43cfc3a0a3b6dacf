//! Renamed pairs: an entry that a commit took away at one path and brought at another.

use std::collections::HashMap;

use crate::diff::Depth;
use crate::diff::labels::DocumentLabels;
use crate::diff::lists::{ListRules, identity, name_of};
use crate::model::{List, PathTree, Segment, Value, ValuePath};
use crate::yaml::FileValues;

/// Two ends of one entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// Where it was.
    pub from: ValuePath,
    /// Where it is.
    pub to: ValuePath,
    /// What it held before.
    pub old: Value,
}

/// An entry that was removed or added, at any depth.
struct Node<'a> {
    path: ValuePath,
    value: &'a Value,
    /// What it is but for its identity.
    likeness: String,
}

/// The pairs of two versions of a file, from the highest entries down, by paths with these documents.
#[must_use]
pub fn pairs(
    before: &FileValues,
    after: &FileValues,
    documents: &DocumentLabels<'_>,
    lists: &dyn ListRules,
) -> Vec<Pair> {
    let (mut removed, mut added) = (Vec::new(), Vec::new());
    for change in documents.diff(before.values(), after.values(), lists, Depth::Whole) {
        match (change.left, change.right) {
            (Some(value), None) => nodes(&change.path, value, lists, &mut removed),
            (None, Some(value)) => nodes(&change.path, value, lists, &mut added),
            _ => {}
        }
    }
    let (of_removed, of_added) = (Likely::new(&removed), Likely::new(&added));
    let mut pairs: Vec<Pair> = Vec::new();
    let mut taken: PathTree<'_, ()> = PathTree::default();
    for node in &removed {
        if pairs.last().is_some_and(|pair| pair.from.covers(&node.path)) {
            continue;
        }
        let Some(to) = of_added.only(node).map(|to| &added[to]) else { continue };
        if of_removed.only(to).is_some() && taken.above(&to.path).next().is_none() {
            *taken.slot(&to.path) = Some(());
            pairs.push(Pair { from: node.path.clone(), to: to.path.clone(), old: node.value.clone() });
        }
    }
    pairs
}

/// Entries by what makes them the other end of one: equal beside it, or equal under its last name.
#[derive(Default)]
struct Likely<'n> {
    beside: HashMap<(&'n str, Option<ValuePath>), Vec<usize>>,
    alike: HashMap<(&'n str, &'n Segment), Vec<usize>>,
}

impl<'n> Likely<'n> {
    fn new(nodes: &'n [Node<'_>]) -> Self {
        let mut likely = Self::default();
        for (number, node) in nodes.iter().enumerate() {
            if !says_little(node.value) {
                likely.beside.entry((&node.likeness, node.path.parent())).or_default().push(number);
            }
            if let Some(name @ (Segment::Key(_) | Segment::Identity { .. })) = node.path.last() {
                likely.alike.entry((&node.likeness, name)).or_default().push(number);
            }
        }
        likely
    }

    /// The entry that fits, where there is just one.
    fn only(&self, node: &Node<'_>) -> Option<usize> {
        let beside = self.beside.get(&(node.likeness.as_str(), node.path.parent()));
        let alike = node.path.last().and_then(|name| self.alike.get(&(node.likeness.as_str(), name)));
        let mut found = [beside, alike].into_iter().flatten().flat_map(|numbers| numbers.iter().take(2));
        let first = *found.next()?;
        found.all(|number| *number == first).then_some(first)
    }
}

/// The keys that lead to each part of what an element or a document is told by; none where a path is of
/// neither.
#[must_use]
pub fn identity_keys(path: &ValuePath) -> Vec<Vec<&str>> {
    match path.last() {
        None => {
            vec![vec!["apiVersion"], vec!["kind"], vec!["metadata", "name"], vec!["metadata", "namespace"]]
        }
        Some(Segment::Identity { field, .. }) => vec![field.split('.').collect()],
        Some(Segment::Key(_) | Segment::Index(_) | Segment::Append) => Vec::new(),
    }
}

/// A value without what is at these keys.
fn without(value: &Value, keys: &[&str]) -> Value {
    let (Some((first, rest)), Some(map)) = (keys.split_first(), value.as_map()) else { return value.clone() };
    let entry = |(key, value): (&String, &Value)| match (key == first, rest.is_empty()) {
        (true, true) => None,
        (true, false) => Some((key.clone(), without(value, rest))),
        (false, _) => Some((key.clone(), value.clone())),
    };
    Value::Map(map.iter().filter_map(entry).collect())
}

/// A value without what tells it apart at this path.
fn without_identity(path: &ValuePath, value: &Value) -> Value {
    identity_keys(path).iter().fold(value.clone(), |value, keys| without(&value, keys))
}

/// An entry and all that lies below it, itself first.
fn nodes<'a>(path: &ValuePath, value: &'a Value, lists: &dyn ListRules, out: &mut Vec<Node<'a>>) {
    out.push(Node { path: path.clone(), value, likeness: without_identity(path, value).canonical() });
    let name = match path.last() {
        Some(Segment::Identity { field, .. }) if !field.contains('.') => Some(field.as_str()),
        _ => None,
    };
    for (key, value) in value.as_map().into_iter().flatten().filter(|(key, _)| Some(key.as_str()) != name) {
        nodes(&path.key(key), value, lists, out);
    }
    let Some((list, field)) =
        value.as_list().and_then(|list| Some((list, identity(lists, path, list, &List::new())?)))
    else {
        return;
    };
    for element in list {
        let name = name_of(element, &field).unwrap_or_default().to_owned();
        nodes(&path.join(Segment::Identity { field: field.clone(), value: name }), element, lists, out);
    }
}

/// Whether a value is one of so many that it tells nothing of where it came from.
fn says_little(value: &Value) -> bool {
    match value {
        Value::Bool(_) | Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Map(map) => map.is_empty(),
        Value::List(list) => list.is_empty(),
        Value::Number(_) | Value::Tagged(..) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::lists::NoListRules;
    use crate::model::lookups::assert_linear;
    use crate::yaml::{Document, Limits};

    fn document(text: &str) -> Document {
        Document::parse(text.as_bytes(), &Limits::default()).expect(text)
    }

    #[test]
    fn pairs_are_equal_but_for_the_name_and_no_second_entry_fits() {
        for (before, after, expected) in [
            ("a: 1\nsize: 7", "a: 1\ncapacity: 7", &["size > capacity"][..]),
            ("size: 7", "capacity: 8", &[]),
            ("size: 7", "capacity: 7\nroom: 7", &[]),
            ("size: 7\nroom: 7", "capacity: 7", &[]),
            // What says little pairs only under its own last name.
            ("old: true", "new: true", &[]),
            ("old: ''", "new: ''", &[]),
            ("old: {on: true}", "new: {x: {on: true}}", &["old.on > new.x.on"]),
            ("old: {on: true, n: 1}", "new: {on: true, n: 1}", &["old > new"]),
            ("q: {size: 7}", "db: {size: 7}", &["q > db"]),
            ("q: {size: 7, x: 1}", "db: {y: {size: 7}}", &["q.size > db.y.size"]),
            ("q: {size: 7, x: 1}", "db: {y: {room: 7}}", &[]),
            (
                "l: [{name: a, v: 9, w: {x: 1}}, {name: b}]",
                "l: [{name: c, v: 9, w: {x: 1}}, {name: b}]",
                &["l[name=a] > l[name=c]"],
            ),
            ("l: [{name: a, v: 9}, {name: b}]", "l: [{name: c, v: 8}, {name: b}]", &[]),
            // To another list under its own name.
            (
                "l: [{name: a, v: 9}, {name: b}]",
                "l: [{name: b}]\nm: [{name: a, v: 9}]",
                &["l[name=a] > m[name=a]"],
            ),
            (
                "l: [{name: a, v: 9}, {name: b}]",
                "l: [{name: b}]\nm: [{name: c, v: 9}]",
                &["l[name=a].v > m[name=c].v"],
            ),
            (
                "apiVersion: v1\nkind: A\nmetadata: {name: x}\nv: 1\n---\napiVersion: v1\nkind: B\nmetadata: {name: x}\n",
                "apiVersion: v1\nkind: A\nmetadata: {name: y}\nv: 1\n---\napiVersion: v1\nkind: B\nmetadata: {name: x}\n",
                &["#A/x: > #A/y:"],
            ),
            // Another group, or another kind, and nothing else.
            (
                "apiVersion: x/v1\nkind: A\nmetadata: {name: x}\nv: 1\n---\napiVersion: v1\nkind: B\nmetadata: {name: x}\n",
                "apiVersion: y/v1\nkind: A\nmetadata: {name: x}\nv: 1\n---\napiVersion: v1\nkind: B\nmetadata: {name: x}\n",
                &["#A.x/x: > #A.y/x:"],
            ),
        ] {
            let (before, after) = (document(before), document(after));
            let documents = DocumentLabels::new(before.values(), after.values());
            let found = pairs(&before, &after, &documents, &NoListRules);
            let shown: Vec<_> = found.iter().map(|pair| format!("{} > {}", pair.from, pair.to)).collect();
            assert_eq!(shown, expected, "{} {}", before.text(), after.text());
        }
    }

    #[test]
    fn many_renamed_entries_take_as_many_steps() {
        let none = DocumentLabels::new(&[], &[]);
        assert_linear("renamed", |n| {
            let text = |name: &str| (0..n).map(|i| format!("{name}{i}: 7\n")).collect::<String>();
            let (before, after) = (document(&text("a")), document(&text("b")));
            assert!(pairs(&before, &after, &none, &NoListRules).is_empty());
        });
        assert_linear("renamed, each by its value", |n| {
            let text = |name: &str| (0..n).map(|i| format!("{name}{i}: {i}\n")).collect::<String>();
            let (before, after) = (document(&text("a")), document(&text("b")));
            assert_eq!(pairs(&before, &after, &none, &NoListRules).len(), n);
        });
    }
}
