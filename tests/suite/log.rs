//! `terrace log`: values over time.

use super::decision_world::{DEV, STAGING, equal};

#[test]
fn each_commit_shows_what_it_changed_and_where() {
    let people = equal("rate: 20\npool: 10\ndb: {password: hunter2}\n");
    people.commit("2026-02-01", "faster", &[(STAGING, "rate: 60\npool: 10\ndb: {password: hunter3}\n")]);
    people.commit(
        "2026-02-02",
        "notes only",
        &[("notes.txt", "x\n"), (DEV, "rate: 20 # note\npool: 10\ndb: {password: hunter2}\n")],
    );
    people.works("2026-02-03", &["promote", "payments", "--to", "production", "--yes"]);
    let (promotion, faster) = (people.id("HEAD"), people.id("HEAD~2"));
    let log = people.works("2026-02-03", &["log", "payments", "-n", "2"]);
    let expected = format!(
        "{promotion}  promote(payments): staging -> production   Ada, 2026-02-03\n\
         \x20 production  payments  ~  rate  20 → 60  from staging\n\
         \n\
         {faster}  faster   Ada, 2026-02-01\n\
         \x20 staging  payments  ~  rate         20 → 60\n\
         \x20 staging  payments  ~  db.password  •••• → ••••\n"
    );
    assert_eq!(log, expected);
    let staging = people.works("2026-02-03", &["log", "--env", "staging"]);
    assert!(staging.contains("faster") && !staging.contains("promote("), "{staging}");
    let json = people.works("2026-02-03", &["log", "payments", "--format", "json", "-n", "1"]);
    let json: serde_json::Value = serde_json::from_str(&json).expect("json");
    let change = &json["commits"][0]["changes"][0];
    assert_eq!(
        (&change["old"], &change["new"], &change["from"]),
        (&20.into(), &60.into(), &"staging".into())
    );
    let all = people.works("2026-02-03", &["log"]);
    assert!(!all.contains("hunter"), "{all}");
    assert_eq!(all.matches("(the whole item)").count(), 3, "{all}");
    let said = people.terrace("2026-02-03", &["log", "paymets"]);
    assert!(said.code == 2 && said.err.contains("did you mean `payments`?"), "{said:?}");
}
