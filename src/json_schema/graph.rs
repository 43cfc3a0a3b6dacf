//! A schema as one graph: its files, drafts and references dissolved into nodes and edges.
//!
//! Whatever draft a file is written in, its nodes say the same in the words of 2020-12, so that
//! counting, asking and compiling know only one language.

use indexmap::IndexMap;
use jsonschema::Validator;
use serde_json::{Map, Value as Json};

use super::draft::Draft;
use super::source::SchemaError;

/// A node of a [`Graph`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct NodeId(pub(super) u32);

/// How a schema is applied to the value that the schema around it is applied to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Applied {
    Ref,
    AllOf,
    AnyOf,
    OneOf,
    Not,
    If,
    Then,
    Else,
    /// Where the mapping has this key.
    Dependent(String),
}

/// The schemas for the parts of a value.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) properties: IndexMap<String, NodeId>,
    pub(super) patterns: Vec<(Pattern, NodeId)>,
    pub(super) additional: Option<NodeId>,
    pub(super) names: Option<NodeId>,
    pub(super) prefix: Vec<NodeId>,
    pub(super) items: Option<NodeId>,
    pub(super) contains: Option<NodeId>,
    pub(super) unevaluated_properties: Option<NodeId>,
    pub(super) unevaluated_items: Option<NodeId>,
}

impl Parts {
    /// Whether there are schemas for the entries of mappings.
    pub(super) fn of_mappings(&self) -> bool {
        let others = self.additional.or(self.unevaluated_properties);
        !self.properties.is_empty() || !self.patterns.is_empty() || others.is_some()
    }

    /// Whether there are schemas for the elements of lists.
    pub(super) fn of_lists(&self) -> bool {
        let others = self.items.or(self.contains).or(self.unevaluated_items);
        !self.prefix.is_empty() || others.is_some()
    }
}

/// A regular expression over keys.
#[derive(Debug)]
pub(super) struct Pattern {
    pub(super) text: String,
    pub(super) matcher: Validator,
}

impl Pattern {
    pub(super) fn matches(&self, key: &str) -> bool {
        self.matcher.is_valid(&Json::String(key.to_owned()))
    }
}

/// What `x-terrace` says of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ListRule {
    pub(super) key: Option<String>,
    pub(super) order: bool,
}

/// One schema.
#[derive(Debug)]
pub(super) struct Node {
    /// The number of its file.
    pub(super) file: usize,
    /// Where in the file.
    pub(super) pointer: String,
    /// The draft that it is written in.
    pub(super) draft: Draft,
    /// `Some(false)` takes no value at all; `Some(true)` any.
    pub(super) always: Option<bool>,
    /// The keywords that judge the value by themselves.
    pub(super) assertions: Map<String, Json>,
    /// The keywords that judge nothing and say what the value is.
    pub(super) said: Map<String, Json>,
    pub(super) applied: Vec<(Applied, NodeId)>,
    pub(super) parts: Parts,
    pub(super) list: ListRule,
}

impl Node {
    /// The schemas for a mapping's entry `key`.
    pub(super) fn property(&self, key: &str) -> Vec<NodeId> {
        let own = self.parts.properties.get(key).copied();
        let fitting = self.parts.patterns.iter().filter(|(pattern, _)| pattern.matches(key));
        let mut found: Vec<_> = own.into_iter().chain(fitting.map(|(_, id)| *id)).collect();
        if found.is_empty() {
            found.extend(self.parts.additional);
        }
        found.extend(self.parts.unevaluated_properties);
        found
    }

    /// The schemas for a list's element at `index`; any element that has no place of its own
    /// where there is no index.
    pub(super) fn element(&self, index: Option<usize>) -> impl Iterator<Item = NodeId> + '_ {
        let own = index.and_then(|index| self.parts.prefix.get(index)).copied();
        own.or(self.parts.items).into_iter().chain(self.parts.contains).chain(self.parts.unevaluated_items)
    }
}

/// All schemas that can be reached from one file.
#[derive(Debug)]
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
    /// The files, the first being the one that was asked for.
    pub(super) files: Vec<String>,
    /// What of them is not checked, and why.
    pub(super) limits: Vec<SchemaError>,
}

impl Graph {
    pub(super) const ROOT: NodeId = NodeId(0);

    pub(super) fn node(&self, id: NodeId) -> &Node {
        // Ids are only made for nodes that are pushed.
        &self.nodes[id.0 as usize]
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..u32::try_from(self.nodes.len()).unwrap_or(u32::MAX)).map(NodeId)
    }
}
