//! Rows of aligned columns, by display width, made to fit where there is a limit.
//!
//! What fits stands in one line, columns two spaces apart. In less room a row goes on below itself:
//! a sentence is wrapped, a path broken, and of a change each side is cut on its own.

use anstyle::Style;

use super::cell::{Cell, Content, SIDE};
use super::grouped::{RowPath, Standing, grouped};
use super::sanitize::width;
use super::view::View;

/// The blanks between two columns.
const GAP: usize = 2;
/// The widest a value is where nothing else limits it.
const VALUE: usize = 72;
/// A sentence is wrapped in its column only where that has so much room; below its row otherwise.
const PROSE: usize = 36;
/// No column is made narrower than this.
const LEAST: usize = 8;
/// How much deeper than its first line a row goes on.
const HANG: usize = 4;

/// Whether each row has its line.
pub(super) fn fits(rows: &[Vec<Cell>], view: &View) -> bool {
    let widths = widths(rows, &|cell| width(&cell.line(usize::MAX)));
    view.room().is_none_or(|room| widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1) <= room)
}

/// The widest cell of each column.
fn widths(rows: &[Vec<Cell>], of: &dyn Fn(&Cell) -> usize) -> Vec<usize> {
    let count = rows.iter().map(Vec::len).max().unwrap_or_default();
    let widest = |column| rows.iter().filter_map(|row| row.get(column)).map(of).max();
    (0..count).map(|column| widest(column).unwrap_or_default()).collect()
}

/// The rows as lines; a row that goes on below itself holds line breaks. No line ends in white
/// space, and none is wider than there is room. A value is cut unless everything is asked for.
pub(super) fn align(rows: &[Vec<Cell>], view: &View) -> Vec<String> {
    let most = if view.verbose { usize::MAX } else { view.room().unwrap_or(VALUE) };
    match view.room() {
        Some(room) if !fits(rows, view) => {
            let standings = grouped(&rows.iter().map(|row| path_of(row)).collect::<Vec<_>>(), room);
            let rows: Vec<_> =
                rows.iter().zip(&standings).map(|(row, standing)| placed(row, standing)).collect();
            let widths = stops(&rows, room);
            let lines = rows.iter().map(|row| flowing(row, &widths, room, view.verbose));
            let with_head = |(line, standing): (String, Standing)| match standing {
                Standing::First(head) => format!("{head}\n{line}"),
                Standing::Whole | Standing::Below => line,
            };
            lines.zip(standings).map(with_head).collect()
        }
        _ => {
            let widths = widths(rows, &|cell| width(&cell.line(most)));
            rows.iter().map(|row| in_line(row, &widths, most)).collect()
        }
    }
}

/// What of a row decides whether it is grouped.
fn path_of(row: &[Cell]) -> RowPath<'_> {
    let first = row.first();
    RowPath {
        parent: row.iter().find_map(Cell::parent),
        indent: first.map_or(0, Cell::indent),
        begins: first.is_some_and(|cell| cell.begins),
    }
}

/// A row where it stands: below the parent of its path, that is left out.
fn placed(row: &[Cell], standing: &Standing) -> Vec<Cell> {
    if *standing == Standing::Whole {
        return row.to_vec();
    }
    let cells = row.iter().map(Cell::below_parent).enumerate();
    cells.map(|(at, cell)| if at == 0 { cell.deeper() } else { cell }).collect()
}

/// How wide each column is where rows go on below themselves: names keep their place as long as there is
/// some for the others.
fn stops(rows: &[Vec<Cell>], room: usize) -> Vec<usize> {
    let names = widths(rows, &|cell| match &cell.content {
        // What stands over numbers is wider than they are.
        Content::Name(text) if cell.right && !text.starts_with(|c: char| c.is_ascii_digit()) => 0,
        Content::Name(text) => width(text),
        Content::Prose(_) | Content::Value(_) | Content::Change(_) => 0,
    });
    let others = widths(rows, &|cell| match &cell.content {
        Content::Name(_) => 0,
        Content::Prose(text) => width(text).min(PROSE),
        Content::Value(_) | Content::Change(_) => width(&cell.line(room)).min(2 * SIDE),
    });
    let words = rows.iter().map(|row| words(row).len()).max().unwrap_or_default();
    let mut widths: Vec<usize> = names.iter().zip(&others).map(|(name, other)| *name.max(other)).collect();
    let beside: usize = widths.iter().skip(words).map(|wide| wide + GAP).sum();
    let mut excess = widths.iter().sum::<usize>() + GAP * words.saturating_sub(1) + beside;
    excess = excess.saturating_sub(widths.iter().skip(words).sum::<usize>()).saturating_sub(room);
    for floor in [names, vec![1; widths.len()]] {
        let floors = floor.iter().map(|name| (*name).max(LEAST));
        let mut free: Vec<(&mut usize, usize)> = widths.iter_mut().take(words).zip(floors).collect();
        while excess > 0 {
            let Some((widest, _)) =
                free.iter_mut().filter(|(wide, floor)| **wide > *floor).max_by_key(|(wide, _)| **wide)
            else {
                break;
            };
            **widest -= 1;
            excess -= 1;
        }
    }
    widths
}

/// A row on one line.
fn in_line(row: &[Cell], widths: &[usize], most: usize) -> String {
    let last = row.iter().rposition(|cell| !cell.is_empty()).unwrap_or_default();
    let mut line = String::new();
    for (column, cell) in row.iter().enumerate().take(last + 1) {
        let text = cell.line(most);
        let gap = widths.get(column).copied().unwrap_or_default().saturating_sub(width(&text));
        let (before, after) = if cell.right { (gap, 0) } else { (0, gap) };
        let style = cell.style;
        line.push_str(&" ".repeat(before));
        line.push_str(&format!("{style}{text}{style:#}"));
        line.push_str(&" ".repeat(if column == last { 0 } else { after + GAP }));
    }
    line
}

/// The cells of a row but the numbers at its end.
fn words(row: &[Cell]) -> &[Cell] {
    let last = row.iter().rposition(|cell| !cell.right && !cell.is_empty());
    row.get(..last.map_or(0, |last| last + 1)).unwrap_or(row)
}

/// A row that goes on below itself where it is too wide; the numbers at its end stand beside its first
/// line.
fn flowing(row: &[Cell], widths: &[usize], room: usize, whole: bool) -> String {
    let words = words(row);
    let numbers = row.iter().zip(widths).skip(words.len()).map(|(cell, wide)| {
        let text = cell.line(room);
        (cell, (*wide).max(width(&text)), text)
    });
    let beside: usize = numbers.clone().map(|(_, wide, _)| wide + GAP).sum();
    let indent = row.first().map_or(0, |cell| {
        let line = cell.line(room);
        line.len() - line.trim_start_matches(' ').len()
    });
    let hang = (indent + HANG).min(room / 3);
    let below = room - hang;
    // What stands over numbers may need a line of its own.
    let reserved = if beside > room / 2 { 0 } else { beside };
    let mut flow = Flow::default();
    let (mut column, mut name) = (0, 0);
    for (cell, wide) in words.iter().zip(widths) {
        let used = flow.used();
        let start = if used == 0 { column } else { column.max(used + GAP) };
        column += wide + GAP;
        if cell.is_empty() {
            continue;
        }
        let room = if flow.lines.len() > 1 { room } else { room.saturating_sub(reserved) };
        let left = room.saturating_sub(start);
        if let Some(text) = cell.within(left, whole).filter(|_| !flow.is_full) {
            flow.put(start, &[text], cell.style);
        } else if matches!(cell.content, Content::Prose(_))
            && left >= PROSE.max(cell.widest_word().min(below))
            && !flow.is_full
        {
            flow.put(start, &cell.lines(left, left, whole), cell.style);
        } else if matches!(cell.content, Content::Name(_)) && used < room / 4 && !flow.is_full {
            let lines = cell.lines(left + reserved, below, whole);
            let (first, more) = lines.split_at(1.min(lines.len()));
            flow.put(start, first, cell.style);
            flow.below(hang, more, cell.style);
            flow.is_full = !more.is_empty();
            name = flow.lines.len() - 1;
        } else {
            let lines =
                cell.within(below, whole).map_or_else(|| cell.lines(below, below, whole), |line| vec![line]);
            flow.below(hang, &lines, cell.style);
            flow.is_full = false;
        }
    }
    let end = (room + GAP).saturating_sub(beside);
    // Beside the end of the name, or below it.
    let fits = |line: &Line| line.used + GAP <= end;
    let beside_name = flow.lines.iter().skip(name).position(fits).map(|at| at + name);
    if beside_name.is_none() && beside > 0 {
        flow.lines.insert((name + 1).min(flow.lines.len()), Line::default());
    }
    if let Some(line) = flow.lines.get_mut(beside_name.unwrap_or(name + 1)) {
        let mut end = end;
        for (cell, wide, text) in numbers {
            if !text.is_empty() {
                line.put(end + wide.saturating_sub(width(&text)), &text, cell.style);
            }
            end += wide + GAP;
        }
    }
    flow.lines.into_iter().map(|line| line.text).collect::<Vec<_>>().join("\n")
}

/// A row that is being written, line by line.
#[derive(Default)]
struct Flow {
    lines: Vec<Line>,
    /// Whether the last line ends a broken name: nothing is to look like a part of it.
    is_full: bool,
}

#[derive(Default)]
struct Line {
    text: String,
    /// The columns that it takes.
    used: usize,
}

impl Line {
    /// Text from a column on.
    fn put(&mut self, at: usize, text: &str, style: Style) {
        self.text.push_str(&" ".repeat(at.saturating_sub(self.used)));
        self.text.push_str(&format!("{style}{text}{style:#}"));
        self.used = at.max(self.used) + width(text);
    }
}

impl Flow {
    /// The columns of the last line that are taken.
    fn used(&self) -> usize {
        self.lines.last().map_or(0, |line| line.used)
    }

    /// Lines from a column on, the first of them on the present line.
    fn put(&mut self, at: usize, lines: &[String], style: Style) {
        if let Some((first, more)) = lines.split_first() {
            if self.lines.is_empty() {
                self.lines.push(Line::default());
            }
            if let Some(line) = self.lines.last_mut() {
                line.put(at, first, style);
            }
            self.below(at, more, style);
        }
    }

    /// Lines from a column on, each a new one.
    fn below(&mut self, at: usize, lines: &[String], style: Style) {
        for text in lines {
            let mut line = Line::default();
            line.put(at, text, style);
            self.lines.push(line);
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
        assert_eq!(align(&rows, &View::default()), ["a    ü→  12", "abc       5", "x"]);
    }

    #[test]
    fn paths_of_one_parent_stand_below_it_where_there_is_little_room() {
        let row = |verb: &str, path: &str| {
            let path = path.parse().expect(path);
            vec![Cell::new(format!("  {verb}")), Cell::path("", &path), Cell::change("10", "20")]
        };
        let rows = vec![
            row("take", "spring.datasource.hikari.maximum-pool-size"),
            row("ask", "spring.datasource.hikari.minimum-idle"),
            row("take", "spring.datasource.url"),
            row("take", "servers.internal[0]"),
            row("take", "servers.internal[1]"),
        ];
        assert_eq!(
            align(&rows, &narrow(50)).join("\n"),
            "  spring.datasource.hikari
    take  maximum-pool-size      10 → 20
    ask   minimum-idle           10 → 20
  take    spring.datasource.url  10 → 20
  servers.internal
    take  [0]                    10 → 20
    take  [1]                    10 → 20"
        );
        // There is room for all of it.
        assert!(
            align(&rows, &narrow(64))[0].contains("take  spring.datasource.hikari.maximum-pool-size  10")
        );
    }

    fn narrow(columns: usize) -> View {
        View { columns: Some(columns), ..View::default() }
    }

    fn row(path: &str, change: [&str; 2], why: &str) -> Vec<Cell> {
        vec![Cell::new("  take"), Cell::new(path), Cell::change(change[0], change[1]), Cell::new(why).prose()]
    }

    #[test]
    fn a_row_goes_on_below_itself() {
        let rows = [
            row("database.pool.size", ["10", "20"], "a reason that is much too long for its line"),
            row("a", ["1", "2"], "b"),
            row(
                "ingress.host",
                ["orders.preprod.shop.internal.example.com", "orders.shop.internal.example.com"],
                "",
            ),
        ];
        let numbered =
            [Cell::new("  ~ host"), rows[2][2].clone(), Cell::new("12").right(), Cell::new("7").right()];
        assert_eq!(
            align(&[numbered.to_vec()], &narrow(60)),
            [format!(
                "  ~ host{}12  7\n      orders.preprod.shop.inte… → orders.shop.internal.exam…",
                " ".repeat(47)
            )]
        );
        assert_eq!(
            align(&rows, &narrow(60)).join("\n"),
            "  take  database.pool.size  10 → 20
      a reason that is much too long for its line
  take  a                   1 → 2            b
  take  ingress.host
      orders.preprod.shop.inte… → orders.shop.internal.exam…"
        );
        assert_eq!(
            align(&rows[2..], &narrow(36)).join("\n"),
            "  take  ingress.host
      orders.preprod.shop.interna… →
      orders.shop.internal.example.…"
        );
    }

    proptest::proptest! {
        /// Names and sentences are whole, whatever the room.
        #[test]
        fn no_line_is_too_wide_and_nothing_of_a_name_is_lost(
            path in "[a-z.]{1,80}",
            old in "[a-z0-9.設]{1,90}",
            new in "[a-z0-9.設]{1,90}",
            why in "[a-z]{1,20}( [a-z]{1,12}){0,12}",
            room in 20_usize..120,
        ) {
            for line in align(&[row(&path, [&old, &new], &why), row("a", ["1", "2"], "b")], &narrow(room)) {
                let lines: Vec<_> = line.lines().collect();
                proptest::prop_assert!(lines.iter().all(|line| width(line) <= room), "{}: {:#?}", room, lines);
                proptest::prop_assert!(lines.iter().all(|line| !line.ends_with(' ')), "{}: {:#?}", room, lines);
            }
            let squeezed = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            let all = squeezed(&align(&[row(&path, [&old, &new], &why)], &narrow(room)).concat());
            proptest::prop_assert!(all.contains(&squeezed(&path)) && all.contains(&squeezed(&why)), "{}", all);
        }
    }
}
