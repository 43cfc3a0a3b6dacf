//! `rollback`: an older version's values come back, as a new commit.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use super::edit::{after, edit, rests_on};
use super::expected::{Expected, require_at};
use super::item::near_or;
use super::plan::Planner;
use super::promote::{short, trailer};
use super::workspace::Workspace;
use crate::diff::lists::ListRules;
use crate::engine::configuration::Configuration;
use crate::engine::own_names::{OwnNames, own_names};
use crate::engine::promotion::{Action, Level, PlanEntry, Reason, Resolution};
use crate::engine::provenance::Provenance;
use crate::engine::rollback::{ItemFate, ItemRollback, Versions, plan, restoring};
use crate::engine::snapshot::no_such_item;
use crate::merge::{self, comments_differ_at, lacks_comments, merge_decided};
use crate::model::sanitize::clean_lines;
use crate::model::{
    BlobId, CommitId, CommitInfo, Environment, Error, Finding, Help, Hop, ItemId, Key, Result, Revision,
    ValuePath,
};
use crate::ops::validation::{Proposal, Validation};
use crate::secrets::mask::{Reveal, Shown};
use crate::secrets::{DocumentSecrets, shown_path};
use crate::store::transaction::{self, Change, Committed, FileChange, Options};
use crate::yaml::{Document, FileValues, Limits};

/// Where to go back to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RollbackTarget {
    /// To before the item's last promotion.
    LastPromotion,
    /// To before this promotion.
    Promotion(String),
    /// To the values of this revision.
    Revision(String),
}

/// What to take back.
#[derive(Clone, Debug)]
pub struct RollbackRequest {
    /// The items.
    pub keys: Vec<Key>,
    /// Their environment.
    pub environment: Environment,
    /// Where to go back to.
    pub back: RollbackTarget,
    /// Only these paths; all when empty.
    pub only: Vec<ValuePath>,
    /// Whether errors that the older values bring are accepted.
    pub force: bool,
    /// Whether an item goes that the promotion created.
    pub delete: bool,
    /// What the items' files must be now; those that are not named may be anything.
    pub expected: BTreeMap<Key, Expected>,
    /// The subject of the commit's message; one is made without it.
    pub subject: Option<String>,
}

/// What a rollback would do.
#[derive(Debug)]
pub struct Prepared {
    /// The items.
    pub items: Vec<ItemRollback>,
    /// Findings of error severity that the older values would bring.
    pub refused: Vec<Finding>,
    environment: Environment,
    delete: bool,
    head: CommitId,
    files: Vec<FileChange>,
    rests_on: Vec<String>,
    message: String,
}

impl Prepared {
    /// Whether there is nothing to commit.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// What the rollback makes of the configuration that it was planned on.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn after(&self, configuration: &Configuration) -> Result<Configuration> {
        after(configuration, &self.files)
    }

    /// How many changes would be committed.
    #[must_use]
    pub fn changes(&self) -> usize {
        self.items.iter().map(ItemRollback::changes).sum()
    }

    /// What keeps the rollback from being committed.
    ///
    /// # Errors
    /// `Undecided`, when something does.
    pub fn require_decided(&self, force: bool) -> Result<()> {
        let stopped = || {
            let lines = self.items.iter().flat_map(|item| &item.lines);
            lines.filter(|line| line.verdict == Action::Stop)
        };
        let stops = stopped().count();
        if stops > 0 {
            let values = if stops == 1 { "value was" } else { "values were" };
            let comments = stopped().filter(|line| line.reason == Reason::CommentedSince).count();
            let what = if comments == stops { "commented on" } else { "changed" };
            return Err(Error::undecided(format!("{stops} {values} {what} since; nothing was committed"))
                .with_help(Help::ChooseRollback));
        }
        let gone = self.items.iter().find(|item| item.whole == ItemFate::Goes);
        if let Some(item) = gone.filter(|_| !self.delete) {
            let message = format!(
                "`{}` would be deleted in {}, because {} created it; nothing was committed",
                item.key,
                self.environment,
                item.commit.id.short()
            );
            return Err(Error::undecided(message).with_help(Help::AcceptDeletion));
        }
        match self.refused.first() {
            Some(finding) if !force => {
                let message = format!(
                    "the older values bring {} in {}: {}",
                    finding.rule, finding.file, finding.message
                );
                Err(Error::undecided(message)
                    .with_help(Help::AcceptErrors)
                    .with_findings(self.refused.clone()))
            }
            _ => Ok(()),
        }
    }

    /// What is committed; `None` when there is nothing to do.
    fn change(&self) -> Option<Change> {
        (!self.is_empty()).then(|| Change {
            base: Some(self.head.clone()),
            files: self.files.clone(),
            rests_on: self.rests_on.clone(),
            message: self.message.clone(),
        })
    }
}

/// Plans a rollback. Nothing is written.
///
/// # Errors
/// When an item, a revision or a promotion is not there, or an edit cannot be made; `Stale` when an item
/// is not what was expected.
pub fn prepare(workspace: &Workspace, planner: &Planner, request: &RollbackRequest) -> Result<Prepared> {
    let mut validation = Validation::over(&planner.configuration);
    let mut items = Vec::new();
    let mut unmatched: Option<Vec<String>> = None;
    for key in &request.keys {
        let id = ItemId::new(key.clone(), request.environment);
        let expected = request.expected.get(key);
        require_at(workspace, &planner.configuration, &planner.head.id, (&id, expected))?;
        let (item, text, idle) = item(workspace, planner, request, key)?;
        unmatched = Some(match unmatched {
            None => idle,
            Some(known) => known.into_iter().filter(|word| idle.contains(word)).collect(),
        });
        if item.changes() > 0 {
            validation.propose(Proposal { file: key.file(request.environment), text });
        }
        items.push(item);
    }
    if let Some(word) = unmatched.into_iter().flatten().next() {
        let paths = items.iter().flat_map(|item| &item.lines).map(|line| line.path.to_string());
        let message = match word.as_str() {
            "" => "a path is empty; a shell variable may be unset".to_owned(),
            word => format!("this rollback changes nothing at {word}"),
        };
        return Err(Error::usage(message).with_help(near_or(&word, paths, Help::SeeRollback)));
    }
    let refused = validation.new_errors()?;
    let files = validation.into_files();
    let message = message(planner, request, &items);
    let rests_on = rests_on(&planner.configuration, &request.keys);
    Ok(Prepared {
        items,
        refused,
        environment: request.environment,
        delete: request.delete,
        head: planner.head.id.clone(),
        files,
        rests_on,
        message,
    })
}

type Planned = (ItemRollback, Option<String>, Vec<String>);

/// One item's lines, its new text, and the selected paths that speak of none of its lines.
fn item(workspace: &Workspace, planner: &Planner, request: &RollbackRequest, key: &Key) -> Result<Planned> {
    let environment = request.environment;
    let configuration = &planner.configuration;
    let read = planner.old_versions();
    let provenance = Provenance::new(&planner.history, key, &read)?;
    // What cannot be read comes back as a whole, from a revision that has it.
    let is_whole = request.only.is_empty() && matches!(request.back, RollbackTarget::Revision(_));
    let now = match configuration.item(key, environment) {
        Some(item) if is_whole && configuration.reading(item)?.document.is_err() => None,
        Some(item) => Some(configuration.document(item)?),
        None => None,
    };
    let point = match &request.back {
        RollbackTarget::Revision(revision) => restored(workspace, planner, request, key, revision)?,
        RollbackTarget::LastPromotion | RollbackTarget::Promotion(_) => {
            promotion(workspace, planner, &provenance, request, key)?
        }
    };
    let lists = configuration.lists(key);
    let done = |whole: ItemFate, text: Option<String>| {
        let item = ItemRollback { key: key.clone(), commit: point.commit.clone(), lines: Vec::new(), whole };
        if request.only.is_empty() || item.whole == ItemFate::Stays {
            return Ok((item, text, Vec::new()));
        }
        let message =
            format!("`{key}` comes or goes as a whole in {environment}, so no path of it can be chosen");
        Err(Error::usage(message).with_help(Help::WithoutChoice))
    };
    let since = || {
        let message = format!(
            "{environment}'s `{key}` came or went with {} and was changed since",
            point.commit.id.short()
        );
        Err(Error::undecided(message).with_help(Help::RestoreRevision))
    };
    let same = |after: &FileValues| now.as_ref().is_some_and(|now| now.values() == after.values());
    match (&point.before, &point.after, &now) {
        (None, _, None) => done(ItemFate::Stays, None),
        (None, AfterVersion::This(Some(after)), Some(_)) if same(after) => done(ItemFate::Goes, None),
        (None, _, Some(_)) | (Some(_), AfterVersion::This(None), Some(_)) => since(),
        (Some(before), AfterVersion::Any | AfterVersion::This(None), None) => {
            done(ItemFate::Returns, Some(before.text().to_owned()))
        }
        (Some(_), AfterVersion::This(Some(_)), None) => since(),
        (Some(before), after, Some(now)) => {
            let limits = configuration.limits();
            let left_as = point.left_as.map(|blob| planner.version(&blob)).transpose()?.flatten();
            let left_as = left_as.as_deref();
            let names = own_names(before, left_as, now, &request.only, &lists, limits);
            let given = if let AfterVersion::This(after) = after { after.as_deref() } else { None };
            let after = given.map(|given| left_as.map_or(given, |_| &names.after));
            let OwnNames { before: old, now: named, renamed, contested, .. } = &names;
            let versions = Versions { before: old, after, now: named, renamed, contested };
            let changed_by = |path: &ValuePath| provenance.written(environment, path).cloned();
            let (mut lines, idle) = plan(&versions, &request.only, &lists, &changed_by);
            let policy = configuration.policy();
            let secrets = [old, named].map(|version| DocumentSecrets::of(version, policy));
            for line in &mut lines {
                let values = [&line.source, &line.base, &line.target].into_iter().flatten();
                let is_secret = |value: &crate::model::Value| {
                    secrets.iter().any(|it| it.holds_secret(policy, &line.path, value))
                };
                line.secret = values.into_iter().any(is_secret);
            }
            let reverted = match left_as {
                Some(left_as) if left_as.text() == now.text() => Some(before.text().to_owned()),
                Some(_) => reverted(&names, &lists, limits),
                None => None,
            };
            let text = match reverted.filter(|text| says(text, &lines, limits)) {
                Some(text) => text,
                None => {
                    let file = format!("{}{}", configuration.snapshot().prefix, key.file(environment));
                    let values: Vec<_> =
                        lines.iter().filter(|line| line.renamed.is_none()).cloned().collect();
                    edit(named, &restoring(&values, old, named), limits, &file)?
                }
            };
            if left_as.is_some() {
                stop_for_comments(&mut lines, &names, &text, limits);
            }
            let item = ItemRollback { key: key.clone(), commit: point.commit, lines, whole: ItemFate::Stays };
            Ok((item, Some(text), idle))
        }
    }
}

/// What the way back comes to in the version of today, with comments and layout.
fn reverted(names: &OwnNames, lists: &dyn ListRules, limits: &Limits) -> Option<String> {
    let OwnNames { before, after, now, .. } = names;
    let [base, ours, theirs] = [after, now, before].map(|document| document.text().as_bytes());
    merge_decided(&merge::Versions { base, ours, theirs }, &|_| None, lists, limits).ok()
}

/// Whether a text has at each line's path what the line says.
fn says(text: &str, lines: &[PlanEntry], limits: &Limits) -> bool {
    let wanted = |line: &PlanEntry| if line.is_taken() { line.source.clone() } else { line.target.clone() };
    let is_said = |document: &Document, line: &PlanEntry| match &line.renamed {
        Some(renamed) => document.at(&line.path).is_some() && document.at(&renamed.from).is_none(),
        None => document.at(&line.path) == wanted(line).as_ref(),
    };
    Document::parse(text.as_bytes(), limits)
        .is_ok_and(|document| lines.iter().all(|line| is_said(&document, line)))
}

/// Stops what would take comments with it that others have written since.
fn stop_for_comments(lines: &mut [PlanEntry], names: &OwnNames, text: &str, limits: &Limits) {
    let OwnNames { before, after, now, .. } = names;
    let result = Document::parse(text.as_bytes(), limits);
    if !result.is_ok_and(|result| lacks_comments([after, now, before], &result)) {
        return;
    }
    let taken = |line: &&mut PlanEntry| line.is_taken() && line.renamed.is_none();
    let is_beside = |line: &PlanEntry| comments_differ_at([after, now], &line.path);
    let is_known = lines.iter().any(|line| line.is_taken() && is_beside(line));
    for line in lines.iter_mut().filter(taken).filter(|line| !is_known || is_beside(line)) {
        line.resolution = Resolution::Conflict;
        line.level = Level::Stop;
        line.verdict = Action::Stop;
        line.reason = Reason::CommentedSince;
    }
}

/// What the commit that is taken back made of the item.
enum AfterVersion {
    /// It does not matter: a revision is restored.
    Any,
    /// This; nothing when it removed the item.
    This(Option<Arc<FileValues>>),
}

/// The versions on both sides of what is taken back.
struct RestorePoint {
    commit: CommitInfo,
    before: Option<Arc<Document>>,
    after: AfterVersion,
    /// The bytes that the commit made of the item; `None` where a revision is restored.
    left_as: Option<BlobId>,
}

/// The last promotion of the item, or the one that is named.
fn promotion(
    workspace: &Workspace,
    planner: &Planner,
    provenance: &Provenance<'_>,
    request: &RollbackRequest,
    key: &Key,
) -> Result<RestorePoint> {
    let environment = request.environment;
    let hop = Hop::into_target(environment).ok_or_else(|| {
        Error::usage("nothing is promoted to development, so there is no promotion to take back")
            .with_help(Help::RestoreRevision)
    })?;
    let lists = planner.configuration.lists(key);
    let commits = planner.history.commits();
    // One that only gave values took none of the source's, and one that was squashed with the source's change
    // took what the source did not have before: there its own word counts, where it changed nothing but what
    // a promotion can give. A message says what anybody writes.
    let trailer = trailer(key.as_str(), hop);
    let may_give = |path: &ValuePath| planner.requires(key, environment, path);
    let is_promotion = |at: usize| -> Result<bool> {
        let changes = provenance.positions(environment).any(|position| position == at);
        if !changes || provenance.is_promotion(hop, at, &lists) {
            return Ok(changes);
        }
        if !provenance.may_have_given(hop, at, &lists, &may_give) {
            return Ok(false);
        }
        let Some(commit) = commits.get(at) else { return Ok(false) };
        // A squash has the words of its commits, and a merge those of what it brought.
        for said in [commit].into_iter().chain(&commit.brought) {
            let message = workspace.repository.message(&said.info.id)?;
            if message.lines().any(|line| line.trim() == trailer) {
                return Ok(true);
            }
        }
        Ok(false)
    };
    let position = match &request.back {
        RollbackTarget::Promotion(revision) => {
            let id = workspace.repository.commit(revision)?;
            let position = commits.iter().position(|commit| commit.info.id == id);
            let Some(position) = position else { return Err(elsewhere(workspace, planner, key, id)?) };
            if !is_promotion(position)? {
                let message = format!("{} did not promote `{key}` to {environment}", id.short());
                return Err(Error::usage(message).with_help(Help::FindPromotion(key.clone(), id)));
            }
            position
        }
        RollbackTarget::LastPromotion | RollbackTarget::Revision(_) => {
            workspace.require_in_commit(planner.configuration.snapshot(), key)?;
            let mut last = None;
            for at in provenance.positions(environment) {
                if is_promotion(at)? {
                    last = Some(at);
                    break;
                }
            }
            last.ok_or_else(|| {
                let message = format!("no commit promoted `{key}` to {environment}");
                let changed = provenance.positions(environment).next().and_then(|at| commits.get(at));
                match changed.map(|commit| commit.info.id.clone()) {
                    Some(id) => Error::usage(format!("{message}; {} changed it last", id.short()))
                        .with_help(Help::FindPromotion(key.clone(), id)),
                    None => Error::usage(message).with_help(Help::RestoreRevision),
                }
            })?
        }
    };
    let commit = commits.get(position).map(|commit| commit.info.clone());
    let before = provenance.version_before(environment, position).and_then(|version| version.blob.as_ref());
    Ok(RestorePoint {
        commit: commit.ok_or_else(|| Error::internal("a promotion has no commit"))?,
        before: before.map(|blob| planner.version(blob)).transpose()?.flatten(),
        after: AfterVersion::This(provenance.after(environment, position).cloned()),
        left_as: provenance.version_after(environment, position).and_then(|version| version.blob.clone()),
    })
}

/// Why there is nothing to take back of a commit that is none of the branch's own.
fn elsewhere(workspace: &Workspace, planner: &Planner, key: &Key, id: CommitId) -> Result<Error> {
    let holds = |tip: &CommitId| -> Result<bool> {
        Ok(workspace.repository.merge_base(tip, &id)?.as_ref() == Some(&id))
    };
    let mut brought = None;
    for commit in planner.history.commits() {
        if !holds(&commit.info.id)? {
            break;
        }
        brought = Some(&commit.info.id);
    }
    Ok(match brought {
        Some(merge) => Error::usage(format!("{} came to this branch with {}", id.short(), merge.short()))
            .with_help(Help::TakeBackMerge(merge.clone())),
        None => Error::usage(format!(
            "{} is not in the history of this branch; it may have been amended, rebased or squashed",
            id.short()
        ))
        .with_help(Help::FindPromotion(key.clone(), id)),
    })
}

/// The item as a revision has it.
fn restored(
    workspace: &Workspace,
    planner: &Planner,
    request: &RollbackRequest,
    key: &Key,
    revision: &str,
) -> Result<RestorePoint> {
    let id = workspace.repository.commit(revision)?;
    let snapshot = workspace.repository.snapshot(&Revision::Commit(id.clone()))?;
    let Some(item) = snapshot.item(key, request.environment) else {
        let known = snapshot.items().filter(|item| item.id.environment == request.environment);
        let error = no_such_item(key, known.map(|item| &item.id.key).collect(), request.environment.into());
        return Err(Error::usage(format!("{} at {}", error.message, id.short()))
            .with_help("name a revision that has it; to remove an item, remove its file"));
    };
    // Read for its message: a version that is not YAML cannot come back.
    snapshot.document(item, planner.configuration.limits())?;
    let before = item.blob.as_ref().map(|blob| planner.version(blob)).transpose()?.flatten();
    Ok(RestorePoint {
        commit: workspace.repository.info(&id)?,
        before,
        after: AfterVersion::Any,
        left_as: None,
    })
}

/// The commit's message: the subject, the masked list of changes, one trailer per item.
fn message(planner: &Planner, request: &RollbackRequest, items: &[ItemRollback]) -> String {
    let mask = planner.configuration.mask(Reveal::Nothing);
    let acting: Vec<&ItemRollback> = items.iter().filter(|item| item.changes() > 0).collect();
    let keys: Vec<&str> = acting.iter().map(|item| item.key.as_str()).collect();
    let named = if keys.len() <= 3 { keys.join(", ") } else { format!("{} items", keys.len()) };
    let word = if matches!(request.back, RollbackTarget::Revision(_)) { "" } else { "before " };
    let one = acting.windows(2).all(|pair| pair[0].commit.id == pair[1].commit.id);
    let place = match acting.first() {
        Some(first) if one => format!("{word}{}", first.commit.id.short()),
        _ => "before their last promotions".to_owned(),
    };
    let own = || format!("rollback({named}): {} to {place}", request.environment);
    let mut message = request.subject.clone().unwrap_or_else(own);
    message.push_str("\n\n");
    let value = |value: Option<&Shown>| value.map_or("absent".to_owned(), |value| short(&value.to_string()));
    for item in &acting {
        let shown = item.masked(&mask);
        for line in shown.lines.iter().filter(|line| line.is_taken()) {
            if let Some(renamed) = &line.renamed {
                let (from, to) = (shown_path(&renamed.from), shown_path(&line.path));
                let _ = writeln!(message, "{}: {from} renamed to {to}", item.key);
                continue;
            }
            let (old, new) = (value(line.target.as_ref()), value(line.source.as_ref()));
            let _ = writeln!(message, "{}: {}: {old} -> {new}", item.key, shown_path(&line.path));
        }
        let _ = match item.whole {
            ItemFate::Stays => Ok(()),
            ItemFate::Goes => writeln!(message, "{}: item deleted", item.key),
            ItemFate::Returns => writeln!(message, "{}: item restored", item.key),
        };
    }
    message.push('\n');
    for item in &acting {
        let (key, id) = (&item.key, &item.commit.id);
        let _ = writeln!(message, "Terrace-Rollback: {key} {} {word}{}", request.environment, id.short());
    }
    clean_lines(&message)
}

/// Publishes what was prepared as one commit; `None` when there is nothing to do.
///
/// # Errors
/// `Undecided` when a value was changed since or a rule refuses; `Retry` when the branch moved and
/// the rollback changed with it; the transaction's refusals.
pub fn commit(
    workspace: &Workspace,
    request: &RollbackRequest,
    prepared: &Prepared,
    options: &Options,
) -> Result<Option<Committed>> {
    prepared.require_decided(request.force)?;
    let repository = workspace.repository.transaction_path();
    let decide = |head: Option<&CommitId>| {
        let head = head.ok_or_else(|| {
            Error::state("the branch has no commit yet").with_help("there is nothing to take back")
        })?;
        let prepared = prepare(workspace, &Planner::of(workspace, head, &request.keys)?, request)?;
        prepared.require_decided(request.force).map_err(|_| transaction::not_as_shown())?;
        Ok(prepared.change().map(|change| (change, ())))
    };
    let published = match prepared.change() {
        Some(shown) => transaction::publish(repository, options, Some((shown, ())), decide)?,
        None => transaction::confirm(repository, options, decide)?,
    };
    Ok(published.map(|(committed, ())| committed))
}
