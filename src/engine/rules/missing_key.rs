//! `missing-key`: a later environment has a key that an earlier one lacks.
//!
//! Told at the mapping that lacks it; many keys of one mapping are told at once, but for those that
//! a waiver speaks of. A mapping of which the two sides share no key is a dictionary whose keys are
//! data; a key that names another environment belongs there; and elements of lists are no keys.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::compared::MistypedHere;
use super::context::{ItemView, RuleContext};
use super::finding_builder::{Anchor, FindingBuilder};
use super::listed;
use crate::model::{DocumentId, Environment, Help, Rule, ValuePath};

/// With more missing keys in one mapping, only so many are named.
const SHOWN: usize = 3;

pub(super) fn judge<'w>(world: &'w RuleContext<'w>) -> Vec<FindingBuilder<'w>> {
    world.by_key().flat_map(|items| of_key(world, items)).collect()
}

/// What environments lack and others have.
type Gap = (Vec<Environment>, Vec<Environment>);

/// What of one mapping is missing, by stable names: the same in several environments is told once,
/// where a promotion would begin.
type Missing<'w> = (&'w ItemView<'w>, Vec<ValuePath>, Gap);

fn of_key<'w>(world: &RuleContext<'_>, items: &'w [ItemView<'w>]) -> Vec<FindingBuilder<'w>> {
    let mut known: IndexMap<(Vec<Environment>, Vec<ValuePath>), Missing<'w>> = IndexMap::new();
    for item in items {
        for (having, paths) in missing(world, item) {
            let named = paths.iter().map(|path| item.named(path)).collect();
            let gap = (Vec::new(), having.clone());
            let (.., (lacking, _)) = known.entry((having, named)).or_insert_with(|| (item, paths, gap));
            lacking.push(item.environment);
        }
    }
    known.values().flat_map(|(item, paths, gap)| told(world, item, gap, paths)).collect()
}

/// The paths that `item` lacks, those of one mapping together, and the later environments that
/// have them.
fn missing(world: &RuleContext<'_>, item: &ItemView<'_>) -> Vec<(Vec<Environment>, Vec<ValuePath>)> {
    let mut having: IndexMap<ValuePath, Vec<Environment>> = IndexMap::new();
    for missed in world.compared().missed.iter().filter(|missed| missed.lacking == item.environment) {
        for path in &missed.paths {
            having.entry(path.clone()).or_default().push(missed.having);
        }
    }
    let mut mappings: BTreeMap<(ValuePath, Vec<Environment>), Vec<ValuePath>> = BTreeMap::new();
    for (path, having) in having {
        mappings.entry((path.parent().unwrap_or_default(), having)).or_default().push(path);
    }
    mappings.into_iter().map(|((_, having), paths)| (having, paths)).collect()
}

fn told<'w>(
    world: &RuleContext<'_>,
    item: &'w ItemView<'w>,
    (lacking, having): &Gap,
    paths: &[ValuePath],
) -> Vec<FindingBuilder<'w>> {
    let have = format!("{} {}", listed(having, "and"), if having.len() > 1 { "have" } else { "has" });
    let lack = format!("{} {}", listed(lacking, "and"), if lacking.len() > 1 { "lack" } else { "lacks" });
    let is_waived = |path: &ValuePath| {
        world.policy.is_waived(Rule::MissingKey, item.key, item.environment, &item.named(path))
    };
    let (mut alone, together): (Vec<&ValuePath>, Vec<&ValuePath>) =
        paths.iter().partition(|path| is_waived(path));
    let parent = &paths.first().and_then(ValuePath::parent).unwrap_or_default();
    let mut drafts = Vec::new();
    if together.len() > SHOWN {
        let names: Vec<_> = together.iter().take(SHOWN).map(|path| last(path)).collect();
        let (n, names, more) = (together.len(), names.join(", "), together.len() - SHOWN);
        let what = format!("{lack} {n} keys that {have}: {names} and {more} more");
        drafts.push(draft(item, parent, parent, what));
    } else {
        alone.extend(together);
    }
    let one = |path: &&ValuePath| {
        let mistyped = mistyped(world, item, path);
        let meant =
            mistyped.map_or_else(String::new, |key| format!("; {} looks like it", last(&parent.key(&key))));
        draft(item, path, parent, format!("{lack} {}, which {have}{meant}", last(path)))
    };
    drafts.extend(alone.iter().map(one));
    let others = || lacking.iter().chain(having).copied();
    drafts.into_iter().map(|draft| draft.others(others())).collect()
}

/// The key that looks like the one at `path`, mistyped, where the item has it alone.
fn mistyped(world: &RuleContext<'_>, item: &ItemView<'_>, path: &ValuePath) -> Option<String> {
    let found = world.compared().mistyped.iter().filter(|found| !found.what.is_beside);
    let mut near = found.filter_map(|MistypedHere { here, there, what }| {
        let (lacking, own, known) = match *here == item.environment {
            true => (*here, &what.key, &what.known),
            false => (*there, &what.known, &what.key),
        };
        let is_it = lacking == item.environment && what.parent.key(known) == *path;
        is_it.then(|| own.clone())
    });
    near.next()
}

fn last(path: &ValuePath) -> String {
    format!(
        "`{}`",
        ValuePath { document: DocumentId::default(), segments: path.last().cloned().into_iter().collect() }
    )
}

fn draft<'w>(
    item: &'w ItemView<'w>,
    path: &ValuePath,
    parent: &ValuePath,
    message: String,
) -> FindingBuilder<'w> {
    let draft = FindingBuilder::of_item(Rule::MissingKey, item, message, Help::TryEarlier);
    draft.path(path).at(Anchor::Key(parent.clone()))
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
        .of(Rule::MissingKey);
        found
            .iter()
            .map(|line| line.replace("environments/", "").replace(" notice[missing-key]", ""))
            .collect()
    }

    #[test]
    fn what_a_later_environment_has_is_told_at_the_parent() {
        assert_eq!(
            found("x: 1\ndb: {host: a}\n", "x: 1\ndb: {host: a}\n", "x: 1\ndb: {host: a, pool: {size: 1}}\n"),
            ["development/a.yaml:2:1 development and staging lack `pool`, which production has"]
        );
        assert_eq!(
            found("# top\na: 1\n", "a: 1\nb: 2\n", "a: 1\nb: 2\n"),
            ["development/a.yaml:2:1 development lacks `b`, which staging and production have"]
        );
        assert_eq!(
            found("", "a: 1\n", "a: 1\nb: 2\nc: 3\nd: 4\ne: 5\n"),
            ["staging/a.yaml:1:1 staging lacks 4 keys that production has: `b`, `c`, `d` and 1 more"]
        );
        assert_eq!(
            found("a: {x: 1}\n", "a: {x: 1, y: 2}\n", "a: {x: 1, y: 2, z: 3}\n"),
            [
                "development/a.yaml:1:1 development and staging lack `z`, which production has",
                "development/a.yaml:1:1 development lacks `y`, which staging and production have",
            ]
        );
        assert_eq!(
            found("a: 1\ntimout: 5\n", "a: 1\ntimeout: 5\n", "a: 1\ntimeout: 5\n"),
            [
                "development/a.yaml:1:1 development lacks `timeout`, which staging and production have; `timout` looks \
              like it"
            ]
        );
        assert_eq!(
            found("a: {}\n", "", "a: {b: 1}\nenv: {JAVA_OPTS: -Xmx1g}\n"),
            [
                "development/a.yaml:1:1 development lacks `env`, which production has",
                "development/a.yaml:1:1 development lacks `b`, which production has",
            ]
        );
        assert_eq!(
            found("a: 1\n---\nb: 1\n", "a: 1\n---\nb: 1\nc: 2\n", ""),
            ["development/a.yaml:3:1 development lacks `c`, which staging has"]
        );
        assert_eq!(
            found("l: [{name: x, a: 1}]\n", "l: []\n", "l: [{name: x, a: 1, b: 2}, {name: y}]\n"),
            ["development/a.yaml:1:5 development lacks `b`, which production has"]
        );
    }

    #[test]
    fn a_key_that_a_waiver_speaks_of_is_told_alone() {
        let policy = "[[waiver]]\nrule = \"missing-key\"\npath = \"db.e\"\nreason = \"later\"\n";
        let found = Repository::new(&[
            ("environments/development/a.yaml", "db: {a: 1}\n"),
            ("environments/staging/a.yaml", "db: {a: 1, b: 1, c: 1, d: 1, e: 1, f: 1}\n"),
            ("terrace.toml", policy),
        ])
        .report()
        .findings;
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].message, "development lacks 4 keys that staging has: `b`, `c`, `d` and 1 more");
    }

    #[test]
    fn what_only_earlier_ones_have_and_what_is_data_is_not_missing() {
        for (development, staging, production) in [
            ("a: 1\nb: 2\n", "a: 1\nb: 2\n", "a: 1\n"),
            ("k: {u-1: x}\n", "k: {u-2: x}\n", "k: {u-3: x}\n"),
            ("a: 1\n", "a: 1\n", "a: 1\nkey_production: 2\nprod: {x: 1}\n"),
            ("a: 1\n", "a: 1\n", "a: 1\nsops: {mac: 'ENC[x]', version: 3.8.1}\n"),
            ("a: [1]\n", "a: [1]\n", "a: [1, 2]\n"),
            ("a: 1\n", "a: [\n", "a: 1\n"),
            ("a: 1\nb: null\n", "a: 1\nb: 1\n", "a: 1\nb: {c: 1}\n"),
            ("hosts: {a-1: x}\n", "hosts: {b-1: y, b-2: y}\n", "hosts: {c-1: z}\n"),
            ("l: [{name: x}]\n", "l: [{name: x}, {name: y, b: 2}]\n", "l: [{name: y}]\n"),
            ("a: &b {x: 1}\nc:\n  <<: *b\n", "a: {x: 1}\nc: {x: 2}\n", "a: {x: 1}\nc: {x: 3}\n"),
        ] {
            assert_eq!(found(development, staging, production), Vec::<String>::new(), "{production}");
        }
    }
}
