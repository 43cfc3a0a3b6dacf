//! How far a long piece of work has come, told to whoever wants to show it.
//!
//! Whoever works tells every step; whether that is worth a line, and where, is decided above.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Is told how far work has come, from any thread.
pub trait Progress: Send + Sync {
    /// `done` steps of `work` are done, of so many in all where that is known.
    fn tell(&self, work: &'static str, done: usize, total: Option<usize>);
}

/// Nobody wants to know.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn tell(&self, _: &'static str, _: usize, _: Option<usize>) {}
}

/// Counts the steps of one piece of work.
pub struct ProgressCounter<'a> {
    progress: &'a dyn Progress,
    work: &'static str,
    total: Option<usize>,
    done: AtomicUsize,
}

impl<'a> ProgressCounter<'a> {
    /// Work of so many steps, none of them done.
    pub fn new(progress: &'a dyn Progress, work: &'static str, total: Option<usize>) -> Self {
        Self { progress, work, total, done: AtomicUsize::new(0) }
    }

    /// One more is done.
    pub fn step(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        self.progress.tell(self.work, done, self.total);
    }
}
