//! Where the keys of mappings stand, merges applied.
//!
//! A mapping that is asked for the first time is gone through once; every later question costs the
//! same, however many keys it has.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::node::{Content, MappingEntry, Node, NodeId};
use super::resolve::{is_merge, key_text, merged};

/// So few entries are looked through each time.
const FEW: usize = 8;

/// Where a reader of a mapping finds a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The mapping that holds the entry.
    pub(super) mapping: NodeId,
    /// The entry's position there.
    pub(super) index: usize,
    /// Whether it was merged into the one that was asked.
    pub(super) merged: bool,
}

/// The keys of one mapping.
type Keys = HashMap<Box<str>, Place>;

/// The keys of the mappings of one document, as far as they were asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Index(OnceLock<Box<[OnceLock<Box<Keys>>]>>);

impl Index {
    /// Where a mapping has a key: of several entries with it the last one, which readers take.
    pub(super) fn find(&self, nodes: &[Node], mapping: NodeId, key: &str) -> Option<Place> {
        let entries = entries(nodes, mapping);
        if entries.len() <= FEW && !entries.iter().any(|entry| is_merge(nodes, entry)) {
            let index = entries.iter().rposition(|entry| key_text(nodes, entry.key) == Some(key))?;
            return Some(Place { mapping, index, merged: false });
        }
        self.keys(nodes, mapping)?.get(key).copied()
    }

    fn keys(&self, nodes: &[Node], mapping: NodeId) -> Option<&Keys> {
        let all = self.0.get_or_init(|| nodes.iter().map(|_| OnceLock::new()).collect());
        let keys = all.get(mapping.0 as usize)?;
        Some(keys.get_or_init(|| Box::new(self.gather(nodes, mapping))))
    }

    fn gather(&self, nodes: &[Node], mapping: NodeId) -> Keys {
        let entries = entries(nodes, mapping);
        let mut keys = Keys::with_capacity(entries.len());
        let mut maps = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            let brought = if is_merge(nodes, entry) { merged(nodes, entry.value) } else { None };
            if let Some(brought) = brought {
                maps.extend(brought);
            } else if let Some(key) = key_text(nodes, entry.key) {
                keys.insert(key.into(), Place { mapping, index, merged: false });
            }
        }
        for (key, place) in maps.into_iter().filter_map(|map| self.keys(nodes, map)).flatten() {
            keys.entry(key.clone()).or_insert(Place { merged: true, ..*place });
        }
        keys
    }
}

fn entries(nodes: &[Node], mapping: NodeId) -> &[MappingEntry] {
    match nodes.get(mapping.0 as usize).map(|node| &node.content) {
        Some(Content::Mapping { entries, .. }) => entries,
        _ => &[],
    }
}
