//! The user's git: the one place that starts it.
//!
//! What it is asked is fixed in the code; of the variables it gets those that were handed in, but for
//! the ones that would lead it elsewhere.

use std::process::{Command, Stdio};

use super::process_environment::ProcessEnvironment;

/// A git that asks nobody anything on its standard input, and speaks the language of programs.
pub(super) fn git(environment: &ProcessEnvironment) -> Command {
    let mut git = Command::new("git");
    git.env_clear().envs(environment.for_git()).env("LC_ALL", "C");
    git.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    git
}
