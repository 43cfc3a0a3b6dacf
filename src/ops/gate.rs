//! What stands between an intended change and its commit: the result may not bring an error that
//! was not there before.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::check::findings;
use super::edit::blob_of;
use super::plan::Planner;
use crate::engine::snapshot::{Place, Snapshot, place};
use crate::model::{Finding, Key, Path, Policy, Result, Rule, Severity};
use crate::store::door::FileChange;

/// One file as it would be; `None` when it would be gone.
pub(super) struct Proposal {
    /// Relative to the configuration root.
    pub(super) file: String,
    /// The whole text.
    pub(super) text: Option<String>,
}

/// Gathers proposals and judges the snapshot that they would make.
pub(super) struct Gate<'a> {
    snapshot: &'a Arc<Snapshot>,
    policy: &'a Arc<Policy>,
    proposals: Vec<Proposal>,
}

impl<'a> Gate<'a> {
    pub(super) fn new(planner: &'a Planner) -> Self {
        Self::over(&planner.snapshot, &planner.policy)
    }

    pub(super) fn over(snapshot: &'a Arc<Snapshot>, policy: &'a Arc<Policy>) -> Self {
        Self { snapshot, policy, proposals: Vec::new() }
    }

    pub(super) fn propose(&mut self, proposal: Proposal) {
        self.proposals.push(proposal);
    }

    /// The error findings of the items concerned that the present snapshot does not have.
    pub(super) fn new_errors(&self) -> Result<Vec<Finding>> {
        if self.proposals.is_empty() {
            return Ok(Vec::new());
        }
        let texts: BTreeMap<String, Option<Vec<u8>>> = self
            .proposals
            .iter()
            .map(|proposal| (proposal.file.clone(), proposal.text.clone().map(String::into_bytes)))
            .collect();
        let after = Arc::new(self.snapshot.with(&texts));
        let keys: Vec<Key> = texts
            .keys()
            .filter_map(|file| match place(file) {
                Some(Place::Item(id)) => Some(id.key),
                _ => None,
            })
            .collect();
        let files: HashSet<String> =
            texts.keys().map(|file| format!("{}{file}", self.snapshot.prefix)).collect();
        let errors = |snapshot: &Arc<Snapshot>| -> Result<Vec<Finding>> {
            let all = findings(snapshot, self.policy, &keys, None)?;
            Ok(all.into_iter().filter(|f| f.severity == Severity::Error && files.contains(&f.file)).collect())
        };
        let id = |finding: &Finding| -> (String, Rule, Option<Path>, String) {
            (finding.file.clone(), finding.rule, finding.path.clone(), finding.message.clone())
        };
        let before: HashSet<_> = errors(self.snapshot)?.iter().map(id).collect();
        Ok(errors(&after)?.into_iter().filter(|finding| !before.contains(&id(finding))).collect())
    }

    /// The proposals as changes of files.
    pub(super) fn into_files(self, snapshot: &Snapshot) -> Vec<FileChange> {
        let change = |proposal: Proposal| FileChange {
            path: format!("{}{}", snapshot.prefix, proposal.file),
            before: blob_of(snapshot, &proposal.file),
            after: proposal.text.map(String::into_bytes),
        };
        self.proposals.into_iter().map(change).collect()
    }
}
