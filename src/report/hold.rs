//! Decisions: what environments keep for themselves, and whether that still counts.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value as Json;

use super::columns::{Cell, align};
use super::json;
use super::path_name;
use super::sanitize::clean;
use super::view::View;
use crate::engine::promotion::{DecisionState, HoldStatus, Until};
use crate::model::{Environment, Hop};

/// Writes decisions for people, one a line.
///
/// # Errors
/// Those of `out`.
pub fn text(held: &[HoldStatus], view: &View, out: &mut dyn Write) -> io::Result<()> {
    if held.is_empty() {
        return writeln!(out, "no decisions are recorded");
    }
    let rows: Vec<_> = held.iter().map(|held| row(held, view)).collect();
    for line in align(&rows, view.room()) {
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
        Cell::new(why(held)),
        Cell::new(format!("{by}{}", clean(&decision.reason).replace('\n', " ")))
            .style(view.styles.faint)
            .prose(),
    ]
}

/// Until when it counts, or why it does not.
fn why(held: &HoldStatus) -> String {
    let source = Hop::into_target(held.target).map_or("the source", |hop| hop.source().name());
    match (held.life, &held.decision.until) {
        (DecisionState::SourceChanged, _) => format!("{source} changed it since"),
        (DecisionState::Expired, until) => format!("was until {until}"),
        (DecisionState::Live, Until::SourceChanges) => format!("until {source} changes it"),
        (DecisionState::Live, until) => format!("until {until}"),
    }
}

/// Recorded decisions.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "terrace hold --list")]
struct Report<'a> {
    /// The version of this format.
    #[schemars(extend("const" = 1))]
    version: u8,
    /// The decisions, by environment and item.
    decisions: Vec<Entry<'a>>,
}

/// One decision.
#[derive(Serialize, JsonSchema)]
struct Entry<'a> {
    /// The item's key.
    key: &'a str,
    /// The environment that keeps its value.
    environment: Environment,
    /// Where.
    path: String,
    /// Why, in the words of who decided.
    reason: &'a str,
    /// Who decided.
    by: &'a str,
    /// `source-changes`, `released` or a day, `YYYY-MM-DD`.
    until: String,
    /// Whether it still counts.
    live: bool,
    /// How long it counts, or why it no longer does.
    why: String,
}

/// Writes the decisions for programs.
///
/// # Errors
/// Those of `out`.
pub fn json(held: &[HoldStatus], out: &mut dyn Write) -> io::Result<()> {
    fn entry(held: &HoldStatus) -> Entry<'_> {
        let HoldStatus { key, target, decision, life } = held;
        Entry {
            key: key.as_str(),
            environment: *target,
            path: decision.path.to_string(),
            reason: &decision.reason,
            by: &decision.by,
            until: decision.until.to_string(),
            live: *life == DecisionState::Live,
            why: why(held),
        }
    }
    json::document(&Report { version: 1, decisions: held.iter().map(entry).collect() }, out)
}

/// The JSON Schema of what `json` writes.
#[must_use]
pub fn schema() -> Json {
    json::schema_of::<Report<'_>>()
}
