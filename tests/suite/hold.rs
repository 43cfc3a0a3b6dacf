//! `terrace hold`: decisions are recorded, respected, listed and released.

use super::decision_world::{DEV, People, STAGING, equal};

const TEXT: &str = "limits:\n  rate: 20\n  burst: 5\nservers:\n  - name: api\n    port: 80\n";

fn moved() -> People {
    let people = equal(TEXT);
    people.commit("2026-02-01", "load test", &[(STAGING, &TEXT.replace("20", "60"))]);
    people
}

const RATE_FILE: &str = ".terrace/decisions/production/payments=/8a3b90c983f949a4d8609859588a45b0.toml";
const RATE: [&str; 7] = ["hold", "payments", "limits.rate", "--env", "production", "--reason", "load limit"];

#[test]
fn what_is_held_is_not_promoted_until_it_is_released() {
    let people = moved();
    let said = people.works("2026-02-02", &RATE);
    assert!(said.starts_with("production keeps limits.rate of payments ("), "{said}");
    assert_eq!(
        people.git("2026-02-02", &["log", "-1", "--format=%s"]),
        "hold(payments): limits.rate in production\n"
    );
    let file = people.read(RATE_FILE);
    assert!(file.contains("by = \"Ada\"") && file.contains("until = \"released\""), "{file}");
    let commits = people.commits();
    assert_eq!(people.works("2026-02-03", &RATE), "nothing to do\n");
    assert_eq!(people.commits(), commits);
    let plan = people.works("2026-02-03", &["promote", "payments", "--to", "production", "--yes"]);
    assert!(plan.contains("declined by Ada: load limit (until released)"), "{plan}");
    assert!(plan.ends_with("nothing to do\n"), "{plan}");
    let release = ["hold", "--release", "payments", "limits.rate", "--env", "production"];
    people.works("2026-02-04", &release);
    assert!(!people.root().join(RATE_FILE).exists());
    assert_eq!(people.works("2026-02-04", &release), "nothing to do\n");
    people.works("2026-02-05", &["promote", "payments", "--to", "production", "--yes"]);
    assert!(people.read("environments/production/payments.yaml").contains("rate: 60"));
}

#[test]
fn the_list_says_what_still_counts() {
    let people = moved();
    people.works("2026-02-02", &[&RATE[..], &["--until", "source-changes"]].concat());
    let dated = ["hold", "payments", "limits.burst", "--env", "production", "--reason", "not yet"];
    people.works("2026-02-02", &[&dated[..], &["--until", "2026-02-10"]].concat());
    let to_staging = ["hold", "payments", "servers[0].port", "--env", "staging", "--reason", "own port"];
    people.works("2026-02-02", &to_staging);
    let list = people.works("2026-02-02", &["hold", "--list"]);
    assert_eq!(
        list,
        "live  staging     payments  servers[name=api].port  until released            Ada: own port\n\
         live  production  payments  limits.burst            until 2026-02-10          Ada: not yet\n\
         live  production  payments  limits.rate             until staging changes it  Ada: load limit\n"
    );
    people.commit("2026-02-11", "more", &[(STAGING, &TEXT.replace("20", "80"))]);
    let list = people.works("2026-02-11", &["hold", "--list"]);
    assert!(
        list.contains("dead  production  payments  limits.rate             staging changed it since"),
        "{list}"
    );
    assert!(
        list.contains("dead  production  payments  limits.burst            was until 2026-02-10"),
        "{list}"
    );
    let json = people.works("2026-02-11", &["hold", "--list", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).expect("json");
    assert_eq!(json["decisions"][2]["path"], "limits.rate");
    assert_eq!(json["decisions"][2]["live"], false);
    assert_eq!(json["decisions"][0]["environment"], "staging");
}

#[test]
fn a_hold_of_nothing_is_refused_with_a_hint() {
    let people = moved();
    let commits = people.commits();
    for (arguments, words) in [
        (vec!["payments", "limits.rat", "--env", "production"], "did you mean `limits.rate`?"),
        (vec!["paymets", "limits.rate", "--env", "production"], "did you mean `payments`?"),
        (vec!["payments", "limits.rate", "--env", "development"], "nothing is promoted to development"),
        (vec!["payments", "limits.rate", "--env", "prod"], "did you mean `production`?"),
        (
            vec!["payments", "limits.rate", "--env", "production", "--until", "soon"],
            "is no end of a decision",
        ),
        (
            vec!["payments", "limits.rate", "--env", "production", "--until", "2025-01-01"],
            "2025-01-01 is over",
        ),
    ] {
        let said = people.terrace("2026-02-02", &[&["hold", "--reason", "why"], &arguments[..]].concat());
        assert_eq!(said.code, 2, "{arguments:?}: {said:?}");
        assert!(said.err.contains(words), "{arguments:?}: {}", said.err);
    }
    assert_eq!(people.terrace("2026-02-02", &["hold", "payments", "limits", "--env", "staging"]).code, 2);
    assert_eq!(people.commits(), commits);
}

#[test]
fn the_value_of_a_held_secret_is_nowhere() {
    let people = equal("db:\n  password: hunter2\n");
    people.commit("2026-02-01", "dev", &[(DEV, "db:\n  password: hunter3\n")]);
    let arguments = ["hold", "payments", "db.password", "--env", "staging", "--reason", "own"];
    people.works("2026-02-02", &arguments);
    let shown = people.git("2026-02-02", &["show", "HEAD"]);
    assert!(shown.contains("source = \"blob:") && !shown.contains("hunter"), "{shown}");
}

#[test]
fn of_what_is_secret_by_what_it_is_an_alias_of_no_digest_is_recorded() {
    let text = "password: &p hunter2-abc\nkeys:\n  - *p\n  - b\nmore: {a: {b: *p}}\nplain: [1]\nenv:\n  \
                - {name: X_TOKEN, value: hunter2-def}\n  - {name: Y, value: z}\n";
    let people = equal(text);
    for (path, is_secret) in [
        ("keys", true),
        ("more", true),
        ("more.a.b", true),
        ("env", true),
        ("env[name=X_TOKEN].value", true),
        ("env[name=Y]", false),
        ("plain", false),
    ] {
        people.works("2026-02-02", &["hold", "payments", path, "--env", "production", "--reason", "r"]);
        let shown = people.git("2026-02-02", &["show"]);
        assert_eq!(shown.contains("source = \"blob:"), is_secret, "{path}: {shown}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
    // Recorded by a digest before, it still counts, and is recorded anew when it is said again.
    let held = "more";
    let file = people.git("2026-02-02", &["grep", "-l", "--fixed-strings", "path = \"more\"", "HEAD"]);
    let file = file.trim().trim_start_matches("HEAD:").to_owned();
    let before = people.read(&file);
    let blob = before.lines().find(|line| line.starts_with("source")).expect("a source").to_owned();
    people.commit("2026-02-03", "as before", &[(&file, &before.replace(&blob, "source = \"sha256:00\""))]);
    people.works("2026-02-04", &["hold", "payments", held, "--env", "production", "--reason", "r"]);
    assert_eq!(people.read(&file), before);
}

const BEFORE: &str = ".terrace/decisions/production/payments.toml";

#[test]
fn what_two_people_decide_merges_in_plain_git() {
    let people = moved();
    people.git("2026-02-02", &["checkout", "-q", "-b", "other"]);
    let burst = ["hold", "payments", "limits.burst", "--env", "production", "--reason", "own"];
    people.works("2026-02-02", &burst);
    people.git("2026-02-03", &["checkout", "-q", "main"]);
    people.works("2026-02-03", &RATE);
    people.git("2026-02-04", &["merge", "-q", "--no-edit", "other"]);
    let list = people.works("2026-02-04", &["hold", "--list"]);
    assert!(list.contains("limits.burst") && list.contains("limits.rate"), "{list}");
    people.works("2026-02-05", &["hold", "--release", "payments", "limits.burst", "--env", "production"]);
    assert!(people.root().join(RATE_FILE).exists());
    let list = people.works("2026-02-05", &["hold", "--list"]);
    assert!(!list.contains("limits.burst") && list.contains("limits.rate"), "{list}");
}

#[test]
fn decisions_of_an_earlier_time_count_and_are_rewritten_by_the_next() {
    let people = moved();
    let decision = |path: &str| {
        format!(
            "\n[[decision]]\npath = \"{path}\"\nreason = \"r\"\nby = \"B\"\nuntil = \"released\"\nsource = \"absent\"\n"
        )
    };
    let text = format!("version = 1\n{}{}", decision("limits.rate"), decision("servers"));
    people.commit("2026-02-02", "as before", &[(BEFORE, &text)]);
    let plan = people.works("2026-02-03", &["promote", "payments", "--to", "production", "--yes"]);
    assert!(plan.contains("declined by B: r"), "{plan}");
    let burst = ["hold", "payments", "limits.burst", "--env", "production", "--reason", "own"];
    people.works("2026-02-03", &burst);
    assert!(!people.root().join(BEFORE).exists());
    assert_eq!(people.works("2026-02-03", &["hold", "--list"]).lines().count(), 3);
    people.commits();
}

#[test]
fn a_decision_that_cannot_be_read_is_found_and_stops_its_item() {
    let people = moved();
    people.works("2026-02-02", &RATE);
    let broken = format!("<<<<<<< HEAD\n{}", people.read(RATE_FILE));
    people.commit("2026-02-03", "markers", &[(RATE_FILE, &broken)]);
    let check = people.terrace("2026-02-03", &["check"]);
    assert_eq!(check.code, 1, "{check:?}");
    assert!(check.out.contains("error[bad-decision]") && check.out.contains(".toml:1:1"), "{check:?}");
    for what in ["payments", "--all"] {
        let said = people.terrace("2026-02-03", &["promote", what, "--to", "production", "--yes"]);
        assert_eq!(said.code, 2, "{said:?}");
        assert!(said.err.contains(&format!("{RATE_FILE}:1:1")), "{said:?}");
    }
    let review = people.terrace("2026-02-03", &["review", "--base", "HEAD~1"]);
    assert_eq!(review.code, 1, "{review:?}");
    assert!(review.out.contains("bad-decision"), "{review:?}");
}
