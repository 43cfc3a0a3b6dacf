//! JSON Pointer (RFC 6901): where a value sits in one particular document.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A JSON Pointer; list elements are addressed by position.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Pointer(Vec<String>);

impl Pointer {
    /// The pointer made of these reference tokens (unescaped).
    pub fn new(tokens: impl IntoIterator<Item = String>) -> Self {
        Self(tokens.into_iter().collect())
    }

    /// The unescaped reference tokens.
    #[must_use]
    pub fn tokens(&self) -> &[String] {
        &self.0
    }

    /// Reads a pointer; `None` when `text` neither is empty nor begins with `/`, or when it
    /// holds a `~` that is not `~0` or `~1` (RFC 6901, section 3).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::default());
        }
        text.strip_prefix('/')?.split('/').map(unescape).collect::<Option<_>>().map(Self)
    }
}

fn unescape(token: &str) -> Option<String> {
    let mut out = String::with_capacity(token.len());
    let mut chars = token.chars();
    while let Some(c) = chars.next() {
        out.push(match c {
            '~' => match chars.next()? {
                '0' => '~',
                '1' => '/',
                _ => return None,
            },
            c => c,
        });
    }
    Some(out)
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for token in &self.0 {
            write!(f, "/{}", token.replace('~', "~0").replace('/', "~1"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_go_both_ways() {
        for text in ["", "/", "/a~1b/m~0n/0", "/ /é"] {
            assert_eq!(Pointer::parse(text).expect(text).to_string(), text);
        }
        for bad in ["a", "/~", "/~2"] {
            assert_eq!(Pointer::parse(bad), None, "{bad}");
        }
    }
}
