//! Values for programs: JSON that keeps the text of numbers and says what is masked or absent.

use serde_json::{Map, Number, Value as Json, json};

use crate::model::Value;
use crate::secrets::mask::Shown;

/// A value as JSON. A number whose text is valid JSON keeps its text, any other is
/// `{"number":"0x1F"}`; what is masked is `{"masked":true}`; a value under an unknown tag is
/// `{"tag":…,"value":…}`.
#[must_use]
pub fn json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Number(text) => match serde_json::from_str::<Number>(text) {
            // Reading it says that it is a number; its own text is what is kept.
            Ok(_) => Json::Number(Number::from_string_unchecked(text.clone())),
            Err(_) => json!({ "number": text }),
        },
        Value::String(text) => Json::String(text.clone()),
        Value::List(list) => Json::Array(list.iter().map(json).collect()),
        Value::Map(map) => {
            Json::Object(map.iter().map(|(key, value)| (key.clone(), json(value))).collect::<Map<_, _>>())
        }
        Value::Tagged(..) if value.is_masked() => json!({ "masked": true }),
        Value::Tagged(tag, value) => json!({ "tag": tag, "value": json(value) }),
    }
}

/// A value that may be missing; nothing is `{"absent":true}`, so that it is not null.
#[must_use]
pub fn json_or_absent(value: Option<&Shown>) -> Json {
    value.map_or_else(|| json!({ "absent": true }), |value| json(value.shown()))
}

/// The value that `json` writes like this; `None` for what is masked or absent, and for a mapping
/// that reads like one of the notations above.
#[must_use]
pub fn from_json(value: &Json) -> Option<Value> {
    let read = match value {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => Value::Number(number.to_string()),
        Json::String(text) => Value::String(text.clone()),
        Json::Array(list) => Value::List(list.iter().map(from_json).collect::<Option<_>>()?),
        Json::Object(map) => match (map.get("number"), map.get("tag"), map.get("value"), map.len()) {
            (Some(Json::String(text)), None, None, 1) => Value::Number(text.clone()),
            (None, Some(Json::String(tag)), Some(value), 2) => {
                Value::Tagged(tag.clone(), Box::new(from_json(value)?))
            }
            _ if map.len() == 1 && (map.contains_key("masked") || map.contains_key("absent")) => return None,
            _ => {
                let entries = map.iter().map(|(key, value)| Some((key.clone(), from_json(value)?)));
                Value::Map(entries.collect::<Option<_>>()?)
            }
        },
    };
    (json(&read) == *value).then_some(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_text() {
        for (text, expected) in [
            ("1.10", "1.10"),
            ("1e5", "1e5"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
            ("0x1F", r#"{"number":"0x1F"}"#),
            (".inf", r#"{"number":".inf"}"#),
            ("015", r#"{"number":"015"}"#),
        ] {
            assert_eq!(json(&Value::Number(text.into())).to_string(), expected);
        }
        assert_eq!(json(&Value::masked()).to_string(), r#"{"masked":true}"#);
        assert_eq!(json_or_absent(None).to_string(), r#"{"absent":true}"#);
    }

    #[test]
    fn values_are_read_back_as_they_were() {
        let text =
            "a: 1.10\nb: 0x1F\nc: [~, true, x, {d: 1e+5}]\ne: !mine 5\nf: 123456789012345678901234567890\n";
        let document = crate::yaml::Document::parse(text.as_bytes(), &crate::yaml::Limits::default());
        let value = document.expect("yaml").value().clone();
        let written: Json = serde_json::from_str(&json(&value).to_string()).expect("json");
        assert_eq!(from_json(&written), Some(value));
        for (unreadable, read) in [
            (json!({ "masked": true }), false),
            (json!({ "absent": true }), false),
            (json!({ "absent": 1, "b": 2 }), true),
        ] {
            assert_eq!(from_json(&unreadable).is_some(), read, "{unreadable}");
        }
    }
}
