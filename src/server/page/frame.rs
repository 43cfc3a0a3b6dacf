//! The frame around every screen: where one is, in word, colour and shape.

use axum::response::Response;
use http::StatusCode;
use maud::{Markup, html};

use super::document::{Place, Screen, document};
use super::visit::Visit;
use super::words::{encode, shape, short, shown};
use crate::model::{CommitId, Environment};

/// A whole page.
pub(super) fn page(visit: &Visit, place: &Place<'_>, body: &Markup) -> Response {
    page_with(StatusCode::OK, visit, place, body)
}

/// The same with a status of its own.
pub(super) fn page_with(status: StatusCode, visit: &Visit, place: &Place<'_>, body: &Markup) -> Response {
    let title = match place.environment {
        Some(environment) => format!("{} · {} · Terrace", place.title, shown(environment)),
        None => format!("{} · Terrace", place.title),
    };
    let frame = html! {
        header.top {
            a.brand href="/ui/" { "Terrace" }
            nav.environments aria-label="Environments" {
                @for environment in visit.readable() {
                    @let here = place.environment == Some(environment);
                    @let address = if place.rest.is_empty() { format!("/ui/{environment}") } else { format!("/ui/{environment}/{}", place.rest) };
                    a class={ "env env-" (environment) } href=(address) data-go=(&environment.name()[..1])
                        aria-current=[here.then_some("page")] {
                        span aria-hidden="true" { (shape(environment)) } " " (shown(environment))
                    }
                }
            }
            form.search action="/ui/overview" role="search" {
                label.hidden for="search" { "Filter by key or path" }
                input #search name="filter" type="search" placeholder="Filter  /" maxlength="200";
            }
            span.state {
                @if visit.caller.may_read_all() { @if let Some(tip) = visit.shared.tip() {
                    span title="The newest commit" { (visit.shared.branch) " @ " code #tip { (short(tip.as_str())) } }
                } }
                span #live role="status" {}
                button #help type="button" hidden { "?" span.hidden { " Keyboard" } }
            }
        }
        @if let Some(environment) = place.environment {
            section class={ "bar bar-" (environment) } aria-label="Environment" { span aria-hidden="true" { (shape(environment)) } " " (shown(environment)) " " span aria-hidden="true" { (shape(environment)) } }
        }
        (navigation(visit, place))
        main #main tabindex="-1" { (body) }
        div #news role="status" aria-live="polite" {}
        (keys())
    };
    let commit = |commit: &Option<CommitId>| commit.as_ref().map_or(String::new(), ToString::to_string);
    let live = visit.begun.iter().map(|(environment, at)| format!("{environment}:{}", commit(at)));
    document(status, &title, place, &live.collect::<Vec<_>>(), &frame)
}

fn navigation(visit: &Visit, place: &Place<'_>) -> Markup {
    let reads = |environment| visit.caller.may_read(environment);
    let current = |screen| (place.screen == screen).then_some("page");
    let own = place.environment.or_else(|| visit.readable().last());
    html! {
        nav.screens aria-label="Screens" {
            a href="/ui/overview" aria-current=[current(Screen::Overview)] { "Overview" }
            a href="/ui/pipeline" aria-current=[current(Screen::Pipeline)] { "Pipeline" }
            @if let Some(environment) = own {
                a href=(format!("/ui/{environment}/findings")) aria-current=[current(Screen::Findings)] { "Findings" }
            }
            @if reads(Environment::Development) && reads(Environment::Staging) {
                a href="/ui/staging/promote" aria-current=[current(Screen::Promotion).filter(|_| place.environment == Some(Environment::Staging))] { "Promote to staging" }
            }
            @if reads(Environment::Staging) && reads(Environment::Production) {
                a href="/ui/production/promote" aria-current=[current(Screen::Promotion).filter(|_| place.environment == Some(Environment::Production))] { "Promote to PRODUCTION" }
            }
            span.who {
                @let name = visit.caller.name();
                @if name.is_empty() { "local user" } @else { bdi { (name) } }
                @if visit.shared.sessions.proof(&visit.headers).is_some() {
                    form.inline method="post" action="/ui/sign-out" { button.quiet { "Sign out" } }
                } @else {
                    " · " a href={ "/ui/sign-in?then=" (encode(&visit.address, false)) } { "Sign in" }
                }
            }
        }
    }
}

/// What keys do, shown when somebody asks.
const KEYS: [(&str, &str); 10] = [
    ("/", "filter"),
    ("j k", "next, previous row (or arrows)"),
    ("h l", "cell to the left, right"),
    ("Enter", "open"),
    ("e", "edit"),
    ("p", "promote"),
    ("[ ]", "previous, next difference"),
    ("g d, g s, g p", "the same screen in the environment of that letter"),
    ("?", "this help"),
    ("Esc", "back"),
];

fn keys() -> Markup {
    html! {
        dialog aria-label="Keyboard" {
            table { @for (key, does) in KEYS { tr { td { kbd { (key) } } td { (does) } } } }
            form method="dialog" { button { "Close" } }
        }
    }
}

/// Which environments are not, or may not be, at the branch's newest state, and why.
pub(super) fn held_back(visit: &Visit) -> Markup {
    html! {
        @for environment in visit.readable() {
            @if visit.shared.is_stale(environment) {
                p.problem {
                    strong { (shape(environment)) " " (shown(environment)) " is shown as it was read last" }
                    ": the branch cannot be read now"
                }
            }
            @if let Some(held) = visit.shared.view(environment).as_ref().and_then(|view| view.served.held_back.as_ref()) {
                p.problem {
                    strong { (shape(environment)) " " (shown(environment)) " is held back" }
                    ": " code { (held.commit.short()) } " is not served. "
                    a href=(format!("/ui/{environment}/findings")) { "See what is wrong" }
                }
            }
        }
    }
}

/// The commit that last changed an environment, as people see it.
pub(super) fn commit(commit: Option<&CommitId>) -> Markup {
    html! { @match commit { Some(commit) => { code { (commit.short()) } }, None => { "no commit" } } }
}
