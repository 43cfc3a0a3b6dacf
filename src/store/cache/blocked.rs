//! Which states of an environment are known to be blocked: one small file for each configuration root
//! and environment, in the git folder.
//!
//! It spares a server that starts again from judging what it has judged. Which commit is served is
//! looked for on the branch all the same, so the file may be deleted at any time; it is believed when it
//! is whole, and of this very program.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::bytes::checksum;
use super::file::{read, replace_private};
use super::sealed::{self, open, seal};
use crate::model::Environment;
use crate::store::repository::Repository;
use crate::store::transaction;

/// What git calls the parts of a commit that an environment rests on: equal where all of it is the same.
pub type PartIds = Vec<Option<String>>;

/// What the file begins with; its number changes with the meaning of the rest.
const MAGIC: &[u8] = b"terrace blocked 1\n";

/// The file is never longer.
const LIMIT: usize = 4 << 20;

/// Where the blocked states of one environment are kept.
pub struct BlockedParts<'r> {
    repository: &'r Repository,
    name: String,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    /// The program that judged.
    sources: String,
    /// The configuration root.
    root: String,
    parts: BTreeSet<PartIds>,
}

impl<'r> BlockedParts<'r> {
    /// Those of an environment.
    #[must_use]
    pub fn of(repository: &'r Repository, environment: Environment) -> Self {
        let root = checksum(repository.root_prefix().as_bytes());
        Self { repository, name: format!("blocked-{root:016x}-{environment}") }
    }

    /// What the file says; nothing when there is no file to believe.
    #[must_use]
    pub fn load(&self) -> BTreeSet<PartIds> {
        let path = self.repository.git_dir().join("terrace").join(&self.name);
        let found = read(&path, LIMIT).and_then(|bytes| decode(&bytes));
        let is_ours = |stored: &Stored| {
            stored.sources == env!("TERRACE_SOURCES") && stored.root == self.repository.root_prefix()
        };
        found.filter(is_ours).map(|stored| stored.parts).unwrap_or_default()
    }

    /// Replaces the file, or leaves everything as it was.
    pub fn save(&self, parts: &BTreeSet<PartIds>) {
        let stored = Stored {
            sources: env!("TERRACE_SOURCES").to_owned(),
            root: self.repository.root_prefix().to_owned(),
            parts: parts.clone(),
        };
        let folder = self.repository.git().and_then(|git| transaction::own_folder(&git));
        if let (Ok(folder), Some(bytes)) = (folder, encode(&stored)) {
            replace_private(&folder, &self.name, &bytes);
        }
    }
}

/// The file's bytes; `None` when they are too many.
fn encode(stored: &Stored) -> Option<Vec<u8>> {
    seal(MAGIC, stored, LIMIT)
}

fn decode(bytes: &[u8]) -> Option<Stored> {
    open(MAGIC, bytes)
}

/// For the fuzz targets.
pub(super) fn survives(body: &[u8]) -> Option<bool> {
    sealed::survives::<Stored>(MAGIC, body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_is_never_believed() {
        let parts = BTreeSet::from([vec![None, Some("40000 1234".to_owned())]]);
        let stored = Stored { sources: "a".to_owned(), root: "b/".to_owned(), parts: parts.clone() };
        let bytes = encode(&stored).expect("not too long");
        assert_eq!(decode(&bytes).expect("whole").parts, parts);
        for at in 0..bytes.len() {
            assert!(decode(bytes.get(..at).expect("within")).is_none(), "cut at {at}");
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            assert!(decode(&damaged).is_none(), "byte {at}");
        }
    }
}
