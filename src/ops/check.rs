//! `check`: every rule over one snapshot.

use std::collections::HashMap;

use super::workspace::{At, Workspace};
use crate::engine::configuration::Configuration;
use crate::engine::history::FileChange;
use crate::engine::review::{HeadFindings, compare_findings, touched};
use crate::engine::rules::{self, CheckInput, CheckReport, Memory};
use crate::engine::snapshot::Snapshot;
use crate::model::{Date, Environment, Finding, Key, NoProgress, Result, Revision};

/// Judges a snapshot: all items, or those named; `today` is the day by which waivers end.
///
/// # Errors
/// When the policy is wrong, an item is not there, or a file cannot be read.
pub fn check(
    workspace: &Workspace,
    at: &At,
    keys: &[Key],
    environment: Option<Environment>,
    today: Date,
) -> Result<CheckReport> {
    let repository = &workspace.repository;
    // What is named is judged sooner than all that is remembered is read.
    let memory = keys.is_empty().then(|| repository.judgements());
    let revision = workspace.revision(at)?;
    let snapshot = match &memory {
        Some(memory) => repository.remembered_snapshot(&revision, memory)?,
        None => workspace.snapshot_of(&revision, keys, environment)?,
    };
    // A hook checks every commit, also of a branch that has none.
    if !matches!(at, At::Staged) {
        workspace.require_layout(&snapshot)?;
    }
    require_items(&snapshot, keys, environment)?;
    if environment.is_none()
        && Environment::ALL.iter().any(|env| keys.iter().any(|key| snapshot.item(key, *env).is_none()))
        && repository.has_other_folders(&revision)?
    {
        let whole = repository.snapshot(&revision)?;
        keys.iter().try_for_each(|key| whole.require_read(key))?;
    }
    let configuration = Configuration::read_to_judge(snapshot)?;
    let subject = CheckInput {
        ends: None,
        memory: memory.as_ref().map(|memory| memory as &dyn Memory),
        configuration: &configuration,
        today: Some(today),
        keys,
        environment,
        is_alone: false,
        change: None,
        progress: repository.progress(),
    };
    let report = rules::check(&subject)?;
    if let Some(environment) = environment
        && report.items == 0
        && report.findings.is_empty()
        && report.waived.is_empty()
    {
        return Err(configuration.snapshot().without_items(environment));
    }
    if let Some(memory) = memory {
        memory.save(configuration.snapshot().items().count());
    }
    Ok(report)
}

/// What `check` finds, told apart into what was there at a commit and what was not.
#[derive(Debug)]
pub struct Introduced {
    /// What was found, without what was there before.
    pub report: CheckReport,
    /// How much was there before.
    pub known: usize,
}

/// As [`check`], without what was found at the commit that `since` names; a repository without commits
/// has nothing before.
///
/// # Errors
/// As [`check`]; also when there is no such commit.
pub fn check_since(
    workspace: &Workspace,
    at: &At,
    keys: &[Key],
    environment: Option<Environment>,
    today: Date,
    since: &str,
) -> Result<Introduced> {
    let mut report = check(workspace, at, keys, environment, today)?;
    let repository = &workspace.repository;
    if repository.head()?.is_none() {
        return Ok(Introduced { report, known: 0 });
    }
    let base = Revision::Commit(repository.commit(since)?);
    let memory = repository.judgements();
    let before = repository.snapshot(&base)?;
    let renamed = renamed(&before, &workspace.snapshot(at)?);
    // Where the policy could not be read, nothing was judged.
    let Ok(configuration) = Configuration::read(before) else { return Ok(Introduced { report, known: 0 }) };
    let subject = CheckInput {
        ends: None,
        memory: Some(&memory),
        configuration: &configuration,
        today: Some(today),
        keys: &[],
        environment: None,
        is_alone: false,
        change: None,
        progress: repository.progress(),
    };
    let before = rules::check(&subject)?;
    memory.save(configuration.snapshot().items().count());
    let own = std::mem::take(&mut report.findings);
    let new_key = |key: &Key, environment: Environment| renamed.get(&(environment, key.clone())).cloned();
    let found = compare_findings(before.findings, HeadFindings { own, ..HeadFindings::default() }, &new_key);
    report.findings = found.introduced;
    Ok(Introduced { report, known: found.known.len() })
}

/// The new keys of items, by environment and old key, whose files were renamed as they are.
fn renamed(before: &Snapshot, after: &Snapshot) -> HashMap<(Environment, Key), Key> {
    let blob =
        |snapshot: &Snapshot, path: &String| snapshot.files.get(path).and_then(|file| file.blob.clone());
    let gone = before.files.keys().filter(|path| !after.files.contains_key(*path));
    let new = after.files.keys().filter(|path| !before.files.contains_key(*path));
    let changes: Vec<FileChange> = gone
        .chain(new)
        .map(|path| FileChange::new(path.clone(), blob(before, path), blob(after, path)))
        .collect();
    let renamed = touched(&changes).renamed.into_iter();
    renamed.map(|((environment, new), old)| ((environment, old), new)).collect()
}

/// Refuses items that are not there: nothing found of them would read like an all-clear. One whose
/// file is no file is a finding.
fn require_items(snapshot: &Snapshot, keys: &[Key], environment: Option<Environment>) -> Result<()> {
    let Some(environment) = environment else {
        let is_hidden =
            |key: &Key| Environment::ALL.iter().any(|env| snapshot.obstacle(&key.file(*env)).is_some());
        let asked: Vec<Key> = keys.iter().filter(|key| !is_hidden(key)).cloned().collect();
        return snapshot.require_keys(&asked);
    };
    let is_there = |key: &Key| {
        snapshot.item(key, environment).is_some() || snapshot.obstacle(&key.file(environment)).is_some()
    };
    match keys.iter().find(|key| !is_there(key)) {
        Some(key) => Err(snapshot.absent(key, environment)),
        None => Ok(()),
    }
}

/// The findings of some items, no waiver ended.
///
/// # Errors
/// When a file cannot be read.
pub fn findings(
    configuration: &Configuration,
    keys: &[Key],
    environment: Option<Environment>,
) -> Result<Vec<Finding>> {
    remembered_findings(configuration, keys, environment, None)
}

/// The same, of which what earlier runs judged is not judged again.
///
/// # Errors
/// As [`findings`].
pub(super) fn remembered_findings(
    configuration: &Configuration,
    keys: &[Key],
    environment: Option<Environment>,
    memory: Option<&dyn Memory>,
) -> Result<Vec<Finding>> {
    let subject = CheckInput {
        configuration,
        today: None,
        keys,
        environment,
        is_alone: false,
        change: None,
        ends: None,
        memory,
        progress: &NoProgress,
    };
    Ok(rules::check(&subject)?.findings)
}

/// The findings of some items after a change of `before`, whose secrets they do not show either.
pub(super) fn findings_after(
    before: &Configuration,
    configuration: &Configuration,
    keys: &[Key],
) -> Result<Vec<Finding>> {
    let subject = CheckInput {
        configuration,
        today: None,
        keys,
        environment: None,
        is_alone: false,
        change: None,
        ends: Some([before, configuration]),
        memory: None,
        progress: &NoProgress,
    };
    Ok(rules::check(&subject)?.findings)
}
