//! What is there and cannot be looked at is no absence: one file at a time is refused to a command, which
//! names it or the place, changes nothing, and never answers as if there were no such file.

use std::path::Path;

use crate::support::{Output, World, run, shop};

/// Ways to look at a file.
const OPEN: &str = "openat";
const STAT: &str = "newfstatat,statx,lstat,readlink,faccessat2";

/// Runs a line to which one file is refused.
fn refused(world: &World, file: &str, calls: &str, line: &str) -> Output {
    let mut command = world.command("strace");
    command.args(["-f", "-qq", "-o", "/dev/null", "-P"]).arg(world.dir.join(file));
    command.args(["-e", &format!("trace={calls}"), "-e", &format!("inject={calls}:error=EACCES")]);
    run(command.arg(env!("CARGO_BIN_EXE_terrace")).args(line.split_whitespace()))
}

fn world() -> World {
    let mut world = shop();
    world.write("lefthook.yml", "pre-push: {}\n");
    world.write("terrace.toml", "version = 1\n");
    std::os::unix::fs::symlink("pay.yaml", world.dir.join("environments/staging/linked.yaml"))
        .expect("a link");
    world.commit("more");
    world.write(".git/hooks/pre-commit", "#!/bin/sh\nmake test\n");
    world.write(".git/info/attributes", "*.png binary\n");
    world
}

#[test]
#[ignore = "needs strace"]
fn a_file_that_cannot_be_looked_at_is_not_taken_for_absent() {
    let world = world();
    let set = "set pay timeout 9s --env development --commit";
    let before = world.state();
    let kept = || [".git/hooks/pre-commit", ".git/info/attributes", ".git/config"].map(|it| world.read(it));
    let integration = kept();
    let mut tried = 0;
    for (file, named, opens, looks) in [
        (".git", ".git", &[][..], &["status", "check", set][..]),
        (".git/HEAD", ".git", &["status", "log", set], &["status", "log", set]),
        (
            ".git/refs/heads/main",
            "main",
            &["status", "promote pay --to staging --yes", set],
            &["status", set],
        ),
        (".git/config", ".git/config", &["status", set], &["status", set]),
        (".git/index", "index", &["check --staged", "status", set], &["status", set]),
        ("terrace.toml", "terrace.toml", &["check"], &["check"]),
        ("environments", "environments", &["check", "list"], &["check", "list"]),
        ("environments/staging", "environments/staging", &["check", "list"], &["check", "list"]),
        ("environments/staging/pay.yaml", "pay.yaml", &["check", "get pay --env staging"], &["check"]),
        ("lefthook.yml", "lefthook.yml", &["hooks status", "hooks install --yes"], &["hooks status"]),
        (".git/info/attributes", "attributes", &["hooks status", "hooks install --yes"], &[]),
    ] {
        for (calls, lines) in [(OPEN, opens), (STAT, looks)] {
            for line in lines {
                let said = refused(&world, file, calls, line);
                let at = format!("{line} without {file} ({calls})");
                assert_eq!(said.code, 2, "{at}: {}", said.told());
                let is_told = said.stderr.starts_with("error: ") && said.stderr.contains("\nhelp: ");
                assert!(is_told && said.stderr.contains(named), "{at}: {}", said.told());
                assert_eq!(world.state(), before, "{at} changed something");
                tried += 1;
            }
        }
    }
    assert_eq!(kept(), integration);
    println!("{tried} times one file was refused to a command: told each time, and nothing changed");
}

#[test]
#[ignore = "needs strace"]
fn a_hook_that_cannot_be_read_is_not_written_over() {
    let world = shop();
    world.write(".git/hooks/pre-commit", "#!/bin/sh\nmake test\n");
    for line in ["hooks status", "hooks install --yes", "hooks uninstall --yes"] {
        let said = refused(&world, ".git/hooks/pre-commit", OPEN, line);
        assert!(said.code == 2 && said.stderr.contains("pre-commit"), "{line}: {}", said.told());
        assert_eq!(world.read(".git/hooks/pre-commit"), "#!/bin/sh\nmake test\n");
    }
}

/// The link of a commit whose text is gone is no file, and no absence.
#[test]
fn what_a_commit_names_and_the_clone_lacks_is_told() {
    let mut world = World::with(&[("flat/pay.yaml", "a: 1\n"), ("flat/mail.yaml", "a: 2\n")]);
    std::os::unix::fs::symlink("pay.yaml", world.dir.join("flat/linked.yaml")).expect("a link");
    world.commit("a link");
    let id = world.git(&["rev-parse", "HEAD:flat/linked.yaml"]);
    let (folder, name) = id.trim().split_at(2);
    std::fs::remove_file(world.dir.join(".git/objects").join(folder).join(name)).expect("an object");
    let before = std::fs::read_dir(world.dir.join("flat")).expect("a folder").count();
    let said = world.line("migrate flat --yes");
    assert_eq!(said.code, 2, "{}", said.told());
    assert!(said.stderr.contains("error: cannot read") && said.stderr.contains("help: "), "{}", said.told());
    assert_eq!(std::fs::read_dir(world.dir.join("flat")).expect("a folder").count(), before);
    assert!(!Path::new(&world.dir).join("environments").exists());
}

/// A folder in the place of git's own files is a repository that cannot be read, and not a place without
/// one.
#[test]
fn a_folder_in_the_place_of_a_file_is_told() {
    for (file, line, code, says) in [
        (".git/HEAD", "status", 2, ".git cannot be read"),
        (".git/index", "check --staged", 2, ".git/index: Is a directory"),
        ("terrace.toml", "check", 1, "error[symlink]: this is a folder, and a file is read here"),
    ] {
        let world = shop();
        let _ = std::fs::remove_file(world.dir.join(file));
        std::fs::create_dir(world.dir.join(file)).expect("a folder");
        let said = world.line(line);
        assert_eq!(said.code, code, "{file}: {}", said.told());
        assert!(said.told().contains(says) && said.told().contains("help: "), "{file}: {}", said.told());
    }
}

#[test]
fn a_folder_in_the_place_of_a_file_of_gits_is_not_taken_for_absence() {
    for name in ["config", "packed-refs", "commondir"] {
        let world = world();
        let place = world.dir.join(".git").join(name);
        let _ = std::fs::remove_file(&place);
        std::fs::create_dir(&place).expect("a folder");
        for line in
            ["status", "promote pay --to staging --yes", "set pay timeout 9s --env development --commit"]
        {
            let run = world.line(line);
            assert_eq!(run.code, 2, "{line} without {name}: {}", run.told());
            assert!(
                run.stderr.starts_with("error: ") && run.stderr.contains("\nhelp: "),
                "{name}: {}",
                run.told()
            );
        }
    }
}
