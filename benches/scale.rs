//! Verbs on one item with a list of n named elements, a mapping of n entries, and one line of n
//! entries, of which a commit changed each in development. Each length is ten times the one before,
//! and so should be what it takes; the list should take at most three times the mapping.
//!
//! `cargo bench --bench scale [-- LARGEST]`

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::error::Error;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

type Text = fn(usize, bool) -> String;

const SHAPES: [(&str, &str, Text); 3] = [
    ("mapping", "m.e3.value", |n, new| {
        let entry = |i: usize| format!("  e{i}:\n    value: {}\n", i + usize::from(new));
        (0..n).map(entry).fold("m:\n".to_owned(), |text, entry| text + &entry)
    }),
    ("named elements", "l[name=e3].value", |n, new| {
        let element = |i: usize| format!("  - name: e{i}\n    value: {}\n", i + usize::from(new));
        (0..n).map(element).fold("l:\n".to_owned(), |text, element| text + &element)
    }),
    ("one line", "m.e3", |n, new| {
        let entries: Vec<_> = (0..n).map(|i| format!("e{i}: {}", i + usize::from(new))).collect();
        format!("m: {{{}}}\n", entries.join(", "))
    }),
];

/// A verb and its arguments; `PATH` stands for the path of one value.
const VERBS: [(&str, &str); 7] = [
    ("check", "check"),
    ("diff", "diff development staging app"),
    ("status", "status"),
    ("promote", "promote app --to staging --dry-run"),
    ("export", "export app --env development --format json"),
    ("review", "review --base HEAD~1"),
    ("unset", "unset app PATH --env development"),
];

fn git(dir: &Path, arguments: &[&str]) -> Result<(), Box<dyn Error>> {
    let own =
        ["-c", "user.name=bench", "-c", "user.email=bench@example.com", "-c", "init.defaultBranch=main"];
    let status = Command::new("git").args(own).args(arguments).current_dir(dir).status()?;
    if status.success() { Ok(()) } else { Err(format!("git {arguments:?} failed").into()) }
}

fn repository(dir: &Path, n: usize, text: Text) -> Result<(), Box<dyn Error>> {
    git(dir, &["init", "-q"])?;
    for environment in ["development", "staging", "production"] {
        let folder = dir.join("environments").join(environment);
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join("app.yaml"), text(n, false))?;
    }
    std::fs::write(dir.join("terrace.toml"), "version = 1\n[limits]\nfile-bytes = 16777216\n")?;
    git(dir, &["add", "-A"])?;
    git(dir, &["commit", "-qm", "begin"])?;
    std::fs::write(dir.join("environments/development/app.yaml"), text(n, true))?;
    git(dir, &["commit", "-qam", "change every entry"])
}

/// The milliseconds that one verb takes.
fn took(dir: &Path, arguments: &str, path: &str) -> Result<f64, Box<dyn Error>> {
    let start = Instant::now();
    let arguments = arguments.split(' ').map(|word| if word == "PATH" { path } else { word });
    let mut command = Command::new(env!("CARGO_BIN_EXE_terrace"));
    let output = command.args(arguments).current_dir(dir).stdout(Stdio::null()).output()?;
    match output.status.code() {
        Some(0 | 1) => Ok(start.elapsed().as_secs_f64() * 1_000.0),
        _ => Err(String::from_utf8_lossy(&output.stderr).into()),
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let given = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let largest: usize = given.unwrap_or(100_000);
    for (shape, path, text) in SHAPES {
        println!("{shape}");
        let mut before: Vec<f64> = Vec::new();
        for n in [1_000, 10_000, 100_000].into_iter().filter(|n| *n <= largest) {
            let folder = tempfile::tempdir()?;
            repository(folder.path(), n, text)?;
            let mut now = Vec::new();
            for (position, (verb, arguments)) in VERBS.iter().enumerate() {
                let took = took(folder.path(), arguments, path)?;
                let growth = before
                    .get(position)
                    .map_or(String::new(), |before| format!("{:.1} times", took / before));
                println!("  {n:>7}  {verb:<8} {took:>8.0} ms   {growth}");
                now.push(took);
            }
            before = now;
        }
    }
    Ok(())
}
