//! What libgit2 could not do, as an error of ours.

use git2::{ErrorClass, ErrorCode};

use crate::model::Error;

/// That `doing` something failed.
pub(super) fn git_error(doing: &str, error: &git2::Error) -> Error {
    let is_lacking = error.class() == ErrorClass::Odb && error.code() == ErrorCode::NotFound;
    Error::unreadable(format!("cannot {doing}: {}", error.message())).with_help(if is_lacking {
        "the object is not in this clone; if it is a partial one, \
         `git fetch --refetch --no-filter` completes it"
    } else {
        "`git fsck` tells whether the repository is sound"
    })
}
