//! Another value in the place of one that stands in the text.
//!
//! The place has two parts: what stands on the holder's line (`inline`), and whole lines below
//! (`body`). Each part is replaced by itself, so that what stands between them, the line's
//! comment, stays.

use std::ops::Range;

use super::addition::New;
use super::layout::{
    Holder, blank_before, block_header, column, end, first_on_line, is_collection, is_flow, last_line,
    last_on_line, line_end, properties, slot,
};
use super::new_text::{Site, Text, tagged};
use super::splice::Splices;
use crate::model::{List, Map, Value};
use crate::yaml::WHITE;
use crate::yaml::document::Document;
use crate::yaml::node::{Content, Node, NodeId};
use crate::yaml::render::{self, Layout};
use crate::yaml::scalar::{CORE, tagged_value};

/// A value's bytes.
struct Span {
    inline: Range<usize>,
    /// From the end of the line where `inline` ends to the end of the last line.
    body: Range<usize>,
}

/// A value's place in the text.
pub(super) struct Target<'d> {
    document: &'d Document,
    id: NodeId,
    slot: Option<(NodeId, usize)>,
    pub(super) holder: Holder,
}

impl<'d> Target<'d> {
    pub(super) fn new(document: &'d Document, id: NodeId, slot: Option<(NodeId, usize)>) -> Self {
        Self { document, id, slot, holder: Holder::of(document, slot) }
    }

    fn node(&self) -> &'d Node {
        self.document.node(self.id)
    }

    /// Writes `new` in the place of the old value.
    pub(super) fn set(&self, new: &New<'_>, layout: Layout, out: &mut Splices) {
        let span = self.span();
        let style = match &self.node().content {
            Content::Scalar { style, .. } if !span.inline.is_empty() => Some(*style),
            _ => None,
        };
        let below = last_line(self.document, span.body.end, self.holder.column());
        let open_below = below > self.document.lines().line(span.body.end);
        let site = Site { holder: self.holder, inner: self.inner(&span), layout, style, open_below };
        let text = site.write(new);
        let (tag, value) = new.untagged();
        if self.keeps_tag(tag, value, &text) {
            self.put(text, span, out);
        } else {
            let text = tagged(new, &site);
            self.drop_tag(!text.inline.is_empty(), out);
            self.put(text, span, out);
        }
    }

    /// Writes the lines of new entries in the place of an empty collection or null.
    pub(super) fn fill(&self, text: Text, out: &mut Splices) {
        // Null may carry a tag that a list or a mapping cannot.
        if !is_collection(self.node()) {
            self.drop_tag(false, out);
        }
        self.put(text, self.span(), out);
    }

    /// The column of new lines where the old value, behind its dash, fixes it.
    fn inner(&self, span: &Span) -> Option<usize> {
        let document = self.document;
        let behind_dash = matches!(self.holder, Holder::Item(_)) && !span.inline.is_empty();
        let dash = slot(document, self.slot?)?.start;
        let same_line = document.lines().line(dash) == document.lines().line(span.inline.start);
        if behind_dash && same_line {
            return Some(column(document, span.inline.start));
        }
        // A block scalar in the place of another keeps its column.
        let Content::Scalar { style, .. } = &self.node().content else { return None };
        let header = document.text().get(span.inline.clone()).unwrap_or_default();
        if let Some(digit) = header.chars().find_map(|c| c.to_digit(10)).filter(|_| style.is_block()) {
            return Some(self.holder.column() + usize::try_from(digit).ok()?);
        }
        let body = document.text().get(span.body.clone())?.trim_start_matches(['\n', '\r']);
        style.is_block().then(|| body.len() - body.trim_start_matches(' ').len()).filter(|column| *column > 0)
    }

    /// Where the value's indicator, tag and anchor end.
    fn properties_end(&self) -> usize {
        let node = self.node();
        let last = properties(self.document, node).last().map(|property| property.end);
        let indicator = || self.slot.and_then(|place| slot(self.document, place)?.indicator);
        last.or_else(indicator).unwrap_or(node.outer.start)
    }

    fn span(&self) -> Span {
        let (document, node) = (self.document, self.node());
        let text = document.text();
        let end = end(document, self.id);
        let last = || {
            let line = last_line(document, end, self.holder.column());
            document.lines().bytes(text, line).end
        };
        match &node.content {
            Content::Scalar { style, .. } if style.is_block() => {
                let header = block_header(text.get(node.span.clone()).unwrap_or_default());
                let header_end = node.span.start + header.len();
                let from = line_end(document, header_end);
                Span { inline: node.span.start..header_end, body: from..end.max(from) }
            }
            _ if is_collection(node) && !is_flow(node) => {
                let start = node.span.start;
                if matches!(self.holder, Holder::Root) || !first_on_line(text, start) {
                    let to = if self.slot.is_some() { last() } else { line_end(document, end) };
                    return Span { inline: start..to, body: to..to };
                }
                let at = self.properties_end();
                let from = line_end(document, at);
                Span { inline: at..at, body: from..last().max(from) }
            }
            _ => {
                let from = line_end(document, node.span.end);
                Span { inline: node.span.clone(), body: from..from }
            }
        }
    }

    fn put(&self, mut text: Text, mut span: Span, out: &mut Splices) {
        let source = self.document.text();
        let at = span.inline.start;
        let bare = properties(self.document, self.node()).is_empty();
        let room = match self.holder {
            // A tab cannot indent what follows.
            Holder::Item(_) => source.get(..at).is_some_and(|before| before.ends_with(['-', ' '])),
            Holder::Root => first_on_line(source, at),
            Holder::Entry(_) | Holder::Flow => false,
        };
        if room && bare && text.inline.is_empty() && last_on_line(source, span.inline.end, false) {
            // The first line goes behind the dash, or to the beginning of the document.
            let body = std::mem::take(&mut text.body);
            let body = body.strip_suffix('\n').unwrap_or(&body);
            text.inline = body.trim_start_matches(' ').to_owned();
            span.inline.end = line_end(self.document, span.inline.end);
            if matches!(self.holder, Holder::Root) {
                span.inline.start = blank_before(source, at, false);
            }
        }
        self.put_inline(&text.inline, &span, out);
        if text.body.is_empty() {
            return out.delete(self.id, span.body);
        }
        let body = text.body.strip_suffix('\n').unwrap_or(&text.body);
        out.replace(self.id, span.body, format!("\n{body}"));
    }

    fn put_inline(&self, text: &str, span: &Span, out: &mut Splices) {
        let source = self.document.text();
        let at = span.inline.start;
        let colon = self.missing_colon();
        if let Some(colon) = colon {
            out.insert(self.id, at, format!("{colon} {text}").trim_end_matches(WHITE));
        } else if text.is_empty() {
            let lines = !matches!(self.holder, Holder::Root);
            let from = if first_on_line(source, at) && !lines { at } else { blank_before(source, at, lines) };
            // Alone on its line, a comment needs no blanks before it.
            let is_alone = matches!(self.holder, Holder::Root) && first_on_line(source, at);
            let rest = source.get(span.inline.end..).filter(|_| is_alone).unwrap_or_default();
            let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
            out.delete(self.id, from..span.inline.end + blanks);
        } else if span.inline.is_empty() {
            out.insert(self.id, at, format!(" {text}"));
        } else {
            out.replace(self.id, span.inline.clone(), text);
        }
    }

    /// The colon for a key that has none, on its own line where the key is an explicit one.
    fn missing_colon(&self) -> Option<String> {
        let slot = slot(self.document, self.slot?)?;
        let missing = slot.key.is_some() && slot.indicator.is_none();
        let line_break = format!("\n{}:", " ".repeat(self.holder.column()));
        let apart = self.document.text().get(..slot.end).is_some_and(|before| before.ends_with('?'));
        let inside = if apart { " :" } else { ":" };
        missing.then(|| if self.holder.is_flow() { inside.to_owned() } else { line_break })
    }

    /// Whether the tag that stands there, or its absence, goes with the new value.
    fn keeps_tag(&self, tag: Option<&str>, value: &Value, text: &Text) -> bool {
        let Some(old) = self.node().tag.as_deref() else { return tag.is_none() };
        if tag.is_some() {
            return tag == Some(old);
        }
        match value {
            Value::Map(_) => old == "!" || old.strip_prefix(CORE) == Some("map"),
            Value::List(_) => old == "!" || old.strip_prefix(CORE) == Some("seq"),
            Value::String(string) => tagged_value(old, string).as_ref() == Some(value),
            _ => tagged_value(old, &text.inline).as_ref() == Some(value),
        }
    }

    /// Cuts the tag with the space before it, or, with `behind`, where there is none, behind it.
    fn drop_tag(&self, behind: bool, out: &mut Splices) {
        let text = self.document.text();
        let found = properties(self.document, self.node());
        let tag = found
            .into_iter()
            .find(|property| text.get(property.clone()).is_some_and(|property| property.starts_with('!')));
        if let Some(tag) = tag {
            let before = blank_before(text, tag.start, false);
            let rest = text.get(tag.end..).filter(|_| behind && before == tag.start).unwrap_or_default();
            let spaces = rest.len() - rest.trim_start_matches(' ').len();
            out.delete(self.id, before..tag.end + spaces);
        }
    }
}

/// What an empty list or mapping is written as.
pub(super) fn empty(document: &Document, id: NodeId) -> String {
    let list = matches!(document.node(id).content, Content::Sequence { .. });
    render::flow(&if list { Value::List(List::new()) } else { Value::Map(Map::default()) })
}
