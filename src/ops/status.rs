//! `status`: how every item stands over both hops.

use super::remembered_status::{JudgedItems, judge};
use super::states::join_renamed_items;
use super::workspace::Workspace;
use crate::engine::environment_words::{WordCount, often_used};
use crate::engine::promotion::HopStatus;
use crate::model::{CommitId, CommitInfo, Environment, Hop, Key, Result, Revision};
use crate::secrets::mask::{Reveal, Shown};
use crate::store::RememberedAnswer;

/// How the items stand.
#[derive(Clone, Debug)]
pub struct Status {
    /// Each hop in promotion order, values masked.
    pub hops: Vec<HopStatus<Shown>>,
    /// What hides items of an environment, in words, where no single items were asked for.
    pub hidden: Vec<String>,
    /// Source files with changes that are not committed and therefore not judged.
    pub uncommitted: Vec<String>,
    /// The latest move at which an item's history begins, because several files may have been it
    /// before.
    pub begins_at_move: Option<CommitInfo>,
    /// Words that seem to name an environment, of the items that differ, and that the policy does not
    /// know.
    pub words: Vec<(Environment, &'static str)>,
}

/// Judges a commit: HEAD unless `at` names another. What all items were judged to be is remembered of the
/// last commit, unless secrets are shown.
///
/// # Errors
/// When there is no commit, or something of it cannot be read.
pub fn status(workspace: &Workspace, keys: &[Key], at: Option<&str>, reveal: Reveal) -> Result<Status> {
    status_of(workspace, keys, at, reveal, &Environment::ALL)
}

/// The same, where only what is said of these environments is wanted: that another one cannot be read is no
/// failure then.
///
/// # Errors
/// As [`status`].
pub fn status_of(
    workspace: &Workspace,
    keys: &[Key],
    at: Option<&str>,
    reveal: Reveal,
    wanted: &[Environment],
) -> Result<Status> {
    let repository = &workspace.repository;
    let head = match at {
        Some(revision) => repository.commit(revision)?,
        None => repository.require_head()?,
    };
    let is_whole = keys.is_empty() && reveal == Reveal::Nothing;
    let memory = if is_whole { repository.answer("status", &head) } else { None };
    let judged = match memory {
        Some(memory) => remembered(workspace, &head, &memory)?,
        None => judge(workspace, keys, &head, reveal)?,
    };
    if judged.hidden.iter().any(|hidden| wanted.contains(hidden)) {
        let folders = wanted.iter().map(|environment| format!("environments/{environment}/")).collect();
        let snapshot = repository.snapshot_of_paths(&Revision::Commit(head), &folders)?;
        wanted.iter().try_for_each(|environment| snapshot.require_environment(*environment))?;
    }
    let uncommitted = if at.is_some() { Vec::new() } else { repository.uncommitted(&[])? };
    Ok(told(judged, uncommitted))
}

/// What is remembered of a commit; what is not is judged, and remembered.
fn remembered(workspace: &Workspace, head: &CommitId, memory: &RememberedAnswer<'_>) -> Result<JudgedItems> {
    let judged = match memory.recall::<JudgedItems>() {
        Some((commit, judged)) if commit == *head => return Ok(judged),
        // What fails on the way, fails again below and is told.
        Some((commit, judged)) => judged.advance(workspace, &commit, head).ok().flatten(),
        None => None,
    };
    let judged = match judged {
        Some(judged) => judged,
        None => judge(workspace, &[], head, Reveal::Nothing)?,
    };
    memory.remember(&judged);
    Ok(judged)
}

fn told(judged: JudgedItems, uncommitted: Vec<String>) -> Status {
    let mut hops = Hop::ALL.map(|hop| HopStatus { hop, items: Vec::new() });
    let mut begins_at_move: Option<CommitInfo> = None;
    let mut count = WordCount::default();
    for (key, item) in judged.items {
        for commit in item.begins {
            if begins_at_move.as_ref().is_none_or(|latest| commit.time >= latest.time) {
                begins_at_move = Some(commit);
            }
        }
        for (environment, word) in item.words {
            often_used(&word).into_iter().for_each(|word| count.note(word, environment));
        }
        for (hop, state) in hops.iter_mut().zip(item.states) {
            hop.items.extend(state.map(|state| (key.clone(), state)));
        }
    }
    for (hop, renamed) in hops.iter_mut().zip(&judged.renamed) {
        join_renamed_items(hop, renamed);
    }
    let (hidden, words) = (judged.hidden_below, count.alone().collect());
    Status { hops: hops.into(), hidden, uncommitted, begins_at_move, words }
}
