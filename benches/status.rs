//! `status` on 1,000 items and 1,000 commits, as ratios to what git takes on the same repository:
//! without the history index to `git log --raw --first-parent -- environments`, with it to
//! `git status`. Means of CPU time (user and system: of a short process the kernel knows only the
//! sum exactly), medians of wall time.
//!
//! `cargo bench --bench status [-- REPOSITORY]`

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod measure;
#[path = "../examples/generate/repository.rs"]
mod repository;

use std::error::Error;
use std::path::{Path, PathBuf};

use measure::{Took, forget, middle, run};

const ROUNDS: usize = 11;

fn measure(dir: &Path, program: &[&str], before: &dyn Fn()) -> Result<Took, Box<dyn Error>> {
    let mut took = Vec::new();
    for _ in 0..ROUNDS {
        before();
        took.push(run(dir, program, &[0])?);
    }
    Ok(middle(&took))
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
    let forget = || forget(&dir);
    line("terrace status, without index", measure(&dir, &terrace, &forget)?, Some(("git log", git_log)));
    line("terrace status, with index", measure(&dir, &terrace, &|| {})?, Some(("git status", git_status)));
    Ok(())
}
