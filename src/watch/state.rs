//! What is held between two looks: everything that was read, parsed and compiled, and what was
//! said of it. The next state takes over what has not changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Scope;
use crate::engine::configuration::Configuration;
use crate::engine::rules::{self, CheckInput, CheckReport, Judgements, Memory};
use crate::engine::snapshot::Snapshot;
use crate::model::{Date, Error, Finding, Key, Result};

/// What is held.
pub(super) struct State {
    /// The files and what they mean; `None` where the policy is wrong.
    pub(super) configuration: Option<Configuration>,
    by_item: Judgements,
    /// What was said of them.
    pub(super) outcome: Result<Arc<CheckReport>>,
}

impl State {
    /// Judges a first snapshot, of which what earlier runs judged is not judged again.
    pub(super) fn first(
        snapshot: Snapshot,
        scope: &Scope,
        today: Option<Date>,
        memory: Option<&dyn Memory>,
    ) -> Self {
        Self::judge_files(Configuration::read_to_judge(snapshot), None, (scope, memory), today)
    }

    /// Judges the next snapshot, in which the files `changed` are not what they were.
    pub(super) fn next(
        &self,
        snapshot: Snapshot,
        changed: &BTreeSet<String>,
        scope: &Scope,
        today: Option<Date>,
    ) -> Self {
        let Some(before) = &self.configuration else { return Self::first(snapshot, scope, today, None) };
        let items = rules::affected(changed);
        let held = items.as_ref().filter(|_| self.outcome.is_ok()).map(|changed| (&self.by_item, changed));
        Self::judge_files(before.advance(snapshot, changed), held, (scope, None), today)
    }

    fn judge_files(
        configuration: Result<Configuration>,
        before: Option<(&Judgements, &BTreeSet<Key>)>,
        scope: (&Scope, Option<&dyn Memory>),
        today: Option<Date>,
    ) -> Self {
        let unjudged = |error: Error, configuration| Self {
            configuration,
            by_item: Judgements::default(),
            outcome: Err(error),
        };
        match configuration {
            Err(error) => unjudged(error, None),
            Ok(configuration) => match report(&configuration, before, scope, today) {
                Err(error) => unjudged(error, Some(configuration)),
                Ok((report, by_item)) => {
                    Self { configuration: Some(configuration), by_item, outcome: Ok(Arc::new(report)) }
                }
            },
        }
    }

    /// The files of which `next` says other things than this state: their findings are not equal.
    pub(super) fn said_anew(&self, next: &Self) -> BTreeSet<String> {
        let (before, after) = (by_file(&self.outcome), by_file(&next.outcome));
        let files = before.keys().chain(after.keys()).filter(|file| before.get(*file) != after.get(*file));
        files.map(|file| (*file).to_owned()).collect()
    }

    /// The files of which something is said.
    pub(super) fn said(&self) -> BTreeSet<String> {
        by_file(&self.outcome).into_keys().map(str::to_owned).collect()
    }
}

fn report(
    configuration: &Configuration,
    before: Option<(&Judgements, &BTreeSet<Key>)>,
    (scope, memory): (&Scope, Option<&dyn Memory>),
    today: Option<Date>,
) -> Result<(CheckReport, Judgements)> {
    configuration.snapshot().require_keys(&scope.keys)?;
    let (keys, environment) = (scope.keys.as_slice(), scope.environment);
    let subject = CheckInput {
        configuration,
        today,
        keys,
        environment,
        is_alone: false,
        change: None,
        ends: None,
        memory,
        progress: &crate::model::NoProgress,
    };
    rules::check_again(&subject, before)
}

fn by_file(outcome: &Result<Arc<CheckReport>>) -> BTreeMap<&str, Vec<&Finding>> {
    let mut files: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in outcome.iter().flat_map(|report| &report.findings) {
        files.entry(&finding.file).or_default().push(finding);
    }
    files
}
