//! A small program that reads its settings from a server, takes in every change while it runs, and goes on
//! with the last good ones while the server is away.
//!
//! `cargo run --no-default-features --features client --example client -- URL ENVIRONMENT FOLDER`, with the
//! token in `TERRACE_TOKEN` where the server wants one. With `raise` behind it, it raises `database.pool` by
//! one instead, if nobody else changed the item meanwhile.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example says what it does")]
#![expect(clippy::disallowed_methods, reason = "a program may keep its token in its environment")]

use std::process::ExitCode;

use serde::Deserialize;
use serde_json::json;
use terrace::{Client, ClientError, Environment, EnvironmentView, UnknownEnvironment};

/// What the payments service needs to know.
#[derive(Debug, Deserialize)]
struct Settings {
    timeout: String,
    database: Database,
}

/// The database of the service.
#[derive(Debug, Deserialize)]
struct Database {
    pool: u32,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [url, environment, folder] => open(url, environment, folder).and_then(|it| Ok(follow(&it)?)),
        [url, environment, folder, "raise"] => open(url, environment, folder).and_then(|it| Ok(raise(&it)?)),
        _ => {
            eprintln!("usage: client URL ENVIRONMENT FOLDER [raise]");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure(said, help)) => {
            eprintln!("{said}");
            if let Some(help) = help {
                eprintln!("help: {help}");
            }
            ExitCode::FAILURE
        }
    }
}

/// What is said of a failure, and what can be done.
struct Failure(String, Option<String>);

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Self(error.to_string(), error.help().map(str::to_owned))
    }
}

impl From<UnknownEnvironment> for Failure {
    fn from(error: UnknownEnvironment) -> Self {
        Self(error.to_string(), Some(error.help()))
    }
}

fn open(url: &str, environment: &str, folder: &str) -> Result<EnvironmentView, Failure> {
    let environment: Environment = environment.parse()?;
    let mut client = Client::new(url)?.remember_in(folder)?;
    if let Ok(token) = std::env::var("TERRACE_TOKEN") {
        client = client.token(token);
    }
    Ok(client.environment(environment))
}

fn follow(remote: &EnvironmentView) -> Result<(), ClientError> {
    for told in remote.watch::<Settings>("payments")? {
        match told {
            Ok(settings) => {
                let from = if settings.is_stale() { "last good" } else { "server" };
                println!("{from}: timeout {}, pool {}", settings.timeout, settings.database.pool);
            }
            Err(error) => println!("kept: {error}"),
        }
    }
    Ok(())
}

fn raise(remote: &EnvironmentView) -> Result<(), ClientError> {
    let settings = remote.get::<Settings>("payments")?;
    let patch = json!({ "database": { "pool": settings.database.pool + 1 } });
    let written = remote.with_message("raise the pool").patch(&settings, &patch)?;
    println!("{}", written.commit.map_or_else(|| "nothing to do".to_owned(), |commit| commit.to_string()));
    Ok(())
}
