//! Differences.

use super::value::json_or_absent;
use crate::engine::compare::{DiffRow, ItemDiff};
use crate::engine::mode::ModeChange;
use crate::model::Environment;
use crate::secrets::{shown_path, shown_pointer};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value as Json;
use std::io::{self, Write};

/// The differences between two sides.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "terrace diff")]
pub(super) struct DiffReport<'a> {
    /// The version of this format.
    #[schemars(extend("const" = 1))]
    version: u8,
    /// The old side as it was named.
    left: &'a str,
    /// The new side as it was named.
    right: &'a str,
    /// The items that differ.
    items: Vec<DiffItem<'a>>,
    /// Where two revisions are compared: the files that are recorded with another mode.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    modes: Vec<ModeEntry<'a>>,
}

/// One item's differences.
#[derive(Serialize, JsonSchema)]
struct DiffItem<'a> {
    /// The item's key.
    key: &'a str,
    /// The item's environment, where two revisions are compared and not two environments.
    #[serde(skip_serializing_if = "Option::is_none")]
    environment: Option<&'static str>,
    /// What differs.
    changes: Vec<Change>,
}

/// A file that is recorded with another mode.
#[derive(Serialize, JsonSchema)]
pub(super) struct ModeEntry<'a> {
    /// The file, relative to the git root.
    file: &'a str,
    /// Git's mode before: `100644`, `100755`, `120000` (a link) or `160000` (a submodule).
    before: &'static str,
    /// Git's mode after.
    after: &'static str,
}

/// Changes of modes for programs.
pub(super) fn modes<'a>(changes: &'a [ModeChange]) -> Vec<ModeEntry<'a>> {
    let entry = |ModeChange { file, before, after }: &'a ModeChange| ModeEntry {
        file,
        before: before.digits(),
        after: after.digits(),
    };
    changes.iter().map(entry).collect()
}

/// One difference.
#[derive(Serialize, JsonSchema)]
pub(super) struct Change {
    /// `added`, `removed` or `modified`.
    kind: &'static str,
    /// The value as a JSON Pointer into the right (new) document, or the left where that lacks it.
    pointer: String,
    /// The value as people name it.
    path: String,
    /// The old value; `{"absent":true}` where there is none, `{"masked":true}` for a secret.
    left: Json,
    /// The new value, likewise.
    right: Json,
    /// The line of the old value, from 1.
    left_line: Option<usize>,
    /// The line of the new value, from 1.
    right_line: Option<usize>,
}

/// One difference for programs.
pub(super) fn change(row: &DiffRow) -> Change {
    Change {
        kind: row.kind.name(),
        pointer: shown_pointer(&row.pointer),
        path: shown_path(&row.path),
        left: json_or_absent(row.left.as_ref()),
        right: json_or_absent(row.right.as_ref()),
        left_line: row.left_line,
        right_line: row.right_line,
    }
}

fn report<'a>(
    items: impl Iterator<Item = (Option<Environment>, &'a ItemDiff)>,
    left: &'a str,
    right: &'a str,
) -> DiffReport<'a> {
    let items = items.filter(|(_, item)| !item.rows.is_empty()).map(|(environment, item)| DiffItem {
        key: item.key.as_str(),
        environment: environment.map(Environment::name),
        changes: item.rows.iter().map(change).collect(),
    });
    DiffReport { version: 1, left, right, items: items.collect(), modes: Vec::new() }
}

/// Writes the differences between two revisions for programs, each with its environment.
///
/// # Errors
/// Those of `out`.
pub fn json_of_revisions(
    items: &[(Environment, &ItemDiff)],
    changes: &[ModeChange],
    left: &str,
    right: &str,
    out: &mut dyn Write,
) -> io::Result<()> {
    let items = items.iter().map(|(environment, item)| (Some(*environment), *item));
    let report = DiffReport { modes: modes(changes), ..report(items, left, right) };
    super::findings::document(&report, out)
}

/// Writes the differences for programs.
///
/// # Errors
/// Those of `out`.
pub fn json(items: &[ItemDiff], left: &str, right: &str, out: &mut dyn Write) -> io::Result<()> {
    super::findings::document(&report(items.iter().map(|item| (None, item)), left, right), out)
}

/// The JSON Schema of what `json` writes.
#[must_use]
pub fn schema() -> Json {
    super::findings::schema_of::<DiffReport<'_>>()
}
