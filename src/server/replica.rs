//! A replica: a server whose branch follows a remote, and which writes through it.
//!
//! The remote has the word. It is asked every few seconds, when somebody says that it moved, and before
//! every write; what it cannot be asked for is read here all the same, and not written.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::problem::{Problem, ProblemKind};
use super::{Now, ServeEvent, webhook_secret::WebhookSecret};
use crate::model::{CommitId, Error, Result};
use crate::ops::Workspace;
use crate::store::Remote;
use crate::store::transaction::{
    self, Identity, Moment, Options as CommitOptions, Person, RemoteStanding, Start,
};

/// Git may take so long to ask and fetch when nobody waits for it.
const IN_PEACE: Duration = Duration::from_secs(30);

/// And so long for each step of a write, whose client does.
const IN_WRITE: Duration = Duration::from_secs(10);

/// And so long a server that stops waits for what is under way.
const LAST: Duration = Duration::from_secs(2);

/// A server's remote, and how it is followed.
#[derive(Clone, Debug)]
pub struct ReplicaOptions {
    /// The remote.
    pub remote: Remote,
    /// It is asked so often.
    pub every: Duration,
    /// What a webhook proves to know; none is heard without.
    pub secret: Option<WebhookSecret>,
    /// Whether a branch is followed that was rewritten there.
    pub accept_rewrite: bool,
}

/// How a replica stands to its remote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemoteCondition {
    /// It has what the remote had when it was last asked.
    Following,
    /// The remote cannot be asked.
    Unreachable,
    /// The remote has no such branch.
    BranchMissing,
    /// The remote does not have all that the branch has here: it was rewritten there, or somebody
    /// committed here.
    Diverged,
}

impl RemoteCondition {
    /// The word for programs.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Following => "following",
            Self::Unreachable => "unreachable",
            Self::BranchMissing => "branch-missing",
            Self::Diverged => "diverged",
        }
    }
}

/// What is known of the remote.
#[derive(Clone, Debug)]
pub(super) struct RemoteState {
    pub(super) condition: RemoteCondition,
    /// When it last answered.
    pub(super) fetched: Option<(Moment, Instant)>,
    /// So many commits of the branch the remote does not have.
    pub(super) ahead: usize,
    /// So many commits of the remote the branch does not have.
    pub(super) behind: usize,
    /// It answered so often.
    pub(super) fetches: u64,
    /// It was asked in vain so often.
    pub(super) failures: u64,
}

/// The remote of a server, and who follows it.
pub(super) struct Replica {
    options: ReplicaOptions,
    branch: String,
    commit: CommitOptions,
    now: Now,
    state: Mutex<RemoteState>,
    /// Held while the branch is brought here, and by a write from its decision to its end.
    turn: Mutex<()>,
    hurry: (Mutex<bool>, Condvar),
}

impl Replica {
    pub(super) fn new(options: ReplicaOptions, branch: &str, commit: &CommitOptions, now: Now) -> Self {
        let state = RemoteState {
            condition: RemoteCondition::Unreachable,
            fetched: None,
            ahead: 0,
            behind: 0,
            fetches: 0,
            failures: 0,
        };
        // Only the reflog names them: what is fetched was committed elsewhere.
        let own = |name: &str| Some(name.to_owned());
        let person = Person { name: own("terrace"), email: own("terrace@localhost"), time: None };
        let commit = CommitOptions {
            branch: Some(branch.to_owned()),
            start: Start::Tip,
            push: None,
            identity: Identity { author: person.clone(), committer: person },
            ..commit.clone()
        };
        Self {
            options,
            branch: branch.to_owned(),
            commit,
            now,
            state: Mutex::new(state),
            turn: Mutex::default(),
            hurry: (Mutex::default(), Condvar::new()),
        }
    }

    /// The remote's name.
    pub(super) fn remote(&self) -> &str {
        self.options.remote.name()
    }

    /// What a webhook has to know.
    pub(super) const fn secret(&self) -> Option<&WebhookSecret> {
        self.options.secret.as_ref()
    }

    /// What is known of the remote.
    pub(super) fn state(&self) -> RemoteState {
        locked(&self.state).clone()
    }

    /// The remote for a write, which gets the commit before the branch moves here.
    pub(super) fn push(&self) -> Remote {
        self.options.remote.clone().unattended(IN_WRITE)
    }

    /// Waits until it is nobody else's turn to move the branch.
    pub(super) fn turn(&self) -> MutexGuard<'_, ()> {
        locked(&self.turn)
    }

    /// Begins: what an interrupted run left is let go, and the branch brought here.
    ///
    /// # Errors
    /// When the remote has no such branch, or cannot be asked for one that is not here.
    pub(super) fn start(&self, workspace: &Workspace, tell: &dyn Fn(&ServeEvent)) -> Result<()> {
        transaction::drop_unfinished(workspace.repository.transaction_path(), &self.commit)?;
        let followed = self.follow(workspace, IN_PEACE, tell);
        if workspace.repository.branch_tip(&self.branch)?.is_none() {
            followed?;
        }
        match self.state().condition {
            RemoteCondition::BranchMissing => Err(self.missing()),
            RemoteCondition::Following | RemoteCondition::Unreachable | RemoteCondition::Diverged => Ok(()),
        }
    }

    /// Brings the branch to where it is at the remote, for a write.
    ///
    /// # Errors
    /// Why nothing can be written.
    pub(super) fn require_current(
        &self,
        workspace: &Workspace,
        tell: &dyn Fn(&ServeEvent),
    ) -> Result<(), Problem> {
        self.follow(workspace, IN_WRITE, tell).map_err(|error| {
            let problem = Problem::of(&error, ProblemKind::RemoteUnavailable);
            problem.with_kind(ProblemKind::RemoteUnavailable).retry_after(5)
        })?;
        let remote = self.remote();
        let read_only = |detail: String, help: &str| {
            Err(Problem::new(ProblemKind::ReadOnly, detail).with_help(help).retry_after(60))
        };
        match self.state().condition {
            RemoteCondition::Following | RemoteCondition::Unreachable => Ok(()),
            RemoteCondition::BranchMissing => read_only(
                format!("{remote} has no branch {} any more, so nothing is written", self.branch),
                "whoever runs the server decides what it follows",
            ),
            RemoteCondition::Diverged => read_only(
                format!(
                    "{remote} does not have all of branch {} that is served, so nothing is written",
                    self.branch
                ),
                "whoever runs the server decides which of both counts",
            ),
        }
    }

    /// Brings the branch to where it is at the remote, when it is nobody else's turn.
    pub(super) fn follow_in_turn(&self, workspace: &Workspace, tell: &dyn Fn(&ServeEvent)) {
        let _turn = self.turn();
        // It is told and kept in the state.
        let _ = self.follow(workspace, IN_PEACE, tell);
    }

    /// Brings the branch to where it is at the remote; what stands against it is kept in the state.
    ///
    /// # Errors
    /// When the remote cannot be asked.
    fn follow(&self, workspace: &Workspace, limit: Duration, tell: &dyn Fn(&ServeEvent)) -> Result<()> {
        let remote = self.options.remote.clone().unattended(limit);
        let commit = CommitOptions { now: (self.now)(), ..self.commit.clone() };
        let path = workspace.repository.transaction_path();
        let followed = transaction::follow_remote(path, &commit, &remote, self.options.accept_rewrite);
        let (condition, replaced, counts) = match &followed {
            Ok(RemoteStanding::Same { replaced, .. }) => {
                (RemoteCondition::Following, replaced.clone(), (0, 0))
            }
            Ok(RemoteStanding::Diverged { ahead, behind }) => {
                (RemoteCondition::Diverged, None, (*ahead, *behind))
            }
            Ok(RemoteStanding::Missing) => (RemoteCondition::BranchMissing, None, (0, 0)),
            Err(_) => {
                let known = self.state();
                (RemoteCondition::Unreachable, None, (known.ahead, known.behind))
            }
        };
        self.note(condition, counts, replaced, followed.as_ref().err(), tell);
        followed.map(drop)
    }

    fn note(
        &self,
        condition: RemoteCondition,
        (ahead, behind): (usize, usize),
        replaced: Option<CommitId>,
        error: Option<&Error>,
        tell: &dyn Fn(&ServeEvent),
    ) {
        let mut state = locked(&self.state);
        let is_first = state.fetches == 0 && state.failures == 0;
        let is_other = is_first || state.condition != condition;
        match error {
            Some(_) => state.failures += 1,
            None => {
                state.fetches += 1;
                state.fetched = Some(((self.now)(), Instant::now()));
            }
        }
        (state.condition, state.ahead, state.behind) = (condition.clone(), ahead, behind);
        drop(state);
        if is_other || replaced.is_some() {
            tell(&ServeEvent::Remote {
                remote: self.remote().to_owned(),
                branch: self.branch.clone(),
                condition,
                counts: (ahead, behind),
                replaced,
                error: error.cloned(),
            });
        }
    }

    fn missing(&self) -> Error {
        let message = format!("{} has no branch `{}`", self.remote(), self.branch.escape_debug());
        Error::usage(message).with_help("name a branch of it with --branch")
    }

    /// Asks the remote soon, because somebody says that it moved; also ends a wait.
    pub(super) fn hurry(&self) {
        let (is_asked, wake) = &self.hurry;
        *locked(is_asked) = true;
        wake.notify_all();
    }

    /// Waits until the remote is to be asked again.
    pub(super) fn wait(&self) {
        let (is_asked, wake) = &self.hurry;
        let waited = wake.wait_timeout_while(locked(is_asked), self.options.every, |is_asked| !*is_asked);
        let (mut is_asked, _) = waited.unwrap_or_else(PoisonError::into_inner);
        *is_asked = false;
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The thread that follows the remote.
pub(super) struct RemoteFollower {
    replica: Arc<Replica>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl RemoteFollower {
    /// Follows until `is_stopping`; `look` is called after each time.
    pub(super) fn start(replica: Arc<Replica>, step: impl Fn(&Replica) -> bool + Send + 'static) -> Self {
        let own = Arc::clone(&replica);
        let thread = std::thread::spawn(move || {
            loop {
                own.wait();
                if !step(&own) {
                    return;
                }
            }
        });
        Self { replica, thread: Some(thread) }
    }
}

impl Drop for RemoteFollower {
    fn drop(&mut self) {
        self.replica.hurry();
        let end = Instant::now() + LAST;
        // A remote that does not answer is not waited for.
        while self.thread.as_ref().is_some_and(|thread| !thread.is_finished()) && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(5));
        }
        if let Some(thread) = self.thread.take().filter(std::thread::JoinHandle::is_finished) {
            let _ = thread.join();
        }
    }
}
