//! Patches: what shall become of some values of an item.

use super::{Pointer, Value};

/// What shall become of some values.
///
/// A value in it may be [`Value::masked`]: what stands there, a secret, stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Patch {
    /// A merge patch (RFC 7396): mappings are merged, null removes, all else replaces.
    Merge(Value),
    /// A JSON Patch (RFC 6902): operations, each on what the one before left.
    Json(Vec<PatchOperation>),
}

/// One operation of a JSON Patch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatchOperation {
    /// An entry is set, or an element put in at a position; `-` is the end of a list.
    Add {
        /// Where.
        path: Pointer,
        /// What.
        value: Value,
    },
    /// A value goes.
    Remove {
        /// Where; it must be there.
        path: Pointer,
    },
    /// A value becomes another one.
    Replace {
        /// Where; it must be there.
        path: Pointer,
        /// What it becomes.
        value: Value,
    },
    /// A value goes and is added elsewhere.
    Move {
        /// Where it is.
        from: Pointer,
        /// Where it comes, once it is gone.
        path: Pointer,
    },
    /// A value is added elsewhere too.
    Copy {
        /// Where it is.
        from: Pointer,
        /// Where it comes.
        path: Pointer,
    },
    /// Nothing changes; the whole patch fails unless a value is this.
    Test {
        /// Where.
        path: Pointer,
        /// What it must be; numbers are compared as numbers.
        value: Value,
    },
}

impl PatchOperation {
    /// The operation's name in a patch.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Add { .. } => "add",
            Self::Remove { .. } => "remove",
            Self::Replace { .. } => "replace",
            Self::Move { .. } => "move",
            Self::Copy { .. } => "copy",
            Self::Test { .. } => "test",
        }
    }
}
