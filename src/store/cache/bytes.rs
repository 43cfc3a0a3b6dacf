//! The bytes of one commit of a history index: postcard, in which an id is 20 raw bytes and a text
//! that comes again stands once, in a table.

use git2::Oid;
use indexmap::IndexSet;
use serde::{Deserialize, Serialize};

use crate::engine::history::{CommitChanges, Earlier, FileChange, Move, Moved, Origin};
use crate::model::{BlobId, CommitId, CommitInfo};

pub(super) type Id = [u8; 20];

/// A commit of the first-parent chain; only such a one says what it brought and what was before.
/// Authors and paths are places in `texts`.
#[derive(Serialize, Deserialize)]
struct StoredEntry<'b> {
    #[serde(borrow)]
    texts: Vec<&'b str>,
    commit: StoredCommit<'b>,
    brought: Vec<StoredCommit<'b>>,
    past: Vec<StoredEarlier<'b>>,
}

#[derive(Serialize, Deserialize)]
struct StoredCommit<'b> {
    id: Id,
    time: i64,
    offset: i32,
    author: usize,
    subject: &'b str,
    changes: Vec<StoredChange>,
    moves: Vec<StoredMove>,
}

#[derive(Serialize, Deserialize)]
struct StoredChange {
    path: usize,
    before: Option<Id>,
    after: Option<Id>,
    others: Vec<Option<Id>>,
}

#[derive(Serialize, Deserialize)]
struct StoredMove {
    to: usize,
    origin: Option<(usize, Id)>,
}

#[derive(Serialize, Deserialize)]
struct StoredEarlier<'b> {
    below: Id,
    steps: u32,
    #[serde(borrow)]
    commit: StoredCommit<'b>,
}

/// A commit's bytes; `None` when an id is not one of SHA-1.
pub(super) fn encode(commit: &CommitChanges) -> Option<Vec<u8>> {
    let mut texts = Texts::default();
    let brought = commit.brought.iter().map(|commit| texts.commit(commit)).collect::<Option<_>>()?;
    let past = commit.moved.past.iter().map(|earlier| texts.earlier(earlier)).collect::<Option<_>>()?;
    let commit = texts.commit(commit)?;
    let texts = texts.0.into_iter().collect();
    postcard::to_stdvec(&StoredEntry { texts, commit, brought, past }).ok()
}

/// The table of texts while a commit is written.
#[derive(Default)]
struct Texts<'s>(IndexSet<&'s str>);

impl<'s> Texts<'s> {
    fn place(&mut self, text: &'s str) -> usize {
        self.0.insert_full(text).0
    }

    fn commit(&mut self, commit: &'s CommitChanges) -> Option<StoredCommit<'s>> {
        let info = &commit.info;
        Some(StoredCommit {
            id: raw(info.id.as_str())?,
            time: info.time,
            offset: info.offset,
            author: self.place(&info.author),
            subject: &info.subject,
            changes: commit.changes.iter().map(|change| self.change(change)).collect::<Option<_>>()?,
            moves: commit.moved.files.iter().map(|moved| self.moved(moved)).collect::<Option<_>>()?,
        })
    }

    fn change(&mut self, change: &'s FileChange) -> Option<StoredChange> {
        Some(StoredChange {
            path: self.place(&change.path),
            before: raw_side(&change.before)?,
            after: raw_side(&change.after)?,
            others: change.others.iter().map(raw_side).collect::<Option<_>>()?,
        })
    }

    fn moved(&mut self, moved: &'s Move) -> Option<StoredMove> {
        let origin = match &moved.origin {
            Some(origin) => Some((self.place(&origin.path), raw(origin.blob.as_str())?)),
            None => None,
        };
        Some(StoredMove { to: self.place(&moved.to), origin })
    }

    fn earlier(&mut self, earlier: &'s Earlier) -> Option<StoredEarlier<'s>> {
        let (below, steps) = (raw(earlier.below.as_str())?, earlier.steps);
        Some(StoredEarlier { below, steps, commit: self.commit(&earlier.commit)? })
    }
}

/// The commit that these bytes are; `None` when they are none.
pub(super) fn decode(bytes: &[u8]) -> Option<CommitChanges> {
    decode_part(bytes, &|_| true)
}

/// The same without the files that appeared in it, or went, and are not `wanted`.
pub(super) fn decode_part(bytes: &[u8], wanted: &dyn Fn(&str) -> bool) -> Option<CommitChanges> {
    let (mut stored, rest) = postcard::take_from_bytes::<StoredEntry<'_>>(bytes).ok()?;
    if !rest.is_empty() {
        return None;
    }
    let texts = stored.texts;
    let is_wanted = |change: &StoredChange| {
        (change.before.is_some() && change.after.is_some())
            || texts.get(change.path).is_none_or(|path| wanted(path))
    };
    stored.commit.changes.retain(is_wanted);
    let mut commit = stored.commit.read(&texts)?;
    let brought = stored.brought.into_iter().map(|commit| commit.read(&texts));
    commit.brought = brought.collect::<Option<_>>()?;
    let past = stored.past.into_iter().map(|earlier| earlier.read(&texts));
    commit.moved.past = past.collect::<Option<_>>()?;
    Some(commit)
}

fn text(texts: &[&str], place: usize) -> Option<String> {
    texts.get(place).map(|text| (*text).to_owned())
}

impl StoredCommit<'_> {
    fn read(self, texts: &[&str]) -> Option<CommitChanges> {
        let Self { id, time, offset, author, subject, changes, moves } = self;
        let (id, author) = (CommitId::new(hex(id)?), text(texts, author)?);
        let info = CommitInfo { id, author, time, offset, subject: subject.to_owned() };
        let changes = changes.into_iter().map(|change| change.read(texts)).collect::<Option<_>>()?;
        let files = moves.into_iter().map(|moved| moved.read(texts)).collect::<Option<_>>()?;
        let moved = Moved { files, past: Vec::new() };
        Some(CommitChanges { moved, ..CommitChanges::new(info, changes) })
    }
}

impl StoredChange {
    fn read(self, texts: &[&str]) -> Option<FileChange> {
        let (before, after) = (hex_side(self.before)?, hex_side(self.after)?);
        let others = self.others.into_iter().map(hex_side).collect::<Option<_>>()?;
        Some(FileChange { others, ..FileChange::new(text(texts, self.path)?, before, after) })
    }
}

impl StoredMove {
    fn read(self, texts: &[&str]) -> Option<Move> {
        let origin = match self.origin {
            Some((path, blob)) => Some(Origin { path: text(texts, path)?, blob: BlobId::new(hex(blob)?) }),
            None => None,
        };
        Some(Move { to: text(texts, self.to)?, origin })
    }
}

impl StoredEarlier<'_> {
    fn read(self, texts: &[&str]) -> Option<Earlier> {
        let below = CommitId::new(hex(self.below)?);
        Some(Earlier { below, steps: self.steps, commit: self.commit.read(texts)? })
    }
}

pub(super) fn raw(hex: &str) -> Option<Id> {
    let id = Oid::from_str(hex).ok().filter(|_| hex.len() == 40)?;
    id.as_bytes().try_into().ok()
}

fn raw_side(id: &Option<BlobId>) -> Option<Option<Id>> {
    id.as_ref().map_or(Some(None), |id| raw(id.as_str()).map(Some))
}

fn hex(id: Id) -> Option<String> {
    Oid::from_bytes(&id).ok().map(|id| id.to_string())
}

fn hex_side(id: Option<Id>) -> Option<Option<BlobId>> {
    id.map_or(Some(None), |id| hex(id).map(|id| Some(BlobId::new(id))))
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
