//! What a rollback would do, before somebody decides.

use std::io::{self, Write};

use super::cell::Cell;
use super::columns::align;
use super::path_name;
use super::sanitize::{clean, cut};
use super::values::{change_cell, removal_cell};
use super::view::View;
use crate::engine::promotion::{Action, Level, PlanEntry, Reason};
use crate::engine::rollback::{ItemFate, ItemRollback};
use crate::model::Environment;
use crate::secrets::mask::Shown;

/// Writes one item's rollback for people, values already masked. `before` says whether the commit
/// is taken back, or gone back to.
///
/// # Errors
/// Those of `out`.
pub fn text(
    item: &ItemRollback<Shown>,
    environment: Environment,
    before: bool,
    view: &View,
    out: &mut dyn Write,
) -> io::Result<()> {
    let commit = &item.commit;
    let word = if before { "to before" } else { "to" };
    let goal = format!("{environment} {word} {}", commit.id.short());
    writeln!(out, "{}", view.head(item.key.as_str(), &goal))?;
    writeln!(out, "{}\n", view.commit(commit))?;
    match item.whole {
        ItemFate::Stays => {}
        ItemFate::Goes => writeln!(out, "  back    the item is removed: this commit brought it")?,
        ItemFate::Returns => writeln!(out, "  back    the item returns")?,
    }
    let concerned = item.lines.iter().filter(|line| line.level != Level::Keep);
    let rows: Vec<_> = concerned.map(|line| row(line, view)).collect();
    for line in align(&rows, view) {
        writeln!(out, "{line}")?;
    }
    if rows.is_empty() && item.whole == ItemFate::Stays {
        writeln!(out, "  nothing of it is left to take back")?;
    }
    writeln!(out)
}

fn row(line: &PlanEntry<Shown>, view: &View) -> Vec<Cell> {
    let back = match &line.source {
        _ if line.renamed.is_some() => Cell::new("renamed"),
        None if line.target.is_none() => Cell::change("absent", "removed"),
        None => removal_cell(line.target.as_ref()),
        Some(_) => change_cell(line.target.as_ref(), line.source.as_ref()),
    };
    let since = line.target_commit.as_ref().map_or(String::new(), |commit| {
        let who = format!("{}, {}", clean(&commit.author), commit.date());
        format!(" by {who}: {} ({})", cut(&commit.subject, 48), commit.id.short())
    });
    let (word, style, why) = match line.verdict {
        Action::Take => ("back", view.styles.modified, String::new()),
        Action::Stop if line.reason == Reason::CommentedSince => {
            ("STOP", view.styles.error, "a comment written there since would be lost".to_owned())
        }
        Action::Stop => ("STOP", view.styles.error, format!("changed since{since}")),
        Action::Keep | Action::Ask | Action::Decline | Action::Set(_) => {
            ("left", view.styles.faint, "not named by --only".to_owned())
        }
    };
    let path = match &line.renamed {
        Some(renamed) => format!("{} → {}", path_name(&renamed.from), path_name(&line.path)),
        None => path_name(&line.path),
    };
    vec![
        Cell::new(format!("  {word}")).style(style),
        Cell::new(path),
        back,
        Cell::new(why).style(view.styles.faint).prose(),
    ]
}
