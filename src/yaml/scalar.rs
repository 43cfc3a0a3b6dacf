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

fn digits(text: &str, is_digit: impl Fn(char) -> bool) -> bool {
    !text.is_empty() && text.chars().all(is_digit)
}

fn is_integer(text: &str) -> bool {
    if let Some(octal) = text.strip_prefix("0o") {
        return digits(octal, |c| c.is_digit(8));
    }
    if let Some(hex) = text.strip_prefix("0x") {
        return digits(hex, |c| c.is_ascii_hexdigit());
    }
    digits(text.strip_prefix(['-', '+']).unwrap_or(text), |c| c.is_ascii_digit())
}

fn is_float(text: &str) -> bool {
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

/// Whether YAML 1.1 readers take this plain scalar for something else than YAML 1.2 readers do,
/// and for what: `no`, `on`, `015`, `12:30:45`, `1_000`.
#[must_use]
pub fn reads_differently(text: &str) -> Option<&'static str> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let lower = text.to_lowercase();
    let cased = text == lower || text == text.to_uppercase() || {
        let mut chars = text.chars();
        chars.next().is_some_and(char::is_uppercase) && chars.all(char::is_lowercase)
    };
    if cased && matches!(lower.as_str(), "yes" | "no" | "on" | "off" | "y" | "n") {
        return Some("a boolean");
    }
    let starts_with_digit = unsigned.starts_with(|c: char| c.is_ascii_digit());
    let octal =
        unsigned.len() > 1 && unsigned.starts_with('0') && digits(unsigned, |c| c.is_digit(8) || c == '_');
    if octal {
        return Some("an octal number");
    }
    if unsigned.starts_with("0o") && digits(&unsigned[2..], |c| c.is_digit(8)) {
        return Some("a string");
    }
    if unsigned.strip_prefix("0b").is_some_and(|rest| digits(rest, |c| matches!(c, '0' | '1' | '_'))) {
        return Some("a binary number");
    }
    let sexagesimal = |text: &str| {
        let mut parts = text.split(':');
        let first = parts.next().is_some_and(|part| digits(part, |c| c.is_ascii_digit() || c == '_'));
        let rest: Vec<_> = parts.collect();
        let fits = |part: &&str| part.len() <= 2 && part.parse::<u8>().is_ok_and(|n| n < 60);
        let (last, middle) = match rest.split_last() {
            Some((last, middle)) => (last.split('.').next().unwrap_or_default(), middle),
            None => return false,
        };
        first && middle.iter().all(fits) && fits(&last)
    };
    if starts_with_digit && sexagesimal(unsigned) {
        return Some("a number to the base of 60");
    }
    if starts_with_digit && unsigned.contains('_') {
        let bare = unsigned.replace('_', "");
        if is_integer(&bare) || is_float(&bare) {
            return Some("a number");
        }
    }
    None
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

    #[test]
    fn yaml_1_1_look_alikes_are_known() {
        for text in ["no", "On", "YES", "y", "015", "12:30:45", "1_000", "0b11", "0o17", "190:20:30.15"] {
            assert!(reads_differently(text).is_some(), "{text}");
        }
        for text in
            ["nO", "note", "0", "15", "089", "0.5", "a:1", "10.0.0.1:80", "1.2_x", "80:443", "2024-01-01"]
        {
            assert!(reads_differently(text).is_none(), "{text}");
        }
    }
}
