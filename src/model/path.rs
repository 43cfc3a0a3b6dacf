//! The dotted path that people read and write: `database.pool.size`, `servers[name=api].port`.
//!
//! A path keeps list identity (`[name=api]`), so it is the stable name of a value across
//! revisions and environments; a [`super::Pointer`] is into one document only.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::document_id::{DocumentId, DocumentName};

/// One step of a [`ValuePath`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Segment {
    /// An entry of a mapping, by the text of its key.
    Key(String),
    /// An element of a list, by position from 0.
    Index(usize),
    /// The element of a list of mappings whose entry `field` has the text `value`.
    Identity {
        /// The identifying key, such as `name`.
        field: String,
        /// The text of its scalar.
        value: String,
    },
    /// The place behind the last element of a list, written `[+]`.
    Append,
}

/// Where a value sits: document and segments.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ValuePath {
    /// The YAML document within the file, the first unless said.
    pub document: DocumentId,
    /// The steps from the document's root.
    pub segments: Vec<Segment>,
}

impl ValuePath {
    /// The root of the first document.
    #[must_use]
    pub const fn root() -> Self {
        Self { document: DocumentId::Position(0), segments: Vec::new() }
    }

    /// The root of a document; a number is its position, from 0.
    #[must_use]
    pub fn document(document: impl Into<DocumentId>) -> Self {
        Self { document: document.into(), segments: Vec::new() }
    }

    /// Whether this is the root of a file's only document, or of its first.
    #[must_use]
    pub fn is_file(&self) -> bool {
        self.is_root() && self.document.is_first()
    }

    /// Whether this is a document's root.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.segments.is_empty()
    }

    /// This path and one more step.
    #[must_use]
    pub fn join(&self, segment: Segment) -> Self {
        let mut segments = Vec::with_capacity(self.segments.len() + 1);
        segments.extend_from_slice(&self.segments);
        segments.push(segment);
        Self { document: self.document.clone(), segments }
    }

    /// This path's first steps.
    #[must_use]
    pub fn prefix(&self, steps: usize) -> Self {
        let segments = self.segments.iter().take(steps).cloned().collect();
        Self { document: self.document.clone(), segments }
    }

    /// This path and one mapping entry.
    #[must_use]
    pub fn key(&self, key: impl Into<String>) -> Self {
        self.join(Segment::Key(key.into()))
    }

    /// The path without its last step; `None` at a root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let (_, segments) = self.segments.split_last()?;
        Some(Self { document: self.document.clone(), segments: segments.to_vec() })
    }

    /// The last step; `None` at a root.
    #[must_use]
    pub fn last(&self) -> Option<&Segment> {
        self.segments.last()
    }

    /// What this path is when what stands at `from`, which is it or above it, stands at `to`.
    #[must_use]
    pub fn moved(&self, from: &Self, to: &Self) -> Self {
        let rest = self.segments.get(from.segments.len()..).unwrap_or_default();
        Self { document: to.document.clone(), segments: [&to.segments, rest].concat() }
    }

    /// Whether `other` is this path or lies below it.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        super::lookups::count(1);
        self.document == other.document && other.segments.starts_with(&self.segments)
    }
}

impl fmt::Display for ValuePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.document {
            DocumentId::Position(0) => {}
            DocumentId::Position(position) => write!(f, "#{}:", position + 1)?,
            DocumentId::Unnamed(number) => write!(f, "#~{}:", number + 1)?,
            DocumentId::Named(name) => {
                f.write_str("#")?;
                let name = name.to_string();
                let special = |c: char| matches!(c, ':' | '"' | '\\') || c.is_whitespace() || c.is_control();
                // Behind `~` a number is read.
                if name.starts_with('~') || name.contains(special) {
                    write_quoted(f, &name)?
                } else {
                    f.write_str(&name)?
                }
                f.write_str(":")?;
            }
        }
        for (i, segment) in self.segments.iter().enumerate() {
            match segment {
                Segment::Key(key) => {
                    if i > 0 {
                        f.write_str(".")?;
                    }
                    write_word(f, key, i == 0)?;
                }
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Append => f.write_str("[+]")?,
                Segment::Identity { field, value } => {
                    f.write_str("[")?;
                    write_field(f, field)?;
                    f.write_str("=")?;
                    write_identity(f, value)?;
                    f.write_str("]")?;
                }
            }
        }
        Ok(())
    }
}

/// Writes a word, quoted when its characters would mean something else in a path.
fn write_word(f: &mut fmt::Formatter<'_>, word: &str, first: bool) -> fmt::Result {
    let special = |c: char| matches!(c, '.' | '[' | ']' | '"' | '\\' | '=' | '*') || c.is_control();
    let quoted = word.is_empty()
        || word.contains(special)
        || word.starts_with(char::is_whitespace)
        || word.ends_with(char::is_whitespace)
        || (first && word.starts_with(['/', '#']));
    if quoted { write_quoted(f, word) } else { f.write_str(word) }
}

/// The way to an element's name, in which dots need no quotes.
fn write_field(f: &mut fmt::Formatter<'_>, field: &str) -> fmt::Result {
    let is_plain = |word: &str| word.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    if field.contains('.') && field.split('.').all(|word| !word.is_empty() && is_plain(word)) {
        return f.write_str(field);
    }
    write_word(f, field, false)
}

fn write_identity(f: &mut fmt::Formatter<'_>, value: &str) -> fmt::Result {
    let special = |c: char| matches!(c, ']' | '"' | '\\') || c.is_control();
    if value.is_empty() || value.contains(special) { write_quoted(f, value) } else { f.write_str(value) }
}

fn write_quoted(f: &mut fmt::Formatter<'_>, word: &str) -> fmt::Result {
    f.write_str("\"")?;
    for c in word.chars() {
        match c {
            '"' | '\\' => write!(f, "\\{c}")?,
            '\n' => f.write_str("\\n")?,
            '\t' => f.write_str("\\t")?,
            '\r' => f.write_str("\\r")?,
            c if c.is_control() => write!(f, "\\u{{{:x}}}", u32::from(c))?,
            c => write!(f, "{c}")?,
        }
    }
    f.write_str("\"")
}

/// Text that is not a path, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidPath {
    /// The text as given.
    pub text: String,
    /// Where in the text, in characters from 1.
    pub column: usize,
    /// What is wrong.
    pub reason: &'static str,
}

impl fmt::Display for InvalidPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text, column, reason } = self;
        write!(f, "`{}` is not a path: {reason} (character {column})", text.escape_debug())
    }
}

impl std::error::Error for InvalidPath {}

impl FromStr for ValuePath {
    type Err = InvalidPath;

    /// Reads the dotted form. A JSON pointer (empty, or beginning with `/`) becomes a path whose
    /// numeric tokens stay keys; [`crate::yaml::Document::resolve`] settles what they mean.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(pointer) = super::Pointer::parse(text) {
            let segments = pointer.tokens().iter().cloned().map(Segment::Key).collect();
            return Ok(Self { document: DocumentId::default(), segments });
        }
        let mut reader = Reader { text, rest: text };
        let document = reader.document()?;
        let mut segments = Vec::new();
        while !reader.rest.is_empty() {
            if reader.rest.starts_with('[') {
                segments.push(reader.bracket()?);
            } else {
                if !segments.is_empty() && !reader.eat('.') {
                    return Err(reader.error("expected `.` or `[` here"));
                }
                segments.push(Segment::Key(reader.name()?));
            }
        }
        Ok(Self { document, segments })
    }
}

pub(super) struct Reader<'a> {
    pub(super) text: &'a str,
    pub(super) rest: &'a str,
}

impl Reader<'_> {
    pub(super) fn error(&self, reason: &'static str) -> InvalidPath {
        let column = self.text.chars().count() - self.rest.chars().count() + 1;
        InvalidPath { text: self.text.to_owned(), column, reason }
    }

    pub(super) fn eat(&mut self, c: char) -> bool {
        let rest = self.rest.strip_prefix(c);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn document(&mut self) -> Result<DocumentId, InvalidPath> {
        if !self.eat('#') {
            return Ok(DocumentId::default());
        }
        let (word, is_quoted) = if self.eat('"') {
            (self.quoted()?, true)
        } else {
            let end = self.rest.find(':').unwrap_or(self.rest.len());
            let (word, rest) = self.rest.split_at(end);
            self.rest = rest;
            (word.to_owned(), false)
        };
        let number = |text: &str| text.parse::<usize>().ok().filter(|n| *n > 0).map(|n| n - 1);
        let document = match word.strip_prefix('~') {
            Some(rest) if !is_quoted => number(rest).map(DocumentId::Unnamed),
            _ if is_quoted || word.contains('/') => {
                DocumentName::parse(&word).map(|name| DocumentId::Named(Arc::new(name)))
            }
            _ => number(&word).map(DocumentId::Position),
        };
        match document {
            Some(document) if self.eat(':') => Ok(document),
            _ => Err(self.error("a document is written `#Deployment/api:` or `#2:` before the path")),
        }
    }

    /// A key, quoted where it begins or ends with a blank: most such are a slip of the shell.
    fn name(&mut self) -> Result<String, InvalidPath> {
        let (start, is_quoted) = (self.rest, self.rest.starts_with('"'));
        let name = self.word(&['.', '['])?;
        if !is_quoted && name.trim() != name {
            self.rest = start;
            return Err(self.error("quote a name that begins or ends with a space"));
        }
        Ok(name)
    }

    /// A bare or quoted word that ends before one of `stops`.
    pub(super) fn word(&mut self, stops: &[char]) -> Result<String, InvalidPath> {
        if self.eat('"') {
            return self.quoted();
        }
        let end = self.rest.find(stops).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        if word.is_empty() {
            return Err(self.error("a name is missing (an empty one is written `\"\"`)"));
        }
        if word.contains(['"', ']']) {
            return Err(self.error("quote a name that holds `\"` or `]`"));
        }
        self.rest = rest;
        Ok(word.to_owned())
    }

    fn quoted(&mut self) -> Result<String, InvalidPath> {
        let mut out = String::new();
        let mut chars = self.rest.char_indices();
        while let Some((i, c)) = chars.next() {
            match c {
                '"' => {
                    self.rest = &self.rest[i + 1..];
                    return Ok(out);
                }
                '\\' => match chars.next().map(|(_, c)| c) {
                    Some('n') => out.push('\n'),
                    Some('t') => out.push('\t'),
                    Some('r') => out.push('\r'),
                    Some('u') => {
                        let hex: String = chars.by_ref().map(|(_, c)| c).take_while(|c| *c != '}').collect();
                        let code = u32::from_str_radix(hex.trim_start_matches('{'), 16).ok();
                        match code.and_then(char::from_u32) {
                            Some(c) => out.push(c),
                            None => return Err(self.error("`\\u{…}` holds no character")),
                        }
                    }
                    Some(c) => out.push(c),
                    None => break,
                },
                c => out.push(c),
            }
        }
        Err(self.error("the closing `\"` is missing"))
    }

    pub(super) fn bracket(&mut self) -> Result<Segment, InvalidPath> {
        self.eat('[');
        if let Some(rest) = self.rest.strip_prefix("+]") {
            self.rest = rest;
            return Ok(Segment::Append);
        }
        let quoted = self.rest.starts_with('"');
        let word = self.word(&['=', ']'])?;
        let segment = if self.eat('=') {
            let value = if self.eat('"') {
                self.quoted()?
            } else {
                let end = self.rest.find(']').unwrap_or(self.rest.len());
                let (value, rest) = self.rest.split_at(end);
                self.rest = rest;
                value.to_owned()
            };
            Segment::Identity { field: word, value }
        } else {
            match word.parse() {
                Ok(index) if !quoted => Segment::Index(index),
                _ => return Err(self.error("brackets hold a position, `name=value`, or `+`")),
            }
        };
        if self.eat(']') { Ok(segment) } else { Err(self.error("the closing `]` is missing")) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(text: &str) -> Segment {
        Segment::Key(text.into())
    }

    #[test]
    fn paths_read_as_people_write_them() {
        let identity =
            |field: &str, value: &str| Segment::Identity { field: field.into(), value: value.into() };
        for (text, document, segments) in [
            ("a", 0, vec![key("a")]),
            ("database.pool.size", 0, vec![key("database"), key("pool"), key("size")]),
            ("servers[name=api].port", 0, vec![key("servers"), identity("name", "api"), key("port")]),
            ("hosts[0]", 0, vec![key("hosts"), Segment::Index(0)]),
            ("[1][+]", 0, vec![Segment::Index(1), Segment::Append]),
            ("\"a.b\".c", 0, vec![key("a.b"), key("c")]),
            ("#2:a.b", 1, vec![key("a"), key("b")]),
            ("/a/0", 0, vec![key("a"), key("0")]),
            ("", 0, vec![]),
            ("govuk::apps::x", 0, vec![key("govuk::apps::x")]),
            ("a/b.@c", 0, vec![key("a/b"), key("@c")]),
            (
                "l[path=/instance_groups/name=x]",
                0,
                vec![key("l"), identity("path", "/instance_groups/name=x")],
            ),
        ] {
            let path = ValuePath { document: DocumentId::Position(document), segments };
            assert_eq!(text.parse::<ValuePath>().expect(text), path, "{text}");
        }
        for text in [
            "#Deployment/api:a.b",
            "#Deployment.apps/api:a",
            "#Service.core/shop/api:",
            "#Role//api:x",
            "#\"ClusterRole/system:x\":rules",
            "#\"~/[\":x",
            "#~2:a",
        ] {
            assert_eq!(text.parse::<ValuePath>().expect(text).to_string(), text);
        }
        for bad in [
            "a.", ".a", "a..b", "a[", "a[x]", "a[0", "\"a", "#0:a", "#x", "#x:a", "#~x:a", "#K/:a", "#/n:a",
            "#K/n", "a]b", "a\"b",
        ] {
            assert!(bad.parse::<ValuePath>().is_err(), "{bad}");
        }
    }

    fn segment() -> impl Strategy<Value = Segment> {
        prop_oneof![
            ".{0,6}".prop_map(Segment::Key),
            (0usize..9).prop_map(Segment::Index),
            (".{0,4}", ".{0,4}").prop_map(|(field, value)| Segment::Identity { field, value }),
        ]
    }

    fn document() -> impl Strategy<Value = DocumentId> {
        let part = "[a-z:\"\\\\ .-]{1,4}";
        prop_oneof![
            (0usize..3).prop_map(DocumentId::Position),
            (0usize..3).prop_map(DocumentId::Unnamed),
            ("[A-Z]{1,3}", prop::option::of(part), prop::option::of(part), part).prop_map(
                |(kind, group, namespace, name)| {
                    DocumentId::Named(Arc::new(DocumentName {
                        kind,
                        group,
                        namespace,
                        name,
                        seen: Vec::new(),
                    }))
                }
            ),
        ]
    }

    proptest! {
        #[test]
        fn printing_and_reading_a_path_gives_it_back(
            document in document(),
            segments in prop::collection::vec(segment(), 1..5),
        ) {
            let path = ValuePath { document, segments };
            prop_assert_eq!(path.to_string().parse::<ValuePath>(), Ok(path));
        }
    }
}
