//! What a server tells: the greeting of who started it, its log, and its audit lines.
//!
//! The log goes to standard error by `tracing`, beside it a line of JSON for every write. Neither holds a
//! value or a token; the token of a run is in the greeting alone, which is for a person and no part of the
//! log.

use std::io::{self, Write};

use clap::ValueEnum;
use tracing::level_filters::LevelFilter;
use tracing::{error, info, warn};
use tracing_subscriber::fmt::format;

use super::help::say;
use crate::model::{CommitId, Environment, Error, Finding};
use crate::report::sanitize::clean;
use crate::server::{Admission, RemoteCondition, ServeEvent};

/// From how grave on something is logged; the gravest is the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(super) enum Level {
    /// What the server could not do
    Error,
    /// Also what is held back or refused
    Warn,
    /// Also what is served
    Info,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// A line for people
    Text,
    /// One JSON object a line
    Json,
}

/// Begins to log. A process logs in one way: another start changes nothing.
pub(super) fn start(level: Level, format: Format) {
    let level = match level {
        Level::Error => LevelFilter::ERROR,
        Level::Warn => LevelFilter::WARN,
        Level::Info => LevelFilter::INFO,
    };
    let lines = tracing_subscriber::fmt().with_writer(io::stderr).with_target(false).with_ansi(false);
    let lines = lines.with_max_level(level);
    // The message says it all to people; the other fields are for programs.
    let message = format::debug_fn(|writer, field, value| match field.name() {
        "message" => write!(writer, "{value:?}"),
        "help" if !format!("{value:?}").is_empty() => write!(writer, "\nhelp: {value:?}"),
        _ => Ok(()),
    });
    let _ = match format {
        Format::Text => lines.fmt_fields(message).try_init(),
        Format::Json => lines.json().flatten_event(true).try_init(),
    };
}

/// Where it listens goes to standard output, everything else to standard error. `is_bare` leaves the
/// greeting out.
pub(super) fn tell(event: &ServeEvent, is_bare: bool) -> io::Result<()> {
    match event {
        ServeEvent::Listening { address, is_tls, branch, root, admission, once } => {
            let mut out = io::stdout().lock();
            let place = format!("{}://{address}", if *is_tls { "https" } else { "http" });
            writeln!(out, "listening on {place}")?;
            out.flush()?;
            if is_bare {
                info!(%address, branch = %clean(branch), root = %clean(root), "listening");
            } else {
                greet(&place, (branch, root), admission, once.as_deref())?;
            }
        }
        ServeEvent::Serving { environment, commit: Some(commit), items } => {
            let counted = crate::engine::summary::counted(*items, "item");
            info!(%environment, commit = commit.as_str(), "{environment}: {counted} at {}", commit.short());
        }
        ServeEvent::Serving { environment, commit: None, .. } => {
            warn!(%environment, "{environment}: nothing can be served");
        }
        ServeEvent::HeldBack { environment, commit, findings, error } => {
            held_back(*environment, commit, findings, error.as_ref());
        }
        ServeEvent::Refused { caller, from, request, status } => {
            let (who, request) = (clean(caller), clean(request));
            let from = from.map(|address| address.to_string()).unwrap_or_default();
            let shown = if caller.is_empty() { "somebody" } else { &who };
            warn!(status, request = %request, by = %who, from, "refused {status}: {request} by {shown}");
        }
        // For programs that keep count of who changed what, whatever is logged.
        ServeEvent::Written { caller, from, request, environment, keys, status, commit } => {
            let line = serde_json::json!({
                "written": request, "from": from, "by": caller, "environment": environment.name(), "keys": keys,
                "status": status, "commit": commit,
            });
            writeln!(io::stderr().lock(), "{}", clean(&line.to_string()))?;
        }
        ServeEvent::Failed(failure) => {
            let help = failure.help().map_or_else(String::new, |help| clean(&say(help)).into_owned());
            error!(help = %help, "{}", clean(failure.message()));
        }
        ServeEvent::Remote { remote, branch, condition, counts, replaced, error } => {
            if let Some(old) = replaced {
                warn!(
                    "{} rewrote {}: it is followed; {old} is kept as refs/terrace/replaced/{old}",
                    clean(remote),
                    clean(branch)
                );
            }
            of_remote((remote, branch), condition, *counts, error.as_ref());
        }
        ServeEvent::Stopping => info!("stopping"),
    }
    Ok(())
}

/// What a person wants to know who has just started it.
fn greet(
    address: &str,
    (branch, root): (&str, &str),
    admission: &Admission,
    once: Option<&str>,
) -> io::Result<()> {
    let mut err = io::stderr().lock();
    let place = if root.is_empty() { String::new() } else { format!(", {}", clean(root)) };
    let to = match admission {
        Admission::Tokens => "open to who bears a token",
        Admission::Open => "open to whoever is on this machine, to read and write everything",
        Admission::Local(_) => "open to whoever is on this machine, to read, secrets masked",
    };
    writeln!(err, "serving the branch {}{place}; {to}", clean(branch))?;
    if let Admission::Local(token) = admission {
        writeln!(err, "to write, and to see secrets, bear the token of this run: {token}")?;
    }
    let once = once.map_or_else(String::new, |once| format!("?once={once}"));
    writeln!(err, "page: {address}/ui/{once}")?;
    writeln!(err, "try: curl {address}/api/v1/environments")
}

fn held_back(environment: Environment, commit: &CommitId, findings: &[Finding], failure: Option<&Error>) {
    let short = commit.short();
    warn!(
        %environment, commit = commit.as_str(),
        "{environment}: {short} is held back; what was served before still is"
    );
    for finding in findings {
        let place =
            finding.location.map_or_else(String::new, |at| format!(":{}:{}", at.start.line, at.start.column));
        let (file, message) = (clean(&finding.file), clean(&finding.message));
        warn!(%environment, rule = %finding.rule, "{file}{place}: {message}");
    }
    if let Some(failure) = failure {
        warn!(%environment, "{}", clean(failure.message()));
    }
}

/// How the branch stands to the remote that is followed.
fn of_remote(
    (remote, branch): (&str, &str),
    condition: &RemoteCondition,
    (ahead, behind): (usize, usize),
    failure: Option<&Error>,
) {
    let (remote, branch) = (clean(remote), clean(branch));
    match condition {
        RemoteCondition::Following => info!("following {branch} of {remote}"),
        RemoteCondition::Unreachable => {
            let why = failure.map_or_else(String::new, |error| format!(": {}", clean(error.message())));
            warn!("reads go on, writes are refused{why}");
        }
        RemoteCondition::BranchMissing => {
            warn!("reads go on, writes are refused: {remote} has no branch {branch}");
        }
        RemoteCondition::Diverged => warn!(
            help = %format!(
                "start with --accept-rewrite to follow {remote}; what is only here is kept under refs/terrace/replaced/"
            ),
            "reads go on, writes are refused: {remote} rewrote {branch}, or somebody committed here ({ahead} commits only here, {behind} only there)"
        ),
    }
}
