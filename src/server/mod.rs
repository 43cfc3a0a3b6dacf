//! `terrace serve`: each environment over HTTP, from memory.
//!
//! The room owns connections, routes and views. It reads a branch by the operations and judges nothing
//! itself; it prints nothing, and tells of what happens through a [`Log`]. An environment is named by
//! the address and by nothing else, and what is said of it is made of it alone.

mod caller;
mod connection;
mod dropin;
mod environment;
mod events;
mod forwarded;
mod found;
mod guard;
mod hosts;
mod metrics;
mod negotiation;
mod openapi;
mod page;
mod precondition;
mod problem;
mod query;
mod replica;
mod respond;
mod routes;
mod state;
mod streams;
mod tags;
mod tls;
mod tokens;
mod turn;
mod view;
mod wait;
mod webhook;
mod webhook_secret;
mod writes;
mod writing;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use self::forwarded::Proxy;
use self::hosts::Hosts;
pub use self::replica::{RemoteCondition, ReplicaOptions};
use self::replica::{RemoteFollower, Replica};
pub use self::routes::describe as openapi;
use self::state::{Access, Follower, Shared};
use self::tls::Tls;
pub use self::tls::TlsFiles;
pub use self::tokens::{Token, TokenFile, Verb};
pub use self::webhook_secret::WebhookSecret;
use self::writes::Writes;
use crate::model::{CommitId, Date, Environment, Error, Finding, Help, Result, Revision};
use crate::ops::Workspace;
use crate::store::transaction::{Moment, Options as CommitOptions};

/// How a server is started.
#[derive(Clone)]
pub struct Options {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Further names under which it is reached.
    pub hosts: Vec<String>,
    /// The branch that is served; the one that HEAD names without.
    pub branch: Option<String>,
    /// The configuration root, relative to the git root; where the workspace is without.
    pub root: Option<String>,
    /// Who may do what; whoever is on this machine may read without.
    pub tokens: Option<TokenFile>,
    /// Whether whoever is on this machine may do everything where no tokens are asked for.
    pub is_open: bool,
    /// Whether a proxy stands before it that speaks TLS: what it says of those for whom it asks
    /// (`X-Forwarded-For`, `-Host`, `-Proto`) is believed.
    pub behind_proxy: bool,
    /// The certificate with which it speaks TLS itself.
    pub tls: Option<TlsFiles>,
    /// An idle connection, or half a request, is closed after so long.
    pub idle: Duration,
    /// Tells the present day, UTC, by which tokens end.
    pub today: Today,
    /// How to commit: whom the process environment names, as committer, and as author where the caller
    /// has no name.
    pub commit: CommitOptions,
    /// Tells the present time, at which a commit is made.
    pub now: Now,
    /// The remote that the branch follows, and through which is written.
    pub replica: Option<ReplicaOptions>,
}

/// Tells the present day, UTC.
pub type Today = Arc<dyn Fn() -> Date + Send + Sync>;

/// Tells the present time.
pub type Now = Arc<dyn Fn() -> Moment + Send + Sync>;

/// Who may do what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Who bears a token what it allows.
    Tokens,
    /// Whoever is on this machine everything.
    Open,
    /// Whoever is on this machine may read; who bears this token of this run may do everything.
    Local(String),
}

/// Something that happened.
#[derive(Clone, Debug)]
pub enum ServeEvent {
    /// Requests are answered from now on.
    Listening {
        /// Where.
        address: SocketAddr,
        /// Whether it speaks TLS.
        is_tls: bool,
        /// The branch that is served.
        branch: String,
        /// The configuration root relative to the git root: empty, or ending in `/`.
        root: String,
        /// Who may do what.
        admission: Admission,
        /// What opens the page once as who started the server: `?once=…`; nothing where no token of
        /// this run is needed.
        once: Option<String>,
    },
    /// Another state of an environment is served; none at all without a commit.
    Serving {
        /// The environment.
        environment: Environment,
        /// The commit that last changed it.
        commit: Option<CommitId>,
        /// How many items it has.
        items: usize,
    },
    /// The newest state of an environment is not served.
    HeldBack {
        /// The environment.
        environment: Environment,
        /// The newest commit that changed it.
        commit: CommitId,
        /// What blocks it.
        findings: Vec<Finding>,
        /// Why it could not be judged.
        error: Option<Error>,
    },
    /// The branch could not be read; what was served goes on.
    Failed(Error),
    /// Something was written, or was as wanted already.
    Written {
        /// The token's name; empty for the local user.
        caller: String,
        /// The address that it came from; the one that a proxy named, behind one.
        from: Option<IpAddr>,
        /// The method and the path, without parameters.
        request: String,
        /// The environment.
        environment: Environment,
        /// The keys of the items.
        keys: Vec<String>,
        /// The status of the answer.
        status: u16,
        /// The commit; `None` when everything was as wanted already.
        commit: Option<String>,
    },
    /// A request was refused: who asks is not known, or may not; also a write for any other reason.
    Refused {
        /// The token's name; empty where none is known.
        caller: String,
        /// The address that it came from; the one that a proxy named, behind one.
        from: Option<IpAddr>,
        /// The method and the path, without parameters.
        request: String,
        /// The status of the answer.
        status: u16,
    },
    /// The branch stands otherwise to the remote that it follows.
    Remote {
        /// The remote.
        remote: String,
        /// The branch.
        branch: String,
        /// How it stands.
        condition: RemoteCondition,
        /// So many commits the remote does not have, and so many it has that are not here.
        counts: (usize, usize),
        /// The tip that was given up because the remote no longer has it.
        replaced: Option<CommitId>,
        /// Why the remote could not be asked.
        error: Option<Error>,
    },
    /// The server was asked to stop.
    Stopping,
}

/// Is told what happens.
pub type Log = Arc<dyn Fn(&ServeEvent) + Send + Sync>;

/// Serves a branch until the process is asked to end.
///
/// # Errors
/// When there is no configuration or no such branch, the address cannot be listened at, or it can be
/// reached from other machines.
pub fn serve(workspace: Workspace, options: &Options, log: Log) -> Result<()> {
    require_safe(options)?;
    let tokens = options.tokens.as_ref().map(TokenFile::read).transpose()?;
    let tls = options.tls.as_ref().map(Tls::read).transpose()?.map(Arc::new);
    let branch = branch_of(&workspace, options)?;
    let replica = options
        .replica
        .clone()
        .map(|replica| Arc::new(Replica::new(replica, &branch, &options.commit, Arc::clone(&options.now))));
    if let Some(replica) = &replica {
        replica.start(&workspace, &*log)?;
    }
    let workspace = in_root(workspace, options, &branch)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Error::internal(format!("no threads: {error}")))?;
    let outcome = runtime.block_on(run(workspace, (branch, replica), (tokens, tls), options, log));
    // What still blocks a thread is not waited for.
    runtime.shutdown_background();
    outcome
}

/// Refuses to be reached from other machines without asking who they are, or in the clear.
fn require_safe(options: &Options) -> Result<()> {
    let address = options.listen;
    if address.ip().is_loopback() {
        return Ok(());
    }
    if options.tokens.is_none() {
        let message =
            format!("{address} can be reached from other machines, and nobody is asked who they are");
        return Err(Error::usage(message)
            .with_help("listen at 127.0.0.1, or make a token with `terrace token create` and name its file with --tokens"));
    }
    if !options.behind_proxy && options.tls.is_none() {
        let message =
            format!("{address} can be reached from other machines, and tokens would travel in the clear");
        return Err(Error::usage(message)
            .with_help("listen at 127.0.0.1, name a certificate with --tls-cert and --tls-key, or say --behind-proxy where a proxy before it speaks TLS"));
    }
    Ok(())
}

fn branch_of(workspace: &Workspace, options: &Options) -> Result<String> {
    if let Some(branch) = &options.branch {
        return Ok(branch.strip_prefix("refs/heads/").unwrap_or(branch).to_owned());
    }
    workspace
        .repository
        .branch()?
        .ok_or_else(|| Error::usage("HEAD is on no branch").with_help(Help::NameBranch))
}

/// The workspace at the configuration root: the one that was named, or the only one that the branch has.
fn in_root(workspace: Workspace, options: &Options, branch: &str) -> Result<Workspace> {
    let repository = &workspace.repository;
    let Some(tip) = repository.branch_tip(branch)? else {
        let message = format!("there is no branch `{}` with a commit", branch.escape_debug());
        return Err(Error::usage(message).with_help(Help::NameBranch));
    };
    let at = |root: &str| Workspace { repository: repository.clone().with_root(root), ..workspace.clone() };
    let named = match &options.root {
        Some(root) => at(root),
        None => workspace.clone(),
    };
    if named.repository.parts().shows_configuration(&tip)? {
        return Ok(named);
    }
    let tip = Revision::Commit(tip);
    let missing = match named.require_configuration(&named.repository.snapshot(&tip)?) {
        Ok(()) => return Ok(named),
        Err(error) => error,
    };
    if options.root.is_none() && repository.work_tree().is_none() {
        let roots: Vec<String> = repository.roots(&tip)?.into_iter().collect();
        if let [only] = roots.as_slice() {
            return Ok(at(only));
        }
        if !roots.is_empty() {
            let shown: Vec<_> = roots.iter().take(8).map(|root| format!("--root {root}")).collect();
            return Err(missing.with_help(format!("say which one is meant: {}", shown.join(", "))));
        }
    }
    Err(missing)
}

async fn run(
    workspace: Workspace,
    (branch, replica): (String, Option<Arc<Replica>>),
    (tokens, tls): (Option<Vec<Token>>, Option<Arc<Tls>>),
    options: &Options,
    log: Log,
) -> Result<()> {
    let failed = |error: std::io::Error| {
        Error::unreadable(format!("cannot listen at {}: {error}", options.listen))
            .with_help("name another address with --listen, or end what listens there")
    };
    let listener = tokio::net::TcpListener::bind(options.listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let root = workspace.repository.root_prefix().to_owned();
    let proxy = if options.behind_proxy { Proxy::Believed } else { Proxy::None };
    let hosts = Hosts::new(address, &options.hosts);
    let admission = match (&tokens, options.is_open) {
        (Some(_), _) => Admission::Tokens,
        (None, true) => Admission::Open,
        (None, false) => Admission::Local(tokens::new_secret()?),
    };
    let access = Access::new(options.tokens.clone(), tokens, Arc::clone(&options.today), admission.clone());
    let writes = Writes::new(options.commit.clone(), Arc::clone(&options.now))?;
    let shared = Shared::new(workspace, branch.clone(), hosts, access, writes, log);
    let shared = Arc::new(shared.with_replica(replica).with_tls(tls.clone()).with_proxy(proxy));
    // From here on, so that nobody is killed in the middle of a start.
    let mut stop = Box::pin(stopped()?);
    let reader = Arc::clone(&shared);
    tokio::select! {
        read = tokio::task::spawn_blocking(move || reader.look()) => {
            read.map_err(|error| Error::internal(format!("the branch was not read: {error}")))??;
        }
        () = &mut stop => {
            shared.tell(&ServeEvent::Stopping);
            return Ok(());
        }
    }
    let follower = Follower::start(Arc::clone(&shared));
    let remote_follower = shared.replica.clone().map(|replica| {
        let shared = Arc::clone(&shared);
        RemoteFollower::start(replica, move |replica| shared.follow_remote(replica))
    });
    let once = match &admission {
        Admission::Local(secret) => Some(shared.sessions.offer(tokens::digest(secret))?),
        Admission::Tokens | Admission::Open => None,
    };
    shared.tell(&ServeEvent::Listening { address, is_tls: tls.is_some(), branch, root, admission, once });
    let router = routes::router(Arc::clone(&shared), page::router());
    let stopping = Arc::clone(&shared);
    let stop = async move {
        stop.await;
        stopping.tell(&ServeEvent::Stopping);
        stopping.stop();
    };
    connection::serve(listener, (router, tls), options.idle, stop).await;
    let _ = tokio::task::spawn_blocking(move || drop((follower, remote_follower))).await;
    Ok(())
}

/// Done when the process is asked to end.
fn stopped() -> Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let failed = |error| Error::io("listen for", "signals".as_ref(), &error);
        let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
        Ok(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        })
    }
    #[cfg(not(unix))]
    {
        Ok(async {
            let _ = tokio::signal::ctrl_c().await;
        })
    }
}
