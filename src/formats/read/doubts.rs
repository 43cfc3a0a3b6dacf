//! Values that the readers of a format take differently, each with the line and what was taken.

use std::fmt;

use crate::model::ValuePath;

/// A value that somebody else may read differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// The line that the value begins on, from 1.
    pub line: usize,
    /// Where the value stands in the item.
    pub path: ValuePath,
    /// Why readers differ.
    pub kinds: Vec<DoubtKind>,
    /// The value as the item has it.
    pub taken: String,
}

/// Why readers differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DoubtKind {
    /// `${NAME}`, which some expand.
    Variable,
    /// `$(…)` and backticks, which a shell runs.
    Command,
    /// `;`, `&`, `|`, `<`, `>` or a parenthesis, at which the value ends for a shell.
    Operator,
    /// A backslash, which begins an escape to some.
    Backslash,
    /// A `#`, which begins a comment to some.
    Hash,
    /// Quotes within a value that are not around it.
    Quotes,
    /// A value of several lines.
    Lines,
    /// A no-break space at an end, which was left out.
    NoBreakSpace,
    /// A backslash that Java drops, as it begins no escape.
    DroppedBackslash,
    /// A `#` behind white space, which begins no comment there.
    HashKept,
    /// White space at the end, which counts.
    TrailingBlanks,
}

impl fmt::Display for DoubtKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Variable => "refers to a variable, which stays as written",
            Self::Command => "holds a command, which a shell would run",
            Self::Operator => "holds `;`, `&` or the like, at which it ends for a shell",
            Self::Backslash => "holds a backslash, which readers take differently",
            Self::Hash => "holds a `#`, which some take for a comment",
            Self::Quotes => "holds quotes, which some take off",
            Self::Lines => "has several lines, which some do not read",
            Self::NoBreakSpace => "had a no-break space at its end, which some keep",
            Self::DroppedBackslash => "had a backslash that begins no escape, which is dropped",
            Self::HashKept => "holds a `#`, which begins no comment here",
            Self::TrailingBlanks => "ends in white space, which counts",
        })
    }
}
