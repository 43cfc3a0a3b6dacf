//! Keys called otherwise: the bytes of a key alone change.

use std::collections::{BTreeMap, HashMap};

use super::plan::at_mut;
use crate::model::{Segment, Value, ValuePath};
use crate::yaml::{Document, Limits};

/// The document with each entry of a mapping under another key; `None` where a key is not written
/// there as one of its own (a merge, a tag), where it could not be read back, where an entry of that
/// name is there already, or where another path reads the key that is not to be renamed. Below an
/// alias the key is renamed where it is written.
#[must_use]
pub fn rename_keys(document: &Document, renames: &[(&ValuePath, &str)], limits: &Limits) -> Option<Document> {
    let mut places = Vec::with_capacity(renames.len());
    for (path, key) in renames {
        let span = document.locate(path)?.key?;
        let old = document.text().get(span.clone())?;
        if document.at(&path.parent()?.key(*key)).is_some() {
            return None;
        }
        places.push((span, written(key, old)?));
    }
    places.sort_by_key(|(span, _)| span.start);
    places.dedup();
    let mut text = String::with_capacity(document.text().len());
    let mut at = 0;
    for (span, key) in &places {
        text.push_str(document.text().get(at..span.start)?);
        text.push_str(key);
        at = span.end;
    }
    text.push_str(document.text().get(at..)?);
    let renamed = Document::parse(text.as_bytes(), limits).ok()?;
    let mut keys: BTreeMap<ValuePath, HashMap<&str, &str>> = BTreeMap::new();
    for (path, key) in renames {
        keys.entry(document.by_position(&path.parent()?)?).or_default().insert(last_key(path)?, key);
    }
    let mut wanted = document.values().to_vec();
    // What is within an entry goes before it, while it is still called so.
    for (parent, keys) in keys.iter().rev() {
        let Value::Map(map) = untagged_at(&mut wanted, parent)? else { return None };
        let renamed = |(old, value): (String, Value)| match keys.get(old.as_str()) {
            Some(new) => ((*new).to_owned(), value),
            None => (old, value),
        };
        *map = std::mem::take(map).into_iter().map(renamed).collect();
    }
    (renamed.values() == wanted).then_some(renamed)
}

fn untagged_at<'v>(values: &'v mut [Value], path: &ValuePath) -> Option<&'v mut Value> {
    let mut value = at_mut(values, path)?;
    while let Value::Tagged(_, inner) = value {
        value = inner;
    }
    Some(value)
}

/// A key as it is written in the place of an old one, in its quotes.
fn written(key: &str, old: &str) -> Option<String> {
    let is_plain = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && key.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c));
    match old.chars().next()? {
        '\'' => Some(format!("'{}'", key.replace('\'', "''"))).filter(|_| !key.contains(char::is_control)),
        '"' => serde_json::to_string(key).ok(),
        '&' | '!' | '*' | '?' => None,
        _ if is_plain => Some(key.to_owned()),
        _ => serde_json::to_string(key).ok(),
    }
}

/// The key that a path ends in.
#[must_use]
pub fn last_key(path: &ValuePath) -> Option<&str> {
    match path.last()? {
        Segment::Key(key) => Some(key),
        Segment::Identity { .. } | Segment::Index(_) | Segment::Append => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_bytes_of_keys_change() {
        let limits = Limits::default();
        for (text, path, key, expected) in [
            ("a: 1\nsize: 40  # ours\n", "size", "capacity", Some("a: 1\ncapacity: 40  # ours\n")),
            ("m: {size: 1, x: 2}", "m.size", "room", Some("m: {room: 1, x: 2}")),
            ("'size': 1", "size", "it's", Some("'it''s': 1")),
            ("\"size\": 1", "size", "a b", Some("\"a b\": 1")),
            ("size: 1", "size", "a: b", Some("\"a: b\": 1")),
            ("size: 1", "size", "yes", Some("yes: 1")),
            ("size: 1", "size", "12", Some("\"12\": 1")),
            ("size: 1\nroom: 2", "size", "room", None),
            // Who reads a key elsewhere has it renamed as well, or nobody has.
            ("x: &x {size: 1}\ny: *x\n", "y.size", "room", None),
            ("x: &x {size: 1}\ny: *x\n", "x.size", "room", None),
            ("x: &x {size: 1}\ny: {<<: *x}\n", "y.size", "room", None),
            ("size: &x 1\ny: *x\n", "size", "room", Some("room: &x 1\ny: *x\n")),
            ("&k size: 1", "size", "room", Some("&k room: 1")),
        ] {
            let document = Document::parse(text.as_bytes(), &limits).expect(text);
            let path: ValuePath = path.parse().expect(path);
            let renamed = rename_keys(&document, &[(&path, key)], &limits);
            assert_eq!(renamed.as_ref().map(Document::text), expected, "{text}");
        }
    }

    #[test]
    fn keys_within_one_another_are_renamed_at_once() {
        let (text, limits) = ("p:\n  m: {a: 1}  # ours\n", Limits::default());
        let document = Document::parse(text.as_bytes(), &limits).expect(text);
        let paths = ["p", "p.m", "p.m.a"].map(|path| path.parse::<ValuePath>().expect(path));
        let renames: Vec<(&ValuePath, &str)> = paths.iter().zip(["q", "o", "b"]).collect();
        let renamed = rename_keys(&document, &renames, &limits).expect("renamed");
        assert_eq!(renamed.text(), "q:\n  o: {b: 1}  # ours\n");
    }

    #[test]
    fn a_key_that_several_paths_read_is_renamed_once_for_all() {
        let limits = Limits::default();
        for (text, paths, expected) in [
            (
                "x: &x\n  size: 1  # ours\n  w: 1\ny: *x\nz:\n  <<: *x\n",
                &["x.size", "y.size", "z.size"][..],
                Some("x: &x\n  room: 1  # ours\n  w: 1\ny: *x\nz:\n  <<: *x\n"),
            ),
            ("x: &x {size: 1}\ny: *x\nz: {<<: *x, size: 2}\n", &["x.size", "y.size"], None),
        ] {
            let document = Document::parse(text.as_bytes(), &limits).expect(text);
            let paths: Vec<ValuePath> = paths.iter().map(|path| path.parse().expect("a path")).collect();
            let renames: Vec<(&ValuePath, &str)> = paths.iter().map(|path| (path, "room")).collect();
            let renamed = rename_keys(&document, &renames, &limits);
            assert_eq!(renamed.as_ref().map(Document::text), expected, "{text}");
        }
    }
}
