//! What git's history says of items, as values: who changed which file when, and, for one item and
//! hop, the states that source and target went through.

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::{BlobId, CommitInfo, Environment, Hop, Key, Result};
use crate::yaml::Document;

/// One file that a commit changed against its first parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// The file, relative to the configuration root.
    pub path: String,
    /// Its content before; `None` when it was not there.
    pub before: Option<BlobId>,
    /// Its content after; `None` when it is gone.
    pub after: Option<BlobId>,
}

/// A commit that changed something below `environments/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitChanges {
    /// The commit.
    pub info: CommitInfo,
    /// What it changed.
    pub changes: Vec<FileChange>,
}

/// The first-parent history of a revision, as far as `environments/` is concerned.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct History {
    commits: Vec<CommitChanges>,
    complete: bool,
    head_time: i64,
    by_path: HashMap<String, Vec<(usize, usize)>>,
    /// Which commits removed a file: only those can have renamed one.
    removes: Vec<bool>,
}

/// Gives the document of an old version: `None` where its content is not YAML. A content that is
/// named by history and cannot be read is an error, for it may have been any value.
pub type ReadVersion<'r> = dyn Fn(&BlobId) -> Result<Option<Arc<Document>>> + 'r;

/// The contents of one file over time: commit position and content, newest first.
type Side = Vec<(usize, Option<BlobId>)>;

impl History {
    /// A history from its commits, newest first. `complete` is false when it was cut off (a
    /// shallow clone); `head_time` is the committer time of the revision itself.
    #[must_use]
    pub fn new(commits: Vec<CommitChanges>, complete: bool, head_time: i64) -> Self {
        let mut by_path: HashMap<String, Vec<(usize, usize)>> = HashMap::new();
        for (c, commit) in commits.iter().enumerate() {
            for (f, change) in commit.changes.iter().enumerate() {
                match by_path.get_mut(&change.path) {
                    Some(known) => known.push((c, f)),
                    None => drop(by_path.insert(change.path.clone(), vec![(c, f)])),
                }
            }
        }
        let removed = |commit: &CommitChanges| commit.changes.iter().any(|change| change.after.is_none());
        let removes = commits.iter().map(removed).collect();
        Self { commits, complete, head_time, by_path, removes }
    }

    /// The commits, newest first.
    #[must_use]
    pub fn commits(&self) -> &[CommitChanges] {
        &self.commits
    }

    /// Whether the history reaches back to its beginning.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.complete
    }

    /// The contents that an item's file had, newest first. A rename is followed when one commit
    /// deletes and adds the same bytes in the same environment; a file that was deleted and came
    /// back with the same bytes was never gone.
    fn side(&self, key: &Key, environment: Environment) -> Side {
        let folder = format!("environments/{environment}/");
        let mut path = key.file(environment);
        let mut newest = 0;
        let mut side = Side::new();
        while let Some(changes) = self.by_path.get(&path) {
            let mut moved = None;
            for (c, f) in changes.iter().filter(|(c, _)| *c >= newest) {
                let commit = &self.commits[*c];
                let change = &commit.changes[*f];
                let same_bytes = |other: &&FileChange| {
                    other.after.is_none() && other.before == change.after && other.path.starts_with(&folder)
                };
                let is_new = self.removes[*c] && change.before.is_none() && change.after.is_some();
                let origin = if is_new { commit.changes.iter().find(same_bytes) } else { None };
                if let Some(origin) = origin {
                    moved = Some((origin.path.clone(), c + 1));
                    break;
                }
                side.push((*c, change.after.clone()));
            }
            let Some((origin, from)) = moved else { break };
            (path, newest) = (origin, from);
        }
        without_gaps(side)
    }

    /// The contents that an item had in one environment, newest first.
    #[must_use]
    pub fn blobs(&self, key: &Key, environment: Environment) -> Vec<BlobId> {
        self.side(key, environment).into_iter().filter_map(|(_, blob)| blob).collect()
    }

    /// The versions of an item in one environment, oldest first. One that does not parse is skipped.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn versions(
        &self,
        key: &Key,
        environment: Environment,
        read: &ReadVersion<'_>,
    ) -> Result<Vec<Version>> {
        let mut side = self.side(key, environment);
        let mut versions: Vec<Version> = Vec::new();
        let mut now = None;
        while let Some((commit, _)) = side.last() {
            let (commit, before) = (*commit, now.clone());
            advance(&mut side, commit, &mut now, read)?;
            if !same(&before, &now) {
                versions.push(Version { commit, document: now.clone() });
            }
        }
        Ok(versions)
    }

    /// The states that source and target of `key` went through, oldest first, with the documents
    /// that `read` gives. A version that does not parse is skipped.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn timeline(&self, key: &Key, hop: Hop, read: &ReadVersion<'_>) -> Result<Timeline<'_>> {
        let mut source = self.side(key, hop.source());
        let mut target = self.side(key, hop.target());
        let mut states: Vec<State> = Vec::new();
        let (mut s, mut t) = (None, None);
        while let Some(commit) = source.last().map(|x| x.0).max(target.last().map(|x| x.0)) {
            let before = (s.clone(), t.clone());
            advance(&mut source, commit, &mut s, read)?;
            advance(&mut target, commit, &mut t, read)?;
            if !same(&before.0, &s) || !same(&before.1, &t) {
                states.push(State { commit, source: s.clone(), target: t.clone() });
            }
        }
        Ok(Timeline { history: self, states })
    }
}

fn same(a: &Option<Arc<Document>>, b: &Option<Arc<Document>>) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => Arc::ptr_eq(a, b),
        _ => false,
    }
}

fn advance(
    side: &mut Side,
    commit: usize,
    now: &mut Option<Arc<Document>>,
    read: &ReadVersion<'_>,
) -> Result<()> {
    if side.last().is_some_and(|(c, _)| *c == commit) {
        match side.pop() {
            Some((_, Some(blob))) => *now = read(&blob)?.or(now.take()),
            Some((_, None)) => *now = None,
            None => {}
        }
    }
    Ok(())
}

/// Takes out every deletion whose next version has the bytes from before.
fn without_gaps(side: Side) -> Side {
    let mut out: Side = Vec::with_capacity(side.len());
    for (commit, blob) in side {
        // `out` is newest first: its last two are what came right after this version.
        let restored = out.len() >= 2
            && out[out.len() - 1].1.is_none()
            && blob.is_some()
            && out[out.len() - 2].1 == blob;
        if restored {
            out.truncate(out.len() - 2);
        }
        out.push((commit, blob));
    }
    out
}

/// What an item was in one environment right after one commit.
#[derive(Clone, Debug)]
pub struct Version {
    /// The commit's position in the history.
    pub commit: usize,
    /// The document; `None` when the item was deleted.
    pub document: Option<Arc<Document>>,
}

/// What source and target were right after one commit.
#[derive(Clone, Debug)]
pub struct State {
    /// The commit's position in the history.
    pub commit: usize,
    /// The source's document; `None` when the item was not there.
    pub source: Option<Arc<Document>>,
    /// The target's document; `None` when the item was not there.
    pub target: Option<Arc<Document>>,
}

/// The states of one item over one hop, oldest first.
#[derive(Debug)]
pub struct Timeline<'a> {
    /// The history it was taken from.
    pub history: &'a History,
    /// The states, oldest first.
    pub states: Vec<State>,
}

impl Timeline<'_> {
    /// The commit that led to state `index`.
    #[must_use]
    pub fn commit(&self, index: usize) -> &CommitInfo {
        &self.history.commits[self.states[index].commit].info
    }

    /// Seconds from the commit of state `index` to the revision; never negative.
    #[must_use]
    pub fn age(&self, index: usize) -> i64 {
        (self.history.head_time - self.commit(index).time).max(0)
    }
}
