//! What stands between an intended change and its commit: the result may not bring an error that
//! was not there before.

use std::collections::{BTreeMap, HashSet};

use super::check::findings_after;
use super::edit::blob_of;
use super::kept_files::with_followers;
use crate::engine::configuration::Configuration;
use crate::engine::snapshot::{Place, place};
use crate::model::{Error, Finding, Key, Result, Rule, Severity, ValuePath};
use crate::store::transaction::FileChange;

/// Refuses a change that would bring these errors.
///
/// # Errors
/// `Undecided`, with all of them; it tells the first.
pub(super) fn refuse_errors(found: &[Finding]) -> Result<()> {
    match found.first() {
        None => Ok(()),
        Some(first) => {
            let message = format!("{} would bring {}: {}", first.file, first.rule, first.message);
            Err(Error::undecided(message).with_help(first.help.clone()).with_findings(found.to_vec()))
        }
    }
}

/// By what it is told that something was found before.
type FindingId = (String, Rule, Option<ValuePath>, String);

fn id(finding: &Finding) -> FindingId {
    (finding.file.clone(), finding.rule, finding.path.clone(), finding.message.clone())
}

/// One file as it would be; `None` when it would be gone.
pub(super) struct Proposal {
    /// Relative to the configuration root.
    pub(super) file: String,
    /// The whole text.
    pub(super) text: Option<String>,
}

/// Gathers proposals and judges the snapshot that they would make.
pub(super) struct Validation<'a> {
    configuration: &'a Configuration,
    proposals: Vec<Proposal>,
}

impl<'a> Validation<'a> {
    pub(super) fn over(configuration: &'a Configuration) -> Self {
        Self { configuration, proposals: Vec::new() }
    }

    pub(super) fn propose(&mut self, proposal: Proposal) {
        self.proposals.push(proposal);
    }

    fn texts(&self) -> BTreeMap<String, Option<Vec<u8>>> {
        let text = |proposal: &Proposal| proposal.text.clone().map(String::into_bytes);
        self.proposals.iter().map(|proposal| (proposal.file.clone(), text(proposal))).collect()
    }

    /// The configuration that the proposals make.
    pub(super) fn after(&self) -> Result<Configuration> {
        self.configuration.with(&self.texts())
    }

    /// The error findings of the items concerned that the present snapshot does not have.
    pub(super) fn new_errors(&self) -> Result<Vec<Finding>> {
        if self.proposals.is_empty() { Ok(Vec::new()) } else { self.new_errors_in(&self.after()?) }
    }

    /// The same where what the proposals make is known.
    pub(super) fn new_errors_in(&self, after: &Configuration) -> Result<Vec<Finding>> {
        if self.proposals.is_empty() {
            return Ok(Vec::new());
        }
        let texts = self.texts();
        let keys: Vec<Key> = texts
            .keys()
            .filter_map(|file| match place(file) {
                Some(Place::Item(id)) => Some(id.key),
                _ => None,
            })
            .collect();
        let files: HashSet<String> =
            texts.keys().map(|file| format!("{}{file}", self.configuration.snapshot().prefix)).collect();
        let errors = |configuration: &Configuration| -> Result<Vec<Finding>> {
            let all = findings_after(self.configuration, configuration, &keys)?;
            Ok(all.into_iter().filter(|f| f.severity == Severity::Error && files.contains(&f.file)).collect())
        };
        let mut found = errors(after)?;
        if !found.is_empty() {
            let before: HashSet<_> = errors(self.configuration)?.iter().map(id).collect();
            found.retain(|finding| {
                !before.contains(&id(finding)) && !before.contains(&self.id_alone(finding))
            });
        }
        found.extend(self.broken_schemas(after)?);
        Ok(found)
    }

    /// What a finding in the document that was the only one of its file was called then: that document had no
    /// name.
    fn id_alone(&self, finding: &Finding) -> FindingId {
        let (file, rule, path, message) = id(finding);
        let alone = |path: &ValuePath| {
            let Some(Place::Item(item)) = place(file.strip_prefix(&self.configuration.snapshot().prefix)?)
            else {
                return None;
            };
            let item = self.configuration.item(&item.key, item.environment)?;
            let before = self.configuration.document(item).ok()?;
            let [only] = before.values() else { return None };
            let is_it = path.document.name().is_some_and(|name| name.describes(only));
            is_it.then(|| ValuePath { segments: path.segments.clone(), ..ValuePath::root() })
        };
        let path = path.as_ref().and_then(alone).or(path);
        (file, rule, path, message)
    }

    /// What is wrong with the schemas of the items that stay, new or not: nobody can say what such a
    /// schema refuses.
    fn broken_schemas(&self, after: &Configuration) -> Result<Vec<Finding>> {
        let mut keys = Vec::new();
        let mut broken: HashSet<String> = HashSet::new();
        for proposal in self.proposals.iter().filter(|proposal| proposal.text.is_some()) {
            let Some(Place::Item(id)) = place(&proposal.file) else { continue };
            let files = after.schemas().broken(&id.key, id.environment);
            broken.extend(files.into_iter().map(|file| format!("{}{file}", after.snapshot().prefix)));
            keys.push(id.key);
        }
        if broken.is_empty() {
            return Ok(Vec::new());
        }
        let is_one = |finding: &Finding| {
            finding.rule == Rule::Schema
                && finding.severity == Severity::Error
                && broken.contains(&finding.file)
        };
        Ok(findings_after(self.configuration, after, &keys)?.into_iter().filter(is_one).collect())
    }

    /// The proposals as changes of files, kept ones that follow among them.
    pub(super) fn into_files(self) -> Vec<FileChange> {
        let snapshot = self.configuration.snapshot();
        let change = |proposal: Proposal| FileChange {
            path: format!("{}{}", snapshot.prefix, proposal.file),
            before: blob_of(snapshot, &proposal.file),
            after: proposal.text.map(String::into_bytes),
        };
        let files = self.proposals.into_iter().map(change).collect();
        with_followers(self.configuration, files)
    }
}
