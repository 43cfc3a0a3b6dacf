//! Signing in with a token, and out.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use maud::html;

use super::document::bare;
use super::form::Form;
use super::wrong::Wrong;
use crate::server::caller::Caller;
use crate::server::problem::{Problem, ProblemKind};
use crate::server::query::Query;
use crate::server::state::Shared;

/// Asks who it is, where somebody may look at nothing.
pub(super) fn needed(caller: &Caller, address: &str) -> Response {
    let is_stranger = caller.name().is_empty();
    let why = if is_stranger { "Sign in to look at this." } else { "The token does not allow to read." };
    ask(401, why, address)
}

fn ask(status: u16, why: &str, then: &str) -> Response {
    let body = html! {
        h1 { "Sign in" }
        p role="status" { (why) }
        form.sign-in method="post" action="/ui/sign-in" {
            input type="hidden" name="then" value=(then);
            label for="token" { "Token" }
            input #token name="token" type="password" autocomplete="off" required autofocus spellcheck="false";
            button { "Sign in" }
        }
        p.help { code { "terrace token create" } " makes a token; " code { "terrace serve" } " tells one at its start where it asks for none to read." }
    };
    bare(status, "Sign in", &body)
}

/// Where to go after signing in: a page of ours.
fn ours(then: &str) -> &str {
    let is_ours = then.starts_with("/ui/") && !then.contains(['\\', '\n', '\r']) && !then.contains("once=");
    if is_ours && !then.starts_with("/ui/sign-") { then } else { "/ui/" }
}

pub(super) async fn form(uri: http::Uri) -> Result<Response, Wrong> {
    let query = Query::read(uri.query(), &["then"], &[])?;
    Ok(ask(
        200,
        "With a token you write and promote what it allows.",
        ours(query.get("then").unwrap_or_default()),
    ))
}

pub(super) async fn sign_in(State(shared): State<Arc<Shared>>, body: Bytes) -> Result<Response, Wrong> {
    let form = Form::read(&body)?;
    let then = ours(form.get("then").unwrap_or_default());
    let token = form.require("token")?.trim();
    let Some(proof) = shared.access.proof(token) else {
        return Ok(ask(401, "The token is not known, or has ended. Try another one.", then));
    };
    let cookie = shared.sessions.open(proof);
    let cookie = cookie.map_err(|error| Problem::of(&error, ProblemKind::Internal))?;
    Ok(with_cookie(Redirect::to(then).into_response(), &cookie))
}

pub(super) async fn sign_out(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let cookie = shared.sessions.close(&headers);
    with_cookie(Redirect::to("/ui/").into_response(), &cookie)
}

pub(super) fn with_cookie(mut answer: Response, cookie: &str) -> Response {
    let cookie = HeaderValue::from_str(cookie).ok();
    answer.headers_mut().extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_goes_on_to_pages_of_ours_alone() {
        for (then, expected) in [
            ("/ui/production/items/a?x=1", "/ui/production/items/a?x=1"),
            ("//evil.example.com/ui/", "/ui/"),
            ("/ui", "/ui/"),
            ("/\\evil.example.com", "/ui/"),
            ("/ui/\\evil", "/ui/"),
            ("https://evil.example.com/ui/", "/ui/"),
            ("/ui/sign-out", "/ui/"),
            ("/ui/?once=trc_0", "/ui/"),
        ] {
            assert_eq!(ours(then), expected, "{then}");
        }
    }
}
