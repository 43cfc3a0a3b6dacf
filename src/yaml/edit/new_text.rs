//! The text of what comes in: copied from its source where it has one, else rendered.

use super::addition::{Added, New};
use super::copy::{Indent, copy_block, copy_block_scalar, copy_flow, copy_slot, lines_of};
use super::layout::{Holder, is_collection, is_flow, slot};
use crate::model::{Value, written_tag};
use crate::yaml::WHITE;
use crate::yaml::document::Document;
use crate::yaml::node::{Content, NodeId, Style};
use crate::yaml::render::{self, Layout};
use crate::yaml::scalar::{CORE, plain_value};

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
        if *value == Value::Null && is_restored_as_nothing(new) && !self.holder.is_flow() {
            return Text::default();
        }
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
        if let Some(inline) = restored_source(new) {
            return Text { inline, body: String::new() };
        }
        let flow = self.holder.is_flow();
        let quoted = matches!(self.style, Some(Style::SingleQuoted | Style::DoubleQuoted));
        let takes_a_block = self.style.is_some_and(Style::is_block) && is_block_scalar(new);
        if (text.contains('\n') || takes_a_block) && !flow && !quoted && !self.open_below {
            // At a document's root the lines of a block scalar could pass for the next document.
            let inner = if matches!(self.holder, Holder::Root) { 2 } else { self.inner(false) };
            if let Some(text) = block_scalar(new, text, self.holder, inner) {
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
            && !(flow && text.contains([',', '[', ']', '{', '}', '#', ':', '?']))
        {
            return plain;
        }
        let keep = self.style.is_none() || rendered != text;
        if keep && let Some(raw) = quoted_source(new) { raw } else { rendered }
    }

    fn collection(&self, new: &New<'_>, value: &Value, dash: bool) -> Text {
        let copied = new.node().and_then(|(document, id)| self.copy(document, id, new));
        copied.unwrap_or_else(|| {
            let body = render::block_in(value, self.inner(dash), self.layout);
            // Blank lines at its end belong to a block scalar, which would take in more of them.
            let takes_in = body.ends_with("\n\n") || self.open_below && ends_in_lines(value);
            if self.holder.is_flow() || takes_in {
                return Text { inline: render::flow(value), body: String::new() };
            }
            Text { inline: String::new(), body }
        })
    }

    /// The source's own text of a list or mapping, where it can stand here.
    fn copy(&self, document: &Document, id: NodeId, new: &New<'_>) -> Option<Text> {
        let node = document.node(id);
        if is_flow(node) {
            let inline = copy_flow(document, id, self.holder.column())?;
            let fits = !(self.holder.is_flow() && inline.contains('\n'));
            return fits.then(|| Text { inline, body: String::new() });
        }
        if self.holder.is_flow() || !is_collection(node) {
            return None;
        }
        let dash = matches!(node.content, Content::Sequence { .. });
        let (_, located) = new.located()?;
        let holder = (located.node == id).then(|| Holder::of(document, located.slot).column());
        let body = copy_block(document, id, holder, indent(new, self.inner(dash), self.layout))?;
        Some(Text { inline: String::new(), body })
    }
}

/// The text of a plain scalar in the source, when it is one line without a tag of the core schema.
fn plain_source(new: &New<'_>) -> Option<String> {
    let (document, id) = new.node()?;
    let node = document.node(id);
    let core = node.tag.as_ref().is_some_and(|tag| tag.starts_with(CORE));
    match &node.content {
        Content::Scalar { text, style: Style::Plain } if !core => {
            (document.text().get(node.span.clone()) == Some(text)).then(|| text.clone())
        }
        _ => None,
    }
}

/// The bytes of a plain or quoted scalar that comes back as it was written.
fn restored_source(new: &New<'_>) -> Option<String> {
    let (document, located) = new.located().filter(|_| new.is_restored)?;
    let node = document.node(located.node);
    let Content::Scalar { style, .. } = &node.content else { return None };
    let raw = document.text().get(node.span.clone()).filter(|raw| !style.is_block() && !raw.is_empty())?;
    Some(lines_of(raw))
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

/// Whether what comes back was written as nothing at all.
fn is_restored_as_nothing(new: &New<'_>) -> bool {
    let restored = new.located().filter(|_| new.is_restored);
    restored.is_some_and(|(document, located)| document.node(located.node).span.is_empty())
}

/// Whether the last thing in a value is a text of several lines.
fn ends_in_lines(value: &Value) -> bool {
    match value {
        Value::Map(map) => map.values().next_back().is_some_and(ends_in_lines),
        Value::List(list) => list.iter().next_back().is_some_and(ends_in_lines),
        Value::Tagged(_, value) => ends_in_lines(value),
        Value::String(text) => text.contains('\n'),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Whether the source writes it as a block scalar.
fn is_block_scalar(new: &New<'_>) -> bool {
    new.node().is_some_and(|(document, id)| {
        matches!(document.node(id).content, Content::Scalar { style, .. } if style.is_block())
    })
}

/// A block scalar with its lines at column `inner`; `None` where none can hold the text, or only
/// one that would take in the blank lines behind it.
fn block_scalar(new: &New<'_>, text: &str, holder: Holder, inner: usize) -> Option<Text> {
    let copied = new.located().and_then(|(document, located)| {
        let holders = [Holder::of(document, located.slot).column(), holder.column()];
        copy_block_scalar(document, document.follow(located.node), holders, inner)
    });
    // What keeps blank lines at its end is taken as it is written, or not so at all.
    let rendered = || render::literal(text, inner).filter(|_| !text.ends_with("\n\n"));
    let text = copied.or_else(rendered)?;
    let (header, body) = text.split_once('\n')?;
    Some(Text { inline: header.to_owned(), body: body.to_owned() })
}

/// The lines of a new entry or element in a block collection whose entries stand at `column`.
pub(super) fn chunk(added: &Added<'_>, column: usize, layout: Layout, keys: Option<Style>) -> String {
    if let Some(copied) = copied_chunk(added, indent(&added.new, column, layout)) {
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

/// Where what is copied goes: its lists stand as all others here, unless it comes back as it was.
fn indent(new: &New<'_>, column: usize, layout: Layout) -> Indent {
    Indent { column, dash: (layout.is_uniform && !new.is_restored).then_some(layout.dash) }
}

/// The source's own lines of an entry or element, where they are block style there too.
fn copied_chunk(added: &Added<'_>, to: Indent) -> Option<String> {
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
        text.inline = format!("{} {}", written_tag(tag), text.inline).trim_end_matches(WHITE).to_owned();
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
