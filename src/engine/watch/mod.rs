//! Watching, as far as it is judging: what an event concerns, when to act on it, and what a new
//! state says that the last one did not.
//!
//! Events of the file system are hints, never facts: this room says which of them are worth a look
//! and when; whoever looks compares contents, and contents decide. Time is a [`Duration`] since
//! whichever moment the caller likes, so that every sequence of events can be told in a test.
//!
//! [`Duration`]: std::time::Duration

mod coalesce;
mod concern;
mod verdict;

pub use coalesce::{Batch, Coalescer, GRACE, PATIENCE, QUIET};
pub use concern::{Concern, Scope, Sign, concern, is_scratch, sign};
pub use verdict::{Change, ChangeKind, Verdict};

/// What the file system says has happened to a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happened {
    /// A writer has closed the file: its content is complete.
    Closed,
    /// A file or folder was moved to this path: its content was complete before.
    MovedIn,
    /// The content is being written.
    Written,
    /// Something was made here, and may be empty still.
    Made,
    /// Something went away from here, perhaps to come back at once.
    Gone,
    /// Owner, rights or times changed.
    Attributes,
}
