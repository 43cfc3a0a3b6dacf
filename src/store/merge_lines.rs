//! Merging lines: as git itself does it, and in memory.
//!
//! The first merge of a file is git's own, by the user's git with fixed arguments, so that nothing
//! it can solve is lost: libgit2 has another diff algorithm than `git merge` and finds other
//! conflicts. The second one only joins what the first three versions have been brought to.

use std::path::Path;
use std::process::Output;

use git2::{MergeFileInput, MergeFileOptions};

use super::deadline::output;
use super::git_program::git;
use super::process_environment::ProcessEnvironment;
use crate::merge::{TextMerge, Versions};
use crate::model::{Error, Result};

/// The algorithm of `git merge`, which old versions of `git merge-file` cannot be told.
const ALGORITHM: &str = "--diff-algorithm=histogram";

/// What git makes of three files; `None` when it takes them for no text.
///
/// # Errors
/// When git does not run.
pub fn by_git(
    [base, ours, theirs]: [&Path; 3],
    marker_size: usize,
    environment: &ProcessEnvironment,
) -> Result<Option<TextMerge>> {
    let run = |algorithm: &[&str]| {
        let mut git = git(environment);
        git.args(["merge-file", "-p", "-q"]).args(algorithm);
        git.arg(format!("--marker-size={marker_size}"));
        git.args(["-L", "ours", "-L", "base", "-L", "theirs", "--"]).args([ours, base, theirs]);
        output(&mut git).map_err(|error| {
            Error::state(format!("git does not run: {error}")).with_help("see that git is on the search path")
        })
    };
    let mut output = run(&[ALGORITHM])?;
    if output.status.code() == Some(129) {
        output = run(&[])?;
    }
    Ok(merged(output))
}

/// The same of three texts; `None` also when they cannot be written where git reads them.
pub fn by_git_of_texts(
    versions: &Versions<'_>,
    marker_size: usize,
    environment: &ProcessEnvironment,
) -> Option<TextMerge> {
    let folder = tempfile::tempdir().ok()?;
    let write = |name: &str, text: &[u8]| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).ok().map(|()| file)
    };
    let base = write("base", versions.base)?;
    let (ours, theirs) = (write("ours", versions.ours)?, write("theirs", versions.theirs)?);
    by_git([&base, &ours, &theirs], marker_size, environment).ok().flatten()
}

/// The exit code is the number of conflicts, up to 127; what is above is a refusal.
fn merged(output: Output) -> Option<TextMerge> {
    let code = output.status.code().filter(|code| (0..=127).contains(code))?;
    Some(TextMerge { text: output.stdout, clean: code == 0 })
}

/// Stands before each text that is merged in memory: git2 makes a slice of nothing where a merge is empty.
const FIRST_LINE: &[u8] = b"# terrace: the first line\n";

/// The merge of three texts; `None` when it conflicts.
#[must_use]
pub fn in_memory(versions: &Versions<'_>) -> Option<Vec<u8>> {
    let texts = [versions.base, versions.ours, versions.theirs].map(|text| [FIRST_LINE, text].concat());
    let [base, ours, theirs] = texts.each_ref().map(|text| {
        let mut input = MergeFileInput::new();
        input.content(text);
        input
    });
    let mut options = MergeFileOptions::new();
    let result = git2::merge_file(&base, &ours, &theirs, Some(&mut options)).ok()?;
    let text = result.is_automergeable().then(|| result.content())?;
    text.strip_prefix(FIRST_LINE).map(<[u8]>::to_vec)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_which_nothing_is_left_are_merged() {
        for (versions, expected) in [
            ([&b"a: 1\n"[..], b"", b"a: 1\n"], Some(&b""[..])),
            ([b"", b"", b""], Some(b"")),
            (
                [b"a: 1\nb: 1\nc: 1\n", b"a: 2\nb: 1\nc: 1\n", b"a: 1\nb: 1\nc: 2\n"],
                Some(b"a: 2\nb: 1\nc: 2\n"),
            ),
            ([b"a: 1\n", b"a: 2\n", b"a: 3\n"], None),
        ] {
            let [base, ours, theirs] = versions;
            assert_eq!(in_memory(&Versions { base, ours, theirs }).as_deref(), expected);
        }
    }
}
