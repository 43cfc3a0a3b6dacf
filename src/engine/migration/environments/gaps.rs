//! What an environment's item lacks that another environment's item has.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Environment, Key, Value, ValuePath};

/// One item: how much each environment has of it, and what it lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gaps {
    /// The item.
    pub key: Key,
    /// How many values each environment has.
    pub values: BTreeMap<Environment, usize>,
    /// What each environment that has the item lacks, a path that holds others in their place.
    pub missing: BTreeMap<Environment, Vec<ValuePath>>,
}

/// The gaps of every item, by key.
#[must_use]
pub fn gaps(items: &[(Key, Environment, &[Value])]) -> Vec<Gaps> {
    let mut by_key: BTreeMap<&Key, BTreeMap<Environment, &[Value]>> = BTreeMap::new();
    for (key, environment, documents) in items {
        by_key.entry(key).or_default().insert(*environment, documents);
    }
    by_key.into_iter().map(|(key, sides)| gaps_of(key, &sides)).collect()
}

fn gaps_of(key: &Key, sides: &BTreeMap<Environment, &[Value]>) -> Gaps {
    let paths: BTreeMap<Environment, BTreeSet<ValuePath>> =
        sides.iter().map(|(environment, documents)| (*environment, paths(documents))).collect();
    let all: BTreeSet<&ValuePath> = paths.values().flatten().collect();
    let lacks = |own: &BTreeSet<ValuePath>| {
        let mut missing: Vec<ValuePath> = Vec::new();
        for path in all.iter().filter(|path| !own.contains(**path)) {
            // The whole mapping is told, not each value in it.
            if !missing.last().is_some_and(|last| last.covers(path)) {
                missing.push((*path).clone());
            }
        }
        missing
    };
    let values = sides
        .iter()
        .map(|(environment, documents)| (*environment, documents.iter().map(Value::leaves).sum()))
        .collect();
    let missing = paths.iter().map(|(environment, own)| (*environment, lacks(own))).collect();
    Gaps { key: key.clone(), values, missing }
}

/// Every mapping and every value; a list is one value.
fn paths(documents: &[Value]) -> BTreeSet<ValuePath> {
    let mut found = BTreeSet::new();
    for (number, value) in documents.iter().enumerate() {
        add(&ValuePath::document(number), value, &mut found);
    }
    found
}

fn add(base: &ValuePath, value: &Value, found: &mut BTreeSet<ValuePath>) {
    if let Some(map) = value.as_map() {
        for (key, value) in map {
            let path = base.key(key);
            add(&path, value, found);
            found.insert(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{Document, Limits};

    #[test]
    fn what_one_lacks_is_told_by_its_topmost_path() {
        let read = |text: &str| Document::parse(text.as_bytes(), &Limits::default()).expect("YAML");
        let (dev, prod) = (read("a: 1\nb: {c: 1}\n"), read("a: 2\nb: {d: 1}\ne: {f: {g: 1}, h: [1, 2]}\n"));
        let key: Key = "x".parse().expect("a key");
        let items = [
            (key.clone(), Environment::Development, dev.values()),
            (key, Environment::Production, prod.values()),
        ];
        let found = gaps(&items);
        let told = |environment| {
            let missing = found[0].missing[&environment].iter().map(ToString::to_string);
            missing.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(told(Environment::Development), "b.d e");
        assert_eq!(told(Environment::Production), "b.c");
        assert_eq!(found[0].values[&Environment::Production], 5);
        assert!(!found[0].values.contains_key(&Environment::Staging));
    }
}
