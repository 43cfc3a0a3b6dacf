//! Whether a text names an environment: by one of its words, or by one of its hosts.
//!
//! Rules use this to find one environment's values in another, promotions to leave what belongs
//! to one environment where it is.

use std::sync::OnceLock;

use super::hosts;
use crate::model::{Environment, Policy, Segment, Value, ValuePath};

/// What names each environment under a policy.
#[derive(Clone, Debug)]
pub struct Naming<'a> {
    policy: &'a Policy,
    words: Vec<Word<'a>>,
}

/// A word that may name an environment.
#[derive(Clone, Debug)]
struct Word<'a> {
    /// In lower case.
    text: &'a str,
    /// `None` for one that stands for all but production.
    environment: Option<Environment>,
    /// The longer words that hold it, by position; found when first asked.
    longer: OnceLock<Vec<usize>>,
}

/// Words that hold production's name and stand for every environment but production.
const BUT_PRODUCTION: [&str; 14] = [
    "pre-prod",
    "pre_prod",
    "preprod",
    "pre-production",
    "pre_production",
    "preproduction",
    "non-prod",
    "non_prod",
    "nonprod",
    "non-production",
    "non_production",
    "nonproduction",
    "not-production",
    "not_production",
];

impl<'a> Naming<'a> {
    /// The words and hosts of `policy`.
    #[must_use]
    pub fn new(policy: &'a Policy) -> Self {
        let named =
            policy.words.iter().flat_map(|(env, words)| words.iter().map(|w| (w.as_str(), Some(*env))));
        let mut words: Vec<_> = named.filter(|(word, _)| !word.is_empty()).collect();
        let others = BUT_PRODUCTION.into_iter().filter(|other| words.iter().all(|(word, _)| word != other));
        let others: Vec<_> = others.map(|word| (word, None)).collect();
        words.extend(others);
        let word = |(text, environment)| Word { text, environment, longer: OnceLock::new() };
        Self { policy, words: words.into_iter().map(word).collect() }
    }

    /// The policy whose words these are.
    #[must_use]
    pub const fn policy(&self) -> &'a Policy {
        self.policy
    }

    /// The environments that `text` names, in order.
    #[must_use]
    pub fn named(&self, text: &str) -> Vec<Environment> {
        let lower = text.to_lowercase();
        let mut found = self.words_in(&lower);
        if self.policy.has_hosts() {
            found.extend(hosts::tokens(&lower).flat_map(|token| self.policy.host_owners(token)));
            found.sort_unstable();
            found.dedup();
        }
        found
    }

    /// The environments that a value names anywhere.
    #[must_use]
    pub fn named_by(&self, value: &Value) -> Vec<Environment> {
        let mut found: Vec<Environment> = match value {
            Value::String(text) => return self.named(text),
            Value::List(list) => list.iter().flat_map(|value| self.named_by(value)).collect(),
            Value::Map(map) => {
                map.iter().flat_map(|(key, value)| [self.named(key), self.named_by(value)].concat()).collect()
            }
            Value::Tagged(_, value) => self.named_by(value),
            Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
        };
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The environments that `text` names by a word: no letter directly before or after it.
    #[must_use]
    pub fn by_word(&self, text: &str) -> Vec<Environment> {
        self.words_in(&text.to_lowercase())
    }

    /// The environments that the name of a file or folder names: one of their words alone, or apart
    /// in it.
    #[must_use]
    pub fn by_name(&self, name: &str) -> Vec<Environment> {
        self.word(name).map_or_else(|| self.by_word(name), |environment| vec![environment])
    }

    /// Whether `text` names an environment other than `target`.
    #[must_use]
    pub fn names_other(&self, text: &str, target: Environment) -> bool {
        self.foreign(text, target).is_some()
    }

    /// The environment other than `target` that `text` names. A word for several environments names
    /// none where the target is one of them.
    #[must_use]
    pub fn foreign(&self, text: &str, target: Environment) -> Option<Environment> {
        let named = self.named(text).into_iter().find(|environment| *environment != target);
        let is_but_production =
            || target == Environment::Production && self.has_word_of(&text.to_lowercase(), None);
        named.or_else(|| is_but_production().then_some(Environment::Staging))
    }

    /// The same of a value, at any depth.
    #[must_use]
    pub fn foreign_in(&self, value: &Value, target: Environment) -> Option<Environment> {
        match value {
            Value::String(text) => self.foreign(text, target),
            Value::List(list) => list.iter().find_map(|value| self.foreign_in(value, target)),
            Value::Map(map) => map.iter().find_map(|(key, value)| {
                self.foreign(key, target).or_else(|| self.foreign_in(value, target))
            }),
            Value::Tagged(_, value) => self.foreign_in(value, target),
            Value::Null | Value::Bool(_) | Value::Number(_) => None,
        }
    }

    /// Whether the last name of a path, or the value at it, names any environment.
    #[must_use]
    pub fn is_named_at(&self, path: &ValuePath, value: &Value) -> bool {
        let last = match path.last() {
            Some(Segment::Key(text) | Segment::Identity { value: text, .. }) => self.named(text),
            Some(Segment::Index(_) | Segment::Append) | None => Vec::new(),
        };
        !last.is_empty() || !self.named_by(value).is_empty()
    }

    /// The words that name an environment, in lower case.
    pub fn words_of(&self, environment: Environment) -> impl Iterator<Item = &'a str> {
        self.words.iter().filter(move |word| word.environment == Some(environment)).map(|word| word.text)
    }

    /// The environment whose word `text` is, as a whole.
    #[must_use]
    pub fn word(&self, text: &str) -> Option<Environment> {
        let lower = text.to_lowercase();
        self.words.iter().find(|word| word.text == lower).and_then(|word| word.environment)
    }

    fn words_in(&self, lower: &str) -> Vec<Environment> {
        Environment::ALL.into_iter().filter(|env| self.has_word_of(lower, Some(*env))).collect()
    }

    fn has_word_of(&self, lower: &str, environment: Option<Environment>) -> bool {
        let may_hold = |word: &&Word<'_>| word.environment == environment && word.text.len() <= lower.len();
        self.words.iter().filter(may_hold).any(|word| {
            lower.match_indices(word.text).any(|(at, _)| {
                let span = at..at + word.text.len();
                is_apart(lower, &span)
                    && !means_something_else(lower, &span)
                    && !self.inside_a_longer_word(lower, at, word)
            })
        })
    }

    fn inside_a_longer_word(&self, text: &str, at: usize, word: &Word<'_>) -> bool {
        let longer = word.longer.get_or_init(|| self.longer_than(word.text)).iter();
        longer.filter_map(|position| self.words.get(*position)).any(|longer| {
            longer.text.match_indices(word.text).any(|(offset, _)| {
                let start = at.checked_sub(offset);
                let fits =
                    |start: &usize| text.get(*start..).is_some_and(|text| text.starts_with(longer.text));
                start.filter(fits).is_some_and(|start| is_apart(text, &(start..start + longer.text.len())))
            })
        })
    }

    /// The longer words that hold `text`.
    fn longer_than(&self, text: &str) -> Vec<usize> {
        let holds = |longer: &&str| longer.len() > text.len() && longer.contains(text);
        (0..)
            .zip(self.words.iter().map(|word| word.text))
            .filter(|(_, word)| holds(word))
            .map(|(at, _)| at)
            .collect()
    }
}

fn is_apart(text: &str, span: &std::ops::Range<usize>) -> bool {
    let before = text.get(..span.start).and_then(|text| text.chars().next_back());
    let after = text.get(span.end..).and_then(|text| text.chars().next());
    !before.is_some_and(char::is_alphabetic) && !after.is_some_and(char::is_alphabetic)
}

/// Whether a word at `span` is no environment's where it stands: a device's folder (`/dev/sda`), the
/// last label of a host (`web.dev`), or a `stage` with no neighbour.
fn means_something_else(text: &str, span: &std::ops::Range<usize>) -> bool {
    let (before, after) =
        (text.get(..span.start).unwrap_or_default(), text.get(span.end..).unwrap_or_default());
    match text.get(span.clone()) {
        Some("dev") => {
            let begins_path = |before: &str| {
                before.chars().next_back().is_none_or(|c| c.is_whitespace() || "\"'`=:,;([{<>|".contains(c))
            };
            let is_folder = before.strip_suffix('/').is_some_and(begins_path) && after.starts_with('/');
            let is_label = before.strip_suffix('.').is_some_and(|host| host.ends_with(char::is_alphanumeric));
            let ends_host = !after.starts_with(|c: char| c.is_alphanumeric() || "-_.".contains(c));
            is_folder || (is_label && ends_host)
        }
        Some("stage") => {
            let joins = |c: char| c.is_numeric() || "-_./@".contains(c);
            !before.ends_with(joins) && !after.starts_with(joins)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{Document, Limits};
    use Environment::{Development, Production, Staging};

    #[test]
    fn words_name_an_environment_when_they_stand_apart() {
        let policy = Policy::default();
        let naming = Naming::new(&policy);
        for (text, expected) in [
            ("DEV_URL", vec![Development]),
            ("dev2", vec![Development]),
            ("https://api.STG-3.example.com", vec![Staging]),
            ("govuk-production-assets", vec![Production]),
            ("from staging to prod", vec![Staging, Production]),
            ("devices", vec![]),
            ("stages", vec![]),
            ("product", vec![]),
            ("reproduction", vec![]),
            ("backstage", vec![]),
            ("preprod", vec![]),
            ("/dev/sda", vec![]),
            ("if=/dev/zero", vec![]),
            ("https://example.com/dev/api", vec![Development]),
            ("https://web.dev/page", vec![]),
            ("web.dev", vec![]),
            ("web.dev.example.com", vec![Development]),
            ("web.dev-2", vec![Development]),
            ("stage", vec![]),
            ("build stage: two", vec![]),
            ("api-stage", vec![Staging]),
            ("stage.example", vec![Staging]),
            ("dev", vec![Development]),
            ("alerts-non-prod-warning", vec![]),
            ("pre-prod", vec![]),
            ("pre-production and production", vec![Production]),
            ("productionä", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(naming.named(text), expected, "{text}");
        }
        assert!(naming.names_other("db-staging", Production));
        assert!(!naming.names_other("db-prod", Production));
        for text in ["db-nonprod", "preprod", "pre-production-2", "NON_PROD_KEY"] {
            assert_eq!(naming.foreign(text, Production), Some(Staging), "{text}");
            assert_eq!(naming.foreign(text, Staging), None, "{text}");
        }
        let text = "a: [{dev_url: x}, !t staging]";
        let document = Document::parse(text.as_bytes(), &Limits::default()).expect(text);
        assert_eq!(naming.named_by(document.value()), [Development, Staging]);
        assert_eq!(naming.word("Prod"), Some(Production));
        assert_eq!(naming.word("prod1"), None);
    }

    #[test]
    fn the_policy_adds_words_and_hosts() {
        let text = "[isolation]\nwords = { staging = [\"pre-prod\", \"UAT\"] }\n[isolation.hosts]\n\
                    development = [\"localhost\", \"*.internal.example.com\"]\n";
        let policy = Policy::parse(text, "terrace.toml").expect(text);
        let naming = Naming::new(&policy);
        for (text, expected) in [
            ("api.pre-prod.example.com", vec![Staging]),
            ("uat1", vec![Staging]),
            ("http://LocalHost:8080", vec![Development]),
            ("amqp://mq.internal.example.com/prod", vec![Development, Production]),
            ("localhosts", vec![]),
        ] {
            assert_eq!(naming.named(text), expected, "{text}");
        }
    }
}
