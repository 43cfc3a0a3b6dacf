//! All three environments side by side: only what differs, with what a promotion makes of it.

use std::io::{self, Write};

use anstyle::Style;

use super::cell::Cell;
use super::columns::{align, fits};
use super::sanitize::clean;
use super::values::value_among;
use super::view::View;
use super::{lines, markdown, path_name};
use crate::engine::compare::{MatrixItem, MatrixRow};
use crate::engine::promotion::Resolution;
use crate::model::{Environment, Hop};

/// The widest a value is on a pipe.
const VALUE: usize = 70;

const MARKS: [(&str, &str); 3] = [
    ("·", "the environment keeps a value of its own"),
    ("→", "the value on its left waits to be promoted"),
    ("!", "a conflict, for a person to decide"),
];

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
        let heads = rows.len();
        rows.extend(item.rows.iter().map(|row| cells(row, item, view)));
        if !fits(&rows, view) {
            cards(item, view, out)?;
            continue;
        }
        for (number, line) in align(&rows, view).iter().enumerate() {
            writeln!(out, "{line}")?;
            if let Some(row) = number.checked_sub(heads).and_then(|number| item.rows.get(number)) {
                detail(row, view, out)?;
            }
        }
    }
    legend(items, view, out)
}

/// What the marks mean that stand in the matrix.
fn legend(items: &[MatrixItem], view: &View, out: &mut dyn Write) -> io::Result<()> {
    let rows = || items.iter().flat_map(|item| &item.rows);
    let is_used = |sign: &str| rows().any(|row| (0..row.values.len()).any(|i| mark(row, i, view).0 == sign));
    let faint = view.styles.faint;
    let used: Vec<_> = MARKS.into_iter().filter(|(sign, _)| is_used(sign)).collect();
    if !used.is_empty() {
        writeln!(out)?;
    }
    used.iter().try_for_each(|(sign, meaning)| writeln!(out, "{faint}{sign} {meaning}{faint:#}"))
}

/// What differs between one environment and the next in texts of several lines.
fn detail(row: &MatrixRow, view: &View, out: &mut dyn Write) -> io::Result<()> {
    for hop in Hop::ALL {
        let [source, target] =
            [hop.source(), hop.target()].map(|environment| row.values[environment as usize].as_ref());
        let (Some(source), Some(target)) = (source, target) else { continue };
        if source == target {
            continue;
        }
        let lines = lines::detail(Some(target), Some(source), 6, view);
        if !lines.is_empty() {
            writeln!(out, "    {}: {}", hop.target(), view.change(Some(target), Some(source)))?;
        }
        for line in lines {
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}

/// The environments of each path below one another, where they do not fit side by side.
fn cards(item: &MatrixItem, view: &View, out: &mut dyn Write) -> io::Result<()> {
    let strong = view.styles.strong;
    let absent = Environment::ALL.iter().zip(item.present).filter(|(_, here)| !here);
    let absent: Vec<_> = absent.map(|(environment, _)| environment.name()).collect();
    let missing = if absent.is_empty() { String::new() } else { format!("   not in {}", absent.join(", ")) };
    writeln!(out, "{strong}{}{strong:#}{missing}", clean(item.key.as_str()))?;
    for row in &item.rows {
        writeln!(out, "  {}", path_name(&row.path))?;
        for (i, environment) in Environment::ALL.into_iter().enumerate().filter(|(i, _)| item.present[*i]) {
            let (mark, style) = mark(row, i, view);
            let name = format!("    {mark} {:<13}", environment.name());
            let room = view.room().filter(|_| !view.verbose);
            let room = room.map_or(usize::MAX, |room| room.saturating_sub(name.chars().count()).max(8));
            let value = row.values[i].as_ref();
            let shown = value.map_or_else(|| "–".to_owned(), |value| value_among(value, &row.values, room));
            writeln!(out, "{style}{name}{shown}{style:#}")?;
        }
        detail(row, view, out)?;
    }
    Ok(())
}

fn cells(row: &MatrixRow, item: &MatrixItem, view: &View) -> Vec<Cell> {
    // On a terminal they have all the room that they want, or stand below one another.
    let most = if view.verbose || view.room().is_some() { usize::MAX } else { VALUE };
    let mut cells = vec![Cell::new(format!("  {}", path_name(&row.path)))];
    for (i, value) in row.values.iter().enumerate() {
        let (mark, style) = mark(row, i, view);
        let shown = match value {
            Some(value) => value_among(value, &row.values, most),
            None if item.present[i] => "–".to_owned(),
            None => String::new(),
        };
        cells.push(Cell::value(&format!("{mark} {shown}")).style(style));
    }
    cells
}

/// What a promotion makes of the value of an environment, as a mark.
fn mark(row: &MatrixRow, environment: usize, view: &View) -> (&'static str, Style) {
    match environment.checked_sub(1).and_then(|hop| row.resolutions[hop]) {
        None | Some(Resolution::InSync) => (" ", Style::new()),
        Some(Resolution::Pending | Resolution::Renamed | Resolution::Removed | Resolution::New) => {
            ("→", view.styles.modified)
        }
        Some(Resolution::Conflict | Resolution::Unknown) => ("!", view.styles.error),
        Some(
            Resolution::Pinned
            | Resolution::Declined
            | Resolution::EnvironmentSpecific
            | Resolution::LeftOut
            | Resolution::Behind,
        ) => ("·", view.styles.faint),
    }
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
