//! What a promotion would do, and what keeps it from being committed.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::configuration::Configuration;
use crate::engine::promotion::{Action, ItemPlan, LeftAlone, PlanEntry, Reason, Resolution};
use crate::model::{BlobId, CommitId, Environment, Error, Finding, Help, Hop, Key, Result, Value, ValuePath};
use crate::store::transaction::{Change, FileChange};

/// An item that the target does not have yet.
#[derive(Clone, Debug)]
pub struct Creation {
    /// The item.
    pub key: Key,
    /// The source's blob.
    pub source_blob: BlobId,
    /// The new file.
    pub text: String,
    /// Pins, secrets and what was excepted: what was left out.
    pub left_out: Vec<ValuePath>,
    /// The pins and secrets among them: the target needs its own.
    pub to_give: Vec<ValuePath>,
    /// What got a value of its own.
    pub given: Vec<(ValuePath, Value)>,
    /// Comments of the source that did not come along.
    pub left_comments: Vec<String>,
    /// Values that came along and name another environment: somebody should look at them.
    pub foreign: Vec<(ValuePath, Environment)>,
    /// The name that it had in the source, where the target has it under that.
    pub was: Option<Key>,
}

/// What a plan writes.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// The item's new text, where it changes.
    pub(super) text: Option<String>,
    /// The changes of its decisions.
    pub(super) decisions: Vec<FileChange>,
    /// The source's comments that did not come along.
    pub(super) left_comments: Vec<String>,
    /// Whether nothing is left of the item.
    pub(super) is_emptied: bool,
}

/// What one promotion would do.
#[derive(Debug)]
pub struct Prepared {
    /// The commit that was judged.
    pub head: CommitId,
    /// The plans, values not masked.
    pub plans: Vec<ItemPlan>,
    /// Items that come into being.
    pub creations: Vec<Creation>,
    /// Items that go.
    pub deletions: Vec<Key>,
    /// Items that nobody named and that stay as they are, with the reason.
    pub left: Vec<(Key, LeftAlone)>,
    /// Findings of error severity that the result would bring.
    pub refused: Vec<Finding>,
    /// Comments of the source that do not come along, by item: they hold a machine's marker, or name
    /// an environment.
    pub left_comments: BTreeMap<Key, Vec<String>>,
    /// Why the target keeps single values, by item, as it was answered.
    pub(super) reasons: BTreeMap<Key, Vec<(ValuePath, String)>>,
    /// What plans write, by item, as far as that is worked out.
    pub(super) made: BTreeMap<Key, Result<Written>>,
    /// Items that are left without values, as was agreed to.
    pub emptied: BTreeSet<Key>,
    pub(super) files: Vec<FileChange>,
    /// What the plans rest on besides the files that they change.
    pub(super) rests_on: Vec<String>,
    pub(super) subject: String,
    pub(super) body: String,
}

/// What holds for all items of a promotion.
pub(in crate::ops) struct Terms<'a> {
    pub(in crate::ops) hop: Hop,
    /// The reason recorded with what the target keeps.
    pub(in crate::ops) reason: Option<&'a str>,
    /// Who is recorded with it.
    pub(in crate::ops) by: &'a str,
    /// Whether it was agreed to that this item is left without values.
    pub(in crate::ops) may_empty: &'a (dyn Fn(&Key) -> bool + Sync),
    /// Whether an item that cannot be written is left for the others' sake.
    pub(in crate::ops) leave_unwritable: &'a (dyn Fn(&Key) -> bool + Sync),
    /// Whether one that a rule refuses is, too.
    pub(in crate::ops) leave_refused: bool,
}

impl Prepared {
    pub(in crate::ops) fn new(head: CommitId) -> Self {
        Self {
            head,
            plans: Vec::new(),
            creations: Vec::new(),
            deletions: Vec::new(),
            left: Vec::new(),
            refused: Vec::new(),
            left_comments: BTreeMap::new(),
            reasons: BTreeMap::new(),
            made: BTreeMap::new(),
            emptied: BTreeSet::new(),
            files: Vec::new(),
            rests_on: Vec::new(),
            subject: String::new(),
            body: String::new(),
        }
    }

    /// The items that go, with the blobs of their files.
    #[must_use]
    pub fn deleted(&self, hop: Hop) -> Vec<(&Key, &BlobId)> {
        let blob = |key: &Key| {
            let file = key.file(hop.target());
            self.files.iter().find(|change| change.path.ends_with(&file))?.before.as_ref()
        };
        self.deletions.iter().filter_map(|key| Some((key, blob(key)?))).collect()
    }

    /// What the promotion makes of the configuration that it was planned on.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn after(&self, configuration: &Configuration) -> Result<Configuration> {
        super::super::edit::after(configuration, &self.files)
    }

    /// Adds what was prepared of further items.
    pub(super) fn add(&mut self, more: Self) {
        self.plans.extend(more.plans);
        self.creations.extend(more.creations);
        self.deletions.extend(more.deletions);
        self.left.extend(more.left);
        self.reasons.extend(more.reasons);
        self.made.extend(more.made);
    }

    /// Leaves an item as it is.
    pub(super) fn leave(&mut self, key: &Key, why: LeftAlone) {
        self.plans.retain(|plan| plan.key != *key);
        self.creations.retain(|creation| creation.key != *key);
        self.deletions.retain(|deletion| deletion != key);
        self.left_comments.remove(key);
        self.emptied.remove(key);
        self.left.push((key.clone(), why));
        self.left.sort_by(|a, b| a.0.cmp(&b.0));
    }

    /// The items that something becomes of.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        let plans = self.plans.iter().map(|plan| &plan.key);
        plans.chain(self.creations.iter().map(|creation| &creation.key)).chain(&self.deletions)
    }

    /// How many lines have this verdict.
    #[must_use]
    pub fn count(&self, verdict: &Action) -> usize {
        self.plans.iter().map(|plan| plan.with(verdict).count()).sum()
    }

    /// The lines with this verdict, each with its item.
    pub fn with<'a>(&'a self, verdict: &'a Action) -> impl Iterator<Item = (&'a Key, &'a PlanEntry)> {
        self.plans.iter().flat_map(move |plan| plan.with(verdict).map(move |line| (&plan.key, line)))
    }

    /// The conflicts that a person may decide by choosing a side or giving a value.
    pub fn conflicts(&self) -> impl Iterator<Item = (&Key, &PlanEntry)> {
        self.with(&Action::Stop)
            .filter(|(_, line)| line.resolution == Resolution::Conflict && !line.reason.is_shared())
    }

    /// How many lines are asked about on a terminal.
    #[must_use]
    pub fn questions(&self) -> usize {
        self.count(&Action::Ask)
    }

    /// How many lines nobody has decided, that a promotion without a terminal does not pass. Of what
    /// the target began without, it is not asked again there: it is left, and listed.
    fn undecided(&self) -> impl Iterator<Item = &PlanEntry> {
        let asked = self.plans.iter().flat_map(|plan| plan.with(&Action::Ask));
        asked.filter(|line| line.resolution != Resolution::EnvironmentSpecific && !line.awaits_another())
    }

    /// Whether there is nothing to commit.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// How many changes would be committed.
    #[must_use]
    pub fn changes(&self) -> usize {
        self.plans.iter().map(ItemPlan::taken).sum::<usize>() + self.creations.len() + self.deletions.len()
    }

    /// What keeps the promotion from being committed: conflicts, open questions, findings.
    ///
    /// # Errors
    /// `Undecided`, when something does.
    pub fn require_decided(&self) -> Result<()> {
        let stops = self.count(&Action::Stop);
        if stops > 0 {
            let unknown = self
                .plans
                .iter()
                .flat_map(|plan| plan.with(&Action::Stop))
                .any(|line| line.reason == Reason::HistoryEnds);
            let shared = self.plans.iter().find_map(|plan| {
                let mut stopped = plan.with(&Action::Stop).filter(|line| line.reason.is_shared());
                Some((&plan.key, plan.hop, stopped.next()?))
            });
            let (message, help) = if let Some((key, hop, line)) = shared.filter(|_| !unknown) {
                let message =
                    format!("`{}` of {key} cannot be written alone: {}", line.path, line.reason.phrase(hop));
                let through = |plan: &ItemPlan| {
                    plan.lines.iter().find_map(|line| match &line.reason {
                        Reason::ThroughAlias { alias } => Some(alias.clone()),
                        Reason::SharedWith { other } => Some(other.clone()),
                        _ => None,
                    })
                };
                let alias = self.plans.iter().find_map(through).unwrap_or_default();
                let help =
                    Help::WriteOut { key: key.clone(), environment: hop.target(), path: Box::new(alias) };
                (message, help)
            } else if unknown {
                (
                    format!(
                        "{stops} {} cannot be judged, because the history is cut off",
                        if stops == 1 { "path" } else { "paths" }
                    ),
                    Help::FetchHistory,
                )
            } else {
                (
                    format!(
                        "{stops} {} to be decided; nothing was committed",
                        if stops == 1 { "conflict has" } else { "conflicts have" }
                    ),
                    Help::DecideConflicts,
                )
            };
            return Err(Error::undecided(message).with_help(help));
        }
        let removals = self.undecided().filter(|line| line.resolution == Resolution::Removed).count();
        let asks = self.undecided().count() - removals;
        if asks + removals > 0 {
            let verb = if asks + removals == 1 { "has" } else { "have" };
            let is_new = self.undecided().all(|line| line.resolution != Resolution::Renamed);
            let key = match (is_new, asks) {
                (true, 1) => "new key",
                (true, _) => "new keys",
                (false, 1) => "renamed key",
                (false, _) => "new or renamed keys",
            };
            let removal = if removals == 1 { "removal" } else { "removals" };
            let what = match (asks, removals) {
                (asks, 0) => format!("{asks} {key}"),
                (0, removals) => format!("{removals} {removal} of the target's own values"),
                _ => format!("{asks} {key} and {removals} {removal} of the target's own values"),
            };
            let message = format!("{what} {verb} to be decided; nothing was committed");
            let help = match (asks, removals) {
                (0, _) => Help::DecideRemovals,
                (_, 0) => Help::DecideNew,
                _ => Help::Any(vec![Help::DecideNew, Help::DecideRemovals]),
            };
            return Err(Error::undecided(message).with_help(help));
        }
        match self.refused.first() {
            None => Ok(()),
            Some(finding) => {
                let message = refusal(finding);
                let missing = || self.refused.iter().filter_map(|finding| finding.missing.clone());
                let help = match &finding.missing {
                    Some(_) => Help::Any(vec![Help::GiveValues(missing().collect()), finding.help.clone()]),
                    None => finding.help.clone(),
                };
                Err(Error::undecided(message).with_help(help).with_findings(self.refused.clone()))
            }
        }
    }

    /// What is committed, under a subject of the caller's or its own; `None` when there is nothing to
    /// do.
    pub(super) fn change(&self, subject: Option<&str>) -> Option<Change> {
        (!self.is_empty()).then(|| Change {
            base: Some(self.head.clone()),
            files: self.files.clone(),
            rests_on: self.rests_on.clone(),
            message: format!("{}\n\n{}", subject.unwrap_or(&self.subject), self.body),
        })
    }
}

/// What a finding that the result would bring says.
#[must_use]
pub fn refusal(finding: &Finding) -> String {
    let at = finding.location.map_or(String::new(), |at| format!(":{}:{}", at.start.line, at.start.column));
    format!("the result would bring {} at {}{at}: {}", finding.rule, finding.file, finding.message)
}
