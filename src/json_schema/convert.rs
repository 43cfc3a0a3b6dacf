//! Between configuration values and JSON, for the validator and back for its messages.

use serde_json::{Map as JsonMap, Number, Value as Json};

use crate::model::Value;

/// The JSON that YAML 1.2 readers see in a value.
///
/// A number keeps its text where that is JSON. Infinities and NaN, which JSON lacks, become
/// numbers that are no integers and lie beyond any double (NaN: one half), so that a schema that
/// asks for a number takes them and one that bounds it does not.
pub(super) fn to_json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Number(text) => number(text).map_or_else(|| Json::String(text.clone()), Json::Number),
        Value::String(text) => Json::String(text.clone()),
        Value::List(list) => Json::Array(list.iter().map(to_json).collect()),
        Value::Map(map) => Json::Object(
            map.iter().map(|(key, value)| (key.clone(), to_json(value))).collect::<JsonMap<_, _>>(),
        ),
        Value::Tagged(_, value) => to_json(value),
    }
}

/// The configuration value of some JSON.
pub(super) fn from_json(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => Value::Number(number.to_string()),
        Json::String(text) => Value::String(text.clone()),
        Json::Array(list) => Value::List(list.iter().map(from_json).collect()),
        Json::Object(map) => {
            Value::Map(map.iter().map(|(key, value)| (key.clone(), from_json(value))).collect())
        }
    }
}

fn number(text: &str) -> Option<Number> {
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let decimal = match (unsigned.strip_prefix("0x"), unsigned.strip_prefix("0o")) {
        (Some(digits), _) => whole(digits, 16),
        (_, Some(digits)) => whole(digits, 8),
        _ => match unsigned.to_ascii_lowercase().as_str() {
            ".inf" => beyond_doubles(),
            ".nan" => "0.5".to_owned(),
            _ => plain(unsigned),
        },
    };
    format!("{sign}{decimal}").parse().ok()
}

fn beyond_doubles() -> String {
    format!("{}.5", "9".repeat(309))
}

/// `015` → `15`, `1.` → `1.0`, `.5` → `0.5`.
fn plain(text: &str) -> String {
    let exponent = text.find(['e', 'E']).unwrap_or(text.len());
    let (mantissa, exponent) = text.split_at(exponent);
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(a, b)| (a, Some(b)));
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        digits => digits,
    };
    match fraction {
        None => format!("{whole}{exponent}"),
        Some("") => format!("{whole}.0{exponent}"),
        Some(fraction) => format!("{whole}.{fraction}{exponent}"),
    }
}

/// The decimal digits of an integer; beyond 128 bits the nearest double's.
fn whole(digits: &str, radix: u32) -> String {
    if let Ok(value) = u128::from_str_radix(digits, radix) {
        return value.to_string();
    }
    let digits = digits.chars().filter_map(|digit| digit.to_digit(radix));
    let value = digits.fold(0.0, |value, digit| value * f64::from(radix) + f64::from(digit));
    if value.is_finite() { format!("{value:.0}") } else { beyond_doubles() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_become_what_yaml_readers_see() {
        for (text, expected) in [
            ("1", "1"),
            ("1.10", "1.10"),
            ("-0", "-0"),
            ("+1", "1"),
            ("015", "15"),
            ("-007", "-7"),
            ("000", "0"),
            ("1.", "1.0"),
            (".5", "0.5"),
            ("-.5e+3", "-0.5e+3"),
            ("0x1F", "31"),
            ("0o17", "15"),
            ("0xffffffffffffffffffffffffffffffff", "340282366920938463463374607431768211455"),
            ("0x100000000000000000000000000000000", "340282366920938463463374607431768211456"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
            (".NaN", "0.5"),
        ] {
            assert_eq!(number(text).expect(text).to_string(), expected, "{text}");
        }
        for text in [".inf", "+.Inf", "-.INF"] {
            let number = number(text).expect(text).to_string();
            assert!(number.len() > 309 && number.ends_with(".5"), "{text}");
            assert_eq!(number.starts_with('-'), text.starts_with('-'), "{text}");
        }
        let huge = format!("0x{}", "F".repeat(100_000));
        assert!(number(&huge).is_some());
    }

    proptest! {
        #[test]
        fn every_number_of_yaml_is_a_number_of_json(text in "[-+]?([0-9]{0,4}\\.?[0-9]{0,3}([eE][-+]?[0-9]{1,3})?)|0x[0-9a-fA-F]{1,40}|0o[0-7]{1,50}") {
            if let Value::Number(text) = crate::yaml::plain_value(&text) {
                prop_assert!(number(&text).is_some(), "{}", text);
            }
        }
    }
}
