//! Renamed pairs: an entry that a source commit took away at one path and brought at another, as one line.
//!
//! Whoever renames an entry means one entry. A target that has it under its old name gets it under
//! the new one, with its own values in it: what was the source's old value becomes the source's, what
//! was its own stays so.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use super::carried::{Carried, Known, Own};
use super::entry::{Action, PlanEntry, Renamed};
use super::judge::Judge;
use super::leaves::highest_absent;
use super::parted::{self, Apart, Candidates};
use super::reason::Reason;
use super::resolution::{Level, Resolution};
use super::source_commits::{SourceCommit, SourceCommits};
use crate::diff::lists::ListRules;
use crate::engine::pairs::{Pair, pairs};
use crate::model::{CommitId, CommitInfo, PathTree, Result, Segment, Value, ValuePath};
use crate::yaml::Document;

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
    mut lines: Vec<PlanEntry>,
    commits: &SourceCommits<'_>,
    (source, target): (&Document, &Document),
    lists: &dyn ListRules,
    is_apart: &dyn Fn(&ValuePath, &Value) -> bool,
    judge: &Judge<'_>,
) -> Result<Vec<PlanEntry>> {
    let concerns = |pair: &Pair| {
        let is_new_alone = source.at(&pair.to).is_some() && source.at(&pair.from).is_none();
        is_new_alone && parted::may_move(target, pair)
    };
    let stays = |line: &&PlanEntry| {
        matches!(line.resolution, Resolution::Pinned | Resolution::Unknown) || line.secret
    };
    let staying: PathTree<'_, ()> = lines.iter().filter(stays).map(|line| (&line.path, ())).collect();
    let holds_apart = |pair: &Pair| {
        target.at(&pair.to).is_some()
            || [&pair.from, &pair.to].into_iter().any(|end| staying.reaches(end))
            || is_apart(&pair.from, &pair.old)
            || source.at(&pair.to).is_some_and(|new| is_apart(&pair.to, new))
    };
    let mut candidates = Candidates::default();
    // What the target has under names of before those commits, as the source called it right after them.
    let mut called: HashMap<ValuePath, (usize, ValuePath)> = HashMap::new();
    let mut ids = renaming_commits(&lines);
    let mut later: Vec<Later<'_>> = Vec::new();
    while let Some(id) = ids.get(later.len()).cloned() {
        let behind = Later::behind(id.clone(), commits);
        for mut pair in
            (commits.by)(&id)?.iter().flat_map(|by| pairs(&by.before, &by.after, commits.documents, lists))
        {
            if target.at(&pair.from).is_none() {
                continue;
            }
            called.entry(pair.from.clone()).or_insert_with(|| (later.len(), pair.to.clone()));
            if source.at(&pair.to).is_none() {
                let (to, renaming) = behind.called(pair.to, lists)?;
                pair.to = to;
                let unknown: Vec<_> = renaming.into_iter().filter(|id| !ids.contains(id)).collect();
                ids.extend(unknown);
            }
            if concerns(&pair) {
                candidates.found.push((id.clone(), pair));
            } else if source.at(&pair.to).is_none() {
                candidates.gone_since.push((id.clone(), pair));
            }
        }
        later.push(behind);
    }
    let called = |path: &ValuePath| {
        let above = (0..=path.segments.len()).rev().map(|steps| path.prefix(steps));
        let Some((from, (number, to))) = above.filter_map(|above| called.get_key_value(&above)).next() else {
            return Ok(None);
        };
        later[*number].called(path.moved(from, to), lists).map(|(path, _)| Some(path))
    };
    // What an element of before a commit is called.
    let by_id: HashMap<&CommitId, &Later<'_>> = later.iter().map(|behind| (&behind.id, behind)).collect();
    let called_since = |id: &CommitId, element: &ValuePath| match called(element)? {
        Some(now) => Ok(now),
        None => match by_id.get(id) {
            Some(behind) => behind.called(element.clone(), lists).map(|(now, _)| now),
            None => Ok(element.clone()),
        },
    };
    candidates.found = not_within_elements(candidates.found, (source, target), &called_since)?;
    let gone = lines.iter().filter(|line| line.source.is_none() && line.resolution == Resolution::Removed);
    let gone: Vec<ValuePath> = gone.map(|line| line.path.clone()).collect();
    let Apart { pairs: found, held, along } =
        parted::apart(candidates, &gone, &holds_apart, &called, (source, target), lists)?;
    drop(staying);
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
    keep_held(&mut lines, &held);
    let mut lines: Vec<Option<PlanEntry>> = lines.into_iter().map(Some).collect();
    let mut parts = Vec::new();
    for ((commit, pair), [old, new]) in found.iter().zip(at) {
        let of = |numbers: &[usize]| -> Vec<&PlanEntry> {
            numbers.iter().filter_map(|number| lines[*number].as_ref()).collect()
        };
        let ends = [&*of(&old), &*of(&new)];
        let known = Known { source, called: &called, had: commits.target_had, lists };
        let joined = join(commit, pair, ends, (source, target), &known)?;
        let (Some(joined), Some(place)) = (joined, new.first()) else { continue };
        parts.extend(conflicts_within(&joined, ends[1], source, judge)?);
        parts.extend(removals_within(&joined, ends[0], source));
        for number in old.iter().chain(&new) {
            lines[*number] = None;
        }
        lines[*place] = Some(joined);
    }
    let lines = lines.into_iter().flatten().chain(parts).collect();
    Ok(gone_along(lines, &along, target))
}

/// Keeps elements that come or stay away whole, and hold something that is not promoted, as they are under both
/// names.
fn keep_held(lines: &mut [PlanEntry], held: &[Pair]) {
    let ends = held.iter().flat_map(|pair| [(&pair.from, pair), (&pair.to, pair)]);
    let ends: PathTree<'_, &Pair> = ends.collect();
    for line in lines {
        let is_one_end = line.source.is_none() || line.target.is_none();
        let is_free = matches!(line.resolution, Resolution::Removed | Resolution::New | Resolution::LeftOut);
        if let Some((_, pair)) =
            ends.above(&line.path).next().filter(|_| is_one_end && is_free && !line.literal)
        {
            let (here, there) = (pair.from.clone(), pair.to.clone());
            (line.resolution, line.level) = (Resolution::EnvironmentSpecific, Level::Keep);
            line.reason = Reason::HeldWhole { here, there };
        }
    }
}

/// The lines with those of what the target alone has beside entries that are renamed: it goes with them, to these
/// places.
fn gone_along(lines: Vec<PlanEntry>, along: &[(ValuePath, ValuePath)], target: &Document) -> Vec<PlanEntry> {
    if along.is_empty() {
        return lines;
    }
    let froms: PathTree<'_, usize> = along.iter().enumerate().map(|(at, (from, _))| (from, at)).collect();
    let mut goes: Vec<Option<bool>> = vec![None; along.len()];
    let mut beside: HashMap<ValuePath, usize> = HashMap::new();
    for (number, line) in lines.iter().enumerate() {
        if let Some((_, at)) = froms.above(&line.path).next() {
            let is_alone = line.reason == Reason::OnlyInTarget && !line.secret;
            goes[*at] = Some(goes[*at].unwrap_or(true) && is_alone);
        }
        for above in (0..line.path.segments.len()).filter(|_| line.renamed.is_some()) {
            beside.entry(line.path.prefix(above)).or_insert(number);
        }
    }
    let joined = |from: &ValuePath, to: &ValuePath| {
        let (beside, own) = (&lines[*beside.get(&to.parent()?)?], target.at(from)?);
        Some(PlanEntry {
            path: to.clone(),
            pointer: target.pointer(to),
            source: None,
            was: None,
            target: Some(own.clone()),
            top: highest_absent(target, to),
            renamed: Some(Box::new(Renamed {
                from: from.clone(),
                within: Vec::new(),
                moved: Vec::new(),
                carried: own.clone(),
            })),
            replaced_by: Vec::new(),
            ..beside.clone()
        })
    };
    let moving: Vec<Option<PlanEntry>> = along
        .iter()
        .zip(goes)
        .map(|((from, to), goes)| joined(from, to).filter(|_| goes == Some(true)))
        .collect();
    let is_left = |line: &PlanEntry| match froms.above(&line.path).next() {
        Some((_, at)) => moving[*at].is_none(),
        None => true,
    };
    let mut out: Vec<PlanEntry> = lines.into_iter().filter(is_left).collect();
    out.extend(moving.into_iter().flatten());
    out
}

/// The conflicts within a renamed entry, by the new names: each is decided by itself, as part of what moves.
fn conflicts_within(
    joined: &PlanEntry,
    at_new: &[&PlanEntry],
    source: &Document,
    judge: &Judge<'_>,
) -> Result<Vec<PlanEntry>> {
    let mut conflicts = Vec::new();
    let Some(renamed) = joined.renamed.as_ref().filter(|_| joined.resolution == Resolution::Renamed) else {
        return Ok(conflicts);
    };
    for line in at_new.iter().filter(|line| line.path != joined.path) {
        let below = line.path.segments.get(joined.path.segments.len()..).unwrap_or_default();
        let own = below.iter().try_fold(&renamed.carried, |value, step| value.child(step));
        let Some(own) = own.filter(|own| line.source.as_ref() != Some(own)) else { continue };
        let judged = judge.judge_renamed(&line.path)?;
        let Some(judged) = judged.filter(|it| it.resolution == Resolution::Conflict) else { continue };
        conflicts.push(PlanEntry {
            path: line.path.clone(),
            pointer: source.pointer(&line.path),
            resolution: judged.resolution,
            level: judged.level,
            verdict: Action::Keep,
            source: line.source.clone(),
            base: judged.base,
            was: judged.was,
            target: Some(own.clone()),
            reason: judged.reason,
            commit: judged.source_commit,
            origin: None,
            target_commit: judged.target_commit,
            top: line.path.clone(),
            renamed: None,
            replaced_by: Vec::new(),
            secret: false,
            literal: false,
        });
    }
    Ok(conflicts)
}

/// What the source has no more of what it renamed, and the target has for itself, by the new names: whether it goes
/// is asked by itself.
fn removals_within(joined: &PlanEntry, at_old: &[&PlanEntry], source: &Document) -> Vec<PlanEntry> {
    let Some(renamed) = joined.renamed.as_ref().filter(|_| joined.resolution == Resolution::Renamed) else {
        return Vec::new();
    };
    let mut seen = HashSet::new();
    let part = |line: &&PlanEntry| {
        let path = highest_absent(source, &line.path.moved(&renamed.from, &joined.path));
        let below = path.segments.get(joined.path.segments.len()..)?;
        let own = below.iter().try_fold(&renamed.carried, |value, step| value.child(step))?;
        let is_gone = !below.is_empty() && source.at(&path).is_none();
        (is_gone && seen.insert(path.clone())).then(|| PlanEntry {
            pointer: source.pointer(&path),
            target: Some(own.clone()),
            top: path.clone(),
            path,
            ..(*line).clone()
        })
    };
    let is_asked = |line: &&&PlanEntry| line.resolution == Resolution::Removed && line.level == Level::Ask;
    at_old.iter().filter(is_asked).filter_map(part).collect()
}

/// What a commit renamed, worked out when it is asked for.
type Renames = OnceCell<HashMap<ValuePath, ValuePath>>;

/// The commits behind one, oldest first, read when they are asked for.
struct Later<'c> {
    id: CommitId,
    commits: &'c SourceCommits<'c>,
    read: OnceCell<Vec<(SourceCommit, Renames)>>,
}

impl<'c> Later<'c> {
    const fn behind(id: CommitId, commits: &'c SourceCommits<'c>) -> Self {
        Self { id, commits, read: OnceCell::new() }
    }

    /// What an entry is called after these commits, and those of them that renamed it again.
    fn called(&self, mut path: ValuePath, lists: &dyn ListRules) -> Result<(ValuePath, Vec<CommitId>)> {
        let mut renaming = Vec::new();
        let commits = match self.read.get() {
            Some(read) => read,
            None => {
                let read = (self.commits.since)(&self.id)?.into_iter();
                self.read.get_or_init(|| read.map(|commit| (commit, OnceCell::new())).collect())
            }
        };
        for (commit, renamed) in commits {
            if commit.before.at(&path).is_none() || commit.after.at(&path).is_some() {
                continue;
            }
            let renamed = renamed.get_or_init(|| {
                pairs(&commit.before, &commit.after, self.commits.documents, lists)
                    .into_iter()
                    .map(|pair| (pair.from, pair.to))
                    .collect()
            });
            let mut above = (0..=path.segments.len()).map(|steps| path.prefix(steps));
            let Some((from, to)) = above.find_map(|above| renamed.get_key_value(&above)) else { break };
            path = path.moved(from, to);
            renaming.push(commit.id.clone());
        }
        Ok((path, renaming))
    }
}

/// The pairs without those of which an end is within an element that a side lacks, under another name too:
/// elements go and come whole.
fn not_within_elements(
    mut found: Vec<(CommitId, Pair)>,
    (source, target): (&Document, &Document),
    called_since: &dyn Fn(&CommitId, &ValuePath) -> Result<ValuePath>,
) -> Result<Vec<(CommitId, Pair)>> {
    let pairs: Vec<Pair> = found.iter().map(|(_, pair)| pair.clone()).collect();
    let tos: PathTree<'_, &Pair> = pairs.iter().map(|pair| (&pair.to, pair)).collect();
    let mut stays = Vec::with_capacity(found.len());
    for (id, pair) in &found {
        let goes = |element: &ValuePath| {
            Ok(source.at(element).is_none() && source.at(&called_since(id, element)?).is_none())
        };
        let comes = |element: &ValuePath| {
            let mut former = tos.above(element).map(|(_, above)| element.moved(&above.to, &above.from));
            Ok(target.at(element).is_none() && !former.any(|former| target.at(&former).is_some()))
        };
        stays.push(!is_any_element(&pair.from, &goes)? && !is_any_element(&pair.to, &comes)?);
    }
    let mut stays = stays.into_iter();
    found.retain(|_| stays.next().unwrap_or_default());
    Ok(found)
}

/// Whether it is so of an element that a path leads into.
fn is_any_element(path: &ValuePath, is_so: &dyn Fn(&ValuePath) -> Result<bool>) -> Result<bool> {
    for element in (1..path.segments.len()).map(|steps| path.prefix(steps)) {
        if matches!(element.last(), Some(Segment::Identity { .. })) && is_so(&element)? {
            return Ok(true);
        }
    }
    Ok(false)
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
    // What the target removed under its old name stays away, and hinders nothing else.
    let (gone, come): (Vec<&PlanEntry>, Vec<&PlanEntry>) =
        at_new.iter().partition(|line| matches!(line.reason, Reason::TargetRemovedAs(_)));
    let come = if come.is_empty() { at_new } else { &come };
    let removed = at_old.iter().find(|line| line.commit.is_some()).or(at_old.first());
    let (Some(removed), Some(level)) = (removed, come.iter().map(|line| line.level).max()) else {
        return Ok(None);
    };
    let declined = at_old.iter().chain(at_new).find(|line| line.resolution == Resolution::Declined);
    // What the target has of the source's past is waiting, and none of its own.
    let own_leaves: PathTree<'_, ()> =
        at_old.iter().filter(|line| is_targets_own(line)).map(|line| (&line.path, ())).collect();
    let is_own = |path: &ValuePath| own_leaves.reaches(path) || own_leaves.above(path).next().is_some();
    let gone: HashSet<&ValuePath> = gone.iter().map(|line| &line.path).collect();
    let is_gone = |path: &ValuePath| gone.contains(path);
    let own_values = Own { pair, is_own: &is_own, is_gone: &is_gone, known };
    let Carried { value: carried, keys: within, moved } = own_values.carried(own, new)?;
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
        renamed: Some(Box::new(Renamed { from: pair.from.clone(), within, moved, carried })),
        replaced_by: Vec::new(),
        secret: false,
        literal: false,
    }))
}

/// Whether what the target has there is its own, and not what the source had once.
const fn is_targets_own(line: &PlanEntry) -> bool {
    !matches!(line.reason, Reason::Removed { is_own: false, .. })
}
