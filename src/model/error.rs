//! The one error type: a sentence, whose fault it is, and what to do about it.

use std::fmt;
#[cfg(feature = "repository")]
use std::path::Path;
use std::sync::Arc;

use super::{CommitInfo, Environment, Finding, Help, InvalidKey, InvalidPath, ItemId, ValuePath};

/// The result of an operation that can fail to look or to act.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Whose fault a failure is; each has its exit code and a stable name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// What was asked for is not there (exit 1).
    NotFound,
    /// What was asked for or sent: the same request fails again (exit 2).
    Usage,
    /// What the repository is or holds, whoever asks: its policy, a file that cannot be read, a merge
    /// in progress (exit 2).
    State,
    /// What the caller may not do with secrets (exit 2).
    Forbidden,
    /// The disk or the object database: something that is there could not be read or written
    /// (exit 2).
    Io,
    /// A person must decide: a conflict, an open question, a refusal by a rule (exit 3).
    Undecided,
    /// Somebody else was faster: what was looked at is no longer what is there (exit 4).
    Stale,
    /// A value is not what a patch says that it must be (exit 4).
    TestFailed,
    /// Somebody else is at work: the same may succeed later (exit 4).
    Busy,
    /// A defect of Terrace itself (exit 70).
    Internal,
}

impl ErrorKind {
    /// The process exit code of this kind.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::NotFound => 1,
            Self::Usage | Self::State | Self::Forbidden | Self::Io => 2,
            Self::Undecided => 3,
            Self::Stale | Self::TestFailed | Self::Busy => 4,
            Self::Internal => 70,
        }
    }

    /// The name that machines know it by; it does not change.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotFound => "not-found",
            Self::Usage => "usage",
            Self::State => "state",
            Self::Forbidden => "forbidden",
            Self::Io => "io",
            Self::Undecided => "undecided",
            Self::Stale => "stale",
            Self::TestFailed => "test-failed",
            Self::Busy => "busy",
            Self::Internal => "internal",
        }
    }
}

/// A failure: one sentence saying what and where, and help saying what to do.
#[derive(Clone, Debug)]
pub struct Error {
    pub(crate) kind: ErrorKind,
    pub(crate) message: String,
    pub(crate) help: Option<Help>,
    facts: Option<Box<Facts>>,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

/// What an error is about, for programs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Facts {
    findings: Vec<Finding>,
    changed: Vec<ChangedValue>,
}

/// A value that was changed since the version that a caller decided on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedValue {
    /// The item.
    pub item: ItemId,
    /// Where in it.
    pub path: ValuePath,
    /// The last commit that changed it.
    pub commit: CommitInfo,
}

impl Error {
    /// A failure of the given kind.
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), help: None, facts: None, source: None }
    }

    /// Whose fault it is.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// One sentence without a final stop; it names file, line and column where there are such.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What the user can do.
    #[must_use]
    pub const fn help(&self) -> Option<&Help> {
        self.help.as_ref()
    }

    /// The findings that it is about, when a rule refused something.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        self.facts.as_ref().map_or(&[], |facts| &facts.findings)
    }

    /// What was changed since, latest first, when the error is [`ErrorKind::Stale`] and it can be told.
    #[must_use]
    pub fn changed(&self) -> &[ChangedValue] {
        self.facts.as_ref().map_or(&[], |facts| &facts.changed)
    }

    /// A mistake in what was asked for or sent.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    /// The same error with advice attached, in the place of any that it had.
    pub(crate) fn with_help(mut self, help: impl Into<Help>) -> Self {
        self.help = Some(help.into());
        self
    }
}

#[cfg(feature = "repository")]
impl Error {
    /// Something that the repository is or holds, whoever asks.
    pub(crate) fn state(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::State, message)
    }

    /// Something that is there and could not be read or written.
    pub(crate) fn unreadable(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Io, message)
    }

    /// What was asked for does not exist.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotFound, message)
    }

    /// Something only a person can decide.
    pub(crate) fn undecided(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Undecided, message)
    }

    /// What was looked at is no longer what is there.
    pub(crate) fn stale(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Stale, message)
    }

    /// Somebody else holds what is needed.
    pub(crate) fn busy(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Busy, message)
    }

    /// A defect of Terrace.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message).with_help(
            "this is a defect of terrace; nothing was changed. Please report it with what was asked for",
        )
    }

    /// A failed operation on a file; `doing` is a verb such as "read".
    pub(crate) fn io(doing: &str, path: &Path, error: &std::io::Error) -> Self {
        let help = match error.kind() {
            std::io::ErrorKind::NotFound => Help::OtherFolder,
            std::io::ErrorKind::PermissionDenied => "see with ls -l who may read and write there".into(),
            std::io::ErrorKind::StorageFull => "make room on the disk, and try it again".into(),
            _ => "see that the path can be read and written, and try it again".into(),
        };
        let source = match error.raw_os_error() {
            Some(code) => std::io::Error::from_raw_os_error(code),
            None => std::io::Error::new(error.kind(), error.to_string()),
        };
        Self::unreadable(format!("cannot {doing} {}: {error}", path.display()))
            .with_help(help)
            .with_source(source)
    }

    /// The same error about these findings.
    pub(crate) fn with_findings(mut self, findings: Vec<Finding>) -> Self {
        self.facts.get_or_insert_default().findings = findings;
        self
    }

    /// The same error about what was changed meanwhile.
    pub(crate) fn with_changed(mut self, changed: Vec<ChangedValue>) -> Self {
        self.facts.get_or_insert_default().changed = changed;
        self
    }

    /// The same error, and why.
    pub(crate) fn with_source(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// The same failure as another kind: who asked for a thing sees its absence otherwise than who
    /// counted on it.
    pub(crate) fn with_kind(self, kind: ErrorKind) -> Self {
        Self { kind, ..self }
    }

    /// The same error, said of a place.
    pub(crate) fn at(self, place: &str) -> Self {
        Self { message: format!("{place}: {}", self.message), ..self }
    }

    /// The same error with one more piece of advice.
    pub(crate) fn or_help(mut self, help: impl Into<Help>) -> Self {
        self.help = Some(match self.help.take() {
            None => help.into(),
            Some(Help::Any(mut several)) => {
                several.push(help.into());
                Help::Any(several)
            }
            Some(one) => Help::Any(vec![one, help.into()]),
        });
        self
    }
}

/// Two errors are the same when they say the same.
impl PartialEq for Error {
    fn eq(&self, other: &Self) -> bool {
        (self.kind, &self.message, &self.help, &self.facts)
            == (other.kind, &other.message, &other.help, &other.facts)
    }
}

impl Eq for Error {}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

impl From<super::UnknownEnvironment> for Error {
    fn from(error: super::UnknownEnvironment) -> Self {
        Self::usage(error.to_string()).with_help(error.help())
    }
}

impl From<InvalidKey> for Error {
    fn from(error: InvalidKey) -> Self {
        let bare = error.text.trim_end_matches(".yaml").trim_end_matches(".yml");
        let tail = bare.rsplit_once("environments/").map_or(bare, |(_, rest)| rest);
        let key = tail.split_once('/').filter(|(env, _)| env.parse::<Environment>().is_ok());
        let help = match key {
            Some((_, key)) => format!("name the item by its key: `{key}`"),
            None => {
                "a key is the path below its environment's folder without `.yaml`, such as `billing/invoices`"
                    .into()
            }
        };
        Self::usage(error.to_string()).with_help(help)
    }
}

impl From<InvalidPath> for Error {
    fn from(error: InvalidPath) -> Self {
        Self::usage(error.to_string()).with_help(
            "write a path such as `database.pool.size`, `servers[name=api].port` or `\"a.b\".c`, or a JSON pointer such as `/database/pool/size`",
        )
    }
}
