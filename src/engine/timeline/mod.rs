//! One item over one hop as events: which commit gave source and target which value at the paths
//! that are asked about.
//!
//! An event is a commit against its first parent, never a state of the tree. A merge that changed
//! both sides is opened: what came with it counts by its own differences, and the merge only by what
//! they leave over. Old versions are read one after the other and let go; what stays is their values
//! at the paths. What both sides renamed has its past under the names of then.

mod ages;
mod asked;
mod gather;
mod names;
mod past;
mod view;

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use self::ages::Ages;
use self::names::Names;
use super::history::History;
use crate::diff::labels::DocumentLabels;
use crate::diff::lists::ListRules;
use crate::model::{Hop, Key, Value, ValuePath};

pub use ages::HeadTimes;
pub use past::{Fingerprint, Memory, Past};
pub use view::View;

/// A day in seconds.
pub const DAY: i64 = 86_400;

/// What is asked of an item's past.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// The item.
    pub key: &'a Key,
    /// The hop.
    pub hop: Hop,
    /// The paths whose values are asked for.
    pub paths: &'a [&'a ValuePath],
    /// The mappings and lists of the target whose direct edits are asked for.
    pub containers: &'a [ValuePath],
    /// What source and target call their documents in these paths.
    pub documents: &'a DocumentLabels<'a>,
    /// How elements of lists are told apart.
    pub lists: &'a dyn ListRules,
}

/// A commit that changed the item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventId {
    /// Its position in the history, or that of the merge that brought it.
    pub commit: usize,
    /// Its position among what the merge brought.
    pub brought: Option<usize>,
}

/// The value that a side has at one path since an event.
pub type Change = (usize, Option<Value>);

/// The values of one side at one path, oldest first, changes alone.
pub type Changes = Vec<Change>;

/// One side of the hop.
#[derive(Debug, Default)]
struct Side {
    /// When the item came and went.
    presence: Vec<(usize, bool)>,
    /// By number of path.
    values: Vec<Changes>,
}

/// The events of one item over one hop.
#[derive(Debug)]
pub struct Timeline<'h> {
    history: &'h History,
    events: Vec<EventId>,
    numbers: HashMap<ValuePath, usize>,
    source: Side,
    target: Side,
    /// The events in which the target's values changed.
    target_edits: Vec<usize>,
    /// The events in which the target got at least one value that the source had just before.
    promotions: Vec<usize>,
    /// By container, the events that edited it directly in the target.
    edited: HashMap<ValuePath, Vec<usize>>,
    /// The events that brought or removed a document of the target.
    edited_documents: Vec<usize>,
    /// The former names of what was renamed in source and target.
    names: [Names; 2],
    /// When the target gave what another name, by its old one; worked out when it is asked for.
    left_names: OnceLock<HashSet<(usize, ValuePath)>>,
    ages: Ages,
}

impl Side {
    /// Notes a path's value after an event; whether it changed.
    fn note(&mut self, number: usize, event: usize, value: Option<&Value>) -> bool {
        let changes = &mut self.values[number];
        let is_new = changes.last().and_then(|(_, value)| value.as_ref()) != value;
        if is_new {
            changes.push((event, value.cloned()));
        }
        is_new
    }

    fn note_presence(&mut self, event: usize, is_there: bool) -> bool {
        let is_new = self.presence.last().is_some_and(|(_, there)| *there) != is_there;
        if is_new {
            self.presence.push((event, is_there));
        }
        is_new
    }
}

impl Timeline<'_> {
    const fn side(&mut self, is_target: bool) -> &mut Side {
        if is_target { &mut self.target } else { &mut self.source }
    }

    /// Joins what the events from `first` on did to a path into the last one, where both sides
    /// changed among them without being equal in between, and both still have it: the merge set them
    /// apart.
    fn set_apart(&mut self, number: usize, first: usize) {
        let merge = self.events.len() - 1;
        let sides = [&self.source.values[number], &self.target.values[number]];
        let since = sides.map(|changes| changes.partition_point(|(event, _)| *event < first));
        let both = sides.iter().zip(since).all(|(changes, since)| {
            since < changes.len() && changes.last().is_some_and(|(_, value)| value.is_some())
        });
        let begin =
            sides.iter().zip(since).filter_map(|(changes, since)| changes.get(since)).map(|change| change.0);
        let begin = begin.min().unwrap_or(merge);
        let met = (begin..=merge).any(|event| value_at(sides[0], event) == value_at(sides[1], event));
        if !both || met {
            return;
        }
        for (changes, since) in [&mut self.source, &mut self.target].into_iter().zip(since) {
            let changes = &mut changes.values[number];
            let Some((_, last)) = changes.pop() else { continue };
            changes.truncate(since);
            if changes.last().map(|(_, value)| value) != Some(&last) {
                changes.push((merge, last));
            }
        }
    }

    /// Everything up to the revision.
    #[must_use]
    pub const fn view(&self) -> View<'_> {
        View { timeline: self, end: self.events.len(), head_time: self.history.head_time() }
    }

    /// The times of the revision at which its views would say the same of ages as they did.
    #[must_use]
    pub const fn answered_alike(&self) -> HeadTimes {
        self.ages.answered_alike()
    }

    /// What there was before the commit at a position of the history, judged at the time of
    /// `head_time`, in seconds since 1970-01-01 UTC.
    #[must_use]
    pub fn view_before(&self, commit: usize, head_time: i64) -> View<'_> {
        // Positions grow towards the past.
        let end = self.events.partition_point(|event| event.commit > commit);
        View { timeline: self, end, head_time }
    }
}

fn value_at(changes: &[(usize, Option<Value>)], event: usize) -> Option<&Value> {
    let after = changes.partition_point(|(at, _)| *at <= event);
    changes.get(after.checked_sub(1)?)?.1.as_ref()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::diff::lists::NoListRules;
    use crate::engine::history::{CommitChanges, FileChange};
    use crate::model::{BlobId, CommitId, CommitInfo};
    use crate::yaml::{Limits, VersionReader};

    const HOP: Hop = Hop::ToProduction;

    /// A commit of one day, by what it makes of source and target.
    fn commit(day: i64, source: Option<[&str; 2]>, target: Option<[&str; 2]>) -> CommitChanges {
        let key: Key = "app".parse().expect("key");
        let change = |environment, [before, after]: [&str; 2]| {
            let blob = |text: &str| (!text.is_empty()).then(|| BlobId::new(text));
            FileChange::new(key.file(environment), blob(before), blob(after))
        };
        let changes = source.map(|texts| change(HOP.source(), texts)).into_iter();
        let changes = changes.chain(target.map(|texts| change(HOP.target(), texts))).collect();
        let id = CommitId::new(format!("{day:040x}"));
        let info =
            CommitInfo { id, author: String::new(), time: day * 86_400, offset: 0, subject: String::new() };
        CommitChanges::new(info, changes)
    }

    /// What history says of `a`: which commit gave source and target which value.
    fn told(commits: Vec<CommitChanges>) -> [Vec<String>; 2] {
        let history = History::new(commits, true, 100 * 86_400);
        let (key, path) = ("app".parse().expect("key"), ValuePath::root().key("a"));
        let (paths, lists) = ([&path], NoListRules);
        let documents = &DocumentLabels::new(&[], &[]);
        let question =
            Question { key: &key, hop: HOP, paths: &paths, containers: &[], documents, lists: &lists };
        let read = |blob: &BlobId| {
            Ok(VersionReader::new(Limits::default()).read(blob.as_str().as_bytes()).map(Arc::new))
        };
        let timeline = history.timeline(&question, &read).expect("readable");
        let view = timeline.view();
        view.changes(&path).map(|changes| {
            let shown = |(event, value): &(usize, Option<Value>)| {
                let value = value.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
                format!("{}: {value}, {} days", view.commit(*event).time / DAY, view.days(*event))
            };
            changes.iter().map(shown).collect()
        })
    }

    #[test]
    fn a_merge_that_changed_both_sides_is_what_came_with_it() {
        let first = commit(1, Some(["", "a: 1"]), Some(["", "a: 1"]));
        // Promoted and rolled back on the branch: the merge says nothing of its own.
        let mut merge = commit(9, Some(["a: 1", "a: 2"]), Some(["a: 1", "a: 1\nb: 1"]));
        merge.brought = vec![
            commit(2, Some(["a: 1", "a: 2"]), None),
            commit(3, None, Some(["a: 1", "a: 2"])),
            commit(4, None, Some(["a: 2", "a: 1"])),
        ];
        let [source, target] = told(vec![merge.clone(), first.clone()]);
        assert_eq!(source, ["1: 1, 99 days", "2: 2, 91 days"]);
        assert_eq!(target, ["1: 1, 99 days", "3: 2, 91 days", "4: 1, 91 days"]);
        // One side alone is an event of the merge.
        merge.changes.truncate(1);
        let [source, _] = told(vec![merge, first]);
        assert_eq!(source, ["1: 1, 99 days", "9: 2, 91 days"]);
    }

    #[test]
    fn what_both_sides_changed_without_meeting_was_set_apart_by_the_merge() {
        let first = commit(1, Some(["", "a: 1"]), Some(["", "a: 1"]));
        let mut merge = commit(9, Some(["a: 1", "a: 3"]), Some(["a: 1", "a: 5"]));
        merge.brought = vec![
            commit(2, Some(["a: 1", "a: 2"]), None),
            commit(3, None, Some(["a: 1", "a: 5"])),
            commit(4, Some(["a: 2", "a: 3"]), None),
        ];
        let [source, target] = told(vec![merge.clone(), first.clone()]);
        assert_eq!((source[1].as_str(), target[1].as_str()), ("9: 3, 91 days", "9: 5, 91 days"));
        // They met at 2 in between.
        merge.brought = vec![
            commit(2, Some(["a: 1", "a: 2"]), Some(["a: 1", "a: 2"])),
            commit(3, None, Some(["a: 2", "a: 5"])),
            commit(4, Some(["a: 2", "a: 3"]), None),
        ];
        let [source, target] = told(vec![merge, first]);
        assert_eq!((source[2].as_str(), target[2].as_str()), ("4: 3, 91 days", "3: 5, 91 days"));
    }

    #[test]
    fn what_the_merge_left_over_is_its_own() {
        let first = commit(1, Some(["", "a: 1"]), Some(["", "a: 1"]));
        let mut merge = commit(9, Some(["a: 1", "a: 4"]), Some(["a: 1", "a: 1\nb: 1"]));
        merge.brought = vec![commit(2, Some(["a: 1", "a: 2"]), None)];
        let [source, _] = told(vec![merge, first]);
        assert_eq!(source, ["1: 1, 99 days", "2: 2, 91 days", "9: 4, 91 days"]);
    }

    #[test]
    fn a_merge_within_gives_what_no_parent_of_it_has() {
        let first = commit(1, Some(["", "a: 1"]), Some(["", "a: 1"]));
        let mut merge = commit(9, Some(["a: 1", "a: 2"]), Some(["a: 1", "a: 1\nb: 1"]));
        let mut inner = commit(3, Some(["a: 2", "a: 7"]), None);
        inner.changes[0].others = vec![Some(BlobId::new("a: 7"))];
        merge.brought = vec![commit(2, Some(["a: 1", "a: 2"]), None), inner];
        let [source, _] = told(vec![merge, first]);
        assert_eq!(source, ["1: 1, 99 days", "2: 2, 91 days"]);
    }
}
