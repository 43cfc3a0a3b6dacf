//! The values of many versions of one file, of which most is the same text each time: what was read
//! once is not read again.
//!
//! A block mapping or list is cut where its entries begin, by indentation alone, and the entries are
//! read each for itself. A text between two such lines means the same alone as in its place, because
//! a line that is indented no deeper than an entry ends all that is open in the entry before it
//! (YAML 1.2.2, section 8), but for quotes and brackets, which alone are no YAML. Where an entry is
//! no YAML alone, is nothing of the kind, or takes something from outside of it (an alias, a merge),
//! what is around it is read as a whole.

use std::cell::RefCell;
use std::collections::HashMap;

use memchr::memmem;

use super::Document;
use super::file_values::FileValues;
use super::limits::{Limits, check_limits};
use super::parse::skip_trivia;
use crate::model::{Map, Value};
use crate::yaml::WHITE;

/// Reads versions of a file.
#[derive(Debug)]
pub struct VersionReader {
    limits: Limits,
    known: RefCell<Known>,
}

/// What was read, by its text.
#[derive(Debug, Default)]
struct Known {
    values: HashMap<Box<str>, Option<Value>>,
    bytes: usize,
}

/// A text of at most so many bytes is read whole.
const WHOLE: usize = 256;

/// A text of at most so many bytes is remembered.
const REMEMBERED: usize = 16 * 1024;

/// The most bytes of text that are remembered.
const MEMORY: usize = 16 * 1024 * 1024;

/// So deep are entries of entries read apart.
const DEPTH: usize = 16;

impl VersionReader {
    /// A reader that refuses what [`Document::parse`] refuses.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, known: RefCell::default() }
    }

    /// The values of a file's bytes, as [`Document::parse`] gives them; `None` where it refuses them.
    #[must_use]
    pub fn read(&self, bytes: &[u8]) -> Option<FileValues> {
        let text = check_limits(bytes, &self.limits).ok()?;
        if let Some(values) = self.documents(text) {
            return Some(values.into());
        }
        Some(Document::parse(bytes, &self.limits).ok()?.file_values())
    }

    fn documents(&self, text: &str) -> Option<Vec<Value>> {
        let bytes = text.as_bytes();
        let ends_line = |at: usize| bytes.get(at + 1) == Some(&b'\n');
        // A byte order mark is one at the beginning alone, and there each part would have its own.
        if text.contains('\u{feff}') || !memchr::memchr_iter(b'\r', bytes).all(ends_line) {
            return None;
        }
        // YAML has no such letters, not in comments either, which are not read here.
        if has_unprintable(text) {
            return None;
        }
        let mut documents = vec![0];
        let marks = ["\n---", "\n...", "\n%"];
        let is_marked =
            |mark: &&str| text.starts_with(&mark[1..]) || memmem::find(bytes, mark.as_bytes()).is_some();
        if marks.iter().any(is_marked) {
            for line in lines(text) {
                if line.text.trim_end_matches(WHITE) == "---" {
                    documents.push(line.start);
                } else if marks.iter().any(|mark| line.text.starts_with(&mark[1..])) {
                    return None;
                }
            }
        }
        let ends = documents.iter().skip(1).copied().chain([text.len()]);
        let mut values = Vec::with_capacity(documents.len());
        for (number, (start, end)) in documents.iter().zip(ends).enumerate() {
            let mut document = &text[*start..end];
            if number > 0 {
                document = document.split_once('\n').map_or("", |(_, rest)| rest);
            }
            if skip_trivia(document, 0) < document.len() {
                values.push(self.block(document, 0)?);
            } else if number > 0 || documents.len() == 1 {
                return None;
            }
        }
        Some(values)
    }

    /// The value of a text that stands for itself.
    fn block(&self, text: &str, depth: usize) -> Option<Value> {
        if text.len() > REMEMBERED {
            return self.entries(text, depth).or_else(|| self.whole(text));
        }
        if let Some(known) = self.known.borrow().values.get(text) {
            return known.clone();
        }
        let value = if text.len() > WHOLE { self.entries(text, depth) } else { None };
        let value = value.or_else(|| self.whole(text));
        let mut known = self.known.borrow_mut();
        if known.bytes > MEMORY {
            *known = Known::default();
        }
        known.bytes += text.len();
        known.values.insert(text.into(), value.clone());
        value
    }

    fn whole(&self, text: &str) -> Option<Value> {
        let document = Document::parse(text.as_bytes(), &self.limits).ok()?;
        let is_one = document.roots().len() == 1 && !document.has_aliases();
        is_one.then(|| document.value().clone())
    }

    /// The mapping or list of a text, by its entries; `None` where it is neither, or its entries do
    /// not stand for themselves.
    fn entries(&self, text: &str, depth: usize) -> Option<Value> {
        if depth >= DEPTH {
            return None;
        }
        let first = lines(text).find(Line::says_something)?;
        let (indent, is_list) = (first.indent(), first.is_element());
        let mut starts = Vec::new();
        for line in lines(&text[first.start..]).filter(Line::says_something) {
            if line.indent() > indent {
                continue;
            }
            let is_in_place = line.indent() == indent && !line.text[indent..].starts_with('\t');
            match (is_list, line.is_element()) {
                _ if !is_in_place => return None,
                // A list may stand no deeper than its key.
                (false, true) => {}
                (true, false) => return None,
                (true, true) | (false, false) => starts.push(first.start + line.start),
            }
        }
        let ends = starts.iter().skip(1).copied().chain([text.len()]);
        let mut entries = starts.iter().zip(ends).map(|(start, end)| &text[*start..end]);
        if is_list {
            return entries
                .map(|entry| self.element(entry, indent, depth))
                .collect::<Option<_>>()
                .map(Value::List);
        }
        if starts.len() == 1 {
            return self.entry(entries.next()?, indent, depth);
        }
        let mut map = Map::with_capacity(starts.len());
        for entry in entries {
            if entry[indent..].starts_with(['{', '[', '!', '&', '*', '?', ':', '<', '%', '@', '`']) {
                return None;
            }
            let Value::Map(entry) = self.block(entry, depth + 1)? else { return None };
            for (key, value) in &entry {
                if key == "<<" || map.insert(key.clone(), value.clone()).is_some() {
                    return None;
                }
            }
        }
        Some(Value::Map(map))
    }

    /// A mapping of one entry, whose value is a mapping or list below its key.
    fn entry(&self, text: &str, indent: usize, depth: usize) -> Option<Value> {
        let (key, below) = text.split_once('\n')?;
        let first = lines(below).find(Line::says_something)?;
        let is_below = first.indent() > indent || (first.indent() == indent && first.is_element());
        let is_plain = !key[indent..].starts_with(['{', '[', '!', '&', '*', '?', '<']);
        if !is_below || !key.trim_end_matches(WHITE).ends_with(':') || !is_plain {
            return None;
        }
        let Value::Map(map) = self.block(key, DEPTH)? else { return None };
        let value = self.block(below, depth + 1)?;
        let mut entries = map.iter();
        match (entries.next(), entries.next(), &value) {
            (Some((key, Value::Null)), None, Value::Map(_) | Value::List(_)) if key != "<<" => {
                Some(Value::Map([(key.clone(), value)].into_iter().collect()))
            }
            _ => None,
        }
    }

    fn element(&self, text: &str, indent: usize, depth: usize) -> Option<Value> {
        if text.len() > WHOLE {
            // What stands behind a dash is indented as if the dash was white space.
            let inner = format!("{:indent$} {}", "", text.get(indent + 1..)?);
            let value = self.entries(&inner, depth + 1);
            if let Some(Value::Map(_) | Value::List(_)) = value {
                return value;
            }
        }
        let Value::List(list) = self.block(text, DEPTH)? else { return None };
        let mut elements = list.into_iter();
        elements.next().filter(|_| elements.next().is_none())
    }
}

/// A line of a text.
struct Line<'t> {
    start: usize,
    /// Without its line break.
    text: &'t str,
}

fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let ends = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1);
    let mut start = 0;
    ends.chain([text.len()]).filter_map(move |end| {
        let here = std::mem::replace(&mut start, end);
        (here < end).then(|| Line { start: here, text: text[here..end].trim_end_matches(['\n', '\r']) })
    })
}

impl Line<'_> {
    /// Whether it is more than white space and a comment.
    fn says_something(&self) -> bool {
        let text = self.text.trim_start_matches([' ', '\t']);
        !text.is_empty() && !text.starts_with('#')
    }

    fn indent(&self) -> usize {
        self.text.len() - self.text.trim_start_matches(' ').len()
    }

    /// Whether it begins an element of a list.
    fn is_element(&self) -> bool {
        let text = self.text.trim_start_matches(' ');
        text.strip_prefix('-').is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
    }
}

/// Whether a text may hold letters that YAML does not have.
fn has_unprintable(text: &str) -> bool {
    let is_odd = |c: char| match c {
        '\n' | '\r' | '\t' => false,
        c => c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}'),
    };
    match text.is_ascii() {
        true => text.bytes().any(|byte| is_odd(char::from(byte))),
        false => text.contains(is_odd),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ValuePath;

    /// What both ways of reading give, which has to be the same.
    fn both(text: &str) -> Option<Vec<Value>> {
        let limits = Limits::default();
        let whole = Document::parse(text.as_bytes(), &limits).ok().map(|document| document.values().to_vec());
        let reader = VersionReader::new(limits);
        for _ in 0..2 {
            let parts = reader.read(text.as_bytes()).map(|values| values.values().to_vec());
            assert_eq!(parts, whole, "{text}");
        }
        whole
    }

    /// Entries that are long enough to be read apart.
    fn long(entry: &str) -> String {
        let line = |number: usize| entry.replace('N', &number.to_string());
        (0..40).map(line).collect()
    }

    #[test]
    fn parts_say_what_the_whole_says() {
        for text in [
            long("kN: N\n"),
            long("- nN: N\n  x: {a: 1}\n"),
            format!("spec:\n{}", long("  kN:\n    a: |\n      text\n\n    b: [1,\n      2]\n")),
            format!("list:\n{}tail: 1\n", long("- nN\n")),
            format!("# head\n\nlist:\n{}# tail\n", long("  # one\n  - name: N\n    t: |+\n      x\n\n")),
            format!("---\n{}---\na: 1\n", long("kN: N\n")),
            format!("a: &x 1\n{}b: *x\n", long("kN: N\n")),
            format!("<<: {{z: 1}}\n{}", long("kN: N\n")),
            format!("{}k1: again\n", long("kN: N\n")),
            format!("{}k: \"open\n", long("kN: N\n")),
            format!("k: \"open\n{}  close\"\n", long("kN: N\n")),
            format!("k: [\n{}]\n", long("kN: N\n")),
            format!("k: |\n{}", long("kN: N\n")),
            format!("k: |2\n{}", long("  kN: N\n")),
            format!("k: !t\n{}", long("  kN: N\n")),
            format!("k:\n  !t\n{}", long("  kN: N\n")),
            format!("? k\n{}", long("kN: N\n")),
            format!("{}text\n", long("kN: N\n")),
            format!("{{}}\n{}", long("kN: N\n")),
            format!("{{a: 1}}\n{}", long("kN: N\n")),
            format!("{}{{a: 1}}\n", long("kN: N\n")),
            format!("{}{{a: 1}}: 1\n", long("kN: N\n")),
            format!("[a]:\n{}", long("  kN: N\n")),
            format!("{{}}:\n{}", long("  kN: N\n")),
            format!("- {{}}\n- x\n{}", long("- nN: N\n")),
            format!("k:\n  {{}}\n{}", long("  kN: N\n")),
            format!("'a'\n{}", long("kN: N\n")),
            format!("{} less: 1\n", long("  kN: N\n")),
            format!("-\n{}", long("  kN: N\n")),
            format!("- - a\n{}", long("  - kN\n")),
            format!("- |\n{}", long("  kN: N\n")),
            format!("{}...\n", long("kN: N\n")),
            long("kN: N\r\n"),
            long("kN:\tN\n\t\n"),
            "\u{feff}a: 1\n".to_owned(),
            format!("{}\u{feff}a: 1\n", long("kN: N\n")),
            format!("a:\n{}", long("  \u{feff}kN: N\n")),
            format!("{}a: \"\u{feff}\"\n", long("kN: N\n")),
            String::new(),
            "# nothing\n".to_owned(),
            "---\n---\n".to_owned(),
        ] {
            both(&text);
        }
    }

    #[test]
    fn what_did_not_change_is_the_same_value() {
        let text = long("kN:\n  a: 1\n  b: [1, 2]\n");
        let reader = VersionReader::new(Limits::default());
        let first = reader.read(text.as_bytes()).expect("YAML");
        let second = reader.read(text.replace("k7:\n  a: 1", "k7:\n  a: 2").as_bytes()).expect("YAML");
        let entry = |values: &FileValues, key: &str| {
            let value = values.at(&ValuePath::root().key(key)).and_then(Value::as_map).expect("a mapping");
            std::ptr::from_ref(value.as_slice()).cast::<()>()
        };
        assert_eq!(entry(&first, "k6"), entry(&second, "k6"));
        assert_ne!(entry(&first, "k7"), entry(&second, "k7"));
    }

    #[test]
    fn a_comment_with_letters_that_yaml_does_not_have_is_refused_as_the_whole_is() {
        let limits = Limits::default();
        for odd in ["\u{15}", "\u{7f}", "\u{80}", "\u{ffff}"] {
            let text = format!("# a{odd}\n{}", (0..60).map(|n| format!("k{n}: value\n")).collect::<String>());
            let whole = Document::parse(text.as_bytes(), &limits).is_ok();
            let read = VersionReader::new(limits).read(text.as_bytes()).is_some();
            assert_eq!(read, whole, "{odd:?}");
        }
    }
}
