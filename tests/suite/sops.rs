//! Files that SOPS encrypted: what they hold counts as references, and no command edits one of
//! their values, because its MAC covers all of them.

use super::support::World;

/// A file as SOPS writes it; `region_unencrypted` is plain and covered by the MAC all the same.
fn encrypted(nonce: &str) -> String {
    let cipher =
        |kind: &str| format!("ENC[AES256_GCM,data:{nonce}Xk2,iv:{nonce}9,tag:{nonce}A==,type:{kind}]");
    format!(
        "db:\n    password: {}\n    port: {}\nregion_unencrypted: eu-1\nsops:\n    age:\n        - recipient: age1qz{nonce}\n          enc: |\n            -----BEGIN AGE ENCRYPTED FILE-----\n            YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSB{nonce}\n            -----END AGE ENCRYPTED FILE-----\n    lastmodified: \"2026-01-05T10:00:00Z\"\n    mac: {}\n    unencrypted_suffix: _unencrypted\n    version: 3.9.0\n",
        cipher("str"),
        cipher("int"),
        cipher("str"),
    )
}

const PLAIN: &str = "db:\n    password: ${DB}\n    port: 5432\nregion_unencrypted: eu-1\n";

fn file(environment: &str) -> String {
    format!("environments/{environment}/keys.yaml")
}

/// Development and staging encrypted apart, production the same bytes as staging.
fn world() -> World {
    let mut world = World::unborn();
    for (environment, nonce) in [("development", "d"), ("staging", "s"), ("production", "s")] {
        world.write(&file(environment), &encrypted(nonce));
        world.write(&format!("environments/{environment}/pay.yaml"), "timeout: 5s\n");
    }
    world.commit("base");
    world
}

#[test]
fn what_is_encrypted_is_neither_a_secret_in_plain_text_nor_of_a_wrong_type() {
    let mut world = world();
    world.write(&file("production"), PLAIN);
    let schema = r#"{"additionalProperties": false, "required": ["db"], "properties": {
        "region_unencrypted": {"type": "string"},
        "db": {"properties": {"port": {"type": "integer"}, "password": {"maxLength": 9}}}}}"#;
    world.write("schemas/keys.schema.json", schema);
    world.write("schemas/pay.schema.json", "{}");
    world.commit("with a schema");
    assert_eq!(world.line("check --strict").told(), "6 items in 3 environments: no findings\n[exit 0]");
    // What is readable is judged: keys, and values that were left in plain text.
    world.write(&file("staging"), &encrypted("s").replace("eu-1", "12").replace("db:", "dbs:"));
    let found = world.line("check keys --env staging").exits(1);
    assert!(found.contains("expected a string, found the number 12"), "{found}");
    assert!(found.contains("the required key `db` is missing"), "{found}");
    assert!(found.contains("`dbs`") && !found.contains("sops"), "{found}");
}

#[test]
fn no_command_edits_a_value_of_such_a_file() {
    let mut world = world();
    let refusal = |environment: &str| {
        let file = file(environment);
        format!(
            "error: {file} is encrypted with SOPS, whose MAC covers every value: an edit of one would break it\n\
             help: edit it with `sops edit {file}`, or replace it by a whole encrypted file"
        )
    };
    for line in [
        "set keys region_unencrypted eu-2 --env staging",
        "set keys db.port 1 --env staging --commit",
        "set keys db.new 1 --env staging",
        "set keys a.b.c 1 --env staging --parents",
        "unset keys db.password --env staging",
        "unset keys region_unencrypted --env staging --commit",
    ] {
        world.refuses(line, 3, &refusal("staging"));
    }
    // What the file says already needs no edit.
    assert_eq!(world.line("set keys region_unencrypted eu-1 --env staging").code, 0);
    world.write(&file("production"), &encrypted("t"));
    world.commit("newer keys");
    world.refuses("rollback keys --env production --to HEAD~1 --yes", 3, &refusal("production"));
}

#[test]
fn such_an_item_is_not_promoted_whichever_side_is_encrypted() {
    for (source, target, which) in [
        (encrypted("d"), encrypted("s"), "development"),
        (encrypted("d"), PLAIN.to_owned(), "development"),
        (PLAIN.to_owned(), encrypted("s"), "staging"),
    ] {
        let mut world = world();
        world.write(&file("development"), &source);
        world.write(&file("staging"), &target);
        world.commit("keys");
        let refusal = format!(
            "error: `keys` is not promoted by path: {} is encrypted with SOPS, whose MAC covers the whole file\n\
             help: give the target its own values with `sops edit FILE`, or replace its file by a whole encrypted one",
            file(which)
        );
        for line in [
            "promote keys --to staging --yes",
            "promote keys --to staging --take source=region_unencrypted --yes",
            "promote keys --to staging --set region_unencrypted=eu-9 --yes",
            "promote keys --to staging --skip-undecided --with-new --yes",
            "promote keys --to staging --dry-run",
        ] {
            world.refuses(line, 3, &refusal);
        }
        let status = world.line("status keys --exit-code").exits(0);
        assert!(status.contains(&format!("not judged: {} is encrypted with SOPS", file(which))), "{status}");
    }
}

#[test]
fn others_are_promoted_without_it() {
    let mut world = world();
    world.write("environments/development/pay.yaml", "timeout: 8s\n");
    world.commit("longer");
    let before = world.read(&file("staging"));
    let said = world.line("promote --all --to staging --yes").exits(0);
    assert!(said.contains("keys   left alone: environments/development/keys.yaml is encrypted"), "{said}");
    assert_eq!(world.read("environments/staging/pay.yaml"), "timeout: 8s\n");
    assert_eq!(world.read(&file("staging")), before);
    // The same bytes on both sides are in sync, whatever they hold.
    let said = world.line("promote keys --to production --yes").exits(0);
    assert!(said.contains("nothing to do"), "{said}");
}

#[test]
fn a_new_item_is_copied_by_hand_and_a_deleted_one_goes_as_a_whole() {
    let mut world = world();
    world.git(&["rm", "--quiet", &file("staging"), &file("production")]);
    world.commit("only in development");
    let refused = world.line("promote keys --to staging --yes");
    assert_eq!(refused.code, 3, "{}", refused.stderr);
    assert!(refused.stderr.contains("`keys` is not promoted by path"), "{}", refused.stderr);
    let said = world.line("promote --all --create --to staging --yes").exits(0);
    assert!(said.contains("keys   left alone"), "{said}");
    world.write(&file("staging"), &encrypted("s"));
    world.git(&["rm", "--quiet", &file("development")]);
    world.commit("only in staging");
    world.line("promote keys --to staging --delete --yes").exits(0);
    assert!(!world.dir.join(file("staging")).exists());
}

#[test]
fn decisions_about_it_leave_it_alone() {
    let world = world();
    let before = world.read(&file("staging"));
    world.line("hold keys region_unencrypted --env staging --reason own").exits(0);
    world.line("hold --release keys region_unencrypted --env staging").exits(0);
    assert_eq!(world.read(&file("staging")), before);
}

#[test]
fn nothing_is_inferred_of_ciphertext() {
    let world = world();
    let said = world.line("schema infer");
    assert!(
        said.stderr.contains("is encrypted with SOPS: its values have no types to see"),
        "{}",
        said.stderr
    );
    assert!(world.dir.join("schemas/pay.schema.json").exists());
    assert!(!world.dir.join("schemas/keys.schema.json").exists());
}

#[test]
fn a_review_says_that_it_changed_and_shows_what_was_left_in_plain_text() {
    let mut world = world();
    world.git(&["checkout", "--quiet", "-b", "feature"]);
    world.write(&file("staging"), &encrypted("n").replace("eu-1", "eu-2"));
    world.write(&file("production"), &encrypted("p"));
    world.commit("rotate");
    let review = world.terrace(&["review"]).exits(0);
    assert!(review.contains("; 3 changes in 1 item\n"), "{review}");
    assert!(
        review.contains(
            "\nproduction: 1 change in 1 item: 1 encrypted\n  keys   changed, encrypted with SOPS\n\n"
        ),
        "{review}"
    );
    assert!(
        review.contains(
            "keys   changed, encrypted with SOPS\n    ~ region_unencrypted  eu-1 → eu-2  by hand\n"
        ),
        "{review}"
    );
    assert!(!review.contains("ENC[") && !review.contains("sops."), "{review}");
}
