//! Plans and states of promotions, for programs; a plan file holds the same.

use std::collections::BTreeSet;
use std::io::{self, Write};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::value::{json as value_json, json_or_absent};
use crate::engine::promotion::{
    Action, HopStatus, ItemPlan, ItemState, LeftAlone, Level, PlanEntry, Resolution,
};
use crate::model::{BlobId, CommitId, Environment, Hop, Key, ValuePath};
use crate::secrets::mask::Shown;
use crate::secrets::{shown_path, shown_pointer};

/// Plans and states of promotions.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "terrace plan")]
pub(super) struct PlanReport<'a> {
    /// The version of this format.
    #[schemars(extend("const" = 1))]
    version: u8,
    /// The commit that was judged; a plan that is carried out later needs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    head: Option<&'a str>,
    /// The reason recorded with what the target keeps.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// The hops that were judged.
    hops: Vec<HopReport<'a>>,
}

/// One hop.
#[derive(Serialize, JsonSchema)]
pub(super) struct HopReport<'a> {
    /// Where values come from.
    from: Environment,
    /// Where they go.
    to: Environment,
    /// The items with differences.
    items: Vec<PlanItem<'a>>,
    /// The items that come into being.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    created: Vec<Created<'a>>,
    /// The items that go.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    deleted: Vec<Deleted<'a>>,
    /// The items that are not compared path by path, or that a promotion of everything leaves alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_compared: Vec<NotCompared<'a>>,
}

/// An item that cannot be compared path by path.
#[derive(Serialize, JsonSchema)]
struct NotCompared<'a> {
    /// The item's key.
    key: &'a str,
    /// Why.
    why: NotComparedWhy,
    /// The key that it has in the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    was: Option<&'a str>,
    /// The same in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

/// Why an item cannot be compared.
#[derive(Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum NotComparedWhy {
    /// The target does not have it.
    OnlyInSource,
    /// The source deleted it, and the target still has it.
    Deleted,
    /// The source gave it another key.
    Renamed,
    /// A file of it is encrypted.
    Encrypted,
    /// A file of it cannot be read.
    Unreadable,
    /// A value of it is read through an alias that others use.
    Shared,
    /// Its file cannot be written as planned, or nothing would be left of it.
    Unwritable,
    /// A rule refuses the result.
    Refused,
}

/// An item that comes into being.
#[derive(Serialize, JsonSchema)]
struct Created<'a> {
    /// The item's key.
    key: &'a str,
    /// The blob of the source's file.
    source_blob: &'a str,
    /// Pins, secrets and what was excepted: the paths that do not come along.
    left_out: Vec<String>,
    /// Values of its own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    set: Vec<Given>,
}

/// An item that goes.
#[derive(Serialize, JsonSchema)]
struct Deleted<'a> {
    /// The item's key.
    key: &'a str,
    /// The blob of the target's file.
    target_blob: &'a str,
}

/// A value given to a path.
#[derive(Serialize, JsonSchema)]
struct Given {
    /// The path.
    path: String,
    /// The value.
    value: Json,
}

/// One item over one hop.
#[derive(Serialize, JsonSchema)]
struct PlanItem<'a> {
    /// The item's key.
    key: &'a str,
    /// The blob of the source's file.
    source_blob: &'a str,
    /// The blob of the target's file.
    target_blob: &'a str,
    /// The paths that differ.
    resolutions: Vec<PlanLine<'a>>,
    /// Values given to paths at which the two sides do not differ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    set: Vec<Given>,
    /// Whether it was agreed to that nothing is left of the item.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    empties: bool,
}

/// What this plan does with a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Outcome {
    /// The source's value is written.
    Take,
    /// The value beside is written.
    Set,
    /// The target keeps its value, and that is recorded.
    Decline,
    /// Nothing happens.
    Keep,
    /// A new key that nobody has decided about.
    Ask,
    /// A conflict that nobody has decided.
    Stop,
}

impl<V> From<&Action<V>> for Outcome {
    fn from(verdict: &Action<V>) -> Self {
        match verdict {
            Action::Take => Self::Take,
            Action::Set(_) => Self::Set,
            Action::Decline => Self::Decline,
            Action::Keep => Self::Keep,
            Action::Ask => Self::Ask,
            Action::Stop => Self::Stop,
        }
    }
}

/// One path.
#[derive(Serialize, JsonSchema)]
struct PlanLine<'a> {
    /// The value as people name it.
    path: String,
    /// The value as a JSON Pointer into the target's document, or the source's where the target
    /// lacks it.
    pointer: String,
    /// For a renamed entry, where the target has it now.
    #[serde(skip_serializing_if = "Option::is_none")]
    renamed_from: Option<String>,
    /// What the table says.
    resolution: Resolution,
    /// The source's value; `{"absent":true}` where there is none, `{"masked":true}` for a secret.
    source: Json,
    /// The source's value at the base, likewise.
    base: Json,
    /// The target's value, likewise.
    target: Json,
    /// What a plain promotion does.
    level: Level,
    /// Whether this plan writes the path.
    taken: bool,
    /// What this plan does.
    outcome: Outcome,
    /// The value that `set` writes.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Json>,
    /// Why, in one phrase.
    reason: String,
    /// The source commit that brought the value.
    commit: Option<&'a str>,
    /// The commit of an environment before the source that first brought the value, where the source
    /// has it by a promotion.
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<&'a str>,
}

/// Writes the states of hops for programs, values already masked; a hop in sync is listed empty.
///
/// # Errors
/// Those of `out`.
pub fn json(status: &[HopStatus<Shown>], out: &mut dyn Write) -> io::Result<()> {
    let report = PlanReport { version: 1, head: None, reason: None, hops: hops(status) };
    super::findings::document(&report, out)
}

/// The states of hops as a part of another report, values already masked.
pub(super) fn hops(hops: &[HopStatus<Shown>]) -> Vec<HopReport<'_>> {
    fn plan((_, state): &(Key, ItemState<Shown>)) -> Option<&ItemPlan<Shown>> {
        if let ItemState::Differs(plan) = state { Some(plan) } else { None }
    }
    let reports = hops.iter().map(|status| HopReport {
        not_compared: status.items.iter().filter_map(not_compared).collect(),
        ..hop_report(status.hop, status.items.iter().filter_map(plan))
    });
    reports.collect()
}

fn not_compared((key, state): &(Key, ItemState<Shown>)) -> Option<NotCompared<'_>> {
    let (why, was, message) = match state {
        ItemState::Differs(_) => return None,
        ItemState::OnlyInSource => (NotComparedWhy::OnlyInSource, None, None),
        ItemState::Deleted => (NotComparedWhy::Deleted, None, None),
        ItemState::Renamed(from) => (NotComparedWhy::Renamed, Some(from.as_str()), None),
        ItemState::Encrypted(file) => (NotComparedWhy::Encrypted, None, Some(file.to_string())),
        ItemState::Unreadable(why) => (NotComparedWhy::Unreadable, None, Some(why.clone())),
    };
    Some(NotCompared { key: key.as_str(), why, was, message })
}

fn left_alone((key, left): &(Key, LeftAlone)) -> NotCompared<'_> {
    let was = if let LeftAlone::Renamed(from) = left { Some(from.as_str()) } else { None };
    let (why, message) = match left {
        LeftAlone::Renamed(_) => (NotComparedWhy::Renamed, None),
        LeftAlone::OnlyInSource => (NotComparedWhy::OnlyInSource, None),
        LeftAlone::Deleted => (NotComparedWhy::Deleted, None),
        LeftAlone::Encrypted(file) => (NotComparedWhy::Encrypted, Some(file.to_string())),
        LeftAlone::Shared(path) => {
            (NotComparedWhy::Shared, Some(format!("`{path}` is read through an alias")))
        }
        LeftAlone::Unreadable(why) => (NotComparedWhy::Unreadable, Some(why.clone())),
        LeftAlone::Unwritable(why) => (NotComparedWhy::Unwritable, Some(why.clone())),
        LeftAlone::Refused(finding) => (
            NotComparedWhy::Refused,
            Some(format!("{}: {} [{}]", finding.file, finding.message, finding.rule)),
        ),
    };
    NotCompared { key: key.as_str(), why, was, message }
}

/// What one promotion does with all its items, values already masked.
pub struct Promotion<'a> {
    /// The commit that was judged.
    pub head: &'a CommitId,
    /// The hop.
    pub hop: Hop,
    /// The reason recorded with what the target keeps.
    pub reason: Option<&'a str>,
    /// The items that both sides have.
    pub plans: &'a [ItemPlan<Shown>],
    /// Those of them that are left without values, as was agreed to.
    pub emptied: &'a BTreeSet<Key>,
    /// The items that come into being.
    pub created: Vec<Creation<'a>>,
    /// The items that go, with the blobs of their files.
    pub deleted: Vec<(&'a Key, &'a BlobId)>,
    /// The items that nobody named and that stay as they are.
    pub left: &'a [(Key, LeftAlone)],
}

/// An item that comes into being.
pub struct Creation<'a> {
    /// The item.
    pub key: &'a Key,
    /// The blob of the source's file.
    pub source_blob: &'a BlobId,
    /// What does not come along.
    pub left_out: &'a [ValuePath],
    /// What gets a value of its own.
    pub given: Vec<(&'a ValuePath, Shown)>,
}

/// Writes one promotion for programs; this is what a plan file holds.
///
/// # Errors
/// Those of `out`.
pub fn promotion(promotion: &Promotion<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut hop = hop_report(promotion.hop, promotion.plans);
    for (item, plan) in hop.items.iter_mut().zip(promotion.plans) {
        item.empties = promotion.emptied.contains(&plan.key);
    }
    hop.created.extend(promotion.created.iter().map(|creation| Created {
        key: creation.key.as_str(),
        source_blob: creation.source_blob.as_str(),
        left_out: creation.left_out.iter().map(ToString::to_string).collect(),
        set: creation.given.iter().map(|(path, value)| given(path, value)).collect(),
    }));
    let deleted = promotion.deleted.iter();
    hop.deleted.extend(deleted.map(|(key, blob)| Deleted { key: key.as_str(), target_blob: blob.as_str() }));
    hop.not_compared.extend(promotion.left.iter().map(left_alone));
    let report = PlanReport {
        version: 1,
        head: Some(promotion.head.as_str()),
        reason: promotion.reason,
        hops: vec![hop],
    };
    super::findings::document(&report, out)
}

fn given(path: &ValuePath, value: &Shown) -> Given {
    Given { path: path.to_string(), value: value_json(value.shown()) }
}

fn hop_report<'a>(hop: Hop, plans: impl IntoIterator<Item = &'a ItemPlan<Shown>>) -> HopReport<'a> {
    let item = |plan: &'a ItemPlan<Shown>| PlanItem {
        key: plan.key.as_str(),
        source_blob: plan.source_blob.as_str(),
        target_blob: plan.target_blob.as_str(),
        resolutions: plan.lines.iter().map(|line| entry(line, plan.hop)).collect(),
        set: plan.given.iter().map(|value| given(&value.path, &value.value)).collect(),
        empties: false,
    };
    HopReport {
        from: hop.source(),
        to: hop.target(),
        items: plans.into_iter().map(item).collect(),
        created: Vec::new(),
        deleted: Vec::new(),
        not_compared: Vec::new(),
    }
}

fn entry(line: &PlanEntry<Shown>, hop: Hop) -> PlanLine<'_> {
    PlanLine {
        path: shown_path(&line.path),
        pointer: shown_pointer(&line.pointer),
        renamed_from: line.renamed.as_ref().map(|renamed| shown_path(&renamed.from)),
        resolution: line.resolution,
        source: json_or_absent(line.source.as_ref()),
        base: json_or_absent(line.base.as_ref()),
        target: json_or_absent(line.target.as_ref()),
        level: line.level,
        taken: line.is_taken(),
        outcome: Outcome::from(&line.verdict),
        value: if let Action::Set(value) = &line.verdict { Some(value_json(value.shown())) } else { None },
        reason: line.reason.phrase(hop),
        commit: line.commit.as_ref().map(|commit| commit.id.as_str()),
        origin: line.origin.as_ref().map(|commit| commit.id.as_str()),
    }
}

/// One line as it stands in a plan.
pub(super) fn entry_json(line: &PlanEntry<Shown>, hop: Hop) -> Json {
    let text = serde_json::to_string(&entry(line, hop)).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

/// The JSON Schema of what `json` and `promotion` write.
#[must_use]
pub fn schema() -> Json {
    super::findings::schema_of::<PlanReport<'_>>()
}
