//! `git-merge`: one file of a merge, for git.

use std::path::Path;
use std::sync::Arc;

use super::file_rules::FileRules;
use super::workspace::At;
use crate::engine::promotion::is_decision;
use crate::merge::{Conflict, Markers, Merged, Versions, merge, merge_decision};
use crate::model::{Error, Result};
use crate::secrets::mask::{Mask, Shown};
use crate::store::{ProcessEnvironment, merge_lines};
use crate::yaml::{Document, Limits};

/// The files that git hands to a merge driver.
#[derive(Clone, Copy, Debug)]
pub struct MergeFiles<'a> {
    /// The version that both sides began with; an empty file when there is none.
    pub base: &'a Path,
    /// Our version; the result goes here.
    pub ours: &'a Path,
    /// Their version.
    pub theirs: &'a Path,
    /// The file's place in the repository, where git names it.
    pub path: Option<&'a str>,
    /// How many signs a conflict marker has.
    pub marker_size: usize,
    /// What the base, ours and theirs are called in conflict markers.
    pub labels: [&'a str; 3],
}

impl MergeFiles<'_> {
    /// Whether git merges the bases of a merge that has several. No person decides anything there, so
    /// nothing is to be told of it, and no side is favored.
    #[must_use]
    pub fn are_bases(&self) -> bool {
        self.labels.iter().any(|label| label.starts_with("Temporary merge branch "))
    }
}

/// Merges the files and writes the result over ours; what a person must decide is handed back, masked
/// as the policy near `dir` says. Git's own merge is written first, so that whatever happens then
/// leaves what git alone would have left. Of a recorded decision no lines are mixed.
///
/// # Errors
/// When a file cannot be read or written, or git does not run.
pub fn git_merge(
    dir: &Path,
    files: &MergeFiles<'_>,
    environment: &Arc<ProcessEnvironment>,
) -> Result<Vec<Conflict<Shown>>> {
    let read = |path: &Path| std::fs::read(path).map_err(|error| Error::io("read", path, &error));
    let write = |text: &[u8]| {
        std::fs::write(files.ours, text).map_err(|error| Error::io("write", files.ours, &error))
    };
    let (base, ours, theirs) = (read(files.base)?, read(files.ours)?, read(files.theirs)?);
    let versions = Versions { base: &base, ours: &ours, theirs: &theirs };
    let limits = Limits::default();
    let rules = FileRules::near(dir, files.path, &At::Revision("HEAD".to_owned()), environment);
    let settings = merge_lines::merge_settings(environment)?;
    let (favor, with_base) = (settings.favor.filter(|_| !files.are_bases()), settings.with_base);
    let markers = Markers { size: files.marker_size, labels: files.labels, with_base };
    let merged = if files.path.is_some_and(is_decision) {
        merge_decision(&versions, favor, &markers)
    } else {
        let places = [files.base, files.ours, files.theirs];
        let Some(by_git) = merge_lines::by_git(places, &markers, favor, environment)? else {
            return Ok(vec![Conflict::NoText]);
        };
        write(&by_git.text)?;
        merge(&versions, by_git, favor, &markers, &*rules.lists, &limits)
    };
    let conflicts = match merged {
        Merged::Clean(text) => {
            write(&text)?;
            return Ok(Vec::new());
        }
        Merged::Conflict { text, conflicts } => {
            write(&text)?;
            conflicts
        }
    };
    let documents = [&base, &ours, &theirs].map(|bytes| Document::parse(bytes, &limits).ok());
    let mask = Mask::new(&rules.policy);
    let secrets = mask.secrets_of(documents.iter().flatten());
    let mask = mask.within(&secrets);
    Ok(conflicts.into_iter().map(|conflict| conflict.map(|path, value| mask.value(path, &value))).collect())
}
