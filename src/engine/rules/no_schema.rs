//! `no-schema`: no schema describes the item.
//!
//! Where there is no schema at all, nobody uses them yet, and that is said once. A part of a
//! repository cannot know that.

use super::context::{RevisionContext, RuleContext};
use super::finding_builder::FindingBuilder;
use crate::model::{Finding, Rule, ValuePath};

pub(super) fn judge<'w>(world: &'w RuleContext<'w>) -> Vec<FindingBuilder<'w>> {
    let is_described =
        world.items.iter().any(|item| !world.schemas.describing(item.key, item.environment).is_empty());
    let Some(item) = world.items.first().filter(|_| !is_described) else { return Vec::new() };
    let message = format!("no schema describes `{}`", item.key);
    let help = format!("write one from the values there are: terrace schema infer {}", item.key);
    vec![FindingBuilder::of_item(Rule::NoSchema, item, message, help).path(&ValuePath::root())]
}

/// Where there is no schema at all, one finding for the many of items that no waiver speaks of.
pub(super) fn joined(world: &RevisionContext<'_>, findings: &mut Vec<Finding>) {
    let has_schemas = !world.policy.schemas.is_empty()
        || world
            .snapshot
            .files
            .range("schemas/".to_owned()..)
            .next()
            .is_some_and(|(file, _)| file.starts_with("schemas/"));
    if has_schemas || world.change.is_some() {
        return;
    }
    let is_open = |finding: &Finding| {
        let (Some(key), Some(environment)) = (&finding.key, finding.environment) else { return false };
        finding.rule == Rule::NoSchema
            && !world.policy.is_waived(Rule::NoSchema, key, environment, &ValuePath::root())
    };
    let mut open = findings.iter_mut().filter(|finding| is_open(finding));
    let (Some(first), Some(_)) = (open.next(), open.next()) else { return };
    "no item has a schema yet".clone_into(&mut first.message);
    "write them from the values there are: terrace schema infer".clone_into(&mut first.help);
    let mut is_first = true;
    findings.retain(|finding| !is_open(finding) || std::mem::take(&mut is_first));
}

#[cfg(test)]
mod tests {
    use super::super::testing::Repository;
    use crate::model::Rule;

    #[test]
    fn an_item_without_schema_is_told_once() {
        let items =
            [("environments/development/a.yaml", "a: 1\n"), ("environments/staging/a.yaml", "a: 1\n")];
        assert_eq!(
            Repository::new(&items).of(Rule::NoSchema),
            ["environments/development/a.yaml:1:1 notice[no-schema] no schema describes `a`"]
        );
        let many = Repository::new(&items)
            .and("environments/staging/b.yaml", "a: 1\n")
            .and("environments/staging/c.yaml", "a: 1\n");
        assert_eq!(
            many.of(Rule::NoSchema),
            ["environments/development/a.yaml:1:1 notice[no-schema] no item has a schema yet"]
        );
        let waiver = "[[waiver]]\nrule = \"no-schema\"\nkey = \"a\"\nreason = \"free text\"\n";
        let waived = many.clone().and("terrace.toml", waiver);
        assert_eq!(
            waived.of(Rule::NoSchema),
            ["environments/staging/b.yaml:1:1 notice[no-schema] no item has a schema yet"]
        );
        assert!(waived.of(Rule::UnusedWaiver).is_empty());
        assert_eq!(many.clone().skipping(&[]).of(Rule::NoSchema).len(), 3, "a review sees a part");
        assert_eq!(many.and("schemas/a.schema.json", "{}").of(Rule::NoSchema).len(), 2);
        let described = Repository::new(&items).and("schemas/a.schema.json", "{}");
        assert!(described.of(Rule::NoSchema).is_empty());
    }
}
