//! What git's history says of files, as values: who changed which one when.

use std::collections::HashMap;

use crate::model::{BlobId, CommitInfo, Environment, Key};

/// One file that a commit changed against its first parent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileChange {
    /// The file, relative to the configuration root.
    pub path: String,
    /// Its content before; `None` when it was not there.
    pub before: Option<BlobId>,
    /// Its content after; `None` when it is gone.
    pub after: Option<BlobId>,
    /// For a merge among those that another merge brought: the file's contents in its other
    /// parents, in their order. What is as in one of them is no change of this merge.
    pub others: Vec<Option<BlobId>>,
}

/// A commit that changed something below `environments/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitChanges {
    /// The commit.
    pub info: CommitInfo,
    /// What it changed.
    pub changes: Vec<FileChange>,
    /// For a merge on the first-parent chain that changed one item in two environments: the commits
    /// that came with it and are in no earlier one, oldest first by topology, then by time, each
    /// against its own first parent.
    pub brought: Vec<CommitChanges>,
}

impl CommitChanges {
    /// A commit that brought no others.
    #[must_use]
    pub const fn new(info: CommitInfo, changes: Vec<FileChange>) -> Self {
        Self { info, changes, brought: Vec::new() }
    }
}

impl FileChange {
    /// A file's change against the first parent.
    #[must_use]
    pub const fn new(path: String, before: Option<BlobId>, after: Option<BlobId>) -> Self {
        Self { path, before, after, others: Vec::new() }
    }
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

/// The contents of one file over time: commit position and content, newest first.
pub(super) type Side = Vec<(usize, Option<BlobId>)>;

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

    /// The committer time of the revision, in seconds since 1970-01-01 UTC.
    #[must_use]
    pub const fn head_time(&self) -> i64 {
        self.head_time
    }

    /// Whether the history reaches back to its beginning.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.complete
    }

    /// The contents that an item's file had, newest first. A rename is followed when one commit
    /// deletes and adds the same bytes in the same environment; a file that was deleted and came
    /// back with the same bytes was never gone.
    pub(super) fn side(&self, key: &Key, environment: Environment) -> Side {
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

    /// The content that an item had in one environment right after the commit at a position.
    #[must_use]
    pub fn blob_at(&self, key: &Key, environment: Environment, commit: usize) -> Option<BlobId> {
        // Positions grow towards the past.
        self.side(key, environment).into_iter().find(|(at, _)| *at >= commit)?.1
    }

    /// The contents that an item had in one environment, newest first.
    #[must_use]
    pub fn blobs(&self, key: &Key, environment: Environment) -> Vec<BlobId> {
        self.side(key, environment).into_iter().filter_map(|(_, blob)| blob).collect()
    }
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
