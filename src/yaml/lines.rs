//! From byte offsets to lines and columns, and the excerpt around a stretch of text.

use std::ops::Range;

use crate::model::{Excerpt, Location, Position};

/// The byte offsets at which the lines of a text begin.
#[derive(Clone, Debug)]
pub struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    /// Finds the lines of `text`, which end at LF, CR LF or a lone CR (YAML 1.2.2, section 5.4).
    /// A leading byte order mark belongs to no column.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let first = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let mut starts = vec![first];
        for (i, byte) in bytes.iter().enumerate() {
            if *byte == b'\n' || (*byte == b'\r' && bytes.get(i + 1) != Some(&b'\n')) {
                starts.push(i + 1);
            }
        }
        Self { starts }
    }

    /// The position of the byte at `offset`.
    #[must_use]
    pub fn position(&self, text: &str, offset: usize) -> Position {
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let start = self.starts[line - 1];
        let before = text.get(start..offset.max(start)).unwrap_or_default();
        Position { line, column: before.chars().count() + 1 }
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

    /// The first line of `span` with `span` highlighted and the bytes in `masks` blotted out.
    #[must_use]
    pub fn excerpt(&self, text: &str, span: &Range<usize>, masks: &[Range<usize>]) -> Excerpt {
        let first_line = self.line(span.start);
        let whole = self.bytes(text, first_line);
        let wanted = span.start.clamp(whole.start, whole.end)..span.end.clamp(whole.start, whole.end);
        let mut out = String::new();
        let mut highlight = 0..0;
        let mut masked_until = whole.start;
        for (i, c) in text.get(whole.clone()).unwrap_or_default().char_indices() {
            let at = whole.start + i;
            let before = out.len();
            if let Some(mask) = masks.iter().find(|mask| mask.contains(&at)) {
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
