//! Values in tables.

use super::apart::cut_among;
use super::cell::Cell;
use super::changed::changed;
use super::view::value_text;
use crate::secrets::mask::Shown;

/// A value in so much room, so that it can be told from the others.
pub(super) fn value_among(value: &Shown, others: &[Option<Shown>], room: usize) -> String {
    let others: Vec<_> = others.iter().flatten().map(value_text).collect();
    cut_among(&value_text(value), others.iter().map(String::as_str), room)
}

/// A value in a table.
pub(super) fn value_cell(value: &Shown) -> Cell {
    Cell::value(&value_text(value))
}

/// A value in a table where another one is told as well.
pub(super) fn value_cell_beside(value: &Shown, other: Option<&Shown>) -> Cell {
    value_cell(value).beside(other.map(value_text))
}

/// A change of value in a table, as a sentence says it in a sentence.
pub(super) fn change_cell(old: Option<&Shown>, new: Option<&Shown>) -> Cell {
    match (old, new) {
        (Some(old), Some(new)) => changed(old.shown(), new.shown())
            .map_or_else(|| Cell::change(&value_text(old), &value_text(new)), Cell::new),
        (Some(value), None) | (None, Some(value)) => value_cell(value),
        (None, None) => Cell::default(),
    }
}

/// A value that goes, in a table.
pub(super) fn removal_cell(old: Option<&Shown>) -> Cell {
    Cell::change(&old.map(value_text).unwrap_or_default(), "removed")
}
