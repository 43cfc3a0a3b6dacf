//! Parts of commits: what differs between two of them, and the files at a few paths of one.
//!
//! Both cost what they touch. A folder that two commits share is not opened to compare them, and
//! a part lists only the files that were asked for; whoever judges a part knows what it needs.

use std::collections::{BTreeMap, BTreeSet};

use git2::{ObjectType, Oid};

use super::git_error::git_error;
use super::layout::FOLDERS;
use super::read::{entry_of, is_other};
use super::repository::{Repository, find_commit};
use super::trees::{LastTrees, Trees};
use crate::engine::history::FileChange;
use crate::engine::migration;
use crate::engine::snapshot::{FileEntry, FileKind, Obstacle, Snapshot, is_called_like_a_schema, respelt};
use crate::model::{CommitId, Environment, Result, Revision, policy};

/// Reads parts of commits; trees that were read are remembered.
pub struct Parts<'r> {
    repository: &'r Repository,
    last: LastTrees,
}

/// What is done with a folder of which the trees are not the same in two commits.
type VisitFolder<'v> = dyn FnMut(&mut Trees<'_>, &str, (Option<Oid>, Option<Oid>)) -> Result<()> + 'v;

impl Repository {
    /// Reads parts of this repository's commits.
    #[must_use]
    pub fn parts(&self) -> Parts<'_> {
        Parts { repository: self, last: LastTrees::default() }
    }
}

impl Parts<'_> {
    /// The files of the configuration root that differ between two commits: policy, environments,
    /// schemas and decisions.
    ///
    /// # Errors
    /// When a commit or tree cannot be read.
    pub fn changes(&mut self, base: &CommitId, head: &CommitId) -> Result<Vec<FileChange>> {
        let mut changes = self.changes_of_folders(base, head)?;
        let [before, after] = [self.files(base, &[policy::FILE])?, self.files(head, &[policy::FILE])?];
        let blob = |files: &BTreeMap<String, FileEntry>| files.get(policy::FILE)?.blob.clone();
        if before != after {
            let path = policy::FILE.to_owned();
            changes.push(FileChange::new(path, blob(&before), blob(&after)));
        }
        Ok(changes)
    }

    /// The submodules within the folders of the configuration root that came, went or moved between two
    /// commits.
    ///
    /// # Errors
    /// When a commit or tree cannot be read.
    pub fn submodules(&mut self, base: &CommitId, head: &CommitId) -> Result<Vec<String>> {
        let mut found = Vec::new();
        self.differing_folders(base, head, &mut |trees, name, sides| {
            trees.submodules(name, sides, &mut found)
        })?;
        Ok(found)
    }

    fn changes_of_folders(&mut self, base: &CommitId, head: &CommitId) -> Result<Vec<FileChange>> {
        let mut changes = Vec::new();
        self.differing_folders(base, head, &mut |trees, name, (before, after)| {
            trees.compare(name, before, after, &mut changes)
        })?;
        Ok(changes)
    }

    /// Visits the folders of the configuration root that are not the same in two commits.
    fn differing_folders(
        &mut self,
        base: &CommitId,
        head: &CommitId,
        visit: &mut VisitFolder<'_>,
    ) -> Result<()> {
        let roots = [self.root(base)?, self.root(head)?];
        let git = self.repository.git()?;
        let mut trees = Trees::of(&git, &mut self.last)?;
        for name in FOLDERS {
            let mut folder = |root: Option<Oid>| match root {
                Some(root) => trees.folder(root, [name].into_iter()),
                None => Ok(None),
            };
            let (before, after) = (folder(roots[0])?, folder(roots[1])?);
            if before != after {
                visit(&mut trees, name, (before, after))?;
            }
        }
        Ok(())
    }

    /// What hides something at the configuration root: a name in other letters than it is read under,
    /// where nothing stands under that, and submodules, links and files where folders are read.
    ///
    /// # Errors
    /// When the commit or its tree cannot be read.
    pub fn obstacles_at_root(&mut self, commit: &CommitId) -> Result<Vec<Obstacle>> {
        let Some(root) = self.root(commit)? else { return Ok(Vec::new()) };
        let git = self.repository.git()?;
        let tree = git.find_tree(root).map_err(|error| git_error("read a commit's tree", &error))?;
        let prefix = self.repository.root_prefix();
        let found = tree.iter().filter_map(|entry| {
            let name = entry.name().ok()?;
            let right = respelt(name).filter(|right| tree.get_name(right).is_none());
            let is_in_place = FOLDERS.contains(&name) && entry.kind() != Some(ObjectType::Tree);
            let kind = entry_of(entry.filemode(), entry.id()).kind;
            let obstacle = Obstacle { right, ..Obstacle::new(format!("{prefix}{name}"), kind) };
            (right.is_some() || is_in_place).then_some(obstacle)
        });
        Ok(found.collect())
    }

    /// Whether a commit has a configuration at the configuration root.
    ///
    /// # Errors
    /// When the commit or a tree cannot be read.
    pub fn is_configured(&mut self, commit: &CommitId) -> Result<bool> {
        let Some(root) = self.root(commit)? else { return Ok(false) };
        let git = self.repository.git()?;
        let environments = Trees::of(&git, &mut self.last)?.folder(root, ["environments"].into_iter())?;
        Ok(environments.is_some() || !self.files(commit, &[policy::FILE])?.is_empty())
    }

    /// Whether a commit has a configuration of which something is read: folders of other names than the
    /// environments' are looked into only where there are such.
    ///
    /// # Errors
    /// As [`Self::is_configured`].
    pub fn shows_configuration(&mut self, commit: &CommitId) -> Result<bool> {
        let Some(root) = self.root(commit)? else { return Ok(false) };
        let git = self.repository.git()?;
        let environments = Trees::of(&git, &mut self.last)?.folder(root, ["environments"].into_iter())?;
        if environments.is_none() {
            return self.is_configured(commit);
        }
        if !self.has_other_folders(commit)? {
            return Ok(true);
        }
        let snapshot = self.repository.snapshot(&Revision::Commit(commit.clone()))?;
        Ok(snapshot.require_configuration().is_ok())
    }

    /// Whether a commit has a folder of an environment.
    ///
    /// # Errors
    /// As [`Self::is_configured`].
    pub fn has_environments(&mut self, commit: &CommitId) -> Result<bool> {
        self.has_folder(commit, |name| name.parse::<Environment>().is_ok())
    }

    /// Whether a commit has a folder beside those of the environments.
    pub(super) fn has_other_folders(&mut self, commit: &CommitId) -> Result<bool> {
        self.has_folder(commit, is_other)
    }

    fn has_folder(&mut self, commit: &CommitId, is_meant: impl Fn(&str) -> bool) -> Result<bool> {
        let Some(root) = self.root(commit)? else { return Ok(false) };
        let git = self.repository.git()?;
        let environments = Trees::of(&git, &mut self.last)?.folder(root, ["environments"].into_iter())?;
        let Some(environments) = environments else { return Ok(false) };
        let tree = git.find_tree(environments).map_err(|error| git_error("read a commit's tree", &error))?;
        let mut folders = tree.iter().filter(|entry| entry.kind() == Some(ObjectType::Tree));
        Ok(folders.any(|entry| is_meant(&String::from_utf8_lossy(entry.name_bytes()))))
    }

    /// A snapshot of the files at these paths (relative to the configuration root), in whatever
    /// letter case they are written; a path that ends in `/` wants all that is below.
    ///
    /// # Errors
    /// When the commit or a tree cannot be read.
    pub fn snapshot(&mut self, commit: &CommitId, wanted: &BTreeSet<String>) -> Result<Snapshot> {
        let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
        let mut files = self.files(commit, &wanted)?;
        // The policy has one spelling. A folder stands in its place, or in a schema's: the names of all
        // others are free.
        let is_listed = |path: &str, entry: &FileEntry| {
            path.contains('/') && (entry.kind != FileKind::Folder || is_called_like_a_schema(path))
        };
        files.retain(|path, entry| path == policy::FILE || is_listed(path, entry));
        let prefix = self.repository.root_prefix().to_owned();
        Ok(Snapshot::new(Revision::Commit(commit.clone()), prefix, files, self.repository.blobs()))
    }

    /// What stands (`None` for nothing) where a [`Self::snapshot`] of `head` of these paths differs from one
    /// of `base`; `None` where that is no question of single files: names that are not UTF-8 may hide one
    /// another, and what stands in the policy's place is something else.
    ///
    /// # Errors
    /// When a commit or tree cannot be read.
    pub fn differing(
        &mut self,
        base: &CommitId,
        head: &CommitId,
        wanted: &BTreeSet<String>,
    ) -> Result<Option<BTreeMap<String, Option<FileEntry>>>> {
        let sides = (self.root(base)?, self.root(head)?);
        // A path of these trees begins with `/`.
        let wants = |path: &str| {
            let path = path.trim_start_matches('/').to_ascii_lowercase();
            let is_folder = path.ends_with('/');
            wanted.iter().any(|wanted| {
                let is_below = wanted.ends_with('/') && path.starts_with(wanted.as_str());
                is_below
                    || if is_folder {
                        wanted.starts_with(&path)
                    } else {
                        wanted.trim_end_matches('/') == path
                    }
            })
        };
        let mut found = BTreeMap::new();
        let git = self.repository.git()?;
        Trees::of(&git, &mut self.last)?.differing("", sides, &wants, &mut found)?;
        let found = found.into_iter().map(|(path, entry)| (path.trim_start_matches('/').to_owned(), entry));
        let mut found: BTreeMap<String, Option<FileEntry>> = found.collect();
        let hides = |path: &String| {
            let name = path.split_once('/').map_or(path.as_str(), |(name, _)| name);
            FOLDERS.contains(&path.as_str()) || respelt(name).is_some()
        };
        if found.keys().any(hides) {
            return Ok(None);
        }
        found.retain(|path, _| path.contains('/') || path == policy::FILE);
        let is_plain = |path: &String| path != policy::FILE && !path.contains('\u{fffd}');
        Ok(found.keys().all(is_plain).then_some(found))
    }

    /// The whole snapshot of a commit, made from one of another commit: what both have is taken over, and the
    /// paths that differ are told. `None` where all of it has to be listed.
    ///
    /// # Errors
    /// When a commit or tree cannot be read.
    pub fn snapshot_near(
        &mut self,
        near: &Snapshot,
        commit: &CommitId,
    ) -> Result<Option<(Snapshot, BTreeSet<String>)>> {
        let Revision::Commit(base) = &near.revision else { return Ok(None) };
        // What a record keeps stands elsewhere.
        if near.files.contains_key(migration::RECORD) {
            return Ok(None);
        }
        let wanted = FOLDERS.iter().map(|folder| format!("{folder}/")).chain([policy::FILE.to_owned()]);
        let Some(mut found) = self.differing(base, commit, &wanted.collect())? else { return Ok(None) };
        if found.contains_key(migration::RECORD) {
            return Ok(None);
        }
        // A folder of another spelling is none of the configuration's.
        found.retain(|path, _| path.split('/').next().is_some_and(|folder| FOLDERS.contains(&folder)));
        let snapshot = near.advance(Revision::Commit(commit.clone()), &found);
        Ok(Some((snapshot, found.into_keys().collect())))
    }

    fn files(&mut self, commit: &CommitId, wanted: &[&str]) -> Result<BTreeMap<String, FileEntry>> {
        let mut files = BTreeMap::new();
        if let Some(root) = self.root(commit)? {
            let git = self.repository.git()?;
            Trees::of(&git, &mut self.last)?.pick("", root, wanted, &mut files)?;
        }
        Ok(files)
    }

    /// The tree of the configuration root.
    fn root(&mut self, commit: &CommitId) -> Result<Option<Oid>> {
        let git = self.repository.git()?;
        let commit = find_commit(&git, commit)?;
        let failed = |error| git_error("read a commit's tree", &error);
        let tree = commit.tree().map_err(failed)?.id();
        Trees::of(&git, &mut self.last)?.folder(tree, self.repository.root_prefix().split_terminator('/'))
    }
}
