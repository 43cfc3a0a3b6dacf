//! `terrace.toml`: read raw, checked once, then resolved into what the engine asks.
//!
//! The raw form mirrors the file and refuses unknown keys; the resolved [`Policy`] holds compiled
//! patterns and always has every answer. Nothing here reads a file.

use std::collections::BTreeMap;

use globset::{GlobMatcher, GlobSet, GlobSetBuilder};
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;

use super::pattern::PatternSet;
use super::{
    Date, Environment, Error, Hop, Key, PathPattern, Result, Rule, Severity, ValuePath, closest, glob,
};

/// The file's name at the configuration root.
pub const FILE: &str = "terrace.toml";

/// `terrace.toml` as written.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "terrace.toml", description = "The policy of a terrace configuration repository.")]
pub struct RawPolicy {
    /// The format's version; only 1 exists.
    version: Option<i64>,
    /// How promotions treat what they find.
    #[serde(default)]
    promotion: RawPromotion,
    /// Paths that are never promoted.
    #[serde(default)]
    #[schemars(with = "Vec<RawPin>")]
    pin: Vec<Spanned<RawPin>>,
    /// What is secret.
    #[serde(default)]
    secrets: RawSecrets,
    /// What belongs to one environment.
    #[serde(default)]
    isolation: RawIsolation,
    /// Severities by rule.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, RawLevel>")]
    rules: BTreeMap<Spanned<String>, RawLevel>,
    /// Findings accepted on purpose.
    #[serde(default)]
    #[schemars(with = "Vec<RawWaiver>")]
    waiver: Vec<Spanned<RawWaiver>>,
    /// Schemas shared by many items.
    #[serde(default)]
    #[schemars(with = "Vec<RawSchema>")]
    schema: Vec<Spanned<RawSchema>>,
    /// Bounds on what is read.
    #[serde(default)]
    limits: RawLimits,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawPromotion {
    /// What a promotion does with keys that the target never had.
    #[serde(default)]
    new_keys: NewKeys,
}

/// What a promotion does with keys that the target never had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum NewKeys {
    /// Ask on a terminal, stop elsewhere.
    #[default]
    Ask,
    /// Take them.
    Take,
    /// Leave them.
    Leave,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RawPin {
    /// A glob over keys; every item without it.
    key: Option<String>,
    /// A path pattern.
    path: String,
    /// The target environment; every one without it.
    to: Option<Environment>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RawSecrets {
    /// Path patterns of secret values; replaces the default list.
    paths: Option<Vec<String>>,
    /// Globs of values that are references to a secret, not the secret.
    #[serde(default)]
    references: Vec<String>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RawIsolation {
    /// Words that name an environment, besides its own names.
    #[serde(default)]
    words: BTreeMap<Environment, Vec<String>>,
    /// Host globs that belong to one environment.
    #[serde(default)]
    hosts: BTreeMap<Environment, Vec<String>>,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum RawLevel {
    Off,
    Notice,
    Warning,
    Error,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RawWaiver {
    /// The rule whose finding is accepted.
    rule: String,
    /// A glob over keys; every item without it.
    key: Option<String>,
    /// The environment; every one without it.
    environment: Option<Environment>,
    /// A path pattern; every path without it.
    path: Option<String>,
    /// Why it is accepted.
    reason: String,
    /// The last day on which it counts.
    #[schemars(with = "Option<String>")]
    until: Option<Spanned<Datetime>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RawSchema {
    /// A glob over keys.
    keys: String,
    /// The schema's file, relative to the configuration root.
    file: String,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawLimits {
    /// The largest file that is read, in bytes (default 1048576).
    file_bytes: Option<usize>,
}

/// The JSON Schema of `terrace.toml`.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::generate::SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<RawPolicy>()
        .to_value()
}

/// A path that is never promoted.
#[derive(Debug)]
pub struct Pin {
    key: Option<GlobMatcher>,
    path: PathPattern,
    to: Option<Environment>,
    /// The line of `terrace.toml`, from 1.
    pub line: usize,
}

/// A finding accepted on purpose.
#[derive(Debug)]
pub struct Waiver {
    /// The rule whose finding is accepted.
    pub rule: Rule,
    key: Option<GlobMatcher>,
    /// The environment it is limited to.
    pub environment: Option<Environment>,
    path: Option<PathPattern>,
    /// Why.
    pub reason: String,
    /// The last day it counts, `YYYY-MM-DD`.
    pub until: Option<Date>,
    /// The bytes of `terrace.toml` that hold it.
    pub span: std::ops::Range<usize>,
}

impl Waiver {
    /// Whether the waiver speaks of this place.
    #[must_use]
    pub fn covers(
        &self,
        key: Option<&Key>,
        environment: Option<Environment>,
        path: Option<&ValuePath>,
    ) -> bool {
        // What is cheap to compare comes first: this is asked for every finding.
        (self.environment.is_none() || self.environment == environment)
            && self.path.as_ref().is_none_or(|pattern| path.is_some_and(|path| pattern.covers(path)))
            && self.key.as_ref().is_none_or(|glob| key.is_some_and(|key| glob.is_match(key.as_str())))
    }

    /// The place it speaks of, as written: key, environment and path, what it leaves open left out.
    #[must_use]
    pub fn place(&self) -> String {
        let key = self.key.as_ref().map(|key| key.glob().to_string());
        let environment = self.environment.map(|env| env.to_string());
        let path = self.path.as_ref().map(ToString::to_string);
        [key, environment, path].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

/// A schema shared by all items whose key a glob matches.
#[derive(Debug)]
pub struct SchemaMapping {
    keys: GlobMatcher,
    /// The schema's file, relative to the configuration root.
    pub file: String,
}

/// The resolved policy: every question has an answer.
#[derive(Debug)]
pub struct Policy {
    /// What a promotion does with new keys.
    pub new_keys: NewKeys,
    /// Paths that are never promoted.
    pub pins: Vec<Pin>,
    secret_paths: PatternSet,
    secret_references: Vec<GlobMatcher>,
    /// All of them at once, where they are not too many for that.
    all_references: Option<GlobSet>,
    /// Lower-case words that name each environment, its own names first.
    pub words: BTreeMap<Environment, Vec<String>>,
    hosts: Vec<(Environment, GlobMatcher)>,
    levels: BTreeMap<Rule, Option<Severity>>,
    /// Accepted findings, in file order.
    pub waivers: Vec<Waiver>,
    /// Shared schemas, in file order.
    pub schemas: Vec<SchemaMapping>,
    /// The largest file that is read, in bytes.
    pub file_bytes: usize,
}

const SECRET_PATHS: [&str; 8] = [
    "**.password",
    "**.passwd",
    "**.secret",
    "**.token",
    "**.api_key",
    "**.apikey",
    "**.private_key",
    "**.client_secret",
];

const SECRET_REFERENCES: [&str; 6] = ["${*", "vault:*", "ref+*", "ENC[*", "op://*", "%env(*"];

impl Default for Policy {
    fn default() -> Self {
        Self::resolve(RawPolicy::default(), &|_, _| String::new())
            .unwrap_or_else(|error| unreachable!("the default policy is valid: {error}"))
    }
}

impl Policy {
    /// Reads `terrace.toml`; `file` is the name for messages.
    ///
    /// # Errors
    /// A usage error that names file, line and column when the text is not TOML, holds an unknown
    /// key, or a value that means nothing.
    pub fn parse(text: &str, file: &str) -> Result<Self> {
        let place = |offset: usize| {
            let before = text.get(..offset).unwrap_or(text);
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
            format!("{file}:{line}:{column}")
        };
        let raw: RawPolicy = toml::from_str(text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            let message = error.message().replace('\n', ", ");
            let wrong = message.split('`').nth(1).unwrap_or_default().to_owned();
            let known: Vec<&str> = message.split('`').skip(3).step_by(2).collect();
            let help = match closest(&wrong, known.iter().copied()) {
                Some(name) if message.starts_with("unknown") => format!("did you mean `{name}`?"),
                _ => "see the section on terrace.toml in the README".to_owned(),
            };
            Error::usage(format!("{}: {message}", place(offset))).with_help(help)
        })?;
        Self::resolve(raw, &|span, message| format!("{}: {message}", place(span.start)))
    }

    fn resolve(raw: RawPolicy, at: &dyn Fn(std::ops::Range<usize>, String) -> String) -> Result<Self> {
        let whole = 0..0;
        if let Some(version) = raw.version.filter(|version| *version != 1) {
            let message = format!("version {version} is not known");
            return Err(
                Error::usage(at(whole, message)).with_help("write `version = 1`, or use a newer terrace")
            );
        }
        let glob = |span: std::ops::Range<usize>, text: &str| {
            glob::compile(text)
                .map_err(|reason| Error::usage(at(span, reason)).with_help("use `*`, `**`, `?` or `[…]`"))
        };
        let pattern = |span: std::ops::Range<usize>, text: &str| {
            text.parse::<PathPattern>().map_err(|error| {
                Error::usage(at(span, error.to_string()))
                    .with_help("a path pattern is `a.b`, `a.*` or `**.b`")
            })
        };
        let rule = |span: std::ops::Range<usize>, id: &str| {
            id.parse::<Rule>()
                .map_err(|error| Error::usage(at(span, error.to_string())).with_help(error.help()))
        };
        let mut pins = Vec::new();
        for pin in raw.pin {
            let span = pin.span();
            let line = at(span.clone(), String::new()).rsplit(':').nth(2).and_then(|n| n.parse().ok());
            let pin = pin.into_inner();
            pins.push(Pin {
                key: pin.key.map(|key| glob(span.clone(), &key)).transpose()?,
                path: pattern(span, &pin.path)?,
                to: pin.to,
                line: line.unwrap_or(1),
            });
        }
        let day = |until: Spanned<Datetime>| -> Result<Date> {
            let (span, until) = (until.span(), until.into_inner());
            let day = until.date.and_then(|date| date.to_string().parse().ok());
            day.ok_or_else(|| {
                let message = format!("until = {until} is no day of the calendar");
                Error::usage(at(span, message))
                    .with_help("write the last day on which it counts: until = 2027-01-31")
            })
        };
        let mut waivers = Vec::new();
        for waiver in raw.waiver {
            let span = waiver.span();
            let waiver = waiver.into_inner();
            if waiver.reason.trim().is_empty() {
                let message = "a waiver needs a reason".to_owned();
                return Err(Error::usage(at(span, message))
                    .with_help("say why the finding is accepted: reason = \"…\""));
            }
            waivers.push(Waiver {
                rule: rule(span.clone(), &waiver.rule)?,
                key: waiver.key.map(|key| glob(span.clone(), &key)).transpose()?,
                environment: waiver.environment,
                path: waiver.path.map(|path| pattern(span.clone(), &path)).transpose()?,
                reason: waiver.reason,
                until: waiver.until.map(day).transpose()?,
                span,
            });
        }
        let mut schemas = Vec::new();
        for mapping in raw.schema {
            let span = mapping.span();
            let mapping = mapping.into_inner();
            schemas.push(SchemaMapping { keys: glob(span, &mapping.keys)?, file: mapping.file });
        }
        let mut levels = BTreeMap::new();
        for (id, level) in raw.rules {
            let level = match level {
                RawLevel::Off => None,
                RawLevel::Notice => Some(Severity::Notice),
                RawLevel::Warning => Some(Severity::Warning),
                RawLevel::Error => Some(Severity::Error),
            };
            levels.insert(rule(id.span(), id.get_ref())?, level);
        }
        let paths = raw.secrets.paths.unwrap_or_else(|| SECRET_PATHS.map(String::from).to_vec());
        let references = SECRET_REFERENCES.map(|text| text.replace('[', "[[]").replace('{', "[{]"));
        let references = references.into_iter().chain(raw.secrets.references);
        let secret_references: Vec<GlobMatcher> =
            references.map(|text| glob(whole.clone(), &text)).collect::<Result<_>>()?;
        let words = Environment::ALL.map(|env| {
            let own = env.words().iter().map(|word| (*word).to_owned());
            let more = raw.isolation.words.get(&env).into_iter().flatten().map(|word| word.to_lowercase());
            (env, own.chain(more).collect())
        });
        let mut hosts = Vec::new();
        for (env, globs) in &raw.isolation.hosts {
            for text in globs {
                hosts.push((*env, glob(whole.clone(), &text.to_lowercase())?));
            }
        }
        Ok(Self {
            new_keys: raw.promotion.new_keys,
            pins,
            secret_paths: PatternSet::new(
                paths.iter().map(|path| pattern(whole.clone(), path)).collect::<Result<_>>()?,
            ),
            all_references: at_once(&secret_references),
            secret_references,
            words: words.into_iter().collect(),
            hosts,
            levels,
            waivers,
            schemas,
            file_bytes: raw.limits.file_bytes.unwrap_or(1024 * 1024),
        })
    }

    /// The severity of a rule's finding; `None` when the rule is off.
    #[must_use]
    pub fn severity(&self, rule: Rule, default: Severity) -> Option<Severity> {
        self.levels.get(&rule).copied().unwrap_or(Some(default))
    }

    /// The pin that keeps `path` of `key` from being promoted over `hop`.
    #[must_use]
    pub fn pin(&self, key: &Key, path: &ValuePath, hop: Hop) -> Option<&Pin> {
        self.pins.iter().find(|pin| {
            // What is cheap to compare comes first: this is asked for every path.
            pin.to.is_none_or(|to| to == hop.target())
                && pin.path.covers(path)
                && pin.key.as_ref().is_none_or(|glob| glob.is_match(key.as_str()))
        })
    }

    /// Whether values at `path` are secrets.
    #[must_use]
    pub fn is_secret(&self, path: &ValuePath) -> bool {
        self.secret_paths.covers_loosely(path)
    }

    /// Whether a value refers to a secret instead of being one.
    #[must_use]
    pub fn is_reference(&self, value: &str) -> bool {
        match &self.all_references {
            Some(all) => all.is_match(value),
            None => self.secret_references.iter().any(|glob| glob.is_match(value)),
        }
    }

    /// The environments that own `host` (lower case).
    pub fn host_owners<'a>(&'a self, host: &'a str) -> impl Iterator<Item = Environment> + 'a {
        self.hosts.iter().filter(move |(_, glob)| glob.is_match(host)).map(|(env, _)| *env)
    }

    /// Whether a waiver, ended or not, speaks of such a finding.
    #[must_use]
    pub fn is_waived(&self, rule: Rule, key: &Key, environment: Environment, path: &ValuePath) -> bool {
        let covers = |waiver: &Waiver| waiver.covers(Some(key), Some(environment), Some(path));
        self.waivers.iter().any(|waiver| waiver.rule == rule && covers(waiver))
    }

    /// Whether any host belongs to an environment.
    #[must_use]
    pub fn has_hosts(&self) -> bool {
        !self.hosts.is_empty()
    }

    /// The shared schemas that describe `key`, in file order.
    pub fn schemas_of<'a>(&'a self, key: &'a Key) -> impl Iterator<Item = &'a SchemaMapping> + 'a {
        self.schemas.iter().filter(move |mapping| mapping.keys.is_match(key.as_str()))
    }
}

/// One matcher for all of these globs; `None` when they are too many for one.
fn at_once(globs: &[GlobMatcher]) -> Option<GlobSet> {
    let mut all = GlobSetBuilder::new();
    for glob in globs {
        all.add(glob.glob().clone());
    }
    all.build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> ValuePath {
        text.parse().expect(text)
    }

    #[test]
    fn an_empty_policy_has_every_default() {
        let policy = Policy::parse("", FILE).expect("policy");
        assert!(policy.is_secret(&path("db.Password")));
        assert!(policy.is_secret(&path("svc.client-secret.old")));
        assert!(!policy.is_secret(&path("db.passwords")));
        for reference in ["${DB}", "vault:kv/x", "ENC[AES256]", "op://v/i", "ref+x"] {
            assert!(policy.is_reference(reference), "{reference}");
        }
        assert!(!policy.is_reference("hunter2"));
    }

    #[test]
    fn the_documented_policy_is_understood() {
        let text = r#"version = 1
[promotion]
new-keys = "leave"
[[pin]]
key = "pay*"
path = "database.host"
to = "production"
[isolation]
words = { staging = ["UAT"] }
[isolation.hosts]
development = ["*.dev.example.com", "localhost"]
[rules]
skipped-promotion = "off"
[[waiver]]
rule = "foreign-host"
key = "release/signing"
path = "PYXIS_URL"
reason = "on purpose"
until = 2027-01-31
[[schema]]
keys = "services/*"
file = "schemas/service.schema.json"
"#;
        let policy = Policy::parse(text, FILE).expect("policy");
        let key: Key = "payments".parse().expect("key");
        assert_eq!(policy.new_keys, NewKeys::Leave);
        assert_eq!(policy.pin(&key, &path("database.host"), Hop::ToProduction).map(|pin| pin.line), Some(4));
        assert!(policy.pin(&key, &path("database.host"), Hop::ToStaging).is_none());
        assert_eq!(policy.host_owners("a.dev.example.com").collect::<Vec<_>>(), [Environment::Development]);
        assert_eq!(policy.severity(Rule::SkippedPromotion, Severity::Notice), None);
        assert_eq!(policy.waivers[0].until, "2027-01-31".parse().ok());
        assert!(policy.words[&Environment::Staging].contains(&"uat".to_owned()));
        assert_eq!(policy.schemas_of(&"services/a".parse().expect("key")).count(), 1);
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        let nested = format!("[[schema]]\nkeys = \"{}\"\nfile = \"a\"", "{".repeat(100_000));
        for (text, expected) in [
            ("vesion = 1", "terrace.toml:1:1: unknown field `vesion`"),
            ("\n[promotion]\nnew-keys = \"yes\"", "terrace.toml:3:12: unknown variant `yes`"),
            ("[[pin]]\npath = \"a..b\"", "terrace.toml:1:1: `a..b` is not a path"),
            ("[rules]\nforeign-hosts = \"off\"", "terrace.toml:2:1: `foreign-hosts` is not a rule"),
            ("[[waiver]]\nrule = \"schema\"\nreason = \" \"", "terrace.toml:1:1: a waiver needs a reason"),
            (
                "[[waiver]]\nrule = \"schema\"\nreason = \"x\"\nuntil = 10:00:00",
                "terrace.toml:4:9: until = 10:00:00 is no day of the calendar",
            ),
            ("version = 2", "terrace.toml:1:1: version 2 is not known"),
            ("[[pin]]\nkey = \"[a\"\npath = \"a\"", "terrace.toml:1:1: `[a` is not a glob: "),
            (&nested, "terrace.toml:1:1: a glob of 100000 bytes is too long (at most 16384)"),
            ("a = ", "terrace.toml:1:5: "),
        ] {
            let error = Policy::parse(text, FILE).expect_err(text);
            assert!(error.message.starts_with(expected), "{}", error.message);
            assert!(error.help.is_some(), "{text}");
        }
    }
}
