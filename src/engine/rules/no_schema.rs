//! `no-schema`: no schema describes the item.
//!
//! Where there is no schema at all, nobody uses them yet, and that is said once. A part of a
//! repository cannot know that. Of one environment alone it is said once where none of its own items has a
//! schema, whatever schemas there are for others.

use super::context::{RevisionContext, RuleContext};
use super::finding_builder::FindingBuilder;
use crate::model::{Environment, Finding, Help, Key, Rule, ValuePath};

pub(super) fn judge<'w>(world: &'w RuleContext<'w>) -> Vec<FindingBuilder<'w>> {
    let is_described =
        world.items.iter().any(|item| !world.schemas.describing(item.key, item.environment).is_empty());
    if is_described || world.is_without_schemas && is_open(world) {
        return Vec::new();
    }
    told(world).into_iter().collect()
}

/// What is told of one item.
fn told<'w>(world: &'w RuleContext<'w>) -> Option<FindingBuilder<'w>> {
    let item = world.items.first()?;
    let message = format!("no schema describes `{}`", item.key);
    let help = Help::InferSchema(Some(item.key.clone()));
    Some(
        FindingBuilder::of_item(Rule::NoSchema, item, message, help)
            .others(Environment::ALL)
            .path(&ValuePath::root()),
    )
}

/// Whether no waiver speaks of what would be told.
fn is_open(world: &RuleContext<'_>) -> bool {
    let item = world.items.first();
    item.is_some_and(|item| {
        !world.policy.is_waived(Rule::NoSchema, item.key, item.environment, &ValuePath::root())
    })
}

/// Whether one finding stands for the many, where nobody uses schemas yet.
pub(super) fn is_joined(world: &RevisionContext<'_>, only: Option<Environment>) -> bool {
    let Some(only) = only.filter(|_| world.is_alone) else { return world.is_without_schemas };
    let is_described = |key: &Key| !world.schemas.describing(key, only).is_empty();
    world.is_whole && !world.judgements.keys().any(is_described)
}

/// Whether a finding is one of the many that one stands for: of an item that no waiver speaks of.
pub(super) fn is_one_of_many(world: &RevisionContext<'_>, finding: &Finding) -> bool {
    let is_waived =
        |(key, environment)| world.policy.is_waived(Rule::NoSchema, key, environment, &ValuePath::root());
    finding.rule == Rule::NoSchema && !finding.key.as_ref().zip(finding.environment).is_some_and(is_waived)
}

/// One finding for the many of items that no waiver speaks of.
pub(super) fn joined(world: &RevisionContext<'_>, only: Option<Environment>) -> Option<Finding> {
    world.policy.severity(Rule::NoSchema, Rule::NoSchema.severity())?;
    let is_open = |key: &&Key| {
        let environment = Environment::ALL.into_iter().find(|env| world.snapshot.item(key, *env).is_some());
        environment.is_some_and(|environment| {
            only.is_none_or(|only| only == environment)
                && !world.policy.is_waived(Rule::NoSchema, key, environment, &ValuePath::root())
        })
    };
    let mut open = world.judgements.keys().filter(is_open);
    let (first, second) = (open.next()?, open.next());
    let mut finding = told(&world.of_key(first))?.finish(world.policy);
    if second.is_some() {
        "no item has a schema yet".clone_into(&mut finding.message);
        finding.help = Help::InferSchema(None);
    }
    Some(finding)
}

#[cfg(test)]
mod tests {
    use super::super::testing::Repository;
    use crate::model::{Environment, Rule};

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

    #[test]
    fn of_one_environment_its_own_schemas_decide() {
        let alone = Repository::new(&[
            ("environments/staging/a.yaml", "a: 1\n"),
            ("environments/staging/b.yaml", "a: 1\n"),
        ])
        .alone(Environment::Staging);
        let joined = ["environments/staging/a.yaml:1:1 notice[no-schema] no item has a schema yet"];
        assert_eq!(alone.of(Rule::NoSchema), joined);
        for others in ["schemas/c.schema.json", "schemas/a.production.schema.json", "schemas/common.json"] {
            assert_eq!(alone.clone().and(others, "{}").of(Rule::NoSchema), joined, "{others}");
        }
        assert_eq!(
            alone.clone().and("schemas/b.schema.json", "{}").of(Rule::NoSchema),
            ["environments/staging/a.yaml:1:1 notice[no-schema] no schema describes `a`"]
        );
    }
}
