//! A value on its way to YAML: it knows where in its source it stood, so that comments find it.

use std::ops::Range;

use indexmap::IndexMap;

use super::doubts::Doubt;
use crate::model::{Location, Rule, Value};
use crate::yaml::{Lines, Rejection, render};

/// A legacy text without its byte order mark.
pub(super) struct Source<'a> {
    pub(super) text: &'a str,
    lines: Lines,
}

impl<'a> Source<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Self { text, lines: Lines::new(text) }
    }

    pub(super) fn line(&self, offset: usize) -> usize {
        self.lines.line(offset)
    }

    /// Why the text is not taken, at the bytes that are meant.
    pub(super) fn reject(
        &self,
        rule: Rule,
        span: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Rejection {
        let location: Location = self.lines.location(self.text, &span);
        Rejection { rule, message: message.into(), help: help.into(), location, ciphertext: None }
    }
}

/// What a reader found in a source.
pub(super) struct Reading {
    pub(super) draft: Draft,
    /// The bytes of each comment, from `#` to before the line ending, in the order of the text.
    pub(super) comments: Vec<Range<usize>>,
    /// What a person should know about the conversion.
    pub(super) notes: Vec<String>,
    /// The values that readers of the format take differently.
    pub(super) doubts: Vec<Doubt>,
}

/// A value with its place in the source.
pub(super) struct Draft {
    /// From the key (or the element's first byte) to the value's end. A TOML table's is its
    /// header alone. Empty where nothing of its own is written.
    pub(super) span: Range<usize>,
    /// Whether the span is the header of a TOML table, whose content follows it.
    pub(super) header: bool,
    pub(super) body: Body,
}

/// What a draft is.
pub(super) enum Body {
    Scalar(Value),
    /// A string that the source did not write as one, quoted so that it is seen.
    Quoted(String),
    List(Vec<Draft>),
    Map(IndexMap<String, Draft>),
}

impl Draft {
    pub(super) const fn new(span: Range<usize>, body: Body) -> Self {
        Self { span, header: false, body }
    }

    /// The value that the YAML must have.
    pub(super) fn value(&self) -> Value {
        match &self.body {
            Body::Scalar(value) => value.clone(),
            Body::Quoted(text) => Value::String(text.clone()),
            Body::List(items) => Value::List(items.iter().map(Self::value).collect()),
            Body::Map(entries) => {
                Value::Map(entries.iter().map(|(key, entry)| (key.clone(), entry.value())).collect())
            }
        }
    }

    /// Everything in it that is written somewhere, itself included.
    pub(super) fn anchors<'a>(&'a self, out: &mut Vec<&'a Self>) {
        if !self.span.is_empty() {
            out.push(self);
        }
        match &self.body {
            Body::Scalar(_) | Body::Quoted(_) => {}
            Body::List(items) => items.iter().for_each(|item| item.anchors(out)),
            Body::Map(entries) => entries.values().for_each(|entry| entry.anchors(out)),
        }
    }

    /// How many collections are nested at the deepest place.
    pub(super) fn depth(&self) -> usize {
        match &self.body {
            Body::Scalar(_) | Body::Quoted(_) => 0,
            Body::List(items) => 1 + items.iter().map(Self::depth).max().unwrap_or(0),
            Body::Map(entries) => 1 + entries.values().map(Self::depth).max().unwrap_or(0),
        }
    }

    /// The first key that is written with more than `limit` characters, with the draft it names.
    pub(super) fn longer_key(&self, limit: usize) -> Option<&Self> {
        match &self.body {
            Body::Scalar(_) | Body::Quoted(_) => None,
            Body::List(items) => items.iter().find_map(|item| item.longer_key(limit)),
            Body::Map(entries) => entries.iter().find_map(|(key, entry)| {
                // No character is written with more than ten; quotes stand around them.
                let may_be = key.len() * 10 + 2 > limit;
                let is_longer = may_be && render::string(key, None, false).chars().count() > limit;
                if is_longer { Some(entry) } else { entry.longer_key(limit) }
            }),
        }
    }
}
