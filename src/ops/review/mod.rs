//! `review`: what a change means, read from two commits and nothing else.

mod base;
mod decisions;
mod part;
mod past;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, OnceLock};

pub use base::{GithubHints, GitlabHints, ReviewRequest};

use self::base::Ends;
use self::part::Part;
use self::past::{Tip, Versions, planner};
use super::modes::{is_of, item_of};
use super::plan::Planner;
use super::workspace::Workspace;
use crate::engine::configuration::Configuration;
use crate::engine::history::{FileChange, History};
use crate::engine::naming::Naming;
use crate::engine::promotion::{HopStatus, ItemState, Level};
use crate::engine::review::{
    BasePlan, End, Exemptions, HeadFindings, Input, ItemChange, Origin, Review, Row, SchemaChange, Side,
    Sides, Touched, compare_findings, compare_waivers, judge_item, moved, touched, weakened_findings,
};
use crate::engine::rules::{self, Change, CheckInput, CheckReport, Overwritten};
use crate::engine::snapshot::{Reading, Snapshot, no_such_item};
use crate::guards::{self, Guard};
use crate::model::{
    CommitId, Date, Environment, EnvironmentSet, Error, Finding, Help, Hop, Key, PathTree, Result, Revision,
    Rule,
};
use crate::secrets::mask::{Reveal, Shown};
use crate::store::Parts;

/// The most commits that are named.
const COMMITS: usize = 50;

/// Reviews a change: all of it, or some items; `today` is the day by which waivers end.
///
/// # Errors
/// When there is nothing to compare with, the policy is wrong, an item is nowhere, or something
/// cannot be read.
pub fn review(workspace: &Workspace, request: &ReviewRequest, asked: &[Key], today: Date) -> Result<Review> {
    let repository = &workspace.repository;
    let Ends { base, head, tip } = base::ends(repository, request)?;
    let mut parts = repository.parts();
    let ends = [&base.commit.id, &head.commit.id];
    require_configuration(workspace, &mut parts, ends)?;
    let known = parts.obstacles_at_root(ends[0])?;
    let anew = parts.obstacles_at_root(ends[1])?.into_iter().filter(|obstacle| !known.contains(obstacle));
    let anew: Vec<Finding> = anew.map(|obstacle| obstacle.finding()).collect();
    let mut modes = repository.mode_changes(ends[0], &Revision::Commit(ends[1].clone()))?;
    let mut touched = touched(&parts.changes(ends[0], ends[1])?);
    touched.others.extend(parts.submodules(ends[0], ends[1])?);
    // A link may lead where its bytes, as a file, said the same.
    for change in modes.iter().filter(|change| change.before.is_file() != change.after.is_file()) {
        touched.misplaced |= item_of(repository, change).is_none();
        if let Some(id) = item_of(repository, change) {
            touched.items.entry(id.key).or_default().insert(id.environment);
        }
    }
    touched.items.retain(|key, _| asked.is_empty() || asked.contains(key));
    touched.renamed.retain(|(_, key), _| asked.is_empty() || asked.contains(key));
    touched.decisions.retain(|(key, _)| asked.is_empty() || asked.contains(key));
    modes.retain(|change| asked.is_empty() || is_of(repository, change, asked));
    let part = part::read(workspace, &mut parts, ends, &touched, asked)?;
    require_known(workspace, &part, asked, &head)?;
    let (commits, more_commits) = repository.commits_between(ends[0], ends[1], COMMITS)?;
    let mut review = Review {
        commits,
        more_commits,
        items: Vec::new(),
        modes,
        policy: touched.policy,
        schemas: Vec::new(),
        decisions: Vec::new(),
        waivers: Vec::new(),
        weakened: Vec::new(),
        findings: Default::default(),
        waiting: Vec::new(),
        judged: 0,
        environments: Vec::new(),
        base,
        head,
    };
    let concerns_files = !touched.others.is_empty() || !touched.folders.is_empty() || touched.misplaced;
    if !part.keys.is_empty() || concerns_files || touched.policy || !touched.schemas.is_empty() {
        let tip = Tip::read(&mut parts, tip, &review.base, &touched)?;
        Reviewer::new(workspace, &part, &touched, &review, tip)?.fill(&mut review, today)?;
    }
    review.findings.introduced.extend(anew);
    Ok(review)
}

/// Refuses to say that nothing changes where nothing was looked at.
fn require_configuration(workspace: &Workspace, parts: &mut Parts<'_>, ends: [&CommitId; 2]) -> Result<()> {
    let stays = parts.has_environments(ends[1])? || !parts.has_environments(ends[0])?;
    if stays && parts.shows_configuration(ends[1])? {
        return Ok(());
    }
    if parts.shows_configuration(ends[0])? {
        let [before, after] = roots(workspace, ends)?;
        let new = lost_roots(&after, &before);
        let moved = || Error::state("the change takes the configuration here to another folder");
        return match new.first().map(String::as_str) {
            None => Ok(()),
            Some("") => Err(moved().with_help("review it at the top of the repository")),
            Some(_) => Err(moved().with_help(Help::NameRoot(new))),
        };
    }
    let head = workspace.repository.snapshot(&Revision::Commit(ends[1].clone()))?;
    if head.require_layout().is_ok() {
        return head.require_configuration();
    }
    let missing = "there is no configuration here: neither commit has `environments/` or `terrace.toml`";
    let roots = workspace.repository.roots_below(&Revision::Commit(ends[1].clone()))?;
    Err(Error::state(missing).with_help(if roots.is_empty() { Help::LayOut } else { Help::NameRoot(roots) }))
}

/// Configuration roots, and whether they have environments, a policy may stand alone.
type Roots = BTreeMap<String, bool>;

/// The configuration roots at both ends.
fn roots(workspace: &Workspace, ends: [&CommitId; 2]) -> Result<[Roots; 2]> {
    let at = |end: &CommitId| workspace.repository.roots_and_contents(&Revision::Commit(end.clone()));
    Ok([at(ends[0])?, at(ends[1])?])
}

/// The configuration roots that are none afterwards, or have no environment any more.
fn lost_roots(before: &Roots, after: &Roots) -> Vec<String> {
    let is_lost = |root: &str, had: bool| after.get(root).is_none_or(|has| had && !has);
    before.iter().filter(|(root, had)| is_lost(root, **had)).map(|(root, _)| root.clone()).collect()
}

/// The configuration roots of the base that the head does not have.
fn moved_roots(workspace: &Workspace, [base, head]: [&End; 2]) -> Result<Vec<String>> {
    let [before, after] = roots(workspace, [&base.commit.id, &head.commit.id])?;
    Ok(lost_roots(&before, &after))
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
    let revision = Revision::Commit(head.commit.id.clone());
    let all = workspace.repository.snapshot(&revision)?;
    match unseen.into_iter().find(|key| !is_in(&all, key)) {
        Some(key) => Err(no_such_item(key, all.keys(), EnvironmentSet::ALL)),
        None => Ok(()),
    }
}

/// The hops into environments in which the change touches an item.
fn hops(touched: &Touched) -> impl Iterator<Item = (&Key, Hop)> {
    touched.items.iter().flat_map(|(key, environments)| {
        environments.iter().filter_map(move |environment| Some((key, Hop::into_target(*environment)?)))
    })
}

struct Reviewer<'a> {
    workspace: &'a Workspace,
    part: &'a Part,
    touched: &'a Touched,
    planner: Planner,
    /// The plans at the base, for the targets that the change touches.
    plans: HashMap<(Key, Environment), BasePlan>,
    tip: Option<Tip>,
    past: Mutex<HashMap<(Key, Environment), Versions>>,
    tip_history: OnceLock<Result<History>>,
}

impl<'a> Reviewer<'a> {
    fn new(
        workspace: &'a Workspace,
        part: &'a Part,
        touched: &'a Touched,
        review: &Review,
        tip: Option<Tip>,
    ) -> Result<Self> {
        let head = planner(workspace, &review.head.commit.id, &part.ends[1], &part.keys)?;
        let (past, tip_history) = Default::default();
        let mut found =
            Self { workspace, part, touched, planner: head, plans: HashMap::new(), tip, past, tip_history };
        found.plans = found.plans_at(&review.base.commit.id)?;
        Ok(found)
    }

    fn fill(&self, review: &mut Review, today: Date) -> Result<()> {
        let mut change = Change { is_whole: self.touched.is_whole(), ..Change::default() };
        for (key, environments) in self.items() {
            let judged = self.judge_change(&key, &environments)?;
            change.skipped.extend(judged.skipped.into_iter().map(|path| (key.clone(), path)));
            review.items.extend(judged.changes);
        }
        review.items.sort_by(|a, b| (b.environment, &a.key).cmp(&(a.environment, &b.key)));
        note_rows(&review.items, &mut change);
        let [old, new] = &self.part.ends;
        let none = Change { is_whole: self.touched.is_whole(), ..Change::default() };
        let before = self.check(old, &none, today)?;
        let after = self.check(new, &change, today)?;
        let by_base = self.part.head_by_base.as_ref().filter(|_| !guards::off(Guard::BasePolicy));
        let by_base = by_base.map(|configuration| self.check(configuration, &change, today)).transpose()?;
        let status = self.status(&review.items)?;
        review.decisions = self.decisions(&review.base)?;
        let since = review.base.commit.date();
        review.waivers = compare_waivers((old.policy(), &before), (new.policy(), &after), since, today);
        self.note_authors(review)?;
        review.judged = after.items;
        review.environments = after.environments;
        let renamed = |key: &Key, environment: Environment| {
            let found =
                self.touched.renamed.iter().find(|((env, _), old)| *env == environment && *old == key);
            found.map(|((_, new), _)| new.clone())
        };
        let accepted = after.waived.into_iter().map(|(_, finding)| finding).collect();
        let mut head = HeadFindings { own: after.findings, by_base: Vec::new(), accepted };
        for finding in by_base.into_iter().flat_map(|report| report.findings) {
            match () {
                () if !self.is_of_items(&finding) => {}
                () if self.is_accepted(&finding, today) => head.accepted.push(finding),
                () => head.by_base.push(finding),
            }
        }
        review.findings = compare_findings(before.findings, head, &renamed);
        // An entry that is taken out mends nothing.
        review.findings.mended.retain(|finding| !is_of_an_entry(finding.rule));
        review.schemas = self.schemas(&review.findings.introduced, &review.items);
        review.waiting = self.waiting(&status, &review.items);
        if !guards::off(Guard::Weakened) {
            review.weakened = match self.part.has_base {
                true => self.weakened(review)?,
                false => moved(moved_roots(self.workspace, [&review.base, &review.head])?, new),
            };
            let told = weakened_findings(&review.weakened, old.policy());
            review.findings.introduced.splice(0..0, told);
        }
        Ok(())
    }

    /// Whether it is about an item or what lies among them, and not about a policy or schema that is
    /// no more.
    fn is_of_items(&self, finding: &Finding) -> bool {
        let below = finding.file.strip_prefix(&self.planner.configuration.snapshot().prefix);
        below.is_some_and(|file| file.starts_with("environments/"))
    }

    /// Whether a waiver of the head accepts it.
    fn is_accepted(&self, finding: &Finding, today: Date) -> bool {
        let policy = self.part.ends[1].policy();
        let (key, path) = (finding.key.as_ref(), finding.path.as_ref());
        policy.waivers_of(finding.rule, key, finding.environment, path).any(|number| {
            policy.waivers.get(number).is_some_and(|waiver| waiver.until.is_none_or(|until| until >= today))
        })
    }

    /// How the items stand over both hops that the change set something in for a next hop.
    fn status(&self, items: &[ItemChange]) -> Result<Vec<HopStatus>> {
        let moves = |key: &&Key| {
            items.iter().any(|item| item.key == **key && item.environment != Environment::Production)
        };
        let keys: Vec<Key> = self.part.keys.iter().filter(moves).cloned().collect();
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
            plan: &|environment| self.plans.get(&(key.clone(), environment)),
            base_policy: old.policy(),
            left_since: &|environment, path, value| self.left_since(key, environment, path, value),
            exemptions: &exemptions,
        })
    }

    fn reading(&self, end: usize, key: &Key, environment: Environment) -> Result<Option<Reading>> {
        let configuration = &self.part.ends[end];
        configuration.item(key, environment).map(|item| configuration.reading(item)).transpose()
    }

    /// The findings of a revision that concern the change.
    fn check(&self, configuration: &Configuration, change: &Change, today: Date) -> Result<CheckReport> {
        let mut report = rules::check(&CheckInput {
            progress: &crate::model::NoProgress,
            configuration,
            today: Some(today),
            keys: &[],
            environment: None,
            is_alone: false,
            change: Some(change),
            ends: Some(self.part.ends.each_ref()),
            memory: None,
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

    fn schemas(&self, introduced: &[Finding], items: &[ItemChange]) -> Vec<SchemaChange> {
        let mut set: BTreeMap<(&Key, Environment), PathTree<'_, ()>> = BTreeMap::new();
        for item in items {
            let set = set.entry((&item.key, item.environment)).or_default();
            for row in &item.rows {
                *set.slot(&row.diff.path) = Some(());
            }
        }
        let change = |(change, keys): &(FileChange, BTreeSet<Key>)| {
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
        let mask = self.planner.configuration.mask(Reveal::Nothing).and(self.part.ends[0].policy());
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

/// Whether a rule speaks of an entry of the policy that fits nothing.
const fn is_of_an_entry(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::UnusedPin | Rule::UnusedHost | Rule::UnusedWord | Rule::UnusedSecret | Rule::UnusedSchema
    )
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

/// Notes the rows that rules speak of.
fn note_rows(items: &[ItemChange], change: &mut Change) {
    for ItemChange { key, environment, rows, .. } in items {
        for Row { diff, origin } in rows {
            match origin {
                Origin::Overwrites { hop, since, reason } => change.overwritten.push(Overwritten {
                    key: key.clone(),
                    hop: *hop,
                    path: diff.path.clone(),
                    was: diff.left.clone(),
                    is_removed: diff.right.is_none(),
                    since: *since,
                    reason: reason.clone(),
                }),
                Origin::Overtaken(_, left) => {
                    let hop = Hop::into_target(*environment);
                    change.overtaken.extend(hop.map(|hop| (key.clone(), hop, diff.path.clone(), *left)));
                }
                Origin::Promoted(_) | Origin::Offered { .. } | Origin::Together(_) | Origin::ByHand(_) => {}
            }
        }
    }
}
