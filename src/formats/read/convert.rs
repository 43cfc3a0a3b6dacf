//! From the bytes of one legacy file to the bytes of one item, verified.

use super::comments::place;
use super::doubts::Doubt;
use super::draft::{Draft, Reading, Source};
use super::format::Format;
use super::write::write;
use super::{dotenv, json, properties, toml};
use crate::model::{Error, Position, Rule, Value};
use crate::yaml::{Document, Limits, NESTING, Problem, ProblemKind, Rejection, check_limits};

/// The longest key that YAML readers look ahead for (YAML 1.2.2, section 7.4.2).
const KEY_LENGTH: usize = 1024;

/// An item's text, and what became of its source.
#[derive(Clone, Debug)]
pub struct Converted {
    /// The YAML item's bytes.
    pub text: String,
    /// Whether the bytes are the source's own, so that git follows the rename.
    pub unchanged: bool,
    /// How many values it holds.
    pub values: usize,
    /// How many comments came along, which is all of them.
    pub comments: usize,
    /// What a person should know: `3 dates became strings`.
    pub notes: Vec<String>,
    /// The values that readers of its format take differently, in the order of the file.
    pub doubts: Vec<Doubt>,
    /// Where YAML has a key that is a list or a mapping, which no path names.
    pub complex_key: Option<Position>,
    /// The value of each YAML document.
    pub documents: Vec<Value>,
}

/// Why a file becomes no item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The file is not what its name announces, or cannot be said in YAML.
    Rejected(Rejection),
    /// The item would not say what the file says: a defect, and nothing must be written.
    Defect(Error),
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

/// Turns a legacy file's bytes into those of an item.
///
/// # Errors
/// A rejection with its place when the bytes are not valid in their format, hold a key twice, or
/// exceed the limits; a defect when the result does not read back as the source's values.
pub fn convert(format: Format, bytes: &[u8], limits: &Limits) -> Result<Converted, Refusal> {
    let decoded = (format == Format::Properties).then(|| properties::from_latin_1(bytes)).flatten();
    let bytes = decoded.as_deref().map_or(bytes, str::as_bytes);
    let text = check_limits(bytes, limits)?;
    let mut converted = match format {
        Format::Yaml => keep(bytes, limits)?,
        Format::Json => {
            let source = Source::new(text);
            let (reading, oracle) = json::read(&source)?;
            finish(&source, reading, limits, |value| json::agrees(value, &oracle))?
        }
        Format::Toml => {
            let source = Source::new(text);
            let reading = toml::read(&source)?;
            let oracle = ::toml::from_str(source.text).map(::toml::Value::Table);
            finish(&source, reading, limits, |value| oracle.is_ok_and(|oracle| toml::agrees(value, &oracle)))?
        }
        Format::Env => {
            let text = text.replace("\r\n", "\n").replace('\r', "\n");
            let source = Source::new(&text);
            finish(&source, dotenv::read(&source)?, limits, |_| true)?
        }
        Format::Properties => {
            let text = properties::normalized(text);
            let source = Source::new(&text);
            let (reading, pairs) = properties::read(&source)?;
            finish(&source, reading, limits, |value| properties::agrees(value, &pairs))?
        }
    };
    if format == Format::Properties && !text.is_ascii() {
        // Java's readers differ, by version and by framework.
        let note = match decoded {
            Some(_) => "the file was read as ISO-8859-1, for it is not UTF-8",
            None => "letters beyond ASCII were read as UTF-8",
        };
        converted.notes.push(note.to_owned());
    }
    Ok(converted)
}

/// YAML stays as it is, whatever its layout.
fn keep(bytes: &[u8], limits: &Limits) -> Result<Converted, Refusal> {
    let document = Document::parse(bytes, limits)?;
    let twice = document.problems().iter().filter_map(|problem| match &problem.kind {
        ProblemKind::DuplicateKey { key, .. } => {
            let at = document.location(&problem.span).start;
            Some(format!("`{key}` is here twice, the second time at {}:{}", at.line, at.column))
        }
        ProblemKind::ComplexKey | ProblemKind::BadMerge | ProblemKind::MergesDisagree { .. } => None,
    });
    let is_complex = |problem: &&Problem| matches!(problem.kind, ProblemKind::ComplexKey);
    let complex = document.problems().iter().find(is_complex);
    Ok(Converted {
        unchanged: true,
        complex_key: complex.map(|problem| document.location(&problem.span).start),
        comments: document.comments().len(),
        notes: twice.collect(),
        ..converted(&document)
    })
}

fn converted(document: &Document) -> Converted {
    Converted {
        text: document.text().to_owned(),
        unchanged: false,
        values: document.values().iter().map(Value::leaves).sum(),
        comments: 0,
        notes: Vec::new(),
        doubts: Vec::new(),
        complex_key: None,
        documents: document.values().to_vec(),
    }
}

/// Writes what was read, reads it again, and compares.
fn finish(
    source: &Source<'_>,
    reading: Reading,
    limits: &Limits,
    agrees: impl FnOnce(&Value) -> bool,
) -> Result<Converted, Refusal> {
    let Reading { draft, comments, notes, doubts } = reading;
    refuse_extremes(source, &draft)?;
    let text = write(&draft, &place(source.text, &draft, &comments));
    if text.len() > limits.file_bytes {
        let message =
            format!("as YAML the file would have {} bytes, {} are allowed", text.len(), limits.file_bytes);
        let help = "split the file, or raise `[limits] file-bytes` in terrace.toml";
        return Err(source.reject(Rule::Syntax, 0..0, message, help).into());
    }
    let document = match Document::parse(text.as_bytes(), limits) {
        Ok(document) => document,
        Err(beyond) if beyond.rule == Rule::UnsupportedYaml => {
            return Err(source.reject(beyond.rule, 0..0, beyond.message, "split the file").into());
        }
        Err(broken) => return Err(defect(&format!("it does not parse: {}", broken.message))),
    };
    if *document.value() != draft.value() || !agrees(document.value()) || !document.problems().is_empty() {
        return Err(defect("its values differ from the file's"));
    }
    if document.comments().len() != comments.len() {
        return Err(defect("a comment would be lost"));
    }
    Ok(Converted { comments: comments.len(), notes, doubts, ..converted(&document) })
}

fn defect(what: &str) -> Refusal {
    Refusal::Defect(Error::internal(format!("the converted file is wrong: {what}")))
}

/// What JSON or TOML can say and YAML readers cannot follow.
fn refuse_extremes(source: &Source<'_>, draft: &Draft) -> Result<(), Rejection> {
    let refuse = |span, message, help: &str| Err(source.reject(Rule::UnsupportedYaml, span, message, help));
    if draft.depth() > NESTING {
        let message = format!("the values are nested more than {NESTING} deep");
        return refuse(0..0, message, "flatten the file");
    }
    match draft.longer_key(KEY_LENGTH) {
        None => Ok(()),
        Some(entry) => {
            let message = format!("a key is longer than the {KEY_LENGTH} characters YAML readers look ahead");
            refuse(entry.span.clone(), message, "shorten the key")
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::{converted, never_defective, refused};
    use super::*;

    #[test]
    fn yaml_keeps_every_byte() {
        for (text, values, comments) in [
            ("a: 1\n", 1, 0),
            ("\u{feff}a: 1 # x\r\nb: [1, 2]\r\n", 3, 1),
            ("# only\na: 1", 1, 1),
            ("a: 1\n---\nb: 2\n...\n---\nc: {}\n", 3, 0),
            ("- 1\n- &x {a: b}\n- *x\n", 3, 0),
            ("", 1, 0),
            ("{\"a\": 1.10}", 1, 0),
        ] {
            let done = converted(Format::Yaml, text);
            assert_eq!(done.text, text);
            assert!(done.unchanged);
            assert_eq!((done.values, done.comments), (values, comments), "{text:?}");
        }
    }

    #[test]
    fn what_is_odd_in_yaml_is_noted() {
        let twice = converted(Format::Yaml, "a: 1\nb: 2\na: 3\n");
        assert_eq!(twice.notes, ["`a` is here twice, the second time at 3:1"]);
        assert!(converted(Format::Yaml, "products: 1\nwhen@dev: 2\n").notes.is_empty());
        let complex = converted(Format::Yaml, "a: 1\nb: {{ x }}\n").complex_key.expect("a place");
        assert_eq!((complex.line, complex.column), (2, 5));
    }

    #[test]
    fn what_cannot_be_read_is_refused_at_its_place() {
        let nested = format!("{}{}", "[".repeat(150), "]".repeat(150));
        let long = format!("{{\n \"{}\": 1}}", "k".repeat(1_025));
        // 201 collections, each within what TOML allows.
        let headers: Vec<_> = (1..=60).map(|n| format!("[[{}]]", vec!["a"; n].join("."))).collect();
        let deep = format!("{}\nx = {}{}", headers.join("\n"), "[".repeat(80), "]".repeat(80));
        for (format, bytes, expected) in [
            (Format::Yaml, b"a: 1\nb: [1\n".as_slice(), "2:4 "),
            (Format::Yaml, b"a: {{ .Values.a }}\nb: {{ include \"x\" . }}-y\n", "2:"),
            (Format::Yaml, b"a: \xff\n", "1:4 the byte 0xFF is not UTF-8"),
            (Format::Json, b"{\"a\": \"\xff\"}", "1:8 the byte 0xFF is not UTF-8"),
            (Format::Toml, b"\xff\xfea\0", "1:1 the file is UTF-16, not UTF-8"),
            (Format::Env, b"A=\0\n", "1:3 the file holds a NUL byte"),
            (Format::Json, nested.as_bytes(), "1:128 the values are nested more than 127 deep"),
            (Format::Json, long.as_bytes(), "2:2 a key is longer than the 1024 characters"),
            (Format::Toml, deep.as_bytes(), "1:1 the values are nested more than 200 deep"),
        ] {
            let message = refused(format, bytes);
            assert!(message.starts_with(expected), "{message}");
        }
    }

    #[test]
    fn the_longest_key_and_the_deepest_nesting_still_convert() {
        converted(Format::Json, &format!("{{\"{}\": 1}}", "k".repeat(1_024)));
        let headers: Vec<_> = (1..=60).map(|n| format!("[[{}]]", vec!["a"; n].join("."))).collect();
        converted(Format::Toml, &format!("{}\nx = {}{}", headers.join("\n"), "[".repeat(79), "]".repeat(79)));
    }

    #[test]
    fn a_key_is_as_long_as_it_is_written() {
        for (part, most) in [("k", 1_024), ("k: ", 341), ("'", 512), ("\\u0001", 256), ("\u{e9}", 1_024)] {
            for times in most - 6..most + 6 {
                let key = part.repeat(times);
                for text in [format!("{{\"{key}\": 1}}"), format!("{{\"a\": [{{\"{key}\": [1, 2]}}]}}")] {
                    match convert(Format::Json, text.as_bytes(), &Limits::default()) {
                        Ok(_) => {}
                        Err(Refusal::Rejected(rejection)) => {
                            assert!(
                                rejection.message.starts_with("a key is longer"),
                                "{}",
                                rejection.message
                            );
                            assert!(times + 4 > most, "{part} {times} times");
                        }
                        Err(Refusal::Defect(error)) => panic!("{part} {times} times: {error}"),
                    }
                }
            }
        }
    }

    #[test]
    fn the_limits_hold_for_source_and_result() {
        let limits = Limits { file_bytes: 40, ..Limits::default() };
        for (text, expected) in [
            ("[1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11]", "the file has 44 bytes"),
            ("[[[[[[[1,2,3,4,5]]]]]]]", "as YAML the file would have"),
        ] {
            match convert(Format::Json, text.as_bytes(), &limits) {
                Err(Refusal::Rejected(rejection)) => {
                    assert!(rejection.message.starts_with(expected), "{}", rejection.message);
                }
                other => panic!("{other:?}"),
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_is_converted_or_rejected(text in "([\\[\\]{}=:\"'#,.a1_\\\\$`\u{feff}é \t\r\n-]|true|\"\"\"|'''|export |\\[\\[a\\]\\]\n|a = |# c\n){0,40}") {
            for format in [Format::Yaml, Format::Json, Format::Toml, Format::Env] {
                prop_assert!(never_defective(format, text.as_bytes()), "{format}");
            }
        }
    }
}
