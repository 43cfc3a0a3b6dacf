//! A day of the calendar.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A day of the (proleptic Gregorian) calendar, written `2027-01-31`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(jiff::civil::Date);

impl Date {
    /// The day of a moment, in seconds since 1970-01-01 UTC, where clocks are `offset` minutes ahead
    /// of UTC. What lies beyond the years -9999 to 9999 is at their end.
    #[must_use]
    pub fn of(seconds: i64, offset: i32) -> Self {
        let local = seconds.saturating_add(i64::from(offset) * 60);
        let days = local.div_euclid(86_400);
        let epoch = jiff::civil::date(1970, 1, 1);
        let span = i32::try_from(days).ok().and_then(|days| jiff::Span::new().try_days(days).ok());
        let end = if days < 0 { jiff::civil::Date::MIN } else { jiff::civil::Date::MAX };
        Self(span.and_then(|span| epoch.checked_add(span).ok()).unwrap_or(end))
    }

    /// How many days come after this one up to another; less than none where that is past.
    #[must_use]
    pub fn days_until(self, other: Self) -> i32 {
        // Between two such days lie some millions at most.
        self.0.until(other.0).map_or(0, |span| span.get_days())
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A text is no day of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidDate;

impl fmt::Display for InvalidDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this is no day such as 2027-01-31")
    }
}

impl std::error::Error for InvalidDate {}

impl FromStr for Date {
    type Err = InvalidDate;

    fn from_str(text: &str) -> Result<Self, InvalidDate> {
        let date: jiff::civil::Date = text.parse().map_err(|_| InvalidDate)?;
        if date.to_string() == text { Ok(Self(date)) } else { Err(InvalidDate) }
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// The day `text` in a test's table.
#[cfg(test)]
pub(crate) fn day(text: &str) -> Date {
    text.parse().expect("a day")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_has_its_day() {
        for (seconds, offset, expected) in [
            (0, 0, "1970-01-01"),
            (951_782_400, 0, "2000-02-29"),
            (1_700_000_000, 0, "2023-11-14"),
            (1_700_000_000, 120, "2023-11-15"),
            (-1, 0, "1969-12-31"),
            (i64::MAX, 0, "9999-12-31"),
            (i64::MIN, -60, "-009999-01-01"),
        ] {
            assert_eq!(Date::of(seconds, offset).to_string(), expected);
        }
    }

    #[test]
    fn only_days_that_there_are_can_be_written() {
        assert!("2027-01-31".parse::<Date>().is_ok());
        for text in ["2027-02-30", "2027-1-31", "20270131", "2027-01-31T00:00", "soon", ""] {
            assert_eq!(text.parse::<Date>(), Err(InvalidDate), "{text}");
        }
    }
}
