//! What a watch says, a line each.

use super::findings::{Counts, FindingEntry};
use crate::engine::summary::Summary;
use crate::engine::verdict::{Change, Verdict};
use schemars::JsonSchema;
use serde::Serialize;
use std::io::{self, Write};

/// What the command of a watch does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CommandStatus {
    /// It was started.
    Started,
    /// It runs on the present state.
    Running,
    /// It ended by itself.
    Ended,
    /// It has run on the present state.
    Current,
    /// It was stopped, to be started again on the new state.
    Stopped,
    /// It runs on the last good state, because the present one is broken.
    Kept,
    /// It is not started, because the present state is broken.
    Withheld,
    /// It runs still, and is run once more when it has ended.
    Queued,
    /// It was started often in a short time, so that the next start waits.
    Held,
}

/// What is told of the command.
#[derive(Clone, Copy, Debug)]
pub struct CommandState<'a> {
    /// The command as it was given.
    pub command: &'a str,
    /// What it does.
    pub doing: CommandStatus,
    /// With which exit code it ended.
    pub code: Option<i32>,
}

/// One turn of a watch.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "terrace watch, one line")]
struct Line<'a> {
    /// The version of this format.
    #[schemars(extend("const" = 1))]
    version: u8,
    #[serde(flatten)]
    turn: Turn<'a>,
}

/// What is told.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Turn<'a> {
    /// What is said of the configuration now.
    Verdict {
        /// How many verdicts there were, this one included.
        number: u64,
        /// Whether there is no error.
        good: bool,
        /// The branch that is checked out; null when HEAD names a commit.
        branch: Option<&'a str>,
        /// The files that changed since the last verdict.
        changed: &'a [Change],
        /// The files at hand: the findings below replace all that was said of them before.
        files: Vec<&'a str>,
        /// The findings of these files.
        findings: Vec<FindingEntry<'a>>,
        /// Why nothing can be judged; null when it can.
        error: Option<Failure<'a>>,
        /// How much is found in all files; null when nothing can be judged.
        summary: Option<Counts<'a>>,
    },
    /// Another branch is checked out, in which all that is watched is the same.
    Branch {
        /// Its name; null when HEAD names a commit.
        branch: Option<&'a str>,
    },
    /// What the command does.
    Command {
        /// The command as it was given.
        command: &'a str,
        /// What it does.
        state: CommandStatus,
        /// Its exit code, where it ended with one.
        code: Option<i32>,
    },
    /// Something about the watch itself.
    Remark {
        /// One sentence.
        message: &'a str,
    },
}

/// A failure to look.
#[derive(Serialize, JsonSchema)]
struct Failure<'a> {
    /// One sentence.
    message: &'a str,
    /// What to do.
    help: Option<String>,
}

fn write_line(turn: Turn<'_>, out: &mut dyn Write) -> io::Result<()> {
    super::findings::line(&Line { version: 1, turn }, out)
}

/// Writes a verdict as one line of JSON.
///
/// # Errors
/// Those of `out`.
pub fn verdict_json(verdict: &Verdict, out: &mut dyn Write) -> io::Result<()> {
    let summary = verdict
        .outcome
        .as_ref()
        .ok()
        .map(|report| Summary::new(report.items, report.environments.iter().copied(), &report.findings));
    let failure = verdict.outcome.as_ref().err();
    let turn = Turn::Verdict {
        number: verdict.number,
        good: verdict.is_good(),
        branch: verdict.branch.as_deref(),
        changed: &verdict.changed,
        files: verdict.at_hand.iter().map(String::as_str).collect(),
        findings: verdict.findings().map(FindingEntry::from).collect(),
        error: failure.map(|error| Failure {
            message: &error.message,
            help: error.help.as_ref().map(ToString::to_string),
        }),
        summary: summary.as_ref().map(Counts::from),
    };
    write_line(turn, out)
}

/// Writes another branch as one line of JSON.
///
/// # Errors
/// Those of `out`.
pub fn branch_json(branch: Option<&str>, out: &mut dyn Write) -> io::Result<()> {
    write_line(Turn::Branch { branch }, out)
}

/// Writes what the command does as one line of JSON.
///
/// # Errors
/// Those of `out`.
pub fn command_json(state: &CommandState<'_>, out: &mut dyn Write) -> io::Result<()> {
    let CommandState { command, doing, code } = *state;
    write_line(Turn::Command { command, state: doing, code }, out)
}

/// Writes a remark as one line of JSON.
///
/// # Errors
/// Those of `out`.
pub fn remark_json(message: &str, out: &mut dyn Write) -> io::Result<()> {
    write_line(Turn::Remark { message }, out)
}

/// The JSON Schema of a line.
#[must_use]
pub fn schema() -> serde_json::Value {
    super::findings::schema_of::<Line<'_>>()
}
