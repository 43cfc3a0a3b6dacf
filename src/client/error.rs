//! Why a server did not do as asked.

use std::fmt;
use std::sync::Arc;
#[cfg(feature = "client")]
use std::time::Duration;

use serde_json::Value as Json;

#[cfg(feature = "repository")]
use crate::model::{Error, ErrorKind};

/// What kind of failure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientErrorKind {
    /// What was asked for or sent means nothing: the same request fails again (most of 4xx).
    Usage,
    /// The server knows no such token, or wants one (401).
    Unauthorized,
    /// The token does not allow it (403).
    Forbidden,
    /// The environment has no such item or value (404 of Terrace, and no other 404).
    NotFound,
    /// Something stands in the way of a write (409).
    Conflict,
    /// The item was changed since it was read (412).
    Stale,
    /// The content breaks a rule (422); [`ClientError::document`] has the findings.
    Refused,
    /// The server answers, but not now (408, 429, 5xx).
    Unavailable,
    /// There is no connection, or it broke: name, network, certificate, time-out.
    Unreachable,
    /// The server points elsewhere, where nobody said that configuration comes from.
    Redirected,
    /// The answer is of another environment or item than was asked for.
    OtherEnvironment,
    /// Who answers is no Terrace server.
    NotTerrace,
    /// The value is not what the program's type takes, or a value that was to be sent is no JSON.
    WrongType,
    /// The folder of last good values cannot be used.
    Folder,
    /// The repository cannot be read or written as it is: its policy, a file, a merge in progress, the disk.
    Repository,
}

/// A failure: one sentence, what the server called it, and what can be done.
///
/// It has no token in it, and no string of a value; a number that a type does not take may be named.
#[derive(Clone)]
pub struct ClientError(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ClientErrorKind,
    subject: String,
    detail: String,
    help: Option<String>,
    status: Option<u16>,
    problem: Option<String>,
    document: Option<Json>,
    #[cfg(feature = "client")]
    retry_after: Option<Duration>,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl ClientError {
    pub(crate) fn new(kind: ClientErrorKind, detail: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            subject: String::new(),
            detail: printable(&detail.into()),
            help: None,
            status: None,
            problem: None,
            document: None,
            #[cfg(feature = "client")]
            retry_after: None,
            source: None,
        }))
    }

    /// What an answer means that is no success. A proxy's page is no problem of Terrace's, so that its 404
    /// does not say that an item is gone.
    #[cfg(feature = "client")]
    pub(super) fn of_answer(
        status: u16,
        is_problem: bool,
        body: &[u8],
        retry_after: Option<Duration>,
    ) -> Self {
        let document = is_problem.then(|| serde_json::from_slice::<Json>(body).ok()).flatten();
        let text = |name: &str| document.as_ref().and_then(|it| it.get(name)).and_then(Json::as_str);
        let problem = text("type").and_then(|name| name.strip_prefix("urn:terrace:problem:"));
        let is_absence = matches!(problem, Some("item-not-found" | "value-not-found"));
        let kind = match status {
            401 => ClientErrorKind::Unauthorized,
            403 => ClientErrorKind::Forbidden,
            404 if is_absence => ClientErrorKind::NotFound,
            408 | 429 | 500.. => ClientErrorKind::Unavailable,
            _ if problem.is_none() => ClientErrorKind::NotTerrace,
            409 => ClientErrorKind::Conflict,
            412 => ClientErrorKind::Stale,
            422 => ClientErrorKind::Refused,
            _ => ClientErrorKind::Usage,
        };
        let detail = text("detail").map_or_else(|| format!("the answer is {status}"), str::to_owned);
        let help = match (text("help"), kind) {
            (Some(help), _) => Some(help.to_owned()),
            (None, ClientErrorKind::NotTerrace) => Some(NOT_TERRACE.to_owned()),
            (None, _) => None,
        };
        let problem = problem.map(printable);
        let mut error = Self::new(kind, detail);
        error.0.help = help.as_deref().map(printable);
        error.0.status = Some(status);
        error.0.problem = problem;
        error.0.document = document;
        error.0.retry_after = retry_after;
        error
    }

    /// What keeps a repository from doing as asked; `findings` is what it refused, as `check` writes it.
    #[cfg(feature = "repository")]
    pub(crate) fn of_repository(error: &Error, findings: Option<Json>) -> Self {
        let kind = match error.kind() {
            ErrorKind::NotFound => ClientErrorKind::NotFound,
            ErrorKind::Undecided => ClientErrorKind::Refused,
            ErrorKind::Usage if !error.findings().is_empty() => ClientErrorKind::Refused,
            ErrorKind::Usage => ClientErrorKind::Usage,
            ErrorKind::State | ErrorKind::Io | ErrorKind::Internal => ClientErrorKind::Repository,
            ErrorKind::Forbidden => ClientErrorKind::Forbidden,
            ErrorKind::Stale => ClientErrorKind::Stale,
            ErrorKind::TestFailed => ClientErrorKind::Conflict,
            ErrorKind::Busy => ClientErrorKind::Unavailable,
        };
        // Lines of findings were made printable one by one.
        let mut told = Self::new(kind, "").with_source(error.clone());
        told.0.detail = error.message().split('\n').map(printable).collect::<Vec<_>>().join("\n");
        told.0.help = error.help().map(ToString::to_string);
        told.0.document = findings;
        told
    }

    /// A success that says what no Terrace server says.
    #[cfg(feature = "client")]
    pub(super) fn not_terrace(detail: impl Into<String>) -> Self {
        Self::new(ClientErrorKind::NotTerrace, detail).with_help(NOT_TERRACE)
    }

    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    pub(crate) fn with_source(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.0.source = Some(Arc::new(source));
        self
    }

    #[cfg(feature = "client")]
    pub(super) fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    /// The same error about something.
    pub(crate) fn about(mut self, subject: impl fmt::Display) -> Self {
        self.0.subject = subject.to_string();
        self
    }

    /// What kind of failure it is.
    #[must_use]
    pub const fn kind(&self) -> ClientErrorKind {
        self.0.kind
    }

    /// The problem's name, such as `item-not-found`, where Terrace answered; it does not change.
    #[must_use]
    pub fn problem(&self) -> Option<&str> {
        self.0.problem.as_deref()
    }

    /// The status of the answer, where there was one.
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// What is wrong, without what it is about.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// What can be done.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        self.0.help.as_deref()
    }

    /// What was refused and why, for programs: the whole problem as a server sent it, or of a repository
    /// `{"findings":[…]}`.
    #[must_use]
    pub const fn document(&self) -> Option<&Json> {
        self.0.document.as_ref()
    }

    /// Whether the same request may succeed later, without anybody changing it.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self.0.kind, ClientErrorKind::Unavailable | ClientErrorKind::Unreachable)
    }

    /// Whether the last good value may stand in: what is in a repository is broken, or is being written.
    #[cfg(feature = "repository")]
    pub(crate) const fn is_broken_repository(&self) -> bool {
        let kind = self.0.kind;
        matches!(kind, ClientErrorKind::Refused | ClientErrorKind::Repository | ClientErrorKind::Unavailable)
    }

    /// Whether the last good value may stand in: nobody answered, or the server says that it cannot.
    #[cfg(feature = "client")]
    pub(super) fn allows_last_good(&self) -> bool {
        self.0.kind == ClientErrorKind::Unreachable || self.0.status.is_some_and(|status| status >= 500)
    }

    /// How long the server asks to be left alone.
    #[cfg(feature = "client")]
    pub(super) const fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }
}

#[cfg(feature = "client")]
const NOT_TERRACE: &str =
    "see that the address is that of `terrace serve`, and that what stands before it lets its answers pass";

/// One sentence, naming what it is about.
impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.0.subject.is_empty() {
            write!(f, "{}: ", self.0.subject)?;
        }
        f.write_str(&self.0.detail)
    }
}

impl fmt::Debug for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientError")
            .field("kind", &self.0.kind)
            .field("said", &self.to_string())
            .field("help", &self.0.help)
            .field("status", &self.0.status)
            .field("problem", &self.0.problem)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for ClientError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// A text of elsewhere with nothing in it that acts on a terminal.
fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let hides = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
        if c.is_control() || hides {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(all(test, feature = "client"))]
mod tests {
    use super::*;

    #[test]
    fn only_terrace_says_that_something_is_absent() {
        let absent =
            br#"{"type":"urn:terrace:problem:item-not-found","detail":"no \u001b[2J item","help":"h"}"#;
        let other = br#"{"type":"urn:terrace:problem:unknown-route"}"#;
        for (status, is_problem, body, expected) in [
            (404, true, &absent[..], ClientErrorKind::NotFound),
            (404, false, &absent[..], ClientErrorKind::NotTerrace),
            (404, true, &other[..], ClientErrorKind::Usage),
            (404, true, &b"{"[..], ClientErrorKind::NotTerrace),
            (502, false, &b"<html>"[..], ClientErrorKind::Unavailable),
            (401, false, &b""[..], ClientErrorKind::Unauthorized),
            (412, true, &other[..], ClientErrorKind::Stale),
            (418, false, &b""[..], ClientErrorKind::NotTerrace),
        ] {
            let error = ClientError::of_answer(status, is_problem, body, None);
            assert_eq!(error.kind(), expected, "{status} {error}");
            assert_eq!(error.allows_last_good(), status == 502, "{status}");
        }
        let error = ClientError::of_answer(404, true, absent, None).about("staging/a");
        assert_eq!(error.to_string(), "staging/a: no \\u{1b}[2J item");
        assert_eq!((error.problem(), error.help()), (Some("item-not-found"), Some("h")));
    }
}
