//! Drafts as block-style YAML, with the comments and blank lines of their source.

use indexmap::IndexMap;

use super::comments::Placed;
use super::draft::{Body, Draft};
use crate::model::Value;
use crate::yaml::{Style, render};

/// The text of an item.
pub(super) fn write(draft: &Draft, placed: &Placed) -> String {
    let mut writer = Writer { placed, out: String::new() };
    writer.lines(&placed.head, 0);
    if !placed.head.is_empty() {
        writer.blank();
    }
    match shape(&draft.body, 0) {
        Shape::Map(entries) => writer.map(entries, 0, false),
        Shape::List(items) => writer.list(items, 0, false),
        Shape::Scalar(text) => writer.out.push_str(text.trim_start_matches(' ')),
    }
    if !placed.tail.is_empty() {
        writer.blank();
    }
    writer.lines(&placed.tail, 0);
    writer.out
}

struct Writer<'a> {
    placed: &'a Placed,
    out: String,
}

impl Writer<'_> {
    /// `attached`: the first entry continues the line of a dash.
    fn map(&mut self, entries: &IndexMap<String, Draft>, indent: usize, attached: bool) {
        for (i, (key, entry)) in entries.iter().enumerate() {
            if i > 0 || !attached {
                self.lead(entry, &self.above(entry), i > 0, indent);
            }
            self.out.push_str(&render::string(key, None, false));
            self.out.push(':');
            match shape(&entry.body, indent) {
                Shape::Map(below) => {
                    self.end_line(entry);
                    self.map(below, indent + 2, false);
                }
                Shape::List(below) => {
                    self.end_line(entry);
                    self.list(below, indent + 2, false);
                }
                Shape::Scalar(text) => self.scalar(entry, &text),
            }
            self.below(entry, indent);
        }
    }

    fn list(&mut self, items: &[Draft], indent: usize, attached: bool) {
        for (i, item) in items.iter().enumerate() {
            if i > 0 || !attached {
                self.lead(item, &self.above_dash(item), i > 0, indent);
            }
            self.out.push('-');
            match shape(&item.body, indent) {
                Shape::Map(below) => {
                    self.out.push(' ');
                    self.map(below, indent + 2, true);
                }
                Shape::List(below) => {
                    self.out.push(' ');
                    self.list(below, indent + 2, true);
                }
                Shape::Scalar(text) => self.scalar(item, &text),
            }
            self.below(item, indent);
        }
    }

    /// The blank line and the comments above, and the indentation.
    fn lead(&mut self, draft: &Draft, above: &[String], may_gap: bool, indent: usize) {
        if may_gap && self.gap(draft) {
            self.blank();
        }
        self.lines(above, indent);
        self.out.extend(std::iter::repeat_n(' ', indent));
    }

    /// Whether a blank line sets it apart; what is written nowhere begins with its first content.
    fn gap(&self, draft: &Draft) -> bool {
        let first = match &draft.body {
            Body::Map(entries) => entries.values().next(),
            Body::List(items) => items.first(),
            Body::Scalar(_) | Body::Quoted(_) => None,
        };
        match first.filter(|_| draft.span.is_empty()) {
            Some(first) => self.gap(first),
            None => self.placed.around(draft).is_some_and(|around| around.gap),
        }
    }

    /// The comments above; one behind a value of several lines is among them.
    fn above(&self, draft: &Draft) -> Vec<String> {
        let Some(around) = self.placed.around(draft) else { return Vec::new() };
        let trailing = around.trailing.iter().filter(|_| has_lines(&draft.body));
        around.above.iter().chain(trailing).cloned().collect()
    }

    /// The comments above a list's element: what is inside it begins in the line of the dash, so
    /// what stands above that, or behind the source's bracket, goes here too.
    fn above_dash(&self, item: &Draft) -> Vec<String> {
        let first = match &item.body {
            Body::Map(entries) => entries.values().next().map(|entry| self.above(entry)),
            Body::List(items) => items.first().map(|item| self.above_dash(item)),
            Body::Scalar(_) | Body::Quoted(_) => None,
        };
        let mut lines = self.above(item);
        if let Some(first) = first {
            lines.extend(self.placed.around(item).and_then(|around| around.trailing.clone()));
            lines.extend(first);
        }
        lines
    }

    fn below(&mut self, draft: &Draft, indent: usize) {
        if let Some(around) = self.placed.around(draft) {
            self.lines(&around.below, indent);
        }
    }

    fn scalar(&mut self, draft: &Draft, text: &str) {
        if has_lines(&draft.body) {
            self.out.push_str(text);
        } else {
            self.out.push_str(text.trim_end_matches('\n'));
            self.end_line(draft);
        }
    }

    fn end_line(&mut self, draft: &Draft) {
        if let Some(comment) = self.placed.around(draft).and_then(|around| around.trailing.as_ref()) {
            self.out.push(' ');
            self.out.push_str(comment);
        }
        self.out.push('\n');
    }

    fn lines(&mut self, lines: &[String], indent: usize) {
        for line in lines {
            if line.is_empty() {
                self.blank();
            } else {
                self.out.extend(std::iter::repeat_n(' ', indent));
                self.out.push_str(line);
                self.out.push('\n');
            }
        }
    }

    /// A blank line, unless there is one: a block scalar may own it, and must not get another.
    fn blank(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }
}

fn has_lines(body: &Body) -> bool {
    matches!(body, Body::Scalar(Value::String(text)) if text.contains('\n'))
}

/// How a draft is laid out.
enum Shape<'a> {
    Map(&'a IndexMap<String, Draft>),
    List(&'a [Draft]),
    /// What follows `key:` or `-` for a scalar or an empty collection.
    Scalar(String),
}

fn shape(body: &Body, indent: usize) -> Shape<'_> {
    match body {
        Body::Map(entries) if entries.is_empty() => Shape::Scalar(" {}\n".to_owned()),
        Body::List(items) if items.is_empty() => Shape::Scalar(" []\n".to_owned()),
        Body::Map(entries) => Shape::Map(entries),
        Body::List(items) => Shape::List(items),
        Body::Scalar(value) => Shape::Scalar(render::after_indicator(value, indent, false)),
        Body::Quoted(text) => {
            Shape::Scalar(format!(" {}\n", render::string(text, Some(Style::SingleQuoted), false)))
        }
    }
}
