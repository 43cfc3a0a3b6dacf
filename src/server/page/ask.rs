//! What the page asks of the API's routes, with the rights of who looks.

use std::future::Future;

use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use serde_json::Value as Json;

use super::visit::Visit;
use super::wrong::Wrong;
use crate::model::{Environment, Key};
use crate::server::environment::InEnvironment;
use crate::server::events;
use crate::server::problem::{Problem, ProblemKind};

/// The largest answer that is looked at.
const LARGEST: usize = 64 * 1024 * 1024;

impl Visit {
    /// A request to a route about an environment.
    pub(super) fn request(
        &self,
        environment: Environment,
        key: Option<&Key>,
        query: &str,
        headers: HeaderMap,
    ) -> Result<InEnvironment, Problem> {
        let query = Some(query.to_owned()).filter(|query| !query.is_empty());
        InEnvironment::of_page((&self.shared, &self.caller), environment, key, query, headers)
    }

    /// What a route answers to a plain question.
    pub(super) async fn ask<F: Future<Output = Result<Response, Problem>>>(
        &self,
        route: impl FnOnce(InEnvironment) -> F,
        environment: Environment,
        key: Option<&Key>,
        query: &str,
    ) -> Result<Json, Problem> {
        json(route(self.request(environment, key, query, HeaderMap::new())?).await?).await
    }
}

/// The JSON of an answer.
pub(super) async fn json(answer: Response) -> Result<Json, Problem> {
    let unread = |_| Problem::new(ProblemKind::Internal, "the answer cannot be read");
    let bytes = axum::body::to_bytes(answer.into_body(), LARGEST).await.map_err(unread)?;
    Ok(serde_json::from_slice(&bytes).unwrap_or_default())
}

/// The stream of events, for who signed in.
pub(super) async fn events(visit: Visit) -> Result<Response, Wrong> {
    let environment = visit.environment()?;
    let query = visit.query(&["at"], &[])?;
    let mut headers = HeaderMap::new();
    // A stream that was opened again knows better than the page from where on.
    let at = || query.get("at").filter(|at| !at.is_empty())?.parse().ok();
    let last = visit.headers.get("last-event-id").cloned().or_else(at);
    headers.extend(last.map(|id| (http::HeaderName::from_static("last-event-id"), id)));
    let request = visit.request(environment, None, "", headers)?;
    Ok(events::events(request).await?.into_response())
}
