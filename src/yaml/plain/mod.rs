//! The plain part of YAML that most configuration is written in, read in one pass.
//!
//! Block lists and mappings, texts that stand on one line, lists and mappings in brackets on one line,
//! `|` texts and comments. At the first byte that is not surely one of these, errors included, nothing
//! is said, and the parser reads the whole file: what is read here is read the same there, down to
//! where everything stands.

mod scalars;

use std::ops::Range;

use self::scalars::is_plain;
use super::node::{Content, Forest, MappingEntry, Node, NodeId, SequenceItem, Style};

/// Deeper nesting is for the parser, which knows the limit.
const NESTING: usize = 64;

/// What begins a document.
const START: &str = "---";

/// A longer key is for the parser, which knows how far a reader looks ahead.
const KEY: usize = 1_000;

/// The span tree of a text that is plain throughout.
pub(super) fn forest(text: &str) -> Option<Forest> {
    let mut reader = Reader {
        text,
        line: 0,
        at: 0,
        column: None,
        depth: 0,
        // A node has about so many bytes; a long text is a single one.
        nodes: Vec::with_capacity((text.len() / 8).min(1024)),
        comments: Vec::new(),
    };
    let mut roots = Vec::new();
    reader.next_line()?;
    loop {
        if reader.is_start() {
            reader.at += START.len();
            reader.end_line()?;
        }
        match reader.column? {
            0 => roots.push(reader.collection()?),
            _ => return None,
        }
        match reader.column {
            None if reader.is_start() => {}
            None => break,
            Some(_) => return None,
        }
    }
    let Reader { nodes, comments, .. } = reader;
    Some(Forest { nodes, roots, comments })
}

struct Reader<'a> {
    text: &'a str,
    /// Where the line of `at` begins.
    line: usize,
    at: usize,
    /// How far the next line is indented that has content, with `at` at that; none where a document ends.
    column: Option<usize>,
    depth: usize,
    nodes: Vec<Node>,
    comments: Vec<Range<usize>>,
}

/// A scalar that is read, and may yet turn out to be the first key of a mapping.
struct Scalar {
    text: String,
    style: Style,
    span: Range<usize>,
}

impl Reader<'_> {
    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_spaces(&mut self) {
        while self.byte(self.at) == Some(b' ') {
            self.at += 1;
        }
    }

    /// Whether a space, or the end of a line, stands there: an indicator before it is one.
    fn is_blank(&self, at: usize) -> bool {
        matches!(self.byte(at), None | Some(b' ' | b'\n'))
    }

    /// Whether what stands here begins an element of a list.
    fn is_dash(&self) -> bool {
        self.byte(self.at) == Some(b'-') && self.is_blank(self.at + 1)
    }

    fn add(&mut self, content: Content, span: Range<usize>) -> NodeId {
        let id = NodeId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(Node { content, tag: None, anchor: None, outer: span.clone(), span });
        id
    }

    fn add_scalar(&mut self, Scalar { text, style, span }: Scalar) -> NodeId {
        self.add(Content::Scalar { text, style }, span)
    }

    /// A place for a list or mapping, which comes before what it holds.
    fn reserve(&mut self) -> Option<NodeId> {
        self.depth += 1;
        (self.depth <= NESTING).then(|| self.add(Content::Sequence { items: Vec::new(), flow: false }, 0..0))
    }

    fn settle(&mut self, id: NodeId, content: Content, span: Range<usize>) -> Option<NodeId> {
        self.depth -= 1;
        let node = self.nodes.get_mut(id.0 as usize)?;
        (node.content, node.outer, node.span) = (content, span.clone(), span);
        Some(id)
    }

    /// Where a node ends.
    fn end_of(&self, id: NodeId) -> Option<usize> {
        self.nodes.get(id.0 as usize).map(|node| node.span.end)
    }

    /// From behind a value to the next line that has content.
    fn end_line(&mut self) -> Option<()> {
        let behind = self.at;
        self.skip_spaces();
        match self.byte(self.at) {
            None => {}
            Some(b'\n') => self.at += 1,
            Some(b'#') if self.at > behind => self.comment()?,
            Some(_) => return None,
        }
        self.next_line()
    }

    /// From the beginning of a line to the next content.
    fn next_line(&mut self) -> Option<()> {
        loop {
            self.line = self.at;
            self.skip_spaces();
            match self.byte(self.at) {
                None => self.column = None,
                Some(b'\n') => {
                    self.at += 1;
                    continue;
                }
                Some(b'#') => {
                    self.comment()?;
                    continue;
                }
                Some(_) if self.is_start() => self.column = None,
                Some(_) => self.column = Some(self.at - self.line),
            }
            return Some(());
        }
    }

    /// A comment, and the end of its line.
    fn comment(&mut self) -> Option<()> {
        let start = self.at;
        self.at += self.printable(start)?;
        self.comments.push(start..self.at);
        if self.byte(self.at).is_some() {
            self.at += 1;
        }
        Some(())
    }

    /// How many bytes there are to the end of the line, if each is plain text.
    fn printable(&self, from: usize) -> Option<usize> {
        let rest = self.text.get(from..)?;
        let line = rest.get(..memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len()))?;
        let ascii = line.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        (ascii || line.chars().all(is_plain)).then_some(line.len())
    }

    /// What begins a line, or stands behind a dash.
    fn node(&mut self, column: usize) -> Option<NodeId> {
        match self.byte(self.at)? {
            b'-' if self.is_dash() => self.sequence(column),
            b'[' | b'{' => self.flow_value(),
            b'|' => None,
            _ => {
                let scalar = self.scalar(false)?;
                if self.is_key() {
                    return self.mapping(column, scalar);
                }
                let id = self.add_scalar(scalar);
                self.end_line()?;
                Some(id)
            }
        }
    }

    /// What a document holds, where that is a list or a mapping.
    fn collection(&mut self) -> Option<NodeId> {
        let id = self.node(0)?;
        match self.nodes.get(id.0 as usize)?.content {
            Content::Sequence { flow: false, .. } | Content::Mapping { flow: false, .. } => Some(id),
            Content::Sequence { .. }
            | Content::Mapping { .. }
            | Content::Scalar { .. }
            | Content::Alias { .. } => None,
        }
    }

    /// Whether a colon follows on the line that makes a key of what was just read; `at` is moved to it.
    fn is_key(&mut self) -> bool {
        let behind = self.at;
        self.skip_spaces();
        let is_key = self.byte(self.at) == Some(b':') && self.is_blank(self.at + 1);
        if !is_key {
            self.at = behind;
        }
        is_key
    }

    fn mapping(&mut self, column: usize, first: Scalar) -> Option<NodeId> {
        let id = self.reserve()?;
        let start = first.span.start;
        let mut entries = Vec::new();
        let mut next = first;
        loop {
            let (start, colon) = (next.span.start, self.at);
            if colon - start > KEY {
                return None;
            }
            self.at += 1;
            let key = self.add_scalar(next);
            let value = self.value(column, colon + 1)?;
            entries.push(MappingEntry { start, explicit: false, key, colon: Some(colon), value });
            match self.column {
                Some(found) if found == column => {}
                Some(found) if found > column => return None,
                Some(_) | None => break,
            }
            next = self.scalar(false)?;
            if !self.is_key() {
                return None;
            }
        }
        let end = self.end_of(entries.last()?.value)?;
        self.settle(id, Content::Mapping { entries, flow: false }, start..end)
    }

    /// The value behind a colon.
    fn value(&mut self, column: usize, from: usize) -> Option<NodeId> {
        self.skip_spaces();
        match self.byte(self.at) {
            None | Some(b'\n' | b'#') => {
                self.at = from;
                self.end_line()?;
                match self.column {
                    Some(next) if next > column => self.node(next),
                    Some(next) if next == column && self.is_dash() => self.sequence(column),
                    _ => Some(self.unwritten(from)),
                }
            }
            Some(b'[' | b'{') => self.flow_value(),
            Some(b'|') => self.literal(column),
            Some(_) => {
                let scalar = self.scalar(false)?;
                let id = self.add_scalar(scalar);
                self.end_line()?;
                Some(id)
            }
        }
    }

    fn unwritten(&mut self, at: usize) -> NodeId {
        self.add(Content::Scalar { text: String::new(), style: Style::Plain }, at..at)
    }

    fn sequence(&mut self, column: usize) -> Option<NodeId> {
        let id = self.reserve()?;
        let start = self.at;
        let mut items = Vec::new();
        loop {
            let start = self.at;
            self.at += 1;
            self.skip_spaces();
            let node = match self.byte(self.at) {
                None | Some(b'\n' | b'#') => {
                    self.at = start + 1;
                    self.end_line()?;
                    match self.column {
                        Some(next) if next > column => self.node(next)?,
                        _ => self.unwritten(start + 1),
                    }
                }
                Some(b'|') => self.literal(column)?,
                Some(_) => self.node(self.at - self.line)?,
            };
            items.push(SequenceItem { start, node });
            match self.column {
                Some(next) if next > column => return None,
                Some(next) if next == column && self.is_dash() => {}
                Some(_) | None => break,
            }
        }
        let end = self.end_of(items.last()?.node)?;
        self.settle(id, Content::Sequence { items, flow: false }, start..end)
    }

    /// Whether a document begins here.
    fn is_start(&self) -> bool {
        self.at == self.line && self.rest().starts_with(START) && self.is_blank(self.at + START.len())
    }

    /// A list or mapping in brackets that is the whole rest of a line.
    fn flow_value(&mut self) -> Option<NodeId> {
        let id = self.flow()?;
        self.end_line()?;
        Some(id)
    }

    fn flow(&mut self) -> Option<NodeId> {
        let start = self.at;
        let is_list = match self.byte(start)? {
            b'[' => true,
            b'{' => false,
            _ => {
                let scalar = self.scalar(true)?;
                return Some(self.add_scalar(scalar));
            }
        };
        let id = self.reserve()?;
        let (mut items, mut entries) = (Vec::new(), Vec::new());
        let close = if is_list { b']' } else { b'}' };
        self.at += 1;
        self.skip_spaces();
        while self.byte(self.at)? != close {
            let start = self.at;
            let node = self.flow()?;
            let end = self.at;
            self.skip_spaces();
            if is_list {
                items.push(SequenceItem { start, node });
            } else {
                if self.byte(self.at)? != b':' || self.byte(self.at + 1)? != b' ' || end - start > KEY {
                    return None;
                }
                let Content::Scalar { .. } = self.nodes.get(node.0 as usize)?.content else { return None };
                let colon = Some(self.at);
                self.at += 1;
                self.skip_spaces();
                let value = self.flow()?;
                entries.push(MappingEntry { start, explicit: false, key: node, colon, value });
                self.skip_spaces();
            }
            match self.byte(self.at)? {
                b',' => {
                    self.at += 1;
                    self.skip_spaces();
                }
                byte if byte == close => {}
                _ => return None,
            }
        }
        self.at += 1;
        let content = if is_list {
            Content::Sequence { items, flow: true }
        } else {
            Content::Mapping { entries, flow: true }
        };
        self.settle(id, content, start..self.at)
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod files {
    use std::path::Path;

    use proptest::prelude::*;
    use proptest::sample::{Index, select};

    use super::tests::is_read;

    fn changed(text: &str, at: Index, put: &str, take: usize) -> String {
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let number = at.index(places.len());
        let (from, to) = (places[number], places[(number + take).min(places.len() - 1)]);
        format!("{}{put}{}", &text[..from], &text[to..])
    }

    #[test]
    #[ignore = "needs the fixtures"]
    fn files_of_others_are_read_the_same() {
        let folder =
            std::env::var_os("TERRACE_FIXTURES").expect("TERRACE_FIXTURES names the fixtures' folder");
        let mut files = Vec::new();
        yaml_files(Path::new(&folder), &mut files);
        let read = files.iter().filter(|text| is_read(text)).count();
        assert!(read * 3 > files.len(), "{read} of {} files are plain", files.len());
        let parts = select(vec![
            "", "", " ", "\n", ":", "-", "#", "'", "\"", "  ", ": ", "- ", " #", "[", "}", ",", "\t", "|",
            "é", "a",
        ]);
        let mut runner = proptest::test_runner::TestRunner::default();
        let edits = (any::<Index>(), any::<Index>(), parts, 0..3usize);
        let tried = runner.run(&edits, |(file, at, put, take)| {
            is_read(&changed(file.get::<String>(&files), at, put, take));
            Ok(())
        });
        tried.expect("the same");
    }

    fn yaml_files(folder: &Path, files: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                yaml_files(&path, files);
            } else if path.extension().is_some_and(|it| it == "yaml" || it == "yml") {
                files.extend(std::fs::read_to_string(&path));
            }
        }
    }
}
