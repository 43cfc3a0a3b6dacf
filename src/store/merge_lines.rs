//! Merging lines as git itself does it, by the user's git with fixed arguments, so that nothing it can
//! solve is lost: libgit2 has another diff algorithm than `git merge` and finds other conflicts.

use std::path::Path;
use std::process::Output;

use super::deadline::output;
use super::git_program::git;
use super::process_environment::ProcessEnvironment;
use crate::merge::{Markers, TextMerge, Version};
use crate::model::{Error, Result};

/// The algorithm of `git merge`, which old versions of `git merge-file` cannot be told.
const ALGORITHM: &str = "--diff-algorithm=histogram";

/// The setting by which a user says whose side stands where both changed a path.
const FAVOR: &str = "merge.terrace.favor";

/// What the user set for merges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MergeSettings {
    /// Whether a conflict shows the base too.
    pub with_base: bool,
    /// Whose side stands in a conflict.
    pub favor: Option<Version>,
}

/// What the user set for merges, where git runs a driver.
///
/// # Errors
/// When git does not run, or nobody's side is named.
pub fn merge_settings(environment: &ProcessEnvironment) -> Result<MergeSettings> {
    let mut git = git(environment);
    git.args(["config", "--get-regexp", "^merge\\.(conflictstyle|terrace\\.favor)$"]);
    let said = output(&mut git).map_err(|error| does_not_run(&error))?.stdout;
    let said = String::from_utf8_lossy(&said);
    let mut settings = MergeSettings::default();
    for (name, value) in said.lines().filter_map(|line| line.split_once(' ')) {
        match (name, value) {
            (FAVOR, "ours") => settings.favor = Some(Version::Ours),
            (FAVOR, "theirs") => settings.favor = Some(Version::Theirs),
            (FAVOR, other) => {
                return Err(Error::usage(format!("{FAVOR} is `{other}`, which is neither side"))
                    .with_help("say ours or theirs"));
            }
            (_, style) => settings.with_base = style.ends_with("diff3"),
        }
    }
    Ok(settings)
}

/// What git makes of three files, and with `favor` what of them with that side's lines in conflicts; `None`
/// when it takes them for no text.
///
/// # Errors
/// When git does not run.
pub fn by_git(
    [base, ours, theirs]: [&Path; 3],
    markers: &Markers<'_>,
    favor: Option<Version>,
    environment: &ProcessEnvironment,
) -> Result<Option<TextMerge>> {
    let run = |algorithm: &[&str], favor| {
        let mut git = git(environment);
        git.args(["merge-file", "-p", "-q"]).args(algorithm);
        git.args(match favor {
            Some(Version::Ours) => Some("--ours"),
            Some(Version::Theirs) => Some("--theirs"),
            Some(Version::Base) | None => None,
        });
        git.arg(format!("--marker-size={}", markers.size));
        let [base_label, our_label, their_label] = markers.labels;
        git.args(["-L", our_label, "-L", base_label, "-L", their_label, "--"]).args([ours, base, theirs]);
        output(&mut git).map_err(|error| does_not_run(&error))
    };
    let merge = |favor| -> Result<Option<(Vec<u8>, bool)>> {
        let output = run(&[ALGORITHM], favor)?;
        Ok(merged(if output.status.code() == Some(129) { run(&[], favor)? } else { output }))
    };
    let Some((text, clean)) = merge(None)? else { return Ok(None) };
    let favored = if favor.is_some() && !clean { merge(favor)?.map(|(text, _)| text) } else { None };
    Ok(Some(TextMerge { text, clean, favored }))
}

fn does_not_run(error: &std::io::Error) -> Error {
    Error::state(format!("git does not run: {error}")).with_help("see that git is on the search path")
}

/// The exit code is the number of conflicts, up to 127; what is above is a refusal.
fn merged(output: Output) -> Option<(Vec<u8>, bool)> {
    let code = output.status.code().filter(|code| (0..=127).contains(code))?;
    Some((output.stdout, code == 0))
}
