//! The versions of an item's files, from what history says of them.

use std::sync::Arc;

use super::history::{History, Side};
use crate::model::{BlobId, Environment, Key, Result};
use crate::yaml::FileValues;

/// Gives the values of an old version: `None` where its content is not YAML. A content that is
/// named by history and cannot be read is an error, for it may have been any value.
pub type ReadVersion<'r> = dyn Fn(&BlobId) -> Result<Option<Arc<FileValues>>> + 'r;

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
            let blob = side.last().and_then(|(_, blob)| blob.clone());
            advance(&mut side, commit, &mut now, read)?;
            if !same(&before, &now) {
                versions.push(Version { commit, blob, values: now.clone() });
            }
        }
        Ok(versions)
    }
}

fn same(a: &Option<Arc<FileValues>>, b: &Option<Arc<FileValues>>) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => Arc::ptr_eq(a, b),
        _ => false,
    }
}

/// Brings `now` to the version that `commit` left behind, if it changed the file.
pub(super) fn advance(
    side: &mut Side,
    commit: usize,
    now: &mut Option<Arc<FileValues>>,
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
    /// The content of its file; `None` when the item was deleted.
    pub blob: Option<BlobId>,
    /// What it said; `None` when the item was deleted.
    pub values: Option<Arc<FileValues>>,
}
