//! The item that a request is about.

use std::sync::Arc;

use super::environment::InEnvironment;
use super::problem::{Problem, ProblemKind};
use super::view::{EnvironmentView, ServedItem};
use crate::engine::configuration::Configuration;
use crate::model::{CommitId, Key};
use crate::ops;

/// An item as it is served, or as it was at a revision.
pub(super) fn found(
    request: &InEnvironment,
    view: &EnvironmentView,
    key: &Key,
    revision: Option<&CommitId>,
) -> Result<(Configuration, Arc<ServedItem>), Problem> {
    let good = view.good()?;
    let Some(revision) = revision else {
        let item = view.items.get(key).ok_or_else(|| view.no_such_item(key))?;
        return Ok((good.configuration().clone(), Arc::clone(item)));
    };
    let unreadable = |error| Problem::of(&error, ProblemKind::RepositoryUnreadable);
    let repository = &request.shared.workspace.repository;
    // What is secret now is not shown of the past either.
    let policy = good.configuration().shared_policy();
    let then = ops::environment_at(repository, request.environment, revision, policy).map_err(unreadable)?;
    let Some(item) = then.item(key, request.environment) else {
        // Not found means what is served.
        if view.items.contains_key(key) {
            return Err(not_then(format!("`{key}` was not in {} then", request.environment)));
        }
        let error = then.snapshot().absent(key, request.environment);
        return Err(Problem::of(&error, ProblemKind::ItemNotFound));
    };
    let item = ServedItem::new(&then, item, None, None).map_err(unreadable)?;
    Ok((then, item))
}

/// The problem of a revision at which something was not there yet, or not any more, that is served now.
pub(super) fn not_then(detail: String) -> Problem {
    Problem::new(ProblemKind::UnknownRevision, detail)
        .with_help("its history names the commits at which it was there")
}
