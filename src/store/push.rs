//! Sending a branch to a remote, by the user's own git.
//!
//! The network is git's business: addresses, credentials and keys are as the user's configuration
//! says. What the repository's own configuration would have executed is refused before anything is
//! committed.

use std::path::PathBuf;
use std::sync::Arc;

use super::git_config::Scope;
use super::git_error::git_error;
use super::git_program::git;
use super::process_environment::ProcessEnvironment;
use super::repository::Repository;
use crate::model::{Error, Result, closest};

/// A remote that a branch can be sent to.
#[derive(Debug)]
pub struct Remote {
    name: String,
    /// The work tree's top folder, from which relative addresses count, or a bare repository.
    folder: PathBuf,
    environment: Arc<ProcessEnvironment>,
}

impl Repository {
    /// The configured remote of that name.
    ///
    /// # Errors
    /// When there is none, or the repository's own configuration names a program that a push would
    /// run.
    pub fn remote(&self, name: &str) -> Result<Remote> {
        let known = self.git()?.remotes().map_err(|error| git_error("read the remotes", &error))?;
        let known: Vec<&str> = known.iter().flatten().flatten().collect();
        if !known.contains(&name) {
            let near = closest(name, known.iter().copied());
            let help = match known.as_slice() {
                [] => "there are none; git remote add NAME URL adds one".to_owned(),
                names => match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("the remotes are {}", names.join(", ")),
                },
            };
            return Err(Error::usage(format!("there is no remote `{}`", name.escape_debug())).with_help(help));
        }
        self.refuse_programs(name)?;
        Ok(Remote {
            name: name.to_owned(),
            folder: self.transaction_path().to_path_buf(),
            environment: Arc::clone(self.environment()),
        })
    }

    fn refuse_programs(&self, remote: &str) -> Result<()> {
        let config = self.config()?;
        let own = config.entries().iter().filter(|entry| entry.scope == Scope::Repository);
        let names: Vec<_> = own.map(|entry| entry.name.as_str()).collect();
        match names.iter().find(|name| names_a_program(name, remote)) {
            None => Ok(()),
            Some(name) => Err(Error::usage(format!(
                "the repository's own configuration says what to run for a push ({name})"
            ))
            .with_help("terrace runs nothing that a repository names; put it into your global configuration, or push by hand")),
        }
    }
}

/// Whether a setting names what `git push REMOTE` would execute here.
fn names_a_program(name: &str, remote: &str) -> bool {
    let own = |what: &str| name == format!("remote.{remote}.{what}");
    matches!(name, "core.sshcommand" | "core.askpass" | "core.gitproxy")
        || (name.starts_with("credential.") && name.ends_with("helper"))
        || own("receivepack")
        || own("vcs")
}

impl Remote {
    /// Sends a branch. It is never forced.
    ///
    /// # Errors
    /// `Retry` when the remote has commits that the branch lacks; `Undecided` when the remote
    /// refuses it; a usage error when it cannot be reached.
    pub fn push(&self, branch: &str) -> Result<()> {
        let mut git = git(&self.environment);
        git.current_dir(&self.folder);
        for setting in ["core.hooksPath=/dev/null", "core.fsmonitor=false", "protocol.ext.allow=never"] {
            git.args(["-c", setting]);
        }
        git.args(["push", "--porcelain", "--no-verify", "--no-signed", "--no-follow-tags", "--no-force"]);
        git.args(["--recurse-submodules=no", "--end-of-options", &self.name]);
        git.arg(format!("refs/heads/{branch}:refs/heads/{branch}"));
        let output =
            git.output().map_err(|error| self.failed(branch, &format!("git does not run: {error}")))?;
        if output.status.success() {
            return Ok(());
        }
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        match told.lines().find(|line| line.starts_with('!')).and_then(|line| line.rsplit('\t').next()) {
            Some(why) => Err(self.rejected(branch, why)),
            None => {
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                let why = said.lines().find(|line| line.starts_with("fatal:") || line.starts_with("error:"));
                let why = why.or(said.lines().next()).unwrap_or("git does not say why");
                Err(self.failed(branch, why))
            }
        }
    }

    /// `why` is git's own word: `[rejected] (fetch first)`, `[remote rejected] (protected branch)`.
    fn rejected(&self, branch: &str, why: &str) -> Error {
        let Self { name, .. } = self;
        if why.starts_with("[remote rejected]") {
            let reason = why.trim_start_matches("[remote rejected]").trim();
            return Error::undecided(format!("{name} refuses branch {branch}: {reason}")).with_help(format!(
                "the commit is made, on {branch} here; send it another way, for example with --branch and a pull request"
            ));
        }
        Error::stale(format!("{name} has commits on {branch} that are not here")).with_help(format!(
            "the commit is made, on {branch} here; git pull --rebase {name} {branch}, then git push {name} {branch}"
        ))
    }

    fn failed(&self, branch: &str, why: &str) -> Error {
        Error::usage(format!("{branch} could not be sent to {}: {why}", self.name))
            .with_help(format!("the commit is made, on {branch} here; then: git push {} {branch}", self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_name_programs_are_known() {
        for (name, expected) in [
            ("core.sshcommand", true),
            ("credential.helper", true),
            ("credential.https://example.com.helper", true),
            ("remote.origin.receivepack", true),
            ("remote.other.receivepack", false),
            ("remote.origin.url", false),
            ("credential.username", false),
        ] {
            assert_eq!(names_a_program(name, "origin"), expected, "{name}");
        }
    }

    #[test]
    fn refusals_say_whether_to_try_again() {
        let remote =
            Remote { name: "origin".to_owned(), folder: PathBuf::new(), environment: Arc::default() };
        for (why, code) in [
            ("[rejected] (fetch first)", 4),
            ("[rejected] (non-fast-forward)", 4),
            ("[remote rejected] (hook declined)", 3),
        ] {
            assert_eq!(remote.rejected("main", why).kind.exit_code(), code, "{why}");
        }
    }
}
