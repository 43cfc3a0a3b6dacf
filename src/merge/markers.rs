//! Conflict markers around what differs between two texts.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::{Markers, Versions};

/// Both sides in one: what they have alike once, and what differs between markers, each stretch by
/// itself.
pub(super) fn between(versions: &Versions<'_>, markers: &Markers<'_>) -> Vec<u8> {
    let sides = Sides::of(versions);
    sides.marked(&sides.differing(), markers)
}

/// The same with all that stands between the first difference and the last as one.
pub(super) fn around(versions: &Versions<'_>, markers: &Markers<'_>) -> Vec<u8> {
    let sides = Sides::of(versions);
    let differing = sides.differing();
    let all =
        differing.first().zip(differing.last()).map(|((our_first, their_first), (our_last, their_last))| {
            (our_first.start..our_last.end, their_first.start..their_last.end)
        });
    sides.marked(all.as_slice(), markers)
}

/// A stretch of our lines and one of theirs.
type Stretch = (Range<usize>, Range<usize>);

/// The lines of the three.
struct Sides<'a> {
    base: Vec<&'a [u8]>,
    ours: Vec<&'a [u8]>,
    theirs: Vec<&'a [u8]>,
}

impl<'a> Sides<'a> {
    fn of(versions: &Versions<'a>) -> Self {
        let [base, ours, theirs] = [versions.base, versions.ours, versions.theirs]
            .map(|text| text.split_inclusive(|byte| *byte == b'\n').collect());
        Self { base, ours, theirs }
    }

    fn differing(&self) -> Vec<Stretch> {
        let ops = capture_diff_slices(Algorithm::Myers, &self.ours, &self.theirs);
        let changed = ops.into_iter().filter(|op| !matches!(op, DiffOp::Equal { .. }));
        changed.map(|op| (op.old_range(), op.new_range())).collect()
    }

    /// The base's lines between those that stand before and behind this stretch of ours.
    fn in_base(&self, kept: &[DiffOp], stretch: &Range<usize>) -> Vec<u8> {
        let pairs = || kept.iter().flat_map(|op| op.old_range().zip(op.new_range()));
        let before = pairs().rfind(|(_, ours)| *ours < stretch.start).map_or(0, |(base, _)| base + 1);
        let behind = pairs().find(|(_, ours)| *ours >= stretch.end).map_or(self.base.len(), |(base, _)| base);
        self.base.get(before..behind).unwrap_or_default().concat()
    }

    /// Our lines with the sides between markers where they differ.
    fn marked(&self, stretches: &[Stretch], markers: &Markers<'_>) -> Vec<u8> {
        let Self { base, ours, theirs } = self;
        let crlf = ours.iter().chain(theirs).next().is_some_and(|line| line.ends_with(b"\r\n"));
        let ending: &[u8] = if crlf { b"\r\n" } else { b"\n" };
        let mut kept = capture_diff_slices(Algorithm::Myers, base, ours);
        kept.retain(|op| matches!(op, DiffOp::Equal { .. }));
        let [base_label, our_label, their_label] = markers.labels;
        let mut out = Vec::new();
        let mut at = 0;
        for (our_range, their_range) in stretches.iter().cloned() {
            out.extend(ours[at..our_range.start].concat());
            at = our_range.end;
            let base = markers.with_base.then(|| ('|', base_label, self.in_base(&kept, &our_range)));
            let parts = [Some(('<', our_label, ours[our_range].concat())), base];
            let rest = [('=', "", theirs[their_range].concat()), ('>', their_label, Vec::new())];
            for (sign, label, part) in parts.into_iter().flatten().chain(rest) {
                if !out.is_empty() && !out.ends_with(b"\n") {
                    out.extend_from_slice(ending);
                }
                out.extend(sign.to_string().repeat(markers.size).bytes());
                out.extend(if label.is_empty() { String::new() } else { format!(" {label}") }.bytes());
                out.extend_from_slice(ending);
                out.extend(part);
            }
        }
        out.extend(ours[at..].concat());
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_stand_around_what_differs() {
        let versions = |base: &'static str, ours: &'static str, theirs: &'static str| Versions {
            base: base.as_bytes(),
            ours: ours.as_bytes(),
            theirs: theirs.as_bytes(),
        };
        let markers = |size, with_base| Markers { size, labels: ["1a2b", "HEAD", "it"], with_base };
        for (ours, theirs, expected) in [
            ("a\nb\nc\n", "a\nx\nc\n", "a\n<<<<<<< HEAD\nb\n=======\nx\n>>>>>>> it\nc\n"),
            ("a\nb", "a\nx", "a\n<<<<<<< HEAD\nb\n=======\nx\n>>>>>>> it\n"),
            ("a\r\nb\r\n", "a\r\n", "a\r\n<<<<<<< HEAD\r\nb\r\n=======\r\n>>>>>>> it\r\n"),
            ("", "x\n", "<<<<<<< HEAD\n=======\nx\n>>>>>>> it\n"),
            (
                "a\nb\nc\n",
                "x\nb\nz\n",
                "<<<<<<< HEAD\na\n=======\nx\n>>>>>>> it\nb\n<<<<<<< HEAD\nc\n=======\nz\n>>>>>>> it\n",
            ),
        ] {
            let found = between(&versions("", ours, theirs), &markers(7, false));
            assert_eq!(String::from_utf8_lossy(&found), expected, "{ours:?} {theirs:?}");
        }
        for (base, ours, theirs, expected) in [
            ("a\nb\nc\n", "a\nx\nc\n", "a\ny\nc\n", "a\n<<< HEAD\nx\n||| 1a2b\nb\n===\ny\n>>> it\nc\n"),
            ("a\nb\nc\n", "a\nc\n", "a\ny\nc\n", "a\n<<< HEAD\n||| 1a2b\nb\n===\ny\n>>> it\nc\n"),
            ("b\n", "x\n", "y\n", "<<< HEAD\nx\n||| 1a2b\nb\n===\ny\n>>> it\n"),
            ("", "x\n", "y\n", "<<< HEAD\nx\n||| 1a2b\n===\ny\n>>> it\n"),
        ] {
            let found = between(&versions(base, ours, theirs), &markers(3, true));
            assert_eq!(String::from_utf8_lossy(&found), expected, "{base:?} {ours:?} {theirs:?}");
        }
        let whole = around(&versions("", "a\nb\nc\nd\n", "x\nb\nz\nd\n"), &markers(3, false));
        assert_eq!(whole, b"<<< HEAD\na\nb\nc\n===\nx\nb\nz\n>>> it\nd\n");
        assert_eq!(around(&versions("", "a\n", "a\n"), &markers(3, true)), b"a\n");
    }
}
