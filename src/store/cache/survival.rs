//! For the fuzz targets: whether a file of the cache comes back the same when it is written again.

use super::layout;
use super::{answer, blocked, judged, pasts};

/// Whether a file of the cache, whose checksums are made right, comes back the same when it is written
/// again; `None` when it is refused. The first byte says which file it is.
#[must_use]
pub fn cache_file_survives(bytes: &[u8]) -> Option<bool> {
    let (kind, body) = bytes.split_first()?;
    match kind % 5 {
        0 => layout::survives(body),
        1 => judged::survives(body),
        2 => pasts::survives(body),
        3 => blocked::survives(body),
        _ => answer::survives(body),
    }
}
