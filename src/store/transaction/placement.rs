//! Where a commit goes: what of a branch stays, and what makes way.
//!
//! An operation has a start and a branch, and the branch is brought to the start. What it holds is
//! judged by content alone: what would the same operation have committed there?

use std::collections::BTreeMap;

use git2::{Oid, Repository};

use super::attributes::Attributes;
use super::decided::{Decide, Decided, fingerprint};
use super::preconditions::{new_blob, tree_entry};
use super::{Change, FileChange};
use crate::model::{CommitId, ErrorKind, Result};
use crate::store::git_error::git_error;
use crate::store::odb::is_here;
use crate::store::process_environment::ProcessEnvironment;

/// The commit that a new one goes on top of, and where its branch is now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placement {
    pub(super) old: Option<Oid>,
    pub(super) parent: Option<Oid>,
}

/// How a branch stands to a change that was decided on the start.
pub(super) enum Standing<T> {
    /// It holds this very change.
    Holds,
    /// It is to be at the start: it is behind it, or holds an earlier version of the change.
    AtStart,
    /// It has other commits, and on top of them the change is the same: this one.
    OnTop((Change, T)),
    /// On top of its commits it would be another change.
    Apart,
}

/// How the branch at `tip` stands to what was `decided` on `start`.
pub(super) fn standing<T>(
    git: &Repository,
    (start, tip): (Oid, Oid),
    decided: &(Change, T),
    decide: &mut Decide<'_, T>,
) -> Result<Standing<T>> {
    if descends(git, start, tip)? {
        return Ok(Standing::AtStart);
    }
    let wanted = results(git, &decided.0)?;
    if wanted.iter().all(|(path, id)| entry(git, tip, path).is_ok_and(|found| found == *id)) {
        return Ok(Standing::Holds);
    }
    if let Some(parent) = only_parent(git, tip)?
        && descends(git, start, parent)?
        && is_made_by(git, parent, tip, decide)?
    {
        return Ok(Standing::AtStart);
    }
    Ok(match tried(tip, decide)? {
        Some(anew) if fingerprint(&anew.0) == fingerprint(&decided.0) => Standing::OnTop(anew),
        _ => Standing::Apart,
    })
}

/// Whether all that differs between two commits is what the operation does on the first.
fn is_made_by<T>(git: &Repository, before: Oid, after: Oid, decide: &mut Decide<'_, T>) -> Result<bool> {
    let decided = tried(before, decide)?;
    decided.map_or(Ok(false), |(change, _)| differs_by(git, before, after, &change))
}

/// Whether a change is all that differs between two commits.
pub(super) fn differs_by(git: &Repository, before: Oid, after: Oid, change: &Change) -> Result<bool> {
    let differences = differences(git, Some(before), after)?.into_iter();
    let made: BTreeMap<String, Option<Oid>> = differences.map(|(path, [_, new])| (path, new)).collect();
    Ok(results(git, change)? == made)
}

/// What is decided on a commit; nothing where it cannot be decided there.
fn tried<T>(at: Oid, decide: &mut Decide<'_, T>) -> Result<Decided<T>> {
    match decide(Some(&CommitId::new(at.to_string()))) {
        Err(error) if error.kind == ErrorKind::Io => Err(error),
        decided => Ok(decided.unwrap_or_default()),
    }
}

/// The blobs that a change leaves, by path.
fn results(git: &Repository, change: &Change) -> Result<BTreeMap<String, Option<Oid>>> {
    let attributes = Attributes::of(git, &ProcessEnvironment::default());
    let mut all = BTreeMap::new();
    for file in &change.files {
        let before = file.before.as_ref().and_then(|id| Oid::from_str(id.as_str()).ok());
        let (_, after) = new_blob(&attributes, file, before)?;
        if after != before {
            all.insert(file.path.clone(), after);
        }
    }
    Ok(all)
}

fn entry(git: &Repository, commit: Oid, path: &str) -> Result<Option<Oid>> {
    let tree = git.find_commit(commit).and_then(|commit| commit.tree());
    let tree = tree.map_err(|error| git_error(&format!("read commit {commit}"), &error))?;
    Ok(tree_entry(&tree, path)?.map(|(id, _)| id))
}

/// The entries that differ between two commits, by path: the old one and the new.
pub(super) fn differences(
    git: &Repository,
    before: Option<Oid>,
    after: Oid,
) -> Result<BTreeMap<String, [Option<Oid>; 2]>> {
    let failed = |error: git2::Error| git_error("compare two commits", &error);
    let tree = |id: Oid| git.find_commit(id).and_then(|commit| commit.tree());
    let before = before.map(tree).transpose().map_err(failed)?;
    let after = tree(after).map_err(failed)?;
    let diff = git.diff_tree_to_tree(before.as_ref(), Some(&after), None).map_err(failed)?;
    let mut all = BTreeMap::new();
    for delta in diff.deltas() {
        let ids = [delta.old_file(), delta.new_file()].map(|side| Some(side.id()).filter(|id| !id.is_zero()));
        let path = delta.new_file().path_bytes().or_else(|| delta.old_file().path_bytes());
        let path = String::from_utf8_lossy(path.unwrap_or_default()).into_owned();
        all.insert(path, ids);
    }
    Ok(all)
}

/// Whether a commit is another one, or has it below.
pub(super) fn descends(git: &Repository, commit: Oid, ancestor: Oid) -> Result<bool> {
    let below = || git.graph_descendant_of(commit, ancestor);
    Ok(commit == ancestor || below().map_err(|error| git_error("walk the history", &error))?)
}

/// The parent of a commit that has one.
pub(super) fn only_parent(git: &Repository, commit: Oid) -> Result<Option<Oid>> {
    let commit = git.find_commit(commit).map_err(|error| git_error("read a commit", &error))?;
    let mut parents = commit.parent_ids();
    Ok(parents.next().filter(|_| parents.next().is_none()))
}

/// The first commit below `commit` that these have, `commit` itself perhaps.
pub(super) fn shared_part(git: &Repository, commit: Oid, theirs: &[Oid]) -> Result<Option<Oid>> {
    let failed = |error: git2::Error| git_error("walk the history", &error);
    let mut walk = git.revwalk().map_err(failed)?;
    walk.push(commit).map_err(failed)?;
    walk.simplify_first_parent().map_err(failed)?;
    let mut hidden = git.revwalk().map_err(failed)?;
    hidden.push(commit).map_err(failed)?;
    for id in theirs {
        if is_here(git, *id).map_err(failed)? {
            hidden.hide(*id).map_err(failed)?;
        }
    }
    let own: std::collections::HashSet<Oid> = hidden.collect::<Result<_, _>>().map_err(failed)?;
    let mut first = walk.filter(|id| id.as_ref().map_or(true, |id| !own.contains(id)));
    first.next().transpose().map_err(failed)
}

/// The paths of a change.
pub(super) fn is_own(change: &[FileChange], path: &str) -> bool {
    change.iter().any(|file| file.path == path)
}
