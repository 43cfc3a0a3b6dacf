//! The hidden `terrace man`: a page for each command, for packages.

use std::path::PathBuf;

use clap::{Args as ClapArgs, CommandFactory};

use super::context::Context;
use super::{Cli, Outcome};
use crate::model::Error;

/// Write the manual pages.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  terrace man ~/.local/share/man/man1\n\nExit codes: 0 done · 2 the folder cannot be written"
)]
pub(super) struct Args {
    /// The folder; made when it is not there
    dir: PathBuf,
}

pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    let dir = context.dir().join(&args.dir);
    let failed = |error: std::io::Error| Error::io("write", &dir, &error);
    std::fs::create_dir_all(&dir).map_err(failed)?;
    clap_mangen::generate_to(Cli::command(), &dir).map_err(failed)?;
    context.remark(&format!("wrote the manual pages to {}", dir.display()));
    Ok(0)
}
