//! One environment, of a repository or of a server: what is in it, and writes to it.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::{ClientError, ClientErrorKind};
use super::fetched::{Fetched, Place, Written};
use super::source::{Edit, Source, Write, recall, take_in};
use super::updates::Updates;
use crate::guards::{self, Guard};
use crate::model::{Environment, Error, Key, ValuePath};

/// One environment, of a repository ([`open`](crate::open)) or of a server (`connect`). It is cheap to clone,
/// and may be shared between threads; nothing of another environment is ever taken for it.
///
/// What is read has been found good: by the server, which serves the last commit that nothing blocks, or in a
/// repository by the rules of `terrace check`. The last good value stands in while there is none that is good
/// ([`Fetched::is_stale`]): of a server the one that `remember_in` keeps, of a repository the one that this
/// handle or a clone of it read before.
#[derive(Clone, Debug)]
#[must_use]
pub struct EnvironmentView {
    source: Arc<dyn Source>,
    environment: Environment,
    message: Option<String>,
}

impl EnvironmentView {
    pub(crate) fn of(source: impl Source + 'static, environment: Environment) -> Self {
        Self { source: Arc::new(source), environment, message: None }
    }

    /// The environment.
    #[must_use]
    pub const fn environment(&self) -> Environment {
        self.environment
    }

    /// The whole item `key`.
    ///
    /// # Errors
    /// When the key is none, the item is not there, the value does not fit `T`, or nothing good can be read
    /// and there is no last good value.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Fetched<T>, ClientError> {
        self.read(&self.place(key, None)?)
    }

    /// One value of the item `key`: `path` is such as `database.pool` or `servers[name=api].port`.
    ///
    /// # Errors
    /// As of [`get`](Self::get), and when the path is none.
    pub fn value<T: DeserializeOwned>(&self, key: &str, path: &str) -> Result<Fetched<T>, ClientError> {
        self.read(&self.place(key, Some(path))?)
    }

    /// The item `key` as it is and whenever it changes.
    ///
    /// # Errors
    /// When the key is none, or nothing can change (a commit); everything else is told by the iterator.
    pub fn watch<T: DeserializeOwned>(&self, key: &str) -> Result<Updates<T>, ClientError> {
        self.follow(self.place(key, None)?)
    }

    /// One value of the item `key` as it is and whenever it changes; other changes of the item wake nobody.
    ///
    /// # Errors
    /// As of [`watch`](Self::watch), and when the path is none.
    pub fn watch_value<T: DeserializeOwned>(&self, key: &str, path: &str) -> Result<Updates<T>, ClientError> {
        self.follow(self.place(key, Some(path))?)
    }

    /// The same environment, whose writes are committed with this message (one line).
    pub fn with_message(&self, message: impl Into<String>) -> Self {
        Self { message: Some(message.into()), ..self.clone() }
    }

    /// Makes the item `key`, which must not be there.
    ///
    /// # Errors
    /// [`ClientErrorKind::Stale`] when it is there, [`ClientErrorKind::Refused`] with findings when a rule
    /// refuses it, and whatever keeps it from being done.
    pub fn create<T: Serialize + ?Sized>(&self, key: &str, value: &T) -> Result<Written, ClientError> {
        let place = self.place(key, None)?;
        let content = content(value, &place)?;
        self.write(&place, Edit::Create(content))
    }

    /// Puts `value` in the place of the whole item that was read. Only the bytes that must change do;
    /// comments stay.
    ///
    /// # Errors
    /// [`ClientErrorKind::Stale`] when the item was changed since, [`ClientErrorKind::Refused`] with findings
    /// when a rule refuses it, and whatever keeps it from being done.
    pub fn put<U, T: Serialize + ?Sized>(
        &self,
        read: &Fetched<U>,
        value: &T,
    ) -> Result<Written, ClientError> {
        let place = self.guarded(read)?;
        self.write(place, Edit::Put { tag: read.etag(), content: content(value, place)? })
    }

    /// Changes the item that was read by a merge patch (RFC 7396): names that are given are set, `null`
    /// removes one, everything else stays.
    ///
    /// # Errors
    /// As of [`put`](Self::put).
    pub fn patch<U, P: Serialize + ?Sized>(
        &self,
        read: &Fetched<U>,
        patch: &P,
    ) -> Result<Written, ClientError> {
        let place = self.guarded(read)?;
        self.write(place, Edit::Patch { tag: read.etag(), content: content(patch, place)? })
    }

    /// Removes the item that was read.
    ///
    /// # Errors
    /// As of [`put`](Self::put).
    pub fn delete<U>(&self, read: &Fetched<U>) -> Result<Written, ClientError> {
        self.write(self.guarded(read)?, Edit::Delete { tag: read.etag() })
    }

    fn place(&self, key: &str, path: Option<&str>) -> Result<Place, ClientError> {
        let usage = |error: Error| {
            let told = ClientError::new(ClientErrorKind::Usage, error.message());
            error.help().map_or_else(|| told.clone(), |help| told.clone().with_help(help.to_string()))
        };
        let key: Key = key.parse().map_err(|error| usage(Error::from(error)))?;
        let path = match path {
            Some("") => {
                let told = ClientError::new(ClientErrorKind::Usage, "the path is empty");
                return Err(told.with_help("read the whole item with `get`"));
            }
            Some(path) => Some(path.parse::<ValuePath>().map_err(|error| usage(Error::from(error)))?),
            None => None,
        };
        Ok(Place { environment: self.environment, key, path })
    }

    /// The item that a value guards, when it is one of this environment.
    fn guarded<'f, U>(&self, read: &'f Fetched<U>) -> Result<&'f Place, ClientError> {
        let place = &read.place;
        if place.environment != self.environment && !guards::off(Guard::ClientTag) {
            let detail = format!(
                "what was read in {} cannot guard a write to {}",
                place.environment, self.environment
            );
            let told = ClientError::new(ClientErrorKind::OtherEnvironment, detail).about(place);
            return Err(told.with_help(format!("read the item in {} first", self.environment)));
        }
        if place.path.is_some() {
            let detail = "a single value's tag guards no write of its item";
            let told = ClientError::new(ClientErrorKind::Usage, detail).about(place);
            return Err(told.with_help("read the whole item with `get`"));
        }
        Ok(place)
    }

    fn read<T: DeserializeOwned>(&self, place: &Place) -> Result<Fetched<T>, ClientError> {
        match self.source.read(place) {
            Ok(said) => take_in(&*self.source, place, &said),
            Err(error) => recall(&*self.source, place, &error).ok_or(error),
        }
    }

    fn follow<T>(&self, place: Place) -> Result<Updates<T>, ClientError> {
        let follow = self.source.follow(&place)?;
        Ok(Updates::new(Arc::clone(&self.source), place, follow))
    }

    fn write(&self, place: &Place, edit: Edit<'_>) -> Result<Written, ClientError> {
        self.source.write(place, Write { edit, message: self.message.as_deref() })
    }
}

fn content(value: &(impl Serialize + ?Sized), place: &Place) -> Result<Vec<u8>, ClientError> {
    serde_json::to_vec(value).map_err(|error| {
        ClientError::new(ClientErrorKind::WrongType, format!("the value cannot be sent: {error}"))
            .with_source(error)
            .about(place)
    })
}
