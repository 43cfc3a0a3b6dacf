//! What a migration would do with every file.

use std::io::{self, Write};

use super::cell::Cell;
use super::columns::align;
use super::counted;
use super::sanitize::{clean, cut};
use super::view::View;
use crate::engine::migration::{Plan, Planned, Reading, Template};
use crate::model::Key;
use crate::secrets::shown_path;

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
            Cell::new(rest).prose(),
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
            cut(&rejection.message, 100).into_owned(),
            String::new(),
        );
    }
    for (file, why) in &plan.unnamed {
        row("no key", file, clean(&why.reason).into_owned(), String::new());
    }
    for line in align(&rows, view) {
        writeln!(out, "{line}")?;
    }
    if !rows.is_empty() {
        writeln!(out)?;
    }
    for item in &plan.items {
        for line in told(item) {
            writeln!(out, "{line}")?;
        }
        for (path, manifest) in &item.manifests {
            let at = if path.is_file() { String::new() } else { format!(" at {}", clean(&shown_path(path))) };
            writeln!(out, "{}{at}: {manifest}", clean(&item.source))?;
        }
        if !item.secrets.is_empty() {
            writeln!(out, "{}", secrets(item))?;
        }
    }
    Ok(())
}

/// So many secrets and other values of a file are told by their paths.
const TOLD: usize = 8;
/// So much of a value is shown.
const WIDE: usize = 60;

/// What belongs to another environment, the template that it is, and what readers take differently.
fn told(item: &Planned) -> Vec<String> {
    let source = clean(&item.source);
    let belongs = item.belongings.iter().map(|found| {
        let line = found.line.map_or_else(String::new, |line| format!(":{line}"));
        format!("{source}{line}: {}; move it to the environment's own item", clean(&found.to_string()))
    });
    let template = item.template.map(|Template { what, line }| {
        format!("{source}:{line}: {what}; what a program fills in stays as written")
    });
    let doubts = doubts(item.reading());
    shortened(&source, belongs.chain(template).chain(doubts).collect())
}

/// The values that readers of the source take differently, each with what the item has for it.
pub(super) fn doubts(reading: Reading<'_>) -> Vec<String> {
    let Reading { converted, secrets, .. } = reading;
    let source = clean(reading.source);
    let doubts = converted.doubts.iter().map(|doubt| {
        let is_secret = secrets.contains(&doubt.path);
        // A backslash that is there must not look like an escape.
        let taken = doubt.taken.replace('\n', "⏎").replace('\t', "⇥");
        let taken = if is_secret { "••••".into() } else { cut(&taken, WIDE) };
        let why: Vec<String> = doubt.kinds.iter().map(ToString::to_string).collect();
        let path = shown_path(&doubt.path);
        format!("{source}:{}: {} {}; taken as `{taken}`", doubt.line, clean(&path), why.join(", and "))
    });
    let complex = converted.complex_key.map(|at| {
        format!("{source}:{}:{}: a key that is a list or a mapping, which no path names", at.line, at.column)
    });
    doubts.chain(complex).collect()
}

/// The first of the lines about a file.
pub(super) fn shortened(source: &str, mut lines: Vec<String>) -> Vec<String> {
    if lines.len() > TOLD + 1 {
        let more = lines.len() - TOLD;
        lines.truncate(TOLD);
        lines.push(format!("{source}: and {more} more such values"));
    }
    lines
}

/// Which values of an item look like secrets, without them.
fn secrets(item: &Planned) -> String {
    let count = item.secrets.len();
    let verb = if count == 1 { "looks like a secret" } else { "look like secrets" };
    let mut paths: Vec<String> =
        item.secrets.iter().take(TOLD).map(|path| clean(&shown_path(path)).into_owned()).collect();
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
        let history = if item.goes_on { "follows" } else { "begins here" };
        return format!("(unchanged, history {history})");
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
