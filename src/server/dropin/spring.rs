//! Spring Cloud Config, as its clients ask: property sources by name and profile, and files as text.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use bytes::Bytes;
use http::header;
use http::request::Parts;
use indexmap::IndexMap;
use serde_json::{Map, Value as Json, json};

use super::values::{Leaf, leaves, object_of, plain, property_name};
use super::{Counted, counted, single};
use crate::engine::configuration::Configuration;
use crate::formats::write::property;
use crate::model::{CommitId, Environment, Key, Value};
use crate::server::environment::{InEnvironment, key};
use crate::server::found::found;
use crate::server::problem::{Problem, ProblemKind};
use crate::server::query::{Query, invalid};
use crate::server::respond::{Answer, Work, respond};
use crate::server::state::Shared;
use crate::server::tags::tag;
use crate::server::view::{EnvironmentView, ServedItem};
use crate::yaml::Document;

/// The form in which each value has its origin.
const WITH_ORIGINS: &str = "application/vnd.spring-cloud.config-server.v2+json";

/// What an address asks for.
#[derive(Debug, PartialEq, Eq)]
struct Asked<'a> {
    /// One, or several with commas between.
    name: &'a str,
    profiles: &'a str,
    label: Option<&'a str>,
    /// A file as text, where the address ends like one.
    text: Option<TextForm>,
}

/// A form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TextForm {
    Yaml,
    Json,
    Properties,
}

/// Answers any address below `/spring`.
pub(in crate::server) async fn spring(
    State(shared): State<Arc<Shared>>,
    Path(parameters): Path<Vec<(String, String)>>,
    parts: Parts,
) -> Response {
    let segments: Vec<&str> = parameters.iter().map(|(_, value)| value.as_str()).collect();
    let asked = match asked(&segments) {
        Ok(asked) => asked,
        Err(problem) => return counted(Err(problem), Counted::default()),
    };
    let environment = asked.profiles.parse::<Environment>().ok();
    let answered = answer(shared, &asked, environment, &parts).await;
    counted(answered, Counted { route: None, environment })
}

/// Reads an address by its decoded segments.
fn asked<'a>(segments: &[&'a str]) -> Result<Asked<'a>, Problem> {
    let (file, label) = match segments {
        [file] => (file, None),
        [label, file] => (file, Some(*label)),
        _ => (&"", None),
    };
    if let Some((name, profiles, form)) = text_form(file) {
        return Ok(Asked { name, profiles, label, text: Some(form) });
    }
    match segments {
        [name, profiles] => Ok(Asked { name, profiles, label: None, text: None }),
        [name, profiles, label] => Ok(Asked { name, profiles, label: Some(label), text: None }),
        _ => Err(Problem::new(ProblemKind::NotFound, "no application and profile are named")
            .with_help("ask for /spring/NAME/ENVIRONMENT, or /spring/NAME-ENVIRONMENT.yml")),
    }
}

/// The name, profile and form of `payments-production.yml`.
fn text_form(file: &str) -> Option<(&str, &str, TextForm)> {
    let (stem, extension) = file.rsplit_once('.')?;
    let form = match extension {
        "yml" | "yaml" => TextForm::Yaml,
        "json" => TextForm::Json,
        "properties" => TextForm::Properties,
        _ => return None,
    };
    let (name, profile) = stem.rsplit_once('-')?;
    Some((name, profile, form))
}

async fn answer(
    shared: Arc<Shared>,
    asked: &Asked<'_>,
    environment: Option<Environment>,
    parts: &Parts,
) -> Result<Response, Problem> {
    let query = Query::read(parts.uri.query(), &["resolvePlaceholders"], &[])?;
    if query.get("resolvePlaceholders").is_some_and(|text| text != "false") {
        return Err(invalid("placeholders are not resolved here".to_owned())
            .with_help("leave `resolvePlaceholders` out; clients resolve them"));
    }
    if asked.profiles == "default" && asked.text.is_none() {
        return Ok(of_no_environment(asked));
    }
    let environment = environment.ok_or_else(|| no_environment(asked))?;
    let request = InEnvironment::of(shared, environment, parts, None)?;
    let keys = keys(asked)?;
    let label = asked.label.map(|label| revision(&request, label)).transpose()?.flatten();
    let with_origins = parts.headers.get_all(header::ACCEPT).iter().any(|accept| {
        accept.to_str().is_ok_and(|accept| accept.split([',', ';']).any(|it| it.trim() == WITH_ORIGINS))
    });
    respond(&request, Work::Heavy, |view| match asked.text {
        Some(form) => text(&request, view, &keys, label.as_ref(), form),
        None => sources(&request, view, asked, &keys, label.as_ref(), with_origins),
    })
    .await
}

/// What Spring Boot asks before it knows its profile: no configuration is of no environment.
fn of_no_environment(asked: &Asked<'_>) -> Response {
    let body = json!({
        "name": asked.name, "profiles": ["default"], "label": asked.label,
        "version": null, "state": null, "propertySources": [],
    });
    axum::response::IntoResponse::into_response((
        [(header::CONTENT_TYPE, "application/json")],
        body.to_string(),
    ))
}

fn no_environment(asked: &Asked<'_>) -> Problem {
    let detail = format!("`{}` is not exactly one environment", asked.profiles.escape_debug());
    let is_nested = asked.label.is_some_and(|label| label.parse::<Environment>().is_ok());
    let nested = if is_nested { "; in a name write `/` as `(_)`" } else { "" };
    Problem::new(ProblemKind::UnknownEnvironment, detail).with_help(format!(
        "set spring.cloud.config.profile to development, staging or production, and to one of them{nested}"
    ))
}

/// The items that are asked for, the one that wins first.
fn keys(asked: &Asked<'_>) -> Result<Vec<Key>, Problem> {
    let names = asked.name.split(',').rev().map(|name| key(&name.trim().replace("(_)", "/")));
    let keys = names.collect::<Result<Vec<_>, _>>()?;
    if keys.len() > 1 && asked.text.is_some() {
        return Err(Problem::new(ProblemKind::InvalidKey, "several names are no one file")
            .with_help("ask for one name, or without the ending of a file"));
    }
    Ok(keys)
}

/// The commit that a label names; `None` for what is served.
fn revision(request: &InEnvironment, label: &str) -> Result<Option<CommitId>, Problem> {
    let name = label.replace("(_)", "/");
    let shared = &request.shared;
    if name == shared.branch {
        return Ok(None);
    }
    match request.revision(&name) {
        Ok(commit) => return Ok(Some(commit)),
        Err(problem) if problem.kind == ProblemKind::UnknownRevision => {}
        Err(problem) => return Err(problem),
    }
    let unreadable = |error| Problem::of(&error, ProblemKind::RepositoryUnreadable);
    let repository = &shared.workspace.repository;
    if let (Some(tip), Some(commit)) = (shared.tip(), repository.branch_tip(&name).map_err(unreadable)?)
        && repository.is_reachable(&commit, &tip).map_err(unreadable)?
    {
        return Ok(Some(commit));
    }
    let detail = format!("no branch or commit `{}` leads to what is served", label.escape_debug());
    Err(Problem::new(ProblemKind::NotFound, detail)
        .with_help("leave spring.cloud.config.label out for what is served; write `/` in it as `(_)`"))
}

fn sources(
    request: &InEnvironment,
    view: &EnvironmentView,
    asked: &Asked<'_>,
    keys: &[Key],
    revision: Option<&CommitId>,
    with_origins: bool,
) -> Result<Answer, Problem> {
    let (mut sources, mut last) = (Vec::new(), None);
    for key in keys {
        let (configuration, item) = labelled(request, view, key, revision)?;
        request.caller.require_secrets(item.facts(&configuration).holds_secrets)?;
        let document = single(&item.file, item.bytes(), configuration.limits())?;
        let mut source = Map::new();
        for Property { name, value, leaf } in properties(&item.file, &document)? {
            let origin = || format!("{}:{}:{}", item.file, leaf.line, leaf.column);
            let with_origin = |value| object_of([("value", value), ("origin", origin().into())]);
            source.insert(name, if with_origins { with_origin(value) } else { value });
        }
        // A client takes a source for one of the profile by this name.
        let name = format!("terrace:{} ({}-{})", item.file, key.as_str(), request.environment);
        sources.push(object_of([("name", name.into()), ("source", Json::Object(source))]));
        last.clone_from(&item.commit);
    }
    let commit = match (revision, keys.len()) {
        (Some(revision), _) => Some(revision.clone()),
        (None, 1) => last,
        (None, _) => view.commit().cloned(),
    };
    let body = object_of([
        ("name", asked.name.into()),
        ("profiles", json!([request.environment.name()])),
        ("label", asked.label.into()),
        ("version", commit.as_ref().map(CommitId::as_str).into()),
        ("state", Json::Null),
        ("propertySources", Json::Array(sources)),
    ]);
    let answer = Answer::json(request, "spring", |out| serde_json::to_writer(out, &body).map_err(Into::into));
    Ok(answer.with_commit(commit.as_ref()))
}

/// A value as Spring's own server has it: nothing and an empty list are empty texts, an empty mapping has
/// no property.
fn property_value(value: &Value) -> Option<Json> {
    match value {
        Value::Null | Value::List(_) => Some(Json::String(String::new())),
        Value::Map(_) => None,
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Tagged(..) => Some(plain(value)),
    }
}

fn text(
    request: &InEnvironment,
    view: &EnvironmentView,
    keys: &[Key],
    revision: Option<&CommitId>,
    form: TextForm,
) -> Result<Answer, Problem> {
    let Some(key) = keys.first() else {
        return Err(Problem::new(ProblemKind::InvalidKey, "no item is named"));
    };
    let (configuration, item) = labelled(request, view, key, revision)?;
    request.caller.require_secrets(item.facts(&configuration).holds_secrets)?;
    let document = || single(&item.file, item.bytes(), configuration.limits());
    const TEXT: &str = "text/plain; charset=utf-8";
    let (form, body): (_, Bytes) = match form {
        TextForm::Yaml => (TEXT, item.yaml().bytes),
        TextForm::Json => ("application/json", (plain(document()?.value()).to_string() + "\n").into()),
        TextForm::Properties => (TEXT, properties_text(&item.file, &document()?)?.into()),
    };
    let etag = tag(request.environment, key.as_str(), form, &body);
    Ok(Answer { form, body, etag, commit: commit_of(&item, revision) })
}

/// The item as it is served, or as it was at a label; that a label has it not is the label's 404.
fn labelled(
    request: &InEnvironment,
    view: &EnvironmentView,
    key: &Key,
    revision: Option<&CommitId>,
) -> Result<(Configuration, Arc<ServedItem>), Problem> {
    found(request, view, key, revision).map_err(|problem| match problem.kind {
        ProblemKind::UnknownRevision => problem.with_kind(ProblemKind::NotFound),
        _ => problem,
    })
}

/// A value under the name that it has for Spring.
struct Property {
    name: String,
    value: Json,
    leaf: Leaf,
}

/// The properties of a file, in its order; refused where two values would have one name.
fn properties(file: &str, document: &Document) -> Result<Vec<Property>, Problem> {
    let mut properties: IndexMap<String, Property> = IndexMap::new();
    for leaf in leaves(document) {
        let Some(value) = property_value(&leaf.value) else { continue };
        let name = property_name(&leaf.path);
        let property = Property { name: name.clone(), value, leaf };
        let second = property.leaf.path.to_string();
        if let Some(first) = properties.insert(name, property) {
            let name = first.name.escape_debug();
            let detail = format!("`{}` and `{second}` of {file} would both be {name}", first.leaf.path);
            return Err(Problem::new(ProblemKind::Refused, detail)
                .with_help("rename one of them, or ask for the file as .yml or .json"));
        }
    }
    Ok(properties.into_values().collect())
}

fn properties_text(file: &str, document: &Document) -> Result<String, Problem> {
    let line = |Property { name, value, .. }: Property| match value {
        Json::String(text) => property(&name, &text),
        other => property(&name, &other.to_string()),
    };
    Ok(properties(file, document)?.into_iter().map(line).collect())
}

fn commit_of(item: &ServedItem, revision: Option<&CommitId>) -> Option<CommitId> {
    revision.or(item.commit.as_ref()).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_spring_reads_them() {
        let read = |name, profiles, label, text| Some(Asked { name, profiles, label, text });
        for (segments, expected) in [
            (&["payments", "production"][..], read("payments", "production", None, None)),
            (&["payments", "production", "main"], read("payments", "production", Some("main"), None)),
            (&["payments-production.yml"], read("payments", "production", None, Some(TextForm::Yaml))),
            (&["a-b-staging.json"], read("a-b", "staging", None, Some(TextForm::Json))),
            (
                &["main", "a-staging.properties"],
                read("a", "staging", Some("main"), Some(TextForm::Properties)),
            ),
            (&["payments"], None),
            (&["payments.yml"], None),
        ] {
            assert_eq!(asked(segments).ok(), expected, "{segments:?}");
        }
    }

    #[test]
    fn the_help_for_a_profile_names_its_setting() {
        let told = |segments: &[&str]| format!("{:?}", no_environment(&asked(segments).expect("an address")));
        assert!(told(&["a", "production,aws"]).contains("spring.cloud.config.profile"));
        assert!(!told(&["a", "prod"]).contains("(_)"));
        assert!(told(&["billing", "invoices", "production"]).contains("(_)"));
    }
}
