//! A commit that its remote gets before its branch moves here.
//!
//! Until then it hangs on a reference of ours, which keeps it from being swept away.

use git2::{Oid, Repository};

use super::attributes::{Attributes, Blobs};
use super::failpoints::kill_point;
use super::journal::{BlobChange, Journal};
use super::open::OpenRepository;
use super::placement::{differences, is_own};
use super::preconditions::{Preconditions, tree_entry};
use super::{Change, Transaction, objects, subject, unfinished};
use crate::model::{Error, Result};
use crate::store::git_error::git_error;
use crate::store::git_index::GitIndex;

const PENDING: &str = "refs/terrace/pending/";

/// How the branch followed a commit that the remote has.
pub(super) enum Followed {
    /// It moved; these files were changed meanwhile and stay.
    Moved(Vec<String>),
    /// It stays, for this reason.
    Stays(String),
}

impl Transaction {
    /// Writes the commit of a change on top of `parent`, while the branch stays at `local`; `None`
    /// when all files are as wanted.
    pub(super) fn write_pending(
        &self,
        change: &Change,
        parent: Option<Oid>,
        local: Option<Oid>,
    ) -> Result<Option<Oid>> {
        let OpenRepository { git, paths, config } = &self.repository;
        drop_pending(git)?;
        let followed = self.index_lock.is_some();
        let attributes = Attributes::of(git, &self.options.environment);
        let preconditions = Preconditions { attributes: &attributes, paths, parent, followed: false };
        let index = GitIndex::read(&paths.index())?;
        let files = preconditions.plan(&index, &change.files)?;
        if files.is_empty() {
            return Ok(None);
        }
        let who = self.options.identity.signatures(config, &self.options)?;
        subject(&change.message)?;
        let commit = objects::Commit {
            parent,
            who: &who,
            message: &change.message,
            environment: &self.options.environment,
        };
        let new = objects::write(git, &files, &commit)?;
        if followed {
            let mut changes = blob_changes(git, local, new)?;
            changes.retain(|file| is_own(&change.files, &file.path));
            preconditions.refuse_in_the_way(&index, &changes)?;
        }
        let name = format!("{PENDING}{new}");
        git.reference(&name, new, true, "terrace").map_err(|error| git_error("keep the commit", &error))?;
        kill_point("pending-kept");
        Ok(Some(new))
    }

    /// Moves the branch from `local` to a commit that the remote has, and work tree and index with it.
    /// Where one of them is in the way all of it stays, for git to pull.
    pub(super) fn follow_pushed(&mut self, local: Option<Oid>, new: Oid, message: &str) -> Result<Followed> {
        let OpenRepository { git, paths, config } = &self.repository;
        let branch = self.branch.short().to_owned();
        if self.branch.tip(git)? != local {
            return Ok(Followed::Stays(format!("somebody moved {branch} here meanwhile")));
        }
        let index = GitIndex::read(&paths.index())?;
        let mut changes = Vec::new();
        if self.index_lock.is_some() {
            match self.followable(&index, local, new) {
                Ok(files) => changes = files,
                Err(error) => return Ok(Followed::Stays(error.message)),
            }
        }
        let who = self.options.identity.signatures(config, &self.options)?;
        let journal = Journal::new(&self.branch.name, new, changes);
        journal.write(paths)?;
        let Some(index) = self.publish(&journal, (local, index), &who, subject(message)?)? else {
            return Ok(Followed::Stays(format!("somebody moved {branch} here meanwhile")));
        };
        let left_alone =
            self.follow(&journal, index, Blobs::default()).map_err(|error| unfinished(new, error))?;
        Ok(Followed::Moved(left_alone))
    }

    /// What the work tree has to follow, if it can.
    fn followable(&self, index: &GitIndex, local: Option<Oid>, new: Oid) -> Result<Vec<BlobChange>> {
        let OpenRepository { git, paths, .. } = &self.repository;
        let changes = blob_changes(git, local, new)?;
        let attributes = Attributes::of(git, &self.options.environment);
        for change in &changes {
            attributes.line_endings(&change.path)?;
        }
        let preconditions = Preconditions { attributes: &attributes, paths, parent: local, followed: true };
        preconditions.refuse_in_the_way(index, &changes)?;
        Ok(changes)
    }

    /// Lets go of commits that wait for their branch: it has them, or never will.
    pub(super) fn drop_pending(&self) -> Result<()> {
        drop_pending(&self.repository.git)
    }
}

/// Whether a run left commits that wait for their branch.
pub(super) fn has_pending(git: &Repository) -> Result<bool> {
    let found = git.references_glob(&format!("{PENDING}*")).map(|mut found| found.next().is_some());
    found.map_err(|error| git_error("read the references of terrace's", &error))
}

fn drop_pending(git: &Repository) -> Result<()> {
    let failed = |error: git2::Error| git_error("remove a reference of terrace's", &error);
    for reference in git.references_glob(&format!("{PENDING}*")).map_err(failed)? {
        reference.and_then(|mut reference| reference.delete()).map_err(failed)?;
    }
    Ok(())
}

/// The regular files that differ between two commits.
fn blob_changes(git: &Repository, before: Option<Oid>, after: Oid) -> Result<Vec<BlobChange>> {
    let tree = |id: Oid| {
        let tree = git.find_commit(id).and_then(|commit| commit.tree());
        tree.map_err(|error| git_error(&format!("read commit {id}"), &error))
    };
    let trees = [before.map(tree).transpose()?, Some(tree(after)?)];
    let mut changes = Vec::new();
    for path in differences(git, before, after)?.into_keys() {
        let mut entries = [None, None];
        for (entry, tree) in entries.iter_mut().zip(&trees) {
            *entry = tree.as_ref().map(|tree| tree_entry(tree, &path)).transpose()?.flatten();
        }
        let [old, new] = entries;
        let regular = |(_, mode): &(Oid, u32)| [0o100_644, 0o100_664, 0o100_755].contains(mode);
        let same_mode = old.zip(new).is_none_or(|(old, new)| old.1 == new.1);
        if !old.iter().chain(&new).all(regular) || !same_mode {
            return Err(Error::state(format!("{path} is not a regular file of one mode")));
        }
        let mode = new.or(old).map_or(0o100_644, |(_, mode)| mode);
        let [before, after] = [old, new].map(|entry| entry.map(|(id, _)| id));
        changes.push(BlobChange { path, before, after, mode });
    }
    Ok(changes)
}
