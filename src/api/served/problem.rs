//! Why a request was not answered as asked.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value as Json;

use crate::api::findings::{FindingEntry, line};
use crate::model::{ChangedValue, Environment, Finding};

/// Why a request was not answered as asked (RFC 9457).
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub(super) struct ProblemReport<'a> {
    /// `urn:terrace:problem:NAME`.
    r#type: String,
    /// What kind of problem it is, in a few words.
    title: &'a str,
    /// The status of the answer.
    status: u16,
    /// What is wrong, in one sentence.
    detail: &'a str,
    /// What can be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
    /// The findings that it is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<FindingEntry<'a>>,
    /// What was changed since the version that was expected, latest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changed: Vec<ChangedEntry<'a>>,
    /// The tag of the item as it is in the newest commit, where that is held back.
    #[serde(skip_serializing_if = "Option::is_none")]
    held_etag: Option<&'a str>,
    /// The plan as it is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<&'a Json>,
}

/// A value that was changed.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ChangedValue")]
struct ChangedEntry<'a> {
    /// The item's key.
    key: &'a str,
    /// Its environment.
    environment: Environment,
    /// Where in it.
    path: String,
    /// Who last changed it.
    author: &'a str,
    /// The commit that did.
    commit: &'a str,
}

/// A problem for programs.
pub struct Problem<'a> {
    /// The stable name.
    pub name: &'a str,
    /// What kind of problem it is.
    pub title: &'a str,
    /// The status of the answer.
    pub status: u16,
    /// What is wrong.
    pub detail: &'a str,
    /// What can be done.
    pub help: Option<&'a str>,
    /// The findings that it is about.
    pub findings: &'a [Finding],
    /// What was changed since.
    pub changed: &'a [ChangedValue],
    /// The tag to mend an item by.
    pub held_etag: Option<&'a str>,
    /// The plan as it is now.
    pub plan: Option<&'a Json>,
}

/// Writes a problem.
///
/// # Errors
/// Those of `out`.
pub fn problem(problem: &Problem<'_>, out: &mut dyn Write) -> io::Result<()> {
    let report = ProblemReport {
        r#type: format!("urn:terrace:problem:{}", problem.name),
        title: problem.title,
        status: problem.status,
        detail: problem.detail,
        help: problem.help,
        findings: problem.findings.iter().map(FindingEntry::served).collect(),
        changed: problem
            .changed
            .iter()
            .map(|changed| ChangedEntry {
                key: changed.item.key.as_str(),
                environment: changed.item.environment,
                path: changed.path.to_string(),
                author: &changed.commit.author,
                commit: changed.commit.id.as_str(),
            })
            .collect(),
        held_etag: problem.held_etag,
        plan: problem.plan,
    };
    line(&report, out)
}
