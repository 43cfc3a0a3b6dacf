//! Merging two versions of one file that grew from a third: `base`, `ours`, `theirs`.
//!
//! Git's own text merge comes first, and stands when what it made is what both sides meant by
//! path ([`verify`]). Where it conflicts, or made something that nobody wrote, each path is merged by
//! itself (`values`) and the three texts are brought to those values by the editor (`apply`); what
//! then still differs between them is comments, order and layout, and a second text merge joins
//! those. A result is handed out only when it reads exactly as intended and no comment of either
//! side is lost (`losses`). All else is a conflict for a person.
//!
//! The room does not know how a text merge is done, where the files lie, or who asked.

mod apply;
mod hunks;
mod literal;
mod losses;
mod markers;
mod order;
mod values;
mod verify;

use crate::diff::documents::{DocumentPair, pair_documents};
use crate::diff::lists::ListRules;
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
    /// Both sides put the named elements of the list at this path into another order.
    Reordered(ValuePath),
    /// Both sides together removed all that was at this path.
    Emptied(ValuePath),
    /// The documents of the three versions do not pair.
    Documents,
    /// The values agree, and what is written beside them does not: comments, order, layout.
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
            Self::Reordered(path) => Conflict::Reordered(path),
            Self::Emptied(path) => Conflict::Emptied(path),
            Self::Documents => Conflict::Documents,
            Self::Written => Conflict::Written,
            Self::Encrypted => Conflict::Encrypted,
            Self::NoYaml(version) => Conflict::NoYaml(version),
            Self::NoText => Conflict::NoText,
            Self::Decision => Conflict::Decision,
        }
    }
}

/// How lines are merged.
#[derive(Clone, Copy)]
pub struct Lines<'a> {
    /// A merge in memory; `None` when it conflicts.
    pub in_memory: &'a dyn Fn(&Versions<'_>) -> Option<Vec<u8>>,
    /// Git's own, with the markers that the user chose; `None` when there is none.
    pub by_git: &'a dyn Fn(&Versions<'_>) -> Option<TextMerge>,
    /// How many signs a marker has.
    pub marker_size: usize,
}

/// Two versions of a recorded decision: a conflict around all that differs.
#[must_use]
pub fn merge_decision(versions: &Versions<'_>, marker_size: usize) -> Merged {
    let Versions { base, ours, theirs } = versions;
    match () {
        () if ours == theirs || theirs == base => Merged::Clean(ours.to_vec()),
        () if ours == base => Merged::Clean(theirs.to_vec()),
        () => Merged::Conflict {
            text: markers::around(ours, theirs, marker_size),
            conflicts: vec![Conflict::Decision],
        },
    }
}

/// Merges the three versions, of which git made `by_git`; `lists` is what the schemas of the file say of
/// its lists.
#[must_use]
pub fn merge(
    versions: &Versions<'_>,
    by_git: TextMerge,
    lines: &Lines<'_>,
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
    let conflicts = match three.solve(&|_| None, lines, limits) {
        Ok(text) => return Merged::Clean(text.into_bytes()),
        Err(conflicts) => conflicts,
    };
    let text = three.marked(lines, limits).unwrap_or_else(|| match by_git.clean {
        // A merge of lines that says nothing of what is wrong with it must not pass as one.
        true => markers::between(versions.ours, versions.theirs, lines.marker_size),
        false => by_git.text,
    });
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
    lines: &Lines<'_>,
    lists: &dyn ListRules,
    limits: &Limits,
) -> Result<String, Vec<Conflict>> {
    let three = ThreeWay::read(versions, lists, limits).map_err(|conflict| vec![*conflict])?;
    three.solve(decided, lines, limits)
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
        values::documents(sides.each_ref().map(Vec::as_slice), self.lists, preferred, decided)
    }

    fn solve(
        &self,
        decided: values::Decided<'_>,
        lines: &Lines<'_>,
        limits: &Limits,
    ) -> Result<String, Vec<Conflict>> {
        let merged = self.merged_values(Version::Ours, decided).ok_or_else(|| vec![Conflict::Documents])?;
        if !merged.conflicts.is_empty() {
            return Err(merged.conflicts);
        }
        let versions = [&self.base, &self.ours, &self.theirs];
        let texts = self.brought_to(&merged.values, limits);
        let good = |text: String, layout: bool| {
            let result = Self::reads_as(&merged.values, &text, limits)?;
            let whole = losses::comments(versions, &result)
                && (!layout || losses::layout(versions, &result, self.lists))
                && (!versions.into_iter().any(Document::has_aliases) || self.fits(&result));
            whole.then_some(text)
        };
        let [_, ours, theirs] = &texts;
        let found = joined(&texts, lines)
            .and_then(|text| good(text, false))
            .or_else(|| good(ours.clone()?, true))
            .or_else(|| good(theirs.clone()?, true));
        found.ok_or_else(|| vec![Conflict::Written])
    }

    /// The merged file with markers around what is in conflict and nothing else: the merge that holds
    /// our side of each conflict, beside the one that holds theirs.
    fn marked(&self, lines: &Lines<'_>, limits: &Limits) -> Option<Vec<u8>> {
        let [base, ours, theirs] = [Version::Base, Version::Ours, Version::Theirs].map(|version| {
            let values = self.merged_values(version, &|_| None)?.values;
            Some((self.brought_to(&values, limits), values))
        });
        let (ours, theirs) = (ours?, theirs?);
        let joined = |(texts, values): &([Option<String>; 3], Vec<Value>)| {
            joined(texts, lines).filter(|text| Self::reads_as(values, text, limits).is_some())
        };
        let keeps = |pair: &[String; 2]| {
            let [ours, theirs] = pair.each_ref().map(|text| plain(text.as_bytes(), limits));
            let sides = [&self.base, &self.ours, &self.theirs];
            ours.zip(theirs).is_some_and(|(ours, theirs)| losses::keeps_comments(sides, [&ours, &theirs]))
        };
        let whole = joined(&ours).zip(joined(&theirs)).map(|(ours, theirs)| [ours, theirs]);
        let [ours, theirs] = whole.filter(|pair| pair[0] != pair[1] && keeps(pair)).or_else(|| {
            let ([_, our_text, _], [_, _, their_text]) = (&ours.0, &theirs.0);
            let pair = [our_text.clone()?, their_text.clone()?];
            let reads = Self::reads_as(&ours.1, &pair[0], limits).is_some()
                && Self::reads_as(&theirs.1, &pair[1], limits).is_some();
            (reads && pair[0] != pair[1] && keeps(&pair)).then_some(pair)
        })?;
        let base = base.and_then(|base| joined(&base).or_else(|| base.0[0].clone())).unwrap_or_default();
        let (ours, theirs) = (ours.as_bytes(), theirs.as_bytes());
        let by_git = (lines.by_git)(&Versions { base: base.as_bytes(), ours, theirs });
        // What git merges without a word is in conflict all the same.
        let whole = by_git.filter(|by_git| {
            let [left, right] = markers::sides(&by_git.text, lines.marker_size);
            !by_git.clean && left == ours && right == theirs
        });
        let own = || markers::between(ours, theirs, lines.marker_size);
        Some(whole.map_or_else(own, |by_git| by_git.text))
    }

    /// Each version's text with these values, where the editor can make it.
    fn brought_to(&self, intended: &[Value], limits: &Limits) -> [Option<String>; 3] {
        let Self { base, ours, theirs, lists } = self;
        [(base, &[ours, theirs][..]), (ours, &[theirs]), (theirs, &[ours])]
            .map(|(target, sources)| apply::apply(target, intended, sources, *lists, limits))
    }

    /// What a text says, when it says these values.
    fn reads_as(intended: &[Value], text: &str, limits: &Limits) -> Option<Document> {
        plain(text.as_bytes(), limits).filter(|result| are_same(&values(result), intended))
    }
}

/// What the lines of three texts of the same values come to.
fn joined([base, ours, theirs]: &[Option<String>; 3], lines: &Lines<'_>) -> Option<String> {
    let (base, ours, theirs) = (base.as_ref()?, ours.as_ref()?, theirs.as_ref()?);
    let versions = Versions { base: base.as_bytes(), ours: ours.as_bytes(), theirs: theirs.as_bytes() };
    String::from_utf8((lines.in_memory)(&versions)?).ok()
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
        let lines = Lines { in_memory: &|_| None, by_git: &|_| None, marker_size: 7 };
        let merged = |decided: &dyn Fn(&ValuePath) -> Option<Version>| {
            merge_decided(&versions, decided, &lines, &NoListRules, &Limits::default())
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
            (format!("{b}---\n{a}"), Some(ours.clone())),
            (format!("{}---\n{b}", document("A", "x: 3\ny: 1\n")), None),
        ] {
            let versions =
                Versions { base: base.as_bytes(), ours: ours.as_bytes(), theirs: theirs.as_bytes() };
            let by_git = TextMerge { text: Vec::new(), clean: false };
            let lines = Lines { in_memory: &|_| None, by_git: &|_| None, marker_size: 7 };
            let merged = merge(&versions, by_git, &lines, &NoListRules, &Limits::default());
            let text = match merged {
                Merged::Clean(text) => Some(String::from_utf8(text).expect("UTF-8")),
                Merged::Conflict { .. } => None,
            };
            assert_eq!(text, expected, "{theirs}");
        }
    }
}
