//! How many streams of events are open, how many requests wait for a change, and for whom.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::problem::{Problem, ProblemKind};

/// Counts what is held open, and keeps it within bounds.
pub(super) struct Streams {
    open: Mutex<HashMap<String, usize>>,
    /// So many are open at the same time.
    most: usize,
    /// So many of them for one caller.
    most_of_one: usize,
    /// What is said when there are too many, and what can be done.
    refusal: (&'static str, &'static str),
}

/// A place among what is held open; it is free again when this goes.
pub(super) struct StreamPlace {
    streams: Arc<Streams>,
    caller: String,
}

impl Streams {
    /// Streams of events.
    pub(super) fn of_events() -> Self {
        let refusal =
            ("too many streams of events are open", "close one; one stream tells of a whole environment");
        Self { open: Mutex::default(), most: 1_024, most_of_one: 64, refusal }
    }

    /// Requests that wait for a change: programs that share a token wait each for itself.
    pub(super) fn of_waits() -> Self {
        let refusal = (
            "too many requests wait for a change",
            "ask again without `Prefer: wait`, or open one stream of events for a whole environment",
        );
        Self { open: Mutex::default(), most: 1_024, most_of_one: 512, refusal }
    }

    /// How many are open.
    pub(super) fn count(&self) -> usize {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).values().sum()
    }

    /// A place for one more of a caller.
    pub(super) fn enter(self: &Arc<Self>, caller: &str) -> Result<StreamPlace, Problem> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let (all, own) = (open.values().sum::<usize>(), open.get(caller).copied().unwrap_or_default());
        if all >= self.most || own >= self.most_of_one {
            let (detail, help) = self.refusal;
            return Err(Problem::new(ProblemKind::Overloaded, detail).with_help(help).retry_after(5));
        }
        *open.entry(caller.to_owned()).or_default() += 1;
        Ok(StreamPlace { streams: Arc::clone(self), caller: caller.to_owned() })
    }
}

impl Drop for StreamPlace {
    fn drop(&mut self) {
        let mut open = self.streams.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.caller) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.caller);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_for_all_and_for_each_and_free_again() {
        let refusal = ("too many", "wait");
        let streams = Arc::new(Streams { open: Mutex::default(), most: 3, most_of_one: 2, refusal });
        let mut places = vec![streams.enter("a"), streams.enter("a"), streams.enter("b")];
        assert!(places.iter().all(Result::is_ok) && streams.count() == 3);
        assert!(streams.enter("a").is_err() && streams.enter("c").is_err());
        drop(places.remove(0));
        assert!(streams.count() == 2 && streams.enter("a").is_ok() && streams.enter("c").is_ok());
    }
}
