//! `status`: how every item stands over both hops.

use std::collections::BTreeSet;

use super::environment_words::words_in;
use super::plan::Planner;
use super::workspace::Workspace;
use crate::engine::promotion::{HopStatus, ItemState};
use crate::model::{CommitInfo, Environment, Key, Result};
use crate::secrets::mask::{Reveal, Shown};

/// How the items stand.
#[derive(Clone, Debug)]
pub struct Status {
    /// Each hop in promotion order, values masked.
    pub hops: Vec<HopStatus<Shown>>,
    /// Source files with changes that are not committed and therefore not judged.
    pub uncommitted: Vec<String>,
    /// The latest move at which an item's history begins, because several files may have been it
    /// before.
    pub begins_at_move: Option<CommitInfo>,
    /// Words that seem to name an environment, of the items that differ, and that the policy does not
    /// know.
    pub words: Vec<(Environment, &'static str)>,
}

/// Judges a commit: HEAD unless `at` names another.
///
/// # Errors
/// When there is no commit, or something of it cannot be read.
pub fn status(workspace: &Workspace, keys: &[Key], at: Option<&str>, reveal: Reveal) -> Result<Status> {
    let repository = &workspace.repository;
    let head = match at {
        Some(revision) => repository.commit(revision)?,
        None => repository.require_head()?,
    };
    // What is named is looked up.
    let planner = Planner::of(workspace, &head, keys)?;
    planner.configuration.snapshot().require_environments()?;
    planner.configuration.snapshot().require_keys_in(keys, workspace.readable)?;
    let mask = planner.configuration.mask(reveal);
    let hops = planner.status(keys, repository.progress())?;
    let differs =
        |(key, state): &(Key, ItemState)| matches!(state, ItemState::Differs(_)).then(|| key.clone());
    let differing: BTreeSet<Key> = hops.iter().flat_map(|hop| &hop.items).filter_map(differs).collect();
    let hops = hops.iter().map(|hop| hop.masked(&mask)).collect();
    let uncommitted = if at.is_some() { Vec::new() } else { repository.uncommitted(&[])? };
    let begins_at_move = planner.begins_at_move(keys).cloned();
    let words = words_in(&planner.configuration, &|key| differing.contains(key));
    Ok(Status { hops, uncommitted, begins_at_move, words })
}
