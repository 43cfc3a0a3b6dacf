//! Path patterns of the policy: `database.*`, `**.password`, each covering what lies below.

use std::fmt;
use std::str::FromStr;

use super::path::Reader;
use super::{InvalidPath, Path, Segment};

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// `**`: none or more segments.
    Any,
    /// `*` within a segment stands for any characters; alone, for one whole segment.
    One(String),
    /// A quoted segment: exactly this text.
    Exact(String),
    /// `[0]`, `[name=api]`
    Element(Segment),
}

/// A pattern over paths; it covers a path that it matches and everything below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPattern {
    text: String,
    steps: Vec<Step>,
    /// The steps for loose comparison: lower case, `_` for `-`.
    loose: Vec<Step>,
}

/// Text that is not a path pattern.
pub type InvalidPattern = InvalidPath;

impl PathPattern {
    /// Whether `path` or one of its ancestors matches; exact in letter case.
    #[must_use]
    pub fn covers(&self, path: &Path) -> bool {
        covers(&self.steps, &path.segments)
    }

    /// As [`Self::covers`], but ignoring letter case and taking `-` for `_`, as secrets do.
    #[must_use]
    pub fn covers_loosely(&self, path: &Path) -> bool {
        any_covers_loosely(std::slice::from_ref(self), path)
    }
}

/// Whether one of the patterns covers `path` loosely; asked of every value, so that the path is
/// folded once.
pub(super) fn any_covers_loosely(patterns: &[PathPattern], path: &Path) -> bool {
    let fold_segment = |segment: &Segment| match segment {
        Segment::Key(key) => Segment::Key(fold(key)),
        other => other.clone(),
    };
    let folded: Vec<Segment> = path.segments.iter().map(fold_segment).collect();
    patterns.iter().any(|pattern| covers(&pattern.loose, &folded))
}

fn fold(text: &str) -> String {
    text.to_lowercase().replace('-', "_")
}

/// Whether a path, or a beginning of it, matches.
fn covers(steps: &[Step], segments: &[Segment]) -> bool {
    match (steps.split_first(), segments.split_first()) {
        (None, _) => true,
        (Some((Step::Any, rest)), _) => (0..=segments.len()).any(|n| covers(rest, &segments[n..])),
        (Some(_), None) => false,
        (Some((step, rest)), Some((segment, below))) => {
            let fits = match (step, segment) {
                (Step::One(pattern), Segment::Key(key)) => glob(pattern, key),
                (Step::One(pattern), _) => pattern == "*",
                (Step::Exact(text), Segment::Key(key)) => text == key,
                (Step::Element(wanted), found) => wanted == found,
                (Step::Exact(_) | Step::Any, _) => false,
            };
            fits && covers(rest, below)
        }
    }
}

/// Whether `text` fits `pattern`, in which `*` stands for any characters.
fn glob(pattern: &str, text: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else { return pattern == text };
    let Some(rest) = text.strip_prefix(head) else { return false };
    (0..=rest.len()).filter(|i| rest.is_char_boundary(*i)).any(|i| glob(tail, &rest[i..]))
}

impl FromStr for PathPattern {
    type Err = InvalidPattern;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut reader = Reader { text, rest: text };
        let mut steps = Vec::new();
        while !reader.rest.is_empty() {
            if reader.rest.starts_with('[') {
                steps.push(Step::Element(reader.bracket()?));
                continue;
            }
            if !steps.is_empty() && !reader.eat('.') {
                return Err(reader.error("expected `.` or `[` here"));
            }
            let quoted = reader.rest.starts_with('"');
            let word = reader.word(&['.', '['])?;
            steps.push(match word.as_str() {
                "**" if !quoted => Step::Any,
                _ if quoted => Step::Exact(word),
                _ => Step::One(word),
            });
        }
        if steps.is_empty() {
            return Err(reader.error("a pattern cannot be empty (`**` covers everything)"));
        }
        let loose = steps.iter().map(|step| match step {
            Step::One(text) => Step::One(fold(text)),
            other => other.clone(),
        });
        Ok(Self { text: text.to_owned(), loose: loose.collect(), steps })
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_cover_what_they_name_and_what_is_below() {
        for (pattern, path, covered) in [
            ("database.host", "database.host", true),
            ("database.host", "database.host.name", true),
            ("database.host", "database", false),
            ("database.*", "database.host", true),
            ("database.*", "database", false),
            ("*.host", "a.b.host", false),
            ("**.host", "a.b.host", true),
            ("**.host", "host", true),
            ("**.host.**", "a.host", true),
            ("servers[name=api].port", "servers[name=api].port", true),
            ("servers.*.port", "servers[name=api].port", true),
            ("*_URL", "PYXIS_URL", true),
            ("\"*\".a", "x.a", false),
        ] {
            let (pattern, path): (PathPattern, Path) =
                (pattern.parse().expect(pattern), path.parse().expect(path));
            assert_eq!(pattern.covers(&path), covered, "{pattern} {path}");
        }
        let secret: PathPattern = "**.api_key".parse().expect("pattern");
        for (path, covered) in [("svc.API-KEY", true), ("svc.api_key", true), ("svc.api_keys", false)] {
            assert_eq!(secret.covers_loosely(&path.parse().expect(path)), covered, "{path}");
        }
    }
}
