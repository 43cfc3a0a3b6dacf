//! `terrace.toml`: read raw, checked once, then resolved into what the engine asks.
//!
//! The raw form mirrors the file and refuses unknown keys; the resolved [`Policy`] holds compiled
//! patterns and always has every answer. Nothing here reads a file.

use std::collections::BTreeMap;

use globset::GlobMatcher;
use schemars::JsonSchema;
use serde::Deserialize;

mod entry;
mod raw;
mod resolve;

pub use entry::{Clause, Fits, PolicyEntry};
pub use raw::{RawPolicy, schema};

use super::glob::Globs;
use super::pattern::PatternSet;
use super::place_index::PlaceIndex;
use super::{Date, Environment, Hop, Key, PathPattern, Position, Result, Rule, Severity, ValuePath};

/// The file's name at the configuration root.
pub const FILE: &str = "terrace.toml";

/// No file is read further, whatever `[limits] file-bytes` says, and one that goes on is refused.
pub const MOST_BYTES: usize = 64 * 1024 * 1024;

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

/// A setting, given or not.
#[derive(Clone, Copy, Debug)]
pub struct Setting<T> {
    /// What counts.
    pub value: T,
    /// Where the file gives it.
    pub at: Option<Position>,
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

/// The resolved policy: every question has an answer.
#[derive(Debug)]
pub struct Policy {
    /// What a promotion does with new keys.
    pub new_keys: Setting<NewKeys>,
    /// What a promotion does with removals of a value that the target has for itself.
    pub removals: Setting<NewKeys>,
    /// Paths that are never promoted.
    pub pins: Vec<Pin>,
    pins_by_place: PlaceIndex,
    secret_paths: PatternSet,
    no_secret_paths: PatternSet,
    secret_references: Globs,
    /// Lower-case words that name each environment, its own names first.
    pub words: BTreeMap<Environment, Vec<String>>,
    own_words: Vec<String>,
    hosts: Globs,
    /// The owner of each host.
    owners: Vec<Environment>,
    /// The levels that it gives to rules; `None` is off.
    pub levels: BTreeMap<Rule, Setting<Option<Severity>>>,
    /// Accepted findings, in file order.
    pub waivers: Vec<Waiver>,
    waivers_by_place: PlaceIndex,
    /// Shared schemas, in file order.
    pub schemas: Vec<SchemaMapping>,
    schema_keys: Globs,
    /// The largest file that is read, in bytes.
    pub file_bytes: Setting<usize>,
    /// Variables that may leave though text is run by them.
    pub run_allow: Vec<String>,
    /// What it permits and forbids, kind by kind, each in file order.
    pub entries: Vec<PolicyEntry>,
}

impl Default for Policy {
    fn default() -> Self {
        Self::parse("", FILE).unwrap_or_else(|error| unreachable!("the default policy is valid: {error}"))
    }
}

impl Policy {
    /// Reads `terrace.toml`; `file` is the name for messages.
    ///
    /// # Errors
    /// `State`, and names file, line and column when the text is not TOML, holds an unknown
    /// key, or a value that means nothing.
    pub fn parse(text: &str, file: &str) -> Result<Self> {
        resolve::policy(text, file)
    }

    /// The lower-case words of `[isolation] words`, whatever environment they name.
    #[must_use]
    pub fn own_words(&self) -> &[String] {
        &self.own_words
    }

    /// The severity of a rule's finding; `None` when the rule is off.
    #[must_use]
    pub fn severity(&self, rule: Rule, default: Severity) -> Option<Severity> {
        self.levels.get(&rule).map_or(Some(default), |level| level.value)
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

    /// Whether `[secrets]` may speak of a key where it is not known in which elements of lists and below
    /// which other keys it stands.
    #[must_use]
    pub fn may_declare_secret(&self, key: &str) -> bool {
        self.secret_paths.end_in(key)
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
        for text in ["hunter2", "${USER}:hunter2", "${PREFIX}hunter2", "${SCHEME}://u:hunter2@db/x"] {
            assert!(!policy.is_reference(text), "{text}");
        }
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
        assert_eq!(policy.new_keys.value, NewKeys::Leave);
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
