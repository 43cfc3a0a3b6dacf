//! The built binary is killed at every step of a promotion, with a colleague's staged, dirty and
//! untracked files lying around; plain git judges, and the same command again works by itself.
//!
//! The steps are those of the feature `kill-points`; without it there are none, and the test is ignored.

use crate::support::{KILLED, World};

/// A promotion that is due, beside a colleague's work.
fn world() -> World {
    let mut world = World::with(&[
        ("environments/staging/app.yaml", "timeout: 5s\n"),
        ("environments/production/app.yaml", "timeout: 5s   # kept\n"),
        ("environments/staging/other.yaml", "a: 1\n"),
        ("notes.txt", "old\n"),
    ]);
    world.write("environments/staging/app.yaml", "timeout: 8s\n");
    world.commit("raise the timeout");
    world.write("notes.txt", "dirty\n");
    world.write("environments/staging/other.yaml", "a: 2\n");
    world.git(&["add", "environments/staging/other.yaml"]);
    world.write("untracked.txt", "mine\n");
    world
}

const PROMOTE: &str = "promote app --to production --yes";

#[test]
#[cfg_attr(not(feature = "kill-points"), ignore = "needs the feature kill-points")]
fn a_promotion_killed_at_any_step_leaves_the_old_state_or_the_new() {
    let mut killed = 0;
    for step in steps() {
        let mut world = world();
        let old = world.git(&["rev-parse", "HEAD"]);
        world.variables.push(("TERRACE_KILL_AT".to_owned(), (*step).to_owned()));
        let died = world.line(PROMOTE);
        world.variables.clear();
        killed += usize::from(died.code == KILLED);
        world.git(&["fsck", "--strict", "--no-dangling"]);
        let head = world.git(&["rev-parse", "HEAD"]);
        let parent = world.git(&["rev-parse", "HEAD~1"]);
        assert!(head == old || parent == old, "{step}: HEAD is neither old nor new");
        let file = world.read("environments/production/app.yaml");
        assert!(
            ["timeout: 5s   # kept\n", "timeout: 8s   # kept\n"].contains(&file.as_str()),
            "{step}: {file}"
        );

        let again = world.line(PROMOTE);
        assert_eq!(again.code, 0, "{step}: {}", again.told());
        assert_eq!(world.git(&["rev-parse", "HEAD~1"]), old, "{step}: one commit");
        assert_eq!(world.read("environments/production/app.yaml"), "timeout: 8s   # kept\n", "{step}");
        let status = "M  environments/staging/other.yaml\n M notes.txt\n?? untracked.txt\n";
        assert_eq!(world.git(&["status", "--porcelain"]), status, "{step}");
        world.git(&["fsck", "--strict", "--no-dangling"]);
    }
    println!("the binary was killed {killed} times, at {} steps; broken rules: 0", steps().len());
    assert!(killed > 12, "only {killed} steps were reached");
}

/// So many files that their objects are one pack, and that they are moved instead of written.
#[test]
#[cfg_attr(not(feature = "kill-points"), ignore = "needs the feature kill-points")]
fn many_files_moved_at_once_are_all_old_or_all_new_wherever_it_is_killed() {
    const FILES: usize = 120;
    let files: Vec<_> = (0..FILES).map(|n| (format!("flat/s{n}.yaml"), format!("n: {n}\n"))).collect();
    let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let migrate = "migrate flat --yes";
    let mut killed = 0;
    let halfway = ["file-replaced:60", "folder-made:2"].map(str::to_owned);
    for step in steps().iter().map(|step| (*step).to_owned()).chain(halfway) {
        let mut world = World::with(&files);
        let old = world.git(&["rev-parse", "HEAD"]);
        world.variables.push(("TERRACE_KILL_AT".to_owned(), step.clone()));
        killed += usize::from(world.line(migrate).code == KILLED);
        world.variables.clear();
        world.git(&["fsck", "--strict", "--no-dangling"]);
        let is_old = world.git(&["rev-parse", "HEAD"]) == old;
        let again = world.line(migrate);
        assert_eq!(again.code, if is_old { 0 } else { 2 }, "{step}: {}", again.told());
        assert_eq!(world.git(&["rev-parse", "HEAD~1"]), old, "{step}: one commit");
        assert_eq!(world.git(&["status", "--porcelain"]), "", "{step}");
        let moved = world.git(&["ls-files", "environments/development"]).lines().count();
        assert_eq!(moved, FILES, "{step}");
        world.git(&["fsck", "--strict", "--no-dangling"]);
    }
    assert!(killed > 12, "only {killed} steps were reached");
}

#[test]
#[cfg_attr(not(feature = "kill-points"), ignore = "needs the feature kill-points")]
fn a_promotion_killed_while_it_is_sent_is_at_the_remote_once() {
    let push = format!("{PROMOTE} --push origin");
    // The repository is entered twice before the commit is sent, and once to follow it.
    let again = ["locked:3", "recovered:3", "index-locked:2", "index-unlocked:2"].map(str::to_owned);
    for step in steps().iter().map(|step| (*step).to_owned()).chain(again) {
        let mut world = world();
        world.git(&["init", "--quiet", "--bare", "--initial-branch=main", "../origin.git"]);
        world.git(&["remote", "add", "origin", "../origin.git"]);
        world.git(&["push", "--quiet", "origin", "main"]);
        let old = world.git(&["rev-parse", "HEAD"]);
        world.variables.push(("TERRACE_KILL_AT".to_owned(), step.clone()));
        world.line(&push);
        world.variables.clear();
        let again = world.line(&push);
        assert_eq!(again.code, 0, "{step}: {}", again.told());
        let theirs = world.git(&["ls-remote", "../origin.git", "refs/heads/main"]);
        let theirs = theirs.split('\t').next().unwrap_or_default();
        assert_eq!(world.git(&["rev-parse", &format!("{theirs}~1")]), old, "{step}: one commit");
        let head = world.git(&["rev-parse", "HEAD"]);
        assert!(head == old || head.trim() == theirs, "{step}: HEAD is neither old nor new");
        world.git(&["pull", "--quiet", "--ff-only", "origin", "main"]);
        assert_eq!(world.read("environments/production/app.yaml"), "timeout: 8s   # kept\n", "{step}");
        world.git(&["fsck", "--strict", "--no-dangling"]);
    }
}

#[cfg(feature = "kill-points")]
fn steps() -> &'static [&'static str] {
    terrace::store::transaction::KILL_POINTS
}

#[cfg(not(feature = "kill-points"))]
const fn steps() -> &'static [&'static str] {
    &[]
}

/// Sixteen binaries set values of one file and promote, beside plain `git commit`.
#[test]
fn sixteen_processes_lose_nothing() {
    let world = World::with(&[
        ("environments/staging/app.yaml", "a: 0\n"),
        ("environments/production/app.yaml", "a: 0\n"),
    ]);
    std::thread::scope(|scope| {
        for n in 0..15 {
            let world = &world;
            scope.spawn(move || {
                let line = format!("set app k{n} {n} --env staging --commit");
                let done = world.line(&line);
                assert_eq!(done.code, 0, "{}", done.told());
            });
        }
        scope.spawn(|| {
            for n in 0..10 {
                // Somebody else's lock is no failure of git's.
                let commit = ["commit", "--quiet", "--allow-empty", "--message", "by hand"];
                let mut git = world.command("git");
                let _ = git.args(commit).output().unwrap_or_else(|error| panic!("{n}: {error}"));
            }
        });
    });
    let text = world.read("environments/staging/app.yaml");
    for n in 0..15 {
        assert!(text.contains(&format!("k{n}: {n}\n")), "k{n} is lost: {text}");
    }
    let merges = world.git(&["rev-list", "--merges", "HEAD"]);
    assert!(merges.is_empty());
    assert!(world.git(&["status", "--porcelain"]).is_empty());
    world.git(&["fsck", "--strict", "--no-dangling"]);
    let done = world.line("promote app --to production --with-new --yes");
    assert_eq!(done.code, 0, "{}", done.told());
    assert_eq!(world.read("environments/production/app.yaml"), text);
}
