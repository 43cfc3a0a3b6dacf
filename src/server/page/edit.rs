//! Changing an item: one value, or its text. What is sent is written by the API's own routes.

use std::collections::BTreeMap;

use axum::response::{IntoResponse, Redirect, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use maud::{Markup, html};
use serde_json::{Value as Json, json};

use super::document::{Place, Screen, problem};
use super::fields::{Field, Notation, read_value};
use super::form::Form;
use super::frame::page_with;
use super::item::{Side, side};
use super::stale::{Joined, MOST_BYTES, join, picks, questions};
use super::visit::{Visit, item_address};
use super::words::{encode, shape, shown, value_text};
use super::wrong::Wrong;
use crate::json_schema::ValueDescription;
use crate::merge::Version;
use crate::model::sanitize::{clean, cut};
use crate::model::{Environment, Key, ValuePath};
use crate::server::Verb;
use crate::server::guard::Written;
use crate::server::problem::{Problem, ProblemKind};
use crate::server::respond::COMMIT;
use crate::server::routes::write;

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
    /// The text that was read before it was edited.
    base: Option<String>,
    /// Whose value was chosen of those that others changed too.
    picks: BTreeMap<String, Version>,
}

/// Why a draft was not written, or what became of it.
#[derive(Default)]
struct Refusal {
    why: Option<Problem>,
    /// The text put together with what others wrote, and as it was typed.
    joined: Option<(Joined, String)>,
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
                let field = field(now, environment, &key, path);
                draft.is_string = field.notation == Notation::Text;
                draft.text = field.text;
            }
            None => {
                draft.text = now.text.clone().unwrap_or_default();
                draft.base.clone_from(&now.text);
            }
        }
    }
    Ok(draw(&visit, (environment, &key), now.as_ref(), &draft, &Refusal::default()))
}

/// Whether a value is a secret.
fn is_secret(now: Option<&Side>, path: &str) -> bool {
    now.and_then(|now| now.values.get(path)).is_some_and(|(_, value)| value.shown().is_masked())
}

/// The field of one value.
fn field(now: &Side, environment: Environment, key: &Key, path: &str) -> Field {
    let known = now.values.get(path);
    let parsed = known.map(|(path, _)| path.clone()).or_else(|| path.parse().ok());
    let described = parsed.map(|path| now.configuration.schemas().describe(key, environment, &path));
    Field::of(described.unwrap_or_default(), known.map(|(_, value)| value))
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
        base: form.get("base").map(|base| base.replace("\r\n", "\n")),
        picks: picks(&form),
    };
    if form.get("do") == Some("join") {
        visit.caller.require_in(Verb::Write, environment)?;
        let now = tokio::task::block_in_place(|| side(&visit, environment, &key))?;
        let (draft, refusal) = rebased(draft, now.as_ref(), &key, None);
        return Ok(draw(&visit, (environment, &key), now.as_ref(), &draft, &refusal));
    }
    let mut draft = draft;
    let now = tokio::task::block_in_place(|| side(&visit, environment, &key))?;
    if let Some(now) = now.as_ref().filter(|now| is_of_older_text(&draft, now)) {
        let decided = |path: &str| Some(draft.picks.get(path).copied().unwrap_or(Version::Ours));
        match join(now, &key, draft.base.as_deref(), &draft.text, &decided) {
            Joined::Together(text) => draft = Draft { text, base: now.text.clone(), ..draft },
            // Nobody was told yet that saving writes it over theirs.
            joined @ (Joined::Contested(_) | Joined::Apart) => {
                let refusal = Refusal { why: None, joined: Some((joined, draft.text.clone())) };
                let draft = Draft { base: None, ..draft };
                return Ok(draw(&visit, (environment, &key), Some(now), &draft, &refusal));
            }
        }
    }
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
    let (draft, refusal) = match why.kind {
        ProblemKind::PreconditionFailed => rebased(draft, now.as_ref(), &key, Some(why)),
        _ => (draft, Refusal { why: Some(why), joined: None }),
    };
    Ok(draw(&visit, (environment, &key), now.as_ref(), &draft, &refusal))
}

/// Whether a text grew from another one than it is saved over: only what was changed in it is written.
fn is_of_older_text(draft: &Draft, now: &Side) -> bool {
    let is_text = draft.path.is_none() && draft.etag == now.etag && now.text.is_some();
    is_text && draft.base.is_some() && draft.base != now.text
}

/// The draft over what is there now, which is shown: saving it again means to write over that. A text is
/// put together with it as far as can be.
fn rebased(draft: Draft, now: Option<&Side>, key: &Key, why: Option<Problem>) -> (Draft, Refusal) {
    let etag = now.map_or(String::new(), |now| now.etag.clone());
    let mut draft = Draft { etag, ..draft };
    let typed = draft.text.clone();
    let Some(now) = now.filter(|_| draft.path.is_none()) else {
        return (draft, Refusal { why, joined: None });
    };
    let decided = |path: &str| draft.picks.get(path).copied();
    let joined = join(now, key, draft.base.as_deref(), &typed, &decided);
    match &joined {
        Joined::Together(text) => {
            draft.text.clone_from(text);
            draft.base.clone_from(&now.text);
        }
        // Saving it means to write it as it is.
        Joined::Apart => draft.base = None,
        Joined::Contested(_) => {}
    }
    (draft, Refusal { why, joined: Some((joined, typed)) })
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

/// The headers of a write.
pub(super) fn headers(etag: &str, message: &str, form: &'static str) -> Result<HeaderMap, Problem> {
    let mut headers = HeaderMap::new();
    match HeaderValue::from_str(etag) {
        Ok(value) if !etag.is_empty() => headers.insert(header::IF_MATCH, value),
        _ => headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static("*")),
    };
    if !message.is_empty() {
        let message = HeaderValue::from_bytes(message.as_bytes());
        let message = message
            .map_err(|_| Problem::new(ProblemKind::BadRequest, "the message is more than one line"))?;
        headers.insert(MESSAGE, message);
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(form));
    Ok(headers)
}

async fn send(
    visit: &Visit,
    environment: Environment,
    key: &Key,
    draft: &Draft,
    is_removal: bool,
) -> Result<Response, Problem> {
    let form = if draft.path.is_some() { "application/json-patch+json" } else { "application/yaml" };
    let headers = headers(&draft.etag, &draft.message, form)?;
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

fn draw(
    visit: &Visit,
    (environment, key): (Environment, &Key),
    now: Option<&Side>,
    draft: &Draft,
    refusal: &Refusal,
) -> Response {
    let address = item_address(environment, "edit", key);
    let what = draft.path.as_deref().map_or("its text", |path| path);
    let is_hidden = draft.path.is_none() && now.is_some_and(|now| now.holds_secrets);
    let status =
        refusal.why.as_ref().map_or(Ok(StatusCode::OK), |why| StatusCode::from_u16(why.kind.status()));
    let status = status.unwrap_or(StatusCode::BAD_REQUEST);
    let is_stale = refusal.why.as_ref().is_some_and(|why| why.kind == ProblemKind::PreconditionFailed);
    let contests = match &refusal.joined {
        Some((Joined::Contested(contests), _)) => &contests[..],
        _ => &[],
    };
    let base = draft.base.as_ref().filter(|base| base.len() <= MOST_BYTES);
    let body = html! {
        h1 { span class={ "env-" (environment) } { span.shape aria-hidden="true" { (shape(environment)) } " " (shown(environment)) } " / " bdi { (key) } ": " @if now.is_some() { "edit " } @else { "make " } bdi { (cut(&clean(what), 120)) } }
        @if let Some(why) = &refusal.why { (refused(why, now, draft)) }
        @if let Some((joined, typed)) = &refusal.joined { (put_together(joined, typed, now)) }
        @if is_hidden {
            p.empty { "The text holds secrets, which are not shown here. Edit single values, or use " code { "terrace edit" } "." }
        } @else if draft.path.as_ref().is_some_and(|path| is_secret(now, path)) {
            p.empty { "The value is a secret, which is neither shown nor written here. " code { "terrace set" } " changes it." }
        } @else {
            form.edit method="post" action=(address) {
                input type="hidden" name="environment" value=(environment);
                input type="hidden" name="key" value=(key);
                input type="hidden" name="etag" value=(draft.etag);
                @if let Some(path) = &draft.path { input type="hidden" name="path" value=(path); }
                @if let Some(base) = base { input type="hidden" name="base" value=(base); }
                @if !contests.is_empty() {
                    (questions(contests, &draft.picks))
                    div.actions { button.go name="do" value="join" formnovalidate { "Put together" } span.soft { "shows the text; nothing is written yet" } }
                }
                (fields(environment, key, now, draft))
                div.actions {
                    @let is_over = !contests.is_empty() || is_stale && draft.path.is_some();
                    button.go name="do" value="save" { @if is_over { "Reapply mine in " (shown(environment)) } @else { "Save to " (shown(environment)) } }
                    @if draft.path.as_ref().is_some_and(|path| now.is_some_and(|now| now.values.contains_key(path))) {
                        button name="do" value="remove" { "Remove the value" }
                    }
                    a.button href=(item_address(environment, "items", key)) { @if is_over { "Take theirs" } @else { "Cancel" } }
                }
            }
        }
    };
    let rest = format!("items/{}", encode(key.as_str(), true));
    page_with(status, visit, &Place::of(Screen::Item, key.as_str()).within(environment, &rest), &body)
}

fn fields(environment: Environment, key: &Key, now: Option<&Side>, draft: &Draft) -> Markup {
    html! {
        div.fields {
            @if let Some(path) = &draft.path {
                @let field = now.map(|now| field(now, environment, key, path));
                @let field = field.unwrap_or_else(|| Field::of(ValueDescription::default(), None));
                @if let Some((_, value)) = now.and_then(|now| now.values.get(path)) { span { "now" } bdi.v { (value_text(value, 300)) } }
                label for="text" { "value" }
                div { (field.control("text", "text", &draft.text)) }
                @if field.is_said() {
                    @if field.notation == Notation::Text { input type="hidden" name="as" value="string"; }
                } @else {
                    span { "read as" }
                    span.options {
                        label { input type="radio" name="as" value="yaml" checked[!draft.is_string]; " YAML (20, true, [a, b])" }
                        label { input type="radio" name="as" value="string" checked[draft.is_string]; " text" }
                    }
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
                @if draft.path.is_some() { p { strong { "Your input is below, unchanged." } " Reapply it over what is there now, or take theirs." } }
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
        }
    }
}

/// What became of a text that others changed too.
fn put_together(joined: &Joined, typed: &str, now: Option<&Side>) -> Markup {
    html! {
        div.note { p { @match joined {
            Joined::Together(_) => { strong { "Your changes and theirs are put together below." } " Nothing is written before you save." },
            Joined::Contested(_) => { strong { "Your text is below, unchanged." } " Choose for what others changed too, and put both together; all else comes together by itself." },
            Joined::Apart => { strong { "Your text is below, unchanged." } " It cannot be put together with theirs by value: saving writes it over what is there now." },
        } } }
        details { summary { "The text that is there now" }
            @if let Some(now) = now { ol.text { @for line in now.lines.iter().take(500) { li { bdi { (cut(&clean(line), 300)) } } } } }
        }
        @if matches!(joined, Joined::Together(_)) || now.is_some_and(|now| now.holds_secrets) { details { summary { "The text as you typed it" } ol.text { @for line in typed.lines().take(2_000) { li { bdi { (clean(line)) } } } } } }
    }
}

/// Says what would be found in a text; writes nothing.
pub(super) async fn check(visit: Visit, body: Bytes) -> Result<Response, Problem> {
    let wrong = |wrong: Wrong| *wrong.problem;
    let (environment, key) = (visit.environment().map_err(wrong)?, visit.key().map_err(wrong)?);
    write::check(visit.request(environment, Some(&key), "", HeaderMap::new())?, body).await
}
