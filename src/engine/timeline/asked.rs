//! The paths that a question asks about, looked for in two versions at once.

use std::collections::HashMap;

use super::Question;
use crate::model::{Segment, Value, ValuePath};
use crate::yaml::FileValues;

/// What an event changed of what is asked about, by number.
#[derive(Default)]
pub(super) struct Found {
    pub(super) paths: Vec<usize>,
    pub(super) containers: Vec<usize>,
    /// Whether something of it, or what it is in, was not there before.
    pub(super) came: bool,
}

/// The paths and containers of a question as a tree, so that what is equal is passed by at once.
pub(super) struct Asked<'q> {
    nodes: Vec<Node<'q>>,
    roots: Vec<(ValuePath, usize)>,
}

#[derive(Default)]
struct Node<'q> {
    path: Option<usize>,
    container: Option<usize>,
    below: Vec<(&'q Segment, usize)>,
}

impl<'q> Asked<'q> {
    pub(super) fn new(question: &Question<'q>) -> Self {
        let mut asked = Self { nodes: Vec::new(), roots: Vec::new() };
        let mut known = HashMap::new();
        for (number, path) in question.paths.iter().enumerate() {
            let node = asked.node(path, &mut known);
            asked.nodes[node].path = Some(number);
        }
        for (number, path) in question.containers.iter().enumerate() {
            let node = asked.node(path, &mut known);
            asked.nodes[node].container = Some(number);
        }
        asked
    }

    pub(super) fn node(
        &mut self,
        path: &'q ValuePath,
        known: &mut HashMap<(usize, &'q Segment), usize>,
    ) -> usize {
        let root = path.prefix(0);
        let mut node = match self.roots.iter().find(|(known, _)| *known == root) {
            Some((_, node)) => *node,
            None => {
                self.nodes.push(Node::default());
                self.roots.push((root, self.nodes.len() - 1));
                self.nodes.len() - 1
            }
        };
        for segment in &path.segments {
            node = *known.entry((node, segment)).or_insert_with(|| {
                let below = self.nodes.len();
                self.nodes.push(Node::default());
                self.nodes[node].below.push((segment, below));
                below
            });
        }
        node
    }

    pub(super) fn changed(&self, before: Option<&FileValues>, after: Option<&FileValues>) -> Found {
        let mut found = Found::default();
        for (root, node) in &self.roots {
            let [before, after] = [before, after].map(|document| document.and_then(|it| it.at(root)));
            self.walk(*node, before, after, &mut found);
        }
        found
    }

    fn walk(&self, node: usize, before: Option<&Value>, after: Option<&Value>, found: &mut Found) {
        if before == after {
            return;
        }
        found.came |= before.is_none();
        let node = &self.nodes[node];
        found.paths.extend(node.path);
        found.containers.extend(node.container.filter(|_| is_edited_directly(before, after)));
        for (segment, below) in &node.below {
            let [before, after] = [before, after].map(|value| value.and_then(|it| it.child(segment)));
            self.walk(*below, before, after, found);
        }
    }
}

/// Whether a direct entry of a mapping or list changed, and not only what lies deeper.
pub(super) fn is_edited_directly(before: Option<&Value>, after: Option<&Value>) -> bool {
    let entry = |value: Option<&Value>| value.is_none_or(|value| value.as_map().is_none());
    match (before.and_then(Value::as_map), after.and_then(Value::as_map)) {
        (Some(a), Some(b)) => {
            let gone_or_edited = a.iter().any(|(key, value)| {
                let other = b.get(key);
                other != Some(value) && (other.is_none() || entry(Some(value)) || entry(other))
            });
            gone_or_edited || b.keys().any(|key| !a.contains_key(key))
        }
        _ => match (before.and_then(Value::as_list), after.and_then(Value::as_list)) {
            (Some(a), Some(b)) => {
                a.len() != b.len() || a.iter().zip(b.iter()).any(|(a, b)| a != b && entry(Some(a)))
            }
            _ => before != after,
        },
    }
}
