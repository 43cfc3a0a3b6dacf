//! What a server serves of one environment: the newest state of a branch that nothing blocks.
//!
//! Everything here is of the environment alone: its items, the schemas and the policy. Items of other
//! environments are not read, so nothing of them can reach what is said of this one. Which commit is
//! served is read from history and from nothing else: two servers, and one that was started again, say
//! the same.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::engine::configuration::{self, Configuration};
use crate::engine::rules::{self, CheckInput, Judgements};
use crate::engine::snapshot::{Place, Snapshot, place};
use crate::model::{
    BlobId, CommitId, Environment, Error, Finding, Key, NoProgress, Policy, Result, Severity, policy,
};
use crate::store::Repository;

/// So many commits at most are looked at for a state that nothing blocks.
const LOOKED_BACK: usize = 1_000;

/// What git calls the parts of a commit that an environment rests on: equal where all of it is the same.
type PartIds = Vec<Option<String>>;

/// One environment of one commit.
#[derive(Clone)]
struct State {
    commit: CommitId,
    parts: Arc<PartIds>,
    /// The judged environment, or why it cannot be judged: the policy says something that means
    /// nothing, say.
    outcome: Result<Arc<Judged>>,
}

/// One environment, judged.
struct Judged {
    configuration: Configuration,
    by_item: Judgements,
    findings: Vec<Finding>,
}

/// What keeps the newest state of an environment from being served.
#[derive(Clone, Debug)]
pub struct HeldBack {
    /// The newest commit that changed the environment.
    pub commit: CommitId,
    /// What blocks it, as findings; none where it could not be judged at all.
    pub findings: Vec<Finding>,
    /// Why it could not be judged.
    pub error: Option<Error>,
    /// What git calls the content of each broken item, to mend it.
    pub blobs: BTreeMap<Key, BlobId>,
}

/// One environment as it is served.
#[derive(Clone)]
pub struct ServedEnvironment {
    /// Which one.
    pub environment: Environment,
    /// What keeps the newest state from being served.
    pub held_back: Option<HeldBack>,
    /// What is served; `None` when no state of late could be.
    pub good: Option<Good>,
    newest: State,
    /// Parts that are known to be blocked.
    blocked: Arc<BTreeSet<PartIds>>,
}

/// The state that is served.
#[derive(Clone)]
pub struct Good {
    /// The commit that last changed the environment's files or a schema of its items.
    pub commit: CommitId,
    /// The commits that last changed each item; an item is missing where a shallow clone does not tell.
    pub commits: Arc<BTreeMap<Key, CommitId>>,
    point: CommitId,
    parts: Arc<PartIds>,
    judged: Arc<Judged>,
}

impl Good {
    /// The environment's items, its schemas and its policy, and nothing else.
    #[must_use]
    pub fn configuration(&self) -> &Configuration {
        &self.judged.configuration
    }

    /// What the rules that read this environment alone found.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.judged.findings
    }

    /// The commit that was judged: the newest one of the branch that has this state. It moves whenever
    /// the branch does, so it is shown to nobody.
    #[must_use]
    pub fn point(&self) -> &CommitId {
        &self.point
    }
}

impl ServedEnvironment {
    /// The environment at the tip of the branch, served or held back; `None` where its policy cannot be
    /// read.
    #[must_use]
    pub fn newest(&self) -> Option<&Configuration> {
        self.newest.outcome.as_ref().ok().map(|judged| &judged.configuration)
    }

    /// Reads an environment at the tip of a branch; `before` is what was served until now.
    ///
    /// # Errors
    /// When something of the repository cannot be read.
    pub fn load(
        repository: &Repository,
        environment: Environment,
        tip: &CommitId,
        before: Option<&Self>,
    ) -> Result<Self> {
        let reader = Reader { repository, environment };
        let newest = reader.state(tip, before.map(|before| &before.newest))?;
        let mut blocked = before.map(|before| Arc::clone(&before.blocked)).unwrap_or_default();
        let known = before.and_then(|before| before.good.as_ref());
        let (good, held_back) = if newest.is_sound() {
            (Some(newest.clone()), None)
        } else {
            let good = reader.last_good(&newest, known, Arc::make_mut(&mut blocked))?;
            (good, Some(reader.held_back(&newest)?))
        };
        let good = match good {
            Some(State { commit, parts, outcome: Ok(judged) }) => {
                Some(reader.dated(commit, parts, judged, known)?)
            }
            Some(State { outcome: Err(_), .. }) | None => None,
        };
        Ok(Self { environment, held_back, good, newest, blocked })
    }
}

/// An environment's items in a commit, of which as much may be shown as `policy` says.
///
/// # Errors
/// When the commit cannot be read.
pub fn environment_at(
    repository: &Repository,
    environment: Environment,
    commit: &CommitId,
    policy: Arc<Policy>,
) -> Result<Configuration> {
    let is_wide = has_wide_schemas(&policy);
    let snapshot = Reader { repository, environment }.snapshot(commit, is_wide)?;
    Ok(Configuration::under(snapshot, policy))
}

/// What the rules find that read one environment alone, in some items (in all without any).
///
/// # Errors
/// When an item cannot be read.
pub fn judge(configuration: &Configuration, environment: Environment, keys: &[Key]) -> Result<Vec<Finding>> {
    let mut findings = super::check::findings(configuration, keys, Some(environment))?;
    findings.retain(|finding| !finding.rule.spans_environments());
    Ok(findings)
}

/// What of some items (of all without any) would hold an environment back.
///
/// # Errors
/// As [`judge`].
pub fn blocking(
    configuration: &Configuration,
    environment: Environment,
    keys: &[Key],
) -> Result<Vec<Finding>> {
    let mut findings = judge(configuration, environment, keys)?;
    findings.retain(is_blocking);
    Ok(findings)
}

/// Whether schemas may lie anywhere.
fn has_wide_schemas(policy: &Policy) -> bool {
    policy.schemas.iter().any(|schema| !schema.file.starts_with("schemas/"))
}

impl State {
    /// Whether nothing blocks it.
    fn is_sound(&self) -> bool {
        self.outcome.as_ref().is_ok_and(|judged| !judged.findings.iter().any(is_blocking))
    }
}

fn is_blocking(finding: &Finding) -> bool {
    finding.severity == Severity::Error && finding.rule.is_blocking()
}

/// Reads one environment of commits.
struct Reader<'a> {
    repository: &'a Repository,
    environment: Environment,
}

impl Reader<'_> {
    /// What the environment rests on in a commit, and whether schemas may lie anywhere.
    fn parts(&self, commit: &CommitId) -> Result<(PartIds, bool)> {
        let folder = format!("environments/{}", self.environment);
        let mut paths = vec![policy::FILE, "schemas", folder.as_str()];
        let wanted = BTreeSet::from([policy::FILE.to_owned()]);
        let snapshot = self.repository.parts().snapshot(commit, &wanted)?;
        let text = snapshot.text(policy::FILE).ok().flatten();
        let policy = text.and_then(|text| configuration::parse_policy(&text, policy::FILE).ok());
        let is_wide = policy.is_some_and(|policy| has_wide_schemas(&policy));
        if is_wide {
            paths.extend(["environments", ".terrace"]);
        }
        let mut parts = self.repository.content_ids(commit, &paths)?;
        if !is_wide {
            // What stands in the place of the folder, where it is none.
            let environments = self.repository.content_ids(commit, &["environments"])?.pop().flatten();
            parts.push(environments.filter(|id| !id.starts_with("40000 ")));
        }
        Ok((parts, is_wide))
    }

    /// The files that the environment rests on: none of another environment's items is among them.
    fn snapshot(&self, commit: &CommitId, is_wide: bool) -> Result<Snapshot> {
        let mut wanted = BTreeSet::from([policy::FILE.to_owned(), "schemas/".to_owned()]);
        wanted.insert(format!("environments/{}/", self.environment));
        if is_wide {
            wanted.extend(["environments/".to_owned(), ".terrace/".to_owned()]);
        }
        let mut found = self.repository.parts().snapshot(commit, &wanted)?;
        let is_others = |path: &str| match place(path) {
            Some(Place::Item(id)) => id.environment != self.environment,
            Some(Place::InvalidKey(environment, _)) => environment != self.environment,
            Some(Place::UnknownEnvironment(_) | Place::Stray) | None => false,
        };
        if found.files.keys().any(|path| is_others(path)) {
            let mut files = std::mem::take(&mut found.files);
            files.retain(|path, _| !is_others(path));
            let (revision, prefix) = (found.revision.clone(), found.prefix.clone());
            found = Snapshot::new(revision, prefix, files, self.repository.blobs());
        }
        Ok(found)
    }

    /// The environment at a commit, with all of `near` that is the same.
    fn state(&self, commit: &CommitId, near: Option<&State>) -> Result<State> {
        let (parts, is_wide) = self.parts(commit)?;
        if let Some(near) = near.filter(|near| *near.parts == parts) {
            return Ok(State { commit: commit.clone(), ..near.clone() });
        }
        let near = near.and_then(|near| near.outcome.as_ref().ok());
        let read = self.configuration(commit, is_wide, near.map(|near| &near.configuration))?;
        let outcome = match read {
            Ok((configuration, changed)) => {
                let affected = changed.as_ref().and_then(rules::affected);
                let known = near.and_then(|near| affected.as_ref().map(|keys| (&near.by_item, keys)));
                self.judge(configuration, known).map(Ok)?
            }
            Err(error) => Err(error),
        };
        Ok(State { commit: commit.clone(), parts: Arc::new(parts), outcome: outcome.map(Arc::new) })
    }

    /// The configuration of the environment alone, and the files that are not those of `near`.
    ///
    /// The inner error is one of the policy.
    fn configuration(
        &self,
        commit: &CommitId,
        is_wide: bool,
        near: Option<&Configuration>,
    ) -> Result<Result<(Configuration, Option<BTreeSet<String>>)>> {
        let snapshot = self.snapshot(commit, is_wide)?;
        Ok(match near {
            Some(near) => {
                let changed = differing(near.snapshot(), &snapshot);
                near.advance(snapshot, &changed).map(|read| (read, Some(changed)))
            }
            None => Configuration::read_to_judge(snapshot).map(|read| (read, None)),
        })
    }

    fn judge(
        &self,
        configuration: Configuration,
        known: Option<(&Judgements, &BTreeSet<Key>)>,
    ) -> Result<Judged> {
        let input = CheckInput {
            configuration: &configuration,
            today: None,
            keys: &[],
            environment: Some(self.environment),
            change: None,
            before: None,
            memory: None,
            progress: &NoProgress,
        };
        let (report, by_item) = rules::check_again(&input, known)?;
        let mut findings = report.findings;
        // They saw one environment where they compare several.
        findings.retain(|finding| !finding.rule.spans_environments());
        Ok(Judged { configuration, by_item, findings })
    }

    /// The environment at the newest commit before a blocked one at which nothing blocks it.
    fn last_good(
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

    /// The state with the commits that last changed it and each item of it.
    fn dated(
        &self,
        point: CommitId,
        parts: Arc<PartIds>,
        judged: Arc<Judged>,
        known: Option<&Good>,
    ) -> Result<Good> {
        let mut commits = BTreeMap::new();
        let configuration = &judged.configuration;
        let since = match known {
            Some(known) => self.changed_since(&point, configuration, &known.point, &mut commits)?,
            None => Way::Elsewhere,
        };
        let commit = match (since, known) {
            (Way::There(newest), Some(known)) => {
                for (key, commit) in known.commits.iter() {
                    commits.entry(key.clone()).or_insert_with(|| commit.clone());
                }
                newest.unwrap_or_else(|| known.commit.clone())
            }
            _ => {
                commits.clear();
                let newest = self.all_changes(&point, &mut commits)?;
                self.last_change(&point, configuration, newest.as_ref())?
            }
        };
        commits.retain(|key, _| configuration.item(key, self.environment).is_some());
        Ok(Good { commit, commits: Arc::new(commits), point, parts, judged })
    }

    /// Notes which commit last changed each item, and gives the newest that changed a file.
    fn all_changes(
        &self,
        point: &CommitId,
        commits: &mut BTreeMap<Key, CommitId>,
    ) -> Result<Option<CommitId>> {
        let folder = self.folder();
        let mut newest = None;
        for commit in self.repository.history(point)?.commits() {
            for change in commit.changes.iter().filter(|change| change.path.starts_with(&folder)) {
                newest.get_or_insert_with(|| commit.info.id.clone());
                if let Some(key) = key_in(&folder, &change.path) {
                    commits.entry(key).or_insert_with(|| commit.info.id.clone());
                }
            }
        }
        Ok(newest)
    }

    fn folder(&self) -> String {
        format!("environments/{}/", self.environment)
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
        let mut parts = self.repository.parts();
        let (mut at, mut newest) = (point.clone(), None);
        let (mut here, mut shown) = (configuration.clone(), point.clone());
        for _ in 0..LOOKED_BACK {
            if at == *since {
                return Ok(Way::There(newest));
            }
            let Some(parent) = self.repository.first_parent(&at)? else { break };
            let changes = parts.changes(&parent, &at)?;
            let own = || changes.iter().filter(|change| change.path.starts_with(&folder));
            for key in own().filter_map(|change| key_in(&folder, &change.path)) {
                commits.entry(key).or_insert_with(|| at.clone());
            }
            if newest.is_none() {
                if own().next().is_some() {
                    newest = Some(at.clone());
                } else if let Some(earlier) = self.earlier(&at, &parent, &here)? {
                    if self.schemas(&here) != self.schemas(&earlier) {
                        newest = Some(shown.clone());
                    }
                    (here, shown) = (earlier, parent.clone());
                }
            }
            at = parent;
        }
        Ok(Way::Elsewhere)
    }

    /// The newest commit, at or before one, that changed the environment's files or a schema of its items;
    /// `of_files` is the newest that changed its files, where that is known.
    fn last_change(
        &self,
        commit: &CommitId,
        configuration: &Configuration,
        of_files: Option<&CommitId>,
    ) -> Result<CommitId> {
        let folder = format!("environments/{}", self.environment);
        let folder_at = |commit: &CommitId| self.repository.content_ids(commit, &[folder.as_str()]);
        let (mut at, mut here, mut shown) = (commit.clone(), configuration.clone(), commit.clone());
        loop {
            if of_files == Some(&at) {
                return Ok(at);
            }
            let Some(parent) = self.repository.first_parent(&at)? else { return Ok(at) };
            if folder_at(&at)? != folder_at(&parent)? {
                return Ok(at);
            }
            if let Some(earlier) = self.earlier(&at, &parent, &here)? {
                if self.schemas(&here) != self.schemas(&earlier) {
                    return Ok(shown);
                }
                (here, shown) = (earlier, parent.clone());
            }
            at = parent;
        }
    }

    /// The newest commit, at or before one, that changed the policy.
    fn last_policy(&self, commit: &CommitId) -> Result<CommitId> {
        let policy_at = |commit: &CommitId| self.repository.content_ids(commit, &[policy::FILE]);
        let mut at = commit.clone();
        while let Some(parent) = self.repository.first_parent(&at)? {
            if policy_at(&at)? != policy_at(&parent)? {
                break;
            }
            at = parent;
        }
        Ok(at)
    }

    /// The configuration at a commit's parent, where it can be read: what nobody can read changes nothing.
    fn earlier(
        &self,
        at: &CommitId,
        parent: &CommitId,
        here: &Configuration,
    ) -> Result<Option<Configuration>> {
        let paths = [policy::FILE, "schemas", "environments", ".terrace"];
        let ids = |commit| self.repository.content_ids(commit, &paths);
        if ids(at)? == ids(parent)? {
            return Ok(Some(here.clone()));
        }
        let (parts, is_wide) = self.parts(parent)?;
        if self.parts(at)?.0 == parts {
            return Ok(Some(here.clone()));
        }
        Ok(self.configuration(parent, is_wide, Some(here))?.ok().map(|(read, _)| read))
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

    fn held_back(&self, newest: &State) -> Result<HeldBack> {
        let judged = match &newest.outcome {
            Ok(judged) => judged,
            Err(error) => {
                let commit = self.last_policy(&newest.commit)?;
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

/// Whether the way back from a commit led to another one.
enum Way {
    /// It did; the newest commit on it that changed the environment, if one did.
    There(Option<CommitId>),
    Elsewhere,
}

/// The key of a path, relative to the configuration root, that is an item's below `folder`.
fn key_in(folder: &str, path: &str) -> Option<Key> {
    path.strip_prefix(folder)?.strip_suffix(".yaml")?.parse().ok()
}

/// The files that are not the same in two snapshots.
fn differing(before: &Snapshot, after: &Snapshot) -> BTreeSet<String> {
    let names = before.files.keys().chain(after.files.keys());
    names.filter(|name| before.files.get(*name) != after.files.get(*name)).cloned().collect()
}
