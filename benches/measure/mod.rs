//! What a child process takes.

use std::error::Error;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Milliseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Took {
    pub(crate) cpu: f64,
    pub(crate) wall: f64,
}

/// The CPU time of all children so far, in clock ticks of 10 ms; zero where there is no `/proc`.
fn children() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(13).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum()
}

/// Runs a program once. Of a short one the kernel knows only the sum of all runs exactly: take the
/// mean of `cpu`, and the median of `wall`.
pub(crate) fn run(dir: &Path, program: &[&str], codes: &[i32]) -> Result<Took, Box<dyn Error>> {
    let (ticks, start) = (children(), Instant::now());
    let (name, arguments) = program.split_first().ok_or("no program")?;
    let mut command = Command::new(name);
    let output = command.args(arguments).current_dir(dir).stdout(Stdio::null()).output()?;
    let took = Took { cpu: (children() - ticks) * 10.0, wall: start.elapsed().as_secs_f64() * 1_000.0 };
    if output.status.code().is_none_or(|code| !codes.contains(&code)) {
        return Err(format!("{program:?} failed: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(took)
}

/// The mean CPU time and the median wall time.
pub(crate) fn middle(took: &[Took]) -> Took {
    let mut walls: Vec<f64> = took.iter().map(|took| took.wall).collect();
    walls.sort_by(f64::total_cmp);
    let cpu = took.iter().map(|took| took.cpu).sum::<f64>() / took.len().max(1) as f64;
    Took { cpu, wall: walls.get(walls.len() / 2).copied().unwrap_or_default() }
}

/// Removes what Terrace remembers of a repository.
pub(crate) fn forget(dir: &Path) {
    for entry in std::fs::read_dir(dir.join(".git/terrace")).into_iter().flatten().flatten() {
        let _ = std::fs::remove_file(entry.path());
        let _ = std::fs::remove_dir_all(entry.path());
    }
}
