//! What a [`super::EnvironmentView`] asks of where its values come from, so that the same handle is of a
//! repository and of a server.

use std::fmt;

use serde::de::DeserializeOwned;

use super::error::ClientError;
use super::fetched::{Fetched, Place, Said, Written};

/// Where values come from, and writes go.
pub(crate) trait Source: fmt::Debug + Send + Sync {
    /// What is at a place now.
    fn read(&self, place: &Place) -> Result<Said, ClientError>;

    /// The last good thing that was at a place, where a failure allows it to stand in.
    fn recall(&self, place: &Place, failure: &ClientError) -> Option<Said>;

    /// Keeps what a program could use; whether it is on disk now.
    fn remember(&self, place: &Place, said: &Said) -> bool;

    /// What is at a place from now on.
    fn follow(&self, place: &Place) -> Result<Box<dyn Follow>, ClientError>;

    /// Changes an item.
    fn write(&self, place: &Place, write: Write<'_>) -> Result<Written, ClientError>;
}

/// What is at a place, as it changes.
pub(crate) trait Follow: fmt::Debug + Send {
    /// Waits until there is something that was not told yet, and tells it; a failure is told once.
    fn next(&mut self) -> Result<Said, ClientError>;
}

/// A change of an item.
#[derive(Debug)]
pub(crate) struct Write<'a> {
    /// What shall become of it.
    pub(crate) edit: Edit<'a>,
    /// The message of the commit; one is made without.
    pub(crate) message: Option<&'a str>,
}

/// What shall become of an item. Tags are those of [`Said`]; contents are JSON.
#[derive(Debug)]
pub(crate) enum Edit<'a> {
    /// It is made, with this value; there must be none.
    Create(Vec<u8>),
    /// It has this value.
    Put {
        /// What it must be now.
        tag: &'a str,
        /// The value.
        content: Vec<u8>,
    },
    /// It is changed by this merge patch.
    Patch {
        /// What it must be now.
        tag: &'a str,
        /// The patch.
        content: Vec<u8>,
    },
    /// It goes.
    Delete {
        /// What it must be now.
        tag: &'a str,
    },
}

/// A value that was said, kept as the last good one when the program can use it.
pub(super) fn take_in<T: DeserializeOwned>(
    source: &dyn Source,
    place: &Place,
    said: &Said,
) -> Result<Fetched<T>, ClientError> {
    let fetched: Fetched<T> = Fetched::read(place, said)?;
    Ok(fetched.remembered(source.remember(place, said)))
}

/// The last good value, where a failure allows for it.
pub(super) fn recall<T: DeserializeOwned>(
    source: &dyn Source,
    place: &Place,
    failure: &ClientError,
) -> Option<Fetched<T>> {
    let said = source.recall(place, failure)?;
    let fetched: Fetched<T> = Fetched::read(place, &said).ok()?;
    Some(fetched.instead_of(failure.clone()))
}
