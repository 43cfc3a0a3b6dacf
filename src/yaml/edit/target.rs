//! The plan brought to the nodes of the text, and there to cuts and insertions.
//!
//! One node may serve several paths, through anchors. A path that leads through an alias or a merge
//! changes nothing by itself: the same change must be made at the path where the bytes stand.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::block::Block;
use super::flow::Flow;
use super::fresh::{New, Text, chunk, flow_text};
use super::place::{Holder, is_collection, is_flow, layout, slots};
use super::plan::{Added, After, Plan};
use super::replace::Target;
use super::splice::Splices;
use super::{Refusal, spread};
use crate::model::{Path, Segment, Value};
use crate::yaml::document::{Document, Located};
use crate::yaml::node::{Content, NodeId, Style};
use crate::yaml::render::Layout;

type Slot = Option<(NodeId, usize)>;

/// The text after the plan; not yet verified.
pub(super) fn rewrite(document: &Document, plan: &Plan<'_>) -> Result<String, Refusal> {
    let mut edits = Edits::default();
    edits.gather(document, plan)?;
    let mut splices = edits.splices(document);
    splices.sort();
    refuse_lost_anchors(document, &splices)?;
    splices.apply(document.text())
}

/// What changes, by node.
#[derive(Default)]
pub(super) struct Edits<'a> {
    /// What each node is to become, also where that is done by changes below it.
    wanted: BTreeMap<NodeId, Value>,
    sets: BTreeMap<NodeId, (Slot, New<'a>)>,
    containers: BTreeMap<NodeId, Container<'a>>,
}

/// What changes in a list or mapping.
#[derive(Default)]
struct Container<'a> {
    slot: Slot,
    removed: BTreeSet<usize>,
    added: Vec<Added<'a>>,
}

impl<'a> Edits<'a> {
    fn gather(&mut self, document: &Document, plan: &Plan<'a>) -> Result<(), Refusal> {
        let mut later = Vec::new();
        for (path, new) in &plan.sets {
            let located = locate(document, path)?;
            if located.shared || document.follow(located.node) != located.node {
                later.push((path, located, new));
            } else {
                self.set(document, path, &located, new.clone());
            }
        }
        let mut shared = Vec::new();
        for path in &plan.removes {
            let located = locate(document, path)?;
            if located.shared {
                shared.push((path, located));
            } else {
                self.remove(document, &located, path);
            }
        }
        for (path, located) in shared {
            let gone = located.slot.is_some_and(|(container, index)| {
                self.containers.get(&container).is_some_and(|container| container.removed.contains(&index))
            });
            if !gone {
                return Err(through_alias(document, path, &located));
            }
        }
        for (path, located, new) in later {
            let served = self.wanted.get(&document.follow(located.node)) == Some(&*new.value);
            if !served && located.shared {
                return Err(through_alias(document, path, &located));
            }
            if !served {
                self.sets.insert(located.node, (located.slot, new.clone()));
            }
        }
        self.gather_added(document, plan)
    }

    fn gather_added(&mut self, document: &Document, plan: &Plan<'a>) -> Result<(), Refusal> {
        let mut shared = Vec::new();
        for (path, added) in &plan.adds {
            let located = locate(document, path)?;
            if located.shared || document.follow(located.node) != located.node {
                shared.push((path, located, added));
            } else {
                self.add(&located, added.iter().cloned());
            }
        }
        for (path, located, added) in shared {
            let there = self.containers.get(&document.follow(located.node));
            let there = there.map(|container| container.added.as_slice()).unwrap_or_default();
            let served = added.iter().all(|added| {
                there.iter().any(|other| other.key == added.key && other.new.value == added.new.value)
            });
            if !served {
                return Err(through_alias(document, path, &located));
            }
        }
        Ok(())
    }

    /// Sets a node's value: by changes inside where that is possible, so that comments stay.
    pub(super) fn set(&mut self, document: &Document, path: &Path, located: &Located, new: New<'a>) {
        if document.at(path) == Some(&*new.value) {
            return;
        }
        self.wanted.insert(located.node, new.value.clone().into_owned());
        if !spread::inside(self, document, path, located, &new) {
            self.sets.insert(located.node, (located.slot, new));
        }
    }

    /// Removes an entry, with all others of the same key, or an element.
    pub(super) fn remove(&mut self, document: &Document, located: &Located, path: &Path) {
        let Some((id, index)) = located.slot else { return };
        let slot = path.parent().and_then(|parent| document.locate(&parent)).and_then(|parent| parent.slot);
        let container = self.containers.entry(id).or_default();
        container.slot = slot;
        container.removed.insert(index);
        if let (Content::Mapping { entries, .. }, Some(Segment::Key(key))) =
            (&document.node(id).content, path.last())
        {
            let same = entries.iter().enumerate();
            let same = same.filter(|(_, entry)| document.key_text(entry.key) == Some(key));
            container.removed.extend(same.map(|(index, _)| index));
        }
    }

    pub(super) fn add(&mut self, located: &Located, added: impl IntoIterator<Item = Added<'a>>) {
        let container = self.containers.entry(located.node).or_default();
        container.slot = located.slot;
        container.added.extend(added);
    }

    fn splices(&self, document: &Document) -> Splices {
        let layout = layout(document);
        let mut out = Splices::default();
        for (id, (slot, new)) in &self.sets {
            Target::new(document, *id, *slot).set(new, layout, &mut out);
        }
        for (id, container) in &self.containers {
            container.edit(document, *id, layout, &mut out);
        }
        out
    }
}

impl Container<'_> {
    fn edit(&self, document: &Document, id: NodeId, layout: Layout, out: &mut Splices) {
        let node = document.node(id);
        let keys = key_style(document, id);
        let target = Target::new(document, id, self.slot);
        let comments = document.comments().iter().any(|c| node.span.start < c.start && c.end < node.span.end);
        let empty = slots(document, id).is_empty();
        if is_flow(node) && (!empty || target.holder.is_flow() || comments) {
            let added = self.placed(document, id, |added| flow_text(added, layout, keys));
            Flow::new(document, id).edit(&self.removed, &added, out);
        } else if empty {
            // Null, or an empty collection that may as well become a block.
            target.fill(fresh(target.holder, &self.added, layout), out);
        } else if is_collection(node) {
            let block = Block::new(document, id, self.slot);
            let added = self.placed(document, id, |added| chunk(added, block.column, layout, keys));
            block.edit(&self.removed, &added, out);
        }
    }

    /// What is added, in the order of the slots that it follows.
    fn placed<T>(
        &self,
        document: &Document,
        id: NodeId,
        text: impl Fn(&Added<'_>) -> T,
    ) -> Vec<(Option<usize>, T)> {
        let slots = slots(document, id);
        let last = slots.len().checked_sub(1);
        let position = |after: &After| match after {
            After::Start => None,
            After::Sibling(Segment::Index(index)) => Some(*index),
            After::Sibling(Segment::Key(key)) => {
                let own =
                    |slot: &super::place::Slot| slot.key.and_then(|id| document.key_text(id)) == Some(key);
                slots.iter().rposition(own).or(last)
            }
            After::Sibling(_) | After::End => last,
        };
        let mut added: Vec<_> = self.added.iter().map(|added| (position(&added.after), added)).collect();
        added.sort_by_key(|(after, added)| (*after, added.after == After::End));
        added.into_iter().map(|(after, added)| (after, text(added))).collect()
    }
}

/// The text of a list or mapping that holds only what is new.
pub(super) fn fresh(holder: Holder, added: &[Added<'_>], layout: Layout) -> Text {
    let dash = added.iter().all(|added| added.key.is_none());
    let mut added: Vec<_> = added.iter().collect();
    added.sort_by_key(|added| added.after == After::End);
    if holder.is_flow() {
        let parts: Vec<_> = added.into_iter().map(|added| flow_text(added, layout, None)).collect();
        let parts = parts.join(", ");
        return Text {
            inline: if dash { format!("[{parts}]") } else { format!("{{{parts}}}") },
            ..Text::default()
        };
    }
    let column = holder.inner(layout, dash);
    let body = added.into_iter().map(|added| chunk(added, column, layout, None)).collect();
    Text { inline: String::new(), body }
}

/// The quotes that all keys of a mapping have.
fn key_style(document: &Document, id: NodeId) -> Option<Style> {
    let Content::Mapping { entries, .. } = &document.node(id).content else { return None };
    let style = |key| match &document.node(key).content {
        Content::Scalar { style, .. } => Some(*style),
        _ => None,
    };
    let first = style(entries.first()?.key)?;
    let quoted = matches!(first, Style::SingleQuoted | Style::DoubleQuoted);
    (quoted && entries.iter().all(|entry| style(entry.key) == Some(first))).then_some(first)
}

fn locate(document: &Document, path: &Path) -> Result<Located, Refusal> {
    document.locate(path).ok_or_else(|| {
        Refusal::new(format!("`{path}` could not be found in the text"), "make this change by hand")
    })
}

/// Refuses a change that leads to bytes which serve another path as well.
fn through_alias(document: &Document, path: &Path, located: &Located) -> Refusal {
    let node = document.follow(located.node);
    let owner = document
        .roots()
        .iter()
        .enumerate()
        .find_map(|(number, root)| own_path(document, *root, node, &Path::document(number)));
    let message = match owner {
        Some(owner) => format!("`{path}` takes its value from `{owner}`, through an alias or a merge"),
        None => format!("`{path}` takes its value through an alias or a merge"),
    };
    let help = "make the same change there and at everything else that takes its value from there, or write the value out first";
    Refusal::new(message, help).at(located.token())
}

/// The path to a node below `id` that follows no alias.
fn own_path(document: &Document, id: NodeId, wanted: NodeId, path: &Path) -> Option<Path> {
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
pub(super) fn alias_of_changed(document: &Document, plan: &Plan<'_>) -> Option<(Path, Range<usize>)> {
    let aliases: Vec<_> = document
        .nodes()
        .filter_map(|(_, node)| match node.content {
            Content::Alias { target } => Some((node.span.clone(), document.node(target).outer.clone())),
            _ => None,
        })
        .collect();
    plan.sets.keys().chain(&plan.removes).chain(plan.adds.keys()).find_map(|path| {
        let bytes = document.node(document.locate(path)?.node).outer.clone();
        let holds = |outer: &Range<usize>| outer.start <= bytes.start && bytes.end <= outer.end;
        aliases.iter().find(|(_, target)| holds(target)).map(|(alias, _)| (path.clone(), alias.clone()))
    })
}

/// Refuses when an anchor would go while an alias that refers to it stays.
fn refuse_lost_anchors(document: &Document, splices: &Splices) -> Result<(), Refusal> {
    for (_, node) in document.nodes() {
        let Content::Alias { target } = node.content else { continue };
        let anchor = document.node(target);
        if splices.deletes(anchor.outer.start) && !splices.deletes(node.span.start) {
            let name = anchor.anchor.as_deref().unwrap_or_default();
            let line = document.lines().line(node.span.start);
            let message = format!("the anchor `&{name}` would go, and `*{name}` in line {line} refers to it");
            let help = "write the value out where it is referred to first";
            return Err(Refusal::new(message, help).at(node.span.clone()));
        }
    }
    Ok(())
}
