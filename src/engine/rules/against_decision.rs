//! `against-decision`: a review brings what a recorded decision keeps out.

use super::context::RevisionContext;
use super::overwrites_own_value::told;
use crate::engine::promotion::Reason;
use crate::model::{Finding, Rule};

pub(super) fn judge(world: &RevisionContext<'_>) -> Vec<Finding> {
    let found = world.change.iter().flat_map(|change| &change.overwritten);
    let found = found.filter(|found| matches!(found.reason, Reason::Declined { .. }));
    found.map(|found| told(Rule::AgainstDecision, world, found)).collect()
}
