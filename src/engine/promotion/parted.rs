//! Renamed entries of which a part went elsewhere, into which one came from elsewhere, that hold what stays
//! where it is, or whose new name the target has already.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;

use crate::diff::lists::{ListRules, identity, name_of};
use crate::engine::pairs::Pair;
use crate::model::{CommitId, PathTree, Result, Segment, Value, ValuePath};
use crate::yaml::Document;

/// The pairs of what concerns a target, each with the commit that made it one.
#[derive(Default)]
pub(super) struct Candidates {
    pub(super) found: Vec<(CommitId, Pair)>,
    /// Those that are nowhere in the source any more: a part of them may be.
    pub(super) gone_since: Vec<(CommitId, Pair)>,
}

/// What is left of pairs when they are opened.
pub(super) struct Apart {
    pub(super) pairs: Vec<(CommitId, Pair)>,
    /// The elements that make no pair for what is in them: they come or stay away whole.
    pub(super) held: Vec<Pair>,
    /// What the target alone has within what is opened since something moved out or in, and where that goes.
    pub(super) along: Vec<(ValuePath, ValuePath)>,
}

/// The same pairs, but that those are opened of which a part that the target has went elsewhere,
/// or into which such a part came, and those that hold something that makes no pair, or that the target has
/// under both names: each other part is a pair of its own then. `gone` are the target's values that the
/// source removed, and `called` says what it calls now what the target has.
///
/// # Errors
/// Those of `called`.
pub(super) fn apart(
    mut candidates: Candidates,
    gone: &[ValuePath],
    holds_apart: &dyn Fn(&Pair) -> bool,
    called: &dyn Fn(&ValuePath) -> Result<Option<ValuePath>>,
    sides: (&Document, &Document),
    lists: &dyn ListRules,
) -> Result<Apart> {
    let went = went(&candidates, gone, called, sides)?;
    candidates.found.extend(went);
    let found = candidates.found;
    let gone: PathTree<'_, ()> = gone.iter().map(|path| (path, ())).collect();
    let of_end = |end: fn(&Pair) -> &ValuePath| -> PathTree<'_, usize> {
        found.iter().enumerate().map(|(number, (_, pair))| (end(pair), number)).collect()
    };
    let (froms, tos) = (of_end(|pair| &pair.from), of_end(|pair| &pair.to));
    // By number of a pair the parts of which an end is in it.
    let mut parted: HashMap<usize, Vec<&Pair>> = HashMap::new();
    for (_, part) in found.iter().filter(|(_, pair)| gone.reaches(&pair.from)) {
        for number in strictly_above(&froms, &part.from).into_iter().chain(strictly_above(&tos, &part.to)) {
            parted.entry(number).or_default().push(part);
        }
    }
    let (mut out, mut held, mut along) = (Vec::with_capacity(found.len()), Vec::new(), Vec::new());
    for (number, (id, pair)) in found.iter().enumerate() {
        let parts = parted.get(&number).map_or(&[][..], Vec::as_slice);
        let ends = |end: fn(&Pair) -> &ValuePath| -> PathTree<'_, ()> {
            parts.iter().map(|part| (end(part), ())).collect()
        };
        let (from_ends, to_ends) = (ends(|part| &part.from), ends(|part| &part.to));
        let is_parted = |pair: &Pair| {
            (from_ends.reaches(&pair.from) || to_ends.reaches(&pair.to))
                && parts.iter().any(|part| is_parted(pair, part))
        };
        // An element comes or stays away whole.
        let is_element = |pair: &Pair| matches!(pair.from.last(), Some(Segment::Identity { .. }));
        let is_closed = |pair: &Pair| if holds_apart(pair) { is_element(pair) } else { !is_parted(pair) };
        let mut opening = Opening::default();
        open(pair.clone(), &is_closed, called, sides, lists, &mut opening)?;
        for pair in opening.closed {
            if !holds_apart(&pair) {
                out.push((id.clone(), pair));
            } else if is_element(&pair) && sides.1.at(&pair.to).is_none() {
                held.push(pair);
            }
        }
        let opened = opening.opened.iter().filter(|pair| !holds_apart(pair));
        along.extend(opened.flat_map(|pair| of_target_alone(pair, sides, lists)));
    }
    Ok(Apart { pairs: out, held, along })
}

/// Whether what the target has at the old name can go to the new one, or, where both names have a mapping or a list,
/// entries of it can.
pub(super) fn may_move(target: &Document, pair: &Pair) -> bool {
    match (target.at(&pair.from), target.at(&pair.to)) {
        (Some(_), None)
        | (Some(Value::Map(_)), Some(Value::Map(_)))
        | (Some(Value::List(_)), Some(Value::List(_))) => true,
        (_, Some(_)) | (None, None) => false,
    }
}

/// What of the target was below one of these pairs and is not there in the source now but elsewhere, from the
/// highest down.
fn went(
    Candidates { found, gone_since }: &Candidates,
    gone: &[ValuePath],
    called: &dyn Fn(&ValuePath) -> Result<Option<ValuePath>>,
    (source, target): (&Document, &Document),
) -> Result<Vec<(CommitId, Pair)>> {
    let wholes: Vec<&(CommitId, Pair)> = gone_since.iter().chain(found).collect();
    let froms: PathTree<'_, usize> =
        wholes.iter().enumerate().map(|(number, (_, pair))| (&pair.from, number)).collect();
    let mut went: IndexMap<ValuePath, (CommitId, Pair)> = IndexMap::new();
    for path in gone {
        let Some(whole) = strictly_above(&froms, path).first().copied() else { continue };
        let (mut id, mut pair) = (&wholes[whole].0, &wholes[whole].1);
        for from in (pair.from.segments.len() + 1..=path.segments.len()).map(|steps| path.prefix(steps)) {
            // What is within another pair goes along with that.
            if let Some(whole) = froms.get(&from) {
                (id, pair) = (&wholes[*whole].0, &wholes[*whole].1);
                continue;
            }
            let along = from.moved(&pair.from, &pair.to);
            let Some(to) = called(&from)?.filter(|to| *to != along) else { continue };
            let below = from.segments.get(pair.from.segments.len()..).unwrap_or_default();
            let old = below.iter().try_fold(&pair.old, |value, step| value.child(step));
            let is_new = source.at(&to).is_some() && target.at(&to).is_none();
            if let Some(old) = old.filter(|_| is_new) {
                let part = Pair { from: from.clone(), to, old: old.clone() };
                went.entry(from).or_insert_with(|| (id.clone(), part));
            }
            break;
        }
    }
    Ok(went.into_values().collect())
}

fn strictly_above(tree: &PathTree<'_, usize>, path: &ValuePath) -> Vec<usize> {
    let own = path.segments.len();
    tree.above(path).filter(|(steps, _)| *steps < own).map(|(_, number)| *number).collect()
}

/// Whether one end alone of a part is within those of a pair.
fn is_parted(pair: &Pair, part: &Pair) -> bool {
    let strictly = |whole: &ValuePath, part: &ValuePath| whole != part && whole.covers(part);
    strictly(&pair.from, &part.from) != strictly(&pair.to, &part.to)
}

/// A pair as it is opened.
#[derive(Default)]
struct Opening {
    closed: Vec<Pair>,
    opened: Vec<Pair>,
}

/// Gives the pair, or those of its entries where it is not closed.
fn open(
    pair: Pair,
    is_closed: &dyn Fn(&Pair) -> bool,
    called: &dyn Fn(&ValuePath) -> Result<Option<ValuePath>>,
    (source, target): (&Document, &Document),
    lists: &dyn ListRules,
    opening: &mut Opening,
) -> Result<()> {
    let steps = if is_closed(&pair) { Vec::new() } else { steps(&pair, (source, target), lists) };
    if steps.is_empty() {
        opening.closed.push(pair);
        return Ok(());
    }
    for (step, old) in steps {
        let (from, mut to) = (pair.from.join(step.clone()), pair.to.join(step));
        if source.at(&to).is_none() {
            to = called(&from)?.filter(|called| pair.to.covers(called)).unwrap_or(to);
        }
        let entry = Pair { from, to, old: old.clone() };
        let is_new_alone = source.at(&entry.to).is_some() && source.at(&entry.from).is_none();
        if is_new_alone && may_move(target, &entry) {
            open(entry, is_closed, called, (source, target), lists, opening)?;
        }
    }
    opening.opened.push(pair);
    Ok(())
}

/// The entries that neither the source had in a pair nor anybody has under the new name, with their places there.
fn of_target_alone(
    pair: &Pair,
    (source, target): (&Document, &Document),
    lists: &dyn ListRules,
) -> Vec<(ValuePath, ValuePath)> {
    let known: HashSet<Segment> =
        steps(pair, (source, target), lists).into_iter().map(|(step, _)| step).collect();
    let own: Vec<Segment> = match target.at(&pair.from) {
        Some(Value::Map(own)) => own.keys().map(|key| Segment::Key(key.clone())).collect(),
        Some(Value::List(own)) => {
            let field = known.iter().find_map(|step| match step {
                Segment::Identity { field, .. } => Some(field.clone()),
                Segment::Key(_) | Segment::Index(_) | Segment::Append => None,
            });
            let name = |element| {
                let field = field.clone()?;
                let value = name_of(element, &field)?.to_owned();
                Some(Segment::Identity { field, value })
            };
            own.iter().filter_map(name).collect()
        }
        _ => Vec::new(),
    };
    let name = match pair.from.last() {
        Some(Segment::Identity { field, .. }) => Some(field.as_str()),
        _ => None,
    };
    let is_name = |step: &Segment| matches!(step, Segment::Key(key) if Some(key.as_str()) == name);
    let alone = own.into_iter().filter(|step| !known.contains(step) && !is_name(step));
    let ends = alone.map(|step| (pair.from.join(step.clone()), pair.to.join(step)));
    let is_nowhere = |side: &Document, path: &ValuePath| side.at(path).is_none();
    let is_alone = |(from, to): &(ValuePath, ValuePath)| {
        is_nowhere(source, from) && is_nowhere(source, to) && is_nowhere(target, to)
    };
    ends.filter(is_alone).collect()
}

/// The entries of a pair, each with what it held before: those of a mapping, or the elements of a list.
fn steps<'p>(
    pair: &'p Pair,
    (source, target): (&Document, &Document),
    lists: &dyn ListRules,
) -> Vec<(Segment, &'p Value)> {
    match (source.at(&pair.to), target.at(&pair.from), &pair.old) {
        (Some(Value::Map(_)), Some(Value::Map(_)), Value::Map(old)) => {
            old.iter().map(|(key, old)| (Segment::Key(key.clone()), old)).collect()
        }
        (Some(Value::List(new)), Some(Value::List(own)), Value::List(old)) => {
            let field = identity(lists, &pair.to, own, new).filter(|field| old.is_told_apart_by(field));
            let Some(field) = field else { return Vec::new() };
            let step = |old| {
                let value = name_of(old, &field)?.to_owned();
                Some((Segment::Identity { field: field.clone(), value }, old))
            };
            old.iter().filter_map(step).collect()
        }
        _ => Vec::new(),
    }
}
