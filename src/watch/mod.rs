//! Watching the working tree: events, gathered, judged again.
//!
//! [`FileEvents`] tells that something happened and where; [`Coalescer`] when it is worth a look;
//! [`Files`] looks, and says what is different; [`Watch`] judges that again and says what is new.
//! Events are hints, never facts: contents are compared, and contents decide. What is done with a
//! verdict — a screen, a command, a typed value — is the caller's.

mod branch;
mod coalesce;
mod contents;
mod event;
mod file_events;
mod files;
mod relevance;
#[cfg(test)]
mod revalidate;
mod state;
mod watcher;

pub use self::branch::{BranchEvents, BranchWaker};
use self::coalesce::{Batch, Coalescer};
use self::event::EventKind;
pub use self::file_events::Waker;
use self::file_events::{FileEvents, WatchEvent};
use self::files::Files;
pub use self::relevance::Scope;
use self::relevance::{Readiness, Relevance, readiness, relevance};
pub use self::watcher::{Options, Update, Watch};
