//! What a server answers: its environments, their items, and problems.

use std::io::{self, Write};

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, ReplaceBoolSchemas};
use schemars::{Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::Value as Json;

use super::findings::{Counts, FindingEntry, line};
use super::{requests, value};
use crate::engine::summary::Summary;
use crate::model::{ChangedValue, CommitId, Environment, Finding, Key, Severity};
use crate::secrets::mask::Shown;

/// The environments that a caller may read.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Environments")]
struct EnvironmentsReport<'a> {
    /// The version of this format.
    #[schemars(extend("const" = 1))]
    version: u8,
    /// In promotion order.
    environments: Vec<EnvironmentEntry<'a>>,
}

/// One environment.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ServedEnvironment")]
struct EnvironmentReport<'a> {
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

/// Items of one environment.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Items")]
struct ItemsReport<'a> {
    /// The version of this format.
    #[schemars(extend("const" = 1))]
    version: u8,
    /// The environment.
    environment: Environment,
    /// In the order of their keys.
    items: &'a [ListedItem<'a>],
    /// Where the next page begins: the value for `after`; null on the last page.
    next: Option<&'a str>,
}

/// An item of a list.
#[derive(Serialize, JsonSchema)]
pub struct ListedItem<'a> {
    /// The item's key.
    pub key: &'a str,
    /// The entity tag of its JSON.
    pub etag: &'a str,
    /// The commit that last changed it; null where a shallow clone does not tell.
    pub commit: Option<&'a str>,
}

/// Writes a page of items.
///
/// # Errors
/// Those of `out`.
pub fn items(
    environment: Environment,
    items: &[ListedItem<'_>],
    next: Option<&Key>,
    out: &mut dyn Write,
) -> io::Result<()> {
    line(&ItemsReport { version: 1, environment, items, next: next.map(Key::as_str) }, out)
}

/// One item.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Item")]
struct ItemReport<'a> {
    /// The version of this format.
    #[schemars(extend("const" = 1))]
    version: u8,
    /// The item's key.
    key: &'a str,
    /// Its environment.
    environment: Environment,
    /// Its file, relative to the git root.
    file: &'a str,
    /// What it holds; left out of a file of several YAML documents. A secret that may not be shown is
    /// `{"masked":true}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Json>,
    /// What each of several YAML documents holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    documents: Option<Vec<Json>>,
}

/// Writes one item, the value of each of its YAML documents already masked.
///
/// # Errors
/// Those of `out`.
pub fn item(
    (key, environment): (&Key, Environment),
    file: &str,
    values: &[Shown],
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut values = values.iter().map(|value| value::json(value.shown()));
    let (value, documents) = match values.len() {
        0 => (Some(Json::Null), None),
        1 => (values.next(), None),
        _ => (None, Some(values.collect())),
    };
    line(&ItemReport { version: 1, key: key.as_str(), environment, file, value, documents }, out)
}

/// The schemas that describe one item.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ItemSchemas")]
struct SchemasReport<'a> {
    /// The version of this format.
    #[schemars(extend("const" = 1))]
    version: u8,
    /// The item's key.
    key: &'a str,
    /// Its environment.
    environment: Environment,
    /// Each has to be met.
    schemas: &'a [DescribingSchema],
}

/// A schema that describes an item.
#[derive(Serialize, JsonSchema)]
pub struct DescribingSchema {
    /// Its file, relative to the git root.
    pub file: String,
    /// The JSON Schema; null where the file is not JSON.
    pub schema: Json,
}

/// Writes the schemas of one item.
///
/// # Errors
/// Those of `out`.
pub fn schemas_of_item(
    (key, environment): (&Key, Environment),
    schemas: &[DescribingSchema],
    out: &mut dyn Write,
) -> io::Result<()> {
    line(&SchemasReport { version: 1, key: key.as_str(), environment, schemas }, out)
}

/// What was found in one environment.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "EnvironmentFindings")]
struct FindingsReport<'a> {
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

/// Whether the server is well.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Health")]
struct HealthReport<'a> {
    /// `ok`, `ready` or `stopping`.
    status: &'a str,
    /// How each environment stands that the caller may read: `served`, `held-back` or `unavailable`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    environments: Vec<EnvironmentHealth>,
    /// How the branch stands to the remote that it follows; left out where it follows none.
    #[serde(skip_serializing_if = "Option::is_none")]
    replica: Option<ReplicaHealth>,
}

/// How the served branch stands to the remote that it follows.
#[derive(Serialize, JsonSchema)]
pub struct ReplicaHealth {
    /// `following`, `unreachable`, `branch-missing`, or `diverged` where the remote does not have all
    /// of the branch.
    pub condition: &'static str,
    /// Whether writes are refused for that.
    #[serde(rename = "read_only")]
    pub is_read_only: bool,
    /// When the remote last answered, in seconds since 1970-01-01 UTC.
    pub fetched: Option<i64>,
    /// So many seconds ago.
    pub age: Option<u64>,
    /// So many commits of the branch the remote does not have.
    pub ahead: usize,
    /// So many commits of the remote the branch does not have.
    pub behind: usize,
}

/// How one environment stands.
#[derive(Serialize, JsonSchema)]
pub struct EnvironmentHealth {
    /// The environment.
    pub environment: Environment,
    /// `served`, `held-back` or `unavailable`.
    pub status: &'static str,
}

/// Writes whether the server is well.
///
/// # Errors
/// Those of `out`.
pub fn health(
    status: &str,
    environments: Vec<EnvironmentHealth>,
    replica: Option<ReplicaHealth>,
    out: &mut dyn Write,
) -> io::Result<()> {
    line(&HealthReport { status, environments, replica }, out)
}

/// Why a request was not answered as asked (RFC 9457).
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
struct ProblemReport<'a> {
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

/// What became, or would become, of items.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Written")]
struct WrittenReport<'a> {
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
struct CheckedReport<'a> {
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

/// What changed in an environment.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Event")]
struct EventReport<'a> {
    /// The version of this format.
    #[schemars(extend("const" = 1))]
    version: u8,
    /// The environment.
    environment: Environment,
    /// The commit that last changed it.
    commit: Option<&'a str>,
    /// The items that changed; left out where nothing is told but how the environment stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<&'a [ChangedItem<'a>]>,
}

/// An item that changed.
#[derive(Serialize, JsonSchema)]
pub struct ChangedItem<'a> {
    /// The item's key.
    pub key: &'a str,
    /// The entity tag of its JSON; null when it is gone.
    pub etag: Option<String>,
    /// What happened to it.
    pub change: ItemChange,
}

/// What happened to an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ItemChange {
    /// It was not there.
    Added,
    /// It is not what it was.
    Modified,
    /// It is gone.
    Removed,
}

/// Writes an event.
///
/// # Errors
/// Those of `out`.
pub fn event(
    environment: Environment,
    commit: Option<&CommitId>,
    items: Option<&[ChangedItem<'_>]>,
    out: &mut dyn Write,
) -> io::Result<()> {
    line(&EventReport { version: 1, environment, commit: commit.map(CommitId::as_str), items }, out)
}

/// Makes of alternatives that are each one word an enumeration of words; what was said of each of them is
/// said of all.
fn words_as_enum(schema: &mut Schema) {
    let Some(Json::Array(alternatives)) = schema.get("oneOf") else { return };
    let word = |it: &Json| it.get("const").and_then(Json::as_str).map(str::to_owned);
    let Some(words) = alternatives.iter().map(word).collect::<Option<Vec<String>>>() else { return };
    let said = alternatives.iter().zip(&words).filter_map(|(it, word)| {
        Some(format!("- `{word}`: {}", it.get("description")?.as_str()?.replace('\n', " ")))
    });
    let said: Vec<String> = said.collect();
    let before = schema.get("description").and_then(Json::as_str).unwrap_or_default();
    let description = format!("{before}\n\n{}", said.join("\n")).trim().to_owned();
    schema.remove("oneOf");
    schema.insert("type".to_owned(), "string".into());
    schema.insert("enum".to_owned(), words.into());
    schema.insert("description".to_owned(), description.into());
}

/// The JSON Schemas of everything that a server answers, by name, as parts of an OpenAPI document.
#[must_use]
pub fn components() -> serde_json::Map<String, Json> {
    let mut generator = generator(SchemaSettings::draft2020_12().for_serialize());
    generator.subschema_for::<EnvironmentsReport<'_>>();
    generator.subschema_for::<EnvironmentReport<'_>>();
    generator.subschema_for::<ItemsReport<'_>>();
    generator.subschema_for::<ItemReport<'_>>();
    generator.subschema_for::<SchemasReport<'_>>();
    generator.subschema_for::<FindingsReport<'_>>();
    generator.subschema_for::<EventReport<'_>>();
    generator.subschema_for::<HealthReport<'_>>();
    generator.subschema_for::<ProblemReport<'_>>();
    generator.subschema_for::<super::items::Got<'_>>();
    generator.subschema_for::<super::log::LogReport<'_>>();
    generator.subschema_for::<super::blame::BlameReport<'_>>();
    generator.subschema_for::<super::diff::DiffReport<'_>>();
    generator.subschema_for::<super::plan::PlanReport<'_>>();
    generator.subschema_for::<super::hold::HoldReport<'_>>();
    generator.subschema_for::<WrittenReport<'_>>();
    generator.subschema_for::<CheckedReport<'_>>();
    let mut components = generator.take_definitions(true);
    // What is sent may leave out what has a meaning without; what is answered leaves out what is said to be.
    let mut sent = self::generator(SchemaSettings::draft2020_12().for_deserialize());
    sent.subschema_for::<requests::Put<'_>>();
    sent.subschema_for::<requests::Changes<'_>>();
    sent.subschema_for::<requests::Promote<'_>>();
    sent.subschema_for::<requests::RollBack>();
    sent.subschema_for::<requests::Hold>();
    for (name, schema) in sent.take_definitions(true) {
        components.entry(name).or_insert(schema);
    }
    components
}

/// Makes parts of an OpenAPI document.
fn generator(mut settings: SchemaSettings) -> SchemaGenerator {
    settings.definitions_path = "/components/schemas".into();
    // Generators of clients take `true` for no schema, and of alternatives that are words the first alone.
    let mut objects = ReplaceBoolSchemas::default();
    objects.skip_additional_properties = true;
    settings.with_transform(objects).with_transform(RecursiveTransform(words_as_enum)).into_generator()
}
