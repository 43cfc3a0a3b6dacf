//! One path over time: the events that gave source and target their values at it.

use std::borrow::Cow;

use crate::engine::timeline::{Change, DAY, View};
use crate::model::{Value, ValuePath};

/// The changes of one path, oldest first.
pub(super) struct PathHistory<'t> {
    view: View<'t>,
    source: Cow<'t, [Change]>,
    target: Cow<'t, [Change]>,
}

impl<'t> PathHistory<'t> {
    pub(super) fn new(view: View<'t>, path: &ValuePath) -> Self {
        let [source, target] = view.changes(path);
        Self { view, source, target }
    }

    /// That of a path that the target never had and removed under a former name, with that name.
    pub(super) fn of_removed(view: View<'t>, path: &ValuePath) -> Option<(ValuePath, Self)> {
        let (name, [source, target]) = view.changes_of_removed(path)?;
        Some((name, Self { view, source, target }))
    }

    /// That of a path that the target has under a former name.
    pub(super) fn of_renamed(view: View<'t>, path: &ValuePath) -> Option<Self> {
        let (_, [source, target]) = view.changes_of_renamed(path)?;
        Some(Self { view, source, target })
    }

    /// The source's value right after an event.
    pub(super) fn s(&self, event: usize) -> Option<&Value> {
        value(&self.source, event)
    }

    /// The target's value right after an event.
    pub(super) fn t(&self, event: usize) -> Option<&Value> {
        value(&self.target, event)
    }

    /// The source's value right before an event.
    pub(super) fn s_before(&self, event: usize) -> Option<&Value> {
        self.s(event.checked_sub(1)?)
    }

    /// The target's value right before an event.
    pub(super) fn t_before(&self, event: usize) -> Option<&Value> {
        self.t(event.checked_sub(1)?)
    }

    /// The latest event that changed the source's value.
    pub(super) fn source_changed(&self) -> Option<usize> {
        self.last(&self.source)
    }

    /// The latest event that changed the target's value.
    pub(super) fn target_changed(&self) -> Option<usize> {
        self.last(&self.target)
    }

    fn last(&self, changes: &[Change]) -> Option<usize> {
        changes.last().map(|(event, _)| *event).filter(|event| self.is_known_change(*event))
    }

    /// The event in which the source got the key that it has now.
    pub(super) fn source_came(&self) -> Option<usize> {
        let absent = self.source.iter().rposition(|(_, value)| value.is_none()).map_or(0, |at| at + 1);
        self.source.get(absent).map(|(event, _)| *event).filter(|event| self.is_known_change(*event))
    }

    /// Whether what came before an event is known, so that a change is one: the first event of a
    /// history that was cut off may have found things as they were.
    fn is_known_change(&self, event: usize) -> bool {
        event > 0 || self.view.is_complete()
    }

    /// The event since which both items exist.
    fn both_since(&self) -> Option<usize> {
        let [source, target] = self.view.presence().map(|side| side.last().filter(|(_, there)| *there));
        let since = source?.0.max(target?.0);
        self.is_known_change(since).then_some(since)
    }

    /// The base's event: the latest that changed the target's value, or changed the source's to the
    /// target's, or since which both items exist. `None` when history ends before it.
    pub(super) fn base(&self) -> Option<usize> {
        let met = self.source.iter().rev().find(|(event, value)| value.as_ref() == self.t(*event));
        let met = met.map(|(event, _)| *event).filter(|event| self.is_known_change(*event));
        self.both_since().max(met).max(self.target_changed())
    }

    /// Whether the source ever had this value.
    pub(super) fn source_had(&self, value: &Value) -> bool {
        self.source.iter().any(|(_, had)| had.as_ref() == Some(value))
    }

    /// The latest event in which the source left `value`.
    pub(super) fn source_left(&self, value: &Value) -> Option<usize> {
        let left = self.source.windows(2).rev().find(|pair| pair[0].1.as_ref() == Some(value));
        left.map(|pair| pair[1].0)
    }

    /// The latest event after which source and target held the same value.
    pub(super) fn last_equal(&self) -> Option<usize> {
        let mut ends: Vec<usize> =
            self.source.iter().chain(self.target.iter()).map(|(event, _)| *event).collect();
        ends.sort_unstable();
        ends.dedup();
        // What held right before a change held since the one before it.
        let held = ends.into_iter().rev().filter_map(|event| event.checked_sub(1));
        let now = self.view.len().checked_sub(1);
        now.into_iter().chain(held).find(|event| self.s(*event).is_some() && self.s(*event) == self.t(*event))
    }

    /// Whether the target lately, and in a commit that did not touch the source here, went away from
    /// the value that both had.
    pub(super) fn target_lately_left(&self) -> bool {
        self.target_changed().is_some_and(|event| {
            event > 0
                && self.view.is_within(event, 7 * DAY)
                && !self.changed_source(event)
                && self.s_before(event) == self.t_before(event)
        })
    }

    /// Whether an event changed the source's value.
    pub(super) fn changed_source(&self, event: usize) -> bool {
        self.source.binary_search_by_key(&event, |(event, _)| *event).is_ok()
    }
}

fn value(changes: &[Change], event: usize) -> Option<&Value> {
    let after = changes.partition_point(|(at, _)| *at <= event);
    changes.get(after.checked_sub(1)?)?.1.as_ref()
}
