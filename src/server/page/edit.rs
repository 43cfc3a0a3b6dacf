//! Changing an item: one value, or its text. What is sent is written by the API's own routes.

use axum::response::{IntoResponse, Redirect, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use maud::{Markup, html};
use serde_json::{Value as Json, json};

use super::document::{Place, Screen, problem};
use super::form::Form;
use super::frame::page_with;
use super::item::{Side, side};
use super::visit::{Visit, item_address};
use super::words::{MASK, encode, shape, shown, value_text};
use super::wrong::Wrong;
use crate::api::value::json as value_json;
use crate::model::sanitize::{clean, cut};
use crate::model::{Environment, Key, ValuePath};
use crate::server::Verb;
use crate::server::guard::Written;
use crate::server::problem::{Problem, ProblemKind};
use crate::server::respond::COMMIT;
use crate::server::routes::write;
use crate::yaml::{Document, Limits};

const MESSAGE: HeaderName = HeaderName::from_static("terrace-message");

/// What a person wants to write.
#[derive(Default)]
struct Draft {
    etag: String,
    /// Where; the text as a whole without.
    path: Option<String>,
    /// The value or the text.
    text: String,
    is_string: bool,
    message: String,
}

/// Why a draft was not written.
struct Refusal {
    why: Problem,
    status: StatusCode,
}

pub(super) async fn form(visit: Visit) -> Result<Response, Wrong> {
    let (environment, key) = (visit.environment()?, visit.key()?);
    visit.caller.require_in(Verb::Write, environment)?;
    let query = visit.query(&["path"], &[])?;
    let now = tokio::task::block_in_place(|| side(&visit, environment, &key))?;
    let mut draft = Draft { path: query.get("path").map(str::to_owned), ..Draft::default() };
    if let Some(now) = &now {
        draft.etag.clone_from(&now.etag);
        match &draft.path {
            Some(path) => {
                let value = now.values.get(path).map(|(_, value)| value.shown());
                draft.is_string = value.is_some_and(|value| value.as_str().is_some());
                let known = value.filter(|value| !value.is_masked());
                draft.text = known
                    .map(|it| it.as_str().map_or_else(|| it.to_string(), str::to_owned))
                    .unwrap_or_default();
            }
            None => draft.text = now.text.clone().unwrap_or_default(),
        }
    }
    Ok(draw(&visit, (environment, &key), now.as_ref(), &draft, None))
}

pub(super) async fn save(visit: Visit, body: Bytes) -> Result<Response, Wrong> {
    let (environment, key) = (visit.environment()?, visit.key()?);
    let form = Form::read(&body)?;
    require_same(&form, environment, &key)?;
    let draft = Draft {
        etag: form.require("etag")?.to_owned(),
        path: form.get("path").map(str::to_owned),
        text: form.require("text")?.replace("\r\n", "\n"),
        is_string: form.get("as") == Some("string"),
        message: form.get("message").unwrap_or_default().trim().to_owned(),
    };
    let outcome = match require_confirmed(&form, environment) {
        Ok(()) => send(&visit, environment, &key, &draft, form.get("do") == Some("remove")).await,
        Err(problem) => Err(problem),
    };
    let why = match outcome {
        Ok(answer) => return Ok(saved(&answer, &item_address(environment, "items", &key))),
        Err(why) if why.kind == ProblemKind::Forbidden => return Err(why.into()),
        Err(why) => why,
    };
    let now = tokio::task::block_in_place(|| side(&visit, environment, &key))?;
    let status = StatusCode::from_u16(why.kind.status()).unwrap_or(StatusCode::BAD_REQUEST);
    // What was read is kept: saving again means to write over what is there now, which is shown.
    let etag = now.as_ref().map_or(String::new(), |now| now.etag.clone());
    let etag = if why.kind == ProblemKind::PreconditionFailed { etag } else { draft.etag.clone() };
    let draft = Draft { etag, ..draft };
    Ok(draw(&visit, (environment, &key), now.as_ref(), &draft, Some(&Refusal { why, status })))
}

/// Refuses a form whose fields name something else than its address.
pub(super) fn require_same(form: &Form, environment: Environment, key: &Key) -> Result<(), Problem> {
    if form.require("environment")? != environment.name() || form.require("key")? != key.as_str() {
        let detail = "the form is for another item or environment than its address";
        return Err(Problem::new(ProblemKind::EnvironmentConflict, detail)
            .with_help("load the page again, and send the form from there"));
    }
    Ok(())
}

/// Asks for the name of production where that is written.
pub(super) fn require_confirmed(form: &Form, environment: Environment) -> Result<(), Problem> {
    let is_confirmed = form.get("confirm").is_some_and(|word| word.trim() == environment.name());
    if environment != Environment::Production || is_confirmed {
        return Ok(());
    }
    let detail = "nothing was written: production has to be confirmed";
    Err(Problem::new(ProblemKind::ConfirmationRequired, detail).with_help("type `production` into the field"))
}

/// The field in which production is confirmed.
pub(super) fn confirmation(environment: Environment) -> Markup {
    html! {
        @if environment == Environment::Production {
            label for="confirm" { "Type " strong { "production" } " to confirm" }
            input #confirm name="confirm" autocomplete="off" required pattern="\\s*production\\s*" spellcheck="false" title="production";
        }
    }
}

/// The page to go on to after a write, which the log is told of.
pub(super) fn saved(answer: &Response, address: &str) -> Response {
    let commit = answer.headers().get(COMMIT).and_then(|commit| commit.to_str().ok());
    let mark = if address.contains('?') { '&' } else { '?' };
    let mut redirect =
        Redirect::to(&format!("{address}{mark}saved={}", commit.unwrap_or("same"))).into_response();
    let written = answer.extensions().get::<Written>().cloned();
    if let Some(written) = written {
        redirect.extensions_mut().insert(written);
    }
    let header = answer.headers().get(COMMIT).cloned();
    redirect.headers_mut().extend(header.map(|commit| (COMMIT, commit)));
    redirect
}

async fn send(
    visit: &Visit,
    environment: Environment,
    key: &Key,
    draft: &Draft,
    is_removal: bool,
) -> Result<Response, Problem> {
    let mut headers = HeaderMap::new();
    match HeaderValue::from_str(&draft.etag) {
        Ok(etag) if !draft.etag.is_empty() => headers.insert(header::IF_MATCH, etag),
        _ => headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static("*")),
    };
    if !draft.message.is_empty() {
        let message = HeaderValue::from_bytes(draft.message.as_bytes());
        let message = message
            .map_err(|_| Problem::new(ProblemKind::BadRequest, "the message is more than one line"))?;
        headers.insert(MESSAGE, message);
    }
    let form = if draft.path.is_some() { "application/json-patch+json" } else { "application/yaml" };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(form));
    let request = visit.request(environment, Some(key), "", headers)?;
    let Some(text) = &draft.path else {
        return write::put(request, draft.text.clone().into_bytes().into()).await;
    };
    let path: ValuePath = text
        .parse()
        .map_err(|error: crate::model::InvalidPath| Problem::of(&error.into(), ProblemKind::InvalidPath))?;
    let patch = tokio::task::block_in_place(|| patch(visit, (environment, key), &path, draft, is_removal))?;
    write::patch(request, patch.to_string().into_bytes().into()).await
}

/// One value as a JSON Patch.
fn patch(
    visit: &Visit,
    (environment, key): (Environment, &Key),
    path: &ValuePath,
    draft: &Draft,
    is_removal: bool,
) -> Result<Json, Problem> {
    let now = side(visit, environment, key)?;
    let now = now.ok_or_else(|| {
        Problem::new(ProblemKind::ItemNotFound, format!("there is no item `{key}` any more"))
    })?;
    let is_there = now.values.contains_key(&path.to_string());
    let pointer = now.pointer(path);
    if is_removal {
        return Ok(json!([{ "op": "remove", "path": pointer }]));
    }
    let value = if draft.is_string { Json::String(draft.text.clone()) } else { read_value(&draft.text)? };
    Ok(json!([{ "op": if is_there { "replace" } else { "add" }, "path": pointer, "value": value }]))
}

/// A value as it is typed: YAML.
fn read_value(text: &str) -> Result<Json, Problem> {
    let read = Document::parse(text.trim().as_bytes(), &Limits::default());
    let wrong = |detail: String| {
        Problem::new(ProblemKind::InvalidBody, detail)
            .with_help("write a YAML value such as 20, true, 60/s or [a, b]; or choose text")
    };
    let document =
        read.map_err(|rejection| wrong(format!("the value cannot be read: {}", rejection.message)))?;
    match document.values() {
        [] => Ok(Json::Null),
        [value] => Ok(value_json(value)),
        _ => Err(wrong("the value is several YAML documents".to_owned())),
    }
}

fn draw(
    visit: &Visit,
    (environment, key): (Environment, &Key),
    now: Option<&Side>,
    draft: &Draft,
    refusal: Option<&Refusal>,
) -> Response {
    let address = item_address(environment, "edit", key);
    let what = draft.path.as_deref().map_or("its text", |path| path);
    let is_hidden = draft.path.is_none() && now.is_some_and(|now| now.holds_secrets);
    let status = refusal.map_or(StatusCode::OK, |refusal| refusal.status);
    let body = html! {
        h1 { span class={ "env-" (environment) } { span.shape aria-hidden="true" { (shape(environment)) } " " (shown(environment)) } " / " bdi { (key) } ": " @if now.is_some() { "edit " } @else { "make " } bdi { (cut(&clean(what), 120)) } }
        @if let Some(refusal) = refusal { (refused(&refusal.why, now, draft)) }
        @if is_hidden {
            p.empty { "The text holds secrets, which are not shown here. Edit single values, or use " code { "terrace edit" } "." }
        } @else {
            form.edit method="post" action=(address) {
                input type="hidden" name="environment" value=(environment);
                input type="hidden" name="key" value=(key);
                input type="hidden" name="etag" value=(draft.etag);
                @if let Some(path) = &draft.path { input type="hidden" name="path" value=(path); }
                (fields(environment, key, now, draft))
                div.actions {
                    button.go name="do" value="save" { "Save to " (shown(environment)) }
                    @if draft.path.as_ref().is_some_and(|path| now.is_some_and(|now| now.values.contains_key(path))) {
                        button name="do" value="remove" { "Remove the value" }
                    }
                    a.button href=(item_address(environment, "items", key)) { "Cancel" }
                }
            }
        }
    };
    let rest = format!("items/{}", encode(key.as_str(), true));
    page_with(status, visit, &Place::of(Screen::Item, key.as_str()).within(environment, &rest), &body)
}

fn fields(environment: Environment, key: &Key, now: Option<&Side>, draft: &Draft) -> Markup {
    let known = draft.path.as_ref().and_then(|path| now?.values.get(path));
    let is_secret = known.is_some_and(|(_, value)| value.shown().is_masked());
    html! {
        div.fields {
            @if draft.path.is_some() {
                @if let Some((_, value)) = known { span { "now" } bdi.v { (value_text(value, 300)) } }
                label for="text" { "value" }
                @if is_secret { input #text name="text" type="password" autocomplete="off" required placeholder=(MASK); }
                @else if draft.text.contains('\n') { textarea #text name="text" rows="8" spellcheck="false" { "\n" (draft.text) } }
                @else { input #text name="text" autocomplete="off" value=(draft.text) spellcheck="false"; }
                span { "read as" }
                span.options {
                    label { input type="radio" name="as" value="yaml" checked[!draft.is_string]; " YAML (20, true, [a, b])" }
                    label { input type="radio" name="as" value="string" checked[draft.is_string]; " text" }
                }
            } @else {
                label for="text" { "text" }
                textarea #text name="text" rows=(draft.text.lines().count().clamp(8, 40)) spellcheck="false" data-check=(item_address(environment, "check", key)) aria-describedby="checked" { "\n" (draft.text) }
                span { "findings" } div #checked role="status" { span.soft { "are shown when you save" } }
            }
            label for="message" { "message" }
            input #message name="message" value=(draft.message) maxlength="200" placeholder="made from what changes, if left empty";
            (confirmation(environment))
        }
    }
}

/// Why nothing was written; what was typed stays.
fn refused(why: &Problem, now: Option<&Side>, draft: &Draft) -> Markup {
    html! {
        (problem(why))
        @if why.kind == ProblemKind::PreconditionFailed {
            div.note {
                p { strong { "Your input is below, unchanged." } " Saving again writes it over what is there now; Cancel takes theirs." }
                @if !why.changed().is_empty() {
                    table.stack {
                        thead { tr { th scope="col" { "changed meanwhile" } th scope="col" { "by" } th scope="col" { "commit" } th scope="col" { "there now" } } }
                        tbody { @for changed in why.changed().iter().take(50) {
                            @let path = changed.path.to_string();
                            tr {
                                td { bdi { (cut(&clean(&path), 120)) } } td { bdi { (changed.commit.author) } } td { code { (changed.commit.id.short()) } }
                                td { @match now.and_then(|now| now.values.get(&path)) { Some((_, value)) => { bdi.v { (value_text(value, 120)) } }, None => { "–" } } }
                            }
                        } }
                    }
                }
            }
            @if let Some(now) = now.filter(|_| draft.path.is_none()) {
                h2 { "The text that is there now" }
                ol.text { @for line in now.lines.iter().take(500) { li { bdi { (cut(&clean(line), 300)) } } } }
            }
        }
    }
}

/// Says what would be found in a text; writes nothing.
pub(super) async fn check(visit: Visit, body: Bytes) -> Result<Response, Problem> {
    let wrong = |wrong: Wrong| *wrong.problem;
    let (environment, key) = (visit.environment().map_err(wrong)?, visit.key().map_err(wrong)?);
    write::check(visit.request(environment, Some(&key), "", HeaderMap::new())?, body).await
}
