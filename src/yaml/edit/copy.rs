//! Text taken over from another document: its bytes at another column, without what means something
//! else elsewhere.

use std::ops::Range;

use super::layout::{
    Slot, block_header, chunk_end, chunk_start, column, comment_on, end, ends_keeping, first_on_line,
    is_blank, keeps_blank_lines, properties, slots,
};
use crate::model::written_tag;
use crate::yaml::WHITE;
use crate::yaml::document::Document;
use crate::yaml::node::{Content, NodeId};

/// Where copied lines go.
#[derive(Clone, Copy)]
pub(super) struct Indent {
    /// The column of the first.
    pub(super) column: usize,
    /// By how much lists stand further in than the keys that hold them; `None` as they did.
    pub(super) dash: Option<usize>,
}

/// A block scalar with its lines at column `to`; `holders` are the columns of what it hangs on, here and
/// there, from which a header with a digit counts.
pub(super) fn copy_block_scalar(
    document: &Document,
    id: NodeId,
    holders: [usize; 2],
    to: usize,
) -> Option<String> {
    let node = document.node(id);
    let block = matches!(&node.content, Content::Scalar { style, .. } if style.is_block());
    let raw = lines_of(document.text().get(node.span.start..end(document, id))?);
    let (header, body) = raw.split_once('\n')?;
    let header = block_header(header);
    let first = body.lines().find(|line| !line.trim_matches(WHITE).is_empty())?;
    let (from, header) = match header.find(|c: char| c.is_ascii_digit()) {
        None => (first.len() - first.trim_start_matches(' ').len(), header.to_owned()),
        Some(at) => {
            let from = holders[0] + header.get(at..=at)?.parse::<usize>().ok()?;
            let digit = to.checked_sub(holders[1]).filter(|digit| (1..=9).contains(digit))?;
            (from, format!("{}{digit}{}", header.get(..at)?, header.get(at + 1..)?))
        }
    };
    // The last blank line of what keeps them has none of its own.
    let end = if keeps_blank_lines(&header) { "\n" } else { "" };
    block.then(|| format!("{header}\n{}{end}", reindent(body, from, to)))
}

/// A flow collection whose holder moves to column `to`.
pub(super) fn copy_flow(document: &Document, id: NodeId, to: usize) -> Option<String> {
    let span = document.node(id).span.clone();
    let line = document.lines().bytes(document.text(), document.lines().line(span.start));
    let line = document.text().get(line)?;
    let from = line.len() - line.trim_start_matches(' ').len();
    Some(reindent(&copy(document, span, id)?, from, to).trim_start_matches(WHITE).to_owned())
}

/// The lines of a block collection at another place, with all comments in it. One that ends in a
/// block scalar that keeps the blank lines behind it cannot stand elsewhere.
pub(super) fn copy_block(
    document: &Document,
    id: NodeId,
    holder: Option<usize>,
    to: Indent,
) -> Option<String> {
    let slots = slots(document, id);
    let (first, last) = (slots.first()?, slots.last().filter(|last| !ends_keeping(document, last.value))?);
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
    copy_lines(document, start..chunk_end(document, last.end, deeper), (id, None), from, to)
}

/// The lines of an entry or element with its comments at another place, as [`copy_block`].
pub(super) fn copy_slot(document: &Document, slot: &Slot, to: Indent) -> Option<String> {
    if ends_keeping(document, slot.value) {
        return None;
    }
    let from = column(document, slot.start);
    let range = chunk_start(document, slot.start)..chunk_end(document, slot.end, from);
    copy_lines(document, range, (slot.key.unwrap_or(slot.value), Some(slot)), from, to)
}

/// Copies whole lines from column `from`; the first may begin inside its line.
fn copy_lines(
    document: &Document,
    range: Range<usize>,
    (first, own): (NodeId, Option<&Slot>),
    from: usize,
    to: Indent,
) -> Option<String> {
    let begins_inside = !first_on_line(document.text(), range.start);
    let raw = copy(document, range.clone(), first)?;
    let raw = if begins_inside { format!("{}{raw}", " ".repeat(from)) } else { raw };
    let raw = match to.dash {
        Some(dash) => with_dashes(document, range, (first, own), &raw, dash),
        None => raw,
    };
    let mut out = reindent(&raw, from, to.column);
    if !out.ends_with('\n') {
        out.push('\n');
    }
    Some(out)
}

/// The lines of a range with its lists indented by so much below the keys that hold them; `own` is the
/// entry that the range is, if it is one.
fn with_dashes(
    document: &Document,
    range: Range<usize>,
    (first, own): (NodeId, Option<&Slot>),
    raw: &str,
    dash: usize,
) -> String {
    let line_of = |at: usize| document.lines().line(at);
    let begin = line_of(range.start);
    let mut shifts = vec![(0, 0); raw.split_inclusive('\n').count()];
    let nodes = document.arena().get(first.0 as usize..).unwrap_or_default().iter();
    let within = nodes.take_while(|node| node.outer.start < range.end);
    let entries = within.flat_map(|node| match &node.content {
        Content::Mapping { entries, flow: false } => entries.as_slice(),
        _ => &[],
    });
    let own = own.filter(|slot| slot.key.is_some()).map(|slot| (slot.start, slot.value));
    for (start, value) in own.into_iter().chain(entries.map(|entry| (entry.start, entry.value))) {
        let node = document.node(value);
        let is_list = matches!(node.content, Content::Sequence { flow: false, .. });
        if !is_list || !first_on_line(document.text(), node.span.start) {
            continue;
        }
        let is = column(document, node.span.start).saturating_sub(column(document, start));
        for line in line_of(start) + 1..=line_of(end(document, value)) {
            let Some((more, less)) = line.checked_sub(begin).and_then(|line| shifts.get_mut(line)) else {
                continue;
            };
            *more += dash.saturating_sub(is);
            *less += is.saturating_sub(dash);
        }
    }
    let shifted = raw.split_inclusive('\n').zip(shifts).map(|(line, (more, less))| {
        let bare = line.trim_start_matches(' ');
        let indent = (line.len() - bare.len() + more).saturating_sub(less);
        let is_blank = bare.trim_matches(WHITE).is_empty();
        if is_blank { line.to_owned() } else { format!("{}{bare}", " ".repeat(indent)) }
    });
    shifted.collect()
}

/// The bytes of `range` without the anchors in it, with LF line endings. `None` when they mean
/// something else elsewhere: aliases, and tags that lean on a `%TAG` line.
fn copy(document: &Document, range: Range<usize>, first: NodeId) -> Option<String> {
    let text = document.text();
    let mut out = String::new();
    let mut at = range.start;
    let nodes = document.arena().get(first.0 as usize..).unwrap_or_default().iter();
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
            } else if node.tag.as_deref().is_some_and(|tag| tag != "!" && written_tag(tag) != raw) {
                return None;
            }
        }
    }
    out.push_str(text.get(at..range.end)?);
    Some(lines_of(&out))
}

/// A text with LF line endings.
pub(super) fn lines_of(text: &str) -> String {
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
