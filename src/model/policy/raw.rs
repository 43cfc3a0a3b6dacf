//! `terrace.toml` as it is written: what serde reads, and what its JSON Schema is made of.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;

use super::NewKeys;
use crate::model::Environment;

/// `terrace.toml` as written.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "terrace.toml", description = "The policy of a terrace configuration repository.")]
pub struct RawPolicy {
    /// The format's version; only 1 exists.
    pub(super) version: Option<i64>,
    /// How promotions treat what they find.
    #[serde(default)]
    pub(super) promotion: RawPromotion,
    /// Paths that are never promoted.
    #[serde(default)]
    #[schemars(with = "Vec<RawPin>")]
    pub(super) pin: Vec<Spanned<RawPin>>,
    /// What is secret.
    #[serde(default)]
    pub(super) secrets: RawSecrets,
    /// What belongs to one environment.
    #[serde(default)]
    pub(super) isolation: RawIsolation,
    /// Severities by rule.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, RawLevel>")]
    pub(super) rules: BTreeMap<Spanned<String>, RawLevel>,
    /// Findings accepted on purpose.
    #[serde(default)]
    #[schemars(with = "Vec<RawWaiver>")]
    pub(super) waiver: Vec<Spanned<RawWaiver>>,
    /// Schemas shared by many items.
    #[serde(default)]
    #[schemars(with = "Vec<RawSchema>")]
    pub(super) schema: Vec<Spanned<RawSchema>>,
    /// Bounds on what is read.
    #[serde(default)]
    pub(super) limits: RawLimits,
    /// What values may become for processes and shells.
    #[serde(default)]
    pub(super) run: RawRun,
}

/// A text and where it stands.
pub(super) type RawWord = Spanned<String>;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRun {
    /// Variables that may leave though a shell, a loader or an interpreter runs text by them.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(super) allow: Vec<RawWord>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawPromotion {
    /// What a promotion does with keys that the target never had; `undecided` where it is not given.
    #[schemars(with = "Option<NewKeys>")]
    pub(super) new_keys: Option<Spanned<NewKeys>>,
    /// What a promotion does with removals of a value that the target has for itself; `undecided` where
    /// it is not given.
    #[schemars(with = "Option<NewKeys>")]
    pub(super) removals: Option<Spanned<NewKeys>>,
    /// What a promotion does with all that people decide.
    #[serde(default)]
    #[schemars(with = "NewKeys")]
    pub(super) undecided: Option<Spanned<NewKeys>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPin {
    /// A glob over keys; every item without it.
    pub(super) key: Option<String>,
    /// A path pattern.
    pub(super) path: String,
    /// The target environment; every one without it.
    pub(super) to: Option<Environment>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSecrets {
    /// Path patterns of secret values, besides those that their names or their look tell.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(super) paths: Vec<RawWord>,
    /// Path patterns of values that are no secrets, whatever they are called or look like.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(super) not: Vec<RawWord>,
    /// Globs of values that are references to a secret, not the secret.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(super) references: Vec<RawWord>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawIsolation {
    /// Words that name an environment, besides its own names.
    #[serde(default)]
    #[schemars(with = "BTreeMap<Environment, Vec<String>>")]
    pub(super) words: BTreeMap<Environment, Vec<RawWord>>,
    /// Host globs that belong to one environment.
    #[serde(default)]
    #[schemars(with = "BTreeMap<Environment, Vec<String>>")]
    pub(super) hosts: BTreeMap<Environment, Vec<RawWord>>,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawLevel {
    Off,
    Notice,
    Warning,
    Error,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawWaiver {
    /// The rule whose finding is accepted.
    pub(super) rule: String,
    /// A glob over keys; every item without it.
    pub(super) key: Option<String>,
    /// The environment; every one without it.
    pub(super) environment: Option<Environment>,
    /// A path pattern; every path without it.
    pub(super) path: Option<String>,
    /// Why it is accepted.
    pub(super) reason: String,
    /// The last day on which it counts.
    #[schemars(with = "Option<String>")]
    pub(super) until: Option<Spanned<Datetime>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSchema {
    /// A glob over keys.
    pub(super) keys: String,
    /// The schema's file, relative to the configuration root.
    pub(super) file: String,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawLimits {
    /// The largest file that is read, in bytes (default 1048576).
    #[schemars(with = "Option<usize>")]
    pub(super) file_bytes: Option<Spanned<usize>>,
}

/// The JSON Schema of `terrace.toml`.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::generate::SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<RawPolicy>()
        .to_value()
}
