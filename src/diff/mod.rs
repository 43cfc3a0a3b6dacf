//! Differences between two values, by path.

use indexmap::IndexSet;

pub mod documents;
pub mod labels;
pub mod lists;

use self::documents::{DocumentPair, pair_documents};
use self::lists::{ListRules, identity, name_of};
use crate::model::{Map, Segment, Value, ValuePath};

/// One structural difference; at least one side is present.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change<'a> {
    /// Where.
    pub path: ValuePath,
    /// The old value.
    pub left: Option<&'a Value>,
    /// The new value.
    pub right: Option<&'a Value>,
}

/// What happened at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only the right side has it.
    Added,
    /// Only the left side has it.
    Removed,
    /// Both have it, with different values.
    Modified,
}

impl Kind {
    /// The word of the machine formats.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Modified => "modified",
        }
    }

    /// The sign that people read.
    #[must_use]
    pub const fn sign(self) -> char {
        match self {
            Self::Added => '+',
            Self::Removed => '-',
            Self::Modified => '~',
        }
    }
}

impl Change<'_> {
    /// What happened.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match (self.left, self.right) {
            (None, _) => Kind::Added,
            (_, None) => Kind::Removed,
            _ => Kind::Modified,
        }
    }
}

/// How deep a difference goes below a path that only one side has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// One change at the highest path.
    Whole,
    /// One change per leaf.
    Leaves,
}

/// The differences between two lists of YAML documents, in file order of the left side, what is
/// only on the right behind it.
#[must_use]
pub fn diff<'a>(
    left: &'a [Value],
    right: &'a [Value],
    rules: &dyn ListRules,
    depth: Depth,
) -> Vec<Change<'a>> {
    diff_documents(pair_documents(left, right), (left, right), rules, depth)
}

fn diff_documents<'a>(
    pairs: Vec<DocumentPair>,
    (left, right): (&'a [Value], &'a [Value]),
    rules: &dyn ListRules,
    depth: Depth,
) -> Vec<Change<'a>> {
    let mut walk = Walk { rules, depth, changes: Vec::new() };
    for pair in pairs {
        let (left, right) = (pair.left.and_then(|at| left.get(at)), pair.right.and_then(|at| right.get(at)));
        if left != right {
            walk.document(ValuePath::document(pair.document), left, right);
        }
    }
    walk.changes
}

/// The leaves of one difference.
#[must_use]
pub fn leaves_of<'a>(change: &Change<'a>, rules: &dyn ListRules) -> Vec<Change<'a>> {
    let mut walk = Walk { rules, depth: Depth::Leaves, changes: Vec::new() };
    let path = change.path.clone();
    match change.path.last() {
        Some(Segment::Identity { field, .. }) => walk.element(path, field, change.left, change.right),
        None => walk.document(path, change.left, change.right),
        Some(_) => walk.compare(path, change.left, change.right),
    }
    walk.changes
}

struct Walk<'a, 'r> {
    rules: &'r dyn ListRules,
    depth: Depth,
    changes: Vec<Change<'a>>,
}

impl<'a> Walk<'a, '_> {
    /// Compares two documents. Where only one side has one that has a name, what names it is no leaf
    /// of its own, as with an element.
    fn document(&mut self, path: ValuePath, left: Option<&'a Value>, right: Option<&'a Value>) {
        let only = match (left, right) {
            (Some(only), None) | (None, Some(only)) => only.as_map(),
            _ => None,
        };
        let Some(map) = only.filter(|_| self.depth == Depth::Leaves && path.document.name().is_some()) else {
            return self.compare(path, left, right);
        };
        let before = self.changes.len();
        let side = |value: &'a Value| if left.is_some() { (Some(value), None) } else { (None, Some(value)) };
        for (key, value) in map {
            let path = path.key(key);
            match (key.as_str(), value.as_map()) {
                ("apiVersion" | "kind", _) => {}
                ("metadata", Some(metadata)) => {
                    let names = |key: &String| key == "name" || key == "namespace";
                    for (key, value) in metadata.iter().filter(|(key, _)| !names(key)) {
                        let (left, right) = side(value);
                        self.compare(path.key(key), left, right);
                    }
                }
                _ => {
                    let (left, right) = side(value);
                    self.compare(path, left, right);
                }
            }
        }
        if self.changes.len() == before {
            self.compare(path, left, right);
        }
    }

    /// Compares two values that differ.
    fn compare(&mut self, path: ValuePath, left: Option<&'a Value>, right: Option<&'a Value>) {
        let descend = self.depth == Depth::Leaves || (left.is_some() && right.is_some());
        if !descend || !self.below(&path, left, right) {
            self.changes.push(Change { path, left, right });
        }
    }

    /// Compares what lies below two mappings or two matched lists (or one and nothing);
    /// false when the values are to be taken as wholes.
    fn below(&mut self, path: &ValuePath, left: Option<&'a Value>, right: Option<&'a Value>) -> bool {
        let either = left.or(right);
        let is_map = |value: Option<&Value>| value.is_none_or(|value| value.as_map().is_some());
        let is_list = |value: Option<&Value>| value.is_none_or(|value| value.as_list().is_some());
        let is_empty = |value: &Value| {
            value.as_map().is_some_and(|map| map.is_empty())
                || value.as_list().is_some_and(|list| list.is_empty())
        };
        // An empty collection beside nothing is itself the difference.
        if (left.is_none() || right.is_none()) && either.is_some_and(is_empty) {
            return false;
        }
        if is_map(left) && is_map(right) {
            // `{}` against a filled mapping is the filled mapping's keys.
            self.entries(path, left.and_then(Value::as_map), right.and_then(Value::as_map), None);
            return true;
        }
        if is_list(left) && is_list(right) {
            let left = left.and_then(Value::as_list).unwrap_or_default();
            let right = right.and_then(Value::as_list).unwrap_or_default();
            let Some(field) = identity(self.rules, path, left, right) else { return false };
            let names: IndexSet<&str> = left.iter().chain(right).filter_map(|v| name_of(v, &field)).collect();
            for name in names {
                let (left, right) = (left.named(&field, name), right.named(&field, name));
                if left != right {
                    let segment = Segment::Identity { field: field.clone(), value: name.to_owned() };
                    self.element(path.join(segment), &field, left, right);
                }
            }
            return true;
        }
        false
    }

    /// Compares the entries of two mappings, but for what is at `except`: an entry, or the way to one.
    fn entries(
        &mut self,
        path: &ValuePath,
        left: Option<&'a Map>,
        right: Option<&'a Map>,
        except: Option<&str>,
    ) {
        let keys: IndexSet<&String> = left.into_iter().chain(right).flat_map(|map| map.keys()).collect();
        let way = except.and_then(|field| field.split_once('.'));
        for key in keys.into_iter().filter(|key| Some(key.as_str()) != except) {
            let child = |map: Option<&'a Map>| map.and_then(|map| map.get(key));
            let (left, right) = (child(left), child(right));
            let below = [left, right].map(|value| value.and_then(Value::as_map));
            if let Some((_, rest)) = way.filter(|(first, _)| first == key && below != [None, None]) {
                self.entries(&path.key(key), below[0], below[1], Some(rest));
            } else if left != right {
                self.compare(path.key(key), left, right);
            }
        }
    }

    /// Compares an element by the name that tells it apart. Where only one side has it, the name
    /// is no leaf of its own: it comes and goes with the others, or they would lose what they
    /// belong to.
    fn element(&mut self, path: ValuePath, field: &str, left: Option<&'a Value>, right: Option<&'a Value>) {
        let only = match (left, right) {
            (Some(only), None) | (None, Some(only)) => only.as_map(),
            _ => None,
        };
        if self.depth == Depth::Leaves && only.is_some_and(|map| map.len() > 1) {
            self.entries(&path, left.and_then(Value::as_map), right.and_then(Value::as_map), Some(field));
        } else {
            self.compare(path, left, right);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::lists::NoListRules;
    use super::*;
    use crate::yaml::{Document, Limits};

    fn values(text: &str) -> Vec<Value> {
        Document::parse(text.as_bytes(), &Limits::default()).expect(text).values().to_vec()
    }

    #[test]
    fn differences_are_by_path() {
        for (left, right, expected) in [
            ("a: 1\nb: 2", "b: 2\na: 1", vec![]),
            ("a: 1", "a: '1'", vec!["~ a"]),
            ("a: 1.10", "a: 1.1", vec!["~ a"]),
            ("a: {b: 1}", "a: {c: 1}", vec!["- a.b", "+ a.c"]),
            ("a: 1", "a: 1\nb: {c: 1, d: 2}", vec!["+ b"]),
            ("a: {}", "a: {b: 1}", vec!["+ a.b"]),
            ("a: {}", "b: 1", vec!["- a", "+ b"]),
            ("a: []", "a: {}", vec!["~ a"]),
            ("a: [1, 2]", "a: [2, 1]", vec!["~ a"]),
            ("l: [{name: x, v: 1}, {name: y}]", "l: [{name: y}, {name: x, v: 2}]", vec!["~ l[name=x].v"]),
            ("l: [{name: x}, {name: x}]", "l: [{name: x}]", vec!["~ l"]),
            ("l: []", "l: [{id: 1}]", vec!["+ l[id=1]"]),
            ("a: 1\n---\nb: 1", "a: 1\n---\nb: 2", vec!["~ #2:b"]),
            (
                "{apiVersion: v1, kind: S, metadata: {name: a}, x: 1}\n---\nb: 1",
                "{apiVersion: v1, kind: C, metadata: {name: a}}\n---\nb: 1\n---\n{apiVersion: v1, kind: S, metadata: {name: a}, x: 2}",
                vec!["~ #S/a:x", "+ #C/a:"],
            ),
            ("a: &x {b: 1}\nc: *x", "a: {b: 1}\nc: {b: 1}", vec![]),
            ("<<: {a: 1}\nb: 1", "a: 1\nb: 1", vec![]),
        ] {
            let (left, right) = (values(left), values(right));
            let changes = diff(&left, &right, &NoListRules, Depth::Whole);
            let shown: Vec<_> = changes.iter().map(|c| format!("{} {}", c.kind().sign(), c.path)).collect();
            assert_eq!(shown, expected, "{left:?} {right:?}");
        }
    }

    #[test]
    fn leaves_are_told_apart_when_asked_for() {
        let (left, right) = (values("a: 1"), values("a: 1\nb: {c: 1, d: {e: 2}, f: [1]}"));
        let changes = diff(&left, &right, &NoListRules, Depth::Leaves);
        let shown: Vec<_> = changes.iter().map(|c| c.path.to_string()).collect();
        assert_eq!(shown, ["b.c", "b.d.e", "b.f"]);
        let named = "{apiVersion: v1, kind: S, metadata: {name: a, labels: {l: 1}}, x: {y: 1}}";
        let (left, right) = (values("a: 1"), values(&format!("a: 1\n---\n{named}")));
        let changes = diff(&left, &right, &NoListRules, Depth::Leaves);
        let shown: Vec<_> = changes.iter().map(|c| c.path.to_string()).collect();
        assert_eq!(shown, ["#S/a:metadata.labels.l", "#S/a:x.y"]);
    }

    #[test]
    fn the_name_of_an_element_is_a_leaf_only_where_it_is_all_there_is() {
        let (left, right) = (values("l: []"), values("l: [{name: x, v: 1}, {name: y}]"));
        let changes = diff(&left, &right, &NoListRules, Depth::Leaves);
        let shown: Vec<_> = changes.iter().map(|c| c.path.to_string()).collect();
        assert_eq!(shown, ["l[name=x].v", "l[name=y].name"]);
    }
}
