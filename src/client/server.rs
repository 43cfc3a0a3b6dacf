//! A server as where values come from: questions to it, waits, and writes.

use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use ureq::http::Method;

use super::backoff::Backoff;
use super::connection::{Asked, Connection, encoded};
use super::error::{ClientError, ClientErrorKind};
use super::fetched::{Origin, Place, Said, Written};
use super::remembered::Folder;
use super::source::{Edit, Follow, Source, Write};
use crate::guards::{self, Guard};

/// So long the server is asked to wait for a change; many proxies cut connections after a minute.
const WAIT: Duration = Duration::from_secs(50);

/// An answer that comes sooner was not waited for.
const AT_ONCE: Duration = Duration::from_secs(1);

const UNCERTAIN: &str =
    "whether it was written is not known; the same write again changes nothing that is so already";

/// A server, who asks it, and where its last good values are kept.
#[derive(Clone, Debug)]
pub(super) struct ServerSource {
    pub(super) connection: Connection,
    pub(super) folder: Option<Folder>,
}

impl Source for ServerSource {
    fn read(&self, place: &Place) -> Result<Said, ClientError> {
        let said = self.ask(place, None, Duration::ZERO)?;
        said.ok_or_else(|| ClientError::not_terrace("the answer is 304 without a question").about(place))
    }

    fn recall(&self, place: &Place, failure: &ClientError) -> Option<Said> {
        let folder = self.folder.as_ref().filter(|_| failure.allows_last_good())?;
        folder.recall(&self.connection.address.to_string(), place)
    }

    fn remember(&self, place: &Place, said: &Said) -> bool {
        let server = || self.connection.address.to_string();
        self.folder.as_ref().is_some_and(|folder| folder.remember(&server(), place, said).is_ok())
    }

    fn follow(&self, place: &Place) -> Result<Box<dyn Follow>, ClientError> {
        Ok(Box::new(Polling {
            source: self.clone(),
            place: place.clone(),
            known: None,
            failure: None,
            backoff: Backoff::default(),
            pause: Duration::ZERO,
        }))
    }

    fn write(&self, place: &Place, write: Write<'_>) -> Result<Written, ClientError> {
        let Sent { method, condition, content } = Sent::of(write.edit);
        let is_delete = method == Method::DELETE;
        let mut headers = vec![("accept", "application/json".to_owned()), condition];
        headers.extend(write.message.map(|message| ("terrace-message", message.to_owned())));
        let path = address(place);
        let asked = Asked { method, path: &path, headers, content, wait: Duration::ZERO };
        let answer = self.connection.send(&asked).map_err(|error| {
            let is_open = error.kind() == ClientErrorKind::Unreachable;
            let error = error.about(place);
            if is_open { error.with_help(UNCERTAIN) } else { error }
        })?;
        let body: Json = serde_json::from_slice(&answer.body).unwrap_or(Json::Null);
        check(&body, place)?;
        if !(200..300).contains(&answer.status) {
            let detail = format!("the answer ({}) is none to a write", answer.status);
            return Err(ClientError::not_terrace(detail).about(place));
        }
        if is_delete {
            self.forget(place);
        }
        let is_unchanged = body.get("commit").is_some_and(Json::is_null);
        let told = body.get("commit").and_then(Json::as_str).and_then(|id| id.parse().ok());
        let commit = told.or(answer.commit).filter(|_| !is_unchanged);
        Ok(Written { commit, etag: answer.etag })
    }
}

impl ServerSource {
    fn forget(&self, place: &Place) {
        if let Some(folder) = &self.folder {
            folder.forget(&self.connection.address.to_string(), place);
        }
    }

    /// What the server has at a place, and `None` when it is what is known.
    fn ask(&self, place: &Place, known: Option<&str>, wait: Duration) -> Result<Option<Said>, ClientError> {
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
        check(&body, place)?.then_some(()).ok_or_else(no_item)?;
        let value = body.get_mut("value").map(Json::take).ok_or_else(no_item)?;
        let etag = answer.etag.filter(|_| answer.status == 200);
        let etag = etag.ok_or_else(|| ClientError::not_terrace("the answer has no tag").about(place))?;
        Ok(Some(Said { etag, commit: answer.commit, value, origin: Origin::default() }))
    }
}

/// Refuses an answer that says that it is of another place; whether it says fully of which it is.
fn check(body: &Json, place: &Place) -> Result<bool, ClientError> {
    let text = |name: &str| body.get(name).and_then(Json::as_str);
    let (environment, key) = (text("environment"), text("key"));
    let is_it = environment.is_none_or(|environment| environment == place.environment.name())
        && key.is_none_or(|key| key == place.key.as_str());
    if is_it || guards::off(Guard::ClientAnswer) {
        return Ok(environment.is_some() && key.is_some());
    }
    let (environment, key) = (environment.unwrap_or_default(), key.unwrap_or_default());
    let detail = format!("the server answers with {environment}/{key}, which is not taken");
    let told = ClientError::new(ClientErrorKind::OtherEnvironment, detail).about(place);
    Err(told.with_help("something between the program and the server mixes up answers"))
}

fn address(place: &Place) -> String {
    // Keys have nothing in them that an address would have to escape.
    format!("/environments/{}/items/{}", place.environment, place.key)
}

/// A change as a request says it.
struct Sent {
    method: Method,
    condition: (&'static str, String),
    content: Option<(&'static str, Vec<u8>)>,
}

impl Sent {
    fn of(edit: Edit<'_>) -> Self {
        let whole = |value: Vec<u8>| {
            let parts = [&br#"{"value":"#[..], &value, b"}"];
            Some(("application/json", parts.concat()))
        };
        let unless_newer = |tag: &str| ("if-match", tag.to_owned());
        let (method, condition, content) = match edit {
            Edit::Create(value) => (Method::PUT, ("if-none-match", "*".to_owned()), whole(value)),
            Edit::Put { tag, content } => (Method::PUT, unless_newer(tag), whole(content)),
            Edit::Patch { tag, content } => {
                (Method::PATCH, unless_newer(tag), Some(("application/merge-patch+json", content)))
            }
            Edit::Delete { tag } => (Method::DELETE, unless_newer(tag), None),
        };
        Self { method, condition, content }
    }
}

/// What makes two failures the same.
type Signature = (ClientErrorKind, Option<u16>, Option<String>);

/// One place, asked about again and again, each time with a wait for news.
#[derive(Debug)]
struct Polling {
    source: ServerSource,
    place: Place,
    /// The tag of what was told last.
    known: Option<String>,
    /// The failure that goes on.
    failure: Option<Signature>,
    backoff: Backoff,
    pause: Duration,
}

impl Follow for Polling {
    fn next(&mut self) -> Result<Said, ClientError> {
        loop {
            sleep(std::mem::take(&mut self.pause));
            let (start, wait) = (Instant::now(), if self.known.is_some() { WAIT } else { Duration::ZERO });
            match self.source.ask(&self.place, self.known.as_deref(), wait) {
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
                    self.known = Some(said.etag.clone());
                    return Ok(said);
                }
                Err(error) => {
                    self.pause = self.backoff.next(error.retry_after());
                    if !error.is_transient() {
                        self.known = None;
                    }
                    let signature = (error.kind(), error.status(), error.problem().map(str::to_owned));
                    if self.failure.as_ref() != Some(&signature) {
                        self.failure = Some(signature);
                        return Err(error);
                    }
                }
            }
        }
    }
}
