//! One path over time: the values that source and target had at it, state by state.

use std::sync::Arc;

use crate::engine::timeline::Timeline;
use crate::model::{Value, ValuePath};
use crate::yaml::Document;

/// Days in seconds.
pub(super) const DAY: i64 = 86_400;

/// The values of one path, oldest state first; the last is now.
pub(super) struct PathHistory<'t> {
    pub(super) timeline: &'t Timeline<'t>,
    source: Vec<Option<&'t Value>>,
    target: Vec<Option<&'t Value>>,
    /// Whether the value differs from the state before.
    source_changed: Vec<bool>,
    target_changed: Vec<bool>,
}

impl<'t> PathHistory<'t> {
    pub(super) fn new(timeline: &'t Timeline<'t>, path: &ValuePath) -> Self {
        let states = &timeline.states;
        let (source, source_changed) = values(path, states.iter().map(|state| state.source.as_ref()));
        let (target, target_changed) = values(path, states.iter().map(|state| state.target.as_ref()));
        Self { timeline, source, target, source_changed, target_changed }
    }

    /// The source's value right after state `index`.
    pub(super) fn s(&self, index: usize) -> Option<&'t Value> {
        self.source.get(index).copied().flatten()
    }

    /// The target's value right after state `index`.
    pub(super) fn t(&self, index: usize) -> Option<&'t Value> {
        self.target.get(index).copied().flatten()
    }

    fn indexes(&self) -> std::iter::Rev<std::ops::Range<usize>> {
        (0..self.source.len()).rev()
    }

    /// The latest state in which the source's value changed.
    pub(super) fn source_changed(&self) -> Option<usize> {
        self.indexes().find(|i| self.source_changed[*i] && self.is_known_change(*i))
    }

    /// The latest state in which the target's value changed.
    pub(super) fn target_changed(&self) -> Option<usize> {
        self.indexes().find(|i| self.target_changed[*i] && self.is_known_change(*i))
    }

    /// Whether the state before `index` is known, so that a change is one: the first state of a
    /// history that was cut off may have looked the same before.
    fn is_known_change(&self, index: usize) -> bool {
        index > 0 || self.timeline.history.is_complete()
    }

    /// The state from which on both items exist.
    fn both_since(&self) -> Option<usize> {
        let both = |i: &usize| {
            let state = &self.timeline.states[*i];
            state.source.is_some() && state.target.is_some()
        };
        let since = self.indexes().take_while(both).last()?;
        self.is_known_change(since).then_some(since)
    }

    /// The base's state: the latest that changed the target's value, or changed the source's to
    /// the target's, or since which both items exist. `None` when history ends before it.
    pub(super) fn base(&self) -> Option<usize> {
        let since = self.both_since();
        self.indexes().find(|i| {
            let met = self.source_changed[*i] && self.s(*i) == self.t(*i);
            Some(*i) == since || ((self.target_changed[*i] || met) && self.is_known_change(*i))
        })
    }

    /// Whether the source ever had this value.
    pub(super) fn source_had(&self, value: &Value) -> bool {
        self.source.contains(&Some(value))
    }

    /// The latest state in which the source left `value`.
    pub(super) fn source_left(&self, value: &Value) -> Option<usize> {
        self.indexes().find(|i| *i > 0 && self.s(i - 1) == Some(value) && self.s(*i) != Some(value))
    }

    /// Whether source and target ever held the same value.
    pub(super) fn ever_equal(&self) -> bool {
        self.indexes().any(|i| self.s(i).is_some() && self.s(i) == self.t(i))
    }

    /// Whether the target, lately and in a commit that did not touch the source here, went away
    /// from the value that both had.
    pub(super) fn target_lately_left(&self) -> bool {
        self.target_changed().is_some_and(|i| {
            i > 0
                && self.timeline.age(i) <= 7 * DAY
                && !self.source_changed[i]
                && self.s(i - 1) == self.t(i - 1)
        })
    }
}

fn values<'t>(
    path: &ValuePath,
    documents: impl Iterator<Item = Option<&'t Arc<Document>>>,
) -> (Vec<Option<&'t Value>>, Vec<bool>) {
    let mut values: Vec<Option<&Value>> = Vec::new();
    let mut changed = Vec::new();
    let mut before: Option<&Arc<Document>> = None;
    for document in documents {
        let unmoved = match (before, document) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        };
        let last = values.last().copied().flatten();
        let value = if unmoved { last } else { document.and_then(|document| document.at(path)) };
        changed.push(!unmoved && value != last);
        values.push(value);
        before = document;
    }
    (values, changed)
}
