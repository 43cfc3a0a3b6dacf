//! Tokens: who may do what, kept in a file outside the repository as digests.
//!
//! A token is shown once, when it is made. The file is its owner's alone, and is read again when it
//! changes.

use std::fmt;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::guards::{self, Guard};
use crate::model::{Date, Environment, Error, Result, closest};

/// What a token begins with.
const PREFIX: &str = "trc_";

/// What a token allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// To read its environments, secrets masked.
    Read,
    /// To write items of its environments.
    Write,
    /// To promote into its environments.
    Promote,
    /// To see secrets.
    Secrets,
    /// To read how the server does.
    Metrics,
}

impl Verb {
    /// Every verb.
    pub const ALL: [Self; 5] = [Self::Read, Self::Write, Self::Promote, Self::Secrets, Self::Metrics];

    /// The name that users type.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Promote => "promote",
            Self::Secrets => "secrets",
            Self::Metrics => "metrics",
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Verb {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|verb| verb.name() == name).ok_or_else(|| {
            let set = format!("a token allows {}", Self::ALL.map(Self::name).join(", "));
            let error = Error::usage(format!("`{}` is nothing that a token allows", name.escape_debug()));
            match closest(name, Self::ALL.map(Self::name)) {
                Some(near) => error.with_help(format!("did you mean `{near}`? {set}")),
                None => error.with_help(set),
            }
        })
    }
}

/// A token, without what proves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// Its name, which is told of it.
    pub name: String,
    /// The address of who it stands for.
    pub email: String,
    /// The environments that it is for.
    pub environments: Vec<Environment>,
    /// What it allows there.
    pub allow: Vec<Verb>,
    /// The last day on which it counts, UTC; for ever without.
    #[serde(deserialize_with = "day")]
    pub expires: Option<Date>,
    /// The SHA-256 of the token.
    pub(super) sha256: String,
}

fn day<'de, D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Option<Date>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| text.parse::<Date>().map_err(serde::de::Error::custom)).transpose()
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    version: u8,
    tokens: Vec<Token>,
}

/// The file of the tokens.
#[derive(Clone, Debug)]
pub struct TokenFile(PathBuf);

impl TokenFile {
    /// The file at a path, which need not be there yet.
    #[must_use]
    pub const fn at(path: PathBuf) -> Self {
        Self(path)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The tokens.
    ///
    /// # Errors
    /// When there is no such file, it is open to others, or it holds something else.
    pub fn read(&self) -> Result<Vec<Token>> {
        self.require_private()?;
        let text = fs::read_to_string(&self.0).map_err(|error| Error::io("read", &self.0, &error))?;
        let content: Content = serde_json::from_str(&text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            Error::usage(format!("{}:{line}:{column}: this is no file of tokens", self.0.display()))
                .with_help("`terrace token create` makes one")
        })?;
        if content.version != 1 {
            let message = format!("{} is of version {}", self.0.display(), content.version);
            return Err(Error::usage(message).with_help("this terrace reads version 1"));
        }
        Ok(content.tokens)
    }

    #[cfg(unix)]
    fn require_private(&self) -> Result<()> {
        use std::os::unix::fs::PermissionsExt;
        let meta = fs::metadata(&self.0).map_err(|error| Error::io("read", &self.0, &error))?;
        if meta.permissions().mode() & 0o077 != 0 {
            return Err(Error::usage(format!("{} is open to others", self.0.display()))
                .with_help(format!("make it yours alone: chmod 600 {}", self.0.display())));
        }
        Ok(())
    }

    #[cfg(not(unix))]
    fn require_private(&self) -> Result<()> {
        Ok(())
    }

    /// Makes a token and gives what proves it, which is kept nowhere.
    ///
    /// # Errors
    /// When there is one of this name, or the file cannot be written.
    pub fn create(
        &self,
        name: &str,
        email: &str,
        environments: &[Environment],
        allow: &[Verb],
        expires: Option<Date>,
    ) -> Result<String> {
        let is_line = |text: &str| !text.trim().is_empty() && !text.chars().any(char::is_control);
        if !is_line(name) || !is_line(email) || email.contains(['<', '>']) || name.contains(['<', '>']) {
            return Err(Error::usage(
                "a token needs a name and an address of one line each, without < and >",
            )
            .with_help("they are what its commits bear: --name ci --email ci@example.com"));
        }
        let mut tokens = if self.0.exists() { self.read()? } else { Vec::new() };
        if tokens.iter().any(|token| token.name == name) {
            return Err(Error::usage(format!("there is a token `{name}` already"))
                .with_help("revoke it first, or give the new one another name"));
        }
        let secret = new_secret()?;
        let (mut environments, mut allow) = (environments.to_vec(), allow.to_vec());
        environments.sort_unstable();
        environments.dedup();
        allow.sort_unstable();
        allow.dedup();
        tokens.push(Token {
            name: name.to_owned(),
            email: email.to_owned(),
            environments,
            allow,
            expires,
            sha256: hex(&Sha256::digest(&secret)),
        });
        self.write(tokens)?;
        Ok(secret)
    }

    /// Takes a token out.
    ///
    /// # Errors
    /// When there is none of this name, or the file cannot be written.
    pub fn revoke(&self, name: &str) -> Result<()> {
        let mut tokens = self.read()?;
        let count = tokens.len();
        tokens.retain(|token| token.name != name);
        if tokens.len() == count {
            let error = Error::usage(format!("there is no token `{}`", name.escape_debug()));
            return Err(match closest(name, tokens.iter().map(|token| token.name.as_str())) {
                Some(near) => error.with_help(format!("did you mean `{near}`?")),
                None => error.with_help("`terrace token list` shows the tokens there are"),
            });
        }
        self.write(tokens)
    }

    fn write(&self, tokens: Vec<Token>) -> Result<()> {
        let failed = |error: std::io::Error| Error::io("write", &self.0, &error);
        let folder = self.0.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or_else(|| Path::new("."));
        fs::create_dir_all(folder).map_err(failed)?;
        // Made with mode 0600, and put in its place at once.
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
        let text = serde_json::to_string_pretty(&Content { version: 1, tokens })
            .map_err(|error| Error::internal(format!("tokens are no JSON: {error}")))?;
        writeln!(file, "{text}").map_err(failed)?;
        file.as_file().sync_all().map_err(failed)?;
        file.persist(&self.0).map_err(|error| failed(error.error))?;
        Ok(())
    }

    /// What tells whether the file is still the one that was read.
    pub(super) fn stamp(&self) -> Option<String> {
        stamp_of(&self.0)
    }
}

/// What is another when a file was written; `None` where there is none.
pub(super) fn stamp_of(path: &Path) -> Option<String> {
    let meta = fs::metadata(path).ok()?;
    #[cfg(unix)]
    let (mode, changed) = {
        use std::os::unix::fs::MetadataExt;
        (meta.mode(), (meta.ctime(), meta.ctime_nsec()))
    };
    #[cfg(not(unix))]
    let (mode, changed) = ((), ());
    Some(format!("{:?} {} {mode:?} {changed:?}", meta.modified().ok()?, meta.len()))
}

/// The token that is proved by `secret` on a day.
pub(super) fn find<'t>(tokens: &'t [Token], secret: &str, today: Date) -> Option<&'t Token> {
    find_digest(tokens, &digest(secret), today)
}

/// What is kept of a secret.
pub(super) fn digest(secret: &str) -> String {
    hex(&Sha256::digest(secret))
}

/// The token of which this digest was kept.
pub(super) fn find_digest<'t>(tokens: &'t [Token], digest: &str, today: Date) -> Option<&'t Token> {
    let is_it = |token: &Token| {
        bool::from(token.sha256.as_bytes().ct_eq(digest.as_bytes())) || guards::off(Guard::TokenDigest)
    };
    // All are looked at, so that the time tells nothing of where it stands.
    let found = tokens.iter().fold(None, |found, token| if is_it(token) { Some(token) } else { found });
    let lasts = |token: &&Token| token.expires.is_none_or(|last| today <= last);
    found.filter(|token| lasts(token) || guards::off(Guard::TokenExpiry))
}

/// What proves a new token.
///
/// # Errors
/// When there is no randomness.
pub(super) fn new_secret() -> Result<String> {
    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(|error| Error::internal(format!("no randomness: {error}")))?;
    Ok(format!("{PREFIX}{}", hex(&random)))
}

/// Whether two secrets are the same, told in a time that tells nothing of them.
pub(super) fn is_same(known: &str, secret: &str) -> bool {
    bool::from(Sha256::digest(known).as_slice().ct_eq(Sha256::digest(secret).as_slice()))
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::date::day;

    #[test]
    fn a_token_is_known_by_what_proves_it_until_its_last_day() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let file = TokenFile::at(folder.path().join("deep/tokens.json"));
        let until = Some(day("2027-01-31"));
        let all = [Environment::Staging, Environment::Staging];
        let secret = file.create("ci", "ci@example.com", &all, &[Verb::Read], until).expect("a token");
        let other = file.create("ops", "ops@example.com", &all, &Verb::ALL, None).expect("a token");
        assert!(secret.len() == 68 && secret.starts_with(PREFIX) && secret != other);
        let text = fs::read_to_string(file.path()).expect("a file");
        assert!(!text.contains(&secret[4..]), "{text}");
        let tokens = file.read().expect("tokens");
        let name = |secret: &str, today| find(&tokens, secret, day(today)).map(|token| token.name.clone());
        assert_eq!(name(&secret, "2027-01-31").as_deref(), Some("ci"));
        assert_eq!(name(&secret, "2027-02-01"), None);
        assert_eq!(name(&other, "2099-01-01").as_deref(), Some("ops"));
        assert_eq!(name("trc_0", "2026-01-01"), None);
        assert_eq!(tokens[0].environments, [Environment::Staging]);
        assert!(file.create("ci", "ci@example.com", &all, &[], None).is_err());
        assert!(file.create("a\nb", "ci@example.com", &all, &[], None).is_err());
        assert!(file.revoke("ic").is_err());
        file.revoke("ci").expect("it was there");
        assert_eq!(file.read().expect("tokens").len(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::TempDir::new().expect("a folder");
        let file = TokenFile::at(folder.path().join("tokens.json"));
        file.create("ci", "ci@example.com", &[], &[], None).expect("a token");
        fs::set_permissions(file.path(), fs::Permissions::from_mode(0o644)).expect("a mode");
        let error = file.read().expect_err("open");
        assert!(error.message().ends_with("is open to others"), "{}", error.message());
    }
}
