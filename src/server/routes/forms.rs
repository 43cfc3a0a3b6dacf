//! Items in other forms: exported for a tool, and the schemas that describe them.

use axum::response::Response;

use crate::api::served::{self, DescribingSchema};
use crate::engine::snapshot::ItemFile;
use crate::formats::write::{Format, NameCase, NameStyle};
use crate::ops::{self, ExportRequest};
use crate::server::environment::InEnvironment;
use crate::server::found::found;
use crate::server::problem::{Problem, ProblemKind};
use crate::server::query::invalid;
use crate::server::respond::{Answer, Work, respond};
use crate::server::tags::tag;

pub(super) async fn export(request: InEnvironment) -> Result<Response, Problem> {
    let key = request.key()?;
    let query = request.query(&["format", "prefix", "names", "separator", "revision"], &[])?;
    let Some(name) = query.get("format") else {
        let names = Format::ALL.map(Format::name).join(", ");
        return Err(invalid("`format` is missing".to_owned()).with_help(format!("the formats are {names}")));
    };
    let format =
        name.parse::<Format>().map_err(|error| Problem::of(&error, ProblemKind::InvalidParameter))?;
    // An object of strings is read by its paths; the other names are variables.
    let is_dotted = format == Format::FlatJson;
    let case = match query.get("names") {
        Some("upper") => NameCase::Upper,
        Some("keep") => NameCase::Keep,
        Some(other) => {
            let detail = format!("`names` is `{}`", other.escape_debug());
            return Err(invalid(detail).with_help("give upper or keep"));
        }
        None if is_dotted => NameCase::Keep,
        None => NameCase::Upper,
    };
    let separator = query.get("separator").unwrap_or(if is_dotted { "." } else { "_" }).to_owned();
    let prefix = query.get("prefix").unwrap_or_default().to_owned();
    let names = NameStyle { case, separator };
    let revision = query.get("revision").map(|text| request.revision(text)).transpose()?;
    let asked = ExportRequest { environment: request.environment, keys: vec![key.clone()], prefix, names };
    respond(&request, Work::Heavy, |view| {
        let (configuration, item) = found(&request, view, &key, revision.as_ref())?;
        request.caller.require_secrets(item.facts(&configuration).holds_secrets)?;
        let exported = ops::export(&configuration, &asked, format);
        // What was parsed is not kept.
        let read = configuration.item(&key, request.environment);
        read.into_iter().for_each(ItemFile::let_go);
        let body = exported.map_err(|error| Problem::of(&error, ProblemKind::InvalidParameter))?.text;
        let form = match format {
            Format::Json | Format::FlatJson => "application/json",
            Format::Yaml | Format::Configmap | Format::Secret => "application/yaml",
            Format::Dotenv | Format::EnvFile | Format::Shell | Format::Toml | Format::Properties => {
                "text/plain; charset=utf-8"
            }
        };
        let etag = tag(request.environment, key.as_str(), format.name(), body.as_bytes());
        Ok(Answer { form, body: body.into(), etag, commit: item.commit.clone() })
    })
    .await
}

pub(super) async fn schemas(request: InEnvironment) -> Result<Response, Problem> {
    let key = request.key()?;
    request.query(&[], &[])?;
    respond(&request, Work::Heavy, |view| {
        let (configuration, item) = found(&request, view, &key, None)?;
        let snapshot = configuration.snapshot();
        let read = |file: String| {
            let bytes = snapshot.read_file(&file)?.unwrap_or_default();
            let schema = serde_json::from_slice(&bytes).unwrap_or_default();
            Ok(DescribingSchema { file: format!("{}{file}", snapshot.prefix), schema })
        };
        let files = configuration.schemas().describing(&key, request.environment);
        let schemas = files.into_iter().map(read).collect::<crate::model::Result<Vec<_>>>();
        let schemas = schemas.map_err(|error| Problem::of(&error, ProblemKind::RepositoryUnreadable))?;
        let answer = Answer::json(&request, "schemas", |out| {
            served::schemas_of_item((&key, request.environment), &schemas, out)
        });
        Ok(answer.with_commit(item.commit.as_ref()))
    })
    .await
}
