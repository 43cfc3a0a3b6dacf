//! What a migration would do with every file.

use std::io::{self, Write};

use super::columns::{Cell, align};
use super::counted;
use super::sanitize::{clean, cut};
use super::view::View;
use crate::engine::migration::{Plan, Planned};
use crate::model::Key;

/// Writes what becomes of every file, for people; `place` names the file of an item, `planned` says
/// that nothing happens yet.
///
/// # Errors
/// Those of `out`.
pub fn text(
    plan: &Plan,
    planned: bool,
    place: &dyn Fn(&Key) -> String,
    view: &View,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    let faint = view.styles.faint;
    let mut row = |word: &str, file: &str, rest: String, aside: String| {
        rows.push(vec![
            Cell::new(word),
            Cell::new(clean(file)),
            Cell::new(rest),
            Cell::new(aside).style(faint).prose(),
        ]);
    };
    for item in &plan.items {
        let verb = match (item.converted.unchanged, planned) {
            (true, true) => "would move",
            (true, false) => "move",
            (false, true) => "would write",
            (false, false) => "write",
        };
        row(verb, &item.source, format!("→ {}", clean(&place(&item.key))), collapsed(item));
    }
    for (file, key) in &plan.present {
        row("is there", file, format!("= {}", clean(&place(key))), String::new());
    }
    for (file, why) in &plan.left_alone {
        row("left alone", file, why.to_string(), String::new());
    }
    for (file, why) in &plan.asks {
        row("asks", file, why.to_string(), String::new());
    }
    for collision in &plan.collisions {
        row(
            "collides",
            &collision.sources.join(", "),
            format!("→ {}", clean(&place(&collision.key))),
            "one key for several".to_owned(),
        );
    }
    for (file, rejection) in &plan.rejected {
        let at = rejection.location.start;
        row(
            "cannot read",
            &format!("{file}:{}:{}", at.line, at.column),
            String::new(),
            cut(&rejection.message, 100).into_owned(),
        );
    }
    for (file, why) in &plan.unnamed {
        row("no key", file, clean(&why.reason).into_owned(), String::new());
    }
    for line in align(&rows, view.room()) {
        writeln!(out, "{line}")?;
    }
    if !rows.is_empty() {
        writeln!(out)?;
    }
    for item in plan.items.iter().filter(|item| !item.secrets.is_empty()) {
        writeln!(out, "{}", secrets(item))?;
    }
    Ok(())
}

/// So many secrets are told by their paths.
const TOLD: usize = 8;

/// Which values of an item look like secrets, without them.
fn secrets(item: &Planned) -> String {
    let count = item.secrets.len();
    let verb = if count == 1 { "looks like a secret" } else { "look like secrets" };
    let mut paths: Vec<String> =
        item.secrets.iter().take(TOLD).map(|path| clean(&path.to_string()).into_owned()).collect();
    if count > TOLD {
        paths.push(format!("and {} more", count - TOLD));
    }
    format!(
        "{}: {} {verb}, never promoted: {}",
        clean(&item.source),
        counted(count, "value"),
        paths.join(", ")
    )
}

fn collapsed(item: &Planned) -> String {
    let converted = &item.converted;
    if converted.unchanged && converted.notes.is_empty() {
        return "(unchanged, history follows)".to_owned();
    }
    let mut parts = Vec::new();
    if !converted.unchanged {
        parts.push(counted(converted.values, "value"));
        if converted.comments > 0 {
            parts.push(counted(converted.comments, "comment"));
        }
    }
    parts.extend(converted.notes.iter().map(|note| clean(note).into_owned()));
    format!("({})", parts.join(", "))
}

/// How many items and values it is.
#[must_use]
pub fn counts(plan: &Plan) -> String {
    format!("{}, {}.", counted(plan.items.len(), "item"), counted(plan.values(), "value"))
}
