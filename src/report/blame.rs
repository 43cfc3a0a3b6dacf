//! Where values came from: the commit that brought each, and the way it took.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value as Json;

use super::columns::{Cell, align};
use super::json;
use super::path_name;
use super::sanitize::cut;
use super::value;
use super::view::View;
use crate::engine::provenance::{Blame, Step};
use crate::model::{Date, Environment, Key};
use crate::secrets::mask::Shown;

/// Writes the origin of each value for people, values already masked.
///
/// # Errors
/// Those of `out`.
pub fn text(
    key: &Key,
    environment: Environment,
    blames: &[Blame<Shown>],
    view: &View,
    out: &mut dyn Write,
) -> io::Result<()> {
    let strong = view.styles.strong;
    let name = view.head(key.as_str(), environment.name());
    writeln!(out, "{strong}{name}{strong:#}   {environment}")?;
    let rows: Vec<_> = blames.iter().map(|blame| row(blame, view)).collect();
    for line in align(&rows, view.room()) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn row(blame: &Blame<Shown>, view: &View) -> Vec<Cell> {
    let (frame, faint) = (view.styles.frame, view.styles.faint);
    let first = blame.steps.last();
    let written = match first.and_then(|step| step.commit.as_ref()) {
        Some(commit) => {
            format!("{}, {}: {}", cut(&commit.author, 24), commit.date(), cut(&commit.subject, 48))
        }
        None => "before the history that is here".to_owned(),
    };
    let way: Vec<String> = blame.steps.iter().map(stop).collect();
    vec![
        Cell::new(format!("  {}", path_name(&blame.path))),
        Cell::new(view.value(&blame.value)),
        Cell::new(way.join(" ← ")).style(frame),
        Cell::new(written).style(faint).prose(),
    ]
}

fn stop(step: &Step) -> String {
    let commit = step.commit.as_ref().map_or("?", |commit| commit.id.short());
    format!("{} {commit}", step.environment)
}

/// Where the values of an item come from.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "terrace blame")]
struct Report<'a> {
    /// The version of this format.
    #[schemars(extend("const" = 1))]
    version: u8,
    /// The item's key.
    key: &'a str,
    /// The environment whose values these are.
    environment: Environment,
    /// The values, in file order.
    paths: Vec<Origin<'a>>,
}

/// One value and where it comes from.
#[derive(Serialize, JsonSchema)]
struct Origin<'a> {
    /// Where it is.
    path: String,
    /// The value; masked under secrets paths.
    value: Json,
    /// The commit that gave this environment the value.
    given: Option<Stop<'a>>,
    /// The commit that first wrote it, back through promotions.
    written: Option<Stop<'a>>,
    /// All of its way, from this environment back.
    way: Vec<Stop<'a>>,
}

/// One commit on a value's way; nulls where the history that is here begins later.
#[derive(Serialize, JsonSchema)]
struct Stop<'a> {
    /// The environment that got the value.
    environment: Environment,
    /// The commit's full id.
    commit: Option<&'a str>,
    /// The day it was committed, `YYYY-MM-DD`.
    #[schemars(with = "Option<String>")]
    date: Option<Date>,
    /// Its author.
    author: Option<&'a str>,
    /// The first line of its message.
    subject: Option<&'a str>,
}

/// Writes the origins for programs.
///
/// # Errors
/// Those of `out`.
pub fn json(
    key: &Key,
    environment: Environment,
    blames: &[Blame<Shown>],
    out: &mut dyn Write,
) -> io::Result<()> {
    fn stop(step: &Step) -> Stop<'_> {
        let commit = step.commit.as_ref();
        Stop {
            environment: step.environment,
            commit: commit.map(|commit| commit.id.as_str()),
            date: commit.map(crate::model::CommitInfo::date),
            author: commit.map(|commit| commit.author.as_str()),
            subject: commit.map(|commit| commit.subject.as_str()),
        }
    }
    fn origin(blame: &Blame<Shown>) -> Origin<'_> {
        Origin {
            path: blame.path.to_string(),
            value: value::json(blame.value.shown()),
            given: blame.steps.first().map(stop),
            written: blame.steps.last().map(stop),
            way: blame.steps.iter().map(stop).collect(),
        }
    }
    let paths = blames.iter().map(origin).collect();
    json::document(&Report { version: 1, key: key.as_str(), environment, paths }, out)
}

/// The JSON Schema of what `json` writes.
#[must_use]
pub fn schema() -> Json {
    json::schema_of::<Report<'_>>()
}
