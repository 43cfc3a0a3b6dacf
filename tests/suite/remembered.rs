//! What `check` remembers: the same answers, sooner, and nothing that is secret.

use std::path::PathBuf;

use crate::support::World;

const SECRET: &str = "Wq7hLmZ2pTx9";

/// A repository with a finding of many kinds.
fn world() -> World {
    let text = format!(
        "host: db.staging.example.com\nmode: 0644\ndb:\n  password: {SECRET}\nservers:\n- name: a\n  port: '80'\n"
    );
    World::with(&[
        ("environments/development/pay.yaml", "host: db.dev.example.com\nservers:\n- name: a\n  port: 80\n"),
        ("environments/staging/pay.yaml", &text),
        ("environments/production/pay.yaml", &text),
        ("environments/production/team/api.yaml", "size: 1\nsize: 2\n"),
        ("schemas/pay.schema.json", r#"{"properties": {"mode": {"type": "string"}}}"#),
        ("schemas/unused.schema.json", "true"),
        ("terrace.toml", "[isolation.words]\nproduction = [\"zebra\"]\n"),
    ])
}

fn file(world: &World) -> PathBuf {
    let folder = std::fs::read_dir(world.dir.join(".git/terrace")).expect("a folder");
    let mut files = folder.map(|entry| entry.expect("an entry").path());
    files
        .find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("judged-")))
        .expect("a file")
}

fn said(world: &World) -> String {
    ["check", "check --format json", "check --env production", "check --staged", "check --at HEAD"]
        .map(|line| world.line(line).told())
        .concat()
}

#[test]
fn what_is_remembered_is_said_again_and_damage_changes_no_answer() {
    let world = world();
    let first = said(&world);
    assert!(first.contains("shared-secret") && first.contains("unused-word"), "{first}");
    assert_eq!(said(&world), first);
    let file = file(&world);
    let whole = std::fs::read(&file).expect("remembered");
    for at in (0..whole.len()).step_by(whole.len() / 12) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x20;
        std::fs::write(&file, &damaged).expect("written");
        assert_eq!(world.line("check").told(), world.line("check").told(), "byte {at}");
        std::fs::write(&file, &whole[..at]).expect("written");
        assert_eq!(said(&world), first, "cut at {at}");
    }
    std::fs::remove_file(&file).expect("removed");
    assert_eq!(said(&world), first);
}

#[test]
fn the_file_is_its_owners_alone_and_holds_no_secret() {
    let world = world();
    said(&world);
    let bytes = std::fs::read(file(&world)).expect("remembered");
    assert!(!bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = file(&world).metadata().expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn what_changes_is_seen_whatever_its_size_and_time() {
    let world = world();
    let first = said(&world);
    let path = "environments/production/team/api.yaml";
    for (text, is_found) in
        [("size: 1\nSize: 2\n", false), ("size: 1\nsize: 2\n", true), ("size: 1\nsizE: 2\n", false)]
    {
        world.write(path, text);
        let now = world.line("check").told();
        assert_eq!(now.contains("duplicate-key"), is_found, "{text}: {now}");
    }
    world.write(path, "size: 1\nsize: 2\n");
    assert_eq!(said(&world), first);
    // Another policy, another schema.
    world.write("schemas/pay.schema.json", r#"{"properties": {"mode": {"type": "integer"}}}"#);
    assert_ne!(world.line("check").told(), first);
    world.write("schemas/pay.schema.json", "{");
    assert!(world.line("check").told().contains("schemas/pay.schema.json:1:"));
    world.write("terrace.toml", "[rules]\nduplicate-key = \"off\"\n");
    assert!(!world.line("check").told().contains("duplicate-key"));
}

/// What a whole check finds of an item is what a check of that item finds, wherever its schemas lie.
#[test]
fn an_item_that_is_named_is_judged_as_among_all() {
    let common = r#"{"properties": {"size": {"type": "string"}}}"#;
    let to_common = r#"{"$ref": "common.json"}"#;
    let policy = |file: &str| format!("[[schema]]\nkeys = \"pay\"\nfile = \"{file}\"\n");
    for (policy, schemas) in [
        (String::new(), vec![("schemas/pay.schema.json", common)]),
        (String::new(), vec![("schemas/pay.schema.json", to_common), ("schemas/common.json", common)]),
        (
            String::new(),
            vec![
                ("schemas/pay.schema.json", r#"{"$ref": "../environments/shared.json"}"#),
                ("environments/shared.json", common),
            ],
        ),
        (policy("environments/shared.json"), vec![("environments/shared.json", common)]),
        (
            policy("environments/shared.json"),
            vec![
                ("environments/shared.json", r#"{"$ref": "../schemas/common.json"}"#),
                ("schemas/common.json", common),
            ],
        ),
    ] {
        let mut files = vec![
            ("environments/staging/pay.yaml", "size: 1\nmode: 0644\n"),
            ("environments/production/Pay.yaml", "size: a\n"),
            ("environments/staging/other.yaml", "x: 1\n"),
            ("terrace.toml", policy.as_str()),
        ];
        files.extend(schemas);
        let world = World::with(&files);
        let lines = |line: &str| -> Vec<String> {
            let said: serde_json::Value = serde_json::from_str(&world.line(line).stdout).expect("JSON");
            let found = said["findings"].as_array().expect("findings").iter();
            found.filter(|one| one["key"] == "pay").map(ToString::to_string).collect()
        };
        for at in ["", " --at HEAD", " --staged"] {
            let whole = lines(&format!("check --format json{at}"));
            assert!(whole.iter().any(|one| one.contains("\"schema\"")), "{whole:?}");
            assert_eq!(lines(&format!("check pay --format json{at}")), whole, "{policy}{at}");
        }
    }
}
