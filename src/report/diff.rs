//! Two sides of an item compared: for people, programs, pull requests and `patch`.

use std::io::{self, Write};

use similar::udiff::UnifiedHunkHeader;
use similar::{ChangeTag, TextDiff};

use super::cell::Cell;
use super::columns::align;
use super::sanitize::clean;
use super::values::change_cell;
use super::view::View;
use super::{counted, lines, markdown};
use crate::diff::Kind;
use crate::engine::compare::{DiffRow, ItemDiff};
use crate::engine::mode::ModeChange;
use crate::secrets::mask::MaskedText;

/// Writes the differences for people.
///
/// # Errors
/// Those of `out`.
pub fn text(items: &[ItemDiff], left: &str, right: &str, view: &View, out: &mut dyn Write) -> io::Result<()> {
    let mut total = 0;
    for item in items.iter().filter(|item| !item.rows.is_empty()) {
        if total > 0 {
            writeln!(out)?;
        }
        total += item.rows.len();
        let strong = view.styles.strong;
        let head = vec![
            Cell::new(clean(item.key.as_str())).style(strong),
            Cell::default(),
            Cell::new(format!("{}:line", clean(left))).style(view.styles.faint).right(),
            Cell::new(format!("{}:line", clean(right))).style(view.styles.faint).right(),
        ];
        let mut rows = vec![head];
        rows.extend(item.rows.iter().map(|row| cells(row, view)));
        let lines = align(&rows, view);
        writeln!(out, "{}", lines[0])?;
        for (line, row) in lines[1..].iter().zip(&item.rows) {
            writeln!(out, "{line}")?;
            detail(row, view, out)?;
        }
    }
    match total {
        0 => writeln!(out, "no differences"),
        n => writeln!(out, "{}", counted(n, "difference")),
    }
}

/// Writes the files that are recorded with another mode: `  FILE   mode 100644 → 100755, executable now`.
///
/// # Errors
/// Those of `out`.
pub fn modes(changes: &[ModeChange], out: &mut dyn Write) -> io::Result<()> {
    let line = |change: &ModeChange| {
        vec![Cell::new(format!("  {}", clean(&change.file))), Cell::new(change.to_string())]
    };
    let lines = align(&changes.iter().map(line).collect::<Vec<_>>(), &View::default());
    lines.iter().try_for_each(|line| writeln!(out, "{line}"))
}

/// The same for a comment.
///
/// # Errors
/// Those of `out`.
pub fn modes_markdown(changes: &[ModeChange], out: &mut dyn Write) -> io::Result<()> {
    let line = |change: &ModeChange| format!("- {}: {change}", markdown::code(&clean(&change.file)));
    changes.iter().map(line).try_for_each(|line| writeln!(out, "{line}"))
}

/// The same as git writes it above its hunks.
///
/// # Errors
/// Those of `out`.
pub fn modes_unified(changes: &[ModeChange], out: &mut dyn Write) -> io::Result<()> {
    changes.iter().try_for_each(|ModeChange { file, before, after }| {
        let file = clean(file);
        writeln!(out, "diff --git a/{file} b/{file}")?;
        writeln!(out, "old mode {}\nnew mode {}", before.digits(), after.digits())
    })
}

pub(super) fn cells(row: &DiffRow, view: &View) -> Vec<Cell> {
    let style = match row.kind {
        Kind::Added => view.styles.added,
        Kind::Removed => view.styles.removed,
        Kind::Modified => view.styles.modified,
    };
    let line = |line: Option<usize>| line.map_or(String::new(), |line| line.to_string());
    vec![
        Cell::path(&format!("  {} ", row.kind.sign()), &row.path).style(style),
        change_cell(row.left.as_ref(), row.right.as_ref()),
        Cell::new(line(row.left_line)).right(),
        Cell::new(line(row.right_line)).right(),
    ]
}

/// The lines or elements that differ, below the row.
pub(super) fn detail(row: &DiffRow, view: &View, out: &mut dyn Write) -> io::Result<()> {
    let lines = match row.kind {
        Kind::Modified => lines::detail(row.left.as_ref(), row.right.as_ref(), 6, view),
        Kind::Added | Kind::Removed => Vec::new(),
    };
    lines.iter().try_for_each(|line| writeln!(out, "{line}"))
}

/// Writes the differences as Markdown.
///
/// # Errors
/// Those of `out`.
pub fn markdown(items: &[ItemDiff], left: &str, right: &str, out: &mut dyn Write) -> io::Result<()> {
    let mut shown = Vec::new();
    text(items, left, right, &View::default(), &mut shown)?;
    writeln!(out, "<!-- terrace:diff -->\n{}", markdown::fenced(&String::from_utf8_lossy(&shown)))
}

/// Writes the texts' differences in unified format. A secret that differs shows as a line taken
/// out and put in again.
///
/// # Errors
/// Those of `out`.
pub fn unified(
    items: &[ItemDiff],
    left: &str,
    right: &str,
    view: &View,
    out: &mut dyn Write,
) -> io::Result<()> {
    let styles = &view.styles;
    for item in items {
        let name = |label: &str, text: &Option<MaskedText>| match text {
            Some(_) => clean(&format!("{label}/{}.yaml", item.key)).into_owned(),
            None => "/dev/null".to_owned(),
        };
        writeln!(out, "{}--- {}{:#}", styles.removed, name(left, &item.left_text), styles.removed)?;
        writeln!(out, "{}+++ {}{:#}", styles.added, name(right, &item.right_text), styles.added)?;
        unified_lines(&item.left_text, &item.right_text, view, out)?;
    }
    Ok(())
}

/// Writes the hunks of two texts.
pub(super) fn unified_lines(
    left: &Option<MaskedText>,
    right: &Option<MaskedText>,
    view: &View,
    out: &mut dyn Write,
) -> io::Result<()> {
    let styles = &view.styles;
    let mut write = |style: anstyle::Style, sign: &str, line: &str| {
        writeln!(out, "{style}{sign}{}{style:#}", clean(line))
    };
    let (old, new) = (lines_of(left), lines_of(right));
    let diff = TextDiff::from_slices(&old.raw, &new.raw);
    for group in diff.grouped_ops(3) {
        write(styles.frame, "", &UnifiedHunkHeader::new(&group).to_string())?;
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let (sign, style, line) = match change.tag() {
                ChangeTag::Delete => ("-", styles.removed, shown(&old, change.old_index())),
                ChangeTag::Insert => ("+", styles.added, shown(&new, change.new_index())),
                ChangeTag::Equal => (" ", anstyle::Style::new(), shown(&new, change.new_index())),
            };
            write(style, sign, line)?;
            if !change.value().ends_with('\n') {
                write(styles.faint, "", "\\ No newline at end of file")?;
            }
        }
    }
    Ok(())
}

/// The lines of a text, borrowed for comparison.
struct Lines<'a> {
    raw: Vec<&'a str>,
    shown: &'a [String],
}

fn lines_of(text: &Option<MaskedText>) -> Lines<'_> {
    match text {
        Some(text) => Lines { raw: text.raw.iter().map(String::as_str).collect(), shown: &text.shown },
        None => Lines { raw: Vec::new(), shown: &[] },
    }
}

fn shown<'a>(lines: &Lines<'a>, index: Option<usize>) -> &'a str {
    index.and_then(|index| lines.shown.get(index)).map_or("", String::as_str)
}
