//! The object database beside `git gc`, which packs objects anew and removes folders while others
//! read and write.

use std::time::Duration;

use git2::{Error, Repository};

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
