//! Plans of promotions, for people before they decide.

use std::io::{self, Write};

use indexmap::IndexMap;

use super::cell::Cell;
use super::columns::align;
use super::sanitize::{clean, cut, width};
use super::values::{change_cell, removal_cell, value_cell, value_cell_beside};
use super::view::View;
use super::{counted, lines, path_name};
use crate::engine::promotion::{Action, GivenValue, ItemPlan, Level, PlanEntry, Reason, Resolution};
use crate::model::{CommitId, CommitInfo, Environment, Hop, Key, Segment, ValuePath};
use crate::secrets::mask::Shown;
use crate::secrets::{shown_path, without_secrets};

/// The most kept values that are listed one by one unless everything is asked for.
const KEPT: usize = 12;

/// So many offers are taken by the one command that is shown.
const OFFERED: usize = 16;

/// Writes an item's plan for people, values already masked.
///
/// # Errors
/// Those of `out`.
pub fn text(plan: &ItemPlan<Shown>, view: &View, out: &mut dyn Write) -> io::Result<()> {
    acting_lines(plan, view, out)?;
    resting(plan, view, KEPT, out)?;
    offers(plan, view, out)?;
    writeln!(out, "\n{}", counts(plan))
}

/// The command that takes what is offered, the first of it where that is very much.
fn offers(plan: &ItemPlan<Shown>, view: &View, out: &mut dyn Write) -> io::Result<()> {
    let offered = plan.lines.iter().filter(|line| is_offered(line));
    let paths: Vec<String> = offered.take(OFFERED).map(|line| quoted(&line.path)).collect();
    if paths.is_empty() {
        return Ok(());
    }
    let to = format!("--to {}", plan.hop.target());
    let mut words = vec!["terrace", "promote", plan.key.as_str(), &to];
    words.extend(paths.iter().flat_map(|path| ["--only", path.as_str()]));
    writeln!(out, "\n{}", view.command("to take what is offered: ", &words))
}

/// Writes one plan of many: what the target keeps is a number.
///
/// # Errors
/// Those of `out`.
pub fn brief(plan: &ItemPlan<Shown>, view: &View, out: &mut dyn Write) -> io::Result<()> {
    acting_lines(plan, view, out)?;
    resting(plan, view, 0, out)?;
    offers(plan, view, out)
}

/// Whether a plan does anything, or has something that a person may want to do.
#[must_use]
pub fn acts(plan: &ItemPlan<Shown>) -> bool {
    !plan.given.is_empty()
        || plan.lines.iter().any(|line| line.verdict != Action::Keep || line.level != Level::Keep)
}

fn is_offered(line: &PlanEntry<Shown>) -> bool {
    line.verdict == Action::Keep && line.level == Level::Offer
}

/// The name of the item, and what is done with its values.
fn acting_lines(plan: &ItemPlan<Shown>, view: &View, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", view.head(plan.key.as_str(), &plan.hop.to_string()))?;
    let groups = groups(plan);
    let row = |(at, index): (usize, &usize)| acting(&plan.lines[*index], plan.hop, at == 0, view);
    // One alignment for all groups, so that the columns of the screen are one.
    let rows: Vec<_> = groups.iter().flat_map(|(_, lines)| lines.iter().enumerate()).map(row).collect();
    let mut aligned = align(&rows, view).into_iter();
    if !groups.is_empty() {
        writeln!(out)?;
    }
    for (commit, lines) in &groups {
        writeln!(out, "{}", heading(*commit, view))?;
        for (index, line) in lines.iter().zip(aligned.by_ref()) {
            writeln!(out, "{line}")?;
            let line = &plan.lines[*index];
            for line in changed_lines(line, view) {
                writeln!(out, "{line}")?;
            }
            if line.verdict == Action::Stop {
                explain_stop(line, plan.hop, view, out)?;
            }
        }
    }
    let set = |given: &GivenValue<Shown>| {
        vec![
            Cell::new("  set").style(view.styles.modified),
            Cell::new(path_name(&given.path)),
            change_cell(given.old.as_ref(), Some(&given.value)),
            Cell::new("as given").style(view.styles.faint).prose(),
        ]
    };
    if !plan.given.is_empty() {
        writeln!(out)?;
    }
    for line in align(&plan.given.iter().map(set).collect::<Vec<_>>(), view) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// What acts, by change, in the order in which people will want to read it: oldest first.
fn groups(plan: &ItemPlan<Shown>) -> Vec<(Option<&CommitInfo>, Vec<usize>)> {
    let acts = |line: &PlanEntry<Shown>| !matches!(line.verdict, Action::Keep);
    let mut groups: IndexMap<Option<&CommitId>, (Option<&CommitInfo>, Vec<usize>)> = IndexMap::new();
    for (index, line) in plan.lines.iter().enumerate().filter(|(_, line)| acts(line)) {
        let commit = line.change();
        groups.entry(commit.map(|c| &c.id)).or_insert((commit, Vec::new())).1.push(index);
    }
    let mut groups: Vec<_> = groups.into_values().collect();
    groups.sort_by_key(|(commit, _)| commit.map(|commit| commit.time));
    groups
}

/// How far what belongs to a line of a plan is indented.
const INDENT: usize = 10;

/// What of a text of several lines becomes another one, or would.
fn changed_lines(line: &PlanEntry<Shown>, view: &View) -> Vec<String> {
    let new = match &line.verdict {
        Action::Set(value) => Some(value),
        Action::Take | Action::Ask | Action::Keep | Action::Stop => line.taken_value(),
        Action::Decline => return Vec::new(),
    };
    lines::detail(line.target.as_ref(), new, INDENT, view)
}

fn heading(commit: Option<&CommitInfo>, view: &View) -> String {
    commit.map_or_else(|| "without a source commit".to_owned(), |commit| view.commit(commit))
}

fn acting(line: &PlanEntry<Shown>, hop: Hop, begins: bool, view: &View) -> Vec<Cell> {
    let (word, style) = match &line.verdict {
        Action::Take if line.is_removal() => ("take", view.styles.removed),
        Action::Take if line.target.is_none() => ("take", view.styles.added),
        Action::Take | Action::Set(_) => ("take", view.styles.modified),
        Action::Ask if line.is_removal() => ("removed", view.styles.removed),
        Action::Ask if line.renamed.is_some() => ("renamed", view.styles.notice),
        Action::Ask => ("new", view.styles.notice),
        Action::Decline => ("keep", view.styles.faint),
        Action::Stop | Action::Keep => ("STOP", view.styles.error),
    };
    let change = match (&line.verdict, &line.source) {
        (Action::Set(value), _) => change_cell(line.target.as_ref(), Some(value)),
        (Action::Decline, _) => {
            let [_, target] = view.sides([line.source.as_ref(), line.target.as_ref()]);
            Cell::new(format!("{} keeps {target}", hop.target())).prose()
        }
        (Action::Stop, _) => {
            let [source, target] = view.sides([line.source.as_ref(), line.target.as_ref()]);
            Cell::new(format!("{} {target}, {} {source}", hop.target(), hop.source())).prose()
        }
        _ if line.renamed.is_some() && line.taken_value() == line.target.as_ref() => {
            line.target.as_ref().map_or_else(|| Cell::new("nothing"), value_cell)
        }
        _ if line.renamed.is_some() => change_cell(line.target.as_ref(), line.taken_value()),
        (_, None) => removal_cell(line.target.as_ref()),
        (_, Some(_)) => change_cell(line.target.as_ref(), line.source.as_ref()),
    };
    let why = match (&line.verdict, line.level) {
        (Action::Take, Level::Take) if line.reason.says_more() => {
            clean(&line.reason.phrase(hop)).into_owned()
        }
        (Action::Take, Level::Offer | Level::Keep | Level::Stop) => {
            format!("asked for; {}", clean(&line.reason.phrase(hop)))
        }
        (Action::Ask, _) if line.reason.says_more() => clean(&line.reason.phrase(hop)).into_owned(),
        (Action::Set(_), _) => "as given".to_owned(),
        (Action::Decline, _) => "as decided; recorded".to_owned(),
        (Action::Stop, _) => clean(&line.reason.phrase(hop)).into_owned(),
        _ => String::new(),
    };
    let is_taken = matches!(line.verdict, Action::Take | Action::Set(_));
    let lost = if is_taken { lost_tag(line) } else { None };
    let lost = lost.map(|tag| format!("the tag {} goes", clean(&tag)));
    let why = [why].into_iter().filter(|why| !why.is_empty()).chain(lost).collect::<Vec<_>>().join("; ");
    vec![
        Cell::new(format!("  {word}")).style(style).begins(begins),
        path_cell(line),
        change,
        Cell::new(why).style(view.styles.faint).prose(),
    ]
}

/// The tag that a value of the target loses.
fn lost_tag(line: &PlanEntry<Shown>) -> Option<String> {
    let new = match &line.verdict {
        Action::Set(value) => Some(value),
        Action::Take | Action::Ask | Action::Keep | Action::Stop | Action::Decline => line.taken_value(),
    };
    line.target.as_ref()?.shown().lost_tag(Some(new?.shown()))
}

/// A path as it is said beside another: its last name where both stand in one place.
fn beside(path: &ValuePath, other: &ValuePath) -> String {
    match (path.parent() == other.parent(), path.last()) {
        (true, Some(Segment::Key(key))) => clean(&without_secrets(key)).into_owned(),
        _ => path_name(path),
    }
}

fn path_cell(line: &PlanEntry<Shown>) -> Cell {
    if line.renamed.is_some() { Cell::new(path_of(line)) } else { Cell::path("", &line.path) }
}

fn path_of(line: &PlanEntry<Shown>) -> String {
    if let Some(renamed) = &line.renamed {
        format!("{} → {}", path_name(&renamed.from), beside(&line.path, &renamed.from))
    } else {
        path_name(&line.path)
    }
}

/// A path as a shell takes it.
fn quoted(path: &ValuePath) -> String {
    let path = clean(&shown_path(path)).into_owned();
    if path.chars().all(|c| c.is_alphanumeric() || "._-/:@".contains(c)) { path } else { format!("'{path}'") }
}

/// The question that a conflict asks: what differs, and how.
#[must_use]
pub fn conflict(key: &Key, line: &PlanEntry<Shown>, hop: Hop, view: &View) -> String {
    let [source, target] = view.sides([line.source.as_ref(), line.target.as_ref()]);
    let changed: String = changed_lines(line, view).iter().map(|line| format!("{line}\n")).collect();
    format!(
        "{changed}{} of {}: {} has {source}, {} has {target}. Which one?",
        path_of(line),
        clean(key.as_str()),
        hop.source(),
        hop.target(),
    )
}

/// Who changed what on each side, and how to decide.
fn explain_stop(line: &PlanEntry<Shown>, hop: Hop, view: &View, out: &mut dyn Write) -> io::Result<()> {
    for (env, commit) in [(hop.source(), &line.commit), (hop.target(), &line.target_commit)] {
        if let Some(commit) = commit {
            let env = format!("{env}:");
            let who = format!("{}, {}", clean(&commit.author), commit.date());
            writeln!(out, "          {env:<12} {who}: {} ({})", cut(&commit.subject, 60), commit.id.short())?;
        }
    }
    if line.reason.is_shared() {
        return Ok(());
    }
    let quoted = quoted(&line.path);
    let ways = [
        format!("--take source={quoted} |"),
        format!("--take target={quoted} |"),
        format!("--set {quoted}=…"),
    ];
    let line = format!("          decide:      {}", ways.join(" "));
    if view.room().is_none_or(|room| width(&line) <= room) {
        return writeln!(out, "{line}");
    }
    writeln!(out, "          decide with one of")?;
    ways.iter().try_for_each(|way| writeln!(out, "            {}", way.trim_end_matches(" |")))
}

/// What is offered and what is kept; no more than `most` of these, unless everything is asked for.
fn resting(plan: &ItemPlan<Shown>, view: &View, most: usize, out: &mut dyn Write) -> io::Result<()> {
    let (source, target) = (plan.hop.source(), plan.hop.target());
    let rest = |level: Level| {
        plan.lines.iter().filter(move |line| line.verdict == Action::Keep && line.level == level)
    };
    let row = |word: &str, line: &PlanEntry<Shown>| {
        let brings = line.level != Level::Keep && line.renamed.is_none();
        let both = !brings && line.target.is_some() && line.resolution != Resolution::Pinned;
        let told = line.source.as_ref().filter(|_| both);
        let value = match (&line.target, &line.source) {
            (target, source) if brings => change_cell(target.as_ref(), source.as_ref()),
            (Some(target), _) => value_cell_beside(target, told),
            (None, Some(source)) => value_cell(source),
            (None, None) => Cell::default(),
        };
        let told = told.map(|_| view.sides([line.source.as_ref(), line.target.as_ref()]));
        let reason = match (told.map(|[source, _]| source), &line.reason) {
            (Some(value), Reason::Own { since: Some(since) }) => {
                format!("{target}'s own; {source} has {value} since {since}")
            }
            (Some(value), reason) => format!("{}; {source} has {value}", clean(&reason.phrase(plan.hop))),
            (None, reason) => clean(&reason.phrase(plan.hop)).into_owned(),
        };
        vec![
            Cell::new(word).style(view.styles.faint),
            path_cell(line),
            value,
            Cell::new(reason).style(view.styles.faint).prose(),
        ]
    };
    let waiting = |line: &&PlanEntry<Shown>| {
        line.verdict == Action::Keep && matches!(line.level, Level::Take | Level::Ask | Level::Stop)
    };
    let mut brought: Vec<_> = plan.lines.iter().filter(waiting).map(|line| ("waits", line)).collect();
    brought.extend(rest(Level::Offer).map(|line| ("offered", line)));
    let mut rows: Vec<_> = brought.iter().map(|(word, line)| row(word, line)).collect();
    let kept = rest(Level::Keep).count();
    let listed = if view.verbose { kept } else { kept.min(most) };
    rows.extend(rest(Level::Keep).take(listed).map(|line| row("kept", line)));
    if !rows.is_empty() || kept > 0 {
        writeln!(out)?;
    }
    for (number, line) in align(&rows, view).iter().enumerate() {
        writeln!(out, "{line}")?;
        let detail = brought.get(number).map(|(_, line)| changed_lines(line, view));
        for line in detail.unwrap_or_default() {
            writeln!(out, "{line}")?;
        }
    }
    if kept > listed {
        let more = if listed > 0 { " more" } else { "" };
        writeln!(out, "kept     {}{more} (-v lists them)", kept - listed)?;
    }
    Ok(())
}

/// What a promotion of all items comes to, besides its plans.
#[derive(Clone, Copy, Debug)]
pub struct Totals {
    /// How many items there are.
    pub items: usize,
    /// How many are created.
    pub created: usize,
    /// How many only the source has, and nobody asked to create.
    pub only_in_source: usize,
    /// The environment that gets the changes.
    pub target: Environment,
}

impl Totals {
    /// All of it in one sentence.
    #[must_use]
    pub fn sentence(&self, plans: &[ItemPlan<Shown>]) -> String {
        let Self { items, created, only_in_source, target } = *self;
        let changed = plans.iter().filter(|plan| plan.taken() > 0).count();
        let mut open = open_counts(plans);
        if let Some(first) = open.first_mut().filter(|_| changed > 0) {
            *first = format!("{first} in {}", counted(changed, "item"));
        }
        if created > 0 {
            open.insert(usize::from(changed > 0), format!("{} to create", counted(created, "item")));
            open.retain(|part| changed > 0 || part != NOTHING);
        }
        let mut parts = vec![open.join(", ")];
        let is_kept = |line: &&PlanEntry<Shown>| line.verdict == Action::Keep && line.level == Level::Keep;
        let kept: Vec<usize> =
            plans.iter().map(|plan| plan.lines.iter().filter(is_kept).count()).filter(|n| *n > 0).collect();
        if !kept.is_empty() {
            let verb = if kept.len() == 1 { "keeps" } else { "keep" };
            let values = counted(kept.iter().sum(), "value");
            parts.push(format!("{} {verb} {values} of their own (-v lists them)", kept.len()));
        }
        if only_in_source > 0 {
            let verb = if only_in_source == 1 { "is" } else { "are" };
            parts.push(format!("{only_in_source} {verb} not in {target} yet (--create)"));
        }
        format!("{}: {}", counted(items, "item"), parts.join("; "))
    }
}

/// What is said when nothing is taken.
const NOTHING: &str = "nothing to commit";

/// The counts of a plan in one sentence.
#[must_use]
pub fn counts<V: PartialEq>(plan: &ItemPlan<V>) -> String {
    let mut parts = open_counts(std::slice::from_ref(plan));
    let is_kept = |line: &&PlanEntry<V>| line.verdict == Action::Keep && line.level == Level::Keep;
    let kept = plan.lines.iter().filter(is_kept).count();
    parts.extend((kept > 0).then(|| format!("{kept} kept")));
    format!("{}.", parts.join(", "))
}

/// What is done with the values of plans, and what is left for people to decide.
fn open_counts<V: PartialEq>(plans: &[ItemPlan<V>]) -> Vec<String> {
    let with = |verdict: Action<_>| plans.iter().map(|plan| plan.with(&verdict).count()).sum::<usize>();
    let asks = |resolution: Option<Resolution>| {
        let own = |line: &&PlanEntry<V>| match resolution {
            Some(resolution) => line.resolution == resolution,
            None => !matches!(line.resolution, Resolution::Renamed | Resolution::Removed),
        };
        plans.iter().map(|plan| plan.with(&Action::Ask).filter(own).count()).sum::<usize>()
    };
    let lines = || plans.iter().flat_map(|plan| &plan.lines);
    let offered = lines().filter(|l| l.verdict == Action::Keep && l.level == Level::Offer).count();
    let taken: usize = plans.iter().map(ItemPlan::taken).sum();
    let plural =
        |n: usize, one: &str, many: &str| (n > 0).then(|| format!("{n} {}", if n == 1 { one } else { many }));
    [
        Some(plural(taken, "change to commit", "changes to commit").unwrap_or_else(|| NOTHING.to_owned())),
        plural(asks(None), "new key to decide", "new keys to decide"),
        plural(asks(Some(Resolution::Renamed)), "renamed key to decide", "renamed keys to decide"),
        plural(asks(Some(Resolution::Removed)), "removal to decide", "removals to decide"),
        plural(with(Action::Stop), "conflict to decide", "conflicts to decide"),
        plural(with(Action::Decline), "decision to record", "decisions to record"),
        plural(offered, "offered", "offered"),
    ]
    .into_iter()
    .flatten()
    .collect()
}
