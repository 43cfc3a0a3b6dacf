//! The plain part of YAML that most configuration is written in, read in one pass.
//!
//! Block lists and mappings, texts that stand on one line, lists and mappings in brackets on one line,
//! `|` texts and comments. At the first byte that is not surely one of these, errors included, nothing
//! is said, and the parser reads the whole file: what is read here is read the same there, down to
//! where everything stands.

use std::ops::Range;

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

    /// A text on one line, without white space around it.
    fn scalar(&mut self, flow: bool) -> Option<Scalar> {
        let start = self.at;
        let (text, style) = match self.byte(start)? {
            b'\'' => (self.single_quoted()?, Style::SingleQuoted),
            b'"' => (self.double_quoted()?, Style::DoubleQuoted),
            _ => {
                self.plain(flow)?;
                (self.text.get(start..self.at)?.to_owned(), Style::Plain)
            }
        };
        Some(Scalar { text, style, span: start..self.at })
    }

    fn plain(&mut self, flow: bool) -> Option<()> {
        let start = self.at;
        let begins = match self.byte(start)? {
            b'-' => self.byte(start + 1).is_some_and(|next| next.is_ascii_alphanumeric() || next == b'-'),
            b'0'..=b'9'
            | b'a'..=b'z'
            | b'A'..=b'Z'
            | b'_'
            | b'/'
            | b'.'
            | b'~'
            | b'$'
            | b'('
            | b'+'
            | b'<'
            | b'='
            | b'^'
            | b';'
            | b'\\' => true,
            byte => byte >= 0x80,
        };
        let ends = self.at == self.line && self.rest().starts_with("...");
        if !begins || ends {
            return None;
        }
        let bytes = self.text.as_bytes();
        let mut end = start;
        let mut at = start;
        loop {
            match bytes.get(at) {
                None | Some(b'\n') => break,
                Some(b' ') => {
                    at += 1;
                    continue;
                }
                Some(b'#') if bytes.get(at - 1) == Some(&b' ') => break,
                Some(b':') if matches!(bytes.get(at + 1), None | Some(b' ' | b'\n')) => break,
                Some(b',' | b'[' | b']' | b'{' | b'}') if flow => break,
                Some(b':') if flow => return None,
                Some(b'!'..=b'~') => at += 1,
                Some(0x80..) => {
                    let next = self.text.get(at..)?.chars().next().filter(|c| is_plain(*c))?;
                    at += next.len_utf8();
                }
                Some(_) => return None,
            }
            end = at;
        }
        self.at = end;
        Some(())
    }

    fn single_quoted(&mut self) -> Option<String> {
        let mut text = String::new();
        self.at += 1;
        loop {
            let from = self.at;
            let rest = self.text.get(from..)?;
            let length = memchr::memchr2(b'\'', b'\n', rest.as_bytes())?;
            let part = rest.get(..length).filter(|part| part.chars().all(is_plain))?;
            text.push_str(part);
            self.at = from + length + 1;
            match (self.byte(from + length)?, self.byte(self.at)) {
                (b'\'', Some(b'\'')) => {
                    text.push('\'');
                    self.at += 1;
                }
                (b'\'', _) => return Some(text),
                _ => return None,
            }
        }
    }

    fn double_quoted(&mut self) -> Option<String> {
        let mut text = String::new();
        self.at += 1;
        loop {
            let from = self.at;
            let rest = self.text.get(from..)?;
            let length = memchr::memchr3(b'"', b'\\', b'\n', rest.as_bytes())?;
            let part = rest.get(..length).filter(|part| part.chars().all(is_plain))?;
            text.push_str(part);
            self.at = from + length + 1;
            match self.byte(from + length)? {
                b'"' => return Some(text),
                b'\\' => {
                    text.push(match self.byte(self.at)? {
                        b'n' => '\n',
                        b't' => '\t',
                        b'"' => '"',
                        b'\\' => '\\',
                        b'/' => '/',
                        _ => return None,
                    });
                    self.at += 1;
                }
                _ => return None,
            }
        }
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

    /// A `|` text within what stands in `column`.
    fn literal(&mut self, column: usize) -> Option<NodeId> {
        let start = self.at;
        self.at += 1;
        let chomping = self.byte(self.at).filter(|byte| matches!(byte, b'-' | b'+'));
        self.at += usize::from(chomping.is_some());
        let behind = self.at;
        self.skip_spaces();
        match self.byte(self.at)? {
            b'\n' => self.at += 1,
            b'#' if self.at > behind => self.comment()?,
            _ => return None,
        }
        let (mut text, mut indent) = (String::new(), None);
        loop {
            self.line = self.at;
            self.skip_spaces();
            let found = self.at - self.line;
            match (self.byte(self.at), indent) {
                (None | Some(b'\n'), _) if found > 0 => return None,
                (None, _) => break,
                (Some(b'\n'), _) => {}
                (Some(_), None) if found <= column => break,
                (Some(_), None) => indent = Some(found),
                (Some(_), Some(indent)) if found < indent => {
                    if found > column {
                        return None;
                    }
                    break;
                }
                (Some(_), Some(indent)) => self.at = self.line + indent,
            }
            let length = self.printable(self.at)?;
            text.push_str(self.text.get(self.at..self.at + length)?);
            text.push('\n');
            self.at += length;
            // What ends with the file, without a line break, readers take for different texts.
            if self.byte(self.at)? == b'\n' {
                self.at += 1;
            }
        }
        let end = self.at;
        self.at = self.line;
        let content = text.trim_end_matches('\n').len();
        match chomping {
            Some(b'+') => {}
            Some(_) => text.truncate(content),
            None => text.truncate(content + 1),
        }
        if content == 0 {
            return None;
        }
        let id = self.add(Content::Scalar { text, style: Style::Literal }, start..end);
        self.next_line()?;
        Some(id)
    }
}

/// Whether a character is text and nothing else, to every reader.
fn is_plain(c: char) -> bool {
    match c {
        ' '..='~' => true,
        '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fff0}'..='\u{ffff}' => false,
        '\u{a0}'..='\u{1fffd}' => u32::from(c) & 0xfffe != 0xfffe,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;
    use proptest::sample::{Index, select};

    use super::super::parse;
    use super::forest;

    /// Whether a text is read here; if so, the parser reads the same.
    fn is_read(text: &str) -> bool {
        let Some(read) = forest(text) else { return false };
        let parsed = parse::forest(text, true);
        let parsed = parsed.unwrap_or_else(|error| panic!("{text:?} is refused: {error}"));
        assert_eq!(format!("{read:?}"), format!("{parsed:?}"), "{text:?}");
        true
    }

    #[test]
    fn ordinary_configuration_is_read_here() {
        for text in [
            "a: 1\n",
            "a: 1",
            "---\na: 1\n",
            "# one\n---  # two\n\n# three\na : 1  # four\n#five\n  # six\nb:\n",
            "a:\n  b:\n    - c\n    - 'd'' e' # f\n  g: \"h \\\" \\n\"\ni:\n- j: k\n  l: m\n-\n  n: o\n-\n- - p\n  - q\n",
            "- a\n- b: c\n  d:\n  - e\n  -  f: g\n     h: i\n-   - j\n",
            "a: []\nb: {}\nc: [ d, 'e', [f] , {g: h}, ]  # i\nj: {k: l, m : [n]}\n",
            "'a': b\n\"c d\" : e\nf g: h: i\n".trim_end_matches(": i\n"),
            "url: http://a.b/c?d#e\nargs: -Xmx1g --x, [y] {z} & * ! | > ' \" % @ `\n",
            "a:\n  b\nc:\n  - d\n\n\n  - e   \n   \n",
            "grüße: äöü – € 😀\n# ✓\n",
            "# a\n---\nb: c\n---  # d\n- e\n---\nf:\n",
            "a: |\n  b\n   c\n\n  d # e\n\n# f\ng: |-\n    h\ni:\n- |+  # j\n  k\n\n\n- l: |\n    m: n\n",
        ] {
            assert!(is_read(text), "{text:?} is left to the parser");
        }
    }

    #[test]
    fn what_is_not_plain_is_left_to_the_parser() {
        for text in [
            "",
            "# a\n",
            "a\n",
            "a: b\n c\n",
            "a: b: c\n",
            "a: - b\n",
            "a:\n b: 1\n  c: 2\n",
            "a: &b c\n",
            "a: *b\n",
            "a: !b c\n",
            "a: >\n b\n",
            "a: 'b\n",
            "a: 'b' c\n",
            "a:\tb\n",
            "? a\n",
            "a: [b\n]\n",
            "a: b\n...\n",
            "a: b\r\n",
            "a: \u{feff}b\n",
            "a: \u{85}b\n",
            "--- a\n",
            "a: b\n- c\n",
            "- a\nb: c\n",
            "a: %b\n",
        ] {
            assert!(!is_read(text), "{text:?} is read");
        }
    }

    /// Lines of pieces that begin, end or look like something.
    fn texts() -> impl Strategy<Value = String> {
        let pieces = select(vec![
            "a",
            "b: ",
            "c:",
            "d:\n",
            "- ",
            "-",
            "- - ",
            "--- ",
            "---\n",
            "...",
            "# e",
            " #f",
            "#",
            "'g'",
            "'h",
            "\"i\"",
            "\"\\n\"",
            "\"",
            "[",
            "]",
            "{",
            "}",
            ", ",
            ",",
            ": ",
            ":",
            "? ",
            "?",
            "&j ",
            "*j",
            "!k ",
            "|\n",
            ">\n",
            "|-\n",
            "%l",
            "@",
            "`",
            "<<: ",
            "~",
            "1",
            "-1",
            " ",
            "  ",
            "   ",
            "\n",
            "\n\n",
            "\n ",
            "\n  ",
            "\n  - ",
            "\n- ",
            "\nb: ",
            "\n  b: ",
            "\n    c: ",
            "\n\t",
            "\t",
            "\r\n",
            "[a, b]",
            "{a: b}",
            "[]",
            "{}",
            "é",
            "\u{a0}",
            "\u{feff}",
            "\u{2028}",
            "\u{85}",
            "\u{ffff}",
            "\u{7f}",
            "''",
            "\\",
            "=",
            "m n",
        ]);
        proptest::collection::vec(pieces, 1..24).prop_map(|pieces| pieces.concat())
    }

    /// A text that is nearly plain: entries at some depth, with one piece of another kind at most.
    fn near_texts() -> impl Strategy<Value = String> {
        let line = (
            select(vec!["", "", "  ", "  ", "    ", " ", "      "]),
            select(vec!["a: ", "b:", "- ", "- c: ", "-", "'d': ", "# e", "", "- - ", "f g: "]),
            select(vec![
                "", "", "1", "h i", "'j'", "\"k\\t\"", "[l, 2]", "{m: n}", "[]", " # o", "p # q", "-r",
                "s:t", "u: v", "|", "|-", "|+", "w\n", "&x", "#y",
            ]),
        );
        let lines = proptest::collection::vec(line, 1..12);
        let ends = select(vec!["", "\n", "\n\n", "\n ", "\n    ", " ", "\n  \n", "\n#"]);
        (lines, ends).prop_map(|(lines, ends)| {
            let lines: Vec<_> = lines.iter().map(|(a, b, c)| format!("{a}{b}{c}")).collect();
            format!("{}{ends}", lines.join("\n"))
        })
    }

    fn changed(text: &str, at: Index, put: &str, take: usize) -> String {
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let number = at.index(places.len());
        let (from, to) = (places[number], places[(number + take).min(places.len() - 1)]);
        format!("{}{put}{}", &text[..from], &text[to..])
    }

    proptest! {
        #[test]
        fn what_is_read_here_the_parser_reads_the_same(text in texts(), near in near_texts()) {
            is_read(&text);
            is_read(&near);
        }
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
