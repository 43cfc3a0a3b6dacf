//! The bytes of a history index.
//!
//! Numbers are base-128 varints, ids 20 raw bytes, a text that came before its number. A reader
//! believes nothing: every length is checked against what is there.

use std::collections::HashMap;

use git2::Oid;

use super::{Before, Step};
use crate::engine::history::{CommitChanges, Earlier, FileChange, Move, Moved, Origin};
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
        self.commit(&step.commit)
    }

    fn commit(&mut self, commit: &CommitChanges) -> Option<()> {
        let info = &commit.info;
        self.id(info.id.as_str())?;
        self.number(zigzag(info.time));
        self.number(zigzag(info.offset.into()));
        self.text(&info.author);
        self.plain(&info.subject);
        self.number(u64::try_from(commit.changes.len()).ok()?);
        for change in &commit.changes {
            self.change(change)?;
        }
        let Moved { files, past } = &commit.moved;
        let parts = [commit.brought.len(), files.len(), past.len()];
        self.number((0..).zip(parts).map(|(bit, part)| u64::from(part > 0) << bit).sum());
        for part in parts.into_iter().filter(|part| *part > 0) {
            self.number(u64::try_from(part).ok()?);
        }
        for brought in &commit.brought {
            self.commit(brought)?;
        }
        for moved in files {
            self.text(&moved.to);
            self.number(u64::from(moved.origin.is_some()));
            if let Some(origin) = &moved.origin {
                self.text(&origin.path);
                self.id(origin.blob.as_str())?;
            }
        }
        for earlier in past {
            self.id(earlier.below.as_str())?;
            self.number(earlier.steps.into());
            self.commit(&earlier.commit)?;
        }
        Some(())
    }

    fn change(&mut self, change: &FileChange) -> Option<()> {
        self.text(&change.path);
        let has_others = !change.others.is_empty();
        let sides = [change.before.is_some(), change.after.is_some(), has_others];
        self.number((0..).zip(sides).map(|(bit, side)| u64::from(side) << bit).sum());
        for id in [&change.before, &change.after].into_iter().flatten() {
            self.id(id.as_str())?;
        }
        if has_others {
            self.number(u64::try_from(change.others.len()).ok()?);
        }
        for other in &change.others {
            self.number(u64::from(other.is_some()));
            if let Some(id) = other {
                self.id(id.as_str())?;
            }
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
        Some(Step { commit: self.commit(true)?, before })
    }

    /// A commit; only one of the first-parent chain says what it brought and what was before.
    fn commit(&mut self, is_of_chain: bool) -> Option<CommitChanges> {
        let id = CommitId::new(self.id()?);
        let time = unzigzag(self.number()?);
        let offset = i32::try_from(unzigzag(self.number()?)).ok()?;
        let author = self.text()?.to_owned();
        let subject = self.plain()?.to_owned();
        let mut commit = CommitChanges::new(CommitInfo { id, author, time, offset, subject }, Vec::new());
        let count = self.count()?;
        commit.changes = self.many(count, Self::change)?;
        let parts = self.number().filter(|parts| *parts < if is_of_chain { 8 } else { 4 })?;
        if !is_of_chain && parts & 1 != 0 {
            return None;
        }
        let mut count = |bit: u64| if parts & bit == 0 { Some(0) } else { self.count().filter(|n| *n > 0) };
        let (brought, files, past) = (count(1)?, count(2)?, count(4)?);
        commit.brought = self.many(brought, |bytes| bytes.commit(false))?;
        commit.moved.files = self.many(files, Self::moved)?;
        commit.moved.past = self.many(past, Self::earlier)?;
        Some(commit)
    }

    fn moved(&mut self) -> Option<Move> {
        let to = self.text()?.to_owned();
        let origin = match self.number()? {
            0 => None,
            1 => Some(Origin { path: self.text()?.to_owned(), blob: BlobId::new(self.id()?) }),
            _ => return None,
        };
        Some(Move { to, origin })
    }

    fn earlier(&mut self) -> Option<Earlier> {
        let below = CommitId::new(self.id()?);
        let steps = u32::try_from(self.number()?).ok()?;
        Some(Earlier { below, steps, commit: self.commit(false)? })
    }

    fn change(&mut self) -> Option<FileChange> {
        let path = self.text()?.to_owned();
        let sides = self.number().filter(|sides| *sides < 8)?;
        let before = self.side(sides & 1)?;
        let after = self.side(sides & 2)?;
        let count = if sides & 4 == 0 { 0 } else { self.count().filter(|count| *count > 0)? };
        let others = self.many(count, |bytes| {
            let is_there = bytes.number().filter(|is_there| *is_there < 2)?;
            bytes.side(is_there)
        })?;
        Some(FileChange { others, ..FileChange::new(path, before, after) })
    }

    /// The content of one side; 0 says that there is none.
    fn side(&mut self, is_there: u64) -> Option<Option<BlobId>> {
        match is_there {
            0 => Some(None),
            _ => self.id().map(|id| Some(BlobId::new(id))),
        }
    }

    fn count(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok()
    }

    /// So many of a kind. Each takes a byte or more: a count that lies must not reserve memory.
    fn many<T>(&mut self, count: usize, mut one: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let mut all = Vec::with_capacity(count.min(self.rest.len()));
        for _ in 0..count {
            all.push(one(self)?);
        }
        Some(all)
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
