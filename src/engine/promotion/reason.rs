//! Why a line of a plan stands where it stands.

use serde::{Deserialize, Serialize};

use super::decision::Until;
use crate::model::{CommitId, Date, Environment, EnvironmentSet, Hop, ValuePath};
use crate::secrets::shown_path;

/// The fact that decided about a path; values are not in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Reason {
    /// Row 2.
    Pinned {
        /// The line of `terrace.toml`, from 1.
        line: usize,
    },
    /// Row 3.
    Declined {
        /// Who decided; empty when nobody is named.
        by: String,
        /// What they said.
        reason: String,
        /// How long it counts.
        until: Until,
    },
    /// Row 4.
    HistoryEnds,
    /// Row 5.
    Renamed {
        /// When the source renamed it.
        on: Option<Date>,
        /// Whether the target keeps a value of its own under the new name.
        keeps_own: bool,
    },
    /// Row 5a.
    Removed {
        /// When the source removed it.
        on: Option<Date>,
        /// Whether the target had a value of its own.
        is_own: bool,
    },
    /// Row 6.
    OnlyInTarget,
    /// Row 7: the target removed the key.
    TargetRemoved,
    /// Row 7: the target removed the key when it was still called so; the source renamed it.
    TargetRemovedAs(ValuePath),
    /// Row 7: the target's item began without the key.
    TargetBegan,
    /// Row 8.
    NewButNames(Environment),
    /// Row 9.
    ProductionsOwn,
    /// Row 10.
    LeftOut(LeftOut),
    /// Row 11.
    New {
        /// When the source got it.
        on: Option<Date>,
        /// The commit that brought it.
        by: Option<CommitId>,
    },
    /// The source gave another name to an element that holds something which is not promoted.
    HeldWhole {
        /// What the target calls it.
        here: ValuePath,
        /// What the source calls it.
        there: ValuePath,
    },
    /// Row 12.
    Behind {
        /// When the source left the value that the target has.
        left: Option<Date>,
    },
    /// Row 13.
    Own {
        /// When the source's value last changed.
        since: Option<Date>,
    },
    /// Row 13: one commit gave both sides their values.
    SetApart {
        /// When.
        on: Date,
        /// The commit.
        by: CommitId,
    },
    /// Row 13: the source's value was waiting when the target got its own.
    WasWaiting {
        /// When the target got it.
        on: Date,
    },
    /// Row 14.
    MetByChance,
    /// Row 15.
    SourceNames(Environment),
    /// Row 16.
    Changed {
        /// When the source's value changed.
        on: Option<Date>,
    },
    /// Row 16, where people seem to leave the change on purpose.
    ChangedBut {
        /// When the source's value changed.
        on: Option<Date>,
        /// Why it seems so.
        why: Hesitation,
    },
    /// Row 17.
    OlderValue {
        /// The author of the commit that gave the target its value.
        by: Option<String>,
    },
    /// Row 18.
    AlwaysDifferent {
        /// When the source's value last changed.
        moved: Option<Date>,
    },
    /// Row 19.
    BothChanged {
        /// The day on which they were last equal.
        since: Option<Date>,
    },
    /// What the source has is a secret itself, and not a reference to one.
    Secret,
    /// The target's schema requires what would be asked about.
    Required(Box<Reason>),
    /// A removal that waits for what took its place.
    Awaits {
        /// Why it is removed.
        removed: Box<Reason>,
        /// What took its place.
        successor: ValuePath,
    },
    /// The target reads the value through an alias or a merge, and the plan does not mean all that
    /// read it.
    ThroughAlias {
        /// Where the alias stands, or the merged value.
        alias: ValuePath,
    },
    /// The target reads the value in other places too, and the plan does not mean all of them.
    SharedWith {
        /// One of the others.
        other: ValuePath,
    },
    /// The value is there in encrypted form only.
    Ciphertext,
    /// A document without a name, and the other side has more or fewer of them.
    Unpaired,
    /// A rollback: somebody else's change.
    AnotherChange,
    /// A rollback: the change that is taken back.
    ToTakeBack,
    /// A rollback: changed again by somebody since.
    ChangedSince,
    /// A rollback: a comment that somebody has written there since would be lost.
    CommentedSince,
}

/// Why people seem to have left a new key out on purpose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LeftOut {
    /// The commit that brought it edited the target beside it.
    By(CommitId),
    /// So many commits edited the target beside it.
    Edits(usize),
    /// So many promotions of the item passed.
    Promotions(usize),
    /// So many days passed.
    Days(i64),
}

/// Why people seem to leave a change where it is on purpose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hesitation {
    /// So many promotions of the item passed it by.
    Promotions(usize),
    /// It waits for so many days, while the target's item was edited.
    Days(i64),
    /// It waits in other items as well, and was taken in none.
    WaitsElsewhere,
    /// It is a capacity or a timetable, which each environment has for itself.
    Sized,
}

impl Reason {
    /// The reason in one phrase, over `hop`.
    #[must_use]
    pub fn phrase(&self, hop: Hop) -> String {
        let (source, target) = (hop.source(), hop.target());
        match self {
            Self::Pinned { line } => format!("pinned, terrace.toml:{line}"),
            Self::Declined { by, reason, until } => {
                let by = if by.is_empty() { String::new() } else { format!(" by {by}") };
                let until = match until {
                    Until::SourceChanges => format!("until {source} changes"),
                    Until::Released => "until released".to_owned(),
                    Until::Date(date) => format!("until {date}"),
                };
                format!("declined{by}: {reason} ({until})")
            }
            Self::HistoryEnds => "history ends before this path can be judged".to_owned(),
            Self::Renamed { on, keeps_own } => {
                let own = if *keeps_own { format!(", {target} keeps its own") } else { String::new() };
                format!("renamed in {source} on {}{own}", day(*on))
            }
            Self::Removed { on, is_own } => {
                let own = if *is_own { format!(" ({target} had its own value)") } else { String::new() };
                format!("removed in {source} on {}{own}", day(*on))
            }
            Self::OnlyInTarget => format!("exists only in {target}"),
            Self::TargetRemoved => format!("{target} removed this key"),
            Self::TargetRemovedAs(name) => {
                format!("{target} removed this key, which was `{}` then", shown_path(name))
            }
            Self::TargetBegan => format!("{target} began without it"),
            Self::NewButNames(named) => format!("new, but names {named}"),
            Self::ProductionsOwn => "production has its own value".to_owned(),
            Self::LeftOut(why) => why.phrase(target),
            Self::New { on, by } => {
                let by = by.as_ref().map_or(String::new(), |by| format!(" by {}", by.short()));
                format!("new in {source} on {}{by}", day(*on))
            }
            Self::HeldWhole { here, there } => {
                let (here, there) = (shown_path(here), shown_path(there));
                format!(
                    "`{here}` is `{there}` in {source}, and holds what is not promoted: rename it in {target} itself"
                )
            }
            Self::Behind { left } => format!("{target} is on the value {source} left on {}", day(*left)),
            Self::Own { since } => {
                format!("{target}'s own; {source} has not changed it since {}", day(*since))
            }
            Self::SetApart { on, by } => format!("set apart in one commit, {} on {on}", by.short()),
            Self::WasWaiting { on } => {
                format!("{source}'s value was waiting when {target} got its own on {on}")
            }
            Self::MetByChance => {
                format!("{source} is back at the value it had when {target}'s was written")
            }
            Self::SourceNames(named) => format!("{source}'s value names {named}"),
            Self::Changed { on } => format!("changed in {source} on {}", day(*on)),
            Self::ChangedBut { on, why } => {
                format!("changed in {source} on {}; {}", day(*on), why.phrase(target))
            }
            Self::OlderValue { by } => {
                let by = by.as_ref().map_or(String::new(), |by| format!(" (set by {by})"));
                format!("{target} is on an older {source} value{by}")
            }
            Self::AlwaysDifferent { moved } => {
                format!("always different here; {source} moved on {}", day(*moved))
            }
            Self::BothChanged { since } => format!("changed on both sides since {}", day(*since)),
            Self::Secret => format!("a secret is never promoted; give {target} its own"),
            Self::Required(reason) => format!("{}, required by the schema", reason.phrase(hop)),
            Self::Awaits { removed, successor } => {
                let successor = shown_path(successor);
                format!("{}; `{successor}`, which took its place, is not taken", removed.phrase(hop))
            }
            Self::ThroughAlias { alias } => {
                format!("{target} reads `{alias}` from an anchor that others use")
            }
            Self::SharedWith { other } => {
                format!("`{other}` of {target} is read from here, and would change with it")
            }
            Self::Ciphertext => "encrypted with SOPS, and no other file can read it".to_owned(),
            Self::Unpaired => {
                format!("the documents without a name are not as many in {source} and {target}")
            }
            Self::AnotherChange => "another change".to_owned(),
            Self::ToTakeBack => "to take back".to_owned(),
            Self::ChangedSince => "changed since".to_owned(),
            Self::CommentedSince => "a comment was written there since".to_owned(),
        }
    }

    /// The environments whose content decided, over `hop`. A name that a path or a value has says nothing
    /// of the environment that it names.
    #[must_use]
    pub fn environments(&self, hop: Hop) -> EnvironmentSet {
        let sides = EnvironmentSet::from_iter([hop.source(), hop.target()]);
        match self {
            Self::ProductionsOwn => sides.iter().chain([Environment::Production]).collect(),
            Self::Required(reason) | Self::Awaits { removed: reason, .. } => reason.environments(hop),
            Self::Pinned { .. }
            | Self::Declined { .. }
            | Self::OnlyInTarget
            | Self::TargetRemoved
            | Self::TargetRemovedAs(_)
            | Self::ThroughAlias { .. }
            | Self::SharedWith { .. }
            | Self::HistoryEnds
            | Self::Renamed { .. }
            | Self::Removed { .. }
            | Self::TargetBegan
            | Self::NewButNames(_)
            | Self::LeftOut(_)
            | Self::HeldWhole { .. }
            | Self::New { .. }
            | Self::Behind { .. }
            | Self::Own { .. }
            | Self::SetApart { .. }
            | Self::WasWaiting { .. }
            | Self::MetByChance
            | Self::SourceNames(_)
            | Self::Changed { .. }
            | Self::ChangedBut { .. }
            | Self::OlderValue { .. }
            | Self::AlwaysDifferent { .. }
            | Self::BothChanged { .. }
            | Self::Secret
            | Self::Ciphertext
            | Self::Unpaired
            | Self::AnotherChange
            | Self::ToTakeBack
            | Self::ChangedSince
            | Self::CommentedSince => sides,
        }
    }

    /// Whether other paths of the target share the bytes that would change.
    #[must_use]
    pub const fn is_shared(&self) -> bool {
        matches!(self, Self::ThroughAlias { .. } | Self::SharedWith { .. })
    }

    /// Whether it says more than that the source changed or removed the value.
    #[must_use]
    pub const fn says_more(&self) -> bool {
        matches!(
            self,
            Self::Removed { is_own: true, .. }
                | Self::Renamed { .. }
                | Self::ChangedBut { .. }
                | Self::OlderValue { .. }
                | Self::Required(_)
                | Self::Awaits { .. }
                | Self::TargetBegan
                | Self::TargetRemovedAs(_)
        )
    }
}

impl LeftOut {
    fn phrase(&self, target: Environment) -> String {
        match self {
            Self::By(commit) => format!("{} left this out of {target}", commit.short()),
            Self::Edits(count) => format!("{count} commits edited {target} beside it and left it out"),
            Self::Promotions(count) => format!("{count} promotions to {target} left it out"),
            Self::Days(days) => format!("waiting for {days} days, left out of {target}"),
        }
    }
}

impl Hesitation {
    fn phrase(&self, target: Environment) -> String {
        match self {
            Self::Promotions(count) => format!("{count} promotions to {target} left it out"),
            Self::Days(days) => format!("waiting for {days} days, while {target} was edited"),
            Self::WaitsElsewhere => "the same change waits in other items and was taken in none".to_owned(),
            Self::Sized => "each environment has its own size".to_owned(),
        }
    }
}

fn day(date: Option<Date>) -> String {
    date.map_or_else(|| "an unknown day".to_owned(), |date| date.to_string())
}
