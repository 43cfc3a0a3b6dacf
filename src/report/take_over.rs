//! What taking over a repository that keeps environments apart would do.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::cell::{Cell, broken, wrapped};
use super::columns::{align, fits};
use super::counted;
use super::migrate::{doubts, shortened};
use super::sanitize::{clean, cut, width};
use super::view::View;
use crate::engine::migration::{
    Belonging, Gaps, Left, Owner, Suspicion, TakeOverPlan, Taken, WordSource, gaps,
};
use crate::model::{Environment, Key, Value, ValuePath};
use crate::secrets::shown_path;

/// So many paths and files of one kind are told.
const TOLD: usize = 8;

/// Writes the words, the table of items and environments, and what becomes of every file; `prefix` is
/// the configuration root, `planned` says that nothing happens yet.
///
/// # Errors
/// Those of `out`.
pub fn text(
    plan: &TakeOverPlan,
    planned: bool,
    prefix: &str,
    view: &View,
    out: &mut dyn Write,
) -> io::Result<()> {
    words(plan, view, out)?;
    table(plan, view, out)?;
    files(plan, planned, prefix, view, out)?;
    notes(plan, view, out)
}

fn write_rows(rows: &[Vec<Cell>], view: &View, out: &mut dyn Write) -> io::Result<()> {
    for line in align(rows, view) {
        writeln!(out, "{line}")?;
    }
    if !rows.is_empty() {
        writeln!(out)?;
    }
    Ok(())
}

/// Which word stands for which environment, and why.
fn words(plan: &TakeOverPlan, view: &View, out: &mut dyn Write) -> io::Result<()> {
    let row = |word: &crate::engine::migration::WordUse| {
        let why = match word.source {
            WordSource::Common => "a common name of it",
            WordSource::Policy => "[isolation] words in terrace.toml",
            WordSource::Given => "no common name of it",
        };
        let files = format!("({why}; {}, {})", counted(word.files, "file"), clean(&word.example));
        vec![
            Cell::new(clean(&word.word)),
            Cell::new(format!("→ {}", word.environment)),
            Cell::new(files).style(view.styles.faint).prose(),
        ]
    };
    let rows: Vec<Vec<Cell>> = plan.words.iter().map(row).collect();
    write_rows(&rows, view, out)
}

/// Each item with the number of its values in each environment, and of those that it lacks.
fn table(plan: &TakeOverPlan, view: &View, out: &mut dyn Write) -> io::Result<()> {
    let taken = plan
        .items
        .iter()
        .map(|item| (item.key.clone(), item.environment, item.converted.documents.as_slice()));
    let there =
        plan.there.iter().map(|(key, environment, values)| (key.clone(), *environment, values.as_slice()));
    let items: Vec<_> = taken.chain(there).collect();
    let found = gaps(&items);
    if found.is_empty() {
        return Ok(());
    }
    counted_values(&found, view, out)?;
    for gap in &found {
        for (environment, missing) in gap.missing.iter().filter(|(_, missing)| !missing.is_empty()) {
            let mut rows =
                vec![vec![Cell::new(format!("{} of {environment} lacks", clean(gap.key.as_str())))]];
            rows.extend(missing.iter().take(TOLD).map(|path| {
                let has: Vec<&str> = others_with(plan, gap, path).map(Environment::name).collect();
                let verb = if has.len() == 1 { "has" } else { "have" };
                let aside = format!("({} {verb} it)", has.join(" and "));
                let path = format!("  {}", super::path_name(path));
                vec![Cell::new(path), Cell::new(aside).style(view.styles.faint).prose()]
            }));
            if missing.len() > TOLD {
                rows.push(vec![Cell::new(format!("  and {} more", missing.len() - TOLD))]);
            }
            write_rows(&rows, view, out)?;
        }
    }
    Ok(())
}

/// The items and the number of their values in each environment: side by side, else below the item's name,
/// where that is too wide as well one environment a line.
fn counted_values(found: &[Gaps], view: &View, out: &mut dyn Write) -> io::Result<()> {
    let strong = view.styles.strong;
    let row = |item: Cell, cells: [Cell; 3]| std::iter::once(item).chain(cells).collect::<Vec<_>>();
    let heads = || Environment::ALL.map(|environment| Cell::new(environment.name()).style(strong));
    let cells = |gap: &Gaps| Environment::ALL.map(|environment| Cell::new(cell(gap, environment)));
    let mut beside = vec![row(Cell::new("item").style(strong), heads())];
    beside.extend(found.iter().map(|gap| row(Cell::new(clean(gap.key.as_str())), cells(gap))));
    if fits(&beside, view) {
        return write_rows(&beside, view, out);
    }
    let mut below = vec![row(Cell::default(), heads())];
    below.extend(found.iter().map(|gap| row(Cell::default(), cells(gap))));
    let lines = if fits(&below, view) { align(&below, view) } else { Vec::new() };
    if let Some(heads) = lines.first() {
        writeln!(
            out,
            "{strong}item{strong:#}
{heads}"
        )?;
    }
    let room = view.room().unwrap_or(usize::MAX);
    for (number, gap) in found.iter().enumerate() {
        let name = broken(&clean(gap.key.as_str()), room, room.saturating_sub(4));
        writeln!(
            out,
            "{}",
            name.join(
                "
    "
            )
        )?;
        match lines.get(number + 1) {
            Some(line) => writeln!(out, "{line}")?,
            None => Environment::ALL.into_iter().try_for_each(|environment| {
                writeln!(out, "  {:<11}  {}", environment.name(), cell(gap, environment))
            })?,
        }
    }
    writeln!(out)
}

/// The environments whose item has something at a path.
fn others_with<'a>(
    plan: &'a TakeOverPlan,
    gap: &'a Gaps,
    path: &'a ValuePath,
) -> impl Iterator<Item = Environment> + 'a {
    let taken = plan.items.iter().map(|item| (&item.key, item.environment, &item.converted.documents));
    let there = plan.there.iter().map(|(key, environment, values)| (key, *environment, values));
    let has = |(key, environment, values): (&Key, Environment, &Vec<Value>)| {
        (*key == gap.key && values.iter().any(|value| value.at(path).is_some())).then_some(environment)
    };
    let found: BTreeSet<Environment> = taken.chain(there).filter_map(has).collect();
    found.into_iter()
}

fn cell(gap: &Gaps, environment: Environment) -> String {
    let Some(values) = gap.values.get(&environment) else { return "none".to_owned() };
    match gap.missing.get(&environment).map_or(0, Vec::len) {
        0 => counted(*values, "value"),
        missing => format!("{}, lacks {missing}", counted(*values, "value")),
    }
}

/// The first of some names.
fn some(names: &[String]) -> String {
    let mut told: Vec<String> = names.iter().take(TOLD).map(|name| clean(name).into_owned()).collect();
    if names.len() > TOLD {
        told.push(format!("and {} more", names.len() - TOLD));
    }
    told.join(", ")
}

fn files(
    plan: &TakeOverPlan,
    planned: bool,
    prefix: &str,
    view: &View,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut fates: Vec<[String; 4]> = Vec::new();
    let mut row = |word: &str, file: &str, rest: String, aside: String| {
        fates.push([word.to_owned(), clean(file).into_owned(), rest, aside]);
    };
    let place = |key: &Key, environment| clean(&format!("{prefix}{}", key.file(environment))).into_owned();
    for item in &plan.items {
        let verb = match (item.converted.unchanged, planned) {
            (true, true) => "would move",
            (true, false) => "move",
            (false, true) => "would write",
            (false, false) => "write",
        };
        row(verb, &item.source, format!("→ {}", place(&item.key, item.environment)), past(item));
    }
    for (file, key, environment) in &plan.present {
        row("is there", file, format!("= {}", place(key, *environment)), String::new());
    }
    for base in &plan.bases {
        row(
            "base",
            &base.source,
            format!("stays: what `{}` begins from", clean(base.key.as_str())),
            String::new(),
        );
    }
    for unknown in &plan.unknown {
        let word = clean(&unknown.word);
        for file in &unknown.files {
            row("asks", file, format!("what is `{word}`?"), String::new());
        }
    }
    for (file, found) in &plan.asks {
        row("asks", file, Suspicion::Holds(found.clone()).to_string(), String::new());
    }
    for (file, why) in plan.left_alone.iter().filter(|(_, why)| *why != Left::NamesNone) {
        row("left alone", file, why.to_string(), String::new());
    }
    for clash in &plan.clashes {
        let to = format!("→ {}", place(&clash.key, clash.environment));
        row("collides", &clash.sources.join(", "), to, String::new());
    }
    for (file, rejection) in &plan.rejected {
        let at = rejection.location.start;
        let place = format!("{file}:{}:{}", at.line, at.column);
        row("cannot read", &place, cut(&rejection.message, 100).into_owned(), String::new());
    }
    for (file, why) in &plan.unnamed {
        row("no key", file, clean(&why.reason).into_owned(), String::new());
    }
    write_rows(&fate_rows(fates, view), view, out)
}

/// One line for each file where they fit, else what becomes of it on a line of its own.
fn fate_rows(fates: Vec<[String; 4]>, view: &View) -> Vec<Vec<Cell>> {
    let faint = view.styles.faint;
    let widest = |at: usize| fates.iter().filter_map(|fate| fate.get(at)).map(|text| width(text)).max();
    let all: usize = (0..4).filter_map(widest).map(|width| width + 2).sum();
    let fits = view.room().is_none_or(|room| all <= room + 2);
    let rows = fates.into_iter().flat_map(|[word, file, rest, aside]| {
        if fits {
            let last = Cell::new(aside).style(faint).prose();
            return vec![vec![Cell::new(word), Cell::new(file), Cell::new(rest).prose(), last]];
        }
        let mut rows = vec![vec![Cell::new(word), Cell::new(file)]];
        let below = [rest, aside].into_iter().filter(|text| !text.is_empty());
        rows.extend(below.map(|text| vec![Cell::default(), Cell::new(format!("  {text}"))]));
        rows
    });
    rows.collect()
}

/// What becomes of a file's past.
fn past(item: &Taken) -> String {
    let values = counted(item.converted.values, "value");
    let base = if item.folded > 0 { format!(", {} from its base", item.folded) } else { String::new() };
    let history = if item.goes_on { "goes on" } else { "begins here" };
    let notes: String = item.converted.notes.iter().map(|note| format!(", {}", clean(note))).collect();
    match item.converted.unchanged {
        true => format!("(unchanged, history {history}{notes})"),
        false => format!("({values}{base}, history {history}{notes})"),
    }
}

fn notes(plan: &TakeOverPlan, view: &View, out: &mut dyn Write) -> io::Result<()> {
    let mut lines: Vec<String> = Vec::new();
    let none: Vec<String> = plan
        .left_alone
        .iter()
        .filter(|(_, why)| *why == Left::NamesNone)
        .map(|(file, _)| file.clone())
        .collect();
    if !none.is_empty() {
        let verbs = if none.len() == 1 { ["names", "stays"] } else { ["name", "stay"] };
        lines.push(format!(
            "{} {} no environment and {}: {}",
            counted(none.len(), "file"),
            verbs[0],
            verbs[1],
            some(&none)
        ));
    }
    let folded = plan.items.iter().any(|item| item.folded > 0);
    if folded {
        lines.push(
            "The bases are written into the items; what changes in a base later no longer arrives there."
                .to_owned(),
        );
    } else if !plan.bases.is_empty() && plan.unfolded.is_empty() {
        let (count, verb) = (plan.bases.len(), if plan.bases.len() == 1 { "stays" } else { "stay" });
        lines.push(format!(
            "{} {verb} beside the items, read as before; --base fold writes the values into each item that \
             lacks them.",
            counted(count, "base")
        ));
    }
    for (file, rejection) in plan.unread_bases.iter().filter(|_| plan.unfolded.is_empty()) {
        let at = rejection.location.start;
        let message = clean(&rejection.message);
        lines.push(format!(
            "{}:{}:{}: {message}; the base stays as it is, unread",
            clean(file),
            at.line,
            at.column
        ));
    }
    lines.extend(
        plan.divided.iter().map(|(file, found)| format!("{}; it stays in the base", profile(file, found))),
    );
    for item in &plan.items {
        let profiles = item.profiles.iter().map(|found| profile(&item.source, found));
        let doubts = doubts(item.reading());
        lines.extend(shortened(&clean(&item.source), profiles.chain(doubts).collect()));
    }
    for item in plan.items.iter().filter(|item| !item.secrets.is_empty()) {
        let paths: Vec<String> = item.secrets.iter().map(ToString::to_string).collect();
        let verb = if paths.len() == 1 { "looks like a secret" } else { "look like secrets" };
        let count = counted(paths.len(), "value");
        lines.push(format!("{}: {count} {verb}, never promoted: {}", clean(&item.source), some(&paths)));
    }
    for line in lines {
        let room = view.room().map_or(usize::MAX, |room| room.saturating_sub(2));
        writeln!(out, "{}", wrapped(&line, room).join("\n  "))?;
    }
    Ok(())
}

/// What counts for a Spring profile only, and where.
fn profile(file: &str, found: &Belonging) -> String {
    let line = found.line.map_or_else(String::new, |line| format!(":{line}"));
    let Owner::Profile(profile) = &found.owner else { return format!("{}{line}: {found}", clean(file)) };
    let path = shown_path(&found.path);
    format!("{}{line}: `{}` counts for the profile `{}` only", clean(file), clean(&path), clean(profile))
}

/// Which values production has as staging has them.
///
/// # Errors
/// Those of `out`.
pub fn shared(
    shared: &[(&Key, usize, &[ValuePath], &[ValuePath])],
    view: &View,
    out: &mut dyn Write,
) -> io::Result<()> {
    let row = |(key, values, paths, _): &(&Key, usize, &[ValuePath], &[ValuePath])| {
        let names: Vec<String> = paths.iter().map(ToString::to_string).collect();
        vec![
            Cell::new(clean(key.as_str())),
            Cell::new(format!("{} of {}", paths.len(), counted(*values, "value"))).right(),
            Cell::new(some(&names)).style(view.styles.faint).prose(),
        ]
    };
    write_rows(&shared.iter().map(row).collect::<Vec<_>>(), view, out)?;
    for (key, _, _, secrets) in shared.iter().filter(|(_, _, _, secrets)| !secrets.is_empty()) {
        let names: Vec<String> = secrets.iter().map(ToString::to_string).collect();
        let verb = if names.len() == 1 { "looks like a secret" } else { "look like secrets" };
        let count = counted(names.len(), "shared value");
        writeln!(out, "{}: {count} {verb}: {}", clean(key.as_str()), some(&names))?;
    }
    Ok(())
}

/// How many items, environments and values it is.
#[must_use]
pub fn counts(plan: &TakeOverPlan) -> String {
    let keys: BTreeSet<&Key> = plan.items.iter().map(|item| &item.key).collect();
    let environments: BTreeSet<Environment> = plan.items.iter().map(|item| item.environment).collect();
    let values = plan.items.iter().map(|item| item.converted.values).sum();
    format!(
        "{} in {}: {}, {}.",
        counted(keys.len(), "item"),
        counted(environments.len(), "environment"),
        counted(plan.items.len(), "file"),
        counted(values, "value")
    )
}
