//! `terrace serve`

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args as ClapArgs;

use super::Outcome;
use super::context::{Context, today};
use super::identity::moment_now;
use super::serve_log::{Format, Level, start, tell};
use super::token::file;
use crate::model::{Error, Result};
use crate::ops::Workspace;
use crate::server::{self, Options, ReplicaOptions, ServeEvent, TlsFiles, WebhookSecret};

/// Serve each environment over HTTP, from memory.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Each environment is served at the newest commit of the branch at which nothing blocks it; a\nbroken file of one environment changes nothing in another. Secrets are masked.\n\nExamples:\n  terrace serve\n  curl http://127.0.0.1:7878/api/v1/environments/staging/items/payments\n  terrace serve -C config.git --branch main --root services/shop\n\nExit codes: 0 ended by Ctrl-C or SIGTERM · 2 no configuration, no such branch, or the address is taken"
)]
pub(super) struct Args {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7878")]
    listen: SocketAddr,
    /// The branch to serve, instead of the one that is checked out
    #[arg(long, value_name = "BRANCH")]
    branch: Option<String>,
    /// The folder with the configuration, from the top of the repository
    #[arg(long, value_name = "DIR")]
    root: Option<String>,
    /// Ask for tokens: the file that `terrace token create` makes
    #[arg(long, value_name = "FILE")]
    tokens: Option<PathBuf>,
    /// Let whoever is on this machine do everything, without tokens
    #[arg(long, conflicts_with = "tokens")]
    open: bool,
    /// Listen at an address that other machines reach, behind a proxy that speaks TLS
    #[arg(long, conflicts_with = "tls_cert")]
    behind_proxy: bool,
    /// Speak TLS with this certificate (PEM), and those behind it in the file; read again when it changes
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The certificate's key (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Answer under this host name as well
    #[arg(long = "host", value_name = "NAME")]
    hosts: Vec<String>,
    /// Close idle connections, and half requests, after so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=3600))]
    idle: u64,
    /// Log what is at least so grave
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    log: Level,
    /// How the log is written: for people, or one JSON object a line and no greeting with the token of
    /// this run
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    log_format: Format,
    /// Follow this remote, and write through it
    #[arg(long, value_name = "REMOTE")]
    remote: Option<String>,
    /// Ask the remote so often: 500ms, 5s, 1m
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = interval, requires = "remote")]
    sync: Duration,
    /// Ask it at once when POST /hooks/push proves to know what this file holds
    #[arg(long, value_name = "FILE", requires = "remote")]
    webhook_secret: Option<PathBuf>,
    /// Follow the remote's branch where it was rewritten, too
    #[arg(long, requires = "remote")]
    accept_rewrite: bool,
}

/// A time between two questions.
fn interval(text: &str) -> std::result::Result<Duration, String> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit = text.get(digits.len()..).unwrap_or_default();
    let factor = match unit {
        "ms" => 1,
        "s" | "" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err("give a number and ms, s, m or h, such as 5s".to_owned()),
    };
    let number = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(factor));
    match number {
        Some(time @ 100..=86_400_000) => Ok(Duration::from_millis(time)),
        Some(_) => Err("it is between 100ms and 24h".to_owned()),
        None => Err("give a number and ms, s, m or h, such as 5s".to_owned()),
    }
}

pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    let workspace = context.workspace()?;
    let options = Options {
        replica: replica(args, &workspace)?,
        hosts: args.hosts.clone(),
        branch: args.branch.clone(),
        root: args.root.clone(),
        idle: Duration::from_secs(args.idle),
        tokens: args.tokens.as_deref().map(|path| file(path, context)).transpose()?,
        is_open: args.open,
        behind_proxy: args.behind_proxy,
        tls: tls(args, context),
        ..options(args.listen, context)?
    };
    let quiet = context.quiet;
    let format = args.log_format;
    start(if quiet { args.log.min(Level::Warn) } else { args.log }, format);
    let log = move |event: &ServeEvent| {
        // Nobody reads it any more; the server goes on.
        let _ = tell(event, quiet || format == Format::Json);
    };
    server::serve(workspace, &options, Arc::new(log))?;
    Ok(0)
}

fn tls(args: &Args, context: &Context) -> Option<TlsFiles> {
    let (certificate, key) = (args.tls_cert.as_ref()?, args.tls_key.as_ref()?);
    Some(TlsFiles { certificate: context.dir().join(certificate), key: context.dir().join(key) })
}

fn replica(args: &Args, workspace: &Workspace) -> Result<Option<ReplicaOptions>> {
    let Some(remote) = &args.remote else { return Ok(None) };
    let secret = args.webhook_secret.as_deref().map(|path| {
        let text = std::fs::read_to_string(path).map_err(|error| Error::io("read", path, &error))?;
        WebhookSecret::of_file(&text)
    });
    Ok(Some(ReplicaOptions {
        remote: workspace.repository.remote(remote)?,
        every: args.sync,
        secret: secret.transpose()?,
        accept_rewrite: args.accept_rewrite,
    }))
}

/// A server at an address, for whoever is on this machine.
pub(super) fn options(listen: SocketAddr, context: &Context) -> Result<Options> {
    Ok(Options {
        listen,
        hosts: Vec::new(),
        branch: None,
        root: None,
        idle: Duration::from_secs(20),
        tokens: None,
        is_open: false,
        behind_proxy: false,
        tls: None,
        today: Arc::new(today),
        commit: context.commit_options()?,
        now: Arc::new(moment_now),
        replica: None,
    })
}
