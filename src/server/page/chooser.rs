//! The chooser, where one says which environment is meant, and the items of one.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::HeaderMap;
use maud::html;

use super::document::{Place, Screen};
use super::frame::{commit, held_back, page};
use super::sign_in::with_cookie;
use super::visit::Visit;
use super::words::{counted, encode, list, shape, short, shown, text};
use super::wrong::Wrong;
use crate::model::Severity;
use crate::server::problem::{Problem, ProblemKind};
use crate::server::query::Query;
use crate::server::state::Shared;

/// The chooser has one address.
pub(super) async fn to_chooser() -> Redirect {
    Redirect::permanent("/ui/")
}

/// Opens a session where the address brings what opens one; else shows the chooser.
pub(super) async fn chooser(
    State(shared): State<Arc<Shared>>,
    uri: http::Uri,
    headers: HeaderMap,
    visit: Result<Visit, Response>,
) -> Result<Response, Response> {
    let query = Query::read(uri.query(), &["once"], &[]).map_err(|it| Wrong::from(it).into_response())?;
    if let Some(secret) = query.get("once") {
        let spent = || {
            let problem = Problem::new(ProblemKind::Unauthorized, "the link was used, or is of another run")
                .with_help(
                    "sign in with the token that `terrace serve` tells at its start, or start it anew",
                );
            Wrong::from(problem).with_link("/ui/sign-in", "sign in").into_response()
        };
        // Who has come back with a session needs the link no more.
        if shared.sessions.proof(&headers).is_some() {
            return Ok(Redirect::to("/ui/").into_response());
        }
        let proof = shared.sessions.spend(secret).ok_or_else(spent)?;
        let cookie = shared.sessions.open(proof);
        let cookie =
            cookie.map_err(|it| Wrong::from(Problem::of(&it, ProblemKind::Internal)).into_response())?;
        return Ok(with_cookie(Redirect::to("/ui/").into_response(), &cookie));
    }
    let visit = visit?;
    let body = html! {
        h1 { "Which environment?" }
        (held_back(&visit))
        ul.choices {
            @for environment in visit.readable() {
                @let view = visit.shared.view(environment);
                li { a class={ "choice env-" (environment) } href=(format!("/ui/{environment}")) {
                    span.shape aria-hidden="true" { (shape(environment)) }
                    strong { (shown(environment)) }
                    @match &view {
                        Some(view) => {
                            @let good = view.served.good.as_ref();
                            @let found = good.map_or(&[][..], |good| good.findings());
                            @let errors = found.iter().filter(|finding| finding.severity == Severity::Error).count();
                            span { (counted(view.items.len(), "item", "items")) }
                            span { @if found.is_empty() { "no findings" } @else { (counted(found.len(), "finding", "findings")) @if errors > 0 { ", " (counted(errors, "error", "errors")) } } }
                            span { "last changed by " (commit(view.commit())) }
                        },
                        None => { span { "is being read" } },
                    }
                } }
            }
        }
        p { a href="/ui/overview" { "Overview" } " of all that you may read · " a href="/ui/pipeline" { "Pipeline" } }
    };
    Ok(page(&visit, &Place::of(Screen::Chooser, "Choose"), &body))
}

/// The items of one environment.
pub(super) async fn environment(visit: Visit) -> Result<Response, Wrong> {
    let environment = visit.environment()?;
    let query = visit.query(&["after"], &[])?;
    let after = query.get("after").unwrap_or_default();
    let request = format!("limit=200&after={}", encode(after, false));
    let request = if after.is_empty() { "limit=200".to_owned() } else { request };
    let answer = visit.ask(crate::server::routes::items::list, environment, None, &request).await?;
    let items = list(&answer, "items");
    let next = text(&answer, "next");
    let view = visit.shared.view(environment);
    let total = view.as_ref().map_or(0, |view| view.items.len());
    let body = html! {
        h1 { (shown(environment)) ": " (counted(total, "item", "items")) }
        (held_back(&visit))
        @if items.is_empty() {
            p.empty { "There is no item here yet. " code { "terrace set --env " (environment) " KEY PATH VALUE --create" } " makes one, and a promotion brings one." }
        }
        ul.keys {
            @for item in items {
                @let key = text(item, "key");
                li {
                    a.row href=(format!("/ui/{environment}/items/{}", encode(key, true))) { bdi { (key) } }
                    " " code { (short(text(item, "commit"))) }
                }
            }
        }
        @if !next.is_empty() { p { a rel="next" href=(format!("/ui/{environment}?after={}", encode(next, false))) { "next 200 ↓" } } }
    };
    Ok(page(&visit, &Place::of(Screen::Item, "Items").within(environment, ""), &body))
}
