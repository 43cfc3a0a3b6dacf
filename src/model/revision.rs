//! Names of git objects and of what can be read: a commit, the index, or the working tree.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Date;

/// The id of a commit (hexadecimal). Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CommitId(Arc<str>);

impl CommitId {
    /// The id with these hexadecimal digits.
    #[cfg(feature = "repository")]
    pub(crate) fn new(digits: impl Into<Arc<str>>) -> Self {
        Self(digits.into())
    }

    /// All its digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first seven digits, as people write commits.
    #[must_use]
    pub fn short(&self) -> &str {
        self.0.get(..7).unwrap_or(&self.0)
    }
}

impl fmt::Display for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The id of a file's content in git (hexadecimal). Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BlobId(Arc<str>);

impl BlobId {
    /// The id with these hexadecimal digits.
    #[cfg(feature = "repository")]
    pub(crate) fn new(digits: impl Into<Arc<str>>) -> Self {
        Self(digits.into())
    }

    /// All its digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text is no id of an object of git.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidId;

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id has 40 or 64 hexadecimal digits")
    }
}

impl std::error::Error for InvalidId {}

/// The digits of a whole id: those of SHA-1 or of SHA-256, in lower case as git writes them.
fn digits(text: &str) -> Result<Arc<str>, InvalidId> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let is_id = matches!(text.len(), 40 | 64) && text.bytes().all(is_digit);
    if is_id { Ok(text.into()) } else { Err(InvalidId) }
}

impl FromStr for CommitId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        digits(text).map(Self)
    }
}

impl FromStr for BlobId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        digits(text).map(Self)
    }
}

/// What a snapshot shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revision {
    /// A commit.
    Commit(CommitId),
    /// What `git commit` would commit.
    Index,
    /// The files as they are on disk.
    WorkTree,
}

/// What is told of a commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitInfo {
    /// Its id.
    pub id: CommitId,
    /// The author's name.
    pub author: String,
    /// Committer time in seconds since 1970-01-01 UTC.
    pub time: i64,
    /// The committer's offset from UTC in minutes.
    pub offset: i32,
    /// The first line of its message.
    pub subject: String,
}

impl CommitInfo {
    /// The commit's day in the committer's own time zone.
    #[must_use]
    pub fn date(&self) -> Date {
        Date::of(self.time, self.offset)
    }
}
