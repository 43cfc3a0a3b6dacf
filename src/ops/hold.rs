//! `hold`: what people decided not to promote, recorded, listed and released.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::edit::rests_on;
use super::item::{no_such_path, or_near_element};
use super::plan::Planner;
use super::promote::decisions_changes;
use super::workspace::Workspace;
use crate::diff::lists::{by_name, identity};
use crate::engine::promotion::{Decision, HoldStatus, Until, decided, digest};
use crate::model::{
    BlobId, Environment, Error, ErrorKind, Hop, Key, List, Policy, Result, Revision, Value, ValuePath,
};
use crate::secrets::{DocumentSecrets, shown_path};
use crate::store::transaction::{self, Change, Committed, FileChange, Options};
use crate::yaml::Document;

/// A path that its environment shall keep.
#[derive(Clone, Debug)]
pub struct HoldRequest {
    /// The item.
    pub key: Key,
    /// The environment that keeps its value.
    pub target: Environment,
    /// What is kept, and all below it.
    pub path: ValuePath,
    /// Why.
    pub reason: String,
    /// How long.
    pub until: Until,
}

/// Records a decision as one commit; `None` when it is recorded already.
///
/// # Errors
/// When item or path are not there, or the day is over; the transaction's refusals.
pub fn hold(
    workspace: &Workspace,
    request: &HoldRequest,
    options: &Options,
) -> Result<Option<(Committed, ValuePath)>> {
    publish(workspace, &request.key, options, |planner| record(workspace, planner, request, options))
}

/// Whether [`hold`] would commit something to what a planner judges. Nothing is written.
///
/// # Errors
/// As [`hold`].
pub fn would_hold(
    workspace: &Workspace,
    planner: &Planner,
    request: &HoldRequest,
    options: &Options,
) -> Result<bool> {
    record(workspace, planner, request, options).map(|recorded| recorded.is_some())
}

fn record(
    workspace: &Workspace,
    planner: &Planner,
    request: &HoldRequest,
    options: &Options,
) -> Result<Option<Recorded>> {
    let hop = hop(request.target)?;
    if let Until::Date(date) = &request.until
        && *date < planner.head.date()
    {
        let head = planner.head.date();
        return Err(Error::usage(format!("{date} is over: the commit that is judged is of {head}"))
            .with_help("name a later day"));
    }
    let snapshot = planner.configuration.snapshot();
    if [hop.target(), hop.source()].into_iter().all(|env| snapshot.item(&request.key, env).is_none()) {
        workspace.require_in_commit(snapshot, &request.key)?;
    }
    let path = settle(planner, &request.key, hop, &request.path)?;
    let source = Source::of(planner, &request.key, hop)?;
    let decision = Decision {
        source: source.digest(planner.configuration.policy(), &path),
        by: decider(workspace, options),
        reason: request.reason.clone(),
        until: request.until.clone(),
        path: path.clone(),
    };
    let old = planner.decisions(&request.key, request.target)?;
    let same = |known: &Decision| {
        // A value of which nothing may be told is not known by its digest any longer.
        let is_as_known = decision.is_by_blob() == known.is_by_blob();
        let counts = is_as_known && known.is_live(source.at(&known.path), planner.head.date());
        counts && (&known.path, &known.reason, &known.until) == (&path, &decision.reason, &decision.until)
    };
    if old.iter().any(same) {
        return Ok(None);
    }
    let mut new: Vec<Decision> = old.into_iter().filter(|known| known.path != path).collect();
    let body = format!("{}\n\nUntil: {}\n", decision.reason, decision.until);
    new.push(decision);
    let subject = format!("hold({}): {} in {}", request.key, shown_path(&path), request.target);
    let files = decisions_changes(planner, &request.key, request.target, &new)?;
    Ok(Some((files, format!("{subject}\n\n{body}"), path)))
}

/// Takes a decision out again as one commit; `None` when there is none at the path.
///
/// # Errors
/// The door's refusals.
pub fn release(
    workspace: &Workspace,
    key: &Key,
    target: Environment,
    path: &ValuePath,
    options: &Options,
) -> Result<Option<(Committed, ValuePath)>> {
    publish(workspace, key, options, |planner| take_out(planner, key, target, path))
}

/// Whether [`release`] would find something to take out of what a planner judges. Nothing is written.
///
/// # Errors
/// As [`release`].
pub fn would_release(planner: &Planner, key: &Key, target: Environment, path: &ValuePath) -> Result<bool> {
    take_out(planner, key, target, path).map(|taken| taken.is_some())
}

fn take_out(planner: &Planner, key: &Key, target: Environment, path: &ValuePath) -> Result<Option<Recorded>> {
    let hop = hop(target)?;
    // What is held may be gone; its decision can be released all the same.
    let path = settle(planner, key, hop, path).unwrap_or_else(|_| path.clone());
    let old = planner.decisions(key, target)?;
    let new: Vec<Decision> = old.iter().filter(|known| known.path != path).cloned().collect();
    if new.len() == old.len() {
        return Ok(None);
    }
    let files = decisions_changes(planner, key, target, &new)?;
    Ok(Some((files, format!("release({key}): {} in {target}\n", shown_path(&path)), path)))
}

/// All decisions of HEAD, by item and target.
///
/// # Errors
/// When a decisions file or an item cannot be read.
pub fn held(workspace: &Workspace) -> Result<Vec<HoldStatus>> {
    held_in(workspace, None, &Hop::ALL)
}

/// The decisions over these hops of the commit that `at` names (HEAD without), by item and target. Only
/// the items that they are about are looked up, and nothing that was decided over another hop.
///
/// # Errors
/// As [`held`].
pub fn held_in(workspace: &Workspace, at: Option<&str>, hops: &[Hop]) -> Result<Vec<HoldStatus>> {
    let repository = &workspace.repository;
    let commit = match at {
        Some(revision) => repository.commit(revision)?,
        None => repository.require_head()?,
    };
    let decisions = hops.iter().map(|hop| format!(".terrace/decisions/{}/", hop.target())).collect();
    let decisions = repository.snapshot_of_paths(&Revision::Commit(commit.clone()), &decisions)?;
    let keys: BTreeSet<Key> = decided(&decisions).into_iter().map(|(key, _)| key).collect();
    let keys: Vec<Key> = keys.into_iter().collect();
    if keys.is_empty() && repository.parts().shows_configuration(&commit)? {
        decisions.require_sound()?;
        hops.iter().try_for_each(|hop| decisions.require_all_decisions(hop.target()))?;
        return Ok(Vec::new());
    }
    held_over(&Planner::of(workspace, &commit, &keys)?, hops)
}

/// All decisions of the commit that a planner judges, by item and target.
///
/// # Errors
/// As [`held`].
pub fn held_at(planner: &Planner) -> Result<Vec<HoldStatus>> {
    held_over(planner, &Hop::ALL)
}

fn held_over(planner: &Planner, hops: &[Hop]) -> Result<Vec<HoldStatus>> {
    let mut held = Vec::new();
    let snapshot = planner.configuration.snapshot();
    for hop in hops.iter().copied() {
        snapshot.require_all_decisions(hop.target())?;
        let decided = decided(snapshot).into_iter();
        for (key, _) in decided.filter(|(_, target)| *target == hop.target()) {
            let source = Source::of(planner, &key, hop)?;
            for decision in planner.decisions(&key, hop.target())? {
                let life = decision.life(source.at(&decision.path), planner.head.date());
                held.push(HoldStatus { key: key.clone(), target: hop.target(), decision, life });
            }
        }
    }
    held.sort_by(|a, b| (&a.key, a.target).cmp(&(&b.key, b.target)));
    Ok(held)
}

fn hop(target: Environment) -> Result<Hop> {
    Hop::into_target(target).ok_or_else(|| {
        Error::usage("nothing is promoted to development, so there is nothing to hold there")
            .with_help("name the environment that keeps its value: staging or production")
    })
}

type Recorded = (Vec<FileChange>, String, ValuePath);

fn publish(
    workspace: &Workspace,
    key: &Key,
    options: &Options,
    decide: impl Fn(&Planner) -> Result<Option<Recorded>>,
) -> Result<Option<(Committed, ValuePath)>> {
    transaction::publish(workspace.repository.transaction_path(), options, None, |head| {
        let head = match head {
            Some(head) => head.clone(),
            None => workspace.repository.require_head()?,
        };
        let planner = Planner::of(workspace, &head, std::slice::from_ref(key))?;
        let Some((files, message, path)) = decide(&planner)? else { return Ok(None) };
        let rests_on = rests_on(&planner.configuration, [key]);
        Ok(Some((Change { base: Some(head), files, rests_on, message }, path)))
    })
}

fn document(planner: &Planner, key: &Key, environment: Environment) -> Result<Option<Arc<Document>>> {
    let item = planner.configuration.item(key, environment);
    item.map(|item| planner.configuration.document(item)).transpose()
}

/// The path by its stable name, in the target or else in the source.
fn settle(planner: &Planner, key: &Key, hop: Hop, path: &ValuePath) -> Result<ValuePath> {
    let lists = planner.configuration.lists(key);
    let named = |list_path: &ValuePath, list: &List| identity(&lists, list_path, list, list);
    let mut missing = None;
    for environment in [hop.target(), hop.source()] {
        let Some(document) = document(planner, key, environment)? else { continue };
        let settled = document.resolve(path);
        if path.is_file() && document.values().iter().any(|value| !value.is_scalar()) {
            return Err(Error::usage("the path is empty")
                .with_help("name what is kept (a shell variable may be unset)"));
        }
        if document.at(&settled).is_some() {
            return Ok(by_name(document.values(), &settled, &named));
        }
        let file = format!("{}{}", planner.configuration.snapshot().prefix, key.file(environment));
        missing.get_or_insert_with(|| {
            let error = no_such_path(document.values(), &settled, &file);
            or_near_element(error, document.values(), &settled, &lists)
        });
    }
    let error = missing.unwrap_or_else(|| planner.no_such_item(key, hop));
    Err(error.with_kind(ErrorKind::Usage))
}

/// What a hop's source has of an item.
struct Source {
    document: Option<Arc<Document>>,
    blob: Option<BlobId>,
}

impl Source {
    fn of(planner: &Planner, key: &Key, hop: Hop) -> Result<Self> {
        let blob = planner.configuration.item(key, hop.source()).and_then(|item| item.blob.clone());
        Ok(Self { document: document(planner, key, hop.source())?, blob })
    }

    /// The value at a path, and the content that holds it.
    fn at(&self, path: &ValuePath) -> (Option<&Value>, Option<&BlobId>) {
        (self.document.as_ref().and_then(|document| document.at(path)), self.blob.as_ref())
    }

    /// By what a decision knows the value at a path.
    fn digest(&self, policy: &Policy, path: &ValuePath) -> String {
        let (value, blob) = self.at(path);
        let is_secret = match &self.document {
            Some(document) => DocumentSecrets::of(document, policy).is_confidential(policy, path, value),
            None => true,
        };
        digest(value, blob.filter(|_| is_secret))
    }
}

/// Who decides: whom the caller names, else git's configuration.
/// Who decides what is recorded under these options; empty where nobody is known.
#[must_use]
pub fn decider(workspace: &Workspace, options: &Options) -> String {
    let said = options.identity.author.name.clone();
    said.or_else(|| workspace.repository.configured(&["author.name", "user.name"])).unwrap_or_default()
}
