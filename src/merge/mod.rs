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
        /// The paths that both sides changed differently; empty when something else stands against
        /// a merge, or the files are no plain YAML.
        paths: Vec<ValuePath>,
    },
}

/// A merge of lines in memory; `None` when it conflicts.
pub type Lines<'a> = &'a dyn Fn(&Versions<'_>) -> Option<Vec<u8>>;

/// Merges the three versions, of which git made `by_git`.
#[must_use]
pub fn merge(
    versions: &Versions<'_>,
    by_git: TextMerge,
    lines: Lines<'_>,
    marker_size: usize,
    limits: &Limits,
) -> Merged {
    let Some(three) = ThreeWay::read(versions, limits) else {
        return match by_git.clean {
            true => Merged::Clean(by_git.text),
            false => Merged::Conflict { text: by_git.text, paths: Vec::new() },
        };
    };
    if by_git.clean && three.accepts(&by_git.text, limits) {
        return Merged::Clean(by_git.text);
    }
    match three.solve(lines, limits) {
        Ok(text) => Merged::Clean(text.into_bytes()),
        Err(paths) => {
            // A merge of lines that says nothing of what is wrong with it must not pass as one.
            let text = match by_git.clean {
                true => markers::around(versions.ours, versions.theirs, marker_size),
                false => by_git.text,
            };
            Merged::Conflict { text, paths }
        }
    }
}

/// The three versions, read.
struct ThreeWay {
    base: Document,
    ours: Document,
    theirs: Document,
}

impl ThreeWay {
    /// `None` unless all three are plain YAML that may be edited piece by piece: over an encrypted
    /// file stands a checksum.
    fn read(versions: &Versions<'_>, limits: &Limits) -> Option<Self> {
        let read = |bytes| plain(bytes, limits).filter(|document| !is_encrypted(document.values()));
        Some(Self { base: read(versions.base)?, ours: read(versions.ours)?, theirs: read(versions.theirs)? })
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
        verify::documents(&base, &ours, &theirs, &result)
    }

    fn solve(&self, lines: Lines<'_>, limits: &Limits) -> Result<String, Vec<ValuePath>> {
        let Self { base, ours, theirs } = self;
        let intended = values::documents(&values(base), &values(ours), &values(theirs))?;
        let good = |text: String, layout: bool| {
            let result = plain(text.as_bytes(), limits)?;
            let whole = are_same(&values(&result), &intended)
                && losses::comments([base, ours, theirs], &result)
                && (!layout || losses::layout([base, ours, theirs], &result))
                && (![base, ours, theirs].into_iter().any(Document::has_aliases) || self.fits(&result));
            whole.then_some(text)
        };
        let our_text = apply::apply(ours, &intended, &[theirs], limits);
        let their_text = apply::apply(theirs, &intended, &[ours], limits);
        let both = || {
            let base = apply::apply(base, &intended, &[ours, theirs], limits)?;
            let (base, ours, theirs) = (base.as_bytes(), our_text.as_ref()?, their_text.as_ref()?);
            let merged = lines(&Versions { base, ours: ours.as_bytes(), theirs: theirs.as_bytes() })?;
            good(String::from_utf8(merged).ok()?, false)
        };
        let found =
            both().or_else(|| good(our_text.clone()?, true)).or_else(|| good(their_text.clone()?, true));
        found.ok_or_else(Vec::new)
    }
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
            let merged = merge(&versions, by_git, &|_| None, 7, &Limits::default());
            let text = match merged {
                Merged::Clean(text) => Some(String::from_utf8(text).expect("UTF-8")),
                Merged::Conflict { .. } => None,
            };
            assert_eq!(text, expected, "{theirs}");
        }
    }
}
