//! The plugin generator of Argo CD's ApplicationSets.

use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::values::{object_of, plain};
use super::{Counted, counted, single};
use crate::api::object;
use crate::api::sent::require_strict;
use crate::model::{CommitId, Key};
use crate::server::environment::{InEnvironment, key};
use crate::server::found::found;
use crate::server::problem::{Problem, ProblemKind};
use crate::server::respond::{Answer, Work, respond};
use crate::server::view::EnvironmentView;

/// What the controller sends; it may send more.
#[derive(Deserialize)]
struct Sent {
    #[serde(deserialize_with = "object::object")]
    input: Input,
}

#[derive(Deserialize)]
struct Input {
    #[serde(default, deserialize_with = "object::object")]
    parameters: Asked,
}

/// The parameters of the generator.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// Has to be that of the address.
    environment: Option<String>,
    /// One item with its values; all items of the environment without them otherwise.
    key: Option<String>,
    /// Only items whose keys begin so.
    prefix: Option<String>,
}

pub(in crate::server) async fn parameters(request: InEnvironment, body: String) -> Response {
    let environment = Some(request.environment);
    counted(answer(&request, &body).await, Counted { route: None, environment })
}

async fn answer(request: &InEnvironment, body: &str) -> Result<Response, Problem> {
    request.query(&[], &[])?;
    let wrong = |detail: String| Problem::new(ProblemKind::InvalidBody, detail);
    require_strict(body).map_err(|error| Problem::of(&error, ProblemKind::InvalidBody))?;
    let sent: Sent = object::from_str(body).map_err(|error| {
        wrong(format!("the body cannot be read: {error}"))
            .with_help("the parameters of the generator are environment, key and prefix")
    })?;
    let Asked { environment, key: named, prefix } = sent.input.parameters;
    if environment.is_some_and(|name| name != request.environment.name()) {
        return Err(Problem::new(
            ProblemKind::EnvironmentConflict,
            "the address and the parameters name different environments",
        )
        .with_help("leave `environment` out of the parameters"));
    }
    if named.is_some() && prefix.is_some() {
        return Err(wrong("both `key` and `prefix` are given".to_owned()).with_help("give one of them"));
    }
    let named = named.as_deref().map(key).transpose()?;
    let prefix = prefix.unwrap_or_default();
    respond(request, Work::Heavy, |view| {
        let parameters = match &named {
            Some(key) => vec![with_values(request, view, key)?],
            None => listed(request, view, &prefix)?,
        };
        let body = object_of([("output", object_of([("parameters", Json::Array(parameters))]))]);
        Ok(Answer::json(request, "argocd", |out| serde_json::to_writer(out, &body).map_err(Into::into)))
    })
    .await
}

fn with_values(request: &InEnvironment, view: &EnvironmentView, key: &Key) -> Result<Json, Problem> {
    let (configuration, item) = found(request, view, key, None)?;
    request.caller.require_secrets(item.facts(&configuration).holds_secrets)?;
    let document = single(&item.file, item.bytes(), configuration.limits())?;
    let mut parameter = entry(request, key, item.commit.as_ref());
    if let Some(entries) = parameter.as_object_mut() {
        entries.insert("value".to_owned(), plain(document.value()));
    }
    Ok(parameter)
}

fn listed(request: &InEnvironment, view: &EnvironmentView, prefix: &str) -> Result<Vec<Json>, Problem> {
    view.good()?;
    let fitting = view.items.iter().filter(|(key, _)| key.as_str().starts_with(prefix));
    Ok(fitting.map(|(key, item)| entry(request, key, item.commit.as_ref())).collect())
}

/// What is said of every item; all of it texts, so that a template takes it.
fn entry(request: &InEnvironment, key: &Key, commit: Option<&CommitId>) -> Json {
    json!({
        "environment": request.environment.name(),
        "key": key.as_str(),
        "commit": commit.map_or("", CommitId::as_str),
    })
}
