//! Values for programs: JSON that keeps the text of numbers and says what is masked or absent.

use serde_json::{Map, Number, Value as Json, json};

use crate::model::Value;

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
pub fn json_or_absent(value: Option<&Value>) -> Json {
    value.map_or_else(|| json!({ "absent": true }), json)
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
}
