//! How a history index lies in its file: a head, where each commit stands and what lies before it,
//! the paths that commits changed, sorted, and the commits themselves. Each part has a checksum of its
//! own, so that one path's commits can be read without the others.

use std::collections::BTreeSet;
use std::io::{Read, Seek, SeekFrom};
use std::iter;

use rayon::prelude::*;

use super::bytes::{self, Id, checksum};
use super::{Index, IndexEntry, Parent};
use crate::engine::history::CommitChanges;

/// What the file begins with; its number changes with the meaning of the rest.
const MAGIC: &[u8] = b"terrace history 4\n";

/// The numbers of the head: its checksum, what tells prefix and boundary, the numbers of commits and
/// of their bytes, and the checksum of the directory.
const HEAD: usize = 5 * 8;

/// The parts of the table of paths, by the first byte of a path's checksum.
const BUCKETS: usize = 256;

/// A part of the table as the head tells it: its number of lines and its checksum.
const BUCKET: usize = 4 + 8;

/// A line of the table: a path's checksum and the position of a commit.
const LINE: usize = 8 + 4;

/// A commit as the directory tells it: id, what lies before it, the length of its bytes, and their
/// checksum.
const ENTRY: usize = 20 + 4 + 4 + 8;

const BEGINNING: u32 = u32::MAX;
const BOUNDARY: u32 = u32::MAX - 1;
const UNKNOWN: u32 = u32::MAX - 2;

/// The bytes of a file; `None` when they would be more than `limit`, or something cannot be written.
pub(super) fn encode(
    steps: &mut dyn Iterator<Item = (&IndexEntry, Parent)>,
    prefix: &str,
    boundary: u64,
    limit: usize,
) -> Option<Vec<u8>> {
    let (mut directory, mut bodies) = (Vec::new(), Vec::new());
    let mut lines: Vec<(u64, u32)> = Vec::new();
    for (position, (step, before)) in (0_u32..).zip(steps) {
        let body = bytes::encode(&step.commit)?;
        directory.extend(bytes::raw(step.commit.info.id.as_str())?);
        directory.extend(number_of(before)?.to_le_bytes());
        directory.extend(u32::try_from(body.len()).ok()?.to_le_bytes());
        directory.extend(checksum(&body).to_le_bytes());
        lines.extend(paths(&step.commit).into_iter().map(|path| (line_of(path), position)));
        bodies.extend(body);
        if bodies.len() > limit {
            return None;
        }
    }
    let bytes = whole(&directory, lines, &bodies, belongs_to(prefix, boundary));
    (bytes.len() <= limit).then_some(bytes)
}

/// The file of these parts, with its head.
fn whole(directory: &[u8], lines: Vec<(u64, u32)>, bodies: &[u8], belongs: u64) -> Vec<u8> {
    let (buckets, table) = table_of(lines);
    let count = directory.len() / ENTRY;
    let numbers = [belongs, count as u64, bodies.len() as u64, checksum(directory)];
    let rest: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).chain(buckets).collect();
    let head = checksum(&rest).to_le_bytes();
    [MAGIC, &head, &rest, directory, &table, bodies].concat()
}

/// The table of paths, and what the head says of its parts.
fn table_of(mut lines: Vec<(u64, u32)>) -> (Vec<u8>, Vec<u8>) {
    lines.sort_unstable();
    let (mut buckets, mut table) = (Vec::with_capacity(BUCKETS * BUCKET), Vec::new());
    let mut rest = lines.as_slice();
    for bucket in 0..BUCKETS {
        let (these, others) = rest.split_at(rest.partition_point(|(path, _)| bucket_of(*path) <= bucket));
        let start = table.len();
        for (path, position) in these {
            table.extend(path.to_le_bytes());
            table.extend(position.to_le_bytes());
        }
        buckets.extend(u32::try_from(these.len()).unwrap_or(u32::MAX).to_le_bytes());
        buckets.extend(checksum(table.get(start..).unwrap_or_default()).to_le_bytes());
        rest = others;
    }
    (buckets, table)
}

/// The index that the bytes of a file are; `None` when they are none under this prefix and boundary.
pub(super) fn decode(bytes: &[u8], prefix: &str, boundary: u64) -> Option<Index> {
    let mut reader = std::io::Cursor::new(bytes);
    let lookup = Lookup::open(&mut reader, prefix, boundary)?;
    if lookup.length() != bytes.len() as u64 {
        return None;
    }
    let positions: Vec<usize> = (0..lookup.entries.len()).collect();
    let body = |position: usize| {
        let entry = lookup.entries.get(position)?;
        let start = usize::try_from(entry.start).ok()?;
        bytes.get(start..start + entry.length)
    };
    let read = |position: usize| {
        let entry = lookup.entries.get(position)?;
        let commit = bytes::decode(entry.sound(body(position)?)?)?;
        Some(IndexEntry { commit, before: entry.before })
    };
    let steps = positions.into_par_iter().map(read).collect::<Option<Vec<_>>>()?;
    let lines = (0_u32..).zip(&steps).flat_map(|(position, step)| {
        paths(&step.commit).into_iter().map(move |path| (line_of(path), position))
    });
    let (buckets, table) = table_of(lines.collect());
    let at = MAGIC.len() + HEAD;
    let told = bytes.get(at..at + buckets.len())?;
    let table_at = at + buckets.len() + lookup.entries.len() * ENTRY;
    (told == buckets && bytes.get(table_at..table_at + table.len())? == table).then(|| Index::new(steps))?
}

/// The paths by which a commit is found, each once.
fn paths(commit: &CommitChanges) -> BTreeSet<&str> {
    let own = commit.changes.iter().map(|change| change.path.as_str());
    own.chain(commit.moved.files.iter().map(|moved| moved.to.as_str())).collect()
}

fn line_of(path: &str) -> u64 {
    checksum(path.as_bytes())
}

fn bucket_of(line: u64) -> usize {
    usize::from(line.to_be_bytes()[0])
}

fn belongs_to(prefix: &str, boundary: u64) -> u64 {
    checksum(prefix.as_bytes()) ^ boundary.rotate_left(7)
}

fn number_of(before: Parent) -> Option<u32> {
    match before {
        Parent::Beginning => Some(BEGINNING),
        Parent::Boundary => Some(BOUNDARY),
        Parent::Unknown => Some(UNKNOWN),
        Parent::Entry(position) => u32::try_from(position).ok().filter(|position| *position < UNKNOWN),
    }
}

/// A commit as the directory tells it.
struct Entry {
    id: Id,
    before: Parent,
    start: u64,
    length: usize,
    sum: u64,
}

impl Entry {
    fn sound<'b>(&self, body: &'b [u8]) -> Option<&'b [u8]> {
        (checksum(body) == self.sum).then_some(body)
    }
}

/// A part of the table of paths in the file.
struct Bucket {
    start: u64,
    lines: usize,
    sum: u64,
}

/// A file of which only what is asked for is read. Whatever is not as it was written makes an answer
/// `None`.
pub(in crate::store) struct Lookup<R> {
    file: R,
    entries: Vec<Entry>,
    buckets: Vec<Bucket>,
}

impl<R: Read + Seek> Lookup<R> {
    pub(super) fn open(mut file: R, prefix: &str, boundary: u64) -> Option<Self> {
        let head = take(&mut file, MAGIC.len() + HEAD + BUCKETS * BUCKET)?;
        let (sum, rest) = head.strip_prefix(MAGIC)?.split_first_chunk::<8>()?;
        if checksum(rest) != u64::from_le_bytes(*sum) {
            return None;
        }
        let (numbers, buckets) = rest.split_at_checked(HEAD - 8)?;
        let mut numbers = numbers.as_chunks::<8>().0.iter().map(|bytes| u64::from_le_bytes(*bytes));
        let [belongs, count, bodies, sum] = iter::repeat_with(|| numbers.next().unwrap_or_default())
            .take(4)
            .collect::<Vec<_>>()
            .try_into()
            .ok()?;
        if belongs != belongs_to(prefix, boundary) {
            return None;
        }
        let count = usize::try_from(count).ok()?;
        let directory = take(&mut file, count.checked_mul(ENTRY)?)?;
        if checksum(&directory) != sum {
            return None;
        }
        let mut start = (MAGIC.len() + HEAD + BUCKETS * BUCKET + directory.len()) as u64;
        let mut parts = Vec::with_capacity(BUCKETS);
        for bucket in buckets.as_chunks::<BUCKET>().0 {
            let (lines, sum) = bucket.split_first_chunk::<4>()?;
            let lines = usize::try_from(u32::from_le_bytes(*lines)).ok()?;
            parts.push(Bucket { start, lines, sum: u64::from_le_bytes(sum.try_into().ok()?) });
            start = start.checked_add((lines * LINE) as u64)?;
        }
        let mut entries = Vec::with_capacity(count);
        for (position, entry) in directory.as_chunks::<ENTRY>().0.iter().enumerate() {
            let (id, rest) = entry.split_first_chunk::<20>()?;
            let (before, rest) = rest.split_first_chunk::<4>()?;
            let (length, sum) = rest.split_first_chunk::<4>()?;
            let before = match u32::from_le_bytes(*before) {
                BEGINNING => Parent::Beginning,
                BOUNDARY => Parent::Boundary,
                UNKNOWN => Parent::Unknown,
                before => Parent::Entry(usize::try_from(before).ok().filter(|it| *it < position)?),
            };
            let length = u32::from_le_bytes(*length);
            let sum = u64::from_le_bytes(sum.try_into().ok()?);
            entries.push(Entry { id: *id, before, start, length: usize::try_from(length).ok()?, sum });
            start = start.checked_add(u64::from(length))?;
        }
        let lookup = Self { file, entries, buckets: parts };
        let told = lookup.entries.iter().map(|entry| entry.length as u64).sum::<u64>();
        (told == bodies).then_some(lookup)
    }

    /// Where the file ends.
    fn length(&self) -> u64 {
        match (self.entries.last(), self.buckets.last()) {
            (Some(last), _) => last.start + last.length as u64,
            (None, Some(last)) => last.start + (last.lines * LINE) as u64,
            (None, None) => 0,
        }
    }

    /// Where a commit stands.
    pub(in crate::store) fn position(&self, id: &[u8]) -> Option<usize> {
        self.entries.iter().position(|entry| entry.id == id)
    }

    /// Which commits lie on the way from one back, itself included, and what lies before them.
    pub(in crate::store) fn chain(&self, from: usize) -> (Vec<bool>, Parent) {
        let mut chain = vec![false; self.entries.len()];
        let mut end = Parent::Entry(from);
        while let Parent::Entry(position) = end {
            let (Some(entry), Some(is_in)) = (self.entries.get(position), chain.get_mut(position)) else {
                break;
            };
            *is_in = true;
            end = entry.before;
        }
        (chain, end)
    }

    /// The commits that changed a file, oldest first.
    pub(in crate::store) fn commits_of(&mut self, path: &str) -> Option<Vec<usize>> {
        let line = line_of(path);
        let bucket = self.buckets.get(bucket_of(line))?;
        let (start, sum) = (bucket.start, bucket.sum);
        let part = self.read(start, bucket.lines.checked_mul(LINE)?)?;
        if checksum(&part) != sum {
            return None;
        }
        let lines = part.as_chunks::<LINE>().0;
        let first =
            lines.partition_point(|it| it.first_chunk().is_some_and(|it| u64::from_le_bytes(*it) < line));
        let of_path = lines.iter().skip(first).map_while(|it| {
            let (path, position) = it.split_first_chunk::<8>()?;
            let position = u32::from_le_bytes(position.try_into().ok()?);
            (u64::from_le_bytes(*path) == line).then_some(position)
        });
        of_path.map(|position| usize::try_from(position).ok()).collect()
    }

    /// A commit, without the files that appeared in it, or went, and are not `wanted`.
    pub(in crate::store) fn commit(
        &mut self,
        position: usize,
        wanted: &dyn Fn(&str) -> bool,
    ) -> Option<CommitChanges> {
        let Entry { start, length, .. } = *self.entries.get(position)?;
        let body = self.read(start, length)?;
        bytes::decode_part(self.entries.get(position)?.sound(&body)?, wanted)
    }

    fn read(&mut self, start: u64, length: usize) -> Option<Vec<u8>> {
        self.file.seek(SeekFrom::Start(start)).ok()?;
        take(&mut self.file, length)
    }
}

/// For the fuzz targets: whether an index comes back the same when it is written again; `None` when it is
/// refused. Its first byte says how many commits there are, and the checksums are made right.
pub(super) fn survives(body: &[u8]) -> Option<bool> {
    let (count, mut rest) = body.split_first()?;
    let (mut directory, mut bodies, mut lines) = (Vec::new(), Vec::new(), Vec::new());
    for position in 0..u32::from(*count) {
        // The commit's id, what lies before it, and how long its bytes are.
        let place = rest.split_off(..24)?;
        let length = usize::from(*rest.split_off_first()?);
        let body = rest.split_off(..length)?;
        if let Some(commit) = bytes::decode(body) {
            lines.extend(paths(&commit).into_iter().map(|path| (line_of(path), position)));
        }
        directory.extend_from_slice(place);
        directory.extend(u32::try_from(length).ok()?.to_le_bytes());
        directory.extend(checksum(body).to_le_bytes());
        bodies.extend_from_slice(body);
    }
    bodies.extend_from_slice(rest);
    let file = whole(&directory, lines, &bodies, belongs_to("", 0));
    let index = decode(&file, "", 0)?;
    let written = encode(&mut index.steps.iter().map(|step| (step, step.before)), "", 0, usize::MAX)?;
    Some(decode(&written, "", 0).is_some_and(|again| again.steps == index.steps))
}

/// So many bytes of a file.
fn take(file: &mut impl Read, length: usize) -> Option<Vec<u8>> {
    // A length that is a lie sets little aside.
    let mut bytes = Vec::with_capacity(length.min(1 << 20));
    file.take(length as u64).read_to_end(&mut bytes).ok()?;
    (bytes.len() == length).then_some(bytes)
}
