//! A small service: it reads its settings for the environment it is told, and takes in every good
//! change while it runs.
//!
//! `cargo run --features client --example service -- --schema DIR` writes `schemas/payments.schema.json` from the type;
//! `cargo run --features client --example service -- ENVIRONMENT WHERE` serves, one line for each change, until
//! its input ends. WHERE is a folder of a repository, or the address of a server (`http://…`, with the token in
//! `TERRACE_TOKEN` where it wants one).

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example says what it does")]
#![expect(clippy::disallowed_methods, reason = "a program may keep its token in its environment")]

use std::io::Read;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use schemars::JsonSchema;
use serde::Deserialize;
use terrace::{ClientError, Environment, EnvironmentView, schema};

/// What the payments service needs to know.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Settings {
    /// Where the service listens, such as `127.0.0.1:8080`.
    listen: String,
    /// How long a payment may take, in milliseconds.
    #[schemars(range(min = 100, max = 60_000))]
    timeout_ms: u32,
    /// How much is written to the log.
    log: Log,
    database: Database,
    /// Where to reach somebody; nobody is called without.
    on_call: Option<String>,
}

/// How much is written to the log.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Log {
    Quiet,
    Normal,
    Verbose,
}

/// The database of the service.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Database {
    host: String,
    /// How many connections are held.
    pool: u16,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--schema", dir] => write_schema(dir).map_err(Failure::from),
        [environment, of] => serve(of, environment),
        _ => {
            eprintln!("usage: service --schema DIR | service ENVIRONMENT DIR|URL");
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

impl From<terrace::Error> for Failure {
    fn from(error: terrace::Error) -> Self {
        Self(error.to_string(), error.help().map(ToString::to_string))
    }
}

fn write_schema(dir: &str) -> terrace::Result<()> {
    let said = match schema::write::<Settings>(dir, "payments")? {
        schema::State::New => "written",
        schema::State::Stale => "renewed",
        schema::State::Current => "current",
        schema::State::TakenOver => "left alone: a person edited it",
        _ => "done",
    };
    println!("schemas/payments.schema.json: {said}");
    Ok(())
}

/// One environment: of the server at an address, or of the repository that holds a folder.
fn environment(of: &str, environment: Environment) -> Result<EnvironmentView, Failure> {
    if !of.starts_with("http://") && !of.starts_with("https://") {
        return Ok(terrace::open(of)?.environment(environment));
    }
    let mut server = terrace::connect(of)?;
    if let Ok(token) = std::env::var("TERRACE_TOKEN") {
        server = server.token(token);
    }
    Ok(server.environment(environment))
}

fn serve(of: &str, name: &str) -> Result<(), Failure> {
    let view = environment(of, name.parse::<Environment>().map_err(terrace::Error::from)?)?;
    // Either way: each value that it becomes, and why one is not taken.
    let mut updates = view.watch::<Settings>("payments")?;
    let Some(first) = updates.next().transpose()? else { return Ok(()) };
    println!("{name}: {}", line(&first));
    let settings = Arc::new(Mutex::new(first));

    // Each part of a service may hold the settings, and look at them when it needs them.
    let current = Arc::clone(&settings);
    std::thread::spawn(move || {
        for told in updates {
            let mut current = current.lock().unwrap_or_else(PoisonError::into_inner);
            match told {
                Ok(changed) => {
                    println!("reloaded: {}", line(&changed));
                    *current = changed;
                }
                Err(error) => println!("kept pool {}: {error}", current.database.pool),
            }
        }
    });

    // Whatever serves goes here; this one waits until its input ends.
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input).map_err(|error| Failure(error.to_string(), None))?;
    Ok(())
}

fn line(settings: &Settings) -> String {
    let Settings { listen, timeout_ms, log, database, on_call } = settings;
    let Database { host, pool } = database;
    let on_call = on_call.as_deref().unwrap_or("nobody");
    format!(
        "listen {listen}, timeout {timeout_ms} ms, log {log:?}, {host} with pool {pool}, on call {on_call}"
    )
}
