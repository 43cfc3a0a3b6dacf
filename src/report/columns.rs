//! Rows of aligned columns, by display width, made to fit where there is a limit.

use std::borrow::Cow;

use anstyle::Style;

use super::sanitize::{cut, cut_end, width};

/// Text and its style; the text is already clean.
#[derive(Clone, Debug, Default)]
pub(super) struct Cell {
    text: String,
    style: Style,
    right: bool,
    prose: bool,
}

impl Cell {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    pub(super) fn style(mut self, style: Style) -> Self {
        self.style = style;
        self
    }

    pub(super) fn right(mut self) -> Self {
        self.right = true;
        self
    }

    /// A sentence: when it has to be cut, its beginning stays.
    pub(super) fn prose(mut self) -> Self {
        self.prose = true;
        self
    }

    /// The text, cut where it is wider than `room`; an indentation stays.
    fn within(&self, room: usize) -> Cow<'_, str> {
        if width(&self.text) <= room {
            return Cow::Borrowed(&self.text);
        }
        let text = self.text.trim_start_matches(' ');
        let indent = (self.text.len() - text.len()).min(room.saturating_sub(1));
        let inner = room - indent;
        let short = if self.prose { cut_end(text, inner) } else { cut(text, inner) };
        Cow::Owned(format!("{}{short}", " ".repeat(indent)))
    }
}

/// The blanks between two columns.
const GAP: usize = 2;

/// The rows as lines, columns two spaces apart; no line ends in white space. Where `room` is given,
/// no line is wider: the widest columns give way first, and what does not fit is cut with `…`.
pub(super) fn align(rows: &[Vec<Cell>], room: Option<usize>) -> Vec<String> {
    let count = rows.iter().map(Vec::len).max().unwrap_or_default();
    let widest =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| width(&cell.text)).max();
    let mut widths: Vec<usize> = (0..count).map(|column| widest(column).unwrap_or_default()).collect();
    if let Some(room) = room {
        fit(&mut widths, room);
    }
    rows.iter()
        .map(|row| {
            let last = row.iter().rposition(|cell| !cell.text.is_empty()).unwrap_or_default();
            let mut line = String::new();
            for (column, cell) in row.iter().enumerate().take(last + 1) {
                let wide = widths.get(column).copied().unwrap_or_default();
                let text = cell.within(wide);
                let gap = wide.saturating_sub(width(&text));
                let (before, after) = if cell.right { (gap, 0) } else { (0, gap) };
                let after = if column == last { 0 } else { after + GAP };
                let style = cell.style;
                line.push_str(&" ".repeat(before));
                line.push_str(&format!("{style}{text}{style:#}"));
                line.push_str(&" ".repeat(after));
            }
            line
        })
        .collect()
}

/// Takes from the widest column until all fit; a column that says something keeps one place.
fn fit(widths: &mut [usize], room: usize) {
    let gaps = GAP * widths.len().saturating_sub(1);
    let mut excess = (widths.iter().sum::<usize>() + gaps).saturating_sub(room);
    while excess > 0 {
        let Some(most) = widths.iter().copied().max().filter(|most| *most > 1) else { return };
        let next = widths.iter().copied().filter(|wide| *wide < most).max().unwrap_or(1).max(1);
        let columns = widths.iter().filter(|wide| **wide == most).count();
        // All of the widest become as wide as the next, or as much narrower as is needed.
        let each = (most - next).min(excess.div_ceil(columns)).max(1);
        for wide in widths.iter_mut().filter(|wide| **wide == most) {
            let step = each.min(excess);
            *wide -= step;
            excess -= step;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_by_display_width() {
        let rows = [
            vec![Cell::new("a"), Cell::new("ü→"), Cell::new("12").right()],
            vec![Cell::new("abc"), Cell::new(""), Cell::new("5").right()],
            vec![Cell::new("x"), Cell::new(""), Cell::new("")],
        ];
        assert_eq!(align(&rows, None), ["a    ü→  12", "abc       5", "x"]);
    }

    #[test]
    fn wide_columns_give_way_first_and_no_line_is_too_wide() {
        let row = |path: &str, value: &str, why: &str| {
            vec![Cell::new(format!("  {path}")), Cell::new(value), Cell::new(why).prose()]
        };
        let rows =
            [row("database.pool.size", "10", "a reason of some length"), row("a", "設定設定設定設定", "b")];
        assert_eq!(
            align(&rows, Some(40)),
            ["  datab…size  10            a reason of…", "  a           設定設…設定   b"]
        );
        for room in 5..80 {
            for line in align(&rows, Some(room)) {
                assert!(width(&line) <= room.max(7), "{room}: {line}");
            }
        }
    }
}
