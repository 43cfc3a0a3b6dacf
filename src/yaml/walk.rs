//! Walking a document as readers see it: every value with its path and where it stands.
//!
//! One pass over the span tree and the values at once, so that a judgement over all values needs
//! no look-up by path. Entries that a later duplicate overrides, and entries under keys that have
//! no text, have no value and are not visited.

use indexmap::IndexMap;

use super::document::Document;
use super::node::{Content, NodeId};
use super::resolve::{follow, is_merge, key_text, merged};
use crate::model::{Segment, Value, ValuePath};

/// One value on a walk.
#[derive(Clone, Copy, Debug)]
pub struct Visit<'p, 'd> {
    /// Where it sits; list elements by position.
    pub path: &'p ValuePath,
    /// The value, aliases followed and merges applied.
    pub value: &'d Value,
    /// Its key; `None` for list elements and roots.
    pub key: Option<NodeId>,
    /// Its node, aliases not followed.
    pub node: NodeId,
    /// Whether an alias was followed to get here, so that the same bytes are visited at the
    /// anchor, too.
    pub aliased: bool,
}

/// The entries of a mapping with its merges applied: key node, value node, aliased.
type Entries<'d> = IndexMap<&'d str, (NodeId, NodeId, bool)>;

struct Walker<'d, 'v> {
    document: &'d Document,
    path: ValuePath,
    visit: &'v mut dyn FnMut(&Visit<'_, 'd>),
}

impl Document {
    /// Visits every value, a collection before what it holds.
    pub fn walk<'d>(&'d self, visit: &mut dyn FnMut(&Visit<'_, 'd>)) {
        for (number, (root, value)) in self.roots().iter().zip(self.values()).enumerate() {
            let path = ValuePath::document(number);
            Walker { document: self, path, visit }.value(value, None, *root, false);
        }
    }

    fn entries(&self, mapping: NodeId) -> Entries<'_> {
        let Content::Mapping { entries, .. } = &self.node(mapping).content else { return Entries::new() };
        let mut found = Entries::with_capacity(entries.len());
        let mut merges = Vec::new();
        for entry in entries {
            let maps = if is_merge(self.arena(), entry) { merged(self.arena(), entry.value) } else { None };
            match (maps, key_text(self.arena(), entry.key)) {
                (Some(maps), _) => merges.extend(maps.into_iter().map(|map| (entry.value, map))),
                (None, Some(key)) => {
                    found.insert(key, (entry.key, entry.value, false));
                }
                (None, None) => {}
            }
        }
        for (written, map) in merges {
            // A mapping written in place stands nowhere else.
            let elsewhere = !self.node(written).outer.contains(&self.node(map).outer.start);
            for (key, (key_node, value, aliased)) in self.entries(map) {
                found.entry(key).or_insert((key_node, value, aliased || elsewhere));
            }
        }
        found
    }
}

impl<'d> Walker<'d, '_> {
    fn value(&mut self, value: &'d Value, key: Option<NodeId>, node: NodeId, aliased: bool) {
        let target = follow(self.document.arena(), node);
        let aliased = aliased || target != node;
        (self.visit)(&Visit { path: &self.path, value, key, node, aliased });
        let mut content = value;
        while let Value::Tagged(_, inner) = content {
            content = inner;
        }
        match (&self.document.node(target).content, content) {
            (Content::Sequence { items, .. }, Value::List(list)) => {
                for (index, (item, value)) in items.iter().zip(list).enumerate() {
                    self.path.segments.push(Segment::Index(index));
                    self.value(value, None, item.node, aliased);
                    self.path.segments.pop();
                }
            }
            (Content::Mapping { entries, .. }, Value::Map(map)) => {
                let nodes = self.document.arena();
                if entries.len() == map.len() && !entries.iter().any(|entry| is_merge(nodes, entry)) {
                    // Each entry is a key of the value, in the same order.
                    for (entry, (key, value)) in entries.iter().zip(map) {
                        self.entry(key, value, (entry.key, entry.value, aliased));
                    }
                    return;
                }
                for (key, (key_node, node, merged)) in self.document.entries(target) {
                    let Some(value) = map.get(key) else { continue };
                    self.entry(key, value, (key_node, node, aliased || merged));
                }
            }
            _ => {}
        }
    }

    fn entry(&mut self, key: &str, value: &'d Value, (key_node, node, aliased): (NodeId, NodeId, bool)) {
        self.path.segments.push(Segment::Key(key.to_owned()));
        self.value(value, Some(key_node), node, aliased);
        self.path.segments.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::Limits;

    fn visited(text: &str) -> Vec<String> {
        let document = Document::parse(text.as_bytes(), &Limits::default()).expect(text);
        let mut out = Vec::new();
        document.walk(&mut |visit| {
            // Below a tag that nobody knows, a path finds nothing; the walk goes on.
            assert!(document.at(visit.path).is_none_or(|value| value == visit.value), "{text}");
            let at = document.location(&document.node(visit.node).span).start;
            if visit.value.is_scalar() {
                let mark = if visit.aliased { "*" } else { "" };
                out.push(format!("{}={}@{}:{}{mark}", visit.path, visit.value, at.line, at.column));
            }
        });
        out
    }

    #[test]
    fn every_value_is_visited_where_it_stands() {
        for (text, expected) in [
            ("a: 1\nb: [x, {c: 2}]", vec!["a=1@1:4", "b[0]=x@2:5", "b[1].c=2@2:12"]),
            ("a: 1\na: 2", vec!["a=2@2:4"]),
            ("a: &x {b: 1}\nc: *x\nd: *x", vec!["a.b=1@1:11", "c.b=1@1:11*", "d.b=1@1:11*"]),
            ("a: &x 1\nb: *x", vec!["a=1@1:7", "b=1@2:4*"]),
            (
                "a: &x {b: 1, c: 2}\nd:\n  <<: *x\n  b: 3",
                vec!["a.b=1@1:11", "a.c=2@1:17", "d.b=3@4:6", "d.c=2@1:17*"],
            ),
            ("<<: {a: 1}\nb: 2", vec!["b=2@2:4", "a=1@1:9"]),
            ("x: &x {a: 1}\ny:\n  <<: [{b: 2}, *x]", vec!["x.a=1@1:11", "y.b=2@3:12", "y.a=1@1:11*"]),
            ("a: !local {b: 1}\n---\nc: 2\n", vec!["a.b=1@1:15", "#2:c=2@3:4"]),
            ("? [k]\n: 1\nb: 2", vec!["b=2@3:4"]),
            ("", vec![]),
        ] {
            assert_eq!(visited(text), expected, "{text}");
        }
    }
}
