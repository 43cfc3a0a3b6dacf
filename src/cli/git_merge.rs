//! `terrace git-merge`

use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::Outcome;
use super::context::Context;
use crate::merge::Merged;
use crate::ops::{self, MergeFiles};

/// Merge one YAML file by path; git calls this, see `hooks install`.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Git merges first; where that conflicts, or is no merge of the values, each path is merged by itself. What only a person can decide, and what is no plain YAML, keeps ordinary conflict markers.\n\nExamples (to set it up by hand):\n  git config merge.terrace.driver 'terrace git-merge --marker-size=%L -- %O %A %B %P'\n  echo 'environments/**/*.yaml merge=terrace' >> .gitattributes\n\nExit codes: 0 merged · 1 conflict"
)]
pub(super) struct Args {
    /// The version both sides began with (%O)
    base: PathBuf,
    /// Our version, replaced by the result (%A)
    ours: PathBuf,
    /// Their version (%B)
    theirs: PathBuf,
    /// The file's place in the repository, to be named (%P)
    path: Option<String>,
    /// How many signs a conflict marker has (%L)
    #[arg(long, value_name = "N", default_value_t = 7, hide_default_value = true)]
    marker_size: u8,
}

pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    let at = |path: &PathBuf| context.dir().join(path);
    let (base, ours, theirs) = (at(&args.base), at(&args.ours), at(&args.theirs));
    let files = MergeFiles {
        base: &base,
        ours: &ours,
        theirs: &theirs,
        marker_size: usize::from(args.marker_size.max(1)),
    };
    let Merged::Conflict { paths, .. } = ops::git_merge(&files, context.environment())? else { return Ok(0) };
    let name = args.path.clone().unwrap_or_else(|| args.ours.display().to_string());
    for path in paths {
        context.remark(&format!("{name}: both sides changed {path}"));
    }
    Ok(1)
}
