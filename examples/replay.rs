//! Replays a repository's history: at every commit in which people promoted something, asks the
//! engine for its plan at the parent commit and compares it with what people did.
//!
//! `cargo run --release --example replay -- [-v] [--table-alone] REPOSITORY…`
//!
//! A *promotion commit* gave the target of a hop at least one value that its source already had, or
//! took over a removal. *Promoted values* are the (item, path) at which the target became what the
//! source was; a removal counts only where the source's last change is not older than the target's.
//! Values whose source moved in the same commit, and paths to which the commit gave the target a
//! third value, are left out and counted apart as *own*. *Right* are those the plan takes (questions
//! answered yes), *with offers* those it takes or offers. A *wrong write* is a distinct (path, source
//! value, target value) that the plan takes though people did not and the target never takes that
//! value in the rest of the history; *events* counts each time one was proposed. A *needless
//! conflict* is a distinct one whose target kept its value for ever. Items of several YAML documents
//! are counted apart. With `--table-alone` each path is judged by itself: without renamed entries,
//! elements as wholes, and removals that wait for what took their place.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a support program prints its table")]

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use terrace::diff::labels::DocumentLabels;
use terrace::diff::lists::NoListRules;
use terrace::engine::history::{CommitChanges, History, Side};
use terrace::engine::naming::Naming;
use terrace::engine::promotion::{
    Input, Judge, Level, Resolution, Selection, Siblings, SourceCommit, SourceCommits, decide, join_renamed,
    judge_leaves, leaves, note_successors,
};
use terrace::engine::snapshot::{Place, place};
use terrace::engine::timeline::{Change, Question, Timeline, View};
use terrace::model::{BlobId, CommitId, Environment, Hop, ItemId, Key, Policy, Result, Value, ValuePath};
use terrace::store::Repository;
use terrace::yaml::{Document, FileValues, Limits, VersionReader};

#[derive(Default)]
struct Tally {
    commits: usize,
    promoted: usize,
    right: usize,
    offered: usize,
    own: usize,
    wrong: HashSet<(Key, Hop, ValuePath, String, String)>,
    overwrites: usize,
    additions: usize,
    deletions: usize,
    events: usize,
    conflicts: HashSet<(Key, Hop, ValuePath, String, String)>,
}

/// The columns of the table.
const COLUMNS: usize = 10;

impl Tally {
    fn row(&self) -> [usize; COLUMNS] {
        [
            self.commits,
            self.promoted,
            self.right,
            self.offered,
            self.overwrites,
            self.additions,
            self.deletions,
            self.conflicts.len(),
            self.events,
            self.own,
        ]
    }
}

/// A commit that changed the target, with the paths at which the two sides differed before it.
struct Candidate {
    position: usize,
    leaves: Vec<(ValuePath, ValuePath)>,
    several_documents: bool,
}

fn text(value: Option<&Value>) -> String {
    value.map_or_else(|| "-".to_owned(), ToString::to_string)
}

/// A stretch of history in which no file of another name became one of the two sides: what had the name
/// before is another item.
struct Epoch {
    history: History,
    candidates: Vec<Candidate>,
    positions: HashMap<CommitId, usize>,
    sides: RefCell<HashMap<ItemId, Rc<Side>>>,
    /// The contents before and after a source commit.
    by: RefCell<HashMap<CommitId, Option<[BlobId; 2]>>>,
}

impl Epoch {
    fn new(commits: &[CommitChanges], complete: bool) -> Option<Self> {
        let time = commits.first()?.info.time;
        let history = History::new(commits.to_vec(), complete, time);
        let mut positions = HashMap::new();
        for (at, commit) in history.commits().iter().enumerate() {
            for commit in [commit].into_iter().chain(&commit.brought) {
                positions.insert(commit.info.id.clone(), at);
            }
        }
        let (candidates, sides, by) = (Vec::new(), RefCell::default(), RefCell::default());
        Some(Self { history, candidates, positions, sides, by })
    }

    /// The contents of an item, newest first.
    fn side(&self, key: &Key, environment: Environment) -> Rc<Side> {
        let item = ItemId::new(key.clone(), environment);
        let mut sides = self.sides.borrow_mut();
        Rc::clone(sides.entry(item).or_insert_with(|| Rc::new(self.history.side(key, environment))))
    }

    /// The content that an item had right before the commit at a position.
    fn blob_before(&self, key: &Key, environment: Environment, commit: usize) -> Option<BlobId> {
        before(&self.side(key, environment), commit).first()?.1.clone()
    }

    fn change_by(&self, id: &CommitId, key: &Key, environment: Environment) -> Option<[BlobId; 2]> {
        let made = || self.history.change_by(id, key, environment).map(|blobs| blobs.map(Clone::clone));
        self.by.borrow_mut().entry(id.clone()).or_insert_with(made).clone()
    }
}

/// What a side was before the commit at a position, newest first. Positions grow towards the past.
fn before(side: &Side, commit: usize) -> &[(usize, Option<BlobId>)] {
    &side[side.partition_point(|(at, _)| *at <= commit)..]
}

type Read<'r> = dyn Fn(&BlobId) -> Result<Option<Arc<FileValues>>> + 'r;
type Parse<'r> = dyn Fn(&BlobId) -> Result<Option<Document>> + 'r;

struct Replay<'r> {
    repository: &'r Repository,
    history: &'r History,
    read: &'r Read<'r>,
    parse: &'r Parse<'r>,
    verbose: bool,
    table_alone: bool,
    single: Tally,
    several: Tally,
}

impl Replay<'_> {
    /// The epochs of an item, newest first, each with the commits that changed the target.
    fn epochs(&self, key: &Key, hop: Hop) -> Result<Vec<Epoch>> {
        let files = [hop.source(), hop.target()].map(|environment| key.file(environment));
        let commits = self.history.commits();
        let moved =
            |commit: &&CommitChanges| commit.moved.files.iter().any(|moved| files.contains(&moved.to));
        let moves = commits.iter().zip(1..).filter(|(commit, _)| moved(commit)).map(|(_, older)| older);
        let begins: Vec<usize> = [0].into_iter().chain(moves).collect();
        let mut epochs = Vec::new();
        for (number, newest) in begins.iter().enumerate() {
            let end = begins.get(number + 1).map_or(usize::MAX, |older| older - 1);
            let Some(mut epoch) = Epoch::new(&commits[*newest..], self.history.is_complete()) else { break };
            epoch.candidates = self.candidates(&epoch.history, key, hop, end.saturating_sub(*newest))?;
            epochs.push(epoch);
        }
        Ok(epochs)
    }

    /// The commits before position `end` of an epoch that changed the target while source and target
    /// differed, oldest first.
    fn candidates(&self, history: &History, key: &Key, hop: Hop, end: usize) -> Result<Vec<Candidate>> {
        let mut candidates = Vec::new();
        let mut sources = history.versions(key, hop.source(), self.read)?.into_iter().peekable();
        let (mut source, mut target): (Option<Arc<FileValues>>, Option<Arc<FileValues>>) = (None, None);
        for version in history.versions(key, hop.target(), self.read)? {
            // Positions grow towards the past: what came before this commit.
            while let Some(earlier) = sources.next_if(|earlier| earlier.commit > version.commit) {
                source = earlier.values;
            }
            if version.commit < end
                && let (Some(source), Some(target), Some(_)) = (&source, &target, &version.values)
            {
                let leaves = leaves(source, target, &NoListRules);
                let several_documents = source.values().len() > 1 || target.values().len() > 1;
                let leaves: Vec<_> = leaves.into_iter().map(|leaf| (leaf.path, leaf.top)).collect();
                if !leaves.is_empty() {
                    candidates.push(Candidate { position: version.commit, leaves, several_documents });
                }
            }
            target = version.values;
        }
        Ok(candidates)
    }

    fn item(&mut self, key: &Key, hop: Hop) -> Result<()> {
        let epochs = self.epochs(key, hop)?;
        let leaves = epochs.iter().flat_map(|epoch| &epoch.candidates).flat_map(|it| &it.leaves);
        let paths: BTreeSet<&ValuePath> = leaves.clone().flat_map(|(path, top)| [path, top]).collect();
        let paths: Vec<&ValuePath> = paths.into_iter().collect();
        let parents: BTreeSet<ValuePath> = leaves.map(|(_, top)| top.parent().unwrap_or_default()).collect();
        let parents: Vec<ValuePath> = parents.into_iter().collect();
        let documents = &DocumentLabels::new(&[], &[]);
        let (paths, containers, lists) = (&paths, &parents, &NoListRules);
        let question = Question { key, hop, paths, containers, documents, lists };
        let mut later: Vec<Timeline<'_>> = Vec::new();
        for epoch in &epochs {
            let timeline = epoch.history.timeline(&question, self.read)?;
            for candidate in &epoch.candidates {
                self.commit(key, hop, (epoch, candidate), &timeline, &later)?;
            }
            later.push(timeline);
        }
        Ok(())
    }

    /// What the plan at a candidate's parent says of each leaf.
    fn fates(
        &self,
        key: &Key,
        hop: Hop,
        (epoch, candidate): (&Epoch, &Candidate),
        (view, judge): (View<'_>, &Judge<'_>),
        naming: &Naming<'_>,
    ) -> Result<HashMap<ValuePath, Fate>> {
        let history = &epoch.history;
        let document = |environment| -> Result<Option<Document>> {
            let blob = epoch.blob_before(key, environment, candidate.position);
            Ok(blob.map(|blob| (self.parse)(&blob)).transpose()?.flatten())
        };
        let blob = epoch.blob_before(key, hop.source(), candidate.position);
        let (Some(source), Some(target), Some(blob)) =
            (document(hop.source())?, document(hop.target())?, blob)
        else {
            return Ok(HashMap::new());
        };
        let policy = Policy::default();
        let leaves = leaves(&source, &target, &NoListRules);
        let input = Input {
            key,
            hop,
            source: &source,
            source_blob: &blob,
            target: &target,
            judge,
            policy: &policy,
            decisions: &[],
            required: &|_| false,
            today: history.commits()[candidate.position].info.date(),
        };
        let mut lines = judge_leaves(&input, &leaves)?;
        if !self.table_alone {
            let commit = |id: &CommitId, [before, after]: [&BlobId; 2]| -> Result<Option<SourceCommit>> {
                let (Some(before), Some(after)) = ((self.read)(before)?, (self.read)(after)?) else {
                    return Ok(None);
                };
                Ok(Some(SourceCommit { id: id.clone(), before, after }))
            };
            let by = |id: &CommitId| match epoch.change_by(id, key, hop.source()) {
                Some([before, after]) => commit(id, [&before, &after]),
                None => Ok(None),
            };
            // Only what lies before the candidate; positions grow towards the past.
            let past = |id: &CommitId| epoch.positions.get(id).is_some_and(|at| *at > candidate.position);
            let since = |id: &CommitId| {
                let changes = history.changes_since(id, key, hop.source()).into_iter();
                let changes = changes.filter(|(id, _)| past(id));
                changes.filter_map(|(id, blobs)| commit(id, blobs).transpose()).collect()
            };
            let target_had = |path: &ValuePath| -> Result<bool> {
                let names = view.target_names(path);
                let side = epoch.side(key, hop.target());
                let mut seen = HashSet::new();
                for blob in before(&side, candidate.position).iter().filter_map(|(_, blob)| blob.as_ref()) {
                    if seen.insert(blob)
                        && let Some(version) = (self.read)(blob)?
                        && names.iter().any(|name| version.at(name).is_some())
                    {
                        return Ok(true);
                    }
                }
                Ok(false)
            };
            let documents = &DocumentLabels::new(source.values(), target.values());
            let commits = SourceCommits { by: &by, since: &since, documents, target_had: &target_had };
            let is_apart = |path: &ValuePath, value: &Value| {
                terrace::secrets::is_confidential(&policy, path, Some(value))
                    || naming.is_named_at(path, value)
            };
            lines = join_renamed(lines, &commits, (&source, &target), &NoListRules, &is_apart, judge)?;
            note_successors(&mut lines, &commits, &source, &NoListRules)?;
            lines = decide(lines, &Selection::default());
        }
        let mut fates = HashMap::new();
        for line in lines {
            let (resolution, level, reason) = (line.resolution, line.level, line.reason.phrase(hop));
            let fate = |value| Fate { resolution, level, reason: reason.clone(), value };
            let Some(renamed) = &line.renamed else {
                fates.insert(line.path.clone(), fate(line.source.clone()));
                continue;
            };
            for leaf in &leaves {
                if renamed.from.covers(&leaf.path) {
                    fates.insert(leaf.path.clone(), fate(None));
                } else if line.path.covers(&leaf.path) {
                    let steps = leaf.path.segments.get(line.path.segments.len()..).unwrap_or_default();
                    let value = steps.iter().try_fold(&renamed.carried, |value, step| value.child(step));
                    fates.insert(leaf.path.clone(), fate(value.cloned()));
                }
            }
        }
        Ok(fates)
    }

    fn commit(
        &mut self,
        key: &Key,
        hop: Hop,
        (epoch, candidate): (&Epoch, &Candidate),
        timeline: &Timeline<'_>,
        later: &[Timeline<'_>],
    ) -> Result<()> {
        let commit = &epoch.history.commits()[candidate.position].info;

        let Ok(parent) = self.repository.commit(&format!("{}^", commit.id)) else { return Ok(()) };
        let head_time = self.repository.info(&parent)?.time;
        let before = timeline.view_before(candidate.position, head_time);
        let after = match candidate.position.checked_sub(1) {
            Some(next) => timeline.view_before(next, head_time),
            None => timeline.view(),
        };
        let (then, now, all) = (before.len(), after.len(), timeline.view());
        if now == then {
            return Ok(());
        }
        let value = |changes: &[Change], end: usize| {
            let at = changes.partition_point(|(event, _)| *event < end);
            changes.get(at.wrapping_sub(1)).and_then(|(_, value)| value.clone())
        };
        let moved = candidate.leaves.iter().any(|(path, _)| {
            let [_, target] = all.changes_so_called(path);
            value(target, then) != value(target, now)
        });
        if !moved {
            return Ok(());
        }
        let (policy, mut rows) = (Policy::default(), Vec::new());
        let naming = Naming::new(&policy);
        let production = match hop {
            Hop::ToStaging => {
                let production = Hop::ToProduction.target();
                let blob = epoch.blob_before(key, production, candidate.position);
                blob.map(|blob| (self.read)(&blob)).transpose()?.flatten()
            }
            Hop::ToProduction => None,
        };
        let now_is = |key: &Key, environment| Ok(epoch.blob_before(key, environment, candidate.position));
        let siblings = Siblings::new(&epoch.history, key, hop, self.read, &now_is);
        let waits_elsewhere = |id| siblings.wait(id);
        let judge = Judge::new(before, hop, &naming, production.as_deref(), &waits_elsewhere);
        let mut fates = self.fates(key, hop, (epoch, candidate), (before, &judge), &naming)?;
        for (path, _) in &candidate.leaves {
            let [source, target] = all.changes_so_called(path);
            let Some(fate) = fates.remove(path) else { continue };
            let (now_source, t) = (value(source, then), value(target, then));
            let (s_after, t_after) = (value(source, now), value(target, now));
            let last = |changes: &[Change]| {
                let earlier = changes.partition_point(|(event, _)| *event < then);
                changes.get(earlier.wrapping_sub(1)).map(|(event, _)| *event)
            };
            let s = fate.value.clone();
            let counts = s.is_some() || last(source) >= last(target);
            let took = t_after == s;
            let own = s_after != now_source || (!took && t_after != t);
            rows.push((path, fate, (s, t), took, counts, own, target));
        }
        if !rows.iter().any(|(.., took, counts, own, _)| *took && *counts && !own) {
            return Ok(());
        }
        let tally = if candidate.several_documents { &mut self.several } else { &mut self.single };
        tally.commits += 1;
        if self.verbose {
            println!("COMMIT {} {hop} {key}", commit.id.short());
        }
        for (path, fate, (s, t), took, counts, own, target) in rows {
            let takes = matches!(fate.level, Level::Take | Level::Ask);
            let say = |what: &str| {
                if self.verbose {
                    println!(
                        "{what} {} {hop} {key} {path}: {} -> {} {} [{}] {}",
                        commit.id.short(),
                        text(t.as_ref()),
                        text(s.as_ref()),
                        fate.resolution,
                        fate.level.name(),
                        fate.reason
                    );
                }
            };
            if own {
                tally.own += 1;
                continue;
            }
            if took {
                if counts {
                    tally.promoted += 1;
                    tally.right += usize::from(takes);
                    tally.offered += usize::from(takes || fate.level == Level::Offer);
                    if !takes {
                        say("MISS");
                    }
                }
                continue;
            }
            // A file that went away took every value with it.
            let ever_is = |wanted: Option<&Value>| {
                let own = &target[target.partition_point(|(event, _)| *event < now)..];
                let elsewhere = later.iter().flat_map(|timeline| timeline.view().changes_so_called(path)[1]);
                (!later.is_empty() && wanted.is_none())
                    || own.iter().chain(elsewhere).any(|(_, value)| value.as_ref() == wanted)
            };
            let id = (key.clone(), hop, path.clone(), text(s.as_ref()), text(t.as_ref()));
            if takes && !ever_is(s.as_ref()) {
                tally.events += 1;
                if tally.wrong.insert(id.clone()) {
                    match (&s, &t) {
                        (Some(_), Some(_)) => tally.overwrites += 1,
                        (Some(_), None) => tally.additions += 1,
                        _ => tally.deletions += 1,
                    }
                    say("WRONG");
                } else {
                    say("EVENT");
                }
            }
            let stays = || {
                let moves = |changes: &[Change]| changes.last().is_some_and(|(event, _)| *event >= now);
                later.is_empty() && !moves(target)
            };
            if fate.level == Level::Stop && stays() {
                tally.conflicts.insert(id);
            }
        }
        Ok(())
    }
}

/// What the plan says of one path.
struct Fate {
    resolution: Resolution,
    level: Level,
    reason: String,
    /// The value that the target would have.
    value: Option<Value>,
}

fn replay(folder: &Path, verbose: bool, table_alone: bool) -> Result<[Tally; 2]> {
    let repository = Repository::discover(folder)?;
    let head = repository.require_head()?;
    let history = repository.history(&head)?;
    let blobs = repository.blobs();
    let parse = |blob: &BlobId| {
        let bytes = blobs.read("a version", Some(blob))?;
        Ok(Document::parse(&bytes, &Limits::default()).ok())
    };
    let reader = VersionReader::new(Limits::default());
    // The versions of the item that is looked at; their parts are shared.
    let versions: RefCell<HashMap<BlobId, Option<Arc<FileValues>>>> = RefCell::default();
    let read = |blob: &BlobId| {
        if let Some(known) = versions.borrow().get(blob) {
            return Ok(known.clone());
        }
        let values = reader.read(&blobs.read("a version", Some(blob))?).map(Arc::new);
        versions.borrow_mut().insert(blob.clone(), values.clone());
        Ok(values)
    };
    let mut files: BTreeMap<Key, usize> = BTreeMap::new();
    for change in history.commits().iter().flat_map(|commit| &commit.changes) {
        if let Some(Place::Item(item)) = place(&change.path) {
            *files.entry(item.key).or_default() += 1;
        }
    }
    let (single, several) = (Tally::default(), Tally::default());
    let mut replay = Replay {
        repository: &repository,
        history: &history,
        read: &read,
        parse: &parse,
        verbose,
        table_alone,
        single,
        several,
    };
    let (all, mut done): (usize, usize) = (files.values().sum(), 0);
    for (key, changes) in files {
        versions.borrow_mut().clear();
        for hop in Hop::ALL {
            replay.item(&key, hop)?;
        }
        done += changes;
        eprint!("\r{:>3} %", 100 * done / all.max(1));
    }
    eprint!("\r     \r");
    Ok([replay.single, replay.several])
}

fn main() -> Result<()> {
    println!(
        "{:<24} {:>7} {:>8} {:>6} {:>6}  {:>5} {:>5} {:>5} {:>9} {:>6} {:>5}",
        "history",
        "commits",
        "promoted",
        "right",
        "offers",
        "over",
        "add",
        "del",
        "conflicts",
        "events",
        "own"
    );
    let mut total = [[0; COLUMNS]; 2];
    let verbose = std::env::args().any(|argument| argument == "-v");
    let table_alone = std::env::args().any(|argument| argument == "--table-alone");
    for folder in std::env::args().skip(1).filter(|argument| !argument.starts_with('-')) {
        let name = Path::new(&folder).file_name().map_or("".into(), |name| name.to_string_lossy());
        for (number, tally) in replay(Path::new(&folder), verbose, table_alone)?.iter().enumerate() {
            let row = tally.row();
            if number == 0 || tally.commits > 0 {
                print_row(&name, number, &row);
            }
            for (sum, n) in total[number].iter_mut().zip(row) {
                *sum += n;
            }
        }
    }
    for (number, row) in total.iter().enumerate().filter(|(number, row)| *number == 0 || row[0] > 0) {
        print_row("total", number, row);
    }
    Ok(())
}

fn print_row(name: &str, number: usize, row: &[usize; COLUMNS]) {
    let name = if number == 0 { name.to_owned() } else { format!("{name}, several documents") };
    let [commits, promoted, right, offered, over, add, del, conflicts, events, own] = row;
    let percent = |n: &usize| {
        let thousandths = (1000 * n + promoted / 2).checked_div(*promoted);
        thousandths.map_or_else(|| "-".to_owned(), |n| format!("{}.{}", n / 10, n % 10))
    };
    println!(
        "{name:<24} {commits:>7} {promoted:>8} {:>6} {:>6}  {over:>5} {add:>5} {del:>5} {conflicts:>9} {events:>6} {own:>5}",
        percent(right),
        percent(offered)
    );
}
