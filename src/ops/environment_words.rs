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
    Ok(words_in(&Configuration::read(snapshot)?, &|_| true))
}

/// Those of some items.
pub(super) fn words_in(
    configuration: &Configuration,
    is_meant: &dyn Fn(&Key) -> bool,
) -> Vec<(Environment, &'static str)> {
    let snapshot = configuration.snapshot();
    let mut count = WordCount::default();
    for item in snapshot.items().filter(|item| is_meant(&item.id.key)) {
        if let Some(bytes) = snapshot.bytes(&item.id.key.file(item.id.environment)) {
            count.add(item.id.environment, &String::from_utf8_lossy(&bytes));
        }
    }
    count.of_one(configuration.policy())
}
