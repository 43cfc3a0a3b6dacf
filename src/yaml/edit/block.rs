//! Entries and elements that come and go in block style: whole lines, with their comments.

use std::collections::BTreeSet;
use std::ops::Range;

use super::layout::{
    Slot, blank_before, chunk_end, chunk_start, column, ends_keeping, first_on_line, is_blank, properties,
    slot, slots,
};
use super::replace::empty;
use super::splice::Splices;
use crate::yaml::WHITE;
use crate::yaml::document::Document;
use crate::yaml::lines::Lines;
use crate::yaml::node::NodeId;

/// A block collection whose entries come and go.
pub(super) struct Block<'d> {
    document: &'d Document,
    id: NodeId,
    /// Where the collection itself hangs.
    holder: Option<(NodeId, usize)>,
    slots: Vec<Slot>,
    pub(super) column: usize,
}

impl<'d> Block<'d> {
    pub(super) fn new(document: &'d Document, id: NodeId, holder: Option<(NodeId, usize)>) -> Self {
        let slots = slots(document, id);
        let column = slots.first().map_or(0, |slot| column(document, slot.start));
        Self { document, id, holder, slots, column }
    }

    /// Takes out the slots in `removed` and puts in the lines of `added`, each behind a slot.
    pub(super) fn edit(
        &self,
        removed: &BTreeSet<usize>,
        added: &[(Option<usize>, String)],
        out: &mut Splices,
    ) {
        let Some(first) = self.slots.first() else { return };
        if added.is_empty() && removed.len() == self.slots.len() {
            return self.clear(out);
        }
        let inside = !first_on_line(self.document.text(), first.start);
        let led = if inside { self.edit_first(first.start, removed, added, out) } else { 0 };
        let gone = usize::from(inside && removed.contains(&0));
        let mut kept = None;
        for index in removed {
            // Neighbours that go follow the same one that stays.
            kept = match index.checked_sub(1) {
                Some(before) if !removed.contains(&before) => Some(before),
                _ => kept,
            };
            if *index >= gone {
                out.delete(self.id, self.cut(*index, kept));
            }
        }
        let mut last = None;
        for (after, lines) in added.iter().skip(led) {
            let place = || {
                after.map_or_else(|| self.before_first(removed.contains(&0)), |index| self.chunk(index).end)
            };
            let at = last.filter(|(other, _)| other == after).map_or_else(place, |(_, at)| at);
            last = Some((*after, at));
            let lines = if after.is_none() { self.below_head(at, lines) } else { lines };
            out.insert(self.id, at, lines);
        }
    }

    /// The bytes of a slot with its comments, in whole lines.
    fn chunk(&self, index: usize) -> Range<usize> {
        let Some(slot) = self.slots.get(index) else { return 0..0 };
        chunk_start(self.document, slot.start)..chunk_end(self.document, slot.end, self.column)
    }

    /// The bytes that go with a slot: also the blank lines behind it where they would fall to a
    /// block scalar that stays, the last thing that `kept` holds.
    fn cut(&self, index: usize, kept: Option<usize>) -> Range<usize> {
        let chunk = self.chunk(index);
        let before = kept.and_then(|before| self.slots.get(before));
        if before.is_none_or(|before| !ends_keeping(self.document, before.value)) {
            return chunk;
        }
        let lines = self.document.lines();
        let first = lines.line(chunk.end);
        let next = (first..).find(|line| !is_blank(self.document, *line)).unwrap_or(first);
        chunk.start..lines.bytes(self.document.text(), next).start
    }

    /// Where something new before all others goes: below what heads the document, but above comments
    /// of the first entry anywhere else, and where that one was if it is gone.
    fn before_first(&self, gone: bool) -> usize {
        let start = self.slots.first().map_or(0, |slot| slot.start);
        let (text, lines) = (self.document.text(), self.document.lines());
        let chunk = chunk_start(self.document, start);
        let above =
            text.get(..chunk).unwrap_or_default().trim_start_matches('\u{feff}').trim_end_matches(WHITE);
        if !gone && above.lines().next_back().is_none_or(|line| line.starts_with("---")) {
            lines.bytes(text, lines.line(start)).start
        } else {
            chunk
        }
    }

    /// New lines without the comment that heads the document, where they bring the same from theirs.
    fn below_head<'l>(&self, at: usize, lines: &'l str) -> &'l str {
        let above = self.document.text().get(..at).unwrap_or_default().trim_start_matches('\u{feff}');
        let marker = Lines::split(above).filter(|line| line.starts_with("---")).last();
        let head = marker.and_then(|marker| Some(above.rsplit_once(marker)?.1)).unwrap_or(above);
        lines.strip_prefix(head.replace("\r\n", "\n").trim_start_matches('\n')).unwrap_or(lines)
    }

    /// The changes up to the first slot that stays, where the first slot stands behind a dash:
    /// what comes first then stands there. Returns how many of `added` that took.
    fn edit_first(
        &self,
        start: usize,
        removed: &BTreeSet<usize>,
        added: &[(Option<usize>, String)],
        out: &mut Splices,
    ) -> usize {
        let kept = (0..self.slots.len()).find(|index| !removed.contains(index));
        let led = added.iter().take_while(|(after, _)| match (after, kept) {
            (None, _) | (_, None) => true,
            (Some(after), Some(kept)) => *after < kept,
        });
        let lead: String = led.clone().map(|(_, lines)| lines.as_str()).collect();
        let led = led.count();
        let behind_dash = lead.get(self.column..).unwrap_or_default();
        let gone = removed.contains(&0);
        if !lead.is_empty() && !gone {
            out.insert(self.id, start, format!("{behind_dash}{}", " ".repeat(self.column)));
        } else if !lead.is_empty() {
            out.replace(self.id, start..self.chunk(0).end, behind_dash);
        } else if gone {
            self.pull_up(start, removed, out);
        }
        led
    }

    /// Cuts the first slot; the line behind all that goes with it moves up behind the dash where it
    /// can.
    fn pull_up(&self, start: usize, removed: &BTreeSet<usize>, out: &mut Splices) {
        let text = self.document.text();
        let cut = self.chunk(0).end;
        let gone =
            (1..self.slots.len()).take_while(|index| removed.contains(index)).map(|index| self.chunk(index));
        let end = gone.fold(cut, |end, chunk| if chunk.start == end { chunk.end } else { end });
        let indent = end..end + self.column;
        if text.get(indent.clone()).is_some_and(|indent| indent.trim_matches(' ').is_empty()) {
            out.delete(self.id, start..cut);
            out.delete(self.id, indent);
        } else {
            let before = text.get(..cut).unwrap_or_default().trim_end_matches(['\n', '\r']);
            out.delete(self.id, blank_before(text, start, false)..before.len());
        }
    }

    /// Takes out all slots; the collection is then written `{}` or `[]`.
    fn clear(&self, out: &mut Splices) {
        let document = self.document;
        let Some(first) = self.slots.first() else { return };
        let empty = empty(document, self.id);
        let holder = self.holder.and_then(|place| slot(document, place)?.indicator);
        let properties = properties(document, document.node(self.id));
        let inside = !first_on_line(document.text(), first.start);
        let behind = properties.last().map(|property| property.end).or(holder).filter(|_| !inside);
        match behind {
            Some(at) => out.insert(self.id, at, format!(" {empty}")),
            None => {
                let chunk = self.chunk(0);
                let indent = if inside { 0 } else { self.column };
                out.replace(self.id, chunk, format!("{}{empty}\n", " ".repeat(indent)));
            }
        }
        for index in usize::from(behind.is_none())..self.slots.len() {
            out.delete(self.id, self.chunk(index));
        }
    }
}
