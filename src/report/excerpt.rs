//! The source lines of a finding with carets under what is meant.
//!
//! Drawn here and not by a library, because an excerpt has its secrets masked: the place comes
//! from the finding, never from counting in the excerpt.

use std::io::{self, Write};
use std::ops::Range;

use super::sanitize::{cut, escape};
use super::style::Styles;
use super::view::View;
use crate::model::{Excerpt, Severity};

/// The most columns of a source line that are shown.
const WIDTH: usize = 100;

/// The most columns before the highlight when a line is cut.
const LEAD: usize = 30;

/// One character of a line as it is shown.
struct Cell {
    shown: String,
    width: usize,
}

/// How wide the column of line numbers is.
pub(super) fn gutter(excerpt: Option<&Excerpt>) -> usize {
    let last = excerpt.map_or(0, |excerpt| excerpt.first_line + excerpt.text.matches('\n').count());
    last.to_string().len().max(2)
}

/// Writes the lines of `excerpt`, each with its carets, and `label` behind the first carets.
pub(super) fn write(
    excerpt: &Excerpt,
    severity: Severity,
    label: &str,
    view: &View,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Styles { frame, .. } = &view.styles;
    let weight = view.styles.severity(severity);
    let gutter = gutter(Some(excerpt));
    // The bar before the line, and what tells that it is cut, take room as well.
    let most = view.room().map_or(WIDTH, |room| room.saturating_sub(gutter + 5).clamp(20, WIDTH));
    let mut label = cut(label, WIDTH).into_owned();
    let mut start = 0;
    writeln!(out, "{:gutter$} {frame}|{frame:#}", "")?;
    for (number, line) in (excerpt.first_line..).zip(excerpt.text.split('\n')) {
        let (cells, marked) = cells(line.trim_end_matches('\r'), start, &excerpt.highlight);
        let mark = marked.clone().unwrap_or_default();
        let window = window(&cells, &mark, most);
        let shown = show(&cells, &window);
        writeln!(out, "{frame}{number:>gutter$} |{frame:#} {shown}")?;
        if marked.is_some() {
            let indent = usize::from(window.start > 0) + columns(&cells, &(window.start..mark.start));
            let carets = columns(&cells, &(mark.start..mark.end.min(window.end))).max(1);
            let room = (most + 1).saturating_sub(indent + carets);
            let shown = cut(&label, if view.room().is_some() { room } else { WIDTH }).into_owned();
            let (carets, space) = ("^".repeat(carets), if shown.is_empty() { "" } else { " " });
            label.clear();
            write!(out, "{:gutter$} {frame}|{frame:#} {:indent$}", "", "")?;
            writeln!(out, "{weight}{carets}{space}{shown}{weight:#}")?;
        }
        start += line.len() + 1;
    }
    Ok(())
}

/// The characters of a line that begins at byte `start` of its excerpt, and which of them are
/// highlighted; `None` when the highlight is elsewhere.
fn cells(line: &str, start: usize, highlight: &Range<usize>) -> (Vec<Cell>, Option<Range<usize>>) {
    let mut cells = Vec::with_capacity(line.len());
    let (mut before, mut until) = (0, 0);
    for (at, c) in line.char_indices() {
        let shown = escape(line, at, c).unwrap_or_else(|| c.to_string());
        cells.push(Cell { width: super::sanitize::width(&shown), shown });
        before += usize::from(start + at < highlight.start);
        until += usize::from(start + at < highlight.end);
    }
    let on_line = (start..=start + line.len()).contains(&highlight.start);
    (cells, (before < until || on_line).then_some(before..until.max(before)))
}

/// Which cells are shown: all of them, or those around the mark.
fn window(cells: &[Cell], mark: &Range<usize>, most: usize) -> Range<usize> {
    if columns(cells, &(0..cells.len())) <= most {
        return 0..cells.len();
    }
    let before = cells.get(..mark.start).unwrap_or(cells);
    let mut first = mark.start - fitting(before.iter().rev(), LEAD.min(most / 3));
    let mut last = first + fitting(cells.get(first..).unwrap_or_default().iter(), most);
    if last == cells.len() {
        first = last - fitting(cells.iter().rev(), most);
    }
    last = last.max(first);
    first..last
}

/// How many of `cells` fit into `room` columns.
fn fitting<'a>(cells: impl Iterator<Item = &'a Cell>, room: usize) -> usize {
    let used = cells.scan(0, |used, cell| {
        *used += cell.width;
        Some(*used)
    });
    used.take_while(|used| *used <= room).count()
}

/// How many columns a range of cells takes.
fn columns(cells: &[Cell], range: &Range<usize>) -> usize {
    cells.get(range.clone()).unwrap_or_default().iter().map(|cell| cell.width).sum()
}

/// The cells of the window as text, with `…` for what is left out.
fn show(cells: &[Cell], window: &Range<usize>) -> String {
    let ellipsis = |cut: bool| if cut { "…" } else { "" };
    let shown: String =
        cells.get(window.clone()).unwrap_or_default().iter().map(|cell| cell.shown.as_str()).collect();
    format!("{}{shown}{}", ellipsis(window.start > 0), ellipsis(window.end < cells.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(text: &str, highlight: Range<usize>) -> String {
        let excerpt = Excerpt { first_line: 7, text: text.to_owned(), highlight };
        let mut out = Vec::new();
        write(&excerpt, Severity::Error, "here", &View::default(), &mut out).expect("writes to memory");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn carets_stand_under_what_is_meant() {
        for (text, highlight, expected) in [
            ("a: bc", 3..5, "   |\n 7 | a: bc\n   |    ^^ here\n"),
            ("設: ö # x", 5..7, "   |\n 7 | 設: ö # x\n   |     ^ here\n"),
            ("a: \u{1b}b", 4..5, "   |\n 7 | a: \\u{1b}b\n   |          ^ here\n"),
            ("a:", 2..2, "   |\n 7 | a:\n   |   ^ here\n"),
            ("", 0..0, "   |\n 7 | \n   | ^ here\n"),
            ("a:\n  b\nc", 0..6, "   |\n 7 | a:\n   | ^^ here\n 8 |   b\n   | ^^^\n 9 | c\n"),
            ("a: 1\r\nb", 3..4, "   |\n 7 | a: 1\n   |    ^ here\n 8 | b\n"),
        ] {
            assert_eq!(drawn(text, highlight), expected);
        }
    }

    #[test]
    fn long_lines_are_cut_around_the_highlight() {
        let text = format!("{} key: value {}", "x".repeat(500), "y".repeat(500));
        let at = text.find("value").expect("there");
        let out = drawn(&text, at..at + 5);
        let lines: Vec<_> = out.lines().skip(1).map(|line| line.get(5..).expect("a gutter")).collect();
        assert!(lines[0].starts_with("…xxx") && lines[0].ends_with("yyy…"), "{out}");
        assert_eq!(super::super::sanitize::width(lines[0]), WIDTH + 2);
        let caret = lines[1].find('^').expect("carets");
        assert_eq!(lines[0].chars().skip(caret).take(5).collect::<String>(), "value");

        let end = drawn(&text, text.len() - 3..text.len());
        assert!(end.contains("yyy\n") && end.contains("^^^ here\n"), "{end}");
        let wide = drawn(&"設".repeat(400), 0..1200);
        assert!(wide.contains(&format!("| {} here\n", "^".repeat(WIDTH))), "{wide}");
    }

    proptest::proptest! {
        #[test]
        fn any_excerpt_can_be_drawn(text in "(?s).{0,300}", a in 0_usize..400, b in 0_usize..400) {
            let out = drawn(&text, a..b);
            proptest::prop_assert!(out.lines().all(|line| line.get(3..4) == Some("|")), "{}", out);
        }
    }
}
