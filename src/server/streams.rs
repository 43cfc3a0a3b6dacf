//! How many streams of events are open, and for whom.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::problem::{Problem, ProblemKind};

/// So many streams are open at the same time.
const STREAMS: usize = 1_024;

/// So many of them for one caller.
const OF_ONE: usize = 64;

/// Counts the open streams.
#[derive(Default)]
pub(super) struct Streams(Mutex<HashMap<String, usize>>);

/// A place among the open streams; it is free again when this goes.
pub(super) struct StreamPlace {
    streams: Arc<Streams>,
    caller: String,
}

impl Streams {
    /// How many streams are open.
    pub(super) fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().sum()
    }

    /// A place for one more stream of a caller.
    pub(super) fn enter(self: &Arc<Self>, caller: &str) -> Result<StreamPlace, Problem> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (all, own) = (open.values().sum::<usize>(), open.get(caller).copied().unwrap_or_default());
        if all >= STREAMS || own >= OF_ONE {
            return Err(Problem::new(ProblemKind::Overloaded, "too many streams of events are open")
                .with_help("close one; one stream tells of a whole environment")
                .retry_after(5));
        }
        *open.entry(caller.to_owned()).or_default() += 1;
        Ok(StreamPlace { streams: Arc::clone(self), caller: caller.to_owned() })
    }
}

impl Drop for StreamPlace {
    fn drop(&mut self) {
        let mut open = self.streams.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.caller) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.caller);
            }
        }
    }
}
