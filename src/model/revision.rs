//! Names of git objects and of what can be read: a commit, the index, or the working tree.

use std::fmt;

use super::Date;

/// The id of a commit (hexadecimal).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommitId(String);

impl CommitId {
    /// The id with these hexadecimal digits.
    pub(crate) fn new(digits: impl Into<String>) -> Self {
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

/// The id of a file's content in git (hexadecimal).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobId(String);

impl BlobId {
    /// The id with these hexadecimal digits.
    pub(crate) fn new(digits: impl Into<String>) -> Self {
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
#[derive(Clone, Debug, PartialEq, Eq)]
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
