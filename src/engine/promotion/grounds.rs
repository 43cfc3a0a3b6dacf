//! What the judgement of an item rests on besides its own files, decisions and rules: so that who
//! remembers it knows when it has to be made again.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::decision::{Decision, Until};
use crate::engine::timeline::HeadTimes;
use crate::model::{CommitId, CommitInfo, Date};

/// What a judgement rests on besides the item itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grounds {
    /// The times of the revision at which all ages count the same.
    pub times: HeadTimes,
    /// The day of the revision, where a decision ends on a day.
    pub day: Option<Date>,
    /// First-parent commits of which it was asked what became of them in other items.
    pub siblings: BTreeSet<CommitId>,
    /// It was asked what became of a commit that a merge brought.
    pub asks_of_brought: bool,
}

impl Grounds {
    /// Whether a judgement rests on nothing else.
    #[must_use]
    pub fn are_none(&self) -> bool {
        *self == Self::default()
    }

    /// Notes that decisions counted on a day.
    pub fn note_decisions(&mut self, decisions: &[Decision], day: Date) {
        if decisions.iter().any(|decision| matches!(decision.until, Until::Date(_))) {
            self.day = Some(day);
        }
    }

    /// Whether a judgement is the same of a later `head`; `changed` are the commits that changed an item
    /// that is not what it was.
    #[must_use]
    pub fn still_hold(&self, head: &CommitInfo, changed: &BTreeSet<CommitId>) -> bool {
        self.times.has(head.time)
            && self.day.is_none_or(|day| day == head.date())
            && !self.asks_of_brought
            && self.siblings.is_disjoint(changed)
    }
}
