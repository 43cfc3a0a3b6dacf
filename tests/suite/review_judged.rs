//! `review` judges a change as the plan, the policy and the schemas at its base would.

use serde_json::Value as Json;

use crate::support::World;

const STAGING: &str = "environments/staging/pay.yaml";
const PRODUCTION: &str = "environments/production/pay.yaml";

fn edit(world: &World, file: &str, from: &str, to: &str) {
    let text = world.read(file);
    assert!(text.contains(from), "{file} has no {from}");
    world.write(file, &text.replace(from, to));
}

/// A shop that has lived: production has a pool, a region and a host of its own, and decided about its rate.
fn shop() -> World {
    let pay = "database:\n  host: db\n  pool: 10\ntimeout: 5s\nlimits:\n  rate: 20\n";
    let mut world = World::with(&[
        ("terrace.toml", "[[pin]]\nkey = \"pay\"\npath = \"database.host\"\n[rules]\nno-schema = \"off\"\n"),
        ("environments/development/pay.yaml", pay),
        (STAGING, pay),
        (PRODUCTION, pay),
    ]);
    edit(&world, PRODUCTION, "pool: 10", "pool: 40");
    edit(&world, PRODUCTION, "host: db", "host: main");
    world.write(PRODUCTION, &format!("{}region: west\n", world.read(PRODUCTION)));
    world.commit("production's own");
    world.pass(30);
    edit(&world, STAGING, "timeout: 5s", "timeout: 8s");
    edit(&world, STAGING, "rate: 20", "rate: 60");
    world.commit("faster");
    world.terrace(&["hold", "pay", "limits.rate", "--env", "production", "--reason", "load limit"]).exits(0);
    world.git(&["checkout", "--quiet", "-b", "feature"]);
    world
}

fn review(world: &World, more: &[&str], code: i32) -> Json {
    let arguments = [&["review", "--format", "json"], more].concat();
    let value: Json = serde_json::from_str(&world.terrace(&arguments).exits(code)).expect("JSON");
    let validator = jsonschema::draft202012::new(&terrace::api::review::schema()).expect("a schema");
    let errors: Vec<_> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    value
}

fn text(value: &Json) -> &str {
    value.as_str().unwrap_or("-")
}

/// Each change as `path origin`.
fn origins(review: &Json) -> Vec<String> {
    let items = review["items"].as_array().expect("items").iter();
    let changes = items.flat_map(|item| item["changes"].as_array().expect("changes"));
    changes.map(|change| format!("{} {}", text(&change["path"]), text(&change["origin"]))).collect()
}

/// Each finding as `rule path`.
fn told(findings: &Json) -> Vec<String> {
    let findings = findings.as_array().expect("findings").iter();
    findings.map(|finding| format!("{} {}", text(&finding["rule"]), text(&finding["path"]))).collect()
}

/// What is weakened.
fn weakened(review: &Json) -> Vec<&str> {
    review["weakened"].as_array().expect("a list").iter().map(|one| text(&one["what"])).collect()
}

#[test]
fn a_copied_file_is_no_promotion() {
    let mut world = shop();
    world.write(PRODUCTION, &world.read(STAGING));
    world.commit("copied");
    let found = review(&world, &[], 0);
    assert_eq!(
        origins(&found),
        [
            "database.host pinned",
            "database.pool overwrites-own-value",
            "timeout promoted",
            "limits.rate against-decision",
            "region overwrites-own-value",
        ]
    );
    assert_eq!(
        told(&found["findings"]),
        [
            "overwrites-own-value region",
            "overwrites-own-value database.host",
            "overwrites-own-value database.pool",
            "against-decision limits.rate",
        ]
    );
    let pool = &found["items"][0]["changes"][1];
    assert_eq!((text(&pool["kept_since"]), &pool["left"]), ("2026-01-07", &Json::from(40)));
    assert!(text(&pool["reason"]).starts_with("production's own; staging has not changed it since"));
    let said = world.terrace(&["review"]).exits(0);
    for line in [
        "overwrites production's own 40, kept since 2026-01-07\n",
        "against a decision: load limit (Ann, until released)\n",
        "overwrites a pinned value (terrace.toml:1)\n",
        "removes production's own, kept since 2026-01-07\n",
        "promoted from staging\n",
    ] {
        assert!(said.contains(line), "{line}{said}");
    }
    // The warnings count with --strict, unless waivers of the change accept them.
    world.terrace(&["review", "--strict"]).exits(1);
    let waiver = |rule: &str| format!("[[waiver]]\nrule = \"{rule}\"\nkey = \"pay\"\nreason = \"follows\"\n");
    let waivers = waiver("overwrites-own-value") + &waiver("against-decision");
    world.write("terrace.toml", &(world.read("terrace.toml") + &waivers));
    world.commit("accepted");
    let said = world.terrace(&["review", "--strict"]).exits(0);
    assert!(
        said.contains("\naccepted here\n  added   waiver for overwrites-own-value pay: follows (Ann, accepts 3 findings)\n"),
        "{said}"
    );
}

#[test]
fn every_format_tells_of_a_copied_file() {
    let mut world = shop();
    world.write(PRODUCTION, &world.read(STAGING));
    world.commit("copied");
    for (format, word) in [
        ("text", "warning[overwrites-own-value]: this overwrites production's own 40"),
        ("markdown", "overwrites production's own 40, kept since 2026-01-07"),
        ("github", "title=overwrites-own-value%3A database.pool::this overwrites production's own 40"),
        ("gitlab", "\"check_name\": \"overwrites-own-value\""),
        ("junit", "overwrites-own-value"),
        ("sarif", "\"ruleId\": \"against-decision\""),
        ("json", "\"origin\": \"overwrites-own-value\""),
    ] {
        let said = world.terrace(&["review", "--format", format]).exits(0);
        assert!(said.contains(word), "{format}: {said}");
    }
}

#[test]
fn a_promotion_and_a_value_by_hand_bring_no_warning() {
    let mut world = shop();
    world.terrace(&["promote", "pay", "--to", "production", "--yes"]).exits(0);
    edit(&world, PRODUCTION, "pool: 40", "pool: 50");
    edit(&world, PRODUCTION, "rate: 20", "rate: 30");
    edit(&world, PRODUCTION, "host: main", "host: other");
    world.commit("by hand");
    let found = review(&world, &["--strict"], 0);
    assert_eq!(
        origins(&found),
        ["database.host by-hand", "database.pool by-hand", "timeout promoted", "limits.rate by-hand"]
    );
    // The decision was there and is left alone.
    assert_eq!(found["decisions"], Json::Array(Vec::new()));
}

#[test]
fn an_item_that_goes_as_a_whole_goes_by_hand() {
    let mut world = shop();
    world.git(&["rm", "--quiet", PRODUCTION]);
    world.commit("gone");
    let found = review(&world, &["--strict"], 0);
    assert!(origins(&found).iter().all(|one| one.ends_with(" by-hand")), "{:?}", origins(&found));
}

#[test]
fn lists_documents_and_new_keys_are_judged_by_path() {
    let pay = "servers:\n- name: a\n  port: 1\n- name: b\n  port: 2\nhosts: [x, y]\nmode: plain\n---\nkind: A\nmetadata: {name: two}\nn: 1\n";
    let mut world = World::with(&[(STAGING, pay), (PRODUCTION, pay)]);
    for (from, to) in
        [("port: 2", "port: 22"), ("[x, y]", "[x, z]"), ("plain", "{deep: 1}"), ("n: 1", "n: 7")]
    {
        edit(&world, PRODUCTION, from, to);
    }
    world.commit("own");
    world.pass(30);
    edit(&world, STAGING, "mode:", "region: staging-west\nmode:");
    edit(&world, STAGING, "port: 1", "port: 11");
    world.commit("staging moves");
    world.git(&["checkout", "--quiet", "-b", "feature"]);
    world.write(PRODUCTION, &world.read(STAGING));
    world.commit("copied");
    assert_eq!(
        origins(&review(&world, &[], 0)),
        [
            "servers[name=a].port promoted",
            "servers[name=b].port overwrites-own-value",
            "hosts overwrites-own-value",
            "mode overwrites-own-value",
            "region overwrites-own-value",
            "#2:n overwrites-own-value",
        ]
    );
}

#[test]
fn a_new_item_leaves_pins_behind() {
    let mut world = World::with(&[
        ("terrace.toml", "[[pin]]\npath = \"host\"\n"),
        (STAGING, "host: a\nsize: 1\n"),
        ("environments/production/other.yaml", "a: 1\n"),
    ]);
    world.git(&["checkout", "--quiet", "-b", "feature"]);
    world.write(PRODUCTION, &world.read(STAGING));
    world.commit("created");
    assert_eq!(origins(&review(&world, &[], 0)), ["host pinned", "size promoted"]);
}

#[test]
fn a_promotion_that_its_source_took_back_is_told() {
    let mut world = shop();
    edit(&world, PRODUCTION, "timeout: 5s", "timeout: 8s");
    world.commit("promote(pay): staging -> production");
    assert_eq!(origins(&review(&world, &[], 0)), ["timeout promoted"]);
    world.git(&["checkout", "--quiet", "main"]);
    edit(&world, STAGING, "timeout: 8s", "timeout: 5s");
    world.commit("too slow");
    world.git(&["checkout", "--quiet", "feature"]);
    let found = review(&world, &["--strict"], 0);
    assert_eq!(origins(&found), ["timeout overtaken"]);
    assert_eq!(told(&found["findings"]), ["overtaken-promotion timeout"]);
    assert!(world.terrace(&["review"]).exits(0).contains("from staging, which has taken it back\n"));
    // Brought up to date it is told as well.
    world.git(&["merge", "--quiet", "--no-edit", "main"]);
    assert_eq!(origins(&review(&world, &[], 0)), ["timeout overtaken"]);
    // A source that went on to something new has taken nothing back, and has left the value all the same.
    world.git(&["checkout", "--quiet", "main"]);
    edit(&world, STAGING, "timeout: 5s", "timeout: 9s");
    world.commit("faster still");
    world.git(&["checkout", "--quiet", "feature"]);
    world.git(&["merge", "--quiet", "--no-edit", "main"]);
    let found = review(&world, &[], 0);
    assert_eq!(origins(&found), ["timeout overtaken"]);
    assert_eq!(told(&found["findings"]), ["overtaken-promotion timeout"]);
    assert!(world.terrace(&["review"]).exits(0).contains("from staging, which has gone on to another\n"));
    // What production had itself is a way back, and nobody's promotion.
    edit(&world, PRODUCTION, "timeout: 8s", "timeout: 9s");
    world.commit("up to date");
    world.git(&["checkout", "--quiet", "main"]);
    world.git(&["merge", "--quiet", "feature"]);
    edit(&world, STAGING, "timeout: 9s", "timeout: 10s");
    world.commit("fastest");
    world.git(&["checkout", "--quiet", "-B", "feature"]);
    edit(&world, PRODUCTION, "timeout: 9s", "timeout: 8s");
    world.commit("back");
    assert_eq!(origins(&review(&world, &[], 0)), ["timeout by-hand"]);
}

#[test]
fn a_weakened_policy_is_told_first_and_does_not_hide_what_it_lets_through() {
    let strict = "[rules]\nplain-secret = \"error\"\n[secrets]\npaths = [\"code\"]\n[isolation]\nwords = { staging = [\"uat\"] }\n\
                  [isolation.hosts]\nstaging = [\"*.stg.corp.example\"]\n[[pin]]\npath = \"a.b\"\n[[pin]]\npath = \"c.d\"\n\
                  [[schema]]\nkeys = \"pa*\"\nfile = \"schemas/all.schema.json\"\n";
    let values = "n: 1\nurl: https://a.example.com\npassword: ${PW}\n";
    let mut world = World::with(&[
        ("terrace.toml", strict),
        ("schemas/all.schema.json", "{\"properties\": {\"n\": {\"maximum\": 10}}}\n"),
        ("environments/development/pay.yaml", values),
        (STAGING, values),
        (PRODUCTION, values),
    ]);
    world.git(&["checkout", "--quiet", "-b", "feature"]);
    world.write(
        "terrace.toml",
        "[rules]\nplain-secret = \"notice\"\nforeign-host = \"off\"\npolicy-weakened = \"off\"\n\
         [secrets]\nnot = [\"password\"]\nreferences = [\"corp:*\"]\n[run]\nallow = [\"PATH\"]\n\
         [limits]\nfile-bytes = 2000000\n[promotion]\nnew-keys = \"take\"\n[[pin]]\npath = \"c\"\n",
    );
    edit(&world, PRODUCTION, "n: 1", "n: 99");
    edit(&world, PRODUCTION, "https://a.example.com", "https://x.stg.corp.example");
    edit(&world, PRODUCTION, "${PW}", "hunter2real");
    world.commit("all at once");
    let found = review(&world, &[], 1);
    assert_eq!(
        weakened(&found),
        [
            "foreign-host is turned off",
            "plain-secret is turned down from error to notice",
            "policy-weakened is turned off",
            "password under [secrets] not is new",
            "corp:* under [secrets] references is new",
            "PATH under [run] allow is new",
            "pin a.b is gone",
            "secret path code is gone",
            "word uat of staging is gone",
            "host *.stg.corp.example of staging is gone",
            "[limits] file-bytes is raised from 1048576 to 2000000",
            "[promotion] new-keys goes from ask to take",
            "the schema no longer describes pay",
        ]
    );
    assert_eq!(found["weakened"][0]["line"], 3);
    let gone = &found["weakened"][6];
    assert_eq!((&gone["line"], &gone["before"]), (&Json::Null, &Json::from(9)));
    let told = told(&found["findings"]);
    assert!(told[..13].iter().all(|one| one == "policy-weakened -"), "{told:?}");
    for expected in ["schema n", "foreign-host url", "plain-secret password"] {
        assert!(told.iter().any(|one| one == expected), "{expected}: {told:?}");
    }
    assert_eq!(found["mended"], Json::Array(Vec::new()));
    for (format, word) in [
        ("text", "\nweakened: 13\n  foreign-host is turned off"),
        ("text", ":9 before"),
        ("markdown", "<summary>weakened: 13</summary>"),
        (
            "github",
            "::warning file=terrace.toml,line=3,col=1,endLine=3,endColumn=1,title=policy-weakened::foreign-host",
        ),
        ("gitlab", "\"check_name\": \"policy-weakened\""),
        ("junit", "policy-weakened"),
        ("sarif", "\"ruleId\": \"policy-weakened\""),
    ] {
        let said = world.terrace(&["review", "--format", format]).exits(1);
        assert!(said.contains(word), "{format}: {said}");
        let first = said.find("policy-weakened").expect("told");
        assert!(!said.get(..first).unwrap_or_default().contains("99 is more"), "{format}: {said}");
    }
}

#[test]
fn an_item_that_is_renamed_away_from_its_schema_is_told() {
    let values = "n: 1\nurl: https://a.example.com\nsize: 5\nregion: here\n";
    let mut world = World::with(&[
        ("schemas/pay.schema.json", "{\"properties\": {\"n\": {\"maximum\": 10}}}\n"),
        ("environments/development/pay.yaml", values),
        (STAGING, values),
        (PRODUCTION, values),
    ]);
    world.git(&["checkout", "--quiet", "-b", "feature"]);
    for environment in ["development", "staging", "production"] {
        let [old, new] = ["pay", "paid"].map(|key| format!("environments/{environment}/{key}.yaml"));
        world.git(&["mv", &old, &new]);
    }
    edit(&world, "environments/production/paid.yaml", "n: 1", "n: 99");
    world.commit("another name");
    assert_eq!(weakened(&review(&world, &[], 0)), ["the schema no longer describes paid"]);
    world.git(&["mv", "schemas/pay.schema.json", "schemas/paid.schema.json"]);
    world.commit("the schema goes along");
    let found = review(&world, &[], 1);
    assert_eq!(weakened(&found), Vec::<&str>::new());
    assert!(told(&found["findings"]).iter().any(|one| one == "schema n"), "{found}");
}

#[test]
fn a_weakened_policy_counts_when_asked_for() {
    let mut world = shop();
    world.write(
        "terrace.toml",
        "[rules]\nno-schema = \"off\"\n[[waiver]]\nrule = \"policy-weakened\"\nreason = \"mine\"\n",
    );
    world.commit("the pin goes");
    let found = review(&world, &["--strict"], 0);
    assert_eq!(
        (weakened(&found), told(&found["findings"])),
        (vec!["pin database.host of pay is gone"], vec!["policy-weakened -".to_owned()])
    );
    review(&world, &["--fail-on", "policy"], 1);
    world.git(&["checkout", "--quiet", "main"]);
    world.write("terrace.toml", &format!("{}policy-weakened = \"error\"\n", world.read("terrace.toml")));
    world.commit("stern");
    world.git(&["checkout", "--quiet", "feature"]);
    world.git(&["rebase", "--quiet", "-X", "theirs", "main"]);
    assert_eq!(review(&world, &[], 1)["summary"]["errors"], 2, "{}", world.read("terrace.toml"));
    // A policy that is a link says nothing, and that is weaker than what it said.
    world.git(&["checkout", "--quiet", "-B", "feature", "main~1"]);
    world.git(&["mv", "terrace.toml", "policy.toml"]);
    std::os::unix::fs::symlink("policy.toml", world.dir.join("terrace.toml")).expect("a link");
    world.commit("a link");
    let said = world.terrace(&["review", "--base", "main~1", "--fail-on", "policy"]);
    assert!(
        said.code != 0 && format!("{}{}", said.stdout, said.stderr).contains("terrace.toml"),
        "{}",
        said.stdout
    );
}

#[test]
fn a_schema_that_is_loosened_together_with_its_value_hides_nothing() {
    let schema = |most: u32| {
        format!(
            "{{\n  \"properties\": {{\n    \"n\": {{\"type\": \"integer\", \"maximum\": {most}}}\n  }}\n}}\n"
        )
    };
    let mut world =
        World::with(&[("schemas/pay.schema.json", &schema(10)), (STAGING, "n: 1\n"), (PRODUCTION, "n: 1\n")]);
    world.git(&["checkout", "--quiet", "-b", "feature"]);
    world.write("schemas/pay.schema.json", &schema(100));
    edit(&world, PRODUCTION, "n: 1", "n: 99");
    world.commit("looser");
    let found = review(&world, &[], 1);
    assert_eq!(weakened(&found), ["`maximum` of /properties/n allows more"]);
    assert_eq!(
        (&found["weakened"][0]["line"], text(&found["weakened"][0]["file"])),
        (&Json::from(3), "schemas/pay.schema.json")
    );
    assert!(told(&found["findings"]).contains(&"schema n".to_owned()));
    // A waiver of the change accepts it, and is told first.
    world.write(
        "terrace.toml",
        "[[waiver]]\nrule = \"schema\"\nkey = \"pay\"\npath = \"n\"\nreason = \"sale\"\n",
    );
    world.commit("accepted");
    let found = review(&world, &[], 0);
    assert!(!told(&found["findings"]).contains(&"schema n".to_owned()));
    assert_eq!(text(&found["waivers"][0]["reason"]), "sale");
    // A value that was wrong before is not mended by what accepts it.
    world.git(&["checkout", "--quiet", "main"]);
    edit(&world, PRODUCTION, "n: 1", "n: 50");
    world.commit("wrong");
    world.git(&["checkout", "--quiet", "-B", "feature"]);
    world.write("schemas/pay.schema.json", &schema(100));
    world.commit("looser");
    let found = review(&world, &[], 0);
    assert!(told(&found["known"]).contains(&"schema n".to_owned()));
    assert_eq!(found["mended"], Json::Array(Vec::new()));
}

#[test]
fn the_limits_of_a_change_are_those_of_its_base() {
    let mut world = World::with(&[("terrace.toml", "[limits]\nfile-bytes = 1000\n"), (PRODUCTION, "n: 1\n")]);
    world.git(&["checkout", "--quiet", "-b", "feature"]);
    world.write("terrace.toml", "[limits]\nfile-bytes = 9000\n");
    world.write(PRODUCTION, &format!("n: 1\n# {}\n", "x".repeat(2000)));
    world.commit("large");
    assert!(told(&review(&world, &[], 1)["findings"]).contains(&"syntax -".to_owned()));
}

#[test]
fn a_decision_that_goes_is_weaker_and_one_that_came_accepts() {
    let world = shop();
    world.terrace(&["hold", "--release", "pay", "limits.rate", "--env", "production"]).exits(0);
    world.terrace(&["hold", "pay", "timeout", "--env", "production", "--reason", "slow clients"]).exits(0);
    let found = review(&world, &[], 0);
    assert_eq!(weakened(&found), ["the decision that production keeps limits.rate of pay is gone"]);
    let said = world.terrace(&["review"]).exits(0);
    assert!(
        said.contains("\naccepted here\n")
            && said.contains("production keeps pay timeout: slow clients (Ann,"),
        "{said}"
    );
}

#[test]
fn the_hook_stops_what_a_commit_brings_and_not_what_was_there() {
    let mut world = World::with(&[(STAGING, "a: 1\na: 2\n"), (PRODUCTION, "a: 1\n")]);
    world.find_terrace();
    world.terrace(&["hooks", "install", "--yes"]).exits(0);
    let commit = |world: &World| {
        world.git(&["add", "--all"]);
        crate::support::run(world.command("git").args(["commit", "--quiet", "-m", "x"]))
    };
    // What was there before, under another name too.
    world.write(PRODUCTION, "a: 1\nb: no\n");
    world.git(&["mv", STAGING, "environments/staging/paid.yaml"]);
    let output = commit(&world);
    let said = format!("{}{}", output.stdout, output.stderr);
    assert_eq!(output.code, 0, "{said}");
    assert!(said.contains("warning[ambiguous-scalar]") && !said.contains("error[duplicate-key]"), "{said}");
    assert!(said.contains("1 finding left out that HEAD has too"), "{said}");
    world.write(PRODUCTION, "a: 1\na: 2\n");
    let output = commit(&world);
    assert_eq!(output.code, 1);
    assert!(format!("{}{}", output.stdout, output.stderr).contains("error[duplicate-key]"));
    // The first commit of all has nothing before it.
    let world = World::unborn();
    world.write(PRODUCTION, "a: 1\na: 2\n");
    world.git(&["add", "--all"]);
    assert_eq!(world.line("check --staged --since HEAD").code, 1);
    assert_eq!(world.line("check --since nowhere").code, 1);
}

#[test]
fn what_the_plan_would_only_offer_is_told_with_its_reason() {
    let mut world = World::with(&[
        ("terrace.toml", "[rules]\nno-schema = \"off\"\n"),
        ("environments/development/pay.yaml", "pool: 10\n"),
        (STAGING, "pool: 10\n"),
        (PRODUCTION, "pool: 40\n"),
    ]);
    world.pass(30);
    world.write(STAGING, "pool: 17\n");
    world.commit("more");
    world.git(&["checkout", "--quiet", "-b", "feature"]);
    world.write(PRODUCTION, "pool: 17\n");
    world.commit("copied");
    let said = world.terrace(&["review"]).exits(0);
    assert!(said.contains("promoted from staging, offered only: always different here"), "{said}");
}

/// The base is judged as its own plan would be, with and without an index of the history.
#[test]
fn what_became_of_a_change_in_other_items_counts_as_in_the_plan() {
    let mut world = World::with(&[
        ("terrace.toml", "[rules]\nno-schema = \"off\"\n"),
        ("environments/development/pay.yaml", "timeout: 5s\n"),
        (STAGING, "timeout: 5s\n"),
        (PRODUCTION, "timeout: 5s\n"),
        ("environments/staging/orders.yaml", "batch: 10\n"),
        ("environments/production/orders.yaml", "batch: 10\n"),
    ]);
    world.write(STAGING, "timeout: 8s\n");
    world.write("environments/staging/orders.yaml", "batch: 20\n");
    world.commit("faster");
    world.pass(30);
    world.write("notes.txt", "later\n");
    world.commit("notes");
    world.git(&["checkout", "--quiet", "-b", "feature"]);
    world.write(PRODUCTION, "timeout: 8s\n");
    world.commit("copied");
    let because = "the same change waits in other items and was taken in none";
    let reviewed = || {
        let said = world.terrace(&["review"]).exits(0);
        assert!(said.contains("offered only: ") && said.contains(because), "{said}");
    };
    reviewed();
    world.git(&["checkout", "--quiet", "main"]);
    let plan = world.terrace(&["promote", "pay", "--to", "production", "--dry-run"]).exits(0);
    assert!(plan.contains(because), "{plan}");
    world.git(&["checkout", "--quiet", "feature"]);
    reviewed();
}

#[cfg(unix)]
#[test]
fn a_mode_that_changes_is_told() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let link = "environments/production/pay/link.yaml";
    let mut world = World::with(&[
        ("terrace.toml", "[rules]\nno-schema = \"off\"\nmissing-item = \"off\"\n"),
        ("schemas/pay.schema.json", "{}\n"),
        (STAGING, "a: 1\n"),
        (link, "other.yaml"),
    ]);
    world.git(&["checkout", "--quiet", "-b", "feature"]);
    for file in [STAGING, "schemas/pay.schema.json"] {
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(world.dir.join(file), mode).expect("a mode");
    }
    // The link's target is what the file's bytes were, so that both are one blob.
    std::fs::remove_file(world.dir.join(link)).expect("removed");
    symlink("other.yaml", world.dir.join(link)).expect("a link");
    world.commit("modes");
    let found = review(&world, &[], 1);
    let modes: Vec<String> = found["modes"].as_array().expect("modes").iter().map(Json::to_string).collect();
    assert_eq!(modes.len(), 3, "{modes:?}");
    assert!(told(&found["findings"]).iter().any(|one| one == "symlink -"), "{found}");
    assert_eq!(review(&world, &["pay"], 0)["modes"].as_array().expect("modes").len(), 1);
    // What the link leads to is not compared.
    let said = world.terrace(&["diff", "main..feature"]).exits(2);
    assert!(said.contains(STAGING) && said.contains("mode 100644 → 100755, executable now"), "{said}");
    let said = world.terrace(&["diff", "main..feature", "--format", "unified"]).exits(2);
    assert!(said.contains("old mode 100644\nnew mode 120000"), "{said}");
}

#[test]
fn submodules_in_the_place_of_what_is_read_are_found() {
    for place in ["environments/production/team", "environments", "schemas"] {
        let world = World::with(&[
            ("terrace.toml", "[rules]\nno-schema = \"off\"\nmissing-item = \"off\"\n"),
            (STAGING, "a: 1\n"),
        ]);
        world.git(&["checkout", "--quiet", "-b", "feature"]);
        let commit = world.git(&["rev-parse", "HEAD"]);
        world.git(&["rm", "--quiet", "-r", "--cached", "--ignore-unmatch", place]);
        let entry = format!("160000,{},{place}", commit.trim());
        world.git(&["update-index", "--add", "--cacheinfo", &entry]);
        world.git(&["commit", "--quiet", "--message", "a submodule"]);
        let found = review(&world, &[], 1);
        assert!(told(&found["findings"]).iter().any(|one| one == "symlink -"), "{place}: {found}");
    }
}

#[test]
fn what_the_bases_policy_calls_secret_is_masked_whatever_the_heads_says() {
    let policy = |secrets: &str| format!("version = 1\n[secrets]\n{secrets}\n");
    let text = |n: u8, host: &str| format!("a: {{licence: CANARY{n}, password: CANARY{n}, host: {host}}}\n");
    for (before, after) in [
        ("paths = [\"**.licence\"]", "not = [\"**.password\"]"),
        ("not = [\"**.password\"]", "paths = [\"**.licence\"]"),
    ] {
        let mut world = World::with(&[("terrace.toml", &policy(before)), (STAGING, &text(1, "db"))]);
        world.git(&["checkout", "--quiet", "-b", "feature"]);
        world.write("terrace.toml", &policy(after));
        world.write(STAGING, &text(2, "db.prod.example.org"));
        world.commit("turned round");
        for format in ["text", "markdown", "github", "gitlab", "sarif", "junit", "json"] {
            let said = world.terrace(&["review", "--base", "main", "-v", "--format", format]).told();
            assert!(said.contains("foreign-host") && !said.contains("CANARY"), "{format}: {said}");
        }
    }
}

/// What lies among decisions and schemas and is none of them stops promotions or keeps nothing, and an entry
/// that fits nothing holds nothing back.
#[test]
fn what_differs_among_decisions_and_schemas_is_looked_at() {
    let values = "a: 1\n";
    let mut world = World::with(&[
        ("schemas/pay.schema.json", "{}\n"),
        ("environments/development/pay.yaml", values),
        (STAGING, values),
        (PRODUCTION, values),
    ]);
    world.git(&["checkout", "--quiet", "-b", "feature"]);
    for (file, text, expected) in [
        (".terrace/decisions/x.toml", "x", "bad-decision -"),
        (".terrace/decisions/prod/pay=/0.toml", "x", "bad-decision -"),
        (".terrace/decisions/development/pay=/0.toml", "x", "bad-decision -"),
        ("terrace.toml", "[[pin]]\nkey = \"pay\"\npath = \"b\"\n", "unused-pin -"),
    ] {
        world.write(file, text);
        world.commit("slip");
        let code = i32::from(expected.starts_with("bad"));
        assert_eq!(told(&review(&world, &[], code)["findings"]), [expected], "{file}");
        world.git(&["rm", "--quiet", "-r", file]);
        world.commit("gone");
    }
    for link in [".terrace/decisions", ".terrace/decisions/staging", "schemas/x.json", "schemas/d/sub"] {
        let place = world.dir.join(link);
        std::fs::create_dir_all(place.parent().expect("a folder")).expect("made");
        std::os::unix::fs::symlink("/tmp", place).expect("a link");
        world.commit("link");
        assert_eq!(told(&review(&world, &[], 1)["findings"]), ["symlink -"], "{link}");
        world.git(&["rm", "--quiet", "-r", link]);
        world.commit("gone");
    }
}

#[test]
fn what_is_not_compared_is_said_in_every_format() {
    let mut world = World::with(&[(PRODUCTION, "a: 1\nurl: \"open\n")]);
    world.git(&["checkout", "--quiet", "-b", "feature"]);
    world.write(PRODUCTION, "a: 9999\nurl: \"open\n");
    world.commit("nobody can read it");
    for format in ["text", "markdown", "github", "gitlab", "junit", "sarif"] {
        let said = world.terrace(&["review", "--format", format]).exits(0);
        assert!(said.contains("not compared"), "{format}: {said}");
    }
}
