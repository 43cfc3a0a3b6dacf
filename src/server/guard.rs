//! What every request passes, and what every answer has.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use http_body::Body;

use super::ServeEvent;
use super::caller::Caller;
use super::connection::HEAD_BYTES;
use super::dropin::Counted;
use super::hosts::require_own_origin;
use super::metrics::environment_in;
use super::page::send::with_policy;
use super::page::wrong::Wrong;
use super::problem::{PROBLEM_JSON, Problem, ProblemKind};
use super::respond::COMMIT;
use super::state::Shared;
use super::turn::Turn;
use super::{wait, webhook};
use crate::guards::{self, Guard};
use crate::model::Environment;

/// An answer is ready after so long, or there is none.
const REQUEST: Duration = Duration::from_secs(30);

/// The longest address, in bytes.
const ADDRESS_BYTES: usize = 8 * 1024;

/// What a write was about; a part of its answer for the log.
#[derive(Clone)]
pub(super) struct Written {
    pub(super) environment: Environment,
    pub(super) keys: Vec<String>,
    pub(super) is_dry: bool,
}

/// Answers a request that is let in, and makes every answer whole.
pub(super) async fn guard(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_api = ["/api", "/argocd"]
        .iter()
        .any(|root| path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')));
    let asked = format!("{} {path}", request.method());
    let is_unsafe = !request.method().is_safe();
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let (path, start) = (path.to_owned(), tokio::time::Instant::now());
    let (from, over_tls) =
        (shared.proxy.address(&request), shared.is_tls() || shared.proxy.is_tls(request.headers()));
    let (caller, answered) = match admit(&shared, &request) {
        // What else the connection brings is not read, and the client shall not wait for it.
        Err(problem) if is_unsafe => {
            (String::new(), problem.with_header(header::CONNECTION, "close").into_response())
        }
        Err(problem) => (String::new(), problem.into_response()),
        Ok(caller) => (caller.name().to_owned(), answer(&shared, caller, request, next).await),
    };
    let is_denied = matches!(answered.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
    // Other people's protocols also read by POST.
    let is_read = answered.extensions().get::<Counted>().is_some();
    let is_refused = answered.status().is_client_error() || answered.status().is_server_error();
    if let Some(Written { environment, keys, .. }) =
        answered.extensions().get::<Written>().filter(|written| !written.is_dry).cloned()
    {
        let commit = answered.headers().get(COMMIT).and_then(|commit| commit.to_str().ok());
        let (commit, status) = (commit.map(str::to_owned), answered.status().as_u16());
        let request = asked;
        shared.tell(&ServeEvent::Written { caller, from, request, environment, keys, status, commit });
    } else if is_denied || (is_refused && is_unsafe && !is_read) {
        let status = answered.status().as_u16();
        shared.tell(&ServeEvent::Refused { caller, from, request: asked, status });
    }
    let counted = answered.extensions().get::<Counted>().copied().unwrap_or_default();
    let answered = if is_page(&path) { for_people(answered) } else { answered };
    let mut answered = whole(answered, is_api);
    if over_tls {
        let lasting = HeaderValue::from_static("max-age=31536000");
        answered.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, lasting);
    }
    let route = counted.route.map(str::to_owned).or(route).unwrap_or_default();
    let (environment, status) = (counted.environment.or(environment_in(&path)), answered.status().as_u16());
    shared.requests.count(&route, environment, status, start.elapsed());
    answered
}

/// Who asks, when the request may go on.
fn admit(shared: &Shared, request: &Request) -> Result<Caller, Problem> {
    let headers = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4);
    if headers.sum::<usize>() > HEAD_BYTES {
        return Err(Problem::new(ProblemKind::HeadersTooLarge, "the headers are too large")
            .with_help(format!("keep them below {HEAD_BYTES} bytes"))
            .with_header(header::CONNECTION, "close"));
    }
    shared.hosts.check(request, shared.proxy)?;
    require_own_origin(request, shared.proxy)?;
    let length = request.uri().path_and_query().map_or(0, |address| address.as_str().len());
    if length > ADDRESS_BYTES {
        return Err(Problem::new(ProblemKind::AddressTooLong, "the address is too long")
            .with_help(format!("keep path and query below {ADDRESS_BYTES} bytes")));
    }
    let declared = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if declared.and_then(|text| text.parse::<usize>().ok()).is_some_and(|bytes| bytes > shared.body_bytes()) {
        return Err(too_large(shared));
    }
    let path = request.uri().path();
    let signed_in = is_page(path).then(|| signed_in(shared, request.headers())).flatten();
    match signed_in.map_or_else(|| shared.access.caller(request.headers()), Ok) {
        // The page asks them to sign in.
        Err(_) if is_page(path) && guards::off(Guard::SignIn) => Ok(Caller::local()),
        Err(_) if is_page(path) => Ok(Caller::stranger()),
        Err(_) if is_open(request.uri().path()) => Ok(Caller::stranger()),
        caller => caller,
    }
}

/// Who signed in to the page; a token in the request itself counts before.
fn signed_in(shared: &Shared, headers: &http::HeaderMap) -> Option<Caller> {
    let proof = shared.sessions.proof(headers).filter(|_| !headers.contains_key(header::AUTHORIZATION));
    proof.and_then(|proof| shared.access.proved(&proof))
}

/// Whether people look at this, who sign in once.
fn is_page(path: &str) -> bool {
    path == "/ui" || path.starts_with("/ui/")
}

/// Whether strangers are answered here: it tells nothing of any environment.
pub(super) fn is_open(path: &str) -> bool {
    ["/healthz", "/readyz", "/api/v1/openapi.json", webhook::PATH].contains(&path)
}

fn too_large(shared: &Shared) -> Problem {
    Problem::new(ProblemKind::BodyTooLarge, "the body is too large")
        .with_help(format!("keep it below {} bytes", shared.body_bytes()))
}

/// Why a body could not be read: there is too much of it, or it came in pieces that make no whole.
fn unread(shared: &Shared, error: &axum::Error) -> Problem {
    let source = std::error::Error::source(error);
    if source.is_some_and(|source| source.is::<http_body_util::LengthLimitError>()) {
        return too_large(shared);
    }
    Problem::new(ProblemKind::BadRequest, "the body broke off, or its chunks are none")
        .with_help("send as many bytes as `Content-Length` says, or whole chunks")
}

fn overloaded() -> Problem {
    Problem::new(ProblemKind::Overloaded, "too many requests at the same time").retry_after(1)
}

/// A request whose body is here, while not too many others are being received.
async fn in_time(shared: &Shared, request: Request) -> Result<Request, Problem> {
    if request.body().is_end_stream() {
        return Ok(request);
    }
    let place = shared.bodies.try_acquire();
    let _place = place.map_err(|_| overloaded().with_header(header::CONNECTION, "close"))?;
    with_body(shared, request).await
}

/// A request whose body is here. A refusal before the body was read would end the connection under a
/// client that sends its next request on it.
async fn with_body(shared: &Shared, request: Request) -> Result<Request, Problem> {
    let (parts, body) = request.into_parts();
    let read = tokio::time::timeout(REQUEST, axum::body::to_bytes(body, shared.body_bytes())).await;
    let late = |_| {
        Problem::new(ProblemKind::RequestTimeout, "the body took too long")
            .with_help(format!("send it within {} seconds", REQUEST.as_secs()))
    };
    let read = read.map_err(late).and_then(|read| read.map_err(|error| unread(shared, &error)));
    let body = read.map_err(|problem| problem.with_header(header::CONNECTION, "close"))?;
    Ok(Request::from_parts(parts, body.into()))
}

async fn answer(shared: &Shared, caller: Caller, request: Request, next: Next) -> Response {
    let wait = match wait::asked(request.headers()) {
        Ok(wait) => wait.unwrap_or_default(),
        Err(problem) => return problem.into_response(),
    };
    let mut request = match in_time(shared, request).await {
        Ok(request) => request,
        Err(problem) => return problem.into_response(),
    };
    // Taken behind the body: whoever sends one slowly keeps nobody from reading.
    let Some(turn) = Turn::take(&shared.in_flight) else { return overloaded().into_response() };
    request.extensions_mut().insert(caller);
    request.extensions_mut().insert(turn.clone());
    tokio::time::timeout(REQUEST + wait, next.run(request)).await.unwrap_or_else(|_| {
        Problem::new(ProblemKind::RequestTimeout, "the answer took too long")
            .with_help("ask for less at a time, or again later")
            .into_response()
    })
}

/// Puts a page in the place of an answer that is only a status.
fn for_people(answer: Response) -> Response {
    let status = answer.status();
    let is_bare = !answer.headers().contains_key(header::CONTENT_TYPE)
        || answer
            .headers()
            .get(header::CONTENT_TYPE)
            .is_some_and(|form| form.as_bytes().starts_with(b"text/plain"));
    if !is_bare || !(status.is_client_error() || status.is_server_error()) {
        return answer;
    }
    // An address that names no page is a mistake, and no missing value.
    let problem = match status {
        StatusCode::NOT_FOUND => Problem::new(ProblemKind::UnknownRoute, "there is no such page"),
        status => Problem::of_status(status, false),
    };
    let wrong = Wrong::from(problem);
    let mut answer = wrong.with_link("/ui/", "choose an environment").into_response();
    with_policy(&mut answer);
    answer
}

/// Puts a problem in the place of an answer that is only a status, and adds what every answer has.
fn whole(answer: Response, is_api: bool) -> Response {
    let status = answer.status();
    let is_problem = answer
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|form| form.as_bytes() == PROBLEM_JSON.as_bytes());
    let is_html = answer
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|form| form.as_bytes().starts_with(b"text/html"));
    let mut answer = if !is_html && (status.is_client_error() || status.is_server_error()) && !is_problem {
        let allow = answer.headers().get(header::ALLOW).cloned();
        let mut problem = Problem::of_status(status, is_api).into_response();
        if let Some(allow) = allow {
            problem.headers_mut().insert(header::ALLOW, allow);
        }
        problem
    } else {
        answer
    };
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (header::CACHE_CONTROL, "no-store"),
        (header::VARY, "Authorization, Accept"),
        (header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in fixed {
        answer.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    answer
}
