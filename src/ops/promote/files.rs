//! The files that a promotion writes: the target's items and its decisions.

use std::collections::{BTreeMap, HashSet};

use super::message::message;
use super::prepared::{Prepared, Terms, Written};
use crate::diff::documents::settle_document;
use crate::engine::naming::Naming;
use crate::engine::parallel::map_each;
use crate::engine::promotion::{
    Action, Decision, GivenValue, ItemPlan, LeftAlone, PlanEntry, Until, broken_promise, comments_left_out,
    digest, operations, recorded_decisions, rename_in_place, rewritten_decisions, with_parts,
    without_local_comments,
};
use crate::model::{
    Environment, Error, ErrorKind, Finding, Help, Hop, Key, PathTree, Result, Value, ValuePath,
};
use crate::ops::edit::{blob_of, edited, rests_on, set_or_insert};
use crate::ops::plan::Planner;
use crate::ops::validation::{Proposal, Validation};
use crate::secrets::DocumentSecrets;
use crate::store::transaction::FileChange;
use crate::yaml::Document;

/// Works out the files, the findings they would bring, and the message.
pub(in crate::ops) fn write(planner: &Planner, terms: &Terms<'_>, prepared: &mut Prepared) -> Result<()> {
    let (hop, configuration) = (terms.hop, &planner.configuration);
    let mut written: BTreeMap<Key, Written> = BTreeMap::new();
    let reasons = std::mem::take(&mut prepared.reasons);
    let plans = std::mem::take(&mut prepared.plans);
    let mut made = std::mem::take(&mut prepared.made);
    let left: Vec<&ItemPlan> = plans.iter().filter(|plan| !made.contains_key(&plan.key)).collect();
    let now_made = map_each(&left, |plan| {
        let made = write_plan(planner, terms, plan, &reasons);
        planner.let_go(&plan.key);
        made
    });
    made.extend(left.iter().map(|plan| plan.key.clone()).zip(now_made));
    for plan in plans {
        let made = made.remove(&plan.key).unwrap_or_else(|| Ok(Written::default()));
        match made {
            Ok(result) => {
                written.insert(plan.key.clone(), result);
                prepared.plans.push(plan);
            }
            Err(error) if error.kind == ErrorKind::Undecided && (terms.leave_unwritable)(&plan.key) => {
                prepared.leave(&plan.key, LeftAlone::Unwritable(error.message));
            }
            Err(error) => return Err(error),
        }
    }
    let files = loop {
        let validation = proposed(planner, terms, prepared, &written);
        prepared.refused = validation.new_errors()?;
        if !terms.leave_refused || prepared.refused.is_empty() {
            break validation.into_files();
        }
        for finding in std::mem::take(&mut prepared.refused) {
            let at_source = at_source(planner, terms.hop, prepared, finding.clone())?;
            let is_meant = |key: &&Key| {
                let file = format!("{}{}", configuration.snapshot().prefix, key.file(hop.target()));
                file == finding.file
            };
            let key = prepared.keys().find(is_meant).cloned();
            if let Some(key) = key {
                prepared.leave(&key, LeftAlone::Refused(Box::new(at_source)));
            }
        }
    };
    prepared.files = files;
    let refused = std::mem::take(&mut prepared.refused).into_iter();
    prepared.refused =
        refused.map(|finding| at_source(planner, terms.hop, prepared, finding)).collect::<Result<_>>()?;
    for plan in &prepared.plans {
        let Some((key, result)) = written.remove_entry(&plan.key) else { continue };
        prepared.files.extend(result.decisions);
        if result.is_emptied {
            prepared.emptied.insert(key.clone());
        }
        if !result.left_comments.is_empty() {
            prepared.left_comments.insert(key, result.left_comments);
        }
    }
    prepared.files.sort_by(|a, b| a.path.cmp(&b.path));
    prepared.rests_on = rests_on(configuration, prepared.keys());
    (prepared.subject, prepared.body) = message(planner, prepared, hop);
    Ok(())
}

/// A finding of a file that is not there yet, at the place of the source that it comes from.
fn at_source(planner: &Planner, hop: Hop, prepared: &Prepared, mut finding: Finding) -> Result<Finding> {
    let configuration = &planner.configuration;
    let is_new = |key: &Key| prepared.creations.iter().any(|creation| creation.key == *key);
    let Some(key) = finding.key.clone().filter(is_new) else { return Ok(finding) };
    let Some(item) = configuration.item(&key, hop.source()) else { return Ok(finding) };
    if finding.file != format!("{}{}", configuration.snapshot().prefix, key.file(hop.target())) {
        return Ok(finding);
    }
    let document = configuration.document(item)?;
    let mut path = document.resolve(&finding.path.clone().unwrap_or_default());
    let place = loop {
        match (document.locate(&path), path.parent()) {
            (Some(found), _) => break Some(document.location(&found.token())),
            (None, Some(parent)) => path = parent,
            (None, None) => break None,
        }
    };
    finding.file.clone_from(&item.file);
    finding.location = place;
    finding.excerpt = None;
    Ok(finding)
}

/// The target's files as they would be.
fn proposed<'p>(
    planner: &'p Planner,
    terms: &Terms<'_>,
    prepared: &Prepared,
    written: &BTreeMap<Key, Written>,
) -> Validation<'p> {
    let mut validation = Validation::over(&planner.configuration);
    let mut propose = |key: &Key, text: Option<&String>| {
        validation.propose(Proposal { file: key.file(terms.hop.target()), text: text.cloned() });
    };
    for plan in &prepared.plans {
        if let Some(text) = written.get(&plan.key).and_then(|result| result.text.as_ref()) {
            propose(&plan.key, Some(text));
        }
    }
    for creation in &prepared.creations {
        propose(&creation.key, Some(&creation.text));
    }
    for key in &prepared.deletions {
        propose(key, None);
    }
    validation
}

/// What a plan writes, for these reasons that were answered.
pub(super) fn write_plan(
    planner: &Planner,
    terms: &Terms<'_>,
    plan: &ItemPlan,
    reasons: &BTreeMap<Key, Vec<(ValuePath, String)>>,
) -> Result<Written> {
    let reasons = reasons.get(&plan.key).map_or(&[][..], Vec::as_slice);
    let Terms { may_empty, reason, by, .. } = *terms;
    of_plan(planner, &Agreed { may_empty, reason, by }, plan, reasons)
}

/// What was agreed to for all items.
struct Agreed<'a> {
    may_empty: &'a (dyn Fn(&Key) -> bool + Sync),
    reason: Option<&'a str>,
    by: &'a str,
}

fn of_plan(
    planner: &Planner,
    agreed: &Agreed<'_>,
    plan: &ItemPlan,
    reasons: &[(ValuePath, String)],
) -> Result<Written> {
    let (hop, configuration) = (plan.hop, &planner.configuration);
    let mut result = Written::default();
    if plan.taken() == 0 && plan.with(&Action::Decline).next().is_none() {
        return Ok(result);
    }
    let sides = (configuration.item(&plan.key, hop.source()), configuration.item(&plan.key, hop.target()));
    let (Some(from), Some(into)) = sides else { return Ok(result) };
    let (source, target) = (planner.document(from)?, planner.document(into)?);
    let naming = Naming::new(configuration.policy());
    let limits = configuration.limits();
    let mut given = Vec::new();
    for GivenValue { path, value, .. } in &plan.given {
        given.push(set_or_insert(&target, path, value.clone(), &into.file)?);
    }
    let decided = with_parts(&plan.lines);
    let lists = configuration.lists(&plan.key);
    let written = |source: &Document| -> Result<Option<Document>> {
        let in_place = rename_in_place(&decided, source, &target, limits, &lists);
        let (begun, lines) = match &in_place {
            Some((document, lines)) => (document, lines.as_slice()),
            None => (&*target, &*decided),
        };
        let mut edits = operations(lines, source, begun);
        edits.extend(given.iter().cloned());
        if edits.is_empty() {
            return Ok(in_place.is_some().then(|| begun.clone()));
        }
        edited(begun, &edits, limits, &into.file).map(Some)
    };
    let carried = without_local_comments(&source, &naming, limits);
    if let Some(after) = written(carried.as_ref().unwrap_or(&source))? {
        if carried.is_some()
            && let Some(whole) = written(&source)?
        {
            result.left_comments = comments_left_out(&whole, &after);
        }
        require_promised(planner, plan, &decided, &target, &after, &into.file)?;
        result.is_emptied = is_empty(&after) && !is_empty(&target);
        if result.is_emptied && !(agreed.may_empty)(&plan.key) {
            return Err(Error::undecided(format!("{}: nothing would be left of the item", into.file))
                .with_help(Help::Emptying));
        }
        result.text = (after.text() != target.text()).then(|| after.into_text());
    }
    result.decisions = record(planner, agreed, plan, reasons, [&source, &target])?;
    Ok(result)
}

/// Whether a file has no value but empty mappings.
fn is_empty(document: &Document) -> bool {
    document.values().iter().all(|value| match value {
        Value::Map(map) => map.values().all(|value| value.as_map().is_some_and(|map| map.is_empty())),
        Value::Null => true,
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::List(_) | Value::Tagged(..) => false,
    })
}

/// Refuses a document that is not what the plan shows.
fn require_promised(
    planner: &Planner,
    plan: &ItemPlan,
    lines: &[PlanEntry],
    target: &Document,
    after: &Document,
    file: &str,
) -> Result<()> {
    let lists = planner.configuration.lists(&plan.key);
    match broken_promise(lines, &plan.given, target, after, &lists) {
        None => Ok(()),
        Some(path) => {
            let path = if path.is_file() { "the item".to_owned() } else { format!("`{path}`") };
            Err(Error::undecided(format!("{file}: {path} would not become what the plan shows"))
                .with_help(Help::LeaveOut))
        }
    }
}

/// The decisions files that this promotion changes: what `--take target=…` records comes
/// in, what no longer counts goes.
fn record(
    planner: &Planner,
    agreed: &Agreed<'_>,
    plan: &ItemPlan,
    reasons: &[(ValuePath, String)],
    [source, into]: [&Document; 2],
) -> Result<Vec<FileChange>> {
    let target = plan.hop.target();
    let mut old = planner.decisions(&plan.key, target)?;
    for decision in &mut old {
        decision.path = settle_document(&decision.path, source.values(), into.values());
    }
    let declined: Vec<&PlanEntry> = plan.with(&Action::Decline).collect();
    if plan.taken() == 0 && declined.is_empty() {
        return Ok(Vec::new());
    }
    let today = planner.head.date();
    let policy = planner.configuration.policy();
    let secrets = DocumentSecrets::of(source, policy);
    let source_digest = |path: &ValuePath| {
        let value = source.at(path);
        let is_secret = secrets.is_confidential(policy, path, value);
        digest(value, is_secret.then_some(&plan.source_blob))
    };
    let now = |path: &ValuePath| (source.at(path), Some(&plan.source_blob));
    let taken: PathTree<'_, ()> =
        plan.lines.iter().filter(|line| line.is_taken()).map(|line| (&line.path, ())).collect();
    let renewed: HashSet<&ValuePath> = declined.iter().map(|line| &line.path).collect();
    let mut new: Vec<Decision> = old
        .iter()
        .filter(|decision| decision.is_live(now(&decision.path), today))
        .filter(|decision| !taken.reaches(&decision.path) && !renewed.contains(&decision.path))
        .cloned()
        .collect();
    let answered = |line: &PlanEntry| {
        let same = |(path, _): &&(ValuePath, String)| line.path == *path;
        reasons.iter().find(same).map(|(_, reason)| reason.as_str())
    };
    new.extend(declined.iter().map(|line| {
        Decision {
            path: line.path.clone(),
            reason: answered(line)
                .or(agreed.reason)
                .map_or_else(|| format!("{target} keeps its own value"), str::to_owned),
            by: agreed.by.to_owned(),
            until: Until::SourceChanges,
            source: source_digest(&line.path),
        }
    }));
    if new == old { Ok(Vec::new()) } else { decisions_changes(planner, &plan.key, target, &new) }
}

/// The changes of an item's decisions files that make these all that is decided.
pub(in crate::ops) fn decisions_changes(
    planner: &Planner,
    key: &Key,
    target: Environment,
    decisions: &[Decision],
) -> Result<Vec<FileChange>> {
    let snapshot = planner.configuration.snapshot();
    let recorded = recorded_decisions(snapshot, key, target)?;
    let changes = rewritten_decisions(&recorded, (key, target), decisions).into_iter();
    Ok(changes
        .map(|(file, text)| FileChange {
            before: blob_of(snapshot, &file),
            path: format!("{}{file}", snapshot.prefix),
            after: text.map(String::into_bytes),
        })
        .collect())
}
