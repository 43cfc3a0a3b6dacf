//! Which commit last changed an environment, and each of its items.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::reader::{FOLDER, Reader};
use super::{Good, Judged, LOOKED_BACK, has_wide_schemas};
use crate::engine::configuration::Configuration;
use crate::model::{BlobId, CommitId, Hop, Key, Policy, Result, policy};
use crate::store::{PartIds, Repository};

impl Reader<'_> {
    /// The state with the commits that last changed it and each item of it.
    pub(super) fn dated(
        &self,
        point: CommitId,
        parts: Arc<PartIds>,
        judged: Arc<Judged>,
        known: Option<&Good>,
    ) -> Result<Good> {
        if let Some(known) = known
            && Arc::ptr_eq(&known.judged, &judged)
            && self.is_untouched(&point, &parts, &known.point)?
        {
            return Ok(Good { point, ..known.clone() });
        }
        let configuration = &judged.configuration;
        let mut found = BTreeMap::new();
        let since = match known {
            Some(known) => self.changed_since(&point, configuration, &known.point, &mut found)?,
            None => Way::Elsewhere,
        };
        let is_item = |key: &Key| configuration.item(key, self.environment).is_some();
        let (commit, commits) = match (since, known) {
            (Way::There(newest), Some(known)) => {
                let mut commits = BTreeMap::clone(&known.commits);
                for (key, commit) in found {
                    match is_item(&key) {
                        true => _ = commits.insert(key, commit),
                        false => _ = commits.remove(&key),
                    }
                }
                (newest.unwrap_or_else(|| known.commit.clone()), commits)
            }
            _ => {
                let mut commits = BTreeMap::new();
                let newest = self.all_changes(&point, &mut commits)?;
                commits.retain(|key, _| is_item(key));
                (self.last_change(&point, configuration, newest.as_ref())?, commits)
            }
        };
        Ok(Good { commit, commits: Arc::new(commits), point, parts, judged })
    }

    /// Whether every commit on the way back from one to another has these parts.
    fn is_untouched(&self, point: &CommitId, parts: &PartIds, since: &CommitId) -> Result<bool> {
        let mut at = point.clone();
        for _ in 0..LOOKED_BACK {
            if at == *since {
                return Ok(true);
            }
            let Some(parent) = self.repository.first_parent(&at)? else { return Ok(false) };
            if self.parts(&parent)?.0 != *parts {
                return Ok(false);
            }
            at = parent;
        }
        Ok(false)
    }

    /// Notes which commit last changed each item, and gives the newest that changed a file.
    fn all_changes(
        &self,
        point: &CommitId,
        commits: &mut BTreeMap<Key, CommitId>,
    ) -> Result<Option<CommitId>> {
        let folder = self.folder();
        let mut newest = None;
        for commit in self.history.of(self.repository, point)?.commits() {
            for change in commit.changes.iter().filter(|change| change.path.starts_with(&folder)) {
                newest.get_or_insert_with(|| commit.info.id.clone());
                if let Some(key) = key_in(&folder, &change.path) {
                    commits.entry(key).or_insert_with(|| commit.info.id.clone());
                }
            }
        }
        Ok(newest)
    }

    /// The same on the way back to a commit.
    fn changed_since(
        &self,
        point: &CommitId,
        configuration: &Configuration,
        since: &CommitId,
        commits: &mut BTreeMap<Key, CommitId>,
    ) -> Result<Way> {
        let folder = self.folder();
        let mut trees = self.repository.parts();
        let (mut at, mut newest) = (point.clone(), None);
        let (mut here, mut shown) = (configuration.clone(), point.clone());
        let mut parts = self.parts(&at)?.0;
        for _ in 0..LOOKED_BACK {
            if at == *since {
                return Ok(Way::There(newest));
            }
            let Some(parent) = self.repository.first_parent(&at)? else { break };
            let (before, is_wide) = self.parts(&parent)?;
            if before == parts {
                if shown == at {
                    shown = parent.clone();
                }
                at = parent;
                continue;
            }
            let changes = trees.changes(&parent, &at)?;
            let own = || changes.iter().filter(|change| change.path.starts_with(&folder));
            for key in own().filter_map(|change| key_in(&folder, &change.path)) {
                commits.entry(key).or_insert_with(|| at.clone());
            }
            if newest.is_none() {
                if folder_in(&before) != folder_in(&parts) {
                    newest = Some(at.clone());
                } else if let Some(earlier) = self.earlier(&parent, is_wide, (&shown, &here))? {
                    if self.schemas(&here) != self.schemas(&earlier) {
                        newest = Some(shown.clone());
                    }
                    (here, shown) = (earlier, parent.clone());
                }
            }
            (at, parts) = (parent, before);
        }
        Ok(Way::Elsewhere)
    }

    /// The newest commit, at or before one, that changed the environment's files or a schema of its items;
    /// `of_files` is the newest that changed its files, where that is known.
    pub(super) fn last_change(
        &self,
        commit: &CommitId,
        configuration: &Configuration,
        of_files: Option<&CommitId>,
    ) -> Result<CommitId> {
        let (mut at, mut here, mut shown) = (commit.clone(), configuration.clone(), commit.clone());
        let mut parts = self.parts(&at)?.0;
        loop {
            if of_files == Some(&at) {
                return Ok(at);
            }
            let Some(parent) = self.repository.first_parent(&at)? else { return Ok(at) };
            let (before, is_wide) = self.parts(&parent)?;
            if before == parts {
                if shown == at {
                    shown = parent.clone();
                }
                at = parent;
                continue;
            }
            if folder_in(&before) != folder_in(&parts) {
                return Ok(at);
            }
            if let Some(earlier) = self.earlier(&parent, is_wide, (&shown, &here))? {
                if self.schemas(&here) != self.schemas(&earlier) {
                    return Ok(shown);
                }
                (here, shown) = (earlier, parent.clone());
            }
            (at, parts) = (parent, before);
        }
    }

    /// The newest commit, at or before one, that changed what stands at a path.
    pub(super) fn last_change_at(&self, commit: &CommitId, path: &str) -> Result<CommitId> {
        let content_at = |commit: &CommitId| self.repository.content_ids(commit, &[path]);
        let mut at = commit.clone();
        while let Some(parent) = self.repository.first_parent(&at)? {
            if content_at(&at)? != content_at(&parent)? {
                break;
            }
            at = parent;
        }
        Ok(at)
    }

    /// The configuration at an earlier commit, where it can be read: what nobody can read changes nothing.
    fn earlier(
        &self,
        commit: &CommitId,
        is_wide: bool,
        here: (&CommitId, &Configuration),
    ) -> Result<Option<Configuration>> {
        Ok(self.configuration(commit, is_wide, Some(here))?.ok().map(|(read, _)| read))
    }

    /// The files that the schemas of the environment's items are made of, with their contents.
    fn schemas(&self, configuration: &Configuration) -> BTreeMap<String, Option<BlobId>> {
        let (schemas, snapshot) = (configuration.schemas(), configuration.snapshot());
        let describing: BTreeSet<String> =
            snapshot.items().flat_map(|item| schemas.describing(&item.id.key, self.environment)).collect();
        let mut files = BTreeMap::new();
        for file in describing {
            let made_of = match schemas.load(&file).as_ref() {
                Ok(schema) => schema.files().to_vec(),
                Err(_) => Vec::new(),
            };
            for file in made_of.into_iter().chain([file]) {
                let blob = snapshot.files.get(&file).and_then(|entry| entry.blob.clone());
                files.insert(file, blob);
            }
        }
        files
    }
}

/// The newest commit, at or before one, that changed what a hop's plans rest on: either environment, its
/// decisions, a schema or the policy. What happens in the third environment moves no plan, its days
/// included.
///
/// # Errors
/// When a commit cannot be read.
pub fn last_change_of_hop(
    repository: &Repository,
    hop: Hop,
    commit: &CommitId,
    policy: &Policy,
) -> Result<CommitId> {
    if has_wide_schemas(policy) {
        return Ok(commit.clone());
    }
    let decisions = format!(".terrace/decisions/{}", hop.target());
    let [source, target] = [hop.source(), hop.target()].map(|it| format!("environments/{it}"));
    let paths = [policy::FILE, "schemas", &source, &target, &decisions];
    let mut at = commit.clone();
    let parts = repository.content_ids(&at, &paths)?;
    for _ in 0..LOOKED_BACK {
        let Some(parent) = repository.first_parent(&at)? else { break };
        if repository.content_ids(&parent, &paths)? != parts {
            break;
        }
        at = parent;
    }
    Ok(at)
}

/// Whether the way back from a commit led to another one.
enum Way {
    /// It did; the newest commit on it that changed the environment, if one did.
    There(Option<CommitId>),
    Elsewhere,
}

/// What git calls the environment's folder, or what stands in its place.
fn folder_in(parts: &PartIds) -> Option<&String> {
    parts.get(FOLDER)?.as_ref()
}

/// The key of a path, relative to the configuration root, that is an item's below `folder`.
fn key_in(folder: &str, path: &str) -> Option<Key> {
    path.strip_prefix(folder)?.strip_suffix(".yaml")?.parse().ok()
}
