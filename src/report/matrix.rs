//! All three environments side by side: only what differs, with what a promotion makes of it.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::columns::{Cell, align};
use super::sanitize::clean;
use super::value::json_or_absent;
use super::view::View;
use super::{json, markdown};
use crate::engine::compare::{MatrixItem, MatrixRow};
use crate::engine::promotion::Resolution;
use crate::model::{Environment, Hop};
use crate::secrets::mask::Shown;

/// Writes the matrix for people: `·` marks a value an environment keeps for itself, `→` one that
/// waits to be replaced by the one on its left, `!` a conflict.
///
/// # Errors
/// Those of `out`.
pub fn text(items: &[MatrixItem], view: &View, out: &mut dyn Write) -> io::Result<()> {
    if items.is_empty() {
        return writeln!(out, "no differences between the environments");
    }
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            writeln!(out)?;
        }
        let mut head = vec![Cell::new(clean(item.key.as_str())).style(view.styles.strong)];
        head.extend(Environment::ALL.map(|env| Cell::new(format!("  {env}")).style(view.styles.faint)));
        let mut rows = vec![head];
        if item.present.contains(&false) {
            let mut row = vec![Cell::new("  (the item)")];
            row.extend(item.present.map(|here| Cell::new(if here { "  present" } else { "  –" })));
            rows.push(row);
        }
        rows.extend(item.rows.iter().map(|row| cells(row, item, view)));
        for line in align(&rows, view.room()) {
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}

fn cells(row: &MatrixRow, item: &MatrixItem, view: &View) -> Vec<Cell> {
    let mut cells = vec![Cell::new(format!("  {}", clean(&row.path.to_string())))];
    for (i, value) in row.values.iter().enumerate() {
        let resolution = i.checked_sub(1).and_then(|hop| row.resolutions[hop]);
        let (mark, style) = match resolution {
            None | Some(Resolution::InSync) => (" ", anstyle::Style::new()),
            Some(Resolution::Pending | Resolution::Removed | Resolution::New) => ("→", view.styles.modified),
            Some(Resolution::Conflict | Resolution::Unknown) => ("!", view.styles.error),
            Some(
                Resolution::Pinned
                | Resolution::Declined
                | Resolution::EnvironmentSpecific
                | Resolution::LeftOut
                | Resolution::Behind,
            ) => ("·", view.styles.faint),
        };
        let shown = match value {
            Some(value) => view.value(value),
            None if item.present[i] => "–".to_owned(),
            None => String::new(),
        };
        cells.push(Cell::new(format!("{mark} {shown}")).style(style));
    }
    cells
}

/// What differs between the environments.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "terrace diff (matrix)")]
struct Report<'a> {
    /// The version of this format.
    #[schemars(extend("const" = 1))]
    version: u8,
    /// The items that differ.
    items: Vec<Item<'a>>,
}

/// One item's matrix.
#[derive(Serialize, JsonSchema)]
struct Item<'a> {
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
        pointer: row.pointer.to_string(),
        path: row.path.to_string(),
        values: values(&row.values),
        resolutions: Resolutions {
            staging: row.resolutions[Hop::ToStaging as usize],
            production: row.resolutions[Hop::ToProduction as usize],
        },
    };
    let mut report = Report { version: 1, items: Vec::new() };
    for item in items {
        let present = Environment::ALL.into_iter().zip(item.present).filter(|(_, here)| *here);
        let environments = present.map(|(env, _)| env).collect();
        report.items.push(Item {
            key: item.key.as_str(),
            environments,
            paths: item.rows.iter().map(row).collect(),
        });
    }
    json::document(&report, out)
}

/// The JSON Schema of what `json` writes.
#[must_use]
pub fn schema() -> Json {
    json::schema_of::<Report<'_>>()
}

/// Writes the matrix as Markdown.
///
/// # Errors
/// Those of `out`.
pub fn markdown(items: &[MatrixItem], out: &mut dyn Write) -> io::Result<()> {
    let mut shown = Vec::new();
    text(items, &View::default(), &mut shown)?;
    writeln!(out, "<!-- terrace:diff -->\n{}", markdown::fenced(&String::from_utf8_lossy(&shown)))
}
