//! Which entries of the policy speak of a place: pins and waivers name a key glob, a path pattern,
//! both or neither.
//!
//! The entries of one key glob stand together with an index over their paths: what a place costs
//! grows with the entries that speak of it, not with all there are.

use globset::GlobMatcher;
use indexmap::IndexMap;

use super::glob::Globs;
use super::pattern::PatternSet;
use super::{Key, PathPattern, ValuePath};

/// Entries by the places that they speak of.
#[derive(Debug, Default)]
pub(super) struct PlaceIndex {
    /// The entries of every key.
    any_key: Entries,
    keys: Globs,
    /// The entries of each key glob.
    of_key: Vec<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    /// The entries of every path.
    any_path: Vec<usize>,
    paths: PatternSet,
    /// The entry of each pattern.
    of_path: Vec<usize>,
}

impl PlaceIndex {
    /// Numbers the entries as they come.
    pub(super) fn new<'e>(
        entries: impl Iterator<Item = (Option<&'e GlobMatcher>, Option<&'e PathPattern>)>,
    ) -> Self {
        let mut groups: IndexMap<&str, (&GlobMatcher, Vec<_>)> = IndexMap::new();
        let mut any_key = Vec::new();
        for (number, (key, path)) in entries.enumerate() {
            match key {
                None => any_key.push((number, path)),
                Some(key) => {
                    groups.entry(key.glob().glob()).or_insert((key, Vec::new())).1.push((number, path));
                }
            }
        }
        let keys = Globs::new(groups.values().map(|(key, _)| (*key).clone()).collect());
        let of_key = groups.into_values().map(|(_, entries)| Entries::new(entries)).collect();
        Self { any_key: Entries::new(any_key), keys, of_key }
    }

    /// The numbers of the entries that speak of this place, in order.
    pub(super) fn covering(&self, key: Option<&Key>, path: Option<&ValuePath>) -> Vec<usize> {
        let keys = key.map_or_else(Vec::new, |key| self.keys.matching(key.as_str()));
        let mut found = Vec::new();
        for entries in keys.into_iter().filter_map(|number| self.of_key.get(number)).chain([&self.any_key]) {
            entries.covering(path, &mut found);
        }
        found.sort_unstable();
        found
    }
}

impl Entries {
    fn new(entries: Vec<(usize, Option<&PathPattern>)>) -> Self {
        let (mut any_path, mut of_path, mut patterns) = (Vec::new(), Vec::new(), Vec::new());
        for (number, path) in entries {
            match path {
                None => any_path.push(number),
                Some(path) => {
                    of_path.push(number);
                    patterns.push(path.clone());
                }
            }
        }
        Self { any_path, paths: PatternSet::exact(patterns), of_path }
    }

    fn covering(&self, path: Option<&ValuePath>, found: &mut Vec<usize>) {
        found.extend(&self.any_path);
        let numbers = path.map_or_else(Vec::new, |path| self.paths.covering(path));
        found.extend(numbers.into_iter().filter_map(|number| self.of_path.get(number)));
    }
}
