//! Conflict markers around what differs between two texts, and the texts that markers divide.

use std::ops::Range;

use similar::{Algorithm, DiffTag, capture_diff_slices};

/// Both texts in one: what they have alike once, and what differs between markers, each stretch by
/// itself.
pub(super) fn between(ours: &[u8], theirs: &[u8], size: usize) -> Vec<u8> {
    let (ours, theirs) = (lines(ours), lines(theirs));
    let ops = capture_diff_slices(Algorithm::Myers, &ours, &theirs);
    let changed = ops.into_iter().filter(|op| op.tag() != DiffTag::Equal);
    marked(&ours, &theirs, changed.map(|op| (op.old_range(), op.new_range())), size)
}

/// The same with all that stands between the first difference and the last as one.
pub(super) fn around(ours: &[u8], theirs: &[u8], size: usize) -> Vec<u8> {
    let (ours, theirs) = (lines(ours), lines(theirs));
    let ops = capture_diff_slices(Algorithm::Myers, &ours, &theirs);
    let mut changed = ops.into_iter().filter(|op| op.tag() != DiffTag::Equal);
    let all = changed.next().map(|first| {
        let last = changed.next_back().unwrap_or(first);
        (first.old_range().start..last.old_range().end, first.new_range().start..last.new_range().end)
    });
    marked(&ours, &theirs, all.into_iter(), size)
}

/// Our lines with both sides between markers where they differ.
fn marked(
    ours: &[&[u8]],
    theirs: &[&[u8]],
    changed: impl Iterator<Item = (Range<usize>, Range<usize>)>,
    size: usize,
) -> Vec<u8> {
    let crlf = ours.iter().chain(theirs).next().is_some_and(|line| line.ends_with(b"\r\n"));
    let ending: &[u8] = if crlf { b"\r\n" } else { b"\n" };
    let mut out = Vec::new();
    let mut at = 0;
    for (our_range, their_range) in changed {
        out.extend(ours[at..our_range.start].concat());
        at = our_range.end;
        let (our_part, their_part) = (ours[our_range].concat(), theirs[their_range].concat());
        for (sign, name, part) in
            [('<', " ours", our_part), ('=', "", their_part), ('>', " theirs", Vec::new())]
        {
            if !out.is_empty() && !out.ends_with(b"\n") {
                out.extend_from_slice(ending);
            }
            out.extend(sign.to_string().repeat(size).bytes().chain(name.bytes()));
            out.extend_from_slice(ending);
            out.extend(part);
        }
    }
    out.extend(ours[at..].concat());
    out
}

/// Our and their text of one that has markers, the base's between them left out.
pub(super) fn sides(text: &[u8], size: usize) -> [Vec<u8>; 2] {
    let is_marker = |line: &[u8], sign: u8| {
        let rest = line.get(size..).filter(|_| line.iter().take(size).all(|byte| *byte == sign));
        rest.is_some_and(|rest| rest.first().is_none_or(|next| b" \r\n".contains(next)))
    };
    let mut out = [Vec::new(), Vec::new()];
    let mut part = None;
    for line in lines(text) {
        let found = [b'<', b'|', b'=', b'>'].into_iter().find(|sign| is_marker(line, *sign));
        match (found, part) {
            (Some(b'<'), None) => part = Some(b'<'),
            (Some(b'>'), Some(_)) => part = None,
            (Some(sign), Some(_)) => part = Some(sign),
            (_, None) => out.iter_mut().for_each(|side| side.extend_from_slice(line)),
            (None, Some(b'<')) => out[0].extend_from_slice(line),
            (None, Some(b'=')) => out[1].extend_from_slice(line),
            (None, Some(_)) => {}
        }
    }
    out
}

fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|byte| *byte == b'\n').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_stand_around_what_differs() {
        for (ours, theirs, expected) in [
            ("a\nb\nc\n", "a\nx\nc\n", "a\n<<<<<<< ours\nb\n=======\nx\n>>>>>>> theirs\nc\n"),
            ("a\nb", "a\nx", "a\n<<<<<<< ours\nb\n=======\nx\n>>>>>>> theirs\n"),
            ("a\r\nb\r\n", "a\r\n", "a\r\n<<<<<<< ours\r\nb\r\n=======\r\n>>>>>>> theirs\r\n"),
            ("", "x\n", "<<<<<<< ours\n=======\nx\n>>>>>>> theirs\n"),
            (
                "a\nb\nc\n",
                "x\nb\nz\n",
                "<<<<<<< ours\na\n=======\nx\n>>>>>>> theirs\nb\n<<<<<<< ours\nc\n=======\nz\n>>>>>>> theirs\n",
            ),
        ] {
            let found = between(ours.as_bytes(), theirs.as_bytes(), 7);
            assert_eq!(String::from_utf8_lossy(&found), expected, "{ours:?} {theirs:?}");
            if ours.ends_with('\n') && theirs.ends_with('\n') {
                assert_eq!(sides(&found, 7), [ours, theirs].map(|side| side.as_bytes().to_vec()));
            }
        }
        let whole = around(b"a\nb\nc\nd\n", b"x\nb\nz\nd\n", 3);
        assert_eq!(whole, b"<<< ours\na\nb\nc\n===\nx\nb\nz\n>>> theirs\nd\n");
        assert_eq!(around(b"a\n", b"a\n", 3), b"a\n");
        let diff3 = "a\n<<<<<<< ours\nb\n||||||| base\nc\n=======\n=======x\n>>>>>>> theirs\n";
        assert_eq!(sides(diff3.as_bytes(), 7), [b"a\nb\n".to_vec(), b"a\n=======x\n".to_vec()]);
    }
}
