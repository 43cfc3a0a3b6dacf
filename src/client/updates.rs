//! A value as it changes.

use std::marker::PhantomData;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::error::ClientError;
use super::fetched::{Fetched, Place};
use super::source::{Follow, Source, recall, take_in};

/// A value as it is, and then each one that it becomes; `next` waits for it.
///
/// It has no end. A failure is told once, until it is another or over; what was told before stays true as far
/// as anybody knows. A server that is away is asked again after 0.5 to 30 seconds; a repository is looked at
/// when its files change. When nothing good can be read from the start, the last good value is the first
/// ([`Fetched::is_stale`]), and what is good follows when it is there.
#[derive(Debug)]
#[must_use]
pub struct Updates<T> {
    source: Arc<dyn Source>,
    place: Place,
    follow: Box<dyn Follow>,
    /// Whether a value was told.
    has_begun: bool,
    of: PhantomData<fn() -> T>,
}

impl<T> Updates<T> {
    pub(super) fn new(source: Arc<dyn Source>, place: Place, follow: Box<dyn Follow>) -> Self {
        Self { source, place, follow, has_begun: false, of: PhantomData }
    }
}

impl<T: DeserializeOwned> Iterator for Updates<T> {
    type Item = Result<Fetched<T>, ClientError>;

    fn next(&mut self) -> Option<Self::Item> {
        let told = match self.follow.next() {
            Ok(said) => take_in(&*self.source, &self.place, &said),
            Err(error) if self.has_begun => Err(error),
            Err(error) => recall(&*self.source, &self.place, &error).ok_or(error),
        };
        self.has_begun |= told.is_ok();
        Some(told)
    }
}
