//! A removal shares the fate of what its source commit put in its place.
//!
//! Who renames an entry removes one and adds another. A target that took the removal and left the
//! addition would have neither, so the removal waits for the addition.

use std::collections::BTreeMap;

use super::entry::Action;
use super::entry::PlanEntry;
use super::reason::Reason;
use super::resolution::Level;
use super::selection::Choice;
use crate::model::{Segment, ValuePath};

/// Keeps removals from being taken while what took their place is not; the leaves have their
/// verdicts already.
pub(super) fn share(lines: &mut [PlanEntry], choice: &Choice<'_>) {
    let additions = Additions::among(lines);
    let mut waiting: BTreeMap<usize, (bool, ValuePath)> = BTreeMap::new();
    let is_due = |line: &PlanEntry| {
        line.source.is_none()
            && line.renamed.is_none()
            && matches!(line.verdict, Action::Take | Action::Ask)
            && !choice.names(&line.top)
    };
    for (number, line) in lines.iter().enumerate().filter(|(_, line)| is_due(line)) {
        let mut successors = line.replaced_by.iter();
        if let Some(open) = successors.find_map(|path| additions.open(path, lines)) {
            waiting.insert(number, open);
        }
    }
    for (number, (is_asked, successor)) in waiting {
        let line = &mut lines[number];
        line.level = if is_asked { Level::Ask } else { Level::Offer };
        line.reason = Reason::Awaits { removed: Box::new(line.reason.clone()), successor };
        line.verdict = if is_asked { Action::Ask } else { Action::Keep };
    }
}

/// The element that is removed with a leaf, if one is.
pub(super) fn element_of(line: &PlanEntry) -> Option<ValuePath> {
    (line.top.segments.len()..=line.path.segments.len())
        .map(|steps| line.path.prefix(steps))
        .find(|path| matches!(path.last(), Some(Segment::Identity { .. })))
}

/// The leaves that the target lacks, in the order of their paths.
struct Additions(BTreeMap<ValuePath, usize>);

impl Additions {
    fn among(lines: &[PlanEntry]) -> Self {
        let is_added = |(_, line): &(usize, &PlanEntry)| line.source.is_some() && line.target.is_none();
        Self(lines.iter().enumerate().filter(is_added).map(|(at, line)| (line.path.clone(), at)).collect())
    }

    /// Whether nothing of what stands at a path is taken although the target lacks it: whether it is asked
    /// about, and where it comes in.
    fn open(&self, path: &ValuePath, lines: &[PlanEntry]) -> Option<(bool, ValuePath)> {
        let below = self.0.range(path..).take_while(|(other, _)| path.covers(other));
        let below: Vec<&PlanEntry> = below.filter_map(|(_, number)| lines.get(*number)).collect();
        let first = below.first().filter(|_| !below.iter().any(|line| line.is_taken()))?;
        Some((below.iter().any(|line| line.verdict == Action::Ask), first.top.clone()))
    }
}
