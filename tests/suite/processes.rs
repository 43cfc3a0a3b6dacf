//! Many processes at once, on different items, one file, one path, and beside git: what ends with 0 is in
//! history exactly once, and nothing else is lost.
//!
//! 16 processes; `TERRACE_PROCESSES=64` for more.

use std::collections::BTreeMap;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::{World, asked_for};

pub(crate) fn processes() -> usize {
    asked_for("TERRACE_PROCESSES", 16)
}

/// Starts `set`, which commits one value under a message of its own.
pub(crate) fn set(world: &World, key: &str, path: &str, number: usize) -> Child {
    let (value, message) = (number.to_string(), format!("set {number}"));
    let mut command = world.command(env!("CARGO_BIN_EXE_terrace"));
    command.args(["set", key, path, &value, "--env", "staging", "--commit", "--message", &message]);
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("terrace runs")
}

/// Waits for all; the numbers of those that were done. Who was not done says so and how.
pub(crate) fn done(children: Vec<Child>) -> Vec<usize> {
    let ended = children.into_iter().enumerate().map(|(number, child)| {
        let output = child.wait_with_output().expect("an end");
        let says = String::from_utf8_lossy(&output.stderr).into_owned();
        match output.status.code() {
            Some(0) => Some(number),
            Some(2..=4) if says.starts_with("error: ") && says.contains("help: ") => None,
            code => panic!("process {number}: {code:?} {says}"),
        }
    });
    let all: Vec<Option<usize>> = ended.collect();
    let done: Vec<usize> = all.iter().copied().flatten().collect();
    println!("{} processes, {} done, the others refused", all.len(), done.len());
    assert!(done.len() * 2 > all.len(), "of {} processes only {} were done", all.len(), done.len());
    done
}

/// Each commit's subject and the files that it changed, the newest first; one line of history.
pub(crate) fn history(world: &World) -> Vec<(String, Vec<String>)> {
    assert_eq!(world.git(&["rev-list", "--merges", "--count", "HEAD"]).trim(), "0");
    let log = world.git(&["log", "--format=%x01%s", "--name-only"]);
    let commit = |text: &str| {
        let mut lines = text.lines().filter(|line| !line.is_empty()).map(str::to_owned);
        (lines.next().unwrap_or_default(), lines.collect())
    };
    log.split('\u{1}').skip(1).map(commit).collect()
}

/// Exactly these are committed, each once and with its own file alone.
pub(crate) fn each_is_there_once(world: &World, done: &[usize], file: impl Fn(usize) -> String) {
    let mut commits: BTreeMap<String, Vec<Vec<String>>> = BTreeMap::new();
    for (subject, files) in history(world).into_iter().filter(|(subject, _)| subject.starts_with("set ")) {
        commits.entry(subject).or_default().push(files);
    }
    let wanted: BTreeMap<String, Vec<Vec<String>>> =
        done.iter().map(|number| (format!("set {number}"), vec![vec![file(*number)]])).collect();
    assert_eq!(commits, wanted);
    world.git(&["fsck", "--strict", "--no-dangling"]);
    assert!(!world.dir.join(".git/index.lock").exists());
}

fn item(number: usize) -> String {
    format!("environments/staging/items/i{number}.yaml")
}

/// As many items as there are processes, an item of all, and a person's file.
fn world() -> World {
    let items: Vec<String> = (0..processes()).map(item).collect();
    let mut files: Vec<(&str, &str)> = items.iter().map(|path| (path.as_str(), "a: x\n")).collect();
    files.extend([("environments/staging/app.yaml", "a: x\n"), ("notes.txt", "old\n")]);
    World::with(&files)
}

#[test]
fn different_items() {
    let world = world();
    let done = done((0..processes()).map(|n| set(&world, &format!("items/i{n}"), "a", n)).collect());
    each_is_there_once(&world, &done, item);
    for number in &done {
        assert_eq!(world.read(&item(*number)), format!("a: {number}\n"));
    }
    assert_eq!(world.git(&["status", "--porcelain"]), "");
}

#[test]
fn one_file() {
    let world = world();
    let done = done((0..processes()).map(|n| set(&world, "app", &format!("k{n}"), n)).collect());
    each_is_there_once(&world, &done, |_| "environments/staging/app.yaml".to_owned());
    let text = world.read("environments/staging/app.yaml");
    assert_eq!(text.lines().count(), done.len() + 1, "{text}");
    assert!(done.iter().all(|n| text.contains(&format!("k{n}: {n}\n"))), "{text}");
    assert_eq!(world.git(&["status", "--porcelain"]), "");
}

#[test]
fn one_path() {
    let world = world();
    let done = done((0..processes()).map(|n| set(&world, "app", "a", n)).collect());
    each_is_there_once(&world, &done, |_| "environments/staging/app.yaml".to_owned());
    // Each commit has the value of its message, and the last one stands.
    for (back, (subject, _)) in history(&world).iter().take(done.len()).enumerate() {
        let text = world.git(&["show", &format!("HEAD~{back}:environments/staging/app.yaml")]);
        assert_eq!(subject.replace("set ", "a: "), text.trim());
    }
    assert_eq!(world.git(&["status", "--porcelain"]), "");
}

/// Ends what goes on until it is set, also where a test fails in between.
struct OnDrop<'a>(&'a AtomicBool);

impl Drop for OnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A person commits their own file meanwhile, and git collects garbage.
#[test]
fn beside_git_commit_and_git_gc() {
    let (world, end) = (world(), AtomicBool::new(false));
    let is_on = || !end.load(Ordering::Relaxed);
    let succeeds = |arguments: &[&str]| {
        // Somebody else's lock is no failure of git's.
        world.command("git").args(arguments).output().expect("git").status.success()
    };
    let (done, by_hand, collected) = std::thread::scope(|scope| {
        let commits = scope.spawn(|| {
            let (mut made, mut number) = (Vec::new(), 0);
            while is_on() {
                number += 1;
                world.put("notes.txt", &format!("{number}\n"));
                let message = format!("by hand {number}");
                if succeeds(&["commit", "--quiet", "--message", &message, "--", "notes.txt"]) {
                    made.push(message);
                }
            }
            made
        });
        let collections = scope.spawn(|| {
            let mut times = 0;
            while is_on() {
                times += usize::from(succeeds(&["gc", "--quiet"]));
            }
            times
        });
        let ends = OnDrop(&end);
        let done = done((0..processes()).map(|n| set(&world, &format!("items/i{n}"), "a", n)).collect());
        drop(ends);
        (done, commits.join().expect("no trouble"), collections.join().expect("no trouble"))
    });
    each_is_there_once(&world, &done, item);
    // `git commit` reads the index before it locks it, and may so commit an older one: its own doing.
    let commits = history(&world);
    let theirs: Vec<_> = commits.iter().filter(|(subject, _)| subject.starts_with("by hand ")).collect();
    let subjects: Vec<&String> = theirs.iter().rev().map(|(subject, _)| subject).collect();
    assert_eq!(subjects, by_hand.iter().collect::<Vec<_>>());
    let swept = theirs.iter().filter(|(_, files)| **files != ["notes.txt".to_owned()]).count();
    println!("beside {} commits of git, {swept} of an older index, and {collected} of git gc", by_hand.len());
    assert!(swept <= 2 && !by_hand.is_empty() && collected > 0, "{theirs:?}");
    if swept == 0 {
        for number in &done {
            let committed = world.git(&["show", &format!("HEAD:{}", item(*number))]);
            assert_eq!(committed, format!("a: {number}\n"));
        }
    }
}
