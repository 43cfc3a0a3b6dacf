//! Blobs, trees and the commit, written before anybody can see them.

use git2::build::TreeUpdateBuilder;
use git2::{FileMode, ObjectType, Oid, Repository, Tree};

use super::failpoints::kill_point;
use super::identity::Signatures;
use super::preconditions::Planned;
use super::sign::{self, Unsigned};
use crate::model::Result;
use crate::store::git_error::git_error;
use crate::store::odb;
use crate::store::process_environment::ProcessEnvironment;

/// The commit that is to be.
#[derive(Clone, Copy)]
pub(super) struct Commit<'a> {
    pub(super) parent: Option<Oid>,
    pub(super) who: &'a Signatures,
    pub(super) message: &'a str,
    pub(super) environment: &'a ProcessEnvironment,
}

/// Writes the commit of these files and everything it needs.
pub(super) fn write(repository: &Repository, files: &[Planned], commit: &Commit<'_>) -> Result<Oid> {
    let tree = odb::retry(repository, || write_tree(repository, commit.parent, files));
    let tree = tree.map_err(|error| git_error("write objects", &error))?;
    kill_point("tree-written");
    let commit = write_commit(repository, tree, commit)?;
    kill_point("commit-written");
    Ok(commit)
}

/// The tree of `parent` with the files in it, built without a look at the others.
fn write_tree(repository: &Repository, parent: Option<Oid>, files: &[Planned]) -> Result<Oid, git2::Error> {
    let mut update = TreeUpdateBuilder::new();
    for Planned { change, blob } in files {
        match blob {
            Some(bytes) => {
                let id = repository.odb()?.write(ObjectType::Blob, bytes)?;
                let executable = change.mode == u32::from(FileMode::BlobExecutable);
                let mode = if executable { FileMode::BlobExecutable } else { FileMode::Blob };
                update.upsert(change.path.as_str(), id, mode);
                kill_point("blob-written");
            }
            None => {
                update.remove(change.path.as_str());
            }
        }
    }
    update.create_updated(repository, &base_tree(repository, parent)?)
}

fn base_tree(repository: &Repository, parent: Option<Oid>) -> Result<Tree<'_>, git2::Error> {
    match parent {
        Some(parent) => repository.find_commit(parent)?.tree(),
        None => repository.find_tree(repository.treebuilder(None)?.write()?),
    }
}

fn write_commit(repository: &Repository, tree: Oid, commit: &Commit<'_>) -> Result<Oid> {
    let Commit { parent, who, message, environment } = *commit;
    let error = |error| git_error("write the commit", &error);
    let message = git2::message_prettify(message, None).map_err(error)?;
    let text = || {
        let tree = repository.find_tree(tree)?;
        let parent = parent.map(|id| repository.find_commit(id)).transpose()?;
        let parents: Vec<_> = parent.iter().collect();
        repository.commit_create_buffer(&who.author, &who.committer, &message, &tree, &parents)
    };
    let text = odb::retry(repository, text).map_err(error)?;
    if sign::is_wanted(repository) {
        let unsigned = Unsigned { text: &text, tree, parent, who, message: &message, environment };
        return sign::write(repository, &unsigned);
    }
    let written = odb::retry(repository, || repository.odb()?.write(ObjectType::Commit, &text));
    written.map_err(error)
}
