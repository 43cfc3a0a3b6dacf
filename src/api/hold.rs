//! Decisions.

use crate::engine::promotion::{DecisionState, HoldStatus};
use crate::model::Environment;
use crate::secrets::shown_path;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value as Json;
use std::io::{self, Write};

/// Recorded decisions.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "terrace hold --list")]
pub(super) struct HoldReport<'a> {
    /// The version of this format.
    #[schemars(extend("const" = 1))]
    version: u8,
    /// The decisions, by environment and item.
    decisions: Vec<HoldEntry<'a>>,
}

/// One decision.
#[derive(Serialize, JsonSchema)]
struct HoldEntry<'a> {
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
    fn entry(held: &HoldStatus) -> HoldEntry<'_> {
        let HoldStatus { key, target, decision, life } = held;
        HoldEntry {
            key: key.as_str(),
            environment: *target,
            path: shown_path(&decision.path),
            reason: &decision.reason,
            by: &decision.by,
            until: decision.until.to_string(),
            live: *life == DecisionState::Live,
            why: held.why(),
        }
    }
    super::findings::document(&HoldReport { version: 1, decisions: held.iter().map(entry).collect() }, out)
}

/// The JSON Schema of what `json` writes.
#[must_use]
pub fn schema() -> Json {
    super::findings::schema_of::<HoldReport<'_>>()
}
