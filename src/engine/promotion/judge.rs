//! The resolution table: what to make of one path of one item over one hop.
//!
//! Rows are numbered as in the README. The first that fits counts.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;

use super::path_history::{DAY, PathHistory};
use super::reason::{LeftOut, Reason};
use super::resolution::{Level, Resolution};
use crate::diff::documents::pair_documents;
use crate::diff::lists::ListRules;
use crate::diff::{Depth, diff};
use crate::engine::naming::Naming;
use crate::engine::timeline::Timeline;
use crate::model::{CommitInfo, Date, Environment, Hop, Segment, Value, ValuePath};
use crate::yaml::Document;

/// What was found of one path.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// The row's word.
    pub resolution: Resolution,
    /// What a plain promotion does.
    pub level: Level,
    /// Why.
    pub reason: Reason,
    /// The source's value at the base.
    pub base: Option<Value>,
    /// The source's value before the commit that brought the present one.
    pub was: Option<Value>,
    /// The commit that gave the source its value here, or took it away.
    pub source_commit: Option<CommitInfo>,
    /// The commit that gave the target its value here, or took it away.
    pub target_commit: Option<CommitInfo>,
    /// The commit of the base.
    pub base_commit: Option<CommitInfo>,
}

impl Judgement {
    /// Row 2, by the pin on this line of `terrace.toml`; history is not asked.
    pub(super) const fn pinned(line: usize) -> Self {
        Self {
            resolution: Resolution::Pinned,
            level: Level::Keep,
            reason: Reason::Pinned { line },
            base: None,
            was: None,
            source_commit: None,
            target_commit: None,
            base_commit: None,
        }
    }
}

/// Judges the paths of one item over one hop.
pub struct Judge<'a> {
    timeline: &'a Timeline<'a>,
    hop: Hop,
    naming: &'a Naming<'a>,
    lists: &'a dyn ListRules,
    /// On the way to staging: production's document.
    production: Option<&'a Document>,
    promotions: OnceCell<Vec<usize>>,
    /// The states that changed a direct entry of the target's mapping or list at a path, or, at none,
    /// brought or removed a document.
    edited: RefCell<HashMap<Option<ValuePath>, Vec<usize>>>,
}

impl<'a> Judge<'a> {
    /// A judge over `timeline`, whose last state is what is judged. `production` is production's
    /// document of the same key where the hop leads to staging.
    pub fn new(
        timeline: &'a Timeline<'a>,
        hop: Hop,
        naming: &'a Naming<'a>,
        lists: &'a dyn ListRules,
        production: Option<&'a Document>,
    ) -> Self {
        Self {
            timeline,
            hop,
            naming,
            lists,
            production,
            promotions: OnceCell::new(),
            edited: RefCell::default(),
        }
    }

    /// The rows that history decides: all but `in-sync`, `pinned` and `declined`. `top` is the
    /// highest path at or above `path` that the target lacks.
    #[must_use]
    pub fn judge_path(&self, path: &ValuePath, top: &ValuePath) -> Judgement {
        let track = PathHistory::new(self.timeline, path);
        let now = self.timeline.states.len().saturating_sub(1);
        let Some(base) = track.base() else { return self.unknown(&track) };
        let (s, t, b) = (track.s(now), track.t(now), track.s(base));
        let (resolution, level, reason) = match (s, t) {
            (None, _) => self.source_absent(&track, b, t),
            (Some(s), None) => match b {
                Some(_) => self.target_absent(&track),
                None => self.new_key(&track, path, top, s),
            },
            (Some(s), Some(t)) => self.both_present(&track, base, s, t, b),
        };
        self.judgement(&track, resolution, level, reason, Some(base))
    }

    fn judgement(
        &self,
        track: &PathHistory<'_>,
        resolution: Resolution,
        level: Level,
        reason: Reason,
        base: Option<usize>,
    ) -> Judgement {
        let commit = |index: Option<usize>| index.map(|index| self.timeline.commit(index).clone());
        Judgement {
            resolution,
            level,
            reason,
            base: base.and_then(|base| track.s(base)).cloned(),
            was: track.source_changed().and_then(|i| track.s(i.checked_sub(1)?)).cloned(),
            source_commit: commit(track.source_changed()),
            target_commit: commit(track.target_changed()),
            base_commit: commit(base),
        }
    }

    fn date(&self, index: Option<usize>) -> Option<Date> {
        index.map(|index| self.timeline.commit(index).date())
    }

    /// Row 4.
    fn unknown(&self, track: &PathHistory<'_>) -> Judgement {
        self.judgement(track, Resolution::Unknown, Level::Stop, Reason::HistoryEnds, None)
    }

    /// Rows 5 and 6.
    fn source_absent(
        &self,
        track: &PathHistory<'_>,
        base: Option<&Value>,
        target: Option<&Value>,
    ) -> (Resolution, Level, Reason) {
        if base.is_none() {
            return (Resolution::EnvironmentSpecific, Level::Keep, Reason::OnlyInTarget);
        }
        let reason = Reason::Removed { on: self.date(track.source_changed()), is_own: base != target };
        (Resolution::Removed, Level::Take, reason)
    }

    /// Row 7.
    fn target_absent(&self, track: &PathHistory<'_>) -> (Resolution, Level, Reason) {
        let created =
            self.timeline.states.iter().rposition(|state| state.target.is_none()).map_or(0, |i| i + 1);
        let young = self.timeline.age(created) < 30 * DAY;
        let level = if young || track.target_lately_left() { Level::Offer } else { Level::Keep };
        let reason = match track.target_changed() {
            Some(_) => Reason::TargetRemoved,
            None => Reason::TargetBegan,
        };
        (Resolution::EnvironmentSpecific, level, reason)
    }

    /// Rows 8 to 11.
    fn new_key(
        &self,
        track: &PathHistory<'_>,
        path: &ValuePath,
        top: &ValuePath,
        source: &Value,
    ) -> (Resolution, Level, Reason) {
        if let Some(other) = self.names_other(path, source) {
            return (Resolution::EnvironmentSpecific, Level::Keep, Reason::NewButNames(other));
        }
        let later =
            self.production.filter(|_| self.hop == Hop::ToStaging).and_then(|document| document.at(path));
        if later.is_some_and(|later| later != source) {
            return (Resolution::EnvironmentSpecific, Level::Keep, Reason::ProductionsOwn);
        }
        let brought = track.source_changed();
        if let Some(why) = brought.and_then(|brought| self.left_out(top, brought)) {
            return (Resolution::LeftOut, Level::Offer, Reason::LeftOut(why));
        }
        let by = brought.map(|brought| self.timeline.commit(brought).id.clone());
        (Resolution::New, Level::Ask, Reason::New { on: self.date(brought), by })
    }

    /// Row 10: why people seem to have left a new key out on purpose.
    fn left_out(&self, top: &ValuePath, brought: usize) -> Option<LeftOut> {
        let parent = top.parent();
        let mut edited = self.edited.borrow_mut();
        let all = edited.entry(parent).or_insert_with_key(|parent| {
            (0..self.timeline.states.len())
                .filter(|i| self.edited_directly(parent.as_ref(), *i))
                .collect::<Vec<_>>()
        });
        let edits = &all[all.partition_point(|i| *i < brought)..];
        if edits.first() == Some(&brought) {
            return Some(LeftOut::By(self.timeline.commit(brought).id.clone()));
        }
        if edits.len() >= 5 {
            return Some(LeftOut::Edits(edits.len()));
        }
        let promotions = self.promotions().iter().filter(|i| **i > brought).count();
        if promotions >= 5 {
            return Some(LeftOut::Promotions(promotions));
        }
        let days = self.timeline.age(brought) / DAY;
        (days > 120).then_some(LeftOut::Days(days))
    }

    /// Whether state `index` changed a direct entry of the target's mapping or list at `parent`; without
    /// one, whether it brought or removed a document.
    fn edited_directly(&self, parent: Option<&ValuePath>, index: usize) -> bool {
        let target = |i: usize| self.timeline.states.get(i).and_then(|state| state.target.as_deref());
        let (before, after) = (index.checked_sub(1).and_then(target), target(index));
        let (Some(before), Some(after)) = (before, after) else { return false };
        if std::ptr::eq(before, after) {
            return false;
        }
        let Some(parent) = parent else {
            let pairs = pair_documents(before.values(), after.values());
            return pairs.iter().any(|pair| pair.left.is_none() || pair.right.is_none());
        };
        let (before, after) = (before.at(parent), after.at(parent));
        let entry = |value: Option<&Value>| value.is_none_or(|value| value.as_map().is_none());
        match (before.and_then(Value::as_map), after.and_then(Value::as_map)) {
            (Some(a), Some(b)) => {
                let gone_or_edited = a.iter().any(|(key, value)| {
                    let other = b.get(key);
                    other != Some(value) && (other.is_none() || entry(Some(value)) || entry(other))
                });
                gone_or_edited || b.keys().any(|key| !a.contains_key(key))
            }
            _ => match (before.and_then(Value::as_list), after.and_then(Value::as_list)) {
                (Some(a), Some(b)) => {
                    a.len() != b.len() || a.iter().zip(b).any(|(a, b)| a != b && entry(Some(a)))
                }
                _ => before != after,
            },
        }
    }

    /// The states in which the target got at least one value that the source had.
    fn promotions(&self) -> &[usize] {
        self.promotions.get_or_init(|| {
            let states = &self.timeline.states;
            (1..states.len())
                .filter(|i| {
                    let (before, after) = (states[i - 1].target.as_deref(), states[*i].target.as_deref());
                    let (Some(before), Some(after), Some(source)) =
                        (before, after, states[i - 1].source.as_deref())
                    else {
                        return false;
                    };
                    !std::ptr::eq(before, after)
                        && diff(before.values(), after.values(), self.lists, Depth::Leaves)
                            .iter()
                            .any(|change| change.right.is_some() && source.at(&change.path) == change.right)
                })
                .collect()
        })
    }

    /// Rows 12 to 19.
    fn both_present(
        &self,
        track: &PathHistory<'_>,
        base: usize,
        s: &Value,
        t: &Value,
        b: Option<&Value>,
    ) -> (Resolution, Level, Reason) {
        let left = track.source_left(t);
        if b == Some(s) {
            let lately = track.target_lately_left();
            let offer = |yes: bool| if yes { Level::Offer } else { Level::Keep };
            if track.source_had(t) {
                let recent = left.is_some_and(|left| self.timeline.age(left) <= 30 * DAY);
                let reason = Reason::Behind { left: self.date(left) };
                return (Resolution::Behind, offer(recent || lately), reason);
            }
            let reason = Reason::Own { since: self.date(track.source_changed()) };
            return (Resolution::EnvironmentSpecific, offer(lately), reason);
        }
        let written = track.target_changed();
        let met_by_chance = written.is_some_and(|written| base > written && track.s(written) == Some(s));
        if b == Some(t) && met_by_chance {
            return (Resolution::EnvironmentSpecific, Level::Offer, Reason::MetByChance);
        }
        if let Some(other) = self.names_foreign(s, t) {
            return (Resolution::EnvironmentSpecific, Level::Keep, Reason::SourceNames(other));
        }
        if b == Some(t) {
            let reason = Reason::Changed { on: self.date(track.source_changed()) };
            return (Resolution::Pending, Level::Take, reason);
        }
        if track.source_had(t) {
            let by = written.map(|written| self.timeline.commit(written).author.clone());
            return (Resolution::Pending, Level::Take, Reason::OlderValue { by });
        }
        if !track.ever_equal() {
            let moved = track.source_changed();
            let lately = moved.is_some_and(|moved| self.timeline.age(moved) <= 7 * DAY);
            let level = if lately { Level::Offer } else { Level::Keep };
            let reason = Reason::AlwaysDifferent { moved: self.date(moved) };
            return (Resolution::EnvironmentSpecific, level, reason);
        }
        (Resolution::Conflict, Level::Stop, Reason::BothChanged { since: self.date(Some(base)) })
    }

    /// Row 8: an environment other than the target, named by the path or by the value.
    fn names_other(&self, path: &ValuePath, value: &Value) -> Option<Environment> {
        let segments = path.segments.iter().flat_map(|segment| match segment {
            Segment::Key(key) => self.naming.named(key),
            Segment::Identity { value, .. } => self.naming.named(value),
            Segment::Index(_) | Segment::Append => Vec::new(),
        });
        let document = path.document.name().map(|name| self.naming.named(&name.name)).unwrap_or_default();
        document
            .into_iter()
            .chain(segments)
            .chain(self.naming.named_by(value))
            .find(|env| *env != self.hop.target())
    }

    /// Row 15: an environment other than the target that the source's value names and the
    /// target's does not.
    fn names_foreign(&self, source: &Value, target: &Value) -> Option<Environment> {
        let here = self.hop.target();
        let foreign = |value: &Value| self.naming.named_by(value).into_iter().find(|env| *env != here);
        foreign(source).filter(|_| foreign(target).is_none())
    }
}
