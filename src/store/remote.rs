//! A remote, asked and fed by the user's own git.
//!
//! The network is git's business: addresses, credentials and keys are as the user's configuration
//! says. What it may not do here, such as running a hook, is said with every command.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;

use git2::{Oid, Repository};

use super::deadline::{output, output_within};
use super::git_error::git_error;
use super::git_program::git;
use super::process_environment::ProcessEnvironment;
use crate::model::{Error, Help, Result};

/// A remote that branches are sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    pub(super) name: String,
    /// The work tree's top folder, from which relative addresses count, or a bare repository.
    pub(super) folder: PathBuf,
    pub(super) environment: Arc<ProcessEnvironment>,
    /// Whether the user's own configuration says how ssh is run.
    pub(super) has_own_ssh: bool,
    /// How long git may take where nobody is there to be asked; without, it asks, and takes its time.
    pub(super) limit: Option<Duration>,
}

/// Where the tip of a remote's branch is kept here: by us alone, for `refs/remotes` is the user's.
pub(super) fn tracking_name(remote: &str, branch: &str) -> String {
    format!("refs/terrace/remotes/{remote}/{branch}")
}

/// How a push ended that nobody forbade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pushed {
    /// The remote has the commit.
    Done,
    /// The branch is another one there than was thought.
    Moved,
}

impl Remote {
    /// The name that the repository knows it by.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same remote where nobody is there to be asked for a password: git asks nobody, and is ended
    /// when it takes longer than this.
    #[must_use]
    pub fn unattended(self, limit: Duration) -> Self {
        Self { limit: Some(limit), ..self }
    }

    /// Where one branch is now; `None` when it has no such branch.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub(super) fn head(&self, branch: &str) -> Result<Option<Oid>> {
        let name = format!("refs/heads/{branch}");
        let mut git = self.git();
        git.args(["ls-remote", "--end-of-options", &self.name, &name]);
        let output = self.output(&mut git, "asked for its branches")?;
        let text = String::from_utf8_lossy(&output.stdout);
        let found = text.lines().filter_map(|line| line.split_once('\t')).find(|(_, it)| *it == name);
        Ok(found.and_then(|(id, _)| Oid::from_str(id).ok()))
    }

    /// Brings a branch of it here, and returns its tip: `known` where that is here already. What was
    /// fetched last hangs on a reference of ours.
    ///
    /// # Errors
    /// When it cannot be fetched.
    pub(super) fn track(&self, repository: &Repository, branch: &str, known: Oid) -> Result<Oid> {
        let tracking = tracking_name(&self.name, branch);
        let failed = |error: git2::Error| git_error("keep what was fetched", &error);
        if repository.odb().is_ok_and(|odb| odb.refresh().is_ok() && odb.exists(known)) {
            if repository.refname_to_id(&tracking).ok() != Some(known) {
                repository.reference(&tracking, known, true, "terrace").map_err(failed)?;
            }
            return Ok(known);
        }
        let mut git = self.fetching();
        git.arg(format!("+refs/heads/{branch}:{tracking}"));
        self.output(&mut git, &format!("asked for branch {branch}"))?;
        repository.refname_to_id(&tracking).map_err(failed)
    }

    /// The branches that it has now, by their short names.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub(super) fn heads(&self) -> Result<BTreeMap<String, Oid>> {
        let mut git = self.git();
        git.args(["ls-remote", "--heads", "--end-of-options", &self.name]);
        let output = self.output(&mut git, "asked for its branches")?;
        let text = String::from_utf8_lossy(&output.stdout);
        let head = |line: &str| {
            let (id, name) = line.split_once('\t')?;
            Some((name.strip_prefix("refs/heads/")?.to_owned(), Oid::from_str(id).ok()?))
        };
        Ok(text.lines().filter_map(head).collect())
    }

    /// Brings a branch of it here, unless its commit is here already.
    ///
    /// # Errors
    /// When it cannot be fetched.
    pub(super) fn fetch(&self, repository: &Repository, branch: &str, tip: Oid) -> Result<()> {
        let is_here = || repository.odb().and_then(|odb| odb.refresh().map(|()| odb.exists(tip)));
        if is_here().unwrap_or(false) {
            return Ok(());
        }
        let mut git = self.fetching();
        git.arg(format!("refs/heads/{branch}"));
        self.output(&mut git, &format!("asked for branch {branch}"))?;
        if is_here().unwrap_or(false) {
            return Ok(());
        }
        Err(Error::stale(format!("branch {branch} of {} moved while it was fetched", self.name))
            .with_help("nothing was committed; try it again"))
    }

    /// Makes a branch of it this commit, which has to follow what is there, or, with `replaced`, to
    /// stand in the place of exactly that.
    ///
    /// # Errors
    /// `Undecided` when it refuses; `State` when it cannot be reached.
    pub(super) fn push(&self, commit: Oid, branch: &str, replaced: Option<Oid>) -> Result<Pushed> {
        let mut git = self.git();
        git.args(["push", "--porcelain", "--no-verify", "--no-signed", "--no-follow-tags"]);
        git.arg("--recurse-submodules=no");
        match replaced {
            Some(old) => git.arg(format!("--force-with-lease=refs/heads/{branch}:{old}")),
            None => git.arg("--no-force"),
        };
        git.args(["--end-of-options", &self.name]).arg(format!("{commit}:refs/heads/{branch}"));
        let output = self.run(&mut git, "reached")?;
        if output.status.success() {
            return Ok(Pushed::Done);
        }
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        match told.lines().find(|line| line.starts_with('!')).and_then(|line| line.rsplit('\t').next()) {
            Some(why) if is_race(why) => Ok(Pushed::Moved),
            Some(why) => Err(self.refused(branch, why, &String::from_utf8_lossy(&output.stderr))),
            None => Err(self.unreachable("reached", reason(&output))),
        }
    }

    /// A git that fetches from it what is said behind this.
    fn fetching(&self) -> Command {
        let mut git = self.git();
        git.args(["fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-auto-gc"]);
        // What is fetched is read at once, in a partial clone as well.
        git.args(["--no-filter", "--no-write-fetch-head", "--end-of-options", &self.name]);
        git
    }

    /// A git that runs no hook and starts no other program that a repository names.
    fn git(&self) -> Command {
        let mut git = git(&self.environment);
        git.current_dir(&self.folder);
        let settings = [
            "core.hooksPath=/dev/null",
            "core.fsmonitor=false",
            "protocol.ext.allow=never",
            "gc.auto=0",
            "maintenance.auto=false",
            "fetch.writeCommitGraph=false",
        ];
        for setting in settings {
            git.args(["-c", setting]);
        }
        if self.limit.is_some() {
            // A transfer that stands still ends by itself, should git be ended before it.
            git.args(["-c", "http.lowSpeedLimit=1", "-c", "http.lowSpeedTime=20"]);
            git.env("GIT_TERMINAL_PROMPT", "0").env("SSH_ASKPASS_REQUIRE", "never");
            let names = ["GIT_SSH_COMMAND", "GIT_SSH"];
            if !self.has_own_ssh && names.iter().all(|name| self.environment.get(name).is_none()) {
                git.env(
                    "GIT_SSH_COMMAND",
                    "ssh -o BatchMode=yes -o ConnectTimeout=10 -o ServerAliveInterval=10",
                );
            }
        }
        git
    }

    /// What git said, or why there is nothing.
    fn run(&self, git: &mut Command, what: &str) -> Result<Output> {
        let output = match self.limit {
            Some(limit) => output_within(git, limit),
            None => output(git).map(Some),
        };
        match output {
            Ok(Some(output)) => Ok(output),
            Ok(None) => {
                let seconds = self.limit.unwrap_or_default().as_secs();
                Err(self.unreachable(what, &format!("git did not end within {seconds} seconds")))
            }
            Err(error) => Err(self.unreachable(what, &error.to_string())),
        }
    }

    fn output(&self, git: &mut Command, what: &str) -> Result<Output> {
        let output = self.run(git, what)?;
        if output.status.success() { Ok(output) } else { Err(self.unreachable(what, reason(&output))) }
    }

    /// `why` is git's own word: `[remote rejected] (pre-receive hook declined)`.
    fn refused(&self, branch: &str, why: &str, said: &str) -> Error {
        let why = why.trim_start_matches("[remote rejected]").trim();
        let lines = said.lines().filter_map(|line| line.strip_prefix("remote: ")).map(str::trim);
        let words: Vec<&str> = lines.filter(|line| !line.is_empty()).take(3).collect();
        let words = if words.is_empty() { String::new() } else { format!(": {}", words.join(" ")) };
        Error::undecided(format!("{} refuses branch {branch}: {why}{words}", self.name))
            .with_help(Help::OtherBranch)
    }

    fn unreachable(&self, what: &str, why: &str) -> Error {
        let message = format!("{} could not be {what}: {why}", self.name);
        // Whoever asks a server asks again; whoever is at a terminal looks first.
        match self.limit {
            Some(_) => Error::busy(message).with_help("try again when the remote can be reached"),
            None => Error::state(message)
                .with_help("no branch was moved here; try it again when the remote can be reached"),
        }
    }
}

/// Whether git's word for a rejection means that somebody else was faster.
fn is_race(why: &str) -> bool {
    why.starts_with("[rejected]")
        || ["cannot lock ref", "failed to update ref", "incorrect old value", "reference already exists"]
            .iter()
            .any(|word| why.contains(word))
}

/// What git says of a failure.
fn reason(output: &Output) -> &str {
    let said = std::str::from_utf8(&output.stderr).unwrap_or_default();
    let why = said.lines().find(|line| line.starts_with("fatal:") || line.starts_with("error:"));
    why.or(said.lines().next()).unwrap_or("git does not say why")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn races_are_told_from_refusals() {
        for (why, expected) in [
            ("[rejected] (fetch first)", true),
            ("[rejected] (non-fast-forward)", true),
            ("[rejected] (stale info)", true),
            ("[remote rejected] (cannot lock ref 'refs/heads/main': is at 1 but expected 2)", true),
            ("[remote rejected] (failed to update ref)", true),
            ("[remote rejected] (pre-receive hook declined)", false),
            ("[remote rejected] (protected branch hook declined)", false),
        ] {
            assert_eq!(is_race(why), expected, "{why}");
        }
    }

    #[test]
    fn a_refusal_says_what_the_remote_said() {
        let (name, folder, environment) = ("origin".to_owned(), PathBuf::new(), Arc::default());
        let remote = Remote { name, folder, environment, has_own_ssh: false, limit: None };
        let said = "remote: GH006: Protected branch.\nremote: \nremote: Sign your commits.\nerror: failed\n";
        let error = remote.refused("main", "[remote rejected] (hook declined)", said);
        assert_eq!(error.kind.exit_code(), 3);
        assert_eq!(
            error.message,
            "origin refuses branch main: (hook declined): GH006: Protected branch. Sign your commits."
        );
    }
}
