//! Paths of one parent grouped below it, where there is little room: the parent is said once.

use super::columns::Cell;
use super::sanitize::width;

/// Wider screens have room for whole paths.
const NARROW: usize = 80;

/// A shorter parent is not worth a line of its own.
const WORTH: usize = 8;

/// Rows, each with the line above it where there is one.
pub(super) struct Grouped {
    pub(super) heads: Vec<Option<String>>,
    pub(super) rows: Vec<Vec<Cell>>,
}

/// Rows that follow one another and whose paths have one parent stand below it.
pub(super) fn grouped(rows: &[Vec<Cell>], room: usize) -> Grouped {
    let mut out = Grouped { heads: Vec::with_capacity(rows.len()), rows: Vec::with_capacity(rows.len()) };
    let parent = |row: &Vec<Cell>| row.iter().find_map(Cell::parent).map(str::to_owned);
    let mut rest = rows;
    while let Some((first, after)) = rest.split_first() {
        let of = parent(first);
        let indent = first.first().map_or(0, Cell::indent);
        let goes_on = |row: &&Vec<Cell>| !row.first().is_some_and(Cell::is_beginning) && parent(row) == of;
        let run = 1 + after.iter().take_while(goes_on).count();
        let (these, others) = rest.split_at(run);
        let is_worth = |parent: &String| width(parent) >= WORTH && indent + width(parent) <= room;
        match of.filter(|_| run > 1 && room <= NARROW).filter(is_worth) {
            Some(parent) => {
                let head = format!("{}{parent}", " ".repeat(indent));
                out.heads.push(Some(head));
                out.heads.extend(std::iter::repeat_n(None, run - 1));
                out.rows.extend(these.iter().map(|row| below(row)));
            }
            None => {
                out.heads.extend(std::iter::repeat_n(None, run));
                out.rows.extend_from_slice(these);
            }
        }
        rest = others;
    }
    out
}

/// A row below the parent of its path.
fn below(row: &[Cell]) -> Vec<Cell> {
    let cells = row.iter().enumerate();
    cells
        .map(|(at, cell)| {
            let cell = cell.below_parent();
            if at == 0 { cell.deeper() } else { cell }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::columns::align;
    use super::super::view::View;
    use super::*;

    fn row(verb: &str, path: &str) -> Vec<Cell> {
        let path = path.parse().expect(path);
        vec![Cell::new(format!("  {verb}")), Cell::path("", &path), Cell::change("10", "20")]
    }

    #[test]
    fn paths_of_one_parent_stand_below_it_where_there_is_little_room() {
        let mut rows = vec![
            row("take", "spring.datasource.hikari.maximum-pool-size"),
            row("ask", "spring.datasource.hikari.minimum-idle"),
            row("take", "spring.datasource.url"),
            row("take", "servers.internal[0]"),
            row("take", "servers.internal[1]"),
            row("take", "a.b"),
            row("take", "a.c"),
        ];
        let at = |rows: &[Vec<Cell>], columns| {
            align(rows, &View { columns: Some(columns), ..View::default() }).join("\n")
        };
        assert_eq!(
            at(&rows, 50),
            "  spring.datasource.hikari
    take  maximum-pool-size      10 → 20
    ask   minimum-idle           10 → 20
  take    spring.datasource.url  10 → 20
  servers.internal
    take  [0]                    10 → 20
    take  [1]                    10 → 20
  take    a.b                    10 → 20
  take    a.c                    10 → 20"
        );
        // There is room for all of it.
        assert!(at(&rows, 64).starts_with("  take  spring.datasource.hikari.maximum-pool-size  10 → 20\n"));
        // What begins anew is not below what another group began.
        let second = rows[1].remove(0).begins(true);
        rows[1].insert(0, second);
        assert!(at(&rows, 50).contains("ask   spring.datasource.hikari.minimum-idle"), "{}", at(&rows, 50));
    }
}
