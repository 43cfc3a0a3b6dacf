//! Words that seem to name an environment although nothing says so: to be suggested to people.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Environment, Policy};

/// Words by which environments are often called besides their names.
const OFTEN: [&str; 12] = [
    "acceptance",
    "canary",
    "integration",
    "nonprod",
    "preprod",
    "preproduction",
    "preview",
    "qa",
    "sandbox",
    "sit",
    "testing",
    "uat",
];

/// The word that is written so, where it is one of those.
#[must_use]
pub fn often_used(word: &str) -> Option<&'static str> {
    OFTEN.binary_search(&word).ok().map(|at| OFTEN[at])
}

/// Gathers which environment's texts hold which of the words.
#[derive(Clone, Debug, Default)]
pub struct WordCount {
    found: BTreeMap<&'static str, BTreeSet<Environment>>,
}

impl WordCount {
    /// Looks through a text of an environment. A word counts as a part of a longer name or text on
    /// its line, and not alone: `uat` in `db.uat.example.com`, and not `sit: sit`.
    pub fn add(&mut self, environment: Environment, text: &str) {
        for line in text.lines() {
            for name in line.split(|c: char| c.is_whitespace() || "\"'[]{},".contains(c)) {
                let parts = name.split(|c: char| !c.is_ascii_alphanumeric());
                for part in parts.filter(|part| part.len() < name.trim_end_matches(':').len()) {
                    if let Some(word) = often_used(&part.to_ascii_lowercase()) {
                        self.note(word, environment);
                    }
                }
            }
        }
    }

    /// Notes that a word stands in a text of an environment.
    pub fn note(&mut self, word: &'static str, environment: Environment) {
        self.found.entry(word).or_default().insert(environment);
    }

    /// The words, each with the environments in whose texts it stands.
    pub fn words(&self) -> impl Iterator<Item = (&'static str, Environment)> {
        self.found.iter().flat_map(|(word, found)| found.iter().map(|environment| (*word, *environment)))
    }

    /// The words that stand in one environment's texts alone, and that the policy gives to none.
    #[must_use]
    pub fn of_one(&self, policy: &Policy) -> Vec<(Environment, &'static str)> {
        self.alone().filter(|(_, word)| !is_known(word, policy)).collect()
    }

    /// The words that stand in one environment's texts alone.
    pub fn alone(&self) -> impl Iterator<Item = (Environment, &'static str)> {
        self.found.iter().filter_map(|(word, environments)| {
            let environment = environments.iter().next().filter(|_| environments.len() == 1)?;
            Some((*environment, *word))
        })
    }
}

/// Whether the policy gives a word to an environment.
#[must_use]
pub fn is_known(word: &str, policy: &Policy) -> bool {
    policy.words.values().flatten().any(|known| known == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_one_environment_alone_is_suggested() {
        let (development, staging) = (Environment::Development, Environment::Staging);
        let policy = |text: &str| Policy::parse(text, "terrace.toml").expect("a policy");
        for (staging_text, development_text, policy_text, expected) in [
            ("url: https://db.UAT.example.com\n", "url: https://db.example.com\n", "", vec!["uat"]),
            ("url: \"pay-qa1\"\nname: pay-qa\n", "url: pay\n", "", vec!["qa"]),
            ("url: db.uat\n", "url: db.uat.example\n", "", vec![]),
            ("url: db.uat\n", "", "[isolation]\nwords = { staging = [\"uat\"] }\n", vec![]),
            ("sit: sit\nuat: uat # squat\n", "", "", vec![]),
        ] {
            let mut count = WordCount::default();
            count.add(staging, staging_text);
            count.add(development, development_text);
            let words: Vec<_> = count.of_one(&policy(policy_text)).into_iter().collect();
            let expected: Vec<_> = expected.into_iter().map(|word| (staging, word)).collect();
            assert_eq!(words, expected, "{staging_text}");
        }
    }
}
