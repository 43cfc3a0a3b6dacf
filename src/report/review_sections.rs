//! The parts of a review as text, one after the other; a terminal shows them below their titles, a
//! comment folds them.
//!
//! Titles hold nothing of a file but counts. Every line of a body has passed the sanitizer.

use std::cmp::Reverse;
use std::io::{self, Write};

use super::cell::Cell;
use super::columns::align;
use super::diff::{detail, modes};
use super::sanitize::{clean, cut};
use super::values::change_cell;
use super::view::View;
use super::{counted, path_name, status, text};
use crate::diff::Kind;
use crate::engine::compare::DiffRow;
use crate::engine::departure::Departure;
use crate::engine::promotion::{DecisionState, Reason, Until};
use crate::engine::review::{
    DecisionChange, FileChangeKind, ItemChange, Origin, Review, Row, SchemaChange, WaiverChange,
};
use crate::model::{CommitInfo, Date, Environment, Finding, Hop, Key, Rule, Value};
use crate::secrets::shown_path;

/// One part of a review.
pub(super) struct Section {
    /// What it is and how much there is of it.
    pub(super) title: String,
    /// Its lines.
    pub(super) body: String,
    /// Whether it may stay folded.
    pub(super) aside: bool,
}

/// The parts that have something to say, what matters most first.
pub(super) fn sections(review: &Review, view: &View) -> io::Result<Vec<Section>> {
    let found = &review.findings;
    // Those are told first, and in one line each.
    let introduced: Vec<&Finding> =
        found.introduced.iter().filter(|finding| finding.rule != Rule::PolicyWeakened).collect();
    let mut out = vec![section(format!("weakened: {}", review.weakened.len()), false, |out| {
        weakened(review, view, out)
    })?];
    out.push(section("accepted here".to_owned(), false, |out| {
        review.decisions.iter().try_for_each(|change| decision(change, out))?;
        review.waivers.iter().try_for_each(|change| waiver(change, out))
    })?);
    out.push(section(format!("introduced: {}", counted(introduced.len(), "finding")), false, |out| {
        findings(introduced, view, out)
    })?);
    for environment in Environment::ALL.into_iter().rev() {
        let items: Vec<&ItemChange> = review.of(environment).collect();
        out.push(section(title(environment, &items), false, |out| {
            items.iter().try_for_each(|item| self::item(item, view, out))
        })?);
    }
    out.push(section("modes".to_owned(), false, |out| modes(&review.modes, out))?);
    out.push(section("schemas and policy".to_owned(), false, |out| {
        if review.policy {
            writeln!(out, "  terrace.toml changes: every item was judged anew")?;
        }
        review.schemas.iter().try_for_each(|change| schema(change, out))
    })?);
    out.push(section("then waits for the next hop".to_owned(), false, |out| {
        match review.waiting.as_slice() {
            [] => Ok(()),
            waiting => {
                let columns = view.columns.map(|columns| columns.saturating_sub(2));
                let narrower = View { columns, ..view.clone() };
                indented(out, |out| status::text(waiting, &[], &narrower, out))
            }
        }
    })?);
    let mended = format!("mended: {}", counted(found.mended.len(), "finding"));
    out.push(section(mended, true, |out| findings(&found.mended, view, out))?);
    let known = format!("there before: {}", counted(found.known.len(), "finding"));
    out.push(section(known, true, |out| findings(&found.known, view, out))?);
    let commits = counted(review.commits.len() + review.more_commits, "commit");
    out.push(section(commits, true, |out| self::commits(&review.commits, review.more_commits, view, out))?);
    out.retain(|section| !section.body.is_empty());
    Ok(out)
}

fn section(
    title: String,
    aside: bool,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<Section> {
    let mut body = Vec::new();
    write(&mut body)?;
    Ok(Section { title, body: String::from_utf8_lossy(&body).into_owned(), aside })
}

fn indented(out: &mut dyn Write, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut text = Vec::new();
    write(&mut text)?;
    for line in String::from_utf8_lossy(&text).lines() {
        writeln!(out, "{}{line}", if line.is_empty() { "" } else { "  " })?;
    }
    Ok(())
}

/// `  foreign-host is turned off   warning[policy-weakened], terrace.toml:3`.
fn weakened(review: &Review, view: &View, out: &mut dyn Write) -> io::Result<()> {
    let findings = review.findings.introduced.iter().filter(|finding| finding.rule == Rule::PolicyWeakened);
    let line = |finding: &Finding| {
        let before = finding.related.first().filter(|_| finding.location.is_none());
        let line = match (finding.location, before) {
            (Some(at), _) => format!(":{}", at.start.line),
            (None, Some(before)) => format!(":{} before", before.location.start.line),
            (None, None) => String::new(),
        };
        let place = format!("{}{line}", clean(&finding.file));
        vec![
            Cell::new(format!("  {}", cut(&finding.message, 120))).prose(),
            Cell::new(format!("{}[{}], {place}", finding.severity, finding.rule)),
        ]
    };
    align(&findings.map(line).collect::<Vec<_>>(), view).iter().try_for_each(|line| writeln!(out, "{line}"))
}

fn findings<'f>(
    findings: impl IntoIterator<Item = &'f Finding>,
    view: &View,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut findings: Vec<&Finding> = findings.into_iter().collect();
    findings.sort_by_key(|finding| Reverse(finding.severity));
    for (n, finding) in findings.into_iter().enumerate() {
        if n > 0 {
            writeln!(out)?;
        }
        text::finding(finding, view, out)?;
    }
    Ok(())
}

/// `production: 4 changes in 2 items: 2 promoted, 1 by hand, 1 in several environments at once`.
fn title(environment: Environment, items: &[&ItemChange]) -> String {
    let rows = || items.iter().flat_map(|item| &item.rows);
    let count = |fits: fn(&Origin) -> bool| rows().filter(|row| fits(&row.origin)).count();
    let counts = [
        (count(|origin| matches!(origin, Origin::Overwrites { .. })), "against what is kept"),
        (count(|origin| matches!(origin, Origin::Overtaken(..))), "left by the source"),
        (count(|origin| matches!(origin, Origin::Promoted(_) | Origin::Offered { .. })), "promoted"),
        (count(|origin| matches!(origin, Origin::ByHand(_))), "by hand"),
        (count(|origin| matches!(origin, Origin::Together(_))), "in several environments at once"),
        (items.iter().filter(|item| item.what == FileChangeKind::Encrypted).count(), "encrypted"),
    ];
    let parts: Vec<String> =
        counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    let values = items.iter().map(|item| item.extent()).sum();
    let files = counted(items.len(), "item");
    let told = match (values, parts.is_empty()) {
        (0, _) | (_, true) if not_compared(items.iter().copied()) == items.len() => {
            format!("{environment}: {files}")
        }
        (0, _) | (_, true) => format!("{environment}: {files}, no value changes"),
        _ => format!("{environment}: {} in {files}: {}", counted(values, "change"), parts.join(", ")),
    };
    match not_compared(items.iter().copied()) {
        0 => told,
        n => format!("{told}, {n} not compared"),
    }
}

/// How many of these items cannot be read, so that nobody knows what changes in them.
pub(super) fn not_compared<'a>(items: impl Iterator<Item = &'a ItemChange>) -> usize {
    items.filter(|item| item.what == FileChangeKind::Unreadable).count()
}

fn item(item: &ItemChange, view: &View, out: &mut dyn Write) -> io::Result<()> {
    let strong = view.styles.strong;
    let what = match &item.what {
        FileChangeKind::Added => "   new item".to_owned(),
        FileChangeKind::Removed => "   removed".to_owned(),
        FileChangeKind::Renamed(old) => {
            format!("   renamed from {}, otherwise the same", clean(old.as_str()))
        }
        FileChangeKind::Modified => String::new(),
        FileChangeKind::Layout => "   comments or layout only".to_owned(),
        FileChangeKind::Unreadable => "   not compared: it cannot be read".to_owned(),
        FileChangeKind::Encrypted => "   changed, encrypted with SOPS".to_owned(),
        FileChangeKind::Readable => "   can be read again; what it was before is not known".to_owned(),
    };
    writeln!(out, "  {strong}{}{strong:#}{what}", clean(item.key.as_str()))?;
    let lines = align(&item.rows.iter().map(|row| cells(row, view)).collect::<Vec<_>>(), view);
    for (line, row) in lines.iter().zip(&item.rows) {
        writeln!(out, "{line}")?;
        detail(&row.diff, view, out)?;
    }
    Ok(())
}

fn cells(row: &Row, view: &View) -> Vec<Cell> {
    let diff = &row.diff;
    let styles = &view.styles;
    let style = match diff.kind {
        Kind::Added => styles.added,
        Kind::Removed => styles.removed,
        Kind::Modified => styles.modified,
    };
    let (path, what) = if diff.path.is_file() {
        let values = match (&diff.left, &diff.right) {
            (Some(left), Some(right)) => Cell::change(&amount(left.shown()), &amount(right.shown())),
            (left, right) => {
                Cell::new(left.as_ref().or(right.as_ref()).map(|it| amount(it.shown())).unwrap_or_default())
            }
        };
        ("(the whole item)".to_owned(), values)
    } else {
        (path_name(&diff.path), change_cell(diff.left.as_ref(), diff.right.as_ref()))
    };
    let sign = diff.kind.sign();
    vec![
        Cell::new(format!("    {sign} {path}")).style(style),
        what,
        Cell::new(origin_phrase(row)).style(styles.faint).prose(),
    ]
}

/// How much an item says.
fn amount(value: &Value) -> String {
    match value {
        Value::Null => "no value".to_owned(),
        value => counted(leaves(value), "value"),
    }
}

fn leaves(value: &Value) -> usize {
    match value {
        Value::Map(map) => map.values().map(leaves).sum(),
        Value::List(list) => list.iter().map(leaves).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Tagged(..) => 1,
    }
}

fn origin_phrase(Row { diff, origin }: &Row) -> String {
    match origin {
        Origin::Promoted(source) => format!("promoted from {source}"),
        Origin::Offered { hop, reason } => {
            format!("promoted from {}, offered only: {}", hop.source(), clean(&reason.phrase(*hop)))
        }
        Origin::Overtaken(source, Departure::TakenBack) => format!("from {source}, which has taken it back"),
        Origin::Overtaken(source, Departure::WentOn) => {
            format!("from {source}, which has gone on to another")
        }
        Origin::Overwrites { hop, since, reason } => against(*hop, *since, reason, diff),
        Origin::Together(others) => format!("at once with {}", names(others)),
        Origin::ByHand(others) if others.is_empty() => "by hand".to_owned(),
        Origin::ByHand(others) => {
            let change = if others.len() == 1 { "changes" } else { "change" };
            format!("by hand; {} {change} otherwise", names(others))
        }
    }
}

/// What a value goes against that the plan keeps.
fn against(hop: Hop, since: Option<Date>, reason: &Reason, diff: &DiffRow) -> String {
    let target = hop.target();
    let since = since.map_or_else(String::new, |since| format!(", kept since {since}"));
    match reason {
        Reason::Pinned { line } => format!("overwrites a pinned value (terrace.toml:{line})"),
        Reason::Declined { by, reason, until } => {
            let until = match until {
                Until::SourceChanges => format!("until {} changes", hop.source()),
                Until::Released => "until released".to_owned(),
                Until::Date(date) => format!("until {date}"),
            };
            let by = if by.is_empty() { String::new() } else { format!("{}, ", cut(by, 40)) };
            format!("against a decision: {} ({by}{until})", cut(reason, 120))
        }
        _ => match (&diff.left, &diff.right) {
            (Some(was), Some(_)) if was.shown().is_scalar() => {
                format!("overwrites {target}'s own {}{since}", cut(&was.shown().to_string(), 40))
            }
            (Some(_), Some(_)) => format!("overwrites {target}'s own value{since}"),
            (Some(_), None) => format!("removes {target}'s own{since}"),
            (None, _) => format!("left out by a promotion: {}", clean(&reason.phrase(hop))),
        },
    }
}

fn names(environments: &[Environment]) -> String {
    environments.iter().map(|env| env.name()).collect::<Vec<_>>().join(" and ")
}

fn schema(change: &SchemaChange, out: &mut dyn Write) -> io::Result<()> {
    let breaks: Vec<String> =
        change.breaks.iter().map(|(env, n)| format!("{} in {env}", counted(*n, "value"))).collect();
    let breaks = match (breaks.as_slice(), change.keys.as_slice()) {
        (_, []) => "describes no item".to_owned(),
        ([], keys) => format!("describes {}; breaks nothing that was left alone", some(keys)),
        (breaks, keys) => format!("describes {}; breaks {}", some(keys), breaks.join(", ")),
    };
    writeln!(out, "  {} {}: {breaks}", change.kind.name(), clean(&change.file))
}

/// The first keys, and how many more there are.
fn some(keys: &[Key]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<_> = keys.iter().take(SHOWN).map(|key| clean(key.as_str())).collect();
    let more = keys.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

pub(super) fn decision(change: &DecisionChange, out: &mut dyn Write) -> io::Result<()> {
    let DecisionChange { key, target, decision, turn, life, before: _ } = change;
    let source = Hop::into_target(*target).map_or("its source", |hop| hop.source().name());
    let until = match (&decision.until, life) {
        (_, DecisionState::SourceChanged) => format!("{source} has changed"),
        (Until::Date(date), DecisionState::Expired) => format!("ended on {date}"),
        (Until::SourceChanges, _) => format!("until {source} changes"),
        (Until::Released, _) => "until released".to_owned(),
        (Until::Date(date), _) => format!("until {date}"),
    };
    let by = if decision.by.is_empty() { String::new() } else { format!("{}, ", cut(&decision.by, 40)) };
    let path = cut(&shown_path(&decision.path), 120).into_owned();
    let reason = cut(&decision.reason, 200);
    let turn = turn.name();
    writeln!(
        out,
        "  {turn:<8}decision: {target} keeps {} {path}: {reason} ({by}{until})",
        clean(key.as_str())
    )
}

pub(super) fn waiver(change: &WaiverChange, out: &mut dyn Write) -> io::Result<()> {
    let WaiverChange { rule, place, reason, by, until, turn, accepts } = change;
    let by = if by.is_empty() { String::new() } else { format!("{}, ", cut(by, 40)) };
    let until = until.as_ref().map(|until| format!(", until {until}")).unwrap_or_default();
    let place = if place.is_empty() { "everywhere".into() } else { cut(place, 120) };
    let accepts = match accepts {
        0 => "accepts nothing here".to_owned(),
        n => format!("accepts {}", counted(*n, "finding")),
    };
    let turn = turn.name();
    writeln!(out, "  {turn:<8}waiver for {rule} {place}: {} ({by}{accepts}{until})", cut(reason, 200))
}

fn commits(commits: &[CommitInfo], more: usize, view: &View, out: &mut dyn Write) -> io::Result<()> {
    let line = |commit: &CommitInfo| {
        vec![
            Cell::new(format!("  {}", commit.id.short())),
            Cell::new(cut(&commit.subject, 80)).prose(),
            Cell::new(format!("{}, {}", cut(&commit.author, 40), commit.date())).prose(),
        ]
    };
    for line in align(&commits.iter().map(line).collect::<Vec<_>>(), view) {
        writeln!(out, "{line}")?;
    }
    match more {
        0 => Ok(()),
        more => writeln!(out, "  and {more} more"),
    }
}
