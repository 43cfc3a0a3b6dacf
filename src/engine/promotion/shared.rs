//! Values of the target that are written once and read at several paths.
//!
//! The edit at an anchor serves a plan that means all its users. Where it does not, what would change
//! with it stops, and the rest of the plan goes on.

use super::edits::{operations, rename_in_place};
use super::entry::{Action, PlanEntry};
use super::parts::with_parts;
use super::reason::Reason;
use super::resolution::{Level, Resolution};
use super::selection::Selection;
use crate::diff::lists::ListRules;
use crate::model::ValuePath;
use crate::yaml::edit::apply;
use crate::yaml::{Document, Limits};

/// Stops what cannot be written without changing another path with it; where the selection leaves what
/// is undecided it is left, unless the user gave it a value.
pub fn stop_shared(
    mut lines: Vec<PlanEntry>,
    source: &Document,
    target: &Document,
    (limits, lists): (&Limits, &dyn ListRules),
    selection: &Selection,
) -> Vec<PlanEntry> {
    if !target.has_aliases() {
        return lines;
    }
    while lines.iter().any(PlanEntry::is_taken) {
        let whole = with_parts(&lines);
        let renamed = rename_in_place(&whole, source, target, limits, lists);
        let (target, left) = renamed.as_ref().map_or((target, &*whole), |(target, left)| (target, left));
        let refused = apply(target, &operations(left, source, target), limits).err();
        let Some(path) = refused.and_then(|refusal| refusal.shared) else { break };
        let stopped: Vec<usize> = concerned(&lines, target, &path);
        if stopped.is_empty() {
            break;
        }
        for index in stopped {
            let line = &mut lines[index];
            line.reason = match target.alias_above(&line.path) {
                Some(alias) => Reason::ThroughAlias { alias },
                None => {
                    Reason::SharedWith { other: target.alias_above(&path).unwrap_or_else(|| path.clone()) }
                }
            };
            (line.resolution, line.level) = (Resolution::Conflict, Level::Stop);
            let is_left = selection.skip_undecided && !selection.gives(&line.path);
            line.verdict = if is_left { Action::Keep } else { Action::Stop };
        }
    }
    lines
}

/// The taken lines that stand at `path`, or else those whose bytes are read there.
fn concerned(lines: &[PlanEntry], target: &Document, path: &ValuePath) -> Vec<usize> {
    // What is renamed goes at one place and comes at another. What comes has no bytes there yet.
    let ends = lines.iter().enumerate().filter(|(_, line)| line.is_taken()).flat_map(|(index, line)| {
        let from = line.renamed.as_ref().map(|renamed| &renamed.from);
        from.into_iter().chain([&line.path]).map(move |end| (index, end))
    });
    let taken: Vec<(usize, ValuePath, bool)> = ends
        .filter_map(|(index, end)| {
            let (steps, _) = target.nearest(end)?;
            let place = target.by_position(&end.prefix(steps))?;
            Some((index, place, steps == end.segments.len()))
        })
        .collect();
    let numbers = |meets: &dyn Fn(&ValuePath, bool) -> bool| {
        let mut found: Vec<usize> = taken
            .iter()
            .filter(|(_, place, is_there)| meets(place, *is_there))
            .map(|(index, ..)| *index)
            .collect();
        found.dedup();
        found
    };
    let at = numbers(&|place, _| place == path);
    if !at.is_empty() {
        return at;
    }
    let bytes = |place: &ValuePath| {
        let located = target.locate(place)?;
        Some(target.node(target.follow(located.node)).outer.clone())
    };
    // What a mapping merges is read there too.
    let merged =
        target.locate(path).into_iter().flat_map(|located| target.merges(target.follow(located.node)));
    let merged = merged.map(|node| target.node(target.follow(node)).outer.clone());
    let read: Vec<_> = bytes(path).into_iter().chain(merged).collect();
    numbers(&|place, is_there| {
        let within = |outer: &std::ops::Range<usize>, inner: &std::ops::Range<usize>| {
            outer.start <= inner.start && inner.end <= outer.end
        };
        let meets =
            |there: &_| read.iter().any(|read| within(read, there) || (is_there && within(there, read)));
        bytes(place).is_some_and(|there| meets(&there))
    })
}

#[cfg(test)]
mod tests {
    use super::super::leaves::leaves;
    use super::*;
    use crate::diff::lists::NoListRules;
    use crate::model::Pointer;

    fn document(text: &str) -> Document {
        Document::parse(text.as_bytes(), &Limits::default()).expect(text)
    }

    /// The lines that stop, and the text with the others.
    fn planned(source: &str, target: &str, kept: &[&str]) -> (Vec<String>, String) {
        let (source, target) = (document(source), document(target));
        let leaves = leaves(&source, &target, &NoListRules);
        let lines = leaves.into_iter().map(|leaf| PlanEntry {
            pointer: Pointer::default(),
            resolution: Resolution::Pending,
            level: Level::Take,
            verdict: if kept.contains(&leaf.path.to_string().as_str()) { Action::Keep } else { Action::Take },
            source: leaf.source.cloned(),
            base: None,
            was: None,
            target: leaf.target.cloned(),
            reason: Reason::ToTakeBack,
            commit: None,
            origin: None,
            target_commit: None,
            top: leaf.top,
            renamed: None,
            replaced_by: Vec::new(),
            secret: false,
            literal: false,
            path: leaf.path,
        });
        let rules = (&Limits::default(), &NoListRules as &dyn ListRules);
        let lines = stop_shared(lines.collect(), &source, &target, rules, &Selection::default());
        let stopped = lines.iter().filter(|line| line.verdict == Action::Stop);
        let stopped = stopped.map(|line| line.path.to_string()).collect();
        let text = apply(&target, &operations(&lines, &source, &target), &Limits::default());
        (stopped, text.expect("a text"))
    }

    #[test]
    fn what_holds_an_anchor_stays_while_an_alias_refers_to_it() {
        let target = "d: &d {c: 1}\na: {<<: *d, n: 1}\nz: 1\n";
        for (source, stopped, text) in [
            ("a: {c: 1, n: 1}\nz: 2\n", &["d.c"][..], "d: &d {c: 1}\na: {<<: *d, n: 1}\nz: 2\n"),
            ("z: 2\n", &[], "z: 2\n"),
        ] {
            let (found, result) = planned(source, target, &[]);
            assert_eq!(found, stopped, "{source}");
            assert_eq!(result, text);
        }
    }

    #[test]
    fn only_what_would_change_with_others_stops() {
        let target = "x: &x {c: 1}\na: *x\nb: *x\nz: 1\n";
        for (source, target, kept, stopped, text) in [
            // All users: the edit at the anchor.
            (
                "x: {c: 2}\na: {c: 2}\nb: {c: 2}\nz: 2",
                target,
                &[][..],
                &[][..],
                "x: &x {c: 2}\na: *x\nb: *x\nz: 2\n",
            ),
            // One user is kept, or goes elsewhere.
            (
                "x: {c: 2}\na: {c: 2}\nb: {c: 2}\nz: 2",
                target,
                &["b.c"],
                &["x.c", "a.c"],
                "x: &x {c: 1}\na: *x\nb: *x\nz: 2\n",
            ),
            (
                "x: {c: 2}\na: {c: 2}\nb: {c: 4}\nz: 2",
                target,
                &[],
                &["x.c", "a.c", "b.c"],
                "x: &x {c: 1}\na: *x\nb: *x\nz: 2\n",
            ),
            // What enters at an anchor is merged by all its users, and overridden where one differs.
            (
                "x: {c: 1, w: 2}\na: {c: 1, d: 1, w: 2}\nb: {c: 1, d: 2, w: 3}",
                "x: &x {c: 1}\na:\n  <<: *x\n  d: 1\nb:\n  <<: *x\n  d: 2\n",
                &[],
                &[],
                "x: &x {c: 1, w: 2}\na:\n  <<: *x\n  d: 1\nb:\n  <<: *x\n  d: 2\n  w: 3\n",
            ),
            // An alias whose value alone changes is replaced; a merged value is overridden.
            ("x: &x {c: 1}\na: 3\nb: *x\nz: 1", target, &[], &[], "x: &x {c: 1}\na: 3\nb: *x\nz: 1\n"),
            (
                "x: {c: 1}\na: {c: 2, d: 1}",
                "x: &x {c: 1}\na:\n  <<: *x\n  d: 1\n",
                &[],
                &[],
                "x: &x {c: 1}\na:\n  <<: *x\n  d: 1\n  c: 2\n",
            ),
        ] {
            let (found, result) = planned(source, target, kept);
            assert_eq!(found, stopped, "{source}");
            assert_eq!(result, text);
        }
    }
}
