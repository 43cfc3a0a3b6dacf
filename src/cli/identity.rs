//! Who acts and when, as git's environment variables say.

use super::context::Context;
use crate::model::{Error, Result};
use crate::store::door::{Identity, Moment, Options, Person};

impl Context {
    /// How commits are made: by whom the environment names, else whom git's configuration names.
    pub(super) fn commit_options(&self) -> Result<Options> {
        let identity = Identity { author: person("AUTHOR")?, committer: person("COMMITTER")? };
        Ok(Options { identity, ..Options::default() })
    }
}

fn person(role: &str) -> Result<Person> {
    let variable = |what: &str| {
        let value = std::env::var_os(format!("GIT_{role}_{what}"))?;
        Some(value.to_string_lossy().into_owned()).filter(|value| !value.trim().is_empty())
    };
    let time = match variable("DATE") {
        None => None,
        Some(text) => Some(moment(&text).ok_or_else(|| {
            Error::usage(format!("GIT_{role}_DATE is `{}`, which is no date", text.escape_debug())).help(
                "write seconds since 1970 and a zone (`1700000000 +0000`), or `2026-01-31T12:00:00+00:00`",
            )
        })?),
    };
    Ok(Person { name: variable("NAME"), email: variable("EMAIL"), time })
}

/// A date as git writes it (`@1700000000 +0100`) or as ISO 8601 does.
fn moment(text: &str) -> Option<Moment> {
    let text = text.trim();
    let (first, zone) = text.split_once(' ').unwrap_or((text, "+0000"));
    if let Ok(seconds) = first.trim_start_matches('@').parse() {
        return Some(Moment { seconds, offset: offset(zone)? });
    }
    let (date, rest) = text.split_once(['T', ' '])?;
    let zone_at = rest.find(['+', '-', 'Z', ' ']).unwrap_or(rest.len());
    let (clock, zone) = rest.split_at(zone_at);
    let offset = offset(zone.trim())?;
    let numbers = |text: &str, separator| {
        text.split(separator).map(|n| n.parse::<i64>().ok()).collect::<Option<Vec<_>>>()
    };
    let (date, clock) = (numbers(date, '-')?, numbers(clock, ':')?);
    let ([year, month, day], [hour, minute, rest @ ..]) = (date.as_slice(), clock.as_slice()) else {
        return None;
    };
    let second = rest.first().copied().unwrap_or(0);
    let valid =
        (1..=12).contains(month) && (1..=31).contains(day) && *hour < 24 && *minute < 60 && second < 61;
    let seconds =
        days(*year, *month, *day) * 86_400 + hour * 3_600 + minute * 60 + second - i64::from(offset) * 60;
    valid.then_some(Moment { seconds, offset })
}

fn offset(zone: &str) -> Option<i32> {
    if matches!(zone, "" | "Z") {
        return Some(0);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let digits: String = zone.strip_prefix(['+', '-'])?.chars().filter(|c| *c != ':').collect();
    let number: i32 = digits.parse().ok().filter(|_| digits.len() == 4)?;
    Some(sign * (number / 100 * 60 + number % 100))
}

/// Days from 1970-01-01 to a civil date.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Howard Hinnant's civil-to-days algorithm, on eras of 400 years from 0000-03-01.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_git_reads_them() {
        for (text, seconds, offset) in [
            ("@1700000000 +0100", 1_700_000_000, 60),
            ("1700000000 -0330", 1_700_000_000, -210),
            ("2023-11-14T22:13:20Z", 1_700_000_000, 0),
            ("2023-11-14T23:13:20+01:00", 1_700_000_000, 60),
            ("2023-11-14 22:13:20 +0000", 1_700_000_000, 0),
        ] {
            assert_eq!(moment(text), Some(Moment { seconds, offset }), "{text}");
        }
        for text in ["yesterday", "2023-13-01T00:00:00Z", ""] {
            assert_eq!(moment(text), None, "{text}");
        }
    }
}
