//! `git-diff`: one changed file, for git.

use std::path::Path;
use std::sync::Arc;

use super::workspace::Workspace;
use crate::engine::compare::{FileDiff, file_diff};
use crate::engine::configuration::parse_policy;
use crate::model::{Error, Policy, Result, policy};
use crate::secrets::mask::Mask;
use crate::store::ProcessEnvironment;

/// Compares two files, either of which may be absent, as the policy of the work tree that holds
/// `dir` masks them.
///
/// # Errors
/// When a file cannot be read.
pub fn git_diff(
    dir: &Path,
    old: &Path,
    new: &Path,
    environment: &Arc<ProcessEnvironment>,
) -> Result<FileDiff> {
    let read = |path: &Path| match path == Path::new("/dev/null") || path == Path::new("nul") {
        true => Ok(None),
        false => std::fs::read(path).map(Some).map_err(|error| Error::io("read", path, &error)),
    };
    let policy = policy_near(dir, environment);
    Ok(file_diff(read(old)?.as_deref(), read(new)?.as_deref(), &Mask::new(&policy)))
}

/// A policy that cannot be read masks what masks by default: git asked for a difference or a merge, and a check
/// will say what is wrong with the policy.
pub(super) fn policy_near(dir: &Path, environment: &Arc<ProcessEnvironment>) -> Policy {
    let root = Workspace::open(dir, environment).ok().and_then(|workspace| workspace.repository.root());
    let text = root.and_then(|root| std::fs::read_to_string(root.join(policy::FILE)).ok());
    text.and_then(|text| parse_policy(&text, policy::FILE).ok()).unwrap_or_default()
}
