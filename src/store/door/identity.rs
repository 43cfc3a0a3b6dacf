//! Who commits: the caller's words first, git's configuration second, never a guess.

use git2::{Config, Repository, Signature, Time};

use super::git_error;
use crate::model::{Error, Result};

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
    /// When.
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
    pub(super) fn signatures(&self, repository: &Repository) -> Result<Signatures> {
        let config = repository.config().and_then(|mut it| it.snapshot());
        let config = config.map_err(|error| git_error("read git's configuration", &error))?;
        Ok(Signatures {
            author: self.author.signature("author", &config)?,
            committer: self.committer.signature("committer", &config)?,
        })
    }
}

impl Person {
    fn signature(&self, role: &str, config: &Config) -> Result<Signature<'static>> {
        let name = part(self.name.as_deref(), role, "name", config);
        let email = part(self.email.as_deref(), role, "email", config);
        let (Some(name), Some(email)) = (name, email) else {
            return Err(Error::usage("git does not know who you are, and a commit needs a name").help(
                "git config --global user.name \"Your Name\"\n      \
                 git config --global user.email you@example.com",
            ));
        };
        let signature = match self.time {
            Some(Moment { seconds, offset }) => Signature::new(&name, &email, &Time::new(seconds, offset)),
            None => Signature::now(&name, &email),
        };
        let doing = format!("use `{name} <{email}>` as the {role}");
        signature.map_err(|error| git_error(&doing, &error))
    }
}

/// One half of a person, in git's order: as said, for this role, in general.
fn part(said: Option<&str>, role: &str, what: &str, config: &Config) -> Option<String> {
    let configured = |key: String| config.get_str(&key).ok().map(str::to_owned);
    let usable = |text: &String| !text.trim().is_empty();
    said.map(str::to_owned)
        .filter(usable)
        .or_else(|| configured(format!("{role}.{what}")).filter(usable))
        .or_else(|| configured(format!("user.{what}")).filter(usable))
}
