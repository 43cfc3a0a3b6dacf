//! New entries or elements of one list or mapping while they are gathered: each goes behind an old
//! sibling, or behind a new one that came before it.

use std::collections::{BTreeMap, HashMap};

use super::addition::Added;
use crate::model::Segment;

/// New siblings, in the order in which they came.
#[derive(Default)]
pub(super) struct Siblings<'a> {
    all: Vec<Added<'a>>,
    /// For each the ones that go behind it.
    followers: Vec<Vec<usize>>,
    /// Those that go behind none of the others.
    first: Vec<usize>,
    /// The positions of entries by their keys.
    keys: HashMap<String, usize>,
    /// The positions of elements by their names, for each entry that names were asked by.
    names: BTreeMap<String, HashMap<String, usize>>,
}

impl<'a> Siblings<'a> {
    /// Whether they are entries of a mapping; `None` while there are none.
    pub(super) fn are_keyed(&self) -> Option<bool> {
        self.all.first().map(|added| added.key.is_some())
    }

    /// The first one that a step leads to.
    pub(super) fn find(&mut self, segment: &Segment) -> Option<usize> {
        match segment {
            Segment::Key(key) => self.keys.get(key).copied(),
            Segment::Identity { field, value } => {
                let names = self.names.entry(field.clone()).or_insert_with(|| {
                    let mut names = HashMap::new();
                    for (position, added) in self.all.iter().enumerate() {
                        learn(&mut names, field, position, added);
                    }
                    names
                });
                names.get(value).copied()
            }
            Segment::Index(_) | Segment::Append => None,
        }
    }

    /// Adds one behind all that have the same place.
    pub(super) fn push(&mut self, added: Added<'a>) {
        self.first.push(self.all.len());
        self.add(added);
    }

    /// Adds one behind another and all that went behind that one before.
    pub(super) fn push_behind(&mut self, before: usize, mut added: Added<'a>) {
        added.after = self.all[before].after.clone();
        self.followers[before].push(self.all.len());
        self.add(added);
    }

    fn add(&mut self, added: Added<'a>) {
        let position = self.all.len();
        if let Some(key) = &added.key {
            self.keys.entry(key.clone()).or_insert(position);
        }
        for (field, names) in &mut self.names {
            learn(names, field, position, &added);
        }
        self.all.push(added);
        self.followers.push(Vec::new());
    }

    /// All of them, each with its followers behind it.
    pub(super) fn in_order(self) -> Vec<Added<'a>> {
        let mut all: Vec<Option<Added<'a>>> = self.all.into_iter().map(Some).collect();
        let mut out = Vec::with_capacity(all.len());
        let mut next: Vec<usize> = self.first.into_iter().rev().collect();
        while let Some(position) = next.pop() {
            out.extend(all[position].take());
            next.extend(self.followers[position].iter().rev());
        }
        out
    }
}

fn learn(names: &mut HashMap<String, usize>, field: &str, position: usize, added: &Added<'_>) {
    let name = added.new.value.untagged().name(field).filter(|_| added.key.is_none());
    if let Some(name) = name {
        names.entry(name.to_owned()).or_insert(position);
    }
}
