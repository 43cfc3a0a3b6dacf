//! What a path is to a snapshot: an item, something that lies beside, or an editor's own file.

use super::{FileEntry, FileKind, ItemFile};
use crate::guards::{self, Guard};
use crate::model::{Environment, ItemId, Key, policy};

/// What a path below `environments/` is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// An item's file.
    Item(ItemId),
    /// In a folder (named here) that is no environment.
    UnknownEnvironment(String),
    /// A YAML file whose path is no key.
    InvalidKey(Environment, String),
    /// Anything else.
    Stray,
}

/// Says what a file's path, relative to the configuration root, makes it; `None` outside
/// `environments/` and for files that every repository has.
#[must_use]
pub fn place(path: &str) -> Option<Place> {
    let below = path.strip_prefix("environments/")?;
    let name = below.rsplit('/').next().unwrap_or(below);
    if matches!(name, ".gitkeep" | ".gitignore" | ".gitattributes" | "README.md") || is_scratch(name) {
        return None;
    }
    let Some((folder, rest)) = below.split_once('/') else { return Some(Place::Stray) };
    let Ok(environment) = folder.parse::<Environment>() else {
        return Some(Place::UnknownEnvironment(folder.to_owned()));
    };
    let Some(text) = rest.strip_suffix(".yaml").filter(|_| !is_side_of_merge(name)) else {
        return Some(Place::Stray);
    };
    Some(match text.parse::<Key>() {
        Ok(key) => Place::Item(ItemId::new(key, environment)),
        Err(error) => Place::InvalidKey(environment, error.to_string()),
    })
}

/// What a listed file is to a snapshot.
pub(super) enum Placed {
    Item(ItemFile),
    /// Below `environments/`, and no item.
    Elsewhere(Place),
    /// Not below `environments/`, or where something else hides an item.
    Nowhere,
}

pub(super) fn placed(prefix: &str, path: &str, entry: &FileEntry) -> Placed {
    match place(path) {
        Some(Place::Item(id)) if entry.kind == FileKind::File || guards::off(Guard::LinkIsNoItem) => {
            Placed::Item(ItemFile::new(id, format!("{prefix}{path}"), entry.blob.clone()))
        }
        Some(Place::Item(_)) | None => Placed::Nowhere,
        Some(place) => Placed::Elsewhere(place),
    }
}

/// Whether `git mergetool` gave a file this name: a side of a merge (`app_LOCAL_1234.yaml`,
/// `app.yaml.LOCAL.1234.yaml` before git 2.3), which it leaves where it is stopped.
#[must_use]
pub fn is_side_of_merge(name: &str) -> bool {
    let sided = |separator: char| {
        let mut parts = name.strip_suffix(".yaml")?.rsplitn(3, separator);
        let (number, side, rest) = (parts.next()?, parts.next()?, parts.next()?);
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        Some(is_number && !rest.is_empty() && ["BACKUP", "BASE", "LOCAL", "REMOTE"].contains(&side))
    };
    ['_', '.'].into_iter().any(|separator| sided(separator) == Some(true))
}

/// Whether it is Emacs' lock of a file that is being edited, which is a link that leads nowhere.
#[must_use]
pub fn is_lock(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| name.starts_with(".#"))
}

/// Whether what stands at a path (relative to the configuration root) has a schema's name.
#[must_use]
pub fn is_called_like_a_schema(path: &str) -> bool {
    path.starts_with("schemas/") && path.ends_with(".json")
}

/// The name that something at the configuration root is read under, where it is spelt in other letters.
#[must_use]
pub fn respelt(name: &str) -> Option<&'static str> {
    let names = ["environments", policy::FILE];
    names.into_iter().find(|right| *right != name && right.eq_ignore_ascii_case(name))
}

/// Whether a file of this name is an editor's own, or a file system's: a backup, a swap file, a lock, or
/// the file that is about to be renamed into the place of the one that is saved.
#[must_use]
pub fn is_scratch(name: &str) -> bool {
    let is_between = |start: char, end: char| {
        name.len() > 1 && name.strip_prefix(start).is_some_and(|rest| rest.ends_with(end))
    };
    let is_lock_of_an_office =
        |name: &str| name.strip_prefix(".~lock.").is_some_and(|rest| rest.ends_with('#'));
    let is_swap = || {
        let end = name.strip_prefix('.').and_then(|rest| rest.rsplit_once('.')).map(|(_, end)| end);
        end.is_some_and(|end| end.len() == 3 && end.starts_with("sw"))
    };
    let is_sed = || name.strip_prefix("sed").is_some_and(|rest| rest.len() == 6 && !rest.contains('.'));
    // Vim tries whether it may write here by making a file called 4913.
    let is_trial = || !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
    name.ends_with('~')
        || name.starts_with(".#")
        || is_between('#', '#')
        || is_swap()
        || is_sed()
        || is_trial()
        || name.starts_with(".terrace-")
        || name.starts_with(".goutputstream-")
        || is_lock_of_an_office(name)
        || [".DS_Store", "Thumbs.db", "desktop.ini"].contains(&name)
        || ["._", ".nfs", ".fuse_hidden"].iter().any(|start| name.starts_with(start))
        || [".kate-swp", "___jb_tmp___", "___jb_old___", ".tmp"].iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_say_what_a_file_is() {
        let item = |key: &str, env| Some(Place::Item(ItemId::new(key.parse().expect(key), env)));
        for (path, expected) in [
            ("environments/staging/a/b.yaml", item("a/b", Environment::Staging)),
            ("environments/prod/a.yaml", Some(Place::UnknownEnvironment("prod".into()))),
            ("environments/staging/a.yml", Some(Place::Stray)),
            ("environments/staging/.gitkeep", None),
            ("environments/notes.txt", Some(Place::Stray)),
            ("environments/staging/a_LOCAL_12.yaml", Some(Place::Stray)),
            ("environments/staging/b/a_BACKUP_1234.yaml", Some(Place::Stray)),
            ("environments/staging/a.yaml.REMOTE.12.yaml", Some(Place::Stray)),
            ("environments/staging/a.BASE.12.yaml", Some(Place::Stray)),
            ("environments/staging/a_LOCAL.yaml", item("a_LOCAL", Environment::Staging)),
            ("environments/staging/a_LOCAL_b.yaml", item("a_LOCAL_b", Environment::Staging)),
            ("environments/staging/a_local_1.yaml", item("a_local_1", Environment::Staging)),
            ("environments/staging/LOCAL_1.yaml", item("LOCAL_1", Environment::Staging)),
            ("schemas/a.schema.json", None),
        ] {
            assert_eq!(place(path), expected, "{path}");
        }
        assert!(matches!(place("environments/staging/a b.yaml"), Some(Place::InvalidKey(..))));
    }
}
