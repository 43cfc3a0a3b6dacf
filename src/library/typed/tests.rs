use std::collections::BTreeMap;

use serde::Deserialize;

use super::*;
use crate::yaml::{Document, Limits};

fn value(text: &str) -> Value {
    Document::parse(text.as_bytes(), &Limits::default()).expect(text).value().clone()
}

fn read_as<T: DeserializeOwned>(text: &str) -> Result<T, DeserializeError> {
    read(&value(text), ValuePath::root())
}

/// Where and what is wrong, and what of it may be shown.
fn wrong<T: DeserializeOwned + std::fmt::Debug>(text: &str) -> [String; 3] {
    let wrong = read_as::<T>(text).expect_err(text).told().clone();
    let place = wrong.place.expect("a place");
    let key = if place.is_key { "key " } else { "" };
    [format!("{key}{}", place.path), wrong.message, wrong.masked]
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Fast,
    Slow(u8),
    Pair(u8, u8),
    Full { depth: u8 },
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Strict {
    port: u16,
    #[serde(default)]
    name: Option<String>,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Flat {
    #[serde(flatten)]
    inner: BTreeMap<String, u8>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(untagged)]
enum Either {
    Number(u64),
    Text(String),
    Names(Vec<String>),
}

#[test]
fn values_become_types() {
    assert_eq!(read_as::<Strict>("port: 0x1F90"), Ok(Strict { port: 8080, name: None }));
    assert_eq!(read_as::<Strict>("port: 1\nname: ~"), Ok(Strict { port: 1, name: None }));
    assert_eq!(read_as::<Strict>("port: 1\nname: '1.10'").map(|s| s.name), Ok(Some("1.10".into())));
    assert_eq!(read_as::<f64>("1.10"), Ok(1.1));
    assert_eq!(read_as::<f64>("3"), Ok(3.0));
    assert_eq!(read_as::<f32>("-.inf"), Ok(f32::NEG_INFINITY));
    assert_eq!(read_as::<u128>("340282366920938463463374607431768211455"), Ok(u128::MAX));
    assert_eq!(read_as::<i128>("-170141183460469231731687303715884105728"), Ok(i128::MIN));
    assert_eq!(read_as::<u64>("18446744073709551615"), Ok(u64::MAX));
    assert_eq!(read_as::<(bool, char, ())>("[true, x, ~]"), Ok((true, 'x', ())));
    assert_eq!(read_as::<BTreeMap<u16, bool>>("80: true\n0x1F: false"), Ok([(80, true), (31, false)].into()));
    assert_eq!(read_as::<Flat>("a: 1\nb: 2").map(|f| f.inner.len()), Ok(2));
    assert_eq!(
        read_as::<serde_json::Value>("{a: [1, x], b: ~}"),
        Ok(serde_json::json!({"a": [1, "x"], "b": null}))
    );
}

#[test]
fn enums_are_names_or_entries() {
    for (text, expected) in [
        ("fast", Mode::Fast),
        ("fast:", Mode::Fast),
        ("slow: 3", Mode::Slow(3)),
        ("pair: [1, 2]", Mode::Pair(1, 2)),
        ("full: {depth: 4}", Mode::Full { depth: 4 }),
    ] {
        assert_eq!(read_as::<Mode>(text), Ok(expected), "{text}");
    }
    for (text, expected) in [
        ("5", Either::Number(5)),
        ("'5'", Either::Text("5".into())),
        ("[a]", Either::Names(vec!["a".into()])),
    ] {
        assert_eq!(read_as::<Either>(text), Ok(expected), "{text}");
    }
}

#[test]
fn what_is_wrong_says_where() {
    type Ports = BTreeMap<String, Vec<Strict>>;
    for (found, expected) in [
        (
            wrong::<Ports>("a: [{port: 1}, {}]"),
            ["a[1]", "the key `port` is missing", "the key `port` is missing"],
        ),
        (
            wrong::<Ports>("a: [{port: 70000}]"),
            [
                "a[0].port",
                "expected a whole number (u16), found the number 70000",
                "expected a whole number (u16), found a number",
            ],
        ),
        (
            wrong::<Ports>("a: [{port: '80'}]"),
            [
                "a[0].port",
                "expected a whole number (u16), found the string \"80\"",
                "expected a whole number (u16), found a string",
            ],
        ),
        (
            wrong::<Ports>("a: [{port: 1, nmae: x}]"),
            [
                "key a[0].nmae",
                "`nmae` is not a key that the program knows",
                "`nmae` is not a key that the program knows",
            ],
        ),
        (
            wrong::<Strict>("port: 1\nname: 1.10"),
            ["name", "expected a string, found the number 1.10", "expected a string, found a number"],
        ),
        (
            wrong::<Strict>("[x]"),
            [
                "[0]",
                "expected a whole number (u16), found the string \"x\"",
                "expected a whole number (u16), found a string",
            ],
        ),
        (
            wrong::<Mode>("!fast"),
            [
                "",
                "expected a name or a mapping (Mode), found a value under the tag !fast",
                "expected a name or a mapping (Mode), found a value under a tag",
            ],
        ),
        (
            wrong::<Strict>("x"),
            [
                "",
                "expected a mapping (Strict), found the string \"x\"",
                "expected a mapping (Strict), found a string",
            ],
        ),
        (
            wrong::<u64>("99999999999999999999999999999999999999999999"),
            [
                "",
                "expected a whole number (u64), found the number 99999999999999999999999999999999999999999999",
                "expected a whole number (u64), found a number",
            ],
        ),
        (
            wrong::<u64>("18446744073709551616"),
            [
                "",
                "expected a whole number (u64), found the number 18446744073709551616",
                "expected a whole number (u64), found a number",
            ],
        ),
        (
            wrong::<i8>("-129"),
            [
                "",
                "expected a whole number (i8), found the number -129",
                "expected a whole number (i8), found a number",
            ],
        ),
        (
            wrong::<String>("!vault abc"),
            [
                "",
                "expected a string, found a value under the tag !vault",
                "expected a string, found a value under a tag",
            ],
        ),
        (
            wrong::<Mode>("fsat"),
            [
                "",
                "`fsat` is not one of `fast`, `slow`, `pair`, `full`",
                "the value is not one of `fast`, `slow`, `pair`, `full`",
            ],
        ),
        (
            wrong::<Mode>("full: {depth: x}"),
            [
                "full.depth",
                "expected a whole number (u8), found the string \"x\"",
                "expected a whole number (u8), found a string",
            ],
        ),
        (
            wrong::<(u8, u8)>("[1]"),
            [
                "",
                "expected a tuple of size 2, found a list of 1",
                "expected a tuple of size 2, found a list of 1",
            ],
        ),
        (
            wrong::<(u8, u8)>("[1, 2, 3]"),
            ["", "expected a list of 2, found a list of 3", "expected a list of 2, found a list of 3"],
        ),
        (
            wrong::<BTreeMap<u8, u8>>("x: 1"),
            ["key x", "expected a whole number (u8), found string \"x\"", "expected a whole number (u8)"],
        ),
        (
            wrong::<Either>("{}"),
            [
                "",
                "data did not match any variant of untagged enum Either",
                "the program does not take the value",
            ],
        ),
        (
            wrong::<Flat>("a: 300"),
            ["", "expected a whole number (u8), found integer `300`", "expected a whole number (u8)"],
        ),
    ] {
        assert_eq!(found, expected);
    }
}

#[test]
fn the_deepest_document_is_read() {
    let deep = format!("{}{}", "[".repeat(crate::yaml::NESTING - 1), "]".repeat(crate::yaml::NESTING - 1));
    assert!(read_as::<serde_json::Value>(&deep).is_ok());
    assert!(read_as::<serde::de::IgnoredAny>(&deep).is_ok());
    // Aliases nest deeper than a text may.
    let half = crate::yaml::NESTING - 5;
    let (open, close) = ("[".repeat(half), "]".repeat(half));
    let through = format!("- &a {open}{close}\n- {open}*a{close}\n");
    let nested = value(&through);
    assert!(read::<serde_json::Value>(&nested, ValuePath::root()).is_ok());
    assert!(read::<Vec<String>>(&nested, ValuePath::root()).is_err());
}
