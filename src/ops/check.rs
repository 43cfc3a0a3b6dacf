//! `check`: every rule over one snapshot.

use super::workspace::{At, Workspace};
use crate::engine::configuration::Configuration;
use crate::engine::rules::{self, CheckInput, CheckReport};
use crate::engine::snapshot::Snapshot;
use crate::model::{Date, Environment, Error, Finding, Help, Key, NoProgress, Result, policy};

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
        require_configuration(&snapshot)?;
    }
    snapshot.require_keys(keys)?;
    let configuration = Configuration::read(snapshot)?;
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

/// Refuses a folder without configuration: nothing found there would read like an all-clear.
fn require_configuration(snapshot: &Snapshot) -> Result<()> {
    let is_part = |file: &String| file == policy::FILE || file.starts_with("environments/");
    if snapshot.files.keys().any(is_part) {
        return Ok(());
    }
    Err(Error::usage("there is no configuration here: neither files in `environments/` nor `terrace.toml`")
        .with_help(Help::LayOut))
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
