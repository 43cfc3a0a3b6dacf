//! `missing-item`: a later environment has an item that an earlier one lacks.

use super::draft::{At, Draft};
use super::listed;
use super::world::{Item, World};
use crate::model::{Environment, Path, Rule};

pub(super) fn judge<'w>(world: &'w World<'w>) -> Vec<Draft<'w>> {
    world.by_key().filter_map(|items| missing(world, items)).collect()
}

/// Told once, at the first environment that has the item although an earlier one lacks it.
fn missing<'w>(world: &World<'_>, items: &'w [Item<'w>]) -> Option<Draft<'w>> {
    let has = |env: Environment| items.iter().any(|item| item.environment == env);
    let last = items.last()?;
    // What stands there and is no item was told as such.
    let occupied = |env: Environment| world.snapshot.files.contains_key(&last.key.file(env));
    let lacking: Vec<_> = Environment::ALL
        .into_iter()
        .filter(|env| *env < last.environment && !has(*env) && !occupied(*env))
        .collect();
    let first = lacking.first()?;
    let item = items.iter().find(|item| item.environment > *first)?;
    let having: Vec<_> = items.iter().map(|item| item.environment).filter(|env| env > first).collect();
    let (having, lacking) = (listed(&having, "and"), listed(&lacking, "or"));
    let message = format!("`{}` is in {having}, but not in {lacking}", item.key);
    let help = "promotions begin in development: create it there, or keep it here on purpose";
    Some(Draft::of_item(Rule::MissingItem, item, message, help).at(At::Key(Path::root())))
}

#[cfg(test)]
mod tests {
    use super::super::testing::Repository;
    use crate::model::Rule;

    fn found(environments: &[&str]) -> Vec<String> {
        let files: Vec<_> = environments.iter().map(|env| format!("environments/{env}/a.yaml")).collect();
        let files: Vec<_> = files.iter().map(|file| (file.as_str(), "a: 1\n")).collect();
        Repository::new(&files).of(Rule::MissingItem)
    }

    #[test]
    fn only_what_a_later_environment_has_is_missing() {
        assert_eq!(
            found(&["production"]),
            [
                "environments/production/a.yaml:1:1 notice[missing-item] `a` is in production, but not in development or staging"
            ]
        );
        assert_eq!(found(&["staging", "production"]).len(), 1);
        assert_eq!(found(&["development", "production"]).len(), 1);
        for fine in
            [&["development"][..], &["development", "staging"], &["development", "staging", "production"]]
        {
            assert_eq!(found(fine), Vec::<String>::new(), "{fine:?}");
        }
    }
}
