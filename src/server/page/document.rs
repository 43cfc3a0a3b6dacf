//! A document of the page, whoever looks at it.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use maud::{DOCTYPE, Markup, html};

use super::assets::{ICON, SCRIPT, STYLE};
use super::help::say;
use crate::model::{Environment, Finding};
use crate::server::problem::Problem;

/// A screen.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Screen {
    Chooser,
    Overview,
    Item,
    Promotion,
    Findings,
    Pipeline,
}

/// Where one is.
pub(super) struct Place<'a> {
    pub(super) title: &'a str,
    pub(super) screen: Screen,
    /// The environment of the address.
    pub(super) environment: Option<Environment>,
    /// The same screen in another environment: what stands behind its name in the address.
    pub(super) rest: &'a str,
}

impl<'a> Place<'a> {
    pub(super) const fn of(screen: Screen, title: &'a str) -> Self {
        Self { title, screen, environment: None, rest: "" }
    }

    pub(super) const fn within(self, environment: Environment, rest: &'a str) -> Self {
        Self { environment: Some(environment), rest, ..self }
    }
}

/// A page of somebody who may be anybody.
pub(super) fn bare(status: u16, title: &str, body: &Markup) -> Response {
    let place = Place::of(Screen::Chooser, title);
    let frame = html! {
        header.top { a.brand href="/ui/" { "Terrace" } }
        main #main tabindex="-1" { (body) }
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    document(status, &format!("{title} · Terrace"), &place, &[], &frame)
}

/// A document; `live` are the environments whose changes it is told of, each with the commit that it was made of.
pub(super) fn document(
    status: StatusCode,
    title: &str,
    place: &Place<'_>,
    live: &[String],
    frame: &Markup,
) -> Response {
    let mode = if place.screen == Screen::Promotion { "promoting" } else { "" };
    let environment = place.environment.map_or("none", Environment::name);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                link rel="icon" href=(ICON.address());
                link rel="stylesheet" href=(STYLE.address());
                script src=(SCRIPT.address()) defer {}
            }
            body class={ "in-" (environment) " " (mode) } data-live=(live.join(" ")) {
                a.skip href="#main" { "Skip to the content" }
                (frame)
            }
        }
    };
    html_answer(status, page)
}

/// Markup as an answer.
pub(super) fn html_answer(status: StatusCode, markup: Markup) -> Response {
    let mut answer = (status, markup.into_string()).into_response();
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    answer
}

/// What is wrong and what can be done, with what was found.
pub(super) fn problem(problem: &Problem) -> Markup {
    html! {
        div.problem role="alert" {
            p { strong { (problem.detail()) } }
            @if let Some(help) = problem.help() { p.help { "help: " (say(help)) } }
            @if !problem.findings().is_empty() { ul.findings { @for found in problem.findings() { (finding(found)) } } }
        }
    }
}

fn finding(found: &Finding) -> Markup {
    html! {
        li class={ "s-" (found.severity) } {
            strong { (found.severity) } ": " bdi { (found.message) } " "
            @if let Some(at) = found.location { span.at { "line " (at.start.line) ", column " (at.start.column) } " " }
            code { (found.rule) }
            @if !found.help.is_empty() { p.help { "help: " (say(&found.help)) } }
        }
    }
}
