//! Problems: why a request was not answered as asked, one table of names for all doors.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use crate::api::help::say;
use crate::api::served;
use crate::model::{ChangedValue, Error, ErrorKind, Finding, Help};

macro_rules! problems {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal, $status:literal, $title:literal;)+) => {
        /// A kind of problem.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum ProblemKind { $($(#[doc = $doc])+ $variant,)+ }

        impl ProblemKind {
            /// Every kind, in the order of the documentation.
            pub(super) const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name that programs know it by; it does not change.
            pub(super) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// The status of the answer.
            pub(super) const fn status(self) -> u16 {
                match self { $(Self::$variant => $status),+ }
            }

            /// What kind of problem it is, in a few words.
            pub(super) const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),+ }
            }

            /// What it means, in a sentence.
            pub(super) fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+)),+ }.trim()
            }
        }
    };
}

problems! {
    /// The address, a header or a parameter cannot be read.
    BadRequest = "bad-request", 400, "The request cannot be read";
    /// The environment is not exactly one of the three.
    UnknownEnvironment = "unknown-environment", 400, "No such environment";
    /// Two places of the request name different environments.
    EnvironmentConflict = "environment-conflict", 400, "Two environments in one request";
    /// The key is none.
    InvalidKey = "invalid-key", 400, "Not a key";
    /// The path or pointer of a value is none.
    InvalidPath = "invalid-path", 400, "Not a path";
    /// The parameter is unknown here, given twice, or has a value that means nothing.
    InvalidParameter = "invalid-parameter", 400, "A parameter that means nothing";
    /// No such route.
    UnknownRoute = "unknown-route", 400, "No such route";
    /// No such commit leads to the served branch, or what is asked for is served now and was not there then.
    UnknownRevision = "unknown-revision", 400, "No such revision";
    /// The body is not what is read here.
    InvalidBody = "invalid-body", 400, "The body cannot be read";
    /// A promotion into production has to name it once more.
    ConfirmationRequired = "confirmation-required", 400, "It has to be confirmed";
    /// A token is needed, and the one that was sent, if any, is not known.
    Unauthorized = "unauthorized", 401, "A token is needed";
    /// The token does not allow it.
    Forbidden = "forbidden", 403, "Not allowed";
    /// The text would hold a secret, which the caller may not read.
    SecretsNotAllowed = "secrets-not-allowed", 403, "Secrets are not allowed";
    /// Another site's page sent the request.
    ForeignOrigin = "foreign-origin", 403, "Sent by another site";
    /// The served commit of this environment has no such item.
    ItemNotFound = "item-not-found", 404, "No such item";
    /// The item has no such value.
    ValueNotFound = "value-not-found", 404, "No such value";
    /// There is nothing at this address.
    NotFound = "not-found", 404, "Nothing is here";
    /// The route has no such method.
    MethodNotAllowed = "method-not-allowed", 405, "No such method here";
    /// What is asked for is not offered in any of the accepted forms.
    NotAcceptable = "not-acceptable", 406, "No such form";
    /// The answer took too long.
    RequestTimeout = "request-timeout", 408, "It took too long";
    /// A value is not what the patch says that it must be.
    TestFailed = "test-failed", 409, "A test of the patch failed";
    /// The newest state of the environment is not served, and the write would not mend it.
    EnvironmentHeldBack = "environment-held-back", 409, "The environment is held back";
    /// What the plan rests on has changed; the plan as it is now is with it.
    PlanMoved = "plan-moved", 409, "The plan is out of date";
    /// What was looked at is no longer what is there.
    PreconditionFailed = "precondition-failed", 412, "Somebody else was faster";
    /// The body is larger than the limit.
    BodyTooLarge = "body-too-large", 413, "The body is too large";
    /// The address is longer than the limit.
    AddressTooLong = "address-too-long", 414, "The address is too long";
    /// The body is of a form that is not read here.
    UnsupportedMediaType = "unsupported-media-type", 415, "Not a form that is read here";
    /// The request's headers are longer than the limit.
    HeadersTooLarge = "headers-too-large", 431, "The headers are too large";
    /// The request names another host.
    MisdirectedRequest = "misdirected-request", 421, "Not this host";
    /// The item cannot be said in the form that is asked for, or a finding keeps it from leaving.
    Refused = "refused", 422, "It cannot be said like this";
    /// The result would bring findings of error severity.
    Findings = "findings", 422, "The result would be wrong";
    /// A person must decide.
    Undecided = "undecided", 422, "Something is to be decided";
    /// A write has to say what it expects to be there.
    PreconditionRequired = "precondition-required", 428, "A precondition is needed";
    /// A defect of the server.
    Internal = "internal", 500, "A defect of the server";
    /// The repository cannot be read.
    RepositoryUnreadable = "repository-unreadable", 500, "The repository cannot be read";
    /// The repository is in a state in which it is not written: a merge is in progress, say.
    RepositoryNotReady = "repository-not-ready", 500, "The repository cannot be written";
    /// No state of the environment that could be served was found.
    EnvironmentUnavailable = "environment-unavailable", 503, "The environment is not served";
    /// The remote through which is written cannot be reached; reads go on.
    RemoteUnavailable = "remote-unavailable", 503, "The remote cannot be reached";
    /// Nothing is written through this server until somebody decides which history counts.
    ReadOnly = "read-only", 503, "The server is read-only";
    /// The server has too much to do; try again.
    Overloaded = "overloaded", 503, "Too much to do";
    /// Somebody else is at work in the repository; try again.
    RepositoryBusy = "repository-busy", 503, "The repository is busy";
}

/// Why a request was not answered as asked.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    pub(super) kind: ProblemKind,
    detail: String,
    help: Option<Box<Help>>,
    findings: Vec<Finding>,
    headers: Vec<(http::HeaderName, HeaderValue)>,
    facts: Option<Box<Facts>>,
}

/// What the problems of writes are about besides.
#[derive(Clone, Debug, Default)]
struct Facts {
    changed: Vec<ChangedValue>,
    held_etag: Option<String>,
    plan: Option<serde_json::Value>,
    /// What another protocol's errors have besides.
    members: Option<serde_json::Value>,
}

impl Problem {
    /// A problem; `detail` is one sentence without a final stop.
    pub(super) fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        let (findings, headers) = (Vec::new(), Vec::new());
        Self { kind, detail: detail.into(), help: None, findings, headers, facts: None }
    }

    /// What is wrong.
    pub(super) fn detail(&self) -> &str {
        &self.detail
    }

    /// What can be done.
    pub(super) fn help(&self) -> Option<&Help> {
        self.help.as_deref()
    }

    /// What was found.
    pub(super) fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// What was changed since.
    pub(super) fn changed(&self) -> &[ChangedValue] {
        self.facts.as_ref().map_or(&[], |facts| &facts.changed)
    }

    /// The plan as it is now.
    pub(super) fn plan(&self) -> Option<&serde_json::Value> {
        self.facts.as_ref().and_then(|facts| facts.plan.as_ref())
    }

    /// The same with what can be done.
    pub(super) fn with_help(self, help: impl Into<Help>) -> Self {
        Self { help: Some(Box::new(help.into())), ..self }
    }

    pub(super) fn with_header(mut self, name: http::HeaderName, value: &str) -> Self {
        self.headers.extend(HeaderValue::from_str(value).ok().map(|value| (name, value)));
        self
    }

    /// The same to be asked again in some seconds.
    pub(super) fn retry_after(self, seconds: u32) -> Self {
        self.with_header(header::RETRY_AFTER, &seconds.to_string())
    }

    /// A failure of an operation: `asked` is what it means when what was asked for is at fault.
    pub(super) fn of(error: &Error, asked: ProblemKind) -> Self {
        let kind = match error.kind() {
            ErrorKind::NotFound => ProblemKind::ValueNotFound,
            ErrorKind::Usage => asked,
            ErrorKind::Undecided => ProblemKind::Refused,
            ErrorKind::Io | ErrorKind::State => ProblemKind::RepositoryUnreadable,
            ErrorKind::Forbidden => ProblemKind::SecretsNotAllowed,
            ErrorKind::Stale | ErrorKind::TestFailed | ErrorKind::Busy => ProblemKind::Overloaded,
            ErrorKind::Internal => ProblemKind::Internal,
        };
        let help = error.help().cloned().map(Box::new);
        let findings = error.findings().to_vec();
        let detail = error.message().to_owned();
        Self { kind, detail, help, findings, headers: Vec::new(), facts: None }
    }

    /// A failure of an operation that writes.
    pub(super) fn of_write(error: &Error) -> Self {
        let kind = match error.kind() {
            ErrorKind::NotFound => ProblemKind::ItemNotFound,
            ErrorKind::Usage => ProblemKind::InvalidBody,
            ErrorKind::Undecided if error.findings().is_empty() => ProblemKind::Undecided,
            ErrorKind::Undecided => ProblemKind::Findings,
            ErrorKind::Io => ProblemKind::RepositoryUnreadable,
            ErrorKind::State => ProblemKind::RepositoryNotReady,
            ErrorKind::Forbidden => ProblemKind::SecretsNotAllowed,
            ErrorKind::Stale => ProblemKind::PreconditionFailed,
            ErrorKind::TestFailed => ProblemKind::TestFailed,
            ErrorKind::Busy => ProblemKind::RepositoryBusy,
            ErrorKind::Internal => ProblemKind::Internal,
        };
        let problem = Self { kind, ..Self::of(error, kind) }.with_changed(error.changed().to_vec());
        if kind == ProblemKind::RepositoryBusy { problem.retry_after(1) } else { problem }
    }

    /// The same problem as another kind.
    pub(super) fn with_kind(self, kind: ProblemKind) -> Self {
        Self { kind, ..self }
    }

    pub(super) fn with_findings(self, findings: Vec<Finding>) -> Self {
        Self { findings, ..self }
    }

    /// The same with what was changed meanwhile.
    pub(super) fn with_changed(mut self, changed: Vec<ChangedValue>) -> Self {
        if !changed.is_empty() {
            self.facts.get_or_insert_default().changed = changed;
        }
        self
    }

    /// The same with the tag by which the item can be mended.
    pub(super) fn with_held_etag(mut self, etag: Option<String>) -> Self {
        if etag.is_some() {
            self.facts.get_or_insert_default().held_etag = etag;
        }
        self
    }

    /// The same with the plan as it is now.
    pub(super) fn with_plan(mut self, plan: serde_json::Value) -> Self {
        self.facts.get_or_insert_default().plan = Some(plan);
        self
    }

    /// The same with what another protocol's errors have.
    pub(super) fn with_members(mut self, members: serde_json::Value) -> Self {
        self.facts.get_or_insert_default().members = Some(members);
        self
    }

    /// What is wrong and what can be done, in one line.
    pub(super) fn sentence(&self) -> String {
        match &self.help {
            Some(help) => format!("{}; {}", self.detail, say(help)),
            None => self.detail.clone(),
        }
    }

    /// What stands for an answer of the framework that has only a status.
    pub(super) fn of_status(status: StatusCode, is_api: bool) -> Self {
        let kind = ProblemKind::ALL.iter().copied().find(|kind| {
            let is_route = *kind == ProblemKind::NotFound || kind.status() != 404;
            kind.status() == status.as_u16() && is_route
        });
        match (status, kind) {
            (StatusCode::NOT_FOUND, _) if is_api => {
                Self::new(ProblemKind::UnknownRoute, "the server has no such route")
                    .with_help("GET /api/v1/openapi.json describes all of them")
            }
            (_, Some(kind)) => {
                let title = kind.title();
                let mut letters = title.chars();
                let first = letters.next().map(|letter| letter.to_ascii_lowercase());
                let problem = Self::new(kind, first.into_iter().chain(letters).collect::<String>());
                if kind == ProblemKind::MethodNotAllowed {
                    problem.with_help("the header `Allow` names the methods that there are")
                } else {
                    problem
                }
            }
            (status, None) if status.is_client_error() => {
                Self::new(ProblemKind::BadRequest, "the request cannot be read")
            }
            (_, None) => Self::new(ProblemKind::Internal, "the server failed"),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self { kind, detail, help, findings, headers, facts } = self;
        let facts = facts.unwrap_or_default();
        let mut body = Vec::new();
        let help = help.as_deref().map(say).filter(|help| !help.is_empty());
        let problem = served::Problem {
            name: kind.name(),
            title: kind.title(),
            status: kind.status(),
            detail: &detail,
            help: help.as_deref(),
            findings: &findings,
            changed: &facts.changed,
            held_etag: facts.held_etag.as_deref(),
            plan: facts.plan.as_ref(),
        };
        // A vector takes all.
        let _ = served::problem(&problem, &mut body);
        if let Some(members) = facts.members {
            body = joined(&body, members).unwrap_or(body);
        }
        let status = StatusCode::from_u16(kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, body).into_response();
        let form = HeaderValue::from_static(PROBLEM_JSON);
        response.headers_mut().insert(header::CONTENT_TYPE, form);
        for (name, value) in headers {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

/// A JSON object with more members.
fn joined(body: &[u8], members: serde_json::Value) -> Option<Vec<u8>> {
    let mut object: serde_json::Map<_, _> = serde_json::from_slice(body).ok()?;
    let serde_json::Value::Object(members) = members else { return None };
    object.extend(members);
    serde_json::to_vec(&object).ok()
}

/// The media type of problems.
pub(super) const PROBLEM_JSON: &str = "application/problem+json";
