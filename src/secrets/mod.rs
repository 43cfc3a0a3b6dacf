//! Which values are secrets in plain text, by their path or by their look, where they stand, and
//! what of them may be shown. Every door asks here.
//!
//! A value that refers to a secret, stands in for one, or only describes one is none.

use std::collections::HashMap;
use std::ops::Range;

pub mod encrypted;
mod looks;
pub mod mask;

pub use self::looks::{Secret, is_filled_in, looks_secret};
use self::looks::{by_look, folded, refers, stands_in};
use crate::model::{Policy, Segment, Value, ValuePath};
use crate::yaml::{Content, Document, NodeId, ProblemKind};

/// The secret that the value at `path` is or holds.
pub fn secret<'a>(policy: &Policy, path: &ValuePath, value: &'a Value) -> Option<Secret<'a>> {
    let (Value::String(text) | Value::Number(text)) = value else { return None };
    if policy.is_reference(text) {
        return None;
    }
    let by_look = value.as_str().and_then(|text| by_look(text).next());
    by_look.or_else(|| by_path(policy, path, value, text))
}

fn by_path<'a>(policy: &Policy, path: &ValuePath, value: &Value, text: &'a str) -> Option<Secret<'a>> {
    if !policy.is_secret(path) || stands_in(text) || refers(text) {
        return None;
    }
    let last = match path.last() {
        Some(Segment::Key(key)) => folded(key),
        _ => String::new(),
    };
    // Below a mapping called `secret` stand names and settings as well as secrets, and a schema
    // describes what is below `properties`.
    let inherited = path.parent().is_some_and(|parent| policy.is_secret(&parent));
    let in_schema = || path.segments.contains(&Segment::Key("properties".to_owned()));
    let describes = DESCRIBING.contains(&last.as_str()) || value.as_str().is_none() || in_schema();
    let only_names = last == "secret" && is_object_name(text);
    let is_none = only_names || (inherited && describes);
    (!is_none).then_some(Secret { what: "a secret", text })
}

/// Whether no message may show the value at `path`: a literal under a secrets path, or what looks
/// like a secret.
pub fn is_hidden(policy: &Policy, path: &ValuePath, value: &Value) -> bool {
    let text = value.scalar_text().unwrap_or_default();
    (policy.is_secret(path) && !policy.is_reference(text)) || secret(policy, path, value).is_some()
}

/// Whether a text reads like the name of an object: words joined by hyphens.
fn is_object_name(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let is_plain = |part: &&str| {
        let plain = part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        plain && (1..=20).contains(&part.len())
    };
    let words: Vec<_> = parts.iter().filter(|part| part.chars().all(|c| c.is_ascii_lowercase())).collect();
    // What has only the letters of hexadecimal digits may be anything.
    let is_speech = words.iter().any(|word| word.len() > 2 && word.chars().any(|c| c > 'f'));
    words.len() > 1 && is_speech && parts.iter().all(is_plain)
}

/// Keys below a secret mapping that say something about it.
const DESCRIBING: [&str; 26] = [
    "annotations",
    "apiversion",
    "backend",
    "defaultmode",
    "description",
    "existingsecret",
    "file",
    "filename",
    "id",
    "items",
    "key",
    "kind",
    "labels",
    "length",
    "mountpath",
    "name",
    "namespace",
    "path",
    "provider",
    "ref",
    "region",
    "secretname",
    "store",
    "type",
    "url",
    "version",
];

/// With more secrets by look in one scalar, all of it is masked.
const SOUGHT: usize = 16;

/// The bytes of a document that no report may show: every literal under a secrets path, and
/// whatever looks like a secret; in order, and no two of them overlap.
pub fn spans(document: &Document, policy: &Policy) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    document.walk(&mut |visit| {
        let text = scalar_text(visit.value);
        if text.is_empty() || policy.is_reference(text) {
            return;
        }
        if policy.is_secret(visit.path) {
            found.push(document.node(target(document, visit.node)).span.clone());
        } else {
            let secrets: Vec<_> = by_look(text).take(SOUGHT + 1).collect();
            match secrets.len() {
                0..=SOUGHT => {
                    found.extend(secrets.iter().flat_map(|secret| within(document, visit.node, secret.text)));
                }
                _ => found.push(document.node(target(document, visit.node)).span.clone()),
            }
        }
    });
    found.extend(overridden(document, policy));
    apart(found)
}

/// The values of secret duplicate keys: what a later one overrides is not visited.
fn overridden(document: &Document, policy: &Policy) -> Vec<Range<usize>> {
    let mut keys = Vec::new();
    for problem in document.problems().iter().filter(|problem| policy.is_secret(&problem.path)) {
        if let ProblemKind::DuplicateKey { first, .. } = &problem.kind {
            keys.extend([first.clone(), problem.span.clone()]);
        }
    }
    if keys.is_empty() {
        return keys;
    }
    let values = values_by_key(document);
    keys.iter().filter_map(|key| values.get(key).cloned()).collect()
}

/// The bytes of each entry's value, by the bytes of its key.
fn values_by_key(document: &Document) -> HashMap<Range<usize>, Range<usize>> {
    let mut values = HashMap::new();
    for (_, node) in document.nodes() {
        if let Content::Mapping { entries, .. } = &node.content {
            for entry in entries {
                let value = || document.node(entry.value).span.clone();
                values.entry(document.node(entry.key).span.clone()).or_insert_with(value);
            }
        }
    }
    values
}

/// The same bytes in order, those that overlap as one.
fn apart(mut spans: Vec<Range<usize>>) -> Vec<Range<usize>> {
    spans.retain(|span| !span.is_empty());
    spans.sort_unstable_by_key(|span| (span.start, span.end));
    spans.dedup_by(|next, last| {
        let overlaps = next.start < last.end;
        if overlaps {
            last.end = last.end.max(next.end);
        }
        overlaps
    });
    spans
}

/// The bytes to point at when `text` within the scalar `node` is meant: an alias as written.
pub fn written(document: &Document, node: NodeId, text: &str) -> Range<usize> {
    let own = document.node(node).span.clone();
    match document.node(node).content {
        Content::Alias { .. } => own,
        Content::Scalar { .. } | Content::Sequence { .. } | Content::Mapping { .. } => {
            within(document, node, text).into_iter().next().unwrap_or(own)
        }
    }
}

/// All bytes of `text` within the scalar `node` (or the one it is an alias of); the whole scalar
/// where the text is all of it, or is not written in one piece.
fn within(document: &Document, node: NodeId, text: &str) -> Vec<Range<usize>> {
    let node = document.node(target(document, node));
    let is_all = matches!(&node.content, Content::Scalar { text: all, .. } if all == text);
    let source = document.text().get(node.span.clone()).filter(|_| !is_all && !text.is_empty());
    let start = node.span.start;
    let found = source.into_iter().flat_map(|source| source.match_indices(text));
    let mut found: Vec<_> = found.map(|(at, _)| start + at..start + at + text.len()).collect();
    if found.is_empty() {
        found.push(node.span.clone());
    }
    found
}

fn scalar_text(value: &Value) -> &str {
    match value {
        Value::String(text) | Value::Number(text) => text,
        Value::Bool(true) => "true",
        Value::Bool(false) => "false",
        Value::Tagged(_, value) => scalar_text(value),
        Value::Null | Value::List(_) | Value::Map(_) => "",
    }
}

fn target(document: &Document, node: NodeId) -> NodeId {
    match document.node(node).content {
        Content::Alias { target } => target,
        Content::Scalar { .. } | Content::Sequence { .. } | Content::Mapping { .. } => node,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::Limits;

    #[test]
    fn spans_are_in_order_and_apart() {
        for (spans, expected) in [
            (vec![], vec![]),
            (vec![(5, 7), (1, 3)], vec![(1, 3), (5, 7)]),
            (vec![(1, 3), (3, 5)], vec![(1, 3), (3, 5)]),
            (vec![(2, 5), (1, 3), (4, 4)], vec![(1, 5)]),
            (vec![(1, 9), (2, 3), (4, 5), (8, 12)], vec![(1, 12)]),
            (vec![(1, 2), (1, 2)], vec![(1, 2)]),
        ] {
            let found = apart(spans.iter().map(|(start, end)| *start..*end).collect());
            let found: Vec<_> = found.into_iter().map(|span| (span.start, span.end)).collect();
            assert_eq!(found, expected, "{spans:?}");
        }
    }

    #[test]
    fn what_no_report_may_show_is_found_where_it_is_written() {
        for (text, expected) in [
            ("a: 1\n", vec![]),
            ("b: {token: x1, a: 1, secret: y2}\npassword: z3\n", vec!["x1", "y2", "z3"]),
            ("password: one\npassword: two\n", vec!["one", "two"]),
            ("x: &x one\npassword: *x\n", vec!["one"]),
            ("secret: {a: one}\nsecret: {b: two}\n", vec!["{a: one}", "{b: two}"]),
            ("url: a://u:hunter2@b/c://v:hunter3@d\n", vec!["hunter2", "hunter3"]),
            ("token: ${T}\n", vec![]),
        ] {
            let document = Document::parse(text.as_bytes(), &Limits::default()).expect(text);
            let found: Vec<_> =
                spans(&document, &Policy::default()).into_iter().map(|span| &text[span]).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
