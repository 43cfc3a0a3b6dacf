//! `migrate` where environments are kept apart already: the words, the one commit, and that history
//! goes on through it.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value as Json;

use crate::fixtures;
use crate::support::{World, run};

/// Layouts as they were: the fixture, and each file of Terrace's layout with where it was.
struct Layout {
    name: &'static str,
    /// `ENV` stands for the environment in the file's old path.
    files: &'static [(&'static str, &'static str)],
    /// The old words of development, staging and production.
    words: [&'static str; 3],
    /// The arguments of `migrate`.
    arguments: &'static str,
}

const LAYOUTS: [Layout; 4] = [
    Layout {
        name: "cloud-gov-cf",
        files: &[
            ("bosh/opsfiles/pages-clients", "bosh/opsfiles/pages-clients-ENV.yml"),
            ("bosh/opsfiles/scaling", "bosh/opsfiles/scaling-ENV.yml"),
            ("bosh/varsfiles", "bosh/varsfiles/ENV.yml"),
        ],
        words: ["development", "staging", "production"],
        arguments: ".",
    },
    Layout {
        name: "govuk-puppet",
        files: &[("hieradata_aws", "hieradata_aws/ENV.yaml")],
        words: ["integration", "staging", "production"],
        arguments: "--environments integration=development",
    },
    Layout {
        name: "moj-adjudications",
        files: &[("values", "helm_deploy/values-ENV.yaml")],
        words: ["dev", "preprod", "prod"],
        arguments: "helm_deploy --environments preprod=staging",
    },
    Layout {
        name: "moj-interventions",
        files: &[("values", "helm_deploy/values-ENV.yaml")],
        words: ["dev", "preprod", "prod"],
        arguments: "helm_deploy --environments preprod=staging",
    },
];

const ENVIRONMENTS: [&str; 3] = ["development", "staging", "production"];

impl Layout {
    /// Each path of Terrace's layout with the old one.
    fn paths(&self) -> BTreeMap<String, String> {
        let mut paths = BTreeMap::new();
        for (key, old) in self.files {
            for (environment, word) in ENVIRONMENTS.iter().zip(self.words) {
                paths.insert(format!("environments/{environment}/{key}.yaml"), old.replace("ENV", word));
            }
        }
        paths
    }
}

fn cloned(bundle: &Path) -> World {
    let mut world = World::bare_ground();
    let to = world.dir.join("repository");
    let (bundle, target) = (bundle.to_str().expect("a path"), to.to_str().expect("a path"));
    world.git(&["clone", "--quiet", "--branch=main", bundle, target]);
    world.dir = to;
    world
}

/// The same history with every file where it was.
fn laid_out_as_it_was(bundle: &Path, layout: &Layout) -> World {
    let world = cloned(bundle);
    let paths = layout.paths();
    let exported = world.git(&["fast-export", "--no-data", "main"]);
    let renamed = exported.replace("refs/heads/main", "refs/heads/was");
    let lines = renamed.split_inclusive('\n').map(|line| {
        let is_path = line.starts_with("M 100") || line.starts_with("D ");
        let path = line.trim_end().rsplit(' ').next().unwrap_or_default();
        match paths.get(path).filter(|_| is_path) {
            Some(old) => line.replace(path, old),
            None => line.to_owned(),
        }
    });
    let stream: String = lines.collect();
    let mut import =
        world.command("git").args(["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn().expect("git");
    import.stdin.take().expect("a pipe").write_all(stream.as_bytes()).expect("written");
    assert!(import.wait().expect("git").success(), "{}", layout.name);
    world.git(&["checkout", "--quiet", "-B", "main", "was"]);
    world
}

/// The plans of both hops, with the number of a commit in its history for its id.
fn plans(world: &World) -> Vec<Json> {
    let commits = world.git(&["rev-list", "--reverse", "--first-parent", "HEAD"]);
    let commits: Vec<&str> = commits.lines().collect();
    let plan = |to: &str| {
        let output = world.line(&format!(
            "promote --all --to {to} --with-new --with-removals --skip-undecided --dry-run --format json"
        ));
        assert_eq!(output.code, 0, "{}", output.stderr);
        let mut plan: Json = serde_json::from_str(&output.stdout).expect("JSON");
        let mut hop = plan["hops"][0]["items"].take();
        number(&mut hop, &commits);
        hop
    };
    vec![plan("staging"), plan("production")]
}

fn number(value: &mut Json, commits: &[&str]) {
    match value {
        Json::String(text) => {
            // Ids stand alone, and in reasons.
            let number = |word: &str| {
                let is_id = word.len() >= 7 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
                commits.iter().position(|commit| is_id && commit.starts_with(word))
            };
            let words =
                text.split(' ').map(|word| number(word).map_or(word.to_owned(), |at| format!("#{at}")));
            *text = words.collect::<Vec<_>>().join(" ");
        }
        Json::Array(list) => list.iter_mut().for_each(|value| number(value, commits)),
        Json::Object(map) => map.values_mut().for_each(|value| number(value, commits)),
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

fn resolutions(plans: &[Json]) -> usize {
    let items = plans.iter().flat_map(|plan| plan.as_array().expect("items"));
    items.filter_map(|item| item["resolutions"].as_array().map(Vec::len)).sum()
}

/// Takes it over, and compares the plans with those of the same content in Terrace's layout.
fn compare(name: &str, mut was: World, mut ours: World, arguments: &str) -> usize {
    was.pass(9000);
    ours.pass(8999);
    let head = was.git(&["rev-parse", "HEAD"]);
    let output = was.line(&format!("migrate {arguments} --yes"));
    assert_eq!(output.code, 0, "{name}: {}{}", output.stdout, output.stderr);
    assert_eq!(was.git(&["rev-parse", "HEAD~1"]), head, "{name}: one commit");
    assert_eq!(was.git(&["status", "--porcelain"]), "", "{name}");
    if was.dir.join("terrace.toml").exists() {
        ours.write("terrace.toml", &was.read("terrace.toml"));
    }
    ours.commit("the same policy");
    assert_eq!(
        was.git(&["rev-parse", "HEAD:environments"]),
        ours.git(&["rev-parse", "HEAD:environments"]),
        "{name}: the same bytes at the same paths"
    );
    let (found, expected) = (plans(&was), plans(&ours));
    for (found, expected) in found.iter().zip(&expected) {
        let (found, expected) = (found.as_array().expect("items"), expected.as_array().expect("items"));
        assert_eq!(found.len(), expected.len(), "{name}");
        for (found, expected) in found.iter().zip(expected) {
            assert_eq!(found, expected, "{name}");
        }
    }
    let undone = was.git(&["revert", "--no-edit", "HEAD"]);
    assert!(was.git(&["diff", head.trim(), "HEAD"]).is_empty(), "{name}: {undone}");
    resolutions(&found)
}

#[test]
#[ignore = "needs the fixtures"]
fn after_the_take_over_histories_are_judged_as_in_terraces_layout() {
    let folder = fixtures::folder().join("histories");
    for layout in &LAYOUTS {
        let bundle = folder.join(format!("{}.bundle", layout.name));
        let (was, ours) = (laid_out_as_it_was(&bundle, layout), cloned(&bundle));
        let commits = was.git(&["rev-list", "--count", "HEAD"]);
        let entries = compare(layout.name, was, ours, layout.arguments);
        println!(
            "{:<20} {:>5} commits, {entries} entries of plans are the same",
            layout.name,
            commits.trim()
        );
        assert!(entries > 10, "{}", layout.name);
    }
}

/// The files below a folder, by their paths in it.
fn texts(folder: &Path) -> Vec<(String, String)> {
    let text = |path: &std::path::PathBuf| {
        let name = path.strip_prefix(folder).expect("below").to_str().expect("UTF-8").to_owned();
        (name, std::fs::read_to_string(path).expect("text"))
    };
    fixtures::files(folder).iter().map(text).collect()
}

#[test]
#[ignore = "needs the fixtures"]
fn sets_of_one_commit_are_judged_as_in_terraces_layout() {
    let folder = fixtures::folder().join("per-env");
    for (name, at, key, words, arguments) in [
        (
            "govuk-puppet",
            "hieradata_aws/",
            "hieradata_aws",
            ["integration", "staging", "production"],
            "--environments integration=development",
        ),
        (
            "moj-adjudications",
            "helm_deploy/",
            "helm_deploy/values",
            ["dev", "preprod", "prod"],
            "--environments preprod=staging",
        ),
        (
            "moj-interventions",
            "helm_deploy/",
            "helm_deploy/values",
            ["dev", "preprod", "prod"],
            "--environments preprod=staging",
        ),
        ("cloud-gov-cf", "bosh/", "bosh/scaling bosh/varsfiles", ENVIRONMENTS, "."),
        ("flux2-kustomize", "", "apps/podinfo-values", ["-", "staging", "production"], "."),
    ] {
        let (was, ours) = (World::unborn(), World::unborn());
        for (path, text) in texts(&folder.join(name)) {
            was.write(&format!("{at}{path}"), &text);
            let stem = path
                .rsplit('/')
                .next()
                .unwrap_or_default()
                .trim_end_matches(".yaml")
                .trim_end_matches(".yml");
            for (environment, word) in ENVIRONMENTS.iter().zip(words) {
                let key = key.split(' ').find(|key| match name {
                    "cloud-gov-cf" => stem == format!("{}-{word}", key.trim_start_matches("bosh/")),
                    "flux2-kustomize" => path == format!("apps/{word}/podinfo-values.yaml"),
                    _ => stem == word || stem == format!("values-{word}"),
                });
                if let Some(key) = key {
                    ours.write(&format!("environments/{environment}/{key}.yaml"), &text);
                }
            }
        }
        let (mut was, mut ours) = (was, ours);
        was.commit("base");
        ours.commit("base");
        let entries = compare(name, was, ours, arguments);
        println!("{name:<20} {entries} entries of plans are the same");
    }
}

const DEV: &str = "# payments\ntimeout: 5s # enough\npool: {size: 10}\n";

fn apart() -> World {
    World::with(&[
        ("config/dev/pay.yaml", DEV),
        ("config/stage/pay.yaml", &DEV.replace("10", "20")),
        ("config/prod/pay.yaml", &DEV.replace("10", "40").replace("timeout: 5s # enough\n", "")),
        ("README.md", "# x\n"),
    ])
}

#[test]
fn the_dry_run_says_which_word_is_which_environment_and_what_is_missing_where() {
    let world = apart();
    let before = world.state();
    let told = world.line("migrate --dry-run").exits(0);
    for line in [
        "dev    → development  (a common name of it; 1 file, config/dev/pay.yaml)",
        "pay   2 values     2 values  1 value, lacks 1",
        "pay of production lacks\n  timeout                (development and staging have it)\n",
        "would move  config/prod/pay.yaml   → environments/production/pay.yaml   (unchanged, history goes on)",
        "1 item in 3 environments: 3 files, 5 values.",
        "To commit it: terrace migrate .\n",
    ] {
        assert!(told.contains(line), "{line}\n{told}");
    }
    let stopped = world.line("migrate");
    assert_eq!(stopped.code, 2, "{stopped:?}");
    assert!(stopped.stderr.contains("help: all of these: terrace migrate ."), "{stopped:?}");
    assert_eq!(world.state(), before);
}

#[test]
fn blame_and_log_go_back_before_the_move_and_a_revert_undoes_it() {
    let mut world = apart();
    world.write("config/dev/pay.yaml", &DEV.replace("5s", "8s"));
    world.commit("a longer timeout");
    let head = world.git(&["rev-parse", "HEAD"]);
    let committed = world.line("migrate config --yes").exits(0);
    assert!(committed.contains("git revert"), "{committed}");
    assert_eq!(world.read("environments/development/pay.yaml"), DEV.replace("5s", "8s"));
    assert!(!world.dir.join("config").exists() && !world.dir.join("terrace.toml").exists());
    let log = world.line("log pay --env development").exits(0);
    assert!(log.contains("a longer timeout"), "{log}");
    let plan = world.line("promote pay --to staging --dry-run");
    assert!(plan.stdout.contains("timeout") && plan.stdout.contains("8s"), "{plan:?}");
    world.git(&["revert", "--no-edit", "HEAD"]);
    assert_eq!(world.git(&["diff", head.trim(), "HEAD"]), "");
}

#[test]
fn a_word_that_nobody_knows_is_asked_about() {
    let world = World::with(&[
        ("helm/values-dev.yaml", "a: 1\n"),
        ("helm/values-preprod.yaml", "a: 2\n"),
        ("helm/values-prod.yaml", "a: 3\n"),
    ]);
    world.refuses(
        "migrate helm --yes",
        3,
        "error: nobody says what `preprod` is, in helm/values-preprod.yaml\n\
         help: --environments preprod=staging if it is staging; --leave preprod if it stays as it is",
    );
    let left = world.line("migrate helm --leave preprod --dry-run").exits(0);
    assert!(left.contains("`preprod` is left alone, as asked"), "{left}");
    let wrong = world.line("migrate helm --environments preprod=qa");
    assert!(wrong.code == 2 && wrong.stderr.contains("preprod=qa"), "{wrong:?}");
    let asked = |answers: &[(&str, &str)]| {
        let mut command = world.command(env!("CARGO_BIN_EXE_terrace"));
        command.args(["migrate", "helm"]);
        crate::terminal::converse(command, answers)
    };
    let question = "What is preprod (helm/values-preprod.yaml)?";
    let (code, shown) = asked(&[(question, "q\n")]);
    assert!(code == 0 && shown.contains("nothing was committed"), "{shown}");
    let (code, shown) = asked(&[(question, "what\n"), (question, "l\n"), ("Commit this?", "n\n")]);
    assert!(code == 0 && shown.contains("`preprod` is left alone, as asked"), "{shown}");
    let (code, shown) = asked(&[(question, "s\n"), ("Commit this?", "y\n")]);
    assert!(code == 0 && shown.contains("committed"), "{shown}");
    assert_eq!(world.read("environments/staging/values.yaml"), "a: 2\n");
    assert_eq!(world.read("terrace.toml"), "[isolation]\nwords = { staging = [\"preprod\"] }\n");
}

/// Whose a file is does not rest on whether it can be read: nothing becomes development's for that.
#[test]
fn a_file_that_cannot_be_read_is_its_environments_all_the_same() {
    let world = World::with(&[("helm/values-dev.yaml", "a: 1\n"), ("helm/values-prod.yaml", "a: [\n")]);
    world.refuses(
        "migrate helm --yes",
        2,
        "error: helm/values-prod.yaml:1:4: unclosed bracket '['\n\
         help: mend the YAML here, or a line or two above; or leave such files with --skip-invalid",
    );
    world.line("migrate helm --yes --skip-invalid").exits(0);
    assert_eq!(world.read("environments/development/values.yaml"), "a: 1\n");
    assert_eq!(world.read("helm/values-prod.yaml"), "a: [\n");
}

#[test]
fn one_environments_files_are_named() {
    let world = World::with(&[("eu/limits.yaml", "a: 1\n"), ("eu/staging.yaml", "a: 2\n")]);
    let told = world.line("migrate eu --env production --yes").exits(0);
    assert!(told.contains("left alone  eu/staging.yaml  seems staging's"), "{told}");
    assert_eq!(world.read("environments/production/limits.yaml"), "a: 1\n");
    assert_eq!(world.read("eu/staging.yaml"), "a: 2\n");
}

#[test]
fn json_goes_on_and_env_files_begin_here() {
    let mut world = World::with(&[
        ("appsettings.json", "{\"a\": 1, \"base\": true}\n"),
        ("appsettings.Development.json", "{\"a\": 1, \"b\": 1}\n"),
        ("appsettings.Staging.json", "{\"a\": 1, \"b\": 1}\n"),
        (".env", "A=0\n"),
        (".env.development", "A=1\n"),
        (".env.production", "A=2\n"),
    ]);
    world.write("appsettings.Development.json", "{\"a\": 1, \"b\": 2}\n");
    world.commit("b is 2");
    world.write("appsettings.Staging.json", "{\"a\": 3, \"b\": 1}\n");
    world.commit("staging has its own a");
    let told = world.line("migrate . --yes").exits(0);
    for line in [
        "(2 values, history goes on)",
        "(1 value, history begins here)",
        "base   appsettings.json",
        "base   .env ",
    ] {
        assert!(told.contains(line), "{line}\n{told}");
    }
    assert_eq!(world.read("environments/production/env.yaml"), "A: '2'\n");
    let log = world.line("log appsettings --env development").exits(0);
    assert!(log.contains("b is 2"), "{log}");
    let plan = world.line("promote appsettings --to staging --dry-run");
    assert!(plan.code == 0 && plan.stdout.contains("own"), "{plan:?}");
}

#[test]
fn a_base_is_folded_into_what_lacks_it_or_stays() {
    let world = World::with(&[
        ("values.yaml", "replicas: 1\nimage:\n  name: shop # the image\n  tag: \"1.10\"\n"),
        ("values-dev.yaml", "image:\n  tag: \"2\"\n"),
        ("values-prod.yaml", "replicas: 3\n"),
    ]);
    let stays = world.line("migrate . --dry-run").exits(0);
    assert!(stays.contains("base        values.yaml       stays: what `values` begins from"), "{stays}");
    let told = world.line("migrate . --base fold --yes").exits(0);
    assert!(told.contains("what changes in a base later no longer arrives there"), "{told}");
    assert_eq!(
        world.read("environments/development/values.yaml"),
        "image:\n  tag: \"2\"\n  name: shop # the image\nreplicas: 1\n"
    );
    assert_eq!(
        world.read("environments/production/values.yaml"),
        "replicas: 3\nimage:\n  name: shop # the image\n  tag: \"1.10\"\n"
    );
    assert!(world.dir.join("values.yaml").exists());
}

#[test]
fn old_files_stay_for_each_environment_until_the_end() {
    let mut world = apart();
    world.line("migrate config --keep-legacy --yes").exits(0);
    assert_eq!(world.read("config/prod/pay.yaml"), world.read("environments/production/pay.yaml"));
    assert_eq!(world.line("check").code, 0);
    let log = world.line("log pay --env production").exits(0);
    assert!(log.contains("base"), "{log}");
    world.write("config/prod/pay.yaml", "pool: {size: 41}\n");
    world.commit("an old reader's file changes");
    let found = world.line("check");
    assert!(found.code == 1 && found.stdout.contains("legacy-drift"), "{found:?}");
    assert_eq!(world.line("migrate --finish --yes").code, 3);
    world.write("environments/production/pay.yaml", "pool: {size: 41}\n");
    world.commit("the item follows");
    world.line("migrate --finish --yes").exits(0);
    assert!(!world.dir.join("config").exists());
    assert_eq!(world.line("check").code, 0);
}

#[test]
fn environments_on_branches_are_said_to_be_a_later_step() {
    let world = World::with(&[("app.yaml", "a: 1\n")]);
    world.git(&["branch", "staging"]);
    world.git(&["branch", "env/production"]);
    let told = world.line("migrate --dry-run");
    assert!(
        told.stderr.contains("note: branches are named like environments (env/production, staging)"),
        "{told:?}"
    );
}

#[test]
fn a_migration_that_is_done_has_nothing_to_do() {
    let world = apart();
    world.line("migrate config --keep-legacy --yes").exits(0);
    let again = world.line("migrate config --keep-legacy --yes").exits(0);
    assert!(again.contains("nothing to do"), "{again}");
    assert!(run(world.command("git").args(["log", "--oneline"])).stdout.lines().count() == 2);
}

/// A repository of the examples, committed.
fn example(name: &str) -> World {
    let mut world = World::unborn();
    for (path, text) in texts(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/take-over").join(name)) {
        world.write(&path, &text);
    }
    world.commit("base");
    world
}

#[test]
fn each_example_is_taken_over_as_its_readme_says() {
    let readme = include_str!("../../examples/take-over/README.md");
    let mut taken = 0;
    for row in readme.lines().filter_map(|line| line.strip_prefix("| `")) {
        let name = row.split('`').next().expect("a name");
        let line = row.rsplit('`').nth(1).and_then(|line| line.strip_prefix("terrace ")).expect("a command");
        let world = example(name);
        let (before, tried) = (world.state(), world.line("try"));
        assert!(tried.code == 0 && tried.stdout.contains("Nothing was changed."), "{name}: {tried:?}");
        assert_eq!(world.state(), before, "{name}");
        let told = world.line(line);
        assert_eq!(told.code, 0, "{name}: {told:?}");
        let listed = world.line("list").exits(0);
        let key = match name {
            "helm" => "values",
            "kustomize" => "settings",
            "dotnet" => "appsettings",
            "spring" => "application",
            _ => "env",
        };
        assert!(listed.contains(key), "{name}: {listed}");
        assert_eq!(world.line("check").code, 0, "{name}: {}", world.line("check").stdout);
        assert_eq!(world.git(&["status", "--porcelain"]), "", "{name}");
        if line.contains("--keep-legacy") {
            let (old, new) = ("config/application-prod.yml", "environments/production/application.yaml");
            assert_eq!(world.read(old), world.read(new), "{name}");
            world.line("migrate --finish --yes").exits(0);
            assert!(!world.dir.join(old).exists() && world.dir.join("config/application.yml").exists());
            assert_eq!(world.line("check").code, 0, "{name}");
        }
        taken += 1;
    }
    assert_eq!(taken, 5);
}

#[test]
fn a_folded_base_says_what_the_program_read_before() {
    let world = example("dotnet");
    world.line("migrate . --base fold --yes").exits(0);
    let json = world.line("export appsettings --env production --format json").exits(0);
    let json: Json = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["Logging"]["LogLevel"]["Default"], "Information");
    assert_eq!(json["Catalog"]["Url"], "https://shop.example.com");
}

#[test]
fn a_try_shows_all_and_changes_nothing() {
    let world = World::with(&[
        ("values-dev.yaml", "a: 1\nb: 2\n"),
        ("values-preprod.yaml", "a: 1\nb: 3\npassword: hunter22hunter22\n"),
        ("values-prod.yaml", "a: 1\nb: 4\npassword: hunter22hunter22\n"),
    ]);
    let before = world.state();
    let told = world.line("try").exits(0);
    for line in [
        "`preprod` is taken as staging here; migrate asks for it",
        "What check would find",
        "shared-secret",
        "What would wait",
        "values  2 of 3 values",
        "values: 1 shared value looks like a secret: password",
        "Nothing was changed.\nnext: terrace migrate . --environments preprod=staging --dry-run",
    ] {
        assert!(told.contains(line), "{line}\n{told}");
    }
    assert!(!told.contains("hunter22"), "{told}");
    assert_eq!(world.state(), before);
    let none = World::with(&[("app.yaml", "a: 1\n")]);
    assert!(none.line("try").exits(0).contains("Nothing here keeps environments apart"));
}

#[test]
fn environments_under_their_old_names_are_taken_over_where_they_are() {
    let world = World::with(&[
        ("environments/dev/app.yaml", "a: 1\n"),
        ("environments/staging/app.yaml", "a: 2\nb: 1\n"),
        ("environments/staging/more.yml", "a: 1\n"),
        ("environments/production/app.yaml", "a: 3\n"),
    ]);
    let told = world.line("migrate environments --dry-run").exits(0);
    for line in [
        "app   1 value, lacks 1  2 values",
        "environments/staging/more.yml  → environments/staging/more.yaml",
    ] {
        assert!(told.contains(line), "{line}\n{told}");
    }
    world.refuses(
        "migrate environments/staging/app.yaml",
        2,
        "error: environments/staging/app.yaml is part of the configuration repository already\n\
         help: name flat files that stand outside environments/, schemas/ and .terrace/",
    );
    assert!(world.line("try").exits(0).contains("→ environments/development/app.yaml"));
    world.line("migrate . --yes").exits(0);
    assert_eq!(world.read("environments/development/app.yaml"), "a: 1\n");
    assert_eq!(world.read("environments/staging/more.yaml"), "a: 1\n");
    assert!(!world.dir.join("environments/dev").exists());
    assert!(world.line("migrate . --yes").exits(0).contains("nothing to do"));
}

#[test]
fn a_word_beside_one_known_environment_is_asked_about() {
    for known in ["prod", "dev"] {
        let world = World::with(&[("v-uat.yaml", "a: 1\n"), (&format!("v-{known}.yaml"), "a: 2\n")]);
        world.refuses(
            "migrate . --yes",
            3,
            "error: nobody says what `uat` is, in v-uat.yaml\n\
             help: --environments uat=staging if it is staging; --leave uat if it stays as it is",
        );
        let tried = world.line("try").exits(0);
        assert!(tried.contains("what is `uat`?") && !tried.contains("as asked"), "{tried}");
    }
}

#[test]
fn what_is_said_of_words_has_to_fit() {
    let world = World::with(&[
        ("v-uat.yaml", "a: 1\n"),
        ("v-prod.yaml", "a: 2\n"),
        ("config/prod/values-dev.yaml", "a: 1\n"),
    ]);
    for (line, message) in [
        (
            "migrate . --environments uatt=staging --dry-run",
            "`uatt` is a word of no file that was looked at\nhelp: did you mean `uat`?",
        ),
        ("migrate . --leave prdo,uat --dry-run", "`prdo` is a word of no file that was looked at"),
        (
            "migrate . --environments uat=staging,uat=development --dry-run",
            "`uat` cannot be both staging and development",
        ),
        (
            "migrate . --environments uat=staging --leave uat --dry-run",
            "`uat` cannot be staging and be left alone",
        ),
    ] {
        let refused = world.line(line);
        assert!(refused.code == 2 && refused.stderr.contains(message), "{line}: {refused:?}");
    }
    let wrong = world.line("migrate . --environments uat=prod");
    assert!(wrong.code == 2 && wrong.stderr.contains("did you mean `production`?"), "{wrong:?}");
    let told = world.line("migrate . --environments uat=staging --dry-run").exits(0);
    assert!(told.contains("names both production and development"), "{told}");
}

#[test]
fn a_base_that_cannot_be_read_stops_only_what_would_fold_it() {
    for (base, why) in [
        ("// c\n{\"a\": 1}\n", "x.json:1:1: JSON has no comments"),
        ("{\"a\": {{ .Values.a }}\n", "x.json is not configuration: a Helm chart template, line 1"),
    ] {
        let world = World::with(&[("x.json", base), ("x-dev.yaml", "b: 1\n"), ("x-prod.yaml", "b: 2\n")]);
        let before = world.state();
        let refused = world.line("migrate . --base fold --yes");
        let message = format!("x-dev.yaml does not get the values of its base: that cannot be read: {why}");
        assert!(refused.code == 3 && refused.stderr.contains(&message), "{refused:?}");
        assert_eq!(world.state(), before);
        world.line("migrate . --yes").exits(0);
        assert_eq!(world.read("x.json"), base);
    }
}

#[test]
fn what_is_kept_and_what_is_anothers_stays() {
    let mut world = apart();
    world.line("migrate config --keep-legacy --yes").exits(0);
    world.write("config/uat/pay.yaml", DEV);
    world.write("sub/terrace.toml", "version = 1\n");
    world.write("sub/environments/staging/x.yaml", "a: 1\n");
    world.write("sub/w-dev.yaml", "a: 1\n");
    world.write("sub/w-prod.yaml", "a: 2\n");
    world.commit("more");
    let told = world.line("migrate . --leave uat --dry-run").exits(0);
    for line in [
        "left alone  config/dev/pay.yaml    an item by now; kept for old readers",
        "left alone  sub/                   a configuration of its own; name files in it to take them",
        "nothing to do",
    ] {
        assert!(told.contains(line), "{line}\n{told}");
    }
    assert!(world.line("migrate sub --dry-run").exits(0).contains("→ environments/production/w.yaml"));
    let top = world.dir.clone();
    world.dir.push("sub");
    world.line("migrate . --keep-legacy --yes").exits(0);
    let message = world.git(&["log", "-1", "--format=%b"]);
    assert!(message.contains("sub/w-dev.yaml -> sub/environments/development/w.yaml"), "{message}");
    assert!(world.line("migrate --finish --dry-run").exits(0).contains("would remove   sub/w-dev.yaml"));
    world.dir = top;
}

#[test]
fn keys_agree_with_what_was_taken_before_and_can_be_given() {
    let mut world = World::with(&[
        ("c/v-dev.yaml", "a: 1\n"),
        ("c/v-stg.yaml", "a: 2\n"),
        ("c/v-prod.yaml", "a: 3\n"),
        (".env.production", "A=1\n"),
        ("my config/my app.yaml", "a: 1\n"),
        ("dev.yaml", "a: 1\n"),
        ("prod.yaml", "a: 2\n"),
    ]);
    world.line("migrate c/v-dev.yaml c/v-stg.yaml --yes").exits(0);
    world.line("migrate c/v-prod.yaml --env production --yes").exits(0);
    assert_eq!(world.read("environments/production/v.yaml"), "a: 3\n");
    world.line("migrate .env.production --env production --yes").exits(0);
    assert_eq!(world.read("environments/production/env.yaml"), "A: '1'\n");
    let refused = world.line("migrate dev.yaml prod.yaml --yes");
    assert!(refused.code == 2 && refused.stderr.contains("--as KEY"), "{refused:?}");
    world.line("migrate dev.yaml prod.yaml --as app --yes").exits(0);
    assert_eq!(world.read("environments/production/app.yaml"), "a: 2\n");
    let run = |arguments: &[&str]| {
        let mut command = world.command(env!("CARGO_BIN_EXE_terrace"));
        run(command.args(["migrate", "my config/my app.yaml", "--yes"]).args(arguments))
    };
    assert_eq!(run(&[]).code, 2);
    assert_eq!(run(&["--env", "production", "--as", "my-app"]).code, 0);
    assert_eq!(world.read("environments/production/my-app.yaml"), "a: 1\n");
    for file in ["c/w-dev.yaml", "c/w-prod.yaml", "c/x-dev.yaml", "c/x-prod.yaml"] {
        world.write(file, "a: 1\n");
    }
    world.commit("two items");
    let several = world.line("migrate c --as one --dry-run");
    assert!(several.code == 2 && several.stderr.contains("`--as one` names one item"), "{several:?}");
}

#[test]
fn what_readers_take_differently_and_profiles_are_told() {
    let env = "export A=\"C:\\new\"\nDB_PASSWORD=\"hun\\\\ter2\"\n";
    let divided = "a: 1\n---\nspring: {config: {activate: {on-profile: prod}}}\nb: 2\n";
    let world = World::with(&[
        (".env.dev", env),
        (".env.prod", env),
        ("application.yml", divided),
        ("application-dev.yml", divided),
        ("application-prod.yml", "a: 1\n"),
    ]);
    let told = world.line("migrate . --dry-run").exits(0);
    for line in [
        "1 line begins with `export`",
        ".env.prod:1: A holds a backslash, which readers take differently; taken as `C:⏎ew`",
        ".env.dev:2: DB_PASSWORD holds a backslash, which readers take differently; taken as `••••`",
        "application.yml:3: `#2:spring.config.activate.on-profile` counts for the profile `prod` only; it stays",
        "asks         application-dev.yml   holds what counts for the profile `prod` only",
    ] {
        assert!(told.contains(line), "{line}\n{told}");
    }
    let named = world.line("migrate application-dev.yml application-prod.yml --dry-run").exits(0);
    assert!(
        named.contains("application-dev.yml:3: `#2:spring.config.activate.on-profile` counts"),
        "{named}"
    );
}

#[test]
fn history_is_said_to_go_on_where_log_will_find_it() {
    let mut world = World::with(&[
        ("v-staging.yaml", "a: 1\n"),
        ("v-dev.yaml", "a: 5\n"),
        ("staging-cluster/x.yaml", "x: 1\n"),
        ("eu/y.yaml", "y: 1\n"),
    ]);
    for (file, text) in
        [("v-staging.yaml", "a: 2\n"), ("staging-cluster/x.yaml", "x: 2\n"), ("eu/y.yaml", "y: 2\n")]
    {
        world.write(file, text);
    }
    world.commit("an older change");
    for (line, key, goes_on) in [
        ("migrate v-staging.yaml v-dev.yaml --environments staging=production,dev=staging", "v", false),
        ("migrate staging-cluster --env production", "x", false),
        ("migrate eu --env production", "y", true),
    ] {
        let told = world.line(&format!("{line} --yes")).exits(0);
        assert_eq!(told.contains("history goes on"), goes_on, "{told}");
        let log = world.line(&format!("log {key} --env production")).exits(0);
        assert_eq!(log.contains("an older change"), goes_on, "{log}");
    }
    world.git(&["clone", "--quiet", "--depth=1", &format!("file://{}", world.dir.display()), "cut"]);
    world.write("cut/z.yaml", "z: 1\n");
    world.dir.push("cut");
    world.commit("z");
    let told = world.line("migrate z.yaml --env production --dry-run");
    assert!(told.stderr.contains("the history of this clone is cut off"), "{told:?}");
}

#[test]
fn the_command_is_told_from_where_one_stands() {
    let mut world = apart();
    let tried = world.line("try config").exits(0);
    assert!(tried.contains("next: terrace -C config migrate .. --dry-run"), "{tried}");
    world.dir.push("config");
    let listed = world.line("migrate");
    assert!(listed.stderr.contains("help: all of these: terrace migrate .."), "{listed:?}");
    let planned = world.line("migrate --leave stage --base fold --dry-run").exits(0);
    assert!(planned.contains("To commit it: terrace migrate .. --leave stage --base fold\n"), "{planned}");
    world.git(&["checkout", "--quiet", "--detach"]);
    let refused = world.line("migrate .. --yes");
    assert!(
        refused.code == 2 && refused.stderr.contains("help: check out a branch: git switch"),
        "{refused:?}"
    );
    world.dir.pop();
    world.git(&["clone", "--quiet", "--bare", ".", "bare.git"]);
    let tried = world.line("try bare.git").exits(0);
    assert!(tried.contains("next: terrace -C bare.git migrate . --dry-run"), "{tried}");
    let bare = world.line("-C bare.git migrate . --dry-run").exits(0);
    assert!(bare.contains("→ environments/production/pay.yaml"), "{bare}");
}
