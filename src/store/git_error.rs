//! What libgit2 could not do, as an error of ours.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::Path;

use git2::{ErrorClass, ErrorCode};

use crate::model::{Error, Result};

/// That `doing` something failed.
pub(super) fn git_error(doing: &str, error: &git2::Error) -> Error {
    let is_object = matches!(error.class(), ErrorClass::Odb | ErrorClass::Zlib | ErrorClass::Object);
    let help = match error.code() {
        ErrorCode::NotFound if is_object => {
            "the object is not in this clone; if it is a partial one, \
             `git fetch --refetch --no-filter` completes it"
        }
        _ if is_object => {
            "`git fsck` tells whether the repository is sound; `git fetch --refetch` brings its objects again"
        }
        _ if error.class() == ErrorClass::Os => {
            "make room on the disk, where it is full, and see that what lies in the git folder may be read and written"
        }
        _ => "`git fsck` tells whether the repository is sound",
    };
    Error::unreadable(format!("cannot {doing}: {}", error.message())).with_help(help)
}

/// That a file of git's can be read where it is there: libgit2 takes one that it may not look at for
/// absent, and says of one that it may not open that it is gone.
pub(super) fn require_readable(file: &Path) -> Result<()> {
    let looked_at = fs::metadata(file).and_then(|_| File::open(file));
    match looked_at.and_then(|mut file| file.read(&mut [0])) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::io("read", file, &error)),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Git reads no repository of another user, whose configuration it would obey, unless it is named as
/// safe.
pub(super) fn not_owned(repository: &Path) -> Error {
    let path = repository.display().to_string();
    let quoted = if path.chars().all(|c| c.is_ascii_alphanumeric() || "/._-+@%".contains(c)) {
        path.clone()
    } else {
        format!("'{}'", path.replace('\'', "'\\''"))
    };
    Error::state(format!("{path} belongs to another user"))
        .with_help(format!("if you trust it: git config --global --add safe.directory {quoted}"))
}
