//! Whether the server is well, for whoever starts and stops it.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use crate::api::served::{self, EnvironmentHealth, ReplicaHealth};
use crate::model::sanitize::clean;
use crate::model::{Environment, EnvironmentSet, Finding};
use crate::ops::HeldBack;
use crate::server::RemoteCondition;
use crate::server::caller::Caller;
use crate::server::metrics::{Gauges, Open, remote_text};
use crate::server::problem::Problem;
use crate::server::replica::Replica;
use crate::server::state::Shared;
use crate::server::tokens::Verb;

pub(super) async fn live() -> Response {
    tell(StatusCode::OK, "ok", Vec::new(), None)
}

/// An environment that is not served makes the server no less ready for the others.
pub(super) async fn ready(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
) -> Response {
    if shared.is_stopping() {
        return tell(StatusCode::SERVICE_UNAVAILABLE, "stopping", Vec::new(), None);
    }
    let readable = Environment::ALL.into_iter().filter(|environment| caller.may_read(*environment));
    let health = readable.map(|environment| {
        let served = shared.view(environment).map(|view| view.served.clone());
        let status = match &served {
            Some(served) if served.good.is_some() && shared.is_stale(environment) => "stale",
            Some(served) if served.good.is_some() && served.held_back.is_none() => "served",
            Some(served) if served.good.is_some() => "held-back",
            Some(_) | None => "unavailable",
        };
        let held = served.and_then(|served| served.held_back);
        let told = |held: HeldBack| {
            let error = held.error.map(|error| clean(error.message()).into_owned());
            held.findings.iter().map(place).chain(error).collect()
        };
        let held_back = held.map(told).unwrap_or_default();
        EnvironmentHealth { environment, status, held_back }
    });
    let health: Vec<EnvironmentHealth> = health.collect();
    // Strangers are told nothing but the status.
    let replica = shared.replica.as_deref().filter(|_| !health.is_empty());
    let replica = replica.map(|replica| replica_health(replica, &caller));
    tell(StatusCode::OK, "ready", health, replica)
}

/// A finding in one line, with its place.
fn place(finding: &Finding) -> String {
    let (file, message) = (clean(&finding.file), clean(&finding.message));
    match finding.location {
        Some(at) => format!("{file}:{}:{}: {message}", at.start.line, at.start.column),
        None => format!("{file}: {message}"),
    }
}

fn replica_health(replica: &Replica, caller: &Caller) -> ReplicaHealth {
    let state = replica.state();
    let fetched = state.fetched;
    // Commits are of any environment.
    let told = |count| Some(count).filter(|_| caller.may_read_all());
    ReplicaHealth {
        condition: state.condition.name(),
        is_read_only: state.condition != RemoteCondition::Following,
        fetched: fetched.map(|(moment, _)| moment.seconds),
        age: fetched.map(|(_, instant)| instant.elapsed().as_secs()),
        ahead: told(state.ahead),
        behind: told(state.behind),
    }
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
            is_stale: shared.is_stale(environment),
            commit_time: commit.map(|commit| commit.time),
        })
    });
    let gauges: Vec<Gauges> = gauges.collect();
    let (streams, waits) = (shared.streams.count(), shared.waits.count());
    let open = Open { streams, waits, in_flight: shared.in_flight() };
    let mut text = shared.requests.text(told_of, &gauges, open);
    if let Some(replica) = &shared.replica {
        text.push_str(&remote_text(&replica.state(), told_of == EnvironmentSet::ALL));
    }
    let mut response = text.into_response();
    let form = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, form);
    Ok(response)
}

fn tell(
    code: StatusCode,
    status: &str,
    environments: Vec<EnvironmentHealth>,
    replica: Option<ReplicaHealth>,
) -> Response {
    let mut body = Vec::new();
    // A vector takes all.
    let _ = served::health(status, environments, replica, &mut body);
    let mut response = (code, body).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
