//! The files that a promotion writes: the target's items and its decisions.

use std::collections::HashSet;

use super::message::message;
use super::prepared::{Prepared, Terms};
use crate::engine::promotion::{
    Action, Decision, ItemPlan, PlanEntry, Until, broken_promise, digest, operations, recorded_decisions,
    rewritten_decisions,
};
use crate::model::{Environment, Error, Help, Key, PathTree, Result, ValuePath};
use crate::ops::edit::{blob_of, edit, rests_on, set_or_insert};
use crate::ops::plan::Planner;
use crate::ops::validation::{Proposal, Validation};
use crate::store::transaction::FileChange;
use crate::yaml::Document;

/// Works out the files, the findings they would bring, and the message.
pub(in crate::ops) fn write(planner: &Planner, terms: &Terms<'_>, prepared: &mut Prepared) -> Result<()> {
    let (hop, configuration) = (terms.hop, &planner.configuration);
    let mut validation = Validation::over(configuration);
    for plan in &prepared.plans {
        let sides =
            (configuration.item(&plan.key, hop.source()), configuration.item(&plan.key, hop.target()));
        let (Some(from), Some(into)) = sides else { continue };
        let (source, target) = (configuration.document(from)?, configuration.document(into)?);
        let mut edits = operations(&plan.lines, &source, &target);
        for (path, value) in prepared.given.get(&plan.key).into_iter().flatten() {
            edits.push(set_or_insert(&target, path, value.clone(), &into.file)?);
        }
        if !edits.is_empty() {
            let text = edit(&target, &edits, configuration.limits(), &into.file)?;
            require_promised(planner, prepared, plan, &target, &text, &into.file)?;
            if text != target.text() {
                validation.propose(Proposal { file: plan.key.file(hop.target()), text: Some(text) });
            }
        }
        prepared.files.extend(record(planner, terms, plan, &source)?);
    }
    for creation in &prepared.creations {
        validation
            .propose(Proposal { file: creation.key.file(hop.target()), text: Some(creation.text.clone()) });
    }
    for key in &prepared.deletions {
        validation.propose(Proposal { file: key.file(hop.target()), text: None });
    }
    prepared.refused = validation.new_errors()?;
    prepared.files.extend(validation.into_files());
    prepared.files.sort_by(|a, b| a.path.cmp(&b.path));
    prepared.rests_on = rests_on(configuration, prepared.keys());
    (prepared.subject, prepared.body) = message(planner, prepared, hop);
    Ok(())
}

/// Refuses a text that is not what the plan shows.
fn require_promised(
    planner: &Planner,
    prepared: &Prepared,
    plan: &ItemPlan,
    target: &Document,
    text: &str,
    file: &str,
) -> Result<()> {
    let after = Document::parse(text.as_bytes(), planner.configuration.limits())
        .map_err(|rejection| Error::internal(format!("{file} would not parse: {}", rejection.message)))?;
    let given = prepared.given.get(&plan.key).map(Vec::as_slice).unwrap_or_default();
    let lists = planner.configuration.lists(&plan.key);
    match broken_promise(&plan.lines, given, target, &after, &lists) {
        None => Ok(()),
        Some(path) => {
            let path = if path.is_root() { path_of_document(&path) } else { format!("`{path}`") };
            Err(Error::undecided(format!("{file}: {path} would not become what the plan shows"))
                .with_help(Help::LeaveOut))
        }
    }
}

fn path_of_document(path: &ValuePath) -> String {
    if path.document == 0 { "the item".to_owned() } else { format!("YAML document {}", path.document + 1) }
}

/// The decisions files that this promotion changes: what `--take target=…` records comes
/// in, what no longer counts goes.
fn record(
    planner: &Planner,
    terms: &Terms<'_>,
    plan: &ItemPlan,
    source: &Document,
) -> Result<Vec<FileChange>> {
    let target = terms.hop.target();
    let old = planner.decisions(&plan.key, target)?;
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
    new.extend(declined.iter().map(|line| Decision {
        path: line.path.clone(),
        reason: terms.reason.map_or_else(|| format!("{target} keeps its own value"), str::to_owned),
        by: String::new(),
        until: Until::SourceChanges,
        source: source_digest(&line.path),
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
