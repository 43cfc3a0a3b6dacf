//! SARIF 2.1.0, as GitHub's code scanning accepts it.
//!
//! Every result has a place and the fields GitHub calls required; a finding about a whole file
//! stands at its first line. The fingerprint has a name of its own: `primaryLocationLineHash` is
//! what GitHub's upload action computes, and it warns about each one that differs.

use std::fmt::Write as _;
use std::io::{self, Write};

use serde::Serialize;

use super::fingerprint::fingerprints;
use super::remark::Remark;
use super::view::View;
use super::{explain, headline};
use crate::model::{Finding, Location, Position, Related, Rule, Severity};

#[derive(Serialize)]
struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    column_kind: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    invocations: Vec<Invocation>,
    results: Vec<Outcome>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: Message,
    locations: [Place; 1],
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    semantic_version: &'static str,
    rules: Vec<Descriptor>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    id: &'static str,
    short_description: Message,
    full_description: Message,
    help: Help,
    #[serde(skip_serializing_if = "Option::is_none")]
    help_uri: Option<String>,
    default_configuration: Configuration,
}

#[derive(Serialize)]
struct Message {
    text: String,
}

#[derive(Serialize)]
struct Help {
    text: String,
    markdown: String,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Message,
    locations: [Place; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<RelatedPlace>,
    partial_fingerprints: Fingerprints,
}

#[derive(Serialize)]
struct Fingerprints {
    #[serde(rename = "terrace/v1")]
    terrace: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    physical_location: PhysicalLocation,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RelatedPlace {
    message: Message,
    physical_location: PhysicalLocation,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: Artifact,
    region: Region,
}

#[derive(Serialize)]
struct Artifact {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
}

/// Writes the findings as one SARIF log.
///
/// # Errors
/// Those of `out`.
pub(super) fn findings(findings: &[Finding], remarks: &[Remark], out: &mut dyn Write) -> io::Result<()> {
    let results =
        findings.iter().zip(fingerprints(findings)).map(|(finding, name)| result(finding, name.to_string()));
    let driver = Driver {
        name: "terrace",
        semantic_version: env!("CARGO_PKG_VERSION"),
        rules: Rule::ALL.iter().map(|rule| descriptor(*rule)).collect(),
    };
    let run = Run {
        tool: Tool { driver },
        column_kind: "unicodeCodePoints",
        invocations: invocations(remarks),
        results: results.collect(),
    };
    let schema = "https://json.schemastore.org/sarif-2.1.0.json";
    crate::api::findings::document(&Log { schema, version: "2.1.0", runs: [run] }, out)
}

/// What is accepted or not compared is no result: notifications tell of it (section 3.20.21).
fn invocations(remarks: &[Remark]) -> Vec<Invocation> {
    let first = Position { line: 1, column: 1 };
    let at_first = Location { start: first, end: first };
    let notification = |Remark { name, file, text }: &Remark| Notification {
        level: level(Severity::Notice),
        message: Message { text: plain(&format!("{name}: {text}")) },
        locations: [Place { physical_location: physical_location(file, at_first) }],
    };
    let told: Vec<_> = remarks.iter().map(notification).collect();
    if told.is_empty() {
        return Vec::new();
    }
    vec![Invocation { execution_successful: true, tool_execution_notifications: told }]
}

fn descriptor(rule: Rule) -> Descriptor {
    let explanation = rule.explanation();
    let message = |text: &str| Message { text: text.to_owned() };
    Descriptor {
        id: rule.id(),
        short_description: message(rule.summary()),
        full_description: message(&format!("{} {}", explanation.what, explanation.why)),
        help: Help { text: explain::text(rule, &View::default()), markdown: explain::body(rule) },
        help_uri: explain::address(env!("CARGO_PKG_REPOSITORY"), rule),
        default_configuration: Configuration { level: level(rule.severity()) },
    }
}

fn result(finding: &Finding, fingerprint: String) -> Outcome {
    let first = Position { line: 1, column: 1 };
    let location = finding.location.unwrap_or(Location { start: first, end: first });
    Outcome {
        rule_id: finding.rule.id(),
        rule_index: Rule::ALL.iter().position(|rule| *rule == finding.rule).unwrap_or_default(),
        level: level(finding.severity),
        message: Message { text: plain(&headline(finding)) },
        locations: [Place { physical_location: physical_location(&finding.file, location) }],
        related_locations: finding.related.iter().map(related_place).collect(),
        partial_fingerprints: Fingerprints { terrace: fingerprint },
    }
}

fn related_place(related: &Related) -> RelatedPlace {
    RelatedPlace {
        message: Message { text: related.label.to_string() },
        physical_location: physical_location(&related.file, related.location),
    }
}

fn physical_location(file: &str, Location { start, end }: Location) -> PhysicalLocation {
    PhysicalLocation {
        artifact_location: Artifact { uri: uri(file) },
        region: Region {
            start_line: start.line,
            start_column: start.column,
            end_line: end.line,
            end_column: end.column,
        },
    }
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Notice => "note",
    }
}

/// A path as a relative URI: everything but unreserved characters is percent-encoded (RFC 3986).
fn uri(path: &str) -> String {
    path.bytes().fold(String::with_capacity(path.len()), |mut out, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(byte.into())
            }
            _ => _ = write!(out, "%{byte:02X}"),
        }
        out
    })
}

/// Text in which a SARIF reader finds neither a link, `[text](target)`, nor a placeholder, `{0}`
/// (sections 3.11.5 and 3.11.6).
fn plain(text: &str) -> String {
    let text = text.replace("](", "] (");
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        let (index, tail) = after.split_at(digits);
        let placeholder = tail.strip_prefix('}').filter(|_| !index.is_empty());
        out.push_str(before);
        match placeholder {
            Some(_) => _ = write!(out, "{{{{{index}}}}}"),
            None => _ = write!(out, "{{{index}"),
        }
        rest = placeholder.unwrap_or(tail);
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_relative_uris() {
        for (path, expected) in [
            ("environments/production/a.yaml", "environments/production/a.yaml"),
            ("a b/ü#?%.yaml", "a%20b/%C3%BC%23%3F%25.yaml"),
            ("javascript:x", "javascript%3Ax"),
        ] {
            assert_eq!(uri(path), expected);
        }
    }

    #[test]
    fn messages_hold_no_links_and_no_placeholders() {
        for (text, expected) in [
            ("[a](javascript:b)", "[a] (javascript:b)"),
            ("servers[name=api].port", "servers[name=api].port"),
            ("{0} {12}{x} ${DB} {} {", "{{0}} {{12}}{x} ${DB} {} {"),
        ] {
            assert_eq!(plain(text), expected);
        }
    }
}
