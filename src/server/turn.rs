//! [`Turn`]: a request's place among those that are being answered.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A request's place among those that are being answered. It is given back while the request waits for a
/// change, so that who waits keeps nobody from reading.
#[derive(Clone)]
pub(super) struct Turn {
    all: Arc<Semaphore>,
    held: Arc<Mutex<Option<OwnedSemaphorePermit>>>,
}

impl Turn {
    /// A place, if there is one.
    pub(super) fn take(all: &Arc<Semaphore>) -> Option<Self> {
        let permit = Arc::clone(all).try_acquire_owned().ok()?;
        Some(Self { all: Arc::clone(all), held: Arc::new(Mutex::new(Some(permit))) })
    }

    /// Gives the place back.
    pub(super) fn leave(&self) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Takes a place again, when there is one: many wake at the same time.
    pub(super) async fn again(&self) {
        let permit = Arc::clone(&self.all).acquire_owned().await.ok();
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = permit;
    }
}
