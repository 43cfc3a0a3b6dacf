//! What git's history says of files, as values: who changed which one when.

use std::collections::{BTreeMap, HashMap, btree_map};

use crate::model::{BlobId, CommitId, CommitInfo, Environment, Key};
use crate::secrets::without_secrets;

/// The first line of a commit's message as it may be remembered and shown: people write tokens there too.
#[must_use]
pub fn subject(message: &str) -> String {
    without_secrets(message).into_owned()
}

/// One file that a commit changed against its first parent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileChange {
    /// The file, relative to the configuration root; outside `environments/`, where only what a
    /// moved file was before is told, relative to the git root and with a `/` in front.
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
    /// What of it goes on from another name.
    pub moved: Moved,
}

/// What a commit gave another name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// The files that appeared while others went.
    pub files: Vec<Move>,
    /// What those that came from outside `environments/` went through there, newest first. A
    /// [`History`] has these commits among its others, and none here.
    pub past: Vec<Earlier>,
}

/// A file that appeared in a commit while others went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// Its new name.
    pub to: String,
    /// What it was before; `None` where several files may have been it.
    pub origin: Option<Origin>,
}

/// What a moved file was before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The old name: relative to the configuration root below `environments/`, else relative to
    /// the git root and with a `/` in front.
    pub path: String,
    /// The content before the move.
    pub blob: BlobId,
}

/// A first-parent commit before a move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    /// The next newer commit that changed something below `environments/`, or this one.
    pub below: CommitId,
    /// So many first-parent steps lie between the two.
    pub steps: u32,
    /// What the commit did to the files under their old names.
    pub commit: CommitChanges,
}

impl CommitChanges {
    /// A commit that brought no others and moved nothing.
    #[must_use]
    pub const fn new(info: CommitInfo, changes: Vec<FileChange>) -> Self {
        Self { info, changes, brought: Vec::new(), moved: Moved { files: Vec::new(), past: Vec::new() } }
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
}

/// The contents of one file over time: commit position and content, newest first.
pub type Side = Vec<(usize, Option<BlobId>)>;

/// A change on the way of one file through history.
struct TrailStep<'h> {
    commit: usize,
    change: usize,
    /// The move that gave it the name, where it did not have it before.
    moved: Option<&'h Move>,
}

impl History {
    /// A history from its commits, newest first. `complete` is false when it was cut off (a
    /// shallow clone); `head_time` is the committer time of the revision itself. A commit without changes
    /// serves to tell where the past of a moved file belongs, and goes.
    #[must_use]
    pub fn new(commits: Vec<CommitChanges>, complete: bool, head_time: i64) -> Self {
        let mut commits = with_the_past(commits);
        commits.retain(|commit| !commit.changes.is_empty());
        let mut by_path: HashMap<String, Vec<(usize, usize)>> = HashMap::new();
        for (c, commit) in commits.iter().enumerate() {
            for (f, change) in commit.changes.iter().enumerate() {
                match by_path.get_mut(&change.path) {
                    Some(known) => known.push((c, f)),
                    None => drop(by_path.insert(change.path.clone(), vec![(c, f)])),
                }
            }
        }
        Self { commits, complete, head_time, by_path }
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

    /// The contents that an item's file had, newest first, under its former names too. A file that
    /// was deleted and came back with the same bytes was never gone.
    #[must_use]
    pub fn side(&self, key: &Key, environment: Environment) -> Side {
        self.follow(key, environment).0
    }

    /// The move at which what is known of an item in one environment begins, because several files
    /// may have been it before.
    #[must_use]
    pub fn begins_at_move(&self, key: &Key, environment: Environment) -> Option<&CommitInfo> {
        let commit = self.follow(key, environment).1?;
        self.commits.get(commit).map(|commit| &commit.info)
    }

    /// The contents of an item's file, newest first, and the move behind which they are not known.
    fn follow(&self, key: &Key, environment: Environment) -> (Side, Option<usize>) {
        let mut side = Side::new();
        let mut begin = None;
        for step in self.trail(key.file(environment), 0) {
            let after = &self.commits[step.commit].changes[step.change].after;
            let origin = step.moved.map(|moved| moved.origin.as_ref());
            begin = if origin == Some(None) { Some(step.commit) } else { None };
            if after.as_ref() != origin.flatten().map(|origin| &origin.blob) || after.is_none() {
                side.push((step.commit, after.clone()));
            }
        }
        (without_gaps(side), begin)
    }

    /// The changes of a file from a commit back, newest first, under its former names too.
    fn trail(&self, mut path: String, mut newest: usize) -> Vec<TrailStep<'_>> {
        let mut trail = Vec::new();
        while let Some(changes) = self.by_path.get(&path) {
            let first = changes.partition_point(|(commit, _)| *commit < newest);
            let mut origin = None;
            for &(commit, change) in &changes[first..] {
                let moved = self.commits[commit].moved.files.iter().find(|moved| moved.to == path);
                trail.push(TrailStep { commit, change, moved });
                if let Some(moved) = moved {
                    origin = moved.origin.as_ref().map(|origin| (origin.path.clone(), commit + 1));
                    break;
                }
            }
            let Some(origin) = origin else { break };
            (path, newest) = origin;
        }
        trail
    }

    /// The names that files had later, by commit and by the place of the change in it: those of
    /// files that were moved after the change.
    #[must_use]
    pub fn later_names(&self) -> HashMap<(usize, usize), Vec<&str>> {
        let mut names: HashMap<(usize, usize), Vec<&str>> = HashMap::new();
        for (commit, moved) in
            (0..).zip(&self.commits).flat_map(|(at, c)| c.moved.files.iter().map(move |m| (at, m)))
        {
            let Some(origin) = &moved.origin else { continue };
            for step in self.trail(origin.path.clone(), commit + 1) {
                names.entry((step.commit, step.change)).or_default().push(&moved.to);
            }
        }
        names
    }

    /// What a commit made of an item's file, under the name that it had then: the contents before and
    /// after.
    #[must_use]
    pub fn change_by(&self, id: &CommitId, key: &Key, environment: Environment) -> Option<[&BlobId; 2]> {
        self.trail(key.file(environment), 0).iter().find_map(|step| {
            let commit = &self.commits[step.commit];
            if commit.info.id == *id {
                return self.contents(step);
            }
            let inner = commit.brought.iter().find(|inner| inner.info.id == *id)?;
            let path = &commit.changes[step.change].path;
            let change = inner.changes.iter().find(|change| change.path == *path)?;
            Some([change.before.as_ref()?, change.after.as_ref()?])
        })
    }

    /// The commits behind one, oldest first, that changed an item's file which stayed, with its contents
    /// before and after; what a merge brought comes before the merge.
    #[must_use]
    pub fn changes_since(
        &self,
        id: &CommitId,
        key: &Key,
        environment: Environment,
    ) -> Vec<(&CommitId, [&BlobId; 2])> {
        let trail = self.trail(key.file(environment), 0);
        let mut out = Vec::new();
        let mut begun = false;
        for step in trail.iter().rev() {
            let commit = &self.commits[step.commit];
            let path = &commit.changes[step.change].path;
            for inner in &commit.brought {
                let change = inner.changes.iter().find(|change| change.path == *path && begun);
                let contents =
                    change.and_then(|change| Some([change.before.as_ref()?, change.after.as_ref()?]));
                out.extend(contents.map(|contents| (&inner.info.id, contents)));
                begun |= inner.info.id == *id;
            }
            out.extend(self.contents(step).filter(|_| begun).map(|contents| (&commit.info.id, contents)));
            begun |= commit.info.id == *id;
        }
        out
    }

    /// The contents of a file before and after a change.
    fn contents<'h>(&'h self, step: &TrailStep<'h>) -> Option<[&'h BlobId; 2]> {
        let change = &self.commits[step.commit].changes[step.change];
        let before = match step.moved {
            Some(moved) => moved.origin.as_ref().map(|origin| &origin.blob),
            None => change.before.as_ref(),
        };
        Some([before?, change.after.as_ref()?])
    }

    /// The contents that an item had in one environment, newest first.
    #[must_use]
    pub fn blobs(&self, key: &Key, environment: Environment) -> Vec<BlobId> {
        self.side(key, environment).into_iter().filter_map(|(_, blob)| blob).collect()
    }
}

/// The commits with what moved files went through before put in its place: all are of one
/// first-parent chain.
fn with_the_past(mut commits: Vec<CommitChanges>) -> Vec<CommitChanges> {
    let mut past: Vec<Earlier> = Vec::new();
    for commit in &mut commits {
        past.append(&mut commit.moved.past);
    }
    if past.is_empty() {
        return commits;
    }
    let mut behind: HashMap<CommitId, BTreeMap<u32, CommitChanges>> = HashMap::new();
    for Earlier { below, steps, commit } in past {
        match behind.entry(below).or_default().entry(steps) {
            btree_map::Entry::Vacant(place) => drop(place.insert(commit)),
            btree_map::Entry::Occupied(mut known) => unite(known.get_mut(), commit),
        }
    }
    let mut out = Vec::with_capacity(commits.len());
    for mut commit in commits {
        let mut here = behind.remove(&commit.info.id).unwrap_or_default();
        if let Some(same) = here.remove(&0) {
            unite(&mut commit, same);
        }
        out.push(commit);
        out.extend(here.into_values());
    }
    out
}

/// Adds what else is known of the same commit.
fn unite(known: &mut CommitChanges, more: CommitChanges) {
    for change in more.changes {
        if !known.changes.iter().any(|other| other.path == change.path) {
            known.changes.push(change);
        }
    }
    for moved in more.moved.files {
        if !known.moved.files.iter().any(|other| other.to == moved.to) {
            known.moved.files.push(moved);
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_behind_a_commit_is_told_within_its_merge_too() {
        let key: Key = "app".parse().expect("key");
        let commit = |name: &str, [before, after]: [&str; 2], brought: Vec<CommitChanges>| {
            let id = CommitId::new(name);
            let info = CommitInfo { id, author: String::new(), time: 0, offset: 0, subject: String::new() };
            let file = key.file(Environment::Staging);
            let change = FileChange::new(file, Some(BlobId::new(before)), Some(BlobId::new(after)));
            CommitChanges { brought, ..CommitChanges::new(info, vec![change]) }
        };
        let single = |name: &str, contents: [&str; 2]| commit(name, contents, Vec::new());
        let merge = |name: &str, contents: [&str; 2], brought: [(&'static str, [&'static str; 2]); 2]| {
            commit(name, contents, brought.map(|(name, contents)| single(name, contents)).into())
        };
        let commits = vec![
            merge("m", ["2", "5"], [("m1", ["1", "3"]), ("m2", ["3", "4"])]),
            single("b", ["1", "2"]),
            merge("n", ["0", "1"], [("n1", ["0", "6"]), ("n2", ["6", "1"])]),
            single("a", ["7", "0"]),
        ];
        let history = History::new(commits, true, 0);
        for (id, expected) in [
            ("a", "n1 n2 n b m1 m2 m"),
            ("n1", "n2 n b m1 m2 m"),
            ("n", "b m1 m2 m"),
            ("m1", "m2 m"),
            ("m", ""),
            ("unknown", ""),
        ] {
            let found = history.changes_since(&CommitId::new(id), &key, Environment::Staging);
            let found: Vec<&str> = found.iter().map(|(id, _)| id.as_str()).collect();
            assert_eq!(found.join(" "), expected, "{id}");
        }
    }
}
