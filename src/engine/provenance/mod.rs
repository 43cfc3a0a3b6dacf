//! Where values came from, read from what history recorded.
//!
//! Content decides: a commit that gave the target a value which the source had right before it
//! promoted that value, whatever its message says. The room judges versions of documents; it does
//! not know how they were read, and it masks nothing.

use std::sync::Arc;

use super::history::History;
use super::versions::{ReadVersion, Version};
use crate::diff::lists::ListRules;
use crate::diff::{Depth, Kind, diff};
use crate::model::{CommitInfo, DocumentId, Environment, Hop, Identity, Key, Result, Value, ValuePath};
use crate::secrets::mask::{Mask, Shown};
use crate::yaml::FileValues;

/// One environment that a value passed, and the commit that brought it there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The environment.
    pub environment: Environment,
    /// The commit; `None` when the history was cut off before it.
    pub commit: Option<CommitInfo>,
}

/// Where the value of one leaf came from.
#[derive(Clone, Debug)]
pub struct Blame<V = Value> {
    /// The leaf.
    pub path: ValuePath,
    /// Its value.
    pub value: V,
    /// The way of the value, backwards: the environment asked about first, the one where it was
    /// first written last. At least one.
    pub steps: Vec<Step>,
}

/// One value that a commit changed.
#[derive(Clone, Debug)]
pub struct LoggedChange<V = Value> {
    /// The environment.
    pub environment: Environment,
    /// The item.
    pub key: Key,
    /// Where.
    pub path: ValuePath,
    /// What happened.
    pub kind: Kind,
    /// The value before.
    pub old: Option<V>,
    /// The value after.
    pub new: Option<V>,
    /// The environment that had the new value before: the commit promoted it.
    pub from: Option<Environment>,
}

/// One commit that changed items.
#[derive(Clone, Debug)]
pub struct Logged<V = Value> {
    /// The commit.
    pub commit: CommitInfo,
    /// What it changed.
    pub entries: Vec<LoggedChange<V>>,
    /// Files, relative to the configuration root, whose version before or after is not readable.
    pub unreadable: Vec<String>,
}

impl Blame {
    /// The same as it may be shown.
    #[must_use]
    pub fn masked(self, mask: &Mask<'_>) -> Blame<Shown> {
        Blame { value: mask.value(&self.path, &self.value), path: self.path, steps: self.steps }
    }
}

impl LoggedChange {
    /// The same as it may be shown.
    #[must_use]
    pub fn masked(self, mask: &Mask<'_>) -> LoggedChange<Shown> {
        let Self { environment, key, path, kind, old, new, from } = self;
        let shown = |value: Option<Value>| value.map(|value| mask.value(&path, &value));
        LoggedChange { environment, key, kind, old: shown(old), new: shown(new), from, path }
    }
}

/// All versions of one item in the three environments.
pub struct Provenance<'a> {
    history: &'a History,
    versions: [Vec<Version>; 3],
}

impl<'a> Provenance<'a> {
    /// The versions of `key`, with the documents that `read` gives.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn new(history: &'a History, key: &Key, read: &ReadVersion<'_>) -> Result<Self> {
        let [development, staging, production] =
            Environment::ALL.map(|environment| history.versions(key, environment, read));
        Ok(Self { history, versions: [development?, staging?, production?] })
    }

    fn of(&self, environment: Environment) -> &[Version] {
        &self.versions[environment as usize]
    }

    /// The document that the environment had right before the commit at this position.
    #[must_use]
    pub fn before(&self, environment: Environment, commit: usize) -> Option<&Arc<FileValues>> {
        self.version_before(environment, commit)?.values.as_ref()
    }

    /// The version that the environment had right before the commit at this position.
    #[must_use]
    pub fn version_before(&self, environment: Environment, commit: usize) -> Option<&Version> {
        // Positions grow towards the past.
        self.of(environment).iter().rev().find(|version| version.commit > commit)
    }

    /// The document that the environment had right after the commit at this position.
    #[must_use]
    pub fn after(&self, environment: Environment, commit: usize) -> Option<&Arc<FileValues>> {
        self.version_after(environment, commit)?.values.as_ref()
    }

    /// The version that the environment had right after the commit at this position.
    #[must_use]
    pub fn version_after(&self, environment: Environment, commit: usize) -> Option<&Version> {
        self.of(environment).iter().rev().find(|version| version.commit >= commit)
    }

    /// Whether the commit at this position gave the target at `path` what the source had before, or what
    /// the source itself took in it: one commit may carry a value over both hops. A value that is gone
    /// counts only where the source once had it and dropped it.
    #[must_use]
    pub fn took(&self, hop: Hop, path: &ValuePath, new: Option<&Value>, commit: usize) -> bool {
        let [had, has] = self.source_at(hop, path, commit);
        if had != new && has == new {
            return Hop::into_target(hop.source())
                .is_some_and(|earlier| self.took(earlier, path, new, commit));
        }
        let dropped = || {
            let mut earlier = self.of(hop.source()).iter().filter(|version| version.commit > commit);
            earlier.any(|version| self.counterpart(hop, path, commit, version.values.as_ref()).is_some())
        };
        had == new && (new.is_some() || dropped())
    }

    /// The source's value right before the commit at this position, and right after it.
    fn source_at(&self, hop: Hop, path: &ValuePath, commit: usize) -> [Option<&Value>; 2] {
        let sides = [self.before(hop.source(), commit), self.after(hop.source(), commit)];
        sides.map(|side| self.counterpart(hop, path, commit, side))
    }

    /// What a version of the source has where the target has a path before or after the commit at this
    /// position: beside several documents the target's only one is told by what it describes.
    fn counterpart<'v>(
        &self,
        hop: Hop,
        path: &ValuePath,
        commit: usize,
        source: Option<&'v Arc<FileValues>>,
    ) -> Option<&'v Value> {
        let source = source?;
        if !path.document.is_first() || is_only(source.values()) {
            return source.at(path);
        }
        let target = [self.after(hop.target(), commit), self.before(hop.target(), commit)];
        let names =
            target.into_iter().flatten().map(|target| match target.values().first().and_then(Identity::of) {
                Some(identity) if is_only(target.values()) => {
                    DocumentId::Named(Arc::new(identity.named(false, false)))
                }
                _ => path.document.clone(),
            });
        let mut paths = names.map(|document| ValuePath { document, segments: path.segments.clone() });
        paths.find_map(|path| source.at(&path))
    }

    /// Whether the commit at this position promoted at least one value over the hop.
    #[must_use]
    pub fn is_promotion(&self, hop: Hop, commit: usize, lists: &dyn ListRules) -> bool {
        let (before, after) = (self.before(hop.target(), commit), self.after(hop.target(), commit));
        diff(values(before), values(after), lists, Depth::Leaves)
            .iter()
            .any(|change| self.took(hop, &change.path, change.right, commit))
    }

    /// Whether the commit at this position changed nothing of the item but what a promotion over the hop can
    /// give a value: where the target differed from the source, or comes to what the source has since, for
    /// commits that were squashed changed that too; or what `is_required`.
    #[must_use]
    pub fn may_have_given(
        &self,
        hop: Hop,
        commit: usize,
        lists: &dyn ListRules,
        is_required: &dyn Fn(&ValuePath) -> bool,
    ) -> bool {
        let (before, after) = (self.before(hop.target(), commit), self.after(hop.target(), commit));
        diff(values(before), values(after), lists, Depth::Leaves).iter().all(|change| {
            let [had, has] = self.source_at(hop, &change.path, commit);
            had != change.left || has == change.right || is_required(&change.path)
        })
    }

    /// The position of the latest commit that promoted something over the hop.
    #[must_use]
    pub fn last_promotion(&self, hop: Hop, lists: &dyn ListRules) -> Option<usize> {
        self.positions(hop.target()).find(|commit| self.is_promotion(hop, *commit, lists))
    }

    /// The positions of the commits that changed the item in one environment, newest first.
    pub fn positions(&self, environment: Environment) -> impl Iterator<Item = usize> {
        self.of(environment).iter().rev().map(|version| version.commit)
    }

    /// The commit that gave `path` its present value in this environment, or took it away.
    #[must_use]
    pub fn written(&self, environment: Environment, path: &ValuePath) -> Option<&CommitInfo> {
        let index = self.change(environment, path, 0)?;
        Some(self.info(self.of(environment).get(index)?.commit))
    }

    /// The latest version, not newer than the commit at `limit`, that changed the value at `path`.
    fn change(&self, environment: Environment, path: &ValuePath, limit: usize) -> Option<usize> {
        let versions = self.of(environment);
        let value = |version: &Version| version.values.as_ref().and_then(|it| it.at(path)).cloned();
        let admitted = versions.iter().take_while(|version| version.commit >= limit).count();
        (0..admitted).rev().find(|index| {
            let before = index.checked_sub(1).and_then(|before| value(&versions[before]));
            before != value(&versions[*index])
        })
    }

    fn info(&self, commit: usize) -> &CommitInfo {
        &self.history.commits()[commit].info
    }

    /// The way of the present value at `path`, backwards over the hops.
    #[must_use]
    pub fn steps(&self, environment: Environment, path: &ValuePath, value: &Value) -> Vec<Step> {
        let mut steps = Vec::new();
        let (mut here, mut limit) = (environment, 0);
        while let Some(index) = self.change(here, path, limit) {
            let commit = self.of(here)[index].commit;
            if index == 0 && !self.history.is_complete() && commit + 1 == self.history.commits().len() {
                // The first commit of a cut history only shows what was there already.
                steps.push(Step { environment: here, commit: None });
                break;
            }
            steps.push(Step { environment: here, commit: Some(self.info(commit).clone()) });
            let Some(hop) = Hop::into_target(here) else { break };
            let source =
                |document: Option<&Arc<FileValues>>| document.and_then(|it| it.at(path)) == Some(value);
            if !source(self.after(hop.source(), commit)) && !source(self.before(hop.source(), commit)) {
                break;
            }
            // One commit may carry a value over both hops; else it was there before.
            limit = if source(self.before(hop.source(), commit)) { commit + 1 } else { commit };
            here = hop.source();
        }
        // Environments that got a value at once did not take it from each other.
        while let [.., last, first] = steps.as_slice()
            && last.commit == first.commit
        {
            steps.pop();
        }
        steps
    }

    /// Every leaf of the present document at or below `path`, with its way. A path inside of a
    /// value that is one whole (a plain list) is answered as it is.
    #[must_use]
    pub fn blame(
        &self,
        environment: Environment,
        document: &FileValues,
        path: &ValuePath,
        lists: &dyn ListRules,
    ) -> Vec<Blame> {
        let blame = |path: &ValuePath, value: &Value| Blame {
            steps: self.steps(environment, path, value),
            path: path.clone(),
            value: value.clone(),
        };
        let found: Vec<Blame> = diff(&[], document.values(), lists, Depth::Leaves)
            .iter()
            .filter(|leaf| path.covers(&leaf.path) || path.is_file())
            .filter_map(|leaf| Some(blame(&leaf.path, leaf.right?)))
            .collect();
        match document.at(path) {
            Some(value) if found.is_empty() => vec![blame(path, value)],
            _ => found,
        }
    }

    /// What the commit at this position changed in one environment.
    #[must_use]
    pub fn entries(
        &self,
        key: &Key,
        environment: Environment,
        commit: usize,
        lists: &dyn ListRules,
    ) -> Vec<LoggedChange> {
        let (before, after) = (self.before(environment, commit), self.after(environment, commit));
        let hop = Hop::into_target(environment);
        let entry = |change: &crate::diff::Change<'_>| LoggedChange {
            environment,
            key: key.clone(),
            path: change.path.clone(),
            kind: change.kind(),
            old: change.left.cloned(),
            new: change.right.cloned(),
            from: hop
                .filter(|hop| match change.path.is_file() {
                    // An item that comes or goes is promoted when some of its values are.
                    true => self.is_promotion(*hop, commit, lists),
                    false => self.took(*hop, &change.path, change.right, commit),
                })
                .map(Hop::source),
        };
        diff(values(before), values(after), lists, Depth::Whole).iter().map(entry).collect()
    }
}

/// Whether no document is behind the first.
fn is_only(values: &[Value]) -> bool {
    values.iter().skip(1).all(|value| *value == Value::Null)
}

fn values(document: Option<&Arc<FileValues>>) -> &[Value] {
    document.map_or(&[], |document| document.values())
}

#[cfg(test)]
mod tests;
