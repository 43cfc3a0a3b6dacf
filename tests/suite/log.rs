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

#[test]
fn the_newest_commits_are_told_as_in_the_whole_log() {
    let all = "rate: 20\npool: 10\nold: 1\n";
    let people = equal(all);
    for (day, number) in (1..).zip(0..9) {
        let (file, text) = match number {
            // What development dropped long ago goes from staging; a file goes and comes back.
            0 => (DEV, Some("rate: 20\npool: 10\n".to_owned())),
            4 => (STAGING, Some("rate: 20\npool: 10\n".to_owned())),
            5 => (DEV, None),
            6 => (DEV, Some("rate: 5\npool: 10\n".to_owned())),
            7 => (STAGING, Some("rate: 5\npool: 10\n".to_owned())),
            _ => (DEV, Some(format!("rate: {}\npool: 10\n", 18 + number))),
        };
        let date = format!("2026-03-{day:02}");
        let files: Vec<_> = text.iter().map(|text| (file, text.as_str())).collect();
        if files.is_empty() {
            std::fs::remove_file(people.root().join(file)).expect("removed");
        }
        people.commit(&date, &format!("change {number}"), &files);
    }
    let log = |arguments: &[&str]| {
        let told = people.works("2026-04-01", &[&["log", "--format", "json"], arguments].concat());
        let told: serde_json::Value = serde_json::from_str(&told).expect("json");
        told["commits"].as_array().expect("commits").clone()
    };
    let whole = log(&[]);
    assert!(whole.len() > 9, "{whole:#?}");
    assert!(whole.iter().any(|commit| commit["changes"][0]["from"] == "development"), "{whole:#?}");
    for most in 1..=whole.len() + 1 {
        assert_eq!(log(&["-n", &most.to_string()])[..], whole[..most.min(whole.len())], "{most}");
    }
}
