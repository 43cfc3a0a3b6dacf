//! Reading files of the working tree, which may be larger than any that is judged.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use crate::model::policy;

/// The bytes of a file of the working tree: of one that is larger than any may be, no more than show that.
///
/// # Errors
/// Those of the file system.
pub fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let most = u64::try_from(policy::MOST_BYTES + 1).unwrap_or(u64::MAX);
    let size = usize::try_from(file.metadata()?.len().min(most)).unwrap_or_default();
    // The byte that shows where the file ends.
    let mut bytes = Vec::with_capacity(size + 1);
    file.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}
