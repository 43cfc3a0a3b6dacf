//! From the span tree to values: aliases followed, merges applied, within a budget.

use std::ops::Range;

use indexmap::IndexMap;

use super::limits::{Limits, Rejection};
use super::lines::Lines;
use super::node::{Content, MappingEntry, Node, NodeId, Style};
use super::scalar::{CORE, plain_value, tagged_value};
use crate::model::{Map, Rule, Segment, Value, ValuePath, lookups};

/// How deep values may nest; aliases can make it more than the text does, and everything that
/// looks at values calls itself at each level.
const NESTING: usize = 400;

/// Something in a readable file that readers will stumble over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What it is.
    pub kind: ProblemKind,
    /// The bytes that are meant.
    pub span: Range<usize>,
    /// The mapping or value concerned.
    pub path: ValuePath,
}

/// The kinds of [`Problem`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// The key was there before in the same mapping; the bytes of its first occurrence.
    DuplicateKey {
        /// The key's text.
        key: String,
        /// Where it stands first.
        first: Range<usize>,
    },
    /// The key of an entry is a list or a mapping.
    ComplexKey,
    /// `<<` with something that is no mapping.
    BadMerge,
    /// Two merged mappings give one key different values, and the mapping itself has none.
    MergesDisagree {
        /// The first such key.
        key: String,
    },
}

/// The text of a node that serves as a key; `None` for a list or a mapping.
pub(super) fn key_text(nodes: &[Node], id: NodeId) -> Option<&str> {
    lookups::count(1);
    match &nodes[id.0 as usize].content {
        Content::Scalar { text, .. } => Some(text),
        Content::Alias { target } => key_text(nodes, *target),
        Content::Sequence { .. } | Content::Mapping { .. } => None,
    }
}

/// Whether an entry merges (`<<`, plain or under `!!merge`) instead of being a key.
pub(super) fn is_merge(nodes: &[Node], entry: &MappingEntry) -> bool {
    let key = &nodes[entry.key.0 as usize];
    let Content::Scalar { text, style } = &key.content else { return false };
    let tagged = key.tag.as_deref() == Some("tag:yaml.org,2002:merge");
    text == "<<" && (tagged || (*style == Style::Plain && key.tag.is_none()))
}

/// The mappings that a merge entry brings, in order of precedence; `None` when it brings
/// something else.
pub(super) fn merged(nodes: &[Node], value: NodeId) -> Option<Vec<NodeId>> {
    let target = follow(nodes, value);
    match &nodes[target.0 as usize].content {
        Content::Mapping { .. } => Some(vec![target]),
        Content::Sequence { items, .. } => {
            let maps: Vec<_> = items.iter().map(|item| follow(nodes, item.node)).collect();
            let all = maps.iter().all(|id| matches!(nodes[id.0 as usize].content, Content::Mapping { .. }));
            all.then_some(maps)
        }
        Content::Scalar { .. } | Content::Alias { .. } => None,
    }
}

/// The node that an alias stands for; any other node itself.
pub(super) fn follow(nodes: &[Node], id: NodeId) -> NodeId {
    match nodes[id.0 as usize].content {
        Content::Alias { target } => target,
        _ => id,
    }
}

/// A step on the way to a value; a path is made of them only where something is wrong.
enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

pub(super) struct Resolver<'a> {
    text: &'a str,
    lines: &'a Lines,
    nodes: &'a [Node],
    limits: Limits,
    values: usize,
    bytes: usize,
    open: Vec<NodeId>,
    /// The document and the steps to what is being resolved.
    document: usize,
    steps: Vec<Step<'a>>,
    through_alias: usize,
    pub(super) problems: Vec<Problem>,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(text: &'a str, lines: &'a Lines, nodes: &'a [Node], limits: Limits) -> Self {
        Self {
            text,
            lines,
            nodes,
            limits,
            values: 0,
            bytes: 0,
            open: Vec::new(),
            document: 0,
            steps: Vec::new(),
            through_alias: 0,
            problems: Vec::new(),
        }
    }

    fn node(&self, id: NodeId) -> &'a Node {
        &self.nodes[id.0 as usize]
    }

    fn refuse(&self, id: NodeId, message: &str) -> Rejection {
        let at = self.lines.position(self.text, self.node(id).span.start);
        Rejection::new(
            Rule::UnsupportedYaml,
            at,
            message,
            "write the values out instead of referring to them",
        )
    }

    fn problem(&mut self, kind: ProblemKind, span: Range<usize>) {
        // What is seen again through an alias was reported where it stands.
        if self.through_alias == 0 {
            let segment = |step: &Step<'_>| match step {
                Step::Key(key) => Segment::Key((*key).to_owned()),
                Step::Index(index) => Segment::Index(*index),
            };
            let segments = self.steps.iter().map(segment).collect();
            self.problems.push(Problem {
                kind,
                span,
                path: ValuePath { document: self.document.into(), segments },
            });
        }
    }

    /// The value of a document's root.
    pub(super) fn root(&mut self, id: NodeId, document: usize) -> Result<Value, Rejection> {
        self.document = document;
        self.resolve(id)
    }

    fn child(&mut self, id: NodeId, step: Step<'a>) -> Result<Value, Rejection> {
        self.steps.push(step);
        let value = self.resolve(id);
        self.steps.pop();
        value
    }

    fn resolve(&mut self, id: NodeId) -> Result<Value, Rejection> {
        self.values += 1;
        if self.values > self.limits.values || self.bytes > self.limits.value_bytes {
            return Err(self.refuse(id, "aliases expand the file beyond all bounds"));
        }
        if self.open.len() > NESTING {
            return Err(self.refuse(id, "aliases nest the values too deeply"));
        }
        let node = self.node(id);
        let value = match &node.content {
            Content::Scalar { text, style } => {
                self.bytes += text.len();
                return Ok(match (&node.tag, style) {
                    (None, Style::Plain) => plain_value(text),
                    (None, _) => Value::String(text.clone()),
                    (Some(tag), _) => tagged_value(tag, text)
                        .unwrap_or_else(|| Value::Tagged(tag.clone(), Box::new(Value::String(text.clone())))),
                });
            }
            Content::Alias { target } => {
                if self.open.contains(target) {
                    return Err(self.refuse(id, "an alias stands inside what it refers to"));
                }
                self.through_alias += 1;
                let value = self.resolve(*target);
                self.through_alias -= 1;
                return value;
            }
            Content::Sequence { items, .. } => {
                self.open.push(id);
                let mut list = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    list.push(self.child(item.node, Step::Index(index))?);
                }
                Value::List(list.into())
            }
            Content::Mapping { entries, .. } => {
                self.open.push(id);
                Value::Map(self.mapping(entries)?)
            }
        };
        self.open.pop();
        let known = |tag: &String| {
            tag == "!" || tag.strip_prefix(CORE).is_some_and(|name| matches!(name, "map" | "seq"))
        };
        Ok(match node.tag.as_ref().filter(|tag| !known(tag)) {
            Some(tag) => Value::Tagged(tag.clone(), Box::new(value)),
            None => value,
        })
    }

    fn mapping(&mut self, entries: &'a [MappingEntry]) -> Result<Map, Rejection> {
        let mut own = IndexMap::with_capacity(entries.len());
        // Where each key of it stands first.
        let mut first = Vec::new();
        let (mut merges, mut first_merge) = (Vec::new(), None);
        for entry in entries {
            let key_span = self.node(entry.key).span.clone();
            if is_merge(self.nodes, entry) {
                match merged(self.nodes, entry.value) {
                    Some(maps) => {
                        merges.push((entry.value, maps));
                        match first_merge.clone() {
                            None => first_merge = Some(key_span),
                            Some(first) => {
                                let key = "<<".to_owned();
                                self.problem(ProblemKind::DuplicateKey { key, first }, key_span);
                            }
                        }
                        continue;
                    }
                    None => self.problem(ProblemKind::BadMerge, self.node(entry.value).span.clone()),
                }
            }
            let Some(key) = key_text(self.nodes, entry.key) else {
                self.problem(ProblemKind::ComplexKey, key_span);
                continue;
            };
            self.bytes += key.len();
            self.steps.push(Step::Key(key));
            let (index, earlier) = own.insert_full(key.to_owned(), Value::Null);
            match earlier.and_then(|_| first.get(index)).cloned() {
                Some(first) => {
                    self.problem(ProblemKind::DuplicateKey { key: key.to_owned(), first }, key_span);
                }
                None => first.push(key_span),
            }
            let value = self.resolve(entry.value)?;
            self.steps.pop();
            if let Some((_, place)) = own.get_index_mut(index) {
                *place = value;
            }
        }
        // A mapping's own entries win over merged ones, and earlier merges over later ones
        // (https://yaml.org/type/merge.html).
        let written = own.len();
        let mut disagrees = None;
        for (at, maps) in merges {
            for map in maps {
                if self.open.contains(&map) {
                    return Err(self.refuse(at, "an alias stands inside what it refers to"));
                }
                let aliased = map != at;
                self.through_alias += usize::from(aliased);
                let value = self.resolve(map);
                self.through_alias -= usize::from(aliased);
                let value = match value? {
                    Value::Tagged(_, value) => *value,
                    value => value,
                };
                if let Value::Map(more) = value {
                    for (key, value) in more {
                        match own.get_full(&key) {
                            None => {
                                own.insert(key, value);
                            }
                            Some((index, _, merged)) if index >= written && *merged != value => {
                                disagrees.get_or_insert((at, key));
                            }
                            Some(_) => {}
                        }
                    }
                }
            }
        }
        if let Some((at, key)) = disagrees {
            self.problem(ProblemKind::MergesDisagree { key }, self.node(at).span.clone());
        }
        Ok(own.into())
    }
}
