//! The validated name of an item, and the composite key (key, environment).

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Environment;
use crate::guards::{self, Guard};

/// The name of a configuration item: segments of `[A-Za-z0-9._-]` joined by `/`.
///
/// No segment is empty or begins with `.` or `-`, so a key is always a safe relative path. Cheap to clone:
/// who holds many keys, and then many again, shares their texts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Key(Arc<str>);

impl std::borrow::Borrow<str> for Key {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl Key {
    /// What every key is, as a regular expression.
    pub const PATTERN: &'static str = "^[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*$";

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The file of this key in an environment, relative to the configuration root.
    #[must_use]
    pub fn file(&self, environment: Environment) -> String {
        format!("environments/{environment}/{}.yaml", self.0)
    }
}

impl TryFrom<String> for Key {
    type Error = InvalidKey;

    fn try_from(text: String) -> Result<Self, InvalidKey> {
        text.parse()
    }
}

impl From<Key> for String {
    fn from(key: Key) -> Self {
        key.as_str().to_owned()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The longest segment: with its extension it is the name of a file, which systems bound at 255 bytes.
const SEGMENT: usize = 240;

/// The longest key: paths are bounded at 4,096 bytes, and a work tree may lie deep.
const LENGTH: usize = 1_024;

impl FromStr for Key {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let reason = if text.is_empty() {
            Some("a key cannot be empty".to_owned())
        } else if text.len() > LENGTH {
            Some(format!("a key has at most {LENGTH} characters"))
        } else {
            text.split('/').find_map(|segment| {
                if segment.is_empty() {
                    Some("a key has no empty segments".to_owned())
                } else if segment.len() > SEGMENT {
                    Some(format!("a segment has at most {SEGMENT} characters, as names of files do"))
                } else if segment.starts_with(['.', '-']) {
                    Some(format!("no segment begins with `.` or `-`, as `{segment}` does"))
                } else {
                    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
                    let wrong = segment.chars().find(|c| !is_allowed(*c))?;
                    Some(format!("`{}` is not one of letters, digits, `.`, `_`, `-`", wrong.escape_debug()))
                }
            })
        };
        match reason {
            Some(reason) if !guards::off(Guard::KeySegments) => {
                Err(InvalidKey { text: text.to_owned(), reason })
            }
            Some(_) | None => Ok(Self(text.into())),
        }
    }
}

/// Text that cannot be a key, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidKey {
    /// The text as given.
    pub text: String,
    /// What is wrong with it.
    pub reason: String,
}

impl fmt::Display for InvalidKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a key: {}", self.text.escape_debug(), self.reason)
    }
}

impl std::error::Error for InvalidKey {}

/// What identifies an item: its key and its environment together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId {
    /// The name shared by all environments.
    pub key: Key,
    /// The environment whose values are meant.
    pub environment: Environment,
}

impl ItemId {
    /// The item `key` in `environment`.
    #[must_use]
    pub const fn new(key: Key, environment: Environment) -> Self {
        Self { key, environment }
    }

    /// The item's file relative to the configuration root.
    #[must_use]
    pub fn file(&self) -> String {
        self.key.file(self.environment)
    }
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", self.key, self.environment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_safe_relative_names() {
        for good in ["payments", "billing/invoices", "a.b-c_d/9"] {
            assert_eq!(good.parse::<Key>().expect(good).as_str(), good);
        }
        for bad in ["", "/a", "a/", "a//b", ".a", "a/..", "-x", "a b", "ä", "a\\b", "a\nb"] {
            assert!(bad.parse::<Key>().is_err(), "{bad:?}");
        }
    }
}
