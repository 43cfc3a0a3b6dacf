//! `overtaken-promotion`: a review promotes a value that its source has left.

use super::context::RevisionContext;
use super::finding_builder::FindingBuilder;
use crate::engine::departure::Departure;
use crate::model::{Finding, Help, Rule};

pub(super) fn judge(world: &RevisionContext<'_>) -> Vec<Finding> {
    let overtaken = world.change.iter().flat_map(|change| &change.overtaken);
    let drafts = overtaken.filter_map(|(key, hop, path, left)| {
        let read = world.of_key(key);
        let item = read.item(hop.target())?;
        let source = hop.source();
        let message = match left {
            Departure::TakenBack => format!("{source} had this value and has taken it back"),
            Departure::WentOn => format!("{source} had this value and has gone on to another"),
        };
        let help = Help::ReadRule {
            text: "bring the branch up to date and plan the promotion again".to_owned(),
            rule: Rule::OvertakenPromotion,
        };
        let draft = FindingBuilder::of_item(Rule::OvertakenPromotion, item, message, help);
        Some(draft.others([source]).path(path).finish(world.policy))
    });
    drafts.collect()
}
