//! Blobs, trees and the commit, written before anybody can see them.

use std::collections::{BTreeSet, HashSet};
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use git2::build::TreeUpdateBuilder;
use git2::{Buf, FileMode, Indexer, ObjectType, Oid, Repository, Tree};

use super::disk::{self, Folders};
use super::failpoints::kill_point;
use super::files::folders;
use super::identity::Signatures;
use super::paths::Paths;
use super::preconditions::Planned;
use super::sign::{self, Unsigned};
use crate::model::{Error, Result};
use crate::store::git_error::git_error;
use crate::store::odb;
use crate::store::process_environment::ProcessEnvironment;

/// So many files are written as one pack; git keeps what it receives as a pack from there on.
const PACKED: usize = 100;

/// The place of a backend before those of the disk.
const FIRST: i32 = 1_000;

/// The mode that git gives packs.
const PACK_MODE: u32 = 0o444;

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
    let failed = |error| git_error("write objects", &error);
    let tree = if files.len() < PACKED {
        odb::retry(repository, || write_tree(repository, commit.parent, files)).map_err(failed)?
    } else {
        let packed = odb::retry(repository, || pack_tree(repository, commit.parent, files));
        let (tree, pack) = packed.map_err(failed)?;
        keep_pack(&Paths::of(repository), &pack)?;
        repository.odb().and_then(|odb| odb.refresh()).map_err(failed)?;
        tree
    };
    kill_point("tree-written");
    let commit = write_commit(repository, tree, commit)?;
    kill_point("commit-written");
    Ok(commit)
}

/// The tree of `parent` with the files in it, built without a look at the others.
fn write_tree(repository: &Repository, parent: Option<Oid>, files: &[Planned]) -> Result<Oid, git2::Error> {
    // What only moves is there, and stays there as long as the parent does.
    let there: HashSet<Oid> = files.iter().filter_map(|file| file.change.before).collect();
    let mut update = TreeUpdateBuilder::new();
    for Planned { change, blob } in files {
        match blob {
            Some(bytes) => {
                let known = change.after.filter(|id| there.contains(id));
                let id = known.map_or_else(|| repository.odb()?.write(ObjectType::Blob, bytes), Ok)?;
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

/// The same as one pack, made in memory: each loose object costs a file and a flush.
fn pack_tree(
    repository: &Repository,
    parent: Option<Oid>,
    files: &[Planned],
) -> Result<(Oid, Buf), git2::Error> {
    let memory = Repository::open(repository.path())?;
    memory.set_config(&repository.config()?)?;
    let odb = memory.odb()?;
    let _written = odb.add_new_mempack_backend(FIRST)?;
    let id = write_tree(&memory, parent, files)?;
    let tree = memory.find_tree(id)?;
    // What only moves is there, and stays there as long as the parent does.
    let there: BTreeSet<Oid> = files.iter().filter_map(|file| file.change.before).collect();
    let written = files.iter().filter_map(|file| file.change.after);
    let mut objects: BTreeSet<Oid> = written.filter(|id| !there.contains(id)).collect();
    objects.insert(id);
    let folders: BTreeSet<&str> = files.iter().flat_map(|file| folders(&file.change.path)).collect();
    // A folder that became empty is gone.
    objects
        .extend(folders.into_iter().filter_map(|folder| Some(tree.get_path(Path::new(folder)).ok()?.id())));
    let mut builder = memory.packbuilder()?;
    objects.into_iter().try_for_each(|id| builder.insert_object(id, None))?;
    let mut pack = Buf::new();
    builder.write_buf(&mut pack)?;
    Ok((id, pack))
}

/// Puts a pack among git's, flushed before it has its name.
fn keep_pack(paths: &Paths, pack: &[u8]) -> Result<()> {
    let scratch = paths.own("pack");
    disk::unless_absent("remove", &scratch, fs::remove_dir_all(&scratch))?;
    disk::make_folder(&scratch)?;
    let indexed = Indexer::new(None, &scratch, PACK_MODE, false).and_then(|mut indexer| {
        indexer.write_all(pack).map_err(|error| git2::Error::from_str(&error.to_string()))?;
        indexer.commit()
    });
    let name = indexed.map_err(|error| git_error("write objects", &error))?;
    let place = paths.common.join("objects").join("pack");
    disk::make_folder(&place)?;
    let mut folders = Folders::default();
    // Git looks for the index: it comes last.
    for extension in ["pack", "idx"] {
        let file = format!("pack-{name}.{extension}");
        let written = scratch.join(&file);
        let flushed = File::open(&written).and_then(|file| file.sync_all());
        flushed.map_err(|error| Error::io("flush", &written, &error))?;
        folders.rename(&written, &place.join(&file))?;
    }
    folders.flush()?;
    disk::unless_absent("remove", &scratch, fs::remove_dir_all(&scratch)).map(|_| ())
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
