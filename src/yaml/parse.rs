//! From the parser's events to the span tree.
//!
//! The parser's spans are exact for scalars and flow collections. Everything else, such as where
//! a dash or a colon stands or where a node with properties begins, is found here by walking the
//! text forward between nodes, where only white space, comments and indicators can be.

use std::collections::HashMap;
use std::ops::Range;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, Span, StructureStyle};

use super::brackets::{closes_at_line_start, underindented};
use super::limits::Rejection;
use super::lines::Lines;
use super::node::{Content, Forest, MappingEntry, Node, NodeId, SequenceItem, Style};
use super::plain;
use crate::model::Rule;
use crate::yaml::WHITE;

/// Lists and mappings nested deeper than this are refused.
pub const NESTING: usize = 200;

pub(super) fn parse(text: &str, lines: &Lines) -> Result<Forest, Rejection> {
    if let Some(forest) = plain::forest(text) {
        return Ok(forest);
    }
    let error = match forest(text, true) {
        Ok(forest) => return Ok(forest),
        Err(error) => error,
    };
    let offset = error.marker().byte_offset().unwrap_or(0);
    if let Some(opened) = unclosed_quote(text, offset) {
        let message = "the quoted text that begins here has no closing quote";
        let help = "close it; a quote within is written twice in single quotes, and as \\\" in double ones";
        return Err(Rejection::new(Rule::Syntax, lines.position(text, opened), message, help));
    }
    if *error.kind() == ErrorKind::InvalidQuotedScalarIndent {
        return Err(underindentation(text, lines, offset, &error.info()));
    }
    if *error.kind() != ErrorKind::InvalidIndentation {
        return Err(refusal(text, lines, &error));
    }
    let lenient = forest(text, false);
    if !closes_at_line_start(text, offset) {
        return Err(match lenient {
            Ok(_) => underindentation(text, lines, offset, &error.info()),
            Err(_) => refusal(text, lines, &error),
        });
    }
    let forest = lenient.map_err(|error| refusal(text, lines, &error))?;
    match underindented(text, &forest.nodes, &forest.roots) {
        None => Ok(forest),
        Some(offset) => {
            Err(underindentation(text, lines, offset, &ErrorKind::InvalidIndentation.to_string()))
        }
    }
}

/// A line of a quoted text or within brackets that is not indented far enough for YAML, which hardly
/// any reader minds.
fn underindentation(text: &str, lines: &Lines, offset: usize, message: &str) -> Rejection {
    let help = "indent this line further than the key that it belongs to; YAML wants that, though other readers \
                accept it as it is";
    Rejection::new(Rule::Syntax, lines.position(text, offset), message, help)
}

/// Where the quote stands that was not closed on its line, of a text that stops being YAML at
/// `offset`: it swallows what follows, up to the next quote or to the end.
fn unclosed_quote(text: &str, offset: usize) -> Option<usize> {
    let mut start = 0;
    let mut open: Option<(usize, char)> = None;
    for line in Lines::split(text) {
        if start > offset {
            break;
        }
        let mut at = 0;
        if let Some((opened, quote)) = open {
            let Some(end) = closing(line, quote) else {
                start += line.len();
                continue;
            };
            // What stands behind the quote of a text of several lines ends the value.
            let behind = line.get(end..).unwrap_or_default().trim_start_matches(WHITE);
            if !(behind.is_empty() || behind.starts_with([',', ']', '}', '#', ':'])) {
                return Some(opened);
            }
            (open, at) = (None, end);
        }
        while let Some((begin, quote)) = opening(line, at) {
            let within = begin + 1;
            match closing(line.get(within..).unwrap_or_default(), quote) {
                Some(end) => at = within + end,
                None => {
                    open = Some((start + begin, quote));
                    break;
                }
            }
        }
        start += line.len();
    }
    open.map(|(opened, _)| opened)
}

/// The first quote, from `at` on, that begins a value.
fn opening(line: &str, at: usize) -> Option<(usize, char)> {
    let mut may_begin = line.get(..at).is_some_and(|before| before.trim_matches(WHITE).is_empty());
    let mut before = ' ';
    for (offset, c) in line.get(at..)?.char_indices() {
        match c {
            '#' if WHITE.contains(&before) => return None,
            '"' | '\'' if may_begin => return Some((at + offset, c)),
            ' ' | '\t' => may_begin = may_begin || matches!(before, ':' | '-' | '?' | ','),
            '[' | '{' => may_begin = true,
            _ => may_begin = matches!(c, '-' | '?') && may_begin && WHITE.contains(&before),
        }
        before = c;
    }
    None
}

/// Where a quoted text ends, right behind its quote.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' if quote == '"' => _ = chars.next(),
            '\'' if quote == c && chars.peek().is_some_and(|(_, next)| *next == c) => _ = chars.next(),
            _ if c == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

pub(super) fn forest(text: &str, strict: bool) -> Result<Forest, ScanError> {
    let options = granit_parser::options! {
        strict_indentation: strict,
        emit_anchor_events: true,
        max_buffered_comment_events: usize::MAX,
        flow_nesting_limit: NESTING,
        block_nesting_limit: NESTING,
    };
    // A node has about so many bytes; a long text is a single one.
    let nodes = Vec::with_capacity((text.len() / 8).min(1024));
    let mut builder = Builder {
        text,
        forest: Forest { nodes, ..Forest::default() },
        open: Vec::new(),
        anchors: HashMap::new(),
        starts: Vec::new(),
        document_end: 0,
    };
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event?;
        builder.event(event, span);
    }
    let Builder { mut forest, starts, .. } = builder;
    for (root, from) in forest.roots.clone().into_iter().zip(starts) {
        Placer { text, nodes: &mut forest.nodes }.place(root, from);
    }
    Ok(forest)
}

fn refusal(text: &str, lines: &Lines, error: &ScanError) -> Rejection {
    let offset = error.marker().byte_offset().unwrap_or(0).min(text.len());
    let line = text.get(lines.bytes(text, lines.line(offset))).unwrap_or_default();
    let help = if text.contains("{{") || line.contains("{%") || line.contains("<%") {
        "this looks like a template; terrace reads plain YAML, so keep the template elsewhere"
    } else if line.contains('\t') {
        "YAML is indented with spaces, not tabs"
    } else {
        "mend the YAML here, or a line or two above"
    };
    Rejection::new(Rule::Syntax, lines.position(text, offset), error.info(), help)
}

struct Builder<'a> {
    text: &'a str,
    forest: Forest,
    open: Vec<NodeId>,
    anchors: HashMap<usize, NodeId>,
    starts: Vec<usize>,
    document_end: usize,
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, span: Span) {
        let range = span.byte_range().unwrap_or_default();
        match event {
            Event::DocumentStart(explicit, _) => {
                self.starts.push(if explicit { range.end } else { skip_ends(self.text, self.document_end) });
            }
            Event::DocumentEnd => self.document_end = range.end,
            Event::Comment(..) => self.forest.comments.push(range),
            Event::Anchor(id, name) => {
                let node = self.anchors[&id];
                self.forest.nodes[node.0 as usize].anchor = Some(name.into_owned());
            }
            Event::Alias(id) => {
                let target = self.anchors[&id];
                self.add(Content::Alias { target }, None, 0, range);
            }
            Event::Scalar(text, style, anchor, tag) => {
                let style = match style {
                    ScalarStyle::Plain => Style::Plain,
                    ScalarStyle::SingleQuoted => Style::SingleQuoted,
                    ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
                    ScalarStyle::Literal => Style::Literal,
                    ScalarStyle::Folded => Style::Folded,
                };
                // A value that is not written arrives as `~` with an empty span.
                let written = style != Style::Plain || !range.is_empty();
                let text = if written { text.into_owned() } else { String::new() };
                let tag = tag.map(|tag| format!("{}{}", tag.handle(), tag.suffix()));
                self.add(Content::Scalar { text, style }, tag, anchor, range);
            }
            Event::SequenceStart(style, anchor, tag) => {
                let tag = tag.map(|tag| format!("{}{}", tag.handle(), tag.suffix()));
                let flow = matches!(style, StructureStyle::Flow);
                let id = self.add(Content::Sequence { items: Vec::new(), flow }, tag, anchor, range);
                self.open.push(id);
            }
            Event::MappingStart(style, anchor, tag) => {
                let tag = tag.map(|tag| format!("{}{}", tag.handle(), tag.suffix()));
                let flow = matches!(style, StructureStyle::Flow);
                let id = self.add(Content::Mapping { entries: Vec::new(), flow }, tag, anchor, range);
                self.open.push(id);
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(id) = self.open.pop() {
                    let node = &mut self.forest.nodes[id.0 as usize];
                    node.span.end = node.span.end.max(range.end);
                }
            }
            // Stream ends say nothing new; unresolved aliases are not asked for.
            _ => {}
        }
    }

    fn add(&mut self, content: Content, tag: Option<String>, anchor: usize, span: Range<usize>) -> NodeId {
        let id = NodeId(u32::try_from(self.forest.nodes.len()).unwrap_or(u32::MAX));
        let start = span.start.min(self.text.len());
        self.forest.nodes.push(Node { content, tag, anchor: None, outer: span.clone(), span });
        if anchor != 0 {
            self.anchors.insert(anchor, id);
        }
        match self.open.last() {
            None => self.forest.roots.push(id),
            Some(parent) => match &mut self.forest.nodes[parent.0 as usize].content {
                Content::Sequence { items, .. } => items.push(SequenceItem { start, node: id }),
                Content::Mapping { entries, .. } => match entries.last_mut() {
                    // The value of an entry is its key's id until the value arrives.
                    Some(entry) if entry.value == entry.key => entry.value = id,
                    _ => {
                        entries.push(MappingEntry { start, explicit: false, key: id, colon: None, value: id })
                    }
                },
                Content::Scalar { .. } | Content::Alias { .. } => {}
            },
        }
        id
    }
}

struct Placer<'a> {
    text: &'a str,
    nodes: &'a mut Vec<Node>,
}

impl Placer<'_> {
    /// Settles the spans of `id` and of all below it; it begins at or behind `from`, with only
    /// white space and comments between. Returns where it ends.
    fn place(&mut self, id: NodeId, from: usize) -> usize {
        let node = &self.nodes[id.0 as usize];
        let unwritten =
            matches!(&node.content, Content::Scalar { text, style: Style::Plain } if text.is_empty());
        let properties = usize::from(node.tag.is_some()) + usize::from(node.anchor.is_some());
        if unwritten && properties == 0 {
            self.nodes[id.0 as usize].span = from..from;
            self.nodes[id.0 as usize].outer = from..from;
            return from;
        }
        let outer_start = skip_trivia(self.text, from);
        let content_start = skip_properties(self.text, outer_start, properties);
        let span = node.span.clone();
        // Taken out while what it holds is placed.
        let content =
            std::mem::replace(&mut self.nodes[id.0 as usize].content, Content::Alias { target: id });
        let (span, content) = match content {
            Content::Scalar { .. } if unwritten => {
                let end = self.text[..content_start].trim_end_matches(WHITE).len().max(outer_start);
                (end..end, content)
            }
            Content::Scalar { style, .. } if style.is_block() => {
                (content_start..span.end.max(content_start), content)
            }
            Content::Scalar { .. } | Content::Alias { .. } => (span, content),
            Content::Sequence { mut items, flow } => {
                let end = self.place_items(&mut items, flow, content_start);
                let start = items.first().map_or(span.start, |item| item.start);
                (if flow { span } else { start..end }, Content::Sequence { items, flow })
            }
            Content::Mapping { mut entries, flow } => {
                // A single pair inside `[…]` has no braces, though its key may.
                let first_key = entries.first().map(|entry| self.nodes[entry.key.0 as usize].span.start);
                let braces = flow
                    && self.text[span.start.min(self.text.len())..].starts_with('{')
                    && first_key != Some(span.start);
                let inside = if braces { span.start + 1 } else { content_start };
                let end = self.place_entries(&mut entries, flow, inside);
                let start = entries.first().map_or(span.start, |entry| entry.start);
                (if braces { span } else { start..end }, Content::Mapping { entries, flow })
            }
        };
        let end = span.end;
        let node = &mut self.nodes[id.0 as usize];
        node.outer = outer_start.min(span.start)..end;
        (node.span, node.content) = (span, content);
        end
    }

    fn place_items(&mut self, items: &mut [SequenceItem], flow: bool, from: usize) -> usize {
        let mut at = if flow { from + 1 } else { from };
        for item in items {
            at = self.skip_comma(at, flow);
            item.start = at;
            at = self.place(item.node, if flow { at } else { at + 1 });
        }
        at
    }

    fn place_entries(&mut self, entries: &mut [MappingEntry], flow: bool, from: usize) -> usize {
        let mut at = from;
        for entry in entries {
            at = self.skip_comma(at, flow);
            entry.start = at;
            let mut rest = self.text[at.min(self.text.len())..].chars();
            entry.explicit = rest.next() == Some('?')
                && rest.next().is_none_or(|c| WHITE.contains(&c) || c == ',' || c == '}');
            at = self.place(entry.key, if entry.explicit { at + 1 } else { at });
            let colon = skip_trivia(self.text, at);
            if self.text[colon..].starts_with(':') {
                entry.colon = Some(colon);
                at = colon + 1;
            }
            at = self.place(entry.value, at);
        }
        at
    }

    fn skip_comma(&self, at: usize, flow: bool) -> usize {
        let at = skip_trivia(self.text, at);
        if flow && self.text[at..].starts_with(',') { skip_trivia(self.text, at + 1) } else { at }
    }
}

/// The first byte at or behind `from` that is neither white space nor part of a comment.
pub(super) fn skip_trivia(text: &str, from: usize) -> usize {
    const MARK: &[u8] = "\u{feff}".as_bytes();
    let bytes = text.as_bytes();
    let mut at = from.min(text.len());
    let is_behind_blank = |at: usize| {
        let before = bytes.get(..at).unwrap_or_default();
        before.last().is_none_or(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))
            || before.ends_with(MARK)
    };
    loop {
        match bytes.get(at) {
            Some(b' ' | b'\t' | b'\n' | b'\r') => at += 1,
            Some(b'#') if is_behind_blank(at) => {
                let rest = bytes.get(at..).unwrap_or_default();
                at += memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
            }
            Some(0xef) if bytes.get(at..).is_some_and(|rest| rest.starts_with(MARK)) => at += MARK.len(),
            Some(_) | None => return at,
        }
    }
}

/// The first byte at or behind `from` that is no further end of a document.
fn skip_ends(text: &str, from: usize) -> usize {
    let mut at = from.min(text.len());
    loop {
        let next = skip_trivia(text, at);
        match text[next..].strip_prefix("...") {
            Some(rest) if rest.is_empty() || rest.starts_with(WHITE) => at = next + 3,
            _ => return at,
        }
    }
}

/// The first byte of the content behind so many tags and anchors at `from`.
fn skip_properties(text: &str, from: usize, count: usize) -> usize {
    (0..count).fold(from, |at, _| skip_trivia(text, at + property(&text[at..])))
}

/// The length of the tag or anchor that a text begins with.
pub(super) fn property(text: &str) -> usize {
    if text.starts_with("!<") {
        return text.find('>').map_or(text.len(), |end| end + 1);
    }
    let ends = |c: char| c.is_ascii_whitespace() || ",[]{}".contains(c);
    if text.starts_with(['!', '&']) { text.find(ends).unwrap_or(text.len()) } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::super::edit::{Operation, Replacement, apply};
    use super::super::{Content, Document, Limits};
    use crate::model::Value;

    #[test]
    fn what_only_unicode_calls_white_space_is_text() {
        let mut read = 0;
        for white in ['\u{85}', '\u{a0}', '\u{2003}', '\u{2028}', '\u{3000}'] {
            for (text, path) in [
                (format!("-\t&{white}\r- b\n"), "[1]"),
                (format!("- &x{white}\n- b\n"), "[1]"),
                (format!("k: &{white}\nb: 1\n"), "b"),
                (format!("k: x{white}\nb: 1\n"), "b"),
                (format!("k: |\n  x{white}\n  {white}\nb: 1\n"), "b"),
                (format!("k: [x{white}, {white}]\nb: 1\n"), "b"),
                (format!("{white}: 1\nb: 1\n"), "b"),
            ] {
                let Ok(document) = Document::parse(text.as_bytes(), &Limits::default()) else { continue };
                read += 1;
                for (_, node) in document.nodes() {
                    assert!(text.get(node.outer.clone()).is_some(), "{text:?}");
                }
                let path = path.parse().expect("a path");
                let set = Operation::Set { path, value: Replacement::Value(Value::Bool(true)) };
                let edited = apply(&document, &[set], &Limits::default()).expect(&text);
                assert!(edited.matches(white).count() == text.matches(white).count(), "{text:?} {edited:?}");
            }
        }
        assert_eq!(read, 35, "all of it is YAML");
    }

    #[test]
    fn tags_and_anchors_belong_to_the_node_they_stand_before() {
        let text = "m: &m\n  &k key: 1\nl: [!!str, &e , !<tag:x,y> z, !t]\n";
        let document = Document::parse(text.as_bytes(), &Limits::default()).expect("YAML");
        let outer: Vec<_> = document
            .nodes()
            .filter(|(_, node)| node.tag.is_some() || node.anchor.is_some())
            .map(|(_, node)| text.get(node.outer.clone()).expect("a slice"))
            .collect();
        assert_eq!(outer, ["&m\n  &k key: 1", "&k key", "!!str", "&e", "!<tag:x,y> z", "!t"]);
        for (_, node) in document.nodes() {
            if let Content::Mapping { entries, .. } = &node.content {
                assert_eq!(entries[0].start, node.span.start);
            }
        }
    }
}
