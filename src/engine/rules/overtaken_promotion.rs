//! `overtaken-promotion`: a review promotes a value that its source has taken back.

use super::context::RuleContext;
use super::finding_builder::FindingBuilder;
use crate::model::Rule;

pub(super) fn judge<'w>(world: &'w RuleContext<'w>) -> Vec<FindingBuilder<'w>> {
    let overtaken = world.change.iter().flat_map(|change| &change.overtaken);
    let drafts = overtaken.filter_map(|(key, hop, path)| {
        let item = world.item(key, hop.target())?;
        let source = hop.source();
        let message = format!("{source} had this value and has taken it back");
        let help = format!(
            "bring the branch up to date and plan the promotion again: terrace explain {}",
            Rule::OvertakenPromotion
        );
        Some(FindingBuilder::of_item(Rule::OvertakenPromotion, item, message, help).path(path))
    });
    drafts.collect()
}
