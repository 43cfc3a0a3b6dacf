//! JSON that a program sent, read strictly: values, and patches of values.
//!
//! `serde_json` keeps a number's text only in a raw value, and a map forgets keys that are there twice;
//! so every value is taken raw and opened one level at a time.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::model::{Error, Map, Patch, PatchOperation, Pointer, Result, Value};

/// So deep values may nest.
const DEPTH: usize = 100;

/// Reads one value, in the notations that [`super::value::json`] writes: `{"masked":true}` is
/// [`Value::masked`], `{"number":"0x1F"}` a number by its text, `{"tag":…,"value":…}` a value under a tag.
///
/// # Errors
/// Usage: what is no JSON, holds a key twice in one object, nests too deep, or says that something is
/// absent.
pub fn value(text: &str) -> Result<Value> {
    open(raw(text)?, 0).and_then(meant)
}

/// Reads a merge patch (RFC 7396).
///
/// # Errors
/// As [`value`].
pub fn merge_patch(text: &str) -> Result<Patch> {
    value(text).map(Patch::Merge)
}

/// Reads a JSON Patch (RFC 6902).
///
/// # Errors
/// As [`value`]; also what is no list of operations.
pub fn json_patch(text: &str) -> Result<Patch> {
    let Value::List(operations) = open(raw(text)?, 0)? else {
        return Err(Error::usage("a JSON Patch is a list of operations").with_help(HELP));
    };
    let operation = |(number, value): (usize, Value)| {
        operation(value).map_err(|error| error.at(&format!("operation {}", number + 1)))
    };
    operations.into_iter().enumerate().map(operation).collect::<Result<_>>().map(Patch::Json)
}

/// Refuses what is not read strictly: what is no JSON, holds a key twice in one object, or nests too deep.
///
/// # Errors
/// Usage.
pub fn require_strict(text: &str) -> Result<()> {
    open(raw(text)?, 0).map(|_| ())
}

const HELP: &str = r#"such as [{"op":"replace","path":"/database/pool","value":20}]"#;

fn operation(value: Value) -> Result<PatchOperation> {
    let Value::Map(mut fields) = value else {
        return Err(Error::usage("it is no object").with_help(HELP));
    };
    let lacks = |field: &str| Error::usage(format!("it has no `{field}`")).with_help(HELP);
    let mut text = |field: &str| match fields.shift_remove(field) {
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(Error::usage(format!("its `{field}` is no string")).with_help(HELP)),
        None => Err(lacks(field)),
    };
    let name = text("op")?;
    let path = pointer(&text("path")?)?;
    Ok(match name.as_str() {
        "remove" => PatchOperation::Remove { path },
        "move" => PatchOperation::Move { from: pointer(&text("from")?)?, path },
        "copy" => PatchOperation::Copy { from: pointer(&text("from")?)?, path },
        "add" | "replace" | "test" => {
            let value = fields.shift_remove("value").ok_or_else(|| lacks("value")).and_then(meant)?;
            match name.as_str() {
                "add" => PatchOperation::Add { path, value },
                "replace" => PatchOperation::Replace { path, value },
                _ => PatchOperation::Test { path, value },
            }
        }
        _ => {
            let help = "the operations are add, remove, replace, move, copy and test";
            return Err(Error::usage(format!("`{name}` is no operation")).with_help(help));
        }
    })
}

fn pointer(text: &str) -> Result<Pointer> {
    Pointer::parse(text).ok_or_else(|| {
        Error::usage(format!("`{}` is no JSON pointer", text.escape_debug()))
            .with_help("such as /database/pool; `~1` stands for `/` and `~0` for `~` in a key")
    })
}

fn raw(text: &str) -> Result<&RawValue> {
    serde_json::from_str(text).map_err(|error| {
        Error::usage(format!("this is no JSON: {error}")).with_help("send one JSON value in UTF-8")
    })
}

/// The entries of an object, unopened.
struct Entries<'a>(Vec<(String, &'a RawValue)>);

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

/// The value as plain JSON: notations are objects yet.
fn open(raw: &RawValue, depth: usize) -> Result<Value> {
    if depth > DEPTH {
        return Err(
            Error::usage(format!("the JSON nests more than {DEPTH} deep")).with_help("send less at once")
        );
    }
    let text = raw.get();
    let failed = |error: serde_json::Error| {
        Error::usage(format!("this is no JSON: {error}")).with_help("send one JSON value in UTF-8")
    };
    Ok(match text.as_bytes().first() {
        Some(b'{') => {
            let Entries(entries) = serde_json::from_str(text).map_err(failed)?;
            let mut map = Map::with_capacity(entries.len());
            for (key, raw) in entries {
                let value = open(raw, depth + 1)?;
                if map.contains_key(&key) {
                    let message = format!("`{}` is there twice in one object", key.escape_debug());
                    return Err(Error::usage(message).with_help("keep one of the two"));
                }
                map.insert(key, value);
            }
            Value::Map(map)
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text).map_err(failed)?;
            Value::List(items.into_iter().map(|item| open(item, depth + 1)).collect::<Result<_>>()?)
        }
        Some(b'"') => Value::String(serde_json::from_str(text).map_err(failed)?),
        Some(b't') => Value::Bool(true),
        Some(b'f') => Value::Bool(false),
        Some(b'n') => Value::Null,
        _ => Value::Number(text.to_owned()),
    })
}

/// The value with the notations read.
fn meant(value: Value) -> Result<Value> {
    Ok(match value {
        Value::List(list) => Value::List(list.into_iter().map(meant).collect::<Result<_>>()?),
        Value::Map(map) => {
            let only = if map.len() == 1 { map.first() } else { None };
            match only.map(|(key, value)| (key.as_str(), value)) {
                Some(("masked", Value::Bool(true))) => return Ok(Value::masked()),
                Some(("number", Value::String(text))) => return Ok(Value::Number(text.clone())),
                Some(("absent", Value::Bool(true))) => {
                    return Err(Error::usage("`{\"absent\":true}` is no value")
                        .with_help("leave out what is to be absent"));
                }
                _ => {}
            }
            if let (2, Some(Value::String(tag)), Some(inner)) = (map.len(), map.get("tag"), map.get("value"))
            {
                return Ok(Value::Tagged(tag.clone(), Box::new(meant(inner.clone())?)));
            }
            let entries = map.into_iter().map(|(key, value)| Ok((key, meant(value)?)));
            Value::Map(entries.collect::<Result<_>>()?)
        }
        scalar => scalar,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::value::json;

    #[test]
    fn what_is_written_is_read_back() {
        for text in [
            "null",
            r#"{"a":1.10,"b":[1e5,-0,"x\n",true,null,{}],"c":{"number":"0x1F"}}"#,
            r#"{"masked":true}"#,
            r#"[{"tag":"!env","value":"A"}]"#,
            "123456789012345678901234567890",
            r#""\ud83d\ude00""#,
        ] {
            let value = value(text).expect(text);
            let again = json(&value).to_string();
            assert_eq!(super::value(&again), Ok(value), "{text}");
        }
        assert_eq!(value("1.10"), Ok(Value::Number("1.10".into())));
        assert_eq!(value(r#"{"masked":false}"#).expect("a mapping").kind(), "mapping");
    }

    #[test]
    fn what_is_not_strict_is_refused() {
        let deep = format!("{}1{}", "[".repeat(101), "]".repeat(101));
        for (text, told) in [
            ("{", "this is no JSON: EOF while parsing an object at line 1 column 1"),
            ("1 2", "this is no JSON: trailing characters at line 1 column 3"),
            ("'a'", "this is no JSON: expected value at line 1 column 1"),
            (r#"{"a":{"b":1,"\u0062":2}}"#, "`b` is there twice in one object"),
            (r#""\ud800""#, "this is no JSON: unexpected end of hex escape at line 1 column 8"),
            (r#"{"a":{"absent":true}}"#, "`{\"absent\":true}` is no value"),
            (&deep, "the JSON nests more than 100 deep"),
        ] {
            assert_eq!(value(text).expect_err(text).message(), told);
        }
    }

    #[test]
    fn patches_are_read() {
        let patch = json_patch(
            r#"[{"op":"test","path":"/a~1b","value":null},{"value":{"masked":true},"path":"","op":"add","x":1},{"op":"move","from":"/a","path":"/b"}]"#,
        );
        let pointer = |text| Pointer::parse(text).expect(text);
        let expected = [
            PatchOperation::Test { path: pointer("/a~1b"), value: Value::Null },
            PatchOperation::Add { path: pointer(""), value: Value::masked() },
            PatchOperation::Move { from: pointer("/a"), path: pointer("/b") },
        ];
        assert_eq!(patch, Ok(Patch::Json(expected.into())));
        for (text, told) in [
            ("{}", "a JSON Patch is a list of operations"),
            ("[1]", "operation 1: it is no object"),
            (r#"[{"op":"add","path":"/a"}]"#, "operation 1: it has no `value`"),
            (r#"[{"op":"add","path":1}]"#, "operation 1: its `path` is no string"),
            (r#"[{"op":"copy","path":"/a"}]"#, "operation 1: it has no `from`"),
            (r#"[{"op":"remove","path":"a"}]"#, "operation 1: `a` is no JSON pointer"),
            (
                r#"[{"op":"remove","path":"/a"},{"op":"set","path":"/a"}]"#,
                "operation 2: `set` is no operation",
            ),
        ] {
            assert_eq!(json_patch(text).expect_err(text).message(), told);
        }
    }
}
