//! `type-mismatch`: one path has values of different kinds in different environments.
//!
//! Null says nothing of a kind, nor does an empty string, a reference or a placeholder; and a quantity such as
//! `20%` or `500m` is what a plain number is elsewhere.

use super::compared::Kinds;
use super::context::{ItemView, RuleContext};
use super::finding_builder::FindingBuilder;
use super::listed;
use crate::model::{Rule, ValuePath};

pub(super) fn judge<'w>(world: &'w RuleContext<'w>) -> Vec<FindingBuilder<'w>> {
    world.by_key().flat_map(|items| of_key(world, items)).collect()
}

fn of_key<'w>(world: &RuleContext<'_>, items: &'w [ItemView<'w>]) -> Vec<FindingBuilder<'w>> {
    let paths = world.compared().kinds.iter();
    paths.flat_map(|(path, kinds)| items.iter().filter_map(|item| draft(item, path, kinds))).collect()
}

/// Told where the kind is the rarer one; of two, in the later environment.
fn draft<'w>(item: &'w ItemView<'w>, path: &ValuePath, kinds: &Kinds) -> Option<FindingBuilder<'w>> {
    let mine = *kinds.get(&item.environment)?;
    let count = |kind: &str| kinds.values().filter(|other| **other == kind).count();
    let usual = kinds.values().copied().max_by_key(|kind| count(kind)).filter(|kind| count(kind) > 1);
    // Without a usual kind the first environment sets it.
    let usual = usual.or_else(|| kinds.values().next().copied())?;
    if mine == usual {
        return None;
    }
    let others: Vec<_> = kinds.iter().filter(|(_, kind)| **kind == usual).map(|(env, _)| *env).collect();
    let message = format!("{} here, {} in {}", article(mine), article(usual), listed(&others, "and"));
    let help = "write the same kind of value in every environment; quotes make a string";
    let draft = FindingBuilder::of_item(Rule::TypeMismatch, item, message, help);
    Some(draft.others(kinds.keys().copied()).path(path))
}

fn article(kind: &str) -> String {
    format!("a {kind}")
}

#[cfg(test)]
mod tests {
    use super::super::testing::Repository;
    use crate::model::Rule;

    fn found(development: &str, staging: &str, production: &str) -> Vec<String> {
        let found = Repository::new(&[
            ("environments/development/a.yaml", development),
            ("environments/staging/a.yaml", staging),
            ("environments/production/a.yaml", production),
        ])
        .of(Rule::TypeMismatch);
        found
            .iter()
            .map(|line| line.replace("environments/", "").replace(" warning[type-mismatch]", ""))
            .collect()
    }

    #[test]
    fn the_rarer_kind_is_told() {
        for (development, staging, production, expected) in [
            (
                "p: 1\n",
                "p: 2\n",
                "p: \"3\"\n",
                "production/a.yaml:1:4 a string here, a number in development and staging",
            ),
            (
                "p: 'x'\n",
                "p: 2\n",
                "p: 3\n",
                "development/a.yaml:1:4 a string here, a number in staging and production",
            ),
            ("", "p: true\n", "p: 'true'\n", "production/a.yaml:1:4 a string here, a boolean in staging"),
            (
                "a: {p: {x: 1}}\n",
                "",
                "a: {p: [1]}\n",
                "production/a.yaml:1:8 a list here, a mapping in development",
            ),
            (
                "- 1\n",
                "- 1\n",
                "a: 1\n",
                "production/a.yaml:1:1 a mapping here, a list in development and staging",
            ),
            (
                "port: 8080\n",
                "port: 8080\n",
                "port: '8080'\n",
                "production/a.yaml:1:7 a string here, a number in development and staging",
            ),
            (
                "tls: {on: true}\n",
                "tls: {on: 1}\n",
                "tls: {on: true}\n",
                "staging/a.yaml:1:11 a number here, a boolean in development and production",
            ),
            (
                "tag: abc12f\n",
                "tag: 1234567\n",
                "",
                "staging/a.yaml:1:6 a number here, a string in development",
            ),
            (
                "hosts: [a, b]\n",
                "hosts: [a]\n",
                "hosts: a,b\n",
                "production/a.yaml:1:8 a string here, a list in development and staging",
            ),
            (
                "s: [{name: api, port: 80}]\n",
                "s: [{name: web, port: 1}, {name: api, port: '80'}]\n",
                "",
                "staging/a.yaml:1:45 a string here, a number in development",
            ),
            (
                "l: []\n",
                "l: {a: 1}\n",
                "l: {b: 1}\n",
                "development/a.yaml:1:4 a list here, a mapping in staging and production",
            ),
        ] {
            assert_eq!(found(development, staging, production), [expected]);
        }
        assert_eq!(found("p: 1\n", "p: x\n", "p: true\n").len(), 2);
    }

    #[test]
    fn null_references_and_quantities_have_no_kind() {
        for (staging, production) in [
            ("p: 1\n", "p: null\n"),
            ("p: 1\n", "p:\n"),
            ("p: {a: 1}\n", "p: ''\n"),
            ("port: 5432\n", "port: ${PORT}\n"),
            ("max: 20%\ncpu: 1\nttl: 30\n", "max: 3\ncpu: 500m\nttl: 30s\n"),
            ("password: ENC[AES256_GCM,data:x,type:int]\n", "password: 5\n"),
            ("a: 1\n", "a: 1.5\n"),
            ("a: {}\n", "a: {b: 1}\n"),
            ("port: '%env(int:PORT)%'\nn: '%n%'\n", "port: 80\nn: 5\n"),
            ("port: ((port))\non: '{{ on }}'\n", "port: 80\non: true\n"),
            ("port: ENC[AES256_GCM,data:x,type:int]\nsops: {mac: x, version: 1}\n", "port: 80\nsops: off\n"),
            ("on: true\n", "on: false\n"),
            ("l: [1, 2]\n", "l: [a, b]\n"),
            ("v: 1.10\n", "v: 0x1F\n"),
        ] {
            assert_eq!(found("", staging, production), Vec::<String>::new(), "{staging}");
        }
    }
}
