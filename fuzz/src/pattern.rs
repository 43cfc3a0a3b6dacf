//! A path pattern, a line end, and a path that is held against it.

use terrace::model::{PathPattern, ValuePath};

/// Reads a pattern and a path.
pub fn pattern(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let (pattern, path) = text.split_once('\n').unwrap_or((text, "a.b"));
    let pattern: PathPattern = match pattern.parse() {
        Ok(pattern) => pattern,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return false;
        }
    };
    let path: ValuePath = match path.parse() {
        Ok(path) => path,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return false;
        }
    };
    let again: ValuePath = path.to_string().parse().expect("a written path is a path");
    assert_eq!(again, path);
    let again: PathPattern = pattern.to_string().parse().expect("a written pattern is a pattern");
    let covers = pattern.covers(&path);
    assert_eq!((again.covers(&path), again.covers_loosely(&path)), (covers, pattern.covers_loosely(&path)));
    assert!(!covers || pattern.covers_loosely(&path), "{pattern} covers {path}, but not loosely");
    let above = path.parent().is_some_and(|parent| pattern.covers(&parent));
    assert!(covers || !above, "{pattern} covers what is above {path}, but not {path}");
    true
}
