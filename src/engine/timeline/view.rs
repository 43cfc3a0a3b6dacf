//! A [`Timeline`] as far as some event, as judgements read it.

use std::borrow::Cow;

use super::{Change, Changes, DAY, EventId, Timeline, value_at};
use crate::model::{CommitInfo, ValuePath};

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

    /// The changes of a path in the source and in the target under this name alone; none where it was not
    /// asked about.
    #[must_use]
    pub fn changes_so_called(&self, path: &ValuePath) -> [&'t [Change]; 2] {
        [&self.timeline.source, &self.timeline.target].map(|side| {
            let number = self.timeline.numbers.get(path);
            let changes = number.and_then(|number| side.values.get(*number));
            let changes: &[_] = changes.map_or(&[], Vec::as_slice);
            &changes[..changes.partition_point(|(event, _)| *event < self.end)]
        })
    }

    /// The changes of a path in the source and in the target, under the names that both had for it; none
    /// where it was not asked about.
    #[must_use]
    pub fn changes(&self, path: &ValuePath) -> [Cow<'t, [Change]>; 2] {
        let [source, target] = self.timeline.shared_names(path, self.end);
        [self.joined(0, path, &source), self.joined(1, path, &target)]
    }

    /// The same of a path that the target never had and removed under a former name; that name too.
    #[must_use]
    pub fn changes_of_removed(&self, path: &ValuePath) -> Option<(ValuePath, [Cow<'t, [Change]>; 2])> {
        self.changes_back_to(path, &self.timeline.removed_names(path, self.end))
    }

    /// The same of a path that the target has under a former name.
    #[must_use]
    pub fn changes_of_renamed(&self, path: &ValuePath) -> Option<(ValuePath, [Cow<'t, [Change]>; 2])> {
        self.changes_back_to(path, &self.timeline.names_to_target(path, self.end))
    }

    /// The changes of a path in the source under these names, and in the target under the last of them.
    fn changes_back_to(
        &self,
        path: &ValuePath,
        names: &[(usize, ValuePath)],
    ) -> Option<(ValuePath, [Cow<'t, [Change]>; 2])> {
        let (_, last) = names.last()?;
        let target = self.changes_so_called(last)[1];
        Some((last.clone(), [self.joined(0, path, names), Cow::Borrowed(target)]))
    }

    /// The changes of a path in one side, with those that it had under its former names, the latest first.
    fn joined(&self, side: usize, path: &ValuePath, names: &[(usize, ValuePath)]) -> Cow<'t, [Change]> {
        let of = |path: &ValuePath, end: usize| {
            let changes = self.changes_so_called(path)[side];
            &changes[..changes.partition_point(|(event, _)| *event < end)]
        };
        let Some((first, name)) = names.last() else { return Cow::Borrowed(of(path, self.end)) };
        let mut out: Changes = of(name, *first).to_vec();
        let later = names.iter().rev().skip(1).map(|(_, name)| name).chain([path]);
        let ends = names.iter().rev().skip(1).map(|(event, _)| *event).chain([self.end]);
        for ((begin, _), (name, end)) in names.iter().rev().zip(later.zip(ends)) {
            let changes = of(name, end);
            let value = value_at(changes, *begin);
            if out.last().and_then(|(_, last)| last.as_ref()) != value {
                out.push((*begin, value.cloned()));
            }
            let since = changes.partition_point(|(event, _)| event <= begin);
            out.extend_from_slice(&changes[since..]);
        }
        Cow::Owned(out)
    }

    /// The names that a path had in the target, its present one first.
    #[must_use]
    pub fn target_names(&self, path: &ValuePath) -> Vec<ValuePath> {
        self.timeline.target_names(path, self.end)
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
    pub fn edits_of(&self, container: Option<&ValuePath>) -> Cow<'t, [usize]> {
        let Some(container) = container else {
            return Cow::Borrowed(self.until_end(&self.timeline.edited_documents));
        };
        let of = |name: &ValuePath| self.until_end(self.timeline.edited.get(name).map_or(&[], Vec::as_slice));
        let [_, names] = self.timeline.shared_names(container, self.end);
        if names.is_empty() {
            return Cow::Borrowed(of(container));
        }
        let begins = names.iter().map(|(event, _)| Some(*event)).chain([None]);
        let ends = [self.end].into_iter().chain(names.iter().map(|(event, _)| *event));
        let mut out: Vec<usize> = Vec::new();
        for (name, (begin, end)) in
            [container].into_iter().chain(names.iter().map(|(_, name)| name)).zip(begins.zip(ends))
        {
            out.extend(of(name).iter().filter(|event| Some(**event) > begin && **event < end));
        }
        out.sort_unstable();
        Cow::Owned(out)
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
