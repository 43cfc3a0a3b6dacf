//! The signals that end a watch.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::model::Result;

/// How often the process was asked to end: by Ctrl-C, by SIGTERM, or because the terminal is gone.
#[derive(Clone, Debug, Default)]
pub(super) struct Signals(Arc<AtomicUsize>);

impl Signals {
    /// Listens from here on, and wakes whoever waits.
    #[cfg(unix)]
    pub(super) fn listen(wake: impl Fn() + Send + 'static) -> Result<Self> {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        let failed = |error| crate::model::Error::io("listen for", "signals".as_ref(), &error);
        let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP]).map_err(failed)?;
        let ours = Self::default();
        let counted = ours.clone();
        std::thread::spawn(move || {
            for _ in signals.forever() {
                counted.0.fetch_add(1, Ordering::SeqCst);
                wake();
            }
        });
        Ok(ours)
    }

    /// Elsewhere the system ends the process.
    #[cfg(not(unix))]
    pub(super) fn listen(_: impl Fn() + Send + 'static) -> Result<Self> {
        Ok(Self::default())
    }

    /// Whether it is to end.
    pub(super) fn say_end(&self) -> bool {
        self.count() > 0
    }

    /// How often it was asked to.
    pub(super) fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}
