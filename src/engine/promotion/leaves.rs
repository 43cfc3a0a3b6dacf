//! The paths at which an item's source and target differ, leaf by leaf.

use std::collections::BTreeSet;

use crate::diff::lists::ListRules;
use crate::diff::{Depth, diff};
use crate::model::{Value, ValuePath};
use crate::yaml::FileValues;

/// A leaf at which source and target differ.
#[derive(Clone, Debug)]
pub struct Leaf<'a> {
    /// Where.
    pub path: ValuePath,
    /// The highest path at or above it that one of the two sides lacks; the path itself when
    /// both have it.
    pub top: ValuePath,
    /// The source's value.
    pub source: Option<&'a Value>,
    /// The target's value.
    pub target: Option<&'a Value>,
}

/// All leaves that differ, in file order of the source, what only the target has behind it.
#[must_use]
pub fn leaves<'a>(source: &'a FileValues, target: &'a FileValues, lists: &dyn ListRules) -> Vec<Leaf<'a>> {
    diff(source.values(), target.values(), lists, Depth::Leaves)
        .into_iter()
        .map(|change| {
            let lacking = match (change.left, change.right) {
                (Some(_), None) => Some(target),
                (None, Some(_)) => Some(source),
                _ => None,
            };
            let top = lacking
                .map_or_else(|| change.path.clone(), |document| highest_absent(document, &change.path));
            Leaf { path: change.path, top, source: change.left, target: change.right }
        })
        .collect()
}

/// The paths whose past decides: the leaves, and the highest paths of what the target lacks.
#[must_use]
pub fn asked<'l>(leaves: &'l [Leaf<'_>]) -> Vec<&'l ValuePath> {
    let entering = leaves.iter().filter(|leaf| leaf.target.is_none() && leaf.top != leaf.path);
    let tops: BTreeSet<&ValuePath> = entering.map(|leaf| &leaf.top).collect();
    leaves.iter().map(|leaf| &leaf.path).chain(tops).collect()
}

/// The mappings and lists of the target into which what it lacks would enter.
#[must_use]
pub fn containers(leaves: &[Leaf<'_>]) -> Vec<ValuePath> {
    let entering = leaves.iter().filter(|leaf| leaf.target.is_none());
    let parents: BTreeSet<ValuePath> = entering.filter_map(|leaf| leaf.top.parent()).collect();
    parents.into_iter().collect()
}

/// The shortest prefix of `path` that `document` lacks.
pub(super) fn highest_absent(document: &FileValues, path: &ValuePath) -> ValuePath {
    (0..path.segments.len())
        .map(|n| path.prefix(n))
        .find(|prefix| document.at(prefix).is_none())
        .unwrap_or_else(|| path.clone())
}
