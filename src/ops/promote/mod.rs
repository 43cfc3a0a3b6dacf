//! `promote`: plan, then one commit.
//!
//! [`prepare`] reads and judges and writes nothing; [`commit`] publishes exactly what was
//! prepared, or, when the branch moved meanwhile, what a new plan says if that is the same.

mod creation;
mod files;
mod message;
mod prepared;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use rayon::prelude::*;

use super::item::near_or;
use super::plan::Planner;
use super::workspace::Workspace;
use crate::engine::promotion::{Action, GivenValue, ItemPlan, LeftAlone, Reason, Selection};
use crate::engine::snapshot::{Place, place};
use crate::model::{
    BlobId, CommitId, EnvironmentSet, Error, ErrorKind, Help, Hop, Key, KeyGlob, ProgressCounter, Result,
    Value, ValuePath,
};
use crate::secrets::{DocumentSecrets, exclusion};
use crate::store::transaction::{self, Committed, Options};

use creation::former_name;
pub(super) use creation::{create, idle_in_new};
use files::write_plan;
pub(super) use files::{decisions_changes, write};
pub(super) use message::{short, trailer};
pub(super) use prepared::Terms;
pub use prepared::{Creation, Prepared, refusal};

/// What to promote.
#[derive(Clone, Debug)]
pub struct PromoteRequest {
    /// The items; all when both these and those that match are none.
    pub keys: Vec<Key>,
    /// Which other items, of those that both sides have.
    pub matching: Vec<KeyGlob>,
    /// The hop.
    pub hop: Hop,
    /// What of the plan.
    pub selection: Selection,
    /// What was answered about single paths, by item.
    pub answers: BTreeMap<Key, Answers>,
    /// Whether items that only the source has are created although they were not named.
    pub create_unnamed: bool,
    /// Whether items that the source deleted are deleted.
    pub delete: bool,
    /// Whether an item that nobody named, and that cannot be written, is left for the others' sake.
    pub leave_unwritable: bool,
    /// The reason recorded with `--take target=…`.
    pub reason: Option<String>,
    /// Who is recorded with it; empty for nobody.
    pub by: String,
}

impl PromoteRequest {
    /// Whether single items are named, and no others meant.
    #[must_use]
    pub fn named(&self) -> &[Key] {
        if self.matching.is_empty() { &self.keys } else { &[] }
    }

    fn is_matched(&self, key: &Key) -> bool {
        self.matching.is_empty() || self.matching.iter().any(|glob| glob.is_match(key))
    }
}

/// What a person answered about paths of one item; it counts before the selection, and in no other
/// item.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    /// Write the source's value.
    pub take_source: Vec<ValuePath>,
    /// Keep the target's value, and record it with this reason, if there is one.
    pub take_target: Vec<(ValuePath, Option<String>)>,
    /// Give the target these values.
    pub set: Vec<(ValuePath, Value)>,
    /// Leave these for now.
    pub skip: Vec<ValuePath>,
}

impl Answers {
    /// The selection with these answers in it.
    fn over(&self, selection: &Selection) -> Selection {
        let mut selection = selection.clone();
        selection.take_source.extend_from_slice(&self.take_source);
        selection.take_target.extend(self.take_target.iter().map(|(path, _)| path.clone()));
        selection.set.extend_from_slice(&self.set);
        selection.except.extend_from_slice(&self.skip);
        selection
    }
}

/// Plans a promotion. Nothing is written.
///
/// # Errors
/// When an item is not there, a file cannot be read, a selection speaks of nothing, or an edit
/// cannot be made.
pub fn prepare(workspace: &Workspace, planner: &Planner, request: &PromoteRequest) -> Result<Prepared> {
    // What was decided and cannot be read is not passed over.
    planner.configuration.snapshot().require_decisions(request.hop.target())?;
    let may_empty =
        request.delete || !request.selection.only.is_empty() || !request.selection.take_source.is_empty();
    let leave_refused = request.selection.skip_undecided && request.keys.len() != 1;
    let terms = Terms {
        hop: request.hop,
        reason: request.reason.as_deref(),
        by: &request.by,
        may_empty: &|_| may_empty,
        leave_unwritable: &|key| leave_refused || (request.leave_unwritable && !request.keys.contains(key)),
        leave_refused,
    };
    let mut work = Preparing {
        workspace,
        planner,
        request,
        prepared: Prepared::new(planner.head.id.clone()),
        unmatched: None,
    };
    let mut seen = BTreeSet::new();
    let mut named = request.keys.iter().filter(|key| seen.insert(*key));
    named.try_for_each(|key| work.named(key))?;
    if request.keys.is_empty() || !request.matching.is_empty() {
        let snapshot = planner.configuration.snapshot();
        snapshot.require_environment(request.hop.source())?;
        snapshot.require_environment(request.hop.target())?;
        let mut keys = snapshot.keys();
        if let Some(glob) = request.matching.iter().find(|glob| !keys.iter().any(|key| glob.is_match(key))) {
            return Err(Error::usage(format!("no item matches `{glob}`"))
                .with_help("a glob such as `billing/*` is tried on whole keys"));
        }
        keys.retain(|key| !seen.contains(key) && request.is_matched(key));
        let steps = ProgressCounter::new(workspace.repository.progress(), "planning items", Some(keys.len()));
        let plan = |key: &&Key| -> Result<(Prepared, Option<Vec<String>>)> {
            let prepared = Prepared::new(planner.head.id.clone());
            let mut work = Preparing { workspace, planner, request, prepared, unmatched: None };
            let planned = work.unnamed(key);
            let Prepared { plans, reasons, made, .. } = &mut work.prepared;
            for plan in plans.iter() {
                made.insert(plan.key.clone(), write_plan(planner, &terms, plan, reasons));
            }
            // Of all items nothing is kept but what is planned: they may be more than fit into memory.
            planner.let_go(key);
            steps.step();
            planned.map(|()| (work.prepared, work.unmatched))
        };
        let planned: Vec<_> = keys.par_iter().map(plan).collect();
        // In order, so that of several errors the first one is told.
        for planned in planned {
            let (prepared, unmatched) = planned?;
            work.prepared.add(prepared);
            unmatched.into_iter().for_each(|idle| work.note_unmatched(idle));
        }
    }
    let Preparing { mut prepared, unmatched, .. } = work;
    join_renamed_items(planner, request.hop, &mut prepared)?;
    refuse_pinned(&prepared.plans, &request.selection)?;
    if let Some(word) = unmatched.into_iter().flatten().next() {
        let paths = prepared.plans.iter().flat_map(|plan| &plan.lines).map(|line| line.path.to_string());
        let message = match word.as_str() {
            "" => "a path is empty; a shell variable may be unset".to_owned(),
            word => format!("nothing of this plan is at {word}"),
        };
        return Err(Error::usage(message).with_help(near_or(&word, paths, Help::SeePlan)));
    }
    write(planner, &terms, &mut prepared)?;
    Ok(prepared)
}

/// Says of items that only the source has, and that the target has under their old names, that they are
/// those.
fn join_renamed_items(planner: &Planner, hop: Hop, prepared: &mut Prepared) -> Result<()> {
    let mut gone = BTreeSet::new();
    for (key, left) in &mut prepared.left {
        if *left == LeftAlone::OnlyInSource
            && let Some(former) = former_name(planner, key, hop)?
        {
            gone.insert(former.clone());
            *left = LeftAlone::Renamed(former);
        }
    }
    prepared.left.retain(|(key, left)| *left != LeftAlone::Deleted || !gone.contains(key));
    Ok(())
}

/// A promotion that is being prepared, item by item.
struct Preparing<'a> {
    workspace: &'a Workspace,
    planner: &'a Planner,
    request: &'a PromoteRequest,
    prepared: Prepared,
    /// What of the selection spoke of nothing in any item so far.
    unmatched: Option<Vec<String>>,
}

impl Preparing<'_> {
    /// Whether source and target have the item.
    fn is_there(&self, key: &Key) -> (bool, bool) {
        let hop = self.request.hop;
        let has = |environment| self.planner.configuration.item(key, environment).is_some();
        (has(hop.source()), has(hop.target()))
    }

    /// An item that was asked for: what cannot be done is an error.
    fn named(&mut self, key: &Key) -> Result<()> {
        let Self { planner, request, .. } = *self;
        let (source, target) = (request.hop.source(), request.hop.target());
        self.require_files(key)?;
        match self.is_there(key) {
            (true, true) => {
                // What was decided and cannot be read is not passed over, in sync or not.
                planner.decisions(key, target)?;
                self.merge(key)
            }
            (true, false) => self.create(key),
            (false, true) if request.delete => {
                if !was_deleted(planner, key, request.hop) {
                    return Err(never_had(planner, key, request.hop));
                }
                self.prepared.deletions.push(key.clone());
                Ok(())
            }
            (false, true) => Err(Error::usage(format!("{source} has no item `{key}`"))
                .with_help(Help::PromoteDeletion(target))),
            // The same command again.
            (false, false) if request.delete && had_both(planner, key, request.hop) => Ok(()),
            (false, false) => Err(self.unknown(key)?),
        }
    }

    /// Refuses an item that a link, say, hides on either side.
    fn require_files(&self, key: &Key) -> Result<()> {
        let (hop, snapshot) = (self.request.hop, self.planner.configuration.snapshot());
        snapshot.require_file(key, hop.source())?;
        snapshot.require_file(key, hop.target())
    }

    /// One of all items: what cannot be done does not hold up the others.
    fn unnamed(&mut self, key: &Key) -> Result<()> {
        if let Err(hidden) = self.require_files(key) {
            self.prepared.left.push((key.clone(), LeftAlone::Unreadable(hidden.message)));
            return Ok(());
        }
        let left = match self.is_there(key) {
            (false, _) => was_deleted(self.planner, key, self.request.hop).then_some(LeftAlone::Deleted),
            (true, false) if !self.request.create_unnamed => Some(LeftAlone::OnlyInSource),
            (true, target) => {
                // What was decided and cannot be read is not passed over.
                self.planner.decisions(key, self.request.hop.target())?;
                self.unnamed_there(key, target)?
            }
        };
        self.prepared.left.extend(left.map(|left| (key.clone(), left)));
        Ok(())
    }

    fn unnamed_there(&mut self, key: &Key, target: bool) -> Result<Option<LeftAlone>> {
        Ok(match self.planner.encrypted(key, self.request.hop) {
            Ok(Some(file)) => Some(LeftAlone::Encrypted(file)),
            Ok(None) => {
                let done = if target { self.merge(key) } else { self.create(key) };
                match done.err().map(unreadable).transpose()? {
                    None => self.take_back_shared(key),
                    left => left,
                }
            }
            Err(error) => Some(unreadable(error)?),
        })
    }

    /// Takes an item out again of which something stands behind an alias: it holds up no other.
    fn take_back_shared(&mut self, key: &Key) -> Option<LeftAlone> {
        let plan = self.prepared.plans.iter().position(|plan| plan.key == *key)?;
        let stopped = self.prepared.plans[plan].with(&Action::Stop).find(|line| line.reason.is_shared());
        let path = stopped.map(|line| line.path.clone())?;
        self.prepared.plans.remove(plan);
        Some(LeftAlone::Shared(path))
    }

    /// An item that both sides have.
    fn merge(&mut self, key: &Key) -> Result<()> {
        let Self { planner, request, .. } = *self;
        let (hop, selection) = (request.hop, &request.selection);
        let answers = request.answers.get(key);
        let answered = answers.map(|answers| answers.over(selection));
        let Some(mut plan) = planner.plan(key, hop, answered.as_ref().unwrap_or(selection))? else {
            return Ok(());
        };
        let reasons = answers.into_iter().flat_map(|answers| &answers.take_target);
        let reasons: Vec<_> =
            reasons.filter_map(|(path, reason)| Some((path.clone(), reason.clone()?))).collect();
        if !reasons.is_empty() {
            self.prepared.reasons.insert(key.clone(), reasons);
        }
        let selection = &planner.settle_selection(key, hop, selection)?;
        self.note_unmatched(planner.unmatched(key, hop, selection)?);
        plan.given = given_values(planner, &plan, &selection.set)?;
        if !plan.lines.is_empty() || !plan.given.is_empty() || !request.keys.is_empty() {
            self.prepared.plans.push(plan);
        }
        Ok(())
    }

    /// Remembers what of the selection spoke of nothing in this item either.
    fn note_unmatched(&mut self, idle: Vec<String>) {
        self.unmatched = Some(match self.unmatched.take() {
            None => idle,
            Some(known) => known.into_iter().filter(|word| idle.contains(word)).collect(),
        });
    }

    /// An item that the target gets.
    fn create(&mut self, key: &Key) -> Result<()> {
        let Self { planner, request, .. } = *self;
        let idle = idle_in_new(planner, key, request.hop, &request.selection)?;
        let mut selection = request.selection.clone();
        selection.set.retain(|(path, _)| !idle.contains(path));
        self.note_unmatched(idle.iter().map(ToString::to_string).collect());
        self.prepared.creations.push(create(planner, key, request.hop, &selection)?);
        Ok(())
    }

    /// That there is no such item; it may not be committed yet.
    fn unknown(&self, key: &Key) -> Result<Error> {
        let snapshot = self.planner.configuration.snapshot();
        let error = self.planner.no_such_item(key, self.request.hop);
        self.workspace.not_in_commit(error, snapshot, key, EnvironmentSet::ALL)
    }
}

/// The values given to paths at which the sides of the item do not differ and that its schema
/// requires; what the target has already is nothing to do.
pub(super) fn given_values(
    planner: &Planner,
    plan: &ItemPlan,
    set: &[(ValuePath, Value)],
) -> Result<Vec<GivenValue>> {
    if set.is_empty() {
        return Ok(Vec::new());
    }
    let target = planner.item(&plan.key, plan.hop.target());
    let target = target.map(|item| planner.document(item)).transpose()?;
    let mut seen = HashSet::new();
    let given = set.iter().filter(|(path, _)| {
        seen.insert(path)
            && !plan.lines.iter().any(|line| line.path.covers(path) || path.covers(&line.path))
            && planner.requires(&plan.key, plan.hop.target(), path)
    });
    let policy = planner.configuration.policy();
    let secrets = target.as_ref().map(|target| DocumentSecrets::of(target, policy));
    let given = given.map(|(path, value)| {
        let old = target.as_ref().and_then(|target| target.at(path));
        let holds = |old: &Value| secrets.as_ref().is_some_and(|it| it.holds_secret(policy, path, old));
        GivenValue {
            path: path.clone(),
            secret: old.is_some_and(holds),
            old: old.cloned(),
            value: value.clone(),
        }
    });
    Ok(given.filter(|given| given.old.as_ref() != Some(&given.value)).collect())
}

/// Whether the source once had the item.
pub(super) fn was_deleted(planner: &Planner, key: &Key, hop: Hop) -> bool {
    let file = key.file(hop.source());
    let commits = planner.history.commits();
    commits.iter().flat_map(|commit| &commit.changes).any(|change| change.path == file)
}

/// Whether both sides had an item once.
fn had_both(planner: &Planner, key: &Key, hop: Hop) -> bool {
    [hop.source(), hop.target()].into_iter().all(|side| !planner.history.blobs(key, side).is_empty())
}

/// That the source never had the item, so that nothing is deleted with it.
pub(super) fn never_had(planner: &Planner, key: &Key, hop: Hop) -> Error {
    let file = format!("{}{}", planner.configuration.snapshot().prefix, key.file(hop.target()));
    let message = format!("{} never had an item `{key}`, so there is no deletion to promote", hop.source());
    Error::usage(message).with_help(format!("remove it by hand: git rm {file}"))
}

/// Why an item is left alone. What cannot be read at all is an error that nothing passes: it may
/// hold what would change the plan.
fn unreadable(error: Error) -> Result<LeftAlone> {
    if error.kind == ErrorKind::Io { Err(error) } else { Ok(LeftAlone::Unreadable(error.message)) }
}

/// Refuses to take what is never promoted, although it was asked for by its very name.
fn refuse_pinned(plans: &[ItemPlan], selection: &Selection) -> Result<()> {
    let taken: HashSet<&ValuePath> = selection.take_source.iter().collect();
    let kept = plans
        .iter()
        .flat_map(|plan| plan.lines.iter().map(|line| (line, plan.hop)))
        .find(|(line, _)| !line.is_taken() && line.is_refused() && taken.contains(&line.path));
    match kept {
        None => Ok(()),
        Some((line, hop)) => {
            let error =
                Error::undecided(format!("`{}` is not promoted: {}", line.path, line.reason.phrase(hop)));
            Err(match line.reason {
                Reason::Secret => error.with_help(Help::GiveSecretOrExclude(exclusion(&line.path))),
                _ => error.with_help(Help::GiveOrLeaveOut),
            })
        }
    }
}

/// What the transaction would refuse of what was prepared; nothing is written.
///
/// # Errors
/// The door's refusals.
pub fn preflight(workspace: &Workspace, prepared: &Prepared, options: &Options) -> Result<()> {
    if prepared.is_empty() {
        return Ok(());
    }
    transaction::preflight(workspace.repository.transaction_path(), options, &prepared.head, &prepared.files)
}

/// Publishes what was prepared as one commit; `None` when there is nothing to do.
///
/// # Errors
/// `Undecided` when something is still open; `Retry` when the branch moved and the plan changed
/// with it; the transaction's refusals.
pub fn commit(
    workspace: &Workspace,
    request: &PromoteRequest,
    prepared: &Prepared,
    subject: Option<&str>,
    options: &Options,
) -> Result<Option<Committed>> {
    let reprepare = |planner: &Planner| prepare(workspace, planner, request);
    publish(workspace, request.named(), prepared, &reprepare, subject, options)
}

/// Publishes what was prepared of these items (all without any); `reprepare` prepares the same on
/// another commit.
pub(super) fn publish(
    workspace: &Workspace,
    keys: &[Key],
    prepared: &Prepared,
    reprepare: &dyn Fn(&Planner) -> Result<Prepared>,
    subject: Option<&str>,
    options: &Options,
) -> Result<Option<Committed>> {
    prepared.require_decided()?;
    let repository = workspace.repository.transaction_path();
    let decide = |head: Option<&CommitId>| {
        let head = head.ok_or_else(|| {
            Error::state("the branch has no commit yet").with_help("commit the configuration first")
        })?;
        let prepared = reprepare(&Planner::of(workspace, head, keys)?)?;
        prepared.require_decided().map_err(|_| transaction::not_as_shown())?;
        Ok(prepared.change(subject).map(|change| (change, ())))
    };
    let published = match prepared.change(subject) {
        Some(shown) => transaction::publish(repository, options, Some((shown, ())), decide)?,
        None => transaction::confirm(repository, options, decide)?,
    };
    Ok(published.map(|(committed, ())| committed))
}

/// The items of a request that the branch of `options` has changed in the target though nothing of them
/// is promoted any more: what an earlier promotion to it took was taken back since.
///
/// # Errors
/// When the remote cannot be asked, or the branch cannot be compared.
pub fn left_on_branch(
    workspace: &Workspace,
    request: &PromoteRequest,
    head: &CommitId,
    options: &Options,
) -> Result<BTreeSet<Key>> {
    let repository = &workspace.repository;
    let Some(branch) = &options.branch else { return Ok(BTreeSet::new()) };
    let tip = match &options.push {
        Some(remote) => repository.branch_tip_at(remote, branch)?,
        None => repository.branch_tip(branch)?,
    };
    let Some(tip) = tip else { return Ok(BTreeSet::new()) };
    let Some(base) = repository.merge_base(head, &tip)?.filter(|base| *base != tip) else {
        return Ok(BTreeSet::new());
    };
    let mut parts = repository.parts();
    let mut changed = |to: &CommitId| -> Result<BTreeMap<String, Option<BlobId>>> {
        let changes = parts.changes(&base, to)?.into_iter();
        Ok(changes.map(|change| (change.path, change.after)).collect())
    };
    let (there, here) = (changed(&tip)?, changed(head)?);
    let differing = there.iter().filter(|(path, blob)| here.get(*path) != Some(blob));
    let items = differing.filter_map(|(path, _)| match place(path) {
        Some(Place::Item(id)) if id.environment == request.hop.target() => Some(id.key),
        _ => None,
    });
    let is_meant = |key: &Key| match request.named() {
        [] => request.keys.contains(key) || request.is_matched(key),
        named => named.contains(key),
    };
    Ok(items.filter(is_meant).collect())
}

/// The source files of the promoted items whose changes are not committed.
///
/// # Errors
/// When the working tree cannot be compared.
pub fn uncommitted_sources(workspace: &Workspace, request: &PromoteRequest) -> Result<Vec<String>> {
    let prefix = workspace.repository.root_prefix();
    let file = |key: &Key| format!("{prefix}{}", key.file(request.hop.source()));
    let named: Vec<String> = request.named().iter().map(file).collect();
    let mut files = workspace.repository.uncommitted(&named)?;
    files.retain(|file| match file.strip_prefix(prefix).and_then(place) {
        Some(Place::Item(id)) => {
            id.environment == request.hop.source()
                && (request.keys.contains(&id.key) || (named.is_empty() && request.is_matched(&id.key)))
        }
        _ => false,
    });
    Ok(files)
}
