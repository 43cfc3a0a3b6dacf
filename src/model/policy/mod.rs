//! `terrace.toml`: read raw, checked once, then resolved into what the engine asks.
//!
//! The raw form mirrors the file and refuses unknown keys; the resolved [`Policy`] holds compiled
//! patterns and always has every answer. Nothing here reads a file.

use std::collections::BTreeMap;

use globset::GlobMatcher;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;

mod clauses;

pub use clauses::{Clause, Clauses};

use self::clauses::Places;
use super::glob::Globs;
use super::pattern::PatternSet;
use super::place_index::PlaceIndex;
use super::{
    Date, Environment, Error, Help, Hop, Key, PathPattern, Position, Result, Rule, Severity,
    UNFINISHED_MERGE, ValuePath, closest, glob, left_markers,
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
    /// What values may become for processes and shells.
    #[serde(default)]
    run: RawRun,
}

/// A text and where it stands.
type RawWord = Spanned<String>;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RawRun {
    /// Variables that may leave though a shell, a loader or an interpreter runs text by them.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    allow: Vec<RawWord>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawPromotion {
    /// What a promotion does with keys that the target never had; `undecided` where it is not given.
    #[schemars(with = "Option<NewKeys>")]
    new_keys: Option<Spanned<NewKeys>>,
    /// What a promotion does with removals of a value that the target has for itself; `undecided` where
    /// it is not given.
    #[schemars(with = "Option<NewKeys>")]
    removals: Option<Spanned<NewKeys>>,
    /// What a promotion does with all that people decide.
    #[serde(default)]
    #[schemars(with = "NewKeys")]
    undecided: Option<Spanned<NewKeys>>,
}

/// What a promotion does with what people decide.
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
    /// Path patterns of secret values, besides those that their names or their look tell.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    paths: Vec<RawWord>,
    /// Path patterns of values that are no secrets, whatever they are called or look like.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    not: Vec<RawWord>,
    /// Globs of values that are references to a secret, not the secret.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    references: Vec<RawWord>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RawIsolation {
    /// Words that name an environment, besides its own names.
    #[serde(default)]
    #[schemars(with = "BTreeMap<Environment, Vec<String>>")]
    words: BTreeMap<Environment, Vec<RawWord>>,
    /// Host globs that belong to one environment.
    #[serde(default)]
    #[schemars(with = "BTreeMap<Environment, Vec<String>>")]
    hosts: BTreeMap<Environment, Vec<RawWord>>,
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
    #[schemars(with = "Option<usize>")]
    file_bytes: Option<Spanned<usize>>,
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
    /// The schema's file, relative to the configuration root.
    pub file: String,
}

/// An entry of `terrace.toml` that is to fit something.
#[derive(Debug)]
pub struct PolicyEntry {
    /// The bytes of `terrace.toml` that hold it.
    pub span: std::ops::Range<usize>,
    /// What it is to fit.
    pub fits: Fits,
}

/// What an entry of `terrace.toml` is to fit.
#[derive(Debug)]
pub enum Fits {
    /// A pin: a path of an item.
    Pin(Option<GlobMatcher>, PathPattern),
    /// A host, in lower case.
    Host(GlobMatcher),
    /// A word, in lower case.
    Word(String),
    /// A path that is, or is not, a secret.
    Secret(PathPattern),
    /// A value that refers to a secret.
    Reference(GlobMatcher),
    /// A shared schema: a key.
    Schema(GlobMatcher),
}

/// The resolved policy: every question has an answer.
#[derive(Debug)]
pub struct Policy {
    /// What a promotion does with new keys.
    pub new_keys: NewKeys,
    /// What a promotion does with removals of a value that the target has for itself.
    pub removals: NewKeys,
    /// Paths that are never promoted.
    pub pins: Vec<Pin>,
    pins_by_place: PlaceIndex,
    secret_paths: PatternSet,
    no_secret_paths: PatternSet,
    secret_references: Globs,
    /// Lower-case words that name each environment, its own names first.
    pub words: BTreeMap<Environment, Vec<String>>,
    hosts: Globs,
    /// The owner of each host.
    owners: Vec<Environment>,
    levels: BTreeMap<Rule, Option<Severity>>,
    /// Accepted findings, in file order.
    pub waivers: Vec<Waiver>,
    waivers_by_place: PlaceIndex,
    /// Shared schemas, in file order.
    pub schemas: Vec<SchemaMapping>,
    schema_keys: Globs,
    /// The largest file that is read, in bytes.
    pub file_bytes: usize,
    /// Variables that may leave though text is run by them.
    pub run_allow: Vec<String>,
    /// What it says, as written.
    pub clauses: Clauses,
    /// What is to fit something, each entry for itself.
    pub entries: Vec<PolicyEntry>,
}

const SECRET_REFERENCES: [&str; 6] = ["${*", "vault:*", "ref+*", "ENC[*", "op://*", "%env(*"];

impl Default for Policy {
    fn default() -> Self {
        Self::resolve(RawPolicy::default(), "", FILE)
            .unwrap_or_else(|error| unreachable!("the default policy is valid: {error}"))
    }
}

impl Policy {
    /// Reads `terrace.toml`; `file` is the name for messages.
    ///
    /// # Errors
    /// `State`, and names file, line and column when the text is not TOML, holds an unknown
    /// key, or a value that means nothing.
    pub fn parse(text: &str, file: &str) -> Result<Self> {
        let raw: RawPolicy = toml::from_str(text).map_err(|error| {
            if let Some(offset) = left_markers(text) {
                let Position { line, column } = Places::of(text).at(offset);
                return Error::state(format!("{file}:{line}:{column}: {UNFINISHED_MERGE}"))
                    .with_help(Help::FinishMerge);
            }
            let offset = error.span().map_or(0, |span| span.start);
            let message = error.message().replace('\n', ", ");
            let wrong = message.split('`').nth(1).unwrap_or_default().to_owned();
            let known: Vec<&str> = message.split('`').skip(3).step_by(2).collect();
            let help = match closest(&wrong, known.iter().copied()) {
                Some(name) if message.starts_with("unknown") => format!("did you mean `{name}`?"),
                _ => "terrace explain policy shows what terrace.toml may hold".to_owned(),
            };
            let Position { line, column } = Places::of(text).at(offset);
            Error::state(format!("{file}:{line}:{column}: {message}")).with_help(help)
        })?;
        Self::resolve(raw, text, file)
    }

    fn resolve(raw: RawPolicy, text: &str, file: &str) -> Result<Self> {
        let places = Places::of(text);
        let at = |span: std::ops::Range<usize>, message: String| {
            let Position { line, column } = places.at(span.start);
            format!("{file}:{line}:{column}: {message}")
        };
        let mut clauses = clauses::of(&raw, &|offset| places.at(offset));
        let whole = 0..0;
        if let Some(version) = raw.version.filter(|version| *version != 1) {
            let message = format!("version {version} is not known");
            return Err(
                Error::state(at(whole, message)).with_help("write `version = 1`, or use a newer terrace")
            );
        }
        let glob = |span: std::ops::Range<usize>, text: &str| {
            glob::compile(text)
                .map_err(|reason| Error::state(at(span, reason)).with_help("use `*`, `**`, `?` or `[…]`"))
        };
        let pattern = |span: std::ops::Range<usize>, text: &str| {
            text.parse::<PathPattern>().map_err(|error| {
                Error::state(at(span, error.to_string()))
                    .with_help("a path pattern is `a.b`, `a.*` or `**.b`")
            })
        };
        let rule = |span: std::ops::Range<usize>, id: &str| {
            id.parse::<Rule>()
                .map_err(|error| Error::state(at(span, error.to_string())).with_help(error.help()))
        };
        let mut entries = Vec::new();
        let mut pins = Vec::new();
        for pin in raw.pin {
            let span = pin.span();
            let line = places.at(span.start).line;
            let pin = pin.into_inner();
            let key = pin.key.map(|key| glob(span.clone(), &key)).transpose()?;
            let path = pattern(span.clone(), &pin.path)?;
            entries.push(PolicyEntry { span, fits: Fits::Pin(key.clone(), path.clone()) });
            pins.push(Pin { key, path, to: pin.to, line });
        }
        let day = |until: Spanned<Datetime>| -> Result<Date> {
            let (span, until) = (until.span(), until.into_inner());
            let day = until.date.and_then(|date| date.to_string().parse().ok());
            day.ok_or_else(|| {
                let message = format!("until = {until} is no day of the calendar");
                Error::state(at(span, message))
                    .with_help("write the last day on which it counts: until = 2027-01-31")
            })
        };
        let mut waivers = Vec::new();
        for waiver in raw.waiver {
            let span = waiver.span();
            let waiver = waiver.into_inner();
            if waiver.reason.trim().is_empty() {
                let message = "a waiver needs a reason".to_owned();
                return Err(Error::state(at(span, message))
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
        let (mut schemas, mut schema_keys) = (Vec::new(), Vec::new());
        for mapping in raw.schema {
            let span = mapping.span();
            let mapping = mapping.into_inner();
            let keys = glob(span.clone(), &mapping.keys)?;
            entries.push(PolicyEntry { span, fits: Fits::Schema(keys.clone()) });
            schema_keys.push(keys);
            schemas.push(SchemaMapping { file: mapping.file });
        }
        let mut levels = BTreeMap::new();
        for (id, level) in raw.rules {
            let level = match level {
                RawLevel::Off => None,
                RawLevel::Notice => Some(Severity::Notice),
                RawLevel::Warning => Some(Severity::Warning),
                RawLevel::Error => Some(Severity::Error),
            };
            let rule = rule(id.span(), id.get_ref())?;
            clauses.levels.push((rule, level, places.at(id.span().start)));
            levels.insert(rule, level);
        }
        let mut patterns = |paths: &[RawWord]| -> Result<PatternSet> {
            let read = |path: &RawWord| pattern(path.span(), path.get_ref());
            let read: Vec<PathPattern> = paths.iter().map(read).collect::<Result<_>>()?;
            entries.extend(paths.iter().zip(&read).map(|(path, pattern)| PolicyEntry {
                span: path.span(),
                fits: Fits::Secret(pattern.clone()),
            }));
            Ok(PatternSet::loose(read))
        };
        let (secret_paths, no_secret_paths) = (patterns(&raw.secrets.paths)?, patterns(&raw.secrets.not)?);
        let references = SECRET_REFERENCES.map(|text| text.replace('[', "[[]").replace('{', "[{]"));
        let mut secret_references: Vec<GlobMatcher> =
            references.iter().map(|text| glob(whole.clone(), text)).collect::<Result<_>>()?;
        for text in &raw.secrets.references {
            let matcher = glob(text.span(), text.get_ref())?;
            entries.push(PolicyEntry { span: text.span(), fits: Fits::Reference(matcher.clone()) });
            secret_references.push(matcher);
        }
        let words = Environment::ALL.map(|env| {
            let own = env.words().iter().map(|word| (*word).to_owned());
            let given = raw.isolation.words.get(&env).into_iter().flatten();
            let more: Vec<String> = given.clone().map(|word| word.get_ref().to_lowercase()).collect();
            entries.extend(
                given
                    .zip(&more)
                    .map(|(given, word)| PolicyEntry { span: given.span(), fits: Fits::Word(word.clone()) }),
            );
            (env, own.chain(more).collect())
        });
        let (mut hosts, mut owners) = (Vec::new(), Vec::new());
        for (env, globs) in &raw.isolation.hosts {
            for text in globs {
                let matcher = glob(text.span(), &text.get_ref().to_lowercase())?;
                entries.push(PolicyEntry { span: text.span(), fits: Fits::Host(matcher.clone()) });
                hosts.push(matcher);
                owners.push(*env);
            }
        }
        let [new_keys, removals] =
            clauses.undecided.map(|said| said.map_or_else(NewKeys::default, |(what, _)| what));
        Ok(Self {
            new_keys,
            removals,
            pins_by_place: PlaceIndex::new(pins.iter().map(|pin| (pin.key.as_ref(), Some(&pin.path)))),
            pins,
            secret_paths,
            no_secret_paths,
            secret_references: Globs::new(secret_references),
            words: words.into_iter().collect(),
            hosts: Globs::new(hosts),
            owners,
            levels,
            waivers_by_place: PlaceIndex::new(
                waivers.iter().map(|waiver| (waiver.key.as_ref(), waiver.path.as_ref())),
            ),
            waivers,
            schemas,
            schema_keys: Globs::new(schema_keys),
            file_bytes: clauses.file_bytes.map_or(1024 * 1024, |(bytes, _)| bytes),
            run_allow: raw.run.allow.into_iter().map(Spanned::into_inner).collect(),
            clauses,
            entries,
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
        let covering = self.pins_by_place.covering(Some(key), Some(path)).into_iter();
        let mut pins = covering.filter_map(|number| self.pins.get(number));
        pins.find(|pin| pin.to.is_none_or(|to| to == hop.target()))
    }

    /// Whether `[secrets]` says that values at `path` are secrets, or that they are none; nothing where
    /// it does not speak of them. Ignores letter case, and takes `-` for `_`.
    #[must_use]
    pub fn declares_secret(&self, path: &ValuePath) -> Option<bool> {
        if self.no_secret_paths.covers(path) {
            return Some(false);
        }
        self.secret_paths.covers(path).then_some(true)
    }

    /// Whether a value refers to a secret instead of being one.
    #[must_use]
    pub fn is_reference(&self, value: &str) -> bool {
        self.secret_references.is_match(value)
    }

    /// The environments that own `host` (lower case).
    pub fn host_owners(&self, host: &str) -> impl Iterator<Item = Environment> {
        self.hosts.matching(host).into_iter().filter_map(|number| self.owners.get(number).copied())
    }

    /// The numbers of the waivers, ended or not, that speak of such a finding, in file order.
    pub fn waivers_of(
        &self,
        rule: Rule,
        key: Option<&Key>,
        environment: Option<Environment>,
        path: Option<&ValuePath>,
    ) -> impl Iterator<Item = usize> {
        let covering = self.waivers_by_place.covering(key, path).into_iter();
        covering.filter(move |number| {
            self.waivers.get(*number).is_some_and(|waiver| {
                waiver.rule == rule && (waiver.environment.is_none() || waiver.environment == environment)
            })
        })
    }

    /// Whether a waiver, ended or not, speaks of such a finding.
    #[must_use]
    pub fn is_waived(&self, rule: Rule, key: &Key, environment: Environment, path: &ValuePath) -> bool {
        self.waivers_of(rule, Some(key), Some(environment), Some(path)).next().is_some()
    }

    /// Whether any host belongs to an environment.
    #[must_use]
    pub fn has_hosts(&self) -> bool {
        !self.hosts.is_empty()
    }

    /// The shared schemas that describe `key`, in file order.
    pub fn schemas_of(&self, key: &Key) -> impl Iterator<Item = &SchemaMapping> {
        self.schema_keys.matching(key.as_str()).into_iter().filter_map(|number| self.schemas.get(number))
    }
}

#[cfg(test)]
mod tests {
    use super::super::lookups;
    use super::*;

    fn path(text: &str) -> ValuePath {
        text.parse().expect(text)
    }

    #[test]
    fn an_empty_policy_has_every_default() {
        let policy = Policy::parse("", FILE).expect("policy");
        assert_eq!(policy.declares_secret(&path("db.password")), None);
        for reference in ["${DB}", "vault:kv/x", "ENC[AES256]", "op://v/i", "ref+x"] {
            assert!(policy.is_reference(reference), "{reference}");
        }
        assert!(!policy.is_reference("hunter2"));
    }

    #[test]
    fn what_the_policy_says_of_secrets_counts_below_and_its_exceptions_first() {
        let text = "[secrets]\npaths = [\"**.licence-code\"]\nnot = [\"old.**\", \"**.secretName\"]\n";
        let policy = Policy::parse(text, FILE).expect("policy");
        for (place, says) in [
            ("a.licence_code", Some(true)),
            ("a.Licence-Code.x", Some(true)),
            ("old.licence-code", Some(false)),
            ("tls[0].secretname", Some(false)),
            ("password", None),
        ] {
            assert_eq!(policy.declares_secret(&path(place)), says, "{place}");
        }
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
    fn the_first_pin_of_a_place_counts() {
        let policy = Policy::parse(
            "[[pin]]\npath = \"a.b\"\nto = \"staging\"\n[[pin]]\nkey = \"pay*\"\npath = \"a\"\n\
             [[pin]]\npath = \"**.b\"\n[[pin]]\nkey = \"pay*\"\npath = \"a.b\"\n",
            FILE,
        )
        .expect("policy");
        for (key, place, hop, line) in [
            ("payments", "a.b", Hop::ToStaging, Some(1)),
            ("payments", "a.b", Hop::ToProduction, Some(4)),
            ("other", "a.b", Hop::ToProduction, Some(7)),
            ("payments", "x.b.c", Hop::ToProduction, Some(7)),
            ("other", "a", Hop::ToProduction, None),
        ] {
            let pin = policy.pin(&key.parse().expect(key), &path(place), hop);
            assert_eq!(pin.map(|pin| pin.line), line, "{key} {place}");
        }
    }

    /// Twice as many entries, and twice as many places to ask about.
    #[test]
    fn entries_that_speak_of_other_places_are_not_tried() {
        type Shape = fn(usize) -> String;
        let shapes: [(&str, Shape); 4] = [
            ("pins by path", |n| format!("[[pin]]\npath = \"services.s{n:04}.host\"\n")),
            ("pins by key", |n| format!("[[pin]]\nkey = \"k{n:04}\"\npath = \"**.host\"\n")),
            ("waivers by key", |n| {
                format!("[[waiver]]\nrule = \"schema\"\nkey = \"k{n:04}\"\nreason = \"r\"\n")
            }),
            ("waivers by both", |n| {
                let rule = "[[waiver]]\nrule = \"schema\"\nreason = \"r\"\n";
                format!("{rule}key = \"k{n:04}\"\npath = \"services.s{n:04}.host\"\n")
            }),
        ];
        for (what, shape) in shapes {
            lookups::assert_linear(what, |n| {
                let policy = Policy::parse(&(0..n).map(shape).collect::<String>(), FILE).expect(what);
                for n in 0..n {
                    let key = format!("k{n:04}").parse().expect("a key");
                    let path = path(&format!("services.s{n:04}.host"));
                    let pinned = policy.pin(&key, &path, Hop::ToStaging).is_some();
                    let waived = policy.is_waived(Rule::Schema, &key, Environment::Staging, &path);
                    assert!(pinned || waived, "{what}: {n}");
                }
            });
        }
        lookups::assert_linear("hosts", |n| {
            let hosts: Vec<String> = (0..n).map(|n| format!("\"*.h{n:04}.example.com\"")).collect();
            let text = format!("[isolation.hosts]\nstaging = [{}]\n", hosts.join(", "));
            let policy = Policy::parse(&text, FILE).expect("policy");
            for n in 0..n {
                assert_eq!(policy.host_owners(&format!("a.h{n:04}.example.com")).count(), 1);
            }
        });
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
