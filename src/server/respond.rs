//! Answers with a tag: sent, not sent again, or waited for.

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use headers::{ETag, HeaderMapExt, IfMatch, IfNoneMatch};
use http::{HeaderName, HeaderValue, StatusCode, header};
use tokio::sync::watch;

use super::caller::unauthorized;
use super::environment::InEnvironment;
use super::problem::{Problem, ProblemKind};
use super::view::{EnvironmentView, Representation};
use super::wait;
use crate::model::CommitId;

/// The commit that last changed what is sent.
pub(super) const COMMIT: HeaderName = HeaderName::from_static("terrace-commit");

/// What a route has to say.
pub(super) struct Answer {
    pub(super) form: &'static str,
    pub(super) body: Bytes,
    pub(super) etag: String,
    pub(super) commit: Option<CommitId>,
}

impl Answer {
    /// A ready representation.
    pub(super) fn of(representation: Representation, form: &'static str, commit: Option<&CommitId>) -> Self {
        let Representation { bytes: body, etag } = representation;
        Self { form, body, etag, commit: commit.cloned() }
    }

    /// JSON that `write` writes; its tag is made of its bytes.
    pub(super) fn json(
        request: &InEnvironment,
        what: &str,
        write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>,
    ) -> Self {
        let mut body = Vec::new();
        // A vector takes all.
        let _ = write(&mut body);
        let etag = super::tags::tag(request.environment, "", what, &body);
        Self { form: "application/json", body: body.into(), etag, commit: None }
    }

    pub(super) fn with_commit(self, commit: Option<&CommitId>) -> Self {
        Self { commit: commit.cloned(), ..self }
    }
}

/// How much there is to do for an answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    /// Everything is ready.
    Light,
    /// Something is read or parsed.
    Heavy,
}

/// Answers a request, at once or, where the caller waits for a change, then.
pub(super) async fn respond(
    request: &InEnvironment,
    work: Work,
    make: impl Fn(&EnvironmentView) -> Result<Answer, Problem>,
) -> Result<Response, Problem> {
    respond_with(request, |_| work, make).await
}

/// The same, where how much there is to do depends on the view.
pub(super) async fn respond_with(
    request: &InEnvironment,
    work: impl Fn(&EnvironmentView) -> Work,
    make: impl Fn(&EnvironmentView) -> Result<Answer, Problem>,
) -> Result<Response, Problem> {
    let known = request.headers.typed_get::<IfNoneMatch>();
    let expected = request.headers.typed_get::<IfMatch>();
    let wait = wait::asked(&request.headers)?.filter(|_| known.is_some());
    let deadline = wait.map(|wait| tokio::time::Instant::now() + wait);
    let mut turns = request.shared.turns(request.environment);
    loop {
        let view = request.view()?;
        let answer = match work(&view) {
            Work::Light => make(&view)?,
            Work::Heavy => {
                let _permit = request.shared.at_work.acquire().await;
                tokio::task::block_in_place(|| make(&view))?
            }
        };
        drop(view);
        let tag = answer.etag.parse::<ETag>().ok();
        if let (Some(expected), Some(tag)) = (&expected, &tag)
            && !expected.precondition_passes(tag)
        {
            let detail = "what is here is not what `If-Match` names";
            return Err(Problem::new(ProblemKind::PreconditionFailed, detail).with_help("read it without"));
        }
        let is_known = match (&known, &tag) {
            (Some(known), Some(tag)) => !known.precondition_passes(tag),
            _ => false,
        };
        if is_known
            && let Some(deadline) = deadline
            && !request.shared.is_stopping()
            && changes(request, &mut turns, deadline).await?
        {
            if !request.shared.access.still_admits(&request.caller) {
                return Err(unauthorized("the token is not known any more, or has ended"));
            }
            continue;
        }
        let mut response = send(answer, is_known);
        if let Some(value) = wait.and_then(|wait| format!("wait={}", wait.as_secs()).parse().ok()) {
            response.headers_mut().insert(wait::PREFERENCE_APPLIED, value);
        }
        return Ok(response);
    }
}

/// Waits for a change of the environment until a deadline; whether there was one.
async fn changes(
    request: &InEnvironment,
    turns: &mut watch::Receiver<u64>,
    deadline: tokio::time::Instant,
) -> Result<bool, Problem> {
    let _place = request.shared.waits.enter(request.caller.name())?;
    if let Some(turn) = &request.turn {
        turn.leave();
    }
    let is_changed = tokio::time::timeout_at(deadline, turns.changed()).await.is_ok();
    if let Some(turn) = &request.turn {
        turn.again().await;
    }
    Ok(is_changed)
}

fn send(answer: Answer, is_known: bool) -> Response {
    let Answer { form, body, etag, commit } = answer;
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut response = body.into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(form));
        response
    };
    let headers = response.headers_mut();
    headers.extend(HeaderValue::from_str(&etag).ok().map(|tag| (header::ETAG, tag)));
    let commit = commit.and_then(|commit| HeaderValue::from_str(commit.as_str()).ok());
    headers.extend(commit.map(|commit| (COMMIT, commit)));
    response
}
