//! `status`: how every item stands over both hops.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::environment_words::words_in;
use super::plan::Planner;
use super::workspace::Workspace;
use crate::engine::environment_words::often_used;
use crate::engine::promotion::{HopStatus, ItemState};
use crate::model::{CommitId, CommitInfo, Environment, Key, Result};
use crate::secrets::mask::{Reveal, Shown};
use crate::store::RememberedAnswer;

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

/// What of a status rests on the commit alone, and can be remembered.
#[derive(Serialize, Deserialize)]
struct Judged {
    hops: Vec<HopStatus<Shown>>,
    begins_at_move: Option<CommitInfo>,
    words: Vec<(Environment, String)>,
}

/// Judges a commit: HEAD unless `at` names another. What all items were judged to be is remembered of the
/// last commit, unless secrets are shown.
///
/// # Errors
/// When there is no commit, or something of it cannot be read.
pub fn status(workspace: &Workspace, keys: &[Key], at: Option<&str>, reveal: Reveal) -> Result<Status> {
    let repository = &workspace.repository;
    let head = match at {
        Some(revision) => repository.commit(revision)?,
        None => repository.require_head()?,
    };
    let is_whole = keys.is_empty() && reveal == Reveal::Nothing;
    let memory = if is_whole { repository.answer("status", &head) } else { None };
    let judged = match memory.as_ref().and_then(RememberedAnswer::recall) {
        Some(judged) => judged,
        None => {
            let judged = judge(workspace, keys, &head, reveal)?;
            if let Some(memory) = memory {
                memory.remember(&judged);
            }
            judged
        }
    };
    let uncommitted = if at.is_some() { Vec::new() } else { repository.uncommitted(&[])? };
    let word = |(environment, word): (Environment, String)| Some((environment, often_used(&word)?));
    let words = judged.words.into_iter().filter_map(word).collect();
    Ok(Status { hops: judged.hops, uncommitted, begins_at_move: judged.begins_at_move, words })
}

fn judge(workspace: &Workspace, keys: &[Key], head: &CommitId, reveal: Reveal) -> Result<Judged> {
    // What is named is looked up.
    let planner = Planner::of(workspace, head, keys)?;
    planner.configuration.snapshot().require_environments()?;
    planner.configuration.snapshot().require_keys_in(keys, workspace.readable)?;
    let mask = planner.configuration.mask(reveal);
    let hops = planner.status(keys, workspace.repository.progress())?;
    let differs =
        |(key, state): &(Key, ItemState)| matches!(state, ItemState::Differs(_)).then(|| key.clone());
    let differing: BTreeSet<Key> = hops.iter().flat_map(|hop| &hop.items).filter_map(differs).collect();
    let hops = hops.iter().map(|hop| hop.masked(&mask)).collect();
    let begins_at_move = planner.begins_at_move(keys).cloned();
    let words = words_in(&planner.configuration, &|key| differing.contains(key));
    let words = words.into_iter().map(|(environment, word)| (environment, word.to_owned())).collect();
    Ok(Judged { hops, begins_at_move, words })
}
