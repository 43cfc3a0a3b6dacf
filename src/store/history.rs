//! First-parent history: which files below `environments/` each commit changed.
//!
//! What an earlier run learnt is in the history index; only commits that it does not know are
//! walked. A commit costs what it changed, not what the repository holds: see [`Trees`].

use std::collections::{BTreeMap, BTreeSet, HashSet, btree_map};
use std::io::{ErrorKind, Read, Seek};
use std::path::Path;

use git2::{Commit, FileMode, ObjectType, Oid};

use super::cache::{IndexFile, Lookup, Parent};
use super::commits::{environments, parent};
use super::git_error::git_error;
use super::merges::Merges;
use super::moves::{Followed, Moves, appeared_items};
use super::repository::{Repository, find_commit, info};
use super::trees::{LastTrees, Trees};
use crate::engine::history::{CommitChanges, FileChange, History};
use crate::engine::snapshot::{Place, place};
use crate::model::{BlobId, CommitId, Environment, Error, ItemId, Key, ProgressCounter, Result};

/// So many commits without a change are worth a waypoint in the index.
const LONG: usize = 128;

/// So many commits that the index does not know yet are looked at for a few items alone.
const NEWS: usize = 256;

/// What a walk found.
struct Walk {
    /// The commits that changed something, newest first.
    commits: Vec<CommitChanges>,
    /// How many commits came before the first of them.
    quiet: usize,
    /// What lies before the last of them.
    end: Parent,
    /// Where it stopped because it had found enough.
    stopped: Option<Oid>,
}

impl Repository {
    /// The first-parent history of `head` below `environments/`, and what files that came from
    /// elsewhere went through before.
    ///
    /// # Errors
    /// When a commit or tree cannot be read.
    pub fn history(&self, head: &CommitId) -> Result<History> {
        let file = IndexFile::of(self);
        let mut index = file.load();
        let git = self.git()?;
        let commit = find_commit(&git, head)?;
        let mut walk = self.walk(&git, Some(commit.clone()), usize::MAX, &|id| index.position(id))?;
        if walk.quiet >= LONG {
            walk.commits.insert(0, CommitChanges::new(info(&commit), Vec::new()));
        }
        let (known, mut end) = index.chain(walk.end);
        let mut rest = Vec::new();
        let oldest = known.first().copied().or(walk.commits.last());
        if let (Parent::Unknown, Some(oldest)) = (end, oldest) {
            let more =
                self.walk(&git, parent(&git, &find_commit(&git, &oldest.info.id)?)?, usize::MAX, &|_| None)?;
            (rest, end) = (more.commits, more.end);
        }
        let is_first = known.is_empty();
        let listed = listed(known.into_iter().chain(&walk.commits).chain(&rest));
        let mut moves = Moves::new(self, &git);
        moves.add_past(&mut walk.commits, &listed)?;
        moves.add_past(&mut rest, &listed)?;
        let is_news = !walk.commits.is_empty() && (is_first || is_worth_keeping(&walk.commits));
        let tip = index.extend(walk.commits, walk.end);
        if is_news {
            file.save(&index, tip);
        }
        let mut commits = index.into_commits(tip);
        commits.append(&mut rest);
        Ok(History::new(commits, end == Parent::Beginning, commit.time().seconds()))
    }

    /// The same history, walked without the index; slower, and never another answer.
    ///
    /// # Errors
    /// When a commit or tree cannot be read.
    pub fn walk_history(&self, head: &CommitId) -> Result<History> {
        let git = self.git()?;
        let commit = find_commit(&git, head)?;
        let head_time = commit.time().seconds();
        let mut walk = self.walk(&git, Some(commit), usize::MAX, &|_| None)?;
        let listed = listed(walk.commits.iter());
        Moves::new(self, &git).add_past(&mut walk.commits, &listed)?;
        Ok(History::new(walk.commits, walk.end == Parent::Beginning, head_time))
    }

    /// The same history as far as these files below `environments/` are concerned, under their former
    /// names too. What the index knows of them is looked up in it; where that does not do, it is walked,
    /// opening only the folders that they are in, and nothing is remembered: what a few files went
    /// through is less than what there is to know of all.
    ///
    /// # Errors
    /// When a commit or tree cannot be read.
    pub fn history_of(&self, head: &CommitId, files: BTreeSet<String>) -> Result<History> {
        match self.looked_up(head, files.clone())? {
            Some(found) => Ok(found),
            None => self.walked(head, &files),
        }
    }

    /// The same history as far as these items are concerned. What the index knows of them is looked up
    /// in it; where that does not do it is the whole history.
    ///
    /// # Errors
    /// When a commit or tree cannot be read.
    pub fn history_of_items(&self, head: &CommitId, keys: &[Key]) -> Result<History> {
        let files = keys.iter().flat_map(|key| Environment::ALL.map(|environment| key.file(environment)));
        self.looked_up(head, files.collect())?.map_or_else(|| self.history(head), Ok)
    }

    fn walked(&self, head: &CommitId, files: &BTreeSet<String>) -> Result<History> {
        let git = self.git()?;
        let mut commit = find_commit(&git, head)?;
        let head_time = commit.time().seconds();
        let mut following = Following::new(self, &git, files);
        let mut commits = Vec::new();
        loop {
            let parent = parent(&git, &commit)?;
            if parent.is_none() && commit.parent_count() > 0 {
                return Ok(History::new(commits, false, head_time));
            }
            commits.extend(following.step(&commit, parent.as_ref())?);
            let Some(parent) = parent else {
                return Ok(History::new(commits, !self.is_shallow(&commit)?, head_time));
            };
            commit = parent;
        }
    }

    fn looked_up(&self, head: &CommitId, mut names: BTreeSet<String>) -> Result<Option<History>> {
        let Some(mut index) = IndexFile::of(self).lookup() else { return Ok(None) };
        let git = self.git()?;
        let mut commit = find_commit(&git, head)?;
        let head_time = commit.time().seconds();
        let mut following = Following::new(self, &git, &names);
        let mut commits = Vec::new();
        let mut position = index.position(commit.id().as_bytes());
        for _ in 0..NEWS {
            if position.is_some() {
                break;
            }
            let Some(parent) = parent(&git, &commit)? else { return Ok(None) };
            commits.extend(following.step(&commit, Some(&parent))?);
            commit = parent;
            position = index.position(commit.id().as_bytes());
        }
        let Some(position) = position else { return Ok(None) };
        if !origins(&commits).all(|origin| note(&mut names, origin)) {
            return Ok(None);
        }
        let Some(known) = known(&mut index, position, names) else { return Ok(None) };
        commits.extend(known);
        Ok(Some(History::new(commits, true, head_time)))
    }

    /// What the first-parent commits of `head` down to an earlier one, which is left out, changed below
    /// `environments/`, newest first; `None` where that one is not a little way back.
    ///
    /// # Errors
    /// When a commit or tree cannot be read.
    pub fn changes_since(&self, head: &CommitId, before: &CommitId) -> Result<Option<Vec<CommitChanges>>> {
        let git = self.git()?;
        let head = find_commit(&git, head)?;
        let is_it = |id: Oid| id.to_string() == before.as_str();
        let mut commit = head.clone();
        for _ in 0..NEWS {
            if is_it(commit.id()) {
                let walk = self.walk(&git, Some(head), usize::MAX, &|id| is_it(id).then_some(0))?;
                return Ok(Some(walk.commits));
            }
            let Some(parent) = parent(&git, &commit)? else { break };
            commit = parent;
        }
        Ok(None)
    }

    /// The newest `most` commits of the same history, walked without the index, and behind them one
    /// that holds what the items that they changed were before. `None` where history has no more than
    /// these, or where what a file was earlier decides what is said of them: a file that appeared may
    /// have been there before.
    ///
    /// # Errors
    /// When a commit or tree cannot be read.
    pub fn recent_history(&self, head: &CommitId, most: usize) -> Result<Option<History>> {
        let git = self.git()?;
        let commit = find_commit(&git, head)?;
        let head_time = commit.time().seconds();
        let mut walk = self.walk(&git, Some(commit), most, &|_| None)?;
        let Some(stopped) = walk.stopped else { return Ok(None) };
        let changes = || walk.commits.iter().flat_map(|commit| &commit.changes);
        if changes().any(|change| change.before.is_none()) {
            return Ok(None);
        }
        let failed = |error: git2::Error| git_error("walk the history", &error);
        let before = git.find_commit(stopped).map_err(failed)?;
        let tree = before.tree().map_err(failed)?;
        let mut files: BTreeSet<String> = changes().map(|change| change.path.clone()).collect();
        let keys: BTreeSet<Key> = changes().filter_map(|change| Some(item(&change.path)?.key)).collect();
        files.extend(keys.iter().flat_map(|key| Environment::ALL.map(|environment| key.file(environment))));
        let held = |path: String| {
            let entry = tree.get_path(Path::new(&format!("{}{path}", self.root_prefix()))).ok()?;
            let is_file =
                entry.kind() == Some(ObjectType::Blob) && entry.filemode() != i32::from(FileMode::Link);
            is_file.then(|| FileChange::new(path, None, Some(BlobId::new(entry.id().to_string()))))
        };
        let held = files.into_iter().filter_map(held).collect();
        walk.commits.push(CommitChanges::new(info(&before), held));
        Ok(Some(History::new(walk.commits, false, head_time)))
    }

    /// Walks from `from` to the first commit that is `known`, to where history ends, or until it has
    /// found so many commits that changed something.
    fn walk(
        &self,
        git: &git2::Repository,
        from: Option<Commit<'_>>,
        most: usize,
        known: &dyn Fn(Oid) -> Option<usize>,
    ) -> Result<Walk> {
        let mut walk = Walk { commits: Vec::new(), quiet: 0, end: Parent::Unknown, stopped: None };
        let steps = ProgressCounter::new(self.progress(), "reading the history, commit", None);
        let mut last = LastTrees::default();
        let mut trees = Trees::of(git, &mut last)?;
        let (mut moves, mut merges) = (Moves::new(self, git), Merges::new(self, git));
        let Some(mut commit) = from else { return Ok(walk) };
        let mut tree = environments(self, &commit, &mut trees)?;
        loop {
            if let Some(position) = known(commit.id()) {
                walk.end = Parent::Entry(position);
                return Ok(walk);
            }
            if walk.commits.len() >= most {
                walk.stopped = Some(commit.id());
                return Ok(walk);
            }
            steps.step();
            let parent = parent(git, &commit)?;
            // A parent that is named and not there: nothing can be said of this commit either.
            if parent.is_none() && commit.parent_count() > 0 {
                return Ok(walk);
            }
            let before = match &parent {
                Some(parent) => environments(self, parent, &mut trees)?,
                None => None,
            };
            let mut changes = Vec::new();
            if before != tree {
                trees.compare("environments", before, tree, &mut changes)?;
            }
            if !changes.is_empty() {
                let mut found = CommitChanges::new(info(&commit), changes);
                if let Some(parent) = &parent {
                    found.moved.files = moves.find(&commit, parent, appeared_items(&found.changes))?;
                    found.brought = merges.brought(&commit, &found.changes, &|_| true, &mut moves)?;
                }
                walk.commits.push(found);
            } else if walk.commits.is_empty() {
                walk.quiet += 1;
            }
            let Some(parent) = parent else {
                walk.end = if self.is_shallow(&commit)? { Parent::Boundary } else { Parent::Beginning };
                return Ok(walk);
            };
            (commit, tree) = (parent, before);
        }
    }

    /// Whether the commit has no parent only because the clone is shallow.
    fn is_shallow(&self, commit: &Commit<'_>) -> Result<bool> {
        Ok(self.shallow_boundary()?.contains(&commit.id().to_string()))
    }

    /// The commits whose parents a shallow clone does not have.
    pub(super) fn shallow_boundary(&self) -> Result<HashSet<String>> {
        let file = self.common_dir().join("shallow");
        let listed = match std::fs::read_to_string(&file) {
            Ok(listed) => listed,
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            Err(error) => return Err(Error::io("read", &file, &error)),
        };
        Ok(listed.lines().map(|line| line.trim().to_owned()).collect())
    }
}

/// Files that are followed back from commit to commit.
struct Following<'r> {
    repository: &'r Repository,
    git: &'r git2::Repository,
    followed: Followed,
    moves: Moves<'r>,
    merges: Merges<'r>,
    /// The trees that were last compared.
    compared: LastTrees,
}

impl<'r> Following<'r> {
    fn new(repository: &'r Repository, git: &'r git2::Repository, files: &BTreeSet<String>) -> Self {
        let (moves, merges) = (Moves::new(repository, git), Merges::new(repository, git));
        let mut followed = Followed::new(repository);
        files.iter().for_each(|file| followed.add_item(file));
        Self { repository, git, followed, moves, merges, compared: LastTrees::default() }
    }

    /// What a commit changed, where it changed one of them.
    fn step(&mut self, commit: &Commit<'_>, parent: Option<&Commit<'_>>) -> Result<Option<CommitChanges>> {
        let Some(mut found) = self.moves.step(commit, parent, &mut self.followed, true)? else {
            return Ok(None);
        };
        if let Some(parent) = parent {
            self.add_siblings((parent, commit), &mut found)?;
        }
        found.brought = self.merges.brought(commit, &found.changes, &|_| true, &mut self.moves)?;
        Ok(Some(found))
    }

    /// Adds what else a commit changed below `environments/`: what became of it in other items is asked.
    fn add_siblings(
        &mut self,
        (parent, commit): (&Commit<'_>, &Commit<'_>),
        found: &mut CommitChanges,
    ) -> Result<()> {
        let mut trees = Trees::of(self.git, &mut self.compared)?;
        let [before, after] = [parent, commit].map(|it| environments(self.repository, it, &mut trees));
        let (before, after) = (before?, after?);
        let mut changes = Vec::new();
        trees.compare("environments", before, after, &mut changes)?;
        let known: HashSet<String> = found.changes.iter().map(|change| change.path.clone()).collect();
        found.changes.extend(changes.into_iter().filter(|change| !known.contains(&change.path)));
        Ok(())
    }
}

/// What an index knows of these files below `environments/` and of what they were called before, from
/// the commit at a position back, newest first; `None` where it does not know all of it.
fn known<R: Read + Seek>(
    index: &mut Lookup<R>,
    position: usize,
    mut names: BTreeSet<String>,
) -> Option<Vec<CommitChanges>> {
    let (chain, end) = index.chain(position);
    if end != Parent::Beginning {
        return None;
    }
    let mut positions = BTreeSet::new();
    let (mut new, mut commits) = (names.clone(), BTreeMap::new());
    while !new.is_empty() {
        for name in &new {
            let commits = index.commits_of(name)?;
            positions.extend(commits.into_iter().filter(|at| chain.get(*at).is_some_and(|is_in| *is_in)));
        }
        let mut more = BTreeSet::new();
        for at in &positions {
            if commits.contains_key(at) {
                continue;
            }
            let commit = index.commit(*at, &|path| names.contains(path))?;
            let past = commit.moved.past.iter().map(|earlier| &earlier.commit);
            let own = commit.moved.files.iter().filter(|moved| names.contains(&moved.to));
            let before = past.flat_map(|commit| &commit.moved.files).chain(own);
            let before = before.filter_map(|moved| moved.origin.as_ref()).map(|origin| &origin.path);
            more.extend(before.filter(|path| !path.starts_with('/') && !names.contains(*path)).cloned());
            commits.insert(*at, commit);
        }
        if !more.is_empty() {
            // They may have left out what is asked for under another name.
            commits.clear();
        }
        names.extend(more.iter().cloned());
        new = more;
    }
    let past = commits.values().flat_map(|commit| &commit.moved.past);
    let below: Vec<CommitId> = past.map(|earlier| earlier.below.clone()).collect();
    // What moved files went through before stands behind the commits that it is told below of.
    for id in below {
        let at = index.position(Oid::from_str(id.as_str()).ok()?.as_bytes())?;
        if let btree_map::Entry::Vacant(place) = commits.entry(at) {
            place.insert(index.commit(at, &|path| names.contains(path))?);
        }
    }
    Some(commits.into_values().rev().collect())
}

/// The former names of files that these commits moved.
fn origins(commits: &[CommitChanges]) -> impl Iterator<Item = &str> {
    let moved = commits.iter().flat_map(|commit| &commit.moved.files);
    moved.filter_map(|moved| Some(moved.origin.as_ref()?.path.as_str()))
}

/// Takes in a name below `environments/`; says whether it is one.
fn note(names: &mut BTreeSet<String>, path: &str) -> bool {
    names.insert(path.to_owned());
    !path.starts_with('/')
}

/// The item whose file stands at a path.
fn item(path: &str) -> Option<ItemId> {
    match place(path) {
        Some(Place::Item(id)) => Some(id),
        _ => None,
    }
}

/// Whether to walk again what was walked costs more than to keep it with all that is known.
fn is_worth_keeping(walked: &[CommitChanges]) -> bool {
    const COMMITS: usize = 8;
    const FILES: usize = 64;
    walked.len() >= COMMITS || walked.iter().map(|commit| commit.changes.len()).sum::<usize>() >= FILES
}

/// The commits that changed something.
fn listed<'c>(commits: impl Iterator<Item = &'c CommitChanges>) -> HashSet<CommitId> {
    commits.filter(|commit| !commit.changes.is_empty()).map(|commit| commit.info.id.clone()).collect()
}
