//! A schema from the values that are there.
//!
//! It says what every environment agrees on and no more: types, the keys that are always there,
//! and formats. Nothing of a value itself gets into it. What the schema of one item says comes
//! from that item alone, and in the order in which its files say it.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde_json::{Map, Value as Json, json};

use super::format::Formats;
use crate::json_schema::generated_marker::{Origin, generated};
use crate::model::{Environment, Key, Value};

/// How deep a schema may nest, in levels of JSON: readers stop at 127.
const NESTING: usize = 110;

/// The schema of the item `key`, from its values: one for each environment and YAML document.
///
/// A key is required where it is in every environment that has the item, and at least two have.
/// With `closed`, mappings take no other keys than those seen; one that was always empty stays
/// open, since nothing is known of it.
#[must_use]
pub fn infer(key: &Key, values: &[(Environment, &Value)], closed: bool) -> Json {
    let mut shape = Shape::default();
    for (environment, value) in values {
        shape.learn(*environment, value);
    }
    let environments = values.iter().map(|(environment, _)| *environment).collect();
    let writer = Writer { environments, closed };
    let mut schema = Map::new();
    schema.insert("$schema".to_owned(), "https://json-schema.org/draft/2020-12/schema".into());
    schema.insert("title".to_owned(), key.as_str().into());
    schema.extend(writer.schema(&shape, 0));
    generated(Json::Object(schema), Origin::Values)
}

/// What was seen at one path.
#[derive(Debug, Default)]
struct Shape {
    /// Types of JSON, in the order of first appearance.
    types: Vec<&'static str>,
    strings: Formats,
    mappings: usize,
    entries: IndexMap<String, Observed>,
    items: Option<Box<Shape>>,
}

#[derive(Debug, Default)]
struct Observed {
    shape: Shape,
    present: usize,
    environments: BTreeSet<Environment>,
}

impl Shape {
    fn learn(&mut self, environment: Environment, value: &Value) {
        let kind = match value {
            Value::Tagged(_, value) => return self.learn(environment, value),
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(text) if is_integer(text) => "integer",
            Value::Number(_) => "number",
            Value::String(text) => {
                self.strings.learn(text);
                "string"
            }
            Value::List(list) => {
                for value in list {
                    self.items.get_or_insert_default().learn(environment, value);
                }
                "array"
            }
            Value::Map(map) => {
                self.mappings += 1;
                for (key, value) in map {
                    let entry = self.entries.entry(key.clone()).or_default();
                    entry.present += 1;
                    entry.environments.insert(environment);
                    entry.shape.learn(environment, value);
                }
                "object"
            }
        };
        if !self.types.contains(&kind) {
            self.types.push(kind);
        }
    }
}

/// Whether a number's text is an integer of the YAML 1.2 core schema.
fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    text.starts_with("0x") || text.starts_with("0o") || digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Writes shapes as schemas.
struct Writer {
    /// Those that have the item.
    environments: BTreeSet<Environment>,
    closed: bool,
}

impl Writer {
    fn schema(&self, shape: &Shape, nesting: usize) -> Map<String, Json> {
        let mut schema = Map::new();
        if nesting > NESTING {
            return schema;
        }
        let number = shape.types.contains(&"number");
        let types: Vec<_> = shape.types.iter().filter(|kind| !(number && **kind == "integer")).collect();
        match &types[..] {
            [] => {}
            [one] => drop(schema.insert("type".to_owned(), json!(one))),
            many => drop(schema.insert("type".to_owned(), json!(many))),
        }
        if let Some(format) = shape.strings.agreed() {
            schema.insert("format".to_owned(), format.into());
        }
        if !shape.entries.is_empty() {
            self.entries(shape, nesting, &mut schema);
        }
        if let Some(items) = &shape.items {
            schema.insert("items".to_owned(), Json::Object(self.schema(items, nesting + 1)));
        }
        schema
    }

    fn entries(&self, shape: &Shape, nesting: usize, schema: &mut Map<String, Json>) {
        let properties = shape.entries.iter().map(|(key, entry)| {
            let schema = self.schema(&entry.shape, nesting + 2);
            (key.clone(), Json::Object(schema))
        });
        schema.insert("properties".to_owned(), Json::Object(properties.collect()));
        let always = |entry: &Observed| {
            entry.present == shape.mappings
                && entry.environments == self.environments
                && self.environments.len() > 1
        };
        let required = shape.entries.iter().filter(|(_, entry)| always(entry)).map(|(key, _)| key.as_str());
        let required: Vec<_> = required.collect();
        if !required.is_empty() {
            schema.insert("required".to_owned(), json!(required));
        }
        if self.closed {
            schema.insert("additionalProperties".to_owned(), Json::Bool(false));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::generated_marker::{Ownership, is_generated, text};
    use super::super::testing::{schema, yaml};
    use super::*;

    const ENVIRONMENTS: [Environment; 3] = Environment::ALL;

    fn inferred(documents: &[&str], closed: bool) -> Json {
        let values: Vec<_> = documents.iter().map(|text| yaml(text)).collect();
        let values: Vec<_> = ENVIRONMENTS.into_iter().zip(&values).collect();
        let mut schema = infer(&"payments".parse().expect("key"), &values, closed);
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert_eq!(schema["title"], "payments");
        assert_eq!(is_generated(&text(&schema)), Ownership::Generated(Origin::Values));
        let map = schema.as_object_mut().expect("an object");
        for keyword in ["$schema", "title", "x-terrace"] {
            map.shift_remove(keyword).expect(keyword);
        }
        schema
    }

    #[test]
    fn a_schema_says_what_the_environments_agree_on() {
        for (documents, expected) in [
            (
                &["a: 1", "a: 2"][..],
                r#"{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"]}"#,
            ),
            (&["a: 1"], r#"{"type":"object","properties":{"a":{"type":"integer"}}}"#),
            (
                &["a: 1", "a: 1.5"],
                r#"{"type":"object","properties":{"a":{"type":"number"}},"required":["a"]}"#,
            ),
            (&["0x1F", "+1", "015"], r#"{"type":"integer"}"#),
            (&[".inf", "1.0"], r#"{"type":"number"}"#),
            (&["x", "1", "~"], r#"{"type":["string","integer","null"]}"#),
            (&["true", "!x true"], r#"{"type":["boolean","string"]}"#),
            (&["{}", "{}"], r#"{"type":"object"}"#),
            (&["[]", "[]"], r#"{"type":"array"}"#),
            (&["[1, x]", "[]"], r#"{"type":"array","items":{"type":["integer","string"]}}"#),
            (&["ops@example.com", "dev@example.com"], r#"{"type":"string","format":"email"}"#),
            (
                &["b: 1\na: 1", "a: 1\nc: 1"],
                r#"{"type":"object","properties":{"b":{"type":"integer"},"a":{"type":"integer"},"c":{"type":"integer"}},"required":["a"]}"#,
            ),
            (
                &["a: {x: 1, y: 1}", "a: {x: 1}"],
                r#"{"type":"object","properties":{"a":{"type":"object","properties":{"x":{"type":"integer"},"y":{"type":"integer"}},"required":["x"]}},"required":["a"]}"#,
            ),
            (
                &["a: {x: 1}", "b: 1"],
                r#"{"type":"object","properties":{"a":{"type":"object","properties":{"x":{"type":"integer"}}},"b":{"type":"integer"}}}"#,
            ),
            (
                &["- {n: a, p: 1}\n- {n: b}", "- {n: c}"],
                r#"{"type":"array","items":{"type":"object","properties":{"n":{"type":"string"},"p":{"type":"integer"}},"required":["n"]}}"#,
            ),
        ] {
            assert_eq!(inferred(documents, false).to_string(), expected, "{documents:?}");
        }
        let closed = inferred(&["a: {}\nb: {c: 1}"], true).to_string();
        assert_eq!(
            closed,
            r#"{"type":"object","properties":{"a":{"type":"object"},"b":{"type":"object","properties":{"c":{"type":"integer"}},"additionalProperties":false}},"additionalProperties":false}"#
        );
    }

    #[test]
    fn several_documents_of_one_environment_are_one_sample_of_it() {
        let (a, b) = (yaml("{a: 1, b: 1}"), yaml("{a: 2}"));
        let values = [(Environment::Staging, &a), (Environment::Staging, &b)];
        assert_eq!(infer(&"k".parse().expect("key"), &values, false).get("required"), None);
        let values = [(Environment::Staging, &a), (Environment::Staging, &b), (Environment::Production, &a)];
        assert_eq!(infer(&"k".parse().expect("key"), &values, false)["required"], json!(["a"]));
    }

    #[test]
    fn a_schema_that_a_person_touched_is_theirs() {
        let value = yaml("a: 1");
        let key = "payments".parse().expect("key");
        let generated = infer(&key, &[(Environment::Staging, &value)], false);
        let untouched = text(&generated);
        assert!(untouched.ends_with("}\n"));
        let mut sorted = generated.clone();
        sorted.sort_all_objects();
        let mut edited = generated.clone();
        edited["properties"]["a"]["minimum"] = json!(0);
        let mut marked = generated.clone();
        marked["x-terrace"]["listKey"] = json!("name");
        let mut unmarked = generated.clone();
        unmarked["x-terrace"] = json!({});
        for (text, expected) in [
            (untouched.clone(), Ownership::Generated(Origin::Values)),
            (untouched.replace("  ", "\t"), Ownership::Generated(Origin::Values)),
            (sorted.to_string(), Ownership::Generated(Origin::Values)),
            (edited.to_string(), Ownership::TakenOver),
            (marked.to_string(), Ownership::TakenOver),
            (unmarked.to_string(), Ownership::NotGenerated),
            ("{}".to_owned(), Ownership::NotGenerated),
            ("true".to_owned(), Ownership::NotGenerated),
            ("{\"x-terrace\": {\"generated\": 1}}".to_owned(), Ownership::NotGenerated),
            (untouched.replace('}', ""), Ownership::NotGenerated),
        ] {
            assert_eq!(is_generated(&text), expected, "{text}");
        }
    }

    fn value() -> impl Strategy<Value = Value> {
        let text = prop_oneof![
            "[a-c]{0,2}",
            Just("https://a.example.com".to_owned()),
            Just("db.example.com".to_owned()),
            Just("ops@example.com".to_owned()),
            Just("2026-01-31".to_owned()),
            Just("10.0.0.1".to_owned()),
        ];
        let number = "[-+]?[0-9]{1,3}|0x[0-9A-F]{1,3}|[0-9]\\.[0-9]?|-?\\.inf|\\.nan|[0-9]e[0-9]";
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            number.prop_map(Value::Number),
            text.prop_map(Value::String),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(|list| Value::List(list.into())),
                prop::collection::vec(("[a-d]|\\$ref|a/b~", inner.clone()), 0..4)
                    .prop_map(|entries| Value::Map(entries.into_iter().collect())),
                inner.prop_map(|value| Value::Tagged("!x".into(), Box::new(value))),
            ]
        })
    }

    proptest! {
        /// Whatever a schema was inferred from fits it.
        #[test]
        fn every_sample_fits(
            samples in prop::collection::vec((prop::sample::select(ENVIRONMENTS.to_vec()), value()), 1..5),
            closed in any::<bool>(),
        ) {
            let values: Vec<_> = samples.iter().map(|(environment, value)| (*environment, value)).collect();
            let inferred = infer(&"k".parse().expect("key"), &values, closed);
            prop_assert_eq!(&inferred, &infer(&"k".parse().expect("key"), &values, closed));
            let compiled = schema(inferred);
            for (_, value) in &samples {
                prop_assert_eq!(compiled.validate(value), []);
            }
        }
    }

    #[test]
    fn the_deepest_documents_have_a_schema() {
        let deep = yaml(&format!("{}1{}", "{a: [".repeat(90), "]}".repeat(90)));
        let inferred = infer(&"k".parse().expect("key"), &[(Environment::Staging, &deep)], true);
        assert_eq!(schema(inferred).validate(&deep), []);
    }
}
