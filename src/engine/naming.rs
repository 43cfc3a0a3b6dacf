//! Which environments a text names.

use crate::model::{Environment, Policy, Value};

/// Finds the environments that texts and values name.
#[derive(Debug)]
pub struct Naming<'a> {
    policy: &'a Policy,
}

impl<'a> Naming<'a> {
    /// Names by the built-in words and those of the policy.
    #[must_use]
    pub const fn new(policy: &'a Policy) -> Self {
        Self { policy }
    }

    /// The environments that a text names.
    #[must_use]
    pub fn named(&self, text: &str) -> Vec<Environment> {
        let lower = text.to_lowercase();
        Environment::ALL
            .into_iter()
            .filter(|env| self.policy.words[env].iter().any(|word| has_word(&lower, word)))
            .collect()
    }

    /// The environments that a value names anywhere.
    #[must_use]
    pub fn named_by(&self, value: &Value) -> Vec<Environment> {
        let mut found: Vec<Environment> = match value {
            Value::String(text) => return self.named(text),
            Value::List(list) => list.iter().flat_map(|value| self.named_by(value)).collect(),
            Value::Map(map) => {
                map.iter().flat_map(|(k, v)| [self.named(k), self.named_by(v)].concat()).collect()
            }
            Value::Tagged(_, value) => self.named_by(value),
            Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
        };
        found.sort_unstable();
        found.dedup();
        found
    }
}

fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(char::is_alphabetic) && !after.is_some_and(char::is_alphabetic)
    })
}
