//! `promote` end to end: what it takes, asks, stops at and creates; and `init`, `set`, `unset`.

use proptest::prelude::*;
use terrace::yaml::{Document, Limits};

use crate::support::{World, shop};

/// A shop in which development went on by a value, a subtree and a list element.
fn moved() -> World {
    let mut world = shop();
    for line in [
        "set pay timeout 9s --env development",
        "set pay db.host db2.dev.example.com --env development",
        "set pay servers[name=api].port 90 --env development",
    ] {
        world.line(line).exits(0);
    }
    let text = world.read("environments/development/pay.yaml");
    let text = text.replace("  - name: web", "  # admin\n  - name: adm\n    port: 99\n  - name: web");
    world.write("environments/development/pay.yaml", &format!("{text}cache: {{ttl: 60, size: 5}}\n"));
    world.commit("move on");
    world
}

#[test]
fn new_keys_are_asked_for_taken_left_or_named() {
    let world = moved();
    let stop = "error: 2 new keys have to be decided; nothing was committed\nhelp: take them with --with-new, leave them with --without-new, or name some with --only PATH";
    for line in [
        "promote pay --to staging --yes",
        "promote pay --to staging --dry-run",
        "promote --all --to staging --yes",
    ] {
        world.refuses(line, 3, stop);
    }
    for (selection, count) in [
        ("--with-new", 4),
        ("--without-new", 2),
        ("--only cache", 1),
        ("--only cache.ttl", 1),
        ("--only servers[2]", 0),
        ("--only servers[name=adm]", 1),
        ("--except servers --with-new", 2),
    ] {
        let line = format!("promote pay --to staging --dry-run {selection}");
        let before = world.state();
        let output = world.line(&line);
        assert_eq!(world.state(), before);
        if count > 0 {
            let expected = if count == 1 {
                "1 change to commit".to_owned()
            } else {
                format!("{count} changes to commit")
            };
            assert!(output.code == 0 && output.stdout.contains(&expected), "{line}\n{}", output.told());
        }
    }
    world.line("promote pay --to staging --with-new --yes").exits(0);
    insta::assert_snapshot!(world.git(&["show", "--format=%B", "--unified=0"]), @r"
    promote(pay): development -> staging

    pay: timeout: 5s -> 9s
    pay: servers[name=api].port: 80 -> 90
    pay: servers[name=adm]: absent -> {name: adm, port: 99}
    pay: cache: absent -> {ttl: 60, size: 5}

    Terrace-Promotion: pay development -> staging


    diff --git a/environments/staging/pay.yaml b/environments/staging/pay.yaml
    index 39682a7..8b6e708 100644
    --- a/environments/staging/pay.yaml
    +++ b/environments/staging/pay.yaml
    @@ -6 +6 @@ db:
    -timeout: 5s
    +timeout: 9s
    @@ -9 +9,4 @@ servers:
    -    port: 80
    +    port: 90
    +  # admin
    +  - name: adm
    +    port: 99
    @@ -11,0 +15 @@ servers:
    +cache: {ttl: 60, size: 5}
    ");
    let again = world.line("promote pay --to staging --with-new --yes").exits(0);
    assert!(again.ends_with("nothing to do\n"), "{again}");
    assert_eq!(world.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_conflict_stops_until_it_is_decided() {
    let decide = |options: &str| {
        let mut world = shop();
        for (environment, value) in [("staging", "7s"), ("development", "20s")] {
            world.pass(10);
            world.line(&format!("set pay timeout {value} --env {environment}")).exits(0);
            world.commit(environment);
        }
        let stop = "error: 1 conflict has to be decided; nothing was committed\nhelp: decide with --take source=PATH, --take target=PATH or --set PATH=VALUE, or leave them with --skip-undecided";
        world.refuses("promote pay --to staging --yes", 3, stop);
        world.refuses("promote pay --to staging --dry-run", 3, stop);
        let line = format!("promote pay --to staging --yes {options}");
        world.line(&line).exits(0);
        let (head, value) =
            (world.git(&["rev-parse", "HEAD"]), world.line("get pay timeout --env staging").exits(0));
        assert!(world.line(&line).exits(0).ends_with("nothing to do\n"), "{options}");
        assert_eq!(world.git(&["rev-parse", "HEAD"]), head, "{options} twice");
        (value, world)
    };
    for (options, expected) in [
        ("--take source=timeout", "20s\n"),
        ("--take target=timeout", "7s\n"),
        ("--set timeout=11s", "11s\n"),
        ("--skip-undecided", "7s\n"),
    ] {
        let (value, world) = decide(options);
        assert_eq!(value, expected, "{options}");
        let open = options == "--skip-undecided";
        assert_eq!(world.line("promote pay --to staging --yes").code, if open { 3 } else { 0 }, "{options}");
    }
}

#[test]
fn pins_and_secrets_stay_where_they_are() {
    let mut world = moved();
    world.write("terrace.toml", "version = 1\n[[pin]]\npath = \"timeout\"\n");
    world.line("set pay db.password hunter2 --env development").exits(0);
    // A key may be one.
    let token = "ghp_0123456789abcdefghijABCDEFGHIJ012345";
    world.line(&format!("set pay limits.{token} 1 --parents --env development")).exits(0);
    world.commit("pinned");
    let no_secret =
        "; where it is no secret, say so under [secrets] in terrace.toml: not = [\"db.password\"]";
    for (path, why, more) in [
        ("timeout", "pinned, terrace.toml:2", ""),
        ("db.password", "a secret is never promoted; give staging its own", no_secret),
    ] {
        let stderr = format!(
            "error: `{path}` is not promoted: {why}\nhelp: give the target its own value with --set PATH=VALUE, or leave the path out{more}"
        );
        world.refuses(
            &format!("promote pay --to staging --yes --without-new --take source={path}"),
            3,
            &stderr,
        );
    }
    world.line("promote pay --to staging --with-new -o plan.json").exits(0);
    assert!(!world.read("plan.json").contains(token));
    world.line("promote --plan plan.json --yes").exits(0);
    assert!(!world.git(&["show"]).contains(token));
    let staging = world.read("environments/staging/pay.yaml");
    assert!(
        staging.contains("timeout: 5s") && staging.contains("${STG_DB}") && staging.contains("ttl: 60"),
        "{staging}"
    );
}

#[test]
fn items_come_into_being_and_go_when_named() {
    let mut world = shop();
    world.write("terrace.toml", "version = 1\n[[pin]]\npath = \"tls\"\n");
    world.write(
        "environments/development/new.yaml",
        "# new\nurl: http://x\ntls:\n  cert: c\npassword: hunter2\nlist:\n  - token: t\n    n: 1\n",
    );
    world.write("schemas/new.schema.json", r#"{"type": "object", "required": ["password"]}"#);
    world.commit("new");
    let all = world.line("promote --all --to staging --yes").exits(0);
    assert!(all.contains("not in staging yet (--create): new\n"), "{all}");
    world.refuses("promote new --to staging --yes --only url", 2, "error: staging has no item `new` yet, so --only has nothing to choose from\nhelp: a new item is created as a whole; --except PATH leaves parts out, --set PATH=VALUE gives it its own");
    for line in ["promote new --to staging --yes", "promote new --to staging --dry-run"] {
        let output = world.line(line);
        assert!(
            output.code == 3 && output.stderr.contains("--set '") && output.stderr.contains("password"),
            "{}",
            output.told()
        );
        assert!(!output.told().contains("hunter2"), "{}", output.told());
    }
    world
        .terrace(&[
            "promote",
            "new",
            "--to",
            "staging",
            "--yes",
            "--set",
            "password=${P}",
            "--set",
            "tls={cert: mine}",
        ])
        .exits(0);
    assert_eq!(
        world.read("environments/staging/new.yaml"),
        "# new\nurl: http://x\ntls:\n  cert: mine\npassword: ${P}\nlist:\n  - n: 1\n"
    );
    world.git(&["rm", "--quiet", "environments/development/new.yaml"]);
    world.commit("gone");
    world.refuses("promote new --to staging --yes", 2, "error: development has no item `new`\nhelp: if it was deleted there, delete it in staging with --delete");
    world.line("promote --all --to staging --yes").exits(0);
    world.line("get new url --env staging").exits(0);
    world.line("promote new --to staging --delete --yes").exits(0);
    assert_eq!(world.line("get new --env staging").code, 1);
}

#[test]
fn the_same_item_twice_is_the_same_item_once() {
    let world = moved();
    world.line("promote pay pay --to staging --with-new --yes").exits(0);
    assert_eq!(world.git(&["log", "--format=%s", "-2"]), "promote(pay): development -> staging\nmove on\n");
}

#[test]
fn bytes_that_nobody_asked_for_stay() {
    let mut world = World::unborn();
    let text = |timeout: &str, end: &str| {
        format!("\u{feff}# top\r\na:   1   # one\r\ntimeout: {timeout}   # wait\r\nb: 'x'{end}")
    };
    world.write("environments/development/odd.yaml", &text("5s", "\r\n"));
    world.write("environments/staging/odd.yaml", &text("5s", ""));
    world.write("environments/development/many.yaml", "a: 1\n---\nb: 1\n");
    world.write("environments/staging/many.yaml", "a: 1\n---\nb: 1\n");
    world.commit("base");
    world.write("environments/development/odd.yaml", &text("9s", "\r\n"));
    world.write("environments/development/many.yaml", "a: 1\n---\nb: 2\n");
    world.commit("moved");
    world.line("promote odd --to staging --yes").exits(0);
    assert_eq!(world.read("environments/staging/odd.yaml"), text("9s", ""));
    let many = world.line("promote many --to staging --yes");
    assert!(
        many.code == 0 && world.read("environments/staging/many.yaml") == "a: 1\n---\nb: 2\n"
            || many.code == 3 && many.stderr.contains("many.yaml:"),
        "{}",
        many.told()
    );
}

#[test]
fn aliases_and_merges_are_refused_where_others_would_change() {
    let mut world = World::unborn();
    world.write("environments/staging/a.yaml", "base: &b {x: 1}\nuse: *b\nmerged:\n  <<: *b\n  y: 1\n");
    world.commit("base");
    for (path, place) in [("use.x", "a.yaml:1:14: "), ("base", "a.yaml:2:6: "), ("merged.x", "a.yaml:")] {
        let (before, output) = (world.state(), world.line(&format!("set a {path} 2 --env staging")));
        let refused = output.code == 3 && output.stderr.contains(place) && output.stderr.contains("\nhelp: ");
        let added = path == "merged.x" && output.code == 0;
        assert!(refused || added, "{path}: {}", output.told());
        assert!(added || world.state() == before, "{path}");
        world.git(&["checkout", "--quiet", "."]);
    }
    world.line("set a use {x:3} --env staging").exits(0);
}

#[test]
fn init_lays_out_what_is_missing_once() {
    let world = World::bare_ground();
    let first = world.line("init");
    assert_eq!(first.code, 0, "{}", first.told());
    assert!(world.line("init").exits(0).starts_with("nothing to do"), "twice");
    assert_eq!(world.git(&["status", "--porcelain"]), "");
    world.write("environments/development/a.yaml", "a: 1\n");
    assert_eq!(world.line("list").exits(0), "a  development\n");
    world.write("file", "");
    let before = world.state();
    assert_eq!(world.line("init file").code, 2);
    assert_eq!(world.state(), before);
    world.line("init sub/folder").exits(0);
    assert!(world.dir.join("sub/folder/environments/staging").is_dir());
}

/// Runs of a scalar, short or in need of quotes.
fn scalar() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{1,6}", "[0-9]{1,3}", Just("'no'".to_owned()), Just("\"a: b\"".to_owned())]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_promotion_takes_what_was_chosen_and_nothing_else(
        values in prop::collection::vec((scalar(), scalar()), 3..7),
        chosen in 0_usize..3,
    ) {
        let mut world = World::unborn();
        let text = |new: bool| -> String {
            values.iter().enumerate().map(|(i, (old, moved))| {
                format!("k{i}:\n  v: {}  # {i}\n", if new { moved } else { old })
            }).collect()
        };
        for environment in ["development", "staging", "production"] {
            world.write(&format!("environments/{environment}/a.yaml"), &format!("# {environment}\n{}", text(false)));
        }
        world.commit("base");
        world.write("environments/development/a.yaml", &format!("# development\n{}", text(true)));
        world.commit("moved");
        let before = world.read("environments/staging/a.yaml");
        let only = format!("k{chosen}");
        let differs = |document: &Document, other: &Document, path: &str| {
            document.at(&path.parse().expect("a path")) != other.at(&path.parse().expect("a path"))
        };
        let parse = |text: &str| Document::parse(text.as_bytes(), &Limits::default()).expect("YAML");
        let source = parse(&world.read("environments/development/a.yaml"));
        let moved = differs(&source, &parse(&before), &only);
        let first = world.terrace(&["promote", "a", "--to", "staging", "--yes", "--only", &only]);
        prop_assert_eq!(first.code, 0, "{}", first.told());
        let after = world.read("environments/staging/a.yaml");
        let target = parse(&after);
        for i in 0..values.len() {
            let path = format!("k{i}");
            if i == chosen {
                prop_assert!(!differs(&target, &source, &path), "{after}");
            } else {
                prop_assert!(!differs(&target, &parse(&before), &path), "{after}");
            }
        }
        let changed = before.lines().zip(after.lines()).filter(|(a, b)| a != b).count();
        prop_assert_eq!((changed, before.lines().count()), (usize::from(moved), after.lines().count()));
        world.line("promote a --to staging --yes").exits(0);
        let head = world.git(&["rev-parse", "HEAD"]);
        prop_assert!(world.line("promote a --to staging --yes").exits(0).ends_with("nothing to do\n"));
        prop_assert_eq!(world.git(&["rev-parse", "HEAD"]), head);
        let target = parse(&world.read("environments/staging/a.yaml"));
        prop_assert_eq!(target.value(), source.value());
        prop_assert_eq!(world.read("environments/production/a.yaml"), format!("# production\n{}", text(false)));
    }
}

#[test]
fn what_cannot_be_promoted_does_not_hold_up_the_rest_of_all() {
    let mut world = World::with(&[
        ("environments/development/a.yaml", "v: 1\n"),
        ("environments/staging/a.yaml", "v: 1\n"),
        ("environments/development/b.yaml", "v: 1\n"),
        ("environments/staging/b.yaml", "v: 1\n"),
        ("environments/development/old.yaml", "v: 1\n"),
        ("environments/staging/old.yaml", "v: 1\n"),
        ("environments/staging/own.yaml", "v: 1\n"),
    ]);
    world.write("environments/development/a.yaml", "v: 2\n");
    world.write("environments/development/b.yaml", "{{ v }}: [\n");
    world.write("environments/development/new.yaml", "w: 1\n");
    world.git(&["rm", "-q", "environments/development/old.yaml"]);
    world.commit("moved");
    let said = world.line("promote --all --to staging --yes").exits(0);
    for line in [
        "b   left alone: environments/development/b.yaml:1:",
        "not in staging yet (--create): new\n",
        "old   is deleted in development: terrace promote old --to staging --delete\n",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    assert!(!said.contains("own"), "{said}");
    assert_eq!(world.read("environments/staging/a.yaml"), "v: 2\n");
    assert_eq!(world.line("promote a b --to staging --yes").code, 2);
}

#[test]
fn a_new_key_that_is_declined_is_kept_as_nothing() {
    let world = moved();
    let plan = world.line("promote pay --to staging --dry-run --with-new --take target=cache").exits(0);
    assert!(plan.contains("staging keeps nothing"), "{plan}");
}

/// A repository with one item everywhere; development then has another text of it.
fn went_on(before: &str, after: &str) -> World {
    let files = ["development", "staging", "production"].map(|env| format!("environments/{env}/x.yaml"));
    let mut world = World::with(&files.each_ref().map(|file| (file.as_str(), before)));
    world.write(&files[0], after);
    world.commit("development goes on");
    world
}

#[test]
fn a_renamed_entry_is_taken_or_left_whole_at_any_age() {
    let mut world =
        went_on("queue:\n  size: 7\n  name: q\nimage: a\n", "queue:\n  capacity: 7\n  name: q\nimage: a\n");
    world.pass(130);
    world.write("environments/development/x.yaml", "queue:\n  capacity: 7\n  name: q\nimage: b\n");
    world.commit("four months later");
    world.line("promote --all --to staging --yes").exits(0);
    assert_eq!(world.read("environments/staging/x.yaml"), "queue:\n  size: 7\n  name: q\nimage: b\n");
    world.line("promote x --to staging --only queue.capacity --yes").exits(0);
    assert_eq!(world.read("environments/staging/x.yaml"), "queue:\n  capacity: 7\n  name: q\nimage: b\n");
}

#[test]
fn documents_that_nothing_tells_apart_stop_unless_they_are_as_many() {
    let (one, two) = ("kind: A\nn: 1\n", "kind: B\nn: 2\n");
    let world = went_on(&format!("{one}---\n{two}"), &format!("kind: C\nn: 3\n---\n{one}---\n{two}"));
    let before = world.state();
    let output = world.line("promote x --to staging --with-new --yes");
    assert_eq!(output.code, 3, "{}", output.told());
    assert!(output.stdout.contains("the documents without a name are not as many"), "{}", output.told());
    assert_eq!(world.state(), before);
    world.line("promote x --to staging --skip-undecided --yes").exits(0);
    assert_eq!(world.state(), before);
}

#[test]
fn documents_are_promoted_by_what_they_describe() {
    let document = |kind: &str, n: u8| {
        format!("apiVersion: v1\nkind: {kind}\nmetadata:\n  name: web\nspec:\n  n: {n}\n  own: 1\n")
    };
    let old = format!("{}---\n{}", document("A", 1), document("B", 1));
    let new = format!("{}---\n{}---\n{}", document("C", 1), document("B", 2), document("A", 1));
    let world = went_on(&old, &new);
    let output = world.line("promote x --to staging --with-new --yes");
    assert_eq!(output.code, 0, "{}", output.told());
    assert!(output.stdout.contains("#B/web:spec.n"), "{}", output.told());
    let expected = format!("{}---\n{}---\n{}", document("C", 1), document("A", 1), document("B", 2));
    assert_eq!(world.read("environments/staging/x.yaml"), expected);
    assert!(world.line("status").stdout.contains("in sync"));
    world.line("rollback x --env staging --yes --only #3:spec.n").exits(0);
    assert_eq!(world.line("get x #B/web:spec.n --env staging").stdout, "1\n");
}

#[test]
fn a_value_behind_an_alias_stops_alone() {
    let old = "x: &x {c: 1}\na: *x\nb: *x\nz: 1\n";
    let world = went_on(old, "x: &x {c: 2}\na: *x\nb: {c: 4}\nz: 2\n");
    let before = world.state();
    let output = world.line("promote x --to staging --yes");
    assert_eq!(output.code, 3, "{}", output.told());
    assert!(output.stdout.contains("STOP  b.c"), "{}", output.told());
    assert!(output.stderr.contains("terrace set x"), "{}", output.told());
    let output = world.line("promote --all --to staging --yes");
    assert!(output.stdout.contains("left alone: `x.c`"), "{}", output.told());
    assert_eq!(world.state(), before);
    world.line("promote x --to staging --skip-undecided --yes").exits(0);
    assert_eq!(world.read("environments/staging/x.yaml"), old.replace("z: 1", "z: 2"));
    world.terrace(&["set", "x", "b", "{c: 1}", "--env", "staging", "--commit"]).exits(0);
    world.line("promote x --to staging --yes").exits(0);
    assert_eq!(world.read("environments/staging/x.yaml"), "x: &x {c: 2}\na: *x\nb:\n  c: 4\nz: 2\n");
}

#[test]
fn comments_of_one_environment_stay_and_it_is_said() {
    let old = "a: 1 # {\"$imagepolicy\": \"flux:a-staging:tag\"}\n";
    let new = "a: 2 # {\"$imagepolicy\": \"flux:a-development:tag\"}\n# renovate: x\nb: 1 # why\nc:\n  # only for development\n  d: 1\n";
    let world = went_on(old, new);
    let output = world.line("promote x --to staging --with-new --yes");
    assert_eq!(output.code, 0, "{}", output.told());
    assert!(
        output.stdout.contains("comments left out: # renovate: x; # only for development"),
        "{}",
        output.told()
    );
    let expected = format!("{}b: 1 # why\nc:\n  d: 1\n", old.replace("a: 1", "a: 2"));
    assert_eq!(world.read("environments/staging/x.yaml"), expected);
}

#[test]
fn a_file_that_is_one_scalar_keeps_its_lines() {
    let plain = |id: &str| format!("# head {id}\nsome  text\nof {id}\n\n  lines\n");
    let quoted = |id: &str| format!("\"two\n  {id}\"\n");
    for text in [&plain as &dyn Fn(&str) -> String, &quoted] {
        let world = went_on(&text("old"), &text("new"));
        world.line("promote x --to staging --yes").exits(0);
        assert_eq!(world.read("environments/staging/x.yaml"), text("new"));
        world.line("rollback x --env staging --yes").exits(0);
        assert_eq!(world.read("environments/staging/x.yaml"), text("old"));
    }
}

#[test]
fn ciphertext_of_a_whole_file_is_refused_by_name() {
    let vault = |id: &str| format!("$ANSIBLE_VAULT;1.1;AES256\n3336{id}\n3132\n");
    let world = went_on(&vault("old"), &vault("new"));
    let before = world.state();
    for line in ["promote x --to staging --yes", "set x a 1 --env staging", "unset x a --env staging"] {
        let output = world.line(line);
        assert_eq!(output.code, 3, "{line}: {}", output.told());
        assert!(output.stderr.contains("encrypted as a whole with ansible-vault"), "{}", output.told());
    }
    world.line("promote --all --to staging --yes").exits(0);
    assert_eq!(world.state(), before);
    assert!(world.line("status").stdout.contains("not judged: "));
}

#[test]
fn a_version_that_cannot_be_read_is_an_error_that_nothing_passes() {
    let mut world = went_on("a: 1\nb: 1\n", "a: 2\nb: 1\n");
    world.line("promote x --to staging --yes").exits(0);
    world.line("set x a 1 --env staging --commit").exits(0);
    world.pass(1);
    world.line("promote x --to staging --dry-run").exits(0);
    // The version that staging was rolled back from, as a partial clone or a bad disk has it.
    let blob = world.git(&["rev-parse", "HEAD~1:environments/staging/x.yaml"]);
    let (folder, rest) = blob.trim().split_at(2);
    let object = world.dir.join(".git/objects").join(folder).join(rest);
    let before = world.state();
    for damage in [true, false] {
        std::fs::remove_file(&object).expect("a loose object");
        if damage {
            std::fs::write(&object, "garbage").expect("a file");
        }
        for line in [
            "promote x --to staging --yes",
            "promote --all --to staging --yes --skip-undecided",
            "promote x --to staging --dry-run",
            "rollback x --env staging --yes",
            "status",
            "log",
            "blame x --env staging",
        ] {
            let output = world.line(line);
            assert_eq!(output.code, 2, "{line}: {}", output.told());
            assert!(output.stderr.contains("cannot read an old version of an item"), "{}", output.told());
        }
    }
    assert_eq!(world.state(), before);
}

/// A repository whose item has these texts in development, and in staging (own values), and then this
/// one in development.
fn renamed(before: &str, own: &str, after: &str) -> World {
    let mut world =
        World::with(&[("environments/development/app.yaml", before), ("environments/staging/app.yaml", own)]);
    world.write("environments/development/app.yaml", after);
    world.commit("call things otherwise");
    world
}

#[test]
fn a_renamed_entry_is_one_line_and_keeps_the_target_s_own_value() {
    for (before, own, after, staging) in [
        // A key with a comment of the target's own.
        (
            "a: 1\nsize: 7\n",
            "a: 1\nsize: 40  # load test\n",
            "a: 1\ncapacity: 7\n",
            "a: 1\ncapacity: 40  # load test\n",
        ),
        // A subtree that moves below another parent.
        (
            "a: 1\nqueue:\n  pool: {min: 1, max: 5}\n",
            "a: 1\nqueue:\n  pool: {min: 1, max: 50}\n",
            "a: 1\nbroker:\n  queue:\n    pool: {min: 1, max: 5}\n",
            "a: 1\nbroker:\n  queue:\n    pool: {min: 1, max: 50}\n",
        ),
        // An element, and a document.
        (
            "l:\n  - name: api\n    weight: 10\n",
            "l:\n  - name: api\n    weight: 90  # ours\n",
            "l:\n  - name: api-v2\n    weight: 10\n",
            "l:\n  - name: api-v2\n    weight: 90  # ours\n",
        ),
    ] {
        let world = renamed(before, own, after);
        let output = world.line("promote app --to staging --dry-run");
        assert_eq!(output.code, 3, "{}", output.told());
        assert!(output.stdout.contains(" → ") && output.stdout.contains("1 renamed key to decide"));
        // Taken whole.
        let state = world.state();
        world.line("promote app --to staging --without-new --yes").exits(0);
        assert_eq!(world.state(), state, "left whole");
        world.line("promote app --to staging --with-new --yes").exits(0);
        assert_eq!(world.read("environments/staging/app.yaml"), staging);
        world.line("promote app --to staging --yes").exits(0);
    }
}

#[test]
fn what_is_secret_pinned_or_of_one_environment_is_no_pair() {
    for (before, own, after) in [
        ("a: 1\npassword: xk29s\n", "a: 1\npassword: q83hd\n", "a: 1\ndb-password: xk29s\n"),
        ("a: 1\nstaging-size: 7\n", "a: 1\nstaging-size: 9\n", "a: 1\nsize: 7\n"),
    ] {
        let world = renamed(before, own, after);
        let output = world.line("promote app --to staging --dry-run");
        assert!(!output.stdout.contains("renamed"), "{}", output.told());
        assert_eq!(world.line("promote app --to staging --without-new --without-removals --yes").code, 0);
        assert_eq!(world.read("environments/staging/app.yaml"), own);
    }
}

#[test]
fn a_removal_of_an_own_value_is_asked_about_and_an_element_goes_whole() {
    let world = renamed("a: 1\nb: 2\n", "a: 1\nb: 9\n", "a: 1\n");
    world.refuses(
        "promote app --to staging --yes",
        3,
        "error: 1 removal of the target's own values has to be decided; nothing was committed\nhelp: take them with --with-removals, leave them with --without-removals, or name some with --only PATH",
    );
    world.line("promote app --to staging --with-removals --yes").exits(0);
    assert_eq!(world.read("environments/staging/app.yaml"), "a: 1\n");
    let list = "l:\n  - name: x\n    v: 1\n  - name: y\n    v: 1\n";
    let own = "l:\n  - name: x\n    v: 1\n    more: 3\n  - name: y\n    v: 1\n";
    let world = renamed(list, own, "l:\n  - name: y\n    v: 1\n");
    assert_eq!(world.line("promote app --to staging --yes").code, 3);
    world.line("promote app --to staging --without-removals --yes").exits(0);
    assert_eq!(world.read("environments/staging/app.yaml"), own);
    world.line("promote app --to staging --with-removals --yes").exits(0);
    assert_eq!(world.read("environments/staging/app.yaml"), "l:\n  - name: y\n    v: 1\n");
}

#[test]
fn nothing_is_left_empty_unless_that_is_said() {
    let world = renamed("a: 1\nb: 2\n", "a: 1\nb: 2\n", "{}\n");
    let output = world.line("promote app --to staging --yes");
    assert_eq!(output.code, 3, "{}", output.told());
    assert!(output.stderr.contains("nothing would be left of the item"), "{}", output.told());
    world.line("promote app --to staging --only a --only b --yes").exits(0);
}

/// Both environments have seven items, of which two differ; development has six more.
fn many() -> World {
    let mut world = World::unborn();
    for environment in ["development", "staging"] {
        for item in ["a", "b", "c", "d", "e", "f", "g"] {
            let text = format!("v: 1\nw: 1\nname: {item}\n");
            world.write(&format!("environments/{environment}/{item}.yaml"), &text);
        }
    }
    world.commit("begin");
    world.write("environments/staging/b.yaml", "v: 1\nw: own\nname: b\n");
    world.write("environments/staging/c.yaml", "v: 1\nw: own\nname: c\n");
    world.commit("staging's own");
    world.pass(130);
    world.write("environments/development/b.yaml", "v: 2\nw: 1\nname: b\n");
    for item in ["n1", "n2", "n3", "n4", "n5", "n6"] {
        world.write(&format!("environments/development/{item}.yaml"), "v: 1\n");
    }
    world.commit("raise v");
    world
}

#[test]
fn a_plan_of_all_begins_with_what_changes_and_ends_with_one_total() {
    let world = many();
    let said = world.line("promote --all --to staging --dry-run").exits(0);
    assert!(
        said.contains("b   development → staging") && said.contains("kept     1 (-v lists them)"),
        "{said}"
    );
    assert!(!said.contains("c   development"), "{said}");
    assert!(
        said.contains("not in staging yet (--create): n1, n2, n3, n4, n5, … 1 more (-v lists them)\n"),
        "{said}"
    );
    let total = "13 items: 1 change to commit in 1 item; 2 keep 2 values of their own (-v lists them); \
                 6 are not in staging yet (--create)\n";
    assert!(said.ends_with(total), "{said}");
    let said = world.line("promote --all --to staging --dry-run -v").exits(0);
    assert!(said.contains("c   development → staging") && said.contains("n6\n"), "{said}");
    let said = world.line("promote --all --to staging --create --yes").exits(0);
    assert!(said.contains("13 items: 1 change to commit in 1 item, 6 items to create; 2 keep"), "{said}");
    assert_eq!(world.read("environments/staging/n6.yaml"), "v: 1\n");
    assert_eq!(world.line("promote a --to staging --create").code, 2);
}

#[test]
fn status_counts_what_is_absent_and_tells_what_went() {
    let mut world = many();
    world.git(&["rm", "-q", "environments/development/d.yaml"]);
    world.git(&["mv", "environments/development/e.yaml", "environments/development/later.yaml"]);
    world.write("environments/development/f.yaml", "v: 2\nw: 2\nname: f\n");
    world.write("environments/development/g.yaml", "v: [\n");
    world.commit("tidy");
    let said = world.line("status").stdout;
    for line in [
        "  b      1 to promote",
        "  d      deleted in development; staging still has it",
        "  later  was e in development; staging still has e\n",
        "  6 items are not there yet: n1, n2, n3, n4, n5, … 1 more (-v lists them)\n",
        "\nnot judged\n  g  environments/development/g.yaml:",
        "\nnext: terrace promote f --to staging --dry-run\n",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    assert!(!said.contains("\n  e "), "{said}");
}

#[test]
fn secrets_and_pins_that_a_new_item_leaves_out_are_said_counted_and_found() {
    let mut world = World::with(&[
        ("terrace.toml", "[[pin]]\npath = \"limits.**\"\n"),
        (
            "environments/staging/mail.yaml",
            "host: mail\npassword: x1\nkeys:\n  api-key: x2\nlimits:\n  rate: 5\n",
        ),
        ("environments/production/other.yaml", "a: 1\n"),
    ]);
    let out = world.line("promote mail --to production --except host --dry-run").exits(0);
    let give = "terrace promote mail --to production --set 'password=…' --set 'keys.api-key=…' --set 'limits.rate=…'";
    assert!(out.contains(give), "{out}");
    assert!(out.contains("left    host   as asked for"), "{out}");
    world.line("promote mail --to production --set limits.rate=9 --yes").exits(0);
    let status = world.line("status").exits(0);
    assert!(status.contains("mail") && status.contains("2 secrets to give"), "{status}");
    let check = world.line("check mail --env production").exits(0);
    assert!(check.contains("notice[missing-value]"), "{check}");
    assert!(check.contains("production lacks `password`, a secret that staging has"), "{check}");
    world.write(
        "environments/production/mail.yaml",
        "host: mail\npassword: y1\nkeys:\n  api-key: y2\nlimits:\n  rate: 9\n",
    );
    world.commit("given");
    assert!(!world.line("check mail --env production").exits(0).contains("missing-value"));
    assert!(!world.line("status").exits(0).contains("to give"));
    // What the schema then misses is asked for.
    let schema = r#"{"type": "object", "required": ["password", "limits"]}"#;
    world.write("schemas/mail.schema.json", schema);
    world.git(&["rm", "-q", "environments/production/mail.yaml"]);
    world.commit("required");
    let refused = world.line("promote mail --to production --yes");
    assert_eq!(refused.code, 3, "{}", refused.told());
}

#[test]
fn an_item_that_a_rule_refuses_does_not_hold_up_the_others() {
    let item = |environment: &str, key: &str| format!("environments/{environment}/{key}.yaml");
    let keys = ["bad", "empty", "fine", "good"];
    let files: Vec<_> =
        ["staging", "production"].iter().flat_map(|env| keys.map(|key| item(env, key))).collect();
    let files: Vec<_> = files.iter().map(|file| (file.as_str(), "a: 1\n")).collect();
    let mut world = World::with(&files);
    world.write("schemas/bad.production.schema.json", r#"{"properties": {"a": {"maximum": 1}}}"#);
    for key in keys {
        world.write(&item("staging", key), if key == "empty" { "{}\n" } else { "a: 2\n" });
    }
    world.commit("two");
    let stopped = world.line("promote --all --to production --yes");
    assert_eq!(stopped.code, 3, "{}", stopped.told());
    let out = world.line("promote --all --to production --skip-undecided --yes").exits(0);
    assert!(out.contains("bad   left alone: the result would bring schema"), "{out}");
    assert!(
        out.contains("empty   left alone: environments/production/empty.yaml: nothing would be left"),
        "{out}"
    );
    let values = keys.map(|key| world.read(&item("production", key)));
    assert_eq!(values, ["a: 1\n", "a: 1\n", "a: 2\n", "a: 2\n"]);
    assert!(!world.git(&["log", "-1", "--format=%B"]).contains("bad"));
    world.line("promote bad --to production --skip-undecided --yes").exits(3);
    let named = world.line("promote bad good --to production --skip-undecided --yes").exits(0);
    assert!(named.contains("nothing to do"), "{named}");
}

#[test]
fn a_plan_for_production_goes_by_the_changes_of_development() {
    let mut world = World::with(&[
        ("environments/development/app.yaml", "a: 1\nb: 1\n"),
        ("environments/staging/app.yaml", "a: 1\nb: 1\n"),
        ("environments/production/app.yaml", "a: 1\nb: 1\n"),
    ]);
    let mut ids = Vec::new();
    for (text, subject) in [("a: 2\nb: 1\n", "raise a"), ("a: 2\nb: 1\nc: {d: 1}\n", "bring c")] {
        world.write("environments/development/app.yaml", text);
        world.commit(subject);
        ids.push(world.git(&["rev-parse", "HEAD"]).trim().to_owned());
    }
    world.line("promote app --to staging --with-new --yes").exits(0);
    let promotion = world.git(&["rev-parse", "HEAD"]).trim().to_owned();
    world.write("environments/staging/app.yaml", "a: 2\nb: 7\nc: {d: 1}\n");
    world.commit("staging's b");
    let said = world.line("promote app --to production --with-new --dry-run").exits(0);
    for heading in ["raise a", "bring c", "staging's b"] {
        assert!(said.contains(&format!("  {heading}   Ann")), "{said}");
    }
    assert!(!said.contains("promote(app)"), "{said}");
    let json = world.line("promote app --to production --with-new --dry-run --format json").exits(0);
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let lines = json["hops"][0]["items"][0]["resolutions"].as_array().expect("lines");
    let line = |path: &str| lines.iter().find(|line| line["path"] == path).expect("a line");
    assert_eq!(
        (&line("a")["commit"], &line("a")["origin"]),
        (&promotion.clone().into(), &ids[0].clone().into())
    );
    assert_eq!(line("b").get("origin"), None);
    // Either id chooses.
    let only =
        |id: &str| world.line(&format!("promote app --to production --change {id} --dry-run")).exits(0);
    assert!(only(&ids[1]).ends_with("\n1 change to commit.\n\n"), "{}", only(&ids[1]));
    assert!(only(&promotion).ends_with("\n2 changes to commit.\n\n"), "{}", only(&promotion));
    world.line(&format!("promote app --to production --change {} --yes", ids[0])).exits(0);
    assert_eq!(world.read("environments/production/app.yaml"), "a: 2\nb: 1\n");
}

#[test]
fn words_that_seem_to_name_an_environment_are_suggested_once() {
    let world = World::with(&[
        ("environments/staging/app.yaml", "db: db.uat.example.com\nurl: https://uat.example.com\n"),
        ("environments/production/app.yaml", "db: db.example.com\nurl: https://example.com\n"),
    ]);
    let note = "note: there is `uat` in staging's files alone; if it names the environment, say so in terrace.toml: [isolation] words = { staging = [\"uat\"] }";
    assert_eq!(world.line("status").stderr.matches(note).count(), 1, "{}", world.line("status").told());
    assert!(world.line("init").stderr.contains(note), "{}", world.line("init").told());
    world.write("terrace.toml", "[isolation]\nwords = { staging = [\"uat\"] }\n");
    world.git(&["add", "."]);
    world.git(&["commit", "-qm", "words"]);
    assert!(!world.line("status").told().contains("note:"), "{}", world.line("status").told());
}

#[test]
fn a_glob_is_as_all_for_the_items_that_match() {
    let mut world = World::unborn();
    for (key, development) in [("billing/rates", 2), ("billing/invoices", 3), ("search", 4)] {
        world.write(&format!("environments/development/{key}.yaml"), "size: 1\n");
        world.write(&format!("environments/staging/{key}.yaml"), "size: 1\n");
        world.commit("begin");
        world.write(&format!("environments/development/{key}.yaml"), &format!("size: {development}\n"));
    }
    world.write("environments/development/billing/new.yaml", "size: 1\n");
    world.commit("move on");
    let listed = world.line("promote billing/* --to staging --dry-run").exits(0);
    assert!(listed.contains("billing/rates") && listed.contains("billing/invoices"), "{listed}");
    assert!(!listed.contains("search") && listed.contains("\n3 items: 2 changes"), "{listed}");
    world.refuses(
        "promote biling/* --to staging --yes",
        2,
        "error: no item matches `biling/*`\nhelp: a glob such as `billing/*` is tried on whole keys",
    );
    world.refuses(
        "promote [ --to staging --yes",
        2,
        "error: `[` is not a glob: unclosed character class; missing ']'\n\
         help: a glob over keys is such as `billing/*`; quote it for the shell",
    );
    world.line("promote billing/* --to staging --yes").exits(0);
    let read = |world: &World, key: &str| world.read(&format!("environments/staging/{key}.yaml"));
    assert_eq!(read(&world, "billing/rates"), "size: 2\n");
    assert_eq!(read(&world, "search"), "size: 1\n");
    // What is new is created only when its key is named, or with --create.
    world.line("promote search b*new --to staging --yes").exits(0);
    assert_eq!(read(&world, "search"), "size: 4\n");
    assert!(!world.dir.join("environments/staging/billing/new.yaml").exists());
    world.line("promote b*new --to staging --create --yes").exits(0);
    assert_eq!(read(&world, "billing/new"), "size: 1\n");
}
