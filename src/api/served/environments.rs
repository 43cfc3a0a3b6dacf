//! The environments, and how each is served.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use crate::api::findings::line;
use crate::model::{CommitId, Environment, Finding, Severity};

/// The environments that a caller may read.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Environments")]
pub(super) struct EnvironmentsReport<'a> {
    /// The version of this format.
    #[schemars(extend("const" = 1))]
    version: u8,
    /// In promotion order.
    environments: Vec<EnvironmentEntry<'a>>,
}

/// One environment.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ServedEnvironment")]
pub(super) struct EnvironmentReport<'a> {
    /// The version of this format.
    #[schemars(extend("const" = 1))]
    version: u8,
    #[serde(flatten)]
    entry: EnvironmentEntry<'a>,
}

/// An environment as it is served.
#[derive(Serialize, JsonSchema)]
struct EnvironmentEntry<'a> {
    /// Its name.
    environment: Environment,
    /// The commit that last changed its files or a schema of its items; null when nothing is served.
    commit: Option<&'a str>,
    /// How many items it has.
    items: usize,
    /// What the rules found that read this environment alone.
    findings: SeverityCounts,
    /// What keeps its newest state from being served.
    held_back: Option<HeldBackCount<'a>>,
}

/// How many findings there are of each severity.
#[derive(Serialize, JsonSchema)]
struct SeverityCounts {
    /// Errors.
    errors: usize,
    /// Warnings.
    warnings: usize,
    /// Notices.
    notices: usize,
}

/// A state that is not served.
#[derive(Serialize, JsonSchema)]
struct HeldBackCount<'a> {
    /// The newest commit that changed the environment.
    commit: &'a str,
    /// How many findings block it.
    findings: usize,
}

/// An environment for the reports.
pub struct Served<'a> {
    /// Its name.
    pub environment: Environment,
    /// The commit that last changed it.
    pub commit: Option<&'a CommitId>,
    /// How many items it has.
    pub items: usize,
    /// What was found in it.
    pub findings: &'a [Finding],
    /// What is held back: the newest commit, and how many findings block it.
    pub held_back: Option<(&'a CommitId, usize)>,
}

impl<'a> From<&Served<'a>> for EnvironmentEntry<'a> {
    fn from(served: &Served<'a>) -> Self {
        let of = |severity| served.findings.iter().filter(|finding| finding.severity == severity).count();
        Self {
            environment: served.environment,
            commit: served.commit.map(CommitId::as_str),
            items: served.items,
            findings: SeverityCounts {
                errors: of(Severity::Error),
                warnings: of(Severity::Warning),
                notices: of(Severity::Notice),
            },
            held_back: served
                .held_back
                .map(|(commit, findings)| HeldBackCount { commit: commit.as_str(), findings }),
        }
    }
}

/// Writes all environments.
///
/// # Errors
/// Those of `out`.
pub fn environments(served: &[Served<'_>], out: &mut dyn Write) -> io::Result<()> {
    let environments = served.iter().map(EnvironmentEntry::from).collect();
    line(&EnvironmentsReport { version: 1, environments }, out)
}

/// Writes one environment.
///
/// # Errors
/// Those of `out`.
pub fn environment(served: &Served<'_>, out: &mut dyn Write) -> io::Result<()> {
    line(&EnvironmentReport { version: 1, entry: served.into() }, out)
}
