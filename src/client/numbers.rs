//! Numbers that JSON cannot say as YAML does: the API sends them as `{"number":"0x1F"}`.

use serde_json::{Number, Value as Json};

/// The same value with such numbers as numbers, their digits kept. Infinities and what is no number are left.
pub(super) fn plain(value: Json) -> Json {
    match value {
        Json::Array(list) => Json::Array(list.into_iter().map(plain).collect()),
        Json::Object(map) => match (map.len(), map.get("number")) {
            (1, Some(Json::String(text))) => match number(text) {
                Some(number) => Json::Number(number),
                None => Json::Object(map),
            },
            _ => Json::Object(map.into_iter().map(|(name, value)| (name, plain(value))).collect()),
        },
        other => other,
    }
}

/// A number of the YAML 1.2 core schema as one of JSON.
fn number(text: &str) -> Option<Number> {
    let whole = |digits: &str, radix| u128::from_str_radix(digits, radix).ok().map(Number::from_u128)?;
    let is_digits = |digits: &str| digits.starts_with(|c: char| c.is_ascii_hexdigit());
    match (text.strip_prefix("0x"), text.strip_prefix("0o")) {
        (Some(digits), _) => return whole(digits, 16).filter(|_| is_digits(digits)),
        (_, Some(digits)) => return whole(digits, 8).filter(|_| is_digits(digits)),
        (None, None) => {}
    }
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let at = unsigned.find(['e', 'E']).unwrap_or(unsigned.len());
    let (mantissa, exponent) = unsigned.split_at(at);
    let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if integer.is_empty() && fraction.is_empty() {
        return None;
    }
    let integer = match integer.trim_start_matches('0') {
        "" => "0",
        digits => digits,
    };
    let point = if fraction.is_empty() { "" } else { "." };
    serde_json::from_str(&format!("{sign}{integer}{point}{fraction}{exponent}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_what_yaml_says() {
        for (text, expected) in [
            ("0x1F", Some("31")),
            ("0o17", Some("15")),
            ("0xFFFFFFFFFFFFFFFFFFFF", Some("1208925819614629174706175")),
            ("015", Some("15")),
            ("+1", Some("1")),
            ("-007.50", Some("-7.50")),
            (".5", Some("0.5")),
            ("1.", Some("1")),
            ("1.e-3", Some("1e-3")),
            ("000", Some("0")),
            (".inf", None),
            ("-.INF", None),
            (".nan", None),
            ("0x", None),
            ("0x+1", None),
            (".", None),
            ("1 2", None),
            ("hello", None),
            ("", None),
        ] {
            assert_eq!(number(text).map(|number| number.to_string()).as_deref(), expected, "{text}");
        }
        let sent = serde_json::json!({ "a": [{ "number": "0x1F" }], "b": { "number": 5 }, "c": { "number": ".inf" } });
        let read = serde_json::json!({ "a": [31], "b": { "number": 5 }, "c": { "number": ".inf" } });
        assert_eq!(plain(sent), read);
    }
}
