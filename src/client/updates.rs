//! A value as it changes.

use std::marker::PhantomData;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;

use super::backoff::Backoff;
use super::error::{ClientError, ClientErrorKind};
use super::fetched::{Fetched, Place};
use super::remote::RemoteEnvironment;

/// So long the server is asked to wait for a change; many proxies cut connections after a minute.
const WAIT: Duration = Duration::from_secs(50);

/// An answer that comes sooner was not waited for.
const AT_ONCE: Duration = Duration::from_secs(1);

/// A value as it is, and then each one that it becomes; `next` waits for it.
///
/// It has no end. A failure is told once, and asked about again after 0.5 to 30 seconds until it is over;
/// what was told before stays true as far as anybody knows. When the server cannot be read from the start,
/// the last good value is the first ([`Fetched::is_stale`]), and what the server has follows when it is back.
#[derive(Debug)]
#[must_use]
pub struct Updates<T> {
    remote: RemoteEnvironment,
    place: Place,
    /// The tag of what was told last.
    known: Option<String>,
    /// Whether a value was told.
    has_begun: bool,
    /// The failure that goes on.
    failure: Option<Signature>,
    backoff: Backoff,
    pause: Duration,
    of: PhantomData<fn() -> T>,
}

/// What makes two failures the same.
type Signature = (ClientErrorKind, Option<u16>, Option<String>);

impl RemoteEnvironment {
    /// The item `key` as it is and whenever it changes.
    ///
    /// # Errors
    /// When the key is none; everything else is told by the iterator.
    pub fn watch<T: DeserializeOwned>(&self, key: &str) -> Result<Updates<T>, ClientError> {
        Ok(Updates::new(self.clone(), self.place(key, None)?))
    }

    /// One value of the item `key` as it is and whenever it changes; other changes of the item wake nobody.
    ///
    /// # Errors
    /// When the key or the path is none; everything else is told by the iterator.
    pub fn watch_value<T: DeserializeOwned>(&self, key: &str, path: &str) -> Result<Updates<T>, ClientError> {
        Ok(Updates::new(self.clone(), self.place(key, Some(path))?))
    }
}

impl<T> Updates<T> {
    fn new(remote: RemoteEnvironment, place: Place) -> Self {
        Self {
            remote,
            place,
            known: None,
            has_begun: false,
            failure: None,
            backoff: Backoff::default(),
            pause: Duration::ZERO,
            of: PhantomData,
        }
    }
}

impl<T: DeserializeOwned> Iterator for Updates<T> {
    type Item = Result<Fetched<T>, ClientError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            sleep(std::mem::take(&mut self.pause));
            let (start, wait) = (Instant::now(), if self.known.is_some() { WAIT } else { Duration::ZERO });
            match self.remote.ask(&self.place, self.known.as_deref(), wait) {
                Ok(None) => {
                    self.failure = None;
                    if start.elapsed() < AT_ONCE {
                        self.pause = self.backoff.next(None);
                    } else {
                        self.backoff.reset();
                    }
                }
                Ok(Some(said)) => {
                    self.failure = None;
                    self.backoff.reset();
                    let taken = self.remote.take_in(&self.place, &said);
                    self.has_begun |= taken.is_ok();
                    self.known = Some(said.etag);
                    return Some(taken);
                }
                Err(error) => {
                    self.pause = self.backoff.next(error.retry_after());
                    if !error.is_transient() {
                        self.known = None;
                    }
                    let signature = (error.kind(), error.status(), error.problem().map(str::to_owned));
                    if self.failure.as_ref() == Some(&signature) {
                        continue;
                    }
                    self.failure = Some(signature);
                    let last_good =
                        if self.has_begun { None } else { self.remote.recall(&self.place, &error) };
                    self.has_begun |= last_good.is_some();
                    return Some(last_good.ok_or(error));
                }
            }
        }
    }
}
