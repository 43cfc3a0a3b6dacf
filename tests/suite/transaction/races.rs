//! Many processes at once: nothing is lost, and the history is one line.

use std::process::Child;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use super::child::Task;
use super::world::World;

const PROCESSES: usize = 16;

fn spawn(world: &World, task: &Task) -> Child {
    task.command(world).spawn().expect("the child runs")
}

fn all_succeed(children: Vec<Child>) {
    for child in children {
        let output = child.wait_with_output().expect("waited");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// One line of commits, so many, and a clean work tree.
fn judge(world: &World, commits: usize) {
    world.fsck();
    assert_eq!(world.git(&["rev-list", "--count", "HEAD"]), commits.to_string());
    assert_eq!(world.git(&["rev-list", "--count", "--first-parent", "HEAD"]), commits.to_string());
    assert_eq!(world.git(&["status", "--porcelain"]), "");
    assert_eq!(world.litter(), Vec::<String>::new());
}

#[test]
fn different_files() {
    let (world, start) = (World::new(), Instant::now());
    let path = |n: usize| format!("environments/production/team-{}/service-{n}.yaml", n % 4);
    let task = |n: usize| Task::publish(&[(path(n).as_str(), Some(format!("n: {n}\n").as_str()))]);
    all_succeed((0..PROCESSES).map(|n| spawn(&world, &task(n))).collect());
    for n in 0..PROCESSES {
        assert_eq!(world.read(&path(n)), Some(format!("n: {n}\n")));
    }
    judge(&world, 1 + PROCESSES);
    println!("door: {PROCESSES} processes, different files: {:?}, 0 lost", start.elapsed());
}

#[test]
fn one_counter() {
    let (world, start) = (World::new(), Instant::now());
    world.write("counter.yaml", "0\n");
    world.git(&["add", "."]);
    world.git(&["commit", "-qm", "counter"]);
    let task = Task { count: Some(("counter.yaml".to_owned(), 3)), ..Task::default() };
    all_succeed((0..PROCESSES).map(|_| spawn(&world, &task)).collect());
    assert_eq!(world.read("counter.yaml"), Some(format!("{}\n", 3 * PROCESSES)));
    judge(&world, 2 + 3 * PROCESSES);
    println!(
        "door: {PROCESSES} processes, one counter, {} steps: {:?}, 0 lost",
        3 * PROCESSES,
        start.elapsed()
    );
}

#[test]
fn beside_plain_git() {
    let (world, start) = (World::new(), Instant::now());
    for path in ["counter.yaml", "ann.txt", "bob.txt"] {
        world.write(path, "0\n");
    }
    world.git(&["add", "."]);
    world.git(&["commit", "-qm", "counter"]);
    let (turn, done) = (Mutex::new(()), AtomicBool::new(false));
    let task = Task { count: Some(("counter.yaml".to_owned(), 2)), mends: true, ..Task::default() };
    let by_git = std::thread::scope(|scope| {
        let people: Vec<_> =
            ["ann", "bob"].map(|name| scope.spawn(|| commit_until(&world, name, &turn, &done))).into();
        let end = OnDrop(&done);
        all_succeed((0..PROCESSES).map(|_| spawn(&world, &task)).collect());
        drop(end);
        people.into_iter().map(|it| it.join().expect("no trouble")).sum::<usize>()
    });
    // `git commit` reads the index before it locks it: one that sleeps there while others commit writes
    // back the index from before them, and may commit it.
    let by_itself = taken_back(&world);
    assert!(by_itself.len() <= 2, "{by_itself:?}");
    let _ = world.try_git(&["restore", "--staged", "--worktree", "."]);
    assert_eq!(world.git(&["log", "--format=%s", "--grep", "^publish$"]).lines().count(), 2 * PROCESSES);
    if by_itself.is_empty() {
        assert_eq!(world.read("counter.yaml"), Some(format!("{}\n", 2 * PROCESSES)));
    }
    judge(&world, 2 + 2 * PROCESSES + by_git);
    let took = start.elapsed();
    println!("door: {PROCESSES} processes beside {by_git} commits of plain git: {took:?}, 0 lost");
    assert!(by_git > 0);
}

/// The commits that changed another file than their own: those of terrace change the counter by one,
/// those of people their own file.
fn taken_back(world: &World) -> Vec<String> {
    let listed = world.git(&["log", "--first-parent", "--format=%H %s"]);
    let mut found = Vec::new();
    for line in listed.lines() {
        let (commit, subject) = line.split_once(' ').expect("two words");
        let own = match subject.split_once(' ') {
            _ if subject == "publish" => "counter.yaml",
            Some(("ann", _)) => "ann.txt",
            Some(("bob", _)) => "bob.txt",
            _ => continue,
        };
        let changed = world.git(&["diff-tree", "--no-commit-id", "--name-only", "-r", commit]);
        if subject == "publish" {
            let number = |at: &str| -> usize {
                world.git(&["cat-file", "blob", &format!("{at}:counter.yaml")]).parse().expect("a number")
            };
            assert_eq!(changed, own);
            assert_eq!(number(commit), number(&format!("{commit}^")) + 1, "{line}");
        } else if changed != own {
            found.push(line.to_owned());
        }
    }
    found
}

/// Ends what goes on until it is set, also where a test fails in between.
struct OnDrop<'a>(&'a AtomicBool);

impl Drop for OnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A person who commits their own file again and again, trying again when git is busy.
/// One person at a time, for two gits take each other's commits back by themselves.
fn commit_until(world: &World, name: &str, turn: &Mutex<()>, done: &AtomicBool) -> usize {
    let path = format!("{name}.txt");
    let mut made = 0;
    while !done.load(Ordering::Relaxed) {
        let message = format!("{name} {made}");
        world.write(&path, &format!("{message}\n"));
        // Ann commits what she staged, Bob commits his file whatever is staged.
        let commit = || match name {
            "ann" => {
                world.try_git(&["add", &path]).status.success()
                    && world.try_git(&["commit", "-qm", &message]).status.success()
            }
            _ => world.try_git(&["commit", "-qm", &message, "--", &path]).status.success(),
        };
        while !turn.lock().is_ok_and(|_held| commit()) {
            std::thread::sleep(std::time::Duration::from_millis(3));
        }
        made += 1;
        assert_eq!(world.git(&["log", "--format=%s", "-1", "--", &path]), message);
    }
    made
}
