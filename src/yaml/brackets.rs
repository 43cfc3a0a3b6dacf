//! Brackets that close at the column of their key.
//!
//! YAML wants every line of a flow collection further in than what it hangs on. Files in use obey
//! that except for the line that closes it, and all their readers accept that:
//! ```yaml
//! hosts: [
//!   a,
//! ]
//! ```
//! The parser is either strict about both or about nothing, so a file with such a bracket is
//! parsed leniently and everything but the brackets is judged here.

use super::node::{Content, Node, NodeId, Style};
use crate::yaml::WHITE;

/// Whether the byte at `at` is a closing bracket that begins its line.
pub(super) fn closes_at_line_start(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default().trim_end_matches(' ');
    let begins = before.is_empty() || before.ends_with(['\n', '\r']);
    begins && text.get(at..).is_some_and(|rest| rest.starts_with([']', '}']))
}

/// The first line inside a flow collection or quoted scalar that does not stand further in than
/// what the node hangs on, brackets that close left out.
pub(super) fn underindented(text: &str, nodes: &[Node], roots: &[NodeId]) -> Option<usize> {
    let judge = Judge { text, nodes };
    roots.iter().find_map(|root| judge.find(*root, None))
}

struct Judge<'a> {
    text: &'a str,
    nodes: &'a [Node],
}

impl Judge<'_> {
    /// `column` is that of the block entry or element that holds the node.
    fn find(&self, id: NodeId, column: Option<usize>) -> Option<usize> {
        let node = &self.nodes[id.0 as usize];
        match &node.content {
            Content::Mapping { entries, flow: false } => entries.iter().find_map(|entry| {
                let column = Some(self.column(entry.start));
                self.find(entry.key, column).or_else(|| self.find(entry.value, column))
            }),
            Content::Sequence { items, flow: false } => {
                items.iter().find_map(|item| self.find(item.node, Some(self.column(item.start))))
            }
            Content::Mapping { .. } | Content::Sequence { .. } => self.find_line(node, column?, true),
            Content::Scalar { style: Style::SingleQuoted | Style::DoubleQuoted, .. } => {
                self.find_line(node, column?, false)
            }
            Content::Scalar { .. } | Content::Alias { .. } => None,
        }
    }

    fn find_line(&self, node: &Node, column: usize, brackets: bool) -> Option<usize> {
        let mut at = node.span.start;
        let inside = self.text.get(node.span.clone()).unwrap_or_default();
        for (number, line) in inside.split_inclusive(['\n', '\r']).enumerate() {
            let indent = line.len() - line.trim_start_matches(' ').len();
            let rest = line.trim_matches(WHITE);
            let exempt =
                rest.is_empty() || rest.starts_with('#') || (brackets && rest.starts_with([']', '}']));
            if number > 0 && !exempt && indent <= column {
                return Some(at + indent);
            }
            at += line.len();
        }
        None
    }

    fn column(&self, at: usize) -> usize {
        let before = self.text.get(..at).unwrap_or_default();
        let line = before.rfind(['\n', '\r', '\u{feff}']).map_or(before, |start| &before[start..]);
        line.chars().filter(|c| !matches!(c, '\n' | '\r' | '\u{feff}')).count()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Document, Limits};

    fn refused_at(text: &str) -> Option<usize> {
        let read = Document::parse(text.as_bytes(), &Limits::default());
        read.err().map(|rejection| rejection.location.start.line)
    }

    #[test]
    fn only_brackets_may_stand_at_their_keys_column() {
        for text in [
            "a: [\n  1,\n  2\n]\nb: 1\n",
            "a: {\n  x: [\n    1 # ]\n  ],\n  # c\n\n}\n",
            "a:\n  b: [\n    'x\n    y'\n  ]\n",
            "- a: {x: 1,\n  }\n",
            "[\n1,\n2\n]\n",
        ] {
            assert_eq!(refused_at(text), None, "{text:?}");
        }
        for (text, line) in [
            ("a: [\n1,\n2\n]\n", 2),
            ("a: [\n  1\n]\nb: [\n1]\n", 5),
            ("a: [\n  1\n]\nb: \"x\ny\"\n", 5),
            ("a: [\n  1\n]\nb:\n- [\n\t1]\n", 6),
            ("a: [\n  'x\ny'\n]\n", 3),
        ] {
            assert_eq!(refused_at(text), Some(line), "{text:?}");
        }
    }
}
