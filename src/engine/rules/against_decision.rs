//! `against-decision`: a review brings what a recorded decision keeps out.

use super::context::RuleContext;
use super::finding_builder::FindingBuilder;
use super::overwrites_own_value::draft;
use crate::engine::promotion::Reason;
use crate::model::Rule;

pub(super) fn judge<'w>(world: &'w RuleContext<'w>) -> Vec<FindingBuilder<'w>> {
    let found = world.change.iter().flat_map(|change| &change.overwritten);
    let found = found.filter(|found| matches!(found.reason, Reason::Declined { .. }));
    found.map(|found| draft(Rule::AgainstDecision, world, found)).collect()
}
