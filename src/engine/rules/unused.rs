//! `unused-pin`, `unused-host`, `unused-word`, `unused-secret` and `unused-schema`: what of the policy
//! and the schemas fits nothing, most likely by a slip of the hand.
//!
//! Told when everything was looked at: a file that cannot be read may hold what an entry is for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

use super::context::{RevisionContext, RuleContext};
use super::excerpt::excerpt;
use crate::engine::hosts::tokens;
use crate::model::policy::{FILE, Fits, PolicyEntry};
use crate::model::{EnvironmentSet, Finding, Key, Rule, Segment, Value, ValuePath};
use crate::yaml::Lines;

pub(super) fn pins(world: &RevisionContext<'_>) -> Vec<Finding> {
    entries(world, Rule::UnusedPin, &|fits| match fits {
        Fits::Pin(_, path) => {
            Some(format!("this pin holds nothing back: no item has a path that fits `{path}`"))
        }
        Fits::Host(_) | Fits::Word(_) | Fits::Secret(_) | Fits::Reference(_) | Fits::Schema(_) => None,
    })
}

pub(super) fn hosts(world: &RevisionContext<'_>) -> Vec<Finding> {
    entries(world, Rule::UnusedHost, &|fits| match fits {
        Fits::Host(host) => Some(format!("no value names a host that fits `{}`", host.glob())),
        Fits::Pin(..) | Fits::Word(_) | Fits::Secret(_) | Fits::Reference(_) | Fits::Schema(_) => None,
    })
}

pub(super) fn words(world: &RevisionContext<'_>) -> Vec<Finding> {
    entries(world, Rule::UnusedWord, &|fits| match fits {
        Fits::Word(word) => Some(format!("the word `{word}` stands in no key and no value")),
        Fits::Pin(..) | Fits::Host(_) | Fits::Secret(_) | Fits::Reference(_) | Fits::Schema(_) => None,
    })
}

pub(super) fn secrets(world: &RevisionContext<'_>) -> Vec<Finding> {
    entries(world, Rule::UnusedSecret, &|fits| match fits {
        Fits::Secret(path) => Some(format!("no item has a path that fits `{path}`")),
        Fits::Reference(glob) => Some(format!("no value fits `{}`", glob.glob())),
        Fits::Pin(..) | Fits::Host(_) | Fits::Word(_) | Fits::Schema(_) => None,
    })
}

pub(super) fn schemas(world: &RevisionContext<'_>) -> Vec<Finding> {
    let mut findings = entries(world, Rule::UnusedSchema, &|fits| match fits {
        Fits::Schema(keys) => Some(format!("no item has a key that fits `{}`", keys.glob())),
        Fits::Pin(..) | Fits::Host(_) | Fits::Word(_) | Fits::Secret(_) | Fits::Reference(_) => None,
    });
    if world.change.is_none() {
        findings.extend(schema_files(world));
    }
    findings
}

/// Files called like an item's schema that describe none, and that no other schema refers to.
fn schema_files(world: &RevisionContext<'_>) -> Vec<Finding> {
    let files = world.snapshot.below("schemas/").map(|(path, _)| path.as_str());
    let mut unused: BTreeSet<&str> = files.filter(|path| path.ends_with(".schema.json")).collect();
    if unused.is_empty() || world.snapshot.items().next().is_none() {
        return Vec::new();
    }
    let mut describing = BTreeSet::new();
    for key in world.snapshot.keys() {
        for file in world.schemas.of_key(key).all() {
            if !describing.contains(file) {
                unused.remove(file);
                describing.insert(file.to_owned());
            }
        }
        if unused.is_empty() {
            return Vec::new();
        }
    }
    for file in &describing {
        if let Some(files) = world.schemas_made_of.get(file) {
            files.iter().for_each(|file| _ = unused.remove(file.as_str()));
            continue;
        }
        match world.schemas.load(file).as_ref() {
            Ok(schema) => schema.files().iter().for_each(|file| _ = unused.remove(file.as_str())),
            // What it refers to is not known.
            Err(_) => return Vec::new(),
        }
    }
    let finding = |path: &str| {
        let file = format!("{}{path}", world.snapshot.prefix);
        let message = "this schema describes no item, and none refers to it";
        let help = "name it after an item, map it with [[schema]] in terrace.toml, or remove it";
        Finding { others: EnvironmentSet::ALL, ..Finding::new(Rule::UnusedSchema, file, message, help) }
    };
    unused.into_iter().map(finding).collect()
}

/// The entries of the policy, of those that `message` speaks of, that fit nothing.
fn entries(
    world: &RevisionContext<'_>,
    rule: Rule,
    message: &dyn Fn(&Fits) -> Option<String>,
) -> Vec<Finding> {
    let entries = world.policy.entries.iter().enumerate();
    let told =
        entries.filter_map(|(position, entry)| Some((position, entry, message(entry.fits.as_ref()?)?)));
    let mut idle: BTreeMap<usize, (&PolicyEntry, String)> =
        told.map(|(position, entry, message)| (position, (entry, message))).collect();
    let is_part = world.change.is_some_and(|change| !change.is_whole);
    if idle.is_empty() || is_part || !world.is_all_read() {
        return Vec::new();
    }
    for judgement in world.judgements.values() {
        judgement.fitting.iter().for_each(|position| _ = idle.remove(position));
    }
    let Ok(Some(text)) = world.snapshot.text(FILE) else { return Vec::new() };
    let lines = Lines::new(&text);
    let finding = |(entry, message): (&PolicyEntry, String)| {
        let file = format!("{}{FILE}", world.snapshot.prefix);
        let mut finding = Finding::new(rule, file, message, "correct it, or remove it");
        finding.others = EnvironmentSet::ALL;
        finding.location = Some(lines.location(&text, &entry.span));
        finding.excerpt = excerpt(&text, &lines, &entry.span, &[]);
        finding
    };
    idle.into_values().map(finding).collect()
}

/// The entries of the policy, by position, that fit something of an item, of those that are not seen yet.
pub(super) fn fitting(world: &RuleContext<'_>) -> BTreeSet<usize> {
    let is_seen = |position: usize| {
        let seen = world.seen.as_ref().and_then(|seen| seen.get(position));
        seen.is_some_and(|seen| seen.load(Ordering::Relaxed))
    };
    let asked = world.policy.entries.iter().enumerate().filter(|(position, _)| !is_seen(*position));
    let mut idle: Vec<(usize, &PolicyEntry)> = asked.collect();
    let mut fitting: BTreeSet<usize> = idle.iter().map(|(position, _)| *position).collect();
    for item in &world.items {
        if idle.is_empty() {
            break;
        }
        idle.retain(|(_, entry)| !entry.fits.as_ref().is_some_and(|fits| fits_key(fits, item.key)));
        item.values(&mut |visit| {
            if idle.is_empty() {
                return;
            }
            let mut named = None;
            idle.retain(|(_, entry)| {
                let fits = |path: &ValuePath| {
                    entry.fits.as_ref().is_some_and(|fits| fits_value(fits, item.key, path, visit.value))
                };
                !fits(visit.path) && !fits(named.get_or_insert_with(|| item.named(visit.path)))
            });
        });
    }
    for (position, _) in idle {
        fitting.remove(&position);
    }
    for seen in world.seen.iter().flat_map(|seen| fitting.iter().filter_map(|position| seen.get(*position))) {
        seen.store(true, Ordering::Relaxed);
    }
    fitting
}

/// Whether an entry fits something of this key.
fn fits_key(fits: &Fits, key: &Key) -> bool {
    match fits {
        Fits::Schema(keys) => keys.is_match(key.as_str()),
        Fits::Word(word) => key.as_str().to_lowercase().contains(word.as_str()),
        Fits::Pin(..) | Fits::Host(_) | Fits::Secret(_) | Fits::Reference(_) => false,
    }
}

/// Whether an entry fits this value of an item.
fn fits_value(fits: &Fits, key: &Key, path: &ValuePath, value: &Value) -> bool {
    let text = || value.as_str().unwrap_or_default();
    match fits {
        Fits::Pin(keys, pattern) => {
            pattern.covers(path) && keys.as_ref().is_none_or(|keys| keys.is_match(key.as_str()))
        }
        Fits::Secret(pattern) => pattern.covers_loosely(path),
        Fits::Reference(glob) => glob.is_match(text()),
        Fits::Host(glob) => tokens(&text().to_lowercase()).any(|token| glob.is_match(token)),
        Fits::Word(word) => {
            let name = match path.last() {
                Some(Segment::Key(key)) => key.to_lowercase(),
                Some(Segment::Index(_) | Segment::Identity { .. } | Segment::Append) | None => String::new(),
            };
            text().to_lowercase().contains(word.as_str()) || name.contains(word.as_str())
        }
        Fits::Schema(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Repository;

    const POLICY: &str = r#"[[pin]]
key = "pay*"
path = "servers[name=api].port"
[[pin]]
path = "databse.host"
[secrets]
paths = ["licence-code", "license"]
not = ["**.secretname", "**.none"]
references = ["corp:*", "crop:*"]
[isolation]
words = { staging = ["uat", "aut"] }
[isolation.hosts]
staging = ["*.stg.example.com", "*.sgt.example.com"]
[[schema]]
keys = "pay*"
file = "schemas/common.json"
[[schema]]
keys = "services/*"
file = "schemas/common.json"
"#;

    const ITEM: &str = "servers:\n- name: api\n  port: 1\nlicence_code: corp:x\ntls:\n  secretName: a\n\
        url: https://a.stg.example.com/uat\n";

    fn repository() -> Repository {
        Repository::new(&[
            ("environments/staging/payments.yaml", ITEM),
            ("terrace.toml", POLICY),
            ("schemas/common.json", r#"{"$ref": "part.schema.json"}"#),
            ("schemas/part.schema.json", "{}"),
            ("schemas/payment.schema.json", "{}"),
        ])
    }

    #[test]
    fn entries_that_fit_nothing_are_told_at_their_place() {
        assert_eq!(
            repository().places(),
            [
                "environments/staging/payments.yaml:1:1 notice[missing-item]",
                "schemas/payment.schema.json warning[unused-schema]",
                "terrace.toml:4:1 warning[unused-pin]",
                "terrace.toml:7:26 warning[unused-secret]",
                "terrace.toml:8:25 warning[unused-secret]",
                "terrace.toml:9:25 warning[unused-secret]",
                "terrace.toml:11:29 warning[unused-word]",
                "terrace.toml:13:33 warning[unused-host]",
                "terrace.toml:17:1 warning[unused-schema]",
            ]
        );
    }

    #[test]
    fn a_part_or_a_file_that_is_not_read_says_nothing_of_them() {
        let item = "environments/staging/payments.yaml:1:1 notice[missing-item]";
        assert_eq!(repository().keys(&["payments"]).places(), [item]);
        let broken = repository().and("environments/staging/b.yaml", "a: [\n").places();
        assert_eq!(
            broken,
            [
                "environments/staging/b.yaml notice[missing-item]",
                "environments/staging/b.yaml:1:4 error[syntax]",
                item,
                "schemas/payment.schema.json warning[unused-schema]",
            ]
        );
    }
}
