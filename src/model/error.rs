//! The one error type: a sentence, whose fault it is, and what to do about it.

use std::fmt;
use std::path::Path;

use super::Finding;

/// The result of an operation that can fail to look or to act.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Whose fault a failure is; each has its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// What was asked for is not there (exit 1).
    Absent,
    /// The command line, the policy or the repository's content (exit 2).
    Usage,
    /// The disk or the object database: something that is there could not be read or written
    /// (exit 2).
    Io,
    /// A person must decide: a conflict, an open question, a refusal by a rule (exit 3).
    Undecided,
    /// Somebody else was faster: what was looked at is no longer what is there (exit 4).
    Stale,
    /// Somebody else is at work: the same may succeed later (exit 4).
    Busy,
    /// A defect of Terrace itself (exit 70).
    Internal,
}

impl Fault {
    /// The process exit code of this fault.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Absent => 1,
            Self::Usage | Self::Io => 2,
            Self::Undecided => 3,
            Self::Stale | Self::Busy => 4,
            Self::Internal => 70,
        }
    }
}

/// A failure: one sentence saying what and where, and help saying what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// Whose fault it is.
    pub fault: Fault,
    /// One sentence without a final stop; it names file, line and column where there are such.
    pub message: String,
    /// What the user can do.
    pub help: Option<String>,
    /// The findings that it is about, when a rule refused something.
    pub findings: Vec<Finding>,
}

impl Error {
    /// A failure of the given kind.
    pub fn new(fault: Fault, message: impl Into<String>) -> Self {
        Self { fault, message: message.into(), help: None, findings: Vec::new() }
    }

    /// A mistake in the command line, the policy or the repository.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Fault::Usage, message)
    }

    /// Something that is there and could not be read or written.
    pub fn unreadable(message: impl Into<String>) -> Self {
        Self::new(Fault::Io, message)
    }

    /// What was asked for does not exist.
    pub fn absent(message: impl Into<String>) -> Self {
        Self::new(Fault::Absent, message)
    }

    /// Something only a person can decide.
    pub fn undecided(message: impl Into<String>) -> Self {
        Self::new(Fault::Undecided, message)
    }

    /// What was looked at is no longer what is there.
    pub fn stale(message: impl Into<String>) -> Self {
        Self::new(Fault::Stale, message)
    }

    /// Somebody else holds what is needed.
    pub fn busy(message: impl Into<String>) -> Self {
        Self::new(Fault::Busy, message)
    }

    /// A defect of Terrace.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Fault::Internal, message).help(
            "this is a defect of terrace; nothing was changed. Please report it with the command you ran",
        )
    }

    /// A failed operation on a file; `doing` is a verb such as "read".
    #[must_use]
    pub fn io(doing: &str, path: &Path, error: &std::io::Error) -> Self {
        let help = match error.kind() {
            std::io::ErrorKind::NotFound => {
                "check the spelling, and the folder that terrace runs in (-C DIR)"
            }
            std::io::ErrorKind::PermissionDenied => "see with ls -l who may read and write there",
            std::io::ErrorKind::StorageFull => "make room on the disk and run the command again",
            _ => "see that the path can be read and written, and run the command again",
        };
        Self::unreadable(format!("cannot {doing} {}: {error}", path.display())).help(help)
    }

    /// The same error about these findings.
    #[must_use]
    pub fn with_findings(mut self, findings: Vec<Finding>) -> Self {
        self.findings = findings;
        self
    }

    /// The same error of somebody who asked whether it is there.
    #[must_use]
    pub fn into_absent(self) -> Self {
        Self { fault: Fault::Absent, ..self }
    }

    /// The same error with advice attached.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl From<super::UnknownEnvironment> for Error {
    fn from(error: super::UnknownEnvironment) -> Self {
        Self::usage(error.to_string()).help(error.help())
    }
}
