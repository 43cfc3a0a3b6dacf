//! `promote`: plan, then one commit.
//!
//! [`prepare`] reads and judges and writes nothing; [`commit`] publishes exactly what was
//! prepared, or, when the branch moved meanwhile, what a new plan says if that is the same.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::gate::{Gate, Proposal};
use super::item::no_such_path;
use super::plan::Planner;
use super::workspace::{Workspace, no_such_item};
use crate::engine::encrypted;
use crate::engine::mask::Mask;
use crate::engine::naming::Naming;
use crate::engine::promotion::{
    Decision, ItemPlan, Line, Selection, Until, Verdict, decisions_file, digest, operations, render_decisions,
};
use crate::engine::snapshot::{FileKind, limits};
use crate::model::{BlobId, CommitId, Environment, Error, Finding, Hop, Key, Path, Result, Segment, Value};
use crate::store::door::{self, Change, Committed, FileChange, Options};
use crate::yaml::edit::{Operation, Place, Replacement, apply};
use crate::yaml::{Document, Limits};

/// What to promote.
#[derive(Clone, Debug)]
pub struct Request {
    /// The items; all when empty.
    pub keys: Vec<Key>,
    /// The hop.
    pub hop: Hop,
    /// What of the plan.
    pub selection: Selection,
    /// Whether items that only the source has are created although they were not named.
    pub create_unnamed: bool,
    /// Whether items that the source deleted are deleted.
    pub delete: bool,
    /// The reason recorded with `--take target=…`.
    pub reason: Option<String>,
}

/// An item that the target does not have yet.
#[derive(Clone, Debug)]
pub struct Creation {
    /// The item.
    pub key: Key,
    /// The source's blob.
    pub source_blob: BlobId,
    /// The new file.
    pub text: String,
    /// Pins, secrets and what was excepted: what was left out.
    pub left_out: Vec<Path>,
    /// What got a value of its own.
    pub given: Vec<(Path, Value)>,
    /// Values that came along and name another environment: somebody should look at them.
    pub foreign: Vec<(Path, Environment)>,
}

/// What one promotion would do.
#[derive(Debug)]
pub struct Prepared {
    /// The commit that was judged.
    pub head: CommitId,
    /// The plans, values not masked.
    pub plans: Vec<ItemPlan>,
    /// Items that come into being.
    pub creations: Vec<Creation>,
    /// Items that go.
    pub deletions: Vec<Key>,
    /// Items that only the source has and nobody named.
    pub unnamed: Vec<Key>,
    /// Items that nobody named and that SOPS encrypted, each with the file in question.
    pub encrypted: Vec<(Key, String)>,
    /// Findings of error severity that the result would bring.
    pub refused: Vec<Finding>,
    /// Values given to paths at which the two sides of an item do not differ.
    pub given: BTreeMap<Key, Vec<(Path, Value)>>,
    files: Vec<FileChange>,
    subject: String,
    body: String,
}

/// What holds for all items of a promotion.
pub(super) struct Terms<'a> {
    pub(super) hop: Hop,
    /// The reason recorded with what the target keeps.
    pub(super) reason: Option<&'a str>,
}

impl Prepared {
    pub(super) fn new(head: CommitId) -> Self {
        Self {
            head,
            plans: Vec::new(),
            creations: Vec::new(),
            deletions: Vec::new(),
            unnamed: Vec::new(),
            encrypted: Vec::new(),
            refused: Vec::new(),
            given: BTreeMap::new(),
            files: Vec::new(),
            subject: String::new(),
            body: String::new(),
        }
    }

    /// The items that go, with the blobs of their files.
    #[must_use]
    pub fn deleted(&self, hop: Hop) -> Vec<(&Key, &BlobId)> {
        let blob = |key: &Key| {
            let file = key.file(hop.target());
            self.files.iter().find(|change| change.path.ends_with(&file))?.before.as_ref()
        };
        self.deletions.iter().filter_map(|key| Some((key, blob(key)?))).collect()
    }

    /// How many lines have this verdict.
    #[must_use]
    pub fn count(&self, verdict: &Verdict) -> usize {
        self.plans.iter().map(|plan| plan.with(verdict).count()).sum()
    }

    /// Whether there is nothing to commit.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// How many changes would be committed.
    #[must_use]
    pub fn changes(&self) -> usize {
        self.plans.iter().map(ItemPlan::taken).sum::<usize>() + self.creations.len() + self.deletions.len()
    }

    /// What keeps the promotion from being committed: conflicts, open questions, findings.
    ///
    /// # Errors
    /// `Undecided`, when something does.
    pub fn require_decided(&self) -> Result<()> {
        let stops = self.count(&Verdict::Stop);
        if stops > 0 {
            let unknown = self
                .plans
                .iter()
                .flat_map(|plan| plan.with(&Verdict::Stop))
                .any(|line| line.base.is_none() && line.reason.starts_with("history ends"));
            let (message, help) = if unknown {
                (
                    format!(
                        "{stops} {} cannot be judged, because the history is cut off",
                        if stops == 1 { "path" } else { "paths" }
                    ),
                    "this is a shallow clone; fetch the rest: git fetch --unshallow",
                )
            } else {
                (
                    format!(
                        "{stops} {} to be decided; nothing was committed",
                        if stops == 1 { "conflict has" } else { "conflicts have" }
                    ),
                    "decide with --take source=PATH, --take target=PATH or --set PATH=VALUE, or leave them with --skip-undecided",
                )
            };
            return Err(Error::undecided(message).help(help));
        }
        let asks = self.count(&Verdict::Ask);
        if asks > 0 {
            let message = format!(
                "{asks} new {} to be decided; nothing was committed",
                if asks == 1 { "key has" } else { "keys have" }
            );
            return Err(Error::undecided(message).help(
                "take them with --with-new, leave them with --without-new, or name some with --only PATH",
            ));
        }
        match self.refused.first() {
            None => Ok(()),
            Some(finding) => {
                let at = finding
                    .location
                    .map_or(String::new(), |at| format!(":{}:{}", at.start.line, at.start.column));
                let message = format!(
                    "the result would bring {} at {}{at}: {}",
                    finding.rule, finding.file, finding.message
                );
                let help = match &finding.path {
                    Some(path) if finding.message.contains("missing") => {
                        format!("give a value: --set '{path}=…'; {}", finding.help)
                    }
                    _ => finding.help.clone(),
                };
                Err(Error::undecided(message).help(help))
            }
        }
    }

    /// What would be written, by path and value: two preparations with the same are the same
    /// promotion.
    fn essence(&self) -> Vec<(&str, Option<&[u8]>)> {
        self.files.iter().map(|file| (file.path.as_str(), file.after.as_deref())).collect()
    }
}

/// Plans a promotion of HEAD. Nothing is written.
///
/// # Errors
/// When an item is not there, a file cannot be read, a selection speaks of nothing, or an edit
/// cannot be made.
pub fn prepare(workspace: &Workspace, request: &Request) -> Result<Prepared> {
    prepare_at(workspace, request, &workspace.repository.require_head()?)
}

fn prepare_at(workspace: &Workspace, request: &Request, head: &CommitId) -> Result<Prepared> {
    let planner = Planner::new(workspace, head)?;
    let hop = request.hop;
    let mut prepared = Prepared::new(head.clone());
    let known = planner.snapshot.keys();
    let keys: Vec<Key> = if request.keys.is_empty() {
        known.iter().map(|key| (*key).clone()).collect()
    } else {
        let mut seen = BTreeSet::new();
        request.keys.iter().filter(|key| seen.insert(*key)).cloned().collect()
    };
    let mut unmatched: Option<Vec<String>> = None;
    for key in &keys {
        let here = (
            planner.snapshot.item(key, hop.source()).is_some(),
            planner.snapshot.item(key, hop.target()).is_some(),
        );
        let creates = request.create_unnamed || here.1;
        if request.keys.is_empty()
            && here.0
            && creates
            && let Some(file) = planner.encrypted(key, hop)?
        {
            prepared.encrypted.push((key.clone(), file.to_owned()));
            continue;
        }
        match here {
            (true, true) => {
                let Some(plan) = planner.plan(key, hop, &request.selection)? else { continue };
                let idle = planner.idle(key, hop, &request.selection)?;
                unmatched = Some(match unmatched {
                    None => idle,
                    Some(known) => known.into_iter().filter(|word| idle.contains(word)).collect(),
                });
                let given = request.selection.set.iter();
                let target = planner.snapshot.item(key, hop.target());
                let target = target
                    .map(|item| planner.snapshot.document(item, &limits(&planner.policy)))
                    .transpose()?;
                let given: Vec<_> = given
                    .filter(|(path, _)| !plan.lines.iter().any(|line| line.path == *path))
                    .filter(|(path, _)| planner.requires(key, hop.target(), path))
                    .filter(|(path, _)| target.is_none_or(|document| document.at(path).is_none()))
                    .cloned()
                    .collect();
                if !given.is_empty() {
                    prepared.given.insert(key.clone(), given);
                }
                if !plan.lines.is_empty() || !request.keys.is_empty() {
                    prepared.plans.push(plan);
                }
            }
            (true, false) if !request.keys.is_empty() || request.create_unnamed => {
                prepared.creations.push(create(&planner, key, hop, &request.selection)?);
            }
            (true, false) => prepared.unnamed.push(key.clone()),
            (false, true) if request.delete && !request.keys.is_empty() => {
                require_deleted(&planner, key, hop)?;
                prepared.deletions.push(key.clone());
            }
            (false, true) if !request.keys.is_empty() => {
                return Err(Error::usage(format!("{} has no item `{key}`", hop.source()))
                    .help(format!("if it was deleted there, delete it in {} with --delete", hop.target())));
            }
            (false, true) => {}
            (false, false) => {
                let error = no_such_item(key, known.clone(), None);
                let files =
                    Environment::ALL.map(|env| format!("{}{}", planner.snapshot.prefix, key.file(env)));
                let unsaved =
                    workspace.repository.uncommitted()?.into_iter().find(|file| files.contains(file));
                return Err(match unsaved {
                    Some(file) => {
                        error.help(format!("{file} is not committed; a promotion takes what is committed"))
                    }
                    None => error,
                });
            }
        }
    }
    refuse_pinned(&prepared.plans, &request.selection)?;
    if let Some(word) = unmatched.into_iter().flatten().next() {
        return Err(Error::usage(format!("nothing of this plan is at {word}"))
            .help("a selection names paths or source commits of the plan; run with --dry-run to see them"));
    }
    write(&planner, &Terms { hop, reason: request.reason.as_deref() }, &mut prepared)?;
    Ok(prepared)
}

/// Refuses to take what is never promoted, although it was asked for by its very name.
fn refuse_pinned(plans: &[ItemPlan], selection: &Selection) -> Result<()> {
    let kept = plans
        .iter()
        .flat_map(|plan| &plan.lines)
        .find(|line| !line.is_taken() && line.is_refused() && selection.take_source.contains(&line.path));
    match kept {
        None => Ok(()),
        Some(line) => Err(Error::undecided(format!("`{}` is not promoted: {}", line.path, line.reason))
            .help("give the target its own value with --set PATH=VALUE, or leave the path out")),
    }
}

/// Refuses to delete what the source never had.
fn require_deleted(planner: &Planner, key: &Key, hop: Hop) -> Result<()> {
    let file = key.file(hop.source());
    let had =
        planner.history.commits().iter().flat_map(|commit| &commit.changes).any(|change| change.path == file);
    if had {
        return Ok(());
    }
    Err(Error::usage(format!(
        "{} never had an item `{key}`, so there is no deletion to promote",
        hop.source()
    ))
    .help(format!("remove it by hand: git rm {}{}", planner.snapshot.prefix, key.file(hop.target()))))
}

/// The file of a new item: the source's, without pins and secrets.
pub(super) fn create(planner: &Planner, key: &Key, hop: Hop, selection: &Selection) -> Result<Creation> {
    let limits = limits(&planner.policy);
    let Some(item) = planner.snapshot.item(key, hop.source()) else {
        return Err(Error::internal(format!("{key} vanished while it was planned")));
    };
    if let Some(word) = selection.parts() {
        return Err(Error::usage(format!("{} has no item `{key}` yet, so {word} has nothing to choose from", hop.target()))
            .help("a new item is created as a whole; --except PATH leaves parts out, --set PATH=VALUE gives it its own"));
    }
    let document = planner.snapshot.document(item, &limits)?;
    if encrypted::is_encrypted(document.values()) {
        return Err(encrypted::not_promoted(key, &item.file));
    }
    let mut left_out: Vec<Path> = Vec::new();
    for (number, value) in document.values().iter().enumerate() {
        value.walk(&Path::document(number), &mut |path, value| {
            let reference = value.as_str().is_some_and(|text| planner.policy.is_reference(text));
            let secret = planner.policy.is_secret(path) && !reference && *value != Value::Null;
            let excepted = selection.except.iter().any(|except| except.covers(path));
            if secret || excepted || planner.policy.pin(key, path, hop).is_some() {
                left_out.push(path.clone());
            }
        });
    }
    // What is given as a whole needs nothing left out inside.
    left_out.retain(|path| !selection.set.iter().any(|(set, _)| set != path && set.covers(path)));
    let naming = Naming::new(&planner.policy);
    let mut foreign = Vec::new();
    for (number, value) in document.values().iter().enumerate() {
        value.walk(&Path::document(number), &mut |path, value| {
            let other = naming.named_by(value).into_iter().find(|env| *env != hop.target());
            let settled = left_out.contains(path) || selection.set.iter().any(|(set, _)| set.covers(path));
            foreign.extend(other.filter(|_| !settled).map(|env| (path.clone(), env)));
        });
    }
    let given =
        |path: &Path| selection.set.iter().find(|(set, _)| set == path).map(|(_, value)| value.clone());
    let mut edits: Vec<Operation<'_>> = left_out
        .iter()
        .map(|path| match given(path) {
            Some(value) => Operation::Set { path: path.clone(), value: Replacement::Value(value) },
            None => Operation::Remove { path: path.clone() },
        })
        .collect();
    for (path, value) in selection.set.iter().filter(|(path, _)| !left_out.contains(path)) {
        edits.push(set_or_insert(document, path, value.clone(), &item.file)?);
    }
    left_out.retain(|path| given(path).is_none());
    let text = edit(document, &edits, &limits, &item.file)?;
    let source_blob = item.blob.clone().unwrap_or(BlobId(String::new()));
    Ok(Creation { key: key.clone(), source_blob, text, left_out, given: selection.set.clone(), foreign })
}

/// Sets a value where there is one, else adds it to its parent.
pub(super) fn set_or_insert<'a>(
    document: &Document,
    path: &Path,
    value: Value,
    file: &str,
) -> Result<Operation<'a>> {
    let value = Replacement::Value(value);
    if document.at(path).is_some() {
        return Ok(Operation::Set { path: path.clone(), value });
    }
    match (path.parent(), path.last()) {
        (Some(parent), Some(Segment::Key(key))) if document.at(&parent).is_some() => {
            let key = Some(key.clone());
            Ok(Operation::Insert { parent, key, place: Place::Last, value, comment: None })
        }
        (Some(parent), Some(Segment::Append)) if document.at(&parent).is_some() => {
            Ok(Operation::Insert { parent, key: None, place: Place::Last, value, comment: None })
        }
        _ => Err(no_such_path(document.values(), path, file)),
    }
}

/// Applies edits; a refusal becomes an error with its place.
pub(super) fn edit(
    document: &Document,
    edits: &[Operation<'_>],
    limits: &Limits,
    file: &str,
) -> Result<String> {
    if !edits.is_empty() && encrypted::is_encrypted(document.values()) {
        return Err(encrypted::refusal(file));
    }
    apply(document, edits, limits).map_err(|refusal| {
        let place = refusal.span.map_or_else(String::new, |span| {
            let at = document.location(&span).start;
            format!(":{}:{}", at.line, at.column)
        });
        Error::undecided(format!("{file}{place}: {}", refusal.message)).help(refusal.help)
    })
}

/// Works out the files, the findings they would bring, and the message.
pub(super) fn write(planner: &Planner, terms: &Terms<'_>, prepared: &mut Prepared) -> Result<()> {
    let (hop, limits) = (terms.hop, limits(&planner.policy));
    let mut gate = Gate::new(planner);
    for plan in &prepared.plans {
        let sides =
            (planner.snapshot.item(&plan.key, hop.source()), planner.snapshot.item(&plan.key, hop.target()));
        let (Some(from), Some(into)) = sides else { continue };
        let (source, target) =
            (planner.snapshot.document(from, &limits)?, planner.snapshot.document(into, &limits)?);
        let mut edits = operations(&plan.lines, source, target);
        for (path, value) in prepared.given.get(&plan.key).into_iter().flatten() {
            edits.push(set_or_insert(target, path, value.clone(), &into.file)?);
        }
        if !edits.is_empty() {
            let text = edit(target, &edits, &limits, &into.file)?;
            if text != target.text() {
                gate.propose(Proposal { file: plan.key.file(hop.target()), text: Some(text) });
            }
        }
        if let Some(change) = record(planner, terms, plan, source)? {
            prepared.files.push(change);
        }
    }
    for creation in &prepared.creations {
        gate.propose(Proposal { file: creation.key.file(hop.target()), text: Some(creation.text.clone()) });
    }
    for key in &prepared.deletions {
        gate.propose(Proposal { file: key.file(hop.target()), text: None });
    }
    prepared.refused = gate.new_errors()?;
    prepared.files.extend(gate.into_files(&planner.snapshot));
    prepared.files.sort_by(|a, b| a.path.cmp(&b.path));
    (prepared.subject, prepared.body) = message(planner, prepared, hop);
    Ok(())
}

/// The decisions file after this promotion, when it changes: what `--take target=…` records comes
/// in, what no longer counts goes.
fn record(
    planner: &Planner,
    terms: &Terms<'_>,
    plan: &ItemPlan,
    source: &Document,
) -> Result<Option<FileChange>> {
    let target = terms.hop.target();
    let old = planner.decisions(&plan.key, target)?;
    let declined: Vec<&Line> = plan.with(&Verdict::Decline).collect();
    if plan.taken() == 0 && declined.is_empty() {
        return Ok(None);
    }
    let today = planner.head.date();
    let source_digest = |path: &Path| {
        let blob = planner.policy.is_secret(path).then_some(&plan.source_blob);
        digest(source.at(path), blob)
    };
    let overruled = |path: &Path| plan.lines.iter().any(|line| line.is_taken() && path.covers(&line.path));
    let renewed = |path: &Path| declined.iter().any(|line| line.path == *path);
    let mut new: Vec<Decision> = old
        .iter()
        .filter(|decision| decision.is_live(&source_digest(&decision.path), &today))
        .filter(|decision| !overruled(&decision.path) && !renewed(&decision.path))
        .cloned()
        .collect();
    new.extend(declined.iter().map(|line| Decision {
        path: line.path.clone(),
        reason: terms.reason.map_or_else(|| format!("{target} keeps its own value"), str::to_owned),
        by: String::new(),
        until: Until::SourceChanges,
        source: source_digest(&line.path),
    }));
    Ok((new != old).then(|| decisions_change(planner, &plan.key, target, &new)))
}

/// The change of an item's decisions file.
pub(super) fn decisions_change(
    planner: &Planner,
    key: &Key,
    target: Environment,
    decisions: &[Decision],
) -> FileChange {
    let file = decisions_file(key, target);
    let before = planner
        .snapshot
        .files
        .get(&file)
        .filter(|entry| entry.kind == FileKind::File)
        .and_then(|entry| entry.blob.clone());
    let after = render_decisions(decisions).map(String::into_bytes);
    FileChange { path: format!("{}{file}", planner.snapshot.prefix), before, after }
}

/// The commit's subject, and the masked list of changes with one trailer per item.
fn message(planner: &Planner, prepared: &Prepared, hop: Hop) -> (String, String) {
    let mask = Mask::new(&planner.policy);
    let acting: Vec<&ItemPlan> = prepared
        .plans
        .iter()
        .filter(|plan| plan.taken() > 0 || plan.with(&Verdict::Decline).count() > 0)
        .collect();
    let keys: Vec<&str> = acting
        .iter()
        .map(|plan| plan.key.as_str())
        .chain(prepared.creations.iter().map(|creation| creation.key.as_str()))
        .chain(prepared.deletions.iter().map(Key::as_str))
        .collect();
    let named = if keys.len() <= 3 { keys.join(", ") } else { format!("{} items", keys.len()) };
    let mut body = String::new();
    for plan in &acting {
        let plan = plan.masked(&mask);
        for line in plan.lines.iter().filter(|line| line.is_taken() || line.verdict == Verdict::Decline) {
            let value = |value: Option<&Value>| {
                value.map_or_else(|| "absent".to_owned(), |value| short(&value.to_string()))
            };
            let new = match &line.verdict {
                Verdict::Set(value) => short(&value.to_string()),
                Verdict::Decline => format!("{} (kept)", value(line.target.as_ref())),
                _ => value(line.source.as_ref()),
            };
            let _ = writeln!(body, "{}: {}: {} -> {new}", plan.key, line.path, value(line.target.as_ref()));
        }
    }
    for creation in &prepared.creations {
        let _ = writeln!(body, "{}: new item", creation.key);
    }
    for key in &prepared.deletions {
        let _ = writeln!(body, "{key}: item deleted");
    }
    body.push('\n');
    for key in &keys {
        let _ = writeln!(body, "Terrace-Promotion: {key} {} -> {}", hop.source(), hop.target());
    }
    (format!("promote({named}): {} -> {}", hop.source(), hop.target()), body)
}

/// A value short enough for a commit message, on one line.
pub(super) fn short(text: &str) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if clean.chars().count() <= 60 { clean } else { clean.chars().take(59).chain(['…']).collect() }
}

/// What the write door would refuse of what was prepared; nothing is written.
///
/// # Errors
/// The door's refusals.
pub fn foresee(workspace: &Workspace, prepared: &Prepared, options: &Options) -> Result<()> {
    if prepared.is_empty() {
        return Ok(());
    }
    door::foresee(workspace.repository.door_path(), options, &prepared.head, &prepared.files)
}

/// Publishes what was prepared as one commit; `None` when there is nothing to do.
///
/// # Errors
/// `Undecided` when something is still open; `Retry` when the branch moved and the plan changed
/// with it; the door's refusals.
pub fn commit(
    workspace: &Workspace,
    request: &Request,
    prepared: &Prepared,
    subject: Option<&str>,
    options: &Options,
) -> Result<Option<Committed>> {
    publish(workspace, prepared, &|head| prepare_at(workspace, request, head), subject, options)
}

/// Publishes what was prepared; `again` prepares the same on another head.
pub(super) fn publish(
    workspace: &Workspace,
    prepared: &Prepared,
    again: &dyn Fn(&CommitId) -> Result<Prepared>,
    subject: Option<&str>,
    options: &Options,
) -> Result<Option<Committed>> {
    prepared.require_decided()?;
    if prepared.is_empty() {
        return Ok(None);
    }
    let message =
        |prepared: &Prepared| format!("{}\n\n{}", subject.unwrap_or(&prepared.subject), prepared.body);
    let published = door::publish(workspace.repository.door_path(), options, |head| {
        let files = match head {
            Some(head) if *head == prepared.head => prepared.files.clone(),
            Some(head) => {
                let again = again(head)?;
                if again.require_decided().is_err() || again.essence() != prepared.essence() {
                    return Err(Error::retry(
                        "somebody committed meanwhile, and the plan is no longer what was shown",
                    )
                    .help("nothing was committed; look at the new plan and run the command again"));
                }
                again.files
            }
            None => {
                return Err(
                    Error::usage("the branch has no commit yet").help("commit the configuration first")
                );
            }
        };
        let change = Change { base: head.cloned(), files, message: message(prepared) };
        Ok(Some((change, ())))
    })?;
    Ok(published.map(|(committed, ())| committed))
}

/// The blob that a file change was judged on.
pub(super) fn blob_of(planner: &crate::engine::snapshot::Snapshot, file: &str) -> Option<BlobId> {
    planner.files.get(file).and_then(|entry| entry.blob.clone())
}

/// The source files of these items (all when none are named) whose changes are not committed.
///
/// # Errors
/// When the working tree cannot be compared.
pub fn uncommitted_sources(workspace: &Workspace, hop: Hop, keys: &[Key]) -> Result<Vec<String>> {
    let prefix = workspace.repository.prefix();
    let folder = format!("{prefix}environments/{}/", hop.source());
    let named: Vec<String> = keys.iter().map(|key| format!("{prefix}{}", key.file(hop.source()))).collect();
    let mut files = workspace.repository.uncommitted()?;
    files.retain(|file| file.starts_with(&folder) && (named.is_empty() || named.contains(file)));
    Ok(files)
}
