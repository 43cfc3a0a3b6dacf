//! Gathers a [`Timeline`] from the history of an item, event by event.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use super::ages::Ages;
use super::asked::{Asked, Found};
use super::names::{Exchange, names};
use super::{Changes, EventId, Question, Side, Timeline};
use crate::diff::Depth;
use crate::diff::documents::pair_documents;
use crate::engine::history::{CommitChanges, FileChange, History};
use crate::engine::versions::{ReadVersion, advance};
use crate::model::{PathTree, Result, ValuePath};
use crate::yaml::FileValues;

impl History {
    /// The events of an item over a hop, with its values at the paths of the question. A version that
    /// does not parse is skipped.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn timeline(&self, question: &Question<'_>, read: &ReadVersion<'_>) -> Result<Timeline<'_>> {
        let mut former: [Vec<ValuePath>; 2] = Default::default();
        let present = [question.paths.to_vec(), question.containers.iter().collect()];
        loop {
            let paths: Vec<&ValuePath> = question.paths.iter().copied().chain(&former[0]).collect();
            let containers = [question.containers, &former[1]].concat();
            let asked: [HashSet<&ValuePath>; 2] =
                [paths.iter().copied().collect(), containers.iter().collect()];
            let question = Question { paths: &paths, containers: &containers, ..*question };
            let unasked = |(timeline, exchanges): &(Timeline<'_>, _)| {
                [0, 1].map(|which| timeline.unasked(&present[which], exchanges, &asked[which]))
            };
            let gathered = self.gather(&question, read, Exchanged::Asked)?;
            let next = unasked(&gathered);
            if next.iter().all(BTreeSet::is_empty) {
                return Ok(gathered.0);
            }
            // What that was called before is asked about as well, all of it at once.
            let earlier = unasked(&self.gather(&question, read, Exchanged::All)?);
            for (former, (next, earlier)) in former.iter_mut().zip(next.iter().zip(&earlier)) {
                former.extend(next.union(earlier).cloned());
            }
        }
    }

    /// The same under present names alone, and what both sides exchanged.
    fn gather(
        &self,
        question: &Question<'_>,
        read: &ReadVersion<'_>,
        exchanged: Exchanged,
    ) -> Result<(Timeline<'_>, [Vec<Exchange>; 2])> {
        let (key, hop) = (question.key, question.hop);
        let mut sides = [self.side(key, hop.source()), self.side(key, hop.target())];
        let mut now: [Version; 2] = [None, None];
        let mut gather = Gather::new(self, question, read, exchanged);
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
        let Gather { mut timeline, exchanges, .. } = gather;
        timeline.names = names(&exchanges);
        Ok((timeline, exchanges))
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

/// Which exchanges are gathered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Exchanged {
    /// Those that brought something that is asked about.
    Asked,
    All,
}

/// Gathers a timeline, event by event.
struct Gather<'h, 'q> {
    timeline: Timeline<'h>,
    question: &'q Question<'q>,
    read: &'q ReadVersion<'q>,
    asked: Asked<'q>,
    all: PathTree<'q, ()>,
    exchanged: Exchanged,
    /// What each side exchanged.
    exchanges: [Vec<Exchange>; 2],
}

impl<'h, 'q> Gather<'h, 'q> {
    fn new(
        history: &'h History,
        question: &'q Question<'q>,
        read: &'q ReadVersion<'q>,
        exchanged: Exchanged,
    ) -> Self {
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
            names: Default::default(),
            left_names: OnceLock::new(),
            ages: Ages::default(),
        };
        let all = question.paths.iter().copied().chain(question.containers);
        let all = all.map(|path| (path, ())).collect();
        let asked = Asked::new(question);
        Self { timeline, question, read, asked, all, exchanged, exchanges: Default::default() }
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
                changed |= self.exchange(event, is_target, (before.as_deref(), after.as_deref()), found.came);
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
            if opened.is_none() && !same(before, after) {
                self.exchange(event, is_target, (before.as_deref(), after.as_deref()), found.came);
            }
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

    /// Notes what an event exchanged in a side, where something `came` that is asked about; whether it did.
    fn exchange(
        &mut self,
        event: usize,
        is_target: bool,
        (before, after): (Option<&FileValues>, Option<&FileValues>),
        came: bool,
    ) -> bool {
        let (Some(before), Some(after)) = (before, after) else { return false };
        let all = self.exchanged == Exchanged::All;
        if !came && !all {
            return false;
        }
        let is_asked = |path: &ValuePath| all || self.all.reaches(path);
        let exchange = Exchange::of(event, [before, after], &is_asked, self.question);
        let is_one = exchange.is_some();
        self.exchanges[usize::from(is_target)].extend(exchange);
        is_one
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
        let Question { documents, lists, .. } = self.question;
        let changes = documents.diff(before.values(), after.values(), *lists, Depth::Leaves);
        let took = |source: &FileValues| {
            changes.iter().any(|change| change.right.is_some() && source.at(&change.path) == change.right)
        };
        if source.is_some_and(took) {
            self.timeline.promotions.push(event);
        }
    }
}
