//! The settings of VS Code: which schema describes which files, so that one typing sees what `check`
//! will say.
//!
//! `.vscode/settings.json` is JSON with comments and belongs to people. Only what is missing below
//! `yaml.schemas` is put in, and every other byte stays; where that cannot be done safely nothing
//! is. The file is read as the YAML that JSON is, with its comments blanked out, so that places
//! in the one are places in the other.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::{Value as Json, json};

use crate::model::{Environment, Key, Map, Value, ValuePath};
use crate::yaml::{Content, Document, Limits, MappingEntry, Node};

/// Where the settings lie, from the git root: the folder that people open.
pub const FILE: &str = ".vscode/settings.json";

const SECTION: &str = "yaml.schemas";

/// Each schema file with the patterns of the files that it describes, from the git root.
pub type Mapping = BTreeMap<String, Vec<String>>;

/// The mapping of these items; `describing` names the schemas of one in an environment, relative to
/// the configuration root `prefix`.
#[must_use]
pub fn mapping(
    prefix: &str,
    keys: &[&Key],
    describing: &dyn Fn(&Key, Environment) -> Vec<String>,
) -> Mapping {
    let mut out = Mapping::new();
    for key in keys {
        let mut by_schema: BTreeMap<String, Vec<Environment>> = BTreeMap::new();
        for environment in Environment::ALL {
            for schema in describing(key, environment) {
                by_schema.entry(schema).or_default().push(environment);
            }
        }
        for (schema, environments) in by_schema {
            let files = out.entry(format!("{prefix}{schema}")).or_default();
            match environments.as_slice() {
                all if all.len() == Environment::ALL.len() => {
                    files.push(format!("{prefix}environments/*/{key}.yaml"));
                }
                some => files.extend(some.iter().map(|env| format!("{prefix}environments/{env}/{key}.yaml"))),
            }
        }
    }
    out
}

/// The settings with the mapping in them; the text as it is where all of it is there.
///
/// # Errors
/// Why they are better left alone, as one phrase.
pub fn settings(old: Option<&str>, mapping: &Mapping) -> Result<String, &'static str> {
    let Some(old) = old.filter(|text| !text.trim_start_matches('\u{feff}').trim().is_empty()) else {
        let all: serde_json::Map<_, _> =
            mapping.iter().map(|(schema, files)| (schema.clone(), json!(files))).collect();
        let text =
            serde_json::to_string_pretty(&json!({ SECTION: all })).map_err(|_| "it cannot be written")?;
        return Ok(text + "\n");
    };
    let mut text = old.to_owned();
    if read(&text)?.value().as_map().is_some_and(|map| !map.contains_key(SECTION)) {
        text = put(&text, &ValuePath::root(), SECTION, &json!({}))?;
    }
    for (schema, files) in mapping {
        let section = ValuePath::root().key(SECTION);
        let document = read(&text)?;
        let known = match document.at(&section.key(schema)) {
            None => {
                text = put(&text, &section, schema, &json!(files))?;
                continue;
            }
            Some(Value::String(one)) => vec![one.clone()],
            Some(Value::List(list)) => list
                .iter()
                .map(|value| value.as_str().map(str::to_owned))
                .collect::<Option<_>>()
                .ok_or("a pattern of yaml.schemas is no string")?,
            Some(_) => return Err("an entry of yaml.schemas is no list of patterns"),
        };
        if files.iter().all(|file| known.contains(file)) {
            continue;
        }
        let missing = files.iter().filter(|file| !known.contains(file));
        let all: Vec<_> = known.iter().chain(missing).collect();
        let place = document.locate(&section.key(schema)).ok_or("yaml.schemas was not found")?.value;
        text.replace_range(place, &one_line(&json!(all)));
    }
    if intended(&read(old)?, mapping) == *read(&text)?.value() {
        Ok(text)
    } else {
        Err("it would not come out right")
    }
}

/// The old settings' value with the mapping in it.
fn intended(old: &Document, mapping: &Mapping) -> Value {
    let mut root = old.value().as_map().cloned().unwrap_or_default();
    let mut section = root.get(SECTION).and_then(Value::as_map).cloned().unwrap_or_else(Map::new);
    for (schema, files) in mapping {
        let known = match section.get(schema) {
            Some(Value::String(one)) => vec![Value::String(one.clone())],
            Some(Value::List(list)) => list.to_vec(),
            _ => Vec::new(),
        };
        let new: Vec<_> =
            files.iter().cloned().map(Value::String).filter(|file| !known.contains(file)).collect();
        if !new.is_empty() {
            section.insert(schema.clone(), Value::List(known.into_iter().chain(new).collect()));
        }
    }
    root.insert(SECTION.to_owned(), Value::Map(section));
    Value::Map(root)
}

fn read(text: &str) -> Result<Document, &'static str> {
    let document = Document::parse(blanked(text).as_bytes(), &Limits::default())
        .map_err(|_| "it is no JSON with comments")?;
    let root = ValuePath::root();
    let section = root.key(SECTION);
    let is_object =
        |path: &ValuePath| document.locate(path).is_some_and(|at| entries(document.node(at.node)).is_some());
    match () {
        () if !document.problems().is_empty() => Err("it has a key twice"),
        () if !is_object(&root) => Err("it is no JSON object"),
        () if document.at(&section).is_some() && !is_object(&section) => {
            Err("yaml.schemas is no JSON object")
        }
        () => Ok(document),
    }
}

fn entries(node: &Node) -> Option<&[MappingEntry]> {
    if let Content::Mapping { entries, flow: true } = &node.content { Some(entries) } else { None }
}

/// The text with a new last entry in the object at `path`.
fn put(text: &str, path: &ValuePath, key: &str, value: &Json) -> Result<String, &'static str> {
    let document = read(text)?;
    let node = |path: &ValuePath| Some(document.node(document.locate(path)?.node));
    let (root, object) = node(&ValuePath::root()).zip(node(path)).ok_or("its objects were not found")?;
    let first = entries(root).and_then(<[_]>::first);
    let unit = first.map(|first| indentation(text, first.start)).filter(|unit| !unit.is_empty());
    let outer = indentation(text, object.span.start);
    let ending = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let entry = format!("{ending}{outer}{}{}: {}", unit.unwrap_or("  "), json!(key), one_line(value));
    let closing = format!("{ending}{outer}");
    let last = entries(object).and_then(<[_]>::last).map(|last| document.node(last.value).outer.end);
    Ok(match last {
        Some(last) => behind(text, last, object.span.end - 1, &entry, &closing),
        None => alone(text, &object.span, &format!("{entry}{closing}")),
    })
}

/// The blanks that the line of the byte at `at` begins with.
fn indentation(text: &str, at: usize) -> &str {
    let line = text.get(..at).and_then(|before| before.rsplit('\n').next()).unwrap_or_default();
    let line = line.trim_start_matches('\u{feff}');
    line.get(..line.len() - line.trim_start().len()).unwrap_or_default()
}

fn one_line(value: &Json) -> String {
    value.to_string().replace("\",\"", "\", \"")
}

/// The entry in an object without any. What such an object holds are comments; they stay in front.
fn alone(text: &str, object: &Range<usize>, entry: &str) -> String {
    let (start, close) = (object.start + 1, object.end - 1);
    let inside = text.get(start..close).unwrap_or_default().trim_end().len();
    let mut out = text.to_owned();
    out.replace_range(start + inside..close, entry);
    out
}

/// The entry behind the one whose value ends at `last`, and behind what else stands on its line, its
/// comment above all.
fn behind(text: &str, last: usize, close: usize, entry: &str, closing: &str) -> String {
    let comments = comments(text);
    let comma = blanked(text).get(last..close).and_then(|rest| rest.find(',')).map(|at| last + at);
    let line_end = |at: usize| {
        let end = text.get(at..).and_then(|rest| rest.find(['\r', '\n'])).map(|end| at + end);
        end.filter(|end| *end < close)
    };
    let mut end = line_end(comma.unwrap_or(last));
    while let Some(comment) = end.and_then(|end| comments.iter().find(|range| range.contains(&end))) {
        end = line_end(comment.end);
    }
    let mut out = text.to_owned();
    let tail = if comma.is_some() { "," } else { "" };
    match end {
        Some(end) => out.insert_str(end, &format!("{entry}{tail}")),
        None => out.insert_str(comma.map_or(last, |comma| comma + 1), &format!("{entry}{tail}{closing}")),
    }
    if comma.is_none() {
        out.insert(last, ',');
    }
    out
}

/// The text with its comments as blanks, byte for byte.
fn blanked(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for range in comments(text) {
        for byte in bytes.get_mut(range).unwrap_or_default() {
            if !matches!(byte, b'\n' | b'\r') {
                *byte = b' ';
            }
        }
    }
    // JSON may be indented by tabs, YAML may not.
    String::from_utf8_lossy(&bytes).replace('\t', " ")
}

/// The comments outside strings.
fn comments(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let (mut at, mut within) = (0, false);
    while let Some(byte) = bytes.get(at) {
        let next = bytes.get(at + 1);
        match (byte, next, within) {
            (b'\\', _, true) => at += 1,
            (b'"', _, _) => within = !within,
            (b'/', Some(b'/' | b'*'), false) => {
                let rest = text.get(at + 2..).unwrap_or_default();
                let length = match next {
                    Some(b'*') => rest.find("*/").map(|end| end + 2),
                    _ => rest.find(['\n', '\r']),
                };
                let end = length.map_or(text.len(), |length| at + 2 + length);
                out.push(at..end);
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one() -> Mapping {
        [("s.json".to_owned(), vec!["e/*/a.yaml".to_owned()])].into()
    }

    #[test]
    fn what_is_missing_is_put_in_and_the_rest_stays() {
        let entry = "\"s.json\": [\"e/*/a.yaml\"]";
        for (old, expected) in [
            (
                "",
                "{\n  \"yaml.schemas\": {\n    \"s.json\": [\n      \"e/*/a.yaml\"\n    ]\n  }\n}\n"
                    .to_owned(),
            ),
            ("{}", format!("{{\n  \"yaml.schemas\": {{\n    {entry}\n  }}\n}}")),
            (
                "{\n    // mine\n    \"a\": 1 // one\n    // end\n}\n",
                format!(
                    "{{\n    // mine\n    \"a\": 1, // one\n    \"yaml.schemas\": {{\n        {entry}\n    }}\n    // end\n}}\n"
                ),
            ),
            (
                "{\n\t\"a\": \"//x\", /* two\n\tlines */\n}\n",
                format!(
                    "{{\n\t\"a\": \"//x\", /* two\n\tlines */\n\t\"yaml.schemas\": {{\n\t\t{entry}\n\t}},\n}}\n"
                ),
            ),
            (
                "{\r\n  \"yaml.schemas\": {\r\n    \"x\": \"y\"\r\n  },\r\n  \"z\": 1\r\n}\r\n",
                format!(
                    "{{\r\n  \"yaml.schemas\": {{\r\n    \"x\": \"y\",\r\n    {entry}\r\n  }},\r\n  \"z\": 1\r\n}}\r\n"
                ),
            ),
            (
                "{\n  \"yaml.schemas\": {\"s.json\": \"own.yaml\"}\n}\n",
                "{\n  \"yaml.schemas\": {\"s.json\": [\"own.yaml\", \"e/*/a.yaml\"]}\n}\n".to_owned(),
            ),
            (
                "{\"yaml.schemas\": {\"s.json\": [\"e/*/a.yaml\", \"b\"]}}",
                "{\"yaml.schemas\": {\"s.json\": [\"e/*/a.yaml\", \"b\"]}}".to_owned(),
            ),
        ] {
            let new = settings(Some(old), &one()).expect(old);
            assert_eq!(new, expected, "{old}");
            assert_eq!(settings(Some(&new), &one()), Ok(new.clone()), "again");
        }
    }

    #[test]
    fn what_cannot_be_merged_is_left_alone() {
        for old in [
            "[1]",
            "{",
            "{\"a\": 1, \"a\": 2}",
            "{\"yaml.schemas\": []}",
            "{\"yaml.schemas\": {\"s.json\": 1}}",
            "a: 1",
        ] {
            assert!(settings(Some(old), &one()).is_err(), "{old}");
        }
    }
}
