//! The object database beside `git gc`, which packs objects anew and removes folders while others
//! read and write.

use std::time::Duration;

use git2::{Error, ErrorCode, Oid, Repository};

/// So often something is tried before it counts as failed.
const TRIES: u32 = 5;

/// Does something with objects, again where it fails while the objects are being packed.
pub(super) fn retry<T>(git: &Repository, mut attempt: impl FnMut() -> Result<T, Error>) -> Result<T, Error> {
    for turn in 1..TRIES {
        match attempt() {
            Ok(done) => return Ok(done),
            Err(_) => {
                git.odb()?.refresh()?;
                std::thread::sleep(Duration::from_millis(u64::from(turn)));
            }
        }
    }
    attempt()
}

/// Whether a commit is in this clone.
pub(super) fn is_here(git: &Repository, id: Oid) -> Result<bool, Error> {
    match git.find_commit(id) {
        Ok(_) => Ok(true),
        Err(error) if error.code() == ErrorCode::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::{TRIES, retry};
    use git2::{Error, Repository};

    #[test]
    fn what_fails_while_objects_are_packed_is_tried_again() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let git = Repository::init_bare(folder.path()).expect("a repository");
        for (fails, expected) in [(0, 1), (1, 2), (TRIES - 1, TRIES), (TRIES, TRIES)] {
            let mut turns = 0;
            let done = retry(&git, || {
                turns += 1;
                if turns <= fails { Err(Error::from_str("packed")) } else { Ok(()) }
            });
            assert_eq!((turns, done.is_ok()), (expected, fails < TRIES));
        }
    }
}
