//! What a policy says, entry by entry: to be compared with another policy's, and held against what
//! there is.

use std::fmt;
use std::ops::Range;

use globset::GlobMatcher;

use crate::model::{Environment, PathPattern, Position};

/// One thing that `terrace.toml` says, with its place.
#[derive(Debug)]
pub struct PolicyEntry {
    /// What it says.
    pub clause: Clause,
    /// What it is to fit, where it is to fit something.
    pub fits: Option<Fits>,
    /// The bytes of `terrace.toml` that hold it.
    pub span: Range<usize>,
    /// Where they begin.
    pub position: Position,
}

/// What an entry of `terrace.toml` is to fit.
#[derive(Debug)]
pub enum Fits {
    /// A pin: a path of an item.
    Pin(Option<GlobMatcher>, PathPattern),
    /// A host, in lower case.
    Host(GlobMatcher),
    /// A word, in lower case.
    Word(String),
    /// A path that is, or is not, a secret.
    Secret(PathPattern),
    /// A value that refers to a secret.
    Reference(GlobMatcher),
    /// A shared schema: a key.
    Schema(GlobMatcher),
}

/// One thing that a policy says, as written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Clause {
    /// A path that is never promoted.
    Pin {
        /// The glob over keys; every item without it.
        key: Option<String>,
        /// The path pattern.
        path: String,
        /// The target; every one without it.
        to: Option<Environment>,
    },
    /// A path pattern of secrets.
    Secret(String),
    /// A path pattern of what is no secret.
    NoSecret(String),
    /// A glob of references to secrets.
    Reference(String),
    /// A word that names an environment, in lower case.
    Word(Environment, String),
    /// A host, in lower case, that belongs to an environment.
    Host(Environment, String),
    /// A shared schema.
    Schema {
        /// The glob over keys.
        keys: String,
        /// Its file.
        file: String,
    },
    /// A variable that may leave though text is run by it.
    RunAllow(String),
}

impl Clause {
    /// Whether it permits something; the others forbid.
    #[must_use]
    pub const fn permits(&self) -> bool {
        matches!(self, Self::NoSecret(_) | Self::Reference(_) | Self::RunAllow(_))
    }
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pin { key, path, to } => {
                write!(f, "pin {path}")?;
                key.as_ref().map_or(Ok(()), |key| write!(f, " of {key}"))?;
                to.map_or(Ok(()), |to| write!(f, " to {to}"))
            }
            Self::Secret(path) => write!(f, "secret path {path}"),
            Self::NoSecret(path) => write!(f, "{path} under [secrets] not"),
            Self::Reference(glob) => write!(f, "{glob} under [secrets] references"),
            Self::Word(environment, word) => write!(f, "word {word} of {environment}"),
            Self::Host(environment, host) => write!(f, "host {host} of {environment}"),
            Self::Schema { keys, file } => write!(f, "schema {file} for {keys}"),
            Self::RunAllow(name) => write!(f, "{name} under [run] allow"),
        }
    }
}
