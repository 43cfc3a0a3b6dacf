//! Taking an item back: first what it would come to, then one commit.

use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use maud::{Markup, html};
use serde_json::json;

use super::document::{Place, Screen, problem};
use super::edit::{confirmation, require_confirmed, require_same, saved};
use super::form::Form;
use super::frame::page_with;
use super::item::side;
use super::rollback_plan::planned;
use super::visit::{Visit, item_address};
use super::words::{counted, encode, shape, short, shown, value_text};
use super::wrong::Wrong;
use crate::engine::promotion::PlanEntry;
use crate::engine::rollback::{ItemFate, ItemRollback};
use crate::model::sanitize::{clean, cut};
use crate::model::{Environment, Key};
use crate::secrets::mask::Shown;
use crate::secrets::shown_path;
use crate::server::Verb;
use crate::server::problem::{Problem, ProblemKind};
use crate::server::routes::rollbacks;

pub(super) async fn plan(visit: Visit) -> Result<Response, Wrong> {
    let (environment, key) = (visit.environment()?, visit.key()?);
    visit.caller.require_in(Verb::Write, environment)?;
    let query = visit.query(&["to"], &[])?;
    let to = query.get("to").map(str::to_owned);
    draw(&visit, (environment, &key), to.as_deref(), "", None)
}

pub(super) async fn roll_back(visit: Visit, body: Bytes) -> Result<Response, Wrong> {
    let (environment, key) = (visit.environment()?, visit.key()?);
    let form = Form::read(&body)?;
    require_same(&form, environment, &key)?;
    let to = form.get("to").filter(|to| !to.is_empty()).map(str::to_owned);
    let message = form.get("message").unwrap_or_default().trim();
    let draw = |why| draw(&visit, (environment, &key), to.as_deref(), message, Some(why));
    if let Err(why) = require_confirmed(&form, environment) {
        return draw(why);
    }
    let sent = json!({
        "environment": environment.name(), "keys": [key.as_str()], "to": to,
        "expected": { key.as_str(): Some(form.require("etag")?).filter(|etag| !etag.is_empty()) },
        "message": Some(message).filter(|message| !message.is_empty()),
    });
    let headers =
        HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
    let request = visit.request(environment, None, "", headers)?;
    match rollbacks::roll_back(request, sent.to_string().into()).await {
        Ok(answer) => Ok(saved(&answer, &item_address(environment, "items", &key))),
        Err(why) if why.kind == ProblemKind::Forbidden => Err(why.into()),
        Err(why) => draw(why),
    }
}

fn draw(
    visit: &Visit,
    (environment, key): (Environment, &Key),
    to: Option<&str>,
    message: &str,
    why: Option<Problem>,
) -> Result<Response, Wrong> {
    let link = |problem: Problem| {
        let name = "the item's history";
        Wrong::from(problem).with_link(item_address(environment, "history", key), name)
    };
    let read = || Ok((planned(visit, environment, key, to)?, side(visit, environment, key)?));
    let (items, now) = tokio::task::block_in_place(read).map_err(link)?;
    let status = why.as_ref().map_or(Ok(StatusCode::OK), |why| StatusCode::from_u16(why.kind.status()));
    let changes: usize = items.iter().map(ItemRollback::changes).sum();
    let etag = now.map(|now| now.etag).unwrap_or_default();
    let body = html! {
        h1 { span class={ "env-" (environment) } { span.shape aria-hidden="true" { (shape(environment)) } " " (shown(environment)) } " / " bdi { (key) } ": roll back" }
        p { @match to { Some(to) => { "To the values of " code { (short(to)) } "." }, None => { "To before the last promotion of this item." } } " Nothing is written before you say so." }
        @if let Some(why) = &why { (problem(why)) }
        @for item in &items { (lines(item)) }
        @if changes == 0 { p.empty { "There is nothing to take back. " a href=(item_address(environment, "history", key)) { "History" } } }
        @else {
            form method="post" action=(item_address(environment, "rollback", key)) {
                input type="hidden" name="environment" value=(environment);
                input type="hidden" name="key" value=(key);
                input type="hidden" name="etag" value=(etag);
                input type="hidden" name="to" value=(to.unwrap_or_default());
                div.fields {
                    label for="message" { "message" }
                    input #message name="message" value=(message) maxlength="200" placeholder="made from what is taken back, if left empty";
                    (confirmation(environment))
                }
                div.actions {
                    button.go { "Roll back " (counted(changes, "change", "changes")) " in " (shown(environment)) }
                    a.button href=(item_address(environment, "items", key)) { "Cancel" }
                }
            }
        }
    };
    let rest = format!("items/{}", encode(key.as_str(), true));
    let place = Place::of(Screen::Item, key.as_str()).within(environment, &rest);
    Ok(page_with(status.unwrap_or(StatusCode::BAD_REQUEST), visit, &place, &body))
}

fn lines(item: &ItemRollback<Shown>) -> Markup {
    let value = |value: Option<&Shown>| value.map_or_else(|| "–".to_owned(), |value| value_text(value, 100));
    let name = |line: &PlanEntry<Shown>| match &line.renamed {
        Some(renamed) => format!("{} → {}", shown_path(&renamed.from), shown_path(&line.path)),
        None => shown_path(&line.path),
    };
    let (taken, left): (Vec<_>, Vec<_>) = item.lines.iter().partition(|line| line.is_taken());
    let table = |lines: &[&PlanEntry<Shown>]| {
        html! {
            table.stack {
                thead { tr { th scope="col" { "path" } th scope="col" { "now" } th scope="col" { "then" } } }
                tbody { @for line in lines.iter().take(500) {
                    tr { td { bdi { (cut(&clean(&name(line)), 120)) } } td { bdi.v { (value(line.target.as_ref())) } } td { bdi.v { (value(line.taken_value())) } } }
                } }
            }
        }
    };
    html! {
        @if item.whole != ItemFate::Stays { p.note { "The file itself comes back, or goes." } }
        @if !taken.is_empty() { (table(&taken)) }
        @if !left.is_empty() { details { summary { (counted(left.len(), "value was changed since, and stays", "values were changed since, and stay")) } (table(&left)) } }
    }
}
