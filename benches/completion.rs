//! What the shell waits for while a key goes down: the keys of 1,000 items in three environments, and
//! the paths of one of them. The aim is 50 ms; each figure is a median.
//!
//! `cargo bench --bench completion`

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::error::Error;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

const ROUNDS: usize = 21;
const TEXT: &str = "database:\n  host: db.example.com\n  pool: {size: 10}\n  password: hunter2\n";

fn fill(dir: &Path) -> Result<(), Box<dyn Error>> {
    for environment in ["development", "staging", "production"] {
        let folder = dir.join("environments").join(environment);
        std::fs::create_dir_all(&folder)?;
        for item in 0..1_000 {
            std::fs::write(folder.join(format!("svc-{item:04}.yaml")), TEXT)?;
        }
    }
    Command::new("git").args(["init", "--quiet"]).current_dir(dir).status()?;
    Ok(())
}

/// Milliseconds until the words are there.
fn measure(dir: &Path, words: &[&str], count: usize) -> Result<f64, Box<dyn Error>> {
    let mut took = Vec::new();
    for _ in 0..ROUNDS {
        let mut command = Command::new(env!("CARGO_BIN_EXE_terrace"));
        command.args(["complete", "zsh", "--", "terrace"]).args(words).current_dir(dir);
        let start = Instant::now();
        let output = command.output()?;
        took.push(start.elapsed().as_secs_f64() * 1_000.0);
        let offered = String::from_utf8(output.stdout)?.lines().count();
        if offered != count {
            return Err(format!("{words:?} offers {offered} words, not {count}").into());
        }
    }
    took.sort_by(f64::total_cmp);
    Ok(took[ROUNDS / 2])
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    fill(folder.path())?;
    println!("keys of 1,000 items   {:>6.1} ms", measure(folder.path(), &["get", ""], 1_000)?);
    println!(
        "paths of one item     {:>6.1} ms",
        measure(folder.path(), &["get", "svc-0500", "database."], 3)?
    );
    Ok(())
}
