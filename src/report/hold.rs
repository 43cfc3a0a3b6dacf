//! Decisions: what environments keep for themselves, and whether that still counts.

use std::io::{self, Write};

use serde_json::{Value as Json, json};

use super::columns::{Cell, align};
use super::json;
use super::path_name;
use super::sanitize::clean;
use super::view::View;
use crate::engine::promotion::{Held, Life, Until};
use crate::model::Hop;

/// Writes decisions for people, one a line.
///
/// # Errors
/// Those of `out`.
pub fn text(held: &[Held], view: &View, out: &mut dyn Write) -> io::Result<()> {
    if held.is_empty() {
        return writeln!(out, "no decisions are recorded");
    }
    let rows: Vec<_> = held.iter().map(|held| row(held, view)).collect();
    for line in align(&rows) {
        writeln!(out, "{line}")?;
    }
    let dead = held.iter().filter(|held| held.life != Life::Live).count();
    match dead {
        0 => Ok(()),
        1 => writeln!(out, "\n1 no longer counts; the item's next promotion removes it"),
        n => writeln!(out, "\n{n} no longer count; the next promotions of the items remove them"),
    }
}

fn row(held: &Held, view: &View) -> Vec<Cell> {
    let decision = &held.decision;
    let (word, style) = match held.life {
        Life::Live => ("live", view.styles.strong),
        Life::SourceChanged | Life::Expired => ("dead", view.styles.faint),
    };
    let by = if decision.by.is_empty() { String::new() } else { format!("{}: ", clean(&decision.by)) };
    vec![
        Cell::new(word).style(style),
        Cell::new(held.target.name()),
        Cell::new(clean(held.key.as_str())),
        Cell::new(path_name(&decision.path)),
        Cell::new(why(held)),
        Cell::new(format!("{by}{}", clean(&decision.reason).replace('\n', " "))).style(view.styles.faint),
    ]
}

/// Until when it counts, or why it does not.
fn why(held: &Held) -> String {
    let source = Hop::into_target(held.target).map_or("the source", |hop| hop.source().name());
    match (held.life, &held.decision.until) {
        (Life::SourceChanged, _) => format!("{source} changed it since"),
        (Life::Expired, until) => format!("was until {until}"),
        (Life::Live, Until::SourceChanges) => format!("until {source} changes it"),
        (Life::Live, until) => format!("until {until}"),
    }
}

/// Writes decisions for programs.
///
/// # Errors
/// Those of `out`.
pub fn json(held: &[Held], out: &mut dyn Write) -> io::Result<()> {
    let entry = |held: &Held| -> Json {
        json!({
            "key": held.key.as_str(),
            "environment": held.target,
            "path": held.decision.path.to_string(),
            "reason": held.decision.reason,
            "by": held.decision.by,
            "until": held.decision.until.to_string(),
            "live": held.life == Life::Live,
            "why": why(held),
        })
    };
    let decisions: Vec<Json> = held.iter().map(entry).collect();
    json::document(&json!({ "version": 1, "decisions": decisions }), out)
}
