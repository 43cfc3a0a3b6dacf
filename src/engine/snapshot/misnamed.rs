//! Folders below `environments/` of which nothing is read, and that were likely meant to be an
//! environment's: what is asked of that environment must not read like an all-clear.

use super::{Place, Snapshot};
use crate::model::{Environment, Error, Help, Key, Result};

impl Snapshot {
    /// The folder that was likely meant to be this environment's: its name says so, or the environment has
    /// no items.
    #[must_use]
    pub fn misnamed(&self, environment: Environment) -> Option<&str> {
        let folders = || {
            self.misplaced().filter_map(|(_, _, place)| match place {
                Place::UnknownEnvironment(name) => Some(name.as_str()),
                Place::Item(_) | Place::InvalidKey(..) | Place::Stray => None,
            })
        };
        folders().find(|name| Environment::guess(name) == Some(environment)).or_else(|| {
            let mut unclear = folders().filter(|name| Environment::guess(name).is_none());
            unclear.next().filter(|_| !self.items().any(|item| item.id.environment == environment))
        })
    }

    /// What to do where a folder was likely meant to be this environment's.
    #[must_use]
    pub fn rename_folder(&self, environment: Environment) -> Option<Help> {
        let prefix = &self.prefix;
        let folder = self.misnamed(environment)?;
        let help = format!(
            "nothing of {prefix}environments/{folder} is read; where it is meant, rename it to \
             {prefix}environments/{environment}, with `git mv`"
        );
        Some(help.into())
    }

    /// The error for an environment without items.
    #[must_use]
    pub fn without_items(&self, environment: Environment) -> Error {
        Error::usage(format!("{environment} has no items"))
            .with_help(self.rename_folder(environment).unwrap_or(Help::ListItems))
    }

    /// Refuses an item of which a file lies in a folder that was likely meant to be an environment's.
    ///
    /// # Errors
    /// Usage, and names the file.
    pub fn require_read(&self, key: &Key) -> Result<()> {
        Environment::ALL.into_iter().try_for_each(|environment| match self.unread(key, environment) {
            Some(file) => Err(Error::usage(format!("{}{file} is in no environment", self.prefix))
                .or_help(self.rename_folder(environment).unwrap_or(Help::ListItems))),
            None => Ok(()),
        })
    }

    /// The item's file in the folder that was likely meant to be this environment's, which lacks it.
    pub(super) fn unread(&self, key: &Key, environment: Environment) -> Option<String> {
        let file = format!("environments/{}/{key}.yaml", self.misnamed(environment)?);
        (self.item(key, environment).is_none() && self.files.contains_key(&file)).then_some(file)
    }
}
