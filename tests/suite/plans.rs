//! Plan files: written, reviewed, carried out exactly or refused; and plans taken in parts.

use serde_json::Value as Json;

use crate::shop::{PRODUCTION, STAGING, Shop};

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
    let edits: [Edit; 7] = [
        ("timeout", &[("source", "\"9s\"")], "`source`"),
        ("timeout", &[("reason", "\"trust me\"")], "`reason`"),
        ("timeout", &[("taken", "false")], "contradict"),
        ("timeout", &[("path", "\"pool\"")], "says nothing of timeout"),
        ("timeout", &[("value", "\"9s\"")], "only outcome `set`"),
        ("password", &[("outcome", "\"take\""), ("taken", "true")], "never promoted"),
        ("timeout", &[("outcome", "\"perhaps\"")], "unknown variant"),
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
