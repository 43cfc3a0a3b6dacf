//! Real configuration files, read in place from the folder named by `TERRACE_FIXTURES`.

use std::path::{Path, PathBuf};

/// The fixtures' folder, for tests that are `#[ignore = "needs the fixtures"]`.
pub(crate) fn folder() -> PathBuf {
    let named = std::env::var_os("TERRACE_FIXTURES").expect("TERRACE_FIXTURES names the fixtures' folder");
    let folder = PathBuf::from(named);
    assert!(folder.is_dir(), "TERRACE_FIXTURES names no folder: {}", folder.display());
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

/// A test that needs what not every machine has is ignored, and says what it needs. Where the
/// fixtures are, as in CI, everything is there: every test runs, and one that lacks something fails.
#[test]
fn with_the_fixtures_no_test_is_ignored() {
    let ignores = !std::env::args().any(|argument| argument == "--include-ignored");
    let has_fixtures = std::env::var_os("TERRACE_FIXTURES").is_some();
    assert!(
        !(has_fixtures && ignores),
        "TERRACE_FIXTURES is set, so no test may be ignored: end the line with `-- --include-ignored`, \
         or say `tests/run`"
    );
}
