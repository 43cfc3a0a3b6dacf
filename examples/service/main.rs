//! A small service: it reads its settings for the environment it is told, and takes in every good
//! change while it runs.
//!
//! `cargo run --example service -- --schema DIR` writes `schemas/payments.schema.json` from the type;
//! `cargo run --example service -- ENVIRONMENT DIR` serves, one line for each change, until its
//! input ends.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example says what it does")]

use std::io::Read;
use std::process::ExitCode;

use schemars::JsonSchema;
use serde::Deserialize;
use terrace::{Environment, schema};

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
        ["--schema", dir] => write_schema(dir),
        [environment, dir] => serve(environment, dir),
        _ => {
            eprintln!("usage: service --schema DIR | service ENVIRONMENT DIR");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            if let Some(help) = error.help() {
                eprintln!("help: {help}");
            }
            ExitCode::FAILURE
        }
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

fn serve(environment: &str, dir: &str) -> terrace::Result<()> {
    let environment: Environment = environment.parse()?;
    let item = terrace::open(dir)?.environment(environment).item("payments")?;
    let mut settings = item.watch::<Settings>()?;
    println!("{environment}: {}", line(&settings.current()));

    // Handles are cheap: each part of a service may hold one and ask for `current()`.
    std::thread::spawn(move || {
        loop {
            match settings.changed() {
                Ok(changed) => println!("reloaded: {}", line(&changed)),
                Err(error) => println!("kept pool {}: {error}", settings.current().database.pool),
            }
        }
    });

    // Whatever serves goes here; this one waits until its input ends.
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input).map_err(|error| terrace::Error::usage(error.to_string()))?;
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
