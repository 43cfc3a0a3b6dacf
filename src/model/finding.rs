//! A finding: a fact about the configuration, with its place.

use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{Environment, EnvironmentSet, Help, Key, Pointer, Rule, Severity, ValuePath};

/// A place in a text: line and column from 1, columns in Unicode characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column in Unicode characters, from 1.
    pub column: usize,
}

/// A stretch of a text; the end is the position behind its last character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Location {
    /// Where it begins.
    pub start: Position,
    /// Where it ends.
    pub end: Position,
}

/// The source lines a finding points at, secrets already masked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excerpt {
    /// The number of the first line of `text`, from 1.
    pub first_line: usize,
    /// Whole lines.
    pub text: String,
    /// The bytes of `text` that are meant.
    pub highlight: Range<usize>,
}

/// A further place that a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Related {
    /// What is there.
    pub label: RelatedLabel,
    /// The file, relative to the git root.
    pub file: String,
    /// Where in the file.
    pub location: Location,
}

/// What stands at a further place of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RelatedLabel {
    /// The first of what is there twice.
    First,
    /// The same once more.
    Also,
    /// Where the revision before had it.
    Before,
}

impl RelatedLabel {
    /// The label as one word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Also => "also",
            Self::Before => "before",
        }
    }
}

impl fmt::Display for RelatedLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a further fact of a finding speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoteLabel {
    /// An entry of the policy.
    Policy,
    /// A place in a schema.
    Schema,
}

impl NoteLabel {
    /// The label as one word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Schema => "schema",
        }
    }
}

/// A fact about the configuration: what a rule found, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The rule that found it.
    pub rule: Rule,
    /// Its weight after policy.
    pub severity: Severity,
    /// One sentence without a final stop, values masked.
    pub message: String,
    /// What to do.
    pub help: Help,
    /// Further facts.
    pub notes: Vec<(NoteLabel, String)>,
    /// Further places, nearest first.
    pub related: Vec<Related>,
    /// What is required and missing below `path`.
    pub missing: Option<ValuePath>,
    /// The file, relative to the git root.
    pub file: String,
    /// Where in the file; `None` when the file as a whole is meant.
    pub location: Option<Location>,
    /// The lines around, for people.
    pub excerpt: Option<Excerpt>,
    /// The environment, when the file belongs to one.
    pub environment: Option<Environment>,
    /// The environments besides whose content it rests on, or of which it speaks.
    pub others: EnvironmentSet,
    /// The item, when the file is one.
    pub key: Option<Key>,
    /// The value, as people name it.
    pub path: Option<ValuePath>,
    /// The value, in this very document.
    pub pointer: Option<Pointer>,
}

impl Finding {
    /// A finding of `rule` about the file as a whole, at the rule's own severity.
    pub fn new(
        rule: Rule,
        file: impl Into<String>,
        message: impl Into<String>,
        help: impl Into<Help>,
    ) -> Self {
        Self {
            rule,
            severity: rule.severity(),
            message: message.into(),
            help: help.into(),
            notes: Vec::new(),
            related: Vec::new(),
            missing: None,
            file: file.into(),
            location: None,
            excerpt: None,
            environment: None,
            others: EnvironmentSet::NONE,
            key: None,
            path: None,
            pointer: None,
        }
    }

    /// All environments that it says something of: who may not read each of them is not told. None for
    /// what is said of a file that all share.
    #[must_use]
    pub fn environments(&self) -> EnvironmentSet {
        self.others.iter().chain(self.environment).collect()
    }

    /// What findings are sorted by: file, place, rule, message.
    #[must_use]
    pub fn order(&self) -> (&str, Option<Location>, Rule, &str) {
        (&self.file, self.location, self.rule, &self.message)
    }
}
