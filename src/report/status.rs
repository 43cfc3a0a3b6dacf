//! What waits, what stops and what is behind: one screen for both hops.

use std::collections::HashSet;
use std::io::{self, Write};

use indexmap::IndexSet;

use super::cell::Cell;
use super::columns::align;
use super::sanitize::{clean, cut};
use super::view::View;
use super::{counted, markdown, path_name};
use crate::engine::promotion::{HopStatus, ItemPlan, ItemState, Level, PlanEntry, Resolution};
use crate::model::{Environment, Hop, Key};
use crate::secrets::mask::Shown;

/// Writes the state of both hops for people, values already masked; `hidden` says what hides items.
///
/// # Errors
/// Those of `out`.
pub fn text(
    hops: &[HopStatus<Shown>],
    hidden: &[String],
    view: &View,
    out: &mut dyn Write,
) -> io::Result<()> {
    let quiet = hops.iter().all(|hop| hop.items.is_empty());
    if quiet && hidden.is_empty() {
        return writeln!(out, "everything is promoted");
    }
    if quiet {
        writeln!(out, "everything that is judged is promoted")?;
        return not_judged(hops, hidden, view, out);
    }
    let rows: Vec<Vec<Vec<Cell>>> = hops
        .iter()
        .map(|hop| hop.items.iter().filter_map(|(key, state)| row(key, state, hop.hop, view)).collect())
        .collect();
    // One alignment for both hops, so that the columns of the screen are one.
    let all: Vec<_> = rows.iter().flatten().cloned().collect();
    let mut lines = align(&all, view).into_iter();
    for (hop, rows) in hops.iter().zip(&rows) {
        let strong = view.styles.strong;
        writeln!(out, "{strong}{}{strong:#}", hop.hop)?;
        for line in lines.by_ref().take(rows.len()) {
            writeln!(out, "{line}")?;
        }
        let absent = hop.items.iter().filter(|(_, state)| matches!(state, ItemState::OnlyInSource));
        let absent: Vec<&str> = absent.map(|(key, _)| key.as_str()).collect();
        if !absent.is_empty() {
            let verb = if absent.len() == 1 { "is" } else { "are" };
            let faint = view.styles.faint;
            let names = view.names(&absent);
            writeln!(
                out,
                "  {faint}{} {verb} not there yet: {names}{faint:#}",
                counted(absent.len(), "item")
            )?;
        }
        if rows.is_empty() && absent.is_empty() {
            let is_unread = |(_, state): &(Key, ItemState<Shown>)| matches!(state, ItemState::Unreadable(_));
            let word = match &hop.items[..] {
                [] => "in sync",
                items if items.iter().any(is_unread) => "nothing waits of what is judged",
                _ => "nothing waits",
            };
            writeln!(out, "  {word}")?;
        }
    }
    not_judged(hops, hidden, view, out)?;
    match next(hops) {
        Some((key, target)) => {
            let (key, to) = (clean(key.as_str()), format!("--to {target}"));
            writeln!(out, "\n{}", view.command("next: ", &["terrace", "promote", &key, &to, "--dry-run"]))
        }
        None => Ok(()),
    }
}

/// The items that cannot be judged, and what else hides some, each said once.
fn not_judged(
    hops: &[HopStatus<Shown>],
    hidden: &[String],
    view: &View,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut rows: IndexSet<(&str, &str)> = IndexSet::new();
    for (key, state) in hops.iter().flat_map(|hop| &hop.items) {
        if let ItemState::Unreadable(why) = state {
            rows.insert((key.as_str(), why));
        }
    }
    let told: HashSet<&str> = rows.iter().map(|(_, why)| *why).collect();
    rows.extend(hidden.iter().filter(|why| !told.contains(why.as_str())).map(|why| ("", why.as_str())));
    if rows.is_empty() {
        return Ok(());
    }
    let style = view.styles.error;
    writeln!(out, "\n{style}not judged{style:#}")?;
    let cells = |(key, why): (&str, &str)| {
        vec![Cell::new(format!("  {}", clean(key))), Cell::new(cut(why, 120)).prose()]
    };
    let rows: Vec<_> = rows.into_iter().map(cells).collect();
    align(&rows, view).iter().try_for_each(|line| writeln!(out, "{line}"))
}

/// The item with most to do, and where it goes; the first of several.
fn next(hops: &[HopStatus<Shown>]) -> Option<(&Key, Environment)> {
    let mut most = None;
    for hop in hops {
        for (key, state) in &hop.items {
            let ItemState::Differs(plan) = state else { continue };
            let waiting = plan.lines.iter().filter(|line| waits(line)).count();
            if waiting > most.map_or(0, |(count, _)| count) {
                most = Some((waiting, (key, hop.hop.target())));
            }
        }
    }
    most.map(|(_, next)| next)
}

fn waits(line: &PlanEntry<Shown>) -> bool {
    matches!(line.level, Level::Take | Level::Ask | Level::Stop)
}

/// Whether something of the plan waits for a promotion or a person.
#[must_use]
pub fn is_waiting(plan: &ItemPlan<Shown>) -> bool {
    plan.lines.iter().any(waits)
}

fn row(key: &Key, state: &ItemState<Shown>, hop: Hop, view: &View) -> Option<Vec<Cell>> {
    let name = Cell::new(format!("  {}", clean(key.as_str())));
    match state {
        ItemState::OnlyInSource | ItemState::Unreadable(_) => None,
        ItemState::Deleted => {
            let what = format!("deleted in {}; {} still has it", hop.source(), hop.target());
            Some(vec![name, Cell::new(what).prose(), Cell::new("(--delete)").style(view.styles.faint)])
        }
        ItemState::Renamed(from) => {
            let from = clean(from.as_str());
            let what = format!("was {from} in {0}; {1} still has {from}", hop.source(), hop.target());
            Some(vec![name, Cell::new(what).prose()])
        }
        ItemState::Encrypted(file) => {
            let why = format!("not judged: {}", clean(&file.to_string()));
            Some(vec![name, Cell::new(why).style(view.styles.faint).prose()])
        }
        ItemState::Differs(plan) => {
            let (what, aside) = summary(plan, view);
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
fn summary(plan: &ItemPlan<Shown>, view: &View) -> (String, String) {
    let level = |level: Level| plan.lines.iter().filter(move |line| line.level == level);
    let unknown = level(Level::Stop).filter(|line| line.resolution == Resolution::Unknown).count();
    let conflicts = level(Level::Stop).count() - unknown;
    let new = level(Level::Ask)
        .filter(|line| !matches!(line.resolution, Resolution::Renamed | Resolution::Removed))
        .count();
    let counts = [
        (level(Level::Take).count(), "to promote", "to promote"),
        (new, "new key", "new keys"),
        (level(Level::Ask).count() - new, "to decide", "to decide"),
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
    if let Some((line, commit)) = behind.and_then(|line| Some((line, line.target_commit.as_ref()?))) {
        let value = line.target.as_ref().map_or("nothing".to_owned(), |value| view.value(value));
        let (path, by) = (path_name(&line.path), cut(&commit.author, 24));
        parts.push(format!("behind since {}, set by {by}: {path} {value}", commit.date()));
    }
    let (secrets, pins): (Vec<_>, Vec<_>) = plan.to_give().partition(|line| line.literal);
    for (lines, what) in [(secrets, "secret"), (pins, "pinned value")] {
        if !lines.is_empty() {
            parts.push(format!("{} to give", counted(lines.len(), what)));
        }
    }
    let kept = level(Level::Keep).filter(|line| line.resolution != Resolution::Behind).count();
    let kept = kept.saturating_sub(plan.to_give().count());
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
    text(hops, &[], &View::default(), &mut shown)?;
    writeln!(out, "<!-- terrace:status -->\n{}", markdown::fenced(&String::from_utf8_lossy(&shown)))
}
