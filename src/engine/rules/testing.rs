//! Repositories in memory, for the tables beside the rules.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Change, CheckInput, CheckReport, Judgements};
use crate::engine::configuration::Configuration;
use crate::engine::snapshot::{FileEntry, FileKind, Snapshot, Source};
use crate::model::date::day;
use crate::model::{BlobId, Date, Environment, Error, Finding, Key, Result, Revision, Rule};

/// Files with what `check` is asked of them.
#[derive(Clone, Default)]
pub(super) struct Repository {
    files: BTreeMap<String, Vec<u8>>,
    links: Vec<String>,
    today: Option<Date>,
    keys: Vec<Key>,
    environment: Option<Environment>,
    prefix: String,
    skipped: Option<Change>,
    is_alone: bool,
}

struct Files {
    prefix: String,
    files: BTreeMap<String, Vec<u8>>,
}

impl Source for Files {
    fn read(&self, path: &str, _: Option<&BlobId>) -> Result<Vec<u8>> {
        let bytes = path.strip_prefix(&self.prefix).and_then(|path| self.files.get(path));
        bytes.cloned().ok_or_else(|| Error::usage(format!("cannot read {path}")))
    }
}

impl Repository {
    pub(super) fn new<B: AsRef<[u8]> + ?Sized>(files: &[(&str, &B)]) -> Self {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_ref().to_vec()));
        Self { files: files.collect(), ..Self::default() }
    }

    pub(super) fn below(mut self, prefix: &str) -> Self {
        self.prefix = prefix.to_owned();
        self
    }

    pub(super) fn and<B: AsRef<[u8]> + ?Sized>(mut self, path: &str, bytes: &B) -> Self {
        self.files.insert(path.to_owned(), bytes.as_ref().to_vec());
        self
    }

    pub(super) fn link(mut self, path: &str) -> Self {
        self.links.push(path.to_owned());
        self
    }

    pub(super) fn at(mut self, today: Option<&str>) -> Self {
        self.today = today.map(day);
        self
    }

    pub(super) fn keys(mut self, keys: &[&str]) -> Self {
        self.keys = keys.iter().map(|key| key.parse().expect(key)).collect();
        self
    }

    pub(super) fn only(mut self, environment: Environment) -> Self {
        self.environment = Some(environment);
        self
    }

    /// As one environment of which nothing but its own is there.
    pub(super) fn alone(mut self, environment: Environment) -> Self {
        self.is_alone = true;
        self.only(environment)
    }

    /// As a review that found these production values to have skipped staging.
    pub(super) fn skipping(mut self, places: &[(&str, &str)]) -> Self {
        let place = |(key, path): &(&str, &str)| (key.parse().expect(key), path.parse().expect(path));
        self.skipped = Some(Change { skipped: places.iter().map(place).collect(), ..Change::default() });
        self
    }

    /// What is found, but for the notice that an item has no schema, which says nothing here.
    pub(super) fn report(&self) -> CheckReport {
        let mut report = self.whole_report();
        report.findings.retain(|finding| finding.rule != Rule::NoSchema);
        report
    }

    fn whole_report(&self) -> CheckReport {
        self.judge(&BTreeMap::new()).expect("readable files")
    }

    /// Judges with more files in the listing than can be read.
    pub(super) fn judge(&self, more: &BTreeMap<String, FileEntry>) -> Result<CheckReport> {
        self.judge_again(more, None).map(|(report, _)| report)
    }

    /// Judges with what was found before these items changed.
    pub(super) fn judge_again(
        &self,
        more: &BTreeMap<String, FileEntry>,
        before: Option<(&Judgements, &BTreeSet<Key>)>,
    ) -> Result<(CheckReport, Judgements)> {
        let configuration = self.configuration(more)?;
        let subject = CheckInput {
            ends: None,
            memory: None,
            progress: &crate::model::NoProgress,
            configuration: &configuration,
            today: self.today,
            keys: &self.keys,
            environment: self.environment,
            is_alone: self.is_alone,
            change: self.skipped.as_ref(),
        };
        super::check_again(&subject, before)
    }

    /// What is judged, with more files in the listing than can be read.
    pub(super) fn configuration(&self, more: &BTreeMap<String, FileEntry>) -> Result<Configuration> {
        let entry = |kind| FileEntry { blob: None, kind };
        let files = self.files.keys().map(|path| (path.clone(), entry(FileKind::File)));
        let links = self.links.iter().map(|path| (path.clone(), entry(FileKind::Symlink)));
        let source = Arc::new(Files { prefix: self.prefix.clone(), files: self.files.clone() });
        let listing = files.chain(links).chain(more.clone()).collect();
        let snapshot = Snapshot::new(Revision::WorkTree, self.prefix.clone(), listing, source);
        Configuration::read_to_judge(snapshot)
    }

    /// Each finding as `file:line:column severity[rule]`.
    pub(super) fn places(&self) -> Vec<String> {
        self.report().findings.iter().map(place).collect()
    }

    /// As [`Self::places`], of one rule, with the message.
    pub(super) fn of(&self, rule: Rule) -> Vec<String> {
        let findings = self.whole_report().findings.into_iter().filter(|finding| finding.rule == rule);
        findings
            .map(|finding| format!("{} {}{}", place(&finding), finding.message, elsewhere(&finding)))
            .collect()
    }
}

pub(super) fn check(files: &[(&str, &str)]) -> Vec<Finding> {
    Repository::new(files).report().findings
}

/// The further places: ` (first 1:2)`; the file is named where it is another one.
fn elsewhere(finding: &Finding) -> String {
    let places = finding.related.iter().map(|related| {
        let file = if related.file == finding.file { String::new() } else { format!("{}:", related.file) };
        let at = related.location.start;
        format!(" ({} {file}{}:{})", related.label, at.line, at.column)
    });
    places.collect()
}

fn place(finding: &Finding) -> String {
    let at = finding.location.map(|at| format!(":{}:{}", at.start.line, at.start.column));
    format!("{}{} {}[{}]", finding.file, at.unwrap_or_default(), finding.severity, finding.rule)
}
