//! Items put, patched and deleted, one or several in one commit: how programs write.
//!
//! Each change may say what the item's file must be for it to count. That is compared when the
//! change is decided, and the decision holds only while the file stays that: two writers of one item
//! never overwrite each other, and two writers of two items never meet.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::edit::{edit, rests_on, set_or_insert_with};
use super::expected::{Expected, require_at};
use super::item::no_item;
use super::patch::{Kept, apply, edits, forbidden, require_no_secrets, require_writable};
use super::workspace::Workspace;
use crate::engine::configuration::Configuration;
use crate::engine::snapshot::{ItemFile, Snapshot};
use crate::model::{
    BlobId, CommitId, Environment, Error, Finding, ItemId, Key, Patch, PatchOperation, Result, Revision,
    Segment, Value, ValuePath,
};
use crate::ops::validation::{Proposal, Validation, refuse_errors};
use crate::secrets::mask::Reveal;
use crate::secrets::{encrypted, unparsed};
use crate::store::transaction::{self, Change, Committed, FileChange, Options};
use crate::yaml::edit::Operation;
use crate::yaml::{Document, render};

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
        && workspace.repository.parts().is_configured(head)?
    {
        return Ok(part);
    }
    let snapshot = workspace.repository.snapshot(&revision)?;
    workspace.require_configuration(&snapshot)?;
    Ok(snapshot)
}

/// Edits of items of one revision, for somebody.
struct Editing<'c> {
    configuration: &'c Configuration,
    reveal: Reveal,
}

impl Editing<'_> {
    /// The new text of an item's file; `None` when it goes.
    fn text(&self, change: &ItemChange, item: Option<&ItemFile>) -> Result<Option<String>> {
        let configuration = self.configuration;
        let shown = format!("{}{}", configuration.snapshot().prefix, change.item.file());
        let document = || item.map(|item| configuration.document(item)).transpose();
        let present = || document()?.ok_or_else(|| absent(configuration, &change.item));
        match &change.edit {
            ItemEdit::Delete => return Ok(None),
            ItemEdit::Put(bytes) => self.put(bytes, item, &shown),
            ItemEdit::Value(value) => self.value(value, document()?.as_deref(), &shown),
            ItemEdit::Paths(edits) => self.paths(edits, &*present()?, &shown),
            ItemEdit::Patch(patch) => self.patch(patch, &*present()?, &shown),
        }
        .map(Some)
    }

    fn put(&self, bytes: &[u8], item: Option<&ItemFile>, shown: &str) -> Result<String> {
        let new = put(self.configuration, bytes, shown)?;
        if self.reveal == Reveal::Nothing {
            require_no_secrets(&new, self.configuration)?;
            self.require_none_before(item)?;
        }
        Ok(new.text().to_owned())
    }

    /// Refuses to replace a file that holds secrets.
    fn require_none_before(&self, item: Option<&ItemFile>) -> Result<()> {
        let Some(item) = item else { return Ok(()) };
        let reading = self.configuration.reading(item)?;
        match &reading.document {
            Ok(document) => require_no_secrets(document, self.configuration),
            Err(_) => {
                let text = String::from_utf8_lossy(&reading.bytes);
                match unparsed::spans(&text, self.configuration.policy()).is_empty() {
                    true => Ok(()),
                    false => Err(forbidden(&ValuePath::root())),
                }
            }
        }
    }

    fn value(&self, value: &Value, old: Option<&Document>, shown: &str) -> Result<String> {
        let root = ValuePath::root();
        require_writable(value, &root, self.configuration)?;
        let Some(old) = old else {
            let empty = put(self.configuration, b"", shown)?;
            let (_, kept) = Kept::of(&empty, self.configuration);
            let text = render::block(&kept.resolve(value, None, &root)?, 0);
            if self.reveal == Reveal::Nothing {
                require_no_secrets(&*put(self.configuration, text.as_bytes(), shown)?, self.configuration)?;
            }
            return Ok(text);
        };
        refuse_several(old, shown)?;
        let (values, kept) = Kept::of(old, self.configuration);
        let new = kept.put_back(&kept.resolve(value, values.first(), &root)?);
        let text = edit(old, &edits(old, &root, &new), self.configuration.limits(), shown)?;
        if self.reveal == Reveal::Nothing {
            require_no_secrets(old, self.configuration)?;
            require_no_secrets(&*put(self.configuration, text.as_bytes(), shown)?, self.configuration)?;
        }
        Ok(text)
    }

    fn patch(&self, patch: &Patch, old: &Document, shown: &str) -> Result<String> {
        refuse_sealed(old, shown)?;
        refuse_several(old, shown)?;
        for (path, value) in given(patch) {
            require_writable(value, &path, self.configuration)?;
        }
        let (mut values, kept) = Kept::of(old, self.configuration);
        let new = apply(patch, &values.swap_remove(0), &kept, self.reveal)?;
        let root = ValuePath::root();
        let edits = edits(old, &root, &kept.put_back(&new));
        let text = edit(old, &edits, self.configuration.limits(), shown)?;
        if self.reveal == Reveal::Nothing {
            let after = put(self.configuration, text.as_bytes(), shown)?;
            kept.require_untouched(&[(root, new)], &after, self.configuration)?;
        }
        Ok(text)
    }

    fn paths(&self, edits: &[PathEdit], document: &Document, shown: &str) -> Result<String> {
        refuse_sealed(document, shown)?;
        let (values, kept) = Kept::of(document, self.configuration);
        let (mut operations, mut written) = (Vec::new(), Vec::new());
        for edit in edits {
            match edit {
                PathEdit::Set { path, value, parents } => {
                    let path = document.resolve(path);
                    require_writable(value, &path, self.configuration)?;
                    let root = path.document.find(document.values()).and_then(|at| values.get(at));
                    let given = kept.resolve(value, root.and_then(|root| root.at(&path)), &path)?;
                    let value = kept.put_back(&given);
                    written.push((path.clone(), given));
                    if document.at(&path) != Some(&value) {
                        operations.push(set_or_insert_with(document, &path, value, *parents, shown)?);
                    }
                }
                PathEdit::Unset { path } => {
                    let path = document.resolve(path);
                    if document.at(&path).is_some() {
                        operations.push(Operation::Remove { path });
                    }
                }
            }
        }
        let text = edit(document, &operations, self.configuration.limits(), shown)?;
        if self.reveal == Reveal::Nothing {
            let after = put(self.configuration, text.as_bytes(), shown)?;
            settle_appended(&mut written, &after);
            kept.require_untouched(&written, &after, self.configuration)?;
        }
        Ok(text)
    }
}

/// Gives what was appended to lists the paths that it has there.
fn settle_appended(written: &mut [(ValuePath, Value)], document: &Document) {
    let mut behind: BTreeMap<ValuePath, usize> = BTreeMap::new();
    for (path, _) in written.iter_mut().rev() {
        if let (Some(Segment::Append), Some(parent)) = (path.last(), path.parent()) {
            let length =
                document.at(&parent).and_then(|list| list.untagged().as_list()).map_or(0, |it| it.len());
            let count = behind.entry(parent.clone()).or_default();
            *count += 1;
            *path = parent.join(Segment::Index(length.saturating_sub(*count)));
        }
    }
}

/// The values that a patch brings.
fn given(patch: &Patch) -> Vec<(ValuePath, &Value)> {
    match patch {
        Patch::Merge(value) => vec![(ValuePath::root(), value)],
        Patch::Json(operations) => operations
            .iter()
            .filter_map(|operation| match operation {
                PatchOperation::Add { path, value } | PatchOperation::Replace { path, value } => {
                    let keys = path.tokens().iter().cloned().map(Segment::Key).collect();
                    Some((ValuePath { segments: keys, ..ValuePath::root() }, value))
                }
                PatchOperation::Remove { .. }
                | PatchOperation::Move { .. }
                | PatchOperation::Copy { .. }
                | PatchOperation::Test { .. } => None,
            })
            .collect(),
    }
}

fn refuse_sealed(document: &Document, shown: &str) -> Result<()> {
    if encrypted::is_sealed(document.values()) { Err(encrypted::refusal(shown)) } else { Ok(()) }
}

fn refuse_several(document: &Document, shown: &str) -> Result<()> {
    let several = document.values().len();
    if several == 1 {
        return Ok(());
    }
    Err(Error::undecided(format!("{shown} holds {several} YAML documents, and one value is none of them"))
        .with_help("write the whole file, or single values by their paths"))
}

fn put(configuration: &Configuration, bytes: &[u8], shown: &str) -> Result<Arc<Document>> {
    Document::parse(bytes, configuration.limits()).map(Arc::new).map_err(|rejection| {
        let at = rejection.location.start;
        Error::usage(format!("{shown}:{}:{}: {}", at.line, at.column, rejection.message))
            .with_help(rejection.help.clone())
    })
}

fn absent(configuration: &Configuration, item: &ItemId) -> Error {
    no_item(configuration.snapshot(), &item.key, item.environment)
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
