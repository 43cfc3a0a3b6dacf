//! Geometry: where entries, their comments and the values in them begin and end.

use std::ops::Range;

use crate::yaml::WHITE;
use crate::yaml::document::Document;
use crate::yaml::node::{Content, Node, NodeId};
use crate::yaml::parse::{property, skip_trivia};
use crate::yaml::render::Layout;

/// One entry of a mapping or element of a list, as it stands in the text.
pub(super) struct Slot {
    /// Where it begins: at the key, the `?`, the dash, or the element of a flow list.
    pub(super) start: usize,
    pub(super) key: Option<NodeId>,
    /// Behind the colon or the dash, where one is written.
    pub(super) indicator: Option<usize>,
    pub(super) value: NodeId,
    /// Where it ends, without comments and without the ending of its last line.
    pub(super) end: usize,
}

/// The entries or elements of a node.
pub(super) fn slots(document: &Document, id: NodeId) -> Vec<Slot> {
    let count = match &document.node(id).content {
        Content::Mapping { entries, .. } => entries.len(),
        Content::Sequence { items, .. } => items.len(),
        Content::Scalar { .. } | Content::Alias { .. } => 0,
    };
    (0..count).filter_map(|index| slot(document, (id, index))).collect()
}

/// The entry or element at a position of a node.
pub(super) fn slot(document: &Document, (container, index): (NodeId, usize)) -> Option<Slot> {
    match &document.node(container).content {
        Content::Mapping { entries, .. } => {
            let entry = entries.get(index)?;
            let indicator = entry.colon.map(|colon| colon + 1);
            let key_end = document.node(entry.key).outer.end.max(entry.start);
            let end = end(document, entry.value).max(indicator.unwrap_or(key_end));
            Some(Slot { start: entry.start, key: Some(entry.key), indicator, value: entry.value, end })
        }
        Content::Sequence { items, flow } => {
            let item = items.get(index)?;
            let indicator = (!flow).then_some(item.start + 1);
            let end = end(document, item.node).max(indicator.unwrap_or(item.start));
            Some(Slot { start: item.start, key: None, indicator, value: item.node, end })
        }
        Content::Scalar { .. } | Content::Alias { .. } => None,
    }
}

/// Whether a node is written in flow style.
pub(super) fn is_flow(node: &Node) -> bool {
    matches!(node.content, Content::Mapping { flow: true, .. } | Content::Sequence { flow: true, .. })
}

/// Whether a node is a list or a mapping.
pub(super) fn is_collection(node: &Node) -> bool {
    matches!(node.content, Content::Mapping { .. } | Content::Sequence { .. })
}

/// The end of a node's last line. The blank lines that a block scalar's bytes take in count only
/// where it keeps them.
pub(super) fn end(document: &Document, id: NodeId) -> usize {
    let node = document.node(id);
    let text = document.text();
    match &node.content {
        Content::Mapping { entries, flow: false } if !entries.is_empty() => {
            entries.last().map_or(node.span.end, |entry| end(document, entry.value).max(entry.start))
        }
        Content::Sequence { items, flow: false } if !items.is_empty() => {
            items.last().map_or(node.span.end, |item| end(document, item.node).max(item.start + 1))
        }
        Content::Scalar { style, .. } if style.is_block() => {
            let body = text.get(node.span.clone()).unwrap_or_default();
            if !keeps_blank_lines(body) {
                return line_end(document, node.span.start + body.trim_end_matches(WHITE).len());
            }
            // The parser counts the indentation of the line behind it in.
            let body = body.trim_end_matches(' ');
            let body = body.strip_suffix('\n').unwrap_or(body);
            node.span.start + body.strip_suffix('\r').unwrap_or(body).len()
        }
        _ => node.outer.end,
    }
}

/// Whether a block scalar, from its header on, keeps the blank lines behind it (`|+`).
pub(super) fn keeps_blank_lines(text: &str) -> bool {
    block_header(text).contains('+')
}

/// The header of a block scalar.
pub(super) fn block_header(text: &str) -> &str {
    let end = text.find(WHITE).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

/// Whether the last thing that ends at a node's end is a block scalar that keeps blank lines.
pub(super) fn ends_keeping(document: &Document, id: NodeId) -> bool {
    let node = document.node(id);
    match &node.content {
        Content::Mapping { entries, flow: false } => {
            entries.last().is_some_and(|entry| ends_keeping(document, entry.value))
        }
        Content::Sequence { items, flow: false } => {
            items.last().is_some_and(|item| ends_keeping(document, item.node))
        }
        Content::Scalar { style, .. } => {
            style.is_block() && keeps_blank_lines(document.text().get(node.span.clone()).unwrap_or_default())
        }
        Content::Mapping { .. } | Content::Sequence { .. } | Content::Alias { .. } => false,
    }
}

/// The column of a byte, from 0.
pub(super) fn column(document: &Document, at: usize) -> usize {
    document.lines().position(document.text(), at).column - 1
}

/// Whether only white space stands before a byte on its line.
pub(super) fn first_on_line(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default().trim_end_matches([' ', '\t']);
    before.is_empty() || before.ends_with(['\n', '\r', '\u{feff}'])
}

/// Whether only white space, or with `comment` also a comment, follows on the line.
pub(super) fn last_on_line(text: &str, at: usize, comment: bool) -> bool {
    let rest = text.get(at..).unwrap_or_default();
    let blank = rest.trim_start_matches([' ', '\t']);
    blank.is_empty()
        || blank.starts_with(['\n', '\r'])
        || (comment && blank.starts_with('#') && blank.len() < rest.len())
}

/// The white space (with `lines` also line endings) that ends before `at`, and nothing else.
pub(super) fn blank_before(text: &str, at: usize, lines: bool) -> usize {
    let before = text.get(..at).unwrap_or_default();
    let trimmed = if lines {
        before.trim_end_matches([' ', '\t', '\n', '\r'])
    } else {
        before.trim_end_matches([' ', '\t'])
    };
    trimmed.len()
}

/// The end of a byte's line, before the line ending.
pub(super) fn line_end(document: &Document, at: usize) -> usize {
    let lines = document.lines();
    lines.bytes(document.text(), lines.line(at)).end
}

/// The column of the comment that has line `line` (from 1) to itself.
pub(super) fn comment_on(document: &Document, line: usize) -> Option<usize> {
    let bytes = document.lines().bytes(document.text(), line);
    let body = document.text().get(bytes.clone())?;
    let indent = body.len() - body.trim_start_matches([' ', '\t']).len();
    let comment = document.comments().binary_search_by_key(&(bytes.start + indent), |span| span.start);
    comment.is_ok().then_some(indent)
}

/// The white space on line `line` (from 1), if there is such a line and it is blank.
fn blanks_on(document: &Document, line: usize) -> Option<usize> {
    let bytes = document.lines().bytes(document.text(), line);
    let body = document.text().get(bytes.clone()).filter(|_| bytes.start < document.text().len())?;
    body.trim_matches(WHITE).is_empty().then_some(body.len())
}

/// Whether there is a line `line` (from 1) and it is blank.
pub(super) fn is_blank(document: &Document, line: usize) -> bool {
    blanks_on(document, line).is_some()
}

/// Where an entry begins with the comment lines directly above it, at its column. An entry that is
/// not the first on its line (`- name: x`) begins where it begins.
pub(super) fn chunk_start(document: &Document, start: usize) -> usize {
    if !first_on_line(document.text(), start) {
        return start;
    }
    let column = column(document, start);
    let mut line = document.lines().line(start);
    while line > 1 && comment_on(document, line - 1) == Some(column) {
        line -= 1;
    }
    document.lines().bytes(document.text(), line).start
}

/// The last line (from 1) of an entry at `column` whose value ends at `end`, with what stands below
/// it further in than the entry: comments, and white space that a block scalar would take in.
pub(super) fn last_line(document: &Document, end: usize, column: usize) -> usize {
    let mut last = document.lines().line(end);
    for line in last + 1.. {
        match (comment_on(document, line), blanks_on(document, line)) {
            (Some(indent), _) | (None, Some(indent)) if indent > column => last = line,
            (None, Some(_)) => {}
            _ => break,
        }
    }
    last
}

/// Where the line behind an entry begins.
pub(super) fn chunk_end(document: &Document, end: usize, column: usize) -> usize {
    document.lines().bytes(document.text(), last_line(document, end, column) + 1).start
}

/// What a value hangs on.
#[derive(Clone, Copy)]
pub(super) enum Holder {
    /// A document's beginning.
    Root,
    /// The entry of a mapping at this column.
    Entry(usize),
    /// The element of a list at this column.
    Item(usize),
    /// Something inside a flow collection.
    Flow,
}

impl Holder {
    pub(super) fn of(document: &Document, slot: Option<(NodeId, usize)>) -> Self {
        let Some((container, index)) = slot else { return Self::Root };
        let node = document.node(container);
        if is_flow(node) {
            return Self::Flow;
        }
        match &node.content {
            Content::Mapping { entries, .. } => {
                Self::Entry(entries.get(index).map_or(0, |entry| column(document, entry.start)))
            }
            Content::Sequence { items, .. } => {
                Self::Item(items.get(index).map_or(0, |item| column(document, item.start)))
            }
            Content::Scalar { .. } | Content::Alias { .. } => Self::Root,
        }
    }

    pub(super) const fn is_flow(self) -> bool {
        matches!(self, Self::Flow)
    }

    /// The column of the holder itself.
    pub(super) const fn column(self) -> usize {
        match self {
            Self::Root | Self::Flow => 0,
            Self::Entry(column) | Self::Item(column) => column,
        }
    }

    /// The column at which a mapping or block scalar (or with `dash` a list) in it begins.
    pub(super) const fn inner(self, layout: Layout, dash: bool) -> usize {
        match self {
            Self::Root | Self::Flow => 0,
            Self::Entry(column) => column + if dash { layout.dash } else { layout.step },
            Self::Item(column) => column + 2,
        }
    }
}

/// How the document indents, as its first examples show.
pub(super) fn layout(document: &Document) -> Layout {
    let (mut step, mut dash) = (None, None);
    let mut is_uniform = true;
    for (_, node) in document.nodes() {
        let Content::Mapping { entries, flow: false } = &node.content else { continue };
        for entry in entries {
            let child = document.node(entry.value);
            let found = match &child.content {
                Content::Mapping { flow: false, .. } => &mut step,
                Content::Sequence { flow: false, .. } => &mut dash,
                _ => continue,
            };
            let inner = column(document, child.span.start);
            if let Some(further) = inner.checked_sub(column(document, entry.start))
                && first_on_line(document.text(), child.span.start)
            {
                let is_list = matches!(child.content, Content::Sequence { .. });
                is_uniform &= *found.get_or_insert(further) == further || !is_list;
            }
        }
        if step.is_some() && !is_uniform {
            break;
        }
    }
    let step = step.unwrap_or(2).max(1);
    Layout { step, dash: dash.unwrap_or(step), is_uniform: is_uniform && dash.is_some() }
}

/// The tag and the anchor of a node as they are written.
pub(super) fn properties(document: &Document, node: &Node) -> Vec<Range<usize>> {
    let text = document.text();
    let mut out = Vec::new();
    let mut at = node.outer.start;
    let wanted = usize::from(node.tag.is_some()) + usize::from(node.anchor.is_some());
    while out.len() < wanted {
        let length = property(text.get(at..node.span.start).unwrap_or_default());
        if length == 0 {
            break;
        }
        out.push(at..at + length);
        at = skip_trivia(text, at + length);
    }
    out
}
