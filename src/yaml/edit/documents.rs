//! Whole YAML documents that come and go: cut and put in between the lines that part them.

use std::ops::Range;

use super::Refusal;
use super::addition::New;
use super::copy::lines_of;
use super::layout::layout;
use super::plan::Plan;
use super::splice::{Splices, line_ending};
use crate::model::Value;
use crate::yaml::WHITE;
use crate::yaml::document::Document;
use crate::yaml::lines::Lines;
use crate::yaml::node::NodeId;
use crate::yaml::render;

/// Where the documents of a text stand.
struct Extents {
    /// By position: the bytes from a document's marker, or its first byte, to the next marker.
    of: Vec<Extent>,
}

/// The bytes of one document.
#[derive(Clone, Debug)]
struct Extent {
    all: Range<usize>,
    /// Where its own lines begin: behind the marker's line, when nothing else stands on that.
    body: usize,
    is_marked: bool,
}

/// Adds the cuts and insertions that the planned documents need.
pub(super) fn splice(document: &Document, plan: &Plan<'_>, out: &mut Splices) -> Result<(), Refusal> {
    let removed = plan.removed_documents();
    if removed.is_empty() && plan.documents.is_empty() {
        return Ok(());
    }
    let extents = Extents::of(document).ok_or_else(unclear)?;
    let filled = |position: &usize| document.values().get(*position) != Some(&Value::Null);
    let first = (0..extents.of.len()).find(filled);
    // What comes before all others comes first at its place, what follows a document last.
    let (outermost, owner) = (NodeId(u32::MAX), NodeId(0));
    for position in &removed {
        let extent = extents.of.get(*position).ok_or_else(unclear)?;
        let next = extents.of.get(position + 1);
        let is_followed = plan.documents.iter().any(|added| added.after == Some(*position));
        // Without a marker of its own it takes the one behind it along.
        let end = match next {
            Some(next) if !extent.is_marked && !removed.contains(&(position + 1)) && !is_followed => {
                next.body.max(extent.all.end)
            }
            _ => extent.all.end,
        };
        out.delete(owner, extent.all.start..end);
    }
    if (0..extents.of.len()).all(|position| removed.contains(&position)) {
        // What comes is all there is, and nothing is left to part it from.
        let start = extents.of.first().map_or(0, |extent| extent.all.start);
        for (number, added) in plan.documents.iter().enumerate() {
            let text = text_of(document, &added.new)?;
            out.insert(outermost, start, if number == 0 { text } else { marked(text) });
        }
        return Ok(());
    }
    for added in &plan.documents {
        let mut text = text_of(document, &added.new)?;
        let Some(after) = added.after.or_else(|| first.is_none().then_some(usize::MAX)) else {
            let extent = first.and_then(|first| extents.of.get(first)).ok_or_else(unclear)?;
            if !extent.is_marked {
                text.push_str("---\n");
            }
            let text = if extent.is_marked { marked(text) } else { text };
            out.insert(outermost, extent.all.start, text);
            continue;
        };
        match extents.of.get(after) {
            Some(extent) => out.insert(owner, extent.all.end, marked(text)),
            // Nothing but comments.
            None => out.insert(owner, document.text().len(), text),
        }
    }
    Ok(())
}

/// A file without documents, with the planned ones behind its comments.
pub(super) fn fill(document: &Document, plan: &Plan<'_>) -> Result<String, Refusal> {
    let mut out = document.text().to_owned();
    for (number, added) in plan.documents.iter().enumerate() {
        if !out.is_empty() && !out.ends_with(['\n', '\u{feff}']) {
            out.push('\n');
        }
        let text = text_of(document, &added.new)?;
        out.push_str(&if number == 0 { text } else { marked(text) });
    }
    let ending = line_ending(document.text());
    Ok(if ending == "\n" { out } else { lines_of(&out).replace('\n', ending) })
}

/// The text with a marker before it, unless it brings its own.
fn marked(text: String) -> String {
    if is_marker(text.lines().next().unwrap_or_default(), "---") { text } else { format!("---\n{text}") }
}

/// The lines of a new document, as its source has them where it has one.
fn text_of(target: &Document, new: &New<'_>) -> Result<String, Refusal> {
    if let Some((source, path)) = new.source.as_ref().filter(|(_, path)| path.is_root()) {
        let position = source.position_of(&path.document).ok_or_else(unclear)?;
        let extents = Extents::of(source).ok_or_else(unclear)?;
        let extent = extents.of.get(position).ok_or_else(unclear)?;
        let text = source.text().get(extent.body..extent.all.end).ok_or_else(unclear)?;
        let mut text = lines_of(text);
        if !text.ends_with('\n') {
            text.push('\n');
        }
        return Ok(text);
    }
    Ok(render::block_in(&new.value, 0, layout(target)))
}

impl Extents {
    /// `None` where the documents of a text are not parted by `---` alone.
    fn of(document: &Document) -> Option<Self> {
        let text = document.text();
        let begin = text.len() - text.trim_start_matches('\u{feff}').len();
        let mut markers = Vec::new();
        let mut at = 0;
        for line in Lines::split(text) {
            let from = if at == 0 { begin } else { at };
            let shown = text.get(from..at + line.len()).unwrap_or_default();
            if shown.starts_with('%') {
                return None;
            }
            if is_marker(shown, "---") {
                let bare = shown.trim_end_matches(WHITE) == "---";
                markers.push((from, if bare { at + line.len() } else { from }, true));
            }
            at += line.len();
        }
        let roots: Vec<usize> =
            document.roots().iter().map(|root| document.node(*root).outer.start).collect();
        let implicit = markers.first().is_none_or(|(start, ..)| {
            // What stands before the first marker is a document or comments.
            roots.len() > markers.len() || roots.first().is_some_and(|root| root < start)
        });
        let mut starts = if implicit { vec![(begin, begin, false)] } else { Vec::new() };
        starts.extend(markers);
        if starts.len() != roots.len() {
            return None;
        }
        let ends = starts.iter().skip(1).map(|(start, ..)| *start).chain([text.len()]);
        let extent = |((start, body, is_marked), end)| Extent { all: start..end, body, is_marked };
        Some(Self { of: starts.iter().copied().zip(ends).map(extent).collect() })
    }
}

/// Whether a line is a marker of documents.
fn is_marker(line: &str, marker: &str) -> bool {
    line.strip_prefix(marker).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\n', '\r']))
}

fn unclear() -> Refusal {
    Refusal::new("the documents of this file are not parted by `---` alone", "make this change by hand")
}
