//! Every verb on real files and real histories; prints what it found.

use std::path::Path;

use serde_json::Value as Json;

use crate::fixtures;
use crate::support::World;

#[test]
#[ignore = "needs the fixtures"]
fn flat_sets_are_migrated_by_the_binary() {
    let folder = fixtures::folder();
    println!("{:<20} {:>6} {:>6} {:>6} {:>6}", "set", "files", "moved", "listed", "items");
    for set in
        std::fs::read_dir(folder.join("flat")).expect("sets").map(|entry| entry.expect("an entry").path())
    {
        let name = set.file_name().expect("a name").to_string_lossy().into_owned();
        let mut world = World::unborn();
        let mut count = 0;
        for file in fixtures::files(&set) {
            let to = world.dir.join("config").join(file.strip_prefix(&set).expect("inside"));
            std::fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
            std::fs::copy(&file, to).expect("a copy");
            count += 1;
        }
        world.commit("flat");
        // `production.json` and `test.json` beside a base: nobody knows whose the latter is.
        let leave = if name == "ches-node-config" { " --leave test" } else { "" };
        let line = |how: &str| world.line(&format!("migrate config {how} --skip-invalid{leave}"));
        let plan = line("--dry-run");
        let moved = plan.stdout.lines().filter(|line| line.starts_with("would ")).count();
        let listed = plan
            .stdout
            .lines()
            // What is told of a file begins with its name.
            .filter(|line| line.contains("config/") && !line.starts_with("would "))
            .filter(|line| !line.starts_with("config/") && !line.contains("a common name of it"))
            .count();
        assert_eq!(moved + listed, count, "{name}: {}", plan.told());
        let done = line("--yes");
        assert_eq!(done.code, plan.code, "{name}: {}", done.told());
        let items = world.line("list").exits(0).lines().count();
        println!("{name:<20} {count:>6} {moved:>6} {listed:>6} {items:>6}");
        if done.code == 0 {
            assert_eq!((items, world.git(&["status", "--porcelain"]).as_str()), (moved, ""), "{name}");
            assert!(line("--yes").stdout.ends_with("nothing to do\n") || listed == 0, "{name}");
        }
    }
}

/// The history of a bundle, cloned.
fn cloned(bundle: &Path) -> World {
    let mut world = World::bare_ground();
    let to = world.dir.join("repository");
    world.git(&[
        "clone",
        "--quiet",
        "--branch=main",
        bundle.to_str().expect("a path"),
        to.to_str().expect("a path"),
    ]);
    world.dir = to;
    world
}

#[test]
#[ignore = "needs the fixtures"]
fn a_plan_of_named_items_is_theirs_in_the_plan_of_all() {
    let mut compared = 0;
    for bundle in fixtures::files(&fixtures::folder().join("histories")) {
        let name = bundle.file_stem().expect("a name").to_string_lossy().into_owned();
        let world = cloned(&bundle);
        let items = |words: &str| -> Vec<Json> {
            let output = world.line(&format!(
                "promote {words} --with-new --with-removals --skip-undecided --dry-run --format json"
            ));
            assert_eq!(output.code, 0, "{name} {words}: {}", output.stderr);
            let plan: Json = serde_json::from_str(&output.stdout).expect("JSON");
            plan["hops"][0]["items"].as_array().expect("items").clone()
        };
        for to in ["staging", "production"] {
            // The plan of all leaves the history index behind, in which the others look up.
            for item in items(&format!("--all --to {to}")).iter().take(25) {
                let key = item["key"].as_str().expect("a key");
                let of_one = items(&format!("{key} --to {to}"));
                assert_eq!(of_one.as_slice(), std::slice::from_ref(item), "{name} {key} {to}");
                compared += item["resolutions"].as_array().expect("paths").len();
            }
        }
    }
    println!("{compared} lines are the same in plans of one item and of all");
    assert!(compared > 100);
}

#[test]
#[ignore = "needs the fixtures"]
fn real_histories_are_promoted_byte_by_byte() {
    let folder = fixtures::folder();
    println!(
        "{:<20} {:<10} {:>6} {:>6} {:>6} {:>6} {:>6}",
        "history", "to", "paths", "taken", "lines", "offers", "stops"
    );
    for bundle in fixtures::files(&folder.join("histories")) {
        let name = bundle.file_stem().expect("a name").to_string_lossy().into_owned();
        let mut world = cloned(&bundle);
        world.pass(1);
        assert_eq!(world.line("status").code, 0, "{name}");
        assert!(matches!(world.line("diff").code, 0 | 1), "{name}");
        for (from, to) in [("development", "staging"), ("staging", "production")] {
            let keys: Vec<String> = world
                .line(&format!("list --env {to}"))
                .exits(0)
                .lines()
                .filter(|line| {
                    world.line(&format!("get {} --env {from}", line.split("  ").next().unwrap_or(line))).code
                        == 0
                })
                .map(|line| line.split("  ").next().unwrap_or(line).to_owned())
                .collect();
            for key in &keys {
                assert!(
                    matches!(world.line(&format!("promote {key} --to {to} --dry-run")).code, 0 | 3),
                    "{name} {key} {to}"
                );
            }
            let mut words = vec!["promote"];
            words.extend(keys.iter().map(String::as_str));
            words.extend(["--to", to, "--with-new", "--skip-undecided", "--yes", "--format", "json"]);
            let before = world.state();
            let output = world.terrace(&words);
            if output.code != 0 {
                println!("{name:<20} {to:<10} refused: {}", output.stderr.lines().next().unwrap_or_default());
                assert!(output.code == 3 && output.stderr.contains("\nhelp: "), "{name}: {}", output.stderr);
                assert_eq!(world.state(), before, "{name}");
                continue;
            }
            let plan: Json = serde_json::from_str(&output.stdout).expect("JSON");
            let lines: Vec<(&str, &Json)> = plan["hops"][0]["items"]
                .as_array()
                .expect("items")
                .iter()
                .flat_map(|item| {
                    item["resolutions"]
                        .as_array()
                        .expect("paths")
                        .iter()
                        .map(move |line| (item["key"].as_str().expect("a key"), line))
                })
                .collect();
            let taken: Vec<_> = lines.iter().filter(|(_, line)| line["taken"] == true).collect();
            for (key, line) in &taken {
                let path = line["path"].as_str().expect("a path");
                let value = |environment: &str| {
                    let output = world.terrace(&["get", key, path, "--env", environment, "--format", "json"]);
                    serde_json::from_str::<Json>(&output.stdout).ok().map(|value| value["value"].clone())
                };
                assert_eq!(value(to), value(from), "{name} {key} {path}");
            }
            let mut changed = 0;
            if !taken.is_empty() {
                for row in world.git(&["diff", "--numstat", "HEAD~1"]).lines() {
                    let mut columns = row.split('\t');
                    changed += columns
                        .by_ref()
                        .take(2)
                        .map(|n| n.parse::<usize>().expect("a number"))
                        .sum::<usize>();
                    let file = columns.next().unwrap_or_default();
                    assert!(file.starts_with(&format!("environments/{to}/")), "{name}: {file}");
                }
            }
            assert_eq!(world.git(&["status", "--porcelain"]), "", "{name}");
            let head = world.git(&["rev-parse", "HEAD"]);
            assert_eq!(world.terrace(&words).stderr, "nothing to do\n", "{name} {to} twice");
            assert_eq!(world.git(&["rev-parse", "HEAD"]), head);
            let level = |level: &str| lines.iter().filter(|(_, line)| line["level"] == level).count();
            println!(
                "{name:<20} {to:<10} {:>6} {:>6} {changed:>6} {:>6} {:>6}",
                lines.len(),
                taken.len(),
                level("offer"),
                level("stop")
            );
        }
    }
}

#[test]
#[ignore = "needs the fixtures"]
fn sets_per_environment_are_checked_and_compared() {
    let folder = fixtures::folder();
    println!("{:<20} {:>6} {:>7} {:>9} {:>8}", "set", "errors", "schema", "warnings", "diffs");
    for set in
        std::fs::read_dir(folder.join("per-env")).expect("sets").map(|entry| entry.expect("an entry").path())
    {
        let name = set.file_name().expect("a name").to_string_lossy().into_owned();
        let mut world = World::unborn();
        for file in fixtures::files(&set)
            .into_iter()
            .filter(|file| file.extension().is_some_and(|e| e == "yaml" || e == "yml"))
        {
            let place = file.strip_prefix(&set).expect("inside").to_string_lossy().into_owned();
            let environment = match () {
                () if ["preprod", "staging"].iter().any(|word| place.contains(word)) => "staging",
                () if place.contains("prod") => "production",
                () => "development",
            };
            let key =
                ["integration", "development", "staging", "production", "preprod", "prod", "dev", "base"]
                    .iter()
                    .fold(
                        place.rsplit_once('.').map_or(place.clone(), |(stem, _)| stem.to_owned()),
                        |key, word| key.replace(word, "x"),
                    );
            world.write(
                &format!("environments/{environment}/{key}.yaml"),
                &std::fs::read_to_string(&file).expect("text"),
            );
        }
        world.commit("base");
        let inferred = world.line("schema infer");
        assert!(matches!(inferred.code, 0 | 2), "{name}: {}", inferred.told());
        world.commit("schemas");
        assert_eq!(world.line("schema infer --check").code, if inferred.code == 0 { 0 } else { 2 }, "{name}");
        let report: Json = serde_json::from_str(&world.line("check --format json").stdout).expect("JSON");
        let schema = report["findings"]
            .as_array()
            .expect("findings")
            .iter()
            .filter(|finding| finding["rule"] == "schema")
            .count();
        assert_eq!(schema, 0, "{name}: an inferred schema refuses its own samples");
        let matrix = world.line("diff");
        assert!(matches!(matrix.code, 0 | 1), "{name}: {}", matrix.stderr);
        println!(
            "{name:<20} {:>6} {schema:>7} {:>9} {:>8}",
            report["summary"]["errors"],
            report["summary"]["warnings"],
            matrix.stdout.lines().count()
        );
    }
}
