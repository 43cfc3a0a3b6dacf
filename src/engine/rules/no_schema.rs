//! `no-schema`: no schema describes the item.
//!
//! Where there is no schema at all, nobody uses them yet, and that is said once. A part of a
//! repository cannot know that.

use super::context::{ItemView, RuleContext};
use super::finding_builder::FindingBuilder;
use crate::model::{Rule, ValuePath};

pub(super) fn judge<'w>(world: &'w RuleContext<'w>) -> Vec<FindingBuilder<'w>> {
    let undescribed = |items: &&'w [ItemView<'w>]| {
        items.iter().all(|item| world.schemas.describing(item.key, item.environment).is_empty())
    };
    let is_waived = |items: &&'w [ItemView<'w>]| {
        let fits = |item: &ItemView<'_>| {
            world.policy.is_waived(Rule::NoSchema, item.key, item.environment, &ValuePath::root())
        };
        items.first().is_some_and(fits)
    };
    let has_no_schemas = world.change.is_none()
        && world.policy.schemas.is_empty()
        && !world.snapshot.files.keys().any(|file| file.starts_with("schemas/"));
    let (alone, mut together): (Vec<&[ItemView<'_>]>, Vec<&[ItemView<'_>]>) =
        world.by_key().filter(undescribed).partition(|items| !has_no_schemas || is_waived(items));
    let first = if together.len() > 1 { together.drain(..).next() } else { None };
    let one = |item: &'w ItemView<'w>| {
        let message = format!("no schema describes `{}`", item.key);
        let help = format!("write one from the values there are: terrace schema infer {}", item.key);
        FindingBuilder::of_item(Rule::NoSchema, item, message, help).path(&ValuePath::root())
    };
    let all = |item: &'w ItemView<'w>| {
        let help = "write them from the values there are: terrace schema infer";
        FindingBuilder::of_item(Rule::NoSchema, item, "no item has a schema yet", help)
            .path(&ValuePath::root())
    };
    let told = alone.into_iter().chain(together).filter_map(|items| items.first()).map(one);
    told.chain(first.and_then(|items| items.first()).map(all)).collect()
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
