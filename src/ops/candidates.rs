//! What a word of a command line can become: keys, paths and revisions of a repository.
//!
//! It is asked at every press of a key, so it lists files and parses none but the item's own.

use super::workspace::Workspace;
use crate::engine::candidates::{self, Candidate};
use crate::engine::configuration::Configuration;
use crate::engine::snapshot::Snapshot;
use crate::model::{Environment, Key, Result};
use crate::secrets::is_confidential;

/// How many commits are offered by their ids.
const RECENT: usize = 30;

/// The keys of a snapshot that one of `environments` has (all when empty), and who has them.
#[must_use]
pub fn key_candidates(snapshot: &Snapshot, environments: &[Environment]) -> Vec<Candidate> {
    let has =
        |found: &[Environment]| environments.is_empty() || found.iter().any(|e| environments.contains(e));
    super::list(snapshot, None)
        .into_iter()
        .filter(|(_, found)| has(found))
        .map(|(key, found)| {
            let names: Vec<_> = found.iter().map(|environment| environment.name()).collect();
            Candidate::new(key.as_str(), names.join(", "))
        })
        .collect()
}

/// The paths of items that begin with `typed`: those of `environments`, or of all when none of
/// these has the item. A file that cannot be read offers nothing.
#[must_use]
pub fn path_candidates(
    configuration: &Configuration,
    keys: &[Key],
    environments: &[Environment],
    typed: &str,
) -> Vec<Candidate> {
    let policy = configuration.policy();
    let mut found: Vec<Candidate> = Vec::new();
    for key in keys {
        let has = |environment: &Environment| configuration.item(key, *environment).is_some();
        let mut chosen: Vec<_> = environments.iter().copied().filter(has).collect();
        if chosen.is_empty() {
            chosen = Environment::ALL.into_iter().filter(has).collect();
        }
        for item in chosen.into_iter().filter_map(|environment| configuration.item(key, environment)) {
            let Ok(document) = configuration.document(item) else { continue };
            found.extend(candidates::paths(&document, typed, &|path, value| {
                is_confidential(policy, path, Some(value))
            }));
        }
    }
    // What several environments have is offered once, where it was met first.
    let mut seen = std::collections::HashSet::new();
    found.retain(|candidate| seen.insert(candidate.text.clone()));
    found
}

/// The names of revisions: HEAD, branches and tags.
///
/// # Errors
/// When the repository's references cannot be read.
pub fn revision_candidates(workspace: &Workspace) -> Result<Vec<Candidate>> {
    let names = workspace.repository.names()?;
    let head = Candidate::new("HEAD", "the commit that is checked out");
    Ok(std::iter::once(head)
        .chain(names.into_iter().map(|(name, what)| Candidate::new(name, what)))
        .collect())
}

/// The latest commits by their short ids, with their subjects.
///
/// # Errors
/// When the history cannot be read.
pub fn commit_candidates(workspace: &Workspace) -> Result<Vec<Candidate>> {
    let commits = workspace.repository.recent(RECENT)?;
    let offer = |commit: crate::model::CommitInfo| Candidate::new(commit.id.short(), commit.subject);
    Ok(commits.into_iter().map(offer).collect())
}
