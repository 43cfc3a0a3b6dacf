//! [`Judgements`]: how every item stands over both hops, remembered.
//!
//! A move of the branch judges again what it can have changed: the items that its commits touched, and
//! those that share a commit with them, for a change that was taken in one item tells of it in another.
//! Another policy, schema or day judges all of them again.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use super::words::value_text;
use crate::engine::compare::{PAIRS, PairedRow, PairedRows};
use crate::engine::configuration::Configuration;
use crate::engine::history::{CommitChanges, History};
use crate::engine::promotion::{PlanEntry, Resolution, decision_owner};
use crate::engine::snapshot::{Place, place};
use crate::model::sanitize::clean;
use crate::model::{CommitId, Date, Environment, Error, Hop, Key, Result};
use crate::ops::{self, JudgedItem, Planner, Workspace};
use crate::secrets::mask::Reveal;
use crate::secrets::shown_path;

/// The widest value of a row, in columns.
const WIDTH: usize = 72;

/// So many days the pipeline looks back.
pub(super) const DAYS: usize = 30;

/// How all items stood last.
#[derive(Default)]
pub(in crate::server) struct Judgements {
    latest: Mutex<Option<Arc<Judged>>>,
    /// Held while items are judged, so that nobody judges them twice.
    judging: Mutex<()>,
}

/// How each item stands.
pub(super) type Standing = BTreeMap<Key, Arc<ItemRows>>;

/// How all items stand at a commit.
pub(super) struct Judged {
    pub(super) tip: CommitId,
    pub(super) items: Arc<Standing>,
    /// What changed each environment of late.
    pub(super) activity: [Activity; 3],
    configuration: Configuration,
    /// The newest commit of its history.
    newest: Option<CommitId>,
    pub(super) day: Date,
}

/// What changed an environment.
#[derive(Clone, Default)]
pub(super) struct Activity {
    /// How many changes each of the last days brought, the last one last.
    pub(super) days: Vec<usize>,
    /// The latest commits: id, author, day, subject.
    pub(super) latest: Vec<(CommitId, String, Date, String)>,
}

/// How one item stands, values masked. What is said of two environments rests on the two alone.
pub(super) struct ItemRows {
    /// Which environments have it.
    pub(super) present: [bool; 3],
    rows: Vec<Row>,
    /// The rows of each of the [`PAIRS`], in the order of its files.
    of_pairs: [Vec<usize>; 3],
    /// Which pairs differ in what is no secret.
    differs: [bool; 3],
    /// Which resolutions its rows have over each hop, a bit each: asked of all items for every page.
    states: [u16; 2],
    /// Why its file cannot be read in an environment.
    pub(super) unreadable: [Option<String>; 3],
    /// Why nothing can be said of it over a hop.
    pub(super) unjudged: [Option<String>; 2],
}

/// One path at which environments differ, or that holds a secret.
pub(super) struct Row {
    pub(super) path: String,
    pub(super) values: [Option<String>; 3],
    /// What the table says for the hop into staging and into production, where they differ.
    pub(super) cells: [Option<Cell>; 2],
    /// Which values are masked.
    masked: [bool; 3],
}

/// What the table says of a path over a hop.
pub(super) struct Cell {
    pub(super) resolution: Resolution,
    pub(super) reason: String,
    /// Who brought the source's value, and when.
    pub(super) by: Option<(String, Date)>,
}

impl Row {
    fn of(row: &PairedRow) -> Self {
        let values = row.values.each_ref();
        let masked = values.map(|value| value.as_ref().is_some_and(|it| it.shown().is_masked()));
        let values = values.map(|value| value.as_ref().map(|it| value_text(it, WIDTH)));
        Self { path: clean(&shown_path(&row.path)).into_owned(), values, cells: [None, None], masked }
    }

    /// Whether both of a pair have a secret here: whether it is the same, nobody is told.
    fn is_veiled(&self, (left, right): (usize, usize)) -> bool {
        (self.masked[left] || self.masked[right])
            && self.values[left].is_some()
            && self.values[right].is_some()
    }
}

impl ItemRows {
    fn of(judged: JudgedItem, present: [bool; 3]) -> Self {
        let JudgedItem { rows: PairedRows { rows: paired, of_pairs }, lines, unreadable } = judged;
        let mut rows: Vec<Row> = paired.iter().map(Row::of).collect();
        for (hop, lines) in Hop::ALL.into_iter().zip(&lines) {
            let known: HashMap<_, _> = lines.iter().flatten().map(|line| (&line.path, line)).collect();
            let sides = (hop.source() as usize, hop.target() as usize);
            for (row, PairedRow { path, .. }) in rows.iter_mut().zip(&paired) {
                let line = known.get(path).filter(|_| !row.is_veiled(sides));
                row.cells[hop as usize] = line.map(|line| Cell::of(hop, line));
            }
        }
        let told = |error: Error| error.message().to_owned();
        Self {
            present,
            differs: std::array::from_fn(|pair| {
                of_pairs[pair].iter().any(|row| rows.get(*row).is_some_and(|row| !row.is_veiled(PAIRS[pair])))
            }),
            states: Hop::ALL.map(|hop| {
                let cells = rows.iter().filter_map(|row| row.cells[hop as usize].as_ref());
                cells.fold(0, |all, cell| all | bit(cell.resolution))
            }),
            unreadable: unreadable.map(|error| error.map(told)),
            unjudged: lines.map(|lines| lines.err().map(told)),
            rows,
            of_pairs,
        }
    }

    /// An item of which nothing is said but where it is.
    pub(super) fn only(present: [bool; 3]) -> Self {
        let nothing = JudgedItem {
            rows: PairedRows::default(),
            lines: [Ok(Vec::new()), Ok(Vec::new())],
            unreadable: [None, None, None],
        };
        Self::of(nothing, present)
    }

    /// The rows of who sees these environments, made of those alone.
    pub(super) fn rows(&self, seen: &[Environment]) -> Vec<&Row> {
        match pairs(seen).collect::<Vec<_>>().as_slice() {
            [] => Vec::new(),
            [pair] => self.of_pairs[*pair].iter().filter_map(|row| self.rows.get(*row)).collect(),
            _ => self.rows.iter().collect(),
        }
    }

    /// Whether these environments agree on all that is no secret, as far as can be told.
    pub(super) fn agrees(&self, seen: &[Environment]) -> bool {
        !pairs(seen).any(|pair| self.differs[pair])
    }

    /// Whether a path has a resolution over a hop.
    pub(super) fn has(&self, hop: Hop, resolution: Resolution) -> bool {
        self.states[hop as usize] & bit(resolution) != 0
    }

    /// What the table says over a hop.
    pub(super) fn cells(&self, hop: Hop) -> impl Iterator<Item = &Cell> {
        self.rows.iter().filter_map(move |row| row.cells[hop as usize].as_ref())
    }

    /// How many paths have a resolution over a hop.
    pub(super) fn count(&self, hop: Hop, which: impl Fn(Resolution) -> bool) -> usize {
        self.cells(hop).filter(|cell| which(cell.resolution)).count()
    }
}

/// Which of the [`PAIRS`] are seen by who sees these environments.
fn pairs(seen: &[Environment]) -> impl Iterator<Item = usize> {
    let sees = |at: usize| seen.iter().any(|environment| *environment as usize == at);
    let seen = PAIRS.into_iter().enumerate().filter(move |(_, (left, right))| sees(*left) && sees(*right));
    seen.map(|(pair, _)| pair)
}

/// The bit of a resolution.
const fn bit(resolution: Resolution) -> u16 {
    1 << resolution as u16
}

impl Cell {
    fn of(hop: Hop, line: &PlanEntry) -> Self {
        // A value that stays has nobody who waits for it.
        let is_news = !matches!(
            line.resolution,
            Resolution::EnvironmentSpecific | Resolution::Pinned | Resolution::Declined | Resolution::LeftOut
        );
        let by = line
            .commit
            .as_ref()
            .filter(|_| is_news)
            .map(|commit| (clean(&commit.author).into_owned(), commit.date()));
        Self { resolution: line.resolution, reason: clean(&line.reason.phrase(hop)).into_owned(), by }
    }
}

impl Judgements {
    /// How all items stand at the tip of the branch.
    ///
    /// # Errors
    /// When something of the repository cannot be read.
    pub(super) fn at(&self, workspace: &Workspace, tip: &CommitId) -> Result<Arc<Judged>> {
        if let Some(known) = self.known(tip) {
            return Ok(known);
        }
        let _judging = self.judging.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = self.known(tip) {
            return Ok(known);
        }
        let before = self.latest.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let planner = match &before {
            Some(before) => workspace.planner_near(tip, &before.configuration)?,
            None => workspace.planner(Some(tip.as_str()))?,
        };
        let judged = Arc::new(Judged::new(&planner, before.as_deref()));
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&judged));
        Ok(judged)
    }

    /// How all items stood at an older commit; nothing of it is kept.
    ///
    /// # Errors
    /// When something of the repository cannot be read.
    pub(super) fn past(workspace: &Workspace, commit: &CommitId) -> Result<Judged> {
        Ok(Judged::new(&workspace.planner(Some(commit.as_str()))?, None))
    }

    /// Judges what a move of the branch changed before somebody asks, once anybody has asked at all.
    pub(in crate::server) fn prepare(self: &Arc<Self>, workspace: &Workspace, tip: &CommitId) {
        if self.latest.lock().unwrap_or_else(PoisonError::into_inner).is_none() {
            return;
        }
        let (judgements, workspace, tip) = (Arc::clone(self), workspace.clone(), tip.clone());
        // Who asks meanwhile waits for it; what fails here fails again there, and is told.
        std::thread::spawn(move || drop(judgements.at(&workspace, &tip)));
    }

    fn known(&self, tip: &CommitId) -> Option<Arc<Judged>> {
        let latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        latest.clone().filter(|judged| judged.tip == *tip)
    }
}

impl Judged {
    fn new(planner: &Planner, before: Option<&Self>) -> Self {
        let affected = before.and_then(|before| before.affected_by(planner));
        let mut items = BTreeMap::new();
        let mut anew = Vec::new();
        for key in planner.configuration.snapshot().keys() {
            let known = before.and_then(|before| before.items.get(key));
            let is_kept = affected.as_ref().is_some_and(|affected| !affected.contains(key));
            match known.filter(|_| is_kept) {
                Some(known) => drop(items.insert(key.clone(), Arc::clone(known))),
                None => anew.push(key.clone()),
            }
        }
        let judged = ops::judge_items(planner, &anew, Reveal::Nothing, |key, judged| {
            let present = Environment::ALL.map(|it| planner.configuration.item(key, it).is_some());
            (key.clone(), Arc::new(ItemRows::of(judged, present)))
        });
        items.extend(judged);
        Self {
            tip: planner.head.id.clone(),
            items: Arc::new(items),
            activity: Environment::ALL.map(|environment| activity(&planner.history, environment)),
            configuration: planner.configuration.clone(),
            newest: planner.history.commits().first().map(|commit| commit.info.id.clone()),
            day: planner.head.date(),
        }
    }

    /// The items that may stand otherwise than they did; `None` for all of them.
    fn affected_by(&self, planner: &Planner) -> Option<BTreeSet<Key>> {
        if planner.head.date() != self.day {
            return None;
        }
        let (then, now) = (&self.configuration.snapshot().files, &planner.configuration.snapshot().files);
        let mut affected = BTreeSet::new();
        let is_changed =
            |path: &&String| then.get(*path).map(|it| &it.blob) != now.get(*path).map(|it| &it.blob);
        let changed: BTreeSet<&String> = then.keys().chain(now.keys()).filter(is_changed).collect();
        for path in changed {
            match (place(path), decision_owner(path)) {
                (Some(Place::Item(id)), _) => drop(affected.insert(id.key)),
                (_, Some((key, _))) => drop(affected.insert(key)),
                // The policy or a schema, say.
                _ => return None,
            }
        }
        let commits = planner.history.commits();
        let known = commits.iter().position(|commit| Some(&commit.info.id) == self.newest.as_ref())?;
        let (newer, _) = commits.split_at(known);
        if newer.iter().any(|commit| !commit.moved.files.is_empty()) {
            return None;
        }
        affected.extend(newer.iter().flat_map(|commit| touched(commit, &|_| true)));
        let both =
            |change: &crate::engine::history::FileChange| change.before.is_some() && change.after.is_some();
        let mut sharing = BTreeSet::new();
        for commit in commits {
            let keys: Vec<Key> = touched(commit, &both).collect();
            if keys.len() > 1 && keys.iter().any(|key| affected.contains(key)) {
                sharing.extend(keys);
            }
        }
        affected.extend(sharing);
        Some(affected)
    }
}

/// The items that a commit changed, and what came with it.
fn touched<'c>(
    commit: &'c CommitChanges,
    which: &'c dyn Fn(&crate::engine::history::FileChange) -> bool,
) -> impl Iterator<Item = Key> + 'c {
    let brought = commit.brought.iter().flat_map(|commit| &commit.changes);
    let changes = commit.changes.iter().chain(brought).filter(move |change| which(change));
    changes.filter_map(|change| match place(&change.path) {
        Some(Place::Item(id)) => Some(id.key),
        Some(Place::UnknownEnvironment(_) | Place::InvalidKey(..) | Place::Stray) | None => None,
    })
}

/// What changed an environment in the days before its last change: the same, whatever happens elsewhere.
fn activity(history: &History, environment: Environment) -> Activity {
    const DAY: i64 = 86_400;
    let folder = format!("environments/{environment}/");
    let count =
        |commit: &CommitChanges| commit.changes.iter().filter(|it| it.path.starts_with(&folder)).count();
    let mut found =
        history.commits().iter().map(|commit| (commit, count(commit))).filter(|(_, count)| *count > 0);
    let mut activity = Activity { days: vec![0; DAYS], latest: Vec::new() };
    let mut last = None;
    for (commit, count) in found.by_ref() {
        let day = commit.info.time.div_euclid(DAY);
        let back = usize::try_from(*last.get_or_insert(day) - day).unwrap_or_default();
        if activity.latest.len() < 5 {
            let (author, subject) = (clean(&commit.info.author), clean(&commit.info.subject));
            let (author, subject) = (author.into_owned(), subject.into_owned());
            activity.latest.push((commit.info.id.clone(), author, commit.info.date(), subject));
        }
        match DAYS.checked_sub(back + 1).and_then(|at| activity.days.get_mut(at)) {
            Some(slot) => *slot += count,
            None => break,
        }
    }
    activity
}
