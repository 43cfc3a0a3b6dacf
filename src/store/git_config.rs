//! Git's configuration, as git itself says it for the user whose variables were handed in.
//!
//! Which files count, in which order, which of them include others under which condition, and what
//! variables add is git's to decide; see git-config(1).

use std::path::{Path, PathBuf};

use super::deadline::output;
use super::git_program::git;
use super::process_environment::ProcessEnvironment;
use crate::model::{Error, Result};

/// All that is said, in the order in which git reads it: of one name, the last counts.
#[derive(Debug)]
pub(super) struct GitConfig {
    entries: Vec<ConfigEntry>,
    home: Option<PathBuf>,
}

/// One line of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ConfigEntry {
    pub(super) scope: Scope,
    /// Section and key in small letters, as git writes them; a subsection as it is.
    pub(super) name: String,
    /// A key without `=` has none, which is true to git.
    pub(super) value: Option<String>,
}

/// Whose word it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// The system's or the user's, be it in a variable.
    User,
    /// The repository's own.
    Repository,
}

impl GitConfig {
    /// What counts in the repository with this git directory. One that is not there says nothing.
    ///
    /// # Errors
    /// When git cannot be started, or a file is no configuration.
    pub(super) fn of(environment: &ProcessEnvironment, git_dir: &Path) -> Result<Self> {
        let mut command = git(environment);
        command.arg("--git-dir").arg(git_dir).args(["config", "--null", "--show-scope", "--list"]);
        let output = output(&mut command).map_err(|error| {
            Error::state(format!("git's configuration cannot be read, for git does not start: {error}"))
                .with_help("install git, or put it on PATH")
        })?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(Error::state(format!("git's configuration cannot be read: {}", said.trim())));
        }
        let home = environment.path("HOME").or_else(|| environment.path("USERPROFILE"));
        Ok(Self { entries: entries(&output.stdout), home })
    }

    /// What counts for the user in no repository.
    ///
    /// # Errors
    /// As [`GitConfig::of`].
    pub(super) fn of_user(environment: &ProcessEnvironment) -> Result<Self> {
        Self::of(environment, Path::new("/nowhere/.git"))
    }

    pub(super) fn entries(&self) -> &[ConfigEntry] {
        &self.entries
    }

    /// What counts of this name.
    pub(super) fn get(&self, name: &str) -> Option<&ConfigEntry> {
        self.entries.iter().rfind(|entry| entry.name == name)
    }

    /// The text of the first of these names that has one; blanks are none.
    pub(super) fn text(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| {
            let value = self.get(name)?.value.as_deref()?;
            Some(value.to_owned()).filter(|value| !value.trim().is_empty())
        })
    }

    /// A path, `~/` being the user's home.
    pub(super) fn path(&self, name: &str) -> Option<PathBuf> {
        let value = self.get(name)?.value.as_deref().filter(|value| !value.is_empty())?;
        Some(match (value.strip_prefix("~/"), &self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => PathBuf::from(value),
        })
    }
}

/// Reads `SCOPE NUL NAME [LF VALUE] NUL` again and again.
fn entries(output: &[u8]) -> Vec<ConfigEntry> {
    let mut fields = output.split(|byte| *byte == 0).map(String::from_utf8_lossy);
    let mut entries = Vec::new();
    while let (Some(scope), Some(line)) = (fields.next(), fields.next()) {
        let scope = match &*scope {
            "local" | "worktree" => Scope::Repository,
            _ => Scope::User,
        };
        let (name, value) = match line.split_once('\n') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (&*line, None),
        };
        entries.push(ConfigEntry { scope, name: name.to_owned(), value });
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> ProcessEnvironment {
        #[expect(clippy::disallowed_methods, reason = "git is found where the test's own process finds it")]
        let path = std::env::var("PATH").unwrap_or_default();
        let all = pairs.iter().copied().chain([("PATH", path.as_str())]);
        ProcessEnvironment::of(all.map(|(name, value)| (name.into(), value.into())))
    }

    #[test]
    fn each_later_place_wins() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name).display().to_string();
        let write = |name: &str, text: &str| {
            let file = folder.path().join(name);
            std::fs::create_dir_all(file.parent().expect("a folder")).expect("made");
            std::fs::write(file, text).expect("written");
        };
        for (name, who) in [
            ("system", "system"),
            ("home/.config/git/config", "xdg"),
            ("home/.gitconfig", "home"),
            ("other", "other"),
            ("work", "work"),
        ] {
            write(name, &format!("[user]\n\tname = {who}\n"));
        }
        let repository = git2::Repository::init(folder.path().join("here")).expect("made");
        let git_dir = repository.path().display().to_string();
        write("conditional", &format!("[includeIf \"gitdir:{git_dir}\"]\n\tpath = {}\n", at("work")));
        let (system, home, other, conditional) = (at("system"), at("home"), at("other"), at("conditional"));
        let base = [("GIT_CONFIG_SYSTEM", system.as_str()), ("HOME", home.as_str())];
        let count =
            [("GIT_CONFIG_COUNT", "1"), ("GIT_CONFIG_KEY_0", "user.name"), ("GIT_CONFIG_VALUE_0", "env")];
        let name = |more: &[(&str, &str)]| {
            let environment = environment(&[&base[..], more].concat());
            GitConfig::of(&environment, repository.path()).expect("readable").text(&["user.name"])
        };
        for (more, expected) in [
            (&[][..], Some("home")),
            (&[("GIT_CONFIG_GLOBAL", other.as_str())], Some("other")),
            (&[("GIT_CONFIG_GLOBAL", conditional.as_str())], Some("work")),
            (&[("GIT_CONFIG_GLOBAL", "")], Some("system")),
            (&[("GIT_CONFIG_GLOBAL", ""), ("GIT_CONFIG_NOSYSTEM", "1")], None),
            (&count, Some("env")),
        ] {
            assert_eq!(name(more).as_deref(), expected, "{more:?}");
        }
        repository.config().expect("config").set_str("user.name", "local").expect("set");
        assert_eq!(name(&[]).as_deref(), Some("local"));
        assert_eq!(name(&count).as_deref(), Some("env"));
        let of_user = GitConfig::of_user(&environment(&base)).expect("readable");
        assert_eq!(of_user.text(&["user.name"]).as_deref(), Some("home"));
    }

    #[test]
    fn what_git_lists_is_told_apart() {
        let listed = entries(b"global\0user.name\nAnn\nExample\0local\0core.bare\0command\0a.b\n\0");
        let entry = |scope, name: &str, value: Option<&str>| ConfigEntry {
            scope,
            name: name.to_owned(),
            value: value.map(str::to_owned),
        };
        assert_eq!(
            listed,
            [
                entry(Scope::User, "user.name", Some("Ann\nExample")),
                entry(Scope::Repository, "core.bare", None),
                entry(Scope::User, "a.b", Some(""))
            ]
        );
    }
}
