//! [`Document`]: one YAML file, parsed once, addressed by path.

use std::ops::{Deref, Range};

use super::file_values::{FileValues, position};
use super::keys::Index;
use super::limits::{Limits, Rejection, check_limits};
use super::lines::Lines;
use super::node::{Content, Forest, Node, NodeId, Style};
use super::parse::parse;
use super::resolve::{Problem, ProblemKind, Resolver, follow, key_text};
use crate::model::{
    DocumentId, Help, Location, Pointer, Position, Rule, Segment, UNFINISHED_MERGE, Value, ValuePath,
    conflict_markers, left_markers, marker_lines,
};

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
    values: FileValues,
    problems: Vec<Problem>,
    index: Index,
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

impl Deref for Document {
    type Target = FileValues;

    fn deref(&self) -> &FileValues {
        &self.values
    }
}

/// Where a document that is one plain text holds what a merge left in it: such lines are text to YAML.
fn left_in(forest: &Forest, root: NodeId, text: &str) -> Option<usize> {
    let node = forest.nodes.get(root.0 as usize)?;
    if !matches!(node.content, Content::Scalar { style: Style::Plain, .. }) {
        return None;
    }
    let mut lines = marker_lines(text.get(node.span.clone())?);
    lines.find(|(_, marker)| *marker != '=').map(|(at, _)| node.span.start + at)
}

impl Document {
    /// Reads a file's bytes.
    ///
    /// # Errors
    /// What keeps the file from being read at all, with its position: too large, not UTF-8, not
    /// YAML, nested or expanding beyond the limits. Everything else is in [`Self::problems`].
    pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Self, Rejection> {
        let text = check_limits(bytes, limits)?.to_owned();
        let lines = Lines::new(&text);
        let unfinished = |offset| {
            let at = lines.position(&text, offset);
            Rejection::new(Rule::ConflictMarkers, at, UNFINISHED_MERGE, Help::FinishMerge.to_string())
        };
        if let Some(offset) = conflict_markers(&text) {
            return Err(unfinished(offset));
        }
        let forest = parse(&text, &lines).map_err(|rejection| match left_markers(&text) {
            Some(offset) if rejection.rule == Rule::Syntax => unfinished(offset),
            _ => rejection,
        })?;
        if let Some(offset) = forest.roots.iter().find_map(|root| left_in(&forest, *root, &text)) {
            return Err(unfinished(offset));
        }
        let mut resolver = Resolver::new(&text, &lines, &forest.nodes, *limits);
        let mut values = Vec::with_capacity(forest.roots.len().max(1));
        for (number, root) in forest.roots.iter().enumerate() {
            values.push(resolver.root(*root, number)?);
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
            values: values.into(),
            problems,
            index: Index::default(),
            text,
        })
    }

    /// The whole text, byte order mark included.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The same, of a document that nobody asks anything else.
    #[must_use]
    pub fn into_text(self) -> String {
        self.text
    }

    /// Line starts of the text.
    #[must_use]
    pub fn lines(&self) -> &Lines {
        &self.lines
    }

    /// The root of each YAML document; none in an empty file.
    #[must_use]
    pub fn roots(&self) -> &[NodeId] {
        &self.roots
    }

    /// The value of the first YAML document.
    #[must_use]
    pub fn value(&self) -> &Value {
        self.values().first().unwrap_or(&Value::Null)
    }

    /// Which of the file's YAML documents this is, by its position.
    #[must_use]
    pub fn position_of(&self, document: &DocumentId) -> Option<usize> {
        self.values.position_of(document)
    }

    /// The root of one YAML document; `None` when there is no such document, or nothing in the file.
    #[must_use]
    pub fn root(&self, document: &DocumentId) -> Option<NodeId> {
        self.roots.get(self.position_of(document)?).copied()
    }

    fn root_value(&self, document: &DocumentId) -> Option<&Value> {
        self.values().get(self.position_of(document)?)
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

    /// The position of a mapping's own entry with this key, of several the last one.
    #[must_use]
    pub fn entry(&self, mapping: NodeId, key: &str) -> Option<usize> {
        self.index.find(&self.nodes, mapping, key).filter(|place| !place.merged).map(|place| place.index)
    }

    /// Where the first key stands that is a list or a mapping, so that no path leads to what is below it;
    /// of what is at or below `path`, where one is given.
    #[must_use]
    pub fn complex_key(&self, path: Option<&ValuePath>) -> Option<Position> {
        let is_asked = |problem: &&Problem| path.is_none_or(|path| path.covers(&problem.path));
        let mut problems = self.problems.iter().filter(|problem| problem.kind == ProblemKind::ComplexKey);
        problems.find(is_asked).map(|problem| self.location(&problem.span).start)
    }

    /// The location of some bytes.
    #[must_use]
    pub fn location(&self, span: &Range<usize>) -> Location {
        self.lines.location(&self.text, span)
    }

    /// Where the value at `path` stands; `None` when there is none.
    #[must_use]
    pub fn locate(&self, path: &ValuePath) -> Option<Located> {
        self.nearest(path).filter(|(steps, _)| *steps == path.segments.len()).map(|(_, found)| found)
    }

    /// How many steps of `path` lead to something, and where that stands; `None` when there is no
    /// such document.
    #[must_use]
    pub fn nearest(&self, path: &ValuePath) -> Option<(usize, Located)> {
        let root = self.root(&path.document)?;
        let mut here =
            Located { key: None, value: self.node(root).span.clone(), node: root, slot: None, shared: false };
        let mut value = self.root_value(&path.document);
        for (steps, segment) in path.segments.iter().enumerate() {
            let Some(next) = self.below(&here, value, segment) else { return Some((steps, here)) };
            value = value.and_then(|value| value.child(segment));
            here = next;
        }
        Some((path.segments.len(), here))
    }

    /// The node that an alias stands for; any other node itself.
    #[must_use]
    pub fn follow(&self, id: NodeId) -> NodeId {
        follow(&self.nodes, id)
    }

    /// One step down from a place and the value there.
    fn below(&self, here: &Located, value: Option<&Value>, segment: &Segment) -> Option<Located> {
        let container = self.follow(here.node);
        let (slot, merged) = match (&self.node(container).content, segment) {
            (Content::Mapping { .. }, Segment::Key(key)) => {
                let place = self.index.find(&self.nodes, container, key)?;
                ((place.mapping, place.index), place.merged)
            }
            (Content::Sequence { .. }, Segment::Index(index)) => ((container, *index), false),
            (Content::Sequence { .. }, Segment::Identity { field, value: name }) => {
                let list = value?.untagged().as_list()?;
                ((container, list.position(field, name)?), false)
            }
            _ => return None,
        };
        let (key, node) = self.slot(slot)?;
        Some(Located {
            key: key.map(|key| self.node(key).span.clone()),
            value: self.node(node).span.clone(),
            node,
            slot: Some(slot),
            shared: here.shared || container != here.node || merged,
        })
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

    /// The path with what depends on this document settled: numeric tokens that meet a list
    /// become positions, and `-` becomes `[+]`.
    #[must_use]
    pub fn resolve(&self, path: &ValuePath) -> ValuePath {
        let mut out = ValuePath::document(path.document.clone());
        let mut value = self.root_value(&path.document);
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
    pub fn pointer(&self, path: &ValuePath) -> Pointer {
        let mut value = self.root_value(&path.document);
        let tokens: Vec<_> = path
            .segments
            .iter()
            .map(|segment| {
                let token = match segment {
                    Segment::Key(key) => key.clone(),
                    Segment::Index(index) => index.to_string(),
                    Segment::Append => "-".to_owned(),
                    Segment::Identity { .. } => value
                        .and_then(|value| position(value, segment))
                        .map_or_else(|| "-".to_owned(), |index| index.to_string()),
                };
                value = value.and_then(|value| value.child(segment));
                token
            })
            .collect();
        Pointer::new(tokens)
    }
}
