//! Writes: one at a time, in the order in which they came.
//!
//! A write that has begun is finished, whether its client waits for it or not. It is answered once what
//! it committed is served.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::environment::InEnvironment;
use super::problem::{Problem, ProblemKind};
use super::state::{self, Shared};
use super::view::{EnvironmentView, ServedItem};
use crate::engine::configuration::Configuration;
use crate::model::{BlobId, CommitId, Environment, Error, Finding, Key, Result, Revision};
use crate::ops::{self, Planner, Workspace};
use crate::secrets::mask::Reveal;
use crate::store::transaction::Options as CommitOptions;

/// One write whose turn it is.
pub(super) struct Writing {
    pub(super) shared: Arc<Shared>,
    /// The environment that is written.
    pub(super) environment: Environment,
    /// The repository, for what the caller may read.
    pub(super) workspace: Workspace,
    /// How it is committed.
    pub(super) options: CommitOptions,
    pub(super) reveal: Reveal,
    /// Whether nothing is to be written.
    pub(super) is_dry: bool,
    /// The environment as it stood when the turn came.
    pub(super) view: Arc<EnvironmentView>,
    /// The commit of the branch that this was.
    pub(super) tip: Arc<CommitId>,
}

/// Does `work` when its turn comes.
pub(super) async fn write<T: Send + 'static>(
    request: &InEnvironment,
    is_dry: bool,
    work: impl FnOnce(&Writing) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let shared = Arc::clone(&request.shared);
    let busy = || {
        Problem::new(ProblemKind::RepositoryBusy, "other writes are under way; nothing was written")
            .with_help("try again")
            .retry_after(1)
    };
    let turn = shared.writes.turn().await.ok_or_else(busy)?;
    let push = shared.replica.as_ref().map(|replica| replica.push());
    let options = CommitOptions { push, ..shared.writes.options(request.caller.person(), &shared.branch) };
    let workspace = shared.workspace.clone().with_readable(request.caller.readable());
    let reveal = Reveal::asked(request.caller.may_read_secrets());
    let environment = request.environment;
    let done = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let replica = shared.replica.clone();
        let _branch = replica.as_ref().map(|replica| replica.turn());
        shared.look_for_write()?;
        let unavailable =
            || Problem::new(ProblemKind::EnvironmentUnavailable, "the environment is being read");
        let view = shared.view(environment).ok_or_else(unavailable)?;
        let tip = shared.tip().ok_or_else(unavailable)?;
        work(&Writing { shared, environment, workspace, options, reveal, is_dry, view, tip })
    });
    done.await.map_err(|_| Problem::new(ProblemKind::Internal, "the write failed"))?
}

impl Writing {
    /// Refuses a write where nothing that is written could be served.
    pub(super) fn newest(&self) -> Result<&Configuration, Problem> {
        self.view.served.newest().ok_or_else(|| self.held_back(Vec::new()))
    }

    /// An item as it is in the newest commit, served or not.
    pub(super) fn item(&self, key: &Key) -> Result<Option<(Configuration, Arc<ServedItem>)>, Problem> {
        self.view.newest_item(key).map_err(|error| Problem::of(&error, ProblemKind::RepositoryUnreadable))
    }

    /// Whether the environment is held back at a commit of the branch.
    pub(super) fn is_held_back_at(&self, commit: &CommitId) -> Result<bool> {
        if self.shared.tip().as_deref() != Some(commit) {
            self.shared.look_for_write().map_err(|problem| Error::busy(problem.sentence()))?;
        }
        let view = self.shared.view(self.environment);
        Ok(view.is_none_or(|view| view.served.held_back.is_some()))
    }

    /// What would still hold the environment back.
    pub(super) fn blocking(&self, after: &Configuration) -> Result<Vec<Finding>> {
        ops::blocking(after, self.environment, &[])
    }

    /// The problem of a write that leaves the environment held back.
    pub(super) fn held_back(&self, findings: Vec<Finding>) -> Problem {
        let environment = self.environment;
        let detail = format!("the newest state of {environment} is not served, and would not be after this");
        let error = self.view.served.held_back.as_ref().and_then(|held| held.error.as_ref());
        match error {
            // It is none of its items that is broken.
            Some(error) => Problem::new(
                ProblemKind::EnvironmentHeldBack,
                format!("the newest state of {environment} is not served: {}", error.message()),
            )
            .with_help("mend that by a commit first; nothing is written here before"),
            None => Problem::new(ProblemKind::EnvironmentHeldBack, detail)
                .with_help("mend what its findings name first, with the `held_etag` of each broken item"),
        }
        .with_findings(findings)
    }

    /// Waits until what was committed is served.
    pub(super) fn settle(&self, commit: Option<&CommitId>) -> Result<(), Problem> {
        self.shared.look().map_err(|error| {
            let problem = state::unread(&error);
            match commit {
                Some(commit) => problem.with_header(super::respond::COMMIT, commit.as_str()),
                None => problem,
            }
        })
    }

    /// The tag of an item that has this content now, for the caller.
    pub(super) fn etag(&self, key: &Key, blob: Option<&BlobId>, at: &CommitId) -> Option<String> {
        let blob = blob?;
        let may_read = self.reveal == Reveal::Secrets;
        let view = self.shared.view(self.environment)?;
        if let Some(item) = view.items.get(key).filter(|item| item.blob() == Some(blob)) {
            return Some(view.etag(item, may_read));
        }
        // Somebody changed it again already.
        let policy = view.served.newest()?.shared_policy();
        let then = ops::environment_at(&self.workspace.repository, self.environment, at, policy).ok()?;
        let item = ServedItem::new(&then, then.item(key, self.environment)?, None, None).ok()?;
        (item.blob() == Some(blob)).then(|| item.etag(&then, may_read))
    }

    /// The tag that an item has at a commit.
    pub(super) fn etag_at(&self, key: &Key, at: &CommitId) -> Option<String> {
        let files = BTreeSet::from([key.file(self.environment)]);
        let revision = Revision::Commit(at.clone());
        let snapshot = self.workspace.repository.snapshot_of_paths(&revision, &files).ok()?;
        let item = snapshot.item(key, self.environment)?;
        self.etag(key, item.blob.as_ref(), at)
    }

    /// What promotions and rollbacks are judged on.
    pub(super) fn planner(&self, keys: &[Key]) -> Result<Planner, Problem> {
        // What is held back is judged by all of its items.
        let keys = if self.view.served.held_back.is_some() { &[] } else { keys };
        let planner = self.workspace.planner_of(Some(self.tip.as_str()), keys);
        planner.map_err(|error| Problem::of(&error, ProblemKind::RepositoryUnreadable))
    }
}
