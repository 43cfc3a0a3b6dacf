//! One changed file as `git diff` shows it: by path, and by lines where paths do not tell.

use std::io::{self, Write};

use super::cell::Cell;
use super::columns::align;
use super::diff::{cells, detail, unified_lines};
use super::sanitize::clean;
use super::view::View;
use crate::engine::compare::FileDiff;
use crate::engine::mode::described;

/// Writes the difference of a file.
///
/// # Errors
/// Those of `out`.
pub fn file_diff(name: &str, diff: &FileDiff, view: &View, out: &mut dyn Write) -> io::Result<()> {
    let styles = &view.styles;
    writeln!(out, "{}diff --terrace {}{:#}", styles.strong, clean(name), styles.strong)?;
    if let [Some(before), Some(after)] = diff.modes
        && before != after
    {
        writeln!(out, "{}{}{:#}", styles.faint, described(before, after), styles.faint)?;
    }
    if let Some(reason) = diff.by_lines {
        writeln!(out, "{}{reason}{:#}", styles.faint, styles.faint)?;
        return unified_lines(&diff.left_text, &diff.right_text, view, out);
    }
    let place = |side: &str| Cell::new(format!("{side}:line")).style(styles.faint).right();
    let mut rows = vec![vec![Cell::default(), Cell::default(), place("old"), place("new")]];
    rows.extend(diff.rows.iter().map(|row| cells(row, view)));
    let lines = align(&rows, view);
    if let Some((head, lines)) = lines.split_first().filter(|_| !diff.rows.is_empty()) {
        writeln!(out, "{head}")?;
        for (line, row) in lines.iter().zip(&diff.rows) {
            writeln!(out, "{line}")?;
            detail(row, view, out)?;
        }
    }
    if diff.comments_differ {
        writeln!(out, "{}  comments differ as well: git diff --no-ext-diff{:#}", styles.faint, styles.faint)?;
    }
    Ok(())
}

/// Writes that a file is in an unfinished merge.
///
/// # Errors
/// Those of `out`.
pub fn unmerged(name: &str, view: &View, out: &mut dyn Write) -> io::Result<()> {
    let strong = view.styles.strong;
    writeln!(out, "{strong}* unmerged {}{strong:#}", clean(name))
}
