//! What the file system says.

/// What the file system says has happened to a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EventKind {
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
