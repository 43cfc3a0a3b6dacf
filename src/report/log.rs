//! Values over time: per commit what it changed, an environment on every line.

use std::io::{self, Write};

use super::cell::Cell;
use super::columns::align;
use super::lines;
use super::sanitize::clean;
use super::values::{change_cell, removal_cell};
use super::view::View;
use crate::diff::Kind;
use crate::engine::provenance::{Logged, LoggedChange};
use crate::secrets::mask::Shown;

/// Writes commits for people, values already masked.
///
/// # Errors
/// Those of `out`.
pub fn text(commits: &[Logged<Shown>], view: &View, out: &mut dyn Write) -> io::Result<()> {
    for (index, logged) in commits.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        writeln!(out, "{}", view.commit(&logged.commit))?;
        let rows: Vec<_> = logged.entries.iter().map(|entry| row(entry, view)).collect();
        for (line, entry) in align(&rows, view).iter().zip(&logged.entries) {
            writeln!(out, "{line}")?;
            for line in lines::detail(entry.old.as_ref(), entry.new.as_ref(), 6, view) {
                writeln!(out, "{line}")?;
            }
        }
        for file in &logged.unreadable {
            writeln!(out, "  {} is not YAML before or after this commit", clean(file))?;
        }
    }
    Ok(())
}

fn row(entry: &LoggedChange<Shown>, view: &View) -> Vec<Cell> {
    let style = match entry.kind {
        Kind::Added => view.styles.added,
        Kind::Removed => view.styles.removed,
        Kind::Modified => view.styles.modified,
    };
    let change = match entry.kind {
        Kind::Removed => removal_cell(entry.old.as_ref()),
        Kind::Added | Kind::Modified => change_cell(entry.old.as_ref(), entry.new.as_ref()),
    };
    vec![
        Cell::new(format!("  {}", entry.environment)),
        Cell::new(clean(entry.key.as_str())),
        Cell::new(entry.kind.sign().to_string()).style(style),
        Cell::path("", &entry.path),
        change,
        Cell::new(entry.from.map_or(String::new(), |from| format!("from {from}"))).style(view.styles.faint),
    ]
}
