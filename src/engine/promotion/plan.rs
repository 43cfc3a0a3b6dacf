//! The plan of one item over one hop: every differing path judged, selected, and gathered into
//! lines that people can read.

use serde::{Deserialize, Serialize};

use indexmap::{IndexMap, IndexSet};

use super::decision::Decision;
use super::entry::{Action, PlanEntry};
use super::fate;
use super::judge::{Judge, Judgement};
use super::leaves::Leaf;
use super::parts;
use super::reason::Reason;
use super::resolution::{Level, Resolution};
use super::selection::{Choice, Selection};
use crate::diff::documents::pair_documents;
use crate::model::{
    BlobId, CommitInfo, Date, Hop, Key, PathTree, Pointer, Policy, Result, Segment, Value, ValuePath,
};
use crate::secrets::DocumentSecrets;
use crate::secrets::encrypted::EncryptedFile;
use crate::secrets::mask::{Mask, Shown};
use crate::yaml::Document;

/// What is known of an item when its promotion is planned.
pub struct Input<'a> {
    /// The item.
    pub key: &'a Key,
    /// The hop.
    pub hop: Hop,
    /// The source's document.
    pub source: &'a Document,
    /// The source's blob.
    pub source_blob: &'a BlobId,
    /// The target's document.
    pub target: &'a Document,
    /// The rows that history decides.
    pub judge: &'a Judge<'a>,
    /// What is pinned and what is secret.
    pub policy: &'a Policy,
    /// What people decided for this item and target.
    pub decisions: &'a [Decision],
    /// Whether the target's schema requires the key at a path.
    pub required: &'a dyn Fn(&ValuePath) -> bool,
    /// The day that is judged, `YYYY-MM-DD`: HEAD's.
    pub today: Date,
}

/// The plan of one item over one hop.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ItemPlan<V = Value> {
    /// The item.
    pub key: Key,
    /// The hop.
    pub hop: Hop,
    /// The source file's blob.
    pub source_blob: BlobId,
    /// The target file's blob.
    pub target_blob: BlobId,
    /// The lines.
    pub lines: Vec<PlanEntry<V>>,
    /// Values given to paths at which the two sides do not differ.
    pub given: Vec<GivenValue<V>>,
}

/// A value of its own that the target gets at a path at which the two sides do not differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenValue<V = Value> {
    /// Where.
    pub path: ValuePath,
    /// What the target has there now.
    pub old: Option<V>,
    /// What it gets.
    pub value: V,
    /// Whether what is there now is a secret (to be masked).
    pub secret: bool,
}

impl ItemPlan {
    /// The plan as it may be shown.
    #[must_use]
    pub fn masked(&self, mask: &Mask<'_>) -> ItemPlan<Shown> {
        ItemPlan {
            key: self.key.clone(),
            hop: self.hop,
            source_blob: self.source_blob.clone(),
            target_blob: self.target_blob.clone(),
            lines: self.lines.iter().map(|line| line.masked(mask)).collect(),
            given: self.given.iter().map(|given| given.masked(mask)).collect(),
        }
    }
}

impl GivenValue {
    fn masked(&self, mask: &Mask<'_>) -> GivenValue<Shown> {
        let shown = |value: &Value| mask.value_known(&self.path, value, self.secret);
        GivenValue {
            path: self.path.clone(),
            old: self.old.as_ref().map(shown),
            value: shown(&self.value),
            secret: self.secret,
        }
    }
}

impl<V> ItemPlan<V> {
    /// The pins and secrets that the target lacks: nothing promotes them.
    pub fn to_give(&self) -> impl Iterator<Item = &PlanEntry<V>> {
        let is_own = |line: &&PlanEntry<V>| match line.resolution {
            Resolution::Pinned => true,
            Resolution::Declined => false,
            Resolution::InSync
            | Resolution::Unknown
            | Resolution::Renamed
            | Resolution::Removed
            | Resolution::EnvironmentSpecific
            | Resolution::LeftOut
            | Resolution::New
            | Resolution::Behind
            | Resolution::Pending
            | Resolution::Conflict => line.literal,
        };
        self.lines.iter().filter(|line| line.source.is_some() && line.target.is_none()).filter(is_own)
    }
}

impl<V: PartialEq> ItemPlan<V> {
    /// The lines with this verdict.
    pub fn with(&self, verdict: &Action<V>) -> impl Iterator<Item = &PlanEntry<V>> {
        self.lines.iter().filter(move |line| line.verdict == *verdict)
    }

    /// How many paths are written.
    #[must_use]
    pub fn taken(&self) -> usize {
        self.lines.iter().filter(|line| line.is_taken()).count() + self.given.len()
    }
}

/// How one item stands over one hop.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ItemState<V = Value> {
    /// Both sides have it, with different values.
    Differs(ItemPlan<V>),
    /// Only the source has it.
    OnlyInSource,
    /// The source deleted it, and the target still has it.
    Deleted,
    /// The source has it under this name, and the target still under that one.
    Renamed(Key),
    /// This file of the two is encrypted, so that nothing can be said by path.
    Encrypted(EncryptedFile),
    /// One side cannot be read; why, with its place.
    Unreadable(String),
}

/// How the items of one hop stand; those in sync are left out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HopStatus<V = Value> {
    /// The hop.
    pub hop: Hop,
    /// The items, by key.
    pub items: Vec<(Key, ItemState<V>)>,
}

impl ItemState {
    /// The same as it may be shown.
    #[must_use]
    pub fn masked(&self, mask: &Mask<'_>) -> ItemState<Shown> {
        match self {
            Self::Differs(plan) => ItemState::Differs(plan.masked(mask)),
            Self::OnlyInSource => ItemState::OnlyInSource,
            Self::Deleted => ItemState::Deleted,
            Self::Renamed(from) => ItemState::Renamed(from.clone()),
            Self::Encrypted(file) => ItemState::Encrypted(file.clone()),
            Self::Unreadable(why) => ItemState::Unreadable(why.clone()),
        }
    }
}

impl HopStatus {
    /// The same as it may be shown.
    #[must_use]
    pub fn masked(&self, mask: &Mask<'_>) -> HopStatus<Shown> {
        let items = self.items.iter().map(|(key, state)| (key.clone(), state.masked(mask))).collect();
        HopStatus { hop: self.hop, items }
    }
}

/// Judges every leaf; the result is ungathered.
///
/// # Errors
/// When a version that the judge asks for cannot be read.
pub fn judge_leaves(input: &Input<'_>, leaves: &[Leaf<'_>]) -> Result<Vec<PlanEntry>> {
    let pairs = pair_documents(input.source.values(), input.target.values());
    let guesses: Vec<_> = pairs.into_iter().filter(|pair| pair.is_guess).map(|pair| pair.document).collect();
    let decisions = live_decisions(input);
    let secrets = [input.source, input.target].map(|side| DocumentSecrets::of(side, input.policy));
    let judge = |leaf: &Leaf<'_>| {
        let mut line = judge_leaf(input, leaf, &decisions, &secrets)?;
        if guesses.contains(&line.path.document) && line.resolution != Resolution::Pinned {
            (line.resolution, line.level) = (Resolution::Conflict, Level::Stop);
            line.reason = Reason::Unpaired;
        }
        Ok(line)
    };
    leaves.iter().map(judge).collect()
}

fn judge_leaf(
    input: &Input<'_>,
    leaf: &Leaf<'_>,
    decisions: &LiveDecisions<'_>,
    secrets: &[DocumentSecrets<'_>; 2],
) -> Result<PlanEntry> {
    let holds =
        |side: &DocumentSecrets<'_>, value: &Value| side.holds_secret(input.policy, &leaf.path, value);
    let literal = leaf.source.is_some_and(|value| holds(&secrets[0], value));
    let secret = literal || leaf.target.is_some_and(|value| holds(&secrets[1], value));
    let judgement = match input.policy.pin(input.key, &leaf.path, input.hop) {
        Some(pin) => Judgement::pinned(pin.line),
        None => input.judge.judge_path(&leaf.path, &leaf.top)?,
    };
    let mut line = PlanEntry {
        path: leaf.path.clone(),
        pointer: pointer(input, &leaf.path, leaf.target.is_some()),
        resolution: judgement.resolution,
        level: judgement.level,
        verdict: Action::Keep,
        source: leaf.source.cloned(),
        base: judgement.base,
        was: judgement.was,
        target: leaf.target.cloned(),
        reason: judgement.reason,
        commit: judgement.source_commit,
        origin: None,
        target_commit: judgement.target_commit,
        top: leaf.top.clone(),
        renamed: None,
        replaced_by: Vec::new(),
        secret,
        literal,
    };
    if line.resolution == Resolution::Pinned {
        return Ok(line);
    }
    let covering = decisions.above(&leaf.path).map(|(_, decision)| *decision);
    if let Some((_, decision)) = covering.min_by_key(|(number, _)| *number) {
        line.resolution = Resolution::Declined;
        line.level = Level::Keep;
        let Decision { by, reason, until, .. } = decision.clone();
        line.reason = Reason::Declined { by, reason, until };
    } else if line.literal && !matches!(line.level, Level::Keep) {
        line.level = Level::Keep;
        line.reason = Reason::Secret;
    } else if line.resolution == Resolution::New && (input.required)(&leaf.path) {
        line.level = Level::Take;
        line.reason = Reason::Required(Box::new(line.reason));
    }
    Ok(line)
}

fn pointer(input: &Input<'_>, path: &ValuePath, in_target: bool) -> Pointer {
    if in_target { input.target.pointer(path) } else { input.source.pointer(path) }
}

/// The first decision that counts at each path, with its number.
type LiveDecisions<'a> = PathTree<'a, (usize, &'a Decision)>;

fn live_decisions<'a>(input: &Input<'a>) -> LiveDecisions<'a> {
    let is_live = |(_, decision): &(usize, &Decision)| {
        let value = input.source.at(&decision.path);
        decision.is_live((value, Some(input.source_blob)), input.today)
    };
    let live = input.decisions.iter().enumerate().rev().filter(is_live);
    live.map(|(number, decision)| (&decision.path, (number, decision))).collect()
}

/// Applies a selection to judged leaves; the result is ungathered.
#[must_use]
pub fn decide(mut lines: Vec<PlanEntry>, selection: &Selection) -> Vec<PlanEntry> {
    let choice = Choice::new(selection);
    keep_elements_whole(&mut lines);
    for line in &mut lines {
        line.verdict = choice.verdict(line);
    }
    fate::share(&mut lines, &choice);
    if selection.skip_undecided {
        let undecided = lines.iter_mut().filter(|line| line.verdict == Action::Ask);
        undecided.for_each(|line| line.verdict = Action::Keep);
    }
    parts::stay_with_the_whole(&mut lines);
    lines
}

/// Applies a selection to judged leaves and gathers those of one fate.
#[must_use]
pub fn select(
    mut lines: Vec<PlanEntry>,
    selection: &Selection,
    source: &Document,
    target: &Document,
) -> Vec<PlanEntry> {
    let named = parts::parts_at(&lines, selection.decided(), source);
    let is_set = |part: &PlanEntry| selection.set.iter().any(|(path, _)| *path == part.path);
    lines.extend(named.into_iter().filter(|part| part.source != part.target || is_set(part)));
    gather(decide(lines, selection), source, target)
}

/// An element that the source removed goes or stays as a whole: where the target has something of its
/// own in it, all of it is asked about.
pub(super) fn keep_elements_whole(lines: &mut [PlanEntry]) {
    let removed = |line: &PlanEntry| line.resolution == Resolution::Removed;
    let element = |line: &PlanEntry| {
        let last = line.path.segments.len();
        (line.top.segments.len()..=last)
            .map(|steps| line.path.prefix(steps))
            .find(|path| line.source.is_none() && matches!(path.last(), Some(Segment::Identity { .. })))
    };
    let mut elements: IndexMap<ValuePath, Vec<usize>> = IndexMap::new();
    for (number, line) in lines.iter().enumerate() {
        if let Some(path) = element(line) {
            elements.entry(path).or_default().push(number);
        }
    }
    for numbers in elements.into_values() {
        let Some(first) = numbers.iter().map(|number| &lines[*number]).find(|line| removed(line)) else {
            continue;
        };
        if numbers.iter().all(|number| removed(&lines[*number]) && lines[*number].level == Level::Take) {
            continue;
        }
        let stays = numbers.iter().map(|number| &lines[*number]).find(|line| {
            matches!(line.resolution, Resolution::Pinned | Resolution::Declined | Resolution::Unknown)
        });
        let level = stays.map_or(Level::Ask, |line| line.level);
        let (commit, origin) = (first.commit.clone(), first.origin.clone());
        let on = commit.as_ref().map(CommitInfo::date);
        for number in numbers {
            let line = &mut lines[number];
            if matches!(line.resolution, Resolution::Removed | Resolution::EnvironmentSpecific) {
                line.resolution = Resolution::Removed;
                line.level = level;
                line.reason = Reason::Removed { on, is_own: true };
                line.commit.clone_from(&commit);
                line.origin.clone_from(&origin);
            }
        }
    }
}

/// Gathers leaves below one new or removed path that have one fate, at the highest path.
fn gather(lines: Vec<PlanEntry>, source: &Document, target: &Document) -> Vec<PlanEntry> {
    let mut out = Vec::new();
    let renamed = lines.iter().filter_map(|line| Some([&line.renamed.as_ref()?.from, &line.path]));
    let ends: Vec<ValuePath> = renamed.flatten().cloned().collect();
    let ends: PathTree<'_, ()> = ends.iter().map(|end| (end, ())).collect();
    let mut groups: IndexMap<ValuePath, Vec<PlanEntry>> = IndexMap::new();
    for line in lines {
        groups.entry(line.top.clone()).or_default().push(line);
    }
    for (top, group) in groups {
        merge(&top, group, &ends, (source, target), &mut out);
    }
    out
}

/// Gathers a group below a path. What something moves out of, or into, has no fate as a whole: `ends` are
/// both ends of what is renamed.
fn merge(
    at: &ValuePath,
    mut group: Vec<PlanEntry>,
    ends: &PathTree<'_, ()>,
    (source, target): (&Document, &Document),
    out: &mut Vec<PlanEntry>,
) {
    let is_parted = ends.reaches(at) && group.iter().all(|line| line.renamed.is_none());
    let one_fate = group.windows(2).all(|pair| same_fate(&pair[0], &pair[1]));
    let several = group.len() > 1 || group.first().is_some_and(|line| enters_an_element(at, line));
    if several && one_fate && !is_parted && !group.iter().any(|line| line.secret) {
        out.extend(at_highest(at, group, source, target));
        return;
    }
    if group.len() == 1 && !(several && is_parted) {
        out.append(&mut group);
        return;
    }
    let depth = at.segments.len();
    let mut branches: IndexMap<Segment, Vec<PlanEntry>> = IndexMap::new();
    for line in group {
        match line.path.segments.get(depth).cloned() {
            Some(segment) => branches.entry(segment).or_default().push(line),
            None => out.push(line),
        }
    }
    for (segment, branch) in branches {
        merge(&at.join(segment), branch, ends, (source, target), out);
    }
}

/// Whether a leaf is not all that comes or goes at `at`: the names of elements and documents do with
/// it.
pub(super) fn enters_an_element(at: &ValuePath, line: &PlanEntry) -> bool {
    if at.is_root() {
        return same_judgement(line, line) && line.path != *at && at.document.name().is_some();
    }
    let below = line.path.segments.get(at.segments.len().saturating_sub(1)..).unwrap_or_default();
    same_judgement(line, line)
        && line.path != *at
        && below.iter().any(|segment| matches!(segment, Segment::Identity { .. }))
}

/// The line that stands at `at` for leaves of one fate; none for none.
pub(super) fn at_highest(
    at: &ValuePath,
    leaves: Vec<PlanEntry>,
    source: &Document,
    target: &Document,
) -> Option<PlanEntry> {
    let replaced_by: IndexSet<ValuePath> =
        leaves.iter().flat_map(|line| &line.replaced_by).cloned().collect();
    let mut line = leaves.into_iter().next()?;
    line.replaced_by = replaced_by.into_iter().collect();
    line.source = source.at(at).cloned();
    line.target = target.at(at).cloned();
    line.base = line.base.and(line.target.clone());
    line.pointer = if line.target.is_some() { target.pointer(at) } else { source.pointer(at) };
    line.path = at.clone();
    Some(line)
}

fn same_fate(a: &PlanEntry, b: &PlanEntry) -> bool {
    a.verdict == b.verdict && same_judgement(a, b)
}

/// Whether two leaves below one path may be shown and decided as one.
pub(super) fn same_judgement(a: &PlanEntry, b: &PlanEntry) -> bool {
    let ids = |line: &PlanEntry| [&line.commit, &line.origin].map(|it| it.as_ref().map(|it| it.id.clone()));
    a.resolution == b.resolution
        && a.level == b.level
        && ids(a) == ids(b)
        // What moved from two places did not move from one.
        && a.renamed.is_none()
        && b.renamed.is_none()
        && !matches!(a.resolution, Resolution::Pinned | Resolution::Declined)
}
