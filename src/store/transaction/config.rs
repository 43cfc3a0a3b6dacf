//! Which of git's configuration the transaction listens to.
//!
//! What the user and the system say counts. Of the repository's own file, which may come from
//! anywhere, only settings that describe the repository or the person are taken over; a program,
//! a path or an include named there is never looked at. The same place turns flushing on, which
//! libgit2 leaves off, and the search for likenesses in packs off.

use std::path::Path;

use git2::{Config, Repository};

use super::disk;
use crate::model::Result;
use crate::store::git_config::{ConfigEntry, GitConfig, Scope};
use crate::store::git_error::git_error;
use crate::store::process_environment::ProcessEnvironment;

/// What is taken over as git would read it, be it said by the repository's own file.
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

/// What is taken over where the user or the system says it.
const TAKEN_OF_USER: &[&str] = &["core.attributesfile", "core.excludesfile", "core.safecrlf"];

/// Puts the transaction's view of the configuration in the place of the repository's; gives all that git
/// says.
pub(super) fn restrict(
    repository: &Repository,
    overlay: &Path,
    environment: &ProcessEnvironment,
) -> Result<GitConfig> {
    let said = GitConfig::of(environment, repository.path())?;
    let text = overlay_text(&settings(&said));
    if disk::read(overlay)?.as_deref() != Some(text.as_bytes()) {
        disk::write(overlay, text.as_bytes())?;
    }
    Config::open(overlay)
        .and_then(|config| repository.set_config(&config))
        .map_err(|error| git_error("read git's configuration", &error))?;
    Ok(said)
}

fn settings(config: &GitConfig) -> Vec<(&str, String)> {
    let of_all = TAKEN_OVER.iter().filter_map(|name| config.get(name));
    let by_user = |name: &&str| {
        config.entries().iter().rfind(|entry| entry.scope == Scope::User && entry.name == **name)
    };
    let of_user = TAKEN_OF_USER.iter().filter_map(by_user);
    // A key without `=` is true.
    let value = |entry: &ConfigEntry| entry.value.clone().unwrap_or_else(|| "true".to_owned());
    of_all.chain(of_user).map(|entry| (entry.name.as_str(), value(entry))).collect()
}

/// A configuration file with these settings and ours; later lines win, as in git.
fn overlay_text(settings: &[(&str, String)]) -> String {
    let mut text = String::from("# Written by terrace for its own use.\n");
    // To look for what files have in common costs more than it saves, and git does it when it tidies up.
    let ours = [("core.fsyncobjectfiles", "true"), ("core.bigfilethreshold", "1")];
    let ours = ours.map(|(name, value)| (name, value.to_owned()));
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
