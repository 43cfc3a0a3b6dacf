//! Conflict markers around all that differs between two texts.

/// Both texts in one, with what they begin and end with alike written once.
pub(super) fn around(ours: &[u8], theirs: &[u8], size: usize) -> Vec<u8> {
    let (ours, theirs) = (lines(ours), lines(theirs));
    let same = |(a, b): &(&&[u8], &&[u8])| a == b;
    let head = ours.iter().zip(&theirs).take_while(same).count();
    let (our_rest, their_rest) = (&ours[head..], &theirs[head..]);
    let tail = our_rest.iter().rev().zip(their_rest.iter().rev()).take_while(same).count();
    let (our_part, end) = our_rest.split_at(our_rest.len() - tail);
    let their_part = &their_rest[..their_rest.len() - tail];
    let crlf = ours.iter().chain(&theirs).next().is_some_and(|line| line.ends_with(b"\r\n"));
    let ending: &[u8] = if crlf { b"\r\n" } else { b"\n" };

    let mut out = ours[..head].concat();
    for (sign, name, part) in [('<', " ours", our_part), ('=', "", their_part), ('>', " theirs", &[])] {
        if !out.is_empty() && !out.ends_with(b"\n") {
            out.extend_from_slice(ending);
        }
        out.extend(sign.to_string().repeat(size).bytes().chain(name.bytes()));
        out.extend_from_slice(ending);
        out.extend(part.concat());
    }
    out.extend(end.concat());
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
        ] {
            let found = around(ours.as_bytes(), theirs.as_bytes(), 7);
            assert_eq!(String::from_utf8_lossy(&found), expected, "{ours:?} {theirs:?}");
        }
    }
}
