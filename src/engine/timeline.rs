//! One item over time: the states that its environments went through, from what history says of
//! its files.

use std::sync::Arc;

use super::history::{History, Side};
use crate::model::{BlobId, CommitInfo, Environment, Hop, Key, Result};
use crate::yaml::Document;

/// Gives the document of an old version: `None` where its content is not YAML. A content that is
/// named by history and cannot be read is an error, for it may have been any value.
pub type ReadVersion<'r> = dyn Fn(&BlobId) -> Result<Option<Arc<Document>>> + 'r;

impl History {
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
        &self.history.commits()[self.states[index].commit].info
    }

    /// Seconds from the commit of state `index` to the revision; never negative.
    #[must_use]
    pub fn age(&self, index: usize) -> i64 {
        (self.history.head_time() - self.commit(index).time).max(0)
    }
}
