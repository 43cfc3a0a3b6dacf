//! `terrace git-diff`

use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;

use super::Outcome;
use super::context::Context;
use crate::engine::mode::FileMode;
use crate::model::Error;
use crate::{ops, report};

/// Show one changed file by path; git calls this, see `hooks install`.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Git gives PATH OLD-FILE OLD-ID OLD-MODE NEW-FILE NEW-ID NEW-MODE, and for a rename the new path and what git says of it; for an unmerged file PATH alone.\n\nExamples:\n  git diff                 by path\n  git diff --no-ext-diff   lines\n  git show --ext-diff      by path\n\nExit codes: 0 shown · 2 a file cannot be read"
)]
pub(super) struct Args {
    /// What git gives
    #[arg(value_name = "ARGUMENT", required = true)]
    given: Vec<PathBuf>,
}

pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    let mut out = context.out();
    match args.given.as_slice() {
        [path] => {
            report::unmerged(&path.display().to_string(), &context.view(), &mut out)?;
            Ok(0)
        }
        [path, old, _, old_mode, new, _, new_mode, rest @ ..] => {
            let at = |file: &Path| context.dir().join(file);
            let here = at(path).parent().filter(|folder| folder.is_dir()).map(Path::to_path_buf);
            let dir = here.unwrap_or_else(|| context.dir().to_path_buf());
            // Git says `.` where there is no file.
            let modes = [old_mode, new_mode].map(|mode| FileMode::of_digits(mode.to_str()?));
            let sides = [at(old), at(new)];
            let sides = sides.each_ref().map(PathBuf::as_path);
            let diff = ops::git_diff(&dir, &path.to_string_lossy(), sides, modes, context.environment())?;
            let mut name = path.display().to_string();
            if let Some(new) = rest.first() {
                name = format!("{name} → {}", new.display());
            }
            report::file_diff(&name, &diff, &context.view(), &mut out)?;
            Ok(0)
        }
        _ => Err(Error::usage("git gives a path, or seven arguments and more")
            .with_help("git calls this: `terrace hooks install` sets it up, then `git diff`")
            .into()),
    }
}
