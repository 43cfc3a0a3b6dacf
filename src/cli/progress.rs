//! One line on a terminal that says how far long work has come, and leaves no trace.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use dialoguer::console::Term;

use crate::model::Progress;
use crate::report::sanitize::cut_end;
use crate::store::ProcessEnvironment;

/// Work that is done sooner is not worth a line.
const PATIENCE: Duration = Duration::from_millis(500);
/// Nobody reads faster.
const PACE: Duration = Duration::from_millis(100);

/// The line on standard error.
#[derive(Debug)]
pub(super) struct ProgressLine {
    begin: Instant,
    delay: Duration,
    is_shown: AtomicBool,
    last: Mutex<Option<Instant>>,
}

impl ProgressLine {
    /// A line that appears after the seconds of `GIT_PROGRESS_DELAY`, as git's do, or else after half a
    /// second.
    pub(super) fn new(environment: &ProcessEnvironment) -> Self {
        let seconds = environment.get("GIT_PROGRESS_DELAY").and_then(|text| text.to_str()?.parse().ok());
        let delay = seconds.map_or(PATIENCE, Duration::from_secs);
        Self { begin: Instant::now(), delay, is_shown: AtomicBool::new(false), last: Mutex::new(None) }
    }

    /// Takes the line away, so that something else can be said.
    pub(super) fn erase(&self) {
        if self.is_shown.swap(false, Ordering::SeqCst) {
            let _ = write!(io::stderr().lock(), "\r\u{1b}[K");
        }
    }
}

impl Progress for ProgressLine {
    fn tell(&self, work: &'static str, done: usize, total: Option<usize>) {
        let now = Instant::now();
        if now.duration_since(self.begin) < self.delay {
            return;
        }
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_some_and(|last| now.duration_since(last) < PACE) {
            return;
        }
        *last = Some(now);
        let text = match total {
            Some(total) => format!("{work}: {done} of {total}"),
            None => format!("{work}: {done}"),
        };
        let columns = usize::from(Term::stderr().size().1).max(2);
        self.is_shown.store(true, Ordering::SeqCst);
        let mut err = io::stderr().lock();
        let _ = write!(err, "\r{}\u{1b}[K", cut_end(&text, columns - 1));
        let _ = err.flush();
    }
}
