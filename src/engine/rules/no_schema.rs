//! `no-schema`: no schema describes the item.

use super::draft::Draft;
use super::world::World;
use crate::model::{Path, Rule};

pub(super) fn judge<'w>(world: &'w World<'w>) -> Vec<Draft<'w>> {
    let undescribed = |items: &&'w [super::world::Item<'w>]| {
        items.iter().all(|item| world.schemas.describing(item.key, item.environment).is_empty())
    };
    world
        .by_key()
        .filter(undescribed)
        .filter_map(|items| {
            let item = items.first()?;
            let message = format!("no schema describes `{}`", item.key);
            let help = format!("write one from the values there are: terrace schema infer {}", item.key);
            Some(Draft::of_item(Rule::NoSchema, item, message, help).path(&Path::root()))
        })
        .collect()
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
        let described = Repository::new(&items).and("schemas/a.schema.json", "{}");
        assert!(described.of(Rule::NoSchema).is_empty());
    }
}
