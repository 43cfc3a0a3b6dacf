//! What a path that is being typed can become: one level of a document at a time.
//!
//! Only names are looked at. No value is ever part of a candidate, except the text by which the
//! elements of a list are told apart, and that only where it is no secret.

use crate::diff::lists::{NoListRules, identity, name_of};
use crate::model::{Segment, Value, ValuePath};
use crate::yaml::Document;

/// Something that the word at hand can become.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// The whole word.
    pub text: String,
    /// What it is, in a phrase.
    pub note: String,
    /// Whether more is to follow in the same word.
    pub goes_on: bool,
}

impl Candidate {
    /// A word that is complete.
    #[must_use]
    pub fn new(text: impl Into<String>, note: impl Into<String>) -> Self {
        Self { text: text.into(), note: note.into(), goes_on: false }
    }
}

/// The paths of a document that begin with `typed`, one level deep; `secret` says of which values
/// nothing may be shown.
#[must_use]
pub fn paths(
    document: &Document,
    typed: &str,
    secret: &dyn Fn(&ValuePath, &Value) -> bool,
) -> Vec<Candidate> {
    let mut found = Vec::new();
    for (number, value) in document.values().iter().enumerate() {
        below(value, &ValuePath::document(number), &Search { typed, secret }, &mut found);
    }
    found
}

struct Search<'a> {
    typed: &'a str,
    secret: &'a dyn Fn(&ValuePath, &Value) -> bool,
}

fn below(value: &Value, base: &ValuePath, search: &Search<'_>, found: &mut Vec<Candidate>) {
    for (path, child) in children(value, base, search.secret) {
        let text = path.to_string();
        let is_list = child.as_list().is_some_and(|list| list.iter().any(|element| !element.is_scalar()));
        let inner = !child.is_scalar() && !is_empty(child);
        if inner && search.typed.starts_with(&text) && search.typed.len() > text.len() {
            below(child, &path, search, found);
        }
        if !text.starts_with(search.typed) {
            continue;
        }
        // A list of scalars is one value; the elements of any other list are the next level.
        if is_list {
            found.push(Candidate::new(text, "list"));
            below(child, &path, search, found);
        } else if inner && child.as_list().is_none() {
            found.push(Candidate { text: text + ".", note: child.kind().to_owned(), goes_on: true });
        } else {
            found.push(Candidate::new(text, child.kind()));
        }
    }
}

fn is_empty(value: &Value) -> bool {
    value.as_list().is_some_and(|list| list.is_empty()) || value.as_map().is_some_and(|map| map.is_empty())
}

/// What lies directly below, each with its stable path.
fn children<'v>(
    value: &'v Value,
    base: &ValuePath,
    secret: &dyn Fn(&ValuePath, &Value) -> bool,
) -> Vec<(ValuePath, &'v Value)> {
    match value {
        Value::Map(map) => map.iter().map(|(key, child)| (base.key(key), child)).collect(),
        Value::List(list) => {
            let field = identity(&NoListRules, base, list, Default::default());
            let element = |(index, child): (usize, &'v Value)| {
                let by_place = base.join(Segment::Index(index));
                let is_open = |field: &&String| {
                    let value = child.untagged().as_map().and_then(|map| map.get(field.as_str()));
                    !secret(&by_place.key(field.as_str()), value.unwrap_or(&Value::Null))
                };
                let named = field.as_ref().filter(is_open);
                let named = named.and_then(|field| {
                    let value = name_of(child, field)?.to_owned();
                    Some(base.join(Segment::Identity { field: field.clone(), value }))
                });
                (named.unwrap_or(by_place), child)
            };
            list.iter().enumerate().map(element).collect()
        }
        Value::Tagged(_, inner) => children(inner, base, secret),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::Limits;

    const TEXT: &str = "database:\n  host: db.example.com\n  pool: {size: 10}\n  password: hunter2\n\"a.b\": {c: 1}\nempty: {}\nhosts: [one, two]\nservers:\n- {name: api, port: 80}\n- {name: web, port: 81}\ntokens:\n- {key: hunter3, for: ops}\n";

    #[test]
    fn a_word_grows_one_level_at_a_time() {
        let document = Document::parse(TEXT.as_bytes(), &Limits::default()).expect("yaml");
        let secret = |path: &ValuePath, _: &Value| path.to_string().starts_with("tokens");
        for (typed, expected) in [
            (
                "",
                &[
                    "database.",
                    "\"a.b\".",
                    "empty",
                    "hosts",
                    "servers",
                    "servers[name=api].",
                    "servers[name=web].",
                    "tokens",
                    "tokens[0].",
                ][..],
            ),
            ("data", &["database."]),
            ("database", &["database."]),
            ("database.", &["database.host", "database.pool.", "database.password"]),
            ("database.po", &["database.pool."]),
            ("database.pool.", &["database.pool.size"]),
            ("database.pool.size", &["database.pool.size"]),
            ("\"a.b\".", &["\"a.b\".c"]),
            ("hosts[", &["hosts[0]", "hosts[1]"]),
            ("servers[name=a", &["servers[name=api]."]),
            ("servers[name=web].", &["servers[name=web].name", "servers[name=web].port"]),
            ("tokens[", &["tokens[0]."]),
            ("nothing", &[]),
        ] {
            let found = paths(&document, typed, &secret);
            let shown: Vec<&str> = found.iter().map(|candidate| candidate.text.as_str()).collect();
            assert_eq!(shown, expected, "{typed:?}");
            assert!(!found.iter().any(|c| format!("{c:?}").contains("hunter")), "{found:?}");
        }
    }
}
