//! A repository's own hook, attributes and settings: read, written, and taken out again.
//!
//! Nothing here is part of a commit. What somebody else wrote at one of these places is told and
//! left as it is.

use std::path::{Path, PathBuf};

use git2::{Config, ErrorCode};

use super::git_config::Scope;
use super::git_error::git_error;
use super::hook_owner::{HookOwner, has_check, hook_owner};
use super::repository::Repository;
use crate::model::{Error, Result};
use crate::store::integration::{
    ATTRIBUTES_OF_ALL, SETTINGS, attributes, checks, is_ours, pre_commit, with_lines, without_lines,
};

/// How a place stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstallState {
    /// There is nothing of ours yet.
    Missing,
    /// It is as we would write it now.
    Current,
    /// We wrote it, and would write something else now.
    Stale,
    /// Somebody else's is there, or the place is shared with other repositories.
    Foreign,
    /// Somebody else's is there, and does what ours would.
    ByHand,
}

/// One place in which something is set up.
#[derive(Clone, Debug)]
pub struct IntegrationEntry {
    /// What it is: a file, or a setting.
    pub place: Place,
    /// What we write there.
    pub text: String,
    /// How it stands.
    pub standing: InstallState,
    /// Who runs the hooks, where that is somebody whom a line must be told.
    pub owner: Option<HookOwner>,
}

/// Where something is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The pre-commit hook.
    Hook(PathBuf),
    /// The attributes that are no part of a commit.
    Attributes(PathBuf),
    /// A setting of the repository.
    Setting(&'static str),
}

impl Repository {
    /// All places and how they stand.
    ///
    /// # Errors
    /// When git's configuration or a file cannot be read.
    pub fn integration(&self) -> Result<Vec<IntegrationEntry>> {
        let mut out = vec![self.hook()?];
        let local = self.local_config()?;
        for (name, wanted) in SETTINGS {
            let standing = match local.get_string(name) {
                Ok(value) if value == wanted => InstallState::Current,
                // What begins otherwise than any version of ours is somebody's own.
                Ok(value) if name.ends_with("name") || value.contains("terrace git-") => InstallState::Stale,
                Ok(_) => InstallState::Foreign,
                Err(error) if error.code() == ErrorCode::NotFound => InstallState::Missing,
                Err(error) => return Err(git_error("read git's configuration", &error)),
            };
            let text = wanted.to_owned();
            out.push(IntegrationEntry { place: Place::Setting(name), text, standing, owner: None });
        }
        let file = self.common_dir().join("info").join("attributes");
        let roots = self.roots_of_hooks()?;
        let line = match roots.first().filter(|_| roots.len() == 1) {
            Some(prefix) => attributes(prefix),
            None => ATTRIBUTES_OF_ALL.to_owned(),
        };
        let standing = match read_unlinked(&file)?.map(Option::unwrap_or_default) {
            None => InstallState::Foreign,
            Some(old) if with_lines(&old, &line) == old => InstallState::Current,
            Some(old) if without_lines(&old) == old => InstallState::Missing,
            Some(_) => InstallState::Stale,
        };
        out.push(IntegrationEntry { place: Place::Attributes(file), text: line, standing, owner: None });
        Ok(out)
    }

    fn hook(&self) -> Result<IntegrationEntry> {
        let (folder, shared) = self.hooks_folder()?;
        let file = folder.join("pre-commit");
        let checks = checks(&self.roots_of_hooks()?);
        let text = pre_commit(&checks);
        let owner = match self.work_tree() {
            Some(root) => hook_owner(root, &folder, &checks, |path| self.is_tracked_folder(path))?,
            None => None,
        };
        let standing = match read_unlinked(&file)? {
            Some(Some(old)) if old == text => InstallState::Current,
            Some(Some(old)) if is_ours(&old) => InstallState::Stale,
            _ if owner.as_ref().is_some_and(|owner| owner.is_added) => InstallState::ByHand,
            Some(Some(old)) if has_check(&old) => InstallState::ByHand,
            Some(None) if !shared && owner.is_none() => InstallState::Missing,
            _ => InstallState::Foreign,
        };
        Ok(IntegrationEntry { place: Place::Hook(file), text, standing, owner })
    }

    /// Whether a folder, relative to the work tree, holds files that are part of the commits; an index
    /// that cannot be read is told by whoever needs it.
    fn is_tracked_folder(&self, folder: &Path) -> bool {
        let Ok(index) = self.open_index() else { return false };
        index.iter().any(|entry| Path::new(entry.text().as_ref()).starts_with(folder))
    }

    /// The folder that git runs hooks from, and whether other repositories use it too.
    fn hooks_folder(&self) -> Result<(PathBuf, bool)> {
        let config = self.config()?;
        let name = "core.hookspath";
        let (Some(folder), Some(entry)) = (config.path(name), config.get(name)) else {
            return Ok((self.common_dir().join("hooks"), false));
        };
        Ok((self.transaction_path().join(folder), entry.scope == Scope::User))
    }

    fn local_config(&self) -> Result<Config> {
        Config::open(&self.common_dir().join("config"))
            .map_err(|error| git_error("read the repository's configuration", &error))
    }

    /// Writes what is missing or stale. What is foreign stays.
    ///
    /// # Errors
    /// When something cannot be written.
    pub fn set_up(&self, integration: &[IntegrationEntry]) -> Result<()> {
        let due =
            |entry: &&IntegrationEntry| matches!(entry.standing, InstallState::Missing | InstallState::Stale);
        for entry in integration.iter().filter(due) {
            match &entry.place {
                Place::Hook(file) => {
                    write(file, &entry.text)?;
                    executable(file)?;
                }
                Place::Attributes(file) => {
                    write(file, &with_lines(&read(file)?.unwrap_or_default(), &entry.text))?;
                }
                Place::Setting(name) => self
                    .local_config()?
                    .set_str(name, &entry.text)
                    .map_err(|error| git_error(&format!("set {name}"), &error))?,
            }
        }
        Ok(())
    }

    /// Takes out what is ours.
    ///
    /// # Errors
    /// When something cannot be removed.
    pub fn take_down(&self, integration: &[IntegrationEntry]) -> Result<()> {
        let ours =
            |entry: &&IntegrationEntry| matches!(entry.standing, InstallState::Current | InstallState::Stale);
        for entry in integration.iter().filter(ours) {
            match &entry.place {
                Place::Hook(file) => remove(file)?,
                Place::Attributes(file) => match without_lines(&read(file)?.unwrap_or_default()) {
                    rest if rest.is_empty() => remove(file)?,
                    rest => write(file, &rest)?,
                },
                Place::Setting(name) => self
                    .local_config()?
                    .remove(name)
                    .map_err(|error| git_error(&format!("unset {name}"), &error))?,
            }
        }
        self.drop_empty_sections()
    }

    /// What unsetting leaves of our sections, which nobody else has a use for.
    fn drop_empty_sections(&self) -> Result<()> {
        let file = self.common_dir().join("config");
        let Some(old) = read(&file)? else { return Ok(()) };
        let mut text = old.clone();
        for header in ["[merge \"terrace\"]\n", "[diff \"terrace\"]\n"] {
            let empty = |at: &usize| {
                let rest = text.get(at + header.len()..).unwrap_or_default();
                rest.is_empty() || rest.starts_with('[')
            };
            if let Some(at) = text.find(header).filter(empty) {
                text.replace_range(at..at + header.len(), "");
            }
        }
        if text == old { Ok(()) } else { write(&file, &text) }
    }
}

/// The text of a file, `Some(None)` where there is none; `None` where the file or its folder is a link,
/// through which something elsewhere would be written.
fn read_unlinked(file: &Path) -> Result<Option<Option<String>>> {
    let is_link = |path: &Path| path.symlink_metadata().is_ok_and(|meta| meta.is_symlink());
    if is_link(file) || file.parent().is_some_and(is_link) {
        return Ok(None);
    }
    read(file).map(Some)
}

fn read(file: &Path) -> Result<Option<String>> {
    match std::fs::read(file) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io("read", file, &error)),
    }
}

fn write(file: &Path, text: &str) -> Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(|error| Error::io("make", folder, &error))?;
    }
    std::fs::write(file, text).map_err(|error| Error::io("write", file, &error))
}

fn remove(file: &Path) -> Result<()> {
    std::fs::remove_file(file).map_err(|error| Error::io("remove", file, &error))
}

#[cfg(unix)]
fn executable(file: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(file, mode).map_err(|error| Error::io("make executable", file, &error))
}

/// Elsewhere git asks for no such permission.
#[cfg(not(unix))]
fn executable(_: &Path) -> Result<()> {
    Ok(())
}
