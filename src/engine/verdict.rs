//! [`Verdict`]: what a look found.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::engine::rules::CheckReport;
use crate::model::{Finding, Result, Severity};

/// How a file differs from what was held of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It has another content.
    Modified,
    /// It is gone.
    Removed,
}

/// A file whose content is not what it was.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Change {
    /// The file, relative to the root of the git repository.
    pub file: String,
    /// How it changed.
    pub change: ChangeKind,
}

/// What one look found.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// How many verdicts there were, this one included.
    pub number: u64,
    /// The branch that is checked out.
    pub branch: Option<String>,
    /// The files that changed; none in the first verdict.
    pub changed: Vec<Change>,
    /// The files at hand: those that changed, and those of which other things are said now than
    /// before; relative to the root of the git repository.
    pub at_hand: BTreeSet<String>,
    /// Everything that is said of the configuration, or why nothing can be.
    pub outcome: Result<Arc<CheckReport>>,
    /// A number of the content watched: the same again when the last good content is back.
    pub content: u64,
}

impl Verdict {
    /// Whether there is no error.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.outcome.as_ref().is_ok_and(|report| report.count(Severity::Error) == 0)
    }

    /// The findings of the files at hand.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.all().iter().filter(|finding| self.at_hand.contains(&finding.file))
    }

    /// The errors of other files.
    pub fn errors_elsewhere(&self) -> impl Iterator<Item = &Finding> {
        let elsewhere =
            |finding: &&Finding| finding.severity == Severity::Error && !self.at_hand.contains(&finding.file);
        self.all().iter().filter(elsewhere)
    }

    fn all(&self) -> &[Finding] {
        self.outcome.as_ref().map_or(&[], |report| &report.findings)
    }
}
