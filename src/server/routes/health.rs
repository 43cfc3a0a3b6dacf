//! Whether the server is well, for whoever starts and stops it.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use crate::api::served::{self, EnvironmentHealth};
use crate::model::Environment;
use crate::server::caller::Caller;
use crate::server::metrics::Gauges;
use crate::server::problem::Problem;
use crate::server::state::Shared;
use crate::server::tokens::Verb;

pub(super) async fn live() -> Response {
    tell(StatusCode::OK, "ok", Vec::new())
}

/// An environment that is not served makes the server no less ready for the others.
pub(super) async fn ready(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
) -> Response {
    if shared.is_stopping() {
        return tell(StatusCode::SERVICE_UNAVAILABLE, "stopping", Vec::new());
    }
    let readable = Environment::ALL.into_iter().filter(|environment| caller.may_read(*environment));
    let health = readable.map(|environment| {
        let status = match shared.view(environment).map(|view| view.served.clone()) {
            Some(served) if served.good.is_some() && served.held_back.is_none() => "served",
            Some(served) if served.good.is_some() => "held-back",
            Some(_) | None => "unavailable",
        };
        EnvironmentHealth { environment, status }
    });
    tell(StatusCode::OK, "ready", health.collect())
}

/// How the server does: for whoever runs it.
pub(super) async fn metrics(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
) -> Result<Response, Problem> {
    caller.require(Verb::Metrics)?;
    let told_of = caller.told_of();
    let gauges = told_of.iter().filter_map(|environment| {
        let view = shared.view(environment)?;
        let commit = view.commit().and_then(|id| shared.workspace.repository.info(id).ok());
        Some(Gauges {
            environment,
            items: view.items.len(),
            is_held_back: view.served.held_back.is_some(),
            commit_time: commit.map(|commit| commit.time),
        })
    });
    let gauges: Vec<Gauges> = gauges.collect();
    let text = shared.requests.text(told_of, &gauges, shared.streams.count(), shared.in_flight());
    let mut response = text.into_response();
    let form = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, form);
    Ok(response)
}

fn tell(code: StatusCode, status: &str, environments: Vec<EnvironmentHealth>) -> Response {
    let mut body = Vec::new();
    // A vector takes all.
    let _ = served::health(status, environments, &mut body);
    let mut response = (code, body).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
