//! The journal: what a commit is about to do, written before the branch moves and removed last.
//!
//! It lies beside the index of the work tree it speaks of, and holds names only: the contents are
//! in git's objects by then.

use git2::Oid;
use serde::{Deserialize, Serialize};

use super::disk;
use super::failpoints::kill_point;
use super::paths::Paths;
use crate::model::{Error, Result};

/// One commit on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Journal {
    pub(super) version: u32,
    /// The full name of the branch.
    pub(super) branch: String,
    /// The commit that the branch moves to.
    #[serde(with = "hex")]
    pub(super) new: Oid,
    /// What follows in the work tree and the index; nothing when another branch moves.
    pub(super) files: Vec<BlobChange>,
}

/// One file: which blob gives way to which.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BlobChange {
    /// Relative to the git root.
    pub(super) path: String,
    #[serde(with = "maybe_hex")]
    pub(super) before: Option<Oid>,
    #[serde(with = "maybe_hex")]
    pub(super) after: Option<Oid>,
    /// Git's mode of the entry.
    pub(super) mode: u32,
}

impl BlobChange {
    /// The way back.
    pub(super) fn reversed(&self) -> Self {
        Self { before: self.after, after: self.before, ..self.clone() }
    }
}

/// The only version there is.
const VERSION: u32 = 1;

impl Journal {
    pub(super) fn new(branch: &str, new: Oid, files: Vec<BlobChange>) -> Self {
        Self { version: VERSION, branch: branch.to_owned(), new, files }
    }

    /// Writes it, whole or not at all.
    pub(super) fn write(&self, paths: &Paths) -> Result<()> {
        let text = serde_json::to_vec_pretty(self).map_err(|error| Error::internal(error.to_string()))?;
        let prepared = paths.own("journal-new");
        disk::write(&prepared, &text)?;
        kill_point("journal-prepared");
        disk::rename(&prepared, &paths.journal())?;
        kill_point("journal-written");
        Ok(())
    }

    /// What an interrupted run left.
    pub(super) fn read(paths: &Paths) -> Result<Option<Self>> {
        let path = paths.journal();
        let Some(bytes) = disk::read(&path)? else { return Ok(None) };
        let unreadable = |why: String| {
            Error::state(format!("{} cannot be read: {why}", path.display())).with_help(
                "a terrace that was interrupted left it; use the same version of terrace to finish, \
                 or compare `git status` and remove the file",
            )
        };
        let journal: Self = serde_json::from_slice(&bytes).map_err(|error| unreadable(error.to_string()))?;
        if journal.version != VERSION {
            return Err(unreadable(format!("its version is {}", journal.version)));
        }
        Ok(Some(journal))
    }

    /// The work is done, or dropped.
    pub(super) fn remove(paths: &Paths) -> Result<()> {
        let path = paths.journal();
        if disk::remove(&path)? {
            disk::flush_folder_of(&path)?;
        }
        kill_point("journal-removed");
        Ok(())
    }
}

/// An object id as people write it.
mod hex {
    use git2::Oid;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(id: &Oid, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(id)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Oid, D::Error> {
        Oid::from_str(&String::deserialize(from)?).map_err(Error::custom)
    }
}

/// An object id, or null where there is no object.
mod maybe_hex {
    use git2::Oid;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(id: &Option<Oid>, to: S) -> Result<S::Ok, S::Error> {
        id.map(|it| it.to_string()).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Oid>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|it| Oid::from_str(&it).map_err(Error::custom)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_survives_its_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let git_dir = folder.path().to_owned();
        let paths = Paths { common: git_dir.clone(), git_dir, root: None };
        paths.prepare().expect("folders");
        assert_eq!(Journal::read(&paths), Ok(None));
        let id = Oid::from_str("0123456789012345678901234567890123456789").expect("an id");
        let file =
            |before, after| BlobChange { path: "a/b \"c\".yaml".into(), before, after, mode: 0o100_644 };
        let journal = Journal::new("refs/heads/main", id, vec![file(Some(id), None), file(None, Some(id))]);
        journal.write(&paths).expect("written");
        assert_eq!(Journal::read(&paths), Ok(Some(journal)));
        std::fs::write(paths.journal(), "{").expect("written");
        assert!(Journal::read(&paths).is_err());
        Journal::remove(&paths).expect("removed");
        assert_eq!(Journal::read(&paths), Ok(None));
    }
}
