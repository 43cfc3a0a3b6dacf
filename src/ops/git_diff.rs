//! `git-diff`: one changed file, for git.

use std::path::Path;
use std::sync::Arc;

use super::file_rules::FileRules;
use super::workspace::At;
use crate::engine::compare::{FileDiff, file_diff};
use crate::engine::mode::Modes;
use crate::model::{Error, Result};
use crate::secrets::mask::Mask;
use crate::store::ProcessEnvironment;

/// Compares two versions of the file at `path` (in the repository), either of which may be absent, recorded
/// with these modes, as the policy of the work tree that holds `dir` masks them and the file's schemas tell elements apart.
///
/// # Errors
/// When a file cannot be read.
pub fn git_diff(
    dir: &Path,
    path: &str,
    [old, new]: [&Path; 2],
    modes: Modes,
    environment: &Arc<ProcessEnvironment>,
) -> Result<FileDiff> {
    let read = |path: &Path| match path == Path::new("/dev/null") || path == Path::new("nul") {
        true => Ok(None),
        false => std::fs::read(path).map(Some).map_err(|error| Error::io("read", path, &error)),
    };
    let rules = FileRules::near(dir, Some(path), &At::Here, environment);
    let (old, new) = (read(old)?, read(new)?);
    Ok(file_diff([old.as_deref(), new.as_deref()], modes, &*rules.lists, &Mask::new(&rules.policy)))
}
