//! Under which names an entry was known before: who renames one means one entry, so that its past goes
//! on in that of the old name.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{Question, Timeline, value_at};
use crate::diff::Depth;
use crate::engine::pairs::pairs;
use crate::model::{PathTree, Value, ValuePath};
use crate::yaml::FileValues;

/// When an entry got its name, and which it had before; each time, oldest first.
pub(super) type FormerNames = Vec<(usize, ValuePath)>;

/// The former names of one side's entries.
pub(super) type Names = HashMap<ValuePath, FormerNames>;

/// Names are followed so far back.
const FOLLOWED: usize = 16;

/// An event that took some entries of a side away and brought others.
#[derive(Debug)]
pub(super) struct Exchange {
    event: usize,
    /// The highest entries that went.
    lost: Vec<ValuePath>,
    /// The highest entries that came, and what they held.
    gained: Vec<(ValuePath, Value)>,
    /// The new and the old name of what is the same but for it.
    renamed: Vec<(ValuePath, ValuePath)>,
}

impl Exchange {
    /// What an event exchanged; `None` where nothing both came and went. `is_asked` tells the paths whose
    /// names matter.
    pub(super) fn of(
        event: usize,
        [before, after]: [&FileValues; 2],
        is_asked: &dyn Fn(&ValuePath) -> bool,
        question: &Question<'_>,
    ) -> Option<Self> {
        let Question { documents, lists, .. } = question;
        let (mut lost, mut gained) = (Vec::new(), Vec::new());
        for change in documents.diff(before.values(), after.values(), *lists, Depth::Whole) {
            match (change.left, change.right) {
                (Some(_), None) => lost.push(change.path),
                (None, Some(value)) => gained.push((change.path, value.clone())),
                _ => {}
            }
        }
        if lost.is_empty() || gained.is_empty() {
            return None;
        }
        let pairs = pairs(before, after, documents, *lists).into_iter().filter(|pair| is_asked(&pair.to));
        Some(Self { event, lost, gained, renamed: pairs.map(|pair| (pair.to, pair.from)).collect() })
    }
}

/// The names of both sides: what a side exchanged where the other one renamed it is renamed as well,
/// whatever else became of it.
pub(super) fn names(exchanges: &[Vec<Exchange>; 2]) -> [Names; 2] {
    let own = exchanges.each_ref().map(|exchanges| {
        let mut names = Names::new();
        for exchange in exchanges {
            for (to, from) in &exchange.renamed {
                names.entry(to.clone()).or_default().push((exchange.event, from.clone()));
            }
        }
        names
    });
    let mut all = own.clone();
    for ((exchanges, names), others) in exchanges.iter().zip(&mut all).zip(own.iter().rev()) {
        let mut gained: HashMap<&ValuePath, Vec<(usize, &Value)>> = HashMap::new();
        for (number, exchange) in exchanges.iter().enumerate().filter(|_| !others.is_empty()) {
            for (path, value) in &exchange.gained {
                gained.entry(path).or_default().push((number, value));
            }
        }
        let lost: Vec<_> = exchanges.iter().map(|exchange| tree(&exchange.lost)).collect();
        let renamed: Vec<&ValuePath> = others.keys().collect();
        for to in renamed {
            let above =
                (0..=to.segments.len()).filter_map(|steps| Some((steps, gained.get(&to.prefix(steps))?)));
            for (steps, (number, value)) in
                above.flat_map(|(steps, came)| came.iter().map(move |it| (steps, it)))
            {
                let event = exchanges[*number].event;
                let below = to.segments.get(steps..).unwrap_or_default();
                if below.iter().try_fold(*value, |value, step| value.child(step)).is_none() {
                    continue;
                }
                if names.get(to).is_some_and(|steps| steps.iter().any(|(known, _)| *known == event)) {
                    continue;
                }
                let mut former = called_before(others, to, usize::MAX);
                if let Some((_, from)) = former.find(|(_, from)| covers(&lost[*number], from)) {
                    names.entry(to.clone()).or_default().push((event, from));
                }
            }
        }
        names.values_mut().for_each(|steps| steps.sort_by_key(|(event, _)| *event));
    }
    all
}

fn tree(paths: &[ValuePath]) -> PathTree<'_, ()> {
    paths.iter().map(|path| (path, ())).collect()
}

fn covers(tree: &PathTree<'_, ()>, path: &ValuePath) -> bool {
    tree.above(path).next().is_some()
}

/// What was called `path` before the event `end`: when it got each name, and the one before, backwards.
fn called_before<'n>(
    names: &'n Names,
    path: &ValuePath,
    end: usize,
) -> impl Iterator<Item = (usize, ValuePath)> + use<'n> {
    let (mut path, mut end) = (path.clone(), end);
    let earlier = std::iter::from_fn(move || {
        let above = (0..=path.segments.len()).filter_map(|steps| {
            let known = names.get(&path.prefix(steps))?;
            let (event, from) = known.iter().rfind(|(event, _)| *event < end)?;
            Some((*event, steps, from))
        });
        let (event, steps, from) = above.max_by_key(|(event, ..)| *event)?;
        path = path.moved(&path.prefix(steps), from);
        end = event;
        Some((event, path.clone()))
    });
    earlier.take(FOLLOWED)
}

impl Timeline<'_> {
    /// The former names of a path in source and target before an event, as far back as both have them in
    /// common; none where they share none.
    pub(super) fn shared_names(&self, path: &ValuePath, end: usize) -> [Vec<(usize, ValuePath)>; 2] {
        // What the target calls otherwise since is another entry.
        if self.is_called_otherwise(path, end) {
            return Default::default();
        }
        let is_asked = |name: &ValuePath| self.numbers.contains_key(name) || self.edited.contains_key(name);
        let mut names = self.names.each_ref().map(|names| {
            let former = called_before(names, path, end);
            former.take_while(|(_, name)| is_asked(name)).collect::<Vec<_>>()
        });
        let [source, target] = names
            .each_ref()
            .map(|former| [path].into_iter().chain(former.iter().map(|(_, name)| name)).collect::<Vec<_>>());
        let pairs = (0..source.len()).flat_map(|s| (0..target.len()).map(move |t| (s, t)));
        let shared = pairs.filter(|(s, t)| source.get(*s) == target.get(*t));
        let (s, t) = shared.max_by_key(|(s, t)| s + t).unwrap_or_default();
        names[0].truncate(s);
        names[1].truncate(t);
        names
    }

    /// The names that a path had in the target, its present one first.
    pub(super) fn target_names(&self, path: &ValuePath, end: usize) -> Vec<ValuePath> {
        let former = called_before(&self.names[1], path, end).map(|(_, name)| name);
        [path.clone()].into_iter().chain(former).collect()
    }

    /// The former names in the source of a path that the target never had, the last one alone that it had
    /// and removed; none where it called that otherwise itself.
    pub(super) fn removed_names(&self, path: &ValuePath, end: usize) -> Vec<(usize, ValuePath)> {
        let in_target = |name: &ValuePath| {
            let changes = &self.target.values[*self.numbers.get(name)?];
            Some(&changes[..changes.partition_point(|(event, _)| *event < end)])
        };
        if !in_target(path).is_some_and(<[_]>::is_empty) {
            return Vec::new();
        }
        let mut former = Vec::new();
        for (event, name) in called_before(&self.names[0], path, end) {
            let Some(changes) = in_target(&name) else { break };
            former.push((event, name));
            let Some((_, last)) = changes.last() else { continue };
            let is_called_otherwise =
                || former.last().is_some_and(|(_, name)| self.is_called_otherwise(name, end));
            // What it still has there it did not remove.
            return if last.is_some() || is_called_otherwise() { Vec::new() } else { former };
        }
        Vec::new()
    }

    /// The former names in the source of a path that the target has under one of them, back to that one; none
    /// where it has it under none.
    pub(super) fn names_to_target(&self, path: &ValuePath, end: usize) -> Vec<(usize, ValuePath)> {
        let mut former = Vec::new();
        for (event, name) in called_before(&self.names[0], path, end) {
            let Some(number) = self.numbers.get(&name) else { break };
            let changes = &self.target.values[*number];
            let is_there = end.checked_sub(1).is_some_and(|last| value_at(changes, last).is_some());
            former.push((event, name));
            if is_there {
                return former;
            }
        }
        Vec::new()
    }

    /// Whether the target took something away at a path by giving it another name.
    fn is_called_otherwise(&self, path: &ValuePath, end: usize) -> bool {
        if self.names[1].is_empty() {
            return false;
        }
        let changes = self.numbers.get(path).map_or(&[][..], |number| &self.target.values[*number]);
        let before_end = &changes[..changes.partition_point(|(event, _)| *event < end)];
        let Some((gone, None)) = before_end.last() else { return false };
        let left = self.left_names.get_or_init(|| self.names[1].values().flatten().cloned().collect());
        (0..=path.segments.len()).any(|steps| left.contains(&(*gone, path.prefix(steps))))
    }

    /// The former names of these paths that may be shared, or that the target may have removed, and are not
    /// asked about yet.
    pub(super) fn unasked(
        &self,
        paths: &[&ValuePath],
        exchanges: &[Vec<Exchange>; 2],
        asked: &HashSet<&ValuePath>,
    ) -> BTreeSet<ValuePath> {
        if self.names.iter().all(Names::is_empty) {
            return BTreeSet::new();
        }
        let gained = exchanges.each_ref().map(|exchanges| {
            exchanges.iter().flat_map(|exchange| &exchange.gained).map(|(path, _)| (path, ())).collect()
        });
        let never_had = |path: &ValuePath| {
            self.numbers.get(path).is_some_and(|number| self.target.values[*number].is_empty())
        };
        let exchanged = paths
            .iter()
            .filter(|path| covers(&gained[0], path) && (covers(&gained[1], path) || never_had(path)));
        let former = exchanged
            .flat_map(|path| self.names.iter().flat_map(|names| called_before(names, path, usize::MAX)));
        former.map(|(_, name)| name).filter(|name| !asked.contains(name)).collect()
    }
}
