//! Three versions of a file: three texts with lines `%%%` between them, or one text of which two others
//! are made by an edit each, which the first bytes choose.

use std::collections::BTreeSet;

use terrace::diff::lists::NoListRules;
use terrace::merge::{Markers, Merged, TextMerge, Versions, merge as merge_versions};
use terrace::model::{Value, ValuePath};
use terrace::yaml::edit::apply;
use terrace::yaml::{Document, Limits};

use super::edit::{operation, paths};

/// Merges; whether all three were files that can be merged.
pub fn merge(bytes: &[u8]) -> bool {
    let Some([base, ours, theirs]) = texts(bytes) else { return false };
    let read = [&base, &ours, &theirs].map(|text| values(text));
    let [Some(_), Some(of_ours), Some(of_theirs)] = &read else {
        merged([&base, &ours, &theirs]);
        return false;
    };
    for (versions, expected) in [
        ([&base, &ours, &base], of_ours),
        ([&base, &base, &theirs], of_theirs),
        ([&base, &ours, &ours], of_ours),
    ] {
        if let Some(text) = merged(versions) {
            assert_eq!(values(&text).as_ref(), Some(expected), "one changed alone, or both the same");
        }
    }
    let Some(text) = merged([&base, &ours, &theirs]) else { return true };
    let result = values(&text);
    let result =
        result.unwrap_or_else(|| panic!("a merge without conflicts: {:?}", String::from_utf8_lossy(&text)));
    let known: BTreeSet<String> = read.iter().flatten().flat_map(|values| scalars(values)).collect();
    let invented: Vec<_> = scalars(&result).into_iter().filter(|scalar| !known.contains(scalar)).collect();
    assert!(invented.is_empty(), "nobody wrote {invented:?}");
    true
}

/// The text without conflicts, where lines had some.
fn merged([base, ours, theirs]: [&Vec<u8>; 3]) -> Option<Vec<u8>> {
    let versions = Versions { base, ours, theirs };
    let by_git = TextMerge { text: ours.clone(), clean: false, favored: None };
    let markers = Markers { size: 7, labels: ["base", "ours", "theirs"], with_base: true };
    match merge_versions(&versions, by_git, None, &markers, &NoListRules, &Limits::default()) {
        Merged::Clean(text) => Some(text),
        Merged::Conflict { conflicts, .. } => {
            assert!(!conflicts.is_empty(), "a conflict about nothing");
            None
        }
    }
}

/// The values of a text that can be merged by them.
fn values(text: &[u8]) -> Option<Vec<Value>> {
    let document = Document::parse(text, &Limits::default()).ok()?;
    let is_plain = document.problems().is_empty();
    is_plain.then(|| if document.roots().is_empty() { Vec::new() } else { document.values().to_vec() })
}

fn scalars(values: &[Value]) -> Vec<String> {
    let mut found = Vec::new();
    for value in values {
        value.walk(&ValuePath::root(), &mut |_, value| {
            if value.is_scalar() {
                found.push(format!("{value:?}"));
            }
        });
    }
    found
}

fn texts(bytes: &[u8]) -> Option<[Vec<u8>; 3]> {
    let parts: Vec<Vec<u8>> = split(bytes);
    if let Ok(three) = <[Vec<u8>; 3]>::try_from(parts) {
        return Some(three);
    }
    let [a, b, c, d, base @ ..] = bytes else { return None };
    let limits = Limits::default();
    let document = Document::parse(base, &limits).ok()?;
    let edited = |which: u8, what: u8| {
        let paths = paths(&document);
        let path = paths.get(usize::from(which) % paths.len())?.clone();
        let operation = operation(path, what, &document);
        apply(&document, &[operation], &limits).ok().map(String::into_bytes)
    };
    Some([base.to_vec(), edited(*a, *b)?, edited(*c, *d)?])
}

fn split(bytes: &[u8]) -> Vec<Vec<u8>> {
    let text = String::from_utf8_lossy(bytes);
    if !matches!(text, std::borrow::Cow::Borrowed(_)) {
        return Vec::new();
    }
    text.split("%%%\n").map(|part| part.as_bytes().to_vec()).collect()
}
