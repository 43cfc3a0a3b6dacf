//! What was made of one commit, as a whole: one small file for each purpose and configuration root, in the
//! git folder.
//!
//! It holds what may be shown, never a secret in clear, and is its owner's alone. It is believed when it is
//! whole, was made by this very program, and in a clone that ends at the same place; of which commit it
//! was made it says. It may be deleted at any time; when it cannot be read or written, the commit is judged again.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::bytes::checksum;
use super::file::{boundary, read, replace_private};
use super::sealed::{self, open, seal};
use crate::model::CommitId;
use crate::store::repository::Repository;
use crate::store::transaction;

/// What a file begins with; its number changes with the meaning of the rest.
const MAGIC: &[u8] = b"terrace answer 1\n";

/// A file is never longer.
const LIMIT: usize = 64 << 20;

/// What was made of one commit, for one purpose.
pub struct RememberedAnswer<'r> {
    repository: &'r Repository,
    name: String,
    of: MadeOf,
}

/// All that an answer rests on.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct MadeOf {
    /// The program that judged.
    sources: String,
    /// The configuration root.
    root: String,
    /// Where a shallow clone ends.
    boundary: u64,
    commit: String,
}

impl Repository {
    /// What is remembered for a purpose, to be compared with a commit; of one commit at a time. `None` where it cannot be told
    /// at which commits this clone ends.
    #[must_use]
    pub fn answer(&self, purpose: &str, commit: &CommitId) -> Option<RememberedAnswer<'_>> {
        let root = checksum(self.root_prefix().as_bytes());
        let of = MadeOf {
            sources: env!("TERRACE_SOURCES").to_owned(),
            root: self.root_prefix().to_owned(),
            boundary: boundary(self)?,
            commit: commit.as_str().to_owned(),
        };
        Some(RememberedAnswer { repository: self, name: format!("{purpose}-{root:016x}"), of })
    }
}

impl RememberedAnswer<'_> {
    /// The answer, and of which commit it was made; `None` when there is none to believe.
    #[must_use]
    pub fn recall<T: DeserializeOwned>(&self) -> Option<(CommitId, T)> {
        let path = self.repository.git_dir().join("terrace").join(&self.name);
        let body = read(&path, LIMIT)?;
        decode(&body, &self.of)
    }

    /// Replaces the file, or leaves everything as it was.
    pub fn remember<T: Serialize>(&self, answer: &T) {
        let folder = self.repository.git().and_then(|git| transaction::own_folder(&git));
        if let (Ok(folder), Some(bytes)) = (folder, seal(MAGIC, &(&self.of, answer), LIMIT)) {
            replace_private(&folder, &self.name, &bytes);
        }
    }
}

fn decode<T: DeserializeOwned>(bytes: &[u8], of: &MadeOf) -> Option<(CommitId, T)> {
    let (known, answer): (MadeOf, T) = open(MAGIC, bytes)?;
    let commit = CommitId::new(known.commit.clone());
    (MadeOf { commit: of.commit.clone(), ..known } == *of).then_some((commit, answer))
}

/// For the fuzz targets.
pub(super) fn survives(body: &[u8]) -> Option<bool> {
    sealed::survives::<(MadeOf, Vec<String>)>(MAGIC, body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made_of(commit: &str) -> MadeOf {
        let [sources, root] = ["sources", "a/b/"].map(str::to_owned);
        MadeOf { sources, root, boundary: 7, commit: commit.to_owned() }
    }

    #[test]
    fn an_answer_of_something_else_or_a_damaged_one_is_never_believed() {
        let answer = vec!["one".to_owned(), "two".to_owned()];
        let bytes = seal(MAGIC, &(made_of("1"), &answer), LIMIT).expect("not too long");
        let known = |bytes: &[u8], of: MadeOf| decode::<Vec<String>>(bytes, &of);
        for commit in ["1", "2"] {
            let of = CommitId::new("1".to_owned());
            assert_eq!(known(&bytes, made_of(commit)), Some((of, answer.clone())), "at {commit}");
        }
        for of in [
            MadeOf { boundary: 8, ..made_of("1") },
            MadeOf { root: String::new(), ..made_of("1") },
            MadeOf { sources: String::new(), ..made_of("1") },
        ] {
            assert_eq!(known(&bytes, of), None);
        }
        for at in 0..bytes.len() {
            assert_eq!(known(bytes.get(..at).expect("within"), made_of("1")), None, "cut at {at}");
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            assert_eq!(known(&damaged, made_of("1")), None, "byte {at}");
        }
    }
}
