//! Path patterns of the policy: `database.*`, `**.password`, each covering what lies below.
//!
//! A pattern is compiled when it is read. Matching walks over the steps and the segments of a path
//! with one place to go back to, so that no pattern takes more than steps times segments.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use super::glob::Stars;
use super::path::Reader;
use super::{InvalidPath, Segment, ValuePath};

#[derive(Clone, Debug)]
enum Step {
    /// `**`: none or more segments.
    Any,
    /// `*`: one segment, be it a key or an element.
    One,
    /// A key in which `*` stands for any characters.
    Stars(Stars),
    /// Exactly this key.
    Key(String),
    /// `[0]`, `[name=api]`
    Element(Segment),
}

/// A pattern over paths; it covers a path that it matches and everything below.
#[derive(Clone, Debug)]
pub struct PathPattern {
    text: String,
    steps: Vec<Step>,
    /// The steps for loose comparison: lower case, `_` for `-`; what is quoted stays as it is.
    loose: Vec<Step>,
}

/// Text that is not a path pattern.
pub type InvalidPattern = InvalidPath;

impl PathPattern {
    /// Whether `path` or one of its ancestors matches; exact in letter case.
    #[must_use]
    pub fn covers(&self, path: &ValuePath) -> bool {
        let fits = |step: &Step, at: usize| {
            let segment = path.segments.get(at);
            segment.is_some_and(|segment| step.fits(segment, key(segment)))
        };
        covers(&self.steps, path.segments.len(), fits)
    }

    /// As [`Self::covers`], but ignoring letter case and taking `-` for `_`, as secrets do.
    #[must_use]
    pub fn covers_loosely(&self, path: &ValuePath) -> bool {
        any_covers_loosely(std::slice::from_ref(self), path)
    }
}

/// Two patterns are the same when they are written alike.
impl PartialEq for PathPattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for PathPattern {}

/// Whether one of the patterns covers `path` loosely; asked of every value, so that the path is
/// folded once.
pub(super) fn any_covers_loosely(patterns: &[PathPattern], path: &ValuePath) -> bool {
    let folded: Vec<_> = path.segments.iter().map(|segment| (segment, key(segment).map(fold))).collect();
    let fits = |step: &Step, at: usize| {
        folded.get(at).is_some_and(|(segment, key)| step.fits(segment, key.as_deref()))
    };
    patterns.iter().any(|pattern| covers(&pattern.loose, folded.len(), fits))
}

fn key(segment: &Segment) -> Option<&str> {
    if let Segment::Key(key) = segment { Some(key) } else { None }
}

/// Lower case, `_` for `-`. Character by character: the lower case of a text as a whole depends on
/// what follows (a final `Σ`), which a pattern cannot know.
fn fold(text: &str) -> Cow<'_, str> {
    let is_folded = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase() && byte != b'-';
    if text.bytes().all(is_folded) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(
            text.chars().flat_map(char::to_lowercase).map(|c| if c == '-' { '_' } else { c }).collect(),
        )
    }
}

/// Whether the beginning of a path with `length` segments matches; `fits` says whether a step fits
/// the segment at a place.
fn covers(steps: &[Step], length: usize, mut fits: impl FnMut(&Step, usize) -> bool) -> bool {
    let (mut step, mut at) = (0, 0);
    // The step behind the last `**`, and the segment it was tried at. An earlier `**` never has to
    // take more: the last one can take whatever that would leave.
    let mut last_any = None;
    loop {
        match steps.get(step) {
            None => return true,
            Some(Step::Any) => {
                step += 1;
                last_any = Some((step, at));
            }
            // Going on further back would leave even fewer segments.
            Some(_) if at >= length => return false,
            Some(found) if fits(found, at) => {
                step += 1;
                at += 1;
            }
            Some(_) => {
                let Some((behind, tried)) = last_any else { return false };
                (step, at) = (behind, tried + 1);
                last_any = Some((step, at));
            }
        }
    }
}

impl Step {
    /// A key as written without quotes; `None` when it is too long to be tried.
    fn of_word(word: &str) -> Option<Self> {
        match word {
            "**" => Some(Self::Any),
            "*" => Some(Self::One),
            _ if word.contains('*') => Stars::new(word).map(Self::Stars),
            _ => Some(Self::Key(word.to_owned())),
        }
    }

    /// Whether one segment fits; `key` is its text, if it is a key, folded where the step is.
    fn fits(&self, segment: &Segment, key: Option<&str>) -> bool {
        match self {
            Self::Any | Self::One => true,
            Self::Stars(name) => key.is_some_and(|key| name.fits(key)),
            Self::Key(text) => key == Some(text),
            Self::Element(wanted) => wanted == segment,
        }
    }
}

impl FromStr for PathPattern {
    type Err = InvalidPattern;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut reader = Reader { text, rest: text };
        let (mut steps, mut loose) = (Vec::new(), Vec::new());
        while !reader.rest.is_empty() {
            let [step, folded] = if reader.rest.starts_with('[') {
                let element = Step::Element(reader.bracket()?);
                [element.clone(), element]
            } else if steps.is_empty() || reader.eat('.') {
                read_key(&mut reader)?
            } else {
                return Err(reader.error("expected `.` or `[` here"));
            };
            steps.push(step);
            loose.push(folded);
        }
        if steps.is_empty() {
            return Err(reader.error("a pattern cannot be empty (`**` covers everything)"));
        }
        Ok(Self { text: text.to_owned(), steps, loose })
    }
}

/// The step for a key, and the same for loose comparison.
fn read_key(reader: &mut Reader<'_>) -> Result<[Step; 2], InvalidPattern> {
    let quoted = reader.rest.starts_with('"');
    let word = reader.word(&['.', '['])?;
    if quoted {
        return Ok([Step::Key(word.clone()), Step::Key(word)]);
    }
    let too_long = |reader: &Reader<'_>| reader.error("a name with `*` is too long");
    let step = Step::of_word(&word).ok_or_else(|| too_long(reader))?;
    let folded = match fold(&word) {
        Cow::Borrowed(_) => step.clone(),
        Cow::Owned(folded) => Step::of_word(&folded).ok_or_else(|| too_long(reader))?,
    };
    Ok([step, folded])
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
            ("\"*\".a", "\"*\".a", true),
            ("*", "[0]", true),
            ("*", "[name=api]", true),
            ("***", "a", true),
            ("***", "[0]", false),
            ("a*", "[0]", false),
            ("**[0]", "a.b[0].c", true),
            ("**.**", "a", true),
            ("a.**.**.b", "a.b", true),
            ("**.a.b.**.b", "a.a.b.a.b", true),
            ("**.a.b.**.b", "a.a.b.a", false),
            ("**.a.*.c", "a.a.b.c", true),
            ("a.**", "a", true),
            ("A.*B", "a.xb", false),
            ("{a,b}", "a", false),
            ("{a,b}", "{a,b}", true),
            ("?*", "ab", false),
            ("?*", "?b", true),
            ("a!*", "a!x", true),
            ("a/**", "a/b/c", true),
        ] {
            let (pattern, path): (PathPattern, ValuePath) =
                (pattern.parse().expect(pattern), path.parse().expect(path));
            assert_eq!(pattern.covers(&path), covered, "{pattern} {path}");
        }
    }

    #[test]
    fn secrets_are_covered_in_any_spelling() {
        for (pattern, path, covered) in [
            ("**.api_key", "svc.API-KEY", true),
            ("**.api_key", "svc.api_key", true),
            ("**.api_key", "svc.api_keys", false),
            ("**.API-key", "svc.api_key.x", true),
            ("*-KEY", "api_key", true),
            ("*-KEY", "api-keys", false),
            ("\"API_KEY\"", "api_key", false),
            ("\"api_key\"", "API-KEY", true),
            ("Ä*", "ä", true),
            ("ΑΣ*", "ΑΣΒ", true),
            ("l[Name=A]", "l[Name=A]", true),
            ("l[Name=A]", "l[name=a]", false),
        ] {
            let (pattern, path): (PathPattern, ValuePath) =
                (pattern.parse().expect(pattern), path.parse().expect(path));
            assert_eq!(pattern.covers_loosely(&path), covered, "{pattern} {path}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_told_with_its_place() {
        let long = format!("a.*{}", "x".repeat(20_000));
        for (pattern, expected) in [
            ("", "cannot be empty (`**` covers everything) (character 1)"),
            ("a.[0]", "a name is missing (an empty one is written `\"\"`) (character 3)"),
            ("[0]a", "expected `.` or `[` here (character 4)"),
            ("a..b", "a name is missing (an empty one is written `\"\"`) (character 3)"),
            (long.as_str(), "a name with `*` is too long (character 20004)"),
        ] {
            let error = pattern.parse::<PathPattern>().expect_err(pattern).to_string();
            assert!(error.ends_with(expected), "{error}");
        }
    }

    /// How often a pattern looks at a segment of a path that is nested this deep.
    fn looks(pattern: &str, depth: usize) -> usize {
        let pattern: PathPattern = pattern.parse().expect(pattern);
        let path = (0..depth).fold(ValuePath::root(), |path, _| path.key("x"));
        let mut looks = 0;
        let covered = covers(&pattern.steps, depth, |step, at| {
            looks += 1;
            step.fits(&path.segments[at], key(&path.segments[at]))
        });
        assert!(!covered, "{pattern}");
        looks
    }

    #[test]
    fn no_pattern_looks_more_often_than_steps_times_segments() {
        for (pattern, depth, most) in [
            ("**.x.".repeat(7) + "y", 60, 7 + 2 * 60),
            ("**.".repeat(50) + "y", 60, 60),
            ("**.x.x.x.x.".repeat(7) + "y", 60, 7 * 4 + 5 * 60),
            ("**.x.x.x.x.y".to_owned(), 60, 5 * 60),
            ("**.*x*.*x*.*x*.*x*.y".to_owned(), 1000, 5 * 1000),
        ] {
            let looks = looks(&pattern, depth);
            assert!(looks <= most, "{pattern}: {looks}");
        }
    }

    /// What a pattern means, written down plainly; it may take for ever.
    fn covers_plainly(steps: &[Step], segments: &[Segment]) -> bool {
        match (steps.split_first(), segments.split_first()) {
            (None, _) => true,
            (Some((Step::Any, rest)), _) => {
                (0..=segments.len()).any(|n| covers_plainly(rest, &segments[n..]))
            }
            (Some(_), None) => false,
            (Some((step, rest)), Some((segment, below))) => {
                step.fits(segment, key(segment)) && covers_plainly(rest, below)
            }
        }
    }

    proptest! {
        #[test]
        fn one_place_to_go_back_to_is_enough(
            steps in prop::collection::vec(prop::sample::select(vec!["**", "*", "a", "b", "a*", "*b"]), 1..8),
            keys in prop::collection::vec(prop::sample::select(vec!["a", "b", "ab"]), 0..10),
        ) {
            let pattern: PathPattern = steps.join(".").parse().expect("pattern");
            let path = keys.into_iter().fold(ValuePath::root(), |path, key| path.key(key));
            prop_assert_eq!(pattern.covers(&path), covers_plainly(&pattern.steps, &path.segments));
        }
    }
}
