//! Many processes at once: nothing is lost, and the history is one line.

use std::process::Child;
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
    let done = AtomicBool::new(false);
    let task = Task { count: Some(("counter.yaml".to_owned(), 2)), ..Task::default() };
    let by_git = std::thread::scope(|scope| {
        let people: Vec<_> =
            ["ann", "bob"].map(|name| scope.spawn(|| commit_until(&world, name, &done))).into();
        let end = OnDrop(&done);
        all_succeed((0..PROCESSES).map(|_| spawn(&world, &task)).collect());
        drop(end);
        people.into_iter().map(|it| it.join().expect("no trouble")).sum::<usize>()
    });
    assert_eq!(world.read("counter.yaml"), Some(format!("{}\n", 2 * PROCESSES)));
    judge(&world, 2 + 2 * PROCESSES + by_git);
    let took = start.elapsed();
    println!("door: {PROCESSES} processes beside {by_git} commits of plain git: {took:?}, 0 lost");
    assert!(by_git > 0);
}

/// Ends what goes on until it is set, also where a test fails in between.
struct OnDrop<'a>(&'a AtomicBool);

impl Drop for OnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A person who commits their own file again and again, trying again when git is busy.
fn commit_until(world: &World, name: &str, done: &AtomicBool) -> usize {
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
        while !commit() {
            std::thread::sleep(std::time::Duration::from_millis(3));
        }
        made += 1;
        assert_eq!(world.git(&["log", "--format=%s", "-1", "--", &path]), message);
    }
    made
}
