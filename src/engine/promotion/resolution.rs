//! The words of the resolution table.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What the three-way rule says of one path.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Resolution {
    /// Source and target have the same value.
    InSync,
    /// The policy keeps the path from being promoted.
    Pinned,
    /// A recorded decision keeps the target's value.
    Declined,
    /// History ends before what would be needed to judge.
    Unknown,
    /// The source has under another name what the target still has under the old one.
    Renamed,
    /// The source removed what the target still has.
    Removed,
    /// The value belongs to the environment it is in.
    EnvironmentSpecific,
    /// New in the source, but people have been leaving it out of the target.
    LeftOut,
    /// New in the source.
    New,
    /// The target is on a value that the source has left.
    Behind,
    /// The source changed and the target did not.
    Pending,
    /// Both changed.
    Conflict,
}

impl Resolution {
    /// The word of the machine formats.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::InSync => "in-sync",
            Self::Pinned => "pinned",
            Self::Declined => "declined",
            Self::Unknown => "unknown",
            Self::Renamed => "renamed",
            Self::Removed => "removed",
            Self::EnvironmentSpecific => "environment-specific",
            Self::LeftOut => "left-out",
            Self::New => "new",
            Self::Behind => "behind",
            Self::Pending => "pending",
            Self::Conflict => "conflict",
        }
    }
}

impl fmt::Display for Resolution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What a plain promotion does with a path.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// It is written.
    Take,
    /// It is asked about.
    Ask,
    /// It is listed, and written only when named.
    Offer,
    /// It stays.
    Keep,
    /// It stops the promotion until a person decides.
    Stop,
}

impl Level {
    /// The word of the machine formats.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Take => "take",
            Self::Ask => "ask",
            Self::Offer => "offer",
            Self::Keep => "keep",
            Self::Stop => "stop",
        }
    }
}
