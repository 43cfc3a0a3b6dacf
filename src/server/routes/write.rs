//! Items put, patched and deleted, and texts that are only checked.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde_json::value::RawValue;

use crate::api::requests::{self, Change, Changes};
use crate::api::sent;
use crate::api::served::{self, WrittenItem};
use crate::model::{CommitId, Environment, Error, ErrorKind, ItemId, Key, Patch};
use crate::ops::{
    self, AllowChanges, ChangeRequest, Expected, ItemChange, ItemEdit, ItemOutcome, PreparedChanges,
};
use crate::secrets::mask::Reveal;
use crate::server::environment::{InEnvironment, key};
use crate::server::guard::Written;
use crate::server::precondition::Precondition;
use crate::server::problem::{Problem, ProblemKind};
use crate::server::query::{Query, invalid};
use crate::server::respond::COMMIT;
use crate::server::tokens::Verb;
use crate::server::writing::{Writing, write};

const JSON: &str = "application/json";
const YAML: &str = "application/yaml";
const MERGE_PATCH: &str = "application/merge-patch+json";
const JSON_PATCH: &str = "application/json-patch+json";

const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");
const MESSAGE: HeaderName = HeaderName::from_static("terrace-message");

pub(in crate::server) async fn put(request: InEnvironment, body: Bytes) -> Result<Response, Problem> {
    request.caller.require_in(Verb::Write, request.environment)?;
    let key = request.key()?;
    let edit = match form(&request.headers)?.as_str() {
        YAML => ItemEdit::Put(body.to_vec()),
        JSON => {
            let sent: requests::Put<'_> = read(&body)?;
            require_environment(sent.environment.as_deref(), request.environment)?;
            if sent.key.as_deref().is_some_and(|sent| sent != key.as_str()) {
                return Err(Problem::new(
                    ProblemKind::InvalidBody,
                    "the body has another key than the address",
                )
                .with_help("leave `key` out of the body"));
            }
            ItemEdit::Value(sent::value(sent.value.get()).map_err(|error| Problem::of_write(&error))?)
        }
        other => return Err(unsupported(other, &format!("{YAML} or {JSON}"))),
    };
    one(request, key, edit).await
}

pub(in crate::server) async fn patch(request: InEnvironment, body: Bytes) -> Result<Response, Problem> {
    request.caller.require_in(Verb::Write, request.environment)?;
    let key = request.key()?;
    let forms = format!("{MERGE_PATCH}, {JSON_PATCH}");
    let read = match form(&request.headers)?.as_str() {
        MERGE_PATCH => sent::merge_patch,
        JSON_PATCH => sent::json_patch,
        other => return Err(unsupported(other, &forms).with_header(ACCEPT_PATCH, &forms)),
    };
    let patch = read(text(&body)?).map_err(|error| Problem::of_write(&error))?;
    one(request, key, ItemEdit::Patch(patch)).await
}

pub(in crate::server) async fn delete(request: InEnvironment) -> Result<Response, Problem> {
    request.caller.require_in(Verb::Write, request.environment)?;
    let key = request.key()?;
    one(request, key, ItemEdit::Delete).await
}

pub(super) async fn changes(request: InEnvironment, body: Bytes) -> Result<Response, Problem> {
    request.caller.require_in(Verb::Write, request.environment)?;
    let is_dry = dry_run(&request)?;
    require_json(&request.headers)?;
    let sent: Changes<'_> = read(&body)?;
    require_environment(sent.environment.as_deref(), request.environment)?;
    if sent.items.is_empty() {
        return Err(Problem::new(ProblemKind::InvalidBody, "there is no item to change")
            .with_help("name at least one in `items`"));
    }
    let wanted = sent.items.iter().map(wanted).collect::<Result<Vec<_>, _>>()?;
    let message = match sent.message {
        Some(message) => Some(message),
        None => message(&request.headers)?,
    };
    let done = write(&request, is_dry, move |writing| apply(writing, wanted, message));
    done.await?.respond(request.environment, StatusCode::OK)
}

/// Says what would be found in a text.
pub(in crate::server) async fn check(request: InEnvironment, body: Bytes) -> Result<Response, Problem> {
    request.query(&[], &[])?;
    let (environment, key) = (request.environment, request.key()?);
    let view = request.view()?;
    let configuration = match view.served.newest() {
        Some(newest) => newest.clone(),
        None => view.good()?.configuration().clone(),
    };
    let _permit = request.shared.at_work.acquire().await;
    let files = BTreeMap::from([(key.file(environment), Some(body.to_vec()))]);
    let judge = || ops::judge(&configuration.with(&files)?, environment, std::slice::from_ref(&key));
    let findings = tokio::task::block_in_place(judge);
    let findings = findings.map_err(|error| Problem::of(&error, ProblemKind::RepositoryUnreadable))?;
    let mut body = Vec::new();
    // A vector takes all.
    let _ = served::checked(&findings, &mut body);
    Ok(json(StatusCode::OK, body))
}

/// An item of a body and what shall become of it.
struct Wanted {
    key: Key,
    precondition: Precondition,
    edit: ItemEdit,
}

impl Wanted {
    fn change(self, writing: &Writing) -> Result<ItemChange, Problem> {
        let Self { key, precondition, edit } = self;
        let is_new = matches!(edit, ItemEdit::Put(_) | ItemEdit::Value(_));
        if !is_new && !writing.view.items.contains_key(&key) && writing.item(&key)?.is_none() {
            return Err(writing.view.no_such_item(&key));
        }
        let expected: Expected = precondition.expected(writing, &key)?;
        Ok(ItemChange { item: ItemId::new(key, writing.environment), expected: Some(expected), edit })
    }
}

fn wanted(change: &Change<'_>) -> Result<Wanted, Problem> {
    let key = key(&change.key)?;
    let wrong = |detail: String| Problem::new(ProblemKind::InvalidBody, detail);
    let Some(etag) = &change.etag else {
        let detail = format!("`{key}` has no `etag`");
        return Err(Problem::new(ProblemKind::PreconditionRequired, detail)
            .with_help("give the tag that was read, or null where there is no item yet"));
    };
    let value = |raw: &RawValue| sent::value(raw.get()).map_err(|error| Problem::of_write(&error));
    let edit = match (change.put, &change.yaml, change.patch, change.delete) {
        (Some(put), None, None, false) => ItemEdit::Value(value(put)?),
        (None, Some(yaml), None, false) => ItemEdit::Put(yaml.clone().into_bytes()),
        (None, None, Some(patch), false) if patch.get().starts_with('[') => {
            ItemEdit::Patch(sent::json_patch(patch.get()).map_err(|error| Problem::of_write(&error))?)
        }
        (None, None, Some(patch), false) => ItemEdit::Patch(Patch::Merge(value(patch)?)),
        (None, None, None, true) => ItemEdit::Delete,
        _ => {
            return Err(wrong(format!("what shall become of `{key}` is not said once"))
                .with_help("give one of `put`, `yaml`, `patch` and `delete`"));
        }
    };
    Ok(Wanted { precondition: Precondition::of_body(etag.as_deref())?, key, edit })
}

/// One item, as the address and the headers say.
async fn one(request: InEnvironment, key: Key, edit: ItemEdit) -> Result<Response, Problem> {
    let is_dry = dry_run(&request)?;
    let precondition = Precondition::of(&request.headers)?;
    let message = message(&request.headers)?;
    let (is_delete, is_patch) = (matches!(edit, ItemEdit::Delete), matches!(edit, ItemEdit::Patch(_)));
    let wanted = Wanted { key, precondition, edit };
    let done = write(&request, is_dry, move |writing| apply(writing, vec![wanted], message));
    let done = done.await?;
    let status = match done.items.first() {
        _ if is_dry => StatusCode::OK,
        Some((outcome, _)) if outcome.before.is_none() => StatusCode::CREATED,
        _ if is_delete => StatusCode::NO_CONTENT,
        _ => StatusCode::OK,
    };
    let etag = done.items.first().and_then(|(_, etag)| etag.clone());
    let mut response = done.respond(request.environment, status)?;
    let etag = etag.and_then(|etag| HeaderValue::from_str(&etag).ok());
    response.headers_mut().extend(etag.map(|etag| (header::ETAG, etag)));
    if is_patch {
        let forms = HeaderValue::from_str(&format!("{MERGE_PATCH}, {JSON_PATCH}"));
        response.headers_mut().extend(forms.ok().map(|forms| (ACCEPT_PATCH, forms)));
    }
    Ok(response)
}

/// What became of items, each with its tag.
struct Done {
    commit: Option<CommitId>,
    would_commit: Option<bool>,
    items: Vec<(ItemOutcome, Option<String>)>,
}

impl Done {
    fn respond(self, environment: Environment, status: StatusCode) -> Result<Response, Problem> {
        let items = self.items.into_iter();
        let items = items.map(|(outcome, etag)| WrittenItem { key: outcome.item.key.to_string(), etag });
        let items: Vec<WrittenItem> = items.collect();
        Ok(written(environment, status, self.commit.as_ref(), self.would_commit, &items))
    }
}

/// The answer to a write.
pub(super) fn written(
    environment: Environment,
    status: StatusCode,
    commit: Option<&CommitId>,
    would_commit: Option<bool>,
    items: &[WrittenItem],
) -> Response {
    let mut body = Vec::new();
    // A vector takes all.
    let _ = served::written(environment, commit, would_commit, items, &mut body);
    let mut response = match status {
        StatusCode::NO_CONTENT => status.into_response(),
        status => json(status, body),
    };
    let header = commit.and_then(|commit| HeaderValue::from_str(commit.as_str()).ok());
    response.headers_mut().extend(header.map(|commit| (COMMIT, commit)));
    let keys = items.iter().map(|item| item.key.clone()).collect();
    response.extensions_mut().insert(Written { environment, keys, is_dry: would_commit.is_some() });
    response
}

/// Changes the items, or says what that would come to.
fn apply(writing: &Writing, wanted: Vec<Wanted>, message: Option<String>) -> Result<Done, Problem> {
    let is_of_masked = |wanted: &Wanted| wanted.precondition.is_of_masked(writing, &wanted.key);
    let masked: Vec<bool> = wanted.iter().map(is_of_masked).collect::<Result<_, _>>()?;
    let is_masked = masked.contains(&true);
    let items = wanted.into_iter().map(|wanted| wanted.change(writing)).collect::<Result<Vec<_>, _>>()?;
    writing.newest()?;
    let reveal = if is_masked { Reveal::Nothing } else { writing.reveal };
    let request = ChangeRequest { items, message, reveal };
    let done = if writing.is_dry { attempt(writing, &request) } else { carry_out(writing, &request) };
    done.map_err(|problem| match problem.kind {
        ProblemKind::SecretsNotAllowed if is_masked => problem
            .with_kind(ProblemKind::PreconditionFailed)
            .with_help("the item was read with its secrets masked; read it with the token that writes"),
        _ => problem,
    })
}

fn attempt(writing: &Writing, request: &ChangeRequest) -> Result<Done, Problem> {
    let is_held = writing.view.served.held_back.is_some();
    let prepare = if is_held { ops::prepare_whole_changes } else { ops::prepare_changes };
    let prepared = prepare(&writing.workspace, request, &writing.options);
    let prepared = prepared.map_err(|error| refused(writing, &error))?;
    if is_held {
        let left = writing.blocking(&prepared.after).map_err(|error| refused(writing, &error))?;
        if !left.is_empty() {
            return Err(writing.held_back(left));
        }
    }
    prepared.require_sound().map_err(|error| refused(writing, &error))?;
    let would_commit = Some(!prepared.is_empty());
    let items = prepared.items.into_iter().map(|outcome| {
        let is_same = outcome.before == outcome.after;
        let etag = outcome.after.as_ref().filter(|_| is_same);
        let etag = writing.etag(&outcome.item.key, etag, &prepared.head);
        (outcome, etag)
    });
    Ok(Done { commit: None, would_commit, items: items.collect() })
}

fn carry_out(writing: &Writing, request: &ChangeRequest) -> Result<Done, Problem> {
    let left = RefCell::new(Vec::new());
    // Whether all has to be seen: who is held back is judged by all of its items.
    let is_whole = Cell::new(writing.view.served.held_back.is_some());
    let mends = |prepared: &PreparedChanges| {
        let was_whole = is_whole.get();
        if !writing.is_held_back_at(&prepared.head)? {
            return Ok(());
        }
        is_whole.set(true);
        if was_whole {
            *left.borrow_mut() = writing.blocking(&prepared.after)?;
        }
        match was_whole && left.borrow().is_empty() {
            true => Ok(()),
            false => Err(Error::undecided("the environment is held back")),
        }
    };
    let commit = || {
        let allow = AllowChanges { is_whole: is_whole.get(), ask: &mends };
        ops::commit_changes_if(&writing.workspace, request, &writing.options, allow)
    };
    let was_whole = is_whole.get();
    let mut outcome = commit();
    if outcome.is_err() && is_whole.get() && !was_whole {
        outcome = commit();
    }
    let outcome = outcome.map_err(|error| {
        let left = left.take();
        if left.is_empty() { refused(writing, &error) } else { writing.held_back(left) }
    })?;
    let commit = outcome.committed.map(|committed| committed.commit);
    writing.settle(commit.as_ref())?;
    let at = commit.clone().unwrap_or_else(|| (*writing.tip).clone());
    let items = outcome.items.into_iter().map(|outcome| {
        let etag = writing.etag(&outcome.item.key, outcome.after.as_ref(), &at);
        (outcome, etag)
    });
    Ok(Done { commit, would_commit: None, items: items.collect() })
}

/// The problem of a write that an operation refused.
pub(super) fn refused(writing: &Writing, error: &Error) -> Problem {
    let held = writing.view.served.held_back.as_ref();
    match (error.kind(), held) {
        // What stands there cannot be read, so it cannot be changed in part.
        (ErrorKind::State | ErrorKind::Io, Some(held)) => writing.held_back(held.findings.clone()),
        _ => Problem::of_write(error),
    }
}

/// Whether nothing is to be written.
pub(super) fn dry_run(request: &InEnvironment) -> Result<bool, Problem> {
    flag(&request.query(&["dry-run"], &[])?, "dry-run")
}

/// Whether a parameter says yes.
pub(super) fn flag(query: &Query, name: &str) -> Result<bool, Problem> {
    match query.get(name) {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(other) => Err(invalid(format!("`{name}` is `{}`", other.escape_debug()))
            .with_help("give true, or leave it out")),
    }
}

/// The commit's message, where the request has one.
fn message(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all(MESSAGE).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = String::from_utf8(value.as_bytes().to_vec()).ok().filter(|text| !text.trim().is_empty());
    match (text, values.next()) {
        (Some(text), None) => Ok(Some(text)),
        _ => Err(Problem::new(ProblemKind::BadRequest, "the header Terrace-Message is no message")
            .with_help("send it once, in UTF-8, and say in a few words what changes")),
    }
}

/// The form of a body, without its parameters.
fn form(headers: &HeaderMap) -> Result<String, Problem> {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if headers.get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return Err(Problem::new(ProblemKind::UnsupportedMediaType, "the body is compressed")
            .with_help("send it as it is"));
    }
    let essence = value.unwrap_or_default().split(';').next().unwrap_or_default();
    Ok(essence.trim().to_ascii_lowercase())
}

/// Refuses a body that is not said to be JSON.
pub(super) fn require_json(headers: &HeaderMap) -> Result<(), Problem> {
    match form(headers)?.as_str() {
        JSON => Ok(()),
        other => Err(unsupported(other, JSON)),
    }
}

fn unsupported(form: &str, read: &str) -> Problem {
    let detail = match form {
        "" => "the body's form is not said".to_owned(),
        form => format!("`{}` is not read here", form.escape_debug()),
    };
    Problem::new(ProblemKind::UnsupportedMediaType, detail).with_help(format!("send `Content-Type`: {read}"))
}

/// A body as text.
pub(super) fn text(body: &[u8]) -> Result<&str, Problem> {
    std::str::from_utf8(body).map_err(|_| {
        Problem::new(ProblemKind::InvalidBody, "the body is not UTF-8").with_help("send JSON in UTF-8")
    })
}

/// Reads a JSON body.
pub(super) fn read<'b, T: serde::Deserialize<'b>>(body: &'b [u8]) -> Result<T, Problem> {
    requests::read(text(body)?).map_err(|error| Problem::of_write(&error))
}

/// Refuses a body that names another environment than the address.
pub(super) fn require_environment(sent: Option<&str>, environment: Environment) -> Result<(), Problem> {
    if sent.is_none_or(|sent| sent == environment.name()) {
        return Ok(());
    }
    Err(Problem::new(
        ProblemKind::EnvironmentConflict,
        "the address and the body name different environments",
    )
    .with_help("leave `environment` out of the body"))
}

/// An answer in JSON.
pub(super) fn json(status: StatusCode, body: Vec<u8>) -> Response {
    let mut response = (status, body).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
    response
}
