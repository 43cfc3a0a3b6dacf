//! `missing-item`: a later environment has an item that an earlier one lacks.

use super::context::{ItemView, RuleContext};
use super::finding_builder::{Anchor, FindingBuilder};
use super::listed;
use crate::model::{Environment, Rule, ValuePath};

pub(super) fn judge<'w>(world: &'w RuleContext<'w>) -> Vec<FindingBuilder<'w>> {
    world.by_key().filter_map(|items| missing(world, items)).collect()
}

/// Told once, at the first environment that has the item although an earlier one lacks it.
fn missing<'w>(world: &RuleContext<'_>, items: &'w [ItemView<'w>]) -> Option<FindingBuilder<'w>> {
    let has = |env: Environment| items.iter().any(|item| item.environment == env);
    let last = items.last()?;
    // What stands there and is no item was told as such.
    let occupied = |env: Environment| world.is_occupied(last.key, env);
    let lacking: Vec<_> = Environment::ALL
        .into_iter()
        .filter(|env| *env < last.environment && !has(*env) && !occupied(*env))
        .collect();
    let first = lacking.first()?;
    let item = items.iter().find(|item| item.environment > *first)?;
    let having: Vec<_> = items.iter().map(|item| item.environment).filter(|env| env > first).collect();
    let others: Vec<_> = having.iter().chain(&lacking).copied().collect();
    let (having, lacking) = (listed(&having, "and"), listed(&lacking, "or"));
    let message = format!("`{}` is in {having}, but not in {lacking}", item.key);
    let help = "promotions begin in development: create it there, or keep it here on purpose";
    let draft = FindingBuilder::of_item(Rule::MissingItem, item, message, help).others(others);
    Some(draft.at(Anchor::Key(ValuePath::root())))
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

    /// What stands in the earlier environment and is no item, or no YAML, is there all the same.
    #[test]
    fn each_item_counts_for_itself() {
        let item = |path: &str| (format!("environments/{path}.yaml"), "a: 1\n".to_owned());
        for (paths, broken, expected) in [
            (vec!["production/a/b", "development/a", "staging/a"], None, 1),
            (vec!["production/eu", "production/us", "development/eu"], None, 2),
            (vec!["production/a", "staging/A"], None, 2),
            (vec!["development/a/b", "staging/a/b", "production/a/b"], None, 0),
            (vec!["production/a", "staging/a"], Some("development/a"), 0),
            (vec!["development/x", "staging/x", "development/only-here"], None, 0),
            (vec!["development/a"], Some("production/a"), 1),
        ] {
            let broken = broken.map(|path| (item(path).0, "a: [\n".to_owned()));
            let files: Vec<_> = paths.iter().map(|path| item(path)).chain(broken).collect();
            let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
            assert_eq!(Repository::new(&files).of(Rule::MissingItem).len(), expected, "{paths:?}");
        }
        let link = Repository::new(&[("environments/staging/a.yaml", "a: 1\n")])
            .link("environments/development/a.yaml");
        assert!(link.of(Rule::MissingItem).is_empty());
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
        for (environments, expected) in [
            (&["production"][..], "`a` is in production, but not in development or staging"),
            (&["staging"], "`a` is in staging, but not in development"),
            (&["staging", "production"], "`a` is in staging and production, but not in development"),
            (&["development", "production"], "`a` is in production, but not in staging"),
        ] {
            let found = found(environments);
            assert!(found.len() == 1 && found[0].ends_with(expected), "{found:?}");
        }
        for fine in
            [&["development"][..], &["development", "staging"], &["development", "staging", "production"]]
        {
            assert_eq!(found(fine), Vec::<String>::new(), "{fine:?}");
        }
    }
}
