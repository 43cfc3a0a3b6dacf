//! Calls of the system that fail: each k-th open, read, listing, write, rename or flush of a command.
//!
//! Who reads says the same as without the fault, or ends in another way: no other answer comes with the
//! same exit code. Who writes leaves all as it was or all as it was to be, and succeeds when it is run again.

use std::collections::BTreeMap;
use std::path::Path;

use crate::support::{KILLED, Output, World, run, shop};

/// Calls that mean the same to a program.
const READS: [&str; 4] = ["openat", "read,pread64", "getdents64", "newfstatat,statx,lstat,readlink"];
const WRITES: [&str; 5] = [
    "openat",
    "write,pwrite64,writev",
    "rename,renameat,renameat2,link,linkat",
    "fsync,fdatasync",
    "mkdir,mkdirat,unlink,unlinkat,ftruncate",
];
const ERRORS: [&str; 4] = ["EIO", "ENOSPC", "EACCES", "EINTR"];

/// How many calls of a kind are made to fail in a command; all of them with `TERRACE_FAULTS=all`.
fn sampled(count: usize) -> Vec<usize> {
    let most =
        if std::env::var_os("TERRACE_FAULTS").is_some_and(|value| value == "all") { usize::MAX } else { 4 };
    let step = count.div_ceil(most).max(1);
    (1..=count).rev().step_by(step).collect()
}

/// Runs a line under strace with these options.
fn traced(world: &World, options: &[&str], line: &str) -> Output {
    let mut command = world.command("strace");
    command
        .args(["-f", "-qq"])
        .args(options)
        .arg(env!("CARGO_BIN_EXE_terrace"))
        .args(line.split_whitespace());
    command.env("RAYON_NUM_THREADS", "1");
    run(&mut command)
}

/// How often a line makes calls of a kind, in the thread that makes most of them.
fn count(world: &World, calls: &str, line: &str) -> usize {
    let trace = world.beside("trace");
    traced(world, &["-o", trace.to_str().expect("UTF-8"), "-e", &format!("trace={calls}")], line);
    let text = String::from_utf8_lossy(&std::fs::read(trace).expect("a trace")).into_owned();
    let mut threads: BTreeMap<&str, usize> = BTreeMap::new();
    for thread in text.lines().filter(|line| !line.contains("resumed>")).filter_map(|l| l.split(' ').next()) {
        *threads.entry(thread).or_default() += 1;
    }
    threads.into_values().max().unwrap_or_default()
}

/// Runs a line in which one call fails.
fn failing(world: &World, calls: &str, error: &str, when: usize, line: &str) -> Output {
    let trace = format!("trace={calls}");
    let inject = format!("inject={calls}:error={error}:when={when}");
    traced(world, &["-o", "/dev/null", "-e", &trace, "-e", &inject], line)
}

/// A defect of ours ends with 70 or 101, a signal with none; what the loader cannot do ends with 127.
fn is_defect(output: &Output) -> bool {
    matches!(output.code, 70 | 101 | KILLED)
}

fn history() -> World {
    let mut world = shop();
    world.write(
        "schemas/pay.schema.json",
        r#"{"type": "object", "properties": {"servers": {"x-terrace": {"listKey": "name"}}}}"#,
    );
    world.write("terrace.toml", "[[pin]]\npath = \"db.pool\"\n");
    world.commit("policy");
    let text = world.read("environments/development/pay.yaml");
    world.write("environments/development/pay.yaml", &text.replace("timeout: 5s", "timeout: 8s"));
    world.commit("longer");
    world.line("hold pay timeout --env production --reason later").exits(0);
    world.line("promote pay --to staging --yes").exits(0);
    let text = world.read("environments/development/pay.yaml");
    world.write("environments/development/pay.yaml", &text.replace("port: 81", "port: 82"));
    world.commit("another port");
    world
}

#[test]
#[ignore = "needs strace"]
fn a_reader_says_the_same_or_that_it_failed() {
    let world = history();
    let (mut tried, mut told) = (0, 0);
    for line in [
        "status",
        "diff",
        "diff staging production",
        "review --base HEAD~3",
        "promote --all --to staging --dry-run",
        "log",
        "blame pay --env staging",
        "list",
        "get pay --env staging",
        "check",
        "export --env staging --format json",
        "hold --list",
    ] {
        world.line(line);
        let whole = traced(&world, &["-o", "/dev/null", "-e", "trace=none"], line);
        for calls in READS {
            for when in sampled(count(&world, calls, line)) {
                let error = ERRORS[if when % 3 == 0 { 2 } else { 0 }];
                let output = failing(&world, calls, error, when, line);
                let at = format!("{line}: {error} at {when} of {calls}");
                assert!(!is_defect(&output), "{at}: {output:?}");
                tried += 1;
                if output.code == whole.code {
                    assert_eq!(output.stdout, whole.stdout, "{at}: {}", output.stderr);
                } else {
                    let says = output.stderr.contains("error") || output.stdout.contains("error");
                    assert!(says, "{at}: {output:?}");
                    told += 1;
                }
            }
        }
    }
    assert!(told > 40, "of {tried} failing calls {told} were told: do they fail at all?");
    println!("{tried} failing calls of readers: {told} told, the others made no difference");
}

/// What a commit is made of, but for its time; and what is not committed.
fn content(world: &World) -> [String; 3] {
    let status = world.git(&["status", "--porcelain"]);
    [world.git(&["rev-parse", "HEAD^{tree}"]), world.git(&["log", "--format=%s"]), status]
}

#[test]
#[ignore = "needs strace"]
fn a_writer_leaves_all_or_nothing_and_can_be_run_again() {
    let world = history();
    let (mut tried, mut failed) = (0, 0);
    for line in [
        "set pay timeout 9s --env development --commit -m slower",
        "promote pay --to staging --yes",
        "rollback pay --env staging --yes",
        "hold pay servers --env production --reason later",
    ] {
        let before = content(&world);
        let done = world.copied();
        done.line(line).exits(0);
        let after = content(&done);
        assert_ne!(before, after, "{line}");
        for calls in WRITES {
            for when in sampled(count(&world.copied(), calls, line)) {
                let error = ERRORS[when % ERRORS.len()];
                let at = format!("{line}: {error} at {when} of {calls}");
                let trial = world.copied();
                let output = failing(&trial, calls, error, when, line);
                tried += 1;
                assert!(!is_defect(&output), "{at}: {output:?}");
                let now_head = trial.git(&["rev-parse", "HEAD"]);
                let (now, [tree, log, _]) = (content(&trial), &after);
                let is_done = now[0] == *tree && now[1] == *log;
                assert!(is_done || now[..2] == before[..2], "{at}: {now:?} {output:?}");
                if output.code != 0 {
                    failed += 1;
                    assert!(output.code == 127 || output.stderr.contains("error"), "{at}: {output:?}");
                } else {
                    assert!(is_done, "{at}: {output:?}");
                }
                if !is_done {
                    trial.line(line).exits(0);
                } else if output.code != 0 {
                    // What is committed and not yet shown is finished by whoever changes something next.
                    trial.line(line);
                    assert_eq!(content(&trial)[2], "", "{at}: {output:?}");
                    trial.git(&["reset", "--quiet", "--hard", now_head.trim()]);
                }
                assert_eq!(content(&trial), after, "{at}: {output:?}");
                let checked = run(trial.command("git").args(["fsck", "--strict", "--no-dangling"]));
                assert_eq!(checked.code, 0, "{at}: {}", checked.stderr);
                assert!(!Path::new(&trial.dir).join(".git/index.lock").exists(), "{at}");
            }
        }
    }
    assert!(failed > 20, "of {tried} failing calls {failed} were told: do they fail at all?");
    println!(
        "{tried} failing calls of writers: {failed} told; all or nothing each time, and done when run again"
    );
}
