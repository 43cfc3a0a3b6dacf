//! A disk that fills up: a small file system of memory, in which a command has so much room and no more.
//!
//! A command that has too little says so and leaves all as it was; with room again it is done.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::support::{Output, World, run};

/// Says where the small file system is, to a test that runs in it.
const DISK: &str = "TERRACE_SMALL_DISK";

/// Whether this process's worlds lie on a small disk. Where they do not, the test of that name is run again
/// in a process whose worlds do: what is mounted there is seen by it and its children alone.
pub(crate) fn is_small(test: &str) -> bool {
    if std::env::var_os(DISK).is_some() {
        return true;
    }
    let folder = TempDir::new().expect("a folder");
    let mut command = Command::new("unshare");
    command.args(["-Urm", "sh", "-c", r#"mount -t tmpfs -o size=8m none "$1" && shift && exec "$@""#, "sh"]);
    command.arg(folder.path()).arg(std::env::current_exe().expect("the test binary"));
    command.args(["--exact", test, "--include-ignored", "--nocapture", "--test-threads=1"]);
    command.env("TMPDIR", folder.path()).env(DISK, folder.path());
    let ran = run(&mut command);
    assert!(ran.code == 0 && ran.stdout.contains("1 passed"), "{}", ran.told());
    println!("{}", ran.stdout.trim());
    false
}

/// What fills the small disk, until it is dropped.
pub(crate) struct Filler(PathBuf);

impl Filler {
    /// Leaves so many KiB.
    pub(crate) fn leaving(free: u64) -> Self {
        let path = Path::new(&std::env::var_os(DISK).expect("a small disk")).join("filler");
        let mut filler = File::create(&path).expect("a file");
        while filler.write(&[0; 4096]).is_ok_and(|written| written == 4096) {}
        let length = filler.metadata().expect("a file").len();
        filler.set_len(length.saturating_sub(free * 1024)).expect("shorter");
        Self(path)
    }
}

impl Drop for Filler {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// What is committed, but for its time; and what is not.
fn content(world: &World) -> [String; 3] {
    world.git(&["fsck", "--strict", "--no-dangling"]);
    assert!(!world.dir.join(".git/index.lock").exists(), "the index is locked");
    let status = world.git(&["status", "--porcelain"]);
    [world.git(&["rev-parse", "HEAD^{tree}"]), world.git(&["log", "--format=%s"]), status]
}

fn world() -> World {
    let files: Vec<(String, &str)> = ["development", "staging", "production"]
        .map(|environment| (format!("environments/{environment}/pay.yaml"), "timeout: 5s\nport: 80\n"))
        .into_iter()
        .chain((0..12).map(|number| (format!("flat/s{number}.yaml"), "n: 1\n")))
        .collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    let mut world = World::with(&files);
    world.write("environments/development/pay.yaml", "timeout: 8s\nport: 80\n");
    world.commit("longer");
    world.write("notes.txt", "mine\n");
    // Who looks writes nothing.
    world.variables.push(("GIT_OPTIONAL_LOCKS".to_owned(), "0".to_owned()));
    world
}

/// Runs a line with so little room and then with enough; whether the first time was too little.
fn is_too_little(free: u64, world: &World, line: &str, again: i32, [old, new]: [&[String; 3]; 2]) -> bool {
    let at = format!("{line} with {free} KiB");
    let trial = world.copied();
    let filler = Filler::leaving(free);
    let Output { code, stderr, .. } = trial.line(line);
    drop(filler);
    let (seen, second) = (content(&trial), trial.line(line));
    assert_eq!(&content(&trial), new, "{at}: {} {}", stderr, second.told());
    if code == 0 {
        assert_eq!((&seen, second.code), (new, again), "{at}: {}", second.told());
        return false;
    }
    assert_eq!((code, second.code), (2, 0), "{at}: {stderr} {}", second.told());
    assert_eq!(&seen, old, "{at}: {stderr}");
    let is_told = stderr.starts_with("error: ") && stderr.contains("No space left on device");
    assert!(is_told && stderr.contains("help: make room on the disk"), "{at}: {stderr}");
    true
}

#[test]
#[ignore = "needs user namespaces"]
fn a_full_disk_is_told_and_leaves_all_as_it_was() {
    if !is_small("disk_full::a_full_disk_is_told_and_leaves_all_as_it_was") {
        return;
    }
    let world = world();
    let old = content(&world);
    for (line, again) in [
        ("set pay port 90 --env development --commit", 0),
        ("promote pay --to staging --yes", 0),
        ("migrate flat --yes", 2),
    ] {
        let done = world.copied();
        done.line(line).exits(0);
        let new = content(&done);
        drop(done);
        let sizes = [0, 4, 8, 12, 16, 20, 24, 28, 32, 40, 48, 64, 96, 160, 256];
        let is_too_little = |free: &&u64| is_too_little(**free, &world, line, again, [&old, &new]);
        let refused = sizes.iter().filter(is_too_little).count();
        let made = sizes.len() - refused;
        println!("{line}: {refused} times too little room, told, and nothing changed; {made} times enough");
        assert!(refused >= 5 && made >= 2, "{line}: {refused} {made}");
    }
}
