//! System calls that fail: strace lets one call after another of the built binary fail, libgit2's as
//! well as ours. Who only reads either says the same as ever or fails; who writes leaves the old state
//! or the new, and the same command again works by itself.
//!
//! The points are sampled evenly; `TERRACE_FAULTS=all` takes every one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::support::{Output, World, run};

const OPEN: &str = "openat";
const READ: &str = "read,pread64";
const LIST: &str = "getdents64";
const WRITE: &str = "write,pwrite64,writev";
const RENAME: &str = "rename,renameat,renameat2,link,linkat";
const SYNC: &str = "fsync,fdatasync";

/// What can fail for who reads, and how.
const READING: [(&str, &str); 5] =
    [(OPEN, "EIO"), (OPEN, "EACCES"), (READ, "EIO"), (READ, "EINTR"), (LIST, "EIO")];
/// What can fail for who writes, and how.
const WRITING: [(&str, &str); 8] = [
    (OPEN, "EIO"),
    (OPEN, "EACCES"),
    (OPEN, "ENOSPC"),
    (READ, "EIO"),
    (WRITE, "ENOSPC"),
    (WRITE, "EINTR"),
    (RENAME, "EIO"),
    (SYNC, "EIO"),
];

const READERS: [&str; 10] = [
    "status",
    "diff staging production",
    "review --base HEAD~1",
    "promote pay --to production --dry-run",
    "log pay",
    "blame pay --env staging",
    "list",
    "get pay timeout --env staging",
    "check",
    "export pay --env staging --format json",
];
const WRITERS: [&str; 3] = [
    "promote pay --to production --yes",
    "set pay db.pool 11 --env staging --commit",
    "hold pay db.pool --env production --reason why",
];

/// A promotion that is due.
fn world() -> World {
    let pay = |host: &str, timeout: u32| format!("db:\n  host: {host}\n  pool: 10\ntimeout: {timeout}s\n");
    let mut world = World::with(&[
        ("terrace.toml", "version = 1\n"),
        ("environments/development/pay.yaml", &pay("db.dev.example.com", 5)),
        ("environments/staging/pay.yaml", &pay("db.stg.example.com", 5)),
        ("environments/production/pay.yaml", &pay("db.example.com", 5)),
    ]);
    world.write("environments/staging/pay.yaml", &pay("db.stg.example.com", 8));
    world.commit("raise the timeout");
    world
}

/// Runs a line below strace, which writes down these calls and lets the chosen ones fail.
fn traced(world: &World, calls: &str, fault: Option<&str>, line: &str) -> (Output, String) {
    let log = world.beside("strace");
    let mut command = world.command("strace");
    command.args(["-f", "-y", "-qq", "-o"]).arg(&log).args(["-e", &format!("trace={calls}")]);
    if let Some(fault) = fault {
        command.args(["-e", &format!("inject={calls}:{fault}")]);
    }
    command.env("RAYON_NUM_THREADS", "1").arg(env!("CARGO_BIN_EXE_terrace")).args(line.split(' '));
    let output = run(&mut command);
    let log = std::fs::read(&log).expect("strace needs the right to trace (ptrace)");
    (output, String::from_utf8_lossy(&log).into_owned())
}

/// Whether a line of strace is of a file in the world.
fn is_ours(line: &str, world: &World) -> bool {
    world
        .dir
        .to_str()
        .is_some_and(|dir| line.contains(&format!("<{dir}/")) || line.contains(&format!("\"{dir}/")))
}

/// The numbers, within their threads, of the calls that touch the world's files.
fn points(log: &str, world: &World) -> Vec<usize> {
    let mut calls = BTreeMap::<&str, usize>::new();
    let mut points = BTreeSet::new();
    for line in log.lines().filter(|line| line.contains('(') && !line.contains(" resumed>")) {
        let count = calls.entry(line.split(' ').next().unwrap_or_default()).or_default();
        *count += 1;
        if is_ours(line, world) {
            points.insert(*count);
        }
    }
    points.into_iter().collect()
}

/// Some of the points, from first to last, or all where that is asked for.
fn sampled(points: &[usize], wanted: usize) -> Vec<usize> {
    if std::env::var_os("TERRACE_FAULTS").is_some() || points.len() <= wanted {
        return points.to_vec();
    }
    (0..wanted).map(|n| points[n * (points.len() - 1) / (wanted - 1).max(1)]).collect()
}

/// Which call was made to fail, if it was one of ours.
fn failed<'a>(log: &'a str, world: &World) -> Option<&'a str> {
    log.lines().find(|line| line.contains("(INJECTED)")).filter(|line| is_ours(line, world))
}

#[test]
#[ignore = "needs strace"]
fn a_reader_whose_files_cannot_be_read_says_the_same_or_fails() {
    let (mut same, mut refused, mut wrong) = (0, 0, Vec::new());
    for line in READERS {
        let world = world();
        let (good, _) = traced(&world, OPEN, None, line);
        for (calls, error) in READING {
            let (_, log) = traced(&world, calls, None, line);
            for point in sampled(&points(&log, &world), 3) {
                let (output, log) = traced(&world, calls, Some(&format!("error={error}:when={point}")), line);
                let Some(call) = failed(&log, &world) else { continue };
                if output.code == good.code && output.stdout == good.stdout {
                    same += 1;
                } else if output.code == 2 && output.stderr.contains("error: ") {
                    refused += 1;
                } else {
                    wrong.push(format!("terrace {line}\n{error} of {call}\n{}", output.told()));
                }
            }
        }
    }
    println!("faults of reading: {same} without effect, {refused} told, {} wrong", wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(refused >= 40, "only {refused} faults were felt");
}

#[test]
#[ignore = "needs strace"]
fn a_writer_that_fails_leaves_the_old_state_or_the_new() {
    let (mut done, mut refused) = (0, 0);
    for line in WRITERS {
        for (calls, error) in WRITING {
            let (_, log) = {
                let world = world();
                let (output, log) = traced(&world, calls, None, line);
                assert_eq!(output.code, 0, "{}", output.told());
                (output, points(&log, &world))
            };
            for point in sampled(&log, 2) {
                let world = world();
                let old = world.git(&["rev-parse", "HEAD"]);
                let fault = format!("error={error}:when={point}");
                let (output, log) = traced(&world, calls, Some(&fault), line);
                let Some(call) = failed(&log, &world) else { continue };
                let case = format!("terrace {line}\n{error} of {call}\n{}", output.told());
                match output.code {
                    0 => done += 1,
                    2 => refused += 1,
                    _ => panic!("{case}"),
                }
                whole(&world, &old, line, &case);
            }
        }
    }
    println!("faults of writing: {done} without effect, {refused} told");
    assert!(refused >= 15, "only {refused} faults were felt");
}

/// The repository is sound and as it was or one commit further, and becomes the latter by the same
/// command again.
fn whole(world: &World, old: &str, line: &str, case: &str) {
    world.git(&["fsck", "--strict", "--no-dangling"]);
    let head = world.git(&["rev-parse", "HEAD"]);
    if head == old {
        let again = world.line(line);
        assert_eq!(again.code, 0, "{case}\nagain: {}", again.told());
    } else {
        // Who comes next completes what the branch says already.
        world.line("promote pay --to production --dry-run");
        world.line(line);
    }
    assert_eq!(world.git(&["rev-parse", "HEAD~1"]), old, "one commit: {case}");
    assert_eq!(world.git(&["status", "--porcelain"]), "", "{case}");
    world.git(&["fsck", "--strict", "--no-dangling"]);
    assert!(!Path::new(&world.dir.join(".git/index.lock")).exists(), "{case}");
}
