//! Who acts and when, as git's environment variables say.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

use super::context::{Context, now};
use crate::model::{Error, Result};
use crate::store::ProcessEnvironment;
use crate::store::transaction::{Identity, Moment, Options, Person};

impl Context {
    /// How to commit: whom and when the process environment names.
    ///
    /// # Errors
    /// When a date in the environment is none.
    pub(super) fn commit_options(&self) -> Result<Options> {
        let now = self.moment();
        let environment = self.environment();
        let identity = Identity {
            author: person("AUTHOR", environment, now)?,
            committer: person("COMMITTER", environment, now)?,
        };
        Ok(Options { identity, ..Options::at(now, Arc::clone(environment)) })
    }

    /// The present time, in the zone of the machine.
    fn moment(&self) -> Moment {
        moment_now()
    }
}

/// The present time, in the zone of the machine.
pub(super) fn moment_now() -> Moment {
    let offset = match zone_of_machine() {
        Some(zone) => zone.to_offset(Timestamp::now()).seconds(),
        None => gix_date::Time::now_local_or_utc().offset,
    };
    Moment { seconds: now(), offset: offset / 60 }
}

/// The zone that the machine is set to, where nothing else is said, without its name: to find that, all
/// zones there are would be listed.
fn zone_of_machine() -> Option<TimeZone> {
    let is_said = std::env::var_os("TZ").is_some();
    let file = if is_said { None } else { std::fs::read("/etc/localtime").ok() };
    TimeZone::tzif("", &file?).ok()
}

fn person(role: &str, environment: &ProcessEnvironment, now: Moment) -> Result<Person> {
    let variable = |what: &str| environment.text(&format!("GIT_{role}_{what}"));
    let time = match variable("DATE") {
        None => None,
        Some(text) => Some(moment(&text, now).ok_or_else(|| {
            Error::usage(format!("GIT_{role}_DATE is `{}`, which is no date", text.escape_debug())).with_help(
                "write seconds since 1970 and a zone (`1700000000 +0000`), or `2026-01-31T12:00:00+00:00`",
            )
        })?),
    };
    Ok(Person { name: variable("NAME"), email: variable("EMAIL"), time })
}

/// Reads a date as git does: `@SECONDS ZONE`, ISO 8601, RFC 2822, git's own, or one that is told from
/// `now`. A date without a zone is in the zone of `now`.
fn moment(text: &str, now: Moment) -> Option<Moment> {
    let text = text.trim();
    let zone = TimeZone::fixed(Offset::from_seconds(now.offset * 60).ok()?);
    let now = Timestamp::from_second(now.seconds).ok()?.to_zoned(zone);
    let time = gix_date::parse(text, Some(now)).ok()?;
    Some(Moment { seconds: time.seconds, offset: time.offset / 60 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zone_of_now_is_that_of_the_machine() {
        assert_eq!(moment_now().offset * 60, gix_date::Time::now_local_or_utc().offset);
    }

    #[test]
    fn dates_are_read_as_git_reads_them() {
        let now = Moment { seconds: 1_700_000_000, offset: 0 };
        for (text, seconds, offset) in [
            ("@1700000000 +0100", 1_700_000_000, 60),
            ("1700000000 -0330", 1_700_000_000, -210),
            ("2023-11-14T22:13:20Z", 1_700_000_000, 0),
            ("2023-11-14T23:13:20+01:00", 1_700_000_000, 60),
            ("2023-11-14 22:13:20 +0000", 1_700_000_000, 0),
            ("Tue, 14 Nov 2023 23:13:20 +0100", 1_700_000_000, 60),
            ("Tue Nov 14 22:13:20 2023 +0000", 1_700_000_000, 0),
        ] {
            assert_eq!(moment(text, now), Some(Moment { seconds, offset }), "{text}");
        }
        for text in ["2026-02-31T12:00:00Z", "2026-02-31 12:00:00 +0000", "2023-13-01T00:00:00Z", "soon", ""]
        {
            assert_eq!(moment(text, now), None, "{text}");
        }
    }
}
