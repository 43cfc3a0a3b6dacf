//! What a child process takes.

use std::error::Error;
use std::io::{Read as _, Seek as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use wait4::Wait4 as _;

/// Milliseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Took {
    pub(crate) cpu: f64,
    pub(crate) wall: f64,
}

/// Runs a program once; CPU is user and system time of the process and the children it waited for, as
/// the kernel tells it.
pub(crate) fn run(dir: &Path, program: &[&str], codes: &[i32]) -> Result<Took, Box<dyn Error>> {
    let (name, arguments) = program.split_first().ok_or("no program")?;
    let mut said = tempfile::tempfile()?;
    let mut command = Command::new(name);
    command.args(arguments).current_dir(dir).stdin(Stdio::null()).stdout(Stdio::null());
    command.stderr(said.try_clone()?);
    let start = Instant::now();
    let used = command.spawn()?.wait4()?;
    let wall = start.elapsed();
    if used.status.code().is_none_or(|code| !codes.contains(&code)) {
        let mut why = String::new();
        said.rewind()?;
        said.read_to_string(&mut why)?;
        return Err(format!("{program:?} failed: {why}").into());
    }
    let milliseconds = |time: Duration| time.as_secs_f64() * 1_000.0;
    let cpu = milliseconds(used.rusage.utime + used.rusage.stime);
    Ok(Took { cpu, wall: milliseconds(wall) })
}

/// The median of each.
pub(crate) fn middle(took: &[Took]) -> Took {
    let median = |of: fn(&Took) -> f64| {
        let mut all: Vec<f64> = took.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied().unwrap_or_default()
    };
    Took { cpu: median(|took| took.cpu), wall: median(|took| took.wall) }
}

/// Removes what Terrace remembers of a repository.
pub(crate) fn forget(dir: &Path) {
    for entry in std::fs::read_dir(dir.join(".git/terrace")).into_iter().flatten().flatten() {
        let _ = std::fs::remove_file(entry.path());
        let _ = std::fs::remove_dir_all(entry.path());
    }
}
