//! Judging a document by a schema.

use super::compile::Compiled;
use super::convert::to_json;
use super::cost::{Affordable, affordable};
use super::draft::Draft;
use super::explain::{Explainer, Told};
use crate::model::{Value, ValuePath};

/// One way in which a document breaks its schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The value that is meant, list elements by position; the document number is 0.
    pub path: ValuePath,
    /// Whether to point at the key instead of the value: the key is not allowed, something is
    /// missing below it, or its value is a list or a mapping.
    pub at_key: bool,
    /// One sentence without a final stop. It may show the value at `path`, and no other.
    pub message: String,
    /// The same sentence without any value, for where they are secret.
    pub masked: String,
    /// What to do; it never holds a value of the document.
    pub help: String,
    /// The file of the schema that is broken, relative to the configuration root.
    pub schema_file: String,
    /// The JSON pointer of the broken keyword in that file.
    pub schema_pointer: String,
    /// The keyword.
    pub keyword: String,
    /// The key below `path` that is required and missing.
    pub missing: Option<String>,
}

impl Compiled {
    /// Every way in which a YAML document breaks the schema; none when it fits.
    #[must_use]
    pub fn validate(&self, value: &Value) -> Vec<Violation> {
        let json = to_json(value);
        match affordable(&self.graph, &self.expansions, &json) {
            Affordable::Violations => {
                let allowed = |keyword: &str| self.allowed(keyword);
                let explainer = Explainer { document: value, allowed: &allowed };
                let errors = self.validator.iter_errors(&json);
                errors.flat_map(|error| explainer.explain(&error)).map(|told| self.violation(told)).collect()
            }
            Affordable::Verdict if self.validator.is_valid(&json) => Vec::new(),
            Affordable::Verdict => vec![self.whole(
                "the document does not fit its schema, and is too large for it to say where",
                "make the schema simpler, in particular `anyOf` and `oneOf` near its root",
            )],
            Affordable::Nothing => vec![self.whole(
                "validating the document with this schema would take too much time or memory",
                "make the schema simpler: its alternatives multiply along the depth of the document",
            )],
        }
    }

    /// A violation by the document as a whole.
    fn whole(&self, message: &str, help: &str) -> Violation {
        Violation {
            path: ValuePath::root(),
            at_key: true,
            message: message.to_owned(),
            masked: message.to_owned(),
            help: help.to_owned(),
            schema_file: self.files().first().cloned().unwrap_or_default(),
            schema_pointer: String::new(),
            keyword: String::new(),
            missing: None,
        }
    }

    fn violation(&self, told: Told) -> Violation {
        let (schema_file, schema_pointer) = self.place(&told.schema);
        Violation {
            path: told.path,
            at_key: told.at_key,
            message: told.message,
            masked: told.masked,
            help: told.help,
            schema_file,
            schema_pointer,
            keyword: told.keyword,
            missing: told.missing,
        }
    }

    /// The file and the pointer there of a place in the schema that was compiled.
    fn place(&self, pointer: &str) -> (String, String) {
        let Some((node, keyword)) = self.written_at(pointer) else { return Default::default() };
        let node = self.graph.node(node);
        let file = self.files().get(node.file).cloned().unwrap_or_default();
        let keyword = match keyword {
            "/dependentRequired" if node.draft <= Draft::D7 => "/dependencies",
            keyword => keyword,
        };
        (file, format!("{}{keyword}", node.pointer))
    }

    /// The innermost schema around a place in the schema that was compiled, and the rest.
    fn written_at<'p>(&self, pointer: &'p str) -> Option<(super::graph::NodeId, &'p str)> {
        let mut end = pointer.len();
        loop {
            if let Some(node) = self.written.get(pointer.get(..end)?) {
                return Some((*node, pointer.get(end..)?));
            }
            end = pointer.get(..end)?.rfind('/')?;
        }
    }

    /// The keys that the schema around a keyword has properties for.
    fn allowed(&self, keyword: &str) -> Vec<String> {
        let parent = keyword.rfind('/').and_then(|end| keyword.get(..end)).unwrap_or_default();
        let node = self.written.get(parent).map(|id| self.graph.node(*id));
        node.into_iter().flat_map(|node| node.parts.properties.keys().cloned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::testing::{any_document, any_schema, load, schema, yaml};
    use super::*;

    fn violations(schema_text: &str, document: &str) -> Vec<Violation> {
        schema(serde_json::from_str(schema_text).expect(schema_text)).validate(&yaml(document))
    }

    /// What is told of a document: place (with `key` before it where the key is meant) and message.
    fn told(schema_text: &str, document: &str) -> Vec<(String, String)> {
        let place = |violation: &Violation| match violation.at_key {
            true => format!("key {}", violation.path),
            false => violation.path.to_string(),
        };
        let violations = violations(schema_text, document).into_iter();
        violations.map(|violation| (place(&violation), violation.message)).collect()
    }

    #[test]
    fn each_keyword_says_what_is_wrong_with_the_value() {
        for (schema, value, wrong) in [
            (r#"{"maximum": 50}"#, "500", "is more than the maximum of 50"),
            (r#"{"minimum": 16}"#, "0xF", "is less than the minimum of 16"),
            (r#"{"exclusiveMaximum": 5}"#, "5", "is not less than 5"),
            (r#"{"exclusiveMinimum": 5}"#, "5", "is not more than 5"),
            (r#"{"multipleOf": 5}"#, "7", "is not a multiple of 5"),
            (r#"{"maxLength": 2}"#, "\"abc\"", "is longer than 2 characters"),
            (r#"{"pattern": "^a"}"#, "\"b\"", "does not match the pattern `^a`"),
            (r#"{"format": "email"}"#, "\"b\"", "is not an email address"),
            (r#"{"not": {"const": 1}}"#, "1", "is what the schema excludes"),
            (r#"{"oneOf": [{}, true]}"#, "3", "fits several of the 2 allowed forms, and may fit only one"),
        ] {
            let violations = violations(schema, value);
            assert_eq!(violations.len(), 1, "{schema}");
            assert_eq!(violations[0].message, format!("{value} {wrong}"));
            assert_eq!(violations[0].masked, format!("the value {wrong}"));
        }
        // What is allowed for a secret is one.
        for (schema, value, wrong, masked) in [
            (
                r#"{"enum": ["a", "b", 3]}"#,
                "\"c\"",
                "is not one of \"a\", \"b\", 3",
                "is none of those that the schema allows",
            ),
            (
                r#"{"const": true}"#,
                "false",
                "is not true, the only value allowed",
                "is not the only one that the schema allows",
            ),
        ] {
            let violations = violations(schema, value);
            assert_eq!(violations[0].message, format!("{value} {wrong}"));
            assert_eq!(violations[0].masked, format!("the value {masked}"));
        }
    }

    #[test]
    fn each_violation_has_its_place() {
        for (schema, document, place, message) in [
            (r#"{"type": "number"}"#, "'5'", "", "expected a number, found the string \"5\""),
            (
                r#"{"type": ["integer", "null"]}"#,
                "x",
                "",
                "expected null or an integer, found the string \"x\"",
            ),
            (r#"{"type": "string"}"#, "[a]", "key ", "expected a string, found a list"),
            (r#"{"items": {"type": "string"}}"#, "[a, 1]", "[1]", "expected a string, found the number 1"),
            (
                r#"{"properties": {"a.b": {"const": 1}}}"#,
                "a.b: 2",
                "\"a.b\"",
                "2 is not 1, the only value allowed",
            ),
            (
                r#"{"additionalProperties": {"required": ["b"]}}"#,
                "a: {c: 1}",
                "key a",
                "the required key `b` is missing",
            ),
            (r#"{"additionalProperties": false}"#, "sise: 1", "key sise", "`sise` is not an allowed key"),
            (
                r#"{"items": {"unevaluatedProperties": false}}"#,
                "[b: 1]",
                "key [0].b",
                "`b` is not an allowed key",
            ),
            (
                r#"{"propertyNames": {"maxLength": 3}}"#,
                "other: 1",
                "key other",
                "not an allowed key: \"other\" is longer than 3 characters",
            ),
            (r#"{"minLength": 1}"#, "''", "", "the string is empty"),
            (r#"{"maxItems": 1}"#, "[1, 2]", "key ", "the list has 2 elements, more than the maximum of 1"),
            (
                r#"{"minProperties": 2}"#,
                "{a: 1}",
                "key ",
                "the mapping has 1 key, fewer than the minimum of 2",
            ),
            (r#"{"uniqueItems": true}"#, "[1, 1]", "key ", "the list holds the same element twice"),
            (
                r#"{"prefixItems": [{}], "items": false}"#,
                "[a, 1]",
                "key [1]",
                "the schema allows no value here",
            ),
            (r#"{"properties": {"a": false}}"#, "a: 1", "key a", "the schema allows no value here"),
        ] {
            assert_eq!(told(schema, document), [(place.to_owned(), message.to_owned())], "{schema}");
        }
    }

    #[test]
    fn every_violation_of_a_mapping_is_told() {
        const SCHEMA: &str = r#"{"properties": {"a": {"type": "string"}}, "required": ["a"], "minProperties": 9,
            "additionalProperties": false, "patternProperties": {"^x": {"type": "string"}}}"#;
        for (document, places) in
            [("{b: 1, c: 1}", vec!["", "", "b", "c"]), ("{a: 1, xa: 1, b: 1}", vec!["", "a", "b", "xa"])]
        {
            let violations = violations(SCHEMA, document);
            let mut found: Vec<_> = violations.iter().map(|violation| violation.path.to_string()).collect();
            found.sort();
            assert_eq!(found, places);
        }
        let fused = r#"{"properties": {"a": true}, "required": ["a"], "additionalProperties": false}"#;
        assert_eq!(violations(fused, "{b: 1, c: 1}").len(), 3);
    }

    #[test]
    fn the_closest_alternative_is_told() {
        const TARGET: &str = r#"{"oneOf": [
            {"type": "string"},
            {"type": "object", "properties": {"port": {"maximum": 65535}, "host": {"type": "string"}}}
        ]}"#;
        const KINDS: &str = r#"{"anyOf": [
            {"properties": {"kind": {"const": "file"}, "path": {"type": "string"}}, "required": ["kind", "path"]},
            {"properties": {"kind": {"const": "http"}, "port": {"maximum": 9}}, "required": ["kind", "port"]}
        ]}"#;
        for (schema, document, place, message, forms) in [
            (TARGET, "7", "", "expected a string or a mapping, found the number 7", ""),
            (TARGET, "port: 70000", "port", "70000 is more than the maximum of 65535", "2"),
            (
                TARGET,
                "{port: 70000, host: 1}",
                "port",
                "70000 is more than the maximum of 65535; expected a string, found a number",
                "2",
            ),
            (KINDS, "{kind: http, port: 10}", "port", "10 is more than the maximum of 9", "2"),
            (KINDS, "{kind: file}", "key ", "the required key `path` is missing", "2"),
        ] {
            let forms = match forms {
                "" => String::new(),
                many => format!(" (in the closest of {many} allowed forms)"),
            };
            assert_eq!(
                told(schema, document),
                [(place.to_owned(), format!("{message}{forms}"))],
                "{document}"
            );
        }
    }

    #[test]
    fn a_misspelt_key_is_recognised() {
        let schema =
            schema(json!({"properties": {"size": true, "host": true}, "additionalProperties": false}));
        let help = |document: &str| schema.validate(&yaml(document)).remove(0).help;
        assert!(help("sise: 1").starts_with("did you mean `size`?"));
        assert!(help("other: 1").starts_with("remove the key"));
    }

    #[test]
    fn a_tagged_value_is_judged_by_its_content() {
        let schema = schema(json!({"properties": {"a": {"items": {"type": "string"}}}}));
        assert_eq!(schema.validate(&yaml("a: !x [!y b]")), []);
        assert_eq!(schema.validate(&yaml("a: !x [!y b, 1]"))[0].path.to_string(), "a[1]");
    }

    /// No sentence may show a value that is not at its path, and no masked one any value.
    #[test]
    fn values_stay_where_they_may_be_shown() {
        let secret = json!({"properties": {"password": {"type": "integer"}, "port": {"maximum": 1}}});
        let document = "{port: 2, password: hunter2}";
        for json in [
            secret.clone(),
            json!({"anyOf": [secret.clone()]}),
            json!({"oneOf": [secret.clone(), {"anyOf": [secret.clone()]}]}),
            json!({"not": {"properties": {"password": {"type": "string"}}}}),
            json!({"additionalProperties": {"enum": [1]}}),
            json!({"type": "string"}),
            json!({"const": {}}),
            json!({"enum": [[]]}),
            json!({"maxProperties": 1}),
        ] {
            let violations = schema(json).validate(&yaml(document));
            assert!(!violations.is_empty());
            for violation in violations {
                let Violation { path, message, masked, help, .. } = &violation;
                assert!(!masked.contains("hunter2") && !help.contains("hunter2"), "{masked} {help}");
                assert!(!message.contains("hunter2") || path.to_string() == "password", "{message}");
            }
        }
    }

    /// The same document with every string marked.
    fn marked(value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(format!("§{text}")),
            Value::List(list) => Value::List(list.iter().map(marked).collect()),
            Value::Map(map) => {
                Value::Map(map.iter().map(|(key, value)| (key.clone(), marked(value))).collect())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Tagged(..) => value.clone(),
        }
    }

    proptest! {
        #[test]
        fn no_sentence_shows_what_is_elsewhere(a in any_schema(), b in any_schema(), document in any_document()) {
            let json = json!({ "anyOf": [a, b], "$defs": { "a": a, "b": b } });
            let document = marked(&document);
            for violation in load(&[("a.json", json)]).map(|schema| schema.validate(&document)).unwrap_or_default() {
                let Violation { path, message, masked, help, .. } = &violation;
                let value = document.at(path).expect("a violation is about something");
                prop_assert!(!masked.contains('§') && !help.contains('§'), "{masked} {help}");
                let own = value.as_str().unwrap_or("no string");
                prop_assert!(!message.replace(own, "").contains('§'), "{message}");
            }
        }
    }

    #[test]
    fn violations_point_into_the_file_and_the_draft_that_was_written() {
        const OWN: &str = "schemas/a.schema.json";
        const COMMON: &str = "schemas/common.json";
        let root = json!({
            "$schema": "http://json-schema.org/draft-07/schema#",
            "properties": {
                "list": {"items": [{"type": "string"}], "additionalItems": {"$ref": "common.json#/definitions/port"}},
                "own": {"$ref": "#/definitions/own", "maximum": 1},
            },
            "dependencies": {"a": ["b"], "c": {"required": ["d"]}},
            "definitions": {"own": {"minimum": 10}},
        });
        let common = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "definitions": {"port": {"prefixItems": [true], "maximum": 65535}},
        });
        let compiled = load(&[(OWN, root), (COMMON, common)]).expect("a schema");
        assert_eq!(compiled.files(), [OWN, COMMON]);
        for (document, path, file, pointer) in [
            ("list: [1]", "list[0]", OWN, "/properties/list/items/0/type"),
            ("list: [a, 70000]", "list[1]", COMMON, "/definitions/port/maximum"),
            ("own: 5", "own", OWN, "/definitions/own/minimum"),
            ("a: 1", "", OWN, "/dependencies"),
            ("c: 1", "", OWN, "/dependencies/c/required"),
        ] {
            let violations = compiled.validate(&yaml(document));
            assert_eq!(violations.len(), 1, "{document}: {violations:?}");
            let violation = &violations[0];
            assert_eq!(violation.path.to_string(), path);
            assert_eq!((violation.schema_file.as_str(), violation.schema_pointer.as_str()), (file, pointer));
        }
    }

    #[test]
    fn numbers_are_judged_by_what_readers_see() {
        const NUMBER: &str = r#"{"type": "number"}"#;
        const INTEGER: &str = r#"{"type": "integer", "maximum": 100}"#;
        for (schema, fit, unfit) in [
            (NUMBER, ".inf -.inf .nan 1. +1 0o17 1e400 015", "'1' 1_000 true"),
            (INTEGER, "0x1F +1 015 1.0 -99999999999999999999999", ".inf .nan 0x7F 1.5"),
        ] {
            for text in fit.split(' ') {
                assert_eq!(violations(schema, text), [], "{text}");
            }
            for text in unfit.split(' ') {
                assert!(!violations(schema, text).is_empty(), "{text}");
            }
        }
    }

    #[test]
    fn a_compiled_schema_is_shared_by_threads() {
        fn shared<T: Send + Sync>() {}
        shared::<Compiled>();
    }
}
