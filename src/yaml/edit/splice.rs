//! Cutting and filling: the one place where text is put together.

use std::ops::Range;

use super::Refusal;
use crate::yaml::node::NodeId;

/// Bytes to replace, and by what.
struct Splice {
    range: Range<usize>,
    text: String,
    /// Whose text it is: at one offset what is nested deeper comes first.
    owner: NodeId,
}

/// The changes to one text; their texts have LF as line ending.
#[derive(Default)]
pub(super) struct Splices(Vec<Splice>);

impl Splices {
    pub(super) fn insert(&mut self, owner: NodeId, at: usize, text: impl Into<String>) {
        self.replace(owner, at..at, text);
    }

    pub(super) fn delete(&mut self, owner: NodeId, range: Range<usize>) {
        self.replace(owner, range, "");
    }

    pub(super) fn replace(&mut self, owner: NodeId, range: Range<usize>, text: impl Into<String>) {
        let text = text.into();
        if !range.is_empty() || !text.is_empty() {
            self.0.push(Splice { range, text, owner });
        }
    }

    /// The bytes that go away, in the order of the text.
    pub(super) fn deleted(&self) -> Vec<Range<usize>> {
        self.0.iter().map(|splice| splice.range.clone()).filter(|range| !range.is_empty()).collect()
    }

    /// Brings the changes into the order of the text. Insertions come before what is cut behind
    /// them; nodes are numbered from the outside in.
    pub(super) fn sort(&mut self) {
        self.0.sort_by_key(|splice| {
            (splice.range.start, !splice.range.is_empty(), std::cmp::Reverse(splice.owner))
        });
    }

    /// The text with all changes made.
    pub(super) fn apply(&self, text: &str) -> Result<String, Refusal> {
        let ending = line_ending(text);
        let mut out = String::with_capacity(text.len() + 64);
        let mut at = 0;
        for splice in &self.0 {
            // What is inserted amid what goes stands where that was.
            let start = if splice.range.is_empty() { splice.range.start.max(at) } else { splice.range.start };
            out.push_str(text.get(at..start).ok_or_else(|| overlap(&splice.range))?);
            match ending {
                "\n" => out.push_str(&splice.text),
                _ => out.push_str(&splice.text.replace('\n', ending)),
            }
            at = splice.range.end.max(start);
        }
        out.push_str(text.get(at..).unwrap_or_default());
        Ok(out)
    }
}

fn overlap(range: &Range<usize>) -> Refusal {
    let message = "two of the changes need the same bytes";
    Refusal::new(message, "make the changes one after the other").at(range.clone())
}

/// How a text ends its lines: as its first one does.
pub(super) fn line_ending(text: &str) -> &'static str {
    match text.find(['\n', '\r']) {
        Some(at) if text.get(at..).is_some_and(|rest| rest.starts_with("\r\n")) => "\r\n",
        Some(at) if text.get(at..).is_some_and(|rest| rest.starts_with('\r')) => "\r",
        _ => "\n",
    }
}
