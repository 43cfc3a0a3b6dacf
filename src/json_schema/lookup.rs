//! Asking a schema about one path, without a document.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::compile::Compiled;
use super::graph::{Applied, Graph, ListRule, Node, NodeId};
use crate::model::{Segment, ValuePath};

/// Sets of the types of JSON, one bit each.
pub(super) type Types = u8;

const TYPES: [(&str, Types); 7] = [
    ("string", 1),
    ("number", 2 | 4),
    ("integer", 4),
    ("boolean", 8),
    ("null", 16),
    ("array", 32),
    ("object", 64),
];
pub(super) const STRING: Types = 1;
pub(super) const NUMBER: Types = 2 | 4;
pub(super) const INTEGER: Types = 4;
pub(super) const BOOLEAN: Types = 8;
const ANY: Types = 127;

/// How deep alternatives within alternatives are followed for their types.
const DEPTH: usize = 16;

impl Compiled {
    /// Whether the schema allows nothing but strings at `path`, so that plain text is one.
    #[must_use]
    pub fn allows_only_strings(&self, path: &ValuePath) -> bool {
        let schemas = self.schemas_at(&path.segments, Follow::Binding);
        self.types_of(&schemas) == STRING
    }

    /// The types that all of these schemas let through.
    pub(super) fn types_of(&self, schemas: &[NodeId]) -> Types {
        schemas.iter().map(|id| self.types(*id, DEPTH)).fold(ANY, |all, types| all & types)
    }

    /// Whether the schema requires the last key of `path` wherever the mapping around it is.
    #[must_use]
    pub fn required(&self, path: &ValuePath) -> bool {
        let Some((Segment::Key(key), parent)) = path.segments.split_last() else { return false };
        let requires = |id: &NodeId| match self.graph.node(*id).assertions.get("required") {
            Some(Json::Array(keys)) => keys.iter().any(|required| required.as_str() == Some(key)),
            _ => false,
        };
        self.schemas_at(parent, Follow::Binding).iter().any(requires)
    }

    /// The keys that the schema requires of the mapping at `path`, in the schema's order.
    #[must_use]
    pub fn required_keys(&self, path: &ValuePath) -> Vec<String> {
        let mut found = Vec::new();
        for id in self.schemas_at(&path.segments, Follow::Binding) {
            if let Some(Json::Array(keys)) = self.graph.node(id).assertions.get("required") {
                found.extend(keys.iter().filter_map(Json::as_str).map(str::to_owned));
            }
        }
        let mut seen = BTreeSet::new();
        found.retain(|key| seen.insert(key.clone()));
        found
    }

    /// The key by which the elements of the list at `path` are told apart: `x-terrace.listKey`.
    #[must_use]
    pub fn list_key(&self, path: &ValuePath) -> Option<String> {
        self.list_rules(path).into_iter().find_map(|rule| rule.key)
    }

    /// Whether the order of the list at `path` means something: `x-terrace.listOrder`.
    #[must_use]
    pub fn list_order(&self, path: &ValuePath) -> bool {
        self.list_rules(path).into_iter().any(|rule| rule.order)
    }

    fn list_rules(&self, path: &ValuePath) -> Vec<ListRule> {
        let schemas = self.schemas_at(&path.segments, Follow::Possible);
        schemas.into_iter().map(|id| self.graph.node(id).list.clone()).collect()
    }

    /// The schemas for the value at the end of `segments`.
    pub(super) fn schemas_at(&self, segments: &[Segment], follow: Follow) -> Vec<NodeId> {
        let mut schemas = self.closure(vec![Graph::ROOT], follow);
        for segment in segments {
            let below = schemas.iter().flat_map(|id| step(self.graph.node(*id), segment)).collect();
            schemas = self.closure(below, follow);
        }
        schemas
    }

    /// The given schemas and those that they apply to the same value, each once.
    fn closure(&self, mut found: Vec<NodeId>, follow: Follow) -> Vec<NodeId> {
        let mut seen = BTreeSet::new();
        found.retain(|id| seen.insert(*id));
        let mut next = 0;
        while let Some(id) = found.get(next).copied() {
            next += 1;
            let applied = self.graph.node(id).applied.iter().filter(|(how, _)| follow.follows(how));
            found.extend(applied.map(|(_, id)| *id).filter(|id| seen.insert(*id)));
        }
        found
    }

    /// The types that a schema lets through; references and `allOf` are followed by the caller.
    fn types(&self, id: NodeId, depth: usize) -> Types {
        let node = self.graph.node(id);
        let mut types = match node.always {
            Some(false) => 0,
            _ => asserted(node),
        };
        for how in [Applied::AnyOf, Applied::OneOf] {
            let branches: Vec<_> = node.applied.iter().filter(|(own, _)| *own == how).collect();
            if !branches.is_empty() && depth > 0 {
                let branch = |id: NodeId| {
                    let schemas = self.closure(vec![id], Follow::Binding);
                    schemas
                        .into_iter()
                        .map(|id| self.types(id, depth - 1))
                        .fold(ANY, |all, types| all & types)
                };
                types &= branches.into_iter().map(|(_, id)| branch(*id)).fold(0, |all, types| all | types);
            }
        }
        types
    }
}

/// Which schemas for the same value count.
#[derive(Clone, Copy)]
pub(super) enum Follow {
    /// Those that the value must fit.
    Binding,
    /// Also those that it may fit.
    Possible,
}

impl Follow {
    fn follows(self, how: &Applied) -> bool {
        match how {
            Applied::Ref | Applied::AllOf => true,
            Applied::AnyOf | Applied::OneOf | Applied::Then | Applied::Else | Applied::Dependent(_) => {
                matches!(self, Self::Possible)
            }
            Applied::Not | Applied::If => false,
        }
    }
}

/// The schemas that a schema has for one step down.
fn step(node: &Node, segment: &Segment) -> Vec<NodeId> {
    match segment {
        Segment::Key(key) => node.property(key),
        Segment::Index(index) => node.element(Some(*index)).collect(),
        Segment::Identity { .. } | Segment::Append => node.element(None).collect(),
    }
}

/// The types that `type`, `enum` and `const` let through.
fn asserted(node: &Node) -> Types {
    let named =
        |name: &Json| TYPES.iter().find(|(known, _)| name.as_str() == Some(known)).map_or(0, |(_, bit)| *bit);
    let of = |value: &Json| match value {
        Json::Null => 16,
        Json::Bool(_) => 8,
        Json::Number(_) => 2 | 4,
        Json::String(_) => STRING,
        Json::Array(_) => 32,
        Json::Object(_) => 64,
    };
    let union = |bits: Types, more: Types| bits | more;
    let mut types = match node.assertions.get("type") {
        Some(Json::Array(names)) => names.iter().map(named).fold(0, union),
        Some(name) => named(name),
        None => ANY,
    };
    if let Some(Json::Array(options)) = node.assertions.get("enum") {
        types &= options.iter().map(of).fold(0, union);
    }
    if let Some(value) = node.assertions.get("const") {
        types &= of(value);
    }
    types
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::{load, schema};
    use super::*;

    fn path(text: &str) -> ValuePath {
        text.parse().expect(text)
    }

    #[test]
    fn only_strings_are_known_through_every_way() {
        let compiled = schema(json!({
            "properties": {
                "plain": {"type": "string"},
                "list": {"type": ["string"]},
                "chosen": {"enum": ["a", "b"]},
                "fixed": {"const": "a"},
                "mixed": {"enum": ["a", 1]},
                "nullable": {"type": ["string", "null"]},
                "number": {"type": "number"},
                "free": {},
                "never": false,
                "referred": {"$ref": "#/$defs/text"},
                "narrowed": {"allOf": [{"type": ["string", "number"]}, {"type": ["string", "null"]}]},
                "either": {"anyOf": [{"format": "uri", "type": "string"}, {"$ref": "#/$defs/text"}]},
                "other": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
                "items": {"items": {"type": "string"}},
                "pair": {"prefixItems": [{"type": "string"}, {"type": "integer"}]},
                "nodes": {"items": {"properties": {"text": {"type": "string"}}}},
            },
            "patternProperties": {"^x-": {"type": "string"}},
            "additionalProperties": {"additionalProperties": {"type": "string"}},
            "$defs": {"text": {"type": "string"}},
        }));
        for text in [
            "plain",
            "list",
            "chosen",
            "fixed",
            "referred",
            "narrowed",
            "either",
            "items[3]",
            "items[+]",
            "pair[0]",
            "nodes[name=a].text",
            "x-any",
            "labels.any",
        ] {
            assert!(compiled.allows_only_strings(&path(text)), "{text}");
        }
        for text in [
            "mixed", "nullable", "number", "free", "never", "other", "items", "pair[1]", "labels", "free.x",
            "",
        ] {
            assert!(!compiled.allows_only_strings(&path(text)), "{text}");
        }
    }

    #[test]
    fn required_keys_are_known_through_references() {
        let root = json!({
            "required": ["database"],
            "properties": {"database": {"$ref": "common.json#/$defs/database"}},
            "allOf": [{"required": ["name"]}, {"if": {"required": ["x"]}, "then": {"required": ["maybe"]}}],
        });
        let common = json!({"$defs": {"database": {
            "required": ["host", "port"],
            "properties": {"replicas": {"items": {"required": ["host"]}}},
        }}});
        let compiled = load(&[("a.json", root), ("common.json", common)]).expect("a schema");
        for text in ["database", "name", "database.host", "database.port", "database.replicas[0].host"] {
            assert!(compiled.required(&path(text)), "{text}");
        }
        for text in ["", "maybe", "x", "host", "database.replicas", "database.replicas[0]"] {
            assert!(!compiled.required(&path(text)), "{text}");
        }
        assert_eq!(compiled.required_keys(&path("database")), ["host", "port"]);
        assert_eq!(compiled.required_keys(&ValuePath::root()), ["database", "name"]);
    }

    #[test]
    fn what_identifies_list_elements_is_read_in_both_spellings() {
        let compiled = schema(json!({
            "properties": {
                "servers": {"type": "array", "x-terrace": {"listKey": "host"}},
                "steps": {"x-terrace.listOrder": true, "x-terrace.listKey": "path"},
                "maybe": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/list"}]},
                "plain": {"type": "array"},
                "nested": {"items": {"properties": {"own": {"x-terrace": {"listKey": "n", "listOrder": false}}}}},
            },
            "$defs": {"list": {"x-terrace": {"listKey": "id", "listOrder": true}}},
            "x-terrace": {"listKey": "root"},
        }));
        for (text, key, order) in [
            ("", Some("root"), false),
            ("servers", Some("host"), false),
            ("steps", Some("path"), true),
            ("maybe", Some("id"), true),
            ("plain", None, false),
            ("nested[id=x].own", Some("n"), false),
        ] {
            assert_eq!(compiled.list_key(&path(text)).as_deref(), key, "{text}");
            assert_eq!(compiled.list_order(&path(text)), order, "{text}");
        }
    }
}
