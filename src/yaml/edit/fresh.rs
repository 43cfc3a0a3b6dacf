//! The text of what comes in: copied from its source where it has one, else rendered.

use std::borrow::Cow;
use std::ops::Range;

use super::place::{
    Holder, Slot, block_header, chunk_end, chunk_start, column, comment_on, first_on_line, is_blank,
    is_collection, is_flow, properties, slot, slots,
};
use super::plan::Added;
use super::{Refusal, Replacement};
use crate::model::{Path, Segment, Value};
use crate::yaml::document::{Document, Located};
use crate::yaml::node::{Content, Node, NodeId, Style};
use crate::yaml::render::{self, Layout};
use crate::yaml::scalar::plain_value;

/// A value that comes in, and where it stands in its source.
#[derive(Clone)]
pub(super) struct New<'a> {
    pub(super) value: Cow<'a, Value>,
    source: Option<(&'a Document, Path)>,
}

impl<'a> TryFrom<&Replacement<'a>> for New<'a> {
    type Error = Refusal;

    fn try_from(replacement: &Replacement<'a>) -> Result<Self, Refusal> {
        match replacement {
            Replacement::Value(value) => Ok(Self { value: Cow::Owned(value.clone()), source: None }),
            Replacement::From { document, path } => {
                let path = document.resolve(path);
                let message =
                    || Refusal::new(format!("the source has nothing at `{path}`"), "name what it has");
                let value = document.at(&path).ok_or_else(message)?;
                Ok(Self { value: Cow::Borrowed(value), source: Some((document, path)) })
            }
        }
    }
}

impl<'a> New<'a> {
    /// The value one step down.
    pub(super) fn child(&self, segment: &Segment) -> Option<Self> {
        let value = match &self.value {
            Cow::Borrowed(value) => Cow::Borrowed(value.child(segment)?),
            Cow::Owned(value) => Cow::Owned(value.child(segment)?.clone()),
        };
        let source = self.source.as_ref().map(|(document, path)| (*document, path.join(segment.clone())));
        Some(Self { value, source })
    }

    /// The tag that the core schema does not know, and the value under it.
    pub(super) fn untagged(&self) -> (Option<&str>, &Value) {
        match &*self.value {
            Value::Tagged(tag, value) => (Some(tag), value),
            value => (None, value),
        }
    }

    fn located(&self) -> Option<(&'a Document, Located)> {
        let (document, path) = self.source.as_ref()?;
        Some((document, document.locate(path)?))
    }

    /// The source's node, with what an alias stands for.
    fn node(&self) -> Option<(&'a Document, NodeId)> {
        self.located().map(|(document, located)| (document, document.follow(located.node)))
    }
}

/// A value as text: what follows its holder on the line, and the lines below, each ended by LF.
#[derive(Default)]
pub(super) struct Text {
    pub(super) inline: String,
    pub(super) body: String,
}

/// Where a value is written.
pub(super) struct Site {
    pub(super) holder: Holder,
    /// The column of its lines where that is fixed by what stands there already.
    pub(super) inner: Option<usize>,
    pub(super) layout: Layout,
    /// The style of the scalar whose place it takes.
    pub(super) style: Option<Style>,
    /// Whether a block scalar would take in what stands below: comments, or white space.
    pub(super) open_below: bool,
}

impl Site {
    /// The place of something new.
    pub(super) fn fresh(holder: Holder, layout: Layout) -> Self {
        Self { holder, inner: None, layout, style: None, open_below: false }
    }

    fn inner(&self, dash: bool) -> usize {
        self.inner.unwrap_or_else(|| self.holder.inner(self.layout, dash))
    }

    /// The text of a value without the tag that [`New::untagged`] sets apart.
    pub(super) fn write(&self, new: &New<'_>) -> Text {
        let (tag, value) = new.untagged();
        match value {
            Value::Map(map) if !map.is_empty() => self.collection(new, value, false),
            Value::List(list) if !list.is_empty() => self.collection(new, value, true),
            Value::String(text) => self.string(new, text, tag.is_some()),
            Value::Null | Value::Bool(_) | Value::Number(_) => {
                let inline = plain_source(new).filter(|text| plain_value(text) == *value && !text.is_empty());
                Text { inline: inline.unwrap_or_else(|| render::flow(value)), body: String::new() }
            }
            Value::Map(_) | Value::List(_) | Value::Tagged(..) => {
                Text { inline: render::flow(value), body: String::new() }
            }
        }
    }

    fn string(&self, new: &New<'_>, text: &str, tagged: bool) -> Text {
        let flow = self.holder.is_flow();
        let quoted = matches!(self.style, Some(Style::SingleQuoted | Style::DoubleQuoted));
        if text.contains('\n') && !flow && !quoted && !self.open_below {
            // At a document's root the lines of a block scalar could pass for the next document.
            let inner = if matches!(self.holder, Holder::Root) { 2 } else { self.inner(false) };
            if let Some(text) = block_scalar(new, text, inner) {
                return text;
            }
        }
        let inline =
            if quoted { render::string(text, self.style, flow) } else { self.unquoted(new, text, tagged) };
        Text { inline, body: String::new() }
    }

    /// A string where no quoting is there to be kept: plain if its source or its text allows it.
    fn unquoted(&self, new: &New<'_>, text: &str, tagged: bool) -> String {
        let flow = self.holder.is_flow();
        let rendered = render::string(text, None, flow);
        if let Some(plain) = plain_source(new)
            && plain == text
            && (tagged || matches!(plain_value(text), Value::String(_)))
            && !(flow && text.contains([',', '[', ']', '{', '}', '#', ':']))
        {
            return plain;
        }
        let keep = self.style.is_none() || rendered != text;
        if keep && let Some(raw) = quoted_source(new) { raw } else { rendered }
    }

    fn collection(&self, new: &New<'_>, value: &Value, dash: bool) -> Text {
        let copied = new.node().and_then(|(document, id)| self.copy(document, id, new));
        copied.unwrap_or_else(|| {
            if self.holder.is_flow() {
                return Text { inline: render::flow(value), body: String::new() };
            }
            let body = render::block_in(value, self.inner(dash), self.layout);
            Text { inline: String::new(), body }
        })
    }

    /// The source's own text of a list or mapping, where it can stand here.
    fn copy(&self, document: &Document, id: NodeId, new: &New<'_>) -> Option<Text> {
        let node = document.node(id);
        if is_flow(node) {
            let raw = copy(document, node.span.clone(), id)?;
            let one_line = !raw.contains('\n');
            if self.holder.is_flow() && !one_line {
                return None;
            }
            let line = document.lines().line(node.span.start);
            let bytes = document.lines().bytes(document.text(), line);
            let body = document.text().get(bytes)?;
            let from = body.len() - body.trim_start_matches(' ').len();
            let inline = reindent(&raw, from, self.holder.column());
            return Some(Text { inline: inline.trim_start().to_owned(), body: String::new() });
        }
        if self.holder.is_flow() || !is_collection(node) {
            return None;
        }
        let dash = matches!(node.content, Content::Sequence { .. });
        let (_, located) = new.located()?;
        let holder = (located.node == id).then(|| Holder::of(document, located.slot).column());
        let body = copy_block(document, id, holder, self.inner(dash))?;
        Some(Text { inline: String::new(), body })
    }
}

/// The text of a plain scalar in the source, when it is one line without a tag of the core schema.
fn plain_source(new: &New<'_>) -> Option<String> {
    let (document, id) = new.node()?;
    let node = document.node(id);
    let core = node.tag.as_ref().is_some_and(|tag| tag.starts_with(super::super::scalar::CORE));
    match &node.content {
        Content::Scalar { text, style: Style::Plain } if !core => {
            (document.text().get(node.span.clone()) == Some(text)).then(|| text.clone())
        }
        _ => None,
    }
}

/// The source's text of a quoted scalar on one line.
fn quoted_source(new: &New<'_>) -> Option<String> {
    let (document, id) = new.node()?;
    let node = document.node(id);
    let quoted =
        matches!(node.content, Content::Scalar { style: Style::SingleQuoted | Style::DoubleQuoted, .. });
    let raw = document.text().get(node.span.clone())?;
    (quoted && !raw.contains(['\n', '\r'])).then(|| raw.to_owned())
}

/// A block scalar with its lines at column `inner`; `None` where none can hold the text.
fn block_scalar(new: &New<'_>, text: &str, inner: usize) -> Option<Text> {
    // One that keeps the blank lines behind it would take in what follows.
    if text.ends_with("\n\n") {
        return None;
    }
    let copied = new.node().and_then(|(document, id)| copy_block_scalar(document, document.node(id), inner));
    copied.or_else(|| {
        let literal = render::literal(text, inner)?;
        let (header, body) = literal.split_once('\n')?;
        Some(Text { inline: header.to_owned(), body: body.to_owned() })
    })
}

fn copy_block_scalar(document: &Document, node: &Node, inner: usize) -> Option<Text> {
    let Content::Scalar { style, .. } = &node.content else { return None };
    let raw = document.text().get(node.span.clone())?;
    let header = block_header(raw);
    if !style.is_block() || header.contains(|c: char| c.is_ascii_digit() || c == '+') {
        return None;
    }
    let body = lines_of(raw.trim_end());
    let (_, body) = body.split_once('\n')?;
    let first = body.lines().find(|line| !line.trim().is_empty())?;
    let from = first.len() - first.trim_start_matches(' ').len();
    Some(Text { inline: header.to_owned(), body: reindent(body, from, inner) })
}

/// The lines of a block collection at column `to`, with all comments in it.
fn copy_block(document: &Document, id: NodeId, holder: Option<usize>, to: usize) -> Option<String> {
    let slots = slots(document, id);
    let (first, last) = (slots.first()?, slots.last()?);
    let from = column(document, first.start);
    let mut start = first.start;
    if first_on_line(document.text(), start) {
        // The comments between the holder and the first entry are the collection's as well.
        let mut line = document.lines().line(start);
        let mut above = line;
        while above > 1 && (comment_on(document, above - 1).is_some() || is_blank(document, above - 1)) {
            above -= 1;
            line = if is_blank(document, above) { line } else { above };
        }
        start = document.lines().bytes(document.text(), line).start;
    }
    let deeper = holder.unwrap_or(from.saturating_sub(1));
    copy_lines(document, start..chunk_end(document, last.end, deeper), id, from, to)
}

/// The lines of an entry or element with its comments, at column `to`.
fn copy_slot(document: &Document, slot: &Slot, to: usize) -> Option<String> {
    let from = column(document, slot.start);
    let range = chunk_start(document, slot.start)..chunk_end(document, slot.end, from);
    copy_lines(document, range, slot.key.unwrap_or(slot.value), from, to)
}

/// Copies whole lines from column `from` to column `to`; the first may begin inside its line.
fn copy_lines(
    document: &Document,
    range: Range<usize>,
    first: NodeId,
    from: usize,
    to: usize,
) -> Option<String> {
    let begins_inside = !first_on_line(document.text(), range.start);
    let raw = copy(document, range, first)?;
    let raw = if begins_inside { format!("{}{raw}", " ".repeat(from)) } else { raw };
    let mut out = reindent(&raw, from, to);
    if !out.ends_with('\n') {
        out.push('\n');
    }
    Some(out)
}

/// The bytes of `range` without the anchors in it, with LF line endings. `None` when they mean
/// something else elsewhere: aliases, and tags that lean on a `%TAG` line.
fn copy(document: &Document, range: Range<usize>, first: NodeId) -> Option<String> {
    let text = document.text();
    let mut out = String::new();
    let mut at = range.start;
    let nodes = document.nodes().skip(first.0 as usize).map(|(_, node)| node);
    for node in nodes.take_while(|node| node.outer.start < range.end) {
        if matches!(node.content, Content::Alias { .. }) {
            return None;
        }
        for property in properties(document, node) {
            // What begins before the range belongs to what holds it.
            if property.start < at {
                continue;
            }
            let raw = text.get(property.clone())?;
            if raw.starts_with('&') {
                out.push_str(text.get(at..property.start)?);
                let rest = text.get(property.end..)?.trim_start_matches([' ', '\t']);
                if rest.starts_with(['\n', '\r']) {
                    out.truncate(out.trim_end_matches([' ', '\t']).len());
                }
                at = text.len() - rest.len();
            } else if node.tag.as_deref().is_some_and(|tag| tag != "!" && render::tag(tag) != raw) {
                return None;
            }
        }
    }
    out.push_str(text.get(at..range.end)?);
    Some(lines_of(&out))
}

fn lines_of(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// Moves lines from column `from` to column `to`. What stands further left, such as a comment, goes
/// to `to`.
fn reindent(text: &str, from: usize, to: usize) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start_matches(' ').len();
        let rest = line.get(indent.min(from)..).unwrap_or_default();
        if !rest.trim_end_matches('\n').is_empty() {
            out.extend(std::iter::repeat_n(' ', to));
        }
        out.push_str(rest);
    }
    out
}

/// The lines of a new entry or element in a block collection whose entries stand at `column`.
pub(super) fn chunk(added: &Added<'_>, column: usize, layout: Layout, keys: Option<Style>) -> String {
    if let Some(copied) = copied_chunk(added, column) {
        return copied;
    }
    let holder = if added.key.is_some() { Holder::Entry(column) } else { Holder::Item(column) };
    let Text { inline, body } = tagged(&added.new, &Site::fresh(holder, layout));
    let mut out = " ".repeat(column);
    match &added.key {
        Some(key) => out.push_str(&format!("{}:", key_text(added, key, keys, false))),
        None => out.push('-'),
    }
    let comment = added.comment.as_ref().map(|comment| format!("  # {comment}")).unwrap_or_default();
    let compact = added.key.is_none() && inline.is_empty() && comment.is_empty();
    if compact && let Some(rest) = body.get(column + 2..) {
        return format!("{out} {rest}");
    }
    let inline = if inline.is_empty() { inline } else { format!(" {inline}") };
    format!("{out}{inline}{comment}\n{body}")
}

/// The source's own lines of an entry or element, where they are block style there too.
fn copied_chunk(added: &Added<'_>, to: usize) -> Option<String> {
    let (document, located) = added.new.located()?;
    let place = located.slot.filter(|_| added.comment.is_none())?;
    let slot = slot(document, place)?;
    let same_key = match (&added.key, slot.key) {
        (Some(key), Some(id)) => document.key_text(id) == Some(key),
        (None, None) => true,
        _ => false,
    };
    (same_key && !is_flow(document.node(place.0))).then(|| copy_slot(document, &slot, to)).flatten()
}

/// The text of a new entry or element in a flow collection.
pub(super) fn flow_text(added: &Added<'_>, layout: Layout, keys: Option<Style>) -> String {
    let Text { inline, .. } = tagged(&added.new, &Site::fresh(Holder::Flow, layout));
    match &added.key {
        Some(key) => format!("{}: {inline}", key_text(added, key, keys, true)),
        None => inline,
    }
}

/// The text of a value with the tag that belongs to it.
pub(super) fn tagged(new: &New<'_>, site: &Site) -> Text {
    let mut text = site.write(new);
    if let (Some(tag), _) = new.untagged() {
        text.inline = format!("{} {}", render::tag(tag), text.inline).trim_end().to_owned();
    }
    text
}

/// A new key: as its source writes it, else in the quotes that all its siblings have.
fn key_text(added: &Added<'_>, key: &str, siblings: Option<Style>, flow: bool) -> String {
    let source = added.new.located().and_then(|(document, located)| {
        let node = document.node(slot(document, located.slot?)?.key?);
        let raw = document.text().get(node.span.clone())?;
        let same = matches!(&node.content, Content::Scalar { text, .. } if text == key);
        let simple = same && node.tag.is_none() && !raw.contains(['\n', '\r']);
        (simple && (raw != key || !flow || render::string(key, None, true) == key)).then(|| raw.to_owned())
    });
    source.unwrap_or_else(|| render::string(key, siblings, flow))
}
