//! Paths of one parent grouped below it, where there is little room: the parent is said once.

use super::sanitize::width;

/// Wider screens have room for whole paths.
const NARROW: usize = 80;

/// A shorter parent is not worth a line of its own.
const WORTH: usize = 8;

/// What of a row decides whether it is grouped.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RowPath<'r> {
    /// The parent of its path.
    pub(super) parent: Option<&'r str>,
    /// The blanks that it begins with.
    pub(super) indent: usize,
    /// Whether it has nothing to do with the row before.
    pub(super) begins: bool,
}

/// Where a row stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// By itself, with its whole path.
    Whole,
    /// Below this line, which holds the parent of its path and stands above it.
    First(String),
    /// Below the same line as the row before.
    Below,
}

/// Where each row stands: rows that follow one another and whose paths have one parent stand below it.
pub(super) fn grouped(rows: &[RowPath<'_>], room: usize) -> Vec<Standing> {
    let mut out = Vec::with_capacity(rows.len());
    let mut rest = rows;
    while let Some((first, after)) = rest.split_first() {
        let run = 1 + after.iter().take_while(|row| !row.begins && row.parent == first.parent).count();
        let is_worth = |parent: &&str| width(parent) >= WORTH && first.indent + width(parent) <= room;
        match first.parent.filter(|_| run > 1 && room <= NARROW).filter(is_worth) {
            Some(parent) => {
                out.push(Standing::First(format!("{}{parent}", " ".repeat(first.indent))));
                out.extend(std::iter::repeat_n(Standing::Below, run - 1));
            }
            None => out.extend(std::iter::repeat_n(Standing::Whole, run)),
        }
        rest = rest.get(run..).unwrap_or_default();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_one_parent_that_follow_one_another_stand_below_it() {
        let row = |parent: &'static str| RowPath {
            parent: Some(parent).filter(|it| !it.is_empty()),
            indent: 2,
            begins: false,
        };
        let (long, other) = ("spring.datasource", "servers.internal");
        let first = |parent: &str| Standing::First(format!("  {parent}"));
        let begun = RowPath { begins: true, ..row(long) };
        for (rows, room, expected) in [
            (vec![row(long), row(long), row("")], 60, vec![first(long), Standing::Below, Standing::Whole]),
            (
                vec![row(long), row(other), row(other)],
                60,
                vec![Standing::Whole, first(other), Standing::Below],
            ),
            // Nothing to save, enough room, too little room, nothing to do with one another.
            (vec![row("a"), row("a")], 60, vec![Standing::Whole, Standing::Whole]),
            (vec![row(long), row(long)], 81, vec![Standing::Whole, Standing::Whole]),
            (vec![row(long), row(long)], 18, vec![Standing::Whole, Standing::Whole]),
            (vec![row(long), begun], 60, vec![Standing::Whole, Standing::Whole]),
            (vec![row(""), row("")], 60, vec![Standing::Whole, Standing::Whole]),
        ] {
            assert_eq!(grouped(&rows, room), expected, "{rows:?} {room}");
        }
    }
}
