//! Globs, compiled once when the policy is read: over keys, hosts and references, and over one
//! segment of a path pattern.
//!
//! A compiled glob never goes back in the text that it is tried on. What the compiler could not
//! take, a glob of great length or depth, is refused here with a reason.

use std::fmt;
use std::str::FromStr;

use globset::{Glob, GlobBuilder, GlobMatcher, GlobSet, GlobSetBuilder};

use super::{Error, Key, lookups};

/// The longest glob in bytes; the compiler gives up at about twenty times as many.
const LONGEST: usize = 16_384;

/// The longest name with stars in bytes: each of them may have to be kept in view at every place
/// of a text.
const LONGEST_NAME: usize = 1024;

/// So many `{` may be open at once; the compiler gives up at about three times as many.
const DEEPEST: usize = 32;

/// The glob that `text` is, or why it is none.
pub(super) fn compile(text: &str) -> Result<GlobMatcher, String> {
    if text.len() > LONGEST {
        return Err(format!("a glob of {} bytes is too long (at most {LONGEST})", text.len()));
    }
    if depth(text) > DEEPEST {
        return Err(format!("`{text}` is not a glob: more than {DEEPEST} `{{` are open at once"));
    }
    let glob = Glob::new(text).map_err(|error| format!("`{text}` is not a glob: {}", error.kind()))?;
    Ok(glob.compile_matcher())
}

/// A glob over keys, as one names several items at once: `*` stands for any text, `/` included.
#[derive(Clone, Debug)]
pub struct KeyGlob(GlobMatcher);

impl KeyGlob {
    /// Whether a word is meant as a glob; no key holds one of these characters.
    #[must_use]
    pub fn is_meant(word: &str) -> bool {
        word.contains(['*', '?', '[', '{'])
    }

    /// Whether the key matches.
    #[must_use]
    pub fn is_match(&self, key: &Key) -> bool {
        self.0.is_match(key.as_str())
    }
}

impl FromStr for KeyGlob {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        compile(text).map(Self).map_err(|why| {
            Error::usage(why).with_help("a glob over keys is such as `billing/*`; quote it for the shell")
        })
    }
}

impl fmt::Display for KeyGlob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.glob().glob())
    }
}

/// Many globs, tried all at once where they are not too many for that.
#[derive(Clone, Debug, Default)]
pub(super) struct Globs {
    each: Vec<GlobMatcher>,
    all: Option<GlobSet>,
}

impl Globs {
    /// These globs.
    pub(super) fn new(each: Vec<GlobMatcher>) -> Self {
        let mut all = GlobSetBuilder::new();
        for glob in &each {
            all.add(glob.glob().clone());
        }
        let all = if each.is_empty() { None } else { all.build().ok() };
        Self { each, all }
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.each.is_empty()
    }

    /// Whether one of them matches `text`.
    pub(super) fn is_match(&self, text: &str) -> bool {
        match &self.all {
            Some(all) => all.is_match(text),
            None => self.each.iter().any(|glob| glob.is_match(text)),
        }
    }

    /// The numbers of those that match `text`, in order.
    pub(super) fn matching(&self, text: &str) -> Vec<usize> {
        let found: Vec<usize> = match &self.all {
            Some(all) => all.matches(text),
            None => {
                lookups::count(self.each.len());
                let all = self.each.iter().enumerate();
                all.filter(|(_, glob)| glob.is_match(text)).map(|(number, _)| number).collect()
            }
        };
        lookups::count(found.len());
        found
    }
}

/// A name in which `*` stands for any characters, and nothing else is special.
#[derive(Clone, Debug)]
pub(super) struct Stars {
    /// What stands before the first star, and behind the last one: most texts differ there already.
    head: String,
    tail: String,
    literal: String,
    glob: GlobMatcher,
}

impl Stars {
    /// The name that `text` is; `None` when it is too long.
    pub(super) fn new(text: &str) -> Option<Self> {
        let mut glob = String::with_capacity(text.len());
        for c in text.chars() {
            match c {
                // `**` would speak of folders, and takes no more than `*` does.
                '*' if glob.ends_with('*') => {}
                '?' | '[' | ']' | '{' | '}' | ',' | '\\' => glob.extend(['\\', c]),
                _ => glob.push(c),
            }
        }
        let glob = GlobBuilder::new(&glob).backslash_escape(true).build().ok();
        let glob = glob.filter(|_| text.len() <= LONGEST_NAME)?.compile_matcher();
        let head = text.split('*').next().unwrap_or_default().to_owned();
        let tail = text.rsplit('*').next().unwrap_or_default().to_owned();
        let literal = text.split('*').max_by_key(|part| part.len()).unwrap_or_default().to_owned();
        Some(Self { head, tail, literal, glob })
    }

    /// The longest text between stars.
    pub(super) fn literal(&self) -> &str {
        &self.literal
    }

    /// Whether `text` is such a name.
    pub(super) fn fits(&self, text: &str) -> bool {
        text.starts_with(&self.head) && text.ends_with(&self.tail) && self.glob.is_match(text)
    }
}

/// How many `{` are open at once at most. Escaped ones are counted too: nobody writes that many.
fn depth(text: &str) -> usize {
    let (mut open, mut deepest) = (0_usize, 0);
    for c in text.chars() {
        match c {
            '{' => open += 1,
            '}' => open = open.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(open);
    }
    deepest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_star_alone_is_special() {
        for (pattern, text, expected) in [
            ("*_URL", "PYXIS_URL", true),
            ("*_URL", "pyxis_url", false),
            ("a*", "a", true),
            ("a*", "ab/c.d\n", true),
            ("*ä*", "xäy", true),
            ("**/a", "a", false),
            ("**/a", "x/y/a", true),
            ("a/**", "a/", true),
            ("a/**/b", "a/b", false),
            ("a**b", "ab", true),
            ("ab*ba", "aba", false),
            ("a*a", "a", false),
            ("?*", "ab", false),
            ("?*", "?", true),
            ("{a,b}*", "a", false),
            ("{a,b}*", "{a,b}c", true),
            ("[ab]*", "a", false),
            ("[!a]*", "[!a]", true),
            ("{*", "{x", true),
            ("\\*", "*", false),
            ("\\*", "\\x", true),
            ("a*\\", "ab\\", true),
            ("(a|b)+.*$", "(a|b)+.x$", true),
            ("(a|b)+.*$", "ab$", false),
        ] {
            let name = Stars::new(pattern).expect(pattern);
            assert_eq!(name.fits(text), expected, "{pattern} {text}");
        }
    }

    /// Each of these would take longer than anyone waits if it were tried by going back.
    #[test]
    fn many_stars_come_to_an_end() {
        let text = "a".repeat(10_000);
        for (pattern, expected) in
            [("*a".repeat(40) + "*b", false), ("a*".repeat(40), true), ("*".repeat(40), true)]
        {
            assert_eq!(Stars::new(&pattern).expect(&pattern).fits(&text), expected, "{pattern}");
            assert_eq!(compile(&pattern).expect(&pattern).is_match(&text), expected, "{pattern}");
        }
    }

    #[test]
    fn what_the_compiler_cannot_take_is_refused() {
        let nested = |depth: usize, inner: &str| "{".repeat(depth) + inner + &"}".repeat(depth);
        for (glob, expected) in [
            ("?*".repeat(LONGEST / 2), None),
            ("[!a]".repeat(LONGEST / 4), None),
            ("*".to_owned() + &"ä".repeat(LONGEST / 2 - 1), None),
            (nested(DEEPEST, "a,**/b"), None),
            ("{a,b}".repeat(100), None),
            (nested(DEEPEST + 1, "a"), Some("more than 32 `{` are open at once")),
            ("{".repeat(4000), Some("more than 32 `{` are open at once")),
            ("a".repeat(LONGEST + 1), Some("a glob of 16385 bytes is too long")),
            ("{".repeat(100_000), Some("a glob of 100000 bytes is too long")),
            ("[a".to_owned(), Some("`[a` is not a glob: ")),
        ] {
            let error = compile(&glob).err();
            assert_eq!(error.is_some(), expected.is_some(), "{glob}");
            assert!(error.unwrap_or_default().contains(expected.unwrap_or_default()), "{glob}");
        }
        assert!(Stars::new(&("*".to_owned() + &"a".repeat(LONGEST_NAME - 1))).is_some());
        assert!(Stars::new(&("*".to_owned() + &"a".repeat(LONGEST_NAME))).is_none());
    }

    /// What a star means, written down plainly; it may take for ever.
    fn fits_plainly(pattern: &str, text: &str) -> bool {
        let Some((head, tail)) = pattern.split_once('*') else { return pattern == text };
        let Some(rest) = text.strip_prefix(head) else { return false };
        (0..=rest.len()).filter(|i| rest.is_char_boundary(*i)).any(|i| fits_plainly(tail, &rest[i..]))
    }

    proptest! {
        #[test]
        fn no_other_sign_is_special(
            pattern in "[ab*?{},!/\\[\\]\\\\^$.ä-]{0,8}",
            text in "[ab*?{},!/\\[\\]\\\\^$.ä-]{0,8}",
            filling in "[ab?{}/\\[\n]{0,3}",
        ) {
            for text in [text, pattern.replace('*', &filling)] {
                let name = Stars::new(&pattern).expect("name");
                prop_assert_eq!(name.fits(&text), fits_plainly(&pattern, &text), "{} {}", pattern, text);
            }
        }
    }
}
