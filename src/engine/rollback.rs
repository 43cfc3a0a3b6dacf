//! Taking back: from an older version of the target to the lines of a plan.

use super::lists::ListRules;
use super::mask::Mask;
use super::promotion::{Level, Line, Resolution, Selection, Verdict, leaves, select};
use crate::model::{CommitInfo, Key, Path};
use crate::yaml::Document;

/// What becomes of an item's file as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whole {
    /// It stays; values in it change.
    Stays,
    /// It goes: the promotion made it.
    Goes,
    /// It comes back: the promotion removed it.
    Returns,
}

/// What one rollback would do to one item.
#[derive(Clone, Debug)]
pub struct ItemRollback {
    /// The item.
    pub key: Key,
    /// The commit that is taken back, or the one that is gone back to.
    pub commit: CommitInfo,
    /// The values, not masked.
    pub lines: Vec<Line>,
    /// The file.
    pub whole: Whole,
}

impl ItemRollback {
    /// The rollback as it may be shown.
    #[must_use]
    pub fn masked(&self, mask: &Mask<'_>) -> Self {
        let mut shown = self.clone();
        for line in &mut shown.lines {
            for value in [&mut line.source, &mut line.base, &mut line.target] {
                *value = value.take().map(|value| mask.value(&line.path, &value));
            }
        }
        shown
    }

    /// How many changes it makes.
    #[must_use]
    pub fn changes(&self) -> usize {
        self.lines.iter().filter(|line| line.is_taken()).count() + usize::from(self.whole != Whole::Stays)
    }
}

/// The versions that a rollback looks at.
pub struct Versions<'a> {
    /// The version whose values come back.
    pub before: &'a Document,
    /// What the commit that is taken back made of it; `None` when all that differs comes back.
    pub after: Option<&'a Document>,
    /// The version of today.
    pub now: &'a Document,
}

/// The lines that take back what was changed from `before` to `after`. A path that has yet another
/// value today is a conflict; `changed_by` says who gave it that.
#[must_use]
pub fn plan(
    versions: &Versions<'_>,
    only: &[Path],
    lists: &dyn ListRules,
    changed_by: &dyn Fn(&Path) -> Option<CommitInfo>,
) -> (Vec<Line>, Vec<String>) {
    let Versions { before, after, now } = versions;
    let mut lines = Vec::new();
    for leaf in leaves(before, now, lists) {
        let given = after.map_or(leaf.target, |after| after.at(&leaf.path));
        if given == leaf.source {
            continue;
        }
        let free = given == leaf.target;
        let holder = if leaf.target.is_some() { now } else { before };
        lines.push(Line {
            pointer: holder.pointer(&leaf.path),
            resolution: if free { Resolution::Pending } else { Resolution::Conflict },
            level: if free { Level::Take } else { Level::Stop },
            verdict: Verdict::Keep,
            source: leaf.source.cloned(),
            base: given.cloned(),
            target: leaf.target.cloned(),
            reason: if free { String::new() } else { "changed since".to_owned() },
            commit: None,
            target_commit: changed_by(&leaf.path).filter(|_| !free),
            top: leaf.top,
            path: leaf.path,
            // Nothing new is written, so secrets need no line of their own; masking covers them.
            secret: false,
            literal: false,
        });
    }
    let selection = Selection { only: only.to_vec(), ..Selection::default() };
    let idle = selection.unmatched(&lines);
    (select(lines, &selection, before, now), idle)
}
