//! Plan files: written, reviewed, carried out exactly or refused; and plans taken in parts.

use serde_json::Value as Json;

use crate::shop::{PRODUCTION, STAGING, Shop};
use crate::support::World;

const PROMOTE: [&str; 4] = ["promote", "payments", "--to", "production"];

fn planned(shop: &Shop, more: &[&str]) -> Json {
    let arguments = [&PROMOTE[..], &["-o", "plan.json"], more].concat();
    let answer = shop.terrace(&arguments);
    assert!([0, 3].contains(&answer.code), "{answer:?}");
    serde_json::from_str(&shop.read("plan.json")).expect("JSON")
}

/// The paths that a plan takes.
fn taken(plan: &Json) -> Vec<String> {
    let lines = plan["hops"][0]["items"][0]["resolutions"].as_array().expect("resolutions");
    let taken = lines.iter().filter(|line| line["taken"] == true);
    taken.map(|line| line["path"].as_str().expect("a path").to_owned()).collect()
}

/// Edits the line of `path` in the plan file.
fn edit(shop: &Shop, path: &str, fields: &[(&str, Json)]) {
    let mut plan: Json = serde_json::from_str(&shop.read("plan.json")).expect("JSON");
    let lines = plan["hops"][0]["items"][0]["resolutions"].as_array_mut().expect("resolutions");
    let line = lines.iter_mut().find(|line| line["path"] == path).expect(path);
    for (field, value) in fields {
        line[*field] = value.clone();
    }
    shop.write("plan.json", &serde_json::to_string_pretty(&plan).expect("text"));
}

#[test]
fn a_plan_file_is_carried_out_as_if_it_had_been_promoted_at_once() {
    let (first, second) = (Shop::ahead(), Shop::ahead());
    let plan = planned(&first, &["--with-new"]);
    assert_eq!(taken(&plan), ["timeout", "retries", "cache"]);
    assert_eq!(plan["head"], Json::String(first.head()));
    let answer = first.terrace(&["promote", "--plan", "plan.json", "--yes"]);
    assert_eq!(answer.code, 0, "{answer:?}");
    assert_eq!(second.terrace(&[&PROMOTE[..], &["--with-new", "--yes"]].concat()).code, 0);
    assert_eq!(first.head(), second.head(), "one commit, to the byte");
    assert!(first.git(&["fsck", "--strict"]).is_empty());
    let again = first.terrace(&["promote", "--plan", "plan.json", "--yes"]);
    assert_eq!(again.code, 4, "the target has moved: {again:?}");
}

#[test]
fn a_plan_file_holds_no_secrets_and_fits_its_schema() {
    let shop = Shop::ahead();
    let plan = planned(&shop, &["--with-new", "--show-secrets"]);
    let text = shop.read("plan.json");
    assert!(text.contains("masked") && !text.contains("\"one\"") && !text.contains("\"two\""), "{text}");
    let schema = terrace::api::plan::schema();
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<_> = validator.iter_errors(&plan).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    // JSON readers write 1e5 in another way.
    for (set, why) in [("password=three", "holds no secrets"), ("timeout=1e5", "exactly")] {
        let answer = shop.terrace(&[&PROMOTE[..], &["--set", set, "-o", "secret.json"]].concat());
        assert!(answer.code == 2 && answer.err.contains(why), "{answer:?}");
        assert!(!shop.root.join("secret.json").exists());
    }
}

#[test]
fn what_moved_refuses_the_plan_and_what_did_not_does_no_harm() {
    for (file, text, code) in [
        (PRODUCTION, "timeout: 5s\n", 4),
        (STAGING, "timeout: 9s\n", 4),
        ("terrace.toml", "[promotion]\nnew-keys = \"leave\"\n", 4),
        (".terrace/decisions/production/payments.toml", "version = 1\n", 4),
        ("environments/staging/search.yaml", "boost: 2\n", 0),
        ("notes.txt", "moved on\n", 0),
    ] {
        let shop = Shop::ahead();
        planned(&shop, &["--with-new"]);
        shop.commit(&[(file, text)], "meanwhile");
        let head = shop.head();
        let answer = shop.terrace(&["promote", "--plan", "plan.json", "--yes"]);
        assert_eq!(answer.code, code, "{file}: {answer:?}");
        assert_eq!(shop.head() == head, code == 4, "{file}");
        assert_eq!(answer.err.contains(file), code == 4, "{file}: {answer:?}");
    }
}

#[test]
fn outcomes_may_be_edited() {
    let shop = Shop::ahead();
    planned(&shop, &[]);
    let refused = shop.terrace(&["promote", "--plan", "plan.json", "--yes"]);
    assert_eq!(refused.code, 3, "new keys are still asked about: {refused:?}");
    edit(&shop, "cache", &[("outcome", "decline".into())]);
    edit(&shop, "retries", &[("outcome", "keep".into()), ("taken", false.into())]);
    edit(&shop, "timeout", &[("outcome", "set".into()), ("value", "7s".into())]);
    let answer = shop.terrace(&["promote", "--plan", "plan.json", "--yes"]);
    assert_eq!(answer.code, 0, "{answer:?}");
    let expected = "# payments\ntimeout: 7s\nretries: 3\npool:\n  size: 40\npassword: two\n";
    assert_eq!(shop.read(PRODUCTION), expected);
    assert!(
        shop.read(".terrace/decisions/production/payments=/5e1ecee06a7fc06f305ae5c12acfe7a7.toml")
            .contains("path = \"cache\"")
    );
}

#[test]
fn other_edits_are_refused_with_their_place() {
    type Edit = (&'static str, &'static [(&'static str, &'static str)], &'static str);
    let edits: [Edit; 8] = [
        ("timeout", &[("source", "\"9s\"")], "`source`"),
        ("timeout", &[("reason", "\"trust me\"")], "`reason`"),
        ("timeout", &[("taken", "false")], "contradict"),
        ("timeout", &[("path", "\"pool\"")], "says nothing of timeout"),
        ("timeout", &[("value", "\"9s\"")], "only outcome `set`"),
        ("password", &[("outcome", "\"take\""), ("taken", "true")], "never promoted"),
        ("timeout", &[("outcome", "\"perhaps\"")], "unknown variant"),
        ("cache", &[("outcome", "\"set\""), ("value", "{\"ttl\": \"5s\"}")], "stands for several paths"),
    ];
    for (path, fields, expected) in edits {
        let shop = Shop::ahead();
        planned(&shop, &["--with-new"]);
        let fields: Vec<_> =
            fields.iter().map(|(field, json)| (*field, serde_json::from_str(json).expect(json))).collect();
        edit(&shop, path, &fields);
        let head = shop.head();
        let answer = shop.terrace(&["promote", "--plan", "plan.json", "--yes"]);
        assert_eq!(answer.code, 2, "{fields:?}: {answer:?}");
        assert!(answer.err.contains(expected), "{fields:?}: {answer:?}");
        let place = answer.err.strip_prefix("error: plan.json:").expect("a place");
        let numbers: Vec<u32> = place.splitn(3, ':').take(2).map(|n| n.parse().expect(place)).collect();
        assert!(numbers.first().is_some_and(|line| *line > 5), "{answer:?}");
        assert_eq!(shop.head(), head);
    }
}

#[test]
fn a_path_cannot_be_dropped_from_a_plan() {
    let shop = Shop::ahead();
    let mut plan = planned(&shop, &["--with-new"]);
    plan["hops"][0]["items"][0]["resolutions"].as_array_mut().expect("lines").remove(0);
    shop.write("plan.json", &plan.to_string());
    let answer = shop.terrace(&["promote", "--plan", "plan.json", "--yes"]);
    assert_eq!(answer.code, 2, "{answer:?}");
    assert!(answer.err.contains("says nothing of timeout"), "{answer:?}");
}

#[test]
fn new_and_deleted_items_are_planned_too() {
    let shop = Shop::ahead();
    let fresh = "name: search\ntoken: abc\nlimit: 1.10\n";
    shop.commit(
        &[
            ("environments/staging/search.yaml", fresh),
            (STAGING.replace("payments", "old").as_str(), "a: 1\n"),
            (PRODUCTION.replace("payments", "old").as_str(), "a: 1\n"),
        ],
        "more",
    );
    std::fs::remove_file(shop.root.join("environments/staging/old.yaml")).expect("removed");
    shop.commit(&[], "drop old");
    let arguments = [
        "promote",
        "search",
        "old",
        "--to",
        "production",
        "--delete",
        "--set",
        "limit=1.20",
        "-o",
        "plan.json",
    ];
    assert_eq!(shop.terrace(&arguments).code, 0);
    assert!(!shop.read("plan.json").contains("abc"));
    let answer = shop.terrace(&["promote", "--plan", "plan.json", "--yes"]);
    assert_eq!(answer.code, 0, "{answer:?}");
    assert_eq!(shop.read("environments/production/search.yaml"), "name: search\nlimit: 1.20\n");
    assert!(!shop.root.join("environments/production/old.yaml").exists());
}

#[test]
fn a_plan_taken_in_two_parts_is_the_plan_taken_whole() {
    let whole = Shop::ahead();
    assert_eq!(whole.terrace(&[&PROMOTE[..], &["--with-new", "--yes"]].concat()).code, 0);
    let change = |shop: &Shop| shop.git(&["log", "--format=%H", "--grep=raise timeout"]);
    let commit = change(&Shop::ahead());
    let parts: [&[&str]; 5] = [
        &["--only", "timeout"],
        &["--only", "cache.ttl"],
        &["--except", "timeout", "--except", "cache"],
        &["--except", "cache.size", "--with-new"],
        &["--change", &commit],
    ];
    for part in parts {
        let shop = Shop::ahead();
        let all = planned(&shop, &["--with-new"]);
        let first = taken(&planned(&shop, part));
        let answer = shop.terrace(&[&PROMOTE[..], part, &["--yes"]].concat());
        assert_eq!(answer.code, 0, "{part:?}: {answer:?}");
        let rest = planned(&shop, &["--with-new"]);
        // What was not taken is judged as before.
        let lines =
            |plan: &Json| plan["hops"][0]["items"][0]["resolutions"].as_array().cloned().expect("lines");
        for line in lines(&rest) {
            let same = lines(&all).into_iter().find(|old| old["path"] == line["path"]);
            if let Some(old) = same {
                assert_eq!(old, line, "{part:?}");
            }
            assert!(!first.contains(&line["path"].as_str().expect("a path").to_owned()), "{part:?}");
        }
        let answer = shop.terrace(&["promote", "--plan", "plan.json", "--yes"]);
        assert_eq!(answer.code, 0, "{part:?}: {answer:?}");
        let files = |shop: &Shop| shop.git(&["ls-tree", "-r", "HEAD", "environments"]);
        assert_eq!(files(&shop), files(&whole), "{part:?}");
    }
}

/// The plan file with the first item of its hop changed by `change`.
fn change_item(shop: &Shop, change: impl Fn(&mut Json)) {
    let mut plan: Json = serde_json::from_str(&shop.read("plan.json")).expect("JSON");
    change(&mut plan["hops"][0]["items"][0]);
    shop.write("plan.json", &serde_json::to_string_pretty(&plan).expect("text"));
}

fn carry_out(shop: &Shop) -> crate::shop::Answer {
    shop.terrace(&["promote", "--plan", "plan.json", "--yes"])
}

#[test]
fn a_value_that_is_given_stands_everywhere() {
    let shop = Shop::ahead();
    let schema = r#"{"type": "object", "required": ["region", "pool"], "properties": {"region": {"enum": ["eu", "us"]}}}"#;
    shop.commit(&[("schemas/payments.schema.json", schema)], "schema");
    let given = [&PROMOTE[..], &["--with-new", "--set", "region=eu"]].concat();
    let dry = shop.terrace(&[&given[..], &["--dry-run"]].concat());
    assert!(dry.code == 0 && dry.out.contains("set  region  eu  as given"), "{dry:?}");
    assert!(dry.out.contains("4 changes to commit"), "{dry:?}");
    planned(&shop, &["--with-new", "--set", "region=eu"]);
    let shown = shop.terrace(&["promote", "--plan", "plan.json", "--dry-run"]);
    assert_eq!((shown.code, &shown.out), (0, &dry.out), "{shown:?}");
    for (path, value, code, why) in [
        ("regoin", "eu", 2, "not required by a schema"),
        ("timeout", "9s", 2, "has a line of its own"),
        ("cache.ttl", "9s", 2, "has a line of its own"),
        ("pool.size", "7", 2, "has a line of its own"),
        ("pool.min", "7", 2, "not required by a schema"),
        ("password", "three", 2, "holds no secrets"),
        ("..", "x", 2, "plan.json:"),
        ("region", "mars", 3, "would bring schema"),
    ] {
        change_item(&shop, |item| {
            item["set"][0] = serde_json::json!({"path": path, "value": value});
        });
        let answer = carry_out(&shop);
        assert!(answer.code == code && answer.err.contains(why), "{path}: {answer:?}");
    }
    planned(&shop, &["--with-new", "--set", "region=us"]);
    let answer = carry_out(&shop);
    assert_eq!(answer.code, 0, "{answer:?}");
    assert!(shop.read(PRODUCTION).contains("region: us\n"));
    assert!(shop.git(&["log", "-1", "--format=%B"]).contains("payments: region: absent -> us (given)"));
    // What both sides have, and the schema requires, can be given too.
    let answer = shop.terrace(&[&PROMOTE[..], &["--set", "region=eu", "--yes"]].concat());
    assert_eq!(answer.code, 0, "{answer:?}");
    assert!(shop.read(PRODUCTION).contains("region: eu\n"));
}

#[test]
fn a_secret_that_is_given_is_shown_nowhere() {
    let shop = Shop::ahead();
    let schema = r#"{"type": "object", "required": ["token"]}"#;
    shop.commit(&[("schemas/payments.schema.json", schema)], "schema");
    for format in ["text", "json"] {
        let arguments = ["--with-new", "--set", "token=hunter2", "--dry-run", "--format", format];
        let answer = shop.terrace(&[&PROMOTE[..], &arguments].concat());
        assert_eq!(answer.code, 0, "{answer:?}");
        assert!(answer.out.contains("token") && !answer.out.contains("hunter2"), "{answer:?}");
    }
    let answer = shop.terrace(&[&PROMOTE[..], &["--with-new", "--set", "token=hunter2", "--yes"]].concat());
    assert_eq!(answer.code, 0, "{answer:?}");
    assert!(!shop.git(&["log", "-1", "--format=%B"]).contains("hunter2"));
}

#[test]
fn an_item_is_emptied_only_where_that_was_agreed_to() {
    let shop = Shop::empty();
    shop.commit(&[(STAGING, "a: 1\n"), (PRODUCTION, "a: 1\n")], "begin");
    shop.commit(&[(STAGING, "{}\n")], "nothing is left");
    let refused = shop.terrace(&[&PROMOTE[..], &["-o", "plan.json"]].concat());
    assert!(refused.code == 3 && refused.err.contains("nothing would be left"), "{refused:?}");
    planned(&shop, &["--except", "a"]);
    edit(&shop, "a", &[("outcome", "take".into()), ("taken", true.into())]);
    let refused = carry_out(&shop);
    assert!(refused.code == 3 && refused.err.contains("nothing would be left"), "{refused:?}");
    let plan = planned(&shop, &["--only", "a"]);
    assert_eq!(plan["hops"][0]["items"][0]["empties"], true);
    let answer = carry_out(&shop);
    assert_eq!((answer.code, shop.read(PRODUCTION).as_str()), (0, "{}\n"), "{answer:?}");
}

#[test]
fn a_new_item_gets_only_values_that_it_has_a_place_for() {
    let shop = Shop::ahead();
    let file = "environments/staging/search.yaml";
    shop.commit(&[(file, "name: search\ntoken: abc\nlimit: 1\n")], "search");
    let create = ["promote", "search", "--to", "production", "-o", "plan.json"];
    for option in [["--set", "limti=2"], ["--except", "limti"]] {
        let answer = shop.terrace(&[&create[..], &option].concat());
        assert!(answer.code == 2 && answer.err.contains("limti"), "{answer:?}");
    }
    // A value for one item is none for the other.
    let both = ["promote", "payments", "search", "--to", "production", "--with-new", "--set", "timeout=7s"];
    let answer = shop.terrace(&[&both[..], &["--set", "limit=2", "-o", "plan.json"]].concat());
    assert_eq!(answer.code, 0, "{answer:?}");
    let plan: Json = serde_json::from_str(&shop.read("plan.json")).expect("JSON");
    assert_eq!(plan["hops"][0]["created"][0]["set"], serde_json::json!([{"path": "limit", "value": 2}]));
    for (field, value, why) in [
        ("set", serde_json::json!([{"path": "limti", "value": 2}]), "has nothing at limti"),
        ("set", serde_json::json!([{"path": "token", "value": "xyz"}]), "holds no secrets"),
        ("left_out", serde_json::json!([]), "leaves out"),
        ("left_out", serde_json::json!(["limti", "token"]), "has nothing at limti"),
        ("key", "../search".into(), "plan.json:"),
    ] {
        let mut edited = plan.clone();
        edited["hops"][0]["created"][0][field] = value;
        shop.write("plan.json", &serde_json::to_string_pretty(&edited).expect("text"));
        let answer = carry_out(&shop);
        assert!(answer.code == 2 && answer.err.contains(why), "{field}: {answer:?}");
    }
    shop.write("plan.json", &plan.to_string());
    let answer = carry_out(&shop);
    assert_eq!(answer.code, 0, "{answer:?}");
    assert_eq!(shop.read("environments/production/search.yaml"), "name: search\nlimit: 2\n");
    assert!(shop.git(&["log", "-1", "--format=%B"]).contains("search: limit: 2 (given)"));
}

#[test]
fn what_the_source_never_had_is_not_deleted_by_a_plan() {
    let shop = Shop::ahead();
    shop.commit(&[("environments/production/own.yaml", "a: 1\n")], "production's own");
    let mut plan = planned(&shop, &["--with-new"]);
    let blob = shop.git(&["rev-parse", "HEAD:environments/production/own.yaml"]);
    plan["hops"][0]["deleted"] = serde_json::json!([{"key": "own", "target_blob": blob}]);
    shop.write("plan.json", &plan.to_string());
    let answer = carry_out(&shop);
    assert!(answer.code == 2 && answer.err.contains("never had an item `own`"), "{answer:?}");
}

#[test]
fn a_renamed_entry_is_carried_out_from_a_plan() {
    let shop = Shop::empty();
    let before = "http:\n  timeout: 5\n  retries: 3\n";
    shop.commit(&[(STAGING, before), (PRODUCTION, before)], "begin");
    shop.commit(&[(PRODUCTION, "http:\n  timeout: 9\n  retries: 3\n")], "production waits longer");
    shop.commit(&[(STAGING, "http:\n  patience: 5\n  retries: 3\n")], "rename");
    for (outcome, value, expected) in [
        ("take", None, "  patience: 9\n"),
        ("set", Some(7), "  patience: 7\n"),
        ("keep", None, "  timeout: 9\n"),
    ] {
        shop.git(&["checkout", "-q", "-B", outcome, "main"]);
        let plan = planned(&shop, &["--with-new"]);
        let line = &plan["hops"][0]["items"][0]["resolutions"][0];
        assert_eq!((&line["renamed_from"], &line["resolution"]), (&"http.timeout".into(), &"renamed".into()));
        let mut fields = vec![("outcome", outcome.into()), ("taken", (outcome != "keep").into())];
        fields.extend(value.map(|value| ("value", value.into())));
        edit(&shop, "http.patience", &fields);
        let answer = carry_out(&shop);
        assert_eq!(answer.code, 0, "{outcome}: {answer:?}");
        let text = shop.read(PRODUCTION);
        assert!(text.contains(expected) && text.matches(": 3").count() == 1, "{outcome}: {text}");
        assert_eq!(text.lines().count(), 3, "{outcome}: {text}");
        edit(&shop, "http.patience", &[("renamed_from", "http.retries".into())]);
    }
    shop.git(&["checkout", "-q", "main"]);
    planned(&shop, &["--with-new"]);
    edit(&shop, "http.patience", &[("renamed_from", "http.retries".into())]);
    let answer = carry_out(&shop);
    assert!(answer.code == 2 && answer.err.contains("`renamed_from`"), "{answer:?}");
}

#[cfg(unix)]
#[test]
fn a_plan_is_written_to_a_file_of_its_own() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let shop = Shop::ahead();
    let plan = [&PROMOTE[..], &["--with-new", "-o", "plan.json"]].concat();
    shop.write("plan.json", "old");
    assert_eq!(shop.terrace(&plan).code, 0);
    let mode = std::fs::metadata(shop.root.join("plan.json")).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    shop.write("elsewhere", "mine");
    std::fs::remove_file(shop.root.join("plan.json")).expect("removed");
    for target in ["elsewhere", "nowhere"] {
        symlink(target, shop.root.join("plan.json")).expect("a link");
        let answer = shop.terrace(&plan);
        assert!(answer.code == 2 && answer.err.contains("plan.json is a link"), "{answer:?}");
        assert!(shop.read("elsewhere") == "mine" && !shop.root.join("nowhere").exists());
        std::fs::remove_file(shop.root.join("plan.json")).expect("removed");
    }
    std::fs::create_dir(shop.root.join("plan.json")).expect("a folder");
    let answer = shop.terrace(&plan);
    assert!(answer.code == 2 && answer.err.contains("is no regular file"), "{answer:?}");
}

#[test]
fn a_plan_that_leaves_what_is_read_through_an_alias_is_carried_out() {
    let shop = Shop::empty();
    let before = "x: &x {c: 1}\na: *x\nb: *x\nz: 1\n";
    shop.commit(&[(STAGING, before), (PRODUCTION, before)], "begin");
    shop.commit(&[(STAGING, "x: {c: 2}\na: {c: 2}\nb: {c: 1}\nz: 2\n")], "apart");
    planned(&shop, &["--skip-undecided"]);
    let answer = carry_out(&shop);
    assert_eq!(answer.code, 0, "{answer:?}");
    assert_eq!(shop.read(PRODUCTION), before.replace("z: 1", "z: 2"));
}

#[test]
fn a_tag_that_goes_is_said() {
    let mut world = World::with(&[
        ("terrace.toml", "[rules]\nno-schema = \"off\"\n"),
        ("environments/development/pay.yaml", "host: !ENV HOST\nport: 1\nuser: !ENV USER\n"),
        ("environments/staging/pay.yaml", "host: !ENV HOST\nport: 1\nuser: !ENV USER\n"),
    ]);
    world.write("environments/development/pay.yaml", "host: db\nport: !int 1\nuser: !ENV ME\n");
    world.commit("literal");
    let said = world.line("promote pay --to staging --dry-run").exits(0);
    assert_eq!(said.matches("the tag !ENV goes").count(), 1, "{said}");
    assert!(said.contains("!ENV HOST → db"), "{said}");
}

#[test]
fn a_removal_that_waits_is_carried_out_as_the_plan_says() {
    let shop = Shop::empty();
    let before = "q:\n  size: 7\n  n: x\ntimeout: 5s\n";
    shop.commit(&[(STAGING, before), (PRODUCTION, before)], "begin");
    shop.commit(&[(PRODUCTION, &before.replace("size: 7", "size: 40"))], "more of its own");
    shop.commit(&[(STAGING, "q:\n  n: x\nm:\n  er: 7\ntimeout: 5s\n")], "elsewhere");
    shop.commit(&[(STAGING, "q:\n  n: x\nm:\n  er: 7\ntimeout: 8s\n")], "slower");
    let waits = |plan: &Json| plan.to_string().contains("which took its place, is not taken");
    let plan = planned(&shop, &["--skip-undecided", "--without-new"]);
    assert!(waits(&plan) && taken(&plan) == ["timeout"], "{plan}");
    // Who takes both in the file takes a removal that waits no more.
    for path in ["q.size", "m.er"] {
        edit(&shop, path, &[("taken", true.into()), ("outcome", "take".into())]);
    }
    let shown = shop.terrace(&["promote", "--plan", "plan.json", "--dry-run"]);
    assert_eq!(shown.code, 0, "{shown:?}");
    // What is invented is refused.
    let text = shop.read("plan.json");
    shop.write(
        "plan.json",
        &text
            .replace("`m`, which took", "`timeout`, which took")
            .replace("`m.er`, which took", "`timeout`, which took"),
    );
    let refused = carry_out(&shop);
    assert!(
        refused.code == 2 && refused.err.contains("at q.size is not what the repository says"),
        "{refused:?}"
    );
    planned(&shop, &["--skip-undecided", "--without-new"]);
    let answer = carry_out(&shop);
    assert_eq!(answer.code, 0, "{answer:?}");
    assert_eq!(shop.read(PRODUCTION), "q:\n  size: 40\n  n: x\ntimeout: 8s\n");
}

#[test]
fn an_element_with_one_value_beside_its_name_comes_and_goes_with_a_plan_file() {
    let (few, many) = ("s: [{name: a, port: 1}]\n", "s: [{name: a, port: 1}, {name: b, port: 2}]\n");
    for (before, after) in [(few, many), (many, few)] {
        let mut world = World::with(&[
            ("environments/development/a.yaml", before),
            ("environments/staging/a.yaml", before),
        ]);
        world.write("environments/development/a.yaml", after);
        world.commit("an element");
        world.line("promote a --to staging --with-new --with-removals -o plan.json").exits(0);
        world.line("promote --plan plan.json --yes").exits(0);
        assert_eq!(world.read("environments/staging/a.yaml"), after);
    }
}
