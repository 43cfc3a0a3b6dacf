//! What the tests of this room share: schemas and documents from text.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::{Compiled, SchemaError};
use crate::model::Value;
use crate::yaml::{Document, Limits};

/// The schema made of these files, the first being its root.
pub(super) fn load(files: &[(&str, Json)]) -> Result<Compiled, Vec<SchemaError>> {
    let read = |path: &str| {
        let found = files.iter().find(|(known, _)| *known == path);
        found.and_then(|(_, json)| serde_json::to_vec_pretty(json).ok()).into()
    };
    Compiled::load(files[0].0, &read)
}

/// A schema in one file.
pub(super) fn schema(json: Json) -> Compiled {
    load(&[("schemas/a.schema.json", json)]).expect("a schema")
}

/// What is wrong with a schema in one file.
pub(super) fn broken(text: &str) -> Vec<SchemaError> {
    let read = |_: &str| Some(text.as_bytes().to_vec()).into();
    Compiled::load("schemas/a.schema.json", &read).expect_err(text)
}

/// The value of some YAML.
pub(super) fn yaml(text: &str) -> Value {
    Document::parse(text.as_bytes(), &Limits::default()).expect(text).value().clone()
}

/// A schema of few words, for properties; it may refer to `#`, `#/$defs/a` and `#/$defs/b`.
pub(super) fn any_schema() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(json!({})),
        any::<bool>().prop_map(Json::Bool),
        prop::sample::select(vec!["object", "array", "string", "integer", "null"])
            .prop_map(|kind| json!({ "type": kind })),
        (0..3_i32).prop_map(|limit| json!({ "minimum": limit })),
        "[ab]".prop_map(|key| json!({ "required": [key] })),
        "[ab]".prop_map(|value| json!({ "const": value })),
        "[ab]".prop_map(|letter| json!({ "pattern": format!("^{letter}") })),
        prop::sample::select(vec!["#", "#/$defs/a", "#/$defs/b"])
            .prop_map(|target| json!({ "$ref": target })),
        Just(json!({ "unevaluatedProperties": false })),
        Just(json!({ "additionalProperties": false, "properties": { "a": true } })),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let one = prop::sample::select(vec![
            "not",
            "additionalProperties",
            "items",
            "contains",
            "propertyNames",
            "unevaluatedProperties",
            "unevaluatedItems",
        ]);
        let list = prop::sample::select(vec!["allOf", "anyOf", "oneOf", "prefixItems"]);
        let map = prop::sample::select(vec!["properties", "patternProperties", "dependentSchemas"]);
        let own = prop_oneof![
            (one, inner.clone()).prop_map(|(keyword, schema)| json!({ keyword: schema })),
            (list, prop::collection::vec(inner.clone(), 1..3))
                .prop_map(|(keyword, schemas)| json!({ keyword: schemas })),
            (map, inner.clone(), inner.clone())
                .prop_map(|(keyword, a, b)| json!({ keyword: { "a": a, "b": b } })),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(a, b, c)| json!({ "if": a, "then": b, "else": c })),
        ];
        (own, inner).prop_map(|(mut own, more)| {
            if let (Some(own), Json::Object(more)) = (own.as_object_mut(), more) {
                own.extend(more);
            }
            own
        })
    })
}

/// A small document that such schemas have something to say of.
pub(super) fn any_document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        "[0-3]".prop_map(Value::Number),
        "[abc]{0,2}".prop_map(Value::String),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(|list| Value::List(list.into())),
            prop::collection::vec(("[abc]", inner), 0..3)
                .prop_map(|entries| Value::Map(entries.into_iter().collect())),
        ]
    })
}
