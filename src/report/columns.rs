//! Rows of aligned columns, by display width.

use anstyle::Style;

use super::sanitize::width;

/// Text and its style; the text is already clean.
#[derive(Clone, Debug, Default)]
pub(super) struct Cell {
    text: String,
    style: Style,
    right: bool,
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
}

/// The rows as lines, columns two spaces apart; no line ends in white space.
pub(super) fn align(rows: &[Vec<Cell>]) -> Vec<String> {
    let count = rows.iter().map(Vec::len).max().unwrap_or_default();
    let widest =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| width(&cell.text)).max();
    let widths: Vec<usize> = (0..count).map(|column| widest(column).unwrap_or_default()).collect();
    rows.iter()
        .map(|row| {
            let last = row.iter().rposition(|cell| !cell.text.is_empty()).unwrap_or_default();
            let mut line = String::new();
            for (column, cell) in row.iter().enumerate().take(last + 1) {
                let gap = widths[column].saturating_sub(width(&cell.text));
                let (before, after) = if cell.right { (gap, 0) } else { (0, gap) };
                let after = if column == last { 0 } else { after + 2 };
                let style = cell.style;
                line.push_str(&" ".repeat(before));
                line.push_str(&format!("{style}{}{style:#}", cell.text));
                line.push_str(&" ".repeat(after));
            }
            line
        })
        .collect()
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
        assert_eq!(align(&rows), ["a    ü→  12", "abc       5", "x"]);
    }
}
