//! [`Watched`]: a typed value that follows its file, and stays the last good one while that is
//! broken.
//!
//! One thread waits for `ops::Watch` and puts what it finds where every handle sees it. Handles are
//! told of states, not of events: whoever asks late learns what is true now.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;

use super::Item;
use crate::model::{Error, Result, Value};
use crate::ops::At;
use crate::watch::Scope;
use crate::watch::Waker;
use crate::watch::{Options as WatchOptions, Update, Watch};

/// How long to wait before looking for a repository that went away.
pub(super) const AWAY: Duration = Duration::from_secs(1);

impl Item {
    /// Its value as a `T`, kept up to date with the working tree.
    ///
    /// ```
    /// use serde::Deserialize;
    /// use terrace::Environment;
    ///
    /// #[derive(Deserialize)]
    /// struct Settings {
    ///     timeout: u64,
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let file = "environments/staging/payments.yaml";
    /// let repository = terrace::testing::Repository::with(&[(file, "timeout: 5\n")])?;
    /// let item = terrace::open(repository.path())?.item(Environment::Staging, "payments")?;
    /// let mut settings = item.watch::<Settings>()?;
    /// assert_eq!(settings.current().timeout, 5);
    ///
    /// repository.write(file, "timeout: 8\n")?;
    /// assert_eq!(settings.changed()?.timeout, 8);
    ///
    /// repository.write(file, "timeout: soon\n")?;
    /// assert!(settings.changed().is_err());
    /// assert_eq!(settings.current().timeout, 8);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Item::load`]; also at a commit, which does not change, and when the folder cannot be
    /// watched.
    pub fn watch<T>(&self) -> Result<Watched<T>>
    where
        T: DeserializeOwned + Send + Sync + 'static,
    {
        if self.place.configuration.at != At::Here {
            return Err(Error::usage("a commit does not change, so there is nothing to watch")
                .with_help("watch the working tree: leave `at` out"));
        }
        let watch = self.eyes()?;
        let configuration = self.judged_by(&watch)?;
        let (good, value) =
            self.differing(configuration, None)?.ok_or_else(|| Error::internal("no value"))?;
        let state = State {
            good: Arc::new(good),
            value,
            error: None,
            number: 0,
            is_ended: false,
            waker: Some(watch.waker()),
        };
        let shared = Arc::new(Shared { state: Mutex::new(state), moved: Condvar::new() });
        let follower = Follower { item: self.clone(), shared: Arc::clone(&shared) };
        let thread = std::thread::Builder::new().name("terrace-watch".to_owned());
        let thread = thread.spawn(move || follower.follow(watch));
        let thread = thread.map_err(|error| Error::usage(format!("cannot start a thread: {error}")))?;
        Ok(Watched { owner: Arc::new(Owner { shared, thread: Some(thread) }), seen: 0 })
    }

    /// What a watch judged last, or why there is nothing to judge.
    pub(super) fn judged_by<'w>(
        &self,
        watch: &'w Watch,
    ) -> Result<&'w crate::engine::configuration::Configuration> {
        let nothing = || watch.error().cloned().unwrap_or_else(|| Error::internal("nothing was judged"));
        watch.configuration().ok_or_else(nothing)
    }

    /// A watch that has judged the item once.
    pub(super) fn eyes(&self) -> Result<Watch> {
        let scope = Scope { keys: vec![self.key().clone()], environment: Some(self.environment()) };
        let mut watch = Watch::open(
            &self.place.configuration.dir,
            WatchOptions { scope, poll: false },
            &super::environment(),
        )?;
        watch.next(&|| None)?;
        Ok(watch)
    }
}

/// A value that follows its file. While the file is broken or gone, the last good value stays.
///
/// Clones see the same value; each is told of changes by itself. With the last clone the watch
/// ends.
pub struct Watched<T> {
    owner: Arc<Owner<T>>,
    seen: u64,
}

struct Owner<T> {
    shared: Arc<Shared<T>>,
    thread: Option<JoinHandle<()>>,
}

struct Shared<T> {
    state: Mutex<State<T>>,
    moved: Condvar,
}

struct State<T> {
    good: Arc<T>,
    /// What the good value was made from.
    value: Value,
    /// Why the files as they are now give no value.
    error: Option<Error>,
    /// How often something was to be told.
    number: u64,
    is_ended: bool,
    /// Wakes the thread where it waits for files.
    waker: Option<Waker>,
}

impl<T> Watched<T> {
    /// The last good value.
    #[must_use]
    pub fn current(&self) -> Arc<T> {
        Arc::clone(&self.owner.shared.lock().good)
    }

    /// Why the files as they are now are not in force; `None` when they are.
    #[must_use]
    pub fn error(&self) -> Option<Error> {
        self.owner.shared.lock().error.clone()
    }

    /// Waits until there is something this handle has not told yet, and tells it: a new value, or
    /// the same again when its file is good again. A save that leaves the values equal is nothing.
    ///
    /// # Errors
    /// Why the files are not in force now; the last good value stays [`Self::current`].
    pub fn changed(&mut self) -> Result<Arc<T>> {
        loop {
            if let Some(told) = self.changed_within(Duration::from_secs(3600)) {
                return told;
            }
        }
    }

    /// As [`Self::changed`], but waits no longer than this; `None` when there was nothing.
    pub fn changed_within(&mut self, at_most: Duration) -> Option<Result<Arc<T>>> {
        let shared = &self.owner.shared;
        let seen = self.seen;
        let waiting = |state: &mut State<T>| state.number == seen && !state.is_ended;
        let waited = shared.moved.wait_timeout_while(shared.lock(), at_most, waiting);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if state.number == seen && !state.is_ended {
            return None;
        }
        self.seen = state.number;
        Some(state.error.clone().map_or_else(|| Ok(Arc::clone(&state.good)), Err))
    }
}

impl<T> Clone for Watched<T> {
    fn clone(&self) -> Self {
        Self { owner: Arc::clone(&self.owner), seen: self.seen }
    }
}

impl<T: fmt::Debug> fmt::Debug for Watched<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.owner.shared.lock();
        f.debug_struct("Watched").field("current", &state.good).field("error", &state.error).finish()
    }
}

impl<T> Drop for Owner<T> {
    fn drop(&mut self) {
        self.shared.end();
        if let Some(thread) = self.thread.take() {
            // What it panicked with was said when it did.
            let _ = thread.join();
        }
    }
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self) {
        let mut state = self.lock();
        state.is_ended = true;
        if let Some(waker) = state.waker.take() {
            waker.wake();
        }
        self.moved.notify_all();
    }

    fn is_ended(&self) -> bool {
        self.lock().is_ended
    }

    /// Takes in what a look gave: another value, the same, or none.
    fn take(&self, found: Result<Option<(T, Value)>>) {
        let mut state = self.lock();
        let (good, error) = match found {
            Ok(good) => (good, None),
            Err(error) => (None, Some(error)),
        };
        if good.is_none() && state.error == error {
            return;
        }
        if let Some((good, value)) = good {
            state.good = Arc::new(good);
            state.value = value;
        }
        state.error = error;
        state.number += 1;
        self.moved.notify_all();
    }

    /// Waits for so long, or until the watch is to end.
    fn pause(&self, for_so_long: Duration) {
        let until = Instant::now() + for_so_long;
        let going_on = |state: &mut State<T>| !state.is_ended && Instant::now() < until;
        drop(self.moved.wait_timeout_while(self.lock(), for_so_long, going_on));
    }
}

/// The thread's side.
struct Follower<T> {
    item: Item,
    shared: Arc<Shared<T>>,
}

impl<T: DeserializeOwned> Follower<T> {
    fn follow(self, watch: Watch) {
        let mut watch = Some(watch);
        while !self.shared.is_ended() {
            watch = match watch {
                Some(watch) => self.step(watch),
                None => self.again(),
            };
        }
    }

    /// Waits for one thing; without a watch when there is nothing to watch any more.
    fn step(&self, mut watch: Watch) -> Option<Watch> {
        match watch.next(&|| None) {
            Ok(Update::Verdict(_)) => self.look(&watch),
            Ok(Update::Branch(_) | Update::Remark(_) | Update::Woken) => {}
            Err(error) => {
                self.shared.take(Err(error));
                return None;
            }
        }
        Some(watch)
    }

    fn look(&self, watch: &Watch) {
        let before = self.shared.lock().value.clone();
        let judged = self.item.judged_by(watch);
        self.shared.take(judged.and_then(|judged| self.item.differing(judged, Some(&before))));
    }

    /// Tries whether the repository is back.
    fn again(&self) -> Option<Watch> {
        self.shared.pause(AWAY);
        let watch = self.item.eyes().ok()?;
        let mut state = self.shared.lock();
        if state.is_ended {
            return None;
        }
        state.waker = Some(watch.waker());
        drop(state);
        self.look(&watch);
        Some(watch)
    }
}

impl<T> Drop for Follower<T> {
    fn drop(&mut self) {
        // A type whose reading panics must leave nobody waiting.
        let mut state = self.shared.lock();
        if !state.is_ended {
            state.error = Some(Error::internal("the watch ended in a panic"));
            state.is_ended = true;
            self.shared.moved.notify_all();
        }
    }
}
