//! What became of items that were written, and what was found in a text.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use crate::api::findings::{FindingEntry, line};
use crate::model::{CommitId, Environment, Finding};

/// What became, or would become, of items.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Written")]
pub(super) struct WrittenReport<'a> {
    /// The version of this format.
    #[schemars(extend("const" = 1))]
    version: u8,
    /// The environment.
    environment: Environment,
    /// The commit; null when everything was as wanted already, or nothing was to be written.
    commit: Option<&'a str>,
    /// Whether something would be committed; left out where something could be.
    #[serde(skip_serializing_if = "Option::is_none")]
    would_commit: Option<bool>,
    /// The items.
    items: &'a [WrittenItem],
}

/// An item that was written.
#[derive(Serialize, JsonSchema)]
pub struct WrittenItem {
    /// The item's key.
    pub key: String,
    /// The entity tag of its JSON; null when it is gone.
    pub etag: Option<String>,
}

/// Writes what became of items; `would_commit` says it of what was only tried.
///
/// # Errors
/// Those of `out`.
pub fn written(
    environment: Environment,
    commit: Option<&CommitId>,
    would_commit: Option<bool>,
    items: &[WrittenItem],
    out: &mut dyn Write,
) -> io::Result<()> {
    let commit = commit.map(CommitId::as_str);
    line(&WrittenReport { version: 1, environment, commit, would_commit, items }, out)
}

/// What was found in a text.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CheckedText")]
pub(super) struct CheckedReport<'a> {
    /// The version of this format.
    #[schemars(extend("const" = 1))]
    version: u8,
    /// What the rules found that read this environment alone.
    findings: Vec<FindingEntry<'a>>,
}

/// Writes what was found in a text.
///
/// # Errors
/// Those of `out`.
pub fn checked(findings: &[Finding], out: &mut dyn Write) -> io::Result<()> {
    line(&CheckedReport { version: 1, findings: findings.iter().map(FindingEntry::served).collect() }, out)
}
