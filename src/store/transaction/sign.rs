//! Signed commits, for people whose git signs.
//!
//! Signing needs the user's own git, which knows their keys and programs. It runs in an empty
//! repository of ours that borrows the objects of the real one, so that no setting of the real one
//! can name a program. What it wrote counts only if it signed exactly the commit that was asked for.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use git2::{Oid, Repository, RepositoryInitOptions, Signature};

use super::identity::Signatures;
use super::paths::Paths;
use crate::model::{Error, Result};
use crate::store::deadline::output_of;
use crate::store::git_error::git_error;
use crate::store::git_program::git;
use crate::store::process_environment::ProcessEnvironment;

/// A commit before its signature.
pub(super) struct Unsigned<'a> {
    pub(super) text: &'a [u8],
    pub(super) tree: Oid,
    pub(super) parent: Option<Oid>,
    pub(super) who: &'a Signatures,
    pub(super) message: &'a str,
    pub(super) environment: &'a ProcessEnvironment,
}

/// Whether git would sign.
pub(super) fn is_wanted(repository: &Repository) -> bool {
    repository.config().and_then(|it| it.get_bool("commit.gpgsign")).unwrap_or(false)
}

/// Has the user's git sign and write the commit.
pub(super) fn write(repository: &Repository, commit: &Unsigned<'_>) -> Result<Oid> {
    let paths = Paths::of(repository);
    let signer = paths.own("signer");
    let id = empty_repository(&signer).and_then(|()| run(&signer, &paths.common.join("objects"), commit));
    let removed = fs::remove_dir_all(&signer).map_err(|error| Error::io("remove", &signer, &error));
    let id = id.and_then(|id| removed.map(|()| id))?;
    let (_, signed) =
        repository.extract_signature(&id, None).map_err(|error| git_error("read the signature", &error))?;
    if *signed != *commit.text {
        return Err(refused("it signed something else"));
    }
    Ok(id)
}

/// Anything that lies there already was planted or left; it goes.
fn empty_repository(folder: &Path) -> Result<()> {
    super::disk::unless_absent("remove", folder, fs::remove_dir_all(folder))?;
    let mut options = RepositoryInitOptions::new();
    options.bare(true).external_template(false).no_reinit(true);
    let made = Repository::init_opts(folder, &options);
    made.map(|_| ()).map_err(|error| git_error("prepare the signature", &error))
}

fn run(signer: &Path, objects: &Path, commit: &Unsigned<'_>) -> Result<Oid> {
    let mut git = git(commit.environment);
    git.arg("--git-dir").arg(signer).args(["-c", "core.fsync=loose-object", "commit-tree", "-S", "-F", "-"]);
    if let Some(parent) = commit.parent {
        git.args(["-p", &parent.to_string()]);
    }
    git.args(["--end-of-options", &commit.tree.to_string()]);
    git.env("GIT_OBJECT_DIRECTORY", objects).current_dir(signer);
    person(&mut git, "AUTHOR", &commit.who.author);
    person(&mut git, "COMMITTER", &commit.who.committer);
    git.stdin(Stdio::piped());
    let output = git.spawn().and_then(|mut child| {
        if let Some(mut pipe) = child.stdin.take() {
            // A git that does not listen says why when it ends.
            let _ = pipe.write_all(commit.message.as_bytes());
        }
        output_of(child)
    });
    let output = output.map_err(|error| refused(&format!("it does not run: {error}")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it does not say why");
        return Err(refused(last));
    }
    Oid::from_str(String::from_utf8_lossy(&output.stdout).trim()).map_err(|error| refused(error.message()))
}

fn person(git: &mut Command, role: &str, who: &Signature<'_>) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (when, offset) = (who.when(), who.when().offset_minutes());
    let zone = format!("{}{:02}{:02}", when.sign(), offset.abs() / 60, offset.abs() % 60);
    git.env(format!("GIT_{role}_NAME"), text(who.name_bytes()));
    git.env(format!("GIT_{role}_EMAIL"), text(who.email_bytes()));
    git.env(format!("GIT_{role}_DATE"), format!("@{} {zone}", when.seconds()));
}

fn refused(why: &str) -> Error {
    Error::state(format!("git could not sign the commit: {why}")).with_help(
        "commits are signed because commit.gpgSign is on; \
         the programs and keys are those of your own git configuration, not of the repository's",
    )
}
