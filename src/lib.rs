//! # Terrace
//!
//! Configuration as plain YAML in git, apart for development, staging and production, and moved
//! from one environment to the next by a three-way merge per path.
//!
//! ## The rooms
//!
//! Imports only go down; a test holds the table.
//!
//! | room | what it owns | imports |
//! |---|---|---|
//! | `guards` | the checks that tests take out, one at a time; nothing in a program that is no test | nothing |
//! | `guide` | the pages that people read: documentation, `terrace explain`, manual pages | nothing |
//! | `model` | the domain's words: environments, keys, paths, values, findings, policy | guards |
//! | `yaml` | one YAML file: bytes, values, spans, byte-minimal edits | model |
//! | `json_schema` | JSON Schemas: inferred, compiled, checked, at a bounded cost | model, yaml |
//! | `formats` | other formats, read (dotenv, properties, JSON, TOML) and written | model, yaml |
//! | `secrets` | what is secret, and what of it may be shown | model, yaml |
//! | `diff` | structural differences, and the identity of list elements | model |
//! | `merge` | three versions of a file merged path by path | model, yaml, secrets, diff |
//! | `engine` | judging: snapshots, history, promotions, rules, reviews | the above but merge |
//! | `api` | what programs read and write: versioned types, their JSON and its schemas | model, secrets, engine |
//! | `report` | how results look, one file per format; writes to the `io::Write` it is given | guide, model, secrets, diff, engine, api |
//! | `store` | git and the disk: reading revisions, history, the one transaction that writes | model, merge, engine |
//! | `sinks` | the stores of others to which an environment is published: etcd, redis, manifests | model |
//! | `watch` | events of the file system, gathered and judged again | model, engine, store |
//! | `ops` | each verb once: read a revision, judge, commit or return | all but api, report and watch |
//! | `library` | a repository for Rust programs: the client's source, items, and schemas from types | all but cli |
//! | `client` | one environment for Rust programs, of a repository or a server: typed values, watched and written | model |
//! | `server` | environments over HTTP: connections, routes, views | down to ops, but report |
//! | `cli` | one file per command; the terminal, the clock and the process environment | all |
//!
//! ## Invariants
//!
//! - **Data flows one way.** A command reads a revision (`engine::configuration`), judges it by pure
//!   functions, and commits or reports. The rooms up to `report` touch no file, no git, no clock and
//!   no terminal.
//! - **Nothing picks an environment.** [`Environment`] is closed and has no `Default`.
//! - **Content decides.** What was promoted is read from git's history, never from a database or a
//!   commit message: `engine::promotion::Judge` holds the table.
//! - **Edits are byte-minimal and verified.** `yaml::edit::apply` reads its own result again and
//!   hands it out only when it means exactly what was intended.
//! - **One transaction writes.** `store::transaction` publishes by one compare-and-swap and survives being
//!   killed at any step.
//! - **A finding is data, an error is a failure to look.** Rules return [`Finding`]s; only
//!   what keeps terrace from looking or acting is an [`Error`], with an exit code.
//! - **Nothing of a repository is executed**, and nothing of a file reaches a terminal unescaped;
//!   secrets are masked before they reach `report`.
//!
//! ## As a library
//!
//! A program reads its configuration from a repository ([`open`]) or from `terrace serve` (`connect`), and has
//! the same handle either way: an [`EnvironmentView`], which gets, watches and writes. [`Item`] is for what only
//! a repository has, and [`schema`] gives an item a schema.
//!
//! A repository needs the feature `repository`, or `watch`, which has it, to watch; a server needs `client`,
//! and neither git nor C. Without features the crate is its plain types.
//!
//! ```
//! use serde::Deserialize;
//! use terrace::Environment;
//!
//! #[derive(Deserialize)]
//! struct Settings {
//!     timeout: u64,
//!     database: Database,
//! }
//!
//! #[derive(Deserialize)]
//! struct Database {
//!     pool: u32,
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let file = ("environments/staging/payments.yaml", "timeout: 5\ndatabase:\n  pool: 10\n");
//! let repository = terrace::testing::Repository::with(&[file])?;
//! let staging = terrace::open(repository.path())?.environment(Environment::Staging);
//! let settings = staging.get::<Settings>("payments")?;
//! assert_eq!((settings.timeout, settings.database.pool), (5, 10));
//! # Ok(())
//! # }
//! ```

#[cfg(feature = "repository")]
#[doc(hidden)]
pub mod api;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
#[cfg(any(feature = "client", feature = "repository"))]
mod client;
#[cfg(feature = "repository")]
#[doc(hidden)]
pub mod diff;
#[cfg(feature = "repository")]
#[doc(hidden)]
pub mod engine;
#[cfg(feature = "repository")]
#[doc(hidden)]
pub mod formats;
#[doc(hidden)]
pub mod guards;
pub mod guide;
#[cfg(feature = "repository")]
#[doc(hidden)]
pub mod json_schema;
#[cfg(feature = "repository")]
mod library;
#[cfg(feature = "repository")]
#[doc(hidden)]
pub mod merge;
#[doc(hidden)]
pub mod model;
#[cfg(feature = "repository")]
#[doc(hidden)]
pub mod ops;
#[cfg(feature = "repository")]
#[doc(hidden)]
pub mod report;
#[cfg(feature = "repository")]
#[doc(hidden)]
pub mod secrets;
#[cfg(feature = "server")]
#[doc(hidden)]
pub mod server;
#[cfg(feature = "publish")]
#[doc(hidden)]
pub mod sinks;
#[cfg(feature = "repository")]
#[doc(hidden)]
pub mod store;
#[cfg(feature = "watch")]
#[doc(hidden)]
pub mod watch;
#[cfg(feature = "repository")]
#[doc(hidden)]
pub mod yaml;

#[cfg(feature = "client-async")]
pub use client::UpdateStream;
#[cfg(feature = "client")]
pub use client::{Client, connect};
#[cfg(any(feature = "client", feature = "repository"))]
pub use client::{ClientError, ClientErrorKind, EnvironmentView, Fetched, Updates, Written};
#[cfg(feature = "watch")]
pub use library::Watched;
#[cfg(feature = "repository")]
pub use library::{Configuration, Item, open, schema, testing};
pub use model::{
    ChangedValue, CommitId, CommitInfo, Date, DocumentId, DocumentName, Environment, Error, ErrorKind,
    Finding, Help, InvalidKey, InvalidPath, ItemId, Key, Location, NoteLabel, Pointer, Position, Related,
    RelatedLabel, Result, Rule, Segment, Severity, UnknownEnvironment, Value, ValuePath,
};
