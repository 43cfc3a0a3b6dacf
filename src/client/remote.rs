//! One environment of a server: what is in it, and writes to it.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use ureq::http::Method;

use super::connection::{Asked, Connection, encoded};
use super::error::{ClientError, ClientErrorKind};
use super::fetched::{Fetched, Place, Said, Written};
use super::remembered::Folder;
use crate::guards::{self, Guard};
use crate::model::{Environment, Error, Key, ValuePath};

/// One environment of a server. It is cheap to clone, and may be shared between threads.
#[derive(Clone, Debug)]
#[must_use]
pub struct RemoteEnvironment {
    pub(super) connection: Arc<Connection>,
    pub(super) folder: Option<Folder>,
    pub(super) environment: Environment,
    pub(super) message: Option<String>,
}

impl RemoteEnvironment {
    /// The environment.
    #[must_use]
    pub const fn environment(&self) -> Environment {
        self.environment
    }

    /// The whole item `key`.
    ///
    /// # Errors
    /// When the key is none, the item is not there, the value does not fit `T`, or the server cannot be
    /// read and there is no last good value.
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

    /// The same environment, whose writes are committed with this message (one line).
    pub fn with_message(&self, message: impl Into<String>) -> Self {
        Self { message: Some(message.into()), ..self.clone() }
    }

    /// Makes the item `key`, which must not be there.
    ///
    /// # Errors
    /// [`ClientErrorKind::Stale`] when it is there, [`ClientErrorKind::Refused`] with findings when a rule
    /// refuses it, and whatever keeps the server from doing it.
    pub fn create<T: Serialize + ?Sized>(&self, key: &str, value: &T) -> Result<Written, ClientError> {
        let place = self.place(key, None)?;
        let content = ("application/json", content(&Whole { value }, &place)?);
        self.write(&place, Method::PUT, ("if-none-match", "*"), Some(content))
    }

    /// Puts `value` in the place of the whole item that was read. The server changes only the bytes that
    /// must change; comments stay.
    ///
    /// # Errors
    /// [`ClientErrorKind::Stale`] when the item was changed since, [`ClientErrorKind::Refused`] with findings
    /// when a rule refuses it, and whatever keeps the server from doing it.
    pub fn put<U, T: Serialize + ?Sized>(
        &self,
        read: &Fetched<U>,
        value: &T,
    ) -> Result<Written, ClientError> {
        let place = self.guarded(read)?;
        let content = ("application/json", content(&Whole { value }, place)?);
        self.write(place, Method::PUT, ("if-match", read.etag()), Some(content))
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
        let content = ("application/merge-patch+json", content(patch, place)?);
        self.write(place, Method::PATCH, ("if-match", read.etag()), Some(content))
    }

    /// Removes the item that was read.
    ///
    /// # Errors
    /// As of [`put`](Self::put).
    pub fn delete<U>(&self, read: &Fetched<U>) -> Result<Written, ClientError> {
        let place = self.guarded(read)?;
        let written = self.write(place, Method::DELETE, ("if-match", read.etag()), None)?;
        self.forget(place);
        Ok(written)
    }

    pub(super) fn place(&self, key: &str, path: Option<&str>) -> Result<Place, ClientError> {
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
        match self.ask(place, None, Duration::ZERO) {
            Ok(Some(said)) => self.take_in(place, &said),
            Ok(None) => Err(ClientError::not_terrace("the answer is 304 without a question").about(place)),
            Err(error) => self.recall(place, &error).ok_or(error),
        }
    }

    /// A value that the server said, kept as the last good one when the program can use it.
    pub(super) fn take_in<T: DeserializeOwned>(
        &self,
        place: &Place,
        said: &Said,
    ) -> Result<Fetched<T>, ClientError> {
        let fetched: Fetched<T> = Fetched::read(place, said)?;
        let is_remembered = self
            .folder
            .as_ref()
            .is_some_and(|folder| folder.remember(&self.connection.address.to_string(), place, said).is_ok());
        Ok(fetched.remembered(is_remembered))
    }

    /// The last good value, where a failure allows for it.
    pub(super) fn recall<T: DeserializeOwned>(
        &self,
        place: &Place,
        failure: &ClientError,
    ) -> Option<Fetched<T>> {
        let folder = self.folder.as_ref().filter(|_| failure.allows_last_good())?;
        let said = folder.recall(&self.connection.address.to_string(), place)?;
        let fetched: Fetched<T> = Fetched::read(place, &said).ok()?;
        Some(fetched.instead_of(failure.clone()))
    }

    fn forget(&self, place: &Place) {
        if let Some(folder) = &self.folder {
            folder.forget(&self.connection.address.to_string(), place);
        }
    }

    /// What the server has at a place, and `None` when it is what is known.
    pub(super) fn ask(
        &self,
        place: &Place,
        known: Option<&str>,
        wait: Duration,
    ) -> Result<Option<Said>, ClientError> {
        let mut path = address(place);
        if let Some(at) = &place.path {
            path = format!("{path}?path={}", encoded(&at.to_string()));
        }
        let mut headers = vec![("accept", "application/json".to_owned())];
        headers.extend(known.map(|etag| ("if-none-match", etag.to_owned())));
        if !wait.is_zero() {
            headers.push(("prefer", format!("wait={}", wait.as_secs())));
        }
        let asked = Asked { method: Method::GET, path: &path, headers, content: None, wait };
        let answer =
            self.connection.send(&asked).map_err(|error| error.about(place)).inspect_err(|error| {
                if error.kind() == ClientErrorKind::NotFound {
                    self.forget(place);
                }
            })?;
        if answer.status == 304 && known.is_some() {
            return Ok(None);
        }
        let no_item =
            || ClientError::not_terrace(format!("the answer ({}) is no item", answer.status)).about(place);
        let mut body: Json = serde_json::from_slice(&answer.body).map_err(|_| no_item())?;
        self.check(&body, place)?.then_some(()).ok_or_else(no_item)?;
        let value = body.get_mut("value").map(Json::take).ok_or_else(no_item)?;
        let etag = answer.etag.filter(|_| answer.status == 200);
        let etag = etag.ok_or_else(|| ClientError::not_terrace("the answer has no tag").about(place))?;
        Ok(Some(Said { etag, commit: answer.commit, value }))
    }

    /// Refuses an answer that says that it is of another place; whether it says fully of which it is.
    fn check(&self, body: &Json, place: &Place) -> Result<bool, ClientError> {
        let text = |name: &str| body.get(name).and_then(Json::as_str);
        let (environment, key) = (text("environment"), text("key"));
        let is_it = environment.is_none_or(|environment| environment == self.environment.name())
            && key.is_none_or(|key| key == place.key.as_str());
        if is_it || guards::off(Guard::ClientAnswer) {
            return Ok(environment.is_some() && key.is_some());
        }
        let (environment, key) = (environment.unwrap_or_default(), key.unwrap_or_default());
        let detail = format!("the server answers with {environment}/{key}, which is not taken");
        let told = ClientError::new(ClientErrorKind::OtherEnvironment, detail).about(place);
        Err(told.with_help("something between the program and the server mixes up answers"))
    }

    fn write(
        &self,
        place: &Place,
        method: Method,
        (name, tag): (&'static str, &str),
        content: Option<(&'static str, Vec<u8>)>,
    ) -> Result<Written, ClientError> {
        let mut headers = vec![("accept", "application/json".to_owned()), (name, tag.to_owned())];
        headers.extend(self.message.as_ref().map(|message| ("terrace-message", message.clone())));
        let path = address(place);
        let asked = Asked { method, path: &path, headers, content, wait: Duration::ZERO };
        let answer = self.connection.send(&asked).map_err(|error| {
            let is_open = error.kind() == ClientErrorKind::Unreachable;
            let error = error.about(place);
            if is_open { error.with_help(UNCERTAIN) } else { error }
        })?;
        let body: Json = serde_json::from_slice(&answer.body).unwrap_or(Json::Null);
        self.check(&body, place)?;
        if !(200..300).contains(&answer.status) {
            let detail = format!("the answer ({}) is none to a write", answer.status);
            return Err(ClientError::not_terrace(detail).about(place));
        }
        let is_unchanged = body.get("commit").is_some_and(Json::is_null);
        let told = body.get("commit").and_then(Json::as_str).and_then(|id| id.parse().ok());
        let commit = told.or(answer.commit).filter(|_| !is_unchanged);
        Ok(Written { commit, etag: answer.etag })
    }
}

const UNCERTAIN: &str =
    "whether it was written is not known; the same write again changes nothing that is so already";

fn address(place: &Place) -> String {
    // Keys have nothing in them that an address would have to escape.
    format!("/environments/{}/items/{}", place.environment, place.key)
}

#[derive(Serialize)]
struct Whole<'a, T: ?Sized> {
    value: &'a T,
}

fn content(value: &(impl Serialize + ?Sized), place: &Place) -> Result<Vec<u8>, ClientError> {
    serde_json::to_vec(value).map_err(|error| {
        ClientError::new(ClientErrorKind::WrongType, format!("the value cannot be sent: {error}"))
            .with_source(error)
            .about(place)
    })
}
