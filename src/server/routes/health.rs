//! Whether the server is well, for whoever starts and stops it.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use crate::api::served::{self, EnvironmentHealth};
use crate::model::Environment;
use crate::server::caller::Caller;
use crate::server::state::Shared;

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

fn tell(code: StatusCode, status: &str, environments: Vec<EnvironmentHealth>) -> Response {
    let mut body = Vec::new();
    // A vector takes all.
    let _ = served::health(status, environments, &mut body);
    let mut response = (code, body).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
