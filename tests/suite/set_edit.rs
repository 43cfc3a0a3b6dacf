//! `set --edit`: an item's text in the user's editor, taken only when it checks.
#![cfg(unix)]

use std::path::Path;

use crate::support::{Output, World, shop};

const PAY: &str = "environments/staging/pay.yaml";

/// Runs `set --edit pay` with a script as the editor; `$1` is the file.
fn edit(world: &mut World, script: &str) -> Output {
    editor(world, script);
    world.line("set --edit pay --env staging")
}

fn editor(world: &mut World, script: &str) {
    let path = world.beside("editor");
    std::fs::write(&path, script).expect("written");
    let scratch = world.beside("scratch");
    std::fs::create_dir_all(&scratch).expect("a folder");
    world.variables = vec![
        ("EDITOR".to_owned(), format!("sh {}", path.display())),
        ("TMPDIR".to_owned(), scratch.display().to_string()),
    ];
}

/// How many private folders are left.
fn left(world: &World) -> usize {
    std::fs::read_dir(world.beside("scratch")).expect("a folder").count()
}

#[test]
fn what_checks_is_taken() {
    let mut world = shop();
    let before = world.read(PAY);
    let told = edit(
        &mut world,
        "test \"${1##*/}\" = pay.staging.yaml || exit 1\nsed -i 's/pool: 10/pool: 20/; s/{STG_DB}/{OTHER}/; $a cache: {ttl: 60s}' \"$1\"",
    );
    assert_eq!(
        told.told(),
        "environments/staging/pay.yaml: db.pool 10 → 20\nenvironments/staging/pay.yaml: db.password ${STG_DB} → ${OTHER}\nenvironments/staging/pay.yaml: cache.ttl 60s\n[exit 0]"
    );
    let expected = before.replace("pool: 10", "pool: 20").replace("STG_DB", "OTHER") + "cache: {ttl: 60s}\n";
    assert_eq!(world.read(PAY), expected);
    assert_eq!(left(&world), 0);
    // An editor that saves by renaming, and a comment alone.
    let told = edit(&mut world, "{ echo '# new'; cat \"$1\"; } > \"$1.new\" && mv \"$1.new\" \"$1\"");
    assert_eq!(told.told(), "environments/staging/pay.yaml: no value changed\n[exit 0]");
    assert!(world.read(PAY).starts_with("# new\n# payments\n"));
}

#[test]
fn an_unchanged_text_is_nothing_to_do() {
    let mut world = shop();
    let state = world.state();
    assert_eq!(edit(&mut world, "touch \"$1\"").told(), "nothing to do\n[exit 0]");
    assert_eq!((world.state(), left(&world)), (state, 0));
}

#[test]
fn what_does_not_check_is_refused_and_kept() {
    let schema = r#"{"properties": {"db": {"properties": {"pool": {"maximum": 50}}}}}"#;
    let mut world = shop();
    world.write("schemas/pay.schema.json", schema);
    world.commit("a schema");
    let state = world.state();
    for (script, error, kept) in [
        (
            "sed -i 's/pool: 10/pool: 500/' \"$1\"",
            "error[schema]: 500 is more than the maximum of 50",
            "pool: 500",
        ),
        ("echo 'a: [' >> \"$1\"", "error[syntax]", "a: ["),
        ("echo 'timeout: 6s' >> \"$1\"", "error[duplicate-key]", "timeout: 6s"),
        ("printf 'a: \\377\\n' > \"$1\"", "error[syntax]: the text is not UTF-8", "a: "),
    ] {
        let told = edit(&mut world, script);
        assert_eq!((told.code, told.stdout.as_str()), (3, ""), "{}", told.stderr);
        assert!(told.stderr.contains(error), "{}", told.stderr);
        let file = told.stderr.lines().find_map(|line| line.strip_prefix("help: your text is kept in "));
        let text = std::fs::read(file.expect("a name")).expect("the kept text");
        assert!(String::from_utf8_lossy(&text).contains(kept));
        assert_eq!(world.state(), state);
    }
    assert_eq!(left(&world), 4);
}

#[test]
fn errors_that_were_there_are_no_obstacle_to_mending() {
    let mut world = World::with(&[(PAY, "a: 1\na: 2\nb: 1\n")]);
    let told = edit(&mut world, "sed -i 's/b: 1/b: 2/' \"$1\"");
    assert_eq!(told.code, 0, "{}", told.stderr);
    let mut world = World::with(&[(PAY, "a: [\n")]);
    let told = edit(&mut world, "echo 'a: []' > \"$1\"");
    assert_eq!((told.code, world.read(PAY).as_str()), (0, "a: []\n"), "{}", told.stderr);
}

#[test]
fn a_file_that_changed_meanwhile_wins() {
    let mut world = shop();
    let path = world.dir.join(PAY);
    let script = format!("echo 'mine: 1' > \"$1\"; echo 'theirs: 1' > '{}'", path.display());
    let told = edit(&mut world, &script);
    assert_eq!(told.code, 4, "{}", told.told());
    assert!(
        told.stderr.starts_with("error: environments/staging/pay.yaml has changed since it was read\n"),
        "{}",
        told.stderr
    );
    let file = told.stderr.lines().find_map(|line| line.strip_prefix("help: your text is kept in "));
    assert_eq!(std::fs::read_to_string(file.expect("a name")).expect("kept"), "mine: 1\n");
    assert_eq!(world.read(PAY), "theirs: 1\n");
}

#[test]
fn a_new_item_begins_empty() {
    let mut world = shop();
    editor(&mut world, "test ! -s \"$1\" && echo 'a: 1' > \"$1\"");
    let told = world.line("set --edit new/one --env production");
    assert_eq!(told.code, 2);
    assert!(told.stderr.contains("--create makes a new item"), "{}", told.stderr);
    let told = world.line("set --edit new/one --env production --create");
    assert_eq!(told.told(), "environments/production/new/one.yaml: created\n[exit 0]");
    assert_eq!(world.read("environments/production/new/one.yaml"), "a: 1\n");
    world.variables[0].1 = "true".to_owned();
    assert_eq!(world.line("set --edit other --env production --create").stdout, "nothing to do\n");
    assert!(!world.dir.join("environments/production/other.yaml").exists());
}

#[test]
fn secrets_are_not_repeated() {
    let mut world = World::with(&[(PAY, "db:\n  password: hunter2\n")]);
    let told = edit(&mut world, "sed -i 's/hunter2/swordfish/' \"$1\"");
    assert_eq!(told.told(), "environments/staging/pay.yaml: db.password •••• → ••••\n[exit 0]");
    let told = edit(&mut world, "echo '  password: hunter2' >> \"$1\"");
    assert_eq!(told.code, 3);
    assert!(!told.told().contains("hunter2") && !told.told().contains("swordfish"), "{}", told.told());
}

#[test]
fn an_editor_that_fails_or_is_missing_changes_nothing() {
    let mut world = shop();
    let state = world.state();
    let told = edit(&mut world, "echo 'x: 1' > \"$1\"; exit 1");
    assert_eq!(told.code, 2);
    assert!(told.stderr.contains("ended with exit code 1; nothing was changed"), "{}", told.stderr);
    assert!(told.stderr.contains("your text is kept in "), "{}", told.stderr);
    world.variables.clear();
    let told = world.line("set --edit pay --env staging");
    assert_eq!(told.code, 2);
    assert!(told.stderr.starts_with("error: there is no editor to open the item in\n"), "{}", told.stderr);
    for line in
        ["set --edit pay a 1 --env staging", "set --edit pay --env staging --commit", "set pay --env staging"]
    {
        assert_eq!(world.line(line).code, 2, "{line}");
    }
    assert_eq!(world.state(), state);
}

#[test]
fn what_a_repository_names_as_editor_is_not_run() {
    let mut world = shop();
    world.git(&["config", "core.editor", "touch ran;"]);
    assert_eq!(edit(&mut world, "true").stdout, "nothing to do\n");
    assert!(!world.dir.join("ran").exists());
    world.variables.push(("GIT_EDITOR".to_owned(), "false".to_owned()));
    assert_eq!(world.line("set --edit pay --env staging").code, 2);
}

#[test]
fn on_a_terminal_one_may_edit_again_or_drop_it() {
    let again = "if grep -q '^a: \\[$' \"$1\"; then echo 'a: []' > \"$1\"; else echo 'a: [' > \"$1\"; fi";
    for (answer, code, text) in [("y\n", 0, Some("a: []\n")), ("n\n", 0, None), ("\u{4}", 0, None)] {
        let mut world = shop();
        let before = world.read(PAY);
        editor(&mut world, again);
        let mut command = world.command(env!("CARGO_BIN_EXE_terrace"));
        command.args(["set", "--edit", "pay", "--env", "staging"]);
        let (exit, shown) =
            crate::terminal::converse(command, &[("Edit again? (No drops the text.)  [y]es  [n]o", answer)]);
        assert_eq!(exit, code, "{shown}");
        assert!(shown.contains("error[syntax]"), "{shown}");
        assert_eq!(world.read(PAY), text.unwrap_or(&before), "{shown}");
        assert_eq!(shown.contains("nothing was changed"), text.is_none(), "{shown}");
        assert!(Path::new(&world.beside("scratch")).exists() && left(&world) == 0);
    }
}
