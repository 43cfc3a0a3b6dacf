//! `--format json`: findings for programs, in the version 1 that the README promises.
//!
//! The text of a value is exact here; what a terminal or a CI runner would act on is written as
//! `\u…`, which every JSON reader turns back.

use std::fmt::Write as _;
use std::io::{self, Write};

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;

use super::sanitize::acts;
use crate::engine::summary::Summary;
use crate::model::{Environment, Finding, Related, Severity};

/// The findings of a check or a review.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "terrace findings")]
struct FindingsReport<'a> {
    /// The version of this format.
    #[schemars(extend("const" = 1))]
    version: u8,
    /// What was found, in the order of files and lines.
    findings: Vec<FindingEntry<'a>>,
    /// How much was found.
    summary: Counts<'a>,
}

/// A fact about the configuration.
#[derive(Serialize, JsonSchema)]
pub(crate) struct FindingEntry<'a> {
    /// The rule's id; `terrace explain` tells about it.
    rule: &'static str,
    /// Its weight.
    severity: Severity,
    /// One sentence, secrets masked.
    message: &'a str,
    /// What to do.
    help: String,
    /// The file, relative to the root of the git repository.
    file: &'a str,
    /// The line, from 1; null when the file as a whole is meant.
    #[schemars(range(min = 1))]
    line: Option<usize>,
    /// The column in Unicode characters, from 1.
    #[schemars(range(min = 1))]
    column: Option<usize>,
    /// The line on which it ends.
    #[schemars(range(min = 1))]
    end_line: Option<usize>,
    /// The column behind its last character.
    #[schemars(range(min = 1))]
    end_column: Option<usize>,
    /// The environment, when the file belongs to one.
    environment: Option<Environment>,
    /// The item's key, when the file is one.
    key: Option<&'a str>,
    /// The value as a JSON Pointer (RFC 6901) into this file.
    pointer: Option<String>,
    /// The value as people name it.
    path: Option<String>,
    /// Further places that the finding is about.
    related: Vec<Elsewhere<'a>>,
}

/// A further place.
#[derive(Serialize, JsonSchema)]
pub(super) struct Elsewhere<'a> {
    /// What is there: `first`, `also`.
    label: &'static str,
    /// The file, relative to the root of the git repository.
    file: &'a str,
    /// The line, from 1.
    #[schemars(range(min = 1))]
    line: usize,
    /// The column in Unicode characters, from 1.
    #[schemars(range(min = 1))]
    column: usize,
}

/// How much was looked at and found.
#[derive(Serialize, JsonSchema)]
pub(super) struct Counts<'a> {
    /// How many items were looked at.
    items: usize,
    /// The environments that were looked at.
    environments: &'a [Environment],
    /// How many findings are errors.
    errors: usize,
    /// How many are warnings.
    warnings: usize,
    /// How many are notices.
    notices: usize,
}

impl<'a> From<&'a Finding> for FindingEntry<'a> {
    fn from(finding: &'a Finding) -> Self {
        let (start, end) = (finding.location.map(|at| at.start), finding.location.map(|at| at.end));
        Self {
            rule: finding.rule.id(),
            severity: finding.severity,
            message: &finding.message,
            help: finding.help.to_string(),
            file: &finding.file,
            line: start.map(|at| at.line),
            column: start.map(|at| at.column),
            end_line: end.map(|at| at.line),
            end_column: end.map(|at| at.column),
            environment: finding.environment,
            key: finding.key.as_ref().map(crate::model::Key::as_str),
            pointer: finding.pointer.as_ref().map(ToString::to_string),
            path: finding.path.as_ref().map(ToString::to_string),
            related: finding.related.iter().map(Elsewhere::from).collect(),
        }
    }
}

impl<'a> FindingEntry<'a> {
    /// A finding whose advice is said with the routes and fields of the API.
    pub(crate) fn served(finding: &'a Finding) -> Self {
        Self { help: super::help::say(&finding.help), ..Self::from(finding) }
    }
}

impl<'a> From<&'a Related> for Elsewhere<'a> {
    fn from(related: &'a Related) -> Self {
        let Related { label, file, location } = related;
        Self { label: label.as_str(), file, line: location.start.line, column: location.start.column }
    }
}

impl<'a> From<&'a Summary> for Counts<'a> {
    fn from(summary: &'a Summary) -> Self {
        Self {
            items: summary.items,
            environments: &summary.environments,
            errors: summary.errors,
            warnings: summary.warnings,
            notices: summary.notices,
        }
    }
}

/// Writes the findings as one JSON document.
///
/// # Errors
/// Those of `out`.
pub fn findings(findings: &[Finding], summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
    let (findings, summary) = (findings.iter().map(FindingEntry::from).collect(), Counts::from(summary));
    document(&FindingsReport { version: 1, findings, summary }, out)
}

/// Writes any value as one indented JSON document that is safe to look at on a terminal.
///
/// # Errors
/// Those of `out`, and those of the value's own serialization.
pub fn document(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", safe(&serde_json::to_string_pretty(value)?))
}

/// Writes any value as one line of JSON that is safe to look at on a terminal.
pub(super) fn line(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", safe(&serde_json::to_string(value)?))
}

/// JSON in which what a terminal would act on is escaped.
fn safe(text: &str) -> String {
    // Outside of strings JSON has nothing to escape but its own line breaks.
    let mut safe = String::with_capacity(text.len() + 1);
    for (at, c) in text.char_indices() {
        if c == '\n' || !acts(text, at) {
            safe.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(safe, "\\u{unit:04x}");
            }
        }
    }
    safe
}

/// The JSON Schema (draft 2020-12) of what a type writes.
pub(super) fn schema_of<T: JsonSchema>() -> serde_json::Value {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>().to_value()
}

/// The JSON Schema of what [`findings`] writes.
#[must_use]
pub fn schema() -> serde_json::Value {
    schema_of::<FindingsReport<'_>>()
}
