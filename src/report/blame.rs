//! Where values came from: the commit that brought each, and the way it took.

use std::io::{self, Write};

use super::cell::Cell;
use super::columns::align;
use super::path_name;
use super::sanitize::cut;
use super::values::value_cell;
use super::view::View;
use crate::engine::provenance::{Blame, Step};
use crate::model::{Environment, Key};
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
    writeln!(out, "{}", view.head(key.as_str(), environment.name()))?;
    let rows: Vec<_> = blames.iter().map(|blame| row(blame, view)).collect();
    for line in align(&rows, view) {
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
        value_cell(&blame.value),
        Cell::new(way.join(" ← ")).style(frame).prose(),
        Cell::new(written).style(faint).prose(),
    ]
}

fn stop(step: &Step) -> String {
    let commit = step.commit.as_ref().map_or("?", |commit| commit.id.short());
    format!("{} {commit}", step.environment)
}
