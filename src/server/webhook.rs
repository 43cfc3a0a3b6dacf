//! The webhook: a git host says that a branch moved.
//!
//! What it says is not believed, only that it was said by whoever knows the secret; the remote is asked.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use super::problem::{Problem, ProblemKind};
use super::state::Shared;

/// Where it is sent.
pub(super) const PATH: &str = "/hooks/push";

/// Hurries a fetch.
pub(super) async fn pushed(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let refused = |detail: &str| Problem::new(ProblemKind::Forbidden, detail);
    let Some((replica, secret)) = shared.replica.as_ref().and_then(|it| Some((it, it.secret()?))) else {
        return Err(refused("no webhook is heard here")
            .with_help("whoever runs the server turns it on: it follows a remote and knows a secret"));
    };
    if !secret.is_proved(&headers, &body) {
        return Err(refused("the request does not prove that it knows the webhook's secret")
            .with_help("give the git host the secret that the server was started with"));
    }
    replica.hurry();
    Ok(StatusCode::ACCEPTED.into_response())
}
