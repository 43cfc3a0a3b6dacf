//! `set` and `unset`: one value of one item, in the working tree or as a commit.

use std::sync::Arc;

use super::edit::{edit, insert_behind, nested, refuse_depth, rests_on, set_or_insert_with};
use super::expected::{Expected, require, require_at};
use super::item::{no_such_path, or_near_element};
use super::kept_files::{alike, with_followers};
use super::slips::{refuse_item, refuse_value};
use super::workspace::{At, Workspace};
use crate::engine::configuration::Configuration;
use crate::engine::snapshot::no_such_item;
use crate::model::sanitize::clean;
use crate::model::{
    Environment, EnvironmentSet, Error, ErrorKind, Help, ItemId, Key, Result, Revision, Segment, Value,
    ValuePath,
};
use crate::ops::validation::{Proposal, Validation, refuse_errors};
use crate::secrets::encrypted::whole_refusal;
use crate::secrets::mask::{Reveal, Shown};
use crate::secrets::shown_path;
use crate::store::transaction::{self, Change, Committed, Options, write_work_tree};
use crate::yaml::edit::Operation;
use crate::yaml::{Document, Limits, render};

/// What shall become of the value.
#[derive(Clone, Debug)]
pub enum Edit {
    /// It shall be this: one YAML flow value, or (`string`) the text itself.
    Set {
        /// The text as given.
        text: String,
        /// Whether the text is the string itself.
        string: bool,
        /// Whether missing parents are made.
        parents: bool,
        /// Whether a missing item is made.
        create: bool,
        /// Whether a new last key is meant, though it looks like another one.
        is_new: bool,
        /// Whether the value goes into a list, behind the element at the path.
        behind: bool,
    },
    /// It shall be gone.
    Unset,
}

/// One value of one item.
#[derive(Clone, Debug)]
pub struct SetRequest {
    /// The item.
    pub key: Key,
    /// Its environment.
    pub environment: Environment,
    /// The value.
    pub path: ValuePath,
    /// What shall become of it.
    pub wish: Edit,
    /// What the item's file must be for it; anything without it.
    pub expected: Option<Expected>,
}

impl SetRequest {
    fn item(&self) -> ItemId {
        ItemId::new(self.key.clone(), self.environment)
    }
}

/// What was done.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The file, relative to the git root.
    pub file: String,
    /// The path, settled against the document.
    pub path: ValuePath,
    /// The value before, masked.
    pub before: Option<Shown>,
    /// The value after, masked.
    pub after: Option<Shown>,
    /// The value's kinds before and after, where it had one and another kind takes its place.
    pub kinds: Option<[&'static str; 2]>,
    /// The tag before, as it is written, where it goes.
    pub lost_tag: Option<String>,
    /// Whether the value is the same, and only written here now instead of elsewhere.
    pub is_written_out: bool,
    /// Whether the value after is what the mapping merges, now that its own is gone.
    pub is_merged: bool,
    /// The commit, when one was made.
    pub committed: Option<Committed>,
}

/// Sets or unsets a value in the working tree; `None` when there is nothing to do.
///
/// # Errors
/// When the item, the path or the value is wrong, or a rule refuses the result; `Stale` when the item is
/// not what was expected.
pub fn set(workspace: &Workspace, request: &SetRequest) -> Result<Option<Outcome>> {
    let Some(root) = workspace.repository.work_tree() else {
        return Err(Error::state("a bare repository has no working tree").with_help(Help::CommitDirectly));
    };
    let configuration = workspace.configuration_of(&At::Here, &request.key, request.environment)?;
    require(&configuration, &request.item(), request.expected.as_ref())?;
    let Some((done, old, new)) = decide(&configuration, request, workspace.readable)? else {
        return Ok(None);
    };
    let (old, environment) = (old.as_deref().map(str::as_bytes), workspace.repository.environment());
    let followers = alike(configuration.snapshot(), &request.key.file(request.environment));
    write_work_tree(root, &done.file, old, new.as_bytes(), environment)?;
    for file in followers {
        let file = format!("{}{file}", configuration.snapshot().prefix);
        write_work_tree(root, &file, old, new.as_bytes(), environment)?;
    }
    Ok(Some(done))
}

/// Sets or unsets a value as one commit on HEAD; `None` when there is nothing to do.
///
/// # Errors
/// As [`set`]; also the transaction's refusals.
pub fn set_committed(
    workspace: &Workspace,
    request: &SetRequest,
    message: Option<&str>,
    options: &Options,
) -> Result<Option<Outcome>> {
    let published = transaction::publish(workspace.repository.transaction_path(), options, None, |head| {
        let Some(head) = head else {
            return Err(Error::state("the repository has no commit yet")
                .with_help("commit the configuration first: git add -A && git commit"));
        };
        let (key, revision) = (std::slice::from_ref(&request.key), Revision::Commit(head.clone()));
        let snapshot = workspace.snapshot_of(&revision, key, Some(request.environment))?;
        let configuration = Configuration::read(snapshot)?;
        require_at(workspace, &configuration, head, (&request.item(), request.expected.as_ref()))?;
        let Some((done, _, new)) = decide(&configuration, request, workspace.readable)? else {
            return Ok(None);
        };
        let file = request.key.file(request.environment);
        let before = super::edit::blob_of(configuration.snapshot(), &file);
        let verb = if matches!(request.wish, Edit::Set { .. }) { "set" } else { "unset" };
        let path = shown_path(&done.path);
        let subject = format!("{verb}({}): {} in {}", request.key, clean(&path), request.environment);
        let written =
            transaction::FileChange { path: done.file.clone(), before, after: Some(new.into_bytes()) };
        let change = Change {
            base: Some(head.clone()),
            files: with_followers(&configuration, vec![written]),
            rests_on: rests_on(&configuration, [&request.key]),
            message: message.map_or(subject, str::to_owned),
        };
        Ok(Some((change, done)))
    })?;
    Ok(published.map(|(committed, done)| Outcome { committed: Some(committed), ..done }))
}

/// The outcome, the old text and the new text.
type Decided = (Outcome, Option<String>, String);

fn decide(
    configuration: &Configuration,
    request: &SetRequest,
    readable: EnvironmentSet,
) -> Result<Option<Decided>> {
    let (snapshot, limits) = (configuration.snapshot(), configuration.limits());
    let file = request.key.file(request.environment);
    let shown = format!("{}{file}", snapshot.prefix);
    let item = snapshot.item(&request.key, request.environment);
    let document = match (item, &request.wish) {
        (Some(item), _) => {
            let reading = configuration.reading(item)?;
            match reading.document.as_ref().map_err(|rejection| rejection.ciphertext) {
                Err(Some(ciphertext)) => return Err(whole_refusal(&item.file, ciphertext)),
                _ => configuration.document(item)?,
            }
        }
        (None, _) if let Err(hidden) = snapshot.require_file(&request.key, request.environment) => {
            return Err(hidden);
        }
        (None, Edit::Set { create: true, .. }) => {
            let empty = Document::parse(b"", limits);
            empty.map(Arc::new).map_err(|_| Error::internal("an empty file does not parse"))?
        }
        (None, wish) => {
            let known = snapshot.items().filter(|item| item.id.environment == request.environment);
            let error = no_such_item(
                &request.key,
                known.map(|item| &item.id.key).collect(),
                request.environment.into(),
            );
            return Err(match wish {
                Edit::Set { .. } => error.or_help(Help::CreateItem),
                Edit::Unset => error,
            });
        }
    };
    let asked = document.resolve(&request.path);
    let behind = matches!(request.wish, Edit::Set { behind: true, .. });
    let path = if behind { path_behind(&document, &asked, &shown)? } else { asked.clone() };
    if matches!(request.wish, Edit::Set { .. }) {
        refuse_depth(&path)?;
    }
    let wanted = match &request.wish {
        Edit::Unset => None,
        Edit::Set { text, string, .. } => {
            let only_strings =
                configuration.schemas().allows_only_strings(&request.key, request.environment, &path);
            Some(
                if *string
                    || only_strings && flow_value(text, limits).is_none_or(|value| value.as_str().is_none())
                {
                    Value::String(text.clone())
                } else {
                    flow_value(text, limits).ok_or_else(|| not_a_value(&path, text))?
                },
            )
        }
    };
    if let (Edit::Set { is_new: false, parents, create, .. }, Some(wanted)) = (&request.wish, &wanted) {
        if item.is_none() {
            refuse_item(configuration, readable, &request.key, request.environment)?;
        }
        // Where a parent is missing and nothing makes it, that is said.
        if *parents || *create || path.parent().is_none_or(|parent| document.at(&parent).is_some()) {
            refuse_value(configuration, readable, &request.item(), (&document, &path, wanted))?;
        }
    }
    let before = document.at(&path).filter(|_| !behind).cloned();
    let is_same = before == wanted;
    if is_same && !document.is_borrowed(&path) {
        return Ok(None);
    }
    let uncovered = wanted.is_none().then(|| document.overridden(&path)).flatten();
    let parents = matches!(request.wish, Edit::Set { parents: true, .. });
    let text = match wanted.clone() {
        Some(value) if item.is_none() => render::block(&nested(&path.segments, value), 0),
        Some(value) if behind => edit(&document, &[insert_behind(&asked, value)?], limits, &shown)?,
        Some(value) => {
            let operation =
                set_or_insert_with(&document, &path, value, parents, &shown).map_err(|error| {
                    let lists = configuration.lists(&request.key);
                    or_near_element(error, document.values(), &path, &lists).with_kind(ErrorKind::Usage)
                })?;
            edit(&document, &[operation], limits, &shown)?
        }
        None if uncovered.is_some() => {
            edit(&document, &[Operation::Uncover { path: path.clone() }], limits, &shown)?
        }
        None => edit(&document, &[Operation::Remove { path: path.clone() }], limits, &shown)?,
    };
    refuse(configuration, &file, &text)?;
    let mask = configuration.mask(Reveal::Nothing);
    let edited = Document::parse(text.as_bytes(), limits).ok();
    let secrets = mask.secrets_of(std::iter::once(&*document).chain(&edited));
    let mask = mask.within(&secrets);
    let masked = |value: Option<Value>| value.map(|value| mask.value(&path, &value));
    let kinds = before.as_ref().zip(wanted.as_ref()).and_then(changed_kinds);
    let after = wanted.as_ref().or(uncovered.as_ref());
    let lost_tag = before.as_ref().and_then(|before| before.lost_tag(after));
    let done = Outcome {
        file: shown,
        kinds,
        lost_tag,
        before: masked(before),
        is_written_out: wanted.is_some() && is_same,
        is_merged: uncovered.is_some(),
        after: masked(wanted.or(uncovered)),
        path: path.clone(),
        committed: None,
    };
    Ok(Some((done, item.map(|_| document.text().to_owned()), text)))
}

/// The path that a new element behind this one has.
fn path_behind(document: &Document, element: &ValuePath, file: &str) -> Result<ValuePath> {
    let there = document.at(element).and_then(|_| document.by_position(element));
    match there.as_ref().map(|path| (path.parent(), path.last())) {
        Some((Some(list), Some(Segment::Index(index)))) => Ok(list.join(Segment::Index(index + 1))),
        _ => Err(no_such_path(document.values(), element, file).with_kind(ErrorKind::Usage)),
    }
}

/// The kinds of an old and a new value, where they differ and the old one was not null.
fn changed_kinds((before, after): (&Value, &Value)) -> Option<[&'static str; 2]> {
    let kinds = [before.kind(), after.kind()];
    (kinds[0] != kinds[1] && kinds[0] != "null").then_some(kinds)
}

/// One YAML flow value; an empty text, which is null to YAML, is rather a variable that a shell lost.
fn flow_value(text: &str, limits: &Limits) -> Option<Value> {
    if text.trim().is_empty() {
        return None;
    }
    let document = Document::parse(text.as_bytes(), limits).ok()?;
    let one = document.values().len() == 1 && document.problems().is_empty();
    let block = matches!(document.value(), Value::Map(_) | Value::List(_))
        && !text.trim_start().starts_with(['{', '[']);
    (one && !block).then(|| document.value().clone())
}

/// Why a text is no value; the text itself is not repeated: it may be a secret.
pub(crate) fn not_a_value(path: &ValuePath, text: &str) -> Error {
    let whole = || "the whole item".to_owned();
    let place = if path.is_root() { whole() } else { format!("`{path}`") };
    if text.trim().is_empty() {
        return Error::usage(format!("what is given for {place} is empty")).with_help(
            "a shell variable may be unset; write `null` for no value, and `\"\"` for an empty text",
        );
    }
    Error::usage(format!("what is given for {place} is not one YAML value")).with_help(Help::GiveText)
}

/// Refuses a text that brings an error.
fn refuse(configuration: &Configuration, file: &str, text: &str) -> Result<()> {
    let mut validation = Validation::over(configuration);
    validation.propose(Proposal { file: file.to_owned(), text: Some(text.to_owned()) });
    refuse_errors(&validation.new_errors()?)
}
