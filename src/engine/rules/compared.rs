//! What differs between the environments of one item: compared once for all rules that ask.

use std::collections::BTreeMap;

use super::context::{ItemView, RuleContext};
use super::{missing_key, type_mismatch};
use crate::diff::{Depth, diff};
use crate::model::{Environment, ValuePath};

/// The kinds of the values at one path.
pub(super) type Kinds = BTreeMap<Environment, &'static str>;

/// What differs between the environments of one item.
#[derive(Default)]
pub(super) struct Compared {
    /// The paths that an environment lacks and a later one has, in the order of the environments.
    pub(super) missed: Vec<Missed>,
    /// The paths whose values are of different kinds.
    pub(super) kinds: BTreeMap<ValuePath, Kinds>,
}

/// What one environment lacks and a later one has.
pub(super) struct Missed {
    pub(super) lacking: Environment,
    pub(super) having: Environment,
    pub(super) paths: Vec<ValuePath>,
}

impl Compared {
    pub(super) fn of(world: &RuleContext<'_>) -> Self {
        let mut compared = Self::default();
        for (n, earlier) in world.items.iter().enumerate() {
            for later in world.items.iter().skip(n + 1) {
                compared.add(world, earlier, later);
            }
        }
        compared
    }

    fn add(&mut self, world: &RuleContext<'_>, earlier: &ItemView<'_>, later: &ItemView<'_>) {
        let (Some(left), Some(right)) = (earlier.document(), later.document()) else { return };
        // Equal bytes have equal values.
        if earlier.reading.bytes == later.reading.bytes {
            return;
        }
        let changes = diff(left.values(), right.values(), &world.schemas.lists(earlier.key), Depth::Whole);
        let paths = missing_key::missed(world, earlier, left.values(), right.values(), &changes);
        if !paths.is_empty() {
            let (lacking, having) = (earlier.environment, later.environment);
            self.missed.push(Missed { lacking, having, paths });
        }
        for change in changes {
            let Some((a, b)) = type_mismatch::kinds(world, (left, right), &change) else { continue };
            let kinds = self.kinds.entry(change.path).or_default();
            kinds.insert(earlier.environment, a);
            kinds.insert(later.environment, b);
        }
    }
}
