//! The plan brought to the nodes of the text, and there to cuts and insertions.
//!
//! One node may serve several paths, through anchors. A path that leads through an alias or a merge
//! changes nothing by itself: the same change must be made at the path where the bytes stand.

mod structural;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Range;

use super::Refusal;
use super::addition::{Added, After, New};
use super::anchors::{refuse_lost_anchors, through_alias};
use super::block::Block;
use super::documents;
use super::flow::Flow;
use super::layout::{Holder, is_collection, is_flow, layout, slots};
use super::new_text::{Text, chunk, flow_text};
use super::plan::Plan;
use super::replace::Target;
use super::splice::Splices;
use crate::model::{Segment, Value, ValuePath};
use crate::yaml::document::{Document, Located};
use crate::yaml::node::{Content, NodeId, Style};
use crate::yaml::render::Layout;

type Slot = Option<(NodeId, usize)>;

/// The text after the plan; not yet verified.
pub(super) fn rewrite(document: &Document, plan: &Plan<'_>) -> Result<String, Refusal> {
    let mut edits = Edits::default();
    edits.gather(document, plan)?;
    let mut splices = edits.splices(document);
    documents::splice(document, plan, &mut splices)?;
    splices.sort();
    refuse_lost_anchors(document, &splices)?;
    splices.apply(document.text())
}

/// What changes, by node.
#[derive(Default)]
struct Edits<'a> {
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
    /// Takes over the plan: first what is changed where its bytes stand, then what leads there
    /// through an alias or a merge and needs the same change to have been made.
    fn gather(&mut self, document: &Document, plan: &Plan<'a>) -> Result<(), Refusal> {
        let merged = Merged::new(document, plan);
        for own in [true, false] {
            for (path, new) in &plan.sets {
                let located = locate(document, path)?;
                match document.is_own(&located) {
                    this if this != own => {}
                    true => self.set(document, path, &located, new.clone()),
                    false if self.wanted.get(&document.follow(located.node)) == Some(&*new.value) => {}
                    false if located.shared => match overriding(document, path) {
                        Some((mapping, key)) => {
                            self.add(&mapping, [Added::new(After::End, Some(key), new.clone())]);
                        }
                        None => return Err(through_alias(document, path, &located)),
                    },
                    // An alias itself is replaced.
                    false => drop(self.sets.insert(located.node, (located.slot, new.clone()))),
                }
            }
            for path in plan.removes.iter().filter(|path| !path.is_root()) {
                let located = locate(document, path)?;
                match !located.shared {
                    this if this != own => {}
                    true => self.remove(document, &located, path),
                    false if self.is_removed(&located) => {}
                    false => return Err(through_alias(document, path, &located)),
                }
            }
            for (path, added) in &plan.adds {
                let located = locate(document, path)?;
                match document.is_own(&located) {
                    this if this != own => {}
                    true => self.add(&located, merged.others(located.node, added)),
                    false if self.are_added(document.follow(located.node), added) => {}
                    false => return Err(through_alias(document, path, &located)),
                }
            }
        }
        Ok(())
    }

    fn is_removed(&self, located: &Located) -> bool {
        let Some((container, index)) = located.slot else { return false };
        self.containers.get(&container).is_some_and(|container| container.removed.contains(&index))
    }

    fn are_added(&self, container: NodeId, added: &[Added<'_>]) -> bool {
        let there = self.containers.get(&container).map(|container| container.added.as_slice());
        let there = there.unwrap_or_default();
        let same = |a: &Added<'_>, b: &Added<'_>| a.key == b.key && a.new.value == b.new.value;
        // They are mostly the same in the same order.
        let alike = added.iter().zip(there).take_while(|(a, b)| same(a, b)).count();
        added.iter().skip(alike).all(|added| there.iter().any(|other| same(other, added)))
    }

    /// Sets a node's value: by changes inside where that is possible, so that comments stay.
    fn set(&mut self, document: &Document, path: &ValuePath, located: &Located, new: New<'a>) {
        if document.at(path) == Some(&*new.value) {
            return;
        }
        self.wanted.insert(located.node, new.value.clone().into_owned());
        if !structural::inside(self, document, path, located, &new) {
            self.sets.insert(located.node, (located.slot, new));
        }
    }

    /// Removes an entry or an element.
    fn remove(&mut self, document: &Document, located: &Located, path: &ValuePath) {
        let Some((id, index)) = located.slot else { return };
        let slot = path.parent().and_then(|parent| document.locate(&parent)).and_then(|parent| parent.slot);
        let container = self.containers.entry(id).or_default();
        container.slot = slot;
        container.removed.insert(index);
    }

    fn add(&mut self, located: &Located, added: impl IntoIterator<Item = Added<'a>>) {
        let mut added = added.into_iter().peekable();
        if added.peek().is_none() {
            return;
        }
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

/// The entries that are new in mappings, which those that merge them (`<<`) get with them.
struct Merged<'p, 'a> {
    document: &'p Document,
    new: HashMap<(NodeId, &'p str), &'p New<'a>>,
}

impl<'p, 'a> Merged<'p, 'a> {
    fn new(document: &'p Document, plan: &'p Plan<'a>) -> Self {
        let mut new = HashMap::new();
        let adds = plan.adds.iter().filter(|_| document.has_aliases());
        for (path, added) in adds {
            let Some(located) = document.locate(path) else { continue };
            let mapping = document.follow(located.node);
            new.extend(added.iter().filter_map(|added| Some(((mapping, added.key.as_deref()?), &added.new))));
        }
        Self { document, new }
    }

    /// What of the entries that are new in `mapping` has to be written there.
    fn others(&self, mapping: NodeId, added: &[Added<'a>]) -> Vec<Added<'a>> {
        let merges: Vec<NodeId> = match self.new.is_empty() {
            true => Vec::new(),
            false => self.document.merges(mapping).collect(),
        };
        if merges.is_empty() {
            return added.to_vec();
        }
        let comes = |added: &Added<'a>| {
            let Some(key) = added.key.as_deref() else { return false };
            let mut brought = merges.iter().filter_map(|it| self.new.get(&(*it, key)));
            brought.next().is_some_and(|new| new.value == added.new.value)
        };
        let mut out: Vec<Added<'a>> = Vec::new();
        let mut passed: HashMap<Segment, After> = HashMap::new();
        for added in added {
            let mut after = added.after.clone();
            while let After::Sibling(sibling) = &after
                && let Some(before) = passed.get(sibling)
            {
                after = before.clone();
            }
            match added.key.clone().filter(|_| comes(added)) {
                Some(key) => drop(passed.insert(Segment::Key(key), after)),
                None => out.push(Added { after, ..added.clone() }),
            }
        }
        out
    }
}

impl Container<'_> {
    fn edit(&self, document: &Document, id: NodeId, layout: Layout, out: &mut Splices) {
        let node = document.node(id);
        let keys = key_style(document, id);
        let target = Target::new(document, id, self.slot);
        let comments = holds_comment(document, &node.span);
        let empty = slots(document, id).is_empty();
        if is_flow(node) && (!empty || target.holder.is_flow() || comments) {
            let added = self.placed(document, id, |added| flow_text(added, layout, keys));
            Flow::new(document, id).edit(&self.removed(document, id), &added, out);
        } else if empty {
            // Null, or an empty collection that may as well become a block.
            target.fill(fresh(target.holder, &self.added, layout), out);
        } else if is_collection(node) {
            let block = Block::new(document, id, self.slot);
            let added = self.placed(document, id, |added| chunk(added, block.column, layout, keys));
            block.edit(&self.removed(document, id), &added, out);
        }
    }

    /// What goes: with an entry all others of the same key.
    fn removed(&self, document: &Document, id: NodeId) -> BTreeSet<usize> {
        let Content::Mapping { entries, .. } = &document.node(id).content else {
            return self.removed.clone();
        };
        let key = |index: &usize| entries.get(*index).and_then(|entry| document.key_text(entry.key));
        let gone: HashSet<&str> = self.removed.iter().filter_map(key).collect();
        let goes = |index: &usize| key(index).is_some_and(|key| gone.contains(key));
        if gone.is_empty() { self.removed.clone() } else { (0..entries.len()).filter(goes).collect() }
    }

    /// What is added, in the order of the slots that it follows.
    fn placed<T>(
        &self,
        document: &Document,
        id: NodeId,
        text: impl Fn(&Added<'_>) -> T,
    ) -> Vec<(Option<usize>, T)> {
        let last = slots(document, id).len().checked_sub(1);
        let position = |after: &After| match after {
            After::Start => None,
            After::Sibling(Segment::Index(index)) => Some(*index),
            After::Sibling(Segment::Key(key)) => document.entry(id, key).or(last),
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

fn holds_comment(document: &Document, span: &Range<usize>) -> bool {
    let comments = document.comments();
    let first = comments.partition_point(|comment| comment.start <= span.start);
    comments.get(first).is_some_and(|comment| comment.end < span.end)
}

fn locate(document: &Document, path: &ValuePath) -> Result<Located, Refusal> {
    document.locate(path).ok_or_else(|| {
        Refusal::new(format!("`{path}` could not be found in the text"), "make this change by hand")
    })
}

/// The mapping that stands where its path says and merges what is at `path`, and the key under which
/// it can be overridden there.
fn overriding(document: &Document, path: &ValuePath) -> Option<(Located, String)> {
    let Some(Segment::Key(key)) = path.last() else { return None };
    let mapping = document.locate(&path.parent()?).filter(|mapping| document.is_own(mapping))?;
    Some((mapping, key.clone()))
}
