//! The three environments side by side.

use super::value::json_or_absent;
use crate::engine::compare::{MatrixItem, MatrixRow};
use crate::engine::promotion::Resolution;
use crate::model::{Environment, Hop};
use crate::secrets::mask::Shown;
use crate::secrets::{shown_path, shown_pointer};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value as Json};
use std::io::{self, Write};

/// What differs between the environments.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "terrace diff (matrix)")]
struct MatrixReport<'a> {
    /// The version of this format.
    #[schemars(extend("const" = 1))]
    version: u8,
    /// The items that differ.
    items: Vec<ItemRows<'a>>,
}

/// One item's matrix.
#[derive(Serialize, JsonSchema)]
struct ItemRows<'a> {
    /// The item's key.
    key: &'a str,
    /// The environments that have the item.
    environments: Vec<Environment>,
    /// The paths that differ.
    paths: Vec<Row>,
}

/// One path that differs.
#[derive(Serialize, JsonSchema)]
struct Row {
    /// The value as a JSON Pointer into the latest environment that has it.
    pointer: String,
    /// The value as people name it.
    path: String,
    /// The value by environment; `{"absent":true}` where there is none.
    values: Map<String, Json>,
    /// What the table says, by the environment that a promotion would change.
    resolutions: Resolutions,
}

/// What the table says for each hop; null where the two sides are equal.
#[derive(Serialize, JsonSchema)]
struct Resolutions {
    /// Of development to staging.
    staging: Option<Resolution>,
    /// Of staging to production.
    production: Option<Resolution>,
}

/// Writes the matrix for programs.
///
/// # Errors
/// Those of `out`.
pub fn json(items: &[MatrixItem], out: &mut dyn Write) -> io::Result<()> {
    let values = |values: &[Option<Shown>; 3]| {
        Environment::ALL
            .iter()
            .zip(values)
            .map(|(env, value)| (env.name().to_owned(), json_or_absent(value.as_ref())))
            .collect()
    };
    let row = |row: &MatrixRow| Row {
        pointer: shown_pointer(&row.pointer),
        path: shown_path(&row.path),
        values: values(&row.values),
        resolutions: Resolutions {
            staging: row.resolutions[Hop::ToStaging as usize],
            production: row.resolutions[Hop::ToProduction as usize],
        },
    };
    let mut report = MatrixReport { version: 1, items: Vec::new() };
    for item in items {
        let present = Environment::ALL.into_iter().zip(item.present).filter(|(_, here)| *here);
        let environments = present.map(|(env, _)| env).collect();
        report.items.push(ItemRows {
            key: item.key.as_str(),
            environments,
            paths: item.rows.iter().map(row).collect(),
        });
    }
    super::findings::document(&report, out)
}

/// The JSON Schema of what `json` writes.
#[must_use]
pub fn schema() -> Json {
    super::findings::schema_of::<MatrixReport<'_>>()
}
