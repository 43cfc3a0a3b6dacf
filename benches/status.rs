//! `status` on 1,000 items and 1,000 commits, as ratios to what git takes on the same repository:
//! without the history index to `git log --raw --first-parent -- environments`, with it to
//! `git status`. Means of CPU time (user and system: of a short process the kernel knows only the
//! sum exactly), medians of wall time.
//!
//! `cargo bench --bench status [-- REPOSITORY]`

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "../examples/generate/repository.rs"]
mod repository;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

const ROUNDS: usize = 11;

/// Milliseconds.
#[derive(Clone, Copy)]
struct Took {
    cpu: f64,
    wall: f64,
}

/// The CPU time of all children so far, in clock ticks of 10 ms; zero where there is no `/proc`.
fn children() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(13).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum()
}

fn measure(dir: &Path, program: &[&str], before: &dyn Fn()) -> Result<Took, Box<dyn Error>> {
    let (mut walls, mut cpu) = (Vec::new(), 0.0);
    for _ in 0..ROUNDS {
        before();
        let (ticks, start) = (children(), Instant::now());
        let mut command = Command::new(program[0]);
        let status = command.args(&program[1..]).current_dir(dir).stdout(Stdio::null()).status()?;
        walls.push(start.elapsed().as_secs_f64() * 1_000.0);
        cpu += (children() - ticks) * 10.0;
        if !status.success() {
            return Err(format!("{program:?} failed").into());
        }
    }
    walls.sort_by(f64::total_cmp);
    Ok(Took { cpu: cpu / ROUNDS as f64, wall: walls[ROUNDS / 2] })
}

fn line(name: &str, took: Took, than: Option<(&str, Took)>) {
    print!("{name:<44} CPU {:>6.0} ms   wall {:>6.0} ms", took.cpu, took.wall);
    match than {
        Some((other, base)) => {
            println!("   {:>5.1} and {:>5.1} times {other}", took.cpu / base.cpu, took.wall / base.wall);
        }
        None => println!(),
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let given = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let folder = tempfile::tempdir()?;
    let dir = match given {
        Some(dir) => PathBuf::from(dir),
        None => {
            repository::generate(folder.path(), 1_000, 1_000)?;
            folder.path().to_owned()
        }
    };
    let terrace = [env!("CARGO_BIN_EXE_terrace"), "status"];
    let (log, status) = ("git log --raw --first-parent -- environments", "git status");
    let words = |line: &'static str| line.split(' ').collect::<Vec<_>>();
    let git_log = measure(&dir, &words(log), &|| {})?;
    let git_status = measure(&dir, &words(status), &|| {})?;
    line(log, git_log, None);
    line(status, git_status, None);
    let forget = || {
        let ours = std::fs::read_dir(dir.join(".git/terrace")).into_iter().flatten().flatten();
        for index in ours.filter(|entry| entry.file_name().to_string_lossy().starts_with("history-")) {
            let _ = std::fs::remove_file(index.path());
        }
    };
    line("terrace status, without index", measure(&dir, &terrace, &forget)?, Some(("git log", git_log)));
    line("terrace status, with index", measure(&dir, &terrace, &|| {})?, Some(("git status", git_status)));
    Ok(())
}
