//! Values, types and formats in plain words, for messages.

use jsonschema::error::TypeKind;
use jsonschema::types::JsonType;
use serde_json::Value as Json;

use super::draft::OLD_HOST_NAME;
use crate::model::Value;

/// The longest value that is shown whole, in characters.
const WIDE: usize = 60;
/// The most alternatives that are listed.
const MANY: usize = 12;

/// A value as the subject of a sentence. Lists and mappings are never shown: what they hold may
/// be secret where they themselves are not.
pub(super) fn subject(value: &Value, show: bool) -> String {
    match value {
        Value::List(_) => "the list".to_owned(),
        Value::Map(_) => "the mapping".to_owned(),
        Value::Tagged(_, value) => subject(value, show),
        Value::Null => "null".to_owned(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) if !show => "the value".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(text) => cut(text),
        Value::String(text) => quoted(text),
    }
}

/// A value as what was found instead of something else.
pub(super) fn found(value: &Value, show: bool) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) if !show => "a boolean".to_owned(),
        Value::Number(_) if !show => "a number".to_owned(),
        Value::String(_) if !show => "a string".to_owned(),
        Value::Bool(value) => format!("the boolean {value}"),
        Value::Number(text) => format!("the number {}", cut(text)),
        Value::String(text) => format!("the string {}", quoted(text)),
        Value::List(_) => "a list".to_owned(),
        Value::Map(_) => "a mapping".to_owned(),
        Value::Tagged(_, value) => found(value, show),
    }
}

/// `a number`, `a string or a list`
pub(super) fn types(kind: &TypeKind) -> Vec<JsonType> {
    match kind {
        TypeKind::Single(one) => vec![*one],
        TypeKind::Multiple(many) => many.iter().collect(),
    }
}

pub(super) fn type_name(kind: JsonType) -> &'static str {
    match kind {
        JsonType::Array => "a list",
        JsonType::Boolean => "a boolean",
        JsonType::Integer => "an integer",
        JsonType::Null => "null",
        JsonType::Number => "a number",
        JsonType::Object => "a mapping",
        JsonType::String => "a string",
    }
}

/// `a`, `a or b`, `a, b or c`
pub(super) fn either(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// Some JSON of a schema, on one line. Lists and mappings are not shown, as those of a document.
pub(super) fn json(value: &Json) -> String {
    match value {
        Json::String(text) => quoted(text),
        Json::Array(list) if !list.is_empty() => "the list in the schema".to_owned(),
        Json::Object(map) if !map.is_empty() => "the mapping in the schema".to_owned(),
        other => cut(&other.to_string()),
    }
}

/// `one of "a", "b", 3`
pub(super) fn alternatives(options: &Json) -> String {
    let options = options.as_array().map_or(&[][..], Vec::as_slice);
    if let [one] = options {
        return json(one);
    }
    let words: Vec<_> = options.iter().take(MANY).map(json).collect();
    let others = match options.len().saturating_sub(MANY) {
        0 => String::new(),
        others => format!(" and {others} others"),
    };
    format!("one of {}{others}", words.join(", "))
}

/// `an email address`, for a `format`
pub(super) fn format_name(format: &str) -> String {
    let name = match format {
        "date" => "a date such as 2026-01-31",
        "date-time" => "a date and time such as 2026-01-31T12:00:00Z",
        "time" => "a time such as 12:00:00Z",
        "duration" => "a duration such as PT30S",
        "email" => "an email address",
        "hostname" | OLD_HOST_NAME => "a host name",
        "ipv4" => "an IPv4 address",
        "ipv6" => "an IPv6 address",
        "uri" | "iri" => "a URI such as https://example.com/",
        "uri-reference" | "iri-reference" => "a URI reference",
        "uuid" => "a UUID",
        "regex" => "a regular expression",
        "json-pointer" => "a JSON pointer",
        other => return format!("of the format `{other}`"),
    };
    name.to_owned()
}

/// `1 element`, `3 elements`
pub(super) fn count(number: u64, word: &str) -> String {
    if number == 1 { format!("1 {word}") } else { format!("{number} {word}s") }
}

fn quoted(text: &str) -> String {
    format!("{:?}", cut(text))
}

/// Cuts wide text in the middle.
pub(super) fn cut(text: &str) -> String {
    let length = text.chars().count();
    if length <= WIDE {
        return text.to_owned();
    }
    let half = WIDE / 2;
    let head: String = text.chars().take(half).collect();
    let tail: String = text.chars().skip(length - half + 1).collect();
    format!("{head}…{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_named_with_and_without_what_they_are() {
        let text = |text: &str| Value::String(text.into());
        for (value, shown, masked) in [
            (Value::Null, "null", "null"),
            (Value::Bool(true), "the boolean true", "a boolean"),
            (Value::Number("0x1F".into()), "the number 0x1F", "a number"),
            (text("a\nb"), "the string \"a\\nb\"", "a string"),
            (Value::List(vec![text("x")].into()), "a list", "a list"),
            (Value::Tagged("!x".into(), Box::new(text("x"))), "the string \"x\"", "a string"),
        ] {
            assert_eq!(found(&value, true), shown);
            assert_eq!(found(&value, false), masked);
            let hidden = subject(&value, false);
            assert!(!hidden.contains('x') && !hidden.contains("1F"), "{hidden}");
        }
        let wide = subject(&text(&"ä".repeat(100)), true);
        assert_eq!(wide.chars().count(), WIDE + 2);
    }
}
