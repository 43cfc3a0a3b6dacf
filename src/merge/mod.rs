//! Merging two versions of one file that grew from a third: `base`, `ours`, `theirs`.
//!
//! Git's own text merge comes first, and stands when what it made is what both sides meant by
//! path ([`verify`]). Where it conflicts, or made something that nobody wrote, each path is merged by
//! itself (`values`) and the three texts are brought to those values by the editor (`apply`); what
//! then still differs between them is comments, order and layout, which are joined piece by piece
//! (`lines`). A result is handed out only when it reads exactly as intended and no comment of either
//! side is lost (`losses`). All else is a conflict for a person, or where one side is favored that side's:
//! path by path, and only in what cannot be merged so by lines.
//!
//! The room does not know how git merges a text, where the files lie, or who asked.

mod ancestors;
mod apply;
mod hunks;
mod lines;
mod literal;
mod losses;
mod markers;
mod order;
mod renames;
mod three_way;
mod values;
mod verify;

use crate::diff::lists::ListRules;
pub use crate::merge::losses::{differ_at as comments_differ_at, lacks_comments};
pub use crate::merge::renames::{
    Likeness, Renames, find_renames, followed as follow_renames, renamed as with_names, renames_of_removed,
};
use crate::merge::three_way::ThreeWay;
use crate::model::{Value, ValuePath};
use crate::yaml::{Document, Limits};

/// The three versions of a file; an absent base is empty.
#[derive(Clone, Copy, Debug)]
pub struct Versions<'a> {
    /// What both sides began with.
    pub base: &'a [u8],
    /// Our side's.
    pub ours: &'a [u8],
    /// Their side's.
    pub theirs: &'a [u8],
}

/// What a merge of lines made of the three versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextMerge {
    /// The text, with markers where it conflicts.
    pub text: Vec<u8>,
    /// Whether it has no conflict.
    pub clean: bool,
    /// The text with the favored side's lines where it conflicts, where one is favored.
    pub favored: Option<Vec<u8>>,
}

/// How a merge ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Merged {
    /// The file's new bytes.
    Clean(Vec<u8>),
    /// A person must decide.
    Conflict {
        /// The bytes with conflict markers.
        text: Vec<u8>,
        /// What stands against a merge: at least one.
        conflicts: Vec<Conflict>,
    },
}

/// Why a person must decide. `V` is a value, or what of one may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conflict<V = Value> {
    /// Both sides changed what is at a path in different ways.
    Changed {
        /// The path.
        path: ValuePath,
        /// What both began with; `None` is absent, here and below.
        base: Option<V>,
        /// Our value.
        ours: Option<V>,
        /// Their value.
        theirs: Option<V>,
    },
    /// Both sides gave what is at this path another name.
    Renamed {
        /// The path, by the old name.
        path: ValuePath,
        /// Our name for it.
        ours: String,
        /// Their name for it.
        theirs: String,
    },
    /// Both sides put the named elements of the list at this path into another order.
    Reordered(ValuePath),
    /// Both sides together removed all that was at this path.
    Emptied(ValuePath),
    /// The documents of the three versions do not pair.
    Documents,
    /// Both sides changed the comments beside this value in different ways.
    Comments(ValuePath),
    /// The values agree, and how they are written does not: order, layout.
    Written,
    /// The values agree, and an anchor of this name, which one side moved or took away, is used by the other.
    Anchor(String),
    /// A checksum stands over the whole of the file.
    Encrypted,
    /// A version is no plain YAML.
    NoYaml(Version),
    /// Git takes a version for no text.
    NoText,
    /// Both sides changed a recorded decision, which holds as a whole or not at all.
    Decision,
}

/// One of the three versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// What both sides began with.
    Base,
    /// Our side's.
    Ours,
    /// Their side's.
    Theirs,
}

impl<V> Conflict<V> {
    /// The same conflict with what `show` makes of each value.
    pub fn map<W>(self, show: impl Fn(&ValuePath, V) -> W) -> Conflict<W> {
        match self {
            Self::Changed { path, base, ours, theirs } => {
                let [base, ours, theirs] =
                    [base, ours, theirs].map(|value| value.map(|value| show(&path, value)));
                Conflict::Changed { path, base, ours, theirs }
            }
            Self::Renamed { path, ours, theirs } => Conflict::Renamed { path, ours, theirs },
            Self::Reordered(path) => Conflict::Reordered(path),
            Self::Emptied(path) => Conflict::Emptied(path),
            Self::Documents => Conflict::Documents,
            Self::Comments(path) => Conflict::Comments(path),
            Self::Written => Conflict::Written,
            Self::Anchor(name) => Conflict::Anchor(name),
            Self::Encrypted => Conflict::Encrypted,
            Self::NoYaml(version) => Conflict::NoYaml(version),
            Self::NoText => Conflict::NoText,
            Self::Decision => Conflict::Decision,
        }
    }
}

/// How conflict markers look.
#[derive(Clone, Copy, Debug)]
pub struct Markers<'a> {
    /// How many signs a marker has.
    pub size: usize,
    /// What the base, ours and theirs are called.
    pub labels: [&'a str; 3],
    /// Whether the base is shown too.
    pub with_base: bool,
}

/// Two versions of a recorded decision: `favor`'s, or a conflict around all that differs.
#[must_use]
pub fn merge_decision(versions: &Versions<'_>, favor: Option<Version>, markers: &Markers<'_>) -> Merged {
    let Versions { base, ours, theirs } = *versions;
    match favor {
        _ if ours == theirs || theirs == base => Merged::Clean(ours.to_vec()),
        _ if ours == base => Merged::Clean(theirs.to_vec()),
        Some(version) => Merged::Clean(of(version, base, ours, theirs).to_vec()),
        None => {
            Merged::Conflict { text: markers::around(versions, markers), conflicts: vec![Conflict::Decision] }
        }
    }
}

/// Merges the three versions, of which git made `by_git`; `favor` says whose side stands in a conflict, and
/// `lists` is what the schemas of the file say of its lists.
#[must_use]
pub fn merge(
    versions: &Versions<'_>,
    by_git: TextMerge,
    favor: Option<Version>,
    markers: &Markers<'_>,
    lists: &dyn ListRules,
    limits: &Limits,
) -> Merged {
    let three = match ThreeWay::read(versions, lists, limits) {
        Ok(three) => three,
        Err(_) if by_git.clean => return Merged::Clean(by_git.text),
        Err(conflict) => {
            return match (*conflict, by_git.favored) {
                (Conflict::NoYaml(_), Some(text)) => Merged::Clean(text),
                (conflict, _) => Merged::Conflict { text: by_git.text, conflicts: vec![conflict] },
            };
        }
    };
    let decided = &|_: &ValuePath| favor;
    if by_git.clean && three.accepts(&by_git.text, limits) {
        return Merged::Clean(by_git.text);
    }
    // Where nobody is asked, what is alike is followed rather than lost.
    let likeness = if favor.is_some() { Likeness::Half } else { Likeness::Equal };
    let three = three.following_renames(likeness, limits);
    let mut conflicts = match three.solve(decided, limits) {
        Ok(text) => return Merged::Clean(text.into_bytes()),
        Err(conflicts) => three.told_once(conflicts),
    };
    if let Some(text) = by_git.favored.filter(|text| plain(text, limits).is_some()) {
        return Merged::Clean(text);
    }
    let text = match three.marked(decided, markers, limits) {
        Some((text, beside)) => {
            let is_told = |conflict: &Conflict| conflicts.contains(conflict);
            let more: Vec<_> = beside.into_iter().filter(|conflict| !is_told(conflict)).collect();
            conflicts.extend(more);
            text
        }
        // A merge of lines that says nothing of what is wrong with it must not pass as one.
        None if by_git.clean => markers::between(versions, markers),
        None => by_git.text,
    };
    Merged::Conflict { text, conflicts }
}

/// Merges the three versions by path alone, where `decided` says whose value stands at a path that both
/// sides changed, and of the root whose layout.
///
/// # Errors
/// What nobody decided, or cannot be put together.
pub fn merge_decided(
    versions: &Versions<'_>,
    decided: &dyn Fn(&ValuePath) -> Option<Version>,
    lists: &dyn ListRules,
    limits: &Limits,
) -> Result<String, Vec<Conflict>> {
    let three = ThreeWay::read(versions, lists, limits).map_err(|conflict| vec![*conflict])?;
    let three = three.following_renames(Likeness::Equal, limits);
    three.as_written(decided, limits).map_or_else(|| three.solve(decided, limits), Ok)
}

/// Whose value stands at a path that both sides changed; nothing where nobody decided.
type Decided<'a> = &'a dyn Fn(&ValuePath) -> Option<Version>;

/// What belongs to a version.
fn of<T>(version: Version, base: T, ours: T, theirs: T) -> T {
    match version {
        Version::Base => base,
        Version::Ours => ours,
        Version::Theirs => theirs,
    }
}

/// Reads a file that holds nothing a merge by path could trip over.
fn plain(bytes: &[u8], limits: &Limits) -> Option<Document> {
    Document::parse(bytes, limits).ok().filter(|document| document.problems().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::lists::NoListRules;

    #[test]
    fn what_both_sides_changed_is_decided_path_by_path() {
        let versions = Versions {
            base: b"# top\na: 1\nb: 1 # b\nc: 1\n",
            ours: b"# top\na: 2\nb: 2 # b\nc: 1\n",
            theirs: b"# top\na: 3\nb: 3 # b\nc: 3\n",
        };
        let merged = |decided: &dyn Fn(&ValuePath) -> Option<Version>| {
            merge_decided(&versions, decided, &NoListRules, &Limits::default())
        };
        let of = |a, b| {
            move |path: &ValuePath| match path.to_string().as_str() {
                "a" => a,
                "b" => b,
                _ => None,
            }
        };
        for (a, b, expected) in [
            (Version::Ours, Version::Theirs, "# top\na: 2\nb: 3 # b\nc: 3\n"),
            (Version::Theirs, Version::Ours, "# top\na: 3\nb: 2 # b\nc: 3\n"),
            (Version::Ours, Version::Ours, "# top\na: 2\nb: 2 # b\nc: 3\n"),
        ] {
            assert_eq!(merged(&of(Some(a), Some(b))).as_deref(), Ok(expected));
        }
        let left = merged(&of(Some(Version::Ours), None)).expect_err("b is open");
        assert!(matches!(&left[..], [Conflict::Changed { path, .. }] if path.to_string() == "b"), "{left:?}");
    }

    /// What git leaves in conflict is merged by path.
    fn merged_by_path(texts: [&str; 3], favor: Option<Version>) -> Option<String> {
        let [base, ours, theirs] = texts.map(str::as_bytes);
        let versions = Versions { base, ours, theirs };
        let by_git = TextMerge { text: Vec::new(), clean: false, favored: None };
        let markers = Markers { size: 7, labels: ["base", "ours", "theirs"], with_base: false };
        match merge(&versions, by_git, favor, &markers, &NoListRules, &Limits::default()) {
            Merged::Clean(text) => Some(String::from_utf8(text).expect("UTF-8")),
            Merged::Conflict { .. } => None,
        }
    }

    #[test]
    fn who_changed_a_value_says_how_it_is_written() {
        for (base, ours, theirs, expected) in [
            ("a: 'x'\nb: 1\n", "a: \"y\"\nb: 1\n", "# why\na: 'x'\nb: 1\n", "# why\na: \"y\"\nb: 1\n"),
            ("a: 'x'\n", "a: \"y\"\n", "# why\na: x\n", "# why\na: \"y\"\n"),
            ("a: 'x' # o\n", "# why\na: x # o\n", "a: \"y\" # o\n", "# why\na: \"y\" # o\n"),
        ] {
            for (ours, theirs) in [(ours, theirs), (theirs, ours)] {
                let found = merged_by_path([base, ours, theirs], None);
                assert_eq!(found.as_deref(), Some(expected), "{base}{ours}{theirs}");
            }
        }
    }

    #[test]
    fn a_favored_side_that_renamed_and_changed_something_keeps_the_others_comments() {
        let base = "p:\n  x: 1\n  y: 2\nz: 1\n";
        for (side, other, expected) in [
            (
                "q:\n  x: 1\n  y: 3\nz: 1\n",
                "p:\n  # why\n  x: 1\n  y: 2\nz: 1\n",
                "q:\n  # why\n  x: 1\n  y: 3\nz: 1\n",
            ),
            (
                "q:\n  x: 1\n  y: 3\nz: 1\n",
                "p: # why\n  x: 1\n  y: 4\nz: 1\n",
                "q: # why\n  x: 1\n  y: 3\nz: 1\n",
            ),
        ] {
            let ours = merged_by_path([base, side, other], Some(Version::Ours));
            let theirs = merged_by_path([base, other, side], Some(Version::Theirs));
            assert_eq!([ours.as_deref(), theirs.as_deref()], [Some(expected); 2]);
            assert_eq!(merged_by_path([base, side, other], None), None);
        }
    }

    #[test]
    fn documents_are_merged_by_what_they_describe() {
        let document =
            |kind: &str, rest: &str| format!("apiVersion: v1\nkind: {kind}\nmetadata:\n  name: web\n{rest}");
        let (a, b) = (document("A", "x: 1\ny: 1\n"), document("B", "z: 1\n"));
        let base = format!("{a}---\n{b}");
        let ours = format!("{}---\n{}---\n{b}", document("C", "w: 1 # why\n"), document("A", "x: 2\ny: 1\n"));
        for (theirs, expected) in [
            (
                format!("{}---\n{b}", document("A", "x: 1\ny: 2\n")),
                Some(ours.replace("x: 2\ny: 1", "x: 2\ny: 2")),
            ),
            // They removed a document, and put the others in another order.
            (a.clone(), Some(ours.strip_suffix(&format!("---\n{b}")).map(str::to_owned).unwrap_or_default())),
            (
                format!("{b}---\n{a}"),
                Some(format!(
                    "{}---\n{b}---\n{}",
                    document("C", "w: 1 # why\n"),
                    document("A", "x: 2\ny: 1\n")
                )),
            ),
            (format!("{}---\n{b}", document("A", "x: 3\ny: 1\n")), None),
        ] {
            let versions =
                Versions { base: base.as_bytes(), ours: ours.as_bytes(), theirs: theirs.as_bytes() };
            let by_git = TextMerge { text: Vec::new(), clean: false, favored: None };
            let markers = Markers { size: 7, labels: ["base", "ours", "theirs"], with_base: false };
            let merged = merge(&versions, by_git, None, &markers, &NoListRules, &Limits::default());
            let text = match merged {
                Merged::Clean(text) => Some(String::from_utf8(text).expect("UTF-8")),
                Merged::Conflict { .. } => None,
            };
            assert_eq!(text, expected, "{theirs}");
        }
    }
}
