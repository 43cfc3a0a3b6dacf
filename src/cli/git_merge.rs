//! `terrace git-merge`

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::Outcome;
use super::context::Context;
use crate::merge::{Conflict, Version};
use crate::model::ValuePath;
use crate::model::sanitize::clean;
use crate::ops::{self, MergeFiles};
use crate::report::View;
use crate::secrets::mask::Shown;
use crate::secrets::{shown_path, without_secrets};

/// Merge one YAML file by path; git calls this, see `hooks install`.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Git merges first; where that conflicts, or is no merge of the values, each path is merged by itself. What only a person can decide gets conflict markers around its own lines alone, and its reason is said; what is no plain YAML keeps those of git. Of a recorded decision no lines are mixed: two versions of one are a conflict.\n\nGit tells a driver nothing of -X ours or -X theirs. One side where both changed a path is had by\n  git -c merge.terrace.favor=theirs merge BRANCH\n\nExamples (to set it up by hand):\n  git config merge.terrace.driver 'terrace git-merge --marker-size=%L -- %O %A %B %P %S %X %Y'\n  echo 'environments/**/*.yaml merge=terrace' >> .gitattributes\n\nExit codes: 0 merged · 1 conflict"
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
    /// What the base is called (%S)
    base_label: Option<OsString>,
    /// What our side is called (%X)
    our_label: Option<OsString>,
    /// What their side is called (%Y)
    their_label: Option<OsString>,
    /// How many signs a conflict marker has (%L)
    #[arg(long, value_name = "N", default_value_t = 7, hide_default_value = true)]
    marker_size: u8,
}

pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    let at = |path: &PathBuf| context.dir().join(path);
    let (base, ours, theirs) = (at(&args.base), at(&args.ours), at(&args.theirs));
    let base_label = label(args.base_label.as_ref(), "base");
    let (our_label, their_label) =
        (label(args.our_label.as_ref(), "ours"), label(args.their_label.as_ref(), "theirs"));
    let files = MergeFiles {
        base: &base,
        ours: &ours,
        theirs: &theirs,
        path: args.path.as_deref(),
        marker_size: usize::from(args.marker_size.max(1)),
        labels: [&base_label, &our_label, &their_label],
    };
    let conflicts = ops::git_merge(context.dir(), &files, context.environment())?;
    let name = args.path.clone().unwrap_or_else(|| args.ours.display().to_string());
    for conflict in conflicts.iter().filter(|_| !files.are_bases()) {
        context.remark(&format!("{name}: {}", reason(conflict, &context.view())));
    }
    Ok(u8::from(!conflicts.is_empty()))
}

/// What git calls a version; one that cannot say so hands its own sign on.
fn label(given: Option<&OsString>, otherwise: &str) -> String {
    let given = given.map(|given| given.to_string_lossy().replace(char::is_control, " ")).unwrap_or_default();
    match given.as_str() {
        "" | "%S" | "%X" | "%Y" => otherwise.to_owned(),
        _ => given,
    }
}

/// What a person must decide, and between what.
fn reason(conflict: &Conflict<Shown>, view: &View) -> String {
    let value = |value: &Option<Shown>| value.as_ref().map_or("absent".to_owned(), |value| view.value(value));
    let at = |path: &ValuePath| if path.is_root() { "the whole file".to_owned() } else { shown_path(path) };
    let name = |key: &str| clean(&without_secrets(key)).into_owned();
    match conflict {
        Conflict::Changed { path, base, ours, theirs } => format!(
            "both sides changed {}: ours {}, theirs {}, base {}",
            at(path),
            value(ours),
            value(theirs),
            value(base)
        ),
        Conflict::Renamed { path, ours, theirs } => {
            format!("both sides renamed {}: ours {}, theirs {}", at(path), name(ours), name(theirs))
        }
        Conflict::Reordered(path) => {
            format!("both sides put the elements of {} into another order", at(path))
        }
        Conflict::Emptied(path) => {
            format!("together both sides removed all of {}; say whether it stays, empty", at(path))
        }
        Conflict::Documents => "the documents of the two sides cannot be paired".to_owned(),
        Conflict::Comments(path) => format!("both sides changed the comments at {}", at(path)),
        Conflict::Written => {
            "the values agree; comments, order or layout were changed on both sides".to_owned()
        }
        Conflict::Anchor(anchor) => format!(
            "the values agree; one side moved or removed the anchor &{}, which the other uses: keep one place for it, or \
             write its values out",
            name(anchor)
        ),
        Conflict::Encrypted => {
            "the file is encrypted as a whole; decrypt both sides, merge and encrypt again".to_owned()
        }
        Conflict::NoYaml(version) => {
            let version = match version {
                Version::Base => "the base is",
                Version::Ours => "ours is",
                Version::Theirs => "theirs is",
            };
            format!("{version} no plain YAML, so that lines were merged")
        }
        Conflict::NoText => "git takes it for no text; ours was left".to_owned(),
        Conflict::Decision => {
            "both sides changed this decision; keep one of them whole, or remove the file and decide again"
                .to_owned()
        }
    }
}
