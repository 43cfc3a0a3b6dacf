//! What other readers take a plain scalar for, where they do not take it for what it is by the YAML
//! 1.2 core schema.
//!
//! The table was made by asking PyYAML, ruamel.yaml, js-yaml and yaml; the suite asks them again
//! (`tests/suite/yaml_readers`).

use std::fmt;

use super::scalar::{digits, is_float, is_integer};
use crate::model::Date;

/// What some readers take a plain scalar for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherReading {
    /// `no`, `On`.
    Boolean,
    /// `0644`, `-0o17`.
    Octal,
    /// `0b11`.
    Binary,
    /// `-0x1F`, `0x_FF`.
    Hexadecimal,
    /// `12:30:45`.
    Sexagesimal,
    /// `1_000`.
    Number,
    /// A number by YAML 1.2 alone: `1e3`, `08`, `-.5`, `0o17`.
    Text,
    /// `2024-01-01`.
    Date,
    /// `2024-13-45`, which readers of dates refuse.
    ImpossibleDate,
    /// `=` and `<<`, which mean something else in YAML 1.1 and nothing as a value.
    Refused,
    /// An integer that a 64-bit float cannot hold exactly.
    Rounded,
    /// `1e400`, beyond a 64-bit float.
    Infinite,
}

impl fmt::Display for OtherReading {
    /// What it is and to whom, behind the word "is".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Boolean => "a boolean to YAML 1.1 readers",
            Self::Octal => "an octal number to YAML 1.1 readers",
            Self::Binary => "a binary number to YAML 1.1 readers",
            Self::Hexadecimal => "a hexadecimal number to YAML 1.1 readers",
            Self::Sexagesimal => "a number to the base of 60 to YAML 1.1 readers",
            Self::Number => "a number to YAML 1.1 readers",
            Self::Text => "a string to YAML 1.1 readers",
            Self::Date => "a date to YAML 1.1 readers",
            Self::ImpossibleDate => "an impossible date to YAML 1.1 readers, which refuse the file",
            Self::Refused => "no value to YAML 1.1 readers, which refuse the file",
            Self::Rounded => "rounded by readers that keep numbers as 64-bit floats",
            Self::Infinite => "infinite to readers that keep numbers as 64-bit floats",
        })
    }
}

/// What some readers take this plain scalar for; `None` where all agree.
#[must_use]
pub fn reads_differently(text: &str) -> Option<OtherReading> {
    // Most texts are words, which no reader takes for anything else.
    if text.len() > 3 && !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | '_'))
    {
        return None;
    }
    if is_boolean(text) {
        return Some(OtherReading::Boolean);
    }
    if matches!(text, "=" | "<<") {
        return Some(OtherReading::Refused);
    }
    of_date(text).or_else(|| of_number(text))
}

fn is_boolean(text: &str) -> bool {
    // None of them is longer.
    if text.len() > 3 {
        return false;
    }
    let lower = text.to_lowercase();
    let cased = text == lower || text == text.to_uppercase() || {
        let mut chars = text.chars();
        chars.next().is_some_and(char::is_uppercase) && chars.all(char::is_lowercase)
    };
    cased && matches!(lower.as_str(), "yes" | "no" | "on" | "off" | "y" | "n")
}

fn of_number(text: &str) -> Option<OtherReading> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let signed = unsigned.len() < text.len();
    let after = |prefix, is_digit: fn(char) -> bool| {
        unsigned.strip_prefix(prefix).is_some_and(|rest| digits(rest, is_digit))
    };
    if unsigned.len() > 1 && unsigned.starts_with('0') && digits(unsigned, |c| c.is_digit(8) || c == '_') {
        return Some(OtherReading::Octal);
    }
    if after("0o", |c| c.is_digit(8)) {
        return Some(if signed { OtherReading::Octal } else { OtherReading::Text });
    }
    if after("0b", |c| matches!(c, '0' | '1' | '_')) {
        return Some(OtherReading::Binary);
    }
    if after("0x", |c| c.is_ascii_hexdigit() || c == '_') && (signed || unsigned.contains('_')) {
        return Some(OtherReading::Hexadecimal);
    }
    if unsigned.starts_with(|c: char| c.is_ascii_digit()) && is_sexagesimal(unsigned) {
        return Some(OtherReading::Sexagesimal);
    }
    if unsigned.contains('_') {
        let bare = unsigned.replace('_', "");
        if bare == "." {
            return Some(OtherReading::Refused);
        }
        let begins = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.');
        return (begins && (is_integer(&bare) || is_float(&bare))).then_some(OtherReading::Number);
    }
    if is_integer(text) {
        let leading_zero = unsigned.len() > 1 && unsigned.starts_with('0') && !unsigned.starts_with("0x");
        return if leading_zero {
            Some(OtherReading::Text)
        } else {
            is_beyond_floats(unsigned).then_some(OtherReading::Rounded)
        };
    }
    if !is_float(text) || !unsigned.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if text.parse().is_ok_and(f64::is_infinite) {
        return Some(OtherReading::Infinite);
    }
    // YAML 1.1 (https://yaml.org/type/float.html) as its readers have it: a dot, a sign with the
    // exponent, and none where the text begins with the dot.
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "+"));
    let in_1_1 =
        mantissa.contains('.') && exponent.starts_with(['-', '+']) && !(signed && mantissa.starts_with('.'));
    (!in_1_1).then_some(OtherReading::Text)
}

fn is_sexagesimal(text: &str) -> bool {
    let mut parts = text.split(':');
    let first = parts.next().is_some_and(|part| digits(part, |c| c.is_ascii_digit() || c == '_'));
    let rest: Vec<_> = parts.collect();
    let fits = |part: &&str| part.len() <= 2 && part.parse::<u8>().is_ok_and(|n| n < 60);
    let (last, middle) = match rest.split_last() {
        Some((last, middle)) => (last.split('.').next().unwrap_or_default(), middle),
        None => return false,
    };
    first && middle.iter().all(fits) && fits(&last)
}

/// Whether an integer is larger than every 64-bit float between which and zero all are exact.
fn is_beyond_floats(unsigned: &str) -> bool {
    const LARGEST: u64 = 1 << f64::MANTISSA_DIGITS;
    let number = match unsigned.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16),
        None => unsigned.parse(),
    };
    // What does not parse is larger still.
    number.map_or(true, |number| number > LARGEST)
}

/// A date or a moment by <https://yaml.org/type/timestamp.html>.
fn of_date(text: &str) -> Option<OtherReading> {
    let (day, time) = match text.find(['T', 't', ' ', '\t']) {
        Some(at) => (text.get(..at)?, Some(text.get(at + 1..)?)),
        None => (text, None),
    };
    let mut parts = day.splitn(3, '-');
    let [year, month, day] = [parts.next()?, parts.next()?, parts.next()?];
    let least = if time.is_some() { 1 } else { 2 };
    let fits = |part: &str| (least..=2).contains(&part.len()) && number(part).is_some();
    if year.len() != 4 || number(year).is_none() || !fits(month) || !fits(day) {
        return None;
    }
    let is_day = number(year)? > 0 && format!("{year}-{month:0>2}-{day:0>2}").parse::<Date>().is_ok();
    let is_moment = match time {
        Some(time) => is_time(time)?,
        None => true,
    };
    Some(if is_day && is_moment { OtherReading::Date } else { OtherReading::ImpossibleDate })
}

/// Whether a text in the form of a time of day, perhaps with a zone, is one; `None` where it has
/// another form.
fn is_time(text: &str) -> Option<bool> {
    let text = text.trim_start_matches([' ', '\t']);
    let time =
        text.get(..text.find(|c: char| !(c.is_ascii_digit() || ":.".contains(c))).unwrap_or(text.len()))?;
    let zone = text.get(time.len()..)?.trim_start_matches([' ', '\t']);
    let (time, fraction) = time.split_once('.').unwrap_or((time, ""));
    let mut parts = time.split(':');
    let [hour, minute, second] = [parts.next()?, parts.next()?, parts.next()?];
    let two = |part: &str| if part.len() == 2 { number(part) } else { None };
    let hour = if hour.len() == 1 { number(hour) } else { two(hour) };
    let is_fraction = fraction.chars().all(|c| c.is_ascii_digit());
    if parts.next().is_some() || !is_fraction {
        return None;
    }
    let is_zone = match zone.strip_prefix(['-', '+']) {
        None if matches!(zone, "" | "Z") => true,
        None => return None,
        Some(offset) => {
            let (hours, minutes) = offset.split_once(':').unwrap_or((offset, "00"));
            if !(1..=2).contains(&hours.len()) {
                return None;
            }
            number(hours)? < 24 && two(minutes)? < 60
        }
    };
    Some(hour? < 24 && two(minute)? < 60 && two(second)? < 60 && is_zone)
}

/// The number that a few digits make.
fn number(text: &str) -> Option<u16> {
    if digits(text, |c| c.is_ascii_digit()) { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_readers_disagree_on_is_known() {
        use OtherReading::{
            Binary, Boolean, Date, Hexadecimal, ImpossibleDate, Infinite, Number, Octal, Refused, Rounded,
            Sexagesimal, Text,
        };
        for (expected, texts) in [
            (Boolean, "no On YES y Off N"),
            (Octal, "015 0644 -0644 0_7 -0o7 00012"),
            (Binary, "0b11 -0b1_0"),
            (Hexadecimal, "-0x1F +0x1 0x_1F"),
            (Sexagesimal, "12:30:45 190:20:30.15 22:22 1_0:30"),
            (Number, "1_000 1_ -1_000.5 .5_0 1_000e3"),
            (Text, "1e3 1E+3 1.5e3 .5e3 -.5 +.5e-3 08 -019 0o17 0123e4 0e0"),
            (Date, "2024-01-01 2024-02-29 2024-1-1T10:00:00Z 2024-01-01T10:00:00.123+02 0001-01-01"),
            (
                ImpossibleDate,
                "2024-13-45 2023-02-29 2024-00-10 0000-01-01 2024-01-01T25:00:00Z 2024-01-01T10:00:00+25:00",
            ),
            (Refused, "= << ._"),
            (Rounded, "9007199254740993 -12345678901234567890 0x7FFFFFFFFFFFFFFFFF"),
            (Infinite, "1e400 -1.5e+309"),
        ] {
            for text in texts.split(' ') {
                assert_eq!(reads_differently(text), Some(expected), "{text}");
            }
        }
        assert_eq!(reads_differently("2024-01-01 10:00:00 +02:00"), Some(Date));
    }

    #[test]
    fn what_readers_agree_on_is_left_alone() {
        let texts = "nO note 0 15 0.5 08.5 a:1 10.0.0.1:80 1.2_x 80:443 1.5e+3 1.e-3 .5 -0.5 +1 1.10 0x1F \
                     2024-01 2024-1-1 2024-01-01T10:00 2024/01/01 12:60 .inf -.INF .nan 1.2.3 0a1 v1 _1 0b2 0o8 1e \
                     9007199254740992 12:5x 00:1b:44:11:3a:b7 2024-01-01x __ . .. -. = a";
        for text in texts.split_whitespace().filter(|text| *text != "=") {
            assert_eq!(reads_differently(text), None, "{text}");
        }
    }
}
