//! Schema files as they are read: text, JSON, draft and names.
//!
//! A file is read once and on demand, when a reference names it. What is wrong with it is told
//! with its place in the file.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value as Json;

use super::convert::from_json;
use super::draft::Draft;
use super::explain::Explainer;
use super::metaschemas;
use super::names::{Names, OUTSIDE, Target, beside};
use crate::model::{
    DocumentId, Help, Location, Pointer, Position, Segment, UNFINISHED_MERGE, ValuePath, left_markers,
};
use crate::yaml::{Document, Limits};

/// What the caller offers for reading: a file by its path relative to the configuration root.
pub type Read<'a> = dyn Fn(&str) -> Found + 'a;

/// What stands at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A file with these bytes.
    Bytes(Vec<u8>),
    /// Something that is no file, or hides it.
    Hidden {
        /// Where and what it is, in one sentence without a final stop.
        message: String,
        /// What to do.
        help: String,
    },
    /// Nothing.
    Nothing,
}

impl From<Option<Vec<u8>>> for Found {
    fn from(bytes: Option<Vec<u8>>) -> Self {
        bytes.map_or(Self::Nothing, Self::Bytes)
    }
}

/// What keeps a schema from being used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaError {
    /// The schema file, relative to the configuration root.
    pub file: String,
    /// Where in the file; `None` when the file as a whole is meant.
    pub location: Option<Location>,
    /// One sentence without a final stop.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// The largest schema file, in bytes.
const FILE_BYTES: usize = 8 * 1024 * 1024;
/// The most files that one schema may be made of.
const FILES: usize = 100;

/// A schema file.
pub(super) struct Source {
    pub(super) path: String,
    text: String,
    /// The span tree, made when something is to be pointed at.
    document: OnceCell<Option<Document>>,
    pub(super) json: Arc<Json>,
    pub(super) draft: Draft,
    pub(super) names: Names,
}

impl Source {
    /// Reads a file; `draft` counts where the file does not say its own.
    fn new(path: &str, bytes: Vec<u8>, draft: Draft) -> Result<Self, Vec<SchemaError>> {
        let whole = |message: String, help: &str| {
            vec![SchemaError { file: path.to_owned(), location: None, message, help: help.to_owned() }]
        };
        if bytes.len() > FILE_BYTES {
            let message = format!("the schema has {} bytes, more than the {FILE_BYTES} allowed", bytes.len());
            return Err(whole(message, "split the schema"));
        }
        let Ok(text) = String::from_utf8(bytes) else {
            return Err(whole("the schema is not UTF-8".to_owned(), "save the file as UTF-8"));
        };
        let json: Json = serde_json::from_str(text.trim_start_matches('\u{feff}'))
            .map_err(|error| vec![syntax(path, &text, &error)])?;
        let mut source = Self {
            path: path.to_owned(),
            text,
            document: OnceCell::new(),
            json: Arc::new(json),
            draft,
            names: Names::default(),
        };
        if let Some(id) = source.json.get("$schema").and_then(Json::as_str) {
            let known = "the drafts are 2020-12, 2019-09, 7, 6 and 4: \
                         \"$schema\": \"https://json-schema.org/draft/2020-12/schema\"";
            let message = format!("`$schema` names no draft that terrace knows: {id}");
            let Some(draft) = Draft::named(id) else {
                return Err(vec![source.broken("/$schema", message, known)]);
            };
            source.draft = draft;
        }
        let wrong = source.judged();
        if !wrong.is_empty() {
            return Err(wrong);
        }
        source.names = Names::of(&source.json, source.draft, path);
        Ok(source)
    }

    /// What the draft's own schema says against this one.
    fn judged(&self) -> Vec<SchemaError> {
        let errors = self.draft.violations_of(&self.json);
        if errors.is_empty() {
            return Vec::new();
        }
        let value = from_json(&self.json);
        let explainer = Explainer { document: &value, allowed: &|_| Vec::new() };
        let told = errors.iter().flat_map(|error| explainer.explain(error));
        told.map(|told| {
            let pointer = pointer(&told.path);
            self.broken(
                &pointer,
                told.message,
                "see https://json-schema.org/understanding-json-schema/reference",
            )
        })
        .collect()
    }

    /// Something wrong with the part of the file at `pointer`.
    pub(super) fn broken(
        &self,
        pointer: &str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> SchemaError {
        SchemaError {
            file: self.path.clone(),
            location: self.location(pointer),
            message: message.into(),
            help: help.into(),
        }
    }

    /// Where the value at `pointer` stands; JSON is YAML, so our own span tree knows.
    fn location(&self, pointer: &str) -> Option<Location> {
        let limits = Limits { file_bytes: FILE_BYTES, ..Limits::default() };
        let read = || Document::parse(self.text.as_bytes(), &limits).ok();
        let document = self.document.get_or_init(read).as_ref()?;
        let tokens = Pointer::parse(pointer)?.tokens().iter().cloned().map(Segment::Key).collect();
        let path = document.resolve(&ValuePath { document: DocumentId::default(), segments: tokens });
        Some(document.location(&document.locate(&path)?.token()))
    }
}

/// The schema files that were read so far.
pub(super) struct Sources<'a> {
    read: &'a Read<'a>,
    pub(super) files: Vec<Source>,
    /// Files that turned out to be broken, which was said once.
    broken: BTreeSet<String>,
}

impl<'a> Sources<'a> {
    /// Begins with the file at `path`.
    pub(super) fn open(path: &str, read: &'a Read<'a>) -> Result<Self, Vec<SchemaError>> {
        let refuse = |message: String, help: &str| {
            vec![SchemaError { file: path.to_owned(), location: None, message, help: help.to_owned() }]
        };
        let Some(path) = beside("", path) else {
            let help = "name it by its path from the configuration root, such as schemas/service.schema.json";
            return Err(refuse(format!("{path}: {OUTSIDE}"), help));
        };
        let bytes = match read(&path) {
            Found::Bytes(bytes) => bytes,
            Found::Hidden { message, help } => return Err(refuse(message, &help)),
            Found::Nothing => {
                let help = "create the schema, or mend what names it";
                return Err(refuse(format!("{path} does not exist"), help));
            }
        };
        let root = Source::new(&path, bytes, Draft::D2020)?;
        Ok(Self { read, files: vec![root], broken: BTreeSet::new() })
    }

    /// Follows the reference that is the value of `keyword` in the schema at `pointer` of `file`.
    pub(super) fn follow(
        &mut self,
        file: usize,
        pointer: &str,
        keyword: &str,
        reference: &str,
    ) -> Result<(usize, String), Vec<SchemaError>> {
        let Some(source) = self.files.get(file) else { return Err(Vec::new()) };
        let refuse =
            |message: String, help: &str| vec![source.broken(&format!("{pointer}/{keyword}"), message, help)];
        let (path, fragment) = match source.names.target(&source.path, &source.json, pointer, reference) {
            Ok(Target::Here(found)) => return Ok((file, found)),
            Ok(Target::There(path, fragment)) => (path, fragment),
            Err(message) => return Err(refuse(message, "refer to a file of this repository, or to `#/…`")),
        };
        if self.broken.contains(&path) {
            return Err(Vec::new());
        }
        let known = self.files.iter().position(|source| source.path == path);
        let target = match known {
            Some(known) => known,
            None if self.files.len() >= FILES => {
                let message = format!("the schema is made of more than {FILES} files");
                return Err(refuse(message, "put the definitions into fewer files"));
            }
            None => {
                let known = metaschemas::text(&path).map(|text| Found::Bytes(text.into_bytes()));
                let bytes = match known.unwrap_or_else(|| (self.read)(&path)) {
                    Found::Bytes(bytes) => bytes,
                    Found::Hidden { message, help } => {
                        return Err(refuse(format!("`{reference}` names {path}: {message}"), &help));
                    }
                    Found::Nothing => {
                        let message = format!("`{reference}` names {path}, which does not exist");
                        return Err(refuse(message, "create the file, or mend the reference"));
                    }
                };
                let draft = source.draft;
                self.add(&path, bytes, draft)?
            }
        };
        let found =
            self.files.get(target).and_then(|source| source.names.locate(&source.json, "", &fragment));
        let nowhere = || {
            let at = format!("{pointer}/{keyword}");
            let told = |source: &Source| {
                source.broken(&at, format!("`{reference}` leads nowhere in {path}"), "mend the reference")
            };
            self.files.get(file).map(told).into_iter().collect()
        };
        found.map(|found| (target, found)).ok_or_else(nowhere)
    }

    fn add(&mut self, path: &str, bytes: Vec<u8>, draft: Draft) -> Result<usize, Vec<SchemaError>> {
        match Source::new(path, bytes, draft) {
            Ok(source) => self.files.push(source),
            Err(broken) => {
                self.broken.insert(path.to_owned());
                return Err(broken);
            }
        }
        Ok(self.files.len() - 1)
    }
}

/// A JSON syntax error at its place.
fn syntax(path: &str, text: &str, error: &serde_json::Error) -> SchemaError {
    if let Some(offset) = left_markers(text) {
        let line = text.get(..offset).unwrap_or_default().matches('\n').count() + 1;
        let at = Position { line, column: 1 };
        return SchemaError {
            file: path.to_owned(),
            location: Some(Location { start: at, end: at }),
            message: UNFINISHED_MERGE.to_owned(),
            help: Help::FinishMerge.to_string(),
        };
    }
    let at = Position { line: error.line().max(1), column: error.column().max(1) };
    let message = error.to_string();
    // The text ends with " at line 3 column 7", which the location says already.
    let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
    let help = if message.starts_with("recursion limit") {
        "a schema may nest at most 127 levels deep"
    } else if message.starts_with("trailing comma") {
        "remove the comma"
    } else {
        "a schema is JSON: mend it here, or just before"
    };
    SchemaError {
        file: path.to_owned(),
        location: Some(Location { start: at, end: at }),
        message: format!("the schema is not JSON: {message}"),
        help: help.to_owned(),
    }
}

/// The JSON pointer of a path into a schema.
fn pointer(path: &ValuePath) -> String {
    let tokens = path.segments.iter().map(|segment| match segment {
        Segment::Key(key) | Segment::Identity { value: key, .. } => key.clone(),
        Segment::Index(index) => index.to_string(),
        Segment::Append => "-".to_owned(),
    });
    Pointer::new(tokens).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::{broken, load, schema, yaml};
    use super::SchemaError;

    #[test]
    fn what_is_wrong_with_a_file_is_told_with_its_place() {
        for (text, line, column, message) in [
            ("{\n  \"type\": \"string\",\n}", 3, 1, "the schema is not JSON: trailing comma"),
            ("", 1, 1, "the schema is not JSON: EOF while parsing a value"),
            ("{\"type\": \"strin\"}", 1, 10, "\"strin\" is not one of \"array\", \"boolean\", \"integer\""),
            ("{\n  \"maximum\": \"5\"\n}", 2, 14, "expected a number, found the string \"5\""),
            (
                "{\"$schema\": \"https://example.com/own\"}",
                1,
                13,
                "`$schema` names no draft that terrace knows",
            ),
            ("{\"$ref\": \"#/$defs/a\"}", 1, 10, "`#/$defs/a` leads nowhere in this file"),
            ("{\"$ref\": \"#a\"}", 1, 10, "`#a` leads nowhere in this file"),
            (
                "{\"$ref\": \"http://example.com/a.json\"}",
                1,
                10,
                "`http://example.com/a.json`: a schema may only refer to files of this repository",
            ),
            (
                "{\"$ref\": \"file:///etc/passwd\"}",
                1,
                10,
                "`file:///etc/passwd`: a schema may only refer to files of this repository",
            ),
            (
                "{\"$ref\": \"//example.com/a\"}",
                1,
                10,
                "`//example.com/a`: a schema may only refer to files of this repository",
            ),
            (
                "{\"$ref\": \"/etc/passwd\"}",
                1,
                10,
                "`/etc/passwd`: a schema may only refer to files of this repository",
            ),
            (
                "{\"$ref\": \"../../etc/passwd\"}",
                1,
                10,
                "`../../etc/passwd`: a schema may only refer to files of this repository",
            ),
            (
                "{\"$ref\": \"%2e%2e/%2e%2e/a\"}",
                1,
                10,
                "`%2e%2e/%2e%2e/a`: a schema may only refer to files of this repository",
            ),
            (
                "{\"$schema\": \"http://json-schema.org/draft-07/schema#\", \"patternProperties\": {\"(\": {}}}",
                1,
                83,
                "not an allowed key: \"(\" is not a regular expression",
            ),
            ("{\"$ref\": \"#\"}", 1, 1, "the schema refers to itself without going down into the value"),
        ] {
            let broken = broken(text);
            let [SchemaError { file, location: Some(location), message: told, help }] = &broken[..] else {
                panic!("{text}: {broken:?}")
            };
            assert_eq!(file, "schemas/a.schema.json");
            assert!(told.starts_with(message), "{text}: {told}");
            assert_eq!((location.start.line, location.start.column), (line, column), "{text}");
            assert!(!help.is_empty());
        }
    }

    #[test]
    fn several_mistakes_are_told_at_once() {
        for text in [
            "{\"properties\": {\"a\": {\"type\": 1}, \"b\": {\"$ref\": 5}}}",
            "{\"$ref\": \"#/a\", \"properties\": {\"a\": {\"$ref\": \"no.json\"}}}",
        ] {
            assert_eq!(broken(text).len(), 2, "{text}");
        }
    }

    #[test]
    fn a_missing_or_broken_file_is_told_where_it_is_named() {
        let root = json!({"properties": {"a": {"$ref": "b.json"}, "b": {"$ref": "b.json#/x"}, "c": {"$ref": "c.json"}}});
        let named = load(&[("schemas/a.json", root.clone()), ("schemas/b.json", json!({"type": 1}))]);
        let told: Vec<_> =
            named.expect_err("broken").into_iter().map(|broken| (broken.file, broken.message)).collect();
        assert_eq!(told.len(), 2, "{told:?}");
        assert_eq!(told[0].0, "schemas/b.json");
        assert_eq!(told[1].1, "`c.json` names schemas/c.json, which does not exist");
        let missing = super::super::Compiled::load("schemas/x.json", &|_| None.into()).expect_err("missing");
        assert_eq!(missing[0].message, "schemas/x.json does not exist");
        let outside =
            super::super::Compiled::load("../x.json", &|_| Some(b"{}".to_vec()).into()).expect_err("outside");
        assert_eq!(outside[0].message, "../x.json: a schema may only refer to files of this repository");
    }

    /// `properties` may hold keys that look like keywords.
    #[test]
    fn keys_that_look_like_keywords_are_keys() {
        let compiled = schema(
            json!({"properties": {"$ref": {"type": "string"}, "$id": {"type": "string"}, "pattern": {"type": "string"}}}),
        );
        assert_eq!(compiled.validate(&yaml("{$ref: x, $id: y, pattern: '('}")), []);
        assert_eq!(compiled.validate(&yaml("{$ref: 1, $id: 2, pattern: 3}")).len(), 3);
        let data = schema(
            json!({"enum": [{"$ref": "http://example.com", "$id": "x"}], "default": {"$ref": "nowhere"}}),
        );
        assert_eq!(data.validate(&yaml("{$ref: http://example.com, $id: x}")), []);
    }
}
