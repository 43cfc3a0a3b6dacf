//! What is decided within a renamed entry by itself: it is a part of what moves.

use std::borrow::Cow;
use std::collections::HashSet;

use super::carried::take;
use super::entry::{Action, PlanEntry};
use super::resolution::{Level, Resolution};
use crate::model::{PathTree, Segment, Value, ValuePath};
use crate::yaml::Document;

/// By number of a line that speaks of a part of a renamed entry, the number of that entry's line.
fn parts(lines: &[PlanEntry]) -> Vec<(usize, usize)> {
    let renamed = lines.iter().enumerate().filter(|(_, line)| line.renamed.is_some());
    let renamed: PathTree<'_, usize> = renamed.map(|(number, line)| (&line.path, number)).collect();
    let part = |(number, line): (usize, &PlanEntry)| {
        let (_, whole) = renamed.above(&line.path).next()?;
        (*whole != number).then_some((number, *whole))
    };
    lines.iter().enumerate().filter_map(part).collect()
}

/// Lines for those of these paths that are within a renamed entry, by its new name, and of which no line speaks:
/// somebody decides of them by themselves.
#[must_use]
pub fn parts_at<'p>(
    lines: &[PlanEntry],
    paths: impl Iterator<Item = &'p ValuePath>,
    source: &Document,
) -> Vec<PlanEntry> {
    let wholes = lines.iter().filter(|line| line.renamed.is_some()).map(|line| (&line.path, line));
    let wholes: PathTree<'_, &PlanEntry> = wholes.collect();
    let known: HashSet<&ValuePath> = lines.iter().map(|line| &line.path).collect();
    let mut seen = HashSet::new();
    let part = |path: &ValuePath| {
        let (_, whole) = wholes.above(path).next().filter(|_| !known.contains(path))?;
        let below = path.segments.get(whole.path.segments.len()..).unwrap_or_default();
        let at = |value: &Value| below.iter().try_fold(value, |value, step| value.child(step)).cloned();
        let (new, own) = (whole.source.as_ref().and_then(at)?, at(&whole.renamed.as_ref()?.carried)?);
        Some(PlanEntry {
            path: path.clone(),
            pointer: source.pointer(path),
            resolution: Resolution::EnvironmentSpecific,
            level: Level::Keep,
            verdict: Action::Keep,
            source: Some(new),
            target: Some(own),
            top: path.clone(),
            renamed: None,
            was: None,
            ..(*whole).clone()
        })
    };
    paths.filter(|path| seen.insert(*path)).filter_map(part).collect()
}

/// Leaves parts as they are where what they are in does not move.
pub(super) fn stay_with_the_whole(lines: &mut [PlanEntry]) {
    for (part, whole) in parts(lines) {
        if lines[part].is_taken() && !lines[whole].is_taken() {
            lines[part].verdict = Action::Keep;
        }
    }
}

/// The lines with what was decided of parts in the value of what they are in.
#[must_use]
pub fn with_parts(lines: &[PlanEntry]) -> Cow<'_, [PlanEntry]> {
    let parts = parts(lines);
    let is_given = |line: &PlanEntry| line.renamed.is_some() && matches!(line.verdict, Action::Set(_));
    if parts.is_empty() && !lines.iter().any(is_given) {
        return Cow::Borrowed(lines);
    }
    let mut out = lines.to_vec();
    for (part, whole) in &parts {
        let value = match &lines[*part].verdict {
            Action::Take => lines[*part].source.clone(),
            Action::Set(value) => Some(value.clone()),
            Action::Decline | Action::Keep | Action::Ask | Action::Stop => continue,
        };
        let whole = &mut out[*whole];
        let below = lines[*part].path.segments.get(whole.path.segments.len()..).unwrap_or_default();
        let given = match (&mut whole.verdict, &mut whole.renamed) {
            (Action::Set(given), _) => Some(given),
            (_, Some(renamed)) => Some(&mut renamed.carried),
            (_, None) => None,
        };
        if let Some(given) = given {
            replace(given, below, value);
        }
    }
    // What is given to something renamed is what it holds afterwards.
    for line in out.iter_mut().filter(|line| is_given(line)) {
        if let (Action::Set(given), Some(renamed)) = (&line.verdict, &mut line.renamed) {
            renamed.carried = given.clone();
            line.verdict = Action::Take;
        }
    }
    let parts: PathTree<'_, ()> = parts.iter().map(|(part, _)| (&lines[*part].path, ())).collect();
    out.retain(|line| parts.get(&line.path).is_none());
    Cow::Owned(out)
}

/// Replaces what is at a path, or takes it away.
fn replace(value: &mut Value, path: &[Segment], new: Option<Value>) {
    let Some((step, rest)) = path.split_first() else {
        *value = new.unwrap_or(Value::Null);
        return;
    };
    if rest.is_empty() && new.is_none() {
        take(value, path);
        return;
    }
    let child = match (step, value) {
        (_, Value::Tagged(_, inner)) => return replace(inner, path, new),
        (Segment::Key(key), Value::Map(map)) => map.get_mut(key),
        (Segment::Identity { field, value }, Value::List(list)) => {
            list.position(field, value).and_then(|at| list.get_mut(at))
        }
        _ => None,
    };
    if let Some(child) = child {
        replace(child, rest, new);
    }
}
