//! From byte offsets to lines and columns, and the excerpt around a stretch of text.

use std::ops::Range;

use crate::model::{Excerpt, Location, Position};

/// White space and line breaks; nothing else that Unicode calls so is any (YAML 1.2.2, sections 5.4 and 5.5).
pub(crate) const WHITE: [char; 4] = [' ', '\t', '\n', '\r'];

/// The byte offsets at which the lines of a text begin.
#[derive(Clone, Debug)]
pub struct Lines {
    starts: Vec<usize>,
    /// How many characters begin before each stride of bytes: a long line is not counted again for
    /// each place in it.
    counts: Vec<usize>,
}

/// Where the endings of lines end.
fn ends(text: &str) -> impl Iterator<Item = usize> {
    let bytes = text.as_bytes();
    let all = memchr::memchr2_iter(b'\n', b'\r', bytes).map(|at| at + 1);
    all.filter(|end| bytes[end - 1] == b'\n' || bytes.get(*end) != Some(&b'\n'))
}

/// So many bytes are counted for one position.
const STRIDE: usize = 1024;

impl Lines {
    /// Finds the lines of `text`, which end at LF, CR LF or a lone CR (YAML 1.2.2, section 5.4).
    /// A leading byte order mark belongs to no column.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let first = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let mut starts = Vec::with_capacity((bytes.len() / 16).min(1024) + 1);
        starts.push(first);
        starts.extend(ends(text));
        let mut count = 0;
        let counts = bytes.chunks(STRIDE).map(|stride| {
            count += characters(stride);
            count
        });
        Self { starts, counts: std::iter::once(0).chain(counts).collect() }
    }

    /// The lines of `text`, each with its ending.
    pub fn split(text: &str) -> impl Iterator<Item = &str> {
        let rest = text.len();
        let mut at = 0;
        ends(text)
            .chain([rest])
            .map(move |end| &text[std::mem::replace(&mut at, end)..end])
            .filter(|line| !line.is_empty())
    }

    /// The position of the byte at `offset`.
    #[must_use]
    pub fn position(&self, text: &str, offset: usize) -> Position {
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let start = self.starts[line - 1];
        let end = offset.max(start);
        let before = text.get(start..end).map_or(0, |_| self.before(text, end) - self.before(text, start));
        Position { line, column: before + 1 }
    }

    /// How many characters begin before the byte at `offset` of the text.
    fn before(&self, text: &str, offset: usize) -> usize {
        let stride = offset / STRIDE;
        let rest = text.as_bytes().get(stride * STRIDE..offset).unwrap_or_default();
        self.counts.get(stride).map_or(0, |count| count + characters(rest))
    }

    /// The location of the bytes in `span`.
    #[must_use]
    pub fn location(&self, text: &str, span: &Range<usize>) -> Location {
        Location { start: self.position(text, span.start), end: self.position(text, span.end) }
    }

    /// The line of the byte at `offset`, from 1.
    #[must_use]
    pub fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset).max(1)
    }

    /// The bytes of line `line` (from 1) without its line ending.
    #[must_use]
    pub fn bytes(&self, text: &str, line: usize) -> Range<usize> {
        let start = self.starts.get(line - 1).copied().unwrap_or(text.len());
        let end = self.starts.get(line).copied().unwrap_or(text.len());
        let body = text.get(start..end).unwrap_or_default();
        start..start + body.trim_end_matches(['\n', '\r']).len()
    }

    /// The first line of `span` with `span` highlighted and the bytes in `masks`, which are in order
    /// and do not overlap, blotted out.
    #[must_use]
    pub fn excerpt(&self, text: &str, span: &Range<usize>, masks: &[Range<usize>]) -> Excerpt {
        let first_line = self.line(span.start);
        let whole = self.bytes(text, first_line);
        let wanted = span.start.clamp(whole.start, whole.end)..span.end.clamp(whole.start, whole.end);
        let mut out = String::new();
        let mut highlight = 0..0;
        let mut masks = masks.iter().peekable();
        let mut masked_until = whole.start;
        for (i, c) in text.get(whole.clone()).unwrap_or_default().char_indices() {
            let at = whole.start + i;
            let before = out.len();
            while masks.next_if(|mask| mask.end <= at).is_some() {}
            if let Some(mask) = masks.peek().filter(|mask| mask.contains(&at)) {
                if at >= masked_until {
                    out.push_str("••••");
                    masked_until = mask.end;
                }
            } else {
                out.push(c);
            }
            if at == wanted.start {
                // Inside a blotted stretch the blot itself is meant.
                highlight.start = if before == out.len() { out.len() - "••••".len() } else { before };
            }
            if at < wanted.end {
                highlight.end = out.len();
            }
        }
        if wanted.start == whole.end {
            highlight.start = out.len();
        }
        highlight.end = highlight.end.max(highlight.start);
        Excerpt { first_line, text: out, highlight }
    }
}

/// How many characters begin in these bytes of a text.
fn characters(bytes: &[u8]) -> usize {
    let goes_on = |byte: &&u8| **byte & 0b1100_0000 == 0b1000_0000;
    bytes.len() - bytes.iter().filter(goes_on).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_skip_the_byte_order_mark() {
        let text = "\u{feff}ä: ö\r\nb: 1\rc";
        let lines = Lines::new(text);
        for (needle, line, column) in [("ä", 1, 1), ("ö", 1, 4), ("b", 2, 1), ("c", 3, 1)] {
            let offset = text.find(needle).expect(needle);
            assert_eq!(lines.position(text, offset), Position { line, column }, "{needle}");
        }
    }

    #[test]
    fn columns_of_long_lines_are_as_many_as_those_of_short_ones() {
        for piece in ["a", "ä", "€x", "\u{1f600}"] {
            for pieces in [1, 340, 341, 342, 511, 512, 513, 1023, 1024, 1025, 4096] {
                let text = format!("ä: 1\n{}", piece.repeat(pieces));
                let (start, lines) = (text.find('\n').map_or(0, |at| at + 1), Lines::new(&text));
                let offsets = text[start..].char_indices().map(|(at, _)| at + start).chain([text.len()]);
                for (column, offset) in offsets.enumerate() {
                    assert_eq!(lines.position(&text, offset), Position { line: 2, column: column + 1 });
                }
            }
        }
        let text = "ä".repeat(2);
        let lines = Lines::new(&text);
        for offset in [1, 3, 5, 5000] {
            assert_eq!(lines.position(&text, offset), Position { line: 1, column: 1 }, "{offset}");
        }
    }

    #[test]
    fn a_line_may_hold_many_masks() {
        let text = "a bc de f\nxx yy\n";
        let lines = Lines::new(text);
        for (span, masks, shown) in [
            (0..1, vec![2..4, 5..7], "a •••• •••• f"),
            (0..1, vec![2..4, 4..5, 5..7], "a •••••••••••• f"),
            (0..1, vec![8..12, 13..15], "a bc de ••••"),
            (10..12, vec![8..12, 13..15], "•••• ••••"),
            (10..12, vec![0..3, 13..15], "xx ••••"),
        ] {
            let excerpt = lines.excerpt(text, &span, &masks);
            assert_eq!(excerpt.text, shown, "{masks:?}");
        }
    }

    #[test]
    fn excerpts_mask_what_is_secret() {
        let text = "a: 1\npassword: hunter2 # x\n";
        let lines = Lines::new(text);
        let at = text.find("hunter2").expect("there");
        let span = at..at + 7;
        let excerpt = lines.excerpt(text, &span, std::slice::from_ref(&span));
        assert_eq!(excerpt.text, "password: •••• # x");
        assert_eq!(&excerpt.text[excerpt.highlight], "••••");
        let plain = lines.excerpt(text, &(5..13), &[span]);
        assert_eq!(&plain.text[plain.highlight], "password");
    }
}
