//! What both sides renamed is judged by its past under the old name.

use super::tests::world;
use super::{PlanEntry, Selection};
use crate::model::Hop;

fn told(lines: &[PlanEntry]) -> Vec<String> {
    let one = |line: &PlanEntry| {
        format!(
            "{} {} {}: {}",
            line.path,
            line.resolution,
            line.level.name(),
            line.reason.phrase(Hop::ToProduction)
        )
    };
    lines.iter().map(one).collect()
}

/// Each history is source and target by turns; nothing stands for no change.
#[test]
fn a_renamed_entry_keeps_its_past() {
    let gone = "production removed this key";
    for (what, steps, expected) in [
        (
            "a mapping, taken",
            &[
                ("p: {a: 1, b: 2}", "p: {a: 1, b: 2}"),
                ("", "p: {a: 1}"),
                ("q: {a: 1, b: 2}", ""),
                ("", "q: {a: 1}"),
            ][..],
            &[format!("q.b environment-specific keep: {gone}")][..],
        ),
        (
            "with what waited there, so that the target's own commit is no renaming",
            &[
                ("p: {a: 1, b: 2, c: 3}", "p: {a: 1, b: 2, c: 3}"),
                ("", "p: {a: 1, c: 9}"),
                ("p: {a: 5, b: 2, c: 3}", ""),
                ("q: {a: 5, b: 2, c: 3}", ""),
                ("", "q: {a: 5, c: 9}"),
            ],
            &[
                format!("q.b environment-specific keep: {gone}"),
                "q.c environment-specific keep: production's own; staging has not changed it since 1970-01-01"
                    .to_owned(),
            ],
        ),
        (
            "an element",
            &[
                ("l: [{name: a, v: 1, w: 2}, {name: k}]", "l: [{name: a, v: 1, w: 2}, {name: k}]"),
                ("", "l: [{name: a, v: 1}, {name: k}]"),
                ("l: [{name: b, v: 1, w: 2}, {name: k}]", ""),
                ("", "l: [{name: b, v: 1}, {name: k}]"),
            ],
            &[format!("l[name=b].w environment-specific keep: {gone}")],
        ),
        (
            "a mapping in an element",
            &[
                ("l: [{name: a, m: {v: 1, w: 2}}]", "l: [{name: a, m: {v: 1, w: 2}}]"),
                ("", "l: [{name: a, m: {v: 1}}]"),
                ("l: [{name: a, n: {v: 1, w: 2}}]", ""),
                ("", "l: [{name: a, n: {v: 1}}]"),
            ],
            &[format!("l[name=a].n.w environment-specific keep: {gone}")],
        ),
        (
            "twice, and taken each time",
            &[
                ("p: {a: 1, b: 2}", "p: {a: 1, b: 2}"),
                ("", "p: {a: 1}"),
                ("q: {a: 1, b: 2}", ""),
                ("", "q: {a: 1}"),
                ("r: {a: 1, b: 2}", ""),
                ("", "r: {a: 1}"),
            ],
            &[format!("r.b environment-specific keep: {gone}")],
        ),
        (
            "twice, and taken at once",
            &[
                ("p: {a: 1, b: 2}", "p: {a: 1, b: 2}"),
                ("", "p: {a: 1}"),
                ("q: {a: 1, b: 2}", ""),
                ("r: {a: 1, b: 2}", ""),
                ("", "r: {a: 1}"),
            ],
            &[format!("r.b environment-specific keep: {gone}")],
        ),
        (
            "there and back",
            &[
                ("p: {a: 1, b: 2}", "p: {a: 1, b: 2}"),
                ("", "p: {a: 1}"),
                ("q: {a: 1, b: 2}", ""),
                ("", "q: {a: 1}"),
                ("p: {a: 1, b: 2}", ""),
                ("", "p: {a: 1}"),
            ],
            &[format!("p.b environment-specific keep: {gone}")],
        ),
        (
            "by hand in the target, before the source",
            &[
                ("p: {a: 1, b: 2}", "p: {a: 1, b: 2}"),
                ("", "p: {a: 1}"),
                ("", "q: {a: 1}"),
                ("q: {a: 1, b: 2}", ""),
            ],
            &[format!("q.b environment-specific keep: {gone}")],
        ),
        (
            "in one commit",
            &[
                ("p: {a: 1, b: 2}", "p: {a: 1, b: 2}"),
                ("", "p: {a: 1}"),
                ("q: {a: 1, b: 2}", "q: {a: 1}"),
            ],
            &[format!("q.b environment-specific keep: {gone}")],
        ),
        (
            "and a value that both changed since they were equal under the old name",
            &[
                ("p: {a: 1, b: 2}", "p: {a: 1, b: 2}"),
                ("", "p: {a: 1, b: 9}"),
                ("q: {a: 1, b: 2}", ""),
                ("", "q: {a: 1, b: 9}"),
                ("q: {a: 1, b: 3}", ""),
            ],
            &["q.b conflict stop: changed on both sides since 1970-01-01".to_owned()],
        ),
        (
            "and what came since is new",
            &[
                ("p: {a: 1}", "p: {a: 1}"),
                ("q: {a: 1}", ""),
                ("", "q: {a: 1}"),
                ("q: {a: 1, b: 2}", ""),
            ],
            &["q.b new ask: new in staging on 1970-01-04 by 0000000".to_owned()],
        ),
        (
            "by the source alone: what the target has under both names is its own",
            &[
                ("p: {a: 1, b: 2}", "p: {a: 1, b: 2}"),
                ("", "p: {a: 1}\nq: {a: 1}"),
                ("q: {a: 1, b: 2}", ""),
            ],
            &[
                "q.b environment-specific keep: production removed this key, which was `p.b` then".to_owned(),
                "p.a removed take: removed in staging on 1970-01-03".to_owned(),
            ],
        ),
    ] {
        let text = |text: &'static str| (!text.is_empty()).then_some(text);
        let steps: Vec<_> =
            (0..).zip(steps).map(|(day, (source, target))| (day, text(source), text(target))).collect();
        let lines = world(&steps, true, 40).plan("", &[], &Selection::default(), "");
        assert_eq!(told(&lines), expected, "{what}");
    }
}

/// The source renamed what the target had removed: it does not come back under another name.
#[test]
fn what_the_target_removed_stays_away_under_its_new_name() {
    let gone = |path: &str, name: &str| {
        format!("{path} environment-specific keep: production removed this key, which was `{name}` then")
    };
    for (what, steps, expected) in [
        (
            "a value",
            &[("a: 1\np: 7", "a: 1\np: 7"), ("", "a: 1"), ("a: 1\nq: 7", "")][..],
            &[gone("q", "p")][..],
        ),
        (
            "after the source renamed it",
            &[("a: 1\np: 7", "a: 1\np: 7"), ("a: 1\nq: 7", ""), ("", "a: 1")],
            &[gone("q", "p")],
        ),
        (
            "twice renamed, and changed",
            &[
                ("a: 1\np: 7", "a: 1\np: 7"),
                ("", "a: 1"),
                ("a: 1\nq: 7", ""),
                ("a: 1\nr: 7", ""),
                ("a: 1\nr: 8", ""),
            ],
            &[gone("r", "p")],
        ),
        (
            "a mapping that got more",
            &[
                ("a: 1\np: {x: 1, y: 2}", "a: 1\np: {x: 1, y: 2}"),
                ("", "a: 1\np: {y: 2}"),
                ("", "a: 1"),
                ("a: 1\nq: {x: 1, y: 2}", ""),
                ("a: 1\nq: {x: 1, y: 2, z: 3}", ""),
            ],
            &[gone("q.x", "p"), gone("q.y", "p"), gone("q.z", "p")],
        ),
        (
            "an element",
            &[
                ("l: [{name: a, v: 1}, {name: k}]", "l: [{name: a, v: 1}, {name: k}]"),
                ("", "l: [{name: k}]"),
                ("l: [{name: b, v: 1}, {name: k}]", ""),
            ],
            &[gone("l[name=b]", "l[name=a]")],
        ),
        (
            "elsewhere",
            &[
                ("a: 1\np: {size: 7, x: 1}", "a: 1\np: {size: 7, x: 1}"),
                ("", "a: 1\np: {x: 1}"),
                ("a: 1\np: {x: 1}\nq: {size: 7, y: 2}", ""),
            ],
            &[gone("q.size", "p.size"), "q.y new ask: new in staging on 1970-01-03 by 0000000".to_owned()],
        ),
        (
            "what it never had is new",
            &[("a: 1", "a: 1"), ("a: 1\np: 7", ""), ("a: 1\nq: 7", "")],
            &["q new ask: new in staging on 1970-01-03 by 0000000".to_owned()],
        ),
        (
            "what it renamed itself it did not remove",
            &[("a: 1\np: 7", "a: 1\np: 7"), ("", "a: 1\nr: 7"), ("a: 1\nq: 7", "")],
            &[
                "q new ask: new in staging on 1970-01-03 by 0000000".to_owned(),
                "r environment-specific keep: exists only in production".to_owned(),
            ],
        ),
    ] {
        let text = |text: &'static str| (!text.is_empty()).then_some(text);
        let steps: Vec<_> =
            (0..).zip(steps).map(|(day, (source, target))| (day, text(source), text(target))).collect();
        let lines = world(&steps, true, 40).plan("", &[], &Selection::default(), "");
        assert_eq!(told(&lines), expected, "{what}");
    }
}
