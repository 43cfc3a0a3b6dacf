//! One line of a plan, and what a promotion does with it.

use serde::{Deserialize, Serialize};

use super::reason::Reason;
use super::resolution::{Level, Resolution};
use crate::model::{CommitInfo, EnvironmentSet, Hop, Pointer, Value, ValuePath};
use crate::secrets::mask::{Mask, Shown};

/// One line of a plan: a path, or several with one fate gathered at the highest path. `V` is what
/// its values are: [`Value`] while judging, [`Masked`](crate::secrets::mask::Masked) when shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanEntry<V = Value> {
    /// Where.
    pub path: ValuePath,
    /// The same as a pointer into the target's document, or the source's where the target lacks it.
    pub pointer: Pointer,
    /// What the table says.
    pub resolution: Resolution,
    /// What a plain promotion does.
    pub level: Level,
    /// What this promotion does.
    pub verdict: Action<V>,
    /// The source's value.
    pub source: Option<V>,
    /// The source's value at the base.
    pub base: Option<V>,
    /// The source's value before the commit that brought the present one.
    pub was: Option<V>,
    /// The target's value.
    pub target: Option<V>,
    /// Why.
    pub reason: Reason,
    /// The commit that brought the source's value.
    pub commit: Option<CommitInfo>,
    /// The commit of an environment before the source that first brought the value which `commit`
    /// promoted.
    pub origin: Option<CommitInfo>,
    /// The commit that brought the target's value.
    pub target_commit: Option<CommitInfo>,
    /// The highest path at or above `path` that source or target lacks.
    pub top: ValuePath,
    /// For an entry that the source renamed: what the target has it under now.
    pub renamed: Option<Box<Renamed<V>>>,
    /// For a removal: what its source commit put in its place, under the names of today.
    pub replaced_by: Vec<ValuePath>,
    /// Whether the value is a secret (to be masked).
    pub secret: bool,
    /// Whether the source's value is a secret itself, and not a reference to one.
    pub literal: bool,
}

/// The old end of a renamed entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renamed<V = Value> {
    /// Where the target has it.
    pub from: ValuePath,
    /// The keys of the target within it that the source renamed as well, and what they are called now.
    pub within: Vec<(ValuePath, String)>,
    /// Where the target has what went elsewhere within it, and where that is now.
    pub moved: Vec<(ValuePath, ValuePath)>,
    /// What the target has under the new name afterwards.
    pub carried: V,
}

impl PlanEntry {
    /// The line as it may be shown.
    #[must_use]
    pub fn masked(&self, mask: &Mask<'_>) -> PlanEntry<Shown> {
        let one = |value: &Value| mask.value_known(&self.path, value, self.secret);
        let shown = |value: &Option<Value>| value.as_ref().map(one);
        PlanEntry {
            path: self.path.clone(),
            pointer: self.pointer.clone(),
            resolution: self.resolution,
            level: self.level,
            verdict: match &self.verdict {
                Action::Set(value) => Action::Set(one(value)),
                Action::Take => Action::Take,
                Action::Decline => Action::Decline,
                Action::Keep => Action::Keep,
                Action::Ask => Action::Ask,
                Action::Stop => Action::Stop,
            },
            source: shown(&self.source),
            base: shown(&self.base),
            was: shown(&self.was),
            target: shown(&self.target),
            reason: self.reason.clone(),
            commit: self.commit.clone(),
            origin: self.origin.clone(),
            target_commit: self.target_commit.clone(),
            top: self.top.clone(),
            renamed: self.renamed.as_ref().map(|renamed| {
                let carried = one(&renamed.carried);
                let (from, within) = (renamed.from.clone(), renamed.within.clone());
                Box::new(Renamed { from, within, moved: renamed.moved.clone(), carried })
            }),
            replaced_by: self.replaced_by.clone(),
            secret: self.secret,
            literal: self.literal,
        }
    }
}

impl<V> PlanEntry<V> {
    /// The value that a promotion which takes the line leaves at its path; nothing for a removal.
    #[must_use]
    pub fn taken_value(&self) -> Option<&V> {
        match &self.renamed {
            Some(renamed) => Some(&renamed.carried),
            None => self.source.as_ref(),
        }
    }

    /// Whether taking it takes something away from the target.
    #[must_use]
    pub const fn is_removal(&self) -> bool {
        self.source.is_none() && self.renamed.is_none()
    }

    /// The change that people know the value by: its origin, where it has one, or else the commit of
    /// the source.
    #[must_use]
    pub fn change(&self) -> Option<&CommitInfo> {
        self.origin.as_ref().or(self.commit.as_ref())
    }

    /// The environments of which the line says something, over `hop`: the sides, one that decided from
    /// further on, and the one from which the change came before.
    #[must_use]
    pub fn environments(&self, hop: Hop) -> EnvironmentSet {
        let origin = self.origin.as_ref().and(Hop::into_target(hop.source())).map(Hop::source);
        self.reason.environments(hop).iter().chain(origin).collect()
    }

    /// Whether it is no question of its own: a removal that goes with what took its place.
    #[must_use]
    pub const fn awaits_another(&self) -> bool {
        matches!(self.reason, Reason::Awaits { .. })
    }

    /// What this line says, among `lines` of its plan, while a removal waits for something that its source
    /// commit put in its place: as many lines as there are such things and levels.
    pub fn while_it_waits<'p>(&'p self, lines: &'p [Self]) -> impl Iterator<Item = Self> + 'p
    where
        V: Clone,
    {
        let is_put = move |other: &&Self| {
            let mut put = self.replaced_by.iter();
            put.any(|path| path.covers(&other.path) || other.path.covers(path))
        };
        let is_added = |other: &&Self| other.source.is_some() && other.target.is_none();
        let added = lines.iter().filter(is_added).filter(is_put);
        added.flat_map(move |other| {
            [Level::Ask, Level::Offer].map(|level| {
                let (removed, successor) = (Box::new(self.reason.clone()), other.top.clone());
                Self { level, reason: Reason::Awaits { removed, successor }, ..self.clone() }
            })
        })
    }

    /// Whether no wish makes a promotion write the source's value: a pin, or a secret itself.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.resolution == Resolution::Pinned || self.literal
    }

    /// Whether this promotion writes the path.
    #[must_use]
    pub const fn is_taken(&self) -> bool {
        matches!(self.verdict, Action::Take | Action::Set(_))
    }
}

/// What one promotion does with one path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action<V = Value> {
    /// The source's value is written (or the target's removed).
    Take,
    /// The target gets a value of its own.
    Set(V),
    /// The target keeps its value, and that is recorded.
    Decline,
    /// Nothing happens.
    Keep,
    /// A new key that nobody has decided about.
    Ask,
    /// A conflict, or history that is not there: nothing may be written until it is decided.
    Stop,
}
