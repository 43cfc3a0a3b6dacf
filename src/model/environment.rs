//! The closed, ordered set of environments and the two legal hops between them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::closest;
use crate::guards::{self, Guard};

/// One of the three environments, in promotion order.
///
/// There is deliberately no `Default`: nothing ever picks an environment for the user.
///
/// ```compile_fail
/// let guessed = terrace::model::Environment::default();
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "repository", derive(schemars::JsonSchema))]
#[cfg_attr(
    feature = "repository",
    schemars(description = "One of the three environments, in promotion order.")
)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    /// Where changes begin.
    Development,
    /// Where changes are tried before they are real.
    Staging,
    /// Where changes are real.
    Production,
}

impl Environment {
    /// All environments in promotion order.
    pub const ALL: [Self; 3] = [Self::Development, Self::Staging, Self::Production];

    /// The one spelling that is accepted and printed.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Staging => "staging",
            Self::Production => "production",
        }
    }

    /// The names by which configuration values refer to this environment, its own first.
    #[must_use]
    pub const fn words(self) -> &'static [&'static str] {
        match self {
            Self::Development => &["development", "dev"],
            Self::Staging => &["staging", "stage", "stg"],
            Self::Production => &["production", "prod"],
        }
    }

    /// The environments other than this one, in order.
    pub fn others(self) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |other| *other != self)
    }

    /// The environment of which a word is a usual name.
    pub(crate) fn called(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|environment| environment.words().contains(&word))
    }

    /// The environment that a wrong name most likely meant.
    #[must_use]
    pub fn guess(name: &str) -> Option<Self> {
        let lower = name.to_lowercase();
        Self::called(&lower).or_else(|| {
            let name = closest(&lower, Self::ALL.iter().map(|env| env.name()))?.to_owned();
            Self::ALL.into_iter().find(|env| env.name() == name)
        })
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Environment {
    type Err = UnknownEnvironment;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let exact = Self::ALL.into_iter().find(|env| env.name() == name);
        let meant = || Self::guess(name).filter(|_| guards::off(Guard::EnvironmentName));
        exact.or_else(meant).ok_or_else(|| UnknownEnvironment { name: name.to_owned() })
    }
}

/// Some of the environments: those that somebody may read, or that something speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvironmentSet([bool; 3]);

impl EnvironmentSet {
    /// All environments.
    pub const ALL: Self = Self([true; 3]);

    /// None of them.
    pub const NONE: Self = Self([false; 3]);

    /// Whether this is one of them.
    #[must_use]
    pub const fn contains(self, environment: Environment) -> bool {
        self.0[environment as usize]
    }

    /// Whether all of these are among them.
    #[must_use]
    pub fn covers(self, others: Self) -> bool {
        others.iter().all(|environment| self.contains(environment))
    }

    /// Those that are in both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.iter().filter(|environment| other.contains(*environment)).collect()
    }

    /// They, in order.
    pub fn iter(self) -> impl Iterator<Item = Environment> {
        Environment::ALL.into_iter().filter(move |environment| self.contains(*environment))
    }
}

impl FromIterator<Environment> for EnvironmentSet {
    fn from_iter<I: IntoIterator<Item = Environment>>(environments: I) -> Self {
        let mut set = Self::NONE;
        for environment in environments {
            set.0[environment as usize] = true;
        }
        set
    }
}

impl From<Environment> for EnvironmentSet {
    fn from(environment: Environment) -> Self {
        Self::from_iter([environment])
    }
}

/// As where something is not: "any environment", "staging or production".
impl fmt::Display for EnvironmentSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::ALL {
            return f.pad("any environment");
        }
        let names: Vec<&str> = self.iter().map(Environment::name).collect();
        f.pad(&names.join(" or "))
    }
}

/// A name that is not exactly one of the three environments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownEnvironment {
    /// The name as it was given.
    pub name: String,
}

impl UnknownEnvironment {
    /// What to do about it: the likely meaning and the closed set.
    #[must_use]
    pub fn help(&self) -> String {
        let set = "The environments are development, staging, production.";
        match Environment::guess(&self.name) {
            Some(env) => format!("did you mean `{env}`? {set}"),
            None => set.to_owned(),
        }
    }
}

impl fmt::Display for UnknownEnvironment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not an environment", self.name)
    }
}

impl std::error::Error for UnknownEnvironment {}

/// A legal promotion: from one environment to the next, never further and never back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Hop {
    /// development → staging
    ToStaging,
    /// staging → production
    ToProduction,
}

impl Hop {
    /// Both hops in promotion order.
    pub const ALL: [Self; 2] = [Self::ToStaging, Self::ToProduction];

    /// The environment that values come from.
    #[must_use]
    pub const fn source(self) -> Environment {
        match self {
            Self::ToStaging => Environment::Development,
            Self::ToProduction => Environment::Staging,
        }
    }

    /// The environment that values go to.
    #[must_use]
    pub const fn target(self) -> Environment {
        match self {
            Self::ToStaging => Environment::Staging,
            Self::ToProduction => Environment::Production,
        }
    }

    /// The hop that ends in `target`; nothing is promoted to development.
    #[must_use]
    pub fn into_target(target: Environment) -> Option<Self> {
        Self::ALL.into_iter().find(|hop| hop.target() == target)
    }
}

impl fmt::Display for Hop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} → {}", self.source(), self.target())
    }
}

/// Whether a name holds one of `words` with no letter directly before or after it.
pub fn names_word<'a>(
    name: &str,
    words: impl IntoIterator<Item = &'a (impl AsRef<str> + ?Sized + 'a)>,
) -> bool {
    let lower = name.to_lowercase();
    words.into_iter().any(|word| {
        let word = word.as_ref();
        lower.match_indices(word).any(|(at, _)| {
            !lower[..at].ends_with(char::is_alphabetic)
                && !lower[at + word.len()..].starts_with(char::is_alphabetic)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_names_are_environments() {
        for (name, hint) in [
            ("prod", Some("production")),
            ("Production", Some("production")),
            ("stagin", Some("staging")),
            ("DEV", Some("development")),
            ("qa", None),
            ("", None),
        ] {
            let error = name.parse::<Environment>().expect_err(name);
            match hint {
                Some(env) => assert!(error.help().contains(&format!("`{env}`")), "{name}"),
                None => assert!(!error.help().contains("did you mean"), "{name}"),
            }
        }
        for env in Environment::ALL {
            assert_eq!(env.name().parse(), Ok(env));
        }
    }

    #[test]
    fn hops_lead_to_the_next_environment_only() {
        assert_eq!(Hop::into_target(Environment::Development), None);
        for hop in Hop::ALL {
            assert_eq!(Hop::into_target(hop.target()), Some(hop));
            assert!(hop.source() < hop.target());
        }
    }
}
