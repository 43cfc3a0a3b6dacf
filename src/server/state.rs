//! What the routes share: the views of the environments, and who follows the branch.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use http::HeaderMap;
use tokio::sync::{Semaphore, watch};

use super::caller::{self, Caller};
use super::forwarded::Proxy;
use super::hosts::Hosts;
use super::metrics::Requests;
use super::page::judgements::Judgements;
use super::page::session::Sessions;
use super::problem::{Problem, ProblemKind};
use super::replica::Replica;
use super::streams::Streams;
use super::tls::Tls;
use super::tokens::{self, Token, TokenFile};
use super::view::EnvironmentView;
use super::writes::Writes;
use super::{Admission, Log, ServeEvent, Today};
use crate::model::{CommitId, Date, Environment, Error, ErrorKind, Result};
use crate::ops::{HeldBack, ServedEnvironment, SharedHistory, Workspace};
use crate::watch::{BranchEvents, BranchWaker};

/// So many requests are answered at the same time.
const IN_FLIGHT: usize = 512;

/// So many bodies are received at the same time.
const BODIES: usize = 256;

/// So many of them read the repository or parse at the same time.
const AT_WORK: usize = 16;

/// The branch is looked at so often, whatever events say.
const LOOK: Duration = Duration::from_millis(500);

/// What the routes share.
pub(super) struct Shared {
    /// The repository.
    pub(super) workspace: Workspace,
    /// The branch that is served.
    pub(super) branch: String,
    /// The names under which the server is reached.
    pub(super) hosts: Hosts,
    /// Who may do what.
    pub(super) access: Access,
    /// Who is told what happens.
    pub(super) log: Log,
    /// For requests.
    pub(super) in_flight: Arc<Semaphore>,
    /// Bodies that are being received.
    pub(super) bodies: Semaphore,
    /// For requests that take time.
    pub(super) at_work: Semaphore,
    /// What was answered.
    pub(super) requests: Requests,
    /// Who writes next.
    pub(super) writes: Writes,
    /// Who signed in to the page.
    pub(super) sessions: Sessions,
    /// How all items stand, for the page.
    pub(super) judgements: Arc<Judgements>,
    /// The open streams of events.
    pub(super) streams: Arc<Streams>,
    /// The requests that wait for a change.
    pub(super) waits: Arc<Streams>,
    /// The remote that the branch follows.
    pub(super) replica: Option<Arc<Replica>>,
    tls: Option<Arc<Tls>>,
    /// Whether what a proxy says is believed.
    pub(super) proxy: Proxy,
    views: [Place; 3],
    /// Held while the branch is read, so that no older state takes the place of a newer one.
    looking: Mutex<()>,
    tip: ArcSwapOption<CommitId>,
    stopping: AtomicBool,
    /// The last failure to look, so that it is told once.
    failure: Mutex<Option<String>>,
}

/// The largest body that is read, unless the policy lets files be larger.
const BODY_BYTES: usize = 1024 * 1024;

/// Who may do what: the tokens as they were read last.
pub(super) struct Access {
    file: Option<TokenFile>,
    tokens: ArcSwapOption<Vec<Token>>,
    stamp: Mutex<Option<String>>,
    today: Today,
    admission: Admission,
}

impl Access {
    pub(super) fn new(
        file: Option<TokenFile>,
        tokens: Option<Vec<Token>>,
        today: Today,
        admission: Admission,
    ) -> Self {
        let stamp = Mutex::new(file.as_ref().and_then(TokenFile::stamp));
        Self { file, tokens: ArcSwapOption::new(tokens.map(Arc::new)), stamp, today, admission }
    }

    /// The day that it is.
    pub(super) fn today(&self) -> Date {
        (self.today)()
    }

    /// Who asks.
    ///
    /// # Errors
    /// When tokens are asked for, and the one that is borne is not known.
    pub(super) fn caller(&self, headers: &HeaderMap) -> Result<Caller, Problem> {
        let tokens = self.tokens.load_full();
        let secret = caller::borne(headers)?;
        let Some(tokens) = tokens else {
            return match (&self.admission, secret) {
                (Admission::Open, _) => Ok(Caller::owner()),
                (Admission::Local(known), Some(secret)) if tokens::is_same(known, &secret) => {
                    Ok(Caller::owner())
                }
                (Admission::Local(_), None) => Ok(Caller::local()),
                (Admission::Local(_) | Admission::Tokens, _) => {
                    Err(caller::unauthorized("the token is not the one of this run"))
                }
            };
        };
        let secret = secret.ok_or_else(|| caller::unauthorized("the request bears no token"))?;
        let found = tokens::find(&tokens, &secret, (self.today)());
        found.map(Caller::of).ok_or_else(|| caller::unauthorized("the token is not known, or has ended"))
    }

    /// What proves later who bears this secret; `None` when it proves nothing.
    pub(super) fn proof(&self, secret: &str) -> Option<String> {
        let digest = tokens::digest(secret);
        self.proved(&digest).map(|_| digest)
    }

    /// Who proved who they are by a secret of this digest, as long as it counts.
    pub(super) fn proved(&self, digest: &str) -> Option<Caller> {
        match (self.tokens.load_full(), &self.admission) {
            (Some(tokens), _) => tokens::find_digest(&tokens, digest, (self.today)()).map(Caller::of),
            (None, Admission::Local(known)) if tokens::is_same(&tokens::digest(known), digest) => {
                Some(Caller::owner())
            }
            (None, _) => None,
        }
    }

    /// Whether somebody whose request is still open may go on: their token counts, and allows what it did.
    pub(super) fn still_admits(&self, caller: &Caller) -> bool {
        caller.proof().is_none_or(|proof| self.proved(proof).is_some_and(|now| caller.is_within(&now)))
    }

    /// Reads the file again when it is not the one that was read.
    fn refresh(&self) -> Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        let stamp = file.stamp();
        let mut known = self.stamp.lock().unwrap_or_else(PoisonError::into_inner);
        if *known != stamp {
            *known = stamp;
            // What cannot be read lets nobody in.
            let read = file.read();
            self.tokens.store(Some(Arc::new(read.as_ref().cloned().unwrap_or_default())));
            read?;
        }
        Ok(())
    }
}

/// Where one environment's view is kept, and who waits for the next one.
struct Place {
    view: ArcSwapOption<EnvironmentView>,
    /// Whether the branch could not be read when it was looked at last.
    is_stale: AtomicBool,
    turns: watch::Sender<u64>,
}

impl Shared {
    pub(super) fn new(
        workspace: Workspace,
        branch: String,
        hosts: Hosts,
        access: Access,
        writes: Writes,
        log: Log,
    ) -> Self {
        let place = || Place {
            view: ArcSwapOption::empty(),
            is_stale: AtomicBool::new(false),
            turns: watch::Sender::new(0),
        };
        Self {
            workspace,
            branch,
            hosts,
            access,
            log,
            in_flight: Arc::new(Semaphore::new(IN_FLIGHT)),
            bodies: Semaphore::new(BODIES),
            at_work: Semaphore::new(AT_WORK),
            requests: Requests::default(),
            writes,
            sessions: Sessions::default(),
            judgements: Arc::default(),
            streams: Arc::new(Streams::of_events()),
            waits: Arc::new(Streams::of_waits()),
            replica: None,
            tls: None,
            proxy: Proxy::None,
            views: [place(), place(), place()],
            looking: Mutex::default(),
            tip: ArcSwapOption::empty(),
            stopping: AtomicBool::new(false),
            failure: Mutex::default(),
        }
    }

    /// The same where the branch follows a remote.
    pub(super) fn with_replica(self, replica: Option<Arc<Replica>>) -> Self {
        Self { replica, ..self }
    }

    /// The same where the server speaks TLS itself.
    pub(super) fn with_tls(self, tls: Option<Arc<Tls>>) -> Self {
        Self { tls, ..self }
    }

    /// The same behind a proxy.
    pub(super) fn with_proxy(self, proxy: Proxy) -> Self {
        Self { proxy, ..self }
    }

    /// Whether the server speaks TLS itself.
    pub(super) const fn is_tls(&self) -> bool {
        self.tls.is_some()
    }

    fn place(&self, environment: Environment) -> &Place {
        let [development, staging, production] = &self.views;
        match environment {
            Environment::Development => development,
            Environment::Staging => staging,
            Environment::Production => production,
        }
    }

    /// One environment as it is now; `None` before it was read.
    pub(super) fn view(&self, environment: Environment) -> Option<Arc<EnvironmentView>> {
        self.place(environment).view.load_full()
    }

    /// Whether an environment is as it was read last, for it cannot be read now.
    pub(super) fn is_stale(&self, environment: Environment) -> bool {
        self.place(environment).is_stale.load(Ordering::SeqCst)
    }

    fn note_stale(&self, environment: Environment, is_stale: bool) {
        self.place(environment).is_stale.store(is_stale, Ordering::SeqCst);
    }

    /// The largest body that is read: what the policy lets a file have, where that is more than usual.
    pub(super) fn body_bytes(&self) -> usize {
        let views = Environment::ALL.into_iter().filter_map(|environment| self.view(environment));
        let limits = views.filter_map(|view| Some(view.served.newest()?.limits().file_bytes));
        limits.fold(BODY_BYTES, usize::max)
    }

    /// Tells of every later view of an environment.
    pub(super) fn turns(&self, environment: Environment) -> watch::Receiver<u64> {
        self.place(environment).turns.subscribe()
    }

    /// The newest commit of the branch.
    pub(super) fn tip(&self) -> Option<Arc<CommitId>> {
        self.tip.load_full()
    }

    pub(super) fn tell(&self, event: &ServeEvent) {
        (self.log)(event);
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// So many requests are being answered.
    pub(super) fn in_flight(&self) -> usize {
        IN_FLIGHT - self.in_flight.available_permits()
    }

    /// Says that the server stops; whoever waits is woken.
    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        for place in &self.views {
            place.turns.send_modify(|turn| *turn += 1);
        }
    }

    /// Reads the branch where it is now, unless it has been.
    ///
    /// # Errors
    /// When there is no such branch, or it cannot be read.
    pub(super) fn look(&self) -> Result<()> {
        let _looking = self.looking.lock().unwrap_or_else(PoisonError::into_inner);
        let tip = self.branch_tip();
        if tip.is_err() || tip.as_ref().ok() == self.tip.load().as_deref() {
            Environment::ALL.into_iter().for_each(|environment| self.note_stale(environment, tip.is_err()));
            return tip.map(drop);
        }
        let tip = tip?;
        // What cannot be read of one environment keeps no other where it is.
        let history = SharedHistory::default();
        let read = Environment::ALL.map(|environment| self.read(environment, &tip, &history));
        let mut failed = None;
        let mut views = Vec::new();
        for (environment, read) in Environment::ALL.into_iter().zip(read) {
            self.note_stale(environment, read.is_err());
            match read {
                Ok(view) => views.push(view),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        if failed.is_none() {
            self.judgements.prepare(&self.workspace, &tip);
            // Before the views are: who knows an environment at its new commit knows all of the branch.
            self.tip.store(Some(Arc::new(tip)));
        }
        for view in views {
            let place = self.place(view.environment());
            place.view.store(Some(view));
            place.turns.send_modify(|turn| *turn += 1);
        }
        failed.map_or(Ok(()), Err)
    }

    fn branch_tip(&self) -> Result<CommitId> {
        self.workspace.repository.branch_tip(&self.branch)?.ok_or_else(|| {
            Error::usage(format!("there is no branch `{}`", self.branch.escape_debug()))
                .with_help("name a branch that has commits with --branch")
        })
    }

    fn read(
        &self,
        environment: Environment,
        tip: &CommitId,
        history: &SharedHistory,
    ) -> Result<Arc<EnvironmentView>> {
        let before = self.view(environment);
        let known = before.as_ref().map(|view| &view.served);
        let served = ServedEnvironment::load(&self.workspace.repository, environment, tip, known, history)?;
        let view = Arc::new(EnvironmentView::new(served, before.as_deref())?);
        self.tell_change(before.as_deref(), &view);
        Ok(view)
    }

    fn tell_change(&self, before: Option<&EnvironmentView>, now: &EnvironmentView) {
        let held = |view: &EnvironmentView| view.served.held_back.as_ref().map(|held| held.commit.clone());
        if before.is_none_or(|before| before.commit() != now.commit()) {
            self.tell(&ServeEvent::Serving {
                environment: now.environment(),
                commit: now.commit().cloned(),
                items: now.items.len(),
            });
        }
        let was_held = before.and_then(held);
        match (&now.served.held_back, was_held) {
            (Some(HeldBack { commit, findings, error, .. }), was) if was.as_ref() != Some(commit) => {
                self.tell(&ServeEvent::HeldBack {
                    environment: now.environment(),
                    commit: commit.clone(),
                    findings: findings.clone(),
                    error: error.clone(),
                });
            }
            _ => {}
        }
    }

    /// Brings the branch here from its remote and reads it; `false` when the server stops.
    pub(super) fn follow_remote(&self, replica: &Replica) -> bool {
        if !self.is_stopping() {
            replica.follow_in_turn(&self.workspace, &*self.log);
            // A failure is told by whoever follows the branch.
            let _ = self.look();
        }
        !self.is_stopping()
    }

    /// Reads the branch as it is at its remote, where it has one, for a write.
    ///
    /// # Errors
    /// Why nothing can be written.
    pub(super) fn look_for_write(&self) -> Result<(), Problem> {
        if let Some(replica) = &self.replica {
            replica.require_current(&self.workspace, &*self.log)?;
        }
        self.look().map_err(|error| unread(&error))
    }

    /// Reads again what was changed of the tokens and of the certificate.
    fn refresh(&self) -> Result<()> {
        let certificate = self.tls.as_ref().map_or(Ok(()), |tls| tls.refresh());
        self.access.refresh().and(certificate)
    }

    /// Follows the branch until the server stops.
    pub(super) fn follow(&self, events: &BranchEvents) {
        while !self.is_stopping() {
            events.wait(LOOK);
            // A defect in reading one state must not end the reading of later ones.
            let look = || self.refresh().and(self.look());
            let outcome = catch_unwind(AssertUnwindSafe(look))
                .unwrap_or_else(|_| Err(Error::internal("the branch could not be read")));
            let failure = outcome.as_ref().err().map(|error| error.message().to_owned());
            let mut told = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
            if let Err(error) = outcome
                && *told != failure
            {
                self.tell(&ServeEvent::Failed(error));
            }
            *told = failure;
        }
    }
}

/// The problem of a branch that cannot be read.
pub(super) fn unread(error: &Error) -> Problem {
    let problem = Problem::of(error, ProblemKind::RepositoryUnreadable);
    match error.kind() {
        ErrorKind::Usage => problem.with_help("whoever runs the server decides which branch it serves"),
        _ => problem,
    }
}

/// Stops the follower when it goes.
pub(super) struct Follower {
    shared: Arc<Shared>,
    waker: BranchWaker,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Follower {
    pub(super) fn start(shared: Arc<Shared>) -> Self {
        let events = BranchEvents::of(&shared.workspace.repository);
        let waker = events.waker();
        let follower = Arc::clone(&shared);
        let thread = std::thread::spawn(move || follower.follow(&events));
        Self { shared, waker, thread: Some(thread) }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.shared.stop();
        self.waker.wake();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
