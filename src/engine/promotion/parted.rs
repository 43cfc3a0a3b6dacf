//! Renamed entries of which a part went elsewhere, or into which one came from elsewhere.

use std::collections::HashMap;

use crate::engine::pairs::Pair;
use crate::model::{CommitId, PathTree, Result, Value, ValuePath};
use crate::yaml::Document;

/// The same pairs, but that those are opened of which a part with a value of the target's own went elsewhere,
/// or into which such a part came: each part is a pair of its own then. `own` are the target's own values that
/// the source removed, and `called` says what it calls now what the target has.
///
/// # Errors
/// Those of `called`.
pub(super) fn apart(
    mut found: Vec<(CommitId, Pair)>,
    own: &[ValuePath],
    called: &dyn Fn(&ValuePath) -> Result<Option<ValuePath>>,
    sides: (&Document, &Document),
) -> Result<Vec<(CommitId, Pair)>> {
    let went = went(&found, own, called, sides)?;
    found.extend(went);
    let own: PathTree<'_, ()> = own.iter().map(|path| (path, ())).collect();
    let of_end = |end: fn(&Pair) -> &ValuePath| -> PathTree<'_, usize> {
        found.iter().enumerate().map(|(number, (_, pair))| (end(pair), number)).collect()
    };
    let (froms, tos) = (of_end(|pair| &pair.from), of_end(|pair| &pair.to));
    // By number of a pair the parts of which one end alone is in it.
    let mut parted: HashMap<usize, Vec<&Pair>> = HashMap::new();
    for (_, part) in found.iter().filter(|(_, pair)| own.reaches(&pair.from)) {
        let whole = strictly_above(&froms, &part.from).into_iter().chain(strictly_above(&tos, &part.to));
        for number in whole.filter(|number| is_parted(&found[*number].1, part)) {
            parted.entry(number).or_default().push(part);
        }
    }
    let mut out = Vec::with_capacity(found.len());
    for (number, (id, pair)) in found.iter().enumerate() {
        let parts = parted.get(&number).map_or(&[][..], Vec::as_slice);
        let is_parted = |pair: &Pair| parts.iter().any(|part| is_parted(pair, part));
        open(pair.clone(), &is_parted, called, sides, &mut |pair| out.push((id.clone(), pair)))?;
    }
    Ok(out)
}

/// The target's own values that were below one of these pairs and are elsewhere in the source now.
fn went(
    found: &[(CommitId, Pair)],
    own: &[ValuePath],
    called: &dyn Fn(&ValuePath) -> Result<Option<ValuePath>>,
    (source, target): (&Document, &Document),
) -> Result<Vec<(CommitId, Pair)>> {
    let froms: PathTree<'_, usize> =
        found.iter().enumerate().map(|(number, (_, pair))| (&pair.from, number)).collect();
    let mut went = Vec::new();
    for path in own {
        let Some(whole) = strictly_above(&froms, path).first().copied() else { continue };
        let (id, pair) = &found[whole];
        let Some(to) = called(path)?.filter(|to| !pair.to.covers(to)) else { continue };
        let below = path.segments.get(pair.from.segments.len()..).unwrap_or_default();
        let old = below.iter().try_fold(&pair.old, |value, step| value.child(step));
        let is_new = source.at(&to).is_some() && target.at(&to).is_none() && froms.get(path).is_none();
        if let Some(old) = old.filter(|_| is_new) {
            went.push((id.clone(), Pair { from: path.clone(), to, old: old.clone() }));
        }
    }
    Ok(went)
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

/// Gives the pair, or those of its entries where it is parted.
fn open(
    pair: Pair,
    is_parted: &dyn Fn(&Pair) -> bool,
    called: &dyn Fn(&ValuePath) -> Result<Option<ValuePath>>,
    (source, target): (&Document, &Document),
    each: &mut dyn FnMut(Pair),
) -> Result<()> {
    let sides = [source.at(&pair.to), target.at(&pair.from), Some(&pair.old)];
    let are_mappings = sides.iter().all(|side| matches!(side, Some(Value::Map(_))));
    if !are_mappings || !is_parted(&pair) {
        each(pair);
        return Ok(());
    }
    for (key, old) in pair.old.as_map().into_iter().flatten() {
        let (from, mut to) = (pair.from.key(key), pair.to.key(key));
        if source.at(&to).is_none() {
            to = called(&from)?.filter(|called| pair.to.covers(called)).unwrap_or(to);
        }
        let is_there = target.at(&from).is_some() && source.at(&to).is_some();
        if is_there && source.at(&from).is_none() && target.at(&to).is_none() {
            open(Pair { from, to, old: old.clone() }, is_parted, called, (source, target), each)?;
        }
    }
    Ok(())
}
