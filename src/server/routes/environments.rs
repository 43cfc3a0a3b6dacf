//! The environments, and what was found in each.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};

use crate::api::served::{self, Held, HeldItem, Served};
use crate::engine::summary::Summary;
use crate::model::{Environment, Finding};
use crate::secrets::mask::Reveal;
use crate::server::caller::Caller;
use crate::server::environment::{InEnvironment, key};
use crate::server::precondition::held_etag;
use crate::server::problem::Problem;
use crate::server::query::Query;
use crate::server::respond::{Answer, Work, respond};
use crate::server::state::Shared;
use crate::server::view::EnvironmentView;

pub(in crate::server) async fn list(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, Problem> {
    Query::read(request.uri().query(), &[], &[])?;
    let readable = Environment::ALL.into_iter().filter(|environment| caller.may_read(*environment));
    let views: Vec<_> = readable.filter_map(|environment| shared.view(environment)).collect();
    let mut body = Vec::new();
    let served: Vec<Served<'_>> = views.iter().map(|view| summary(view)).collect();
    // A vector takes all.
    let _ = served::environments(&served, &mut body);
    let mut response = body.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

fn summary(view: &EnvironmentView) -> Served<'_> {
    let good = view.served.good.as_ref();
    let held_back = view.served.held_back.as_ref();
    Served {
        environment: view.environment(),
        commit: view.commit(),
        items: view.items.len(),
        findings: good.map_or(&[], |good| good.findings()),
        held_back: held_back.map(|held| (&held.commit, held.findings.len())),
    }
}

pub(in crate::server) async fn one(request: InEnvironment) -> Result<Response, Problem> {
    request.query(&[], &[])?;
    respond(&request, Work::Light, |view| {
        view.good()?;
        let answer = Answer::json(&request, "environment", |out| served::environment(&summary(view), out));
        Ok(answer.with_commit(view.commit()))
    })
    .await
}

pub(in crate::server) async fn findings(request: InEnvironment) -> Result<Response, Problem> {
    let query = request.query(&["key"], &["key"])?;
    let keys = query.all("key").map(key).collect::<Result<Vec<_>, _>>()?;
    let reveal = Reveal::asked(request.caller.may_read_secrets());
    respond(&request, Work::Light, |view| {
        let good = view.served.good.as_ref();
        let is_broken = |key| view.served.held_back.as_ref().is_some_and(|held| held.blobs.contains_key(key));
        if let Some(missing) = keys.iter().find(|key| !view.items.contains_key(*key) && !is_broken(*key)) {
            return Err(view.no_such_item(missing));
        }
        let is_asked = |finding: &&Finding| {
            keys.is_empty() || finding.key.as_ref().is_some_and(|key| keys.contains(key))
        };
        let found: Vec<&Finding> =
            good.map_or(&[][..], |good| good.findings()).iter().filter(is_asked).collect();
        let items = if keys.is_empty() { view.items.len() } else { keys.len() };
        let counted: Vec<Finding> = found.iter().copied().cloned().collect();
        let summary = Summary::new(items, [request.environment], &counted);
        let held_back = view.served.held_back.as_ref().map(|held| Held {
            commit: &held.commit,
            findings: &held.findings,
            error: held.error.as_ref().map(crate::model::Error::message),
            items: held
                .blobs
                .keys()
                .map(|key| {
                    let item = view.newest_item(key).ok().flatten();
                    let held_etag =
                        item.and_then(|(configuration, item)| held_etag(&configuration, &item, reveal));
                    HeldItem { key: key.as_str(), held_etag }
                })
                .collect(),
        });
        let answer = Answer::json(&request, "findings", |out| {
            served::findings(&found, &summary, held_back.as_ref(), out)
        });
        Ok(answer.with_commit(view.commit()))
    })
    .await
}
