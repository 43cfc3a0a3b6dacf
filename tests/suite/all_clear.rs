//! No false all-clear: where files are hidden or there is no configuration, every command says so.
#![cfg(unix)]

use std::os::unix::fs::symlink;

use crate::support::World;

/// Every command that reads or judges.
const COMMANDS: &[&str] = &[
    "check",
    "list",
    "status",
    "diff",
    "diff staging production",
    "log",
    "review --base HEAD",
    "promote --all --to production --dry-run",
    "promote x --to production --dry-run",
    "export --env production --format json",
    "export --env production --format json x",
    "get x --env production",
    "set x a 2 --env production",
    "unset x a --env production",
    "blame x --env production",
    "hold --list",
    "rollback x --env production",
    "schema infer",
    "run --env production -- true",
];

fn run(world: &World, line: &str) -> (i32, String) {
    let words: Vec<&str> = line.split_whitespace().collect();
    let output = world.terrace(&words);
    (output.code, format!("{}{}", output.stdout, output.stderr))
}

fn base() -> World {
    World::with(&[
        ("terrace.toml", "version = 1\n"),
        ("environments/development/x.yaml", "a: 1\n"),
        ("environments/staging/x.yaml", "a: 1\n"),
        ("environments/production/x.yaml", "a: 1\n"),
    ])
}

#[test]
fn without_configuration_nothing_is_fine() {
    let mut world = World::with(&[("README.md", "nothing\n")]);
    for line in COMMANDS {
        let (code, told) = run(&world, line);
        assert!(code == 2 && told.contains("there is no configuration here"), "{line}: {code} {told}");
    }
    assert_eq!(run(&world, "check --staged").0, 2);
    assert_eq!(run(&world, "check --staged --since HEAD").0, 0);
    world.write("services/a/environments/staging/x.yaml", "a: 1\n");
    world.commit("a root below");
    for line in COMMANDS {
        let (code, told) = run(&world, line);
        assert!(code == 2 && told.contains("-C services/a/"), "{line}: {code} {told}");
    }
}

/// Files that are read under one name are not looked for under another, which is told.
#[test]
fn another_spelling_of_the_folder_is_no_all_clear() {
    let mut world = base();
    world.git(&["mv", "environments", "Environments"]);
    world.commit("capitals");
    for (line, expected) in [
        ("check", 1),
        ("check --staged", 1),
        ("status", 2),
        ("promote --all --to staging", 2),
        ("export --env staging --format json", 2),
        ("review --base HEAD~1", 1),
    ] {
        let (code, told) = run(&world, line);
        assert_eq!(code, expected, "{line}: {told}");
        assert!(told.contains("Environments"), "{line}: {told}");
    }
}

/// Each root is checked, whichever the hook was installed for, and one at the top too.
#[test]
fn a_hook_checks_every_root_that_there_is() {
    let world = World::with(&[
        ("one/environments/staging/x.yaml", "a: 1\n"),
        ("two/environments/staging/x.yaml", "a: 1\n"),
        ("environments/staging/top.yaml", "a: 1\n"),
    ]);
    std::fs::create_dir_all(world.dir.join(".git/info")).expect("a folder");
    let (attributes, elsewhere) = (world.dir.join(".git/info/attributes"), world.beside("elsewhere"));
    symlink(&elsewhere, &attributes).expect("a link");
    world.terrace(&["-C", "one", "hooks", "install", "--yes"]);
    assert!(!elsewhere.exists(), "nothing is written through a link");
    std::fs::remove_file(&attributes).expect("no link");
    for root in ["one", "two"] {
        world.terrace(&["-C", root, "hooks", "install", "--yes"]).exits(0);
    }
    let hook = world.read(".git/hooks/pre-commit");
    for check in
        ["terrace check --staged", "terrace -C 'one/' check --staged", "terrace -C 'two/' check --staged"]
    {
        assert!(hook.contains(check), "{hook}");
    }
    assert!(world.read(".git/info/attributes").contains("**/environments/**/*.yaml"));
}

#[test]
fn a_hook_at_the_top_finds_the_roots_below() {
    let mut world = World::with(&[("README.md", "nothing\n")]);
    world.write("services/a/environments/staging/x.yaml", "a: 1\n");
    world.commit("one root");
    let (code, told) = run(&world, "check --staged");
    assert!(code == 0 && told.contains("1 item in 1 environment"), "{told}");
    world.write("services/b/environments/staging/y.yaml", "a: [\n");
    world.git(&["add", "--all"]);
    let (code, told) = run(&world, "check --staged");
    assert!(code == 1 && told.contains("services/b/environments/staging/y.yaml:1:4"), "{told}");
    assert!(run(&world, "check --staged --format json").1.contains("-C "));
    let (code, told) = run(&world, "hooks install --yes");
    assert!(code == 0 && told.contains("**/environments/**/*.yaml"), "{told}");
}

#[test]
fn what_hides_production_stops_what_rests_on_it() {
    type Hide = fn(&World);
    let cases: [(&str, Hide); 8] = [
        ("policy as a link", |world| {
            std::fs::rename(world.dir.join("terrace.toml"), world.dir.join("policy.toml")).expect("moved");
            symlink("policy.toml", world.dir.join("terrace.toml")).expect("a link");
        }),
        ("policy as a folder", |world| {
            std::fs::remove_file(world.dir.join("terrace.toml")).expect("removed");
            world.write("terrace.toml/a", "x");
        }),
        ("environments as a link", |world| {
            std::fs::rename(world.dir.join("environments"), world.dir.join("elsewhere")).expect("moved");
            symlink("elsewhere", world.dir.join("environments")).expect("a link");
        }),
        ("environments as a file", |world| {
            std::fs::remove_dir_all(world.dir.join("environments")).expect("removed");
            world.write("environments", "x");
        }),
        ("production as a link", |world| {
            std::fs::remove_dir_all(world.dir.join("environments/production")).expect("removed");
            symlink("staging", world.dir.join("environments/production")).expect("a link");
        }),
        ("production as a repository", |world| {
            world.git(&["init", "--quiet", "environments/production"]);
            world.git(&["-C", "environments/production", "add", "x.yaml"]);
            world.git(&["-C", "environments/production", "commit", "--quiet", "-m", "theirs"]);
            world.git(&["rm", "-r", "--quiet", "--cached", "environments/production"]);
        }),
        ("an item as a link", |world| {
            std::fs::remove_file(world.dir.join("environments/production/x.yaml")).expect("removed");
            symlink("../staging/x.yaml", world.dir.join("environments/production/x.yaml")).expect("a link");
        }),
        ("decisions as a link", |world| {
            world.write("elsewhere/a", "x");
            std::fs::create_dir(world.dir.join(".terrace")).expect("a folder");
            symlink("../elsewhere", world.dir.join(".terrace/decisions")).expect("a link");
        }),
    ];
    for (case, hide) in cases {
        let mut world = base();
        hide(&world);
        world.commit("hidden");
        for check in ["check", "check --at HEAD", "check --env production", "check x", "check x --at HEAD"] {
            let (code, told) = run(&world, check);
            assert!(code == 1 && told.contains("error[symlink]"), "{case}: {check}: {code} {told}");
        }
        for line in [
            "promote x --to production --dry-run",
            "export --env production --format json",
            "export --env production --format json --at HEAD",
            "get x --env production",
            "get x --env production --at HEAD",
            "set x a 2 --env production --create",
            "run --env production -- true",
        ] {
            let (code, told) = run(&world, line);
            assert!(code == 2 || code == 3, "{case}: {line}: {code} {told}");
            assert!(!told.contains("there is no item"), "{case}: {line}: {told}");
        }
    }
}

#[test]
fn a_schema_that_hides_refuses_what_it_cannot_judge() {
    let mut world = base();
    world.write("rules.json", "{\"properties\": {\"a\": {\"maximum\": 5}}}");
    std::fs::create_dir(world.dir.join("schemas")).expect("a folder");
    symlink("../rules.json", world.dir.join("schemas/x.schema.json")).expect("a link");
    world.commit("a schema elsewhere");
    let (code, told) = run(&world, "set x a 9 --env production");
    assert_eq!(code, 3, "{told}");
    assert_eq!(run(&world, "check").0, 1);
}

/// Environments under other names are read by nobody, which is no reason to say that all is well.
#[test]
fn folders_under_other_names_are_no_all_clear() {
    let mut world = World::with(&[
        ("environments/dev/app.yaml", "a: 1\n"),
        ("environments/stg/app.yaml", "a: 2\n"),
        ("environments/production/.gitkeep", ""),
    ]);
    let commands = [
        "status --exit-code",
        "diff",
        "list",
        "log",
        "promote --all --to staging --dry-run",
        "review --base HEAD",
        "hold --list",
        "export app --env staging --format json",
    ];
    for policy in ["", "version = 1\n"] {
        if !policy.is_empty() {
            world.write("terrace.toml", policy);
            world.commit("a policy");
        }
        for line in commands {
            let said = world.line(line);
            assert_eq!(said.code, 2, "{line}: {}", said.told());
            let expected = "error: no environment has an item here, and environments/dev is no environment's \
                            folder\nhelp: `terrace migrate` shows how its files are taken over";
            assert!(said.stderr.contains(expected), "{line}: {}", said.told());
        }
        assert_eq!(world.line("check").code, 1);
        assert_eq!(world.line("check --staged").code, 1);
        assert_eq!(world.line("migrate --dry-run").code, 0);
    }
    world.line("migrate . --yes").exits(0);
    assert_eq!(world.line("status").code, 0);
}

#[test]
fn a_diff_of_what_cannot_be_read_says_nothing_of_no_differences() {
    let file = "environments/development/x.yaml";
    let mut world = World::with(&[(file, "a: \"1\n"), ("environments/staging/x.yaml", "a: \"3\n")]);
    world.write(file, "a: \"2\n");
    world.commit("still not closed");
    for line in ["diff HEAD~1 HEAD", "diff development staging", "diff"] {
        for format in ["text", "json", "markdown"] {
            let told = world.line(&format!("{line} --format {format}"));
            assert_eq!((told.code, told.stdout.as_str()), (2, ""), "{line} {format}");
        }
    }
}

#[test]
fn an_item_that_was_emptied_is_told() {
    for (text, told, change) in [
        ("", "the file holds no value", "(the whole item)  2 values → no value"),
        ("# later\n", "the file holds no value", "(the whole item)  2 values → no value"),
        ("{}\n", "the item is empty here, and development and staging have values", "- b  2"),
    ] {
        let mut world = base();
        for environment in ["development", "staging", "production"] {
            world.write(&format!("environments/{environment}/x.yaml"), "a: 1\nb: 2\n");
        }
        world.commit("values");
        world.write("environments/production/x.yaml", text);
        world.commit("emptied");
        let (code, checked) = run(&world, "check");
        assert!(code == 0 && checked.contains(&format!("warning[empty-item]: {told}")), "{checked}");
        let (code, reviewed) = run(&world, "review --base HEAD~1");
        assert!(code == 0 && reviewed.contains("it had values before this change"), "{reviewed}");
        assert!(reviewed.contains(change), "{reviewed}");
        assert_eq!(run(&world, "review --base HEAD~1 --strict").0, 1);
        for line in ["export --env production --format json", "export x --env production --format yaml"] {
            let (code, exported) = run(&world, line);
            assert!(code == 0 && exported.contains("`x` holds no value"), "{line}: {exported}");
        }
    }
}

#[test]
fn an_environment_that_was_not_looked_at_is_no_all_clear() {
    for (folder, told) in [
        (None, "production has no items"),
        (Some("Production"), "environments/Production"),
        (Some("prod"), "environments/prod"),
        (Some("prodction"), "environments/prodction"),
        (Some("live"), "environments/live"),
    ] {
        let mut world = base();
        let moved = folder.map(|folder| format!("environments/{folder}/x.yaml"));
        world.git(&["rm", "-q", "environments/production/x.yaml"]);
        if let Some(file) = &moved {
            world.write(file, "a: 1\n");
        }
        world.commit("moved");
        for line in
            ["check --env production", "check --env production --staged", "check --env production --at HEAD"]
        {
            let (code, said) = run(&world, line);
            assert!(code != 0 && said.contains(told), "{line}: {code} {said}");
        }
        for line in ["export --env production --format json", "list --env production"] {
            let (code, said) = run(&world, line);
            assert!(said.contains("production has no items") && said.contains(told), "{line}: {code} {said}");
        }
        assert_eq!(run(&world, "check --env staging").0, 0);
        let lines = [
            "check x",
            "check x --staged",
            "check x --at HEAD",
            "export x --env production --format json",
            "get x --env production",
            "list",
            "status",
        ];
        for line in lines.iter().filter(|_| moved.is_some()) {
            let (_, said) = run(&world, line);
            assert!(said.contains(told), "{line}: {said}");
        }
        for line in ["check x", "check x --staged", "check x --at HEAD"] {
            assert_eq!(run(&world, line).0, if moved.is_some() { 2 } else { 0 }, "{line}");
        }
        // Beside items of the environment's own it is as little looked at.
        if folder.is_some_and(|folder| folder != "live") {
            world.write("environments/production/y.yaml", "a: 1\n");
            let (code, said) = run(&world, "check --env production");
            assert!(
                code == 1 && said.contains("unknown-environment") && said.contains(told),
                "{code} {said}"
            );
        }
    }
}

#[test]
fn what_is_only_going_to_be_added_is_not_staged() {
    let world = base();
    world.write("environments/production/new.yaml", "a: [\n");
    world.git(&["add", "--intent-to-add", "environments/production/new.yaml"]);
    let (code, told) = run(&world, "check --staged");
    assert!(code == 0 && !told.contains("new.yaml"), "{code} {told}");
    assert_eq!(run(&world, "check").0, 1);
    world.git(&["add", "."]);
    assert_eq!(run(&world, "check --staged").0, 1);
}

#[test]
fn a_configuration_that_moves_does_not_leave_its_policy_behind_unsaid() {
    let mut world = base();
    world.git(&["checkout", "--quiet", "-b", "feature"]);
    std::fs::create_dir(world.dir.join("conf")).expect("a folder");
    world.git(&["mv", "environments", "terrace.toml", "conf"]);
    world.write("conf/environments/production/x.yaml", "a: 1\npassword: hunter2x\n");
    world.write("conf/terrace.toml", "version = 1\n[rules]\nplain-secret = \"off\"\n");
    world.commit("elsewhere");
    let (code, told) = run(&world, "review --base main");
    assert!(
        code == 2 && told.contains("takes the configuration here") && told.contains("-C conf/"),
        "{told}"
    );
    for format in ["text", "markdown", "json", "github", "gitlab", "junit", "sarif"] {
        let line = format!("-C conf review --base main --fail-on policy --format {format}");
        let (code, told) = run(&world, &line);
        assert!(code == 1 && told.contains("the configuration comes from the top, whose policy"), "{told}");
    }
    for stays in ["terrace.toml", "environments/README.md"] {
        world.git(&["checkout", "--quiet", "-b", &format!("without-{}", stays.len()), "main"]);
        std::fs::create_dir_all(world.dir.join("conf")).expect("a folder");
        world.git(&["mv", "environments", "conf"]);
        world.write("conf/environments/production/x.yaml", "a: 2\n");
        world.write(stays, "version = 1\n");
        world.commit("the policy stays");
        let (code, told) = run(&world, "review --base main");
        assert!(code == 2 && told.contains("takes the configuration here"), "{stays} {told}");
        let (code, told) = run(&world, "-C conf review --base main --fail-on policy");
        assert!(code == 1 && told.contains("the configuration comes from the top"), "{stays} {told}");
    }
    world.git(&["checkout", "--quiet", "-b", "gone", "main"]);
    world.git(&["rm", "-rq", "environments", "terrace.toml"]);
    world.commit("nothing left");
    assert_eq!(run(&world, "review --base main").0, 0);
}

#[test]
fn an_item_that_cannot_be_read_is_not_said_to_stay_the_same() {
    let mut world = base();
    world.git(&["checkout", "--quiet", "-b", "feature"]);
    let pointer =
        format!("version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 12\n", "a1".repeat(32));
    world.write("environments/production/x.yaml", &pointer);
    world.commit("a pointer");
    for format in ["text", "markdown"] {
        let (_, told) = run(&world, &format!("review --base main --format {format}"));
        assert!(told.contains("production: 1 item, 1 not compared") && !told.contains("no value"), "{told}");
    }
}

/// What stands in the place of a schema, or hides a folder of some, is told for the items that it may
/// describe, and none of them leaves.
#[test]
fn a_schema_that_is_hidden_stops_the_items_that_it_may_describe() {
    let schema = r#"{"properties": {"a": {"maximum": 5}}}"#;
    let mut world = World::with(&[("environments/production/other.yaml", "a: 1\n")]);
    for environment in ["development", "staging", "production"] {
        world.write(&format!("environments/{environment}/svc/pay.yaml"), "a: 99\n");
    }
    type Hide = fn(&World, &str);
    let cases: [(&str, Hide); 4] = [
        ("a link to a folder", |world, schema| {
            world.write("shared/pay.schema.json", schema);
            std::fs::create_dir_all(world.dir.join("schemas")).expect("a folder");
            symlink("../shared", world.dir.join("schemas/svc")).expect("a link");
        }),
        ("a link to the schema", |world, schema| {
            world.write("shared.json", schema);
            std::fs::create_dir_all(world.dir.join("schemas/svc")).expect("a folder");
            symlink("../../shared.json", world.dir.join("schemas/svc/pay.schema.json")).expect("a link");
        }),
        ("a folder", |world, schema| world.write("schemas/svc/pay.schema.json/one.json", schema)),
        ("an overlay", |world, schema| {
            world.write("schemas/svc/pay.production.schema.json/one.json", schema);
        }),
    ];
    for (what, hide) in cases {
        hide(&world, schema);
        world.commit(what);
        for (line, expected) in [
            ("check", 1),
            ("check svc/pay --env production", 1),
            ("export svc/pay --env production --format json", 3),
            ("export --env production --format json", 3),
            ("run svc/pay --env production -- true", 3),
            ("set svc/pay a 98 --env production", 3),
        ] {
            let (code, told) = run(&world, line);
            // A folder stops earlier, since it hides whatever was there.
            let stops = expected == code || expected == 3 && code == 2;
            assert!(stops && !told.contains("does not exist"), "{what}: {line}: {code} {told}");
            assert!(told.contains("schemas/svc"), "{what}: {line}: {told}");
        }
        assert_eq!(run(&world, "check other --env production").0, 0, "{what}");
        for part in ["schemas", "shared", "shared.json"] {
            let path = world.dir.join(part);
            let _ = std::fs::remove_dir_all(&path).or_else(|_| std::fs::remove_file(&path));
        }
    }
}

/// An item whose file is something else is not one that an environment lacks.
#[test]
fn an_item_that_is_hidden_is_not_absent() {
    for hide in ["environments/production/x.yaml", "environments/production/team"] {
        let mut world = base();
        for environment in ["development", "staging", "production"] {
            world.write(&format!("environments/{environment}/team/y.yaml"), "a: 1\n");
        }
        let path = world.dir.join(hide);
        let _ = std::fs::remove_dir_all(&path).or_else(|_| std::fs::remove_file(&path));
        symlink("/dev/null", &path).expect("a link");
        world.commit("a link");
        let told_as = format!("{hide} is a symbolic link");
        for (line, expected) in [
            ("diff staging production", 2),
            ("diff", 2),
            ("diff --format json", 2),
            ("diff HEAD~1 HEAD", 2),
            ("status", 0),
            ("list", 0),
        ] {
            let (code, told) = run(&world, line);
            assert!(code == expected && told.contains(&told_as), "{line}: {code} {told}");
            assert_eq!(told.matches(&told_as).count(), 1, "{line}: {told}");
            assert!(!told.contains("not there yet") && !told.contains("not in production"), "{line}: {told}");
        }
    }
}

#[test]
fn what_hides_items_everywhere_is_not_promoted() {
    for hidden in ["team", "x.yaml"] {
        let mut world = World::with(&[("environments/staging/y.yaml", "a: 1\n"), ("elsewhere", "a: 1\n")]);
        for environment in ["development", "staging", "production"] {
            std::fs::create_dir_all(world.dir.join(format!("environments/{environment}"))).expect("a folder");
            world.write(&format!("environments/{environment}/y.yaml"), "a: 1\n");
        }
        world.commit("y");
        assert_eq!(run(&world, "status --exit-code"), (0, "everything is promoted\n".to_owned()));
        for environment in ["development", "staging", "production"] {
            let link = world.dir.join(format!("environments/{environment}/{hidden}"));
            symlink("../../elsewhere", link).expect("a link");
        }
        world.commit("links");
        // The second time it is remembered.
        for _ in 0..2 {
            let (code, told) = run(&world, "status --exit-code");
            assert_eq!(code, 1, "{told}");
            assert_eq!(told.matches("is a symbolic link").count(), 3, "{told}");
            assert!(told.starts_with("everything that is judged is promoted\n"), "{told}");
        }
        let (code, told) = run(&world, "status --format json");
        assert!(
            code == 0 && told.contains(&format!("note: environments/staging/{hidden} is a symbolic")),
            "{told}"
        );
        for environment in ["development", "staging", "production"] {
            let link = world.dir.join(format!("environments/{environment}/{hidden}"));
            std::fs::remove_file(link).expect("removed");
        }
        world.commit("no links");
        assert_eq!(run(&world, "status --exit-code"), (0, "everything is promoted\n".to_owned()));
    }
}

#[test]
fn decisions_that_are_hidden_are_told() {
    let world = base();
    world.terrace(&["hold", "x", "a", "--env", "production", "--reason", "ours"]).exits(0);
    let folder = world.dir.join(".terrace/decisions/production/x=");
    let file =
        std::fs::read_dir(&folder).expect("a folder").next().expect("a decision").expect("a file").path();
    let text = std::fs::read_to_string(&file).expect("a decision");
    let hide: [(&str, &dyn Fn()); 3] = [
        ("is a folder, and a file is read here", &|| {
            std::fs::remove_file(&file).expect("removed");
            std::fs::create_dir(&file).expect("a folder");
            std::fs::write(file.join("y.toml"), &text).expect("written");
        }),
        ("is a file, and a folder is read here", &|| {
            std::fs::remove_dir_all(&folder).expect("removed");
            std::fs::write(&folder, &text).expect("written");
        }),
        ("is a symbolic link", &|| {
            std::fs::remove_file(&folder).expect("removed");
            symlink("elsewhere", &folder).expect("a link");
        }),
    ];
    for (what, hide) in hide {
        hide();
        world.git(&["add", "--all"]);
        world.git(&["commit", "-qm", what]);
        let (code, told) = run(&world, "hold --list");
        assert!(code == 2 && told.contains(what), "{what}: {code} {told}");
        for line in ["check", "check x --env production"] {
            let (code, told) = run(&world, line);
            let about = what.trim_start_matches("is ").split(',').next().unwrap_or(what);
            assert!(code == 1 && told.contains(about), "{what}: {line}: {code} {told}");
            assert_eq!(told.matches("error[").count(), 1, "{what}: {line}: {told}");
        }
    }
}
