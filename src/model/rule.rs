//! The closed set of rules and their default severities.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Severity, closest};

macro_rules! rules {
    ($($(#[doc = $doc:literal])+ $variant:ident = $id:literal, $severity:ident;)+) => {
        /// A rule that findings come from, named as the user reads it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Rule { $($(#[doc = $doc])+ $variant,)+ }

        impl Rule {
            /// Every rule, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The id that findings and the policy use.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$variant => $id),+ }
            }

            /// What it finds, in one short sentence.
            #[must_use]
            pub fn summary(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+)),+ }.trim()
            }

            /// The severity unless the policy or the rule itself says otherwise.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity),+ }
            }
        }
    };
}

rules! {
    /// The file cannot be read as YAML.
    Syntax = "syntax", Error;
    /// A value breaks its JSON Schema, or the schema itself is broken.
    Schema = "schema", Error;
    /// A folder below `environments/` is not one of the three.
    UnknownEnvironment = "unknown-environment", Error;
    /// A file's path is not a key.
    InvalidKey = "invalid-key", Error;
    /// Two keys differ only in letter case.
    KeyCaseCollision = "key-case-collision", Error;
    /// A link, submodule or other thing stands where a file should.
    Symlink = "symlink", Error;
    /// One mapping has the same key twice.
    DuplicateKey = "duplicate-key", Error;
    /// A value names a host that belongs to another environment.
    ForeignHost = "foreign-host", Error;
    /// A character that cannot be seen changes what readers read.
    HiddenCharacter = "hidden-character", Error;
    /// Two environments share one secret.
    SharedSecret = "shared-secret", Error;
    /// A kept legacy file and its item have come apart.
    LegacyDrift = "legacy-drift", Error;
    /// A file holds both sides of a merge that was not finished.
    ConflictMarkers = "conflict-markers", Error;
    /// A file of decisions cannot be read.
    BadDecision = "bad-decision", Error;
    /// A file that is no item lies among the items.
    StrayFile = "stray-file", Warning;
    /// An item that holds no value.
    EmptyItem = "empty-item", Warning;
    /// An item's name that other systems cannot check out.
    PortableName = "portable-name", Warning;
    /// A part of a schema that is not checked.
    SchemaLimits = "schema-limits", Warning;
    /// A secret stands in plain text.
    PlainSecret = "plain-secret", Warning;
    /// The same path has different types in different environments.
    TypeMismatch = "type-mismatch", Warning;
    /// YAML 1.1 and 1.2 readers read the value differently.
    AmbiguousScalar = "ambiguous-scalar", Warning;
    /// Readers of YAML take the text differently, or refuse it.
    ReaderDiffers = "reader-differs", Warning;
    /// A key that looks like another one mistyped.
    SimilarKey = "similar-key", Warning;
    /// A folder with thousands of entries.
    WideFolder = "wide-folder", Warning;
    /// Valid YAML that terrace cannot address.
    UnsupportedYaml = "unsupported-yaml", Warning;
    /// A waiver's date has passed.
    ExpiredWaiver = "expired-waiver", Warning;
    /// A waiver that accepts nothing.
    UnusedWaiver = "unused-waiver", Warning;
    /// A change overwrites what an environment keeps for itself.
    OverwritesOwnValue = "overwrites-own-value", Warning;
    /// A change brings a value that a recorded decision keeps out.
    AgainstDecision = "against-decision", Warning;
    /// A change takes away from what the policy, a schema or a decision protects.
    PolicyWeakened = "policy-weakened", Warning;
    /// A pin that holds nothing back.
    UnusedPin = "unused-pin", Warning;
    /// A host of the policy that no value names.
    UnusedHost = "unused-host", Warning;
    /// A word of the policy that stands nowhere.
    UnusedWord = "unused-word", Warning;
    /// An entry of `[secrets]` that speaks of no value.
    UnusedSecret = "unused-secret", Warning;
    /// A schema that describes no item.
    UnusedSchema = "unused-schema", Warning;
    /// No schema describes the item.
    NoSchema = "no-schema", Notice;
    /// A later environment has an item that this one lacks.
    MissingItem = "missing-item", Notice;
    /// A later environment has a key that this one lacks.
    MissingKey = "missing-key", Notice;
    /// This environment lacks a secret or pinned value that the one before it has.
    MissingValue = "missing-value", Notice;
    /// A production value that never was in staging.
    SkippedPromotion = "skipped-promotion", Notice;
    /// A change promotes a value that its source has left since.
    OvertakenPromotion = "overtaken-promotion", Notice;
}

impl Rule {
    /// Whether an error of it stops the item from leaving, and holds its environment back on a server:
    /// what is there cannot be read, or is not what the schema lets readers rely on.
    #[must_use]
    pub const fn is_blocking(self) -> bool {
        matches!(
            self,
            Self::Syntax
                | Self::DuplicateKey
                | Self::Schema
                | Self::Symlink
                | Self::InvalidKey
                | Self::ConflictMarkers
        )
    }

    /// Whether it compares environments: of one alone it says nothing.
    #[must_use]
    pub const fn spans_environments(self) -> bool {
        matches!(
            self,
            Self::SharedSecret
                | Self::LegacyDrift
                | Self::TypeMismatch
                | Self::SimilarKey
                | Self::MissingItem
                | Self::MissingKey
                | Self::MissingValue
        )
    }

    /// Whether only a review finds it: it is about a change, and not about a revision.
    #[must_use]
    pub const fn is_of_changes(self) -> bool {
        matches!(
            self,
            Self::OverwritesOwnValue
                | Self::AgainstDecision
                | Self::PolicyWeakened
                | Self::SkippedPromotion
                | Self::OvertakenPromotion
        )
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

impl FromStr for Rule {
    type Err = UnknownRule;

    fn from_str(id: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|rule| rule.id() == id)
            .ok_or_else(|| UnknownRule { id: id.to_owned() })
    }
}

/// A rule id that does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownRule {
    /// The id as given.
    pub id: String,
}

impl UnknownRule {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> String {
        match closest(&self.id, Rule::ALL.iter().map(|rule| rule.id())) {
            Some(id) => format!("did you mean `{id}`?"),
            None => {
                let ids: Vec<_> = Rule::ALL.iter().map(|rule| rule.id()).collect();
                format!("the rules are {}", ids.join(", "))
            }
        }
    }
}

impl fmt::Display for UnknownRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a rule", self.id)
    }
}

impl std::error::Error for UnknownRule {}
