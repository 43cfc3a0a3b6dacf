//! Line endings between the repository and the work tree, as git converts them.
//!
//! Pure bytes in, bytes out. Which conversion a path gets is told by its attributes.

use std::borrow::Cow;

/// What happens to a path's line endings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineEndings {
    /// Nothing.
    Kept,
    /// The file is text: LF in the repository.
    Text {
        /// CRLF in the work tree.
        crlf: bool,
    },
    /// It is text if it looks like it.
    Auto {
        /// CRLF in the work tree.
        crlf: bool,
    },
}

impl LineEndings {
    /// The bytes that the repository gets. `old` is the blob that is replaced: a file that has CRLF
    /// in the repository already keeps it where git only guesses that it is text.
    pub(super) fn to_blob<'a>(self, file: &'a [u8], old: Option<&[u8]>) -> Cow<'a, [u8]> {
        let ending = Endings::of(file);
        let guessed = match self {
            Self::Kept => return Cow::Borrowed(file),
            Self::Text { .. } => false,
            Self::Auto { .. } => true,
        };
        let crlf_in_blob = |old: &[u8]| {
            let old = Endings::of(old);
            old.crlf > 0 && !old.looks_binary()
        };
        if ending.crlf == 0 || (guessed && (ending.looks_binary() || old.is_some_and(crlf_in_blob))) {
            return Cow::Borrowed(file);
        }
        let followed_by_lf = |at: usize| file.get(at + 1) == Some(&b'\n');
        let kept = file.iter().enumerate().filter(|(at, byte)| **byte != b'\r' || !followed_by_lf(*at));
        Cow::Owned(kept.map(|(_, byte)| *byte).collect())
    }

    /// The bytes that the work tree gets.
    pub(super) fn to_file(self, blob: &[u8]) -> Cow<'_, [u8]> {
        let ending = Endings::of(blob);
        let convert = match self {
            Self::Kept | Self::Text { crlf: false } | Self::Auto { crlf: false } => false,
            Self::Text { crlf: true } => true,
            Self::Auto { crlf: true } => ending.crlf == 0 && ending.lone_cr == 0 && !ending.looks_binary(),
        };
        if !convert || ending.lone_lf == 0 {
            return Cow::Borrowed(blob);
        }
        let mut file = Vec::with_capacity(blob.len() + ending.lone_lf);
        let mut previous = 0;
        for byte in blob {
            if *byte == b'\n' && previous != b'\r' {
                file.push(b'\r');
            }
            file.push(*byte);
            previous = *byte;
        }
        Cow::Owned(file)
    }
}

/// What git counts to tell text from binary.
#[derive(Default)]
struct Endings {
    crlf: usize,
    lone_cr: usize,
    lone_lf: usize,
    nul: bool,
    printable: usize,
    other: usize,
}

impl Endings {
    fn of(bytes: &[u8]) -> Self {
        let mut it = Self::default();
        let mut rest = bytes.iter().copied().peekable();
        while let Some(byte) = rest.next() {
            match byte {
                b'\r' if rest.next_if_eq(&b'\n').is_some() => it.crlf += 1,
                b'\r' => it.lone_cr += 1,
                b'\n' => it.lone_lf += 1,
                0x08 | b'\t' | 0x0c | 0x1b => it.printable += 1,
                0 => it.nul = true,
                0x01..0x20 | 0x7f => it.other += 1,
                _ => it.printable += 1,
            }
        }
        // An old end-of-file mark of DOS says nothing about the rest.
        if bytes.last() == Some(&0x1a) {
            it.other -= 1;
        }
        it
    }

    fn looks_binary(&self) -> bool {
        self.lone_cr > 0 || self.nul || self.printable / 128 < self.other
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use LineEndings::{Auto, Kept, Text};

    #[test]
    fn files_become_blobs() {
        let crlf_blob: Option<&[u8]> = Some(b"x\r\n");
        let lf_blob: Option<&[u8]> = Some(b"x\n");
        for (how, file, old, blob) in [
            (Kept, "a\r\nb\r\n", None, "a\r\nb\r\n"),
            (Text { crlf: true }, "a\r\nb\n", None, "a\nb\n"),
            (Text { crlf: false }, "a\r\nb\n", crlf_blob, "a\nb\n"),
            (Text { crlf: true }, "a\rb\r\r\n\r", None, "a\rb\r\n\r"),
            (Auto { crlf: true }, "a\r\nb\r\n", lf_blob, "a\nb\n"),
            (Auto { crlf: true }, "a\r\nb\r\n", crlf_blob, "a\r\nb\r\n"),
            (Auto { crlf: true }, "a\r\nb\rc", None, "a\r\nb\rc"),
            (Auto { crlf: false }, "a\0\r\n", None, "a\0\r\n"),
            (Auto { crlf: false }, "a\r\n\x1a", None, "a\n\x1a"),
        ] {
            let found = how.to_blob(file.as_bytes(), old);
            assert_eq!(String::from_utf8_lossy(&found), blob, "{how:?} {file:?}");
        }
    }

    #[test]
    fn blobs_become_files() {
        for (how, blob, file) in [
            (Kept, "a\nb\n", "a\nb\n"),
            (Text { crlf: false }, "a\nb\n", "a\nb\n"),
            (Text { crlf: true }, "a\nb\r\nc", "a\r\nb\r\nc"),
            (Text { crlf: true }, "\n\n", "\r\n\r\n"),
            (Auto { crlf: true }, "a\nb\n", "a\r\nb\r\n"),
            (Auto { crlf: true }, "a\nb\r\n", "a\nb\r\n"),
            (Auto { crlf: true }, "a\n\0", "a\n\0"),
        ] {
            assert_eq!(String::from_utf8_lossy(&how.to_file(blob.as_bytes())), file, "{how:?} {blob:?}");
        }
    }
}
