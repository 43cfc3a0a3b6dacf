//! What a verb decides to commit, and when two decisions are the same.

use super::Change;
use crate::model::{CommitId, Result};

/// What was decided: the change, and what the caller wants to keep of the decision.
pub type Decided<T> = Option<(Change, T)>;

/// Decides on a commit; `None` means that there is nothing to do.
pub(super) type Decide<'d, T> = dyn FnMut(Option<&CommitId>) -> Result<Decided<T>> + 'd;

/// What a change would write, by path and content: two with the same are the same change.
pub(super) type Fingerprint = Vec<(String, Option<Vec<u8>>)>;

pub(super) fn fingerprint(change: &Change) -> Fingerprint {
    let mut files: Fingerprint =
        change.files.iter().map(|file| (file.path.clone(), file.after.clone())).collect();
    files.sort();
    files
}
