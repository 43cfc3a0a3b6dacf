//! `git-merge`: one file of a merge, for git.

use std::path::Path;

use crate::merge::{Merged, Versions, merge};
use crate::model::{Error, Result};
use crate::store::{ProcessEnvironment, merge_lines};
use crate::yaml::Limits;

/// The files that git hands to a merge driver.
#[derive(Clone, Copy, Debug)]
pub struct MergeFiles<'a> {
    /// The version that both sides began with; an empty file when there is none.
    pub base: &'a Path,
    /// Our version; the result goes here.
    pub ours: &'a Path,
    /// Their version.
    pub theirs: &'a Path,
    /// How many signs a conflict marker has.
    pub marker_size: usize,
}

/// Merges the files and writes the result over ours. Git's own merge is written first, so that
/// whatever happens then leaves what git alone would have left.
///
/// # Errors
/// When a file cannot be read or written, or git does not run.
pub fn git_merge(files: &MergeFiles<'_>, environment: &ProcessEnvironment) -> Result<Merged> {
    let read = |path: &Path| std::fs::read(path).map_err(|error| Error::io("read", path, &error));
    let write = |text: &[u8]| {
        std::fs::write(files.ours, text).map_err(|error| Error::io("write", files.ours, &error))
    };
    let (base, ours, theirs) = (read(files.base)?, read(files.ours)?, read(files.theirs)?);
    let Some(by_git) =
        merge_lines::by_git([files.base, files.ours, files.theirs], files.marker_size, environment)?
    else {
        return Ok(Merged::Conflict { text: ours, paths: Vec::new() });
    };
    write(&by_git.text)?;
    let versions = Versions { base: &base, ours: &ours, theirs: &theirs };
    let merged = merge(&versions, by_git, &merge_lines::in_memory, files.marker_size, &Limits::default());
    match &merged {
        Merged::Clean(text) | Merged::Conflict { text, .. } => write(text)?,
    }
    Ok(merged)
}
