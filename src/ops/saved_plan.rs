//! `promote --plan`: carrying out a plan that was agreed on earlier, exactly, or not at all.
//!
//! Its lines are judged again on the commit that it was made on, so that they are what was
//! reviewed; it is carried out on the present commit, which must have the same files. Commits that
//! changed other things meanwhile do no harm.

use std::collections::{BTreeMap, BTreeSet};

use super::expected::changed_since;
use super::plan::Planner;
use super::promote::{
    Prepared, PromoteRequest, Terms, create, given_values, idle_in_new, never_had, publish, was_deleted,
    write,
};
use super::workspace::Workspace;
use crate::diff::documents::settle_document;
use crate::diff::lists::ListRules;
use crate::engine::promotion::{
    Action, ItemPlan, PlanEntry, SavedCreation, SavedItem, SavedPlan, Selection, files_of, settle,
    stop_shared, wrong_plan,
};
use crate::guards::{self, Guard};
use crate::model::policy::NewKeys;
use crate::model::{
    BlobId, ChangedValue, Error, ErrorKind, Help, ItemId, Key, Result, Value, ValuePath, policy,
};
use crate::store::transaction::{Committed, Options};
use crate::yaml::{Document, Limits};

/// Reads what carrying out the plan would write. Nothing is written.
///
/// # Errors
/// `Retry` when a file that the plan rests on has changed since; a usage error, with its place,
/// when the plan contradicts the repository.
pub fn prepare(workspace: &Workspace, now: &Planner, agreed: &SavedPlan) -> Result<Prepared> {
    let planned;
    let then = if agreed.head == now.head.id {
        now
    } else {
        workspace.repository.info(&agreed.head).map_err(|error| {
            Error::stale(format!("the commit that the plan was made on is not here: {error}"))
                .with_help("fetch it")
                .or_help(Help::PlanAnew)
        })?;
        planned = Planner::of(workspace, &agreed.head, &agreed.keys())?;
        &planned
    };
    require_unmoved(agreed, then, now)?;
    let mut prepared = Prepared::new(now.head.id.clone());
    for item in &agreed.items {
        let leaves = then.leaves(&item.key, agreed.hop)?.unwrap_or_default();
        let (Some(from), Some(into)) = (
            now.configuration.item(&item.key, agreed.hop.source()),
            now.configuration.item(&item.key, agreed.hop.target()),
        ) else {
            return Err(stale(&item.key.file(agreed.hop.target())));
        };
        let (source, target) = (now.configuration.document(from)?, now.configuration.document(into)?);
        let item = with_documents(item, &source, &target);
        let mut plan = ItemPlan {
            key: item.key.clone(),
            hop: agreed.hop,
            source_blob: item.source_blob.clone(),
            target_blob: item.target_blob.clone(),
            lines: stop_again(
                settle(leaves, &item, agreed.hop, &source, &target)?,
                &item,
                [&source, &target],
                (now.configuration.limits(), &now.configuration.lists(&item.key)),
            ),
            given: Vec::new(),
        };
        plan.given = given_values(now, &plan, &item.given)?;
        require_given(&item, &plan, &target)?;
        prepared.plans.push(plan);
    }
    for creation in &agreed.creations {
        prepared.creations.push(created(now, agreed, creation)?);
    }
    for (key, _) in &agreed.deletions {
        if !was_deleted(now, key, agreed.hop) {
            return Err(never_had(now, key, agreed.hop));
        }
    }
    prepared.deletions = agreed.deletions.iter().map(|(key, _)| key.clone()).collect();
    let may_empty = |key: &Key| agreed.items.iter().any(|item| item.key == *key && item.empties);
    let reason = agreed.reason.as_deref();
    let terms = Terms {
        hop: agreed.hop,
        reason,
        by: &agreed.by,
        may_empty: &may_empty,
        leave_unwritable: &|_| false,
        leave_refused: false,
    };
    write(now, &terms, &mut prepared)?;
    Ok(prepared)
}

/// How a plan that was agreed on stands to a commit.
#[derive(Debug)]
pub enum Agreed {
    /// It can be carried out; what that would write.
    Ready(Box<Prepared>),
    /// A file that it rests on has changed since.
    Moved {
        /// Which, and what was changed in the items that moved.
        why: Error,
        /// The plan of the same items as it is made now.
        plan: Box<Prepared>,
    },
}

/// [`prepare`], and the plan as it is now where the one that was agreed on is out of date. Nothing is
/// written.
///
/// # Errors
/// As [`prepare`], but for what is `Stale`; also when no new plan can be made.
pub fn agree(workspace: &Workspace, now: &Planner, agreed: &SavedPlan) -> Result<Agreed> {
    match prepare(workspace, now, agreed) {
        Ok(prepared) => Ok(Agreed::Ready(Box::new(prepared))),
        Err(why) if why.kind == ErrorKind::Stale => {
            let plan = Box::new(plan_anew(workspace, now, agreed)?);
            let changed = moved(workspace, now, agreed)?;
            let why = if changed.is_empty() { why } else { why.with_changed(changed) };
            Ok(Agreed::Moved { why, plan })
        }
        Err(error) => Err(error),
    }
}

/// The values that were changed since in the items that a plan speaks of.
fn moved(workspace: &Workspace, now: &Planner, agreed: &SavedPlan) -> Result<Vec<ChangedValue>> {
    let (source, target) = (agreed.hop.source(), agreed.hop.target());
    let items = agreed.items.iter();
    let mut then = Vec::new();
    then.extend(
        items.flat_map(|it| [(&it.key, source, &it.source_blob), (&it.key, target, &it.target_blob)]),
    );
    then.extend(agreed.creations.iter().map(|it| (&it.key, source, &it.source_blob)));
    then.extend(agreed.deletions.iter().map(|(key, blob)| (key, target, blob)));
    let mut changed = Vec::new();
    for (key, environment, then) in then {
        let found = now.configuration.item(key, environment).and_then(|item| item.blob.as_ref());
        if found != Some(then) {
            let item = ItemId::new(key.clone(), environment);
            let head = &now.head.id;
            changed.extend(changed_since(workspace, &now.configuration, head, &item, &|blob| blob == then)?);
        }
    }
    Ok(changed)
}

/// The plan of the items that another one speaks of, as far as they are still there.
fn plan_anew(workspace: &Workspace, now: &Planner, agreed: &SavedPlan) -> Result<Prepared> {
    let has = |key: &Key, environment| now.configuration.item(key, environment).is_some();
    let stays = |key: &Key| {
        has(key, agreed.hop.source()) || has(key, agreed.hop.target()) && was_deleted(now, key, agreed.hop)
    };
    let keys: Vec<Key> = agreed.keys().into_iter().filter(stays).collect();
    if keys.is_empty() {
        return Ok(Prepared::new(now.head.id.clone()));
    }
    let request = PromoteRequest {
        keys,
        matching: Vec::new(),
        hop: agreed.hop,
        selection: Selection { new_keys: NewKeys::Ask, ..Selection::default() },
        answers: BTreeMap::new(),
        create_unnamed: false,
        delete: true,
        leave_unwritable: false,
        reason: agreed.reason.clone(),
        by: agreed.by.clone(),
    };
    super::promote::prepare(workspace, now, &request)
}

/// Publishes a prepared plan as one commit; `None` when there is nothing to do.
///
/// # Errors
/// As [`prepare`], and the transaction's refusals.
pub fn commit(
    workspace: &Workspace,
    agreed: &SavedPlan,
    prepared: &Prepared,
    subject: Option<&str>,
    options: &Options,
) -> Result<Option<Committed>> {
    let reprepare = |planner: &Planner| prepare(workspace, planner, agreed);
    publish(workspace, &agreed.keys(), prepared, &reprepare, subject, options)
}

/// Stops anew what the plan stopped because others read it through an alias; what the file says is
/// done with it.
fn stop_again(
    lines: Vec<PlanEntry>,
    agreed: &SavedItem,
    [source, target]: [&Document; 2],
    rules: (&Limits, &dyn ListRules),
) -> Vec<PlanEntry> {
    if !target.has_aliases() {
        return lines;
    }
    let mut tried = lines.clone();
    for (line, agreed) in tried.iter_mut().zip(&agreed.lines) {
        if agreed.stopped && !line.is_taken() {
            line.verdict = Action::Take;
        }
    }
    let stopped = stop_shared(tried, source, target, rules, &Selection::default());
    let settled = lines.into_iter().zip(stopped).zip(&agreed.lines);
    let settled = settled.map(|((line, stopped), agreed)| {
        if agreed.stopped && !line.is_taken() && stopped.reason.is_shared() {
            PlanEntry { verdict: line.verdict, ..stopped }
        } else {
            line
        }
    });
    settled.collect()
}

/// Refuses values for paths that have a line, and for those that the schema does not require.
fn require_given(agreed: &SavedItem, plan: &ItemPlan, target: &Document) -> Result<()> {
    let is_given = |path: &ValuePath| plan.given.iter().any(|given| given.path == *path);
    let idle = |(path, value): &&(ValuePath, Value)| !is_given(path) && target.at(path) != Some(value);
    match agreed.given.iter().find(idle) {
        None => Ok(()),
        Some((path, _)) => {
            let what = match plan.lines.iter().any(|line| line.path.covers(path) || path.covers(&line.path)) {
                true => format!(
                    "{path} has a line of its own, or is part of one, so `set` cannot give it a value"
                ),
                false => format!(
                    "`set` gives {path} a value, which does not differ and is not required by a schema"
                ),
            };
            Err(wrong_plan(&agreed.place, &what))
        }
    }
}

/// The same with the documents called as a plan of today calls them.
fn with_documents(item: &SavedItem, source: &Document, target: &Document) -> SavedItem {
    let mut item = item.clone();
    let paths = item.lines.iter_mut().map(|line| &mut line.path);
    for path in paths.chain(item.given.iter_mut().map(|(path, _)| path)) {
        *path = settle_document(path, source.values(), target.values());
    }
    item
}

fn created(now: &Planner, agreed: &SavedPlan, creation: &SavedCreation) -> Result<super::promote::Creation> {
    let selection =
        Selection { except: creation.left_out.clone(), set: creation.given.clone(), ..Selection::default() };
    if let Some(path) = idle_in_new(now, &creation.key, agreed.hop, &selection)?.first() {
        let what = format!("{} has nothing at {path}, and no schema requires it", creation.key);
        return Err(wrong_plan(&creation.place, &what));
    }
    let made = create(now, &creation.key, agreed.hop, &selection)?;
    if made.left_out != creation.left_out {
        let what = format!("what {} leaves out is not what the policy says", creation.key);
        return Err(wrong_plan(&creation.place, &what));
    }
    Ok(made)
}

/// Refuses when a file that the plan rests on is another one now.
fn require_unmoved(agreed: &SavedPlan, then: &Planner, now: &Planner) -> Result<()> {
    let now = now.configuration.snapshot();
    let same = |file: &str, then: Option<&BlobId>| {
        let found = now.files.get(file).and_then(|entry| entry.blob.as_ref());
        if found == then || guards::off(Guard::PlanFiles) {
            Ok(())
        } else {
            Err(stale(&format!("{}{file}", now.prefix)))
        }
    };
    let (source, target) = (agreed.hop.source(), agreed.hop.target());
    for item in &agreed.items {
        same(&item.key.file(source), Some(&item.source_blob))?;
        same(&item.key.file(target), Some(&item.target_blob))?;
    }
    for creation in &agreed.creations {
        same(&creation.key.file(source), Some(&creation.source_blob))?;
        same(&creation.key.file(target), None)?;
    }
    for (key, blob) in &agreed.deletions {
        same(&key.file(source), None)?;
        same(&key.file(target), Some(blob))?;
    }
    let keys: Vec<&Key> = agreed.items.iter().map(|item| &item.key).collect();
    let snapshots = [then.configuration.snapshot(), now];
    let decisions = keys.into_iter().flat_map(|key| {
        snapshots.into_iter().flat_map(move |snapshot| files_of(snapshot, key, target)).map(|(file, _)| file)
    });
    let decisions: BTreeSet<String> = decisions.cloned().collect();
    for file in decisions.into_iter().chain([policy::FILE.to_owned()]) {
        same(&file, then.configuration.snapshot().files.get(&file).and_then(|entry| entry.blob.as_ref()))?;
    }
    // The commit that the plan names must be one that it can have been made on.
    for item in &agreed.items {
        for (env, blob) in [(source, &item.source_blob), (target, &item.target_blob)] {
            if then.configuration.item(&item.key, env).and_then(|item| item.blob.as_ref()) != Some(blob) {
                let what = format!("commit {} has other files of {}", agreed.head.short(), item.key);
                return Err(wrong_plan(&item.place, &what));
            }
        }
    }
    Ok(())
}

fn stale(file: &str) -> Error {
    Error::stale(format!("{file} has changed since the plan was made")).with_help(Help::PlanAnew)
}
