//! `review` over real repositories: what it compares, and what it says of a change.

use std::process::Command;

use serde_json::Value as Json;

use crate::support::{World, run, shop};

const STAGING: &str = "environments/staging/pay.yaml";
const PRODUCTION: &str = "environments/production/pay.yaml";

/// A shop with a branch of its own checked out.
fn branch() -> World {
    let world = shop();
    world.git(&["checkout", "--quiet", "-b", "feature"]);
    world
}

/// Replaces text in a file of the work tree.
fn edit(world: &World, file: &str, from: &str, to: &str) {
    let text = world.read(file);
    assert!(text.contains(from), "{file} has no {from}");
    world.write(file, &text.replace(from, to));
}

fn json(world: &World, more: &[&str], code: i32) -> Json {
    let arguments = [&["review", "--format", "json"], more].concat();
    let value: Json = serde_json::from_str(&world.terrace(&arguments).exits(code)).expect("JSON");
    let validator = jsonschema::draft202012::new(&terrace::api::review::schema()).expect("a schema");
    let errors: Vec<_> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    value
}

/// Each change as `environment key path origin environments`.
fn changes(review: &Json) -> Vec<String> {
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let mut lines = Vec::new();
    for item in review["items"].as_array().expect("items") {
        let head = format!("{} {}", text(&item["environment"]), text(&item["key"]));
        if item["changes"].as_array().expect("changes").is_empty() {
            lines.push(format!("{head}: {}", text(&item["change"])));
        }
        for change in item["changes"].as_array().expect("changes") {
            let environments: Vec<_> =
                change["environments"].as_array().expect("a list").iter().map(text).collect();
            let origin = text(&change["origin"]);
            lines.push(format!("{head} {} {origin} {}", text(&change["path"]), environments.join(",")));
        }
    }
    lines
}

/// Each finding as `rule key path`.
fn told(findings: &Json) -> Vec<String> {
    let of = |finding: &Json| {
        ["rule", "environment", "key", "path"]
            .map(|name| finding[name].as_str().unwrap_or("-").to_owned())
            .join(" ")
    };
    findings.as_array().expect("findings").iter().map(of).collect()
}

fn base(review: &Json) -> (String, String) {
    let text = |name: &str| review["base"][name].as_str().expect(name).to_owned();
    (text("name"), text("commit"))
}

#[test]
fn it_says_what_changes_and_where_it_came_from() {
    let mut world = branch();
    edit(&world, STAGING, "timeout: 5s", "timeout: 8s");
    world.commit("staging first");
    world.git(&["checkout", "--quiet", "-B", "main"]);
    world.git(&["checkout", "--quiet", "-B", "feature"]);
    edit(&world, PRODUCTION, "timeout: 5s", "timeout: 8s");
    edit(&world, PRODUCTION, "pool: 10", "pool: 12");
    for file in ["environments/development/pay.yaml", STAGING] {
        edit(&world, file, "port: 80\n", "port: 8080\n");
    }
    edit(&world, STAGING, "port: 81", "port: 82");
    edit(&world, PRODUCTION, "port: 81", "port: 83");
    edit(&world, PRODUCTION, "${DB}", "a-literal");
    world.commit("several");
    let review = json(&world, &[], 0);
    assert_eq!(
        changes(&review),
        [
            "production pay db.pool by-hand ",
            "production pay db.password by-hand ",
            "production pay timeout promoted staging",
            "production pay servers[name=web].port by-hand staging",
            "staging pay servers[name=api].port together development",
            "staging pay servers[name=web].port by-hand production",
        ]
        .map(String::from)
        .into_iter()
        .chain(["development pay servers[name=api].port together staging".to_owned()])
        .collect::<Vec<_>>()
    );
    assert_eq!(review["items"][0]["changes"][1]["right"]["masked"], true);
    assert_eq!(
        told(&review["findings"]),
        ["skipped-promotion production pay db.pool", "plain-secret production pay db.password"]
    );
    let waiting = &review["waiting"][0];
    assert_eq!((&waiting["from"], &waiting["to"]), (&Json::from("development"), &Json::from("staging")));
    let text = world.terrace(&["review"]).exits(0);
    assert!(text.starts_with("introduces 1 warning, 1 notice; 7 changes in 1 item\n"), "{text}");
    assert!(!text.contains("a-literal") && text.contains("next: terrace promote pay"), "{text}");
}

#[test]
fn what_sops_encrypted_is_one_line() {
    let mut world = branch();
    let text = |mac: &str| {
        format!(
            "token: ENC[AES256_GCM,data:{mac}]\nsops:\n  mac: ENC[AES256_GCM,data:{mac}]\n  version: 3.9.0\n"
        )
    };
    world.write("environments/production/keys.yaml", &text("one"));
    world.commit("encrypted");
    world.git(&["checkout", "-q", "-b", "rotate"]);
    world.write("environments/production/keys.yaml", &text("two"));
    world.commit("rotate");
    let said = world.terrace(&["review", "--base", "HEAD~1"]).exits(0);
    assert!(said.contains("  keys   changed, encrypted with SOPS\n"), "{said}");
    assert!(!said.contains("mac") && !said.contains("skipped-promotion"), "{said}");
    let review = json(&world, &["--base", "HEAD~1"], 0);
    assert_eq!(review["items"][0]["change"], "encrypted");
}

#[test]
fn nothing_changed_is_nothing_to_say() {
    let world = branch();
    let text = world.terrace(&["review"]).exits(0);
    assert!(text.starts_with("nothing changes\nsince main "), "{text}");
    let markdown = world.terrace(&["review", "--format", "markdown"]).exits(0);
    assert!(
        markdown.starts_with("<!-- terrace:review -->\n**terrace review: nothing changes**\n"),
        "{markdown}"
    );
    for format in ["github", "sarif", "junit", "gitlab", "json"] {
        assert_eq!(world.terrace(&["review", "--format", format]).code, 0, "{format}");
    }
    world.refuses(
        "review nothing",
        2,
        "error: there is no item `nothing` in any environment\nhelp: `terrace list` shows the items there are",
    );
}

#[test]
fn the_base_is_where_the_branch_left_its_upstream() {
    let mut world = branch();
    let first = world.git(&["rev-parse", "HEAD"]).trim().to_owned();
    edit(&world, PRODUCTION, "pool: 10", "pool: 12");
    world.commit("mine");
    world.git(&["checkout", "--quiet", "main"]);
    edit(&world, STAGING, "pool: 10", "pool: 11");
    world.commit("theirs");
    world.git(&["branch", "release"]);
    world.git(&["checkout", "--quiet", "feature"]);
    let mine = ["production pay db.pool by-hand "];
    assert_eq!(base(&json(&world, &[], 0)), ("main".to_owned(), first.clone()));
    assert_eq!(changes(&json(&world, &[], 0)), mine);
    assert_eq!(
        changes(&json(&world, &["--base", "main"], 0)),
        mine,
        "what main did since is not this change"
    );
    world.git(&["branch", "--quiet", "--set-upstream-to=release"]);
    assert_eq!(base(&json(&world, &[], 0)).0, "release");
    // From elsewhere, by name.
    world.git(&["checkout", "--quiet", "main"]);
    assert_eq!(changes(&json(&world, &["--head", "feature"], 0)), mine);
    assert_eq!(json(&world, &["--head", "feature", "--base", &first[..9]], 0)["base"]["commit"], first);
}

#[test]
fn a_branch_is_not_compared_with_its_own_copy_at_the_remote() {
    let world = branch();
    edit(&world, PRODUCTION, "pool: 10", "pool: 12");
    world.git(&["commit", "--quiet", "--all", "--message", "mine"]);
    let bare = world.beside("bare.git");
    let bare = bare.to_str().expect("a path");
    world.git(&["init", "--quiet", "--bare", "--initial-branch=main", bare]);
    world.git(&["remote", "add", "origin", bare]);
    world.git(&["push", "--quiet", "--set-upstream", "origin", "main", "feature"]);
    world.git(&["branch", "--quiet", "--delete", "--force", "main"]);
    assert_eq!(base(&json(&world, &[], 0)).0, "origin/main");
    world.git(&["remote", "set-head", "origin", "main"]);
    assert_eq!(changes(&json(&world, &[], 0)).len(), 1);
    // The same in the bare repository, which has no files at all.
    let mut review = Command::new(env!("CARGO_BIN_EXE_terrace"));
    review.env_clear().args(["-C", bare, "review", "--head", "feature", "--format", "json"]);
    let output: Json = serde_json::from_str(&run(&mut review).exits(0)).expect("JSON");
    assert_eq!(changes(&output), ["production pay db.pool by-hand "]);
}

fn github(world: &mut World, base: &str) {
    let pairs = [("GITHUB_EVENT_NAME", "pull_request"), ("GITHUB_BASE_REF", base)];
    world.variables = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
}

#[test]
fn github_and_gitlab_say_where_a_change_goes() {
    let mut world = branch();
    let root = world.git(&["rev-parse", "HEAD"]).trim().to_owned();
    edit(&world, PRODUCTION, "pool: 10", "pool: 12");
    world.commit("mine");
    world.git(&["checkout", "--quiet", "-b", "next", "main"]);
    edit(&world, STAGING, "pool: 10", "pool: 11");
    world.commit("theirs");
    let theirs = world.git(&["rev-parse", "HEAD"]).trim().to_owned();
    world.git(&["update-ref", "refs/remotes/origin/next", &theirs]);
    // The branch itself, as a workflow that names it checks it out.
    world.git(&["checkout", "--quiet", "--detach", "feature"]);
    github(&mut world, "next");
    assert_eq!(base(&json(&world, &[], 0)), ("next".to_owned(), root.clone()));
    // The merge that GitHub makes.
    world.git(&["checkout", "--quiet", "--detach", "next"]);
    world.git(&["merge", "--quiet", "--no-ff", "--message", "merge", "feature"]);
    let merged = json(&world, &[], 0);
    assert_eq!(base(&merged), ("next".to_owned(), theirs.clone()));
    assert_eq!(changes(&merged), ["production pay db.pool by-hand "]);
    // Another commit than the one GitHub made is no such merge.
    world.variables.push(("GITHUB_SHA".to_owned(), root.clone()));
    assert_eq!(base(&json(&world, &[], 0)).1, theirs);
    // A push is no pull request.
    github(&mut world, "");
    assert_eq!(base(&json(&world, &[], 0)).0, "main");
    github(&mut world, "gone");
    world.git(&["checkout", "--quiet", "feature"]);
    let output = world.terrace(&["review"]);
    assert_eq!(output.code, 2);
    assert!(output.stderr.contains("does not have the branch `gone`"), "{}", output.stderr);

    let gitlab = |name: &str, value: &str| (format!("CI_MERGE_REQUEST_{name}"), value.to_owned());
    world.variables = vec![gitlab("DIFF_BASE_SHA", &root), gitlab("TARGET_BRANCH_NAME", "next")];
    assert_eq!(base(&json(&world, &[], 0)), ("next".to_owned(), root.clone()));
    world.variables = vec![gitlab("DIFF_BASE_SHA", &"0".repeat(40)), gitlab("TARGET_BRANCH_NAME", "next")];
    assert_eq!(base(&json(&world, &[], 0)), ("next".to_owned(), root));
}

#[test]
fn a_shallow_clone_is_told_once_how_to_mend_it() {
    let mut world = branch();
    edit(&world, PRODUCTION, "pool: 10", "pool: 12");
    world.commit("mine");
    world.git(&["checkout", "--quiet", "main"]);
    let from = format!("file://{}", world.dir.display());
    let clone = world.beside("clone");
    let to = clone.to_str().expect("a path").to_owned();
    world.git(&["clone", "--quiet", "--depth", "1", "--branch", "feature", "--no-single-branch", &from, &to]);
    world.dir = clone;
    for (arguments, line) in [(&["review"][..], "origin/main"), (&["review", "--base", "main~1"], "main~1")] {
        let output = world.terrace(arguments);
        assert_eq!((output.code, output.stdout.as_str()), (2, ""));
        assert_eq!(
            output.stderr,
            format!(
                "error: this clone's history is cut off before the change left {line}\nhelp: fetch the rest: git fetch --unshallow; in GitHub Actions check out with `fetch-depth: 0`, in GitLab CI set GIT_DEPTH to 0\n"
            )
        );
    }
    github(&mut world, "main");
    assert_eq!(world.terrace(&["review"]).stderr.matches("--unshallow").count(), 1);
    world.variables.clear();
    world.git(&["fetch", "--quiet", "--unshallow"]);
    assert_eq!(changes(&json(&world, &[], 0)).len(), 1);
}

#[test]
fn only_what_a_change_introduces_counts() {
    let mut world = branch();
    edit(&world, PRODUCTION, "timeout: 5s", "timeout: 0755\ntimeout: 5s");
    world.commit("a duplicate");
    world.git(&["branch", "--force", "main"]);
    edit(&world, PRODUCTION, "# payments\n", "# payments\n# moved down\n");
    edit(&world, PRODUCTION, "pool: 10", "pool: 10\n  url: https://pay.staging.example.com/x");
    world.commit("comments and a host");
    let review = json(&world, &[], 0);
    assert_eq!(
        told(&review["findings"]),
        [
            "missing-key development pay db.url",
            "skipped-promotion production pay db.url",
            "foreign-host production pay db.url",
        ]
    );
    assert!(told(&review["known"]).contains(&"duplicate-key production pay timeout".to_owned()));
    let sarif: Json =
        serde_json::from_str(&world.terrace(&["review", "--format", "sarif"]).exits(0)).expect("JSON");
    assert_eq!(sarif["runs"][0]["results"].as_array().map(Vec::len), Some(3));
    let annotations = world.terrace(&["review", "--format", "github"]).exits(0);
    assert_eq!(annotations.matches("\n::").count() + 1, 3, "{annotations}");

    world.write("terrace.toml", "[rules]\nforeign-host = \"error\"\n");
    world.commit("stricter");
    assert_eq!(json(&world, &[], 1)["summary"]["errors"], 1);
    edit(&world, PRODUCTION, "timeout: 0755\n", "");
    world.commit("mended");
    assert_eq!(told(&json(&world, &[], 1)["mended"]), ["duplicate-key production pay timeout"]);
}

#[test]
fn a_schema_breaks_values_that_nobody_touched() {
    let schema = |most: u32| format!("{{\"$defs\": {{\"n\": {{\"maximum\": {most}}}}}}}");
    let mut world = shop();
    world.write("schemas/common.json", &schema(99));
    world.write(
        "schemas/pay.schema.json",
        "{\"properties\": {\"db\": {\"properties\": {\"pool\": {\"$ref\": \"common.json#/$defs/n\"}}}}}",
    );
    world.commit("a schema");
    world.git(&["checkout", "--quiet", "-b", "feature"]);
    world.write("schemas/common.json", &schema(9));
    world.commit("stricter");
    let review = json(&world, &[], 1);
    assert_eq!(changes(&review), Vec::<String>::new());
    assert_eq!(
        told(&review["findings"]),
        ["development", "production", "staging"].map(|env| format!("schema {env} pay db.pool"))
    );
    assert_eq!(review["schemas"][0]["items"][0], "pay");
    assert_eq!(review["schemas"][0]["breaks"].as_array().map(Vec::len), Some(3));
    // The same by mapping, and by a schema of its own.
    world.write("terrace.toml", "[[schema]]\nkeys = \"p*\"\nfile = \"schemas/all.schema.json\"\n");
    world.write("schemas/all.schema.json", "{}");
    world.git(&["rm", "--quiet", "schemas/pay.schema.json", "schemas/common.json"]);
    world.commit("mapped");
    world.git(&["branch", "--force", "main"]);
    world.write("schemas/all.schema.json", "{\"required\": [\"region\"]}");
    world.commit("a region");
    assert_eq!(json(&world, &[], 1)["summary"]["errors"], 3);
    world.git(&["branch", "--force", "main"]);
    world.write("schemas/pay.production.schema.json", "{\"required\": [\"zone\"]}");
    world.commit("an overlay");
    assert_eq!(told(&json(&world, &[], 1)["findings"]), ["schema production pay "]);
}

#[test]
fn decisions_and_waivers_are_told() {
    let mut world = shop();
    let waiver = |rule: &str, until: &str| {
        format!("[[waiver]]\nrule = \"{rule}\"\nkey = \"pay\"\nreason = \"agreed\"\n{until}")
    };
    let policy = waiver("plain-secret", "") + &waiver("ambiguous-scalar", "until = 2026-02-01\n");
    world.write("terrace.toml", &policy);
    world.commit("waivers");
    let hold =
        |path: &str, until: &str| format!("hold pay {path} --env production --reason agreed --until {until}");
    world.line(&hold("db.pool", "source-changes")).exits(0);
    world.line(&hold("timeout", "released")).exits(0);
    world.git(&["checkout", "--quiet", "-b", "feature"]);
    edit(&world, STAGING, "pool: 10", "pool: 11");
    edit(&world, STAGING, "timeout: 5s", "timeout: 9s");
    edit(&world, STAGING, "${STG_DB}", "literal");
    world.commit("staging moves");
    world.line("hold pay servers --env production --reason later").exits(0);
    let review = json(&world, &[], 0);
    let decisions: Vec<String> = review["decisions"]
        .as_array()
        .expect("decisions")
        .iter()
        .map(|d| format!("{} {} {}", d["change"], d["path"], d["live"]).replace('"', ""))
        .collect();
    assert_eq!(decisions, ["ended db.pool false", "added servers true"]);
    let waivers = |review: &Json| -> Vec<String> {
        let list = review["waivers"].as_array().expect("waivers").clone();
        list.iter()
            .map(|w| format!("{} {} {}", w["change"], w["rule"], w["accepts"]).replace('"', ""))
            .collect()
    };
    assert_eq!(waivers(&review), ["used plain-secret 1", "ended ambiguous-scalar 0"]);
    assert_eq!(told(&review["findings"]), Vec::<String>::new());
    world.write("terrace.toml", &waiver("schema", ""));
    world.line("hold --release pay timeout --env production");
    world.commit("other waivers");
    let review = json(&world, &[], 0);
    assert_eq!(waivers(&review), ["added schema 0", "removed plain-secret 0", "removed ambiguous-scalar 0"]);
    assert_eq!(
        told(&review["findings"]),
        ["policy-weakened production pay -", "plain-secret staging pay db.password"]
    );
    let text = world.terrace(&["review"]).exits(0);
    assert!(text.contains("  removed waiver for plain-secret pay: agreed"), "{text}");
}

#[test]
fn items_come_go_move_and_break() {
    let mut world = branch();
    let root = world.git(&["rev-parse", "HEAD"]).trim().to_owned();
    for environment in ["development", "staging"] {
        world.write(&format!("environments/{environment}/search.yaml"), "nodes: 3\nindex: goods\n");
    }
    world.write("environments/production/search.yaml", "nodes: 5\nindex: goods\n");
    world.commit("search");
    world.git(&["rm", "--quiet", "environments/development/pay.yaml"]);
    world.git(&["mv", STAGING, "environments/staging/payments.yaml"]);
    world.write(PRODUCTION, "a: [\n");
    world.write("environments/production/notes.txt", "x");
    world.commit("a mess");
    let review = json(&world, &["--base", &root], 1);
    assert_eq!(
        changes(&review),
        [
            "production pay: unreadable",
            "production search nodes by-hand development,staging",
            "production search index together development,staging",
            "staging payments: renamed",
            "staging search  together development",
            "development pay  together staging",
            "development search  together staging",
        ]
    );
    assert_eq!(review["items"][2]["renamed_from"], "pay");
    assert!(told(&review["findings"]).contains(&"syntax production pay -".to_owned()));
    assert!(told(&review["findings"]).contains(&"stray-file production - -".to_owned()));
    let text = world.terrace(&["review", "--base", &root]).exits(1);
    assert!(text.contains("  payments   renamed from pay, otherwise the same\n"), "{text}");
    assert!(text.contains("    - (the whole item)"), "{text}");
    assert_eq!(changes(&json(&world, &["--base", &root, "search"], 0)).len(), 4);
    // Mended again, and only its layout differs from the beginning.
    world.git(&["checkout", "--quiet", &root, "--", PRODUCTION]);
    edit(&world, PRODUCTION, "# payments", "# payments of the shop");
    world.commit("mended");
    assert!(changes(&json(&world, &["--base", &root], 0)).contains(&"production pay: layout".to_owned()));
    assert!(
        changes(&json(&world, &["--base", "HEAD~1"], 0)).contains(&"production pay: readable".to_owned())
    );
}

#[test]
fn a_value_that_was_tried_or_is_productions_own_did_not_skip_staging() {
    let mut world = shop();
    edit(&world, STAGING, "timeout: 5s", "timeout: 7s");
    world.commit("tried once");
    edit(&world, STAGING, "timeout: 7s", "timeout: 6s");
    edit(&world, PRODUCTION, "pool: 10", "pool: 40");
    world.commit("and left; a pool of its own");
    world.git(&["checkout", "--quiet", "-b", "feature"]);
    let findings = |world: &World| told(&json(world, &["--base", "main"], 0)["findings"]);
    for (from, to, expected) in [
        ("timeout: 5s", "timeout: 7s", false),
        ("pool: 40", "pool: 50", false),
        ("host: db.example.com", "host: db.production.example.com", false),
        ("${DB}", "${OTHER_DB}", false),
        ("timeout: 5s", "timeout: 11s", true),
    ] {
        edit(&world, PRODUCTION, from, to);
        world.commit(to);
        let is_told = findings(&world).iter().any(|finding| finding.starts_with("skipped-promotion"));
        assert_eq!(is_told, expected, "{to}");
        world.git(&["reset", "--quiet", "--hard", "main"]);
    }
    // Set in staging as well, differently: decided with both in view.
    edit(&world, PRODUCTION, "timeout: 5s", "timeout: 11s");
    edit(&world, STAGING, "timeout: 6s", "timeout: 12s");
    world.commit("both");
    assert_eq!(findings(&world), Vec::<String>::new());
}

#[test]
fn a_comment_that_is_too_long_is_cut_and_says_so() {
    let mut world = branch();
    let lines: String = (0..4_000).map(|n| format!("key_{n}: value number {n}\n")).collect();
    world.write(STAGING, &format!("pad: 1\n{lines}"));
    world.commit("many");
    let comment = world.terrace(&["review", "--format", "markdown"]).exits(0);
    assert!(comment.len() < 65_536 && comment.len() > 50_000, "{}", comment.len());
    assert!(comment.contains("did not fit into this comment"), "{}", &comment[comment.len() - 300..]);
    assert_eq!(comment.matches("<details").count(), comment.matches("</details>").count());
    assert_eq!(comment.matches("```").count() % 2, 0);
}

#[test]
fn a_renamed_item_keeps_its_history() {
    let mut world = shop();
    edit(&world, STAGING, "timeout: 5s", "timeout: 7s");
    world.commit("tried");
    edit(&world, STAGING, "timeout: 7s", "timeout: 5s");
    world.commit("and taken back");
    for environment in ["development", "staging", "production"] {
        let file = |key: &str| format!("environments/{environment}/{key}.yaml");
        world.git(&["mv", &file("pay"), &file("paying")]);
    }
    world.commit("another name");
    world.git(&["checkout", "--quiet", "-b", "feature"]);
    for (value, expected) in [("7s", 0), ("8s", 1)] {
        edit(&world, "environments/production/paying.yaml", "timeout: 5s", &format!("timeout: {value}"));
        world.commit(value);
        let found = told(&json(&world, &[], 0)["findings"]);
        assert_eq!(found.iter().filter(|f| f.starts_with("skipped-promotion")).count(), expected, "{value}");
        world.git(&["reset", "--quiet", "--hard", "main"]);
    }
}

#[test]
fn a_promoted_value_stays_promoted_when_its_source_moves_on() {
    let mut world = branch();
    edit(&world, STAGING, "timeout: 5s", "timeout: 8s");
    world.commit("staging first");
    world.git(&["branch", "--quiet", "--force", "main"]);
    edit(&world, PRODUCTION, "timeout: 5s", "timeout: 8s");
    edit(&world, STAGING, "timeout: 8s", "timeout: 9s");
    world.commit("production follows, staging moves on");
    assert_eq!(
        changes(&json(&world, &[], 0)),
        ["production pay timeout promoted staging", "staging pay timeout by-hand production"]
    );
}

#[test]
fn an_item_waits_only_when_something_of_it_does() {
    let mut world = branch();
    for file in ["environments/development/pay.yaml", STAGING, PRODUCTION] {
        edit(&world, file, "timeout: 5s", "timeout: 8s");
    }
    world.commit("everywhere at once");
    assert_eq!(json(&world, &[], 0)["waiting"].as_array().map(Vec::len), Some(0));
    assert!(!world.terrace(&["review"]).exits(0).contains("then waits"), "nothing does");
}

#[test]
fn a_folder_without_configuration_is_not_reviewed_in_silence() {
    let mut world = World::unborn();
    world.write("cfg/environments/staging/pay.yaml", "a: 1\n");
    world.commit("in a folder");
    world.refuses(
        "review --base HEAD",
        2,
        "error: there is no configuration here: neither commit has `environments/` or `terrace.toml`\n\
         help: further down there is one; say where: -C cfg/",
    );
    assert!(
        world.terrace(&["-C", "cfg", "review", "--base", "HEAD"]).exits(0).starts_with("nothing changes\n")
    );
}

#[test]
fn a_shallow_clone_of_one_branch_is_not_compared_with_itself() {
    let mut world = branch();
    edit(&world, PRODUCTION, "pool: 10", "pool: 12");
    world.commit("mine");
    world.git(&["checkout", "--quiet", "main"]);
    let origin = format!("file://{}", world.dir.display());
    world.git(&["clone", "--quiet", "--depth", "1", "--branch", "feature", &origin, "shallow"]);
    let review = world.terrace(&["-C", "shallow", "review"]);
    assert_eq!(review.code, 2);
    assert!(review.stderr.contains("history is cut off before the change left"), "{}", review.stderr);
}
