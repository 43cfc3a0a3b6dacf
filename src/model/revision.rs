//! Names of git objects and of what can be read: a commit, the index, or the working tree.

use std::fmt;

/// The id of a commit (hexadecimal).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommitId(pub String);

impl CommitId {
    /// The first seven digits, as people write commits.
    #[must_use]
    pub fn short(&self) -> &str {
        self.0.get(..7).unwrap_or(&self.0)
    }
}

impl fmt::Display for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The id of a file's content in git (hexadecimal).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobId(pub String);

impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a snapshot shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revision {
    /// A commit.
    Commit(CommitId),
    /// What `git commit` would commit.
    Index,
    /// The files as they are on disk.
    WorkTree,
}

/// What is told of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitInfo {
    /// Its id.
    pub id: CommitId,
    /// The author's name.
    pub author: String,
    /// Committer time in seconds since 1970-01-01 UTC.
    pub time: i64,
    /// The committer's offset from UTC in minutes.
    pub offset: i32,
    /// The first line of its message.
    pub subject: String,
}

impl CommitInfo {
    /// The commit's day as `YYYY-MM-DD` in the committer's own time zone.
    #[must_use]
    pub fn date(&self) -> String {
        civil_date(self.time + i64::from(self.offset) * 60)
    }
}

/// The civil date, `YYYY-MM-DD`, of a number of seconds since 1970-01-01.
#[must_use]
pub fn civil_date(seconds: i64) -> String {
    // Howard Hinnant's days-to-civil algorithm, on eras of 400 years from 0000-03-01.
    let days = seconds.div_euclid(86_400) + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::civil_date;

    #[test]
    fn dates_are_civil_dates() {
        for (seconds, expected) in [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (1_700_000_000, "2023-11-14"),
            (-1, "1969-12-31"),
        ] {
            assert_eq!(civil_date(seconds), expected);
        }
    }
}
