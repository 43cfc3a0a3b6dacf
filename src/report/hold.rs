//! Decisions: what environments keep for themselves, and whether that still counts.

use std::io::{self, Write};

use super::cell::Cell;
use super::columns::align;
use super::path_name;
use super::sanitize::clean;
use super::view::View;
use crate::engine::promotion::{DecisionState, HoldStatus};

/// Writes decisions for people, one a line.
///
/// # Errors
/// Those of `out`.
pub fn text(held: &[HoldStatus], view: &View, out: &mut dyn Write) -> io::Result<()> {
    if held.is_empty() {
        return writeln!(out, "no decisions are recorded");
    }
    let rows: Vec<_> = held.iter().map(|held| row(held, view)).collect();
    for line in align(&rows, view) {
        writeln!(out, "{line}")?;
    }
    let dead = held.iter().filter(|held| held.life != DecisionState::Live).count();
    match dead {
        0 => Ok(()),
        1 => writeln!(out, "\n1 no longer counts; the item's next promotion removes it"),
        n => writeln!(out, "\n{n} no longer count; the next promotions of the items remove them"),
    }
}

fn row(held: &HoldStatus, view: &View) -> Vec<Cell> {
    let decision = &held.decision;
    let (word, style) = match held.life {
        DecisionState::Live => ("live", view.styles.strong),
        DecisionState::SourceChanged | DecisionState::Expired => ("dead", view.styles.faint),
    };
    let by = if decision.by.is_empty() { String::new() } else { format!("{}: ", clean(&decision.by)) };
    vec![
        Cell::new(word).style(style),
        Cell::new(held.target.name()),
        Cell::new(clean(held.key.as_str())),
        Cell::new(path_name(&decision.path)),
        Cell::new(held.why()).prose(),
        Cell::new(format!("{by}{}", clean(&decision.reason).replace('\n', " ")))
            .style(view.styles.faint)
            .prose(),
    ]
}
