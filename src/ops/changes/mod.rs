//! Items put, patched and deleted, one or several in one commit: how programs write.
//!
//! Each change may say what the item's file must be for it to count. That is compared when the
//! change is decided, and the decision holds only while the file stays that: two writers of one item
//! never overwrite each other, and two writers of two items never meet.

mod editing;

use std::collections::{BTreeMap, BTreeSet};

use self::editing::Editing;
use crate::engine::configuration::Configuration;
use crate::engine::snapshot::Snapshot;
use crate::model::{
    BlobId, CommitId, Environment, Error, Finding, ItemId, Key, Patch, Result, Revision, Value, ValuePath,
};
use crate::ops::edit::rests_on;
use crate::ops::expected::{Expected, require_at};
use crate::ops::validation::{Proposal, Validation, refuse_errors};
use crate::ops::workspace::Workspace;
use crate::secrets::mask::Reveal;
use crate::store::transaction::{self, Change, Committed, FileChange, Options};

/// What shall become of one value.
#[derive(Clone, Debug)]
pub enum PathEdit {
    /// It shall be this.
    Set {
        /// Where.
        path: ValuePath,
        /// The value.
        value: Value,
        /// Whether missing parents are made.
        parents: bool,
    },
    /// It shall be gone; where nothing is, nothing is done.
    Unset {
        /// Where.
        path: ValuePath,
    },
}

/// What shall become of an item. A value in it may be [`Value::masked`]: the secret that stands there
/// stays.
#[derive(Clone, Debug)]
pub enum ItemEdit {
    /// Its file has these bytes.
    Put(Vec<u8>),
    /// It holds this value; of a file that is there, only the bytes of what differs change.
    Value(Value),
    /// Some of its values are changed, together, each where its path says.
    Paths(Vec<PathEdit>),
    /// Its value is patched; only the bytes of what differs change.
    Patch(Patch),
    /// It is gone.
    Delete,
}

/// One item and what shall become of it.
#[derive(Clone, Debug)]
pub struct ItemChange {
    /// The item.
    pub item: ItemId,
    /// What its file must be now; anything, when the caller does not care.
    pub expected: Option<Expected>,
    /// What shall become of it.
    pub edit: ItemEdit,
}

/// Changes that are committed together, or not at all.
#[derive(Clone, Debug)]
pub struct ChangeRequest {
    /// The items, each once.
    pub items: Vec<ItemChange>,
    /// The commit's message; one is made without it.
    pub message: Option<String>,
    /// Whether who asks may see secrets. Who may not puts no item that holds or held one, and writes,
    /// tests and moves none.
    pub reveal: Reveal,
}

/// What became, or would become, of one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemOutcome {
    /// The item.
    pub item: ItemId,
    /// The content of its file before; `None` when there was none.
    pub before: Option<BlobId>,
    /// The content of its file after; `None` when there is none.
    pub after: Option<BlobId>,
}

/// What the changes came to.
#[derive(Clone, Debug)]
pub struct ChangeOutcome {
    /// The commit; `None` when everything was as wanted already.
    pub committed: Option<Committed>,
    /// The items, in the order of the request.
    pub items: Vec<ItemOutcome>,
}

/// What would be committed.
pub struct Prepared {
    /// The commit that was looked at.
    pub head: CommitId,
    /// What would become of the items, in the order of the request.
    pub items: Vec<ItemOutcome>,
    /// Findings of error severity that the result would bring, of those that speak of no environment which
    /// who asks may not read.
    pub refused: Vec<Finding>,
    /// The configuration that would result; of other items it may hold none.
    pub after: Configuration,
    files: Vec<FileChange>,
    rests_on: Vec<String>,
    message: String,
}

impl Prepared {
    /// Whether everything is as wanted already.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The text that an item's file would have, by its place in the request; `None` when it goes, or stays
    /// as it is.
    #[must_use]
    pub fn text(&self, position: usize) -> Option<&str> {
        let file = format!("{}{}", self.after.snapshot().prefix, self.items.get(position)?.item.file());
        let change = self.files.iter().find(|change| change.path == file)?;
        std::str::from_utf8(change.after.as_deref()?).ok()
    }

    /// Refuses a result that a rule refuses.
    ///
    /// # Errors
    /// `Undecided`, with the findings.
    pub fn require_sound(&self) -> Result<()> {
        refuse_errors(&self.refused)
    }

    fn change(self) -> Option<Change> {
        (!self.is_empty()).then_some(Change {
            base: Some(self.head),
            files: self.files,
            rests_on: self.rests_on,
            message: self.message,
        })
    }
}

/// Says what the changes would commit on the branch that `options` name. Nothing is written.
///
/// # Errors
/// `Stale` when an item's file is not what was expected; `NotFound` when an item to change in part is
/// not there; `TestFailed`; `Forbidden`; when an edit cannot be made, or a text is not YAML.
pub fn prepare(workspace: &Workspace, request: &ChangeRequest, options: &Options) -> Result<Prepared> {
    let head = transaction::start(workspace.repository.transaction_path(), options)?;
    prepare_on(workspace, head.as_ref(), request, false)
}

/// The same, with a result that holds every item.
///
/// # Errors
/// As [`prepare`].
pub fn prepare_whole(workspace: &Workspace, request: &ChangeRequest, options: &Options) -> Result<Prepared> {
    let head = transaction::start(workspace.repository.transaction_path(), options)?;
    prepare_on(workspace, head.as_ref(), request, true)
}

/// What is asked about changes before they are committed.
#[derive(Clone, Copy)]
pub struct Allow<'a> {
    /// Whether what it is asked about holds every item, or those that are changed alone.
    pub is_whole: bool,
    /// Says what is against it.
    pub ask: &'a dyn Fn(&Prepared) -> Result<()>,
}

/// Commits the changes.
///
/// # Errors
/// As [`prepare`] and [`Prepared::require_sound`]; the transaction's refusals.
pub fn commit(workspace: &Workspace, request: &ChangeRequest, options: &Options) -> Result<ChangeOutcome> {
    publish(workspace, request, options, None)
}

/// Commits the changes where `allow` has nothing against what they would come to. It is asked each time
/// they are decided, before the findings of the result count.
///
/// # Errors
/// As [`commit`], and those of `allow`.
pub fn commit_if(
    workspace: &Workspace,
    request: &ChangeRequest,
    options: &Options,
    allow: Allow<'_>,
) -> Result<ChangeOutcome> {
    publish(workspace, request, options, Some(allow))
}

fn publish(
    workspace: &Workspace,
    request: &ChangeRequest,
    options: &Options,
    allow: Option<Allow<'_>>,
) -> Result<ChangeOutcome> {
    let mut decided = None;
    let published = transaction::publish(workspace.repository.transaction_path(), options, None, |head| {
        let prepared = prepare_on(workspace, head, request, allow.is_some_and(|allow| allow.is_whole))?;
        allow.map_or(Ok(()), |allow| (allow.ask)(&prepared))?;
        prepared.require_sound()?;
        decided = Some((prepared.head.clone(), prepared.items.clone()));
        Ok(prepared.change().map(|change| (change, ())))
    })?;
    let committed = published.map(|(committed, ())| committed);
    let (head, mut items) = decided.ok_or_else(|| Error::internal("nothing was decided"))?;
    // The bytes that git keeps may have other line ends than those that were given.
    let now = committed.as_ref().map_or(head, |committed| committed.commit.clone());
    let files: BTreeSet<String> = items.iter().map(|outcome| outcome.item.file()).collect();
    let snapshot = workspace.repository.snapshot_of_paths(&Revision::Commit(now), &files)?;
    for outcome in &mut items {
        let found = snapshot.item(&outcome.item.key, outcome.item.environment);
        outcome.after = found.and_then(|item| item.blob.clone());
    }
    Ok(ChangeOutcome { committed, items })
}

fn prepare_on(
    workspace: &Workspace,
    head: Option<&CommitId>,
    request: &ChangeRequest,
    is_whole: bool,
) -> Result<Prepared> {
    let head = head.ok_or_else(|| {
        Error::state("the repository has no commit yet")
            .with_help("commit the configuration first: git add -A && git commit")
    })?;
    refuse_twice(&request.items)?;
    let items = if is_whole { &[] } else { request.items.as_slice() };
    let configuration = Configuration::read(snapshot(workspace, head, items)?)?;
    let mut validation = Validation::over(&configuration);
    let mut items = Vec::new();
    for change in &request.items {
        let item = configuration.item(&change.item.key, change.item.environment);
        require_at(workspace, &configuration, head, (&change.item, change.expected.as_ref()))?;
        if item.is_none() {
            configuration.snapshot().require_file(&change.item.key, change.item.environment)?;
            configuration.snapshot().require_room(&change.item.key, change.item.environment)?;
        }
        let old = item.map(|item| configuration.reading(item)).transpose()?;
        let new = Editing { configuration: &configuration, reveal: request.reveal }.text(change, item)?;
        let before = item.and_then(|item| item.blob.clone());
        let mut after = before.clone();
        if new.as_ref().map(String::as_bytes) != old.as_ref().map(|reading| &*reading.bytes) {
            after = new.as_ref().map(|text| workspace.repository.blob_id(text.as_bytes())).transpose()?;
            validation.propose(Proposal { file: change.item.file(), text: new });
        }
        items.push(ItemOutcome { item: change.item.clone(), before, after });
    }
    let after = validation.after()?;
    let mut refused = validation.new_errors_in(&after)?;
    // A refusal for what another environment holds would tell of it.
    refused.retain(|finding| workspace.readable.covers(finding.environments()));
    let keys = request.items.iter().map(|change| &change.item.key);
    Ok(Prepared {
        head: head.clone(),
        items,
        refused,
        after,
        files: validation.into_files(),
        rests_on: rests_on(&configuration, keys),
        message: request.message.clone().unwrap_or_else(|| message(request)),
    })
}

fn refuse_twice(items: &[ItemChange]) -> Result<()> {
    let mut seen = BTreeSet::new();
    match items.iter().find(|change| !seen.insert(&change.item)) {
        None => Ok(()),
        Some(change) => Err(Error::usage(format!("{} is changed twice", change.item))
            .with_help("name each item once; a patch may hold many operations")),
    }
}

/// What of a commit the items need; all of it without items, and where one is not there that should be,
/// for others are suggested then. What a new item's name may not meet, itself in other letters, is among
/// what it needs.
fn snapshot(workspace: &Workspace, head: &CommitId, items: &[ItemChange]) -> Result<Snapshot> {
    let revision = Revision::Commit(head.clone());
    let keys: Vec<Key> = items.iter().map(|change| change.item.key.clone()).collect();
    let part = if keys.is_empty() { None } else { workspace.part(&revision, &keys)? };
    let fits = |part: &Snapshot| {
        let has = |change: &ItemChange| part.item(&change.item.key, change.item.environment).is_some();
        let makes = |change: &ItemChange| matches!(change.edit, ItemEdit::Put(_) | ItemEdit::Value(_));
        items.iter().all(|change| has(change) || makes(change))
    };
    if let Some(part) = part.filter(fits)
        && workspace.repository.parts().shows_configuration(head)?
    {
        return Ok(part);
    }
    let snapshot = workspace.repository.snapshot(&revision)?;
    workspace.require_configuration(&snapshot)?;
    Ok(snapshot)
}

fn message(request: &ChangeRequest) -> String {
    let verb = |change: &ItemChange| match change.edit {
        ItemEdit::Put(_) | ItemEdit::Value(_) => "put",
        ItemEdit::Paths(_) | ItemEdit::Patch(_) => "patch",
        ItemEdit::Delete => "delete",
    };
    match request.items.as_slice() {
        [one] => format!("{}({}): {}", verb(one), one.item.key, one.item.environment),
        many => {
            let mut places: BTreeMap<Environment, usize> = BTreeMap::new();
            for change in many {
                *places.entry(change.item.environment).or_default() += 1;
            }
            let places: Vec<String> = places.iter().map(|(env, count)| format!("{count} in {env}")).collect();
            let lines: Vec<String> =
                many.iter().map(|change| format!("{} {}", verb(change), change.item)).collect();
            format!("change {} items: {}\n\n{}\n", many.len(), places.join(", "), lines.join("\n"))
        }
    }
}
