//! `git-diff`: one changed file, for git.

use std::path::Path;
use std::sync::Arc;

use super::file_rules::FileRules;
use super::workspace::At;
use crate::engine::compare::{FileDiff, file_diff};
use crate::model::{Error, Result};
use crate::secrets::mask::Mask;
use crate::store::ProcessEnvironment;

/// Compares two versions of the file at `path` (in the repository), either of which may be absent, as the
/// policy of the work tree that holds `dir` masks them and the file's schemas tell elements apart.
///
/// # Errors
/// When a file cannot be read.
pub fn git_diff(
    dir: &Path,
    path: &str,
    old: &Path,
    new: &Path,
    environment: &Arc<ProcessEnvironment>,
) -> Result<FileDiff> {
    let read = |path: &Path| match path == Path::new("/dev/null") || path == Path::new("nul") {
        true => Ok(None),
        false => std::fs::read(path).map(Some).map_err(|error| Error::io("read", path, &error)),
    };
    let rules = FileRules::near(dir, Some(path), &At::Here, environment);
    Ok(file_diff(read(old)?.as_deref(), read(new)?.as_deref(), &*rules.lists, &Mask::new(&rules.policy)))
}
