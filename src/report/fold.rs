//! Lines of a terminal that are no wider than it is: what is too wide goes on below, deeper.

use std::io::{self, Write};

use unicode_width::UnicodeWidthChar;

/// How much deeper than its beginning a line goes on.
const HANG: usize = 4;

/// How a line ends with which a command goes on.
const GOES_ON: &str = " \\\n";

/// Writes whole lines to `inner`, none of them wider than `columns` but those of a command that goes over
/// several lines; escapes take no room.
#[derive(Debug)]
pub struct Fold<W: Write> {
    inner: W,
    columns: usize,
    line: Vec<u8>,
    /// Whether the line before goes on with this one, to a shell.
    goes_on: bool,
}

impl<W: Write> Fold<W> {
    /// What is written goes to `inner`, in lines of at most so many columns.
    pub fn new(inner: W, columns: usize) -> Self {
        Self { inner, columns, line: Vec::new(), goes_on: false }
    }
}

impl<W: Write> Write for Fold<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(line);
            if line.ends_with(b"\n") {
                let line = std::mem::take(&mut self.line);
                let line = String::from_utf8_lossy(&line);
                let goes_on = line.ends_with(GOES_ON);
                // A command is copied: a break of ours would make two words of one.
                let is_command = std::mem::replace(&mut self.goes_on, goes_on) || goes_on;
                let columns = if is_command { usize::MAX } else { self.columns };
                self.inner.write_all(folded(&line, columns).as_bytes())?;
            }
        }
        Ok(bytes.len())
    }

    /// What is no whole line yet is a question: it goes out as it is.
    fn flush(&mut self) -> io::Result<()> {
        self.inner.write_all(&std::mem::take(&mut self.line))?;
        self.inner.flush()
    }
}

impl<W: Write> Drop for Fold<W> {
    /// What is left is no line; that it cannot be written shows with the next line that is.
    fn drop(&mut self) {
        let _ = self.flush();
    }
}

/// A line broken at blanks, and inside a word only where the word alone is too wide.
fn folded(line: &str, columns: usize) -> String {
    let pieces = pieces(line);
    if columns == 0 || pieces.iter().map(|piece| piece.width).sum::<usize>() <= columns {
        return line.to_owned();
    }
    let indent = pieces.iter().take_while(|piece| piece.text == " ").count();
    let hang = (indent + HANG).min(columns / 3);
    let (mut out, mut used, mut start) = (String::new(), 0, 0);
    while start < pieces.len() {
        let room = columns - used;
        let mut wide = 0;
        let fits = pieces[start..].iter().take_while(|piece| {
            wide += piece.width;
            wide <= room
        });
        let end = start + fits.count();
        let blank = pieces[start..end].iter().rposition(|piece| piece.text == " ").map(|at| start + at);
        let (end, next) = match blank.filter(|at| end < pieces.len() && *at > start.max(indent)) {
            Some(at) => (at, at + 1),
            None => {
                let end = if end < pieces.len() { broken_at(&pieces, start, end) } else { end };
                (end.max(start + 1), end.max(start + 1))
            }
        };
        out.extend(pieces[start..end].iter().map(|piece| piece.text));
        start = next;
        if start < pieces.len() {
            let end = out.trim_end_matches(' ').len();
            out.truncate(end);
            out.push('\n');
            out.push_str(&" ".repeat(hang));
            used = hang;
        }
    }
    out
}

/// Where a word that is too wide is broken: behind a slash where that is not far, else where the line ends.
fn broken_at(pieces: &[Piece<'_>], start: usize, end: usize) -> usize {
    let slash = pieces[start..end].iter().rposition(|piece| piece.text == "/").map(|at| start + at + 1);
    slash.filter(|at| *at > start + (end - start) / 3).unwrap_or(end)
}

/// A character or an escape.
struct Piece<'t> {
    text: &'t str,
    width: usize,
}

fn pieces(line: &str) -> Vec<Piece<'_>> {
    let (mut pieces, mut rest) = (Vec::new(), line);
    while let Some(first) = rest.chars().next() {
        let escape =
            rest.strip_prefix("\u{1b}[").and_then(|after| after.find(|c: char| c.is_ascii_alphabetic()));
        let (length, width) = match escape {
            Some(end) => (2 + end + 1, 0),
            None => (first.len_utf8(), first.width().unwrap_or(0)),
        };
        let (text, after) = rest.split_at(length);
        pieces.push(Piece { text, width });
        rest = after;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(text: &str, columns: usize) -> String {
        let mut fold = Fold::new(Vec::new(), columns);
        fold.write_all(text.as_bytes()).expect("memory");
        fold.flush().expect("memory");
        String::from_utf8(std::mem::take(&mut fold.inner)).expect("text")
    }

    #[test]
    fn a_line_goes_on_below() {
        for (text, columns, expected) in [
            ("short\nand more\n", 10, "short\nand more\n"),
            ("  note: some words here\n", 16, "  note: some\n     words here\n"),
            ("abcdefghijkl\n", 6, "abcdef\n  ghij\n  kl\n"),
            ("key platform/billing/invoices\n", 16, "key\n    platform/\n    billing/\n    invoices\n"),
            ("\u{1b}[31mred and more\u{1b}[0m\n", 8, "\u{1b}[31mred and\n  more\u{1b}[0m\n"),
            ("Which?  ", 4, "Which?  "),
            (
                "next: a \\\n    abcdefghijkl \\\n    --to b\nabcdef gh\n",
                8,
                "next: a \\\n    abcdefghijkl \\\n    --to b\nabcdef\n  gh\n",
            ),
        ] {
            assert_eq!(through(text, columns), expected);
        }
    }

    proptest::proptest! {
        #[test]
        fn words_stay_and_lines_fit(words in proptest::collection::vec("[a-zü設]{1,30}", 1..20), columns in 6_usize..60) {
            let text = words.join(" ") + "\n";
            let out = through(&text, columns);
            for line in out.lines() {
                proptest::prop_assert!(crate::report::sanitize::width(line) <= columns, "{:?}", line);
            }
            let squeezed = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            proptest::prop_assert_eq!(squeezed(&out), squeezed(&text));
        }
    }
}
