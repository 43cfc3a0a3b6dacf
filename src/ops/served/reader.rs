//! One environment of commits, read and judged, with all of what is known that is the same.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Good, HeldBack, Judged, LOOKED_BACK, SharedHistory, State, has_wide_schemas, is_blocking};
use crate::engine::configuration::{self, Configuration};
use crate::engine::rules::{self, CheckInput, Judgements, Memory};
use crate::engine::snapshot::{FileEntry, Place, Snapshot, place};
use crate::model::{CommitId, Environment, Error, Finding, Key, NoProgress, Result, Revision, policy};
use crate::store::{PartIds, Repository};

/// Where the environment's folder stands among its parts.
pub(super) const FOLDER: usize = 2;

/// Reads one environment of commits.
pub(super) struct Reader<'a> {
    pub(super) repository: &'a Repository,
    pub(super) environment: Environment,
    pub(super) history: &'a SharedHistory,
    /// Whether the policies with these contents let schemas lie anywhere.
    wide: RefCell<BTreeMap<Option<String>, bool>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        repository: &'a Repository,
        environment: Environment,
        history: &'a SharedHistory,
    ) -> Self {
        Self { repository, environment, history, wide: RefCell::default() }
    }

    /// What the environment rests on in a commit, and whether schemas may lie anywhere.
    pub(super) fn parts(&self, commit: &CommitId) -> Result<(PartIds, bool)> {
        let folder = self.folder();
        let paths = [policy::FILE, "schemas", folder.trim_end_matches('/'), "environments", ".terrace"];
        let mut parts = self.repository.content_ids(commit, &paths)?;
        let is_wide = self.is_wide(commit, parts.first().cloned().flatten())?;
        if !is_wide {
            parts.truncate(4);
            // What stands in the place of the folder, where it is none.
            let environments = parts.pop().flatten();
            parts.push(environments.filter(|id| !id.starts_with("40000 ")));
        }
        if parts.get(FOLDER).is_some_and(Option::is_none) {
            let has_policy = parts.first().is_some_and(Option::is_some);
            parts.push(self.in_its_place(commit, has_policy)?);
        }
        Ok((parts, is_wide))
    }

    /// What stands where the environment has no folder: one that is likely meant to be its own; of a
    /// commit without configuration the empty name.
    fn in_its_place(&self, commit: &CommitId, has_policy: bool) -> Result<Option<String>> {
        let names = self.repository.names_in(commit, "environments")?;
        if names.is_empty() && !has_policy {
            return Ok(Some(String::new()));
        }
        Ok(names.into_iter().find(|name| Environment::guess(name) == Some(self.environment)))
    }

    /// Refuses an environment whose files lie in a folder of which nothing is read, and a commit without
    /// configuration: they are not where they were, and not gone.
    fn require_folder(&self, parts: &PartIds) -> Result<()> {
        let Some(name) = parts.last().cloned().flatten().filter(|_| parts.get(FOLDER) == Some(&None)) else {
            return Ok(());
        };
        let environment = self.environment;
        if name.is_empty() {
            return Err(Error::usage("there is neither environments/ nor terrace.toml")
                .with_help("serve the folder that holds them, or take them back from the commit before"));
        }
        Err(Error::usage(format!(
            "there is no environments/{environment}, and nothing is read of environments/{}",
            name.escape_debug()
        ))
        .with_help(format!("where it is meant, rename it to environments/{environment}, with `git mv`")))
    }

    /// Whether schemas may lie anywhere by the policy of a commit, whose content git calls `id`.
    fn is_wide(&self, commit: &CommitId, id: Option<String>) -> Result<bool> {
        if let Some(known) = self.wide.borrow().get(&id) {
            return Ok(*known);
        }
        let wanted = BTreeSet::from([policy::FILE.to_owned()]);
        let snapshot = self.repository.parts().snapshot(commit, &wanted)?;
        let text = snapshot.text(policy::FILE).ok().flatten();
        let policy = text.and_then(|text| configuration::parse_policy(&text, policy::FILE).ok());
        let is_wide = policy.is_some_and(|policy| has_wide_schemas(&policy));
        self.wide.borrow_mut().insert(id, is_wide);
        Ok(is_wide)
    }

    /// The folder of the environment, with its `/`.
    pub(super) fn folder(&self) -> String {
        format!("environments/{}/", self.environment)
    }

    /// The paths of the files that the environment rests on.
    fn wanted(&self, is_wide: bool) -> BTreeSet<String> {
        let mut wanted = BTreeSet::from([policy::FILE.to_owned(), "schemas/".to_owned(), self.folder()]);
        if is_wide {
            wanted.extend(["environments/".to_owned(), ".terrace/".to_owned()]);
        }
        wanted
    }

    /// Whether the environment rests on a file: not on items of others, and not on what stands in a folder
    /// of its name in other letters.
    fn rests_on(&self, path: &str, wanted: &BTreeSet<String>) -> bool {
        let is_at_or_below =
            |wanted: &String| path.starts_with(wanted) || wanted.strip_suffix('/') == Some(path);
        let is_others = || match place(path) {
            Some(Place::Item(id)) => id.environment != self.environment,
            Some(Place::InvalidKey(environment, _)) => environment != self.environment,
            Some(Place::UnknownEnvironment(_) | Place::Stray) | None => false,
        };
        wanted.iter().any(is_at_or_below) && !is_others()
    }

    /// The files that the environment rests on: none of another environment's items is among them.
    pub(super) fn snapshot(&self, commit: &CommitId, is_wide: bool) -> Result<Snapshot> {
        let wanted = self.wanted(is_wide);
        let mut found = self.repository.parts().snapshot(commit, &wanted)?;
        if !found.files.keys().all(|path| self.rests_on(path, &wanted)) {
            let mut files = Arc::unwrap_or_clone(std::mem::take(&mut found.files));
            files.retain(|path, _| self.rests_on(path, &wanted));
            let (revision, prefix) = (found.revision.clone(), found.prefix.clone());
            found = Snapshot::new(revision, prefix, files, self.repository.blobs());
        }
        Ok(found)
    }

    /// What stands where the files that the environment rests on are not those of an earlier commit;
    /// `None` where they have to be listed anew.
    fn differing(
        &self,
        near: &CommitId,
        commit: &CommitId,
        is_wide: bool,
    ) -> Option<BTreeMap<String, Option<FileEntry>>> {
        // What cannot be read here is told of when it is listed.
        let wanted = self.wanted(is_wide);
        let found = self.repository.parts().differing(near, commit, &wanted);
        let mut found = found.ok().flatten()?;
        found.retain(|path, _| self.rests_on(path, &wanted));
        Some(found)
    }

    /// The environment at a commit, with all of `near` that is the same.
    pub(super) fn state(&self, commit: &CommitId, near: Option<&State>) -> Result<State> {
        let (parts, is_wide) = self.parts(commit)?;
        if let Some(near) = near.filter(|near| *near.parts == parts) {
            return Ok(State { commit: commit.clone(), ..near.clone() });
        }
        if let Err(error) = self.require_folder(&parts) {
            return Ok(State { commit: commit.clone(), parts: Arc::new(parts), outcome: Err(error) });
        }
        let near = near.and_then(|near| Some((&near.commit, near.outcome.as_ref().ok()?)));
        let read = self.configuration(commit, is_wide, near.map(|(at, near)| (at, &near.configuration)))?;
        let outcome = match read {
            Ok((configuration, changed)) => {
                let affected = changed.as_ref().and_then(rules::affected);
                let known = near.and_then(|(_, near)| affected.as_ref().map(|keys| (&near.by_item, keys)));
                self.judge(configuration, known).map(Ok)?
            }
            Err(error) => Err(error),
        };
        Ok(State { commit: commit.clone(), parts: Arc::new(parts), outcome: outcome.map(Arc::new) })
    }

    /// The configuration of the environment alone, and the files that are not those of `near`, which is
    /// that of a commit.
    ///
    /// The inner error is one of the policy.
    pub(super) fn configuration(
        &self,
        commit: &CommitId,
        is_wide: bool,
        near: Option<(&CommitId, &Configuration)>,
    ) -> Result<Result<(Configuration, Option<BTreeSet<String>>)>> {
        let Some((at, near)) = near else {
            let snapshot = self.snapshot(commit, is_wide)?;
            return Ok(Configuration::read_to_judge(snapshot).map(|read| (read, None)));
        };
        let (snapshot, changed) = match self.differing(at, commit, is_wide) {
            Some(found) => {
                let snapshot = near.snapshot().advance(Revision::Commit(commit.clone()), &found);
                (snapshot, found.into_keys().collect())
            }
            None => {
                let snapshot = self.snapshot(commit, is_wide)?;
                let changed = differing(near.snapshot(), &snapshot);
                (snapshot, changed)
            }
        };
        Ok(near.advance(snapshot, &changed).map(|read| (read, Some(changed))))
    }

    fn judge(
        &self,
        configuration: Configuration,
        known: Option<(&Judgements, &BTreeSet<Key>)>,
    ) -> Result<Judged> {
        // What changed is judged sooner than all that is remembered is read.
        let memory = known.is_none().then(|| self.repository.judgements_of(self.environment));
        let input = CheckInput {
            configuration: &configuration,
            today: None,
            keys: &[],
            environment: Some(self.environment),
            is_alone: true,
            change: None,
            ends: None,
            memory: memory.as_ref().map(|memory| memory as &dyn Memory),
            progress: &NoProgress,
        };
        let (report, by_item) = rules::check_again(&input, known)?;
        if let Some(memory) = memory {
            memory.save(by_item.len());
        }
        Ok(Judged { configuration, by_item, findings: report.findings })
    }

    /// The environment at the newest commit before a blocked one at which nothing blocks it.
    pub(super) fn last_good(
        &self,
        newest: &State,
        known: Option<&Good>,
        blocked: &mut BTreeSet<PartIds>,
    ) -> Result<Option<State>> {
        if blocked.len() > 4 * LOOKED_BACK {
            blocked.clear();
        }
        let mut here = newest.clone();
        let mut at = newest.commit.clone();
        blocked.insert(newest.parts.to_vec());
        for _ in 0..LOOKED_BACK {
            let Some(parent) = self.repository.first_parent(&at)? else { return Ok(None) };
            at = parent;
            let (parts, _) = self.parts(&at)?;
            if blocked.contains(&parts) {
                continue;
            }
            if let Some(known) = known.filter(|known| *known.parts == parts) {
                let (parts, outcome) = (Arc::clone(&known.parts), Ok(Arc::clone(&known.judged)));
                return Ok(Some(State { commit: at, parts, outcome }));
            }
            here = self.state(&at, Some(&here))?;
            if here.is_sound() {
                return Ok(Some(here));
            }
            blocked.insert(parts);
        }
        Ok(None)
    }

    /// What is told of a state that is not served.
    pub(super) fn held_back(&self, newest: &State) -> Result<HeldBack> {
        let judged = match &newest.outcome {
            Ok(judged) => judged,
            Err(error) => {
                let is_policy = self.require_folder(&newest.parts).is_ok();
                let folder = self.folder();
                let changed = if is_policy { policy::FILE } else { folder.trim_end_matches('/') };
                let commit = self.last_change_at(&newest.commit, changed)?;
                let (findings, blobs) = (Vec::new(), BTreeMap::new());
                return Ok(HeldBack { commit, findings, error: Some(error.clone()), blobs });
            }
        };
        let commit = self.last_change(&newest.commit, &judged.configuration, None)?;
        let findings: Vec<Finding> =
            judged.findings.iter().filter(|finding| is_blocking(finding)).cloned().collect();
        let blob = |key: Key| {
            let blob = judged.configuration.item(&key, self.environment)?.blob.clone()?;
            Some((key, blob))
        };
        let blobs = findings.iter().filter_map(|finding| blob(finding.key.clone()?)).collect();
        Ok(HeldBack { commit, findings, error: None, blobs })
    }
}

/// The files that are not the same in two snapshots.
fn differing(before: &Snapshot, after: &Snapshot) -> BTreeSet<String> {
    let names = before.files.keys().chain(after.files.keys());
    names.filter(|name| before.files.get(*name) != after.files.get(*name)).cloned().collect()
}
