//! What waits, what stops and what is behind: one screen for both hops.

use std::io::{self, Write};

use super::columns::{Cell, align};
use super::sanitize::{clean, cut};
use super::view::View;
use super::{counted, markdown};
use crate::engine::promotion::{HopStatus, ItemPlan, ItemState, Level, Resolution};
use crate::model::Key;
use crate::secrets::mask::Shown;

/// Writes the state of both hops for people, values already masked.
///
/// # Errors
/// Those of `out`.
pub fn text(hops: &[HopStatus<Shown>], view: &View, out: &mut dyn Write) -> io::Result<()> {
    let mut next = None;
    let rows: Vec<Vec<Vec<Cell>>> = hops
        .iter()
        .map(|hop| hop.items.iter().filter_map(|(key, state)| row(key, state, view)).collect())
        .collect();
    let quiet = hops.iter().map(|hop| hop.items.len()).sum::<usize>() == 0;
    if quiet {
        return writeln!(out, "everything is promoted");
    }
    // One alignment for both hops, so that the columns of the screen are one.
    let all: Vec<_> = rows.iter().flatten().cloned().collect();
    let mut lines = align(&all, view.room()).into_iter();
    for (hop, rows) in hops.iter().zip(&rows) {
        let strong = view.styles.strong;
        writeln!(out, "{strong}{}{strong:#}", hop.hop)?;
        if rows.is_empty() {
            writeln!(out, "  {}", if hop.items.is_empty() { "in sync" } else { "nothing waits" })?;
        }
        for line in lines.by_ref().take(rows.len()) {
            writeln!(out, "{line}")?;
        }
        let waiting =
            hop.items.iter().find(|(_, state)| matches!(state, ItemState::Differs(plan) if is_waiting(plan)));
        next = next.or_else(|| waiting.map(|(key, _)| (key, hop.hop.target())));
    }
    match next {
        Some((key, target)) => {
            writeln!(out, "\nnext: terrace promote {} --to {target} --dry-run", clean(key.as_str()))
        }
        None => Ok(()),
    }
}

/// Whether something of the plan waits for a promotion or a person.
#[must_use]
pub fn is_waiting(plan: &ItemPlan<Shown>) -> bool {
    plan.lines.iter().any(|line| matches!(line.level, Level::Take | Level::Ask | Level::Stop))
}

fn row(key: &Key, state: &ItemState<Shown>, view: &View) -> Option<Vec<Cell>> {
    let name = Cell::new(format!("  {}", clean(key.as_str())));
    match state {
        ItemState::OnlyInSource => Some(vec![name, Cell::new("not there yet").style(view.styles.faint)]),
        ItemState::Encrypted(file) => {
            let why = format!("not judged: {}", clean(&file.to_string()));
            Some(vec![name, Cell::new(why).style(view.styles.faint).prose()])
        }
        ItemState::Unreadable(why) => {
            Some(vec![name, Cell::new(cut(why, 120)).style(view.styles.error).prose()])
        }
        ItemState::Differs(plan) => {
            let (what, aside) = summary(plan);
            if what.is_empty() && aside.is_empty() {
                return None;
            }
            let stops = plan.lines.iter().any(|line| line.level == Level::Stop);
            let style = if stops { view.styles.error } else { anstyle::Style::new() };
            Some(vec![
                name,
                Cell::new(what).style(style).prose(),
                Cell::new(aside).style(view.styles.faint).prose(),
            ])
        }
    }
}

/// What waits, and what is said aside.
fn summary(plan: &ItemPlan<Shown>) -> (String, String) {
    let level = |level: Level| plan.lines.iter().filter(move |line| line.level == level);
    let unknown = level(Level::Stop).filter(|line| line.resolution == Resolution::Unknown).count();
    let conflicts = level(Level::Stop).count() - unknown;
    let counts = [
        (level(Level::Take).count(), "to promote", "to promote"),
        (level(Level::Ask).count(), "new key", "new keys"),
        (conflicts, "conflict", "conflicts"),
        (unknown, "unknown (history is cut off)", "unknown (history is cut off)"),
        (level(Level::Offer).count(), "offered", "offered"),
    ];
    let mut parts: Vec<String> = counts
        .iter()
        .filter(|(n, _, _)| *n > 0)
        .map(|(n, one, many)| format!("{n} {}", if *n == 1 { one } else { many }))
        .collect();
    let behind = plan
        .lines
        .iter()
        .filter(|line| line.resolution == Resolution::Behind)
        .max_by_key(|line| line.target_commit.as_ref().map(|commit| commit.time));
    if let Some(commit) = behind.and_then(|line| line.target_commit.as_ref()) {
        parts.push(format!("behind since {}, set by {}", commit.date(), cut(&commit.author, 24)));
    }
    let kept = level(Level::Keep).filter(|line| line.resolution != Resolution::Behind).count();
    let aside = match kept {
        0 => String::new(),
        n => format!("({} {} keeps for itself)", counted(n, "value"), plan.hop.target()),
    };
    (parts.join(", "), aside)
}

/// Writes the state as Markdown.
///
/// # Errors
/// Those of `out`.
pub fn markdown(hops: &[HopStatus<Shown>], out: &mut dyn Write) -> io::Result<()> {
    let mut shown = Vec::new();
    text(hops, &View::default(), &mut shown)?;
    writeln!(out, "<!-- terrace:status -->\n{}", markdown::fenced(&String::from_utf8_lossy(&shown)))
}
