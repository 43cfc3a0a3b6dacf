//! The bytes of a history index.
//!
//! Numbers are base-128 varints, ids 20 raw bytes, a text that came before its number. A reader
//! believes nothing: every length is checked against what is there.

use std::collections::HashMap;

use git2::Oid;

use super::{Before, Step};
use crate::engine::history::{CommitChanges, FileChange};
use crate::model::{BlobId, CommitId, CommitInfo};

/// Writes steps; each may only point at one written before.
#[derive(Default)]
pub(super) struct Encoder {
    bytes: Vec<u8>,
    texts: HashMap<String, u64>,
}

impl Encoder {
    pub(super) fn finish(self) -> Vec<u8> {
        self.bytes
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Appends a step at `position`; `None` when an id is not one of SHA-1.
    pub(super) fn step(&mut self, step: &Step, position: usize, before: Before) -> Option<()> {
        self.number(match before {
            Before::Beginning => 0,
            Before::Boundary => 1,
            Before::Unknown => 2,
            Before::Step(before) => 3 + u64::try_from(position.checked_sub(before)?).ok()?,
        });
        let info = &step.commit.info;
        self.id(info.id.as_str())?;
        self.number(zigzag(info.time));
        self.number(zigzag(info.offset.into()));
        self.text(&info.author);
        self.plain(&info.subject);
        self.number(u64::try_from(step.commit.changes.len()).ok()?);
        for change in &step.commit.changes {
            self.change(change)?;
        }
        Some(())
    }

    fn change(&mut self, change: &FileChange) -> Option<()> {
        self.text(&change.path);
        self.number(u64::from(change.before.is_some()) | u64::from(change.after.is_some()) << 1);
        for id in [&change.before, &change.after].into_iter().flatten() {
            self.id(id.as_str())?;
        }
        Some(())
    }

    pub(super) fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push((number & 0x7f) as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }

    fn id(&mut self, hex: &str) -> Option<()> {
        let id = Oid::from_str(hex).ok().filter(|_| hex.len() == 40)?;
        self.bytes.extend_from_slice(id.as_bytes());
        Some(())
    }

    /// A text that is likely to come again: 0 and the text, later its number from 1.
    fn text(&mut self, text: &str) {
        if let Some(number) = self.texts.get(text) {
            return self.number(*number);
        }
        self.texts.insert(text.to_owned(), self.texts.len() as u64 + 1);
        self.number(0);
        self.plain(text);
    }

    pub(super) fn plain(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.bytes.extend_from_slice(text.as_bytes());
    }
}

/// Reads steps.
pub(super) struct Decoder<'b> {
    rest: &'b [u8],
    texts: Vec<&'b str>,
}

impl<'b> Decoder<'b> {
    pub(super) const fn new(bytes: &'b [u8]) -> Self {
        Self { rest: bytes, texts: Vec::new() }
    }

    /// All steps up to the end of the bytes; `None` when they are not steps.
    pub(super) fn steps(mut self) -> Option<Vec<Step>> {
        let mut steps = Vec::new();
        while !self.rest.is_empty() {
            let step = self.step(steps.len())?;
            steps.push(step);
        }
        Some(steps)
    }

    fn step(&mut self, position: usize) -> Option<Step> {
        let before = match self.number()? {
            0 => Before::Beginning,
            1 => Before::Boundary,
            2 => Before::Unknown,
            back => Before::Step(position.checked_sub(usize::try_from(back - 3).ok()?)?),
        };
        let id = CommitId::new(self.id()?);
        let time = unzigzag(self.number()?);
        let offset = i32::try_from(unzigzag(self.number()?)).ok()?;
        let author = self.text()?.to_owned();
        let subject = self.plain()?.to_owned();
        let info = CommitInfo { id, author, time, offset, subject };
        let count = usize::try_from(self.number()?).ok()?;
        // Every change takes more than one byte: a count that lies must not reserve memory.
        let mut changes = Vec::with_capacity(count.min(self.rest.len()));
        for _ in 0..count {
            changes.push(self.change()?);
        }
        Some(Step { commit: CommitChanges::new(info, changes), before })
    }

    fn change(&mut self) -> Option<FileChange> {
        let path = self.text()?.to_owned();
        let sides = self.number().filter(|sides| *sides < 4)?;
        let mut side = |bit: u64| match sides & bit {
            0 => Some(None),
            _ => self.id().map(|id| Some(BlobId::new(id))),
        };
        Some(FileChange::new(path, side(1)?, side(2)?))
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            number |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn take(&mut self, length: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    fn id(&mut self) -> Option<String> {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut hex = String::with_capacity(40);
        for byte in self.take(20)? {
            for digit in [byte >> 4, byte & 15] {
                hex.push(char::from(*DIGITS.get(usize::from(digit))?));
            }
        }
        Some(hex)
    }

    fn text(&mut self) -> Option<&'b str> {
        match usize::try_from(self.number()?).ok()? {
            0 => {
                let text = self.plain()?;
                self.texts.push(text);
                Some(text)
            }
            number => self.texts.get(number - 1).copied(),
        }
    }

    pub(super) fn plain(&mut self) -> Option<&'b str> {
        let length = usize::try_from(self.number()?).ok()?;
        std::str::from_utf8(self.take(length)?).ok()
    }
}

/// Small numbers of either sign as small numbers.
const fn zigzag(number: i64) -> u64 {
    (number.cast_unsigned() << 1) ^ (number >> 63).cast_unsigned()
}

const fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -((number & 1).cast_signed())
}

/// A checksum in which every changed word changes the result. It guards against accidents, not
/// against people: who can write to the git folder needs no forged index.
pub(super) fn checksum(bytes: &[u8]) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut sum = bytes.len() as u64;
    let (words, rest) = bytes.as_chunks::<8>();
    let mut last = [0; 8];
    for (to, from) in last.iter_mut().zip(rest) {
        *to = *from;
    }
    for word in words.iter().chain([&last]) {
        sum = (sum ^ u64::from_le_bytes(*word)).wrapping_mul(ODD).rotate_left(29);
    }
    sum
}
