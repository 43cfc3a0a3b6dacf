//! The OpenFeature Remote Evaluation Protocol (OFREP) 0.3.0: every value is a flag that is the same for
//! everybody.
//!
//! A flag is named `key:path`; below the address of an item, by the path alone.

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Method, StatusCode, header};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::values::{leaves, object_of, plain};
use super::{Counted, counted, readable, require_sayable};
use crate::api::object;
use crate::api::sent::require_strict;
use crate::engine::configuration::Configuration;
use crate::model::{CommitId, Environment, Key, Value, ValuePath};
use crate::secrets::mask::Reveal;
use crate::server::environment::{InEnvironment, environment, key, named_by_header};
use crate::server::events::{self, Voice};
use crate::server::found::found;
use crate::server::problem::{Problem, ProblemKind};
use crate::server::respond::{Answer, Work, respond};
use crate::server::state::Shared;
use crate::server::tags::tag;
use crate::server::view::{EnvironmentView, ServedItem};
use crate::yaml::Document;

/// What every address of the protocol has in its middle.
const PLACE: &str = "/ofrep/v1/";

/// What is counted as one route.
const ROUTE: &str = "/{environment}/ofrep/v1/evaluate/flags";

/// The same of streams of events.
const EVENTS_ROUTE: &str = "/{environment}/ofrep/v1/events";

/// A client that nobody looks at may close its stream after so many seconds.
const INACTIVITY: u32 = 120;

/// What an address asks for.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    environment: Option<String>,
    /// The item whose paths are the flags.
    scope: Option<String>,
    /// One flag; all of them without.
    flag: Option<String>,
    /// Whether events are asked for, which tell when to evaluate flags again.
    is_stream: bool,
}

/// What a client sends; who evaluates does not matter, for a flag is the same for everybody.
#[derive(Deserialize)]
struct Sent {
    #[serde(default, rename = "context")]
    _context: Option<serde_json::Map<String, Json>>,
}

/// Answers what no other route does: the addresses of the protocol, which may begin with any key.
pub(in crate::server) async fn fallback(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let path = request.uri().path();
    if !is_near_protocol(path) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let asked = asked(path);
    let flag = asked.as_ref().ok().and_then(|asked| asked.flag.clone());
    let is_stream = asked.as_ref().is_ok_and(|asked| asked.is_stream);
    let (method, name) = if is_stream { (Method::GET, "GET") } else { (Method::POST, "POST") };
    let route = Some(if is_stream { EVENTS_ROUTE } else { ROUTE });
    let (answered, environment) = match asked {
        Err(problem) => (Err(problem), None),
        Ok(_) if *request.method() != method => {
            let mut response = StatusCode::METHOD_NOT_ALLOWED.into_response();
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(name));
            return response;
        }
        Ok(asked) => {
            let named = asked.environment.as_deref().and_then(|name| name.parse::<Environment>().ok());
            let named = named.or_else(|| named_by_header(request.headers()).ok().flatten());
            (evaluate(shared, &asked, request).await, named)
        }
    };
    let answered = answered.map_err(|problem| as_failure(problem, flag.as_deref()));
    counted(answered, Counted { route, environment })
}

/// Whether an address is one of the protocol, or meant to be: of another version, say.
fn is_near_protocol(path: &str) -> bool {
    path.split('/').any(|part| part == "ofrep")
}

/// Reads an address as it was sent; each part is decoded once.
fn asked(path: &str) -> Result<Asked, Problem> {
    let unknown = || {
        Problem::new(ProblemKind::UnknownRoute, "the server has no such route")
            .with_help("POST /ENVIRONMENT/ofrep/v1/evaluate/flags evaluates all flags, and …/flags/FLAG one")
    };
    let decode = |text: &str| {
        let decoded = percent_decode_str(text).decode_utf8();
        decoded
            .map(std::borrow::Cow::into_owned)
            .map_err(|_| Problem::new(ProblemKind::BadRequest, "the address is not UTF-8"))
    };
    let (before, after) = path.split_once(PLACE).ok_or_else(unknown)?;
    // A base address that ends in a slash.
    let before = before.strip_suffix('/').unwrap_or(before);
    let is_stream = after == "events";
    let flag = match after.strip_prefix("evaluate/flags") {
        None if is_stream => None,
        None => return Err(unknown()),
        Some("" | "/") => None,
        Some(rest) => Some(decode(rest.strip_prefix('/').ok_or_else(unknown)?)?),
    };
    let before = before.strip_prefix('/').filter(|text| !text.is_empty());
    let (environment, scope) = match before.map(|text| text.split_once('/').unwrap_or((text, ""))) {
        None => (None, None),
        Some((environment, "")) => (Some(decode(environment)?), None),
        Some((environment, scope)) => (Some(decode(environment)?), Some(decode(scope)?)),
    };
    Ok(Asked { environment, scope, flag, is_stream })
}

async fn evaluate(shared: Arc<Shared>, asked: &Asked, request: Request) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let environment = match (&asked.environment, named_by_header(&parts.headers)?) {
        (Some(name), _) => environment(name)?,
        (None, Some(environment)) => environment,
        (None, None) => {
            return Err(Problem::new(ProblemKind::UnknownEnvironment, "no environment is named")
                .with_help("end the base address with the environment, or send Terrace-Environment"));
        }
    };
    let request = InEnvironment::of(shared, environment, &parts, None)?;
    if asked.is_stream {
        return stream(request, asked.scope.as_deref());
    }
    request.query(&["flagConfigEtag", "flagConfigLastModified"], &[])?;
    // It was read, and measured, before it came here.
    let body = to_bytes(body, usize::MAX).await;
    let body = body.map_err(|_| Problem::new(ProblemKind::BodyTooLarge, "the body is too large"))?;
    require_context(&body)?;
    let scope = asked.scope.as_deref().map(key).transpose()?;
    match &asked.flag {
        Some(flag) => {
            let (key, path) = named(flag, scope.as_ref())?;
            respond(&request, Work::Heavy, |view| one(&request, view, flag, &key, &path)).await
        }
        None => all(&request, scope.as_ref()).await,
    }
}

/// Opens a stream of events, each of which says that the flags are to be evaluated again.
fn stream(request: InEnvironment, scope: Option<&str>) -> Result<Response, Problem> {
    request.query(&[], &[])?;
    let scope = scope.map(key).transpose()?;
    if let Some(scope) = &scope {
        found(&request, &*request.view()?, scope, None)?;
    }
    let tag = |request: &InEnvironment, view: &EnvironmentView, keys: &[Key]| {
        tag_of(request, view, keys.first()).ok()
    };
    events::open(request, scope.into_iter().collect(), Voice::Refetch(tag))
}

/// The tag of all flags, or of those of one item.
fn tag_of(request: &InEnvironment, view: &EnvironmentView, scope: Option<&Key>) -> Result<String, Problem> {
    let configuration = view.good()?.configuration();
    let may_read = request.caller.may_read_secrets();
    let items = view.items.iter().filter(|(key, _)| scope.is_none_or(|it| it == *key));
    let content: String = items
        .map(|(_, item)| item.etag(configuration, may_read))
        .chain(view.commit().map(|commit| commit.as_str().to_owned()))
        .collect();
    Ok(tag(request.environment, scope.map_or("", Key::as_str), "ofrep", content.as_bytes()))
}

/// Where to be told of changes. Those who read events this way send no token, so it is for them who need
/// none.
fn streams(request: &InEnvironment, scope: Option<&Key>) -> Option<Json> {
    let scope = scope.map_or_else(String::new, |key| format!("/{key}"));
    let address = format!("/{}{scope}{PLACE}events", request.environment);
    request.caller.is_local().then(|| {
        json!([{ "type": "sse", "endpoint": { "requestUri": address }, "inactivityDelaySec": INACTIVITY }])
    })
}

/// Refuses a body that is no request of the protocol.
fn require_context(body: &[u8]) -> Result<(), Problem> {
    let wrong = |detail: String| {
        Problem::new(ProblemKind::InvalidBody, detail).with_help("send {\"context\":{}} as JSON")
    };
    let text = std::str::from_utf8(body).map_err(|_| wrong("the body is not UTF-8".to_owned()))?;
    require_strict(text).map_err(|error| wrong(error.message().to_owned()))?;
    object::from_str::<Sent>(text)
        .map(|_| ())
        .map_err(|error| wrong(format!("the body cannot be read: {error}")))
}

/// The item and the path that a flag names.
fn named(flag: &str, scope: Option<&Key>) -> Result<(Key, ValuePath), Problem> {
    let (item, path) = match scope {
        Some(scope) => (scope.clone(), flag),
        None => {
            let (item, path) = flag.split_once(':').unwrap_or((flag, ""));
            (key(item)?, path)
        }
    };
    if path.is_empty() {
        return Ok((item, ValuePath::root()));
    }
    let path = path.parse::<ValuePath>();
    path.map(|path| (item, path)).map_err(|error| Problem::of(&error.into(), ProblemKind::InvalidPath))
}

fn one(
    request: &InEnvironment,
    view: &EnvironmentView,
    flag: &str,
    key: &Key,
    path: &ValuePath,
) -> Result<Answer, Problem> {
    let (configuration, item) = found(request, view, key, None)?;
    let document = readable(&item.file, item.bytes(), configuration.limits())?;
    let path = document.resolve(path);
    let Some(value) = document.at(&path) else {
        let error = crate::ops::no_such_path(document.values(), &path, &item.file);
        return Err(Problem::of(&error, ProblemKind::InvalidPath));
    };
    require_sayable(&item.file, &document, Some(&path))?;
    let mask = configuration.mask(Reveal::asked(request.caller.may_read_secrets()));
    let own = mask.secrets_of([&document]);
    require_secrets(request, mask.within(&own).value(&path, value).shown() != value)?;
    let line = document.locate(&path).map(|found| document.location(&found.value).start.line);
    let success = success(request, view, &item, (flag, value), line)?;
    let answer =
        Answer::json(request, "ofrep", |out| serde_json::to_writer(out, &success).map_err(Into::into));
    Ok(answer.with_commit(item.commit.as_ref()))
}

/// Refuses a flag that would hold a secret.
fn require_secrets(request: &InEnvironment, holds_secrets: bool) -> Result<(), Problem> {
    request.caller.require_secrets(holds_secrets).map_err(|_| {
        Problem::new(ProblemKind::SecretsNotAllowed, "the value is a secret, or holds one")
            .with_help("use a token that allows `secrets`")
    })
}

/// A flag that has a value.
fn success(
    request: &InEnvironment,
    view: &EnvironmentView,
    item: &ServedItem,
    (flag, value): (&str, &Value),
    line: Option<usize>,
) -> Result<Json, Problem> {
    let commit = item.commit.as_ref().or_else(|| view.commit()).map_or("", CommitId::as_str);
    let mut metadata = json!({
        "environment": request.environment.name(), "commit": commit, "file": item.file,
    });
    if let (Some(line), Some(entries)) = (line, metadata.as_object_mut()) {
        entries.insert("line".to_owned(), line.into());
    }
    // Some clients fail without a variant.
    let variant = commit.get(..12).unwrap_or(commit);
    let mut success = json!({
        "key": flag, "reason": "STATIC", "variant": variant, "metadata": metadata,
    });
    match value.untagged() {
        Value::Null => {}
        Value::List(_) => {
            return Err(Problem::new(ProblemKind::Refused, format!("`{flag}` is a list"))
                .with_help("ask for its parent, or for one element of it"));
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Map(_) | Value::Tagged(..) => {
            if let Some(entries) = success.as_object_mut() {
                entries.insert("value".to_owned(), plain(value));
            }
        }
    }
    Ok(success)
}

/// All flags of the environment, or of one item. The tag is known before anything is read.
async fn all(request: &InEnvironment, scope: Option<&Key>) -> Result<Response, Problem> {
    respond(request, Work::Heavy, |view| {
        let configuration = view.good()?.configuration();
        if let Some(scope) = scope {
            found(request, view, scope, None)?;
        }
        let items: Vec<_> = view.items.iter().filter(|(key, _)| scope.is_none_or(|it| it == *key)).collect();
        let etag = tag_of(request, view, scope)?;
        let mut flags = Vec::new();
        for (key, item) in items {
            match readable(&item.file, item.bytes(), configuration.limits()) {
                Ok(document) => {
                    let flag = |path: &ValuePath| match scope {
                        Some(_) => path.to_string(),
                        None => format!("{}:{path}", key.as_str()),
                    };
                    add_flags(request, view, configuration, (item, &document), &flag, &mut flags);
                    let sayable = require_sayable(&item.file, &document, None);
                    flags.extend(sayable.err().map(|problem| failure(&problem, Some(key.as_str()))));
                }
                Err(problem) => flags.push(failure(&problem, Some(key.as_str()))),
            }
        }
        let metadata = json!({ "environment": request.environment.name() });
        let mut body = object_of([("flags", Json::Array(flags)), ("metadata", metadata)]);
        if let (Some(streams), Some(entries)) = (streams(request, scope), body.as_object_mut()) {
            entries.insert("eventStreams".to_owned(), streams);
        }
        let commit = view.commit().cloned();
        Ok(Answer { form: "application/json", body: body.to_string().into(), etag, commit })
    })
    .await
}

fn add_flags(
    request: &InEnvironment,
    view: &EnvironmentView,
    configuration: &Configuration,
    (item, document): (&ServedItem, &Document),
    name: &dyn Fn(&ValuePath) -> String,
    flags: &mut Vec<Json>,
) {
    let mask = configuration.mask(Reveal::asked(request.caller.may_read_secrets()));
    let own = mask.secrets_of([document]);
    let mask = mask.within(&own);
    for leaf in leaves(document) {
        let flag = name(&leaf.path);
        let is_masked = mask.value(&leaf.path, &leaf.value).shown() != &leaf.value;
        let told = require_secrets(request, is_masked)
            .and_then(|()| success(request, view, item, (&flag, &leaf.value), Some(leaf.line)));
        flags.push(told.unwrap_or_else(|problem| failure(&problem, Some(&flag))));
    }
}

/// The words of the protocol for a problem.
fn error_code(kind: ProblemKind) -> &'static str {
    if kind == ProblemKind::InvalidBody {
        "PARSE_ERROR"
    } else if kind.status() == 404 {
        "FLAG_NOT_FOUND"
    } else {
        "GENERAL"
    }
}

fn failure(problem: &Problem, flag: Option<&str>) -> Json {
    let mut failure = json!({ "errorCode": error_code(problem.kind), "errorDetails": problem.sentence() });
    if let (Some(flag), Some(entries)) = (flag, failure.as_object_mut()) {
        entries.insert("key".to_owned(), flag.into());
    }
    failure
}

/// A problem that has what the protocol's errors have, too.
fn as_failure(problem: Problem, flag: Option<&str>) -> Problem {
    // What cannot be said as a flag is a bad request there.
    let is_refused = problem.kind == ProblemKind::Refused;
    let problem = if is_refused { problem.with_kind(ProblemKind::BadRequest) } else { problem };
    let members = failure(&problem, flag);
    problem.with_members(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_name_environment_item_and_flag() {
        let read = |environment: Option<&str>, scope: Option<&str>, flag: Option<&str>| {
            let own = |text: Option<&str>| text.map(str::to_owned);
            let (environment, scope, flag) = (own(environment), own(scope), own(flag));
            Some(Asked { environment, scope, flag, is_stream: false })
        };
        for (path, expected) in [
            ("/ofrep/v1/evaluate/flags", read(None, None, None)),
            ("/staging/ofrep/v1/evaluate/flags/", read(Some("staging"), None, None)),
            ("/staging//ofrep/v1/evaluate/flags/a/b:c.d", read(Some("staging"), None, Some("a/b:c.d"))),
            ("/staging/ofrep/v1/evaluate/flags/a%2Fb%3Ac", read(Some("staging"), None, Some("a/b:c"))),
            ("/staging/a/b/ofrep/v1/evaluate/flags/c", read(Some("staging"), Some("a/b"), Some("c"))),
            ("/staging/a%2Fb/ofrep/v1/evaluate/flags", read(Some("staging"), Some("a/b"), None)),
            ("/staging/ofrep/v1/evaluate/flagsx", None),
            ("/staging/ofrep/v1/events/", None),
            ("/staging/ofrep/v1/configuration", None),
            ("/staging/ofrep/v2/evaluate/flags", None),
            ("/staging/ofrep/v1", None),
        ] {
            assert_eq!(asked(path).ok(), expected, "{path}");
        }
        for (path, scope) in
            [("/staging/ofrep/v1/events", None), ("/staging/a/b/ofrep/v1/events", Some("a/b"))]
        {
            let stream = read(Some("staging"), scope, None).map(|asked| Asked { is_stream: true, ..asked });
            assert_eq!(asked(path).ok(), stream, "{path}");
        }
    }
}
