//! `skipped-promotion`: a review brings a value to production that never was in staging.
//!
//! Which values those are, history says, and [`crate::engine::review`] asks it; here they become
//! findings like all others, with their place, level and waivers.

use super::context::RevisionContext;
use super::finding_builder::FindingBuilder;
use crate::model::{Environment, Finding, Help, Rule};

pub(super) fn judge(world: &RevisionContext<'_>) -> Vec<Finding> {
    let skipped = world.change.iter().flat_map(|change| &change.skipped);
    let drafts = skipped.filter_map(|(key, path)| {
        let read = world.of_key(key);
        let item = read.item(Environment::Production)?;
        let message = "production gets a value that staging never had";
        let help = Help::ReadRule {
            text: "make the change in staging and promote it, or keep it on purpose".to_owned(),
            rule: Rule::SkippedPromotion,
        };
        let draft = FindingBuilder::of_item(Rule::SkippedPromotion, item, message, help);
        Some(draft.others([Environment::Staging]).path(path).finish(world.policy))
    });
    drafts.collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::Repository;
    use crate::model::Rule;

    fn repository(policy: &str) -> Repository {
        Repository::new(&[
            ("environments/development/a.yaml", "rate: 1\n"),
            ("environments/staging/a.yaml", "rate: 1\n"),
            ("environments/production/a.yaml", "# x\nrate: 2\n"),
            ("terrace.toml", policy),
        ])
    }

    #[test]
    fn what_a_review_found_is_told_at_its_value() {
        let told = "environments/production/a.yaml:2:7 notice[skipped-promotion] production gets a value that staging never had";
        assert_eq!(repository("").skipping(&[("a", "rate")]).of(Rule::SkippedPromotion), [told]);
        assert!(repository("").of(Rule::SkippedPromotion).is_empty());
    }

    #[test]
    fn it_is_waived_like_others_and_a_check_does_not_call_its_waiver_unused() {
        let waiver = "[[waiver]]\nrule = \"skipped-promotion\"\nkey = \"a\"\nreason = \"on-call\"\n";
        let waived = repository(waiver).skipping(&[("a", "rate")]);
        assert!(waived.places().is_empty());
        assert_eq!(waived.report().waived.len(), 1);
        assert!(repository(waiver).places().is_empty());
    }
}
