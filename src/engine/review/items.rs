//! What a change does to the values of one item, and where they came from.

use indexmap::IndexMap;

use super::base_plan::BasePlan;
use super::input::{Input, Side};
use super::skipped::skipped;
use super::{FileChangeKind, ItemChange, Origin, Row};
use crate::diff::{Change, Depth, diff, leaves_of};
use crate::engine::compare::row;
use crate::engine::departure::{Departure, departure};
use crate::engine::promotion::{Level, Reason};
use crate::model::{CommitInfo, Environment, Hop, Result, Segment, Value, ValuePath};
use crate::secrets::encrypted::{holds_ciphertext, is_encrypted, is_metadata};

/// What a change does to one item.
#[derive(Debug, Default)]
pub struct Judged {
    /// Environment by environment.
    pub changes: Vec<ItemChange>,
    /// The production values that skipped staging.
    pub skipped: Vec<ValuePath>,
}

/// Judges one item.
///
/// # Errors
/// When its past cannot be read.
pub fn judge_item(input: &Input<'_>) -> Result<Judged> {
    let mut out = Judged::default();
    for environment in input.touched {
        let (what, found) = input.changes(*environment)?;
        if *environment == Environment::Production {
            out.skipped = skipped(input, &found)?;
        }
        let rows = input.rows(*environment, found);
        out.changes.push(ItemChange { key: input.key.clone(), environment: *environment, what, rows });
    }
    Ok(out)
}

impl<'a> Input<'a> {
    fn changes(&self, environment: Environment) -> Result<(FileChangeKind, Vec<(ValuePath, Origin)>)> {
        let [before, after] = self.sides(environment);
        let what = match (before, after) {
            (_, Side::Unreadable) => return Ok((FileChangeKind::Unreadable, Vec::new())),
            (Side::Unreadable, Side::Read(_)) => return Ok((FileChangeKind::Readable, Vec::new())),
            (_, Side::Absent) => FileChangeKind::Removed,
            (Side::Absent, Side::Read(_)) => FileChangeKind::Added,
            (Side::Read(_), Side::Read(_)) => FileChangeKind::Modified,
        };
        if let (FileChangeKind::Modified, Some(old)) = (&what, (self.renamed)(environment)) {
            return Ok((FileChangeKind::Renamed(old), Vec::new()));
        }
        let [left, right] =
            [before, after].map(|side| side.document().map_or(&[][..], |document| document.values()));
        if what == FileChangeKind::Modified && is_encrypted(right) {
            return Ok((FileChangeKind::Encrypted, self.in_plain_text(environment, left, right)?));
        }
        let mut found = Vec::new();
        for change in diff(left, right, self.lists, Depth::Whole) {
            self.split(environment, &change, &mut found)?;
        }
        let only_layout = found.is_empty() && what == FileChangeKind::Modified;
        Ok((if only_layout { FileChangeKind::Layout } else { what }, found))
    }

    /// The differences that are not SOPS's own, of which each encryption makes new ones.
    fn in_plain_text(
        &self,
        environment: Environment,
        left: &[Value],
        right: &[Value],
    ) -> Result<Vec<(ValuePath, Origin)>> {
        let is_plain = |change: &Change<'_>| {
            let is_cipher = [change.left, change.right].into_iter().flatten().any(holds_ciphertext);
            !is_cipher && !is_metadata(left, &change.path) && !is_metadata(right, &change.path)
        };
        let plain = diff(left, right, self.lists, Depth::Leaves).into_iter().filter(is_plain);
        plain.map(|change| Ok((change.path.clone(), self.origin(environment, &change.path)?))).collect()
    }

    /// One difference, or, where what lies below one path came from several places, the highest
    /// paths that each came from one.
    fn split(
        &self,
        environment: Environment,
        change: &Change<'_>,
        out: &mut Vec<(ValuePath, Origin)>,
    ) -> Result<()> {
        let one_sided = change.left.is_none() || change.right.is_none();
        let value = change.left.or(change.right);
        let is_leaf = value.is_none_or(Value::is_scalar);
        let goes_by_no_path = self.plan_into(environment).is_none();
        if is_leaf || !one_sided || goes_by_no_path {
            let origin = self.origin(environment, &change.path)?;
            let may_hold_pins = change.right.is_some() && !self.base_policy.pins.is_empty();
            let is_one = match &origin {
                Origin::ByHand(_) => false,
                Origin::Promoted(_) | Origin::Offered { .. } => !may_hold_pins,
                Origin::Together(_) | Origin::Overtaken(..) | Origin::Overwrites { .. } => true,
            };
            if is_leaf || !one_sided || is_one {
                out.push((change.path.clone(), origin));
                return Ok(());
            }
        }
        let leaves = leaves_of(change, self.lists).into_iter().map(|leaf| leaf.path);
        let judged: Result<Vec<_>> =
            leaves.map(|path| self.origin(environment, &path).map(|origin| (path, origin))).collect();
        gather(&change.path, judged?, out);
        Ok(())
    }

    fn origin(&self, environment: Environment, path: &ValuePath) -> Result<Origin> {
        let [_, value] = self.values(environment, path);
        if let Some(hop) = Hop::into_target(environment) {
            let source = hop.source();
            if let Some(origin) = self.by_plan(hop, path, value)? {
                let is_promoted = matches!(origin, Origin::Promoted(_) | Origin::Offered { .. });
                let left = if is_promoted { (self.left_since)(source, path, value)? } else { None };
                return Ok(left.map_or(origin, |left| Origin::Overtaken(source, left)));
            }
            if !self.sets(source, path) && self.is_in(source) {
                let past = (self.past)(source)?.unwrap_or_default();
                let left = departure(past.iter().map(|version| version.at(path)), value);
                if let Some(left) = left.filter(|left| *left == Departure::TakenBack) {
                    return Ok(Origin::Overtaken(source, left));
                }
                // Who goes back to a value of the target's own promotes nothing.
                if let Some(left) = left {
                    let own = (self.past)(environment)?.unwrap_or_default();
                    let before = own.iter().rev().skip_while(|version| version.at(path) == value);
                    if !before.into_iter().any(|version| version.at(path) == value) {
                        return Ok(Origin::Overtaken(source, left));
                    }
                }
            }
        }
        let others: Vec<_> = environment.others().filter(|other| self.sets(*other, path)).collect();
        let same: Vec<_> =
            others.iter().copied().filter(|other| self.values(*other, path)[1] == value).collect();
        Ok(if same.is_empty() { Origin::ByHand(others) } else { Origin::Together(same) })
    }

    /// The plan into an environment that the item is still in: one that goes as a whole goes by no path.
    fn plan_into(&self, environment: Environment) -> Option<&'a BasePlan> {
        (self.plan)(environment).filter(|_| self.is_in(environment))
    }

    /// What the plan at the base makes of `value`, which the change gives the target; `None` when it
    /// is not what a promotion would bring.
    fn by_plan(&self, hop: Hop, path: &ValuePath, value: Option<&Value>) -> Result<Option<Origin>> {
        let promoted = Some(Origin::Promoted(hop.source()));
        let [source, _] = self.values(hop.source(), path);
        let Some(plan) = self.plan_into(hop.target()) else {
            if !self.is_promoted(hop.source(), path, value)? {
                return Ok(None);
            }
            let pin = self.base_policy.pin(self.key, path, hop).filter(|_| value.is_some());
            let pinned = pin.map(|pin| Origin::Overwrites {
                hop,
                since: None,
                reason: Reason::Pinned { line: pin.line },
            });
            return Ok(pinned.or(promoted));
        };
        let Some(entry) = plan.entry(path).filter(|_| !plan.is_unknown()) else {
            let is_brought = source == value && value.is_some() && !plan.is_unknown();
            return Ok(promoted.filter(|_| is_brought));
        };
        // What the target had under the old name goes on under the new one.
        let carried = entry.renamed.as_ref().filter(|_| entry.path.covers(path)).map(|renamed| {
            let rest = path.segments.get(entry.path.segments.len()..).unwrap_or_default();
            rest.iter().try_fold(&renamed.carried, |value, segment| value.child(segment))
        });
        let is_brought = match (&entry.renamed, carried) {
            (Some(renamed), _) if renamed.from == *path => value.is_none(),
            (_, Some(carried)) if carried == value => true,
            (_, Some(_)) if source == value && value.is_some() => {
                let since = entry.target_commit.as_ref().map(CommitInfo::date);
                return Ok(Some(Origin::Overwrites { hop, since, reason: entry.reason.clone() }));
            }
            (_, Some(_)) => false,
            (_, None) => source == value,
        };
        Ok(match entry.level {
            _ if !is_brought => None,
            Level::Take | Level::Ask => promoted,
            Level::Offer => Some(Origin::Offered { hop, reason: entry.reason.clone() }),
            Level::Keep | Level::Stop => Some(Origin::Overwrites {
                hop,
                since: entry.target_commit.as_ref().map(CommitInfo::date),
                reason: entry.reason.clone(),
            }),
        })
    }

    /// Whether `value` is what the source had before the change, wherever that moves the source; or
    /// its absence what the source had and has still, after it once had a value.
    fn is_promoted(&self, source: Environment, path: &ValuePath, value: Option<&Value>) -> Result<bool> {
        let [before, after] = self.values(source, path);
        if before != value || value.is_some() || after.is_some() {
            return Ok(before == value && value.is_some());
        }
        let past = (self.past)(source)?.unwrap_or_default();
        Ok(past.iter().any(|version| version.at(path).is_some()))
    }

    fn rows(&self, environment: Environment, found: Vec<(ValuePath, Origin)>) -> Vec<Row> {
        let [from, to] = self.sides(environment).map(Side::document);
        let secrets = self.masks.map(|mask| mask.secrets_of([from, to].into_iter().flatten()));
        let [old, new] = [self.masks[0].within(&secrets[0]), self.masks[1].within(&secrets[1])];
        let row = |(path, origin): (ValuePath, Origin)| {
            let [left, right] = self.values(environment, &path);
            let change = Change { path: path.clone(), left, right };
            let mut diff = row(&change, from, to, &new);
            for value in [&mut diff.left, &mut diff.right] {
                *value = value.take().map(|value| old.again(&path, &value));
            }
            Row { diff, origin }
        };
        found.into_iter().map(row).collect()
    }
}

/// Leaves of one origin as one, at the highest path at or below `at`.
fn gather(at: &ValuePath, leaves: Vec<(ValuePath, Origin)>, out: &mut Vec<(ValuePath, Origin)>) {
    let one_origin = leaves.windows(2).all(|pair| pair[0].1 == pair[1].1);
    if let ([(_, origin), ..], true) = (leaves.as_slice(), one_origin) {
        out.push((at.clone(), origin.clone()));
        return;
    }
    let depth = at.segments.len();
    let mut branches: IndexMap<Segment, Vec<(ValuePath, Origin)>> = IndexMap::new();
    for (path, origin) in leaves {
        match path.segments.get(depth).cloned() {
            Some(segment) => branches.entry(segment).or_default().push((path, origin)),
            None => out.push((path, origin)),
        }
    }
    for (segment, leaves) in branches {
        gather(&at.join(segment), leaves, out);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::input::{Exemptions, Sides};
    use super::*;
    use crate::diff::lists::NoListRules;
    use crate::engine::naming::Naming;
    use crate::model::Policy;
    use crate::model::lookups::{LONG, assert_linear};
    use crate::secrets::mask::Mask;
    use crate::yaml::{Document, Limits};

    #[test]
    fn a_change_takes_twice_the_steps_for_twice_the_entries() {
        let parse = |text: &str| Document::parse(text.as_bytes(), &Limits::default()).expect("YAML");
        let (key, policy) = ("app".parse().expect("a key"), Policy::default());
        let touched = BTreeSet::from([Environment::Development, Environment::Production]);
        for (what, text) in LONG {
            assert_linear(what, |n| {
                let (old, new) = (parse(&text(n, false)), parse(&text(n, true)));
                let [before, after] = [&old, &new].map(Side::Read);
                let exemptions =
                    Exemptions { policy: &policy, naming: &Naming::new(&policy), decisions: &[] };
                let input = Input {
                    key: &key,
                    sides: Sides { base: [before; 3], head: [after, before, after] },
                    touched: &touched,
                    renamed: &|_| None,
                    lists: &NoListRules,
                    masks: [Mask::new(&policy); 2],
                    past: &|_| Ok(None),
                    plan: &|_| None,
                    base_policy: &policy,
                    left_since: &|_, _, _| Ok(None),
                    exemptions: &exemptions,
                };
                let judged = judge_item(&input).expect("a history");
                assert!(judged.changes.iter().all(|change| !change.rows.is_empty()), "{what}");
            });
        }
    }
}
