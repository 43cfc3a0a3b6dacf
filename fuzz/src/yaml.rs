//! One YAML file: where its parts stand, and the same values by every way in which they are read.

use std::ops::Range;

use terrace::model::ValuePath;
use terrace::yaml::{Document, Limits, VersionReader, reads_differently, render};

/// Reads a file in each of the ways that there are.
pub fn yaml(bytes: &[u8]) -> bool {
    let limits = Limits::default();
    let quick = VersionReader::new(limits).read(bytes).map(|values| values.values().to_vec());
    let document = match Document::parse(bytes, &limits) {
        Ok(document) => document,
        Err(rejection) => {
            assert!(!rejection.message.is_empty());
            assert_eq!(quick, None, "refused, and read all the same");
            return false;
        }
    };
    assert_eq!(quick.as_deref(), Some(document.values()), "versions of a file are read as others");
    places(&document);
    for problem in document.problems() {
        within(document.text(), &problem.span);
    }
    for (number, value) in document.values().iter().enumerate() {
        let root = ValuePath::document(number);
        value.walk(&root, &mut |_, value| {
            let _ = reads_differently(value.scalar_text().unwrap_or_default());
        });
        // A key that its escapes make longer than YAML's readers look ahead is refused where it is written.
        let mut is_long = false;
        value.walk(&root, &mut |path, _| {
            let key = path.last().map_or(0, |step| format!("{step:?}").len());
            is_long |= key > 900;
        });
        if is_long {
            continue;
        }
        for text in [render::block(value, 0), format!("a: {}\n", render::flow(value))] {
            let read = Document::parse(text.as_bytes(), &limits);
            let Ok(read) = read else { panic!("{text:?} is not read: {:?}", read.err()) };
            let again = if text.starts_with("a: ") {
                read.value().as_map().and_then(|map| map.get("a"))
            } else {
                Some(read.value())
            };
            assert!(
                again == Some(value) || read.value() == value,
                "{text:?} is another value: {again:?}, not {value:?}"
            );
        }
    }
    true
}

/// Everything stands within the text, and is found again by its path.
fn places(document: &Document) {
    let text = document.text();
    for (_, node) in document.nodes() {
        within(text, &node.span);
        within(text, &node.outer);
        assert!(node.outer.start <= node.span.start && node.span.end <= node.outer.end, "{node:?}");
    }
    for comment in document.comments() {
        within(text, comment);
        assert!(text[comment.clone()].starts_with('#'), "{:?}", &text[comment.clone()]);
    }
    document.walk(&mut |visit| {
        if let Some(located) = document.locate(visit.path) {
            within(text, &located.token());
            let start = document.location(&located.token()).start;
            assert!(start.line >= 1 && start.column >= 1);
        }
        assert!(document.at(visit.path).is_none_or(|value| value == visit.value), "{}", visit.path);
    });
}

fn within(text: &str, span: &Range<usize>) {
    assert!(text.get(span.clone()).is_some(), "{span:?} is no part of {text:?}");
}
