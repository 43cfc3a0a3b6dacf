//! Merging two versions of one file that grew from a third: `base`, `ours`, `theirs`.
//!
//! Git's own text merge comes first, and stands when what it made is what both sides meant by
//! path ([`verify`]). Where it conflicts, or made something that nobody wrote, each path is merged by
//! itself (`values`) and the three texts are brought to those values by the editor (`apply`); what
//! then still differs between them is comments, order and layout, which are joined piece by piece
//! (`lines`). A result is handed out only when it reads exactly as intended and no comment of either
//! side is lost (`losses`). All else is a conflict for a person.
//!
//! The room does not know how git merges a text, where the files lie, or who asked.

mod apply;
mod hunks;
mod lines;
mod literal;
mod losses;
mod markers;
mod order;
mod values;
mod verify;

use crate::diff::documents::{DocumentPair, pair_documents};
use crate::diff::lists::ListRules;
use crate::merge::lines::{Joined, join};
use crate::model::{Value, ValuePath};
use crate::secrets::encrypted::is_encrypted;
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
        Some(version) => Merged::Clean(values::of(version, base, ours, theirs).to_vec()),
        None => {
            Merged::Conflict { text: markers::around(versions, markers), conflicts: vec![Conflict::Decision] }
        }
    }
}

/// Merges the three versions, of which git made `by_git`; `decided` says whose value stands at a path that
/// both sides changed, and `lists` is what the schemas of the file say of its lists.
#[must_use]
pub fn merge(
    versions: &Versions<'_>,
    by_git: TextMerge,
    decided: &dyn Fn(&ValuePath) -> Option<Version>,
    markers: &Markers<'_>,
    lists: &dyn ListRules,
    limits: &Limits,
) -> Merged {
    let three = match ThreeWay::read(versions, lists, limits) {
        Ok(three) => three,
        Err(_) if by_git.clean => return Merged::Clean(by_git.text),
        Err(conflict) => return Merged::Conflict { text: by_git.text, conflicts: vec![*conflict] },
    };
    if by_git.clean && three.accepts(&by_git.text, limits) {
        return Merged::Clean(by_git.text);
    }
    let mut conflicts = match three.solve(decided, limits) {
        Ok(text) => return Merged::Clean(text.into_bytes()),
        Err(conflicts) => three.told_once(conflicts),
    };
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
/// sides changed.
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
    three.as_written(decided, limits).map_or_else(|| three.solve(decided, limits), Ok)
}

/// The three versions, read.
struct ThreeWay<'a> {
    base: Document,
    ours: Document,
    theirs: Document,
    lists: &'a dyn ListRules,
}

impl<'a> ThreeWay<'a> {
    /// All three must be plain YAML that may be edited piece by piece: over an encrypted file stands a
    /// checksum.
    fn read(
        versions: &Versions<'_>,
        lists: &'a dyn ListRules,
        limits: &Limits,
    ) -> Result<Self, Box<Conflict>> {
        let read = |bytes, version| match plain(bytes, limits) {
            None => Err(Box::new(Conflict::NoYaml(version))),
            Some(document) if is_encrypted(document.values()) => Err(Box::new(Conflict::Encrypted)),
            Some(document) => Ok(document),
        };
        Ok(Self {
            base: read(versions.base, Version::Base)?,
            ours: read(versions.ours, Version::Ours)?,
            theirs: read(versions.theirs, Version::Theirs)?,
            lists,
        })
    }

    /// Whether a merge of lines made what both sides meant.
    fn accepts(&self, text: &[u8], limits: &Limits) -> bool {
        plain(text, limits).is_some_and(|result| self.fits(&result))
    }

    /// Aliases are compared as they are written: what both sides did to them is in the text, while
    /// their values follow whoever changed the anchor.
    fn fits(&self, result: &Document) -> bool {
        let all = [&self.base, &self.ours, &self.theirs, result];
        let [base, ours, theirs, result] = match all.into_iter().any(Document::has_aliases) {
            true => all.map(literal::values),
            false => all.map(values),
        };
        verify::documents([&base, &ours, &theirs, &result], self.lists)
    }

    fn merged_values(
        &self,
        preferred: Version,
        decided: values::Decided<'_>,
    ) -> Option<values::MergedValues> {
        let sides = [&self.base, &self.ours, &self.theirs].map(values);
        let rewrote = |path: &ValuePath, version| {
            let side = values::of(version, &self.base, &self.ours, &self.theirs);
            losses::differ_at([&self.base, side], path)
        };
        values::documents(sides.each_ref().map(Vec::as_slice), self.lists, preferred, decided, &rewrote)
    }

    /// The three texts joined as they are, where that says what is meant and loses no comment.
    fn as_written(&self, decided: values::Decided<'_>, limits: &Limits) -> Option<String> {
        let merged =
            self.merged_values(Version::Ours, decided).filter(|merged| merged.conflicts.is_empty())?;
        let versions = [&self.base, &self.ours, &self.theirs];
        let Joined { text, comments, is_layout_contested, .. } =
            join(versions.map(Document::text), Version::Ours, decided, limits)?;
        let result = Self::reads_as(&merged.values, &text, limits)?;
        let is_whole = comments.is_empty() && !is_layout_contested && losses::comments(versions, &result);
        let fits = || !versions.into_iter().any(Document::has_aliases) || self.fits(&result);
        (is_whole && fits()).then_some(text)
    }

    fn solve(&self, decided: values::Decided<'_>, limits: &Limits) -> Result<String, Vec<Conflict>> {
        let merged = self.merged_values(Version::Ours, decided).ok_or_else(|| vec![Conflict::Documents])?;
        if !merged.conflicts.is_empty() {
            return Err(merged.conflicts);
        }
        let versions = [&self.base, &self.ours, &self.theirs];
        let texts = self.brought_to(&merged.values, limits);
        let good = |text: String, layout: bool, is_chosen: bool| {
            let result = Self::reads_as(&merged.values, &text, limits)?;
            let whole = (is_chosen || losses::comments(versions, &result))
                && (!layout || losses::layout(versions, &result, self.lists))
                && (!versions.into_iter().any(Document::has_aliases) || self.fits(&result));
            whole.then_some(text)
        };
        let joined =
            joined(&texts, Version::Ours, decided, limits).filter(|joined| !joined.is_layout_contested);
        if let Some(Joined { comments, .. }) = joined.as_ref().filter(|joined| !joined.comments.is_empty()) {
            return Err(comments.iter().cloned().map(Conflict::Comments).collect());
        }
        let [_, ours, theirs] = &texts;
        let found = joined
            .and_then(|joined| good(joined.text, false, joined.is_chosen))
            .or_else(|| good(ours.clone()?, true, false))
            .or_else(|| good(theirs.clone()?, true, false));
        found.ok_or_else(|| vec![Conflict::Written])
    }

    /// The merged file with markers around what is in conflict and nothing else: the merge that holds
    /// our side of each conflict, beside the one that holds theirs; and what of it is no value.
    fn marked(
        &self,
        decided: values::Decided<'_>,
        markers: &Markers<'_>,
        limits: &Limits,
    ) -> Option<(Vec<u8>, Vec<Conflict>)> {
        let of = |version| {
            let values = self.merged_values(version, decided)?.values;
            let texts = self.brought_to(&values, limits);
            let joined = joined(&texts, version, decided, limits);
            let reads = |text: &str| Self::reads_as(&values, text, limits).is_some();
            let joined = joined.filter(|joined| reads(&joined.text));
            let own = values::of(version, 0, 1, 2);
            Some((joined, texts.into_iter().nth(own).flatten().filter(|text| reads(text))))
        };
        let keeps = |ours: &str, theirs: &str| {
            let [ours, theirs] = [ours, theirs].map(|text| plain(text.as_bytes(), limits));
            let sides = [&self.base, &self.ours, &self.theirs];
            ours.zip(theirs).is_some_and(|(ours, theirs)| losses::keeps_comments(sides, [&ours, &theirs]))
        };
        let ((ours, our_own), (theirs, their_own)) = (of(Version::Ours)?, of(Version::Theirs)?);
        let is_whole = |ours: &str, theirs: &str| ours != theirs && keeps(ours, theirs);
        let both = ours.zip(theirs).filter(|(ours, theirs)| is_whole(&ours.text, &theirs.text));
        let (ours, theirs, beside) = match both {
            Some((ours, theirs)) => {
                let written = ours.is_layout_contested.then_some(Conflict::Written);
                let beside = ours.comments.into_iter().map(Conflict::Comments).chain(written).collect();
                (ours.text, theirs.text, beside)
            }
            None => {
                let own = our_own.zip(their_own).filter(|(ours, theirs)| is_whole(ours, theirs))?;
                (own.0, own.1, Vec::new())
            }
        };
        let (joined, own) = of(Version::Base).unwrap_or_default();
        let base = joined.map(|joined| joined.text).or(own).unwrap_or_default();
        let sides = Versions { base: base.as_bytes(), ours: ours.as_bytes(), theirs: theirs.as_bytes() };
        Some((markers::between(&sides, markers), beside))
    }

    /// Without what is the same bytes as another one: a value behind an alias that both sides kept.
    fn told_once(&self, conflicts: Vec<Conflict>) -> Vec<Conflict> {
        let is_shared =
            |document: &Document, path: &ValuePath| document.locate(path).is_some_and(|found| found.shared);
        let is_own = |conflict: &&Conflict| match conflict {
            Conflict::Changed { path, .. } => !(is_shared(&self.ours, path) && is_shared(&self.theirs, path)),
            _ => true,
        };
        let own: Vec<_> = conflicts.iter().filter(is_own).cloned().collect();
        if own.is_empty() { conflicts } else { own }
    }

    /// Each version's text with these values, where the editor can make it.
    fn brought_to(&self, intended: &[Value], limits: &Limits) -> [Option<String>; 3] {
        let Self { base, ours, theirs, lists } = self;
        [(base, &[ours, theirs][..]), (ours, &[theirs, base]), (theirs, &[ours, base])]
            .map(|(target, sources)| apply::apply(target, intended, sources, *lists, limits))
    }

    /// What a text says, when it says these values.
    fn reads_as(intended: &[Value], text: &str, limits: &Limits) -> Option<Document> {
        plain(text.as_bytes(), limits).filter(|result| are_same(&values(result), intended))
    }
}

/// What three texts of the same values come to.
fn joined(
    [base, ours, theirs]: &[Option<String>; 3],
    preferred: Version,
    decided: values::Decided<'_>,
    limits: &Limits,
) -> Option<Joined> {
    join([base.as_ref()?, ours.as_ref()?, theirs.as_ref()?], preferred, decided, limits)
}

/// Reads a file that holds nothing a merge by path could trip over.
fn plain(bytes: &[u8], limits: &Limits) -> Option<Document> {
    Document::parse(bytes, limits).ok().filter(|document| document.problems().is_empty())
}

/// Whether two files have the same documents; the order of those that have names is none of theirs.
fn are_same(left: &[Value], right: &[Value]) -> bool {
    let same = |pair: &DocumentPair| {
        let at =
            |values: &'_ [Value], position: Option<usize>| position.and_then(|at| values.get(at).cloned());
        pair.document.name().is_some() && at(left, pair.left) == at(right, pair.right)
    };
    left == right || (left.len() == right.len() && pair_documents(left, right).iter().all(same))
}

/// The values of the documents that are there: none in a file without any.
fn values(document: &Document) -> Vec<Value> {
    if document.roots().is_empty() { Vec::new() } else { document.values().to_vec() }
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
            let by_git = TextMerge { text: Vec::new(), clean: false };
            let markers = Markers { size: 7, labels: ["base", "ours", "theirs"], with_base: false };
            let merged = merge(&versions, by_git, &|_| None, &markers, &NoListRules, &Limits::default());
            let text = match merged {
                Merged::Clean(text) => Some(String::from_utf8(text).expect("UTF-8")),
                Merged::Conflict { .. } => None,
            };
            assert_eq!(text, expected, "{theirs}");
        }
    }
}
