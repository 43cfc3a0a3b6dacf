//! The paths where tests kill the process: the end of every step that leaves a trace.
//!
//! Without the feature `kill-points` nothing of this is compiled into the program.

/// Dies here when `TERRACE_KILL_AT` names this step, or its n-th time as `step:n`.
#[cfg(feature = "kill-points")]
pub(super) fn kill_point(step: &'static str) {
    static SEEN: std::sync::Mutex<Vec<&str>> = std::sync::Mutex::new(Vec::new());
    let is_known = KILL_POINTS.contains(&step) || SENDING_KILL_POINTS.contains(&step);
    debug_assert!(is_known, "{step} is missing in the lists");
    let Some(wanted) = std::env::var_os("TERRACE_KILL_AT") else { return };
    let Ok(mut seen) = SEEN.lock() else { return };
    seen.push(step);
    let times = seen.iter().filter(|it| **it == step).count();
    let named =
        wanted.to_str().is_some_and(|it| it == format!("{step}:{times}") || (times == 1 && it == step));
    if named {
        // SIGKILL without unsafe code: nothing of this process runs after it, no destructor either.
        let _ = std::process::Command::new("kill").args(["-9", &std::process::id().to_string()]).status();
        std::thread::sleep(std::time::Duration::from_secs(60));
    }
}

/// Nothing, in every program that is not a test.
#[cfg(not(feature = "kill-points"))]
pub(super) const fn kill_point(_step: &'static str) {}

/// The steps in the order in which a commit passes them.
#[cfg(feature = "kill-points")]
pub const KILL_POINTS: &[&str] = &[
    "locked",
    "recovered",
    "index-locked",
    "judged",
    "blob-written",
    "tree-written",
    "commit-written",
    "journal-prepared",
    "journal-written",
    "branch-locked",
    "reflog-written",
    "branch-moved",
    "folder-made",
    "file-prepared",
    "file-replaced",
    "file-removed",
    "folder-removed",
    "files-followed",
    "index-prepared",
    "index-replaced",
    "journal-removed",
    "index-unlocked",
];

/// The steps that only a commit passes which its remote gets first.
#[cfg(feature = "kill-points")]
pub const SENDING_KILL_POINTS: &[&str] = &["pending-kept", "sent", "pending-dropped"];
