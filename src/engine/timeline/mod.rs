//! One item over one hop as events: which commit gave source and target which value at the paths
//! that are asked about.
//!
//! An event is a commit against its first parent, never a state of the tree. A merge that changed
//! both sides is opened: what came with it counts by its own differences, and the merge only by what
//! they leave over. Old versions are read one after the other and let go; what stays is their values
//! at the paths.

mod ages;
mod past;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use self::ages::Ages;
use super::history::{CommitChanges, FileChange, History};
use super::versions::{ReadVersion, advance};
use crate::diff::documents::pair_documents;
use crate::diff::lists::ListRules;
use crate::diff::{Depth, diff};
use crate::model::{CommitInfo, Hop, Key, Result, Segment, Value, ValuePath};
use crate::yaml::FileValues;

pub use ages::HeadTimes;
pub use past::{Fingerprint, Memory, Past};

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

/// The values of one side at one path: event and value, oldest first, changes alone.
pub type Changes = Vec<(usize, Option<Value>)>;

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
    ages: Ages,
}

impl History {
    /// The events of an item over a hop, with its values at the paths of the question. A version that
    /// does not parse is skipped.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn timeline(&self, question: &Question<'_>, read: &ReadVersion<'_>) -> Result<Timeline<'_>> {
        let (key, hop) = (question.key, question.hop);
        let mut sides = [self.side(key, hop.source()), self.side(key, hop.target())];
        let mut now: [Version; 2] = [None, None];
        let mut gather = Gather::new(self, question, read);
        while let Some(commit) = sides.iter().filter_map(|side| side.last().map(|last| last.0)).max() {
            let both = sides.iter().all(|side| side.last().is_some_and(|last| last.0 == commit));
            let before = now.clone();
            for (side, now) in sides.iter_mut().zip(&mut now) {
                advance(side, commit, now, read)?;
            }
            let brought = self.commits().get(commit).map_or(&[][..], |commit| commit.brought.as_slice());
            let opened = if both { gather.open(commit, brought)? } else { None };
            if opened.is_some() || !same(&before[0], &now[0]) || !same(&before[1], &now[1]) {
                gather.event(EventId { commit, brought: None }, &before, &now, opened);
            }
        }
        Ok(gather.timeline)
    }
}

/// The values of one side; `None` while the item is not there.
type Version = Option<Arc<FileValues>>;

fn same(a: &Version, b: &Version) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => Arc::ptr_eq(a, b),
        _ => false,
    }
}

/// A merge that is opened.
struct Opened {
    /// The first event that came with it.
    first: usize,
    /// The numbers of the paths that what came with it changed.
    touched: BTreeSet<usize>,
}

/// Gathers a timeline, event by event.
struct Gather<'h, 'q> {
    timeline: Timeline<'h>,
    question: &'q Question<'q>,
    read: &'q ReadVersion<'q>,
    asked: Asked<'q>,
}

impl<'h, 'q> Gather<'h, 'q> {
    fn new(history: &'h History, question: &'q Question<'q>, read: &'q ReadVersion<'q>) -> Self {
        let side = || Side { presence: Vec::new(), values: vec![Changes::new(); question.paths.len()] };
        let numbers = question.paths.iter().enumerate().map(|(number, path)| ((*path).clone(), number));
        let timeline = Timeline {
            history,
            events: Vec::new(),
            numbers: numbers.collect(),
            source: side(),
            target: side(),
            target_edits: Vec::new(),
            promotions: Vec::new(),
            edited: HashMap::new(),
            edited_documents: Vec::new(),
            ages: Ages::default(),
        };
        Self { timeline, question, read, asked: Asked::new(question) }
    }

    /// The events of the commits that a merge brought; `None` when none of them says anything.
    fn open(&mut self, commit: usize, brought: &[CommitChanges]) -> Result<Option<Opened>> {
        let (key, hop) = (self.question.key, self.question.hop);
        let files = [hop.source(), hop.target()].map(|environment| key.file(environment));
        let mut opened = Opened { first: self.timeline.events.len(), touched: BTreeSet::new() };
        let mut source: Version = None;
        for (number, inner) in brought.iter().enumerate() {
            let id = EventId { commit, brought: Some(number) };
            let event = self.timeline.events.len();
            let mut changed = false;
            for (is_target, file) in [false, true].into_iter().zip(&files) {
                let Some(change) = inner.changes.iter().find(|change| change.path == *file) else { continue };
                let Some([before, after]) = self.versions(change)? else { continue };
                let mut others = Vec::new();
                for other in change.others.iter().flatten() {
                    others.extend((self.read)(other)?);
                }
                let found = self.asked.changed(before.as_deref(), after.as_deref());
                for number in found.paths {
                    let path = self.question.paths[number];
                    let new = after.as_ref().and_then(|document| document.at(path));
                    if others.iter().any(|other| other.at(path) == new) {
                        continue;
                    }
                    changed |= self.timeline.side(is_target).note(number, event, new);
                    opened.touched.insert(number);
                }
                if before.is_some() != after.is_some() {
                    changed |= self.timeline.side(is_target).note_presence(event, after.is_some());
                }
                if is_target {
                    self.edit(
                        event,
                        (before.as_deref(), after.as_deref()),
                        source.as_deref(),
                        found.containers,
                    );
                    changed = true;
                } else {
                    source = after;
                }
            }
            if changed {
                self.timeline.events.push(id);
            }
        }
        Ok((self.timeline.events.len() > opened.first).then_some(opened))
    }

    /// The two versions of a change; `None` where one of them is no YAML.
    fn versions(&self, change: &FileChange) -> Result<Option<[Version; 2]>> {
        let mut versions = [None, None];
        for (version, blob) in versions.iter_mut().zip([&change.before, &change.after]) {
            let Some(blob) = blob else { continue };
            match (self.read)(blob)? {
                Some(document) => *version = Some(document),
                None => return Ok(None),
            }
        }
        Ok(Some(versions))
    }

    /// A commit of the first-parent chain.
    fn event(&mut self, id: EventId, before: &[Version; 2], now: &[Version; 2], opened: Option<Opened>) {
        let event = self.timeline.events.len();
        let source_before = before[0].as_deref();
        for (is_target, (before, after)) in [false, true].into_iter().zip(before.iter().zip(now)) {
            let found = match same(before, after) {
                true => Found::default(),
                false => self.asked.changed(before.as_deref(), after.as_deref()),
            };
            let touched = opened.iter().flat_map(|opened| opened.touched.iter().copied());
            let numbers: BTreeSet<usize> = found.paths.into_iter().chain(touched).collect();
            for number in numbers {
                let value = after.as_ref().and_then(|document| document.at(self.question.paths[number]));
                self.timeline.side(is_target).note(number, event, value);
            }
            self.timeline.side(is_target).note_presence(event, after.is_some());
            if is_target && opened.is_none() {
                let versions = (before.as_deref(), after.as_deref());
                self.edit(event, versions, source_before, found.containers);
            }
        }
        self.timeline.events.push(id);
        if let Some(opened) = opened {
            for number in opened.touched {
                self.timeline.set_apart(number, opened.first);
            }
        }
    }

    /// Notes what an event did to the target as a whole. `source` is the source right before it.
    fn edit(
        &mut self,
        event: usize,
        (before, after): (Option<&FileValues>, Option<&FileValues>),
        source: Option<&FileValues>,
        containers: Vec<usize>,
    ) {
        let (Some(before), Some(after)) = (before, after) else { return };
        for number in containers {
            let container = self.question.containers[number].clone();
            self.timeline.edited.entry(container).or_default().push(event);
        }
        if before.values() == after.values() {
            return;
        }
        self.timeline.target_edits.push(event);
        let pairs = pair_documents(before.values(), after.values());
        if pairs.iter().any(|pair| pair.left.is_none() || pair.right.is_none()) {
            self.timeline.edited_documents.push(event);
        }
        let changes = diff(before.values(), after.values(), self.question.lists, Depth::Leaves);
        let took = |source: &FileValues| {
            changes.iter().any(|change| change.right.is_some() && source.at(&change.path) == change.right)
        };
        if source.is_some_and(took) {
            self.timeline.promotions.push(event);
        }
    }
}

/// What an event changed of what is asked about, by number.
#[derive(Default)]
struct Found {
    paths: Vec<usize>,
    containers: Vec<usize>,
}

/// The paths and containers of a question as a tree, so that what is equal is passed by at once.
struct Asked<'q> {
    nodes: Vec<Node<'q>>,
    roots: Vec<(ValuePath, usize)>,
}

#[derive(Default)]
struct Node<'q> {
    path: Option<usize>,
    container: Option<usize>,
    below: Vec<(&'q Segment, usize)>,
}

impl<'q> Asked<'q> {
    fn new(question: &Question<'q>) -> Self {
        let mut asked = Self { nodes: Vec::new(), roots: Vec::new() };
        let mut known = HashMap::new();
        for (number, path) in question.paths.iter().enumerate() {
            let node = asked.node(path, &mut known);
            asked.nodes[node].path = Some(number);
        }
        for (number, path) in question.containers.iter().enumerate() {
            let node = asked.node(path, &mut known);
            asked.nodes[node].container = Some(number);
        }
        asked
    }

    fn node(&mut self, path: &'q ValuePath, known: &mut HashMap<(usize, &'q Segment), usize>) -> usize {
        let root = path.prefix(0);
        let mut node = match self.roots.iter().find(|(known, _)| *known == root) {
            Some((_, node)) => *node,
            None => {
                self.nodes.push(Node::default());
                self.roots.push((root, self.nodes.len() - 1));
                self.nodes.len() - 1
            }
        };
        for segment in &path.segments {
            node = *known.entry((node, segment)).or_insert_with(|| {
                let below = self.nodes.len();
                self.nodes.push(Node::default());
                self.nodes[node].below.push((segment, below));
                below
            });
        }
        node
    }

    fn changed(&self, before: Option<&FileValues>, after: Option<&FileValues>) -> Found {
        let mut found = Found::default();
        for (root, node) in &self.roots {
            let [before, after] = [before, after].map(|document| document.and_then(|it| it.at(root)));
            self.walk(*node, before, after, &mut found);
        }
        found
    }

    fn walk(&self, node: usize, before: Option<&Value>, after: Option<&Value>, found: &mut Found) {
        if before == after {
            return;
        }
        let node = &self.nodes[node];
        found.paths.extend(node.path);
        found.containers.extend(node.container.filter(|_| is_edited_directly(before, after)));
        for (segment, below) in &node.below {
            let [before, after] = [before, after].map(|value| value.and_then(|it| it.child(segment)));
            self.walk(*below, before, after, found);
        }
    }
}

/// Whether a direct entry of a mapping or list changed, and not only what lies deeper.
fn is_edited_directly(before: Option<&Value>, after: Option<&Value>) -> bool {
    let entry = |value: Option<&Value>| value.is_none_or(|value| value.as_map().is_none());
    match (before.and_then(Value::as_map), after.and_then(Value::as_map)) {
        (Some(a), Some(b)) => {
            let gone_or_edited = a.iter().any(|(key, value)| {
                let other = b.get(key);
                other != Some(value) && (other.is_none() || entry(Some(value)) || entry(other))
            });
            gone_or_edited || b.keys().any(|key| !a.contains_key(key))
        }
        _ => match (before.and_then(Value::as_list), after.and_then(Value::as_list)) {
            (Some(a), Some(b)) => {
                a.len() != b.len() || a.iter().zip(b.iter()).any(|(a, b)| a != b && entry(Some(a)))
            }
            _ => before != after,
        },
    }
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

/// A timeline as far as some event.
#[derive(Clone, Copy, Debug)]
pub struct View<'t> {
    timeline: &'t Timeline<'t>,
    end: usize,
    head_time: i64,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::lists::NoListRules;
    use crate::model::{BlobId, CommitId};
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
        let question = Question { key: &key, hop: HOP, paths: &paths, containers: &[], lists: &lists };
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
