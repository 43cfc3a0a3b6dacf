//! Byte-minimal edits: only the bytes of what changes move.
//!
//! An edit is judged by its result. [`intended`] says on plain values what must come out; the text
//! is cut and filled by rules of layout ([`replace`], [`block`], [`flow`]) that know nothing of
//! that; and [`apply`] reads the new text again and hands it out only when both agree in every
//! YAML document of the file. So a rule of layout that does not fit some text leads to a refusal,
//! never to a wrong value.
//!
//! The room does not know why something changes, where the text is stored, or who asked.

mod block;
mod empty;
mod flow;
mod fresh;
mod place;
mod plan;
mod replace;
mod splice;
mod spread;
mod target;
#[cfg(test)]
mod tests;

use std::ops::Range;

use super::document::Document;
use super::gate::Limits;
use super::node::{Content, NodeId};
use crate::model::{Path, Segment, Value};
use plan::Plan;

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
        path: Path,
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
        path: Path,
        /// The new value.
        value: Replacement<'a>,
    },
    /// Adds an entry to a mapping, or an element to a list; null becomes what is needed.
    Insert {
        /// The mapping or list.
        parent: Path,
        /// The entry's key, which must not be there; `None` for a list.
        key: Option<String>,
        /// Where among its siblings; the order of a mapping is layout only.
        place: Place,
        /// The new value.
        value: Replacement<'a>,
        /// A comment for the end of its line, without `#`.
        comment: Option<String>,
    },
    /// Removes an entry or an element, with its comments.
    Remove {
        /// Where; it must be there.
        path: Path,
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
}

impl Refusal {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into(), span: None }
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
    let plan = Plan::new(document, operations)?;
    if plan.intended(document) == document.values() {
        return Ok(document.text().to_owned());
    }
    if document.roots().is_empty() {
        return verify(document, &plan, empty::fill(document, &plan), limits);
    }
    let Some(closed) = closed(document, limits) else {
        return verify(document, &plan, target::rewrite(document, &plan)?, limits);
    };
    // The work is done on whole lines; a final line ending that was not there goes again.
    let whole = target::rewrite(&closed, &plan)?;
    let open = whole.strip_suffix('\n').unwrap_or(&whole);
    let open = open.strip_suffix('\r').unwrap_or(open);
    verify(document, &plan, open.to_owned(), limits)
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

/// Lets the text through when it reads as intended.
fn verify(document: &Document, plan: &Plan<'_>, text: String, limits: &Limits) -> Result<String, Refusal> {
    let wanted = plan.intended(document);
    let read = match Document::parse(text.as_bytes(), limits) {
        Ok(read) if read.values() == wanted => return Ok(text),
        Ok(read) => read,
        Err(rejection) => {
            let message = format!("the edited file could not be read: {}", rejection.message);
            return Err(Refusal::new(message, "make this change by hand"));
        }
    };
    let mut pairs = wanted.iter().zip(read.values()).enumerate();
    let path = pairs.find_map(|(number, (a, b))| first_difference(a, b, &Path::document(number)));
    Err(unintended(document, plan, &path.unwrap_or_default()))
}

/// Refuses for the value at `path`, which the edit would change against the intention.
fn unintended(document: &Document, plan: &Plan<'_>, path: &Path) -> Refusal {
    let above = std::iter::successors(Some(path.clone()), Path::parent);
    let nearest = above.filter_map(|path| Some((document.locate(&path)?, path))).next();
    let shared = nearest.filter(|(located, near)| {
        let alias = document.follow(located.node) != located.node;
        located.shared || alias || (near != path && merges(document, located.node))
    });
    if let Some((located, path)) = shared {
        let message = format!("`{path}` takes its value from what would change, and would change with it");
        let help = "make the same change at both, or write the value out first";
        return Refusal::new(message, help).at(located.token());
    }
    if let Some((path, alias)) = target::alias_of_changed(document, plan) {
        let line = document.lines().line(alias.start);
        let message = format!("an alias in line {line} refers to `{path}`, and would change with it");
        return Refusal::new(message, "write the value out where it is referred to first").at(alias);
    }
    let shown = if path.is_root() { "the file's value".to_owned() } else { format!("`{path}`") };
    Refusal::new(format!("{shown} would not come out as intended"), "make this change by hand")
}

/// Whether a mapping merges another one.
fn merges(document: &Document, id: NodeId) -> bool {
    let Content::Mapping { entries, .. } = &document.node(id).content else { return false };
    entries.iter().any(|entry| document.key_text(entry.key) == Some("<<"))
}

/// The first path at which two values differ.
fn first_difference(a: &Value, b: &Value, path: &Path) -> Option<Path> {
    if a == b {
        return None;
    }
    let below = match (a, b) {
        (Value::Map(a), Value::Map(b)) => {
            let missing = |(key, _): &(&String, &Value)| !(a.contains_key(*key) && b.contains_key(*key));
            let common = a.iter().filter_map(|(key, value)| Some((key, value, b.get(key)?)));
            let mut differences = common.map(|(key, a, b)| first_difference(a, b, &path.key(key)));
            let one_sided = || a.iter().chain(b).find(missing).map(|(key, _)| path.key(key));
            differences.find_map(|found| found).or_else(one_sided)
        }
        (Value::Tagged(tag, a), Value::Tagged(other, b)) if tag == other => first_difference(a, b, path),
        (Value::List(a), Value::List(b)) if a.len() == b.len() => a
            .iter()
            .zip(b)
            .enumerate()
            .find_map(|(index, (a, b))| first_difference(a, b, &path.join(Segment::Index(index)))),
        _ => None,
    };
    Some(below.unwrap_or_else(|| path.clone()))
}
