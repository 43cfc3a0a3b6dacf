//! The result of a promotion, compared with the plan that was shown.
//!
//! How the result came about does not count: not the edits, not their own check. Each line that is
//! taken has its value in it, and every other path is as it was.

use std::collections::HashSet;

use super::entry::Action;
use super::entry::PlanEntry;
use super::leaves::leaves;
use super::plan::GivenValue;
use crate::diff::documents::settle_document;
use crate::diff::lists::ListRules;
use crate::model::{DocumentId, Segment, Value, ValuePath};
use crate::yaml::Document;

/// The first path at which `after` is not what the plan's lines and given values promise of
/// `target`; `None` when it is all of that and nothing else.
#[must_use]
pub fn broken_promise(
    lines: &[PlanEntry],
    given: &[GivenValue],
    target: &Document,
    after: &Document,
    lists: &dyn ListRules,
) -> Option<ValuePath> {
    let promised = |line: &'_ PlanEntry| match &line.verdict {
        Action::Take => Some(line.taken_value().cloned()),
        Action::Set(value) => Some(Some(value.clone())),
        Action::Decline | Action::Keep | Action::Ask | Action::Stop => None,
    };
    let left = lines.iter().filter(|line| line.is_taken());
    let left = left.filter_map(|line| Some((&line.renamed.as_ref()?.from, None)));
    let lines = lines.iter().filter_map(|line| Some((&line.path, promised(line)?))).chain(left);
    let given = given.iter().map(|given| (&given.path, Some(given.value.clone())));
    // What is compared here may need less, or more, to tell documents apart than the plan did.
    let settled = |path: &ValuePath| settle_document(path, target.values(), after.values());
    let promised: Vec<(ValuePath, Option<Value>)> =
        lines.chain(given).map(|(path, value)| (settled(path), value)).collect();
    if let Some((path, _)) = promised.iter().find(|(path, value)| after.at(path) != value.as_ref()) {
        return Some(path.clone());
    }
    let places: HashSet<(&DocumentId, &[Segment])> =
        promised.iter().map(|(path, _)| (&path.document, path.segments.as_slice())).collect();
    let is_covered = |path: &ValuePath| {
        (0..=path.segments.len()).any(|n| places.contains(&(&path.document, &path.segments[..n])))
    };
    leaves(target, after, lists).into_iter().map(|leaf| leaf.path).find(|path| !is_covered(path))
}

#[cfg(test)]
mod tests {
    use super::super::entry::PlanEntry;
    use super::super::reason::Reason;
    use super::super::resolution::{Level, Resolution};
    use super::*;
    use crate::diff::lists::NoListRules;
    use crate::model::Pointer;
    use crate::yaml::Limits;

    fn document(text: &str) -> Document {
        Document::parse(text.as_bytes(), &Limits::default()).expect(text)
    }

    fn taken(path: &str, source: &Document) -> PlanEntry {
        let path: ValuePath = path.parse().expect(path);
        PlanEntry {
            pointer: Pointer::default(),
            resolution: Resolution::Pending,
            level: Level::Take,
            verdict: Action::Take,
            source: source.at(&path).cloned(),
            base: None,
            was: None,
            target: None,
            reason: Reason::ToTakeBack,
            commit: None,
            origin: None,
            target_commit: None,
            top: path.clone(),
            renamed: None,
            replaced_by: Vec::new(),
            secret: false,
            literal: false,
            path,
        }
    }

    #[test]
    fn a_result_is_all_that_was_promised_and_nothing_else() {
        for (source, target, paths, after, broken) in [
            ("a: 2\nb: 2", "a: 1\nb: 1", &["a"][..], "a: 2\nb: 1", None),
            ("a: 2\nb: 2", "a: 1\nb: 1", &["a"], "a: 2\nb: 2", Some("b")),
            ("a: 2\nb: 2", "a: 1\nb: 1", &["a", "b"], "a: 2\nb: 1", Some("b")),
            // Half a rename.
            ("q: {new: 7}", "q: {old: 7}", &["q.new"], "q: {old: 7, new: 7}", None),
            ("q: {new: 7}", "q: {old: 7}", &["q.new"], "q: {new: 7}", Some("q.old")),
            ("a: 1", "a: 1\nc: {d: 1}", &["c.d"], "a: 1", None),
            ("a: 1", "a: 1\nc: {d: 1}", &["c"], "a: 1\nc: {}", Some("c")),
            ("l: [{name: x, v: 1}]", "l: []", &["l[name=x].v"], "l: [{name: x, v: 1}]", None),
            // A document that was announced and not written.
            ("a: 1\n---\nb: 1", "a: 1", &["#2:"], "a: 1", Some("#2:")),
            ("a: 1\n---\nb: 1", "a: 1", &["#2:"], "a: 1\n---\nb: 1", None),
        ] {
            let (source, target, after) = (document(source), document(target), document(after));
            let lines: Vec<PlanEntry> = paths.iter().map(|path| taken(path, &source)).collect();
            let found = broken_promise(&lines, &[], &target, &after, &NoListRules);
            assert_eq!(found.map(|path| path.to_string()).as_deref(), broken, "{paths:?} {}", after.text());
        }
        let target = document("a: 1");
        let given = [GivenValue {
            path: ValuePath::root().key("b"),
            old: None,
            value: Value::Bool(true),
            secret: false,
        }];
        let broken = |after| broken_promise(&[], &given, &target, &document(after), &NoListRules);
        assert_eq!(broken("a: 1\nb: true"), None);
        assert_eq!(broken("a: 1"), Some(ValuePath::root().key("b")));
    }
}
