//! Mappings that are shared until one of their copies changes.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use indexmap::IndexMap;

use super::Value;

/// A mapping in the order of its file; equality ignores the order.
///
/// A copy costs nothing and shares its entries until one of the two changes, and what is shared is
/// equal without a look: versions of a file are the same but for a few values.
#[derive(Clone, Default)]
pub struct Map(Arc<IndexMap<String, Value>>);

impl Map {
    /// A mapping without entries.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A mapping with room for so many entries.
    #[must_use]
    pub fn with_capacity(entries: usize) -> Self {
        IndexMap::with_capacity(entries).into()
    }
}

impl Deref for Map {
    type Target = IndexMap<String, Value>;

    fn deref(&self) -> &IndexMap<String, Value> {
        &self.0
    }
}

impl DerefMut for Map {
    fn deref_mut(&mut self) -> &mut IndexMap<String, Value> {
        Arc::make_mut(&mut self.0)
    }
}

impl PartialEq for Map {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl Eq for Map {}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<IndexMap<String, Value>> for Map {
    fn from(entries: IndexMap<String, Value>) -> Self {
        Self(Arc::new(entries))
    }
}

impl FromIterator<(String, Value)> for Map {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(entries: I) -> Self {
        entries.into_iter().collect::<IndexMap<_, _>>().into()
    }
}

impl IntoIterator for Map {
    type Item = (String, Value);
    type IntoIter = indexmap::map::IntoIter<String, Value>;

    fn into_iter(self) -> Self::IntoIter {
        Arc::unwrap_or_clone(self.0).into_iter()
    }
}

impl<'a> IntoIterator for &'a Map {
    type Item = (&'a String, &'a Value);
    type IntoIter = indexmap::map::Iter<'a, String, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_changes_alone() {
        let map: Map = [("a".to_owned(), Value::Bool(true))].into_iter().collect();
        let mut copy = map.clone();
        assert_eq!(copy, map);
        copy.insert("b".to_owned(), Value::Null);
        assert_eq!((map.len(), copy.len()), (1, 2));
        assert_ne!(copy, map);
    }
}
