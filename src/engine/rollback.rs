//! Taking back: from an older version of the target to the lines of a plan.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::promotion::{Action, Level, PlanEntry, Reason, Resolution, Selection, leaves, operations, select};
use crate::diff::documents::settle_document;
use crate::diff::lists::ListRules;
use crate::model::{CommitInfo, Key, Segment, Value, ValuePath};
use crate::secrets::mask::{Mask, Shown};
use crate::yaml::edit::{Operation, Replacement, last_key, rename_keys};
use crate::yaml::{Document, FileValues, Limits};

/// What becomes of an item's file as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemFate {
    /// It stays; values in it change.
    Stays,
    /// It goes: the promotion made it.
    Goes,
    /// It comes back: the promotion removed it.
    Returns,
}

/// What one rollback would do to one item.
#[derive(Clone, Debug)]
pub struct ItemRollback<V = Value> {
    /// The item.
    pub key: Key,
    /// The commit that is taken back, or the one that is gone back to.
    pub commit: CommitInfo,
    /// The values.
    pub lines: Vec<PlanEntry<V>>,
    /// The file.
    pub whole: ItemFate,
}

impl ItemRollback {
    /// The rollback as it may be shown.
    #[must_use]
    pub fn masked(&self, mask: &Mask<'_>) -> ItemRollback<Shown> {
        ItemRollback {
            key: self.key.clone(),
            commit: self.commit.clone(),
            lines: self.lines.iter().map(|line| line.masked(mask)).collect(),
            whole: self.whole.clone(),
        }
    }
}

impl<V> ItemRollback<V> {
    /// How many changes it makes.
    #[must_use]
    pub fn changes(&self) -> usize {
        self.lines.iter().filter(|line| line.is_taken()).count() + usize::from(self.whole != ItemFate::Stays)
    }
}

/// The versions that a rollback looks at.
pub struct Versions<'a> {
    /// The version whose values come back.
    pub before: &'a Document,
    /// What the commit that is taken back made of it; `None` when all that differs comes back.
    pub after: Option<&'a FileValues>,
    /// The version of today.
    pub now: &'a Document,
}

/// The lines that take back what was changed from `before` to `after`. A path that has yet another
/// value today is a conflict; `changed_by` says who gave it that.
#[must_use]
pub fn plan(
    versions: &Versions<'_>,
    only: &[ValuePath],
    lists: &dyn ListRules,
    changed_by: &dyn Fn(&ValuePath) -> Option<CommitInfo>,
) -> (Vec<PlanEntry>, Vec<String>) {
    let Versions { before, after, now } = versions;
    let mut lines = Vec::new();
    for leaf in leaves(before, now, lists) {
        let given = after.map_or(leaf.target, |after| after.at(&leaf.path));
        // What others changed stays a line: it says that its surroundings are not free to go.
        let (resolution, level, reason) = match given {
            given if given == leaf.source => {
                (Resolution::EnvironmentSpecific, Level::Keep, Reason::AnotherChange)
            }
            given if given == leaf.target && !is_half(&leaf.path, after, now) => {
                (Resolution::Pending, Level::Take, Reason::ToTakeBack)
            }
            _ => (Resolution::Conflict, Level::Stop, Reason::ChangedSince),
        };
        let holder = if leaf.target.is_some() { now } else { before };
        lines.push(PlanEntry {
            pointer: holder.pointer(&leaf.path),
            resolution,
            level,
            verdict: Action::Keep,
            source: leaf.source.cloned(),
            base: given.cloned(),
            was: None,
            target: leaf.target.cloned(),
            reason,
            commit: None,
            origin: None,
            target_commit: changed_by(&leaf.path).filter(|_| level == Level::Stop),
            top: leaf.top,
            path: leaf.path,
            // Nothing new is written, so secrets need no line of their own; masking covers them.
            renamed: None,
            replaced_by: Vec::new(),
            secret: false,
            literal: false,
        });
    }
    let only = only.iter().map(|path| settle_document(path, before.values(), now.values())).collect();
    let selection = Selection { only, ..Selection::default() };
    let concerned: Vec<PlanEntry> = lines.iter().filter(|line| line.level != Level::Keep).cloned().collect();
    (select(lines, &selection, before, now), selection.unmatched(&concerned, &|_| false))
}

/// Whether the path leads into an element of a list that others took away since, of which only a half would
/// come back.
fn is_half(path: &ValuePath, after: &Option<&FileValues>, now: &Document) -> bool {
    let above = std::iter::successors(path.parent(), ValuePath::parent);
    let mut elements = above.filter(|above| matches!(above.last(), Some(Segment::Identity { .. })));
    after.is_some_and(|after| {
        elements.any(|element| now.at(&element).is_none() && after.at(&element).is_some())
    })
}

/// The version of today with the keys of renamed entries changed back where they stand, and the lines that
/// are left to do there; `None` where no two entries are of that kind.
#[must_use]
pub fn renamed_back(
    lines: &[PlanEntry],
    before: &Document,
    now: &Document,
    limits: &Limits,
) -> Option<(Document, Vec<PlanEntry>)> {
    let left: HashSet<&ValuePath> =
        lines.iter().filter(|line| !line.is_taken()).map(|line| &line.top).collect();
    // By the mapping and the value, what only one of the two has there and goes or comes whole.
    let alone = |has: &Document, lacks: &Document| {
        let tops: BTreeSet<&ValuePath> = lines.iter().map(|line| &line.top).collect();
        let mut out: HashMap<(ValuePath, String), Vec<&ValuePath>> = HashMap::new();
        for top in tops.into_iter().filter(|top| !left.contains(*top) && last_key(top).is_some()) {
            if let (Some(value), None, Some(parent)) = (has.at(top), lacks.at(top), top.parent()) {
                out.entry((parent, value.canonical())).or_default().push(top);
            }
        }
        out
    };
    let (came, gone) = (alone(now, before), alone(before, now));
    let mut pairs: Vec<[&ValuePath; 2]> = came
        .iter()
        .filter_map(|(place, new)| match (new.as_slice(), gone.get(place)?.as_slice()) {
            ([new], [old]) => Some([*new, *old]),
            _ => None,
        })
        .collect();
    pairs.sort_unstable();
    let renames: Option<Vec<(&ValuePath, &str)>> =
        pairs.iter().map(|[new, old]| Some((*new, last_key(old)?))).collect();
    let renames = renames.filter(|renames| !renames.is_empty())?;
    let document = rename_keys(now, &renames, limits)?;
    let done: HashSet<&ValuePath> = pairs.into_iter().flatten().collect();
    let left = lines.iter().filter(|line| !done.contains(&line.top));
    Some((document, left.cloned().collect()))
}

/// The edits by which the lines come back as `before` has them written.
#[must_use]
pub fn restoring<'a>(lines: &'a [PlanEntry], before: &'a Document, now: &'a Document) -> Vec<Operation<'a>> {
    let restored = |mut operation| {
        if let Operation::Set { value, .. } = &mut operation
            && let Replacement::From { document, path } = value
        {
            *value = Replacement::Restored { document, path: path.clone() };
        }
        operation
    };
    operations(lines, before, now).into_iter().map(restored).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::lists::NoListRules;
    use crate::yaml::edit::apply;

    fn document(text: &str) -> Document {
        Document::parse(text.as_bytes(), &Limits::default()).expect(text)
    }

    /// What comes back and what stops, and the text.
    fn rolled(before: &str, after: Option<&str>, now: &str, only: &[&str]) -> (Vec<String>, String) {
        let (before, after, now) = (document(before), after.map(document), document(now));
        let only: Vec<ValuePath> = only.iter().map(|path| path.parse().expect("path")).collect();
        let versions = Versions { before: &before, after: after.as_deref(), now: &now };
        let (lines, idle) = plan(&versions, &only, &NoListRules, &|_| None);
        assert_eq!(idle, Vec::<String>::new());
        let acting = lines.iter().filter(|line| line.level != Level::Keep);
        let shown = acting.map(|line| format!("{:?} {}", line.verdict, line.path)).collect();
        let renamed = renamed_back(&lines, &before, &now, &Limits::default());
        let (begun, left) = renamed.as_ref().map_or((&now, &lines), |(document, lines)| (document, lines));
        let text = apply(begun, &restoring(left, &before, begun), &Limits::default()).expect("text");
        (shown, text)
    }

    #[test]
    fn only_what_the_promotion_changed_comes_back() {
        for (before, after, now, only, lines, text) in [
            // Text and quoting return, what others changed stays.
            (
                "a: '1.10' # x\nb: 1\n",
                Some("a: 2\nb: 1\n"),
                "a: 2\nb: 9\n",
                vec![],
                vec!["Take a"],
                "a: '1.10'\nb: 9\n",
            ),
            // Scalars over several lines come back as they were written.
            (
                "t: one\n  two # c\nq: \"one\n  quoted\"\ns: 'x'\n",
                Some("t: ONE two # c\nq: \"ONE quoted\"\ns: \"y\"\n"),
                "t: ONE two # c\nq: \"ONE quoted\"\ns: \"y\"\n",
                vec![],
                vec!["Take t", "Take q", "Take s"],
                "t: one\n  two # c\nq: \"one\n  quoted\"\ns: 'x'\n",
            ),
            // What was renamed gets its name back where it stands.
            (
                "replicas: 2 # two\nimage: a\n",
                Some("count: 2\nimage: b\n"),
                "count: 2 # two\nimage: b\n",
                vec![],
                vec!["Take replicas", "Take image", "Take count"],
                "replicas: 2 # two\nimage: a\n",
            ),
            (
                "a: &x # a\n  # b\n  k: 1\n  l: 2\nz: {<<: *x}\n",
                Some("b: &x # a\n  # b\n  k: 1\n  l: 2\nz: {<<: *x}\n"),
                "b: &x # a\n  # b\n  k: 1\n  l: 2\nz: {<<: *x}\n",
                vec![],
                vec!["Take a", "Take b"],
                "a: &x # a\n  # b\n  k: 1\n  l: 2\nz: {<<: *x}\n",
            ),
            // What was written as nothing does so again.
            ("e:\nb: 1\n", Some("e: 2\nb: 1\n"), "e: 2\nb: 1\n", vec![], vec!["Take e"], "e:\nb: 1\n"),
            // A subtree that came goes whole, one that went comes back with its comments.
            (
                "a: 1\n",
                Some("a: 1\nc:\n  d: 1\n  e: 2\n"),
                "a: 1\nc:\n  d: 1\n  e: 2\n",
                vec![],
                vec!["Take c"],
                "a: 1\n",
            ),
            (
                "a: 1\n# why\nc: {d: 1}\n",
                Some("a: 1\n"),
                "a: 1\n",
                vec![],
                vec!["Take c.d"],
                "a: 1\n# why\nc: {d: 1}\n",
            ),
            // Changed since: a conflict, unless it is left out.
            (
                "a: 1\nb: 1\n",
                Some("a: 2\nb: 2\n"),
                "a: 3\nb: 2\n",
                vec![],
                vec!["Stop a", "Take b"],
                "a: 3\nb: 1\n",
            ),
            (
                "a: 1\nb: 1\n",
                Some("a: 2\nb: 2\n"),
                "a: 3\nb: 2\n",
                vec!["b"],
                vec!["Keep a", "Take b"],
                "a: 3\nb: 1\n",
            ),
            // A mapping of one entry goes and comes whole, unless somebody else took the rest of it.
            ("a: 1\n", Some("a: 1\nc:\n  d: 1\n"), "a: 1\nc:\n  d: 1\n", vec![], vec!["Take c.d"], "a: 1\n"),
            (
                "a: 1\nc: {d: 1, e: 1}\n",
                Some("a: 1\nc: {e: 1}\n"),
                "a: 1\n",
                vec![],
                vec!["Take c.d"],
                "a: 1\nc:\n  d: 1\n",
            ),
            // All entries named one by one: nothing empty stays behind.
            (
                "a: 1\n",
                Some("a: 1\nc:\n  d: 1\n  e: {f: 1}\n"),
                "a: 1\nc:\n  d: 1\n  e: {f: 1}\n",
                vec!["c.d", "c.e"],
                vec!["Take c"],
                "a: 1\n",
            ),
            // Half an element does not come back.
            (
                "l:\n- name: a\n  v: 1\n  w: 2\n- name: b\n",
                Some("l:\n- name: a\n  v: 1\n- name: b\n"),
                "l:\n- name: b\n",
                vec![],
                vec!["Stop l[name=a].w"],
                "l:\n- name: b\n",
            ),
            // Taken back already.
            ("a: 1\n", Some("a: 2\n"), "a: 1\n", vec![], vec![], "a: 1\n"),
            // A revision comes back whole.
            ("a: 1\nb: 1\n", None, "a: 3\nc: 1\nb: 1\n", vec![], vec!["Take a", "Take c"], "a: 1\nb: 1\n"),
        ] {
            let (shown, result) = rolled(before, after, now, &only);
            assert_eq!((shown, result), (lines.iter().map(|s| (*s).to_owned()).collect(), text.to_owned()));
        }
    }
}
