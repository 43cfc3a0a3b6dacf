//! The built binary is killed at moments drawn at random, between its start and the end of a run that
//! nobody disturbs. What is left is whole: the old state or the new, and the same command again ends with
//! the change made once.
//!
//! 50 kills in all, a server's among them (`serve::kills`); `TERRACE_KILLS=1000` for the long run.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::{World, asked_for};

/// A sixth of all kills: five commands and the server have one each.
pub(crate) fn kills() -> usize {
    asked_for("TERRACE_KILLS", 50).div_ceil(6)
}

/// Moments that are drawn the same on every run (`SplitMix64`).
pub(crate) struct Moments(u64);

impl Moments {
    pub(crate) const fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// A moment before this one.
    pub(crate) fn before(&mut self, end: Duration) -> Duration {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let nanoseconds = u64::try_from(end.as_nanos()).expect("no century").max(1);
        Duration::from_nanos((mixed ^ (mixed >> 31)) % nanoseconds)
    }
}

/// Something to promote, to take back, to hold and to migrate, beside a colleague's work.
fn world() -> World {
    let pay = ("timeout: 5s   # kept\nport: 80\n", "timeout: 8s   # kept\nport: 80\n");
    let mut files = vec![
        ("environments/development/pay.yaml", pay.0),
        ("environments/staging/pay.yaml", pay.0),
        ("environments/production/pay.yaml", pay.0),
        ("environments/staging/other.yaml", "a: 1\n"),
        ("notes.txt", "old\n"),
    ];
    let flat: Vec<String> = (0..6).map(|number| format!("flat/s{number}.yaml")).collect();
    files.extend(flat.iter().map(|path| (path.as_str(), "n: 1\n")));
    let mut world = World::with(&files);
    world.write("environments/development/pay.yaml", pay.1);
    world.commit("longer");
    world.line("promote pay --to staging --yes").exits(0);
    world.write("notes.txt", "dirty\n");
    world.write("environments/staging/other.yaml", "a: 2\n");
    world.git(&["add", "environments/staging/other.yaml"]);
    world.write("untracked.txt", "mine\n");
    world
}

/// What a repository holds: what is committed, what is staged, and the files.
#[derive(Debug, PartialEq, Eq)]
struct Held {
    committed: [String; 2],
    staged: String,
    files: BTreeMap<String, Vec<u8>>,
}

impl Held {
    fn by(world: &World) -> Self {
        let mut files = world.state();
        files.retain(|name, _| !name.starts_with("git "));
        let below = format!("{}/", world.dir.display());
        Self {
            committed: [world.git(&["rev-parse", "HEAD^{tree}"]), world.git(&["log", "--format=%s"])],
            staged: world.git(&["ls-files", "--stage"]),
            files: files.into_iter().map(|(path, text)| (path.replace(&below, ""), text)).collect(),
        }
    }
}

/// Runs a line and kills it after this time; whether it was still there.
fn is_killed(world: &World, line: &str, after: Duration) -> bool {
    let mut command = world.command(env!("CARGO_BIN_EXE_terrace"));
    command.args(line.split_whitespace()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().expect("terrace runs");
    std::thread::sleep(after);
    child.kill().expect("a process");
    child.wait().expect("an end").code().is_none()
}

/// The longest of three runs that nobody disturbs, and what they leave.
fn undisturbed(world: &World, line: &str) -> (Duration, Held) {
    let runs = (0..3).map(|_| {
        let world = world.copied();
        let start = Instant::now();
        world.line(line).exits(0);
        (start.elapsed(), Held::by(&world))
    });
    runs.max_by_key(|(took, _)| *took).expect("three runs")
}

/// Kills a command again and again; `again` is its exit code where the change is made already.
fn kill(seed: u64, line: impl Fn(&World) -> String, again: i32) {
    let template = world();
    let line = line(&template);
    let old = Held::by(&template);
    let (mut length, new) = undisturbed(&template, &line);
    assert_ne!(old.committed, new.committed, "{line}");
    let mut moments = Moments::seeded(seed);
    let (mut killed, mut done, mut open) = (0, 0, 0);
    for number in 0..kills() {
        let after = moments.before(length);
        let at = format!("{line}: kill {number}, after {after:?} of {length:?}");
        let world = template.copied();
        match is_killed(&world, &line, after) {
            true => killed += 1,
            // It was slower when nobody disturbed it than it is now.
            false => length = after,
        }
        world.git(&["fsck", "--strict", "--no-dangling"]);
        let left = Held::by(&world);
        let is_done = left.committed == new.committed;
        assert!(is_done || left.committed == old.committed, "{at}: {left:?}");
        assert!(left.staged == old.staged || left.staged == new.staged, "{at}: {left:?}");
        for path in old.files.keys().chain(new.files.keys()) {
            let is_known =
                left.files.get(path) == old.files.get(path) || left.files.get(path) == new.files.get(path);
            assert!(is_known, "{at}: {path} is neither old nor new");
        }
        done += usize::from(is_done);
        let is_whole = left == old || left == new;
        open += usize::from(!is_whole || world.dir.join(".git/index.lock").exists());
        let said = world.line(&line);
        assert_eq!(said.code, if is_done { again } else { 0 }, "{at}: {}", said.told());
        assert_eq!(Held::by(&world), new, "{at}: {}", said.told());
        assert!(!world.dir.join(".git/index.lock").exists(), "{at}");
        world.git(&["fsck", "--strict", "--no-dangling"]);
    }
    let command = line.split(' ').next().unwrap_or_default();
    println!(
        "{command}: {} kills within {length:?}: {killed} while it ran, {done} with the commit made, {open} with \
         something left to mend; the change is made once each time",
        kills()
    );
    assert!(killed * 4 >= kills(), "{line}: only {killed} kills came before the end");
}

#[test]
fn a_promotion_killed_at_any_moment_is_made_once() {
    kill(1, |_| "promote pay --to production --yes".to_owned(), 0);
}

#[test]
fn a_value_set_and_killed_at_any_moment_is_committed_once() {
    kill(2, |_| "set pay port 90 --env development --commit -m port".to_owned(), 0);
}

#[test]
fn a_rollback_killed_at_any_moment_is_made_once() {
    let line = |world: &World| {
        let before = world.git(&["rev-parse", "HEAD~1"]);
        format!("rollback pay --env staging --yes --to {}", before.trim())
    };
    kill(3, line, 0);
}

#[test]
fn a_hold_killed_at_any_moment_is_made_once() {
    kill(4, |_| "hold pay port --env production --reason later".to_owned(), 0);
}

#[test]
fn a_migration_killed_at_any_moment_is_made_once() {
    kill(5, |_| "migrate flat --yes".to_owned(), 2);
}
