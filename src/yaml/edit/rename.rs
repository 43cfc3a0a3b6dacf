//! Keys called otherwise: the bytes of a key alone change.

use crate::model::{Segment, ValuePath};
use crate::yaml::{Document, Limits};

/// The document with each entry of a mapping under another key; `None` where a key is not written
/// there as one of its own (an alias, a merge, a tag), where it could not be read back, or where an
/// entry of that name is there already.
#[must_use]
pub fn rename_keys(document: &Document, renames: &[(&ValuePath, &str)], limits: &Limits) -> Option<Document> {
    let mut places = Vec::with_capacity(renames.len());
    for (path, key) in renames {
        let located = document.locate(path).filter(|located| !located.shared)?;
        let span = located.key?;
        let old = document.text().get(span.clone())?;
        if document.at(&path.parent()?.key(*key)).is_some() {
            return None;
        }
        places.push((span, written(key, old)?));
    }
    places.sort_by_key(|(span, _)| span.start);
    let mut text = String::with_capacity(document.text().len());
    let mut at = 0;
    for (span, key) in &places {
        text.push_str(document.text().get(at..span.start)?);
        text.push_str(key);
        at = span.end;
    }
    text.push_str(document.text().get(at..)?);
    let renamed = Document::parse(text.as_bytes(), limits).ok()?;
    let is_moved = |(path, key): &(&ValuePath, &str)| {
        let parent = path.parent();
        let new = parent.map(|parent| parent.key(*key));
        new.is_some_and(|new| renamed.at(&new) == document.at(path)) && renamed.at(path).is_none()
    };
    renames.iter().all(is_moved).then_some(renamed)
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
            ("x: &x {size: 1}\ny: *x\n", "y.size", "room", None),
            ("x: &x {size: 1}\ny: {<<: *x}\n", "y.size", "room", None),
            ("&k size: 1", "size", "room", Some("&k room: 1")),
        ] {
            let document = Document::parse(text.as_bytes(), &limits).expect(text);
            let path: ValuePath = path.parse().expect(path);
            let renamed = rename_keys(&document, &[(&path, key)], &limits);
            assert_eq!(renamed.as_ref().map(Document::text), expected, "{text}");
        }
    }
}
