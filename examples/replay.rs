//! Replays a repository's history: at every commit in which people promoted something, asks the
//! engine for its plan at the parent commit and compares it with what people did.
//!
//! `cargo run --release --example replay -- REPOSITORY…`
//!
//! A *promotion commit* gave the target of a hop at least one value that its source already had.
//! *Promoted values* are the (item, path) whose target value became the source's there, leaving
//! out paths whose source changed in the same commit. *Right* are those the plan takes (new keys
//! answered yes), *with offers* those it takes or offers. A *wrong write* is a distinct (path,
//! source value, target value) that the plan takes though people did not and the target never
//! takes that value in the rest of the history; *events* counts each time one was proposed. A
//! *needless conflict* is a distinct one whose target kept its value for ever.

#![expect(clippy::print_stdout, reason = "a support program prints its table")]

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use terrace::diff::lists::NoListRules;
use terrace::engine::history::History;
use terrace::engine::naming::Naming;
use terrace::engine::promotion::{Judge, Leaf, Level, leaves};
use terrace::engine::snapshot::Source;
use terrace::model::{BlobId, Hop, Key, Policy, Result, Value, ValuePath};
use terrace::store::Repository;
use terrace::yaml::{Document, Limits};

#[derive(Default)]
struct Tally {
    commits: usize,
    promoted: usize,
    right: usize,
    offered: usize,
    wrong: HashSet<(Key, Hop, ValuePath, String, String)>,
    overwrites: usize,
    additions: usize,
    deletions: usize,
    events: usize,
    conflicts: HashSet<(Key, Hop, ValuePath, String, String)>,
}

struct Documents {
    blobs: Arc<dyn Source>,
    parsed: RefCell<HashMap<BlobId, Option<Arc<Document>>>>,
}

impl Documents {
    fn read(&self, blob: &BlobId) -> Result<Option<Arc<Document>>> {
        if let Some(known) = self.parsed.borrow().get(blob) {
            return Ok(known.clone());
        }
        let bytes = self.blobs.read("a version", Some(blob))?;
        let document = Document::parse(&bytes, &Limits::default()).ok().map(Arc::new);
        self.parsed.borrow_mut().insert(blob.clone(), document.clone());
        Ok(document)
    }
}

fn text(value: Option<&Value>) -> String {
    value.map_or_else(|| "-".to_owned(), ToString::to_string)
}

fn replay(folder: &Path, verbose: bool) -> Result<Tally> {
    let repository = Repository::discover(folder)?;
    let head = repository.require_head()?;
    let history = repository.history(&head)?;
    let documents = Documents { blobs: repository.blobs(), parsed: RefCell::default() };
    let read = |blob: &BlobId| documents.read(blob);
    let policy = Policy::default();
    let naming = Naming::new(&policy);
    let mut tally = Tally::default();
    let keys: HashSet<Key> = history
        .commits()
        .iter()
        .flat_map(|commit| &commit.changes)
        .filter_map(|change| {
            change.path.strip_prefix("environments/")?.split_once('/')?.1.strip_suffix(".yaml")?.parse().ok()
        })
        .collect();
    let mut keys: Vec<_> = keys.into_iter().collect();
    keys.sort();
    for key in &keys {
        for hop in Hop::ALL {
            let target_file = key.file(hop.target());
            for (position, commit) in history.commits().iter().enumerate().rev() {
                if !commit.changes.iter().any(|change| change.path == target_file) {
                    continue;
                }
                let Some(parent) = repository.commit(&format!("{}^", commit.info.id)).ok() else { continue };
                let time = repository.info(&parent)?.time;
                let past =
                    History::new(history.commits()[position + 1..].to_vec(), history.is_complete(), time);
                let timeline = past.timeline(key, hop, &read)?;
                let Some(now) = timeline.states.last() else { continue };
                let (Some(source), Some(target)) = (now.source.as_deref(), now.target.as_deref()) else {
                    continue;
                };
                // What people did, and what the target became: by file, for a later rename must
                // not lend this one another item's past.
                let done = History::new(history.commits()[position..].to_vec(), history.is_complete(), time);
                let done = done.timeline(key, hop, &read)?;
                let Some(after) = done.states.last().filter(|state| state.commit == 0) else { continue };
                let (source_after, target_after) = (after.source.as_deref(), after.target.as_deref());
                // A file that went away took every value with it.
                let later: Vec<Option<Arc<Document>>> = history.commits()[..=position]
                    .iter()
                    .flat_map(|commit| &commit.changes)
                    .filter(|change| change.path == target_file)
                    .filter_map(|change| match &change.after {
                        Some(blob) => read(blob).ok().flatten().map(Some),
                        None => Some(None),
                    })
                    .collect();
                let at = |document: Option<&Document>, path: &ValuePath| {
                    document.and_then(|d| d.at(path)).cloned()
                };
                let differing = leaves(source, target, &NoListRules);
                let took = |leaf: &Leaf<'_>| at(target_after, &leaf.path).as_ref() == leaf.source;
                if !differing.iter().any(|leaf| {
                    took(leaf)
                        && leaf.source.is_some()
                        && at(source_after, &leaf.path).as_ref() == leaf.source
                }) || target_after.is_none()
                {
                    continue;
                }
                tally.commits += 1;
                let production = (hop == Hop::ToStaging)
                    .then(|| past.timeline(key, Hop::ToProduction, &read).ok()?.states.last()?.target.clone())
                    .flatten();
                let judge = Judge::new(&timeline, hop, &naming, &NoListRules, production.as_deref());
                for leaf in &differing {
                    let judgement = judge.judge_path(&leaf.path, &leaf.top);
                    let takes = matches!(judgement.level, Level::Take | Level::Ask);
                    let source_moved = at(source_after, &leaf.path).as_ref() != leaf.source;
                    if took(leaf) && !source_moved {
                        tally.promoted += 1;
                        tally.right += usize::from(takes);
                        tally.offered += usize::from(takes || judgement.level == Level::Offer);
                        if verbose && !takes {
                            println!(
                                "MISS {} {hop} {} {}: {} -> {} {} [{}] {}",
                                commit.info.id.short(),
                                key,
                                leaf.path,
                                text(leaf.target),
                                text(leaf.source),
                                judgement.resolution,
                                judgement.level.name(),
                                judgement.reason.phrase(hop)
                            );
                        }
                        continue;
                    }
                    let ever = later
                        .iter()
                        .any(|document| at(document.as_deref(), &leaf.path).as_ref() == leaf.source);
                    let id = (key.clone(), hop, leaf.path.clone(), text(leaf.source), text(leaf.target));
                    if takes && !took(leaf) && !ever {
                        tally.events += 1;
                        if verbose {
                            println!("EVENT {} {hop} {key} {}", commit.info.id.short(), leaf.path);
                        }
                        if tally.wrong.insert(id.clone()) {
                            match (leaf.source, leaf.target) {
                                (Some(_), Some(_)) => tally.overwrites += 1,
                                (Some(_), None) => tally.additions += 1,
                                _ => tally.deletions += 1,
                            }
                            if verbose {
                                println!(
                                    "WRONG {} {hop} {} {}: {} -> {} {} {}",
                                    commit.info.id.short(),
                                    key,
                                    leaf.path,
                                    text(leaf.target),
                                    text(leaf.source),
                                    judgement.resolution,
                                    judgement.reason.phrase(hop)
                                );
                            }
                        }
                    }
                    let kept = later
                        .iter()
                        .all(|document| at(document.as_deref(), &leaf.path).as_ref() == leaf.target);
                    if judgement.level == Level::Stop && kept {
                        tally.conflicts.insert(id);
                    }
                }
            }
        }
    }
    Ok(tally)
}

fn main() -> Result<()> {
    println!(
        "{:<24} {:>7} {:>8} {:>6} {:>6}  {:>5} {:>5} {:>5} {:>9} {:>6}",
        "history", "commits", "promoted", "right", "offers", "over", "add", "del", "conflicts", "events"
    );
    let mut total = [0; 9];
    let verbose = std::env::args().any(|argument| argument == "-v");
    for folder in std::env::args().skip(1).filter(|argument| argument != "-v") {
        let tally = replay(Path::new(&folder), verbose)?;
        let row = [
            tally.commits,
            tally.promoted,
            tally.right,
            tally.offered,
            tally.overwrites,
            tally.additions,
            tally.deletions,
            tally.conflicts.len(),
            tally.events,
        ];
        print_row(
            Path::new(&folder).file_name().map_or("".into(), |name| name.to_string_lossy()).as_ref(),
            &row,
        );
        for (sum, n) in total.iter_mut().zip(row) {
            *sum += n;
        }
    }
    print_row("total", &total);
    Ok(())
}

fn print_row(name: &str, row: &[usize; 9]) {
    let [commits, promoted, right, offered, over, add, del, conflicts, events] = row;
    let percent = |n: &usize| {
        if *promoted == 0 { "-".to_owned() } else { format!("{}%", (100 * n + promoted / 2) / promoted) }
    };
    println!(
        "{name:<24} {commits:>7} {promoted:>8} {:>6} {:>6}  {over:>5} {add:>5} {del:>5} {conflicts:>9} {events:>6}",
        percent(right),
        percent(offered)
    );
}
