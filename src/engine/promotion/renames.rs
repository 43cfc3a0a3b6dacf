//! Renamed pairs: an entry that a source commit took away at one path and brought at another, as one line.
//!
//! Whoever renames an entry means one entry. A target that has it under its old name gets it under
//! the new one, with its own values in it: what was the source's old value becomes the source's, what
//! was its own stays so.

use std::cell::OnceCell;
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
    for id in renaming_commits(&lines) {
        let Some(commit) = (commits.by)(&id)? else { continue };
        let mut later = None;
        for mut pair in pairs(&commit.before, &commit.after, lists) {
            if target.at(&pair.from).is_some() && source.at(&pair.to).is_none() {
                let later = match &later {
                    Some(known) => known,
                    None => later.insert(Later::of((commits.since)(&id)?)),
                };
                pair.to = later.called(pair.to, lists);
            }
            if concerns(&pair) {
                found.push((id.clone(), pair));
            }
        }
    }
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
        let joined = join(commit, pair, ends, (source, target), commits, lists)?;
        let (Some(joined), Some(place)) = (joined, new.first()) else { continue };
        for number in old.iter().chain(&new) {
            lines[*number] = None;
        }
        lines[*place] = Some(joined);
    }
    Ok(lines.into_iter().flatten().collect())
}

/// Commits behind one, oldest first; what each renamed is worked out when it is asked for.
struct Later(Vec<(SourceCommit, OnceCell<HashMap<ValuePath, ValuePath>>)>);

impl Later {
    fn of(commits: Vec<SourceCommit>) -> Self {
        Self(commits.into_iter().map(|commit| (commit, OnceCell::new())).collect())
    }

    /// What an entry is called after these commits, which may have renamed it again.
    fn called(&self, mut path: ValuePath, lists: &dyn ListRules) -> ValuePath {
        for (commit, renamed) in &self.0 {
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
            let rest = path.segments.get(from.segments.len()..).unwrap_or_default();
            path = rest.iter().fold(to.clone(), |path, segment| path.join(segment.clone()));
        }
        path
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
    commits: &SourceCommits<'_>,
    lists: &dyn ListRules,
) -> Result<Option<PlanEntry>> {
    let (Some(new), Some(own)) = (source.at(&pair.to), target.at(&pair.from)) else { return Ok(None) };
    let stays = |line: &&PlanEntry| {
        matches!(line.resolution, Resolution::Pinned | Resolution::Unknown) || line.secret
    };
    let (Some(removed), Some(level)) = (at_old.first(), at_new.iter().map(|line| line.level).max()) else {
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
    let carried = Own { is_own: &is_own, had: commits.target_had, lists };
    let carried = carried.carried(&pair.from, [&pair.old, own, new])?;
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
        renamed: Some(Box::new(Renamed { from: pair.from.clone(), carried })),
        replaced_by: Vec::new(),
        secret: false,
        literal: false,
    }))
}

/// Whether what the target has there is its own, and not what the source had once.
const fn is_targets_own(line: &PlanEntry) -> bool {
    !matches!(line.reason, Reason::Removed { is_own: false, .. })
}

/// What is known of the target's value under the old name of an entry.
struct Own<'a> {
    /// Whether something at a path there is the target's own.
    is_own: &'a dyn Fn(&ValuePath) -> bool,
    /// Whether the target ever had something at a path there.
    had: &'a dyn Fn(&ValuePath) -> Result<bool>,
    /// How elements of lists are told apart.
    lists: &'a dyn ListRules,
}

impl Own<'_> {
    /// What the target has under the new name: its own values, and the source's where it has one that the
    /// source had. `old` is the source's value before; what the target took away stays away.
    fn carried(&self, path: &ValuePath, [old, own, new]: [&Value; 3]) -> Result<Value> {
        if let (Value::Map(old), Value::Map(own), Value::Map(new)) = (old, own, new) {
            let mut out = Map::new();
            for (key, value) in new {
                let given = self.entry(&path.key(key), [old.get(key), own.get(key)], value)?;
                out.extend(given.map(|value| (key.clone(), value)));
            }
            for (key, own) in own {
                if !new.contains_key(key) && self.stays(&path.key(key), old.get(key), own) {
                    out.insert(key.clone(), own.clone());
                }
            }
            return Ok(Value::Map(out));
        }
        if let (Value::List(old), Value::List(own), Value::List(new)) = (old, own, new)
            && let Some(field) = identity(self.lists, path, own, new)
            && old.is_told_apart_by(&field)
        {
            let [known, have, come] = [old, own, new].map(|list| elements(list, &field));
            let at =
                |name: &str| path.join(Segment::Identity { field: field.clone(), value: name.to_owned() });
            let mut out = Vec::new();
            for (name, value) in &come {
                let sides = [&known, &have].map(|side| side.get(name).copied());
                out.extend(self.entry(&at(name), sides, value)?);
            }
            for (name, own) in &have {
                if !come.contains_key(name) && self.stays(&at(name), known.get(name).copied(), own) {
                    out.push((*own).clone());
                }
            }
            return Ok(Value::List(out.into()));
        }
        Ok(if own == old || !(self.is_own)(path) { new.clone() } else { own.clone() })
    }

    /// What the target has of an entry that the source has; `None` for what it took away.
    fn entry(&self, path: &ValuePath, sides: [Option<&Value>; 2], new: &Value) -> Result<Option<Value>> {
        Ok(match sides {
            [Some(old), Some(own)] => Some(self.carried(path, [old, own, new])?),
            [None, Some(own)] => Some(own.clone()),
            [Some(_), None] if (self.had)(path)? => None,
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
            let told = Own { is_own: &|_| true, had: &|_| Ok(true), lists: &NoListRules };
            let found = told.carried(&ValuePath::root(), [&old, &own, &new]);
            assert_eq!(found, Ok(expected), "{old} {own} {new}");
        }
        // A value that the source had before, what it took away before, and what the target never had.
        let [old, own, new] =
            ["{a: 2, c: 1}", "{a: 1, b: 1}", "{a: 3, c: 1}"].map(|text| document(text).value().clone());
        let told = Own { is_own: &|_| false, had: &|_| Ok(false), lists: &NoListRules };
        assert_eq!(told.carried(&ValuePath::root(), [&old, &own, &new]), Ok(new));
    }
}
