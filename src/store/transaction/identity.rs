//! Who commits: the caller's words first, git's configuration second, never a guess.

use git2::{Signature, Time};

use super::Options;
use crate::model::{Error, Result};
use crate::store::git_config::GitConfig;
use crate::store::git_error::git_error;

/// Author and committer as the caller's environment names them (`GIT_AUTHOR_NAME` and so on).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// Who made the change.
    pub author: Person,
    /// Who commits it.
    pub committer: Person,
}

/// One person; what is not said comes from git's configuration, the time from the clock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// The name.
    pub name: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// When; the time of the call without it.
    pub time: Option<Moment>,
}

/// A moment and the time zone it was lived in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Seconds since 1970-01-01 UTC.
    pub seconds: i64,
    /// The offset from UTC in minutes.
    pub offset: i32,
}

/// Author and committer of one commit.
pub(super) struct Signatures {
    pub(super) author: Signature<'static>,
    pub(super) committer: Signature<'static>,
}

impl Identity {
    pub(super) fn signatures(&self, config: &GitConfig, options: &Options) -> Result<Signatures> {
        Ok(Signatures {
            author: self.author.signature("author", config, options)?,
            committer: self.committer.signature("committer", config, options)?,
        })
    }
}

impl Person {
    fn signature(&self, role: &str, config: &GitConfig, options: &Options) -> Result<Signature<'static>> {
        let name = part(self.name.as_deref(), role, "name", config);
        let email = part(self.email.as_deref(), role, "email", config);
        let (Some(name), Some(email)) = (name, email) else {
            return Err(Error::state("git does not know who you are, and a commit needs a name").with_help(
                "git config --global user.name \"Your Name\"\n      \
                 git config --global user.email you@example.com",
            ));
        };
        let Moment { seconds, offset } = self.time.unwrap_or(options.now);
        let signature = Signature::new(&name, &email, &Time::new(seconds, offset));
        let doing = format!("use `{name} <{email}>` as the {role}");
        signature.map_err(|error| git_error(&doing, &error))
    }
}

/// One half of a person, in git's order: as said, for this role, in general.
fn part(said: Option<&str>, role: &str, what: &str, config: &GitConfig) -> Option<String> {
    let names = [format!("{role}.{what}"), format!("user.{what}")];
    let configured = || config.text(&names.each_ref().map(String::as_str));
    said.map(str::to_owned).filter(|text| !text.trim().is_empty()).or_else(configured)
}
