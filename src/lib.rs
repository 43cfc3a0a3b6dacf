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
//! | [`model`] | the domain's words: environments, keys, paths, values, findings, policy | nothing |
//! | [`yaml`] | one YAML file: bytes, values, spans, byte-minimal edits | model |
//! | [`engine`] | judging: snapshots, differences, promotions, schemas, rules, legacy formats | model, yaml |
//! | [`report`] | how results look, one file per format; writes to the `io::Write` it is given | model, yaml, engine |
//! | [`store`] | git and the disk: reading revisions, history, the one write door | model, yaml, engine |
//! | [`ops`] | each verb once: read a snapshot, judge, commit or report | all but report |
//! | [`library`] | configuration for Rust programs: typed values, kept up to date, and schemas from types | all but cli |
//! | [`cli`] | one file per command; the terminal, the clock and the process environment | all |
//!
//! ## Invariants
//!
//! - **Data flows one way.** A command reads a [`engine::snapshot::Snapshot`], judges it by pure
//!   functions, and commits or reports. `model`, `yaml`, `engine` and `report` touch no file, no
//!   git, no clock and no terminal.
//! - **Nothing picks an environment.** [`model::Environment`] is closed and has no `Default`.
//! - **Content decides.** What was promoted is read from git's history, never from a database or a
//!   commit message: [`engine::promotion::Judge`] holds the table.
//! - **Edits are byte-minimal and verified.** [`yaml::edit::apply`] reads its own result again and
//!   hands it out only when it means exactly what was intended.
//! - **One door writes.** [`store::transaction`] publishes by one compare-and-swap and survives being
//!   killed at any step.
//! - **A finding is data, an error is a failure to look.** Rules return [`model::Finding`]s; only
//!   what keeps terrace from looking or acting is a [`model::Error`], with an exit code.
//! - **Nothing of a repository is executed**, and nothing of a file reaches a terminal unescaped;
//!   secrets are masked before they reach [`report`].
//!
//! ## As a library
//!
//! A program reads its configuration with [`open`], keeps it up to date with [`Item::watch`] and
//! gives its item a schema with [`schema`]. It needs no default feature: `watch` for what its name
//! says.
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
//! let settings: Settings = terrace::open(repository.path())?
//!     .environment(Environment::Staging)
//!     .item("payments")?
//!     .load()?;
//! assert_eq!((settings.timeout, settings.database.pool), (5, 10));
//! # Ok(())
//! # }
//! ```
//!
//! The rooms below are public for programs that do more, as the command line does.

#[cfg(feature = "cli")]
pub mod cli;
pub mod diff;
pub mod engine;
pub mod formats;
pub mod json_schema;
mod library;
pub mod merge;
pub mod model;
pub mod ops;
pub mod report;
pub mod secrets;
pub mod store;
#[cfg(feature = "watch")]
pub mod watch;
pub mod yaml;

#[cfg(feature = "watch")]
pub use library::Watched;
pub use library::{Configuration, Item, OneEnvironment, open, schema, testing};
pub use model::{Environment, Error, ErrorKind, Finding, Help, Key, Path, Result, Value};
