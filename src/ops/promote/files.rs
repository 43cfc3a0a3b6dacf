//! The files that a promotion writes: the target's items and its decisions.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::message::message;
use super::prepared::{Prepared, Terms};
use crate::diff::documents::settle_document;
use crate::engine::naming::Naming;
use crate::engine::promotion::{
    Action, Decision, GivenValue, ItemPlan, PlanEntry, Until, broken_promise, comments_left_out, digest,
    operations, recorded_decisions, rename_in_place, rewritten_decisions, without_local_comments,
};
use crate::model::{Environment, Error, Help, Key, PathTree, Result, Value, ValuePath};
use crate::ops::edit::{blob_of, edit, rests_on, set_or_insert};
use crate::ops::plan::Planner;
use crate::ops::validation::{Proposal, Validation};
use crate::store::transaction::FileChange;
use crate::yaml::Document;

/// Works out the files, the findings they would bring, and the message.
pub(in crate::ops) fn write(planner: &Planner, terms: &Terms<'_>, prepared: &mut Prepared) -> Result<()> {
    let (hop, configuration) = (terms.hop, &planner.configuration);
    let mut validation = Validation::over(configuration);
    let (mut left_comments, mut emptied) = (BTreeMap::new(), BTreeSet::new());
    for plan in &prepared.plans {
        let sides =
            (configuration.item(&plan.key, hop.source()), configuration.item(&plan.key, hop.target()));
        let (Some(from), Some(into)) = sides else { continue };
        let (source, target) = (configuration.document(from)?, configuration.document(into)?);
        let naming = Naming::new(configuration.policy());
        let limits = configuration.limits();
        let mut given = Vec::new();
        for GivenValue { path, value, .. } in &plan.given {
            given.push(set_or_insert(&target, path, value.clone(), &into.file)?);
        }
        let in_place = rename_in_place(&plan.lines, &target, limits);
        let (begun, lines) = match &in_place {
            Some((document, lines)) => (document, lines),
            None => (&*target, &plan.lines),
        };
        let written = |source: &Document| -> Result<Option<String>> {
            let mut edits = operations(lines, source, begun);
            edits.extend(given.iter().cloned());
            if edits.is_empty() {
                return Ok(in_place.is_some().then(|| begun.text().to_owned()));
            }
            edit(begun, &edits, limits, &into.file).map(Some)
        };
        let carried = without_local_comments(&source, &naming, limits);
        if let Some(text) = written(carried.as_ref().unwrap_or(&source))? {
            if carried.is_some() {
                let whole = written(&source)?.unwrap_or_default();
                let read = |text: &str| Document::parse(text.as_bytes(), limits).ok();
                if let (Some(whole), Some(result)) = (read(&whole), read(&text)) {
                    left_comments.insert(plan.key.clone(), comments_left_out(&whole, &result));
                }
            }
            let after = require_promised(planner, plan, &target, &text, &into.file)?;
            if is_empty(&after) && !is_empty(&target) {
                if !(terms.may_empty)(&plan.key) {
                    return Err(Error::undecided(format!(
                        "{}: nothing would be left of the item",
                        into.file
                    ))
                    .with_help(Help::Emptying));
                }
                emptied.insert(plan.key.clone());
            }
            if text != target.text() {
                validation.propose(Proposal { file: plan.key.file(hop.target()), text: Some(text) });
            }
        }
        let decided = record(planner, terms, prepared, plan, [&source, &target])?;
        prepared.files.extend(decided);
    }
    for creation in &prepared.creations {
        validation
            .propose(Proposal { file: creation.key.file(hop.target()), text: Some(creation.text.clone()) });
    }
    for key in &prepared.deletions {
        validation.propose(Proposal { file: key.file(hop.target()), text: None });
    }
    left_comments.retain(|_, comments: &mut Vec<String>| !comments.is_empty());
    (prepared.left_comments, prepared.emptied) = (left_comments, emptied);
    prepared.refused = validation.new_errors()?;
    prepared.files.extend(validation.into_files());
    prepared.files.sort_by(|a, b| a.path.cmp(&b.path));
    prepared.rests_on = rests_on(configuration, prepared.keys());
    (prepared.subject, prepared.body) = message(planner, prepared, hop);
    Ok(())
}

/// Whether a file has no value but empty mappings.
fn is_empty(document: &Document) -> bool {
    document.values().iter().all(|value| match value {
        Value::Map(map) => map.values().all(|value| value.as_map().is_some_and(|map| map.is_empty())),
        Value::Null => true,
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::List(_) | Value::Tagged(..) => false,
    })
}

/// The document that a text is, which has to be what the plan shows.
fn require_promised(
    planner: &Planner,
    plan: &ItemPlan,
    target: &Document,
    text: &str,
    file: &str,
) -> Result<Document> {
    let after = Document::parse(text.as_bytes(), planner.configuration.limits())
        .map_err(|rejection| Error::internal(format!("{file} would not parse: {}", rejection.message)))?;
    let lists = planner.configuration.lists(&plan.key);
    match broken_promise(&plan.lines, &plan.given, target, &after, &lists) {
        None => Ok(after),
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
    terms: &Terms<'_>,
    prepared: &Prepared,
    plan: &ItemPlan,
    [source, into]: [&Document; 2],
) -> Result<Vec<FileChange>> {
    let target = terms.hop.target();
    let mut old = planner.decisions(&plan.key, target)?;
    for decision in &mut old {
        decision.path = settle_document(&decision.path, source.values(), into.values());
    }
    let declined: Vec<&PlanEntry> = plan.with(&Action::Decline).collect();
    if plan.taken() == 0 && declined.is_empty() {
        return Ok(Vec::new());
    }
    let today = planner.head.date();
    let source_digest = |path: &ValuePath| {
        let blob = planner.configuration.policy().is_secret(path).then_some(&plan.source_blob);
        digest(source.at(path), blob)
    };
    let taken: PathTree<'_, ()> =
        plan.lines.iter().filter(|line| line.is_taken()).map(|line| (&line.path, ())).collect();
    let renewed: HashSet<&ValuePath> = declined.iter().map(|line| &line.path).collect();
    let mut new: Vec<Decision> = old
        .iter()
        .filter(|decision| decision.is_live(&source_digest(&decision.path), today))
        .filter(|decision| !taken.reaches(&decision.path) && !renewed.contains(&decision.path))
        .cloned()
        .collect();
    let reasons = prepared.reasons.get(&plan.key).map(Vec::as_slice).unwrap_or_default();
    let answered = |line: &PlanEntry| {
        let same = |(path, _): &&(ValuePath, String)| line.path == *path;
        reasons.iter().find(same).map(|(_, reason)| reason.as_str())
    };
    new.extend(declined.iter().map(|line| {
        Decision {
            path: line.path.clone(),
            reason: answered(line)
                .or(terms.reason)
                .map_or_else(|| format!("{target} keeps its own value"), str::to_owned),
            by: String::new(),
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
