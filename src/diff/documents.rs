//! Document identity: which YAML documents of two versions of a file are the same one.
//!
//! What tells the documents apart is chosen from both versions. A name says no more than they need:
//! the group of the `apiVersion` where kind and name are in two groups, the namespace where one
//! version has the three more than once.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::model::{DocumentId, Identity, Value, ValuePath};

/// One document of two versions; at least one of them has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentPair {
    /// What it is called in both.
    pub document: DocumentId,
    /// Its position on the left.
    pub left: Option<usize>,
    /// Its position on the right.
    pub right: Option<usize>,
    /// Whether it is the same one on both sides only as far as anyone can tell: it has no name, and
    /// the other side has more or fewer such documents.
    pub is_guess: bool,
}

/// The documents of two versions, in the order of the left, what is only on the right behind it.
/// Empty documents do not count.
#[must_use]
pub fn pair_documents(left: &[Value], right: &[Value]) -> Vec<DocumentPair> {
    pair_labelled(left, right, Labels::AsNeeded)
}

/// When documents are called by what they describe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Labels {
    /// Where one version has several: the only ones of both are the same one.
    AsNeeded,
    /// Always.
    Always,
}

/// The same with documents called so.
pub(super) fn pair_labelled(left: &[Value], right: &[Value], labels: Labels) -> Vec<DocumentPair> {
    let (lefts, rights) = (filled(left), filled(right));
    let at_first = |filled: &[usize]| matches!(filled, [] | [0]);
    if labels == Labels::AsNeeded && at_first(&lefts) && at_first(&rights) {
        let first = |values: &[Value]| (!values.is_empty()).then_some(0);
        let (left, right) = (first(left), first(right));
        let document = DocumentId::default();
        let pair = DocumentPair { document, left, right, is_guess: false };
        return if left.or(right).is_some() { vec![pair] } else { Vec::new() };
    }
    let names = Names::new([(left, &lefts), (right, &rights)]);
    let unnamed = |values: &[Value], filled: &[usize]| -> Vec<usize> {
        filled.iter().copied().filter(|i| names.of(&values[*i]).is_none()).collect()
    };
    let plain = [unnamed(left, &lefts), unnamed(right, &rights)];
    let is_guess = plain[0].len() != plain[1].len() && plain.iter().all(|side| !side.is_empty());
    let in_place = |values: &[Value], side: &[usize]| side.len() == values.len() || side.is_empty();
    let is_unlabelled = labels == Labels::AsNeeded || names.is_useless;
    let by_place = is_unlabelled && in_place(left, &plain[0]) && in_place(right, &plain[1]);
    let unnamed_id = |number: usize| match by_place {
        true => DocumentId::Position(number),
        false => DocumentId::Unnamed(number),
    };
    let id = |value: &Value, position: usize, side: usize| {
        let number = || plain[side].partition_point(|other| *other < position);
        names.of(value).unwrap_or_else(|| unnamed_id(number()))
    };
    let known: HashMap<DocumentId, usize> = rights.iter().map(|i| (id(&right[*i], *i, 1), *i)).collect();
    let mut pairs = Vec::new();
    let mut met = BTreeSet::new();
    let right_values = right;
    for position in &lefts {
        let document = id(&left[*position], *position, 0);
        let right = known.get(&document).copied();
        met.extend(right);
        let is_guess = is_guess && document.name().is_none();
        let document = match (document.name(), right) {
            (Some(name), Some(at)) => DocumentId::Named(Arc::new(name.seen_in(&right_values[at]))),
            _ => document,
        };
        pairs.push(DocumentPair { document, left: Some(*position), right, is_guess });
    }
    for position in rights.iter().filter(|position| !met.contains(*position)) {
        let document = id(&right[*position], *position, 1);
        let is_guess = is_guess && document.name().is_none();
        pairs.push(DocumentPair { document, left: None, right: Some(*position), is_guess });
    }
    pairs
}

/// `path` with its document called as [`pair_documents`] calls it: a position is the right side's,
/// or the left's where the right has no such document.
#[must_use]
pub fn settle_document(path: &ValuePath, left: &[Value], right: &[Value]) -> ValuePath {
    let alone = |values: &[Value]| values.len() <= 1;
    if path.document.is_first() && alone(left) && alone(right) {
        return path.clone();
    }
    let pairs = pair_documents(left, right);
    let there = |values: &[Value]| path.document.find(values);
    let (here, other) = (there(right), there(left));
    let found = pairs
        .iter()
        .find(|pair| here.is_some() && pair.right == here)
        .or_else(|| pairs.iter().find(|pair| other.is_some() && pair.left == other));
    let document = found.map_or_else(|| path.document.clone(), |pair| pair.document.clone());
    ValuePath { document, segments: path.segments.clone() }
}

fn filled(values: &[Value]) -> Vec<usize> {
    values.iter().enumerate().filter(|(_, value)| **value != Value::Null).map(|(i, _)| i).collect()
}

/// What the named documents of two versions are called.
struct Names<'v> {
    /// The groups that a kind and name are in.
    groups: BTreeMap<(&'v str, &'v str), BTreeSet<&'v str>>,
    /// What one version has more than once, but for the namespace.
    crowded: BTreeSet<(&'v str, &'v str, &'v str)>,
    /// Whether one version has two documents that nothing tells apart: then no name is one.
    is_useless: bool,
}

impl<'v> Names<'v> {
    fn new(sides: [(&'v [Value], &[usize]); 2]) -> Self {
        let mut names = Self { groups: BTreeMap::new(), crowded: BTreeSet::new(), is_useless: false };
        for (values, filled) in sides {
            let (mut whole, mut short) = (BTreeSet::new(), BTreeSet::new());
            for identity in filled.iter().filter_map(|position| Identity::of(&values[*position])) {
                let Identity { kind, name, group, .. } = identity;
                names.groups.entry((kind, name)).or_default().insert(group);
                names.is_useless |= !whole.insert(identity);
                if !short.insert((kind, name, group)) {
                    names.crowded.insert((kind, name, group));
                }
            }
        }
        names
    }

    fn of(&self, value: &Value) -> Option<DocumentId> {
        let identity = Identity::of(value).filter(|_| !self.is_useless)?;
        let Identity { kind, name, group, .. } = identity;
        let in_groups = self.groups.get(&(kind, name)).map_or(0, BTreeSet::len);
        let named = identity.named(in_groups > 1, self.crowded.contains(&(kind, name, group)));
        Some(DocumentId::Named(Arc::new(named)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{Document, Limits};

    fn values(text: &str) -> Vec<Value> {
        Document::parse(text.as_bytes(), &Limits::default()).expect(text).values().to_vec()
    }

    /// A file of documents written `apiVersion kind namespace/name`, or `-` for an empty one.
    fn file(documents: &[&str]) -> Vec<Value> {
        let document = |text: &&str| match text.split(' ').collect::<Vec<_>>()[..] {
            [version, kind, name] => {
                let (space, name) = name.split_once('/').unwrap_or(("", name));
                let space = if space.is_empty() { String::new() } else { format!(", namespace: {space}") };
                format!("{{apiVersion: {version}, kind: {kind}, metadata: {{name: {name}{space}}}}}")
            }
            _ => if *text == "-" { "" } else { text }.to_owned(),
        };
        values(&documents.iter().map(document).map(|text| format!("---\n{text}\n")).collect::<String>())
    }

    fn shown(left: &[Value], right: &[Value]) -> Vec<String> {
        let number = |at: Option<usize>| at.map_or("-".to_owned(), |at| at.to_string());
        let pairs = pair_documents(left, right);
        for pair in &pairs {
            let path = ValuePath::document(pair.document.clone());
            assert_eq!(settle_document(&path, left, right), path);
            for (side, position) in [(left, pair.left), (right, pair.right)] {
                assert!(position.is_none() || path.document.find(side) == position, "{path}");
            }
        }
        let shown = |pair: &DocumentPair| {
            let path = ValuePath::document(pair.document.clone());
            let guess = if pair.is_guess { " ?" } else { "" };
            format!("{path} {}{}{guess}", number(pair.left), number(pair.right))
        };
        pairs.iter().map(shown).collect()
    }

    #[test]
    fn documents_are_matched_by_what_they_describe() {
        for (left, right, expected) in [
            (&["v1 Service a"][..], &["v1 Service b"][..], &[" 00"][..]),
            (
                &["v1 ConfigMap w", "apps/v1 Deployment w"],
                &["apps/v1 Deployment w"],
                &["#ConfigMap/w: 0-", "#Deployment/w: 10"],
            ),
            (
                &["v1 Service a", "v1 Service b"],
                &["v1 Service b", "v1 Service a"],
                &["#Service/a: 01", "#Service/b: 10"],
            ),
            // The version is no part of the identity, the group is.
            (
                &["x/v1 K a", "v1 K b"],
                &["x/v2 K a", "y/v1 K b"],
                &["#K/a: 00", "#K.core/b: 1-", "#K.y/b: -1"],
            ),
            (
                &["v1 Service w", "serving.knative.dev/v1 Service w"],
                &["serving.knative.dev/v1 Service w", "v1 Service w"],
                &["#Service.core/w: 01", "#Service.serving.knative.dev/w: 10"],
            ),
            // The namespace counts only where the rest is there twice.
            (&["v1 S one/a", "v1 S b"], &["v1 S two/a", "v1 S b"], &["#S/a: 00", "#S/b: 11"]),
            (
                &["v1 S one/a", "v1 S two/a"],
                &["v1 S two/a", "v1 S a"],
                &["#S/one/a: 0-", "#S/two/a: 10", "#S//a: -1"],
            ),
            // Nothing tells these apart.
            (&["v1 S a", "v1 S a"], &["v1 S a", "v1 S a"], &[" 00", "#2: 11"]),
            (&["a: 1", "b: 1"], &["a: 2", "b: 2"], &[" 00", "#2: 11"]),
            (&["a: 1"], &["a: 1", "b: 1"], &[" 00 ?", "#2: -1 ?"]),
            (&["a: 1", "-"], &["-", "a: 1"], &["#~1: 01"]),
            (&["a: 1", "-", "b: 1"], &["a: 1", "b: 1"], &["#~1: 00", "#~2: 21"]),
            (&["a: 1", "v1 S a"], &["v1 S a", "a: 1"], &["#~1: 01", "#S/a: 10"]),
            (&["v1 S a", "v1 S b"], &["-"], &["#S/a: 0-", "#S/b: 1-"]),
        ] {
            assert_eq!(shown(&file(left), &file(right)), expected, "{left:?} {right:?}");
        }
        assert_eq!(shown(&[], &[]), Vec::<String>::new());
        assert_eq!(shown(&[], &values("a: 1")), [" -0"]);
    }

    #[test]
    fn other_names_of_a_document_are_understood() {
        let (left, right) = (file(&["v1 C w", "apps/v1 D w", "v1 S w"]), file(&["apps/v1 D w", "v1 S w"]));
        for (given, settled) in [
            ("a", "#D/w:a"),
            ("#2:a", "#S/w:a"),
            ("#3:a", "#S/w:a"),
            ("#D.apps/w:a", "#D/w:a"),
            ("#C/w:a", "#C/w:a"),
            ("#X/w:a", "#X/w:a"),
        ] {
            let path: ValuePath = given.parse().expect(given);
            assert_eq!(settle_document(&path, &left, &right).to_string(), settled, "{given}");
        }
        let alone = file(&["v1 S w"]);
        let path: ValuePath = "#S/w:a".parse().expect("a path");
        assert_eq!(settle_document(&path, &alone, &alone).to_string(), "a");
    }
}
