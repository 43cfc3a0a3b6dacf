//! Where values came from: the commit that brought each, and the way it took.

use std::io::{self, Write};

use serde_json::{Value as Json, json};

use super::columns::{Cell, align};
use super::json;
use super::path_name;
use super::sanitize::cut;
use super::value;
use super::view::View;
use crate::engine::provenance::{Blame, Step};
use crate::model::{Environment, Key};

/// Writes the origin of each value for people, values already masked.
///
/// # Errors
/// Those of `out`.
pub fn text(
    key: &Key,
    environment: Environment,
    blames: &[Blame],
    view: &View,
    out: &mut dyn Write,
) -> io::Result<()> {
    let strong = view.styles.strong;
    writeln!(out, "{strong}{key}{strong:#}   {environment}")?;
    let rows: Vec<_> = blames.iter().map(|blame| row(blame, view)).collect();
    for line in align(&rows) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn row(blame: &Blame, view: &View) -> Vec<Cell> {
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
        Cell::new(written).style(faint),
    ]
}

fn stop(step: &Step) -> String {
    let commit = step.commit.as_ref().map_or("?", |commit| commit.id.short());
    format!("{} {commit}", step.environment)
}

/// Writes the origin of each value for programs, values already masked.
///
/// # Errors
/// Those of `out`.
pub fn json(key: &Key, environment: Environment, blames: &[Blame], out: &mut dyn Write) -> io::Result<()> {
    let step = |step: &Step| -> Json {
        let commit = step.commit.as_ref();
        json!({
            "environment": step.environment,
            "commit": commit.map(|commit| &commit.id.0),
            "date": commit.map(crate::model::CommitInfo::date),
            "author": commit.map(|commit| &commit.author),
            "subject": commit.map(|commit| &commit.subject),
        })
    };
    let entry = |blame: &Blame| -> Json {
        json!({
            "path": blame.path.to_string(),
            "value": value::json(&blame.value),
            "given": blame.steps.first().map(step),
            "written": blame.steps.last().map(step),
            "way": blame.steps.iter().map(step).collect::<Vec<_>>(),
        })
    };
    let paths: Vec<Json> = blames.iter().map(entry).collect();
    let body = json!({ "version": 1, "key": key.as_str(), "environment": environment, "paths": paths });
    json::document(&body, out)
}
