//! Byte-minimal edits: only the bytes of what changes move.
//!
//! An edit is judged by its result. [`intended`] says on plain values what must come out; the text
//! is cut and filled by rules of layout (`replace`, `block`, `flow`) that know nothing of
//! that; and [`edited`] reads the new text again and hands it out only when both agree in every
//! YAML document of the file. So a rule of layout that does not fit some text leads to a refusal,
//! never to a wrong value.
//!
//! The room does not know why something changes, where the text is stored, or who asked.

mod addition;
mod anchors;
mod arrange;
mod block;
mod copy;
mod documents;
mod empty;
mod flow;
mod layout;
mod lower;
mod new_text;
mod plan;
mod rename;
mod replace;
mod siblings;
mod splice;
#[cfg(test)]
mod tests;
mod verify;

use std::ops::Range;

use super::differences::DifferenceKind;
use super::document::Document;
use super::limits::Limits;
use crate::model::{DocumentId, Segment, Value, ValuePath};
pub use arrange::arrange;
pub use rename::{last_key, rename_keys};

use plan::Plan;
use verify::verify;

/// What comes in.
#[derive(Clone, Debug)]
pub enum Replacement<'a> {
    /// A value that has no text yet.
    Value(Value),
    /// The value at `path` of another document: it brings its scalar's text and, when it is a list
    /// or a mapping, its own comments; a new entry also the comments above and beside it.
    From {
        /// The document to take from.
        document: &'a Document,
        /// Where it stands there.
        path: ValuePath,
    },
    /// As [`Self::From`], and a scalar comes back as it is written there: its quotes and its lines.
    Restored {
        /// The document to take from, a version of the one that is edited.
        document: &'a Document,
        /// Where it stands there.
        path: ValuePath,
    },
}

/// Where something new goes among its siblings. Insertions that name the same place keep their
/// order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Before all others.
    First,
    /// Behind all others.
    Last,
    /// Behind this sibling, which may itself be inserted by an earlier operation of the call.
    After(Segment),
}

/// One change. All paths of a call are into the document as it is before the call.
#[derive(Clone, Debug)]
pub enum Operation<'a> {
    /// Replaces the value at `path`, which must be there.
    Set {
        /// Where.
        path: ValuePath,
        /// The new value.
        value: Replacement<'a>,
    },
    /// Adds an entry to a mapping, or an element to a list; null becomes what is needed.
    Insert {
        /// The mapping or list.
        parent: ValuePath,
        /// The entry's key, which must not be there; `None` for a list.
        key: Option<String>,
        /// Where among its siblings; the order of a mapping is layout only.
        place: Place,
        /// The new value.
        value: Replacement<'a>,
        /// A comment for the end of its line, without `#`; there is no place for it inside `[…]` and
        /// `{…}`.
        comment: Option<String>,
    },
    /// Adds a whole YAML document to the file.
    InsertDocument {
        /// The document that it follows; `None` puts it before all others.
        after: Option<DocumentId>,
        /// What it holds; of another file's document the text as it stands there.
        value: Replacement<'a>,
    },
    /// Removes an entry that overrides a merged one, so that the merged one counts again.
    Uncover {
        /// Where; it must be there, and hide something.
        path: ValuePath,
    },
    /// Removes an entry or an element with its comments, or a whole YAML document unless it is all
    /// there is.
    Remove {
        /// Where; it must be there.
        path: ValuePath,
    },
}

/// Why nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// One sentence without a final stop.
    pub message: String,
    /// What to do.
    pub help: String,
    /// The bytes in the target document that stand in the way.
    pub span: Option<Range<usize>>,
    /// The path, by position, whose bytes are read at other paths too, when that is why.
    pub shared: Option<ValuePath>,
}

impl Refusal {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into(), span: None, shared: None }
    }

    fn sharing(mut self, path: &ValuePath) -> Self {
        self.shared = Some(path.clone());
        self
    }

    fn at(mut self, span: Range<usize>) -> Self {
        self.span = Some(span);
        self
    }
}

/// The values of all YAML documents of the file after the operations.
///
/// # Errors
/// When an operation does not fit the values: nothing is at its path, its key is there already,
/// or two operations concern the same value.
pub fn intended(document: &Document, operations: &[Operation<'_>]) -> Result<Vec<Value>, Refusal> {
    Ok(Plan::new(document, operations)?.intended(document))
}

/// The text after the operations, which are applied together.
///
/// # Errors
/// As [`intended`]; also when bytes serve other values too (anchors, aliases, merges) that the
/// operations leave alone, and when no text with the intended values was found.
pub fn apply(document: &Document, operations: &[Operation<'_>], limits: &Limits) -> Result<String, Refusal> {
    edited(document, operations, limits).map(Document::into_text)
}

/// The document after the operations: [`apply`]'s text as it was read again.
///
/// # Errors
/// As [`apply`].
pub fn edited(
    document: &Document,
    operations: &[Operation<'_>],
    limits: &Limits,
) -> Result<Document, Refusal> {
    let plan = Plan::new(document, operations)?;
    if plan.intended(document) == document.values() && !plan.writes_out(document) {
        return Ok(document.clone());
    }
    // Where the text of a source does not fit, its value may.
    write(document, &plan, limits)
        .or_else(|refusal| match plan.flowing() {
            Some(plan) => write(document, &plan, limits).map_err(|_| refusal),
            None => Err(refusal),
        })
        .or_else(|refusal| write(document, &plan.bare(), limits).map_err(|_| refusal))
}

fn write(document: &Document, plan: &Plan<'_>, limits: &Limits) -> Result<Document, Refusal> {
    if let Some(text) = plan.whole_text(document) {
        return verify(document, plan, text, limits);
    }
    if document.roots().is_empty() && !plan.documents.is_empty() {
        return verify(document, plan, &documents::fill(document, plan)?, limits);
    }
    if document.roots().is_empty() {
        return verify(document, plan, &empty::fill(document, plan), limits);
    }
    let Some(closed) = closed(document, limits) else {
        return verify(document, plan, &lower::rewrite(document, plan)?, limits);
    };
    // The work is done on whole lines. A final line ending that was not there goes again, unless
    // the last line needs it: a block scalar may count it, to some readers or to all.
    let whole = lower::rewrite(&closed, plan)?;
    let open = whole.strip_suffix('\n').unwrap_or(&whole);
    let open = open.strip_suffix('\r').unwrap_or(open);
    let is_left_open = |document: &Document| {
        let open_ends = [DifferenceKind::BlockWithoutEnd, DifferenceKind::BlockEndsInBlanks];
        document.differences().iter().any(|difference| open_ends.contains(&difference.kind))
    };
    let opens = Document::parse(open.as_bytes(), limits).is_ok_and(|open| is_left_open(&open));
    if opens && !is_left_open(document) {
        return verify(document, plan, &whole, limits);
    }
    let verified = verify(document, plan, open, limits);
    verified.or_else(|refusal| verify(document, plan, &whole, limits).map_err(|_| refusal))
}

/// The document with its last line ended; `None` when it is.
fn closed(document: &Document, limits: &Limits) -> Option<Document> {
    let text = document.text();
    if text.ends_with(['\n', '\r']) {
        return None;
    }
    let text = format!("{text}{}", splice::line_ending(text));
    let limits = Limits { file_bytes: limits.file_bytes.saturating_add(2), ..*limits };
    Document::parse(text.as_bytes(), &limits).ok()
}
