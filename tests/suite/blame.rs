//! `terrace blame`: the way of a value, back over both hops.

use super::decision_world::{DEV, PRODUCTION, equal};

#[test]
fn a_value_is_followed_to_who_wrote_it_first() {
    let people = equal("rate: 20\npool: 10\ndb: {password: hunter2}\n");
    people.commit("2026-02-01", "load test", &[(DEV, "rate: 60\npool: 10\ndb: {password: hunter2}\n")]);
    let written = people.id("HEAD");
    people.works("2026-02-02", &["promote", "payments", "--to", "staging", "--yes"]);
    let staging = people.id("HEAD");
    people.works("2026-02-03", &["promote", "payments", "--to", "production", "--yes"]);
    let production = people.id("HEAD");
    people.commit("2026-02-04", "more", &[(PRODUCTION, "rate: 60\npool: 40\ndb: {password: hunter2}\n")]);
    let (own, begin) = (people.id("HEAD"), people.id("HEAD~4"));
    let blame = people.works("2026-02-05", &["blame", "payments", "--env", "production"]);
    let way = format!("production {production} ← staging {staging} ← development {written}");
    let line =
        |path: &str| blame.lines().find(|line| line.trim_start().starts_with(path)).expect(path).to_owned();
    assert!(line("rate").contains(&way) && line("rate").ends_with("Ada, 2026-02-01: load test"), "{blame}");
    assert!(line("pool").contains(&format!("production {own} ")) && !line("pool").contains('←'), "{blame}");
    assert!(line("db.password").contains("••••") && line("db.password").contains(&begin), "{blame}");
    assert!(!blame.contains("hunter"), "{blame}");
    let json =
        people.works("2026-02-05", &["blame", "payments", "rate", "--env", "production", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).expect("json");
    assert_eq!(json["paths"].as_array().map(Vec::len), Some(1));
    assert_eq!(json["paths"][0]["written"]["environment"], "development");
    assert_eq!(json["paths"][0]["given"]["subject"], "promote(payments): staging -> production");
    assert_eq!(json["paths"][0]["written"]["commit"].as_str().map(|id| &id[..7]), Some(written.as_str()));
    let said = people.terrace("2026-02-05", &["blame", "payments", "rat", "--env", "production"]);
    assert!(said.code == 1 && said.err.contains("did you mean `rate`?"), "{said:?}");
}
