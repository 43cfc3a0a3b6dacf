//! `terrace init`

use std::io::Write;
use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::Outcome;
use super::context::Context;
use super::vscode;
use crate::ops::{self, Workspace};
use crate::report::words_note;

/// Lay out a configuration repository and commit it.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  terrace init\n  terrace init config-repository\n\nExit codes: 0 done or nothing to do · 2 usage or repository"
)]
pub(super) struct Args {
    /// The folder; made when it is not there
    dir: Option<PathBuf>,
}

pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    let dir = args.dir.as_ref().map_or_else(|| context.dir().to_path_buf(), |dir| context.dir().join(dir));
    let (created, committed) = ops::init(&dir, &context.commit_options()?)?;
    let mut out = context.out();
    if created {
        // `.` in `.` is one.
        let shown: PathBuf = dir.components().collect();
        writeln!(out, "made a git repository in {}", shown.display())?;
    }
    match committed {
        Some(committed) => writeln!(
            out,
            "laid out environments/development, staging and production ({})",
            committed.commit.short()
        )?,
        None => writeln!(out, "nothing to do: the repository is laid out already")?,
    }
    drop(out);
    let workspace = Workspace::open(&dir, context.environment())?;
    vscode::keep(&workspace, context)?;
    if let Some(note) = words_note(&ops::suggested_words(&workspace)?) {
        context.remark(&note);
    }
    context.remark(
        "next: put YAML files into environments/development/, or bring flat files with `terrace migrate SRC`",
    );
    Ok(0)
}
