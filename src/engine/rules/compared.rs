//! What differs between the environments of one item: compared once for all rules that ask.

use std::collections::BTreeMap;

use super::mistyped::{Mistyped, mapping, mistyped};
use crate::diff::lists::ListRules;
use crate::diff::{Change, Depth, diff};
use crate::engine::naming::Naming;
use crate::model::{Environment, Policy, Segment, Value, ValuePath};
use crate::secrets::encrypted::is_metadata;
use crate::secrets::is_filled_in;

/// The kinds of the values at one path.
pub(super) type Kinds = BTreeMap<Environment, &'static str>;

/// What differs between the environments of one item.
#[derive(Default)]
pub(super) struct Compared {
    /// The paths that an environment lacks and a later one has, in the order of the environments.
    pub(super) missed: Vec<Missed>,
    /// The paths whose values are of different kinds.
    pub(super) kinds: BTreeMap<ValuePath, Kinds>,
    /// The keys that look mistyped.
    pub(super) mistyped: Vec<MistypedHere>,
}

/// A key that one environment has, and that looks like one that another has mistyped.
pub(super) struct MistypedHere {
    pub(super) here: Environment,
    pub(super) there: Environment,
    pub(super) what: Mistyped,
}

/// What one environment lacks and a later one has.
pub(super) struct Missed {
    pub(super) lacking: Environment,
    pub(super) having: Environment,
    pub(super) paths: Vec<ValuePath>,
}

/// An item's values in one environment.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    pub(super) environment: Environment,
    pub(super) values: &'a [Value],
}

/// What a comparison is made by.
pub(super) struct Terms<'a> {
    pub(super) policy: &'a Policy,
    pub(super) naming: &'a Naming<'a>,
    pub(super) lists: &'a dyn ListRules,
}

impl Compared {
    /// Adds what differs between two environments, the earlier one first.
    pub(super) fn add(&mut self, terms: &Terms<'_>, earlier: Side<'_>, later: Side<'_>) {
        let changes = diff(earlier.values, later.values, terms.lists, Depth::Whole);
        let paths = missed(terms.naming, earlier, later.values, &changes);
        if !paths.is_empty() {
            let (lacking, having) = (earlier.environment, later.environment);
            self.missed.push(Missed { lacking, having, paths });
        }
        let environments = [earlier.environment, later.environment];
        for (side, what) in mistyped([earlier.values, later.values], &changes) {
            let [here, there] =
                if side == 0 { environments } else { [later.environment, earlier.environment] };
            if !is_metadata(earlier.values, &what.parent) && !is_metadata(later.values, &what.parent) {
                self.mistyped.push(MistypedHere { here, there, what });
            }
        }
        let is_metadata =
            |path: &ValuePath| is_metadata(earlier.values, path) || is_metadata(later.values, path);
        for change in changes {
            let (Some(a), Some(b)) = (change.left, change.right) else { continue };
            if differ(terms.policy, a, b) && !is_metadata(&change.path) {
                let kinds = self.kinds.entry(change.path).or_default();
                kinds.insert(earlier.environment, a.kind());
                kinds.insert(later.environment, b.kind());
            }
        }
    }
}

/// The keys that `there` has and `here` should have, of what differs.
fn missed(naming: &Naming<'_>, here: Side<'_>, there: &[Value], changes: &[Change<'_>]) -> Vec<ValuePath> {
    let mut alike: BTreeMap<ValuePath, bool> = BTreeMap::new();
    let paths = changes.iter().filter(|change| change.left.is_none()).map(|change| &change.path);
    let paths = paths.filter(|path| {
        let (Some(Segment::Key(key)), Some(parent)) = (path.last(), path.parent()) else { return false };
        *alike.entry(parent).or_insert_with_key(|parent| are_alike(here.values, there, parent))
            && !is_metadata(there, path)
            && !naming.names_other(key, here.environment)
    });
    paths.cloned().collect()
}

/// Whether the mapping at `path` is the same thing on both sides: they share a key, or the
/// earlier one is still empty.
fn are_alike(here: &[Value], there: &[Value], path: &ValuePath) -> bool {
    match (mapping(here, path), mapping(there, path)) {
        (Some(here), Some(there)) => here.is_empty() || there.keys().any(|key| here.contains_key(key)),
        _ => false,
    }
}

fn differ(policy: &Policy, a: &Value, b: &Value) -> bool {
    let says_nothing = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty() || policy.is_reference(text) || is_filled_in(text),
        Value::Bool(_) | Value::Number(_) | Value::List(_) | Value::Map(_) | Value::Tagged(..) => false,
    };
    let is_quantity = |value: &Value, number: &Value| {
        matches!(number, Value::Number(_)) && value.as_str().is_some_and(is_quantity)
    };
    a.kind() != b.kind() && !says_nothing(a) && !says_nothing(b) && !is_quantity(a, b) && !is_quantity(b, a)
}

/// A number with a unit.
fn is_quantity(text: &str) -> bool {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    unit.len() < text.len()
        && (1..=3).contains(&unit.len())
        && unit.chars().all(|c| c.is_ascii_alphabetic() || c == '%')
}
