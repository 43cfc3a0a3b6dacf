//! What inside a file belongs to another environment than development.
//!
//! Names are looked at wherever they stand: as keys at any depth, as what tells an element of a list
//! from the others, and as the profile that a document of Spring's is for.

use std::collections::BTreeMap;
use std::fmt;

use crate::model::{Environment, Map, Segment, Value, ValuePath, names_word};
use crate::yaml::Document;

/// Something that is not development's, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Belonging {
    /// The place.
    pub path: ValuePath,
    /// Its line in the file, where that is YAML or JSON.
    pub line: Option<usize>,
    /// Whose it is.
    pub owner: Owner,
}

/// Whose something is, and how it says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// A mapping or list under a name of the environment.
    Section(Environment),
    /// A single value under such a name.
    Value(Environment),
    /// A value that names the environment the whole is for.
    Says(Environment),
    /// A mapping under a word for an environment or layer that terrace does not have.
    Layer(String),
    /// A document that counts where this Spring profile is active.
    Profile(String),
}

impl Belonging {
    /// Whether a person is asked before the file is taken.
    #[must_use]
    pub fn asks(&self) -> bool {
        match self.owner {
            Owner::Section(_) | Owner::Layer(_) | Owner::Profile(_) => true,
            Owner::Says(_) => !self.is_mode(),
            Owner::Value(_) => false,
        }
    }

    /// The environment that all of the file is for, as it says itself.
    #[must_use]
    pub fn owner_of_all(&self) -> Option<Environment> {
        match self.owner {
            Owner::Says(environment) if self.path.segments.len() == 1 && !self.is_mode() => Some(environment),
            Owner::Says(_) | Owner::Section(_) | Owner::Value(_) | Owner::Layer(_) | Owner::Profile(_) => {
                None
            }
        }
    }

    /// Whether it is a variable that says how a program runs, `NODE_ENV` say, which may be `production`
    /// anywhere.
    fn is_mode(&self) -> bool {
        matches!(self.path.last(), Some(Segment::Key(key)) if key.ends_with("_ENV"))
    }

    /// The same with its line in a document.
    pub(super) fn found_in(mut self, document: Option<&Document>) -> Self {
        let found = document.and_then(|document| Some((document, document.locate(&self.path)?)));
        self.line = found.map(|(document, found)| {
            document.location(found.key.as_ref().unwrap_or(&found.value)).start.line
        });
        self
    }
}

impl fmt::Display for Belonging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.path;
        match &self.owner {
            Owner::Section(environment) | Owner::Value(environment) => {
                write!(f, "`{path}` names {environment}, though the item is development's")
            }
            Owner::Says(environment) => {
                write!(f, "`{path}` says {environment}, though the item is development's")
            }
            Owner::Layer(word) => {
                write!(f, "`{path}` is for {word} only, though the item is development's")
            }
            Owner::Profile(profile) => {
                write!(f, "`{path}` is for the profile `{profile}` only, though the item is development's")
            }
        }
    }
}

/// Names of keys whose value is the environment that a mapping is for.
const TELLS: [&str; 5] = ["env", "environment", "stage", "profile", "profiles"];
/// Names of keys by which elements of a list are told apart.
const IDENTITY: [&str; 8] = ["name", "id", "key", "env", "environment", "stage", "profile", "label"];

/// All that is not development's, in the order of the file; what stands below it is not looked at.
pub(super) fn belongings(documents: &[Value], words: &BTreeMap<Environment, Vec<String>>) -> Vec<Belonging> {
    let mut look = Look { words, found: Vec::new() };
    for (number, value) in documents.iter().enumerate() {
        let root = ValuePath::document(number);
        look.profiles(&root, "", value);
        look.values(&root, value);
    }
    look.found
}

/// Words of environments and layers that terrace does not have.
pub(super) const LAYERS: [&str; 14] = [
    "test",
    "testing",
    "qa",
    "uat",
    "preprod",
    "preview",
    "sandbox",
    "integration",
    "ci",
    "e2e",
    "local",
    "override",
    "overrides",
    "canary",
];

/// Words that hardly stand for anything but an environment.
const SURELY: [&str; 6] = ["nonprod", "preprod", "preproduction", "qa", "sit", "uat"];

struct Look<'a> {
    words: &'a BTreeMap<Environment, Vec<String>>,
    found: Vec<Belonging>,
}

impl Look<'_> {
    fn add(&mut self, path: ValuePath, owner: Owner) {
        self.found.push(Belonging { path, line: None, owner });
    }

    /// The later environment that a name holds a word of.
    fn named(&self, name: &str) -> Option<Environment> {
        let words = |env: &Environment| self.words.get(env).is_some_and(|words| names_word(name, words));
        Environment::Development.others().find(words)
    }

    /// Whether a name in this mapping is a word for a layer: surely one, or perhaps one, and mappings for
    /// environments or sure layers stand beside it.
    fn is_layer(&self, name: &str, beside: &Map) -> bool {
        let is_one_of = |words: &[&str], name: &str| words.iter().any(|word| name.eq_ignore_ascii_case(word));
        let is_environment =
            |name: &str| self.words.values().flatten().any(|word| name.eq_ignore_ascii_case(word));
        let is_beside = |(other, value): (&String, &Value)| {
            value.untagged().as_map().is_some() && (is_one_of(&SURELY, other) || is_environment(other))
        };
        is_one_of(&SURELY, name) || is_one_of(&LAYERS, name) && beside.iter().any(is_beside)
    }

    /// The later environment that a text is a word for.
    fn said(&self, value: &Value) -> Option<Environment> {
        let text = value.untagged().as_str()?.trim().to_lowercase();
        let is_word = |env: &Environment| self.words.get(env).is_some_and(|words| words.contains(&text));
        Environment::Development.others().find(is_word)
    }

    /// `spring.config.activate.on-profile`, or `spring.profiles` before Spring Boot 2.4, however the
    /// name is divided into keys.
    fn profiles(&mut self, path: &ValuePath, name: &str, value: &Value) {
        match value.untagged() {
            Value::Map(map) => {
                for (key, value) in map {
                    let part: String =
                        key.to_lowercase().chars().filter(|c| !matches!(c, '-' | '_')).collect();
                    let name = if name.is_empty() { part } else { format!("{name}.{part}") };
                    if "spring.config.activate.onprofile".starts_with(&name)
                        || "spring.profiles".starts_with(&name)
                    {
                        self.profiles(&path.key(key), &name, value);
                    }
                }
            }
            Value::List(list) => {
                let texts: Vec<_> = list.iter().filter_map(Value::as_str).collect();
                if !texts.is_empty() && is_profile(name) {
                    self.add(path.clone(), Owner::Profile(texts.join(", ")));
                }
            }
            Value::String(text) if is_profile(name) => {
                self.add(path.clone(), Owner::Profile(text.clone()));
            }
            Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::Tagged(..) => {}
        }
    }

    fn values(&mut self, path: &ValuePath, value: &Value) {
        match value.untagged() {
            Value::Map(map) => {
                for (key, value) in map {
                    let at = path.key(key);
                    let said = value.untagged().as_str().and_then(|text| self.named(text));
                    if let Some(environment) = said.filter(|_| tells(path, key)) {
                        self.add(at, Owner::Says(environment));
                        continue;
                    }
                    match self.named(key) {
                        Some(_) if matches!(value, Value::Null) => {}
                        Some(environment) if value.untagged().is_scalar() => {
                            self.add(at, Owner::Value(environment));
                        }
                        Some(environment) => self.add(at, Owner::Section(environment)),
                        None if value.untagged().as_map().is_some() && self.is_layer(key, map) => {
                            self.add(at, Owner::Layer(key.clone()));
                        }
                        None => self.values(&at, value),
                    }
                }
            }
            Value::List(list) => {
                for (index, element) in list.iter().enumerate() {
                    let at = path.join(Segment::Index(index));
                    match self.identified(element) {
                        Some(environment) => self.add(at, Owner::Section(environment)),
                        None => self.values(&at, element),
                    }
                }
            }
            Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::Tagged(..) => {}
        }
    }

    /// The environment that an element of a list is for: `{name: production, url: …}`.
    fn identified(&self, element: &Value) -> Option<Environment> {
        let map = element.untagged().as_map().filter(|map| map.len() > 1)?;
        IDENTITY.iter().find_map(|field| self.said(map.get(*field)?))
    }
}

fn is_profile(name: &str) -> bool {
    ["spring.config.activate.onprofile", "spring.profiles"].contains(&name)
}

/// Whether the value of a key is the name of an environment: `NODE_ENV`, `spring.profiles.active`.
fn tells(path: &ValuePath, key: &str) -> bool {
    let last = |name: &str| {
        let lower = name.to_lowercase();
        lower.rsplit(|c: char| !c.is_alphanumeric()).next().is_some_and(|last| TELLS.contains(&last))
    };
    let above = || matches!(path.last(), Some(Segment::Key(above)) if last(above));
    let stem = key.strip_suffix(['e', 'E']).and_then(|stem| {
        let at = stem.len().checked_sub("activ".len())?;
        stem.get(at..).filter(|end| end.eq_ignore_ascii_case("activ"))?;
        stem.get(..at)
    });
    match stem {
        Some("") => above(),
        Some(stem) => last(stem.trim_end_matches(|c: char| !c.is_alphanumeric())),
        None => last(key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::read::{Format, convert};
    use crate::model::Policy;
    use crate::yaml::Limits;

    fn found(format: Format, text: &str) -> Vec<String> {
        let converted = convert(format, text.as_bytes(), &Limits::default()).expect(text);
        let words = Policy::default().words;
        let show = |found: Belonging| match found.owner {
            Owner::Section(environment) => format!("{} section {environment}", found.path),
            Owner::Value(environment) => format!("{} value {environment}", found.path),
            Owner::Says(environment) => format!("{} says {environment}", found.path),
            Owner::Layer(word) => format!("{} layer {word}", found.path),
            Owner::Profile(profile) => format!("{} profile {profile}", found.path),
        };
        belongings(&converted.documents, &words).into_iter().map(show).collect()
    }

    #[test]
    fn another_environments_values_are_found_at_any_depth() {
        for (format, text, expected) in [
            (
                Format::Yaml,
                "development: {a: 1}\nproduction: {a: 2}\n",
                &["production section production"][..],
            ),
            (
                Format::Yaml,
                "env: {production: {a: 1}, dev: {a: 2}}\n",
                &["env.production section production"],
            ),
            (Format::Yaml, "env.production: {a: 1}\n", &["\"env.production\" section production"]),
            (
                Format::Yaml,
                "a: {b: {environments: {staging: {db: {host: x}}}}}\n",
                &["a.b.environments.staging section staging"],
            ),
            (Format::Yaml, "when@prod:\n  a: 1\n", &["when@prod section production"]),
            (Format::Yaml, "a: 1\n---\nhosts: {stg: [x]}\n", &["#2:hosts.stg section staging"]),
            (Format::Yaml, "urls: {production: https://x}\n", &["urls.production value production"]),
            (
                Format::Yaml,
                "environments:\n  - {name: production, url: b}\n  - {name: dev, url: a}\n",
                &["environments[0] section production"],
            ),
            (Format::Yaml, "environment: production\na: 1\n", &["environment says production"]),
            (Format::Yaml, "environment: eu-prod\na: 1\n", &["environment says production"]),
            (Format::Json, r#"{"stage": "stg", "a": 1}"#, &["stage says staging"]),
            (Format::Yaml, "environment: products\nstage: 1\n", &["stage value staging"]),
            (Format::Toml, "[env.production]\nvars = {A = 1}\n", &["env.production section production"]),
            (Format::Json, r#"{"a": [{"production": {"b": 1}}]}"#, &["a[0].production section production"]),
            (Format::Properties, "%prod.db.url=x\ndb.url=y\n", &["%prod section production"]),
            (
                Format::Properties,
                "spring.profiles.active=prod\n",
                &["spring.profiles.active says production"],
            ),
            (
                Format::Env,
                "PROD_URL=a\nNODE_ENV=production\nSPRING_PROFILES_ACTIVE=prod\n",
                &[
                    "PROD_URL value production",
                    "NODE_ENV says production",
                    "SPRING_PROFILES_ACTIVE says production",
                ],
            ),
            (
                Format::Properties,
                "spring.config.activate.on-profile=qa\na=1\n",
                &["spring.config.activate.on-profile profile qa"],
            ),
            (
                Format::Yaml,
                "a: 1\n---\nspring: {config: {activate: {onProfile: 'prod & cloud'}}}\nb: 2\n",
                &["#2:spring.config.activate.onProfile profile prod & cloud"],
            ),
            (
                Format::Yaml,
                "spring.config.activate:\n  on-profile: [a, b]\n",
                &["\"spring.config.activate\".on-profile profile a, b"],
            ),
            (
                Format::Yaml,
                "spring: {profiles: prod}\n",
                &["spring.profiles profile prod", "spring.profiles says production"],
            ),
            (Format::Yaml, "common: {a: 1}\nqa: {a: 2}\nUAT: {a: 3}\n", &["qa layer qa", "UAT layer UAT"]),
            (Format::Yaml, "dev: {a: 1}\ntest: {a: 2}\n", &["test layer test"]),
            (Format::Toml, "[env.preprod]\na = 1\n", &["env.preprod layer preprod"]),
            (Format::Yaml, "paypal: {sandbox: {a: 1}, live: {a: 2}}\ntest: {a: 1}\nqa: on\n", &[]),
            (Format::Yaml, "when@prod:\n  # nothing yet\n", &[]),
            (Format::Yaml, "products: {a: 1}\nstages: [build]\nname: prod\nlist: [production]\n", &[]),
            (Format::Env, "NODE_ENV=development\nNATIVE=prod\nAPP_ENVIRONMENTAL=prod\n", &[]),
        ] {
            assert_eq!(found(format, text), expected, "{text}");
        }
    }
}
