//! The same as [`Updates`], for programs that wait for many things at once.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use futures_core::Stream;
use serde::de::DeserializeOwned;

use super::error::{ClientError, ClientErrorKind};
use super::fetched::Fetched;
use super::updates::Updates;

/// What an iterator tells.
type Told<T> = Result<Fetched<T>, ClientError>;

/// A value as it is, and then each one that it becomes, as a stream of any executor.
///
/// A thread waits for it; what it found stays until it is polled, and only then is more looked for. The thread
/// ends with its next news after the stream is dropped, at the latest when the server ends the wait (50
/// seconds) and has something to say.
pub struct UpdateStream<T> {
    shared: Arc<Shared<T>>,
}

struct Shared<T> {
    slot: Mutex<Slot<T>>,
    taken: Condvar,
}

struct Slot<T> {
    told: Option<Told<T>>,
    waker: Option<Waker>,
    /// The stream was dropped.
    is_dropped: bool,
    /// The thread has ended, by a panic of the type's reader.
    is_ended: bool,
}

impl<T: DeserializeOwned + Send + 'static> Updates<T> {
    /// The same as a stream.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn into_stream(self) -> Result<UpdateStream<T>, ClientError> {
        let slot = Slot { told: None, waker: None, is_dropped: false, is_ended: false };
        let shared = Arc::new(Shared { slot: Mutex::new(slot), taken: Condvar::new() });
        let told = Teller(Arc::clone(&shared));
        let thread = std::thread::Builder::new().name("terrace-updates".to_owned());
        thread.spawn(move || told.run(self)).map_err(|error| {
            ClientError::new(ClientErrorKind::Usage, format!("cannot start a thread: {error}"))
                .with_source(error)
        })?;
        Ok(UpdateStream { shared })
    }
}

/// The thread's side.
struct Teller<T>(Arc<Shared<T>>);

impl<T: DeserializeOwned> Teller<T> {
    fn run(&self, updates: Updates<T>) {
        for told in updates {
            let mut slot = self.0.lock();
            slot.told = Some(told);
            if let Some(waker) = slot.waker.take() {
                waker.wake();
            }
            let is_waiting = |slot: &mut Slot<T>| slot.told.is_some() && !slot.is_dropped;
            let slot = self.0.taken.wait_while(slot, is_waiting).unwrap_or_else(PoisonError::into_inner);
            if slot.is_dropped {
                return;
            }
        }
    }
}

impl<T> Drop for Teller<T> {
    fn drop(&mut self) {
        let mut slot = self.0.lock();
        slot.is_ended = true;
        if let Some(waker) = slot.waker.take() {
            waker.wake();
        }
    }
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, Slot<T>> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Stream for UpdateStream<T> {
    type Item = Told<T>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Told<T>>> {
        let mut slot = self.shared.lock();
        if let Some(told) = slot.told.take() {
            self.shared.taken.notify_all();
            return Poll::Ready(Some(told));
        }
        if slot.is_ended {
            return Poll::Ready(None);
        }
        slot.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

impl<T> Drop for UpdateStream<T> {
    fn drop(&mut self) {
        self.shared.lock().is_dropped = true;
        self.shared.taken.notify_all();
    }
}

impl<T> fmt::Debug for UpdateStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpdateStream").finish_non_exhaustive()
    }
}
