//! `terrace completions` and the hidden `terrace complete`, which its scripts ask.
//!
//! The script of bash, zsh and fish only hands the words over; what they can become is answered
//! here, at every press of the key, from the repository at hand. What an argument is completed by
//! follows from the name of its value in the help: a new command needs nothing but the usual names.

mod candidates;
mod complete;
mod shell_words;

use clap::{Args as ClapArgs, CommandFactory};
use clap_complete::Shell;

pub(super) use complete::{Args as AnswerArgs, run as answer};

use super::context::Context;
use super::{Cli, Outcome};

/// Print a completion script for a shell.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "With bash, zsh and fish it completes keys, paths, environments, revisions and rules of the repository at hand.

Examples:
  terrace completions bash > ~/.local/share/bash-completion/completions/terrace
  terrace completions zsh > ~/.zfunc/_terrace      a folder of $fpath
  terrace completions fish > ~/.config/fish/completions/terrace.fish

Exit codes: 0 done"
)]
pub(super) struct Args {
    /// The shell
    shell: Shell,
}

pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    let script = match args.shell {
        Shell::Bash => include_bytes!("terrace.bash").to_vec(),
        Shell::Zsh => include_bytes!("terrace.zsh").to_vec(),
        Shell::Fish => include_bytes!("terrace.fish").to_vec(),
        other => {
            let mut script = Vec::new();
            clap_complete::generate(other, &mut Cli::command(), "terrace", &mut script);
            script
        }
    };
    context.out().write_all(&script)?;
    Ok(0)
}
