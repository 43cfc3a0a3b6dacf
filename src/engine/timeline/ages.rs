//! From which time of the revision until which one all that was asked about ages has the same answers.

use std::cell::Cell;

use serde::{Deserialize, Serialize};

/// Times of a revision, in seconds since 1970-01-01 UTC, the last one included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeadTimes {
    first: i64,
    last: i64,
}

impl Default for HeadTimes {
    /// All times.
    fn default() -> Self {
        Self { first: i64::MIN, last: i64::MAX }
    }
}

impl HeadTimes {
    /// Whether a time is one of them.
    #[must_use]
    pub const fn has(self, time: i64) -> bool {
        self.first <= time && time <= self.last
    }

    /// Those that are among others too.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { first: self.first.max(other.first), last: self.last.min(other.last) }
    }
}

/// Answers questions about ages, and notes at which times they would be answered alike.
#[derive(Debug, Default)]
pub(super) struct Ages(Cell<HeadTimes>);

impl Ages {
    /// Whether what is of `then` is at most so many seconds old at `head`; what is of a later time has
    /// no age.
    pub(super) fn is_within(&self, then: i64, head: i64, seconds: i64) -> bool {
        let end = then.saturating_add(seconds);
        let is_within = head <= end;
        self.note(if is_within {
            HeadTimes { last: end, ..HeadTimes::default() }
        } else {
            HeadTimes { first: end.saturating_add(1), ..HeadTimes::default() }
        });
        is_within
    }

    /// How many whole periods of so many seconds old it is.
    pub(super) fn periods(&self, then: i64, head: i64, seconds: i64) -> i64 {
        let periods = head.saturating_sub(then).max(0) / seconds;
        let first = then.saturating_add(periods * seconds);
        let last = first.saturating_add(seconds - 1);
        self.note(HeadTimes { first: if periods == 0 { i64::MIN } else { first }, last });
        periods
    }

    fn note(&self, times: HeadTimes) {
        self.0.set(self.0.get().and(times));
    }

    /// The times at which all answers were the same.
    pub(super) const fn answered_alike(&self) -> HeadTimes {
        self.0.get()
    }
}

#[cfg(test)]
mod tests {
    use super::Ages;

    /// Whatever is asked, every time that is noted has the same answers, and the ones beside do not.
    #[test]
    fn times_are_noted_exactly() {
        let answers = |head: i64| {
            let ages = Ages::default();
            let within = [3, 10, 17].map(|seconds| ages.is_within(100, head, seconds));
            (within, ages.periods(95, head, 5), ages.answered_alike())
        };
        for head in 80..130 {
            let (within, periods, times) = answers(head);
            assert!(times.has(head), "{head}");
            for other in 80..130 {
                let same = answers(other);
                assert_eq!(times.has(other), (same.0, same.1) == (within, periods), "{head} {other}");
            }
        }
    }
}
