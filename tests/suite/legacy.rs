//! Real flat configuration: every file becomes an item, and other people's readers see the same
//! values and the same comments before and after.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value as Json;
use serde_yaml::Value as Yaml;
use terrace::engine::migration::{Migration, Plan, plan};
use terrace::formats::read::{Format, Refusal, convert};
use terrace::model::Policy;
use terrace::yaml::Limits;

use crate::fixtures;

/// The files of each set, by the set's name, as `set/path` and bytes.
fn sets(folder: &Path) -> BTreeMap<String, Vec<(String, Vec<u8>)>> {
    let mut sets: BTreeMap<String, Vec<(String, Vec<u8>)>> = BTreeMap::new();
    for file in fixtures::files(folder) {
        let name = file.strip_prefix(folder).expect("below").to_str().expect("UTF-8").to_owned();
        let set = name.split('/').next().expect("a set").to_owned();
        sets.entry(set).or_default().push((name, std::fs::read(&file).expect("a file")));
    }
    sets
}

/// The source's values by a reader that is not ours.
fn source_values(format: Format, bytes: &[u8]) -> Json {
    let text = std::str::from_utf8(bytes).expect("UTF-8").trim_start_matches('\u{feff}');
    match format {
        Format::Json => serde_json::from_str(text).expect("JSON"),
        Format::Toml => {
            serde_json::to_value(toml::from_str::<toml::Table>(text).expect("TOML")).expect("JSON")
        }
        Format::Yaml | Format::Env | Format::Properties => {
            unreachable!("no other reader is asked for {format}")
        }
    }
}

/// How many scalars and empty collections two readers agree on; `None` where they do not.
fn agreement(yaml: &Yaml, json: &Json) -> Option<usize> {
    match (yaml, json) {
        (Yaml::Null, Json::Null) => Some(1),
        (Yaml::Bool(a), Json::Bool(b)) => (a == b).then_some(1),
        (Yaml::Number(a), Json::Number(b)) => (a.as_f64() == b.as_f64()).then_some(1),
        (Yaml::String(a), Json::String(b)) => (a == b).then_some(1),
        (Yaml::Sequence(a), Json::Array(b)) if a.len() == b.len() => {
            let items: Option<usize> = a.iter().zip(b).map(|(a, b)| agreement(a, b)).sum();
            items.map(|count| count.max(1))
        }
        (Yaml::Mapping(a), Json::Object(b)) if a.len() == b.len() => {
            let entries = a.iter().map(|(key, a)| agreement(a, b.get(key.as_str()?)?));
            entries.sum::<Option<usize>>().map(|count| count.max(1))
        }
        _ => None,
    }
}

/// The comments of a text without strings of several lines, sorted.
fn comments(text: &str) -> Vec<String> {
    let comment = |line: &str| {
        let mut quote = None;
        line.char_indices().find_map(|(at, c)| match (quote, c) {
            (None, '#') => Some(line[at..].trim_end().to_owned()),
            (None, '"' | '\'') => {
                quote = Some(c);
                None
            }
            (Some(open), c) if open == c => {
                quote = None;
                None
            }
            _ => None,
        })
    };
    let mut found: Vec<_> = text.lines().filter_map(comment).collect();
    found.sort();
    found
}

#[test]
#[ignore = "needs the fixtures"]
fn real_flat_files_become_items_of_the_same_values() {
    let folder = fixtures::folder();
    let mut total = [0; 5];
    println!("set                 files  moved  written  refused  values  comments");
    for (set, files) in sets(&folder.join("flat")) {
        let mut row = [files.len(), 0, 0, 0, 0];
        let mut remarks = 0;
        for (name, bytes) in &files {
            let format = Format::of(name).unwrap_or_else(|| panic!("{name} has no known format"));
            let done = match convert(format, bytes, &Limits::default()) {
                Ok(done) => done,
                Err(Refusal::Rejected(rejection)) => {
                    let at = rejection.location.start;
                    println!("  {name}:{}:{} {}", at.line, at.column, rejection.message);
                    row[3] += 1;
                    continue;
                }
                Err(Refusal::Defect(error)) => panic!("{name}: {error}"),
            };
            remarks += done.comments;
            row[4] += done.values;
            if format == Format::Yaml {
                assert!(done.unchanged && done.text.as_bytes() == bytes, "{name}");
                row[1] += 1;
                continue;
            }
            let yaml: Yaml =
                serde_yaml::from_str(&done.text).unwrap_or_else(|error| panic!("{name}: {error}"));
            let agreed = agreement(&yaml, &source_values(format, bytes));
            assert_eq!(agreed, Some(done.values), "{name}:\n{}", done.text);
            if format == Format::Toml {
                let source = comments(std::str::from_utf8(bytes).expect("UTF-8"));
                assert_eq!(comments(&done.text), source, "{name}");
                assert_eq!(source.len(), done.comments, "{name}");
            }
            row[2] += 1;
        }
        let [all, moved, written, refused, values] = row;
        println!("{set:<18} {all:>6} {moved:>6} {written:>8} {refused:>8} {values:>7} {remarks:>9}");
        total.iter_mut().zip(row).for_each(|(sum, count)| *sum += count);
    }
    println!("{total:?}");
    let [all, moved, written, refused, _] = total;
    assert_eq!((all, moved + written, refused), (69, 69, 0));
}

fn planned(set: &str, files: &[(String, Vec<u8>)]) -> Plan {
    let roots = [set.to_owned()];
    plan(&Migration {
        prefix: "",
        roots: &roots,
        files,
        existing: &BTreeMap::new(),
        as_key: None,
        policy: &Policy::default(),
        limits: &Limits::default(),
    })
    .expect("a plan")
}

#[test]
#[ignore = "needs the fixtures"]
fn real_overlays_and_other_environments_are_asked_about() {
    let folder = fixtures::folder();
    let sets = sets(&folder.join("flat"));
    for (set, files) in &sets {
        let plan = planned(set, files);
        println!("{set}: {} items, {} values", plan.items.len(), plan.values());
        for (file, why) in plan.asks.iter().chain(&plan.left_alone) {
            println!("  {file} {why}");
        }
        let listed = plan.items.len() + plan.asks.len() + plan.left_alone.len();
        assert_eq!(listed, files.len(), "{:?}{:?}{:?}", plan.collisions, plan.rejected, plan.unnamed);
    }
    let names = |listed: &[(String, terrace::engine::migration::Suspicion)]| -> Vec<String> {
        listed.iter().map(|(file, _)| file.rsplit('/').next().expect("a name").to_owned()).collect()
    };
    let ches = planned("ches-node-config", &sets["ches-node-config"]);
    assert_eq!(names(&ches.asks), ["production.json", "test.json"]);
    assert_eq!(names(&ches.left_alone), ["custom-environment-variables.json"]);
    let eshop = planned("eshop-appsettings", &sets["eshop-appsettings"]);
    assert_eq!(eshop.asks.len(), 6);
    assert!(names(&eshop.asks).iter().all(|name| name.ends_with(".Development.json")));
    let symfony = planned("symfony-demo", &sets["symfony-demo"]);
    let monolog = symfony.asks.iter().find(|(file, _)| file.ends_with("/monolog.yaml")).expect("monolog");
    assert!(monolog.1.to_string().starts_with("holds production's `when@prod`"), "{}", monolog.1);
}
