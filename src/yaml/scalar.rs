//! What a scalar means: the YAML 1.2 core schema (YAML 1.2.2, section 10.3).

use crate::model::Value;

pub(super) const CORE: &str = "tag:yaml.org,2002:";

/// The value of a plain scalar.
#[must_use]
pub fn plain_value(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ if is_integer(text) || is_float(text) => Value::Number(text.to_owned()),
        _ => Value::String(text.to_owned()),
    }
}

/// The value of a scalar under a tag; `None` when the core schema does not know the tag or the
/// text does not fit it.
pub(super) fn tagged_value(tag: &str, text: &str) -> Option<Value> {
    if tag == "!" {
        return Some(Value::String(text.to_owned()));
    }
    let plain = plain_value(text);
    match (tag.strip_prefix(CORE)?, &plain) {
        ("str", _) => Some(Value::String(text.to_owned())),
        ("null", Value::Null) | ("bool", Value::Bool(_)) => Some(plain),
        ("int", Value::Number(_)) if is_integer(text) => Some(plain),
        ("float", Value::Number(_)) => Some(plain),
        _ => None,
    }
}

pub(super) fn digits(text: &str, is_digit: impl Fn(char) -> bool) -> bool {
    !text.is_empty() && text.chars().all(is_digit)
}

pub(super) fn is_integer(text: &str) -> bool {
    if let Some(octal) = text.strip_prefix("0o") {
        return digits(octal, |c| c.is_digit(8));
    }
    if let Some(hex) = text.strip_prefix("0x") {
        return digits(hex, |c| c.is_ascii_hexdigit());
    }
    digits(text.strip_prefix(['-', '+']).unwrap_or(text), |c| c.is_ascii_digit())
}

pub(super) fn is_float(text: &str) -> bool {
    if matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return true;
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let is_digits = |text: &str| digits(text, |c| c.is_ascii_digit());
    let mantissa_fits = match mantissa.split_once('.') {
        Some(("", fraction)) => is_digits(fraction),
        Some((whole, fraction)) => is_digits(whole) && (fraction.is_empty() || is_digits(fraction)),
        None => is_digits(mantissa),
    };
    mantissa_fits
        && exponent.is_none_or(|exponent| is_digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_follow_the_core_schema() {
        for text in [
            "0",
            "-1",
            "+12",
            "0o17",
            "0x1F",
            "1.10",
            ".5",
            "1.",
            "1e3",
            "-.inf",
            ".NaN",
            "015",
            "99999999999999999999999",
        ] {
            assert_eq!(plain_value(text), Value::Number(text.into()), "{text}");
        }
        for text in
            ["no", "on", "1_000", "12:30", "0b1", "-", "+", ".", "1e", "0x", "e3", "tRUE", "-0x1", "1.2.3"]
        {
            assert_eq!(plain_value(text), Value::String(text.into()), "{text}");
        }
        assert_eq!(plain_value("True"), Value::Bool(true));
        assert_eq!(plain_value("~"), Value::Null);
    }
}
