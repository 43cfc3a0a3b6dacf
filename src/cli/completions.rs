//! `terrace completions`

use clap::{Args as ClapArgs, CommandFactory};
use clap_complete::Shell;

use super::context::Context;
use super::{Cli, Outcome};

/// Print a completion script for a shell.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  terrace completions bash > ~/.local/share/bash-completion/completions/terrace"
)]
pub(super) struct Args {
    /// The shell
    shell: Shell,
}

pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "terrace", &mut script);
    context.out().write_all(&script)?;
    Ok(0)
}
