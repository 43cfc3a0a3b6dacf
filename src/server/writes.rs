//! The queue of writes, and how their commits are made.

use std::sync::Arc;
use std::time::Duration;

use super::Now;
use crate::model::{Error, Result};
use crate::store::transaction::{Identity, Options as CommitOptions, Person, Start};

/// So long a write waits for its turn, and so long for others who are at work in the repository.
const WAIT: Duration = Duration::from_secs(10);

/// The queue, and how commits are made.
pub(super) struct Writes {
    turn: Arc<tokio::sync::Mutex<()>>,
    base: CommitOptions,
    now: Now,
    veil: [u8; 32],
}

impl Writes {
    /// # Errors
    /// When there is no randomness.
    pub(super) fn new(base: CommitOptions, now: Now) -> Result<Self> {
        let mut veil = [0; 32];
        getrandom::fill(&mut veil).map_err(|error| Error::internal(format!("no randomness: {error}")))?;
        Ok(Self { turn: Arc::default(), base, now, veil })
    }

    /// What makes blobs unrecognisable in the plans of who may see no secrets.
    pub(super) const fn veil(&self) -> [u8; 32] {
        self.veil
    }

    /// The next turn, when all who came before have had theirs; `None` when that takes too long.
    pub(super) async fn turn(&self) -> Option<tokio::sync::OwnedMutexGuard<()>> {
        tokio::time::timeout(WAIT, Arc::clone(&self.turn).lock_owned()).await.ok()
    }

    /// How a commit of this author is made, now.
    pub(super) fn options(&self, author: Option<Person>, branch: &str) -> CommitOptions {
        let undated = |person: &Person| Person { time: None, ..person.clone() };
        let Identity { author: own, committer } = &self.base.identity;
        let author = author.unwrap_or_else(|| undated(own));
        CommitOptions {
            branch: Some(branch.to_owned()),
            start: Start::Tip,
            identity: Identity { author, committer: undated(committer) },
            wait: WAIT,
            now: (self.now)(),
            ..self.base.clone()
        }
    }
}
