//! A [`Timeline`] as far as some event, as judgements read it.

use super::{DAY, EventId, Timeline};
use crate::model::{CommitInfo, Value, ValuePath};

/// A timeline as far as some event.
#[derive(Clone, Copy, Debug)]
pub struct View<'t> {
    pub(super) timeline: &'t Timeline<'t>,
    pub(super) end: usize,
    pub(super) head_time: i64,
}

impl<'t> View<'t> {
    /// How many events there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.end
    }

    /// Whether history says nothing of the item.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.end == 0
    }

    /// Which commit an event is.
    #[must_use]
    pub fn id(&self, event: usize) -> Option<EventId> {
        self.timeline.events.get(event).copied()
    }

    /// The commit of an event; of what a merge brought, its own.
    #[must_use]
    pub fn commit(&self, event: usize) -> &'t CommitInfo {
        let id = self.timeline.events[event];
        let commit = &self.timeline.history.commits()[id.commit];
        let brought = id.brought.and_then(|number| commit.brought.get(number));
        &brought.unwrap_or(commit).info
    }

    /// Whether an event is at most so many seconds older than the revision; what a merge brought is as
    /// old as the merge.
    #[must_use]
    pub fn is_within(&self, event: usize, seconds: i64) -> bool {
        self.timeline.ages.is_within(self.time(event), self.head_time, seconds)
    }

    /// How many whole days an event is older than the revision, never fewer than none.
    #[must_use]
    pub fn days(&self, event: usize) -> i64 {
        self.timeline.ages.periods(self.time(event), self.head_time, DAY)
    }

    fn time(&self, event: usize) -> i64 {
        self.timeline.history.commits()[self.timeline.events[event].commit].info.time
    }

    /// Whether history reaches back to its beginning.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.timeline.history.is_complete()
    }

    /// The changes of a path in the source and in the target; none where it was not asked about.
    #[must_use]
    pub fn changes(&self, path: &ValuePath) -> [&'t [(usize, Option<Value>)]; 2] {
        let Some(number) = self.timeline.numbers.get(path) else { return [&[], &[]] };
        [&self.timeline.source, &self.timeline.target].map(|side| {
            let changes: &[_] = side.values.get(*number).map_or(&[], |changes| changes.as_slice());
            &changes[..changes.partition_point(|(event, _)| *event < self.end)]
        })
    }

    /// The events in which source and target came (true) and went.
    #[must_use]
    pub fn presence(&self) -> [&'t [(usize, bool)]; 2] {
        [&self.timeline.source, &self.timeline.target].map(|side| {
            let presence = side.presence.as_slice();
            &presence[..presence.partition_point(|(event, _)| *event < self.end)]
        })
    }

    /// The events that edited a mapping or list of the target directly; none where it was not asked
    /// about. Without a container, those that brought or removed a document.
    #[must_use]
    pub fn edits_of(&self, container: Option<&ValuePath>) -> &'t [usize] {
        self.until_end(match container {
            Some(container) => self.timeline.edited.get(container).map_or(&[], Vec::as_slice),
            None => &self.timeline.edited_documents,
        })
    }

    /// The events in which the target's values changed.
    #[must_use]
    pub fn target_edits(&self) -> &'t [usize] {
        self.until_end(&self.timeline.target_edits)
    }

    /// The events in which the target got at least one value that the source had just before.
    #[must_use]
    pub fn promotions(&self) -> &'t [usize] {
        self.until_end(&self.timeline.promotions)
    }

    fn until_end(&self, events: &'t [usize]) -> &'t [usize] {
        &events[..events.partition_point(|event| *event < self.end)]
    }
}
