//! Standard output. Where somebody looks on, each line is written as it comes; else what is written
//! waits for more, since every line for itself would be a call of the system.
//!
//! What waits is written before anything is said on standard error, and when a writer goes, so that
//! both streams can be read as one. That it could not be written then is told by the next who writes,
//! at the latest when the command ends.

use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::progress::ProgressLine;

/// So many bytes wait at most.
const MOST: usize = 1 << 16;

/// Standard output, and what waits to be written there.
#[derive(Debug)]
pub(super) struct Output {
    is_seen: bool,
    /// The line that has to go before something is written.
    line: Option<Arc<ProgressLine>>,
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    bytes: Vec<u8>,
    /// Why something could not be written, which nobody was told yet.
    failed: Option<io::Error>,
}

impl Output {
    pub(super) fn new(line: Option<Arc<ProgressLine>>) -> Self {
        Self { is_seen: io::stdout().is_terminal(), line, waiting: Mutex::default() }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what waits, for somebody who cannot be told of a failure.
    fn hand_over(&self) {
        let waiting = &mut *self.waiting();
        if let Err(error) = self.send(waiting) {
            waiting.failed = Some(error);
        }
    }

    fn send(&self, waiting: &mut Waiting) -> io::Result<()> {
        if let Some(error) = waiting.failed.take() {
            return Err(error);
        }
        if waiting.bytes.is_empty() {
            return Ok(());
        }
        self.erase_line();
        let mut out = io::stdout().lock();
        let written = out.write_all(&waiting.bytes).and_then(|()| out.flush());
        waiting.bytes.clear();
        written
    }

    fn erase_line(&self) {
        if let Some(line) = &self.line {
            line.erase();
        }
    }
}

/// Writes to standard output.
pub(super) struct OutWriter(pub(super) Arc<Output>);

impl Write for OutWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let waiting = &mut *self.0.waiting();
        waiting.bytes.extend_from_slice(bytes);
        if waiting.bytes.len() >= MOST || self.0.is_seen && bytes.contains(&b'\n') {
            self.0.send(waiting)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.send(&mut self.0.waiting())
    }
}

impl Drop for OutWriter {
    fn drop(&mut self) {
        self.0.hand_over();
    }
}

/// Writes to standard error, what waits for standard output first. Not locked, since long work in other
/// threads is told of there as well.
pub(super) struct ErrWriter(pub(super) Arc<Output>);

impl Write for ErrWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.hand_over();
        self.0.erase_line();
        io::stderr().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.hand_over();
        self.0.erase_line();
        io::stderr().flush()
    }
}
