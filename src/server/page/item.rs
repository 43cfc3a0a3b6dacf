//! One item: its values in every environment that may be read, one of them to be changed.

use std::sync::Arc;

use axum::response::Response;
use indexmap::IndexMap;
use maud::{Markup, html};

use super::document::{Place, Screen};
use super::frame::{held_back, page};
use super::rollback_plan;
use super::visit::{Visit, item_address};
use super::words::{encode, shape, short, shown, value_text};
use super::wrong::Wrong;
use crate::engine::configuration::Configuration;
use crate::model::sanitize::{clean, cut};
use crate::model::{CommitId, Environment, Hop, Key, Value, ValuePath};
use crate::secrets::is_secret_step;
use crate::secrets::mask::{Reveal, Shown};
use crate::server::problem::{Problem, ProblemKind};
use crate::yaml::Document;

/// The widest value, in columns, and the longest line.
const WIDTH: usize = 300;

/// So many values and lines are shown at most.
const MOST: usize = 2_000;

/// An item in one environment, as it is at the newest commit, values masked.
pub(super) struct Side {
    pub(super) environment: Environment,
    pub(super) file: String,
    /// The tag by which it is changed.
    pub(super) etag: String,
    pub(super) commit: Option<CommitId>,
    pub(super) holds_secrets: bool,
    pub(super) values: IndexMap<String, (ValuePath, Shown)>,
    /// Its lines as they may be shown.
    pub(super) lines: Vec<String>,
    /// How many YAML documents it has; none where it cannot be read.
    pub(super) documents: usize,
    pub(super) configuration: Configuration,
    document: Option<Arc<Document>>,
    /// Its text, where that holds no secret.
    pub(super) text: Option<String>,
}

impl Side {
    /// A path as a pointer into the file.
    pub(super) fn pointer(&self, path: &ValuePath) -> String {
        self.document.as_ref().map(|document| document.pointer(path)).unwrap_or_default().to_string()
    }

    /// Whether there is a value, of any kind, at a path.
    pub(super) fn is_there(&self, path: &ValuePath) -> bool {
        self.document.as_ref().is_some_and(|document| document.at(path).is_some())
    }
}

/// Reads an item in one environment; `None` where it is not there.
pub(super) fn side(visit: &Visit, environment: Environment, key: &Key) -> Result<Option<Side>, Problem> {
    let unreadable = |error| Problem::of(&error, ProblemKind::RepositoryUnreadable);
    let Some(view) = visit.shared.view(environment) else { return Ok(None) };
    // What was never served is not absent.
    if view.served.held_back.is_none() {
        view.good()?;
    }
    let Some((configuration, served)) = view.newest_item(key).map_err(unreadable)? else { return Ok(None) };
    let Some(item) = configuration.item(key, environment) else { return Ok(None) };
    let reading = configuration.reading_of(item, Some(served.bytes().to_vec())).map_err(unreadable)?;
    let mask = configuration.mask(Reveal::Nothing);
    let mut values = IndexMap::new();
    let lines = match &reading.document {
        Ok(document) => {
            let own = mask.secrets_of([&**document]);
            let within = mask.within(&own);
            for (number, value) in document.values().iter().enumerate() {
                value.walk(&ValuePath::document(number), &mut |path, value| {
                    // What stands under a key that is a secret is in the file's text alone.
                    if !path.segments.iter().any(is_secret_step) {
                        values.insert(path.to_string(), (path.clone(), within.value(path, value)));
                    }
                });
            }
            mask.text(document).shown
        }
        Err(_) => mask.plain_text(&String::from_utf8_lossy(&reading.bytes)).shown,
    };
    let holds_secrets = served.facts(&configuration).holds_secrets;
    let text = String::from_utf8(served.bytes().to_vec()).ok().filter(|_| !holds_secrets);
    Ok(Some(Side {
        environment,
        file: served.file.clone(),
        etag: served.etag(&configuration, visit.caller.may_read_secrets()),
        commit: served.commit.clone(),
        holds_secrets,
        values,
        lines,
        documents: reading.document.as_ref().map_or(0, |document| document.values().len()),
        configuration,
        document: reading.document.ok(),
        text,
    }))
}

/// The item everywhere where it may be read; that of `environment` must be there.
fn sides(visit: &Visit, environment: Environment, key: &Key) -> Result<Vec<Option<Side>>, Wrong> {
    let read = || visit.readable().map(|it| side(visit, it, key)).collect::<Result<Vec<_>, _>>();
    let sides = tokio::task::block_in_place(read)?;
    if sides.iter().flatten().any(|side| side.environment == environment) {
        return Ok(sides);
    }
    let view = visit.request(environment, None, "", http::HeaderMap::new())?.view()?;
    let mut wrong = Wrong::from(view.no_such_item(key));
    for other in sides.iter().flatten().rev() {
        let other = other.environment;
        wrong = wrong.with_link(item_address(other, "items", key), format!("`{key}` in {}", shown(other)));
    }
    let name = format!("make `{key}` in {}", shown(environment));
    Err(wrong.with_link(item_address(environment, "edit", key), name))
}

pub(super) async fn item(visit: Visit) -> Result<Response, Wrong> {
    let (environment, key) = (visit.environment()?, visit.key()?);
    let query = visit.query(&["saved"], &[])?;
    let saved = query.get("saved").map(|commit| cut(&clean(commit), 40).into_owned());
    let sides = sides(&visit, environment, &key)?;
    let mut paths: IndexMap<&str, ()> = IndexMap::new();
    let own = sides.iter().flatten().find(|side| side.environment == environment);
    let others = sides.iter().flatten().filter(|side| side.environment != environment);
    for side in own.into_iter().chain(others) {
        paths.extend(side.values.keys().map(|path| (path.as_str(), ())));
    }
    let body = html! {
        h1 { span class={ "env-" (environment) } { span.shape aria-hidden="true" { (shape(environment)) } " " (shown(environment)) } " / " bdi { (key) } }
        (held_back(&visit))
        @if let Some(saved) = saved { p.note role="status" { @if saved == "same" { "Everything was so already; nothing was committed." } @else { "Saved to " strong { (shown(environment)) } " as " code { (short(&saved)) } "." } } }
        @if let Some(own) = own { (head(&visit, own, &key)) }
        @if paths.is_empty() { p.empty { "The file has no values." } } @else { (values(&visit, environment, &key, &sides, &paths)) }
        @if let Some(own) = own { (file_text(own)) }
    };
    let rest = format!("items/{}", encode(key.as_str(), true));
    Ok(page(&visit, &Place::of(Screen::Item, key.as_str()).within(environment, &rest), &body))
}

fn head(visit: &Visit, own: &Side, key: &Key) -> Markup {
    let environment = own.environment;
    let writes = visit.caller.may(crate::server::Verb::Write);
    let hop = Hop::into_target(environment).filter(|hop| visit.caller.may_read(hop.source()));
    html! {
        p.soft { "file " code { bdi { (own.file) } } @if let Some(commit) = &own.commit { ", last changed by " code { (commit.short()) } } }
        div.actions {
            @if writes {
                @if own.documents == 1 { a.button href=(item_address(environment, "form", key)) { "Edit values" } }
                @if own.holds_secrets { span.soft { "The text holds secrets, so only values are edited here." } }
                @else { a.button href=(item_address(environment, "edit", key)) { "Edit text" } }
                @if rollback_plan::is_possible(visit, environment, key) { a.button href=(item_address(environment, "rollback", key)) { "Roll back…" } }
            } @else { span.soft { "To edit, " a href={ "/ui/sign-in?then=" (encode(&visit.address, false)) } { "sign in" } " with a token that may write." } }
            a.button href=(item_address(environment, "history", key)) { "History" }
            @if hop.is_some() { a.button href=(format!("/ui/{environment}/promote?key={}", encode(key.as_str(), false))) { "Promote into " (shown(environment)) } }
        }
    }
}

fn values(
    visit: &Visit,
    environment: Environment,
    key: &Key,
    sides: &[Option<Side>],
    paths: &IndexMap<&str, ()>,
) -> Markup {
    let writes = visit.caller.may(crate::server::Verb::Write);
    let columns: Vec<(Environment, Option<&Side>)> =
        visit.readable().zip(sides.iter().map(Option::as_ref)).collect();
    let edit = item_address(environment, "edit", key);
    html! {
        table.items {
            caption.hidden { "Values by environment" }
            thead { tr {
                th scope="col" { "path" }
                @for (column, _) in &columns {
                    th scope="col" class={ "env-" (column) } { span aria-hidden="true" { (shape(*column)) } " " (shown(*column)) " " small { @if *column == environment { "(this one)" } @else { "(to compare)" } } }
                }
            } }
            tbody {
                @for path in paths.keys().take(MOST) {
                    tr class=[differs(&columns, path).then_some("differs")] {
                        th scope="row" { bdi { (cut(&clean(path), WIDTH)) } }
                        @for (column, side) in &columns {
                            @let is_own = *column == environment;
                            @let value = side.and_then(|side| side.values.get(*path));
                            td class={ "env-" (column) " " (if is_own { "own" } else { "other" }) } {
                                @match value {
                                    Some((_, value)) => {
                                        bdi.v { (value_text(value, WIDTH)) }
                                        @if is_own && writes && !value.shown().is_masked() { " " a.edit href={ (edit) "?path=" (encode(path, false)) } { "edit" span.hidden { " " (cut(&clean(path), 80)) } } }
                                    },
                                    None => {
                                        span.none { @if side.is_some() { "–" } @else { "not here" } }
                                        @if is_own && writes && side.is_some() { " " a.edit href={ (edit) "?path=" (encode(path, false)) } { "add" span.hidden { " " (cut(&clean(path), 80)) } } }
                                    },
                                }
                            }
                        }
                    }
                }
            }
        }
        @if paths.len() > MOST { p.soft { "The first " (MOST) " of " (paths.len()) " values; " code { "terrace get" } " gives all." } }
    }
}

/// Whether environments that have the item differ at a path; of a secret nobody is told.
fn differs(columns: &[(Environment, Option<&Side>)], path: &str) -> bool {
    let sides = columns.iter().filter_map(|(_, side)| *side);
    let values: Vec<Option<&Value>> = sides.map(|it| Some(it.values.get(path)?.1.shown())).collect();
    let is_secret = values.iter().flatten().any(|value| has_mask(value));
    let mut pairs = values.windows(2);
    !is_secret && pairs.any(|pair| pair.first() != pair.last())
}

fn has_mask(value: &Value) -> bool {
    match value {
        masked if masked.is_masked() => true,
        Value::List(list) => list.iter().any(has_mask),
        Value::Map(map) => map.values().any(has_mask),
        Value::Tagged(_, value) => has_mask(value),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn file_text(own: &Side) -> Markup {
    html! {
        h2 { "The file" }
        ol.text { @for line in own.lines.iter().take(MOST) { li { bdi { (cut(&clean(line), WIDTH)) } } } }
        @if own.lines.len() > MOST { p.soft { "The first " (MOST) " of " (own.lines.len()) " lines." } }
    }
}
