//! What libgit2 could not do, as an error of ours.

use git2::{ErrorClass, ErrorCode};

use crate::model::Error;

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
        _ => "`git fsck` tells whether the repository is sound",
    };
    Error::unreadable(format!("cannot {doing}: {}", error.message())).with_help(help)
}
