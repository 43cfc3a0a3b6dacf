//! `check`: every rule over one snapshot.

use super::workspace::{At, Workspace};
use crate::engine::configuration::Configuration;
use crate::engine::rules::{self, CheckInput, CheckReport};
use crate::engine::snapshot::Snapshot;
use crate::model::{Date, Environment, Finding, Key, NoProgress, Result};

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
    let snapshot = workspace.snapshot(at)?;
    // A hook checks every commit, also of a branch that has none.
    if !matches!(at, At::Staged) {
        workspace.require_configuration(&snapshot)?;
    }
    require_items(&snapshot, keys, environment)?;
    let configuration = Configuration::read_to_judge(snapshot)?;
    let subject = CheckInput {
        configuration: &configuration,
        today: Some(today),
        keys,
        environment,
        change: None,
        progress: workspace.repository.progress(),
    };
    rules::check(&subject)
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
    let subject =
        CheckInput { configuration, today: None, keys, environment, change: None, progress: &NoProgress };
    Ok(rules::check(&subject)?.findings)
}
