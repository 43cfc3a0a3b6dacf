//! [`Document`]: one YAML file, parsed once, addressed by path.

use std::ops::Range;

use super::gate::{Limits, Rejection, admit};
use super::lines::Lines;
use super::node::{Content, Item, Node, NodeId};
use super::parse::parse;
use super::resolve::{Problem, Resolver, follow, is_merge, key_text, merged};
use crate::model::{Location, Path, Pointer, Segment, Value};

/// One YAML file: its exact bytes, its values, and where each stands.
///
/// A file may hold several YAML documents; an empty file holds none and reads as one null.
#[derive(Clone, Debug)]
pub struct Document {
    text: String,
    lines: Lines,
    nodes: Vec<Node>,
    roots: Vec<NodeId>,
    comments: Vec<Range<usize>>,
    values: Vec<Value>,
    problems: Vec<Problem>,
}

/// Where a value stands in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// The bytes of its key; `None` for list elements and roots.
    pub key: Option<Range<usize>>,
    /// The bytes of the value itself, without tag and anchor.
    pub value: Range<usize>,
    /// The node, aliases not yet followed.
    pub node: NodeId,
    /// The list or mapping whose bytes hold it, and its position there; `None` for a root.
    pub slot: Option<(NodeId, usize)>,
    /// Whether an alias or a merge was followed on the way, so that the bytes serve others too.
    pub shared: bool,
}

impl Located {
    /// The bytes to point at: the value, or the key where no value is written.
    #[must_use]
    pub fn token(&self) -> Range<usize> {
        match &self.key {
            Some(key) if self.value.is_empty() => key.clone(),
            _ => self.value.clone(),
        }
    }
}

impl Document {
    /// Reads a file's bytes.
    ///
    /// # Errors
    /// What keeps the file from being read at all, with its position: too large, not UTF-8, not
    /// YAML, nested or expanding beyond the limits. Everything else is in [`Self::problems`].
    pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Self, Rejection> {
        let text = admit(bytes, limits)?.to_owned();
        let lines = Lines::new(&text);
        let forest = parse(&text, &lines)?;
        let mut resolver = Resolver::new(&text, &lines, &forest.nodes, *limits);
        let mut values = Vec::with_capacity(forest.roots.len().max(1));
        for (number, root) in forest.roots.iter().enumerate() {
            values.push(resolver.resolve(*root, &Path::document(number))?);
        }
        if values.is_empty() {
            values.push(Value::Null);
        }
        let problems = std::mem::take(&mut resolver.problems);
        Ok(Self {
            lines,
            nodes: forest.nodes,
            roots: forest.roots,
            comments: forest.comments,
            values,
            problems,
            text,
        })
    }

    /// The whole text, byte order mark included.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Line starts of the text.
    #[must_use]
    pub fn lines(&self) -> &Lines {
        &self.lines
    }

    /// The value of each YAML document, at least one.
    #[must_use]
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// The root of each YAML document; none in an empty file.
    #[must_use]
    pub fn roots(&self) -> &[NodeId] {
        &self.roots
    }

    /// The value of the first YAML document.
    #[must_use]
    pub fn value(&self) -> &Value {
        self.values.first().unwrap_or(&Value::Null)
    }

    /// The value at `path`.
    #[must_use]
    pub fn at(&self, path: &Path) -> Option<&Value> {
        self.values.get(path.document)?.at(path)
    }

    /// Duplicate keys and what cannot be addressed, in file order.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The bytes of each comment, from `#` to before the line ending, in file order.
    #[must_use]
    pub fn comments(&self) -> &[Range<usize>] {
        &self.comments
    }

    /// A node of the span tree.
    #[must_use]
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// The span tree's arena.
    pub(super) fn arena(&self) -> &[Node] {
        &self.nodes
    }

    /// All nodes of the span tree, in the order of the text.
    pub fn nodes(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        self.nodes.iter().enumerate().map(|(i, node)| (NodeId(u32::try_from(i).unwrap_or(u32::MAX)), node))
    }

    /// The text of a node that serves as a key; `None` for a list or a mapping.
    #[must_use]
    pub fn key_text(&self, id: NodeId) -> Option<&str> {
        key_text(&self.nodes, id)
    }

    /// The location of some bytes.
    #[must_use]
    pub fn location(&self, span: &Range<usize>) -> Location {
        self.lines.location(&self.text, span)
    }

    /// Where the value at `path` stands; `None` when there is none.
    #[must_use]
    pub fn locate(&self, path: &Path) -> Option<Located> {
        let root = *self.roots.get(path.document)?;
        let value = self.node(root).span.clone();
        let mut here = Located { key: None, value, node: root, slot: None, shared: false };
        for segment in &path.segments {
            let container = self.follow(here.node);
            let shared = here.shared || container != here.node;
            let (slot, merged) = self.step(container, segment)?;
            let (key, node) = self.slot(slot)?;
            let key = key.map(|key| self.node(key).span.clone());
            let value = self.node(node).span.clone();
            here = Located { key, value, node, slot: Some(slot), shared: shared || merged };
        }
        Some(here)
    }

    /// The node that an alias stands for; any other node itself.
    #[must_use]
    pub fn follow(&self, id: NodeId) -> NodeId {
        follow(&self.nodes, id)
    }

    /// The key, if there is one, and the value at a position of a list or mapping.
    fn slot(&self, (container, index): (NodeId, usize)) -> Option<(Option<NodeId>, NodeId)> {
        match &self.node(container).content {
            Content::Mapping { entries, .. } => {
                entries.get(index).map(|entry| (Some(entry.key), entry.value))
            }
            Content::Sequence { items, .. } => items.get(index).map(|item| (None, item.node)),
            Content::Scalar { .. } | Content::Alias { .. } => None,
        }
    }

    /// One step down from a list or mapping node: the node and position where it ends, and
    /// whether a merge was followed.
    fn step(&self, container: NodeId, segment: &Segment) -> Option<((NodeId, usize), bool)> {
        match (&self.node(container).content, segment) {
            (Content::Mapping { entries, .. }, Segment::Key(name)) => {
                let own = entries.iter().rposition(|entry| {
                    key_text(&self.nodes, entry.key) == Some(name)
                        && !(is_merge(&self.nodes, entry) && merged(&self.nodes, entry.value).is_some())
                });
                if let Some(index) = own {
                    return Some(((container, index), false));
                }
                let merges = entries.iter().filter(|entry| is_merge(&self.nodes, entry));
                let maps = merges.filter_map(|entry| merged(&self.nodes, entry.value)).flatten();
                maps.into_iter().find_map(|map| self.step(map, segment)).map(|(slot, _)| (slot, true))
            }
            (Content::Sequence { items, .. }, Segment::Index(index)) => {
                (*index < items.len()).then_some(((container, *index), false))
            }
            (Content::Sequence { items, .. }, Segment::Identity { field, value }) => {
                let fits = |item: &Item| self.identity(item.node, field).as_deref() == Some(value);
                items.iter().position(fits).map(|index| ((container, index), false))
            }
            _ => None,
        }
    }

    fn identity(&self, element: NodeId, field: &str) -> Option<String> {
        let map = follow(&self.nodes, element);
        let (slot, _) = self.step(map, &Segment::Key(field.to_owned()))?;
        let (_, node) = self.slot(slot)?;
        let Content::Scalar { text, style } = &self.node(follow(&self.nodes, node)).content else {
            return None;
        };
        let plain = *style == super::Style::Plain && self.node(follow(&self.nodes, node)).tag.is_none();
        let value = if plain { super::plain_value(text) } else { Value::String(text.clone()) };
        value.scalar_text().map(str::to_owned)
    }

    /// The path with what depends on this document settled: numeric tokens that meet a list
    /// become positions, and `-` becomes `[+]`.
    #[must_use]
    pub fn resolve(&self, path: &Path) -> Path {
        let mut out = Path::document(path.document);
        let mut value = self.values.get(path.document);
        for segment in &path.segments {
            let segment = match (segment, value) {
                (Segment::Key(key), Some(Value::List(_))) if key == "-" => Segment::Append,
                (Segment::Key(key), Some(Value::List(_))) => match key.parse() {
                    Ok(index) => Segment::Index(index),
                    Err(_) => segment.clone(),
                },
                _ => segment.clone(),
            };
            value = value.and_then(|value| value.child(&segment));
            out.segments.push(segment);
        }
        out
    }

    /// The JSON Pointer of `path` in this document; the steps that are not there keep their text.
    #[must_use]
    pub fn pointer(&self, path: &Path) -> Pointer {
        let mut value = self.values.get(path.document);
        let tokens: Vec<_> = path
            .segments
            .iter()
            .map(|segment| {
                let token = match segment {
                    Segment::Key(key) => key.clone(),
                    Segment::Index(index) => index.to_string(),
                    Segment::Append => "-".to_owned(),
                    Segment::Identity { value: wanted, field } => {
                        let list = value.and_then(Value::as_list).unwrap_or_default();
                        let fits = |v: &Value| {
                            v.as_map().and_then(|m| m.get(field)).and_then(Value::scalar_text) == Some(wanted)
                        };
                        list.iter().position(fits).map_or_else(|| "-".to_owned(), |index| index.to_string())
                    }
                };
                value = value.and_then(|value| value.child(segment));
                token
            })
            .collect();
        Pointer::new(tokens)
    }
}
