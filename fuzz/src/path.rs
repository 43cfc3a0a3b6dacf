//! A path and a JSON pointer, and what they find in a document.

use terrace::model::{Pointer, Segment, ValuePath};
use terrace::yaml::{Document, Limits};

const DOCUMENT: &[u8] =
    b"a: {b: [1, {name: x, v: 2}], '': 3, '~/': 4}\n\"c.d\": e\nservers:\n- {name: api, port: 80}\n- {name: 'a]b', port: 81}\n";

/// Reads a text as a path and as a pointer; each survives being written.
pub fn path(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let document = Document::parse(DOCUMENT, &Limits::default()).expect("YAML");
    if let Some(pointer) = Pointer::parse(text) {
        assert_eq!(pointer.to_string(), text);
        let of_tokens = pointer.tokens().iter().cloned().map(Segment::Key).collect::<Vec<_>>();
        let path: ValuePath = text.parse().expect("a pointer is a path");
        assert_eq!(path.segments, of_tokens);
        let resolved = document.resolve(&path);
        if document.at(&resolved).is_some() {
            assert_eq!(document.at(&document.resolve(&resolved)), document.at(&resolved));
        }
    }
    let path = match text.parse::<ValuePath>() {
        Ok(path) => path,
        Err(error) => {
            assert!(error.column >= 1 && error.column <= text.chars().count() + 1, "{error}");
            return false;
        }
    };
    let written = path.to_string();
    let again: ValuePath = written.parse().unwrap_or_else(|error| panic!("{written:?} of {text:?}: {error}"));
    assert_eq!(again, path, "{written:?}");
    assert!(
        path.covers(&path)
            && path.parent().is_none_or(|parent| parent.covers(&path) && !path.covers(&parent))
    );
    let resolved = document.resolve(&path);
    if let Some(found) = document.at(&resolved) {
        let pointer = document.pointer(&resolved).to_string();
        let by_pointer: ValuePath = pointer.parse().expect("a pointer is a path");
        assert_eq!(document.at(&document.resolve(&by_pointer)), Some(found), "{pointer:?} of {written:?}");
        assert!(document.locate(&resolved).is_some(), "{written:?} is not located");
    }
    true
}
