//! `review`: what a change means, read from two commits and nothing else.

mod base;
mod part;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

pub use base::{GithubHints, GitlabHints, ReviewRequest};

use self::part::Part;
use super::plan::Planner;
use super::workspace::Workspace;
use crate::engine::naming::Naming;
use crate::engine::promotion::{HopStatus, ItemState, Level, Resolution, decided, decisions, digest};
use crate::engine::review::{
    DecisionChange, End, Exemptions, Input, ItemChange, Review, SchemaChange, Side, Sides, Standing, Touched,
    compare_decisions, compare_findings, compare_waivers, judge_item, touched,
};
use crate::engine::rules::{self, Change, CheckInput, CheckReport};
use crate::engine::snapshot::{Reading, Snapshot, no_such_item};
use crate::model::{
    CommitId, Date, Environment, Error, ErrorKind, Finding, Help, Hop, Key, PathTree, Result, Rule, ValuePath,
};
use crate::secrets::is_confidential;
use crate::secrets::mask::{Reveal, Shown};
use crate::store::Parts;
use crate::yaml::FileValues;

/// The most commits that are named.
const COMMITS: usize = 50;

/// Reviews a change: all of it, or some items; `today` is the day by which waivers end.
///
/// # Errors
/// When there is nothing to compare with, the policy is wrong, an item is nowhere, or something
/// cannot be read.
pub fn review(workspace: &Workspace, request: &ReviewRequest, asked: &[Key], today: Date) -> Result<Review> {
    let repository = &workspace.repository;
    let [base, head] = base::ends(repository, request)?;
    let mut parts = repository.parts();
    let ends = [&base.commit.id, &head.commit.id];
    require_configuration(&mut parts, ends)?;
    let mut touched = touched(&parts.changes(ends[0], ends[1])?);
    touched.items.retain(|key, _| asked.is_empty() || asked.contains(key));
    touched.renamed.retain(|(_, key), _| asked.is_empty() || asked.contains(key));
    touched.decisions.retain(|(key, _)| asked.is_empty() || asked.contains(key));
    let part = part::read(workspace, &mut parts, ends, &touched, asked)?;
    require_known(workspace, &part, asked, &head)?;
    let (commits, more_commits) = repository.commits_between(ends[0], ends[1], COMMITS)?;
    let mut review = Review {
        commits,
        more_commits,
        items: Vec::new(),
        policy: touched.policy,
        schemas: Vec::new(),
        decisions: Vec::new(),
        waivers: Vec::new(),
        findings: Default::default(),
        waiting: Vec::new(),
        judged: 0,
        environments: Vec::new(),
        base,
        head,
    };
    if !part.keys.is_empty() || !touched.others.is_empty() || !touched.folders.is_empty() {
        Reviewer::new(workspace, &part, &touched, &review.head)?.fill(&mut review, today)?;
    }
    Ok(review)
}

/// Refuses to say that nothing changes where nothing was looked at.
fn require_configuration(parts: &mut Parts<'_>, ends: [&CommitId; 2]) -> Result<()> {
    if parts.is_configured(ends[0])? || parts.is_configured(ends[1])? {
        return Ok(());
    }
    let missing = "there is no configuration here: neither commit has `environments/` or `terrace.toml`";
    Err(Error::usage(missing).with_help(Help::LayOut))
}

/// Refuses asked keys that neither commit has.
fn require_known(workspace: &Workspace, part: &Part, asked: &[Key], head: &End) -> Result<()> {
    let is_in = |snapshot: &Snapshot, key: &Key| {
        Environment::ALL.iter().any(|env| snapshot.item(key, *env).is_some())
    };
    let unseen: Vec<&Key> =
        asked.iter().filter(|key| !part.ends.iter().any(|end| is_in(end.snapshot(), key))).collect();
    if unseen.is_empty() {
        return Ok(());
    }
    let revision = crate::model::Revision::Commit(head.commit.id.clone());
    let all = workspace.repository.snapshot(&revision)?;
    match unseen.into_iter().find(|key| !is_in(&all, key)) {
        Some(key) => Err(no_such_item(key, all.keys(), None)),
        None => Ok(()),
    }
}

/// The versions that items had, read once.
type Versions = Option<Vec<Arc<FileValues>>>;

struct Reviewer<'a> {
    part: &'a Part,
    touched: &'a Touched,
    planner: Planner,
    past: Mutex<HashMap<(Key, Environment), Versions>>,
}

impl<'a> Reviewer<'a> {
    fn new(workspace: &Workspace, part: &'a Part, touched: &'a Touched, head: &End) -> Result<Self> {
        let id = &head.commit.id;
        let files = part.keys.iter().flat_map(|key| Environment::ALL.map(|env| key.file(env))).collect();
        let history = workspace.repository.history_of(id, files)?;
        let planner = Planner::over(workspace, id, part.ends[1].clone(), history)?;
        Ok(Self { part, touched, planner, past: Mutex::default() })
    }

    fn fill(&self, review: &mut Review, today: Date) -> Result<()> {
        let mut skipped = Vec::new();
        for (key, environments) in self.items() {
            let judged = self.judge_change(&key, &environments)?;
            skipped.extend(judged.skipped.into_iter().map(|path| (key.clone(), path)));
            review.items.extend(judged.changes);
        }
        review.items.sort_by(|a, b| (b.environment, &a.key).cmp(&(a.environment, &b.key)));
        let reports = [self.check(0, Vec::new(), today)?, self.check(1, skipped, today)?];
        let status = self.status(&review.items)?;
        review.decisions = self.decisions(&review.base, &status)?;
        let [old, new] = &self.part.ends;
        let since = review.base.commit.date();
        review.waivers =
            compare_waivers((old.policy(), &reports[0]), (new.policy(), &reports[1]), since, today);
        let [before, after] = reports;
        review.judged = after.items;
        review.environments = after.environments;
        let accepted: Vec<Finding> = after.waived.into_iter().map(|(_, finding)| finding).collect();
        let renamed = |key: &Key, environment: Environment| {
            let found =
                self.touched.renamed.iter().find(|((env, _), old)| *env == environment && *old == key);
            found.map(|((_, new), _)| new.clone())
        };
        review.findings = compare_findings(before.findings, after.findings, &accepted, &renamed);
        review.schemas = self.schemas(&review.findings.introduced, &review.items);
        review.waiting = self.waiting(&status, &review.items);
        Ok(())
    }

    /// How the items stand over both hops: those that the change set something in for a next hop,
    /// and those that a decision speaks of.
    fn status(&self, items: &[ItemChange]) -> Result<Vec<HopStatus>> {
        let moves = |key: &Key| {
            items.iter().any(|item| item.key == *key && item.environment != Environment::Production)
        };
        let held: BTreeSet<Key> =
            decided(self.part.ends[1].snapshot()).into_iter().map(|(key, _)| key).collect();
        let keys: Vec<Key> =
            self.part.keys.iter().filter(|key| moves(key) || held.contains(key)).cloned().collect();
        // No key at all would mean every key.
        if keys.is_empty() { Ok(Vec::new()) } else { self.planner.status(&keys, &crate::model::NoProgress) }
    }

    /// The items whose files differ, under their new names.
    fn items(&self) -> BTreeMap<Key, BTreeSet<Environment>> {
        let mut items = self.touched.items.clone();
        for (environment, key) in self.touched.renamed.keys() {
            items.entry(key.clone()).or_default().insert(*environment);
        }
        items.retain(|_, environments| !environments.is_empty());
        items
    }

    fn judge_change(
        &self,
        key: &Key,
        environments: &BTreeSet<Environment>,
    ) -> Result<crate::engine::review::Judged> {
        let renamed = |environment| self.touched.renamed.get(&(environment, key.clone())).cloned();
        let decisions = self.planner.decisions(key, Environment::Production).unwrap_or_default();
        let [old, new] = &self.part.ends;
        let naming = Naming::new(new.policy());
        let exemptions = Exemptions { policy: new.policy(), naming: &naming, decisions: &decisions };
        let base_name = |environment| renamed(environment).unwrap_or_else(|| key.clone());
        let mut readings = [[None, None, None], [None, None, None]];
        for (n, environment) in Environment::ALL.into_iter().enumerate() {
            readings[0][n] = self.reading(0, &base_name(environment), environment)?;
            readings[1][n] = self.reading(1, key, environment)?;
        }
        let [base, head] = readings.each_ref().map(|end| end.each_ref().map(side));
        let sides = Sides { base, head };
        judge_item(&Input {
            key,
            sides,
            touched: environments,
            renamed: &renamed,
            lists: &self.planner.configuration.lists(key),
            masks: [old.mask(Reveal::Nothing), new.mask(Reveal::Nothing)],
            past: &|environment| self.past(key, environment),
            exemptions: &exemptions,
        })
    }

    fn reading(&self, end: usize, key: &Key, environment: Environment) -> Result<Option<Reading>> {
        let configuration = &self.part.ends[end];
        configuration.item(key, environment).map(|item| configuration.reading(item)).transpose()
    }

    fn past(&self, key: &Key, environment: Environment) -> Result<Versions> {
        let history = &self.planner.history;
        if !history.is_complete() {
            return Ok(None);
        }
        let mut past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = past.get(&(key.clone(), environment)) {
            return Ok(known.clone());
        }
        let versions = history.versions(key, environment, &self.planner.old_versions())?;
        let versions: Versions = Some(versions.into_iter().filter_map(|version| version.values).collect());
        past.insert((key.clone(), environment), versions.clone());
        Ok(versions)
    }

    /// The findings of one end that concern the change.
    fn check(&self, end: usize, skipped: Vec<(Key, ValuePath)>, today: Date) -> Result<CheckReport> {
        let configuration = &self.part.ends[end];
        let mut report = rules::check(&CheckInput {
            progress: &crate::model::NoProgress,
            configuration,
            today: Some(today),
            keys: &[],
            environment: None,
            change: Some(&Change { skipped }),
        })?;
        // What stands beside, such as a key in other letters, is judged with its own change.
        let folded: BTreeSet<String> = self.part.keys.iter().map(|key| key.as_str().to_lowercase()).collect();
        let concerns = |finding: &Finding| {
            finding.key.as_ref().is_none_or(|key| folded.contains(&key.as_str().to_lowercase()))
        };
        report.findings.retain(concerns);
        report.waived.retain(|(_, finding)| concerns(finding));
        let here = |env: &Environment| {
            self.part.keys.iter().filter(|key| configuration.item(key, *env).is_some()).count()
        };
        report.items = Environment::ALL.iter().map(here).sum();
        report.environments.retain(|env| here(env) > 0);
        Ok(report)
    }

    fn decisions(&self, base: &End, status: &[HopStatus]) -> Result<Vec<DecisionChange>> {
        let mut out = Vec::new();
        for key in &self.part.keys {
            for hop in Hop::ALL {
                let standings = [
                    self.standings(0, key, hop, base.commit.date())?,
                    self.standings(1, key, hop, self.planner.head.date())?,
                ];
                let kept = declined(status, key, hop);
                let kept: PathTree<'_, ()> = kept.iter().map(|path| (path, ())).collect();
                let keeps = |path: &ValuePath| kept.reaches(path);
                out.extend(compare_decisions(key, hop.target(), [&standings[0], &standings[1]], &keeps));
            }
        }
        Ok(out)
    }

    /// The decisions of one end, each with whether it counts there.
    fn standings(&self, end: usize, key: &Key, hop: Hop, today: Date) -> Result<Vec<Standing>> {
        let configuration = &self.part.ends[end];
        let (snapshot, policy) = (configuration.snapshot(), configuration.policy());
        let source = configuration.item(key, hop.source());
        let document = source.and_then(|item| configuration.document(item).ok());
        let life = |decision: &crate::engine::promotion::Decision| {
            let value = document.as_ref().and_then(|document| document.at(&decision.path));
            let is_secret = is_confidential(policy, &decision.path, value);
            let secret = source.and_then(|item| item.blob.as_ref()).filter(|_| is_secret);
            decision.life(&digest(value, secret), today)
        };
        // One that cannot be read is a finding.
        let decisions = match decisions(snapshot, key, hop.target()) {
            Err(error) if error.kind == ErrorKind::Io => return Err(error),
            decisions => decisions.unwrap_or_default(),
        };
        Ok(decisions.into_iter().map(|decision| Standing { life: life(&decision), decision }).collect())
    }

    fn schemas(&self, introduced: &[Finding], items: &[ItemChange]) -> Vec<SchemaChange> {
        let mut set: BTreeMap<(&Key, Environment), PathTree<'_, ()>> = BTreeMap::new();
        for item in items {
            let set = set.entry((&item.key, item.environment)).or_default();
            for row in &item.rows {
                *set.slot(&row.diff.path) = Some(());
            }
        }
        let change = |(change, keys): &(crate::engine::history::FileChange, BTreeSet<Key>)| {
            let is_broken = |finding: &&Finding| {
                let (Some(key), Some(environment)) = (&finding.key, finding.environment) else {
                    return false;
                };
                let path = finding.path.clone().unwrap_or_default();
                let is_set = set
                    .get(&(key, environment))
                    .is_some_and(|set| set.reaches(&path) || set.above(&path).next().is_some());
                finding.rule == Rule::Schema && keys.contains(key) && !is_set
            };
            let broken: Vec<&Finding> = introduced.iter().filter(is_broken).collect();
            let count = |env: Environment| broken.iter().filter(|f| f.environment == Some(env)).count();
            let breaks = Environment::ALL.map(|env| (env, count(env)));
            SchemaChange {
                file: format!("{}{}", self.planner.configuration.snapshot().prefix, change.path),
                kind: part::kind(change),
                keys: keys.iter().cloned().collect(),
                breaks: breaks.into_iter().filter(|(_, n)| *n > 0).collect(),
            }
        };
        self.part.schemas.iter().map(change).collect()
    }

    /// What waits over the hops that begin where the change set something, values masked.
    fn waiting(&self, status: &[HopStatus], items: &[ItemChange]) -> Vec<HopStatus<Shown>> {
        let mask = self.planner.configuration.mask(Reveal::Nothing);
        let concerned = |key: &Key, hop: Hop| {
            items.iter().any(|item| item.key == *key && item.environment == hop.source())
        };
        let mut hops: Vec<HopStatus<Shown>> = status.iter().map(|hop| hop.masked(&mask)).collect();
        for HopStatus { hop, items } in &mut hops {
            items.retain(|(key, state)| concerned(key, *hop) && !is_settled(state));
        }
        hops.retain(|hop| !hop.items.is_empty());
        hops
    }
}

fn side(reading: &Option<Reading>) -> Side<'_> {
    match reading {
        None => Side::Absent,
        Some(reading) => reading.document.as_deref().map_or(Side::Unreadable, Side::Read),
    }
}

/// Whether nothing waits: the target keeps whatever differs.
fn is_settled(state: &ItemState<Shown>) -> bool {
    matches!(state, ItemState::Differs(plan) if plan.lines.iter().all(|line| line.level == Level::Keep))
}

/// The paths of an item that a decision keeps over a hop.
fn declined(status: &[HopStatus], key: &Key, hop: Hop) -> Vec<ValuePath> {
    let items = status.iter().filter(|status| status.hop == hop).flat_map(|status| &status.items);
    let plans = items.filter(|(found, _)| found == key).filter_map(|(_, state)| match state {
        ItemState::Differs(plan) => Some(plan),
        ItemState::OnlyInSource
        | ItemState::Deleted
        | ItemState::Renamed(_)
        | ItemState::Encrypted(_)
        | ItemState::Unreadable(_) => None,
    });
    let lines = plans.flat_map(|plan| &plan.lines);
    lines.filter(|line| line.resolution == Resolution::Declined).map(|line| line.path.clone()).collect()
}
