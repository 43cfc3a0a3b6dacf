//! Entries and elements that come and go between brackets or braces.

use std::collections::BTreeSet;
use std::ops::Range;

use super::layout::{Slot, blank_before, chunk_start, column, first_on_line, last_on_line, line_end, slots};
use super::replace::empty;
use super::splice::Splices;
use crate::yaml::document::Document;
use crate::yaml::node::NodeId;
use crate::yaml::parse::skip_trivia;

/// A flow collection whose entries come and go.
pub(super) struct Flow<'d> {
    document: &'d Document,
    id: NodeId,
    span: Range<usize>,
    slots: Vec<Slot>,
    /// Where the comma behind each slot stands, if there is one.
    commas: Vec<Option<usize>>,
    /// A single pair in a list (`[a: b]`), which has no braces of its own.
    bare: bool,
}

impl<'d> Flow<'d> {
    pub(super) fn new(document: &'d Document, id: NodeId) -> Self {
        let text = document.text();
        let slots = slots(document, id);
        let span = document.node(id).span.clone();
        let bare = slots.first().is_some_and(|slot| slot.start == span.start);
        let comma = |slot: &Slot| {
            let at = skip_trivia(text, slot.end);
            let found = !bare && text.get(at..).is_some_and(|rest| rest.starts_with(','));
            found.then_some(at)
        };
        let commas = slots.iter().map(comma).collect();
        Self { document, id, span, slots, commas, bare }
    }

    /// Takes out the slots in `removed` and puts in the texts of `added`, each behind a slot.
    pub(super) fn edit(
        &self,
        removed: &BTreeSet<usize>,
        added: &[(Option<usize>, String)],
        out: &mut Splices,
    ) {
        let kept: Vec<_> = (0..self.slots.len()).filter(|index| !removed.contains(index)).collect();
        let (Some(first), Some(last)) = (kept.first(), kept.last()) else {
            return self.refill(added, out);
        };
        if self.bare {
            out.insert(self.id, self.span.start, "{");
        }
        let trailing = self.commas.last().is_some_and(Option::is_some);
        // What follows a slot that goes follows the one before it that stays.
        let host = |after: &Option<usize>| {
            let behind = kept.partition_point(|kept| Some(*kept) <= *after);
            behind.checked_sub(1).and_then(|host| kept.get(host)).copied()
        };
        let ends_old = added.last().is_none_or(|(after, _)| host(after) != Some(*last));
        for index in &kept {
            self.settle_comma(*index, index != last || trailing || !ends_old, out);
        }
        for (position, (after, text)) in added.iter().enumerate() {
            let comma = trailing || ends_old || position + 1 < added.len();
            match host(after) {
                Some(host) => self.put_behind(host, text, comma, out),
                None => self.put_before(*first, text, out),
            }
        }
        for run in runs(removed) {
            self.cut(run, *last, out);
        }
        if self.bare {
            out.insert(self.id, self.span.end, "}");
        }
    }

    /// The texts in the place of everything that is there.
    fn refill(&self, added: &[(Option<usize>, String)], out: &mut Splices) {
        let texts: Vec<_> = added.iter().map(|(_, text)| text.as_str()).collect();
        let empty = empty(self.document, self.id);
        let (open, close) = empty.split_at(1);
        if self.slots.is_empty() {
            out.insert(self.id, self.span.start + 1, texts.join(", "));
        } else {
            out.replace(self.id, self.span.clone(), format!("{open}{}{close}", texts.join(", ")));
        }
    }

    /// Sees to it that a slot that stays has a comma behind it, or none.
    fn settle_comma(&self, index: usize, wanted: bool, out: &mut Splices) {
        match self.commas[index] {
            Some(comma) if !wanted => out.delete(self.id, comma..comma + 1),
            None if wanted => {
                let end = self.slots[index].end;
                let apart = self.document.text().get(..end).is_some_and(|before| before.ends_with('?'));
                out.insert(self.id, end, if apart { " ," } else { "," });
            }
            _ => {}
        }
    }

    /// Where a slot with its comma ends.
    fn end(&self, index: usize) -> usize {
        self.commas[index].map_or(self.slots[index].end, |comma| comma + 1)
    }

    /// Whether a slot has its lines to itself.
    fn has_own_line(&self, index: usize) -> bool {
        let text = self.document.text();
        !self.bare
            && first_on_line(text, self.slots[index].start)
            && last_on_line(text, self.end(index), true)
    }

    fn put_behind(&self, host: usize, text: &str, comma: bool, out: &mut Splices) {
        let comma = if comma { "," } else { "" };
        if self.has_own_line(host) {
            let indent = " ".repeat(column(self.document, self.slots[host].start));
            out.insert(self.id, line_end(self.document, self.end(host)), format!("\n{indent}{text}{comma}"));
        } else {
            out.insert(self.id, self.end(host), format!(" {text}{comma}"));
        }
    }

    fn put_before(&self, first: usize, text: &str, out: &mut Splices) {
        let start = self.slots[first].start;
        if !self.bare && first_on_line(self.document.text(), start) {
            let indent = " ".repeat(column(self.document, start));
            out.insert(self.id, chunk_start(self.document, start), format!("{indent}{text},\n"));
        } else {
            out.insert(self.id, start, format!("{text}, "));
        }
    }

    /// Cuts neighbouring slots; `last` is the last slot that stays.
    fn cut(&self, run: Range<usize>, last: usize, out: &mut Splices) {
        let text = self.document.text();
        let start = self.slots[run.start].start;
        let mut end = self.end(run.end - 1);
        if first_on_line(text, start) && last_on_line(text, end, true) {
            let lines = self.document.lines();
            let next = lines.bytes(text, lines.line(end) + 1).start;
            return out.delete(self.id, chunk_start(self.document, start)..next);
        }
        let before = run.start.checked_sub(1).map(|before| self.end(before));
        let next = self.slots.get(run.end).map(|slot| slot.start);
        if let Some(before) = before.filter(|before| {
            let from_line_start = first_on_line(text, start) && run.end <= last;
            !from_line_start && blank_before(text, start, true) <= *before
        }) {
            return out.delete(self.id, before..end);
        }
        if let Some(next) = next.filter(|next| blank_before(text, *next, false) <= end) {
            end = next;
        }
        out.delete(self.id, start..end);
    }
}

/// Neighbouring positions as ranges.
fn runs(positions: &BTreeSet<usize>) -> Vec<Range<usize>> {
    let mut out: Vec<Range<usize>> = Vec::new();
    for position in positions {
        match out.last_mut() {
            Some(run) if run.end == *position => run.end += 1,
            _ => out.push(*position..*position + 1),
        }
    }
    out
}
