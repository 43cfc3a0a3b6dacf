//! The bytes of a history index: postcard, in which an id is 20 raw bytes and a text that comes
//! again stands once, in a table.

use git2::Oid;
use indexmap::IndexSet;
use serde::{Deserialize, Serialize};

use super::{Before, Step};
use crate::engine::history::{CommitChanges, FileChange};
use crate::model::{BlobId, CommitId, CommitInfo};

type Id = [u8; 20];

/// The whole index; authors and paths are places in `texts`.
#[derive(Serialize, Deserialize)]
struct Stored<'b> {
    prefix: &'b str,
    boundary: u64,
    #[serde(borrow)]
    texts: Vec<&'b str>,
    steps: Vec<StoredStep<'b>>,
}

#[derive(Serialize, Deserialize)]
struct StoredStep<'b> {
    before: Before,
    id: Id,
    time: i64,
    offset: i32,
    author: usize,
    subject: &'b str,
    changes: Vec<StoredChange>,
}

#[derive(Serialize, Deserialize)]
struct StoredChange {
    path: usize,
    before: Option<Id>,
    after: Option<Id>,
}

/// Steps, each with what lies before it; `None` when an id is not one of SHA-1.
pub(super) fn encode<'s>(
    steps: &mut dyn Iterator<Item = (&'s Step, Before)>,
    prefix: &str,
    boundary: u64,
) -> Option<Vec<u8>> {
    let mut texts = IndexSet::new();
    let stored = |(step, before): (&'s Step, Before)| {
        let CommitChanges { info, changes } = &step.commit;
        let author = texts.insert_full(info.author.as_str()).0;
        let change = |change: &'s FileChange| {
            let side = |id: &Option<BlobId>| match id {
                None => Some(None),
                Some(id) => raw(id.as_str()).map(Some),
            };
            let path = texts.insert_full(change.path.as_str()).0;
            Some(StoredChange { path, before: side(&change.before)?, after: side(&change.after)? })
        };
        let changes = changes.iter().map(change).collect::<Option<_>>()?;
        let (id, subject) = (raw(info.id.as_str())?, info.subject.as_str());
        Some(StoredStep { before, id, time: info.time, offset: info.offset, author, subject, changes })
    };
    let steps = steps.map(stored).collect::<Option<_>>()?;
    let texts = texts.into_iter().collect();
    postcard::to_stdvec(&Stored { prefix, boundary, texts, steps }).ok()
}

/// The steps under this prefix and boundary; `None` when the bytes are not of such.
pub(super) fn decode(bytes: &[u8], prefix: &str, boundary: u64) -> Option<Vec<Step>> {
    let (stored, rest) = postcard::take_from_bytes::<Stored<'_>>(bytes).ok()?;
    if !rest.is_empty() || stored.prefix != prefix || stored.boundary != boundary {
        return None;
    }
    let text = |place: usize| stored.texts.get(place).map(|text| (*text).to_owned());
    let side = |id: Option<Id>| match id {
        None => Some(None),
        Some(id) => hex(id).map(BlobId::new).map(Some),
    };
    let change = |change: StoredChange| {
        let (before, after) = (side(change.before)?, side(change.after)?);
        Some(FileChange { path: text(change.path)?, before, after })
    };
    let step = |step: StoredStep<'_>| {
        let StoredStep { before, id, time, offset, author, subject, changes } = step;
        let (id, author, subject) = (CommitId::new(hex(id)?), text(author)?, subject.to_owned());
        let info = CommitInfo { id, author, time, offset, subject };
        let changes = changes.into_iter().map(change).collect::<Option<_>>()?;
        Some(Step { commit: CommitChanges { info, changes }, before })
    };
    stored.steps.into_iter().map(step).collect()
}

fn raw(hex: &str) -> Option<Id> {
    let id = Oid::from_str(hex).ok().filter(|_| hex.len() == 40)?;
    id.as_bytes().try_into().ok()
}

fn hex(id: Id) -> Option<String> {
    Oid::from_bytes(&id).ok().map(|id| id.to_string())
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
