//! What a schema accepts after a change and refused before, constraint by constraint.
//!
//! It is read from the two texts and errs on the side of telling: a keyword that cannot be compared,
//! such as a pattern, is told when it changes.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use super::names::token;

/// A constraint that is looser than it was, or may be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Loosened {
    /// The subschema it belongs to, as a JSON Pointer (RFC 6901).
    pub pointer: String,
    /// The keyword; empty for a subschema as a whole.
    pub keyword: String,
    /// What happened to it.
    pub how: Loosening,
}

/// What happened to a constraint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Loosening {
    /// It is gone.
    Gone,
    /// It allows more.
    Looser,
    /// It is another one, and may allow more.
    Changed,
}

/// Keywords by which a greater number allows more.
const AT_MOST: [&str; 6] =
    ["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains"];

/// Keywords by which a smaller number allows more.
const AT_LEAST: [&str; 6] =
    ["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains"];

/// Keywords that hold one subschema and constrain by it.
const ONE: [&str; 9] = [
    "additionalProperties",
    "unevaluatedProperties",
    "items",
    "additionalItems",
    "unevaluatedItems",
    "contains",
    "propertyNames",
    "contentSchema",
    "then",
];

/// Keywords that hold subschemas by name.
const BY_NAME: [&str; 5] = ["properties", "patternProperties", "dependentSchemas", "$defs", "definitions"];

/// Keywords that hold values, which look like schemas by chance alone.
const VALUES: [&str; 3] = ["default", "example", "examples"];

/// Keywords of which any other text may allow more.
const COMPARED_WHOLE: [&str; 13] = [
    "const",
    "multipleOf",
    "pattern",
    "format",
    "not",
    "if",
    "else",
    "dependentRequired",
    "dependencies",
    "$ref",
    "$dynamicRef",
    "$recursiveRef",
    "$schema",
];

/// The constraints of `before` that `after` has loosened, in the order of the document.
#[must_use]
pub fn loosened(before: &Json, after: &Json) -> Vec<Loosened> {
    let mut out = Vec::new();
    compare("", before, after, &mut out);
    out
}

fn compare(at: &str, before: &Json, after: &Json, out: &mut Vec<Loosened>) {
    if before == after {
        return;
    }
    match (before, after) {
        (Json::Bool(false), _) => out.push(told(at, "", Loosening::Looser)),
        (Json::Object(before), Json::Object(after)) => compare_keywords(at, before, after, out),
        (Json::Object(before), Json::Bool(true)) => compare_keywords(at, before, &Map::new(), out),
        // What accepts nothing is no looser, and what accepts all cannot be loosened.
        _ => {}
    }
}

fn told(at: &str, keyword: &str, how: Loosening) -> Loosened {
    Loosened { pointer: at.to_owned(), keyword: keyword.to_owned(), how }
}

fn compare_keywords(
    at: &str,
    before: &Map<String, Json>,
    after: &Map<String, Json>,
    out: &mut Vec<Loosened>,
) {
    for (keyword, old) in before {
        let new = after.get(keyword);
        let below = format!("{at}/{}", token(keyword));
        let word = keyword.as_str();
        if BY_NAME.contains(&word) {
            by_name(&below, old, new, out);
        } else if ONE.contains(&word) {
            compare(&below, old, new.unwrap_or(&Json::Bool(true)), out);
        } else if matches!(word, "allOf" | "anyOf" | "oneOf" | "prefixItems") {
            in_order((at, word), old, new, out);
        } else if let Some(how) = how(word, old, new) {
            out.push(told(at, word, how));
        } else if !VALUES.contains(&word)
            && let (Json::Object(_), Some(new)) = (old, new)
        {
            // No keyword: schemas may be kept there, for others to refer to.
            compare(&below, old, new, out);
        }
    }
    named_anew(at, before, after, out);
}

/// What gets a subschema of its own, and was accepted or refused with all that has none before.
fn named_anew(at: &str, before: &Map<String, Json>, after: &Map<String, Json>, out: &mut Vec<Loosened>) {
    if let Some(others) = before.get("additionalProperties").or_else(|| before.get("unevaluatedProperties")) {
        for keyword in ["properties", "patternProperties"] {
            let old = before.get(keyword).and_then(Json::as_object);
            for (name, new) in after.get(keyword).and_then(Json::as_object).into_iter().flatten() {
                if !old.is_some_and(|old| old.contains_key(name)) {
                    compare(&format!("{at}/{keyword}/{}", token(name)), others, new, out);
                }
            }
        }
    }
    if let Some(others) = before.get("items") {
        let known = before.get("prefixItems").map_or(0, |old| list(old).len());
        let new = after.get("prefixItems").map(list).unwrap_or_default();
        for (number, new) in new.iter().enumerate().skip(known) {
            compare(&format!("{at}/prefixItems/{number}"), others, new, out);
        }
    }
}

/// What happened to a keyword that holds no subschema, if it allows more.
fn how(keyword: &str, old: &Json, new: Option<&Json>) -> Option<Loosening> {
    if keyword == "x-terrace" {
        // How elements of lists are told apart.
        let of = |json: &Json| json.get("listKey").cloned();
        return of(old).filter(|old| new.and_then(of).as_ref() != Some(old)).map(|_| Loosening::Changed);
    }
    let is_constraint = AT_MOST.contains(&keyword)
        || AT_LEAST.contains(&keyword)
        || COMPARED_WHOLE.contains(&keyword)
        || matches!(keyword, "type" | "enum" | "required" | "uniqueItems");
    if !is_constraint || Some(old) == new {
        return None;
    }
    if keyword == "uniqueItems" {
        let is_unique = |json: &Json| *json == Json::Bool(true);
        return (is_unique(old) && !new.is_some_and(is_unique)).then_some(Loosening::Gone);
    }
    let Some(new) = new else { return Some(Loosening::Gone) };
    let is_looser = match keyword {
        "type" => types(new).iter().any(|new| !types(old).iter().any(|old| includes(old, new))),
        "enum" => !list(new).iter().all(|value| list(old).contains(value)),
        "required" => !list(old).iter().all(|key| list(new).contains(key)),
        _ if AT_MOST.contains(&keyword) => new.as_f64() > old.as_f64(),
        _ if AT_LEAST.contains(&keyword) => new.as_f64() < old.as_f64(),
        _ => return Some(Loosening::Changed),
    };
    is_looser.then_some(Loosening::Looser)
}

fn by_name(at: &str, old: &Json, new: Option<&Json>, out: &mut Vec<Loosened>) {
    let Some(old) = old.as_object() else { return };
    // A definition that is gone is no constraint; who referred to it says so.
    let is_definition = at.ends_with("/$defs") || at.ends_with("/definitions");
    for (name, before) in old {
        let after = new.and_then(|new| new.get(name));
        if after.is_none() && is_definition {
            continue;
        }
        compare(&format!("{at}/{}", token(name)), before, after.unwrap_or(&Json::Bool(true)), out);
    }
}

/// Subschemas by position. One more of `anyOf` or `oneOf`, and one less of the others, allows more.
fn in_order((at, keyword): (&str, &str), old: &Json, new: Option<&Json>, out: &mut Vec<Loosened>) {
    let Some(new) = new else {
        out.push(told(at, keyword, Loosening::Gone));
        return;
    };
    let (old, new) = (list(old), list(new));
    let is_choice = matches!(keyword, "anyOf" | "oneOf");
    if old.len() == new.len() {
        for (number, (before, after)) in old.iter().zip(new).enumerate() {
            compare(&format!("{at}/{keyword}/{number}"), before, after, out);
        }
        // In a choice of one, a stricter alternative makes room for another.
        if keyword == "oneOf" && old != new {
            out.push(told(at, keyword, Loosening::Changed));
        }
        return;
    }
    let (some, all) = if is_choice { (new, old) } else { (old, new) };
    if keyword == "oneOf" || !some.iter().all(|schema| all.contains(schema)) {
        out.push(told(at, keyword, Loosening::Changed));
    }
}

fn list(json: &Json) -> &[Json] {
    json.as_array().map_or(&[], Vec::as_slice)
}

fn types(json: &Json) -> BTreeSet<&str> {
    match json {
        Json::String(name) => BTreeSet::from([name.as_str()]),
        _ => list(json).iter().filter_map(Json::as_str).collect(),
    }
}

/// Whether all values of a type are of another.
fn includes(wide: &str, narrow: &str) -> bool {
    wide == narrow || (wide, narrow) == ("number", "integer")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_allows_more_is_told_and_what_allows_less_is_not() {
        for (before, after, expected) in [
            (json!({"maximum": 10}), json!({"maximum": 11}), " maximum Looser"),
            (json!({"maximum": 10}), json!({"maximum": 9}), ""),
            (json!({"maximum": 10}), json!({}), " maximum Gone"),
            (json!({"minLength": 2}), json!({"minLength": 1}), " minLength Looser"),
            (json!({"minimum": 2}), json!({"minimum": 3}), ""),
            (json!({"type": "integer"}), json!({"type": "number"}), " type Looser"),
            (json!({"type": "number"}), json!({"type": "integer"}), ""),
            (json!({"type": ["string", "null"]}), json!({"type": "string"}), ""),
            (json!({"enum": [1, 2]}), json!({"enum": [1, 2, 3]}), " enum Looser"),
            (json!({"enum": [1, 2]}), json!({"enum": [2]}), ""),
            (json!({"required": ["a", "b"]}), json!({"required": ["a"]}), " required Looser"),
            (json!({"required": ["a"]}), json!({"required": ["b", "a"]}), ""),
            (json!({"pattern": "^a"}), json!({"pattern": "^b"}), " pattern Changed"),
            (json!({"uniqueItems": true}), json!({"uniqueItems": false}), " uniqueItems Gone"),
            (json!({"uniqueItems": false}), json!({}), ""),
            (json!({"additionalProperties": false}), json!({}), "/additionalProperties  Looser"),
            (
                json!({"properties": {"a/b": {"type": "string"}}}),
                json!({"properties": {}}),
                "/properties/a~1b type Gone",
            ),
            (json!({"properties": {"a": {"title": "x"}}}), json!({}), ""),
            (
                json!({"additionalProperties": false}),
                json!({"additionalProperties": false, "properties": {"a": {"type": "string"}}}),
                "/properties/a  Looser",
            ),
            (
                json!({"additionalProperties": {"type": "string"}}),
                json!({"additionalProperties": {"type": "string"}, "patternProperties": {"^x": {"type": "integer"}}}),
                "/patternProperties/^x type Looser",
            ),
            (
                json!({"additionalProperties": false, "properties": {"a": true}}),
                json!({"additionalProperties": false, "properties": {"a": true, "b": false}}),
                "",
            ),
            (json!({"properties": {}}), json!({"properties": {"a": {"type": "string"}}}), ""),
            (
                json!({"types": {"x": {"maximum": 9}}}),
                json!({"types": {"x": {"maximum": 99}}}),
                "/types/x maximum Looser",
            ),
            (json!({"default": {"maximum": 9}}), json!({"default": {"maximum": 99}}), ""),
            (
                json!({"x-terrace": {"listKey": "id"}}),
                json!({"x-terrace": {"listKey": "name"}}),
                " x-terrace Changed",
            ),
            (
                json!({"prefixItems": [true], "items": false}),
                json!({"prefixItems": [true, {"type": "string"}], "items": false}),
                "/prefixItems/1  Looser",
            ),
            (json!({"items": {"maximum": 1}}), json!({"items": true}), "/items maximum Gone"),
            (json!({"$defs": {"n": {"maximum": 1}}}), json!({}), ""),
            (
                json!({"$defs": {"n": {"maximum": 1}}}),
                json!({"$defs": {"n": {"maximum": 2}}}),
                "/$defs/n maximum Looser",
            ),
            (
                json!({"anyOf": [{"type": "string"}]}),
                json!({"anyOf": [{}, {"type": "string"}]}),
                " anyOf Changed",
            ),
            (json!({"anyOf": [{}, {"type": "string"}]}), json!({"anyOf": [{"type": "string"}]}), ""),
            (json!({"allOf": [{"maximum": 1}]}), json!({"allOf": []}), " allOf Changed"),
            (json!({"allOf": [{"maximum": 1}]}), json!({"allOf": [{"maximum": 1}, {}]}), ""),
            (
                json!({"allOf": [{"maximum": 1}]}),
                json!({"allOf": [{"maximum": 2}]}),
                "/allOf/0 maximum Looser",
            ),
            (json!({"not": {"const": 1}}), json!({"not": {"const": 2}}), " not Changed"),
            (json!(false), json!({"type": "string"}), "  Looser"),
            (json!(true), json!({"type": "string"}), ""),
            (json!({"type": "string"}), json!(false), ""),
            (json!({"title": "a", "default": 1, "x-terrace": {}}), json!({}), ""),
        ] {
            let found = loosened(&before, &after);
            let told: Vec<_> =
                found.iter().map(|one| format!("{} {} {:?}", one.pointer, one.keyword, one.how)).collect();
            assert_eq!(told.join(", "), expected, "{before} {after}");
        }
    }
}
