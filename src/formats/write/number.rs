//! Numbers of YAML in the notations of other formats.
//!
//! A text that the other format reads as the same number stays as it is, so `1.10` stays `1.10`;
//! what only YAML writes so (`0x1F`, `+5`, `.5`, `015`) becomes the same number in plain decimal.

/// A number as JSON writes it; `None` for infinities, what is no number, and hexadecimal numbers
/// of more than 128 bits.
pub(super) fn decimal(text: &str) -> Option<String> {
    for (mark, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = text.strip_prefix(mark) {
            return u128::from_str_radix(digits, radix).ok().map(|number| number.to_string());
        }
    }
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match rest.find(['e', 'E']) {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    let signed = exponent.strip_prefix(['e', 'E']).unwrap_or_default();
    let power = signed.strip_prefix(['-', '+']).unwrap_or(signed);
    let empty = whole.is_empty() && fraction.is_none_or(str::is_empty);
    if empty
        || !digits(whole)
        || !digits(fraction.unwrap_or_default())
        || !digits(power)
        || power.is_empty() != exponent.is_empty()
    {
        return None;
    }
    let bare = whole.trim_start_matches('0');
    let whole = if bare.is_empty() { "0" } else { bare };
    let fraction = match fraction {
        None => String::new(),
        Some("") => ".0".to_owned(),
        Some(digits) => format!(".{digits}"),
    };
    Some(format!("{sign}{whole}{fraction}{exponent}"))
}

#[cfg(test)]
mod tests {
    use super::decimal;

    #[test]
    fn what_json_reads_stays_and_the_rest_is_the_same_number() {
        for (text, expected) in [
            ("1.10", Some("1.10")),
            ("0", Some("0")),
            ("-0.0", Some("-0.0")),
            ("1e5", Some("1e5")),
            ("1E+05", Some("1E+05")),
            ("123456789012345678901234567890", Some("123456789012345678901234567890")),
            ("0x1F", Some("31")),
            ("0o17", Some("15")),
            ("015", Some("15")),
            ("-007.50", Some("-7.50")),
            ("000", Some("0")),
            ("+5", Some("5")),
            (".5", Some("0.5")),
            ("5.", Some("5.0")),
            ("-.5e-3", Some("-0.5e-3")),
            (".inf", None),
            (".nan", None),
            ("0x1ffffffffffffffffffffffffffffffff", None),
            (".", None),
            ("1e", None),
            ("", None),
        ] {
            assert_eq!(decimal(text).as_deref(), expected, "{text}");
        }
    }
}
