//! Where a commit goes, and how it is told.

use std::io::Write;

use clap::Args as ClapArgs;

use super::Failure;
use super::context::Context;
use crate::model::{CommitId, Error, Result};
use crate::ops::Workspace;
use crate::store::transaction::{Committed, Options};

/// Where a commit goes.
#[derive(Debug, ClapArgs)]
pub(super) struct Destination {
    /// Commit on this branch, brought to HEAD, instead of the one that is checked out
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,
    /// Commit on top of what this remote has, and send it; done when the remote has it
    #[arg(long, value_name = "REMOTE")]
    push: Option<String>,
}

impl Destination {
    /// How to commit there.
    ///
    /// # Errors
    /// When there is no such remote, or the repository names a program that a push would run.
    pub(super) fn options(&self, workspace: &Workspace, context: &Context) -> Result<Options> {
        let push = self.push.as_deref().map(|name| workspace.repository.remote(name)).transpose()?;
        Ok(Options { branch: self.branch.clone(), push, ..context.commit_options()? })
    }

    /// Refuses a destination of what is not committed.
    ///
    /// # Errors
    /// When one is given.
    pub(super) fn require_commit(&self) -> Result<()> {
        let option = match (&self.branch, &self.push) {
            (None, None) => return Ok(()),
            (Some(_), _) => "--branch",
            (None, Some(_)) => "--push",
        };
        Err(Error::usage(format!("{option} is for commits, and the working tree is changed"))
            .with_help("add --commit"))
    }

    /// Says on which commit was planned, where it is not the one that is checked out.
    pub(super) fn tell_start(&self, start: &CommitId, workspace: &Workspace, context: &Context) {
        let head = workspace.repository.head().ok().flatten();
        if let Some(remote) = &self.push
            && head.is_some_and(|head| head != *start)
        {
            let start = start.short();
            context
                .remark(&format!("note: the branch here is behind {remote}; planned on {start} of {remote}"));
        }
    }
}

/// Tells what became of a commit, besides that it was made.
///
/// # Errors
/// When it cannot be printed.
pub(super) fn tell(committed: &Committed, out: &mut dyn Write, context: &Context) -> Result<(), Failure> {
    let Committed { branch, .. } = committed;
    if let Some(remote) = &committed.pushed {
        let earlier = if committed.is_new { "" } else { ", which was committed earlier" };
        writeln!(out, "pushed {branch} to {remote}{earlier}")?;
    }
    out.flush()?;
    for file in &committed.left_alone {
        context.remark(&format!("note: {file} was changed meanwhile and left as it is"));
    }
    if let (Some(why), Some(remote)) = (&committed.behind, &committed.pushed) {
        context
            .remark(&format!("note: {branch} here stays as it is: {why}\nhelp: git pull {remote} {branch}"));
    }
    Ok(())
}
