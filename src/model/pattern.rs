//! Path patterns of the policy: `database.*`, `**.password`, each covering what lies below.
//!
//! A pattern is compiled when it is read. Matching walks over the steps and the segments of a path
//! with one place to go back to, so that no pattern takes more than steps times segments.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::str::FromStr;

use aho_corasick::AhoCorasick;
use indexmap::IndexMap;

use super::glob::Stars;
use super::path::Reader;
use super::{InvalidPath, Segment, ValuePath, lookups};

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
        Compared::new(path, false).is_covered(&self.steps)
    }

    /// As [`Self::covers`], but ignoring letter case and taking `-` for `_`, as secrets do.
    #[must_use]
    pub fn covers_loosely(&self, path: &ValuePath) -> bool {
        Compared::new(path, true).is_covered(&self.loose)
    }
}

/// Two patterns are the same when they are written alike.
impl PartialEq for PathPattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for PathPattern {}

/// Many patterns, some of which may cover a path.
///
/// A pattern is tried only on paths that hold one of its literal texts, and all those texts are
/// looked for at once: what a path costs does not grow with the patterns that have nothing of it.
#[derive(Clone, Debug, Default)]
pub(super) struct PatternSet {
    patterns: Vec<PathPattern>,
    /// Whether letter case and `-` for `_` are ignored.
    loosely: bool,
    /// The patterns without a literal text.
    always: Vec<usize>,
    /// The literal texts, and for each the patterns that need it.
    literals: Option<AhoCorasick>,
    needed_by: Vec<Vec<usize>>,
    /// The keys that patterns end in.
    last_keys: HashSet<String>,
    /// The names with `*` that patterns end in.
    last_stars: Vec<Stars>,
}

/// So many patterns may need one literal text without another one being looked for.
const FEW: usize = 8;

impl PatternSet {
    /// The set of these patterns, each as [`PathPattern::covers`].
    pub(super) fn exact(patterns: Vec<PathPattern>) -> Self {
        Self::new(patterns, false)
    }

    /// The set of these patterns, each as [`PathPattern::covers_loosely`].
    pub(super) fn loose(patterns: Vec<PathPattern>) -> Self {
        Self::new(patterns, true)
    }

    fn new(patterns: Vec<PathPattern>, loosely: bool) -> Self {
        let texts = |pattern| steps(pattern, loosely).iter().filter_map(Step::literal);
        let mut users: HashMap<&str, usize> = HashMap::new();
        for literal in patterns.iter().flat_map(texts) {
            *users.entry(literal).or_default() += 1;
        }
        let users = |literal: &str| users.get(literal).copied().unwrap_or_default().max(FEW);
        let mut literals: IndexMap<&str, Vec<usize>> = IndexMap::new();
        let mut always = Vec::new();
        for (number, pattern) in patterns.iter().enumerate() {
            // The longest tells most, unless many patterns have it.
            match texts(pattern).min_by_key(|literal| (users(literal), Reverse(literal.len()))) {
                Some(literal) => literals.entry(literal).or_default().push(number),
                None => always.push(number),
            }
        }
        let (mut last_keys, mut last_stars) = (HashSet::new(), Vec::new());
        for last in patterns.iter().filter_map(|pattern| steps(pattern, loosely).last()) {
            match last {
                Step::Key(key) => drop(last_keys.insert(key.clone())),
                Step::Stars(name) => last_stars.push(name.clone()),
                Step::Any | Step::One | Step::Element(_) => {}
            }
        }
        let found = (patterns.len() > 1).then(|| AhoCorasick::new(literals.keys()).ok()).flatten();
        let Some(found) = found else {
            // One alone, or more text than the searcher takes: then each pattern is tried.
            let always = (0..patterns.len()).collect();
            return Self { patterns, loosely, always, last_keys, last_stars, ..Self::default() };
        };
        let needed_by = literals.into_values().collect();
        Self { patterns, loosely, always, literals: Some(found), needed_by, last_keys, last_stars }
    }

    /// Whether one of the patterns covers `path`.
    pub(super) fn covers(&self, path: &ValuePath) -> bool {
        if self.patterns.is_empty() {
            return false;
        }
        let path = Compared::new(path, self.loosely);
        self.candidates(&path).any(|number| self.fits(number, &path))
    }

    /// Whether one of the patterns ends in a step that this key fits, wherever it may stand.
    pub(super) fn end_in(&self, key: &str) -> bool {
        let key = if self.loosely { fold(key) } else { Cow::Borrowed(key) };
        self.last_keys.contains(key.as_ref()) || self.last_stars.iter().any(|name| name.fits(&key))
    }

    /// The numbers of the patterns that cover `path`, in order.
    pub(super) fn covering(&self, path: &ValuePath) -> Vec<usize> {
        let path = Compared::new(path, self.loosely);
        let mut numbers: Vec<usize> = self.candidates(&path).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers.retain(|number| self.fits(*number, &path));
        numbers
    }

    fn fits(&self, number: usize, path: &Compared<'_>) -> bool {
        self.patterns.get(number).is_some_and(|pattern| path.is_covered(steps(pattern, self.loosely)))
    }

    /// The patterns that may cover `path`; one may come twice.
    fn candidates<'s>(&'s self, path: &'s Compared<'_>) -> impl Iterator<Item = usize> + 's {
        let found = self.literals.iter().flat_map(|literals| {
            path.texts().flat_map(|text| literals.find_overlapping_iter(text)).map(|found| found.pattern())
        });
        let needing = found.filter_map(|literal| self.needed_by.get(literal.as_usize())).flatten();
        needing.chain(&self.always).copied()
    }
}

fn steps(pattern: &PathPattern, loosely: bool) -> &[Step] {
    if loosely { &pattern.loose } else { &pattern.steps }
}

/// A path with the keys as they are compared.
struct Compared<'p>(Vec<(&'p Segment, Option<Cow<'p, str>>)>);

impl<'p> Compared<'p> {
    fn new(path: &'p ValuePath, loosely: bool) -> Self {
        let compared = |key: &'p str| if loosely { fold(key) } else { Cow::Borrowed(key) };
        Self(path.segments.iter().map(|segment| (segment, key(segment).map(compared))).collect())
    }

    /// What the literal texts of patterns are looked for in.
    fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|(segment, key)| key.as_deref().or_else(|| element(segment)))
    }

    fn is_covered(&self, steps: &[Step]) -> bool {
        lookups::count(1);
        let fits = |step: &Step, at: usize| {
            self.0.get(at).is_some_and(|(segment, key)| step.fits(segment, key.as_deref()))
        };
        covers(steps, self.0.len(), fits)
    }
}

/// The text by which an element is known.
fn element(segment: &Segment) -> Option<&str> {
    if let Segment::Identity { value, .. } = segment { Some(value) } else { None }
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

    /// The longest text that every segment which fits has in it.
    fn literal(&self) -> Option<&str> {
        let literal = match self {
            Self::Any | Self::One => None,
            Self::Stars(name) => Some(name.literal()),
            Self::Key(text) => Some(text.as_str()),
            Self::Element(segment) => element(segment),
        };
        literal.filter(|literal| !literal.is_empty())
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
    fn the_key_that_a_pattern_ends_in_is_known_without_its_path() {
        let patterns = ["seats.*.id", "**.Client-*", "a.**", "l[name=x]"];
        let set = PatternSet::loose(patterns.map(|text| text.parse().expect("a pattern")).into());
        for (key, expected) in [
            ("id", true),
            ("ID", true),
            ("client_secret", true),
            ("seats", false),
            ("a", false),
            ("x", false),
        ] {
            assert_eq!(set.end_in(key), expected, "{key}");
        }
    }

    #[test]
    fn a_set_answers_as_its_patterns_do() {
        let texts = [
            "a.b",
            "**.pass*",
            "**.*key*s",
            "*.x",
            "l[name=x].v",
            "\"A-b\".c",
            "**.client-secret",
            "ab*ba",
            "ü.*ö",
        ];
        let patterns: Vec<PathPattern> = texts.iter().map(|text| text.parse().expect(text)).collect();
        let (loose, exact) = (PatternSet::loose(patterns.clone()), PatternSet::exact(patterns.clone()));
        for path in [
            "",
            "a",
            "a.b",
            "a.b.c",
            "A.B",
            "q.PassWord",
            "q.ke",
            "my-keys",
            "monkeys.r",
            "q.x",
            "x",
            "l[name=x].v",
            "l[name=y].v",
            "\"A-b\".c",
            "a_b.c",
            "q.Client_Secret",
            "abba",
            "aba",
            "Ü.xÖ",
            "l[0]",
        ] {
            let path: ValuePath = path.parse().expect(path);
            let alone = |covers: fn(&PathPattern, &ValuePath) -> bool| -> Vec<usize> {
                (0..patterns.len()).filter(|number| covers(&patterns[*number], &path)).collect()
            };
            for (set, alone) in
                [(&loose, alone(PathPattern::covers_loosely)), (&exact, alone(PathPattern::covers))]
            {
                assert_eq!(set.covering(&path), alone, "{path}");
                assert_eq!(set.covers(&path), !alone.is_empty(), "{path}");
            }
        }
        assert!(!PatternSet::default().covers(&ValuePath::root()));
    }

    #[test]
    fn patterns_that_have_nothing_of_a_path_are_not_tried() {
        let shapes: [fn(usize) -> String; 4] = [
            |n| format!("**.*word{n:06}*"),
            |n| format!("**.word{n:06}.password"),
            |n| format!("word{n:06}*.*password"),
            |n| format!("**[name=word{n:06}].password"),
        ];
        for shape in shapes {
            let steps = |patterns: usize| {
                let one = |n| shape(n).parse::<PathPattern>().expect("a pattern");
                let set = PatternSet::loose((0..patterns).map(one).collect());
                let path = |n: usize| {
                    let word = format!("word{n:06}");
                    let element = Segment::Identity { field: "name".to_owned(), value: word.clone() };
                    let path = ValuePath::root();
                    let path = if shape(0).contains('[') { path.join(element) } else { path.key(&word) };
                    path.key("password")
                };
                let paths: Vec<ValuePath> = (0..100).map(path).collect();
                let (found, steps) =
                    lookups::counted(|| paths.iter().filter(|path| set.covers(path)).count());
                assert_eq!(found, 100, "{}", shape(0));
                steps
            };
            assert_eq!(steps(200), steps(2_000), "{}", shape(0));
        }
    }

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
