//! ThreeWay sequences side by side: which stretches one side changed, and which both did.

use std::collections::HashMap;
use std::fmt::Debug;
use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// A stretch of a three-way comparison, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Nobody changed these elements of ours, or only we did.
    Ours(Range<usize>),
    /// Only they changed it to these elements of theirs.
    Theirs(Range<usize>),
    /// Both changed it.
    Both { base: Range<usize>, ours: Range<usize>, theirs: Range<usize> },
}

/// One side's change: these elements of the base became those of the side.
#[derive(Clone, Debug)]
struct Hunk {
    base: Range<usize>,
    side: Range<usize>,
}

/// Compares ours and theirs with the base. Changes that only touch each other are not changes of
/// the same, except two insertions at one place.
pub(super) fn pieces<T: Debug>(base: &[T], ours: &[T], theirs: &[T]) -> Vec<Piece> {
    let mut seen = HashMap::new();
    let mut number = |list: &[T]| -> Vec<usize> {
        list.iter()
            .map(|element| {
                let next = seen.len();
                *seen.entry(format!("{element:?}")).or_insert(next)
            })
            .collect()
    };
    let (base, ours, theirs) = (number(base), number(ours), number(theirs));
    let (our_hunks, their_hunks) = (hunks(&base, &ours), hunks(&base, &theirs));
    let (mut mine, mut other) = (our_hunks.as_slice(), their_hunks.as_slice());
    let (mut our_end, mut their_end, mut base_end) = (0, 0, 0);
    let mut out = Vec::new();
    while let Some(mut group) = next(mine, other) {
        let (our_count, their_count) = collect(&mut group, mine, other);
        let (our_range, their_range) = (
            side(mine, our_count, base_end, our_end, &group),
            side(other, their_count, base_end, their_end, &group),
        );
        out.push(Piece::Ours(our_end..our_range.start));
        out.push(match (our_count, their_count) {
            (_, 0) => Piece::Ours(our_range.clone()),
            (0, _) => Piece::Theirs(their_range.clone()),
            _ => Piece::Both { base: group.clone(), ours: our_range.clone(), theirs: their_range.clone() },
        });
        (our_end, their_end, base_end) = (our_range.end, their_range.end, group.end);
        (mine, other) =
            (mine.get(our_count..).unwrap_or_default(), other.get(their_count..).unwrap_or_default());
    }
    out.push(Piece::Ours(our_end..ours.len()));
    out.retain(|piece| !matches!(piece, Piece::Ours(range) | Piece::Theirs(range) if range.is_empty()));
    out
}

fn hunks(base: &[usize], side: &[usize]) -> Vec<Hunk> {
    let mut out: Vec<Hunk> = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, base, side) {
        if matches!(op, DiffOp::Equal { .. }) {
            continue;
        }
        let (base, side) = (op.old_range(), op.new_range());
        match out.last_mut().filter(|last| last.base.end == base.start && last.side.end == side.start) {
            Some(last) => (last.base.end, last.side.end) = (base.end, side.end),
            None => out.push(Hunk { base, side }),
        }
    }
    out
}

/// The base's stretch of the change that comes next.
fn next(mine: &[Hunk], other: &[Hunk]) -> Option<Range<usize>> {
    let firsts = [mine.first(), other.first()].into_iter().flatten();
    firsts.map(|hunk| hunk.base.clone()).min_by_key(|base| (base.start, base.end))
}

/// Widens the group by all changes that meet it, and says how many of each side are in it.
fn collect(group: &mut Range<usize>, mine: &[Hunk], other: &[Hunk]) -> (usize, usize) {
    let mut counts = (0, 0);
    loop {
        if let Some(hunk) = mine.get(counts.0).filter(|hunk| meet(group, &hunk.base)) {
            *group = group.start.min(hunk.base.start)..group.end.max(hunk.base.end);
            counts.0 += 1;
        } else if let Some(hunk) = other.get(counts.1).filter(|hunk| meet(group, &hunk.base)) {
            *group = group.start.min(hunk.base.start)..group.end.max(hunk.base.end);
            counts.1 += 1;
        } else {
            return counts;
        }
    }
}

fn meet(a: &Range<usize>, b: &Range<usize>) -> bool {
    a == b || (a.start < b.end && b.start < a.end)
}

/// The elements of a side that stand for the group, from where the last group ended.
fn side(
    hunks: &[Hunk],
    count: usize,
    base_end: usize,
    side_end: usize,
    group: &Range<usize>,
) -> Range<usize> {
    let start = side_end + (group.start - base_end);
    let (mut removed, mut added) = (0, 0);
    for hunk in hunks.iter().take(count) {
        removed += hunk.base.len();
        added += hunk.side.len();
    }
    start..start + group.len() - removed + added
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(base: &str, ours: &str, theirs: &str) -> String {
        let split = |text: &str| text.chars().collect::<Vec<_>>();
        let (base, ours, theirs) = (split(base), split(ours), split(theirs));
        let text = |list: &[char], range: Range<usize>| list[range].iter().collect::<String>();
        let piece = |piece: Piece| match piece {
            Piece::Ours(range) => text(&ours, range),
            Piece::Theirs(range) => text(&theirs, range).to_uppercase(),
            Piece::Both { base: b, ours: o, theirs: t } => {
                format!("({}|{}|{})", text(&base, b), text(&ours, o), text(&theirs, t))
            }
        };
        pieces(&base, &ours, &theirs).into_iter().map(piece).collect::<Vec<_>>().concat()
    }

    #[test]
    fn changes_of_one_side_stand_and_changes_of_both_are_told() {
        for (base, ours, theirs, expected) in [
            ("abc", "abc", "abc", "abc"),
            ("abc", "xbc", "abz", "xbZ"),
            ("abc", "xabc", "abcz", "xabcZ"),
            ("abc", "abcx", "abcy", "abc(|x|y)"),
            ("abc", "axc", "ayc", "a(b|x|y)c"),
            ("abc", "ac", "abyc", "aYc"),
            ("abcd", "axcd", "abyd", "axYd"),
            ("abcd", "ad", "abyd", "a(bc||by)d"),
            ("", "x", "y", "(|x|y)"),
            ("abc", "", "abc", ""),
        ] {
            assert_eq!(shown(base, ours, theirs), expected, "{base} {ours} {theirs}");
        }
    }
}
