//! Words that seem to name an environment although the policy does not say so.

use super::workspace::Workspace;
use crate::engine::configuration::Configuration;
use crate::engine::environment_words::WordCount;
use crate::model::{Environment, Key, Result, Revision};

/// Those of all items of HEAD.
///
/// # Errors
/// When there is no commit, or its policy cannot be read.
pub fn suggested_words(workspace: &Workspace) -> Result<Vec<(Environment, &'static str)>> {
    let head = workspace.repository.require_head()?;
    let snapshot = workspace.repository.snapshot(&Revision::Commit(head))?;
    let configuration = Configuration::read(snapshot)?;
    let mut count = WordCount::default();
    for key in configuration.snapshot().keys() {
        count_words(&configuration, key, &mut count);
    }
    Ok(count.of_one(configuration.policy()))
}

/// Those of one item, whatever the policy says of them.
pub(super) fn count_words(configuration: &Configuration, key: &Key, count: &mut WordCount) {
    let snapshot = configuration.snapshot();
    for environment in Environment::ALL.into_iter().filter(|env| snapshot.item(key, *env).is_some()) {
        if let Some(bytes) = snapshot.bytes(&key.file(environment)) {
            count.add(environment, &String::from_utf8_lossy(&bytes));
        }
    }
}
