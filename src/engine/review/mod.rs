//! Review: what a change means, environment by environment.
//!
//! A change is two revisions of a repository. What differs is judged by content: a value that the
//! environment before already has came by promotion, whatever the commit says of itself. Findings
//! are told apart into those that the change introduces and those that were there. Which files were
//! read, and from which commits, is somebody else's; so is how it looks.

mod base_plan;
mod decisions;
mod files;
mod findings;
mod input;
mod items;
mod skipped;
mod waivers;
mod weakened;

pub use base_plan::BasePlan;
pub use decisions::{DecisionChange, Standing, compare as compare_decisions};
pub use files::{Touched, touched};
pub use findings::{Compared, HeadFindings, NewKey, compare as compare_findings};
pub use input::{Exemptions, Input, LeftSince, Past, Side, Sides};
pub use items::{Judged, judge_item};
pub use waivers::{WaiverChange, compare as compare_waivers};
pub use weakened::{Weakened, Weakening, findings as weakened_findings, moved, weakened};

use super::compare::DiffRow;
use super::departure::Departure;
use super::promotion::{HopStatus, Reason};
use crate::diff::Kind;
use crate::engine::mode::ModeChange;
use crate::engine::summary::Summary;
use crate::model::{CommitInfo, Date, Environment, Finding, Hop, Key};
use crate::secrets::mask::Shown;

/// How a value came into an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It is what this environment had before the change, and what the plan takes or asks about.
    Promoted(Environment),
    /// The same where the plan only offers it: there is a reason to leave it.
    Offered {
        /// The hop of that plan.
        hop: Hop,
        /// Why it does not take it.
        reason: Reason,
    },
    /// This environment had it, and has left it since.
    Overtaken(Environment, Departure),
    /// It is what the source had before the change, and what the plan at the base keeps out or stops at.
    Overwrites {
        /// The hop of that plan.
        hop: Hop,
        /// The day of the commit that gave the target its value before the change.
        since: Option<Date>,
        /// Why the plan keeps what was there: a pin, a decision, or a row of the table.
        reason: Reason,
    },
    /// The change does the same in these environments.
    Together(Vec<Environment>),
    /// It was set by hand; in these environments the change sets something else there.
    ByHand(Vec<Environment>),
}

/// What happened to an item's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileChangeKind {
    /// The item is new.
    Added,
    /// The item is gone.
    Removed,
    /// The item was called this before, and is the same.
    Renamed(Key),
    /// Values differ.
    Modified,
    /// SOPS encrypted it: of its values only those in plain text can be told apart.
    Encrypted,
    /// Only comments, order or layout differ.
    Layout,
    /// It cannot be read as YAML now.
    Unreadable,
    /// It could not be read as YAML before.
    Readable,
}

/// One difference and how it came about.
#[derive(Clone, Debug)]
pub struct Row {
    /// The difference, values masked.
    pub diff: DiffRow,
    /// How it came about.
    pub origin: Origin,
}

/// What a change does to one item in one environment.
#[derive(Clone, Debug)]
pub struct ItemChange {
    /// The item.
    pub key: Key,
    /// The environment.
    pub environment: Environment,
    /// What happened to its file.
    pub what: FileChangeKind,
    /// Its values that differ.
    pub rows: Vec<Row>,
}

impl ItemChange {
    /// How many differences it counts as; what only SOPS can read is one.
    #[must_use]
    pub fn extent(&self) -> usize {
        self.rows.len() + usize::from(self.what == FileChangeKind::Encrypted)
    }
}

/// What happened to a decision or a waiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It says something else.
    Changed,
    /// It does not count any more.
    Ended,
    /// It keeps or accepts something of this change.
    Used,
}

impl Turn {
    /// The word that is printed.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::Ended => "ended",
            Self::Used => "used",
        }
    }
}

/// A schema that the change touches, and what that does to the items it describes.
#[derive(Clone, Debug)]
pub struct SchemaChange {
    /// The file, relative to the git root.
    pub file: String,
    /// What happened to it.
    pub kind: Kind,
    /// The items that it describes, alone or through other schemas.
    pub keys: Vec<Key>,
    /// The environments in which values that the change left alone break it now, and how many.
    pub breaks: Vec<(Environment, usize)>,
}

/// One end of the change.
#[derive(Clone, Debug)]
pub struct End {
    /// The commit.
    pub commit: CommitInfo,
    /// What the user, or git, calls it.
    pub name: String,
}

/// What a change means.
#[derive(Clone, Debug)]
pub struct Review {
    /// What it is compared with.
    pub base: End,
    /// What is reviewed.
    pub head: End,
    /// The commits of the change, newest first.
    pub commits: Vec<CommitInfo>,
    /// How many more there are.
    pub more_commits: usize,
    /// What changes, by environment and key.
    pub items: Vec<ItemChange>,
    /// The files that are recorded with another mode.
    pub modes: Vec<ModeChange>,
    /// Whether the policy changes, so that every item was judged anew.
    pub policy: bool,
    /// The schemas that it touches.
    pub schemas: Vec<SchemaChange>,
    /// The decisions that it touches.
    pub decisions: Vec<DecisionChange>,
    /// The waivers that it touches.
    pub waivers: Vec<WaiverChange>,
    /// What policy, schemas and decisions protect no more, or less.
    pub weakened: Vec<Weakened>,
    /// What was found in the items of the change, and what was there before.
    pub findings: Compared,
    /// What waits for its next hop once the change is in.
    pub waiting: Vec<HopStatus<Shown>>,
    /// How many items were judged, each environment's counted for itself.
    pub judged: usize,
    /// The environments that these items are in.
    pub environments: Vec<Environment>,
}

impl Review {
    /// What was judged, and how much the change introduces.
    #[must_use]
    pub fn summary(&self) -> Summary {
        Summary::new(self.judged, self.environments.iter().copied(), self.introduced())
    }

    /// Whether there is nothing to say at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let findings = self.findings.introduced.is_empty() && self.findings.mended.is_empty();
        let touched =
            self.items.is_empty() && self.schemas.is_empty() && !self.policy && self.modes.is_empty();
        findings && touched && self.decisions.is_empty() && self.waivers.is_empty()
    }

    /// What the change introduces.
    #[must_use]
    pub fn introduced(&self) -> &[Finding] {
        &self.findings.introduced
    }

    /// The items of one environment.
    pub fn of(&self, environment: Environment) -> impl Iterator<Item = &ItemChange> {
        self.items.iter().filter(move |item| item.environment == environment)
    }
}
