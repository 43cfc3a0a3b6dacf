//! What was found in an environment, and what of it is not served.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use crate::api::findings::{Counts, FindingEntry, line};
use crate::engine::summary::Summary;
use crate::model::{CommitId, Finding};

/// What was found in one environment.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "EnvironmentFindings")]
pub(super) struct FindingsReport<'a> {
    /// The version of this format.
    #[schemars(extend("const" = 1))]
    version: u8,
    /// What the rules found in what is served, those that read this environment alone.
    findings: Vec<FindingEntry<'a>>,
    /// What was looked at, and how much was found.
    summary: Counts<'a>,
    /// What keeps the newest state from being served.
    held_back: Option<HeldBackReport<'a>>,
}

/// A state that is not served, and why.
#[derive(Serialize, JsonSchema)]
struct HeldBackReport<'a> {
    /// The newest commit that changed the environment.
    commit: &'a str,
    /// What blocks it.
    findings: Vec<FindingEntry<'a>>,
    /// Why it could not be judged at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    /// The broken items.
    items: &'a [HeldItem<'a>],
}

/// A broken item.
#[derive(Serialize, JsonSchema)]
pub struct HeldItem<'a> {
    /// The item's key.
    pub key: &'a str,
    /// The entity tag of its file as it is in the newest commit: the one to mend it by; null for
    /// who may not see a secret that it holds.
    pub held_etag: Option<String>,
}

/// What is held back of an environment.
pub struct Held<'a> {
    /// The newest commit that changed the environment.
    pub commit: &'a CommitId,
    /// What blocks it.
    pub findings: &'a [Finding],
    /// Why it could not be judged at all.
    pub error: Option<&'a str>,
    /// The broken items.
    pub items: Vec<HeldItem<'a>>,
}

/// Writes what was found in one environment.
///
/// # Errors
/// Those of `out`.
pub fn findings(
    found: &[&Finding],
    summary: &Summary,
    held_back: Option<&Held<'_>>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let held_back = held_back.map(|held| HeldBackReport {
        commit: held.commit.as_str(),
        findings: held.findings.iter().map(FindingEntry::served).collect(),
        error: held.error,
        items: &held.items,
    });
    let findings = found.iter().copied().map(FindingEntry::served).collect();
    line(&FindingsReport { version: 1, findings, summary: summary.into(), held_back }, out)
}
