//! Real configuration files, read in place from the folder named by `TERRACE_FIXTURES`.

use std::path::{Path, PathBuf};

/// The fixtures' folder; without it the caller says that it is skipped and returns.
pub(crate) fn folder(test: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("TERRACE_FIXTURES").map(PathBuf::from).filter(|path| path.is_dir());
    if folder.is_none() {
        println!("skipped {test}: TERRACE_FIXTURES names no folder");
    }
    folder
}

/// All files below `folder`, sorted.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            found.extend(files(&entry));
        } else {
            found.push(entry);
        }
    }
    found.sort();
    found
}
