//! What a schema says of a value to who fills it in: its kind, its choices, its bounds, its words.

use std::collections::BTreeSet;

use serde_json::{Number, Value as Json};

use super::compile::Compiled;
use super::graph::Node;
use super::lookup::{BOOLEAN, Follow, INTEGER, NUMBER, STRING};
use crate::model::ValuePath;

/// So many values are named by a schema at most, and so deep.
const VALUES: usize = 300;
const DEPTH: usize = 8;

/// What a value may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ValueKind {
    /// A string and nothing else.
    Text,
    /// A whole number and nothing else.
    Integer,
    /// A number and nothing else.
    Number,
    /// True or false and nothing else.
    Boolean,
    /// One of several kinds, a list, a mapping, or nothing is said.
    #[default]
    Any,
}

/// An end of a range.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// The number.
    pub limit: Number,
    /// Whether the number itself is out of the range.
    pub is_exclusive: bool,
}

/// What a schema says of the value at one path.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ValueDescription {
    /// What it may be.
    pub kind: ValueKind,
    /// The only values that it may have; none where it may have any.
    pub options: Vec<Json>,
    /// The smallest number.
    pub minimum: Option<Bound>,
    /// The largest number.
    pub maximum: Option<Bound>,
    /// The shortest text, in characters.
    pub min_length: Option<u64>,
    /// The longest text, in characters.
    pub max_length: Option<u64>,
    /// The regular expression that a text matches.
    pub pattern: Option<String>,
    /// What it is called.
    pub title: Option<String>,
    /// What it is.
    pub description: Option<String>,
    /// What holds where it is absent.
    pub default: Option<Json>,
    /// Whether it has to be there.
    pub is_required: bool,
}

impl ValueDescription {
    /// The same with what another schema of the same value adds.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let is_said = |kind: ValueKind| kind != ValueKind::Any;
        Self {
            kind: if is_said(self.kind) { self.kind } else { other.kind },
            options: if self.options.is_empty() { other.options } else { self.options },
            minimum: self.minimum.or(other.minimum),
            maximum: self.maximum.or(other.maximum),
            min_length: self.min_length.or(other.min_length),
            max_length: self.max_length.or(other.max_length),
            pattern: self.pattern.or(other.pattern),
            title: self.title.or(other.title),
            description: self.description.or(other.description),
            default: self.default.or(other.default),
            is_required: self.is_required || other.is_required,
        }
    }
}

impl Compiled {
    /// What the schema says of the value at `path`, wherever it is bound to it.
    #[must_use]
    pub fn describe(&self, path: &ValuePath) -> ValueDescription {
        let ids = self.schemas_at(&path.segments, Follow::Binding);
        let nodes: Vec<&Node> = ids.iter().map(|id| self.graph.node(*id)).collect();
        let first = |keyword: &str| nodes.iter().find_map(|node| node.assertions.get(keyword));
        let said = |keyword: &str| nodes.iter().find_map(|node| node.said.get(keyword));
        let words = |keyword: &str| said(keyword).and_then(Json::as_str).map(str::to_owned);
        let bound = |inclusive: &str, exclusive: &str| {
            let of = |keyword: &str, is_exclusive| match first(keyword) {
                Some(Json::Number(limit)) => Some(Bound { limit: limit.clone(), is_exclusive }),
                _ => None,
            };
            of(exclusive, true).or_else(|| of(inclusive, false))
        };
        let options = match (first("enum"), first("const")) {
            (Some(Json::Array(options)), None) => options.clone(),
            (_, Some(only)) => vec![only.clone()],
            _ => Vec::new(),
        };
        ValueDescription {
            kind: match self.types_of(&ids) {
                STRING => ValueKind::Text,
                INTEGER => ValueKind::Integer,
                NUMBER => ValueKind::Number,
                BOOLEAN => ValueKind::Boolean,
                _ => ValueKind::Any,
            },
            options,
            minimum: bound("minimum", "exclusiveMinimum"),
            maximum: bound("maximum", "exclusiveMaximum"),
            min_length: first("minLength").and_then(Json::as_u64),
            max_length: first("maxLength").and_then(Json::as_u64),
            pattern: first("pattern").and_then(Json::as_str).map(str::to_owned),
            title: words("title"),
            description: words("description"),
            default: said("default").cloned(),
            is_required: self.required(path),
        }
    }

    /// The values that the schema names: those that it gives no names within, in its order.
    #[must_use]
    pub fn named_values(&self) -> Vec<ValuePath> {
        let mut found = Vec::new();
        self.name_values(&ValuePath::root(), &mut found);
        found
    }

    fn name_values(&self, path: &ValuePath, found: &mut Vec<ValuePath>) {
        let names = if path.segments.len() < DEPTH { self.names_within(path) } else { Vec::new() };
        if names.is_empty() && !path.is_root() && found.len() < VALUES {
            found.push(path.clone());
        }
        for name in names {
            if found.len() < VALUES {
                self.name_values(&path.key(name), found);
            }
        }
    }

    /// The keys that the schema names in the mapping at `path`, without those that may not be there.
    fn names_within(&self, path: &ValuePath) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let mut names = Vec::new();
        for id in self.schemas_at(&path.segments, Follow::Binding) {
            for (name, id) in &self.graph.node(id).parts.properties {
                if self.graph.node(*id).always != Some(false) && seen.insert(name) {
                    names.push(name.clone());
                }
            }
        }
        names
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::{load, schema};
    use super::*;

    fn number(limit: impl Into<Number>, is_exclusive: bool) -> Option<Bound> {
        Some(Bound { limit: limit.into(), is_exclusive })
    }

    #[test]
    fn a_value_is_described_through_references_and_combinations() {
        let compiled = schema(json!({
            "required": ["level"],
            "properties": {
                "level": {"enum": ["debug", "info"], "title": "Log level", "default": "info"},
                "on": {"type": "boolean"},
                "port": {"$ref": "#/$defs/port", "description": "where it listens"},
                "share": {"type": "number", "exclusiveMinimum": 0, "maximum": 1.5},
                "rate": {"allOf": [{"type": "string"}, {"pattern": "^\\d+/s$", "minLength": 3, "maxLength": 9}]},
                "fixed": {"const": 3},
                "loose": {"type": ["string", "null"]},
                "free": {},
            },
            "$defs": {"port": {"type": "integer", "minimum": 1, "maximum": 65535, "description": "a port"}},
        }));
        let text = |text: &str| Some(text.to_owned());
        for (path, expected) in [
            (
                "level",
                ValueDescription {
                    kind: ValueKind::Text,
                    options: vec![json!("debug"), json!("info")],
                    title: text("Log level"),
                    default: Some(json!("info")),
                    is_required: true,
                    ..ValueDescription::default()
                },
            ),
            ("on", ValueDescription { kind: ValueKind::Boolean, ..ValueDescription::default() }),
            (
                "port",
                ValueDescription {
                    kind: ValueKind::Integer,
                    minimum: number(1, false),
                    maximum: number(65535, false),
                    description: text("where it listens"),
                    ..ValueDescription::default()
                },
            ),
            (
                "share",
                ValueDescription {
                    kind: ValueKind::Number,
                    minimum: number(0, true),
                    maximum: Some(Bound {
                        limit: json!(1.5).as_number().expect("one").clone(),
                        is_exclusive: false,
                    }),
                    ..ValueDescription::default()
                },
            ),
            (
                "rate",
                ValueDescription {
                    kind: ValueKind::Text,
                    pattern: text("^\\d+/s$"),
                    min_length: Some(3),
                    max_length: Some(9),
                    ..ValueDescription::default()
                },
            ),
            (
                "fixed",
                ValueDescription {
                    kind: ValueKind::Number,
                    options: vec![json!(3)],
                    ..ValueDescription::default()
                },
            ),
            ("loose", ValueDescription::default()),
            ("free", ValueDescription::default()),
            ("free.below", ValueDescription::default()),
            ("elsewhere", ValueDescription::default()),
        ] {
            assert_eq!(compiled.describe(&path.parse().expect(path)), expected, "{path}");
        }
    }

    #[test]
    fn values_are_named_in_the_order_of_the_schema_and_once() {
        let root = json!({
            "properties": {
                "z": {"type": "string"},
                "database": {"$ref": "common.json#/$defs/database"},
                "list": {"type": "array", "items": {"properties": {"inner": true}}},
                "gone": false,
                "self": {"$ref": "#"},
            },
            "allOf": [{"properties": {"z": {"minLength": 1}, "a": true}}],
        });
        let common = json!({"$defs": {"database": {"properties": {"host": {}, "port": {}}}}});
        let compiled = load(&[("a.json", root), ("common.json", common)]).expect("a schema");
        let named: Vec<String> = compiled.named_values().iter().map(ToString::to_string).collect();
        assert_eq!(named[..4], ["z", "database.host", "database.port", "list"]);
        assert!(
            named.contains(&"a".to_owned()) && named.contains(&"self.database.port".to_owned()),
            "{named:?}"
        );
        assert!(!named.iter().any(|name| name.contains("gone") || name.contains("inner")), "{named:?}");
        assert!(named.len() <= VALUES);
        let unique: BTreeSet<&String> = named.iter().collect();
        assert_eq!(unique.len(), named.len());
    }
}
