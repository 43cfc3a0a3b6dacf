//! What holds for every history: random ones of a small item with mappings, a list of named
//! elements and comments, promoted whole and in parts.

use proptest::prelude::*;

use super::tests::{World, world};
use super::{Selection, leaves, operations};
use crate::diff::lists::NoListRules;
use crate::model::policy::NewKeys;
use crate::model::{Segment, ValuePath};
use crate::yaml::edit::apply;
use crate::yaml::{Document, Limits};

/// The places of the item, by mapping or element; `l` is a list of named elements.
const PLACES: [(&str, &[&str]); 5] = [
    ("", &["a", "b", "c"]),
    ("m:", &["x", "y"]),
    ("n:\n  p:", &["q", "r"]),
    ("u", &["v", "w"]),
    ("t", &["v"]),
];
const LEAVES: usize = 10;

/// The values of one side, leaf by leaf.
type Side = [Option<u8>; LEAVES];

/// One commit: days since the last one, which sides it writes (1 source, 2 target, 3 both with the
/// same, 4 both with different values), and the leaves it changes.
type Event = (u8, u8, Vec<(usize, Option<u8>)>);

fn render(side: &Side, name: &str) -> String {
    let mut values = side.iter();
    let mut out = format!("# {name}\nalways: here\n");
    let mut elements = String::new();
    for (head, keys) in PLACES {
        let entries: Vec<(&str, u8)> =
            keys.iter().filter_map(|key| Some((*key, (*values.next()?)?))).collect();
        let indent = match head {
            "" => "",
            "m:" => "  ",
            _ => "    ",
        };
        let lines: String = entries
            .iter()
            .map(|(key, value)| format!("{indent}{key}: v{value}  # {name} {head:.1}{key}\n"))
            .collect();
        match head {
            "u" | "t" if !lines.is_empty() => elements += &format!("  - name: {head}\n{lines}"),
            _ if lines.is_empty() => {}
            "" => out += &lines,
            head => out += &format!("{head}\n{lines}"),
        }
    }
    if elements.is_empty() { out } else { format!("{out}l:\n{elements}") }
}

fn event() -> impl Strategy<Value = Event> {
    let change = (0..LEAVES, prop::option::weighted(0.8, 0_u8..4));
    (0_u8..60, 1_u8..5, prop::collection::vec(change, 1..5))
}

/// A world that these events made, its last day, and what source and target look like there.
fn happened(start: &[Option<u8>], events: &[Event], more: &[&str]) -> (World, i64, String, String) {
    let mut sides: [Side; 2] = [[None; LEAVES]; 2];
    for (i, value) in start.iter().enumerate() {
        sides.iter_mut().for_each(|side| side[i] = *value);
    }
    let mut day = 0;
    let text = |sides: &[Side; 2]| (render(&sides[0], "source"), render(&sides[1], "target"));
    let mut told = vec![(0, text(&sides))];
    for (days, who, changes) in events {
        day += i64::from(*days);
        for (leaf, value) in changes {
            if who & 1 == 1 || *who == 4 {
                sides[0][*leaf] = *value;
            }
            if who & 2 == 2 || *who == 4 {
                sides[1][*leaf] = if *who == 4 { value.map(|value| value + 4) } else { *value };
            }
        }
        told.push((day, text(&sides)));
    }
    let (source, mut target) = told.last().expect("a state").1.clone();
    for text in more {
        target = (*text).to_owned();
        told.push((day, (source.clone(), target.clone())));
    }
    let steps: Vec<_> = told
        .iter()
        .map(|(day, (source, target))| (*day, Some(source.as_str()), Some(target.as_str())))
        .collect();
    (world(&steps, true, day), day, source, target)
}

fn parse(text: &str) -> Document {
    Document::parse(text.as_bytes(), &Limits::default()).expect("YAML")
}

/// What the target becomes, and the leaves that are written for it.
fn promoted(world: &World, selection: &Selection, source: &str, target: &str) -> (String, Vec<ValuePath>) {
    let (source, target) = (parse(source), parse(target));
    let lines = world.plan("", &[], selection, "");
    let edits = operations(&lines, &source, &target);
    let text = apply(&target, &edits, &Limits::default()).expect("an edit that can be made");
    let taken = |path: &ValuePath| lines.iter().any(|line| line.is_taken() && line.path.covers(path));
    let paths = leaves(&source, &target, &NoListRules).into_iter().map(|leaf| leaf.path);
    (text, paths.filter(taken).collect())
}

fn everything() -> Selection {
    Selection { new_keys: NewKeys::Take, skip_undecided: true, ..Selection::default() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_taken_equals_the_source_and_nothing_else_moves(
        start in prop::collection::vec(prop::option::weighted(0.7, 0_u8..3), LEAVES),
        events in prop::collection::vec(event(), 1..8),
    ) {
        let (world, _, source, target) = happened(&start, &events, &[]);
        let (text, taken) = promoted(&world, &everything(), &source, &target);
        let (from, before, after) = (parse(&source), parse(&target), parse(&text));
        for path in &taken {
            prop_assert_eq!(after.at(path), from.at(path), "{}\n{}", path, text);
        }
        let moved: Vec<ValuePath> = leaves(&before, &after, &NoListRules).into_iter().map(|leaf| leaf.path).collect();
        prop_assert!(moved.iter().all(|path| taken.contains(path)), "{:?} moved, taken were {:?}", moved, taken);
        // Every line of the target stays, in its order, but for those of taken leaves and the
        // heads of what is gone.
        let lines_of_taken: Vec<usize> = taken
            .iter()
            .filter_map(|path| Some(before.location(&before.locate(path)?.value).start.line))
            .collect();
        let mut rest = text.lines();
        for (number, line) in target.lines().enumerate() {
            let is_head = line.ends_with(':') || line.starts_with("  - ");
            if !is_head && !lines_of_taken.contains(&(number + 1)) {
                prop_assert!(rest.any(|other| other == line), "{:?} is gone from\n{}", line, text);
            }
        }

        // Promoting again does nothing, and nothing that was selected waits any more.
        let (again, _, source, target) = happened(&start, &events, &[&text]);
        let (unmoved, taken) = promoted(&again, &everything(), &source, &target);
        prop_assert_eq!(taken, Vec::<ValuePath>::new());
        prop_assert_eq!(unmoved, text);
    }

    #[test]
    fn in_two_parts_it_is_the_same_as_whole(
        start in prop::collection::vec(prop::option::weighted(0.7, 0_u8..3), LEAVES),
        events in prop::collection::vec(event(), 1..8),
        first in prop::collection::vec(any::<bool>(), LEAVES * 2),
    ) {
        let (world, _, source, target) = happened(&start, &events, &[]);
        let (whole, taken) = promoted(&world, &everything(), &source, &target);
        // An element that one side lacks comes or goes with all that is taken of it.
        let (from, into) = (parse(&source), parse(&target));
        let element = |path: &ValuePath| {
            let mut above = (1..=path.segments.len()).map(|steps| path.prefix(steps));
            let found = above.find(|path| matches!(path.last(), Some(Segment::Identity { .. })));
            found.filter(|path| [&from, &into].iter().any(|side| side.at(path).is_none()))
        };
        let named: Vec<ValuePath> =
            taken.iter().zip(&first).filter(|(_, first)| **first).filter_map(|(path, _)| element(path)).collect();
        let first = taken.iter().zip(first).map(|(path, first)| {
            first || element(path).is_some_and(|element| named.contains(&element))
        });
        let first: Vec<bool> = first.collect();
        let (mine, later): (Vec<_>, Vec<_>) =
            taken.iter().cloned().zip(first).partition(|(_, first)| *first);
        let paths = |part: Vec<(ValuePath, bool)>| part.into_iter().map(|(path, _)| path).collect::<Vec<_>>();
        let (mine, later) = (paths(mine), paths(later));
        // What is named goes alone; else a removal waits for what took its place.
        let part = Selection { take_source: mine.clone(), except: later.clone(), ..everything() };
        let (half, did) = promoted(&world, &part, &source, &target);
        prop_assert_eq!(did, mine);
        let (world, _, source, target) = happened(&start, &events, &[&half]);
        // Agreed is agreed: the rest of a plan is named, path by path.
        let rest = Selection { take_source: later, ..everything() };
        let (both, _) = promoted(&world, &rest, &source, &target);
        prop_assert!(leaves(&parse(&both), &parse(&whole), &NoListRules).is_empty(), "{both}\n---\n{whole}");
    }
}
