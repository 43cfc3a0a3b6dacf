//! What the text of a number says to a program.

/// A number as programs hold one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Read {
    /// A whole number that is not negative.
    Unsigned(u128),
    /// A negative whole number.
    Signed(i128),
    /// Any other.
    Float(f64),
}

/// Reads a number of the YAML 1.2 core schema; `None` for a whole number beyond 128 bits, which no
/// type holds.
pub(super) fn read(text: &str) -> Option<Read> {
    let unsigned = text.strip_prefix('+').unwrap_or(text);
    let (digits, radix) = match (text.strip_prefix("0x"), text.strip_prefix("0o")) {
        (Some(digits), _) => (digits, 16),
        (_, Some(digits)) => (digits, 8),
        (None, None) => (unsigned, 10),
    };
    let whole = digits.strip_prefix('-').unwrap_or(digits);
    if !whole.chars().all(|c| c.is_digit(radix)) {
        return Some(Read::Float(float(text)));
    }
    match u128::from_str_radix(digits, radix) {
        Ok(number) => Some(Read::Unsigned(number)),
        Err(_) => i128::from_str_radix(digits, radix).ok().map(Read::Signed),
    }
}

/// The nearest floating-point number.
pub(super) fn float(text: &str) -> f64 {
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    let in_radix = |digits: &str, radix: u32| {
        let digits = digits.chars().filter_map(|digit| digit.to_digit(radix));
        digits.fold(0.0, |value, digit| value * f64::from(radix) + f64::from(digit))
    };
    let number = match (unsigned.strip_prefix("0x"), unsigned.strip_prefix("0o")) {
        (Some(digits), _) => in_radix(digits, 16),
        (_, Some(digits)) => in_radix(digits, 8),
        _ => match unsigned.to_ascii_lowercase().as_str() {
            ".inf" => f64::INFINITY,
            decimal => decimal.parse().unwrap_or(f64::NAN),
        },
    };
    sign * number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_what_the_core_schema_says() {
        for (text, expected) in [
            ("0", Some(Read::Unsigned(0))),
            ("+12", Some(Read::Unsigned(12))),
            ("015", Some(Read::Unsigned(15))),
            ("0x1F", Some(Read::Unsigned(31))),
            ("0o17", Some(Read::Unsigned(15))),
            ("-7", Some(Read::Signed(-7))),
            ("1.10", Some(Read::Float(1.1))),
            ("1.", Some(Read::Float(1.0))),
            ("-.5e3", Some(Read::Float(-500.0))),
            ("-.Inf", Some(Read::Float(f64::NEG_INFINITY))),
            ("340282366920938463463374607431768211455", Some(Read::Unsigned(u128::MAX))),
            ("-170141183460469231731687303715884105728", Some(Read::Signed(i128::MIN))),
            ("340282366920938463463374607431768211456", None),
            ("0x1FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", None),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
        assert!(matches!(read(".NaN"), Some(Read::Float(number)) if number.is_nan()));
        assert_eq!(float("0x10").to_string(), "16");
    }
}
