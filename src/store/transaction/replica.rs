//! A branch that follows its remote, as a replica keeps it.
//!
//! The remote has the word: what it has comes here, and nothing is merged. Where it no longer has what
//! the branch has here, nothing moves unless that is wanted, and then the old tip is kept.

use std::path::Path;

use git2::{Oid, Repository};

use super::branch::Branch;
use super::open::open_repository;
use super::paths::Paths;
use super::pending::{Followed, has_pending};
use super::placement::descends;
use super::{Options, Transaction};
use crate::model::{CommitId, Error, Result};
use crate::store::git_error::git_error;
use crate::store::remote::Remote;

/// Where tips are kept that the remote no longer has.
const REPLACED: &str = "refs/terrace/replaced/";

/// How a branch stands to its remote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemoteStanding {
    /// It is where it is there.
    Same {
        /// The commit.
        tip: CommitId,
        /// The tip that was given up because the remote no longer has it.
        replaced: Option<CommitId>,
    },
    /// The remote does not have all that it has here; it stays where it is.
    Diverged {
        /// So many commits of the branch the remote does not have.
        ahead: usize,
        /// So many commits of the remote the branch does not have.
        behind: usize,
    },
    /// The remote has no such branch.
    Missing,
}

/// Brings the branch that `options` name to where the remote that they name has it.
///
/// # Errors
/// When the remote cannot be asked, or the branch cannot be moved.
pub fn follow_remote(
    repository: &Path,
    options: &Options,
    remote: &Remote,
    accept_rewrite: bool,
) -> Result<RemoteStanding> {
    let git = open_repository(repository)?;
    let branch = Branch::find(&git, &Paths::of(&git), options.branch.as_deref())?;
    let Some(known) = remote.head(branch.short())? else { return Ok(RemoteStanding::Missing) };
    let theirs = remote.track(&git, branch.short(), known)?;
    let local = branch.tip(&git)?;
    if local == Some(theirs) {
        return Ok(same(theirs, None));
    }
    let left = match local {
        Some(local) if !descends(&git, theirs, local)? => Some(local),
        _ => None,
    };
    if let Some(local) = left {
        if !accept_rewrite {
            let counted = git.graph_ahead_behind(local, theirs);
            let (ahead, behind) = counted.map_err(|error| git_error("walk the history", &error))?;
            return Ok(RemoteStanding::Diverged { ahead, behind });
        }
        keep(&git, local)?;
    }
    let mut transaction = Transaction::open(repository, options)?;
    let message = format!("follow {}", remote.name());
    let followed = transaction.follow_pushed(local, theirs, &message)?;
    transaction.close()?;
    match followed {
        Followed::Moved(_) => Ok(same(theirs, left)),
        Followed::Stays(why) => Err(Error::busy(format!("{} cannot follow: {why}", branch.short()))
            .with_help("a replica is served best from a bare clone in which nobody works")),
    }
}

/// Lets go of commits that an earlier run had not finished sending. What the remote got of them comes
/// back with its branch; nobody was told of the others.
///
/// # Errors
/// When the repository cannot be written.
pub fn drop_unfinished(repository: &Path, options: &Options) -> Result<()> {
    if !has_pending(&open_repository(repository)?)? {
        return Ok(());
    }
    let transaction = Transaction::open(repository, options)?;
    transaction.drop_pending()?;
    transaction.close()
}

fn keep(git: &Repository, tip: Oid) -> Result<()> {
    let kept = git.reference(&format!("{REPLACED}{tip}"), tip, true, "terrace");
    kept.map(drop).map_err(|error| git_error("keep what the remote no longer has", &error))
}

fn same(tip: Oid, replaced: Option<Oid>) -> RemoteStanding {
    let id = |id: Oid| CommitId::new(id.to_string());
    RemoteStanding::Same { tip: id(tip), replaced: replaced.map(id) }
}
