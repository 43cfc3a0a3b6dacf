//! The bytes of git's index: versions 2, 3 and 4 of gitformat-index.

use git2::Oid;
use sha1::{Digest, Sha1};

use super::{EXTENDED, Entry, Extension, GitIndex, Stat};

/// What the file begins with.
const SIGNATURE: &[u8; 4] = b"DIRC";

/// The bytes of a checksum and of an id.
const HASH: usize = 20;

/// The bits of the flags that hold the length of the path, as far as it fits.
const NAME: u16 = 0xfff;

/// The bytes of an entry before its path, without further flags.
const FIXED: usize = 62;

/// The version in which a path is told by how it differs from the one before.
const PREFIXED: u32 = 4;

/// Why bytes are no index that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    /// They are none, or are damaged.
    Damaged(&'static str),
    /// A newer version.
    Version(u32),
    /// Most entries are in another file.
    Split,
    /// Folders stand for what is in them.
    Sparse,
    /// Something without which the entries mean something else.
    Required,
}

impl Unfit {
    /// What is wrong, and what to do.
    pub(super) fn told(self) -> (String, &'static str) {
        let git = "`git status` tells whether git can read it";
        match self {
            Self::Damaged(what) => (what.to_owned(), git),
            Self::Version(version) => {
                let help = "`git update-index --index-version 2` writes it in a version that terrace reads";
                (format!("it has version {version}"), help)
            }
            Self::Split => (
                "most of its entries are in another file".to_owned(),
                "it is a split index; `git update-index --no-split-index` makes it whole",
            ),
            Self::Sparse => (
                "it holds folders instead of their files".to_owned(),
                "it is a sparse index; `git sparse-checkout reapply --no-sparse-index` makes it whole",
            ),
            Self::Required => ("it has a part that terrace does not know".to_owned(), git),
        }
    }
}

/// Reads an index.
pub(super) fn decode(bytes: &[u8]) -> Result<GitIndex, Unfit> {
    let cut = Unfit::Damaged("it is cut off");
    let end = bytes.len().checked_sub(HASH).ok_or(cut)?;
    let (content, checksum) = bytes.split_at(end);
    let mut left = Bytes(content);
    if left.array().ok_or(cut)? != *SIGNATURE {
        return Err(Unfit::Damaged("it does not begin as an index"));
    }
    let version = left.number().ok_or(cut)?;
    if !(2..=PREFIXED).contains(&version) {
        return Err(Unfit::Version(version));
    }
    // With `index.skipHash` git writes no checksum.
    if checksum != [0; HASH] && checksum != Sha1::digest(content).as_slice() {
        return Err(Unfit::Damaged("its checksum is another one"));
    }
    let count = usize::try_from(left.number().ok_or(cut)?).unwrap_or(usize::MAX);
    let mut entries: Vec<Entry> = Vec::with_capacity(count.min(content.len() / FIXED));
    let mut is_in_order = true;
    for _ in 0..count {
        let before = entries.last();
        let entry = entry(&mut left, version, before.map_or(&[], |entry| &entry.path)).ok_or(cut)?;
        is_in_order &= before.map_or((&[] as &[u8], 0), Entry::place) < entry.place();
        entries.push(entry);
    }
    let mut extensions = Vec::new();
    while !left.0.is_empty() {
        let name: [u8; 4] = left.array().ok_or(cut)?;
        let length = usize::try_from(left.number().ok_or(cut)?).unwrap_or(usize::MAX);
        let content = left.take(length).ok_or(cut)?.to_vec();
        match &name {
            b"link" => return Err(Unfit::Split),
            b"sdir" => return Err(Unfit::Sparse),
            // What begins with a capital letter may be passed over.
            [first, ..] if first.is_ascii_uppercase() => extensions.push(Extension { name, content }),
            _ => return Err(Unfit::Required),
        }
    }
    // In a split index, entries that stand for those of the other file have no path.
    if !is_in_order {
        return Err(Unfit::Damaged("its entries are not in order"));
    }
    Ok(GitIndex { version, entries, extensions })
}

fn entry(left: &mut Bytes<'_>, version: u32, before: &[u8]) -> Option<Entry> {
    let from = left.0.len();
    let changed = [left.number()?, left.number()?];
    let modified = [left.number()?, left.number()?];
    let [device, inode, mode] = [left.number()?, left.number()?, left.number()?];
    let [user, group, size] = [left.number()?, left.number()?, left.number()?];
    let id = Oid::from_bytes(left.take(HASH)?).ok()?;
    let flags = left.short()?;
    let flags_extended = if flags & EXTENDED == 0 { 0 } else { left.short()? };
    let path = if version == PREFIXED {
        let kept = before.get(..before.len().checked_sub(left.distance()?)?)?;
        [kept, left.text()?].concat()
    } else {
        let path = left.text()?.to_vec();
        // One to eight zeros make the length a multiple of eight; one of them ended the path.
        let length = from - left.0.len() - 1;
        left.take(padding(length) - 1)?;
        path
    };
    let stat = Stat { changed, modified, device, inode, user, group, size };
    let flags = flags & !NAME;
    Some(Entry { path, id, mode, stat, flags, flags_extended })
}

/// The zeros behind an entry of so many bytes.
fn padding(length: usize) -> usize {
    8 - length % 8
}

/// Writes an index.
pub(super) fn encode(index: &GitIndex) -> Vec<u8> {
    let mut out = Vec::with_capacity(index.entries.len() * 128);
    out.extend(SIGNATURE);
    let number = |out: &mut Vec<u8>, number: u32| out.extend(number.to_be_bytes());
    let length = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    number(&mut out, index.version);
    number(&mut out, length(index.entries.len()));
    let mut before: &[u8] = &[];
    for entry in &index.entries {
        put(&mut out, entry, (index.version == PREFIXED).then_some(before));
        before = &entry.path;
    }
    for Extension { name, content } in &index.extensions {
        out.extend(name);
        number(&mut out, length(content.len()));
        out.extend(content);
    }
    sealed(out)
}

/// The bytes with their checksum.
pub(super) fn sealed(mut content: Vec<u8>) -> Vec<u8> {
    let checksum = Sha1::digest(&content);
    content.extend(checksum);
    content
}

fn put(out: &mut Vec<u8>, entry: &Entry, before: Option<&[u8]>) {
    let from = out.len();
    let Stat { changed, modified, device, inode, user, group, size } = entry.stat;
    let [changed, modified] = [changed, modified].map(|[seconds, nanoseconds]| (seconds, nanoseconds));
    for number in [changed.0, changed.1, modified.0, modified.1, device, inode, entry.mode, user, group, size]
    {
        out.extend(number.to_be_bytes());
    }
    out.extend(entry.id.as_bytes());
    let name = u16::try_from(entry.path.len()).unwrap_or(NAME).min(NAME);
    let flags = entry.flags | name;
    out.extend(flags.to_be_bytes());
    if flags & EXTENDED != 0 {
        out.extend(entry.flags_extended.to_be_bytes());
    }
    match before {
        Some(before) => {
            let same = before.iter().zip(&entry.path).take_while(|(old, new)| old == new).count();
            put_distance(out, before.len() - same);
            out.extend(entry.path.iter().skip(same));
            out.push(0);
        }
        None => {
            out.extend(&entry.path);
            let length = out.len() - from;
            out.extend(std::iter::repeat_n(0, padding(length)));
        }
    }
}

/// Writes a number as packs do the distance of a delta's base: seven bits a byte, the highest first, and
/// one less for each byte that follows.
fn put_distance(out: &mut Vec<u8>, distance: usize) {
    let low = |value: usize| u8::try_from(value & 0x7f).unwrap_or_default();
    let mut digits = vec![low(distance)];
    let mut left = distance >> 7;
    while left > 0 {
        left -= 1;
        digits.push(0x80 | low(left));
        left >>= 7;
    }
    out.extend(digits.iter().rev());
}

/// What is left to read.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, left) = self.0.split_at_checked(count)?;
        self.0 = left;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn number(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    fn short(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    /// What stands before the next zero, which is taken too.
    fn text(&mut self) -> Option<&'a [u8]> {
        let text = self.take(memchr::memchr(0, self.0)?)?;
        self.take(1).map(|_| text)
    }

    /// What [`put_distance`] wrote.
    fn distance(&mut self) -> Option<usize> {
        let mut value = 0_usize;
        loop {
            let [byte] = self.array()?;
            value = value.checked_add(usize::from(byte & 0x7f))?;
            if byte & 0x80 == 0 {
                return Some(value);
            }
            value = value.checked_add(1)?.checked_mul(0x80)?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_read_as_they_were_written() {
        for distance in (0..70_000).chain([1 << 20, (1 << 21) - 1, 1 << 30]) {
            let mut bytes = Vec::new();
            put_distance(&mut bytes, distance);
            let mut left = Bytes(&bytes);
            assert_eq!((left.distance(), left.0.len()), (Some(distance), 0));
        }
        assert_eq!(Bytes(&[0xff; 40]).distance(), None);
    }
}
