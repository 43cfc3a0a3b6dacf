//! Values that stand once in the text and are read at several paths: aliases and merges.

use indexmap::IndexMap;

use super::document::{Document, Located};
use super::file_values::{FileValues, SharedScalars};
use super::limits::Limits;
use super::node::{Content, NodeId};
use super::resolve::{Resolver, is_merge, merged};
use crate::model::{Segment, Value, ValuePath};

/// The most scalars of a file with aliases whose paths are listed.
const LISTED: usize = 100_000;

impl Document {
    /// Whether any value is written once and read in several places.
    #[must_use]
    pub fn has_aliases(&self) -> bool {
        self.nodes().any(|(_, node)| matches!(node.content, Content::Alias { .. }))
    }

    /// The values alone, with what is told of those of old versions.
    #[must_use]
    pub fn file_values(&self) -> FileValues {
        FileValues::clone(self).with_shared(self.shared_scalars())
    }

    /// The scalars that are written once and read in several places.
    #[must_use]
    pub fn shared_scalars(&self) -> SharedScalars {
        let mut paths: IndexMap<NodeId, Vec<ValuePath>> = IndexMap::new();
        let mut count = 0;
        if self.has_aliases() {
            self.walk(&mut |visit| {
                if visit.value.is_scalar() && count <= LISTED {
                    count += 1;
                    paths.entry(self.follow(visit.node)).or_default().push(visit.path.clone());
                }
            });
        }
        match count {
            0..=LISTED => SharedScalars::Paths(paths.into_values().filter(|paths| paths.len() > 1).collect()),
            _ => SharedScalars::Many,
        }
    }

    /// Whether the value at `path` is an alias, or merged into a mapping that stands where its path
    /// says: so that a value of its own can be written there.
    #[must_use]
    pub fn is_borrowed(&self, path: &ValuePath) -> bool {
        let Some(located) = self.locate(path) else { return false };
        let parent = || path.parent().and_then(|parent| self.locate(&parent));
        match located.shared {
            false => self.is_alias(&located),
            true => parent().is_some_and(|parent| self.is_own(&parent)),
        }
    }

    /// The shortest path at or above `path` that is an alias or merged; `None` when the value's bytes
    /// stand at its path.
    #[must_use]
    pub fn alias_above(&self, path: &ValuePath) -> Option<ValuePath> {
        (0..=path.segments.len())
            .map(|steps| path.prefix(steps))
            .find(|prefix| self.locate(prefix).is_some_and(|located| !self.is_own(&located)))
    }

    /// The mappings that a mapping merges (`<<`), in order of precedence.
    pub(crate) fn merges(&self, mapping: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let entries = match &self.node(mapping).content {
            Content::Mapping { entries, .. } => entries.as_slice(),
            _ => &[],
        };
        let merges = entries.iter().filter(|entry| is_merge(self.arena(), entry));
        merges.filter_map(|entry| merged(self.arena(), entry.value)).flatten()
    }

    /// What would be read at `path` if the entry that stands there were gone: the value that its
    /// mapping merges under the same key.
    #[must_use]
    pub fn overridden(&self, path: &ValuePath) -> Option<Value> {
        let Some(Segment::Key(key)) = path.last() else { return None };
        let own = self.locate(path).filter(|located| !located.shared)?;
        let (mapping, _) = own.slot?;
        let node = self.merges(mapping).find_map(|map| self.key_of(map, key))?;
        let limits = Limits::default();
        Resolver::new(self.text(), self.lines(), self.arena(), limits).root(node, 0).ok()
    }

    /// The value's node of a key in a mapping, merges applied.
    fn key_of(&self, mapping: NodeId, key: &str) -> Option<NodeId> {
        let Content::Mapping { entries, .. } = &self.node(mapping).content else { return None };
        if let Some(index) = self.entry(mapping, key) {
            return entries.get(index).map(|entry| entry.value);
        }
        self.merges(mapping).find_map(|map| self.key_of(map, key))
    }

    fn is_alias(&self, located: &Located) -> bool {
        self.follow(located.node) != located.node
    }

    /// Whether a value's bytes stand at its path, and are not those of an alias.
    pub(super) fn is_own(&self, located: &Located) -> bool {
        !located.shared && !self.is_alias(located)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_elsewhere_is_told_from_what_stands_there() {
        let text = "b: &b {p: 5, s: {t: 1}}\nd:\n  <<: *b\n  p: 20\ne: *b\n";
        let document = Document::parse(text.as_bytes(), &Limits::default()).expect(text);
        for (path, borrowed, above, overridden) in [
            ("b.p", false, None, None),
            ("d", false, None, None),
            ("d.p", false, None, Some("5")),
            ("d.s", true, Some("d.s"), None),
            ("d.s.t", false, Some("d.s"), None),
            ("e", true, Some("e"), None),
            ("e.p", false, Some("e"), None),
        ] {
            let path: ValuePath = path.parse().expect(path);
            assert_eq!(document.is_borrowed(&path), borrowed, "{path}");
            assert_eq!(document.alias_above(&path).map(|at| at.to_string()).as_deref(), above, "{path}");
            let value = document.overridden(&path).map(|value| value.to_string());
            assert_eq!(value.as_deref(), overridden, "{path}");
        }
    }
}
