//! Which of git's configuration the door listens to.
//!
//! What the user and the system say counts. Of the repository's own file, which may come from
//! anywhere, only settings that describe the repository or the person are taken over; a program,
//! a path or an include named there is never looked at. The same place turns flushing on, which
//! libgit2 leaves off.

use std::path::Path;

use git2::{Config, ConfigLevel, ErrorCode, Repository};

use super::{disk, git_error};
use crate::model::Result;

/// What is taken over as git would read it, the repository's own file and conditional includes of
/// the user's included.
const TAKEN_OVER: &[&str] = &[
    "author.email",
    "author.name",
    "commit.gpgsign",
    "committer.email",
    "committer.name",
    "core.autocrlf",
    "core.eol",
    "core.filemode",
    "core.ignorecase",
    "core.logallrefupdates",
    "core.precomposeunicode",
    "core.protecthfs",
    "core.protectntfs",
    "core.symlinks",
    "user.email",
    "user.name",
];

/// Puts the door's view of the configuration in the place of the repository's.
pub(super) fn restrict(repository: &Repository, overlay: &Path) -> Result<()> {
    let text = overlay_text(&settings(repository)?);
    if disk::read(overlay)?.as_deref() != Some(text.as_bytes()) {
        disk::write(overlay, text.as_bytes())?;
    }
    let attach = || {
        let mut config = Config::open_default()?;
        config.add_file(overlay, ConfigLevel::App, false)?;
        repository.set_config(&config)
    };
    attach().map_err(|error| git_error("read git's configuration", &error))
}

fn settings(repository: &Repository) -> Result<Vec<(&'static str, String)>> {
    let unreadable = |error| git_error("read git's configuration", &error);
    let config = repository.config().and_then(|mut it| it.snapshot()).map_err(unreadable)?;
    let mut found = Vec::new();
    for name in TAKEN_OVER {
        match config.get_entry(name) {
            // A key without `=` is true.
            Ok(entry) if !entry.has_value() => found.push((*name, "true".to_owned())),
            Ok(entry) => found.push((*name, String::from_utf8_lossy(entry.value_bytes()).into_owned())),
            Err(error) if error.code() == ErrorCode::NotFound => {}
            Err(error) => return Err(unreadable(error)),
        }
    }
    Ok(found)
}

/// A configuration file with these settings and ours; later lines win, as in git.
fn overlay_text(settings: &[(&str, String)]) -> String {
    let mut text = String::from("# Written by terrace for its own use.\n");
    let ours = [("core.fsyncobjectfiles", "true".to_owned())];
    for (name, value) in settings.iter().chain(&ours) {
        let (section, key) = name.split_once('.').unwrap_or((name, ""));
        let value =
            value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t");
        text.push_str(&format!("[{section}]\n\t{key} = \"{value}\"\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_survive_their_quoting() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("config");
        for value in ["Ann Example", "a \"b\" \\ c", " # ; ", "tab\tend", "two\nlines", ""] {
            let text = overlay_text(&[("user.name", value.into())]);
            std::fs::write(&file, text).expect("written");
            let config = Config::open(&file).expect("readable").snapshot().expect("a snapshot");
            assert_eq!(config.get_str("user.name"), Ok(value));
            assert_eq!(config.get_bool("core.fsyncobjectfiles"), Ok(true));
        }
    }
}
