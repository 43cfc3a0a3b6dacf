//! [`DeserializeError`]: why a value is not what a program takes, in sentences with and without values.

use std::fmt;

use serde::de::{Error, Expected, Unexpected};

use crate::model::{Value, ValuePath, closest};

/// Why a value is not what a program takes, and where; in a box, since it rides in every result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::library) struct DeserializeError(Box<DeserializeFailure>);

/// What a [`DeserializeError`] tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::library) struct DeserializeFailure {
    /// What is meant; `None` until somebody who knows has said so.
    pub(in crate::library) place: Option<Place>,
    /// One sentence, which may show values.
    pub(in crate::library) message: String,
    /// The same without any.
    pub(in crate::library) masked: String,
    /// What to do.
    pub(in crate::library) help: Option<String>,
    /// The type that was found instead of the wanted one, to be told in the value's own words.
    found: Option<Found>,
}

/// Where something is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::library) struct Place {
    /// The value.
    pub(in crate::library) path: ValuePath,
    /// Whether its key is meant.
    pub(in crate::library) is_key: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Found {
    kind: &'static str,
    expected: String,
}

impl DeserializeError {
    fn new(message: String, masked: String) -> Self {
        Self(Box::new(DeserializeFailure { place: None, message, masked, help: None, found: None }))
    }

    /// What it tells.
    pub(in crate::library) fn told(&self) -> &DeserializeFailure {
        &self.0
    }

    fn help(mut self, help: Option<String>) -> Self {
        self.0.help = help;
        self
    }

    /// The same without a value in it.
    fn plain(message: String) -> Self {
        Self::new(message.clone(), message)
    }

    /// The same at this value, unless it has a place already.
    pub(super) fn at(mut self, path: &ValuePath, value: &Value) -> Self {
        if self.0.place.is_some() {
            return self;
        }
        self.0.place = Some(Place { path: path.clone(), is_key: false });
        // Its own words only where serde spoke of this very value.
        if let Some(Found { kind, expected }) = self.0.found.take().filter(|found| fits(found.kind, value)) {
            self.0.masked = format!("expected {expected}, found {}", unnamed(value));
            self.0.message = format!("expected {expected}, found {}", described(value));
            if expected == "a string" && kind != "null" && value.is_scalar() {
                self.0.help = Some("put quotes around it to make it a string".to_owned());
            }
        }
        self
    }

    /// The same at the key at `path`, unless it has a place already.
    pub(super) fn at_key(mut self, path: &ValuePath) -> Self {
        self.0.place.get_or_insert_with(|| Place { path: path.clone(), is_key: true });
        self
    }

    fn instead(unexpected: &Unexpected<'_>, expected: &dyn Expected) -> Self {
        let expected = wanted(&expected.to_string());
        let kind = kind(unexpected);
        let mut wrong =
            Self::new(format!("expected {expected}, found {unexpected}"), format!("expected {expected}"));
        wrong.0.found = Some(Found { kind, expected });
        wrong
    }
}

/// Whether a value is of a kind that serde found.
fn fits(kind: &str, value: &Value) -> bool {
    match value {
        Value::Tagged(..) => kind == "tag",
        _ => kind == value.kind() || (kind == "other" && value.is_scalar()),
    }
}

fn kind(unexpected: &Unexpected<'_>) -> &'static str {
    match unexpected {
        Unexpected::Bool(_) => "boolean",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) | Unexpected::Float(_) => "number",
        Unexpected::Char(_) | Unexpected::Str(_) => "string",
        Unexpected::Unit | Unexpected::Option => "null",
        Unexpected::Seq => "list",
        Unexpected::Map => "mapping",
        Unexpected::Other("a value under a tag") => "tag",
        Unexpected::Other(_) => "other",
        _ => "",
    }
}

/// What serde calls the types of Rust, in the words of YAML.
fn wanted(expected: &str) -> String {
    let is_word = |rest: &str| !rest.is_empty() && !rest.contains(' ');
    match expected {
        "a sequence" => "a list".to_owned(),
        "a map" => "a mapping".to_owned(),
        "i8" | "i16" | "i32" | "i64" | "i128" | "u8" | "u16" | "u32" | "u64" | "u128" | "isize" | "usize" => {
            format!("a whole number ({expected})")
        }
        "f32" | "f64" => "a number".to_owned(),
        _ => match expected.split_once(' ') {
            Some(("struct", name)) if is_word(name) => format!("a mapping ({name})"),
            Some(("enum", name)) if is_word(name) => format!("a name or a mapping ({name})"),
            _ => expected.to_owned(),
        },
    }
}

/// The kind of a value, for a sentence that may not show it.
fn unnamed(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Tagged(..) => "a value under a tag".to_owned(),
        _ => format!("a {}", value.kind()),
    }
}

/// A value as a sentence names it.
fn described(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => format!("the boolean {value}"),
        Value::Number(text) => format!("the number {text}"),
        Value::String(text) => format!("the string {text:?}"),
        Value::List(_) | Value::Map(_) => unnamed(value),
        Value::Tagged(tag, _) => format!("a value under the tag {tag}"),
    }
}

/// Names as a sentence lists them.
fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for DeserializeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.masked)
    }
}

impl std::error::Error for DeserializeError {}

impl Error for DeserializeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string(), "the program does not take the value".to_owned())
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::instead(&unexpected, expected)
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::instead(&unexpected, expected)
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        Self::plain(format!("expected {}, found a list of {length}", wanted(&expected.to_string())))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let names = listed(expected);
        let near = closest(variant, expected.iter().copied());
        Self::new(format!("`{variant}` is not one of {names}"), format!("the value is not one of {names}"))
            .help(near.map(|near| format!("did you mean `{near}`?")))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let help = match closest(field, expected.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("it knows {}", listed(expected)),
        };
        Self::plain(format!("`{field}` is not a key that the program knows")).help(Some(help))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::plain(format!("the key `{field}` is missing"))
            .help(Some(format!("the program needs `{field}` here")))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::plain(format!("the key `{field}` is there twice, perhaps under another name"))
    }
}
