//! What became of an item over time, and where each of its values comes from.

use axum::response::Response;
use maud::{Markup, html};
use serde_json::Value as Json;

use super::document::{Place, Screen};
use super::frame::page;
use super::visit::{Visit, item_address};
use super::words::{encode, json_text, list, shape, short, shown, text};
use super::wrong::Wrong;
use crate::model::sanitize::{clean, cut};
use crate::model::{Environment, Key};
use crate::server::Verb;
use crate::server::routes::history as routes;

/// So many changes of one commit are shown.
const CHANGES: usize = 50;

pub(super) async fn history(visit: Visit) -> Result<Response, Wrong> {
    let (environment, key) = (visit.environment()?, visit.key()?);
    let query = visit.query(&["before", "blame"], &[])?;
    let is_blame = query.get("blame").is_some();
    let asked = match query.get("before") {
        Some(before) => format!("limit=30&before={}", encode(before, false)),
        None => "limit=30".to_owned(),
    };
    let link = |wrong: Wrong| wrong.with_link(item_address(environment, "items", &key), "the item");
    let (answer, is_blame) = match is_blame {
        true => (visit.ask(routes::blame, environment, Some(&key), "").await, true),
        false => (visit.ask(routes::history, environment, Some(&key), &asked).await, false),
    };
    let answer = answer.map_err(|problem| link(problem.into()))?;
    let own = item_address(environment, "history", &key);
    let body = html! {
        h1 { span class={ "env-" (environment) } { span.shape aria-hidden="true" { (shape(environment)) } " " (shown(environment)) } " / " bdi { (key) } ": history" }
        div.actions {
            a.button href=(item_address(environment, "items", &key)) { "Item" }
            a.button href=(own) aria-current=[(!is_blame).then_some("page")] { "Commits" }
            a.button href={ (own) "?blame=1" } aria-current=[is_blame.then_some("page")] { "Where values come from" }
        }
        @if is_blame { (blame(&answer)) } @else { (commits(&visit, environment, &key, &answer)) }
    };
    let rest = format!("history/{}", encode(key.as_str(), true));
    Ok(page(&visit, &Place::of(Screen::Item, key.as_str()).within(environment, &rest), &body))
}

fn commits(visit: &Visit, environment: Environment, key: &Key, answer: &Json) -> Markup {
    let writes = visit.caller.may(Verb::Write);
    let next = text(answer, "next");
    let commits = list(answer, "commits");
    html! {
        @if commits.is_empty() { p.empty { "The history that is here does not tell of this item." } }
        @for (at, commit) in commits.iter().enumerate() {
            @let id = text(commit, "commit");
            section.commit id={ "c-" (short(id)) } {
                p {
                    code { (short(id)) } " " strong { bdi { @if text(commit, "subject").is_empty() { "(not shown)" } @else { (cut(&clean(text(commit, "subject")), 200)) } } }
                }
                p.soft { bdi { (text(commit, "author")) } " · " (text(commit, "date"))
                    @if writes && at > 0 { " · " a href={ (item_address(environment, "rollback", key)) "?to=" (id) } { "back to this…" } }
                }
                (changes(commit))
            }
        }
        @if !next.is_empty() { p { a rel="next" href={ (item_address(environment, "history", key)) "?before=" (next) } { "older ↓" } } }
    }
}

fn changes(commit: &Json) -> Markup {
    let changes = list(commit, "changes");
    html! {
        @if !changes.is_empty() {
            table.stack {
                thead.hidden { tr { th scope="col" { "path" } th scope="col" { "change" } } }
                tbody { @for change in changes.iter().take(CHANGES) {
                    tr {
                        td { @if text(change, "path").is_empty() { "(the file)" } @else { bdi { (cut(&clean(text(change, "path")), 120)) } } }
                        td {
                            del { bdi.v { (json_text(&change["old"], 100)) } } " → " ins { bdi.v { (json_text(&change["new"], 100)) } }
                            @if !text(change, "from").is_empty() { " " small { "promoted from " (text(change, "from")) } }
                        }
                    }
                } }
            }
        }
        @if changes.len() > CHANGES { p.soft { "and " (changes.len() - CHANGES) " more changes" } }
        @for file in list(commit, "unreadable") { p.soft { "not YAML: " bdi { (file.as_str().unwrap_or_default()) } } }
    }
}

fn blame(answer: &Json) -> Markup {
    html! {
        table.stack {
            thead { tr { th scope="col" { "path" } th scope="col" { "value" } th scope="col" { "came here" } th scope="col" { "first written" } } }
            tbody { @for origin in list(answer, "paths").iter().take(2_000) {
                tr {
                    td { bdi { (cut(&clean(text(origin, "path")), 120)) } }
                    td { bdi.v { (json_text(&origin["value"], 100)) } }
                    td { (stop(&origin["given"], false)) }
                    td { (stop(&origin["written"], true)) }
                }
            } }
        }
    }
}

/// One commit on a value's way.
fn stop(stop: &Json, with_environment: bool) -> Markup {
    html! {
        @if text(stop, "commit").is_empty() { span.none { "before the history that is here" } }
        @else {
            code { (short(text(stop, "commit"))) } " " bdi { (text(stop, "author")) } " · " (text(stop, "date"))
            @if with_environment { " in " (text(stop, "environment")) }
            @if !text(stop, "subject").is_empty() { " " small { bdi { (cut(&clean(text(stop, "subject")), 80)) } } }
        }
    }
}
