//! JSON: strict, in order, numbers by their text, duplicate keys refused.
//!
//! `serde_json` keeps a number's text only in a raw value (`1e3` would become `1e+3`), and a map
//! forgets duplicates; so every value is taken raw and opened one level at a time.

use std::fmt;
use std::ops::Range;

use indexmap::IndexMap;
use indexmap::map::Entry;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::draft::{Body, Draft, Reading, Source};
use crate::model::{Rule, Value};
use crate::yaml::Rejection;

/// Reads a whole text; the second result is the same text as `serde_json` understands it.
pub(super) fn read(source: &Source<'_>) -> Result<(Reading, serde_json::Value), Rejection> {
    let oracle = serde_json::from_str(source.text).map_err(|error| refusal(source, &error))?;
    let root: &RawValue = serde_json::from_str(source.text).map_err(|error| refusal(source, &error))?;
    let draft = open(source, span(source, root), root)?;
    Ok((Reading { draft, comments: Vec::new(), notes: Vec::new(), doubts: Vec::new() }, oracle))
}

/// The entries of an object, unopened.
struct Entries<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

fn open(source: &Source<'_>, place: Range<usize>, raw: &RawValue) -> Result<Draft, Rejection> {
    let text = raw.get();
    let failed = |error| inside(source, raw, &error);
    let body = match text.as_bytes().first() {
        Some(b'{') => {
            let Entries(entries) = serde_json::from_str(text).map_err(failed)?;
            Body::Map(open_entries(source, &entries)?)
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text).map_err(failed)?;
            let items = items.into_iter().map(|item| open(source, span(source, item), item));
            Body::List(items.collect::<Result<_, _>>()?)
        }
        Some(b'"') => Body::Scalar(Value::String(serde_json::from_str(text).map_err(failed)?)),
        Some(b't') => Body::Scalar(Value::Bool(true)),
        Some(b'f') => Body::Scalar(Value::Bool(false)),
        Some(b'n') => Body::Scalar(Value::Null),
        _ => Body::Scalar(Value::Number(text.to_owned())),
    };
    Ok(Draft::new(place, body))
}

fn open_entries(
    source: &Source<'_>,
    entries: &[(&RawValue, &RawValue)],
) -> Result<IndexMap<String, Draft>, Rejection> {
    let mut map: IndexMap<String, Draft> = IndexMap::with_capacity(entries.len());
    for (raw_key, raw) in entries {
        let key: String =
            serde_json::from_str(raw_key.get()).map_err(|error| inside(source, raw_key, &error))?;
        let place = span(source, raw_key);
        if key.starts_with("$serde_json::private::") {
            let help = "rename the key";
            return Err(source.reject(Rule::Syntax, place, "the key is reserved by the JSON reader", help));
        }
        match map.entry(key) {
            Entry::Occupied(first) => {
                let line = source.line(first.get().span.start);
                let message = format!("`{}` is here twice in one object, first on line {line}", first.key());
                return Err(source.reject(Rule::DuplicateKey, place, message, "keep one of the two"));
            }
            Entry::Vacant(free) => {
                let draft = open(source, place.start..span(source, raw).end, raw)?;
                free.insert(draft);
            }
        }
    }
    Ok(map)
}

/// The bytes of a raw value, which is a slice of the source.
fn span(source: &Source<'_>, raw: &RawValue) -> Range<usize> {
    let start = raw.get().as_ptr().addr().wrapping_sub(source.text.as_ptr().addr());
    start..start.wrapping_add(raw.get().len())
}

/// A failure inside a raw value; the first reading of the whole text finds all of them before.
fn inside(source: &Source<'_>, raw: &RawValue, error: &serde_json::Error) -> Rejection {
    source.reject(Rule::Syntax, span(source, raw), plain_message(error), HELP)
}

const HELP: &str = "mend the JSON here, or just before";

fn refusal(source: &Source<'_>, error: &serde_json::Error) -> Rejection {
    let text = source.text;
    let before: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let mut offset = (before + error.column().saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let rest = text.get(offset..).unwrap_or_default();
    let message = plain_message(error);
    if message == "trailing comma" {
        offset = text.get(..offset).and_then(|before| before.rfind(',')).unwrap_or(offset);
    }
    let (message, help) = match explain(&message) {
        _ if text.trim().is_empty() => ("an empty file is not JSON", "write `{}` for an item without values"),
        _ if rest.starts_with("//") || rest.starts_with("/*") => {
            ("JSON has no comments", "remove them, or rename the file to .yaml if it is YAML")
        }
        explained => explained,
    };
    source.reject(Rule::Syntax, offset..offset, message, help)
}

/// What `serde_json` says, for people; what is clear already stays.
fn explain(message: &str) -> (&str, &'static str) {
    let is = |start: &str| message.starts_with(start);
    if is("EOF") {
        ("the file ends before its JSON does", HELP)
    } else if is("trailing comma") {
        ("JSON has no comma behind the last entry", "remove it")
    } else if is("trailing characters") {
        ("the JSON value has ended, and something follows", "keep one value in the file")
    } else if is("key must be a string") {
        ("a key must stand in double quotes", HELP)
    } else if is("expected ident") {
        ("this is not `true`, `false` or `null`", HELP)
    } else if is("lone leading surrogate") || is("unexpected end of hex escape") {
        ("half of a surrogate pair is no character", "write both halves: `\\ud83d\\ude00`")
    } else if is("recursion limit") {
        ("the values are nested more than 127 deep", "flatten the file")
    } else {
        (message, HELP)
    }
}

/// The error without its place.
fn plain_message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message).to_owned()
}

/// Whether a value says what `serde_json` read.
pub(super) fn agrees(value: &Value, json: &serde_json::Value) -> bool {
    use serde_json::Value as Json;
    match (value, json) {
        (Value::Null, Json::Null) => true,
        (Value::Bool(a), Json::Bool(b)) => a == b,
        (Value::Number(a), Json::Number(b)) => with_sign(a) == b.to_string(),
        (Value::String(a), Json::String(b)) => a == b,
        (Value::List(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| agrees(a, b)),
        (Value::Map(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|((a, x), (b, y))| a == b && agrees(x, y))
        }
        _ => false,
    }
}

/// A number as `serde_json` spells it: `1E3` is `1e+3`.
fn with_sign(number: &str) -> String {
    match number.split_once(['e', 'E']) {
        Some((mantissa, exponent)) if exponent.starts_with(['+', '-']) => format!("{mantissa}e{exponent}"),
        Some((mantissa, exponent)) => format!("{mantissa}e+{exponent}"),
        None => number.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Format;
    use super::super::testing::{converted, refused};
    use super::*;

    #[test]
    fn numbers_order_and_strings_survive() {
        for (json, yaml) in [
            (r#"{"b": 1, "a": 2}"#, "b: 1\na: 2\n"),
            ("[1.10, 1e3, 1E+3, -0, 0.0]", "- 1.10\n- 1e3\n- 1E+3\n- -0\n- 0.0\n"),
            ("{\"big\": 123456789012345678901234567890}", "big: 123456789012345678901234567890\n"),
            (
                r#"["no", "1", "1.10", "null", "", "12:30", "2024-01-01", "a: b", " x"]"#,
                "- 'no'\n- '1'\n- '1.10'\n- 'null'\n- ''\n- '12:30'\n- '2024-01-01'\n- 'a: b'\n- ' x'\n",
            ),
            (r#"{"no": 1, "<<": {"a": 2}, "": 3}"#, "'no': 1\n'<<':\n  a: 2\n'': 3\n"),
            (r#""\ud83d\ude00 \u00e4 \/""#, "😀 ä /\n"),
            (r#"["a\nb\n", "\u0000\u0007\t"]"#, "- |\n  a\n  b\n- \"\\0\\x07\\t\"\n"),
            (
                r#"{"a": {}, "b": [], "c": [[], [1, [2]]], "d": null}"#,
                "a: {}\nb: []\nc:\n  - []\n  - - 1\n    - - 2\nd: null\n",
            ),
            ("\u{feff}{}", "{}\n"),
            ("\"<<<<<<<\"", "'<<<<<<<'\n"),
            (" true ", "true\n"),
            ("{\"a\": 1,\r\n\r\n \"b\": 2}", "a: 1\n\nb: 2\n"),
        ] {
            let done = converted(Format::Json, json);
            assert_eq!(done.text, yaml, "{json}");
            assert!(!done.unchanged);
        }
        assert_eq!(converted(Format::Json, r#"{"a": [1, {}], "b": null}"#).values, 3);
    }

    #[test]
    fn what_is_not_json_is_refused_at_its_place() {
        for (json, expected) in [
            ("{\n  // c\n  \"a\": 1}", "2:3 JSON has no comments"),
            ("{\"a\": 1, // c\n \"b\": 2}", "1:10 JSON has no comments"),
            ("{\"ä\": 1 /* c */}", "1:9 JSON has no comments"),
            ("\u{feff}// c\n{}", "1:1 JSON has no comments"),
            ("{\"a\": [1, 2 , ]}", "1:13 JSON has no comma behind the last entry"),
            ("{\"a\": 1,\n}", "1:8 JSON has no comma behind the last entry"),
            ("{\"a\": 1\n \"b\": 2}", "2:2 expected `,` or `}`"),
            ("{'a': 1}", "1:2 a key must stand in double quotes"),
            ("{\"a\": NaN}", "1:7 expected value"),
            ("{\"ä\": \"ö\", \"a\": tru}", "1:20 this is not `true`, `false` or `null`"),
            ("", "1:1 an empty file is not JSON"),
            ("{\"a\": \"x", "1:8 the file ends before its JSON does"),
            ("{\"a\": \"\\ud800\"}", "1:14 half of a surrogate pair is no character"),
            ("{\"a\": \"\\ud800\\u0041\"}", "1:19 half of a surrogate pair is no character"),
            ("{\"a\": 01}", "1:8 invalid number"),
            ("{\"a\": 1} {}", "1:10 the JSON value has ended, and something follows"),
            (
                "{\"a\": 1,\n \"b\": {\"c\": 1,\n  \"c\": 2}}",
                "3:3 `c` is here twice in one object, first on line 2",
            ),
            ("[{\"ä\":1,\"y\":2,\"\\u00e4\":3}]", "1:15 `ä` is here twice in one object, first on line 1"),
            ("{\"$serde_json::private::Number\": \"1\"}", "1:2 the key is reserved by the JSON reader"),
        ] {
            assert_eq!(refused(Format::Json, json.as_bytes()), expected, "{json}");
        }
    }

    fn any_json() -> impl Strategy<Value = serde_json::Value> {
        use serde_json::Value as Json;
        let number = prop_oneof![
            any::<i64>().prop_map(|n| n.to_string()),
            any::<f64>().prop_filter("finite", |n| n.is_finite()).prop_map(|n| format!("{n:?}")),
            "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?",
        ];
        let number = number.prop_map(|text| serde_json::from_str(&text).expect("a number"));
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::Bool),
            number,
            "[ -~\n\t]{0,12}".prop_map(Json::String),
            any::<String>().prop_map(Json::String),
        ];
        leaf.prop_recursive(5, 48, 5, |inner| {
            let key = prop_oneof!["[ -~]{0,6}", any::<String>()];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Json::Array),
                prop::collection::vec((key, inner), 0..5)
                    .prop_map(|entries| Json::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_json_becomes_yaml_of_the_same_value(json in any_json(), pretty in any::<bool>()) {
            let text = if pretty { serde_json::to_string_pretty(&json) } else { serde_json::to_string(&json) };
            let done = converted(Format::Json, &text.expect("JSON"));
            prop_assert!(agrees(&done.documents[0], &json), "{}", done.text);
        }
    }
}
