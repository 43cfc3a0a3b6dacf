//! From a save to its verdict: `terrace watch` beside tools that start `terrace check`, as ratios.
//!
//! - `watch`: `terrace watch --format json`, the time until its line.
//! - `inotifywait`: `inotifywait -q -e close_write,moved_to -r environments schemas` and, when it
//!   ends, `terrace check --format json`, in a loop, the time until its verdict is complete.
//! - `watchexec`: `watchexec --postpone -w environments -w schemas -- terrace check --format json`,
//!   the same.
//!
//! Each save makes one value wrong or right again, and the next is made when the verdict on it has
//! come. Tools that are not in the search path are left out, and said.
//!
//! `cargo bench --bench watch`

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

const TERRACE: &str = env!("CARGO_BIN_EXE_terrace");
const ROUNDS: usize = 41;
/// Between two saves, as between two of a person, though a fast one.
const PAUSE: Duration = Duration::from_millis(400);
const LONG: Duration = Duration::from_secs(30);

fn fill(dir: &Path, items: usize) -> Result<(), Box<dyn Error>> {
    std::fs::create_dir_all(dir.join("schemas"))?;
    for item in 0..items {
        for environment in ["development", "staging", "production"] {
            let folder = dir.join("environments").join(environment);
            std::fs::create_dir_all(&folder)?;
            std::fs::write(folder.join(format!("item{item}.yaml")), text(10))?;
        }
        let schema = "{\"properties\":{\"database\":{\"properties\":{\"pool\":{\"maximum\":50}}}}}";
        std::fs::write(dir.join(format!("schemas/item{item}.schema.json")), schema)?;
    }
    Command::new("git").args(["init", "--quiet"]).current_dir(dir).status()?;
    Ok(())
}

fn text(pool: usize) -> String {
    let features: String =
        (0..20).map(|n| format!("  feature{n}: {{enabled: true, share: {n}}}\n")).collect();
    format!("database:\n  host: db.example.com\n  pool: {pool}\n  timeout: 5s\nfeatures:\n{features}")
}

/// A tool that runs, and the lines it prints.
struct Tool {
    child: Child,
    lines: Receiver<String>,
}

impl Tool {
    fn start(dir: &Path, program: &str, arguments: &[&str]) -> Result<Self, Box<dyn Error>> {
        let mut command = Command::new(program);
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.args(arguments).current_dir(dir).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::null()).spawn()?;
        let out = BufReader::new(child.stdout.take().ok_or("no pipe")?);
        let (send, lines) = channel();
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                let _ = send.send(line);
            }
        });
        Ok(Self { child, lines })
    }

    fn wait(&self, word: &str) -> Result<(), Box<dyn Error>> {
        while !self.lines.recv_timeout(LONG)?.contains(word) {}
        Ok(())
    }
}

impl Drop for Tool {
    fn drop(&mut self) {
        let group = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw);
        if let Some(group) = group {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = self.child.wait();
    }
}

/// The milliseconds from each save to its verdict.
fn measure(dir: &Path, tool: &Tool) -> Result<Vec<f64>, Box<dyn Error>> {
    let file = dir.join("environments/staging/item0.yaml");
    let mut took = Vec::new();
    for round in 0..ROUNDS {
        std::thread::sleep(PAUSE);
        let (pool, word) = if round % 2 == 0 { (500, "\"errors\":1") } else { (10, "\"errors\":0") };
        let start = Instant::now();
        std::fs::write(&file, text(pool))?;
        // `check` writes its JSON with spaces.
        while !tool.lines.recv_timeout(LONG)?.replace(": ", ":").contains(word) {}
        took.push(start.elapsed().as_secs_f64() * 1_000.0);
    }
    took.sort_by(f64::total_cmp);
    Ok(took)
}

fn line(name: &str, took: &[f64], base: Option<f64>) -> f64 {
    let (median, worst) = (took[took.len() / 2], took[took.len() * 19 / 20]);
    print!("  {name:<14} median {median:>7.1} ms   95 % {worst:>7.1} ms");
    match base {
        Some(base) => println!("   {:>5.1} times watch", median / base),
        None => println!(),
    }
    median
}

fn has(program: &str) -> bool {
    let probe = Command::new(program).arg("--help").stdout(Stdio::null()).stderr(Stdio::null()).status();
    probe.is_ok()
}

fn main() -> Result<(), Box<dyn Error>> {
    for items in [1, 30, 300] {
        let folder = tempfile::tempdir()?;
        let dir = folder.path();
        fill(dir, items)?;
        println!("{items} items in 3 environments");
        let watch = Tool::start(dir, TERRACE, &["watch", "--format", "json"])?;
        watch.wait("\"verdict\"")?;
        let base = line("watch", &measure(dir, &watch)?, None);
        drop(watch);
        if has("inotifywait") {
            let script = format!(
                "while inotifywait -q -e close_write,moved_to -r environments schemas >/dev/null; do '{TERRACE}' check --format json; done"
            );
            let tool = Tool::start(dir, "sh", &["-c", &script])?;
            line("inotifywait", &measure(dir, &tool)?, Some(base));
        } else {
            println!("  inotifywait is not installed (Debian: inotify-tools)");
        }
        if has("watchexec") {
            let arguments = [
                "--postpone",
                "-w",
                "environments",
                "-w",
                "schemas",
                "--",
                TERRACE,
                "check",
                "--format",
                "json",
            ];
            let tool = Tool::start(dir, "watchexec", &arguments)?;
            line("watchexec", &measure(dir, &tool)?, Some(base));
        } else {
            println!("  watchexec is not installed (cargo install watchexec-cli)");
        }
    }
    Ok(())
}
