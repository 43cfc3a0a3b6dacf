//! `export` and `run`: checked values of one environment leave the repository.
//!
//! What `check` calls an error in an item keeps it here, and an item that the environment lacks is
//! an error of its own: no other environment is ever asked.

use std::collections::HashSet;

use rayon::prelude::*;

use super::check::remembered_findings;
use super::workspace::{At, Workspace};
use crate::engine::configuration::Configuration;
use crate::engine::rules::{Memory, read_without_error};
use crate::engine::snapshot::{ItemFile, Reading, Snapshot};
use crate::formats::write::{self, ExportItem, Exported, Format, NameStyle, Selection, Variable};
use crate::model::{Environment, Error, ErrorKind, Finding, Help, Key, Result, Rule, Severity, Value};
use crate::secrets::encrypted::is_encrypted;
use crate::store::JudgementFile;

/// What shall leave.
#[derive(Clone, Debug)]
pub struct ExportRequest {
    /// The environment, and no other.
    pub environment: Environment,
    /// The items; all of the environment's when empty. One item named alone lends its values no
    /// name of its own.
    pub keys: Vec<Key>,
    /// What every name begins with.
    pub prefix: String,
    /// How paths become names.
    pub names: NameStyle,
}

/// The items' values in a format.
///
/// # Errors
/// When an item is missing, `Undecided` when it has error findings, holds several YAML documents,
/// or cannot be said in the format.
pub fn export(configuration: &Configuration, request: &ExportRequest, format: Format) -> Result<Exported> {
    with_selection(configuration, request, None, |selection| write::export(selection, format))
}

/// The same of the revision that `at` means; what earlier runs judged of all items is not judged again.
///
/// # Errors
/// As [`export`](fn@export); also when the revision cannot be listed, or its policy is wrong.
pub fn export_at(
    workspace: &Workspace,
    at: &At,
    request: &ExportRequest,
    format: Format,
) -> Result<Exported> {
    at_revision(workspace, at, request, |selection| write::export(selection, format))
}

/// The items' values at a revision as the variables of a process that runs `program`.
///
/// # Errors
/// As [`export_at`].
pub fn variables(
    workspace: &Workspace,
    at: &At,
    request: &ExportRequest,
    program: &str,
) -> Result<Vec<Variable>> {
    at_revision(workspace, at, request, |selection| write::variables(selection, program))
}

fn at_revision<T>(
    workspace: &Workspace,
    at: &At,
    request: &ExportRequest,
    use_it: impl FnOnce(&Selection<'_>) -> Result<T>,
) -> Result<T> {
    if !request.keys.is_empty() {
        // What is named is judged sooner than all that is remembered is read.
        return with_selection(&workspace.configuration(at)?, request, None, use_it);
    }
    let (configuration, memory) = workspace.remembered_configuration(at)?;
    let made = with_selection(&configuration, request, Some(&memory), use_it);
    memory.save(configuration.snapshot().items().count());
    made
}

fn with_selection<T>(
    configuration: &Configuration,
    request: &ExportRequest,
    memory: Option<&JudgementFile>,
    use_it: impl FnOnce(&Selection<'_>) -> Result<T>,
) -> Result<T> {
    let files = asked(configuration, request)?;
    let values = values(configuration, request, &files, memory)?;
    let items =
        files.iter().zip(&values).map(|(file, value)| ExportItem { key: &file.id.key, value }).collect();
    let selection = Selection {
        items,
        alone: request.keys.len() == 1,
        prefix: &request.prefix,
        names: &request.names,
        allowed: &configuration.policy().run_allow,
    };
    use_it(&selection)
}

/// The values that leave, where no error keeps them here; documents are let go, for there may be very
/// many.
fn values(
    configuration: &Configuration,
    request: &ExportRequest,
    files: &[&ItemFile],
    memory: Option<&JudgementFile>,
) -> Result<Vec<Value>> {
    let is_judged_here = request.keys.is_empty() && memory.is_none_or(JudgementFile::is_empty);
    let here = || read_without_error(configuration, request.environment, leaving);
    let read: Vec<Result<Value>> = match is_judged_here.then(here).flatten() {
        Some(read) => read,
        None => {
            refuse_errors(configuration, request, files, memory.map(|memory| memory as &dyn Memory))?;
            files.par_iter().map(|file| leaving(file, configuration.reading_of(file, None)?)).collect()
        }
    };
    // In order, so that of several files that cannot leave the first one is told.
    read.into_iter().collect()
}

fn leaving(file: &ItemFile, reading: Reading) -> Result<Value> {
    let document = reading.into_document(file)?;
    if let count @ 2.. = document.values().len() {
        let message = format!("{} holds {count} YAML documents, and an item leaves as one", file.file);
        return Err(Error::undecided(message).with_help("split it into items of one document each"));
    }
    if let Some(at) = document.complex_key(None) {
        let message = format!("{}:{}:{}: this key is a list or a mapping", file.file, at.line, at.column);
        return Err(Error::undecided(message)
            .with_help("use plain text as the key; what is below this one would be left out"));
    }
    if is_encrypted(document.values()) {
        let message =
            format!("{} is encrypted with SOPS, and its values would leave as ciphertext", file.file);
        return Err(
            Error::undecided(message).with_help(format!("decrypt it yourself: sops decrypt {}", file.file))
        );
    }
    Ok(document.value().clone())
}

/// The files of the items that are asked for, each once, in the order in which they are named.
fn asked<'a>(configuration: &'a Configuration, request: &ExportRequest) -> Result<Vec<&'a ItemFile>> {
    let snapshot = configuration.snapshot();
    let environment = request.environment;
    snapshot.require_environment(environment)?;
    let present: Vec<&ItemFile> =
        snapshot.items().filter(|item| item.id.environment == environment).collect();
    if request.keys.is_empty() {
        snapshot.require_whole(environment).map_err(undecided)?;
        if present.is_empty() {
            return Err(snapshot.without_items(environment));
        }
        return Ok(present);
    }
    let mut files: Vec<&ItemFile> = Vec::new();
    for key in &request.keys {
        let Some(file) = snapshot.item(key, environment) else {
            snapshot.require_file(key, environment).map_err(undecided)?;
            return Err(missing(snapshot, key, environment));
        };
        if !files.iter().any(|known| known.id == file.id) {
            files.push(file);
        }
    }
    Ok(files)
}

fn missing(snapshot: &Snapshot, key: &Key, environment: Environment) -> Error {
    let error = snapshot.absent(key, environment);
    let elsewhere: Vec<&str> = environment
        .others()
        .filter(|other| snapshot.item(key, *other).is_some())
        .map(Environment::name)
        .collect();
    if elsewhere.is_empty() || snapshot.require_read(key).is_err() {
        return error;
    }
    let (names, verb) = (elsewhere.join(" and "), if elsewhere.len() == 1 { "has" } else { "have" });
    error
        .with_help(format!("{names} {verb} it, and {environment} takes nothing from there; promote it first"))
}

/// What keeps an item from leaving is for a person to mend.
fn undecided(mut error: Error) -> Error {
    error.message = format!("{} [{}]", error.message, Rule::Symlink);
    error.with_kind(ErrorKind::Undecided)
}

/// Refuses items of which `check` reports an error, or whose schema is broken. Where all items of an
/// environment leave, a file of its folder that is an error and no item would be left out silently,
/// and is refused as well.
fn refuse_errors(
    configuration: &Configuration,
    request: &ExportRequest,
    files: &[&ItemFile],
    memory: Option<&dyn Memory>,
) -> Result<()> {
    let environment = request.environment;
    let keys: Vec<Key> = files.iter().map(|file| file.id.key.clone()).collect();
    let (schemas, prefix) = (configuration.schemas(), &configuration.snapshot().prefix);
    let describing = keys.iter().flat_map(|key| schemas.describing(key, environment));
    let mut concerned: HashSet<String> = describing.map(|file| format!("{prefix}{file}")).collect();
    concerned.extend(files.iter().map(|file| file.file.clone()));
    let whole = request.keys.is_empty().then(|| format!("{prefix}environments/{environment}/"));
    let concerns = |finding: &Finding| {
        concerned.contains(&finding.file)
            || whole.as_ref().is_some_and(|folder| finding.file.starts_with(folder.as_str()))
    };
    let judged: &[Key] = if whole.is_some() { &[] } else { &keys };
    let found = remembered_findings(configuration, judged, None, memory)?;
    refuse_first(found.into_iter().filter(concerns), environment)
}

/// Refuses by the first error among these, if there is one.
pub(super) fn refuse_first(found: impl Iterator<Item = Finding>, environment: Environment) -> Result<()> {
    let mut errors = found.filter(|finding| finding.severity == Severity::Error);
    let Some(first) = errors.next() else { return Ok(()) };
    let place =
        first.location.map_or_else(String::new, |at| format!(":{}:{}", at.start.line, at.start.column));
    let more = match errors.count() {
        0 => String::new(),
        1 => " (and 1 more error)".to_owned(),
        more => format!(" (and {more} more errors)"),
    };
    let at = first.path.filter(|path| !path.is_root()).map_or_else(String::new, |path| format!("{path}: "));
    Err(Error::undecided(format!("{}{place}: {at}{} [{}]{more}", first.file, first.message, first.rule))
        .with_help(first.help)
        .or_help(Help::CheckEnvironment(environment)))
}
