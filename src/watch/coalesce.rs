//! [`Coalescer`]: when to look, and at what.
//!
//! A save of a file that is known is looked at at once: nothing is gained by waiting. What is not
//! sure — a file that is gone in the middle of an editor's save, a new file that is empty still —
//! is given [`GRACE`]. Events behind a look belong to the same burst and are taken together, once
//! they pause for [`QUIET`] or have gone on for [`PATIENCE`]. While git holds its index lock
//! nothing is looked at, so that a checkout is one look however many files it writes.
//!
//! A state machine over times and events; it knows no clock and no files.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::Readiness;

/// How long something that is not sure may take to become so.
pub(super) const GRACE: Duration = Duration::from_millis(100);
/// The pause that ends a burst.
pub(super) const QUIET: Duration = Duration::from_millis(20);
/// The longest that a burst is waited for.
pub(super) const PATIENCE: Duration = Duration::from_millis(250);
/// Events this soon after a look belong to what was looked at.
const BURST: Duration = Duration::from_millis(100);
/// How often it is asked whether git still holds its lock.
const LOCK: Duration = Duration::from_millis(3);
/// A lock under which nothing happens for so long was left by a git that died.
const STALE: Duration = Duration::from_secs(3);
/// What git still writes when it has given its lock back.
const SETTLING: Duration = Duration::from_millis(50);

/// What to look at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Batch {
    /// Files whose content may have changed.
    pub paths: BTreeSet<String>,
    /// Whether files may have come or gone.
    pub listing: bool,
    /// Whether events were lost, so that every file is to be read.
    pub everything: bool,
    /// Whether another branch may be checked out.
    pub head: bool,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    sign: Readiness,
    at: Duration,
    listing: bool,
}

/// Gathers events and says when to look.
#[derive(Debug, Default)]
pub(super) struct Coalescer {
    pending: BTreeMap<String, Seen>,
    everything: Option<Duration>,
    head: Option<Duration>,
    first: Option<Duration>,
    last: Duration,
    looked: Option<Duration>,
    locked: Option<Duration>,
    released: Option<Duration>,
}

impl Coalescer {
    /// Takes in that something happened to a path; `listing` when files may have come or gone.
    pub(super) fn path(&mut self, now: Duration, path: &str, sign: Readiness, listing: bool) {
        self.moved(now);
        let listing = listing || self.pending.get(path).is_some_and(|seen| seen.listing);
        self.pending.insert(path.to_owned(), Seen { sign, at: now, listing });
    }

    /// Takes in that rights or times of a path changed, which takes no certainty away.
    pub(super) fn attributes(&mut self, now: Duration, path: &str) {
        if !self.pending.contains_key(path) {
            self.path(now, path, Readiness::Unsure, false);
        }
    }

    /// Takes in that events were lost.
    pub(super) fn everything(&mut self, now: Duration) {
        self.moved(now);
        self.everything = Some(now);
    }

    /// Takes in that HEAD was written.
    pub(super) fn head(&mut self, now: Duration) {
        self.moved(now);
        self.head = Some(now);
    }

    fn moved(&mut self, now: Duration) {
        self.first.get_or_insert(now);
        self.last = now;
    }

    /// Whether anything waits to be looked at.
    #[must_use]
    pub(super) const fn is_waiting(&self) -> bool {
        self.first.is_some()
    }

    /// How long from `now` until it is time to look: zero when it is; `None` when nothing waits.
    /// `locked` says whether git holds its index lock.
    pub(super) fn due(&mut self, now: Duration, locked: bool) -> Option<Duration> {
        let first = self.first?;
        if locked {
            self.locked.get_or_insert(now);
            if now.saturating_sub(self.last) < STALE {
                return Some(LOCK);
            }
        } else if self.locked.take().is_some() {
            self.released = Some(now);
        }
        let settled = self.released.map(|at| at.max(self.last) + SETTLING).filter(|_| !locked);
        let (patience, quiet) = (first + PATIENCE, self.last + QUIET);
        let in_burst = self.looked.is_some_and(|looked| first.saturating_sub(looked) < BURST);
        let unsure = |at: Duration| (at + GRACE).max(quiet).min(patience.max(at + QUIET));
        let of_path = |seen: &Seen| match seen.sign {
            Readiness::Sure if in_burst => quiet.min(patience),
            Readiness::Sure => seen.at,
            Readiness::Unsure => unsure(seen.at),
        };
        let paths = self.pending.values().map(of_path);
        let rest = self.everything.iter().chain(&self.head).map(|_| quiet.min(patience));
        let ripe = paths.chain(rest).min()?;
        let ripe = settled.map_or(ripe, |settled| settled.min(self.last + PATIENCE).max(ripe));
        Some(ripe.saturating_sub(now))
    }

    /// Hands out what it is time to look at; the rest, which is not sure yet, stays.
    pub(super) fn take(&mut self, now: Duration) -> Batch {
        let early = |seen: &Seen| seen.sign == Readiness::Unsure && now < seen.at + GRACE;
        // What is looked at because its time has come is looked at together with what is sure; a
        // burst that has gone on for too long is taken whole.
        let whole = self.released.take().is_some()
            || self.first.is_some_and(|first| now >= first + PATIENCE)
            || self.everything.is_some();
        let pending = std::mem::take(&mut self.pending);
        let (stay, go): (BTreeMap<_, _>, BTreeMap<_, _>) =
            pending.into_iter().partition(|(_, seen)| !whole && early(seen));
        let listing = go.values().any(|seen| seen.listing);
        self.first = stay.values().map(|seen| seen.at).min();
        self.pending = stay;
        self.looked = Some(now);
        Batch {
            paths: go.into_keys().collect(),
            listing,
            everything: self.everything.take().is_some(),
            head: self.head.take().is_some(),
        }
    }

    /// Takes in that a look has ended.
    pub(super) fn looked(&mut self, now: Duration) {
        self.looked = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// Feeds events, each with its time, and tells the looks: when, and at which paths.
    fn looks(events: &[(u64, &str, Readiness)], locked: std::ops::Range<u64>) -> Vec<(u64, Vec<String>)> {
        let mut coalescer = Coalescer::default();
        let mut events = events.iter().peekable();
        let mut looks = Vec::new();
        for now in 0..10_000 {
            while let Some((at, path, sign)) = events.next_if(|(at, ..)| *at <= now) {
                coalescer.path(ms(*at), path, *sign, false);
            }
            if coalescer.due(ms(now), locked.contains(&now)) == Some(ms(0)) {
                let batch = coalescer.take(ms(now));
                looks.push((now, batch.paths.into_iter().collect()));
                coalescer.looked(ms(now));
            }
        }
        looks
    }

    #[test]
    fn the_first_save_is_looked_at_at_once() {
        assert_eq!(looks(&[(500, "a", Readiness::Sure)], 0..0), [(500, vec!["a".to_owned()])]);
    }

    #[test]
    fn an_atomic_save_is_one_look() {
        let events = [
            (500, "a", Readiness::Unsure),
            (504, "a", Readiness::Unsure),
            (530, "a", Readiness::Unsure),
            (535, "a", Readiness::Sure),
        ];
        assert_eq!(looks(&events, 0..0), [(535, vec!["a".to_owned()])]);
    }

    #[test]
    fn what_does_not_come_back_is_believed_after_a_moment() {
        let all = |n: usize| (0..n).map(|i| format!("f{i:03}")).collect::<Vec<_>>();
        let names = all(100);
        let events: Vec<_> = names
            .iter()
            .enumerate()
            .map(|(i, name)| (500 + i as u64 / 10, name.as_str(), Readiness::Unsure))
            .collect();
        let looks = looks(&events, 0..0);
        assert_eq!(looks.iter().map(|(_, paths)| paths.len()).sum::<usize>(), 100);
        assert!(looks.len() <= 10 && looks[0].0 >= 600 && looks[0].0 < 760, "{looks:?}");
    }

    #[test]
    fn a_gone_file_does_not_go_with_another_files_save() {
        let events =
            [(500, "a", Readiness::Unsure), (501, "b", Readiness::Sure), (502, "a", Readiness::Sure)];
        assert_eq!(looks(&events, 0..0), [(501, vec!["b".to_owned()]), (522, vec!["a".to_owned()])]);
    }

    #[test]
    fn a_stream_of_saves_is_few_looks() {
        let names: Vec<_> = (0..2_000).map(|i| format!("f{i}")).collect();
        let events: Vec<_> = names
            .iter()
            .enumerate()
            .map(|(i, name)| (500 + i as u64 / 2, name.as_str(), Readiness::Sure))
            .collect();
        let looks = looks(&events, 0..0);
        assert_eq!(looks[0].0, 500);
        assert_eq!(looks.iter().map(|(_, paths)| paths.len()).sum::<usize>(), 2_000);
        assert!(looks.len() <= 7, "{} looks", looks.len());
    }

    #[test]
    fn a_checkout_is_one_look() {
        let names: Vec<_> = (0..2_000).map(|i| format!("f{i}")).collect();
        let kinds = [Readiness::Unsure, Readiness::Unsure, Readiness::Sure];
        let mut events: Vec<_> = names
            .iter()
            .enumerate()
            .flat_map(|(i, name)| kinds.map(|sign| (500 + i as u64, name.as_str(), sign)))
            .collect();
        events.push((2_520, "f0", Readiness::Sure));
        let looks = looks(&events, 499..2_510);
        assert_eq!(looks.len(), 1, "{} looks", looks.len());
        assert_eq!(looks[0].1.len(), 2_000);
    }

    #[test]
    fn a_lock_that_a_dead_git_left_does_not_stop_the_watch() {
        let looks = looks(&[(500, "a", Readiness::Sure)], 0..10_000);
        assert_eq!(looks, [(3_500, vec!["a".to_owned()])]);
    }

    #[test]
    fn lost_events_and_heads_are_handed_out_once() {
        let mut coalescer = Coalescer::default();
        coalescer.head(ms(1));
        coalescer.everything(ms(2));
        coalescer.path(ms(3), "a", Readiness::Unsure, true);
        assert_eq!(coalescer.due(ms(3), false), Some(QUIET));
        let batch = coalescer.take(ms(23));
        let all = Batch { paths: ["a".to_owned()].into(), listing: true, everything: true, head: true };
        assert_eq!(batch, all);
        assert!(!coalescer.is_waiting());
        assert_eq!(coalescer.due(ms(24), false), None);
    }

    proptest::proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_waits_for_ever(
            events in proptest::collection::vec((0_u64..3_000, 0_usize..5, proptest::bool::ANY), 1..60),
            lock in (0_u64..3_000, 0_u64..2_000),
        ) {
            let names = ["a", "b", "c", "d", "e"];
            let mut events: Vec<_> = events
                .into_iter()
                .map(|(at, name, sure)| (at, names[name], if sure { Readiness::Sure } else { Readiness::Unsure }))
                .collect();
            events.sort_by_key(|(at, ..)| *at);
            let looks = looks(&events, lock.0..lock.0 + lock.1);
            for (at, path, _) in events {
                let later = looks.iter().find(|(when, paths)| *when >= at && paths.iter().any(|p| p == path));
                proptest::prop_assert!(later.is_some(), "{} at {} in {:?}", path, at, looks);
            }
        }
    }
}
