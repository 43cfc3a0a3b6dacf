//! `key-case-collision`: two keys differ only in letter case, in whichever environments they are.

use std::collections::{BTreeMap, BTreeSet};

use super::context::RevisionContext;
use crate::engine::snapshot::ItemFile;
use crate::model::{EnvironmentSet, Finding, Key, Rule};

pub(super) fn judge(world: &RevisionContext<'_>) -> Vec<Finding> {
    let folded = |item: &ItemFile| item.id.key.as_str().to_ascii_lowercase();
    let is_mixed = |item: &&ItemFile| item.id.key.as_str().bytes().any(|byte| byte.is_ascii_uppercase());
    // One of two that differ in letter case has capitals.
    let mixed: BTreeSet<String> = world.snapshot.items().filter(is_mixed).map(folded).collect();
    if mixed.is_empty() {
        return Vec::new();
    }
    let mut groups: BTreeMap<String, BTreeMap<&Key, Vec<&ItemFile>>> = BTreeMap::new();
    for item in world.snapshot.items() {
        let folded = folded(item);
        if mixed.contains(&folded) {
            groups.entry(folded).or_default().entry(&item.id.key).or_default().push(item);
        }
    }
    groups.into_values().filter(|spellings| spellings.len() > 1).flat_map(collisions).collect()
}

/// One finding for each file whose spelling is not the most used one.
fn collisions(spellings: BTreeMap<&Key, Vec<&ItemFile>>) -> Vec<Finding> {
    let lower = |key: &Key| key.as_str().chars().filter(char::is_ascii_lowercase).count();
    let usual = spellings.iter().max_by_key(|(key, items)| (items.len(), lower(key)));
    let Some((usual, example)) = usual.and_then(|(key, items)| Some(((*key).clone(), *items.first()?)))
    else {
        return Vec::new();
    };
    let others = spellings.into_iter().filter(|(key, _)| **key != usual).flat_map(|(_, items)| items);
    let drafts = others.map(|item| {
        let message =
            format!("`{}` differs only in letter case from `{usual}` ({})", item.id.key, example.file);
        let help = format!("use one spelling in all environments: `{usual}`");
        let mut finding = Finding::new(Rule::KeyCaseCollision, &item.file, message, help);
        finding.environment = Some(item.id.environment);
        // Which spelling is the usual one, all say together.
        finding.others = EnvironmentSet::ALL;
        finding.key = Some(item.id.key.clone());
        finding
    });
    drafts.collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::Repository;
    use crate::model::Rule;

    #[test]
    fn the_rarer_spelling_is_told() {
        let of = |paths: &[&str]| {
            let files: Vec<_> = paths.iter().map(|path| (*path, "a: 1\n")).collect();
            Repository::new(&files).of(Rule::KeyCaseCollision)
        };
        assert_eq!(
            of(&[
                "environments/development/payments.yaml",
                "environments/staging/payments.yaml",
                "environments/production/Payments.yaml",
            ]),
            ["environments/production/Payments.yaml error[key-case-collision] \
                 `Payments` differs only in letter case from `payments` (environments/development/payments.yaml)"]
        );
        assert_eq!(of(&["environments/staging/a/B.yaml", "environments/staging/a/b.yaml"]).len(), 1);
        assert!(of(&["environments/staging/a-b.yaml", "environments/staging/a_b.yaml"]).is_empty());
    }
}
