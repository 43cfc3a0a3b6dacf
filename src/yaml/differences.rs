//! What stands in a text that other readers of YAML take for something else, or refuse; single plain
//! values apart (`other_readings`).

use std::collections::HashSet;
use std::ops::Range;

use super::document::Document;
use super::node::{Content, MappingEntry, NodeId, Style};
use super::other_readings::{OtherReading, reads_differently};
use super::scalar::{CORE, digits, plain_value};
use crate::model::Value;
use crate::yaml::WHITE;

/// Something that readers take differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What it is.
    pub kind: DifferenceKind,
    /// The bytes that are meant.
    pub span: Range<usize>,
}

/// The kinds of [`Difference`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DifferenceKind {
    /// A second byte order mark begins the first key or value to most.
    SecondMark,
    /// A block text ends with the file, without a line feed, which some then leave off.
    BlockWithoutEnd,
    /// A block text ends with the file, on a line of blanks without a line feed, of which some make text
    /// and others a line.
    BlockEndsInBlanks,
    /// A plain text within brackets begins with `:`.
    FlowColon,
    /// A plain text within brackets holds `?`.
    FlowQuestionMark,
    /// A key within brackets whose `:` is followed by a bracket or a comma.
    FlowKeyWithoutValue,
    /// A key within brackets that is broken over lines, or stands on another line than its `:`.
    FlowKeyBroken,
    /// A pair within `[…]` whose quoted key and value have no space between them.
    FlowPairWithoutSpace,
    /// An anchor with other characters than letters, digits, `-` and `_`.
    AnchorName,
    /// A second anchor of one name.
    AnchorAgain,
    /// A tag that some do not know, or do not find to fit its text.
    Tag,
    /// A tab stands between tokens, or in a plain text.
    Tab,
    /// A carriage return ends a line by itself.
    CarriageReturn,
    /// A line break to YAML 1.1 readers, before more text on its line.
    Break {
        /// The character.
        character: char,
        /// Whether more text stands behind it on its line.
        splits: bool,
    },
    /// A character that nobody sees, in a key.
    HiddenInKey(char),
    /// A character that looks like indentation and is text.
    HiddenIndentation(char),
}

impl Document {
    /// What other readers take differently, in file order.
    #[must_use]
    pub fn differences(&self) -> Vec<Difference> {
        let is_ascii = self.text().is_ascii();
        let mut finder = Finder { document: self, is_ascii, found: Vec::new() };
        // All that these look for are characters beyond ASCII.
        if !is_ascii {
            finder.marks();
            finder.breaks();
            finder.indentation();
        }
        for (id, _) in self.nodes() {
            finder.node(id);
        }
        finder.anchors();
        if memchr::memchr2(b'\t', b'\r', self.text().as_bytes()).is_some() {
            finder.between();
        }
        finder.found.sort_by_key(|difference| difference.span.start);
        finder.found
    }
}

struct Finder<'d> {
    document: &'d Document,
    /// Whether the text has none but ASCII characters, so that all of them can be seen.
    is_ascii: bool,
    found: Vec<Difference>,
}

impl Finder<'_> {
    fn tell(&mut self, kind: DifferenceKind, at: usize, length: usize) {
        self.found.push(Difference { kind, span: at..at + length });
    }

    fn marks(&mut self) {
        const MARK: char = '\u{feff}';
        let rest = self.document.text().strip_prefix(MARK);
        if rest.is_some_and(|rest| rest.starts_with(MARK)) {
            self.tell(DifferenceKind::SecondMark, MARK.len_utf8(), MARK.len_utf8());
        }
    }

    /// U+0085, U+2028 and U+2029, line breaks in YAML 1.1 and text in YAML 1.2 (section 5.4).
    fn breaks(&mut self) {
        let text = self.document.text();
        for (at, character) in text.match_indices(['\u{85}', '\u{2028}', '\u{2029}']) {
            let behind = text.get(at + character.len()..).unwrap_or_default();
            let line = behind.split(['\n', '\r']).next().unwrap_or_default();
            let splits = !line.trim_matches(WHITE).is_empty();
            if let Some(character) = character.chars().next() {
                self.tell(DifferenceKind::Break { character, splits }, at, character.len_utf8());
            }
        }
    }

    /// Characters behind a line's indentation and dashes that look like more of it.
    fn indentation(&mut self) {
        let text = self.document.text();
        let blocks: Vec<Range<usize>> = self
            .document
            .nodes()
            .filter(|(_, node)| matches!(node.content, Content::Scalar { style, .. } if style.is_block()))
            .map(|(_, node)| node.span.clone())
            .collect();
        let mut at = 0;
        for line in text.split_inclusive(['\n', '\r']) {
            let mut begin = line.trim_start_matches([' ', '\t', '\u{feff}']);
            while let Some(rest) = begin.strip_prefix("- ") {
                begin = rest.trim_start_matches([' ', '\t']);
            }
            let offset = at + line.len() - begin.len();
            at += line.len();
            let Some(first) = begin.chars().next().filter(|c| is_unseen(*c)) else { continue };
            // Block texts come in the order of the file and never overlap.
            let before = blocks.partition_point(|block| block.start <= offset);
            let is_content =
                before.checked_sub(1).and_then(|before| blocks.get(before)).is_some_and(|b| offset < b.end);
            if !is_content {
                self.tell(DifferenceKind::HiddenIndentation(first), offset, first.len_utf8());
            }
        }
    }

    fn node(&mut self, id: NodeId) {
        let node = self.document.node(id);
        if node.tag.as_deref().is_some_and(|tag| is_taken_apart(tag, &node.content)) {
            let length = node.span.start - node.outer.start;
            self.tell(DifferenceKind::Tag, node.outer.start, length.max(1));
        }
        match &node.content {
            Content::Scalar { style: Style::Literal | Style::Folded, text: value } => {
                // A chomped text has no line feed to anyone.
                if value.ends_with('\n') && self.is_last(node.span.end) {
                    self.block_end(node.span.start, value);
                }
            }
            Content::Sequence { items, flow: true } => {
                for item in items {
                    self.in_brackets(item.node);
                }
            }
            Content::Mapping { entries, flow } => {
                for entry in entries {
                    if !self.is_ascii {
                        self.key(entry.key);
                    }
                    if *flow {
                        self.pair(node.span.start, entry);
                        self.in_brackets(entry.key);
                        self.in_brackets(entry.value);
                    }
                }
            }
            Content::Scalar { .. } | Content::Sequence { .. } | Content::Alias { .. } => {}
        }
    }

    /// Whether nothing but blanks stands behind, to the end of a file without a last line feed.
    fn is_last(&self, end: usize) -> bool {
        let text = self.document.text();
        !text.ends_with(['\n', '\r'])
            && text.get(end..).is_some_and(|rest| rest.trim_matches(WHITE).is_empty())
    }

    /// The last line of a block text that ends with the file and has a last line feed.
    fn block_end(&mut self, start: usize, value: &str) {
        let text = self.document.text();
        let last = text.rsplit(['\n', '\r']).next().unwrap_or_default();
        let written = last.trim_start_matches(WHITE);
        if !written.is_empty() {
            self.tell(DifferenceKind::BlockWithoutEnd, text.len() - written.len(), written.len());
            return;
        }
        let header = text.get(start..).and_then(|block| block.lines().next()).unwrap_or_default();
        let keeps = header.split('#').next().is_some_and(|header| header.contains('+'));
        let is_text = value
            .trim_end_matches('\n')
            .rsplit('\n')
            .next()
            .is_some_and(|line| !line.is_empty() && line.trim_matches(WHITE).is_empty());
        if keeps || is_text {
            self.tell(DifferenceKind::BlockEndsInBlanks, text.len() - last.len(), last.len());
        }
    }

    fn anchors(&mut self) {
        let mut known = HashSet::new();
        for (_, node) in self.document.nodes() {
            let Some(name) = &node.anchor else { continue };
            let before = self.document.text().get(node.outer.start..node.span.start).unwrap_or_default();
            let at = node.outer.start + before.find('&').unwrap_or_default();
            if name.contains(|c: char| !c.is_ascii_alphanumeric() && !"-_".contains(c)) {
                self.tell(DifferenceKind::AnchorName, at, name.len() + 1);
            } else if !known.insert(name.as_str()) {
                self.tell(DifferenceKind::AnchorAgain, at, name.len() + 1);
            }
        }
    }

    /// The `:` behind a key within brackets, which begin at `start`.
    fn pair(&mut self, start: usize, entry: &MappingEntry) {
        let key = self.document.node(entry.key);
        let Content::Scalar { style, .. } = key.content else { return };
        let text = self.document.text().as_bytes();
        let Some(colon) = entry.colon else { return };
        let is_broken = text.get(key.span.start..colon).is_some_and(|key| key.contains(&b'\n'));
        if is_broken && !entry.explicit {
            self.tell(DifferenceKind::FlowKeyBroken, key.span.start, key.span.len());
            return;
        }
        let (Some(b':'), Some(next)) = (text.get(colon), text.get(colon + 1)) else { return };
        let is_plain = style == Style::Plain;
        let kind = match next {
            b',' | b'}' | b']' if is_plain => DifferenceKind::FlowKeyWithoutValue,
            b' ' | b'\t' | b'\n' | b'\r' => return,
            _ if !is_plain && text.get(start) != Some(&b'{') => DifferenceKind::FlowPairWithoutSpace,
            _ => return,
        };
        self.tell(kind, key.span.start, colon + 1 - key.span.start);
    }

    fn in_brackets(&mut self, id: NodeId) {
        let node = self.document.node(id);
        let Content::Scalar { text, style: Style::Plain } = &node.content else { return };
        if text.starts_with(':') {
            self.tell(DifferenceKind::FlowColon, node.span.start, node.span.len());
        } else if text.contains('?') {
            self.tell(DifferenceKind::FlowQuestionMark, node.span.start, node.span.len());
        }
    }

    /// Unseen characters of a key, as they stand in the text: an escape can be seen.
    fn key(&mut self, id: NodeId) {
        let node = self.document.node(id);
        if !matches!(node.content, Content::Scalar { .. }) {
            return;
        }
        let written = self.document.text().get(node.span.clone()).unwrap_or_default();
        let unseen = written.char_indices().find(|(_, c)| is_unseen(*c));
        // What begins a line is told as what looks like its indentation.
        if let Some((at, c)) = unseen
            && !self.found.iter().any(|found| found.span.start == node.span.start + at)
        {
            self.tell(DifferenceKind::HiddenInKey(c), node.span.start + at, c.len_utf8());
        }
    }

    /// Tabs outside of quotes, block texts and comments, and lone carriage returns.
    fn between(&mut self) {
        let text = self.document.text();
        let keeps_tabs = |content: &Content| match content {
            Content::Scalar { style, .. } => *style != Style::Plain,
            Content::Sequence { .. } | Content::Mapping { .. } | Content::Alias { .. } => false,
        };
        let nodes = self.document.nodes().filter(|(_, node)| keeps_tabs(&node.content));
        let mut values: Vec<Range<usize>> = nodes.map(|(_, node)| node.span.clone()).collect();
        values.extend(self.document.comments().iter().cloned());
        values.sort_by_key(|span| span.start);
        let mut from = 0;
        for span in values.into_iter().chain(std::iter::once(text.len()..text.len())) {
            let gap = text.get(from..span.start.max(from)).unwrap_or_default();
            // A file has tabs by its author's habit: the first one tells of all.
            if let Some(at) = gap.find('\t') {
                self.tell(DifferenceKind::Tab, from + at, 1);
                break;
            }
            from = from.max(span.end);
        }
        let lone = text.match_indices('\r').find(|(at, _)| text.as_bytes().get(at + 1) != Some(&b'\n'));
        if let Some((at, _)) = lone {
            self.tell(DifferenceKind::CarriageReturn, at, 1);
        }
    }
}

/// Whether readers disagree on what a tag makes of a content: `!` keeps a plain text from being anything
/// else to some, and those of the core schema take more or fewer texts.
fn is_taken_apart(tag: &str, content: &Content) -> bool {
    let (text, style) = match content {
        Content::Scalar { text, style } => (text, *style),
        Content::Sequence { .. } | Content::Mapping { .. } | Content::Alias { .. } => {
            let collections = ["set", "omap", "pairs"];
            return tag.strip_prefix(CORE).is_some_and(|name| collections.contains(&name));
        }
    };
    let (plain, is_plain) = (plain_value(text), style == Style::Plain);
    if tag == "!" {
        return is_plain && plain.as_str().is_none();
    }
    let is_integer = |text: &str| !text.contains(['.', 'e', 'E']) && !text.ends_with("inf");
    let other = reads_differently(text);
    match (tag.strip_prefix(CORE), &plain) {
        (Some("null"), Value::Null) => !is_plain,
        (Some("bool"), Value::Bool(_)) => false,
        (Some("int"), Value::Number(text)) => {
            let is_padded = digits(text.trim_start_matches(['-', '+']), |c| c.is_ascii_digit());
            !is_integer(text)
                || matches!(other, Some(OtherReading::Rounded))
                || (is_padded && other.is_some())
        }
        (Some("float"), Value::Number(text)) => {
            let is_bare = text.strip_prefix(['-', '+']).is_some_and(|rest| {
                rest.strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
            });
            is_integer(text) || is_bare || matches!(other, Some(OtherReading::Infinite))
        }
        (Some("null" | "bool" | "int" | "float" | "timestamp"), _) => true,
        _ => false,
    }
}

/// Whether a character shows nothing or only looks like a blank: no-break and other blanks, zero-width
/// and bidirectional characters.
const fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200f}' | '\u{202a}'..='\u{202f}' | '\u{205f}'..='\u{2064}'
        | '\u{2066}'..='\u{206f}' | '\u{3000}' | '\u{feff}' | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{115f}'
        | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{e0000}'..='\u{e007f}')
}
