//! `similar-key`: a key looks like a neighbour's, or another environment's at the same place, mistyped.
//!
//! Of two keys that look like each other, the one that fewer environments have is told; the first
//! environment's, where as many have either.

use std::collections::{BTreeMap, BTreeSet};

use super::compared::MistypedHere;
use super::context::{ItemView, RuleContext};
use super::finding_builder::{Anchor, FindingBuilder};
use super::listed;
use super::mistyped::{Mistyped, mapping, mistyped_alone};
use crate::model::{Environment, Rule, ValuePath};

pub(super) fn judge<'w>(world: &'w RuleContext<'w>) -> Vec<FindingBuilder<'w>> {
    if let [item] = world.items.as_slice() {
        let found = item.document().map(|document| mistyped_alone(document.values())).unwrap_or_default();
        return found.iter().map(|it| told(item, it, &[])).collect();
    }
    // Each key of an environment is told once, of whichever others it looks like.
    let mut found: BTreeMap<(Environment, ValuePath), (Mistyped, BTreeSet<Environment>)> = BTreeMap::new();
    for MistypedHere { here, there, what } in &world.compared().mistyped {
        let Some((here, there, what)) = in_fewer(world, (*here, *there), what) else { continue };
        let (_, others) = found
            .entry((here, what.parent.key(&what.key)))
            .or_insert_with(|| (what.clone(), BTreeSet::new()));
        others.insert(there);
    }
    let told = found.into_iter().filter_map(|((here, _), (what, others))| {
        Some(told(world.item(here)?, &what, &others.into_iter().collect::<Vec<_>>()))
    });
    told.collect()
}

/// The key that fewer environments have of the two; `None` where the known one is there too in most.
fn in_fewer(
    world: &RuleContext<'_>,
    (here, there): (Environment, Environment),
    what: &Mistyped,
) -> Option<(Environment, Environment, Mistyped)> {
    let having = |key: &str| {
        let has = |item: &&ItemView<'_>| {
            let values = item.document().map(|document| document.values());
            values.and_then(|values| mapping(values, &what.parent)).is_some_and(|map| map.contains_key(key))
        };
        world.items.iter().filter(has).count()
    };
    let (own, known) = (having(&what.key), having(&what.known));
    match what.is_beside {
        true => (own < known).then(|| (here, there, what.clone())),
        false if own <= known => Some((here, there, what.clone())),
        false => {
            let (key, known) = (what.known.clone(), what.key.clone());
            Some((there, here, Mistyped { key, known, parent: what.parent.clone(), is_beside: false }))
        }
    }
}

fn told<'w>(item: &'w ItemView<'w>, what: &Mistyped, others: &[Environment]) -> FindingBuilder<'w> {
    let Mistyped { parent, key, known, is_beside } = what;
    let [key, known] = [key, known].map(|key| ValuePath::default().key(key));
    let where_known = match (is_beside, others) {
        (true, _) | (false, []) => "beside it".to_owned(),
        (false, [other]) => format!("which {other} has"),
        (false, others) => format!("which {} have", listed(others, "and")),
    };
    let message = format!("`{key}` looks like `{known}` mistyped, {where_known}");
    let help = "spell it as the other one; where both are meant, accept it with a waiver";
    let path = parent.key(&what.key);
    let draft = FindingBuilder::of_item(Rule::SimilarKey, item, message, help).path(&path);
    draft.at(Anchor::Key(path)).others(others.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::super::testing::Repository;
    use crate::model::Rule;

    fn found(texts: &[(&str, &str)]) -> Vec<String> {
        let mut repository = Repository::default();
        for (environment, text) in texts {
            repository = repository.and(&format!("environments/{environment}/a.yaml"), *text);
        }
        let found = repository.of(Rule::SimilarKey);
        let short = |line: &String| {
            line.replace("environments/", "").replace("/a.yaml", "").replace(" warning[similar-key]", "")
        };
        found.iter().map(short).collect()
    }

    #[test]
    fn a_key_that_fewer_have_is_told_where_it_stands() {
        for (development, staging, production, told) in [
            (
                "a: 1\ntimeout: 5\n",
                "a: 1\ntimeout: 5\n",
                "a: 1\ntimout: 5\n",
                "production:2:1 `timout` looks like `timeout` mistyped, which development and staging have",
            ),
            (
                "db: {a: 1, maxConections: 5}\n",
                "db: {a: 1, maxConnections: 5}\n",
                "db: {a: 1, maxConnections: 5}\n",
                "development:1:12 `maxConections` looks like `maxConnections` mistyped, which staging and production have",
            ),
            (
                "a: 1\ntimeout: 5\ntimout: 6\n",
                "a: 1\ntimeout: 5\n",
                "a: 1\ntimeout: 5\n",
                "development:3:1 `timout` looks like `timeout` mistyped, beside it",
            ),
            (
                "s: [{name: x, replicas: 1}]\n",
                "s: [{name: x, replicas: 1}]\n",
                "s: [{name: x, replcias: 1}]\n",
                "production:1:15 `replcias` looks like `replicas` mistyped, which development and staging have",
            ),
            (
                "timeout: 5\n",
                "timeout: 5\n",
                "timout: 5\n",
                "production:1:1 `timout` looks like `timeout` mistyped, which development and staging have",
            ),
            (
                "a: 1\n---\nlog_level: 1\nb: 1\n",
                "a: 1\n---\nlog_level: 1\nb: 1\n",
                "a: 1\n---\nlogLevel: 1\nb: 1\n",
                "production:3:1 `logLevel` looks like `log_level` mistyped, which development and staging have",
            ),
        ] {
            let files = [("development", development), ("staging", staging), ("production", production)];
            assert_eq!(found(&files), [told]);
        }
        let two = [("staging", "a: 1\npassword_file: x\n"), ("production", "a: 1\npasswrod_file: x\n")];
        assert_eq!(
            found(&two),
            ["staging:2:1 `password_file` looks like `passwrod_file` mistyped, which production has"]
        );
        // What is spelt so elsewhere is right.
        let two = [
            ("staging", "a: 1\npassword_file: x\n"),
            ("production", "a: 1\npasswrod_file: x\nb: {password: x}\n"),
        ];
        assert_eq!(
            found(&two),
            ["production:2:1 `passwrod_file` looks like `password_file` mistyped, which staging has"]
        );
        let one = [("development", "a: [{timeout: 5, timout: 6}]\n")];
        assert_eq!(found(&one), ["development:1:18 `timout` looks like `timeout` mistyped, beside it"]);
    }

    #[test]
    fn what_may_be_meant_is_not_told() {
        for (earlier, later) in [
            ("a: 1\nhost: x\n", "a: 1\nhosts: [x]\n"),
            ("a: 1\nhost: x\n", "a: 1\nport: 1\n"),
            ("a: 1\nmin: 1\n", "a: 1\nmax: 1\n"),
            ("a: 1\nread: 1\n", "a: 1\nwrite: 1\n"),
            ("a: 1\ncert: x\n", "a: 1\ncart: x\n"),
            ("a: 1\nserver1: x\n", "a: 1\nserver2: x\n"),
            // Another kind of value.
            ("a: 1\ncontract: {x: 1}\n", "a: 1\ncontact: me\n"),
            // Words that are used elsewhere.
            ("a: 1\ncontract: x\nb: {contact_id: 1}\n", "a: 1\ncontact: x\nb: {contract_id: 1}\n"),
            // Both stand in both, or both are meant.
            ("timeout: 1\ntimout: 2\n", "timeout: 1\ntimout: 3\n"),
            ("a: 1\nhttp_proxy: x\nHTTP_PROXY: x\n", "a: 1\nHTTP_PROXY: x\n"),
            // Data.
            ("k: {johanna: 1, maria: 1}\n", "k: {johana: 1, robert: 1}\n"),
        ] {
            assert_eq!(
                found(&[("staging", earlier), ("production", later)]),
                Vec::<String>::new(),
                "{later}"
            );
        }
        for text in ["http_proxy: x\nHTTP_PROXY: x\n", "user: 1\nusers: 2\nport: 1\nsport: 1\n"] {
            assert_eq!(found(&[("staging", text)]), Vec::<String>::new(), "{text}");
        }
    }
}
