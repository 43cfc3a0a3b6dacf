//! Items, whole or one value of them.

use std::ops::Bound;
use std::sync::Arc;

use axum::response::Response;
use bytes::Bytes;

use crate::api::items as machine;
use crate::api::served::{self, ListedItem};
use crate::engine::configuration::Configuration;
use crate::model::{CommitId, Key, Pointer, Value, ValuePath};
use crate::ops;
use crate::secrets::mask::Reveal;
use crate::server::dropin::require_sayable;
use crate::server::environment::{InEnvironment, key};
use crate::server::found::{found, not_then};
use crate::server::negotiation::{Media, negotiate};
use crate::server::problem::{Problem, ProblemKind};
use crate::server::query::{Query, invalid};
use crate::server::respond::{Answer, Work, respond_with};
use crate::server::tags::tag;
use crate::server::view::{EnvironmentView, ServedItem};
use crate::yaml::Document;

/// So many items are listed at most, and unless told otherwise.
const MOST: usize = 1_000;

pub(in crate::server) async fn list(request: InEnvironment) -> Result<Response, Problem> {
    let query = request.query(&["prefix", "after", "limit"], &[])?;
    let limit = query.number("limit", MOST)?.unwrap_or(MOST);
    let after = query.get("after").map(key).transpose()?;
    let prefix = query.get("prefix").unwrap_or_default();
    // Keys that begin with the prefix stand together.
    let start = match &after {
        Some(after) if after.as_str() >= prefix => Bound::Excluded(after.as_str()),
        Some(_) | None => Bound::Included(prefix),
    };
    let fitting = |view: &EnvironmentView| -> Vec<(Key, Arc<ServedItem>)> {
        let later = view.items.range::<str, _>((start, Bound::Unbounded));
        let fitting = later.take_while(|(key, _)| key.as_str().starts_with(prefix)).take(limit + 1);
        fitting.map(|(key, item)| (key.clone(), Arc::clone(item))).collect()
    };
    let work = |view: &EnvironmentView| match fitting(view).iter().all(|(_, item)| item.has_facts()) {
        true => Work::Light,
        false => Work::Heavy,
    };
    respond_with(&request, work, |view| {
        view.good()?;
        let mut fitting = fitting(view);
        let has_more = fitting.len() > limit;
        fitting.truncate(limit);
        let with_secrets = request.caller.may_read_secrets();
        let tags: Vec<String> = fitting.iter().map(|(_, item)| view.etag(item, with_secrets)).collect();
        let listed = fitting.iter().zip(&tags).map(|((key, item), etag)| {
            let commit = item.commit.as_ref().map(CommitId::as_str);
            ListedItem { key: key.as_str(), etag, commit }
        });
        let listed: Vec<ListedItem<'_>> = listed.collect();
        let next = fitting.last().filter(|_| has_more).map(|(key, _)| key.clone());
        let answer = Answer::json(&request, "items", |out| {
            served::items(request.environment, &listed, next.as_ref(), out)
        });
        Ok(answer.with_commit(view.commit()))
    })
    .await
}

pub(in crate::server) async fn item(request: InEnvironment) -> Result<Response, Problem> {
    let key = request.key()?;
    let query = request.query(&["path", "pointer", "revision"], &[])?;
    let path = path(&query)?;
    let revision = query.get("revision").map(|text| request.revision(text)).transpose()?;
    let is_light = path.is_none() && revision.is_none();
    let is_made = |view: &EnvironmentView| view.items.get(&key).is_none_or(|item| item.has_forms());
    let work = |view: &EnvironmentView| if is_light && is_made(view) { Work::Light } else { Work::Heavy };
    let offered = if path.is_none() { [Media::Json, Media::Yaml] } else { [Media::Json, Media::Text] };
    let media = negotiate(&request.headers, &offered)?;
    respond_with(&request, work, |view| {
        let (configuration, item) = found(&request, view, &key, revision.as_ref())?;
        match &path {
            None => whole(&request, &configuration, &item, media),
            Some(path) => {
                let then = (&configuration, item.as_ref());
                let made = value(&request, then, &key, path, media);
                // Not found means what is served.
                let is_served = || {
                    let served = found(&request, view, &key, None).ok();
                    served.is_some_and(|(configuration, item)| {
                        value(&request, (&configuration, item.as_ref()), &key, path, media).is_ok()
                    })
                };
                made.map_err(|problem| match problem.kind {
                    ProblemKind::ValueNotFound if revision.is_some() && is_served() => {
                        not_then(format!("`{path}` was not in `{key}` then"))
                    }
                    _ => problem,
                })
            }
        }
    })
    .await
}

fn whole(
    request: &InEnvironment,
    configuration: &Configuration,
    item: &ServedItem,
    media: Media,
) -> Result<Answer, Problem> {
    let commit = item.commit.as_ref();
    if media == Media::Yaml {
        request.caller.require_secrets(item.facts(configuration).holds_secrets)?;
        return Ok(Answer::of(item.yaml(), media.content_type(), commit));
    }
    let json = item.json(configuration, request.caller.may_read_secrets());
    let json = json.ok_or_else(|| unsayable(configuration, item))?;
    Ok(Answer::of(json, media.content_type(), commit))
}

/// The problem of a file that is not sent as values.
fn unsayable(configuration: &Configuration, item: &ServedItem) -> Problem {
    let document = Document::parse(item.bytes(), configuration.limits()).ok();
    let refused = document.and_then(|document| require_sayable(&item.file, &document, None).err());
    refused.unwrap_or_else(|| no_values(item))
}

/// The problem of a file that has no values because it is not YAML.
fn no_values(item: &ServedItem) -> Problem {
    Problem::new(ProblemKind::Refused, format!("{} is not YAML that can be read as values", item.file))
        .with_help("accept application/yaml for the bytes of the file")
}

/// The path that is asked for.
fn path(query: &Query) -> Result<Option<ValuePath>, Problem> {
    let wrong = |detail: String| Problem::new(ProblemKind::InvalidPath, detail);
    let text = match (query.get("path"), query.get("pointer")) {
        (Some(_), Some(_)) => {
            return Err(
                invalid("both `path` and `pointer` are given".to_owned()).with_help("give one of them")
            );
        }
        (Some(""), None) => {
            return Err(wrong("`path` is empty".to_owned()).with_help("leave it out for the whole item"));
        }
        (None, Some(pointer)) if Pointer::parse(pointer).is_none() => {
            return Err(wrong(format!("`{}` is no JSON pointer", pointer.escape_debug()))
                .with_help("a pointer begins with `/`; in a name `/` is `~1`, and `~` is `~0`"));
        }
        (text, pointer) => text.or(pointer),
    };
    let Some(text) = text else { return Ok(None) };
    let parsed = text.parse::<ValuePath>();
    parsed.map(Some).map_err(|error| Problem::of(&error.into(), ProblemKind::InvalidPath))
}

fn value(
    request: &InEnvironment,
    (configuration, item): (&Configuration, &ServedItem),
    key: &Key,
    path: &ValuePath,
    media: Media,
) -> Result<Answer, Problem> {
    let document = Document::parse(item.bytes(), configuration.limits()).map_err(|_| no_values(item))?;
    let path = document.resolve(path);
    let Some(found) = document.at(&path) else {
        let error = ops::no_such_path(document.values(), &path, &item.file);
        return Err(Problem::of(&error, ProblemKind::InvalidPath));
    };
    require_sayable(&item.file, &document, Some(&path))?;
    let mask = configuration.mask(Reveal::asked(request.caller.may_read_secrets()));
    let own = mask.secrets_of([&document]);
    let shown = mask.within(&own).value(&path, found);
    let body: Bytes = if media == Media::Text {
        let text = text(found).ok_or_else(|| {
            let detail = format!("`{path}` is a {}, and no text", found.kind());
            Problem::new(ProblemKind::NotAcceptable, detail).with_help("accept application/json")
        })?;
        request.caller.require_secrets(shown.shown() != found)?;
        text.into()
    } else {
        let pointer = document.pointer(&path);
        let at = machine::At {
            key,
            environment: request.environment,
            commit: None,
            pointer: &pointer,
            path: &path,
        };
        let mut out = Vec::new();
        // A vector takes all.
        let _ = machine::get(&at, shown.shown(), &mut out);
        out.into()
    };
    let etag = tag(request.environment, key.as_str(), media.content_type(), &body);
    Ok(Answer { form: media.content_type(), body, etag, commit: item.commit.clone() })
}

/// The text of a scalar.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) | Value::Number(text) => Some(text.clone()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Null => Some("null".to_owned()),
        Value::Tagged(_, value) => text(value),
        Value::List(_) | Value::Map(_) => None,
    }
}
