//! The past that a change is judged on: the plans at its base, what became of values before it, and
//! what the line that it goes to did since.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, PoisonError};

use super::{Reviewer, hops};
use crate::engine::configuration::Configuration;
use crate::engine::departure::{Departure, departure};
use crate::engine::promotion::{Grounds, Selection, decide};
use crate::engine::review::{BasePlan, End, Touched};
use crate::model::{CommitId, Environment, ErrorKind, Hop, Key, Result, Value, ValuePath};
use crate::ops::plan::Planner;
use crate::ops::workspace::Workspace;
use crate::store::Parts;
use crate::yaml::FileValues;

/// The versions that items had, read once.
pub(super) type Versions = Option<Vec<Arc<FileValues>>>;

/// The last commit of the line that the change goes to, where that went on since the base.
pub(super) struct Tip {
    commit: CommitId,
    /// The items of sources into whose targets the change brings something.
    sources: Configuration,
}

impl Tip {
    pub(super) fn read(
        parts: &mut Parts<'_>,
        tip: CommitId,
        base: &End,
        touched: &Touched,
    ) -> Result<Option<Self>> {
        let files: BTreeSet<String> = hops(touched).map(|(key, hop)| key.file(hop.source())).collect();
        if tip == base.commit.id || files.is_empty() {
            return Ok(None);
        }
        let sources = Configuration::under(parts.snapshot(&tip, &files)?, Arc::default());
        Ok(Some(Self { commit: tip, sources }))
    }
}

impl Reviewer<'_> {
    /// What the plans at the base say into the environments in which the change touches something.
    pub(super) fn plans_at(&self, base: &CommitId) -> Result<HashMap<(Key, Environment), BasePlan>> {
        let configuration = &self.part.ends[0];
        let is_there = |key: &Key, environment| configuration.item(key, environment).is_some();
        let both = |(key, hop): &(&Key, Hop)| {
            self.part.keys.contains(*key) && is_there(key, hop.source()) && is_there(key, hop.target())
        };
        let judged: Vec<(&Key, Hop)> = hops(self.touched).filter(both).collect();
        let keys: BTreeSet<Key> = judged.iter().map(|(key, _)| (*key).clone()).collect();
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        let planner = planner(self.workspace, base, configuration, &keys)?;
        let mut plans = HashMap::new();
        for (key, hop) in judged {
            let plan = match planner.judged(key, hop, &mut Grounds::default()) {
                Ok(None) => continue,
                Ok(Some(leaves)) => BasePlan::new(decide(leaves, &Selection::default())),
                Err(error) if error.kind == ErrorKind::Io => return Err(error),
                Err(_) if matches!(planner.encrypted(key, hop), Ok(Some(_))) => continue,
                Err(_) => BasePlan::unknown(),
            };
            plans.insert((key.clone(), hop.target()), plan);
        }
        Ok(plans)
    }

    /// How a source left a value since the base, on the line that the change goes to.
    pub(super) fn left_since(
        &self,
        key: &Key,
        environment: Environment,
        path: &ValuePath,
        value: Option<&Value>,
    ) -> Result<Option<Departure>> {
        let Some(tip) = &self.tip else { return Ok(None) };
        let item = tip.sources.item(key, environment);
        if item.map(|item| &item.blob) == self.part.ends[0].item(key, environment).map(|item| &item.blob) {
            return Ok(None);
        }
        let document = item.and_then(|item| tip.sources.document(item).ok());
        let now = document.as_ref().and_then(|document| document.at(path));
        if now == value || (item.is_some() && document.is_none()) {
            return Ok(None);
        }
        let history = self.tip_history.get_or_init(|| {
            let files = hops(self.touched).map(|(key, hop)| key.file(hop.source())).collect();
            self.workspace.repository.history_of(&tip.commit, files)
        });
        let history = history.as_ref().map_err(Clone::clone)?;
        let versions = history.versions(key, environment, &self.planner.old_versions())?;
        let values =
            versions.iter().map(|version| version.values.as_ref().and_then(|values| values.at(path)));
        Ok(departure(values, value))
    }

    pub(super) fn past(&self, key: &Key, environment: Environment) -> Result<Versions> {
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
}

/// Reads what an item's judging needs: its files in every environment, and their history.
pub(super) fn planner(
    workspace: &Workspace,
    commit: &CommitId,
    configuration: &Configuration,
    keys: &BTreeSet<Key>,
) -> Result<Planner> {
    let files = keys.iter().flat_map(|key| Environment::ALL.map(|env| key.file(env))).collect();
    let history = workspace.repository.history_of(commit, files)?;
    Ok(Planner::over(workspace, commit, configuration.clone(), history)?.beside(&workspace.repository))
}
