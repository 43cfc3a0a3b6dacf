//! What the plan at the base of a change says of a path, so that the change is judged by it.

use std::collections::HashMap;

use crate::engine::promotion::{Level, PlanEntry};
use crate::model::{Segment, ValuePath};

/// The judged leaves of an item over one hop at the base, by path.
#[derive(Debug, Default)]
pub struct BasePlan {
    entries: Vec<PlanEntry>,
    at: HashMap<ValuePath, usize>,
    /// The entry that weighs most at or below each path that one side lacks, and below each list.
    below: HashMap<ValuePath, usize>,
    renamed_from: HashMap<ValuePath, usize>,
    is_unknown: bool,
}

impl BasePlan {
    /// The plan of these leaves.
    #[must_use]
    pub fn new(entries: Vec<PlanEntry>) -> Self {
        let mut plan = Self::default();
        for (number, entry) in entries.iter().enumerate() {
            plan.at.insert(entry.path.clone(), number);
            if let Some(renamed) = &entry.renamed {
                plan.renamed_from.insert(renamed.from.clone(), number);
            }
            let first_list =
                entry.path.segments.iter().position(|segment| !matches!(segment, Segment::Key(_)));
            let first = first_list.unwrap_or(entry.path.segments.len()).min(entry.top.segments.len());
            for steps in first..entry.path.segments.len() {
                let weighs_more = |known: &usize| weight(entry) > entries.get(*known).map_or(0, weight);
                let known = plan.below.entry(entry.path.prefix(steps)).or_insert(number);
                if weighs_more(known) {
                    *known = number;
                }
            }
        }
        plan.entries = entries;
        plan
    }

    /// Where nobody can say what is kept, since a decision cannot be read.
    #[must_use]
    pub fn unknown() -> Self {
        Self { is_unknown: true, ..Self::default() }
    }

    /// Whether it says nothing.
    pub(super) const fn is_unknown(&self) -> bool {
        self.is_unknown
    }

    /// The entry that decides about a path: its own, the nearest above, or the one below that weighs
    /// most. A list whose elements the two sides know by other names is looked at as a whole.
    pub(super) fn entry(&self, path: &ValuePath) -> Option<&PlanEntry> {
        let up = || (0..=path.segments.len()).rev().map(|steps| path.prefix(steps));
        let list = || {
            let first = path.segments.iter().position(|segment| !matches!(segment, Segment::Key(_)))?;
            self.below.get(&path.prefix(first))
        };
        let number = self
            .renamed_from
            .get(path)
            .or_else(|| up().find_map(|path| self.at.get(&path)))
            .or_else(|| self.below.get(path))
            .or_else(list);
        number.and_then(|number| self.entries.get(*number))
    }
}

/// What keeps weighs more than what is promoted.
const fn weight(entry: &PlanEntry) -> usize {
    match entry.level {
        Level::Take | Level::Ask | Level::Offer => 1,
        Level::Keep | Level::Stop => 2,
    }
}
