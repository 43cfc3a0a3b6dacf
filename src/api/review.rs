//! A review for programs: the findings that the change introduces in the shape that `check` has,
//! and beside them all else that a review says.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value as Json;

use super::diff;
use super::findings::{Counts, FindingEntry};
use super::plan::{HopReport, hops};
use crate::engine::promotion::{DecisionState, Reason};
use crate::engine::review::{
    DecisionChange, End, FileChangeKind, ItemChange, Origin, Review, Row, SchemaChange, WaiverChange,
    Weakened, Weakening,
};
use crate::model::{CommitInfo, Environment};
use crate::secrets::shown_path;

/// What a change means.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "terrace review")]
struct ReviewReport<'a> {
    /// The version of this format.
    #[schemars(extend("const" = 1))]
    version: u8,
    /// What it is compared with.
    base: Tip<'a>,
    /// What is reviewed.
    head: Tip<'a>,
    /// The findings that the change introduces.
    findings: Vec<FindingEntry<'a>>,
    /// How much it introduces, in how many items.
    summary: Counts<'a>,
    /// The findings in the same items that were there before.
    known: Vec<FindingEntry<'a>>,
    /// The findings that are gone, at their places before the change.
    mended: Vec<FindingEntry<'a>>,
    /// What changes, item by item and environment by environment.
    items: Vec<ReviewItem<'a>>,
    /// The files that are recorded with another mode.
    modes: Vec<diff::ModeEntry<'a>>,
    /// Whether the policy changes, so that every item was judged anew.
    policy: bool,
    /// What policy, schemas and decisions protect no more, or less.
    weakened: Vec<WeakenedEntry>,
    /// The schemas that change.
    schemas: Vec<Schema<'a>>,
    /// The decisions that the change touches.
    decisions: Vec<Decision<'a>>,
    /// The waivers that the change touches.
    waivers: Vec<Waiver<'a>>,
    /// What waits for its next hop once the change is in, in the form of `terrace status`.
    waiting: Vec<HopReport<'a>>,
    /// The commits of the change, newest first; at most 50 of them.
    commits: Vec<Commit<'a>>,
}

/// One end of the change.
#[derive(Serialize, JsonSchema)]
struct Tip<'a> {
    /// The commit.
    commit: &'a str,
    /// The branch or revision it was named by.
    name: &'a str,
}

/// One item in one environment.
#[derive(Serialize, JsonSchema)]
struct ReviewItem<'a> {
    /// The item's key.
    key: &'a str,
    /// The environment.
    environment: Environment,
    /// What happened to the file.
    change: Happening,
    /// The item's key before, when it was renamed.
    renamed_from: Option<&'a str>,
    /// The values that differ.
    changes: Vec<Change>,
}

/// What happened to a file.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Happening {
    /// The item is new.
    Added,
    /// The item is gone.
    Removed,
    /// The item has a new key and is otherwise the same.
    Renamed,
    /// Values differ.
    Modified,
    /// SOPS encrypted it: only its values in plain text are told apart.
    Encrypted,
    /// Only comments, order or layout differ.
    Layout,
    /// It cannot be read as YAML now.
    Unreadable,
    /// It could not be read as YAML before.
    Readable,
}

/// One difference.
#[derive(Serialize, JsonSchema)]
struct Change {
    #[serde(flatten)]
    difference: diff::Change,
    /// How it came about.
    origin: Source,
    /// Why the plan at the base keeps what was there.
    reason: Option<String>,
    /// The day since which it was kept.
    kept_since: Option<String>,
    /// The environment it was promoted from, those in which the change does the same, or those in
    /// which it sets something else there.
    environments: Vec<Environment>,
}

/// How a value came into an environment.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Source {
    /// The environment before has it, and the plan at the base takes, asks or offers it.
    Promoted,
    /// The environment before had it, and has left it: taken it back, or gone on to another value.
    Overtaken,
    /// The environment before has it, and the plan at the base keeps it out or stops.
    OverwritesOwnValue,
    /// The same by a recorded decision.
    AgainstDecision,
    /// The same by a pin.
    Pinned,
    /// The change does the same in several environments.
    Together,
    /// Neither.
    ByHand,
}

/// One thing that protects less than before.
#[derive(Serialize, JsonSchema)]
struct WeakenedEntry {
    /// `rule`, `gone`, `added`, `moved`, `limit`, `promotion`, `undescribed`, `constraint` or `decision`.
    kind: &'static str,
    /// What it is, in one phrase.
    what: String,
    /// The file, relative to the root of the git repository.
    file: String,
    /// The line after the change, from 1; null where it is the absence of something.
    line: Option<usize>,
    /// The line before the change, from 1, of what is gone; null where that is not known.
    before: Option<usize>,
}

/// A schema that changes.
#[derive(Serialize, JsonSchema)]
struct Schema<'a> {
    /// The file, relative to the root of the git repository.
    file: &'a str,
    /// `added`, `removed` or `modified`.
    kind: &'static str,
    /// The keys of the items it describes.
    items: Vec<&'a str>,
    /// Where values that the change left alone break it now.
    breaks: Vec<Breaks>,
}

/// Values that break a schema.
#[derive(Serialize, JsonSchema)]
struct Breaks {
    /// The environment.
    environment: Environment,
    /// How many findings there are.
    findings: usize,
}

/// A decision.
#[derive(Serialize, JsonSchema)]
struct Decision<'a> {
    /// `added`, `removed`, `changed`, `ended` or `used`.
    change: &'static str,
    /// The item's key.
    key: &'a str,
    /// The environment that keeps its value.
    environment: Environment,
    /// The path.
    path: String,
    /// Why.
    reason: &'a str,
    /// Who decided.
    by: &'a str,
    /// `source-changes`, `released`, or a day.
    until: String,
    /// Whether it counts.
    live: bool,
}

/// A waiver.
#[derive(Serialize, JsonSchema)]
struct Waiver<'a> {
    /// `added`, `removed`, `changed`, `ended` or `used`.
    change: &'static str,
    /// The rule.
    rule: &'static str,
    /// Key, environment and path as written, one after the other.
    place: &'a str,
    /// Why.
    reason: &'a str,
    /// Who wrote it in this change; empty where it was there before.
    by: &'a str,
    /// The last day it counts.
    until: Option<String>,
    /// How many findings of the items judged it accepts.
    accepts: usize,
}

/// A commit.
#[derive(Serialize, JsonSchema)]
struct Commit<'a> {
    /// Its id.
    commit: &'a str,
    /// The first line of its message.
    subject: &'a str,
    /// The author's name.
    author: &'a str,
    /// Its day.
    date: String,
}

/// Writes the review as one JSON document.
pub fn review(review: &Review, out: &mut dyn Write) -> io::Result<()> {
    let summary = review.summary();
    let found = &review.findings;
    let report = ReviewReport {
        version: 1,
        base: tip(&review.base),
        head: tip(&review.head),
        findings: found.introduced.iter().map(FindingEntry::from).collect(),
        summary: Counts::from(&summary),
        known: found.known.iter().map(FindingEntry::from).collect(),
        mended: found.mended.iter().map(FindingEntry::from).collect(),
        items: review.items.iter().map(item).collect(),
        modes: diff::modes(&review.modes),
        policy: review.policy,
        weakened: review.weakened.iter().map(weakened).collect(),
        schemas: review.schemas.iter().map(schema_change).collect(),
        decisions: review.decisions.iter().map(decision).collect(),
        waivers: review.waivers.iter().map(waiver).collect(),
        waiting: hops(&review.waiting),
        commits: review.commits.iter().map(commit).collect(),
    };
    super::findings::document(&report, out)
}

/// The JSON Schema of what a review is written as.
#[must_use]
pub fn schema() -> Json {
    super::findings::schema_of::<ReviewReport<'_>>()
}

fn tip(end: &End) -> Tip<'_> {
    Tip { commit: end.commit.id.as_str(), name: &end.name }
}

fn item(item: &ItemChange) -> ReviewItem<'_> {
    let (change, renamed_from) = match &item.what {
        FileChangeKind::Added => (Happening::Added, None),
        FileChangeKind::Removed => (Happening::Removed, None),
        FileChangeKind::Renamed(old) => (Happening::Renamed, Some(old.as_str())),
        FileChangeKind::Modified => (Happening::Modified, None),
        FileChangeKind::Encrypted => (Happening::Encrypted, None),
        FileChangeKind::Layout => (Happening::Layout, None),
        FileChangeKind::Unreadable => (Happening::Unreadable, None),
        FileChangeKind::Readable => (Happening::Readable, None),
    };
    let changes = item.rows.iter().map(self::change).collect();
    ReviewItem { key: item.key.as_str(), environment: item.environment, change, renamed_from, changes }
}

fn change(Row { diff: row, origin }: &Row) -> Change {
    let (mut why, mut kept_since) = (None, None);
    let (origin, environments) = match origin {
        Origin::Promoted(source) => (Source::Promoted, vec![*source]),
        Origin::Offered { hop, reason } => {
            why = Some(reason.phrase(*hop));
            (Source::Promoted, vec![hop.source()])
        }
        Origin::Overtaken(source, _) => (Source::Overtaken, vec![*source]),
        Origin::Overwrites { hop, since, reason } => {
            why = Some(reason.phrase(*hop));
            kept_since = since.map(|since| since.to_string());
            let source = match reason {
                Reason::Pinned { .. } => Source::Pinned,
                Reason::Declined { .. } => Source::AgainstDecision,
                _ => Source::OverwritesOwnValue,
            };
            (source, vec![hop.source()])
        }
        Origin::Together(others) => (Source::Together, others.clone()),
        Origin::ByHand(others) => (Source::ByHand, others.clone()),
    };
    Change { difference: diff::change(row), origin, reason: why, kept_since, environments }
}

fn weakened(weakened: &Weakened) -> WeakenedEntry {
    let kind = match &weakened.what {
        Weakening::Rule { .. } => "rule",
        Weakening::Gone(_) => "gone",
        Weakening::Added(_) => "added",
        Weakening::Moved(_) => "moved",
        Weakening::FileBytes { .. } => "limit",
        Weakening::Undecided { .. } => "promotion",
        Weakening::Undescribed(_) => "undescribed",
        Weakening::Constraint(_) => "constraint",
        Weakening::Decision { .. } => "decision",
    };
    let (line, before) = (weakened.at.map(|at| at.line), weakened.before.map(|at| at.line));
    WeakenedEntry { kind, what: weakened.what.phrase(), file: weakened.file.clone(), line, before }
}

fn schema_change(change: &SchemaChange) -> Schema<'_> {
    let breaks = change.breaks.iter();
    Schema {
        file: &change.file,
        kind: change.kind.name(),
        items: change.keys.iter().map(crate::model::Key::as_str).collect(),
        breaks: breaks.map(|(environment, n)| Breaks { environment: *environment, findings: *n }).collect(),
    }
}

fn decision(change: &DecisionChange) -> Decision<'_> {
    Decision {
        change: change.turn.name(),
        key: change.key.as_str(),
        environment: change.target,
        path: shown_path(&change.decision.path),
        reason: &change.decision.reason,
        by: &change.decision.by,
        until: change.decision.until.to_string(),
        live: change.life == DecisionState::Live,
    }
}

fn waiver(change: &WaiverChange) -> Waiver<'_> {
    Waiver {
        change: change.turn.name(),
        rule: change.rule.id(),
        place: &change.place,
        reason: &change.reason,
        by: &change.by,
        until: change.until.map(|until| until.to_string()),
        accepts: change.accepts,
    }
}

fn commit(commit: &CommitInfo) -> Commit<'_> {
    Commit {
        commit: commit.id.as_str(),
        subject: &commit.subject,
        author: &commit.author,
        date: commit.date().to_string(),
    }
}
