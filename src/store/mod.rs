//! The outside: git repositories and the disk.
//!
//! This room reads snapshots and history, and publishes changes through one [`transaction`]. It judges
//! nothing, and knows nothing of the command line.

mod branches;
mod cache;
mod commits;
mod deadline;
pub mod editor;
mod file_bytes;
mod git_config;
mod git_error;
mod git_index;
mod git_program;
mod handles;
mod history;
mod hook_owner;
mod hooks;
pub mod integration;
mod irregular;
mod layout;
pub mod merge_lines;
mod merges;
mod modes;
mod moves;
mod names;
mod odb;
mod partial;
mod process_environment;
mod push;
mod read;
mod recent;
mod remote;
mod repository;
mod roots;
mod scratch;
pub mod transaction;
mod trees;
mod upstream;

pub use cache::{BlockedParts, PartIds};
#[doc(hidden)]
pub use cache::{JudgementFile, PastFiles, RememberedAnswer, cache_file_survives, history_index_survives};
pub use file_bytes::read_file;
pub use hook_owner::{HookManager, HookOwner};
pub use hooks::{InstallState, IntegrationEntry, Place as IntegrationTarget};
pub use irregular::Irregular;
pub use partial::Parts;
pub use process_environment::ProcessEnvironment;
pub use remote::Remote;
pub use repository::Repository;
pub use scratch::Scratch;
