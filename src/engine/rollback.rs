//! Taking back: from an older version of the target to the lines of a plan.

use super::promotion::{
    Action, Level, PlanEntry, Reason, Renamed, Resolution, Selection, leaves, operations, select,
};
use crate::diff::documents::settle_document;
use crate::diff::lists::ListRules;
use crate::model::{CommitInfo, Key, PathTree, Segment, Value, ValuePath};
use crate::secrets::mask::{Mask, Shown};
use crate::yaml::edit::{Operation, Replacement};
use crate::yaml::{Document, FileValues};

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
    /// The version of today, by the names of `before`.
    pub now: &'a Document,
    /// What gets its name back: its path today, and by that name.
    pub renamed: &'a [(ValuePath, ValuePath)],
    /// What others called otherwise that the commit brought or called otherwise.
    pub contested: &'a [ValuePath],
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
    let Versions { before, after, now, renamed, contested } = versions;
    let mut lines: Vec<_> = renamed.iter().filter_map(|ends| renaming(ends, before, now)).collect();
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
    let settled = |path: &ValuePath| settle_document(path, before.values(), now.values());
    let contested: Vec<_> = contested.iter().map(settled).collect();
    let contested: PathTree<'_, ()> = contested.iter().map(|path| (path, ())).collect();
    let is_contested = |path: &ValuePath| contested.above(path).next().is_some();
    for line in lines.iter_mut().filter(|line| line.level == Level::Take && is_contested(&line.path)) {
        line.resolution = Resolution::Conflict;
        line.level = Level::Stop;
        line.reason = Reason::ChangedSince;
        line.target_commit = changed_by(line.renamed.as_ref().map_or(&line.path, |renamed| &renamed.from));
    }
    let by_name = |path: &ValuePath| {
        let path = settled(path);
        renamed.iter().find(|(from, _)| *from == path).map_or(path, |(_, to)| to.clone())
    };
    let only = only.iter().map(by_name).collect();
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

/// The line of what gets its name back.
fn renaming((from, to): &(ValuePath, ValuePath), before: &Document, now: &Document) -> Option<PlanEntry> {
    let carried = now.at(to)?.clone();
    Some(PlanEntry {
        pointer: before.pointer(to),
        resolution: Resolution::Renamed,
        level: Level::Take,
        verdict: Action::Keep,
        source: before.at(to).cloned(),
        base: None,
        was: None,
        target: None,
        reason: Reason::ToTakeBack,
        commit: None,
        origin: None,
        target_commit: None,
        top: to.clone(),
        path: to.clone(),
        renamed: Some(Box::new(Renamed {
            from: from.clone(),
            within: Vec::new(),
            moved: Vec::new(),
            carried,
        })),
        replaced_by: Vec::new(),
        secret: false,
        literal: false,
    })
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
    use crate::engine::own_names::{OwnNames, own_names};
    use crate::yaml::Limits;
    use crate::yaml::edit::apply;

    fn document(text: &str) -> Document {
        Document::parse(text.as_bytes(), &Limits::default()).expect(text)
    }

    /// What comes back and what stops, and the text.
    fn rolled(before: &str, after: Option<&str>, now: &str, only: &[&str]) -> (Vec<String>, String) {
        let (before, after, now) = (document(before), after.map(document), document(now));
        let only: Vec<ValuePath> = only.iter().map(|path| path.parse().expect("path")).collect();
        let names = own_names(&before, after.as_ref(), &now, &only, &NoListRules, &Limits::default());
        let OwnNames { before, after: named, now, renamed, contested } = &names;
        let after = after.as_ref().map(|_| &**named);
        let versions = Versions { before, after, now, renamed, contested };
        let (lines, idle) = plan(&versions, &only, &NoListRules, &|_| None);
        assert_eq!(idle, Vec::<String>::new());
        let acting = lines.iter().filter(|line| line.level != Level::Keep);
        let shown = acting.map(|line| format!("{:?} {}", line.verdict, line.path)).collect();
        let left: Vec<_> = lines.into_iter().filter(|line| line.renamed.is_none()).collect();
        let text = apply(now, &restoring(&left, before, now), &Limits::default()).expect("text");
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
                vec!["Take replicas", "Take image"],
                "replicas: 2 # two\nimage: a\n",
            ),
            (
                "a: &x # a\n  # b\n  k: 1\n  l: 2\nz: {<<: *x}\n",
                Some("b: &x # a\n  # b\n  k: 1\n  l: 2\nz: {<<: *x}\n"),
                "b: &x # a\n  # b\n  k: 1\n  l: 2\nz: {<<: *x}\n",
                vec![],
                vec!["Take a"],
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
            // What others did in what was renamed stays in it, beside what goes back.
            (
                "p:\n  x: 1\n  y: 2\n",
                Some("q:\n  x: 1\n  y: 3\n"),
                "q:\n  # why\n  x: 1\n  y: 3\n  w: 9\n",
                vec![],
                vec!["Take p", "Take p.y"],
                "p:\n  # why\n  x: 1\n  y: 2\n  w: 9\n",
            ),
            (
                "p:\n- name: a\n  v: 2\n",
                Some("q:\n- name: a\n  v: 2\n"),
                "q:\n- name: b\n  v: 2\n",
                vec!["q"],
                vec!["Take p"],
                "p:\n- name: b\n  v: 2\n",
            ),
            // Others gave what was renamed or brought yet another name.
            ("p: 7\n", Some("q: 7\n"), "r: 7\n", vec![], vec!["Stop p"], "p: 7\n"),
            ("a: 1\n", Some("a: 1\nq: 7\n"), "a: 1\nr: 7\n", vec![], vec!["Stop r"], "a: 1\nr: 7\n"),
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
