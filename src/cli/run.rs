//! `terrace run`

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::process::Command;

use clap::Args as ClapArgs;

use super::context::Context;
use super::failure::Failure;
use super::{Outcome, export};
use crate::formats::write::Variable;
use crate::model::Error;
use crate::ops;
use crate::report::counted;

/// The exit codes of a command that is not there, and of one that cannot be run, as shells give them.
const NOT_FOUND: u8 = 127;
const NOT_RUNNABLE: u8 = 126;

/// Run a command with an environment's configuration as its variables.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Names are those of `terrace export --format shell`. Other variables are inherited;\nthose that are overridden are named on standard error. The command takes terrace's place,\nso signals and its exit code are its own (127: not found, 126: cannot be run).\n\nExamples:\n  terrace run payments --env development -- ./payments --port 8080\n  terrace run --env staging --prefix APP_ -- env\n\nExit codes: the command's own · 2 usage or repository · 126 cannot be run · 127 not found"
)]
pub(super) struct Args {
    /// The items; all of the environment's without
    #[arg(value_name = "KEY")]
    keys: Vec<String>,
    #[command(flatten)]
    from: export::Origin,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    command: Vec<OsString>,
}

pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    let request = args.from.request(&args.keys)?;
    let Some((program, arguments)) = args.command.split_first() else {
        return Err(Error::usage("there is no command to run").with_help("name it behind `--`").into());
    };
    let variables = {
        let at = args.from.place().at();
        ops::variables(&context.workspace_at(&at)?, &at, &request, &program.to_string_lossy())?
    };
    tell_overridden(&variables, context);
    let mut command = Command::new(program);
    command.args(arguments).current_dir(context.dir());
    command.envs(variables.iter().map(|entry| (&entry.name, &entry.text)));
    let failure = match replace(command) {
        Ok(code) => return Ok(code),
        Err(error) => error,
    };
    let name = program.to_string_lossy();
    let (code, error) = match failure.kind() {
        io::ErrorKind::NotFound => (
            NOT_FOUND,
            Error::usage(format!("cannot run {name}: there is no such command")).with_help(
                "see that it is on PATH, or name its file; a script's interpreter must be there too",
            ),
        ),
        io::ErrorKind::ArgumentListTooLong => (NOT_RUNNABLE, too_large(&name, &variables)),
        _ => (
            NOT_RUNNABLE,
            Error::usage(format!("cannot run {name}: {failure}"))
                .with_help("see that the file may be executed"),
        ),
    };
    Failure::from(error).report(context);
    Ok(code)
}

/// Gives the process to the command; comes back only when that fails.
#[cfg(unix)]
fn replace(mut command: Command) -> io::Result<u8> {
    use std::os::unix::process::CommandExt;
    Err(command.exec())
}

/// Waits for the command and gives its exit code.
#[cfg(not(unix))]
fn replace(mut command: Command) -> io::Result<u8> {
    let code = command.status()?.code();
    Ok(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

/// Names the inherited variables that the command will see with another value.
fn tell_overridden(variables: &[Variable], context: &Context) {
    let inherited: BTreeMap<OsString, OsString> = std::env::vars_os().collect();
    let differs = |entry: &&Variable| {
        inherited.get(&OsString::from(&entry.name)).is_some_and(|value| *value != *entry.text)
    };
    let names: Vec<&str> = variables.iter().filter(differs).map(|entry| entry.name.as_str()).collect();
    if !names.is_empty() {
        context.remark(&format!("overrides inherited {}", names.join(", ")));
    }
}

/// The operating system's refusal, with the largest variable by name.
fn too_large(name: &str, variables: &[Variable]) -> Error {
    let total: usize = variables.iter().map(|entry| entry.name.len() + entry.text.len() + 2).sum();
    let message = format!("cannot run {name}: its variables and arguments are larger than the system allows");
    let error = Error::usage(message);
    match variables.iter().max_by_key(|entry| entry.text.len()) {
        Some(largest) => error.with_help(format!(
            "the {} of terrace have {total} bytes; the largest is {} with {}. Deliver large values as files",
            counted(variables.len(), "variable"),
            largest.name,
            largest.text.len()
        )),
        None => error,
    }
}
