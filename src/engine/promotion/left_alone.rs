//! Items that a promotion of everything does not touch, and why.

use crate::model::{Finding, Key, ValuePath};
use crate::secrets::encrypted::EncryptedFile;

/// Why an item that nobody named stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeftAlone {
    /// Only the source has it.
    OnlyInSource,
    /// The source deleted it.
    Deleted,
    /// The source gave it this name; the target has it under this other one.
    Renamed(Key),
    /// This file of it is encrypted.
    Encrypted(EncryptedFile),
    /// The target reads this path through an alias or a merge, and not all of its users are meant.
    Shared(ValuePath),
    /// It cannot be promoted; why, with its place.
    Unreadable(String),
    /// Its file cannot be written as planned, or nothing would be left of it; why, with its place.
    Unwritable(String),
    /// The result would bring this error.
    Refused(Box<Finding>),
}
