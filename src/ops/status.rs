//! `status`: how every item stands over both hops.

use super::plan::Planner;
use super::workspace::Workspace;
use crate::engine::promotion::{HopStatus, ItemState};
use crate::model::{Key, Result};

/// How the items stand.
#[derive(Clone, Debug)]
pub struct Status {
    /// Each hop in promotion order, values masked.
    pub hops: Vec<HopStatus>,
    /// Source files with changes that are not committed and therefore not judged.
    pub uncommitted: Vec<String>,
}

/// Judges a commit: HEAD unless `at` names another.
///
/// # Errors
/// When there is no commit, or something of it cannot be read.
pub fn status(workspace: &Workspace, keys: &[Key], at: Option<&str>, show_secrets: bool) -> Result<Status> {
    let repository = &workspace.repository;
    let head = match at {
        Some(revision) => repository.commit(revision)?,
        None => repository.require_head()?,
    };
    let planner = Planner::new(workspace, &head)?;
    planner.configuration.snapshot().require_keys(keys)?;
    let mask = planner.configuration.mask(show_secrets);
    let mut hops = planner.status(keys, repository.progress())?;
    for (_, state) in hops.iter_mut().flat_map(|hop| &mut hop.items) {
        if let ItemState::Differs(plan) = state {
            *plan = plan.masked(&mask);
        }
    }
    let uncommitted = if at.is_some() { Vec::new() } else { repository.uncommitted()? };
    Ok(Status { hops, uncommitted })
}
