//! Anchors: bytes that serve more than one path, and why an edit of them is refused.

use std::ops::Range;

use super::Refusal;
use super::layout::slots;
use super::plan::Plan;
use super::splice::Splices;
use crate::model::{Segment, ValuePath};
use crate::yaml::document::{Document, Located};
use crate::yaml::node::{Content, NodeId};

/// Refuses a change that leads to bytes which serve another path as well.
pub(super) fn through_alias(document: &Document, path: &ValuePath, located: &Located) -> Refusal {
    let owner = path_of(document, document.follow(located.node));
    let message = match owner {
        Some(owner) => format!("`{path}` takes its value from `{owner}`, through an alias or a merge"),
        None => format!("`{path}` takes its value through an alias or a merge"),
    };
    let help = "make the same change there and at everything else that takes its value from there, or write the value out first";
    Refusal::new(message, help).at(located.token()).sharing(path)
}

/// The path, by position, to a node that follows no alias.
fn path_of(document: &Document, node: NodeId) -> Option<ValuePath> {
    let mut roots = document.roots().iter().enumerate();
    roots.find_map(|(number, root)| own_path(document, *root, node, &ValuePath::document(number)))
}

/// The path to a node below `id` that follows no alias.
fn own_path(document: &Document, id: NodeId, wanted: NodeId, path: &ValuePath) -> Option<ValuePath> {
    if id == wanted {
        return Some(path.clone());
    }
    let node = document.node(id);
    let target = document.node(wanted);
    if !(node.outer.start <= target.outer.start && target.outer.end <= node.outer.end) {
        return None;
    }
    slots(document, id).iter().enumerate().find_map(|(index, slot)| {
        let segment = match slot.key {
            Some(key) => Segment::Key(document.key_text(key)?.to_owned()),
            None => Segment::Index(index),
        };
        own_path(document, slot.value, wanted, &path.join(segment))
    })
}

/// A path that changes, and an alias whose anchor is there or above.
pub(super) fn alias_of_changed(document: &Document, plan: &Plan<'_>) -> Option<(ValuePath, Range<usize>)> {
    let aliases: Vec<_> = document
        .nodes()
        .filter_map(|(_, node)| match node.content {
            Content::Alias { target } => Some((node.span.clone(), document.node(target).outer.clone())),
            _ => None,
        })
        .collect();
    let outermost = outermost(aliases.iter().map(|(_, target)| target.clone()).collect());
    plan.sets.keys().chain(&plan.removes).chain(plan.adds.keys()).find_map(|path| {
        let bytes = document.node(document.locate(path)?.node).outer.clone();
        let holds = |outer: &Range<usize>| outer.start <= bytes.start && bytes.end <= outer.end;
        let next = outermost.partition_point(|outer| outer.start <= bytes.start);
        next.checked_sub(1).and_then(|last| outermost.get(last)).filter(|outer| holds(outer))?;
        aliases.iter().find(|(_, target)| holds(target)).map(|(alias, _)| (path.clone(), alias.clone()))
    })
}

/// The bytes of nodes without those of nodes inside of others.
fn outermost(mut all: Vec<Range<usize>>) -> Vec<Range<usize>> {
    all.sort_by_key(|bytes| (bytes.start, std::cmp::Reverse(bytes.end)));
    let mut end = 0;
    all.retain(|bytes| {
        let outside = bytes.end > end;
        end = end.max(bytes.end);
        outside
    });
    all
}

/// Refuses when an anchor would go while an alias that refers to it stays.
pub(super) fn refuse_lost_anchors(document: &Document, splices: &Splices) -> Result<(), Refusal> {
    let deleted = splices.deleted();
    let is_deleted = |at: usize| {
        let next = deleted.partition_point(|range| range.start <= at);
        next.checked_sub(1).and_then(|last| deleted.get(last)).is_some_and(|range| range.contains(&at))
    };
    for (_, node) in document.nodes() {
        let Content::Alias { target } = node.content else { continue };
        let anchor = document.node(target);
        if is_deleted(anchor.outer.start) && !is_deleted(node.span.start) {
            let name = anchor.anchor.as_deref().unwrap_or_default();
            let line = document.lines().line(node.span.start);
            let message = format!("the anchor `&{name}` would go, and `*{name}` in line {line} refers to it");
            let help = "write the value out where it is referred to first";
            let refusal = Refusal::new(message, help).at(node.span.clone());
            // What goes with the anchor cannot go alone.
            return Err(match path_of(document, target) {
                Some(path) => refusal.sharing(&path),
                None => refusal,
            });
        }
    }
    Ok(())
}
