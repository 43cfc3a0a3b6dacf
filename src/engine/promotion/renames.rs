//! Renamed pairs: an entry that a source commit took away at one path and brought at another, as one line.
//!
//! Whoever renames an entry means one entry. A target that has it under its old name gets it under
//! the new one, with its own values in it: what was the source's old value becomes the source's, what
//! was its own stays so.

use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;

use super::entry::{Action, PlanEntry, Renamed};
use super::leaves::highest_absent;
use super::reason::Reason;
use super::resolution::{Level, Resolution};
use super::source_commits::{SourceCommit, SourceCommits};
use crate::diff::lists::{ListRules, identity, name_of};
use crate::engine::pairs::{Pair, pairs};
use crate::model::{CommitId, CommitInfo, List, Map, PathTree, Result, Segment, Value, ValuePath};
use crate::yaml::{Document, FileValues};

/// The source commits that may have renamed something that a target of these lines has.
fn renaming_commits(lines: &[PlanEntry]) -> Vec<CommitId> {
    if !lines.iter().any(|line| line.source.is_some() && line.target.is_none()) {
        return Vec::new();
    }
    let mut seen = HashSet::new();
    let removing = lines.iter().filter(|line| line.source.is_none()).filter_map(|line| line.commit.as_ref());
    removing.map(|commit| &commit.id).filter(|id| seen.insert(*id)).cloned().collect()
}

/// Joins the lines of both ends of each renamed entry into one.
///
/// # Errors
/// When a version of the source's file cannot be read.
pub fn join_renamed(
    lines: Vec<PlanEntry>,
    commits: &SourceCommits<'_>,
    (source, target): (&Document, &Document),
    lists: &dyn ListRules,
    is_apart: &dyn Fn(&ValuePath, &Value) -> bool,
) -> Result<Vec<PlanEntry>> {
    let concerns = |pair: &Pair| {
        let new = source.at(&pair.to).filter(|_| source.at(&pair.from).is_none());
        let has_old_alone = target.at(&pair.from).is_some() && target.at(&pair.to).is_none();
        has_old_alone
            && !is_within_element(source, &pair.from)
            && !is_within_element(target, &pair.to)
            && new.is_some_and(|new| !is_apart(&pair.from, &pair.old) && !is_apart(&pair.to, new))
    };
    let mut found: Vec<(CommitId, Pair)> = Vec::new();
    // What the target has under names of before those commits, as the source called it right after them.
    let mut called: HashMap<ValuePath, (usize, ValuePath)> = HashMap::new();
    let ids = renaming_commits(&lines);
    let later: Vec<Later> = ids.iter().map(|id| Later::behind(id, commits)).collect();
    for (number, id) in ids.iter().enumerate() {
        let Some(commit) = (commits.by)(id)? else { continue };
        for mut pair in pairs(&commit.before, &commit.after, lists) {
            if target.at(&pair.from).is_none() {
                continue;
            }
            called.entry(pair.from.clone()).or_insert_with(|| (number, pair.to.clone()));
            if source.at(&pair.to).is_none() {
                pair.to = later[number].called(pair.to, lists)?;
            }
            if concerns(&pair) {
                found.push((id.clone(), pair));
            }
        }
    }
    let called = |path: &ValuePath| {
        let above = (0..=path.segments.len()).rev().map(|steps| path.prefix(steps));
        let Some((from, (number, to))) = above.filter_map(|above| called.get_key_value(&above)).next() else {
            return Ok(None);
        };
        later[*number].called(path.moved(from, to), lists).map(Some)
    };
    // The lines at both ends of each pair: the old one's, and the new one's.
    let ends = found
        .iter()
        .enumerate()
        .flat_map(|(number, (_, pair))| [(&pair.from, (number, 0)), (&pair.to, (number, 1))]);
    let ends: PathTree<'_, (usize, usize)> = ends.collect();
    let mut at: Vec<[Vec<usize>; 2]> = vec![Default::default(); found.len()];
    for (number, line) in lines.iter().enumerate() {
        if let Some((_, (pair, end))) = ends.above(&line.path).next() {
            at[*pair][*end].push(number);
        }
    }
    let mut lines: Vec<Option<PlanEntry>> = lines.into_iter().map(Some).collect();
    for ((commit, pair), [old, new]) in found.iter().zip(at) {
        let of = |numbers: &[usize]| -> Vec<&PlanEntry> {
            numbers.iter().filter_map(|number| lines[*number].as_ref()).collect()
        };
        let ends = [&*of(&old), &*of(&new)];
        let known = Known { called: &called, had: commits.target_had, lists };
        let joined = join(commit, pair, ends, (source, target), &known)?;
        let (Some(joined), Some(place)) = (joined, new.first()) else { continue };
        for number in old.iter().chain(&new) {
            lines[*number] = None;
        }
        lines[*place] = Some(joined);
    }
    Ok(lines.into_iter().flatten().collect())
}

/// What a commit renamed, worked out when it is asked for.
type Renames = OnceCell<HashMap<ValuePath, ValuePath>>;

/// The commits behind one, oldest first, read when they are asked for.
struct Later<'c> {
    id: &'c CommitId,
    commits: &'c SourceCommits<'c>,
    read: OnceCell<Vec<(SourceCommit, Renames)>>,
}

impl<'c> Later<'c> {
    const fn behind(id: &'c CommitId, commits: &'c SourceCommits<'c>) -> Self {
        Self { id, commits, read: OnceCell::new() }
    }

    /// What an entry is called after these commits, which may have renamed it again.
    fn called(&self, mut path: ValuePath, lists: &dyn ListRules) -> Result<ValuePath> {
        let commits = match self.read.get() {
            Some(read) => read,
            None => {
                let read = (self.commits.since)(self.id)?.into_iter();
                self.read.get_or_init(|| read.map(|commit| (commit, OnceCell::new())).collect())
            }
        };
        for (commit, renamed) in commits {
            if commit.before.at(&path).is_none() || commit.after.at(&path).is_some() {
                continue;
            }
            let renamed = renamed.get_or_init(|| {
                pairs(&commit.before, &commit.after, lists)
                    .into_iter()
                    .map(|pair| (pair.from, pair.to))
                    .collect()
            });
            let mut above = (0..=path.segments.len()).map(|steps| path.prefix(steps));
            let Some((from, to)) = above.find_map(|above| renamed.get_key_value(&above)) else { break };
            path = path.moved(from, to);
        }
        Ok(path)
    }
}

/// Whether a path leads into an element that a side lacks: elements go and come whole.
fn is_within_element(side: &FileValues, path: &ValuePath) -> bool {
    let above = (1..path.segments.len()).map(|steps| path.prefix(steps));
    above
        .filter(|above| matches!(above.last(), Some(Segment::Identity { .. })))
        .any(|element| side.at(&element).is_none())
}

/// The one line of a pair from the lines at its ends; `None` where one of them holds it apart.
fn join(
    commit: &CommitId,
    pair: &Pair,
    [at_old, at_new]: [&[&PlanEntry]; 2],
    (source, target): (&Document, &Document),
    known: &Known<'_>,
) -> Result<Option<PlanEntry>> {
    let (Some(new), Some(own)) = (source.at(&pair.to), target.at(&pair.from)) else { return Ok(None) };
    let stays = |line: &&PlanEntry| {
        matches!(line.resolution, Resolution::Pinned | Resolution::Unknown) || line.secret
    };
    // What the target removed under its old name stays away, and hinders nothing else.
    let (gone, come): (Vec<&PlanEntry>, Vec<&PlanEntry>) =
        at_new.iter().partition(|line| matches!(line.reason, Reason::TargetRemovedAs(_)));
    let come = if come.is_empty() { at_new } else { &come };
    let (Some(removed), Some(level)) = (at_old.first(), come.iter().map(|line| line.level).max()) else {
        return Ok(None);
    };
    if at_old.iter().chain(at_new).any(stays) {
        return Ok(None);
    }
    let declined = at_old.iter().chain(at_new).find(|line| line.resolution == Resolution::Declined);
    // What the target has of the source's past is waiting, and none of its own.
    let own_leaves: PathTree<'_, ()> =
        at_old.iter().filter(|line| is_targets_own(line)).map(|line| (&line.path, ())).collect();
    let is_own = |path: &ValuePath| own_leaves.reaches(path) || own_leaves.above(path).next().is_some();
    let gone: HashSet<&ValuePath> = gone.iter().map(|line| &line.path).collect();
    let is_gone = |path: &ValuePath| gone.contains(path);
    let within = RefCell::default();
    let own_values = Own { is_own: &is_own, is_gone: &is_gone, known, within: &within };
    let carried = own_values.carried([&pair.from, &pair.to], [&pair.old, own, new])?;
    let on = removed.commit.as_ref().filter(|by| by.id == *commit).map(CommitInfo::date);
    let renamed = Reason::Renamed { on, keeps_own: carried != *new };
    let (resolution, level, reason) = match declined {
        Some(line) => (Resolution::Declined, Level::Keep, line.reason.clone()),
        None => (Resolution::Renamed, level, renamed),
    };
    Ok(Some(PlanEntry {
        path: pair.to.clone(),
        pointer: source.pointer(&pair.to),
        resolution,
        level,
        verdict: Action::Keep,
        source: Some(new.clone()),
        base: None,
        was: Some(pair.old.clone()),
        target: Some(own.clone()),
        reason,
        commit: removed.commit.clone(),
        origin: removed.origin.clone(),
        target_commit: removed.target_commit.clone(),
        top: highest_absent(target, &pair.to),
        renamed: Some(Box::new(Renamed { from: pair.from.clone(), within: within.take(), carried })),
        replaced_by: Vec::new(),
        secret: false,
        literal: false,
    }))
}

/// Whether what the target has there is its own, and not what the source had once.
const fn is_targets_own(line: &PlanEntry) -> bool {
    !matches!(line.reason, Reason::Removed { is_own: false, .. })
}

/// What is known of the target's values under old names.
struct Known<'a> {
    /// What the source calls now what the target has at a path; `None` where nothing there was renamed.
    called: &'a dyn Fn(&ValuePath) -> Result<Option<ValuePath>>,
    /// Whether the target ever had something at a path.
    had: &'a dyn Fn(&ValuePath) -> Result<bool>,
    /// How elements of lists are told apart.
    lists: &'a dyn ListRules,
}

/// The target's value under the old name of an entry.
struct Own<'a> {
    /// Whether something at a path there is the target's own.
    is_own: &'a dyn Fn(&ValuePath) -> bool,
    /// Whether the target removed what the source has at a path now.
    is_gone: &'a dyn Fn(&ValuePath) -> bool,
    known: &'a Known<'a>,
    /// The keys that it has under old names, and those of now.
    within: &'a RefCell<Vec<(ValuePath, String)>>,
}

impl Own<'_> {
    /// What the target has under the new name: its own values, and the source's where it has one that the
    /// source had. `old` is the source's value before; what the target took away stays away. What was
    /// renamed within the entry as well is carried to its name of now.
    fn carried(&self, [path, now]: [&ValuePath; 2], [old, own, new]: [&Value; 3]) -> Result<Value> {
        if let (Value::Map(old), Value::Map(own), Value::Map(new)) = (old, own, new) {
            let mut former: HashMap<&str, &str> = HashMap::new();
            for key in own.keys().filter(|key| !new.contains_key(*key)) {
                let called =
                    (self.known.called)(&path.key(key))?.filter(|to| to.parent().as_ref() == Some(now));
                let Some(Segment::Key(called)) = called.as_ref().and_then(ValuePath::last) else { continue };
                let called = new.get_key_value(called).filter(|(called, _)| !own.contains_key(*called));
                if let Some((called, _)) = called {
                    former.insert(called, key);
                    self.within.borrow_mut().push((path.key(key), called.clone()));
                }
            }
            let mut out = Map::new();
            for (key, value) in new {
                let was = former.get(key.as_str()).copied().unwrap_or(key);
                let sides = [old.get(was).or_else(|| old.get(key)), own.get(was)];
                let given = self.entry([&path.key(was), &now.key(key)], sides, value)?;
                out.extend(given.map(|value| (key.clone(), value)));
            }
            let carried: HashSet<&str> = former.into_values().collect();
            for (key, own) in own.iter().filter(|(key, _)| !carried.contains(key.as_str())) {
                if !new.contains_key(key) && self.stays(&path.key(key), old.get(key), own) {
                    out.insert(key.clone(), own.clone());
                }
            }
            return Ok(Value::Map(out));
        }
        if let (Value::List(old), Value::List(own), Value::List(new)) = (old, own, new)
            && let Some(field) = identity(self.known.lists, path, own, new)
            && old.is_told_apart_by(&field)
        {
            let [known, have, come] = [old, own, new].map(|list| elements(list, &field));
            let step = |name: &str| Segment::Identity { field: field.clone(), value: name.to_owned() };
            let mut out = Vec::new();
            for (name, value) in &come {
                let sides = [&known, &have].map(|side| side.get(name).copied());
                out.extend(self.entry([&path.join(step(name)), &now.join(step(name))], sides, value)?);
            }
            for (name, own) in &have {
                let path = path.join(step(name));
                if !come.contains_key(name) && self.stays(&path, known.get(name).copied(), own) {
                    out.push((*own).clone());
                }
            }
            return Ok(Value::List(out.into()));
        }
        Ok(if own == old || !(self.is_own)(path) { new.clone() } else { own.clone() })
    }

    /// What the target has of an entry that the source has; `None` for what it took away.
    fn entry(
        &self,
        paths: [&ValuePath; 2],
        sides: [Option<&Value>; 2],
        new: &Value,
    ) -> Result<Option<Value>> {
        Ok(match sides {
            [Some(old), Some(own)] => Some(self.carried(paths, [old, own, new])?),
            [None, Some(own)] => Some(own.clone()),
            [Some(_), None] if (self.known.had)(paths[0])? => None,
            [_, None] if (self.is_gone)(paths[1]) => None,
            [_, None] => Some(new.clone()),
        })
    }

    /// Whether the target keeps an entry that the source has no more.
    fn stays(&self, path: &ValuePath, old: Option<&Value>, own: &Value) -> bool {
        old != Some(own) && (self.is_own)(path)
    }
}

/// The elements of a list by their names.
fn elements<'l>(list: &'l List, field: &str) -> IndexMap<&'l str, &'l Value> {
    list.iter().filter_map(|element| Some((name_of(element, field)?, element))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::lists::NoListRules;
    use crate::yaml::Limits;

    fn document(text: &str) -> Document {
        Document::parse(text.as_bytes(), &Limits::default()).expect(text)
    }

    #[test]
    fn own_values_are_carried_and_old_ones_become_the_source_s() {
        for (old, own, new, expected) in [
            ("7", "40", "7", "40"),
            ("7", "7", "8", "8"),
            ("{a: 1, b: 2}", "{a: 1, b: 9}", "{a: 5, b: 2}", "{a: 5, b: 9}"),
            ("{a: 1, b: 2}", "{a: 1}", "{a: 1, b: 2, c: 3}", "{a: 1, c: 3}"),
            ("{a: 1}", "{a: 1, own: 1}", "{a: 1}", "{a: 1, own: 1}"),
            ("{a: 1, b: 2}", "{a: 1, b: 2}", "{a: 1}", "{a: 1}"),
            ("{a: 1, b: 2}", "{a: 1, b: 9}", "{a: 1}", "{a: 1, b: 9}"),
            // Elements by their names: values of its own and waiting ones, removed ones, some of its own.
            (
                "[{name: a, v: 1, w: 1}, {name: b}]",
                "[{name: a, v: 9, w: 1}, {name: own}]",
                "[{name: c}, {name: a, v: 1, w: 2}, {name: b}]",
                "[{name: c}, {name: a, v: 9, w: 2}, {name: own}]",
            ),
            (
                "{l: [{id: 1, v: 1}]}",
                "{l: [{id: 1}]}",
                "{l: [{id: 1, v: 2}, {id: 2}]}",
                "{l: [{id: 1}, {id: 2}]}",
            ),
            ("[1, 2]", "[1, 9]", "[1, 2, 3]", "[1, 9]"),
        ] {
            let [old, own, new, expected] =
                [old, own, new, expected].map(|text| document(text).value().clone());
            let known = Known { called: &|_| Ok(None), had: &|_| Ok(true), lists: &NoListRules };
            let root = &ValuePath::root();
            let found =
                Own { is_own: &|_| true, is_gone: &|_| false, known: &known, within: &RefCell::default() }
                    .carried([root, root], [&old, &own, &new]);
            assert_eq!(found, Ok(expected), "{old} {own} {new}");
        }
        // A value that the source had before, what it took away before, and what the target never had.
        let [old, own, new] =
            ["{a: 2, c: 1}", "{a: 1, b: 1}", "{a: 3, c: 1}"].map(|text| document(text).value().clone());
        let known = Known { called: &|_| Ok(None), had: &|_| Ok(false), lists: &NoListRules };
        let (told, root) = (
            Own { is_own: &|_| false, is_gone: &|_| false, known: &known, within: &RefCell::default() },
            &ValuePath::root(),
        );
        assert_eq!(told.carried([root, root], [&old, &own, &new]), Ok(new));
    }
}
