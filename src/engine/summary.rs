//! What a check looked at and how much it found: the last line of every report.

use std::fmt;

use crate::model::{Environment, Finding, Severity};

/// What was looked at, and how many findings of each severity there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// How many items were looked at.
    pub items: usize,
    /// The environments that were looked at, in promotion order.
    pub environments: Vec<Environment>,
    /// How many findings are errors.
    pub errors: usize,
    /// How many are warnings.
    pub warnings: usize,
    /// How many are notices.
    pub notices: usize,
}

impl Summary {
    /// Counts `findings`.
    #[must_use]
    pub fn new(
        items: usize,
        environments: impl IntoIterator<Item = Environment>,
        findings: &[Finding],
    ) -> Self {
        let mut environments: Vec<_> = environments.into_iter().collect();
        environments.sort_unstable();
        environments.dedup();
        let of = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
        Self {
            items,
            environments,
            errors: of(Severity::Error),
            warnings: of(Severity::Warning),
            notices: of(Severity::Notice),
        }
    }

    /// What was found, in a phrase: `1 error, 2 warnings`.
    #[must_use]
    pub fn verdict(&self) -> String {
        let counts = [(self.errors, "error"), (self.warnings, "warning"), (self.notices, "notice")];
        let parts: Vec<_> =
            counts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| counted(*n, word)).collect();
        if parts.is_empty() { "no findings".to_owned() } else { parts.join(", ") }
    }

    /// What was looked at, in a phrase: `3 items in 3 environments`.
    #[must_use]
    pub fn scope(&self) -> String {
        format!("{} in {}", counted(self.items, "item"), counted(self.environments.len(), "environment"))
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.scope(), self.verdict())
    }
}

/// A number and its noun: `1 item`, `2 items`.
#[must_use]
pub fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_counts_and_agrees_with_its_nouns() {
        let summary =
            Summary { items: 3, environments: Environment::ALL.to_vec(), errors: 1, warnings: 2, notices: 0 };
        assert_eq!(summary.to_string(), "3 items in 3 environments: 1 error, 2 warnings");
        let twice = [Environment::Staging, Environment::Staging];
        assert_eq!(Summary::new(1, twice, &[]).to_string(), "1 item in 1 environment: no findings");
    }
}
