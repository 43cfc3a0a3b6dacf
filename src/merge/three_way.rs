//! The three versions as they are read, and what one text is made of them.

use super::lines::{Joined, join};
use super::losses::{self, Leeway};
use super::renames::Likeness;
use super::{
    Conflict, Decided, Markers, Version, Versions, ancestors, apply, literal, of, plain, renames, values,
    verify,
};
use crate::diff::documents::{DocumentPair, pair_documents};
use crate::diff::lists::ListRules;
use crate::model::{Value, ValuePath};
use crate::secrets::encrypted::is_encrypted;
use crate::yaml::{Document, Limits};

/// The three versions, read.
pub(super) struct ThreeWay<'a> {
    base: Document,
    ours: Document,
    theirs: Document,
    lists: &'a dyn ListRules,
}

impl<'a> ThreeWay<'a> {
    /// All three must be plain YAML that may be edited piece by piece: over an encrypted file stands a
    /// checksum.
    pub(super) fn read(
        versions: &Versions<'_>,
        lists: &'a dyn ListRules,
        limits: &Limits,
    ) -> Result<Self, Box<Conflict>> {
        let read = |bytes, version| match plain(bytes, limits) {
            None if version == Version::Base => {
                ancestors::read(bytes, lists, limits).ok_or_else(|| Box::new(Conflict::NoYaml(version)))
            }
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

    /// The three with the keys that a side gave a mapping or a list.
    pub(super) fn following_renames(mut self, likeness: Likeness, limits: &Limits) -> Self {
        let Self { base, ours, theirs, lists } = &mut self;
        let by_both = renames::renames_of_both([base, ours, theirs], *lists, likeness);
        if let Some(renamed) = renames::renamed(base, &by_both, limits) {
            *base = renamed;
        }
        if let Some(renamed) = renames::followed([base, ours, theirs], *lists, likeness, limits) {
            [*base, *theirs] = renamed;
        }
        if let Some(renamed) = renames::followed([base, theirs, ours], *lists, likeness, limits) {
            [*base, *ours] = renamed;
        }
        self
    }

    /// Whether a merge of lines made what both sides meant.
    pub(super) fn accepts(&self, text: &[u8], limits: &Limits) -> bool {
        plain(text, limits).is_some_and(|result| self.fits(&result, &|_| None))
    }

    /// Aliases are compared as they are written: what both sides did to them is in the text, while
    /// their values follow whoever changed the anchor.
    fn fits(&self, result: &Document, decided: Decided<'_>) -> bool {
        let all = [&self.base, &self.ours, &self.theirs, result];
        let [base, ours, theirs, result] = match all.into_iter().any(Document::has_aliases) {
            true => all.map(literal::values),
            false => all.map(values_of),
        };
        verify::documents([&base, &ours, &theirs, &result], self.lists, decided)
    }

    fn merged_values(&self, preferred: Version, decided: Decided<'_>) -> Option<values::MergedValues> {
        let sides = [&self.base, &self.ours, &self.theirs].map(values_of);
        let rewrote = |path: &ValuePath, version| {
            let side = of(version, &self.base, &self.ours, &self.theirs);
            losses::differ_at([&self.base, side], path)
        };
        values::documents(sides.each_ref().map(Vec::as_slice), self.lists, preferred, decided, &rewrote)
    }

    /// The three texts joined as they are, where that says what is meant and loses no comment.
    pub(super) fn as_written(&self, decided: Decided<'_>, limits: &Limits) -> Option<String> {
        let merged =
            self.merged_values(Version::Ours, decided).filter(|merged| merged.conflicts.is_empty())?;
        let versions = [&self.base, &self.ours, &self.theirs];
        let Joined { text, comments, is_layout_contested, mut leeway } =
            join(versions.map(Document::text), Version::Ours, decided, limits)?;
        let result = Self::reads_as(&merged.values, &text, limits)?;
        leeway.give_at(versions, &merged.chosen);
        let is_whole =
            comments.is_empty() && !is_layout_contested && losses::comments(versions, &result, &leeway);
        let fits = || !versions.into_iter().any(Document::has_aliases) || self.fits(&result, decided);
        (is_whole && fits()).then_some(text)
    }

    pub(super) fn solve(&self, decided: Decided<'_>, limits: &Limits) -> Result<String, Vec<Conflict>> {
        let merged = self.merged_values(Version::Ours, decided).ok_or_else(|| vec![Conflict::Documents])?;
        if !merged.conflicts.is_empty() {
            return Err(merged.conflicts);
        }
        let versions = [&self.base, &self.ours, &self.theirs];
        let texts = self.brought_to(&merged.values, limits);
        let reads = |text: &String| {
            let result = Self::reads_as(&merged.values, text, limits)?;
            let fits = || !versions.into_iter().any(Document::has_aliases) || self.fits(&result, decided);
            fits().then_some(result)
        };
        let keeps_comments = |text: &String, leeway: &Leeway| {
            reads(text).is_some_and(|result| losses::comments(versions, &result, leeway))
        };
        let joined =
            joined(&texts, Version::Ours, decided, limits).filter(|joined| !joined.is_layout_contested);
        if let Some(Joined { comments, .. }) = joined.as_ref().filter(|joined| !joined.comments.is_empty()) {
            return Err(comments.iter().cloned().map(Conflict::Comments).collect());
        }
        let mut leeway = Leeway::default();
        leeway.give_at(versions, &merged.chosen);
        let joined = joined.filter(|joined| reads(&joined.text).is_some());
        let joined = joined.map(|joined| (joined.text, leeway.clone() + joined.leeway));
        let own = |version| {
            let text = of(version, &texts[0], &texts[1], &texts[2]).as_ref();
            text.and_then(|text| Some((text, reads(text)?)))
        };
        let kept_whole = |version| {
            let is_whole = |(text, result): &(&String, Document)| {
                keeps_comments(text, &leeway) && losses::layout(versions, result, self.lists)
            };
            own(version).filter(is_whole).map(|(text, _)| text)
        };
        // Where one side is favored, its comments stand at least.
        let favored = || {
            let version = decided(&ValuePath::root())?;
            let side = of(version, &self.base, &self.ours, &self.theirs);
            let has_its = |text: &&String| {
                reads(text).is_some_and(|it| losses::keeps_comments([&self.base, side, side], [&it, &it]))
            };
            let joined = joined.as_ref().map(|(text, _)| text);
            joined.filter(has_its).or_else(|| own(version).map(|(text, _)| text)).or(joined)
        };
        let whole = joined.as_ref().filter(|(text, leeway)| keeps_comments(text, leeway));
        let found = whole
            .map(|(text, _)| text)
            .or_else(|| kept_whole(Version::Ours))
            .or_else(|| kept_whole(Version::Theirs))
            .or_else(favored)
            .cloned();
        found.ok_or_else(|| {
            let is_read = |text: &&String| Self::reads_as(&merged.values, text, limits).is_some();
            let moved = texts.iter().flatten().any(|text| is_read(&text) && reads(text).is_none());
            let anchors = if moved { literal::moved_anchors(versions) } else { Vec::new() };
            let anchors: Vec<_> = anchors.into_iter().map(Conflict::Anchor).collect();
            if anchors.is_empty() { vec![Conflict::Written] } else { anchors }
        })
    }

    /// The merged file with markers around what is in conflict and nothing else: the merge that holds
    /// our side of each conflict, beside the one that holds theirs; and what of it is no value.
    pub(super) fn marked(
        &self,
        decided: Decided<'_>,
        markers: &Markers<'_>,
        limits: &Limits,
    ) -> Option<(Vec<u8>, Vec<Conflict>)> {
        let of = |version| {
            let values = self.merged_values(version, decided)?.values;
            let texts = self.brought_to(&values, limits);
            let joined = joined(&texts, version, decided, limits);
            let reads = |text: &str| Self::reads_as(&values, text, limits).is_some();
            let joined = joined.filter(|joined| reads(&joined.text));
            let own = of(version, 0, 1, 2);
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
        Some((super::markers::between(&sides, markers), beside))
    }

    /// Without what is the same bytes as another one: a value behind an alias that both sides kept.
    pub(super) fn told_once(&self, conflicts: Vec<Conflict>) -> Vec<Conflict> {
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
        plain(text.as_bytes(), limits).filter(|result| are_same(&values_of(result), intended))
    }
}

/// What three texts of the same values come to.
fn joined(
    [base, ours, theirs]: &[Option<String>; 3],
    preferred: Version,
    decided: Decided<'_>,
    limits: &Limits,
) -> Option<Joined> {
    join([base.as_ref()?, ours.as_ref()?, theirs.as_ref()?], preferred, decided, limits)
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
fn values_of(document: &Document) -> Vec<Value> {
    if document.roots().is_empty() { Vec::new() } else { document.values().to_vec() }
}
