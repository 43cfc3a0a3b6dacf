//! Items put, patched and deleted, one or several in one commit: how programs write.
//!
//! Each change may say what the item's file must be for it to count. That is compared when the
//! change is decided, and the decision holds only while the file stays that: two writers of one item
//! never overwrite each other, and two writers of two items never meet.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::edit::{edit, rests_on, set_or_insert_with};
use super::item::no_item;
use super::workspace::Workspace;
use crate::engine::configuration::Configuration;
use crate::engine::snapshot::ItemFile;
use crate::model::{
    BlobId, CommitId, Environment, Error, Finding, ItemId, Result, Revision, Value, ValuePath,
};
use crate::ops::validation::{Proposal, Validation};
use crate::secrets::encrypted;
use crate::store::transaction::{self, Change, Committed, FileChange, Options};
use crate::yaml::edit::{Operation, Replacement};
use crate::yaml::{Document, render};

/// What an item's file must be for a change of it to count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// There is none.
    Absent,
    /// It has this content.
    Blob(BlobId),
}

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

/// What shall become of an item.
#[derive(Clone, Debug)]
pub enum ItemEdit {
    /// Its file has these bytes.
    Put(Vec<u8>),
    /// It holds this value; of a file that is there, only the bytes of what differs change.
    Value(Value),
    /// Some of its values are changed, together.
    Patch(Vec<PathEdit>),
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
}

/// What would be committed.
#[derive(Debug)]
pub struct Prepared {
    /// The commit that was looked at.
    pub head: CommitId,
    /// Findings of error severity that the result would bring.
    pub refused: Vec<Finding>,
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

    /// Refuses a result that a rule refuses.
    ///
    /// # Errors
    /// `Undecided`, with the findings.
    pub fn require_sound(&self) -> Result<()> {
        match self.refused.first() {
            None => Ok(()),
            Some(first) => {
                let message = format!("{} would bring {}: {}", first.file, first.rule, first.message);
                Err(Error::undecided(message)
                    .with_help(first.help.clone())
                    .with_findings(self.refused.clone()))
            }
        }
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

/// Says what the changes would commit on a commit. Nothing is written.
///
/// # Errors
/// `Stale` when an item's file is not what was expected; `Absent` when an item to patch is not
/// there; when an edit cannot be made, or a text is not YAML.
pub fn prepare(configuration: &Configuration, head: &CommitId, request: &ChangeRequest) -> Result<Prepared> {
    let mut validation = Validation::over(configuration);
    for change in &request.items {
        let file = change.item.file();
        let item = configuration.item(&change.item.key, change.item.environment);
        require_expected(configuration, change, item)?;
        let old = item.map(|item| configuration.reading(item)).transpose()?;
        let new = text(configuration, change, item)?;
        if new.as_ref().map(String::as_bytes) != old.as_ref().map(|reading| &*reading.bytes) {
            validation.propose(Proposal { file, text: new });
        }
    }
    let refused = validation.new_errors()?;
    let keys = request.items.iter().map(|change| &change.item.key);
    Ok(Prepared {
        head: head.clone(),
        refused,
        files: validation.into_files(),
        rests_on: rests_on(configuration, keys),
        message: request.message.clone().unwrap_or_else(|| message(request)),
    })
}

/// Commits the changes; `None` when everything is as wanted already.
///
/// # Errors
/// As [`prepare`] and [`Prepared::require_sound`]; the transaction's refusals.
pub fn commit(
    workspace: &Workspace,
    request: &ChangeRequest,
    options: &Options,
) -> Result<Option<Committed>> {
    let published = transaction::publish(workspace.repository.transaction_path(), options, None, |head| {
        let Some(head) = head else {
            return Err(Error::usage("the repository has no commit yet")
                .with_help("commit the configuration first: git add -A && git commit"));
        };
        let snapshot = workspace.repository.snapshot(&Revision::Commit(head.clone()))?;
        let prepared = prepare(&Configuration::read(snapshot)?, head, request)?;
        prepared.require_sound()?;
        Ok(prepared.change().map(|change| (change, ())))
    })?;
    Ok(published.map(|(committed, ())| committed))
}

fn require_expected(
    configuration: &Configuration,
    change: &ItemChange,
    item: Option<&ItemFile>,
) -> Result<()> {
    let is_met = match &change.expected {
        None => true,
        Some(Expected::Absent) => item.is_none(),
        Some(Expected::Blob(blob)) => item.is_some_and(|item| item.blob.as_ref() == Some(blob)),
    };
    if is_met {
        return Ok(());
    }
    let file = format!("{}{}", configuration.snapshot().prefix, change.item.file());
    let what = match (&change.expected, item) {
        (Some(Expected::Absent), _) => "is there already",
        (_, None) => "is not there any more",
        (_, Some(_)) => "has changed since it was read",
    };
    Err(Error::stale(format!("{file} {what}"))
        .with_help("nothing was committed; read it again, and decide anew"))
}

/// The new text of an item's file; `None` when it goes.
fn text(
    configuration: &Configuration,
    change: &ItemChange,
    item: Option<&ItemFile>,
) -> Result<Option<String>> {
    let shown = format!("{}{}", configuration.snapshot().prefix, change.item.file());
    let document = || item.map(|item| configuration.document(item)).transpose();
    match &change.edit {
        ItemEdit::Delete => Ok(None),
        ItemEdit::Put(bytes) => put(configuration, bytes, &shown).map(Some),
        ItemEdit::Value(value) => match document()? {
            None => Ok(Some(render::block(value, 0))),
            Some(document) if document.values().len() > 1 => {
                let message = format!(
                    "{shown} holds {} YAML documents, and one value is none of them",
                    document.values().len()
                );
                Err(Error::undecided(message)
                    .with_help("write the whole file, or single values by their paths"))
            }
            Some(document) => {
                let value = Replacement::Value(value.clone());
                let whole = Operation::Set { path: ValuePath::root(), value };
                edit(&document, &[whole], configuration.limits(), &shown).map(Some)
            }
        },
        ItemEdit::Patch(edits) => {
            let document = document()?.ok_or_else(|| absent(configuration, &change.item))?;
            patch(configuration, &document, edits, &shown).map(Some)
        }
    }
}

fn put(configuration: &Configuration, bytes: &[u8], shown: &str) -> Result<String> {
    let document = Document::parse(bytes, configuration.limits()).map_err(|rejection| {
        let at = rejection.location.start;
        Error::usage(format!("{shown}:{}:{}: {}", at.line, at.column, rejection.message))
            .with_help(rejection.help.clone())
    })?;
    Ok(document.text().to_owned())
}

fn patch(
    configuration: &Configuration,
    document: &Arc<Document>,
    edits: &[PathEdit],
    shown: &str,
) -> Result<String> {
    if encrypted::is_sealed(document.values()) {
        return Err(encrypted::refusal(shown));
    }
    let mut operations = Vec::new();
    for edit in edits {
        match edit {
            PathEdit::Set { path, value, parents } => {
                let path = document.resolve(path);
                if document.at(&path) != Some(value) {
                    operations.push(set_or_insert_with(document, &path, value.clone(), *parents, shown)?);
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
    edit(document, &operations, configuration.limits(), shown)
}

fn absent(configuration: &Configuration, item: &ItemId) -> Error {
    no_item(configuration.snapshot(), &item.key, item.environment)
}

fn message(request: &ChangeRequest) -> String {
    let verb = |change: &ItemChange| match change.edit {
        ItemEdit::Put(_) | ItemEdit::Value(_) => "put",
        ItemEdit::Patch(_) => "patch",
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
