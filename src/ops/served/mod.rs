//! What a server serves of one environment: the newest state of a branch that nothing blocks.
//!
//! Everything here is of the environment alone: its items, the schemas and the policy. Items of other
//! environments are not read, so nothing of them can reach what is said of this one. Which commit is
//! served is read from history and from nothing else: two servers, and one that was started again, say
//! the same.

mod dating;
mod reader;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

pub use self::dating::last_change_of_hop;
use self::reader::Reader;
use crate::engine::configuration::Configuration;
use crate::engine::history::History;
use crate::engine::rules::Judgements;
use crate::guards::{self, Guard};
use crate::model::{BlobId, CommitId, Environment, Error, Finding, Key, Policy, Result, Severity};
use crate::store::{BlockedParts, PartIds, Repository};

/// So many commits at most are looked at for a state that nothing blocks.
const LOOKED_BACK: usize = 1_000;

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

/// The history of the commit that was asked about last: the environments of one commit have it in common.
#[derive(Default)]
pub struct SharedHistory(Mutex<Option<(CommitId, Arc<History>)>>);

impl SharedHistory {
    fn of(&self, repository: &Repository, commit: &CommitId) -> Result<Arc<History>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, history)) = known.as_ref()
            && at == commit
        {
            return Ok(Arc::clone(history));
        }
        let history = Arc::new(repository.history(commit)?);
        *known = Some((commit.clone(), Arc::clone(&history)));
        Ok(history)
    }
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

    /// Whether another state is this one, but for the commit at which it was found.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.judged, &other.judged) && Arc::ptr_eq(&self.commits, &other.commits)
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
        history: &SharedHistory,
    ) -> Result<Self> {
        let reader = Reader::new(repository, environment, history);
        let newest = reader.state(tip, before.map(|before| &before.newest))?;
        let mut blocked = before.map(|before| Arc::clone(&before.blocked)).unwrap_or_default();
        let known = before.and_then(|before| before.good.as_ref());
        let (good, held_back) = if newest.is_sound() {
            (Some(newest.clone()), None)
        } else {
            let remembered = BlockedParts::of(repository, environment);
            if before.is_none() {
                blocked = Arc::new(remembered.load());
            }
            let before = blocked.len();
            let good = reader.last_good(&newest, known, Arc::make_mut(&mut blocked))?;
            if blocked.len() != before {
                remembered.save(&blocked);
            }
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
    let history = SharedHistory::default();
    let snapshot = Reader::new(repository, environment, &history).snapshot(commit, is_wide)?;
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
        let is_blocked = |judged: &Judged| judged.findings.iter().any(is_blocking);
        self.outcome.as_ref().is_ok_and(|judged| !is_blocked(judged) || guards::off(Guard::LastGood))
    }
}

fn is_blocking(finding: &Finding) -> bool {
    finding.severity == Severity::Error && finding.rule.is_blocking()
}
