//! What the pasts of items said, one file for each item and hop that has a long one.
//!
//! A file is believed where it was made of the very same: versions, commits, paths that differ. It may
//! be deleted at any time, and is replaced by rename; when it cannot be read or written, the versions
//! are read again.

use std::fs;
use std::time::Duration;

use super::bytes::checksum;
use super::file::{leftovers, read, replace_private};
use crate::engine::timeline::{Fingerprint, Memory, Past};
use crate::model::{Hop, Key, StoredValue, Value};
use crate::store::repository::Repository;
use crate::store::transaction;

/// What a file begins with; its number changes with the meaning of the rest.
const MAGIC: &[u8] = b"terrace past 3\n";

/// A file is never longer.
const LIMIT: usize = 16 << 20;

/// What was not asked about for so long is removed.
const FORGOTTEN: Duration = Duration::from_secs(90 * 86_400);

/// The remembered pasts of one configuration root.
#[derive(Clone)]
pub struct PastFiles {
    repository: Repository,
    purpose: &'static str,
}

impl Repository {
    /// What is remembered of the pasts of items for one purpose; another one asks about other paths.
    #[must_use]
    pub fn pasts(&self, purpose: &'static str) -> PastFiles {
        PastFiles { repository: self.clone(), purpose }
    }
}

impl PastFiles {
    fn name(&self, key: &Key, hop: Hop) -> String {
        let root = checksum(self.repository.root_prefix().as_bytes());
        let item = checksum(format!("{} {hop} {key}", self.purpose).as_bytes());
        format!("past-{root:016x}-{item:016x}")
    }
}

impl Memory for PastFiles {
    fn recall(&self, key: &Key, hop: Hop, of: Fingerprint) -> Option<Past> {
        let path = self.repository.common_dir().join("terrace").join(self.name(key, hop));
        decode(&read(&path, LIMIT)?, of)
    }

    fn remember(&self, key: &Key, hop: Hop, of: Fingerprint, past: Past) {
        let Some(bytes) = encode(past, of).filter(|bytes| bytes.len() <= LIMIT) else { return };
        let folder = self.repository.git().and_then(|git| transaction::shared_folder(&git));
        let Ok(folder) = folder else { return };
        let Some(now) = replace_private(&folder, &self.name(key, hop), &bytes) else { return };
        let before = now.checked_sub(FORGOTTEN);
        for (path, _) in leftovers(&folder, "past-", "").filter(|(_, time)| Some(*time) < before) {
            let _ = fs::remove_file(path);
        }
    }
}

fn encode(past: Past, of: Fingerprint) -> Option<Vec<u8>> {
    let body = postcard::to_stdvec(&past.map(&StoredValue::from)).ok()?;
    let sum = checksum(&body).to_le_bytes();
    Some([MAGIC, &of.0, &sum, &body].concat())
}

fn decode(bytes: &[u8], of: Fingerprint) -> Option<Past> {
    let (sum, body) = bytes.strip_prefix(MAGIC)?.strip_prefix(&of.0)?.split_first_chunk::<8>()?;
    if u64::from_le_bytes(*sum) != checksum(body) {
        return None;
    }
    let past: Past<StoredValue> = postcard::from_bytes(body).ok()?;
    Some(past.map(&Value::from))
}

/// For the fuzz targets.
pub(super) fn survives(body: &[u8]) -> Option<bool> {
    let of = Fingerprint([0; 32]);
    let file = |body: &[u8]| [MAGIC, &of.0, &checksum(body).to_le_bytes(), body].concat();
    let written = encode(decode(&file(body), of)?, of)?;
    let again = encode(decode(&written, of)?, of)?;
    Some(again == written)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::diff::labels::DocumentLabels;
    use crate::diff::lists::NoListRules;
    use crate::engine::history::{CommitChanges, FileChange, History};
    use crate::engine::timeline::{Question, Timeline};
    use crate::model::{BlobId, CommitId, CommitInfo, ValuePath};
    use crate::yaml::{Limits, VersionReader};

    /// Keeps the bytes of what was remembered last.
    #[derive(Default)]
    struct Kept(std::cell::RefCell<Vec<u8>>);

    impl Memory for Kept {
        fn recall(&self, _: &Key, _: Hop, of: Fingerprint) -> Option<Past> {
            decode(&self.0.borrow(), of)
        }

        fn remember(&self, _: &Key, _: Hop, of: Fingerprint, past: Past) {
            *self.0.borrow_mut() = encode(past, of).expect("bytes");
        }
    }

    /// Every commit changes the source, every seventh promotes, one renames; a blob's id is its text.
    fn history(commits: usize) -> History {
        let text = |n: usize| {
            let name = if n < 49 { "p" } else { "q" };
            BlobId::new(format!(
                "a: {n}\nl: [{{name: x, v: !t {}}}]\n{name}: {{v: 1, w: {}}}\n",
                n % 5,
                n / 60
            ))
        };
        let key: Key = "app".parse().expect("a key");
        let change = |environment, before: Option<usize>, after: usize| {
            FileChange::new(key.file(environment), before.map(text), Some(text(after)))
        };
        let commit = |n: usize| {
            let hop = Hop::ToProduction;
            let mut changes = vec![change(hop.source(), n.checked_sub(1), n)];
            if n.is_multiple_of(7) {
                changes.push(change(hop.target(), n.checked_sub(7), n));
            }
            let id = CommitId::new(format!("{n:040x}"));
            let time = i64::try_from(n).unwrap_or_default();
            let info = CommitInfo { id, author: String::new(), time, offset: 0, subject: String::new() };
            CommitChanges::new(info, changes)
        };
        History::new((0..commits).rev().map(commit).collect(), true, 9_999)
    }

    fn said(timeline: &Timeline<'_>, paths: &[ValuePath]) -> String {
        let view = timeline.view();
        let changes: Vec<_> = paths.iter().map(|path| view.changes(path)).collect();
        let edits = view.edits_of(Some(&ValuePath::root()));
        let commits: Vec<_> = (0..view.len()).map(|event| view.commit(event)).collect();
        format!("{changes:?} {edits:?} {:?} {:?} {commits:?}", view.promotions(), view.presence())
    }

    #[test]
    fn what_is_remembered_is_what_would_be_read() {
        let key = "app".parse().expect("a key");
        let paths = ["a", "l[name=x].v", "q.w"].map(|path| path.parse::<ValuePath>().expect("a path"));
        let asked: Vec<&ValuePath> = paths.iter().collect();
        let containers = [ValuePath::root()];
        let kept = Kept::default();
        let reads = std::cell::Cell::new(0);
        let read = |blob: &BlobId| {
            reads.set(reads.get() + 1);
            Ok(VersionReader::new(Limits::default()).read(blob.as_str().as_bytes()).map(Arc::new))
        };
        let ask = |history: &History, asked: &[&ValuePath], rules: &str| {
            let (hop, lists) = (Hop::ToProduction, &NoListRules);
            let documents = &DocumentLabels::new(&[], &[]);
            let question =
                Question { key: &key, hop, paths: asked, containers: &containers, documents, lists };
            let before = reads.get();
            let timeline = history.remembered_timeline(&question, rules, &read, &kept).expect("readable");
            let said = said(&timeline, &paths);
            assert_eq!(
                said,
                self::said(
                    &history
                        .timeline(&question, &|blob| {
                            Ok(VersionReader::new(Limits::default())
                                .read(blob.as_str().as_bytes())
                                .map(Arc::new))
                        })
                        .expect("readable"),
                    &paths
                )
            );
            reads.get() - before
        };
        let history = history(100);
        assert!(ask(&history, &asked, "") > 100);
        assert_eq!(ask(&history, &asked, ""), 0);
        // Another commit, other rules, other paths: read again.
        assert!(ask(&self::history(101), &asked, "") > 100);
        assert!(ask(&history, &asked, "other rules") > 100);
        assert!(ask(&history, &asked[..1], "other rules") > 100);
        assert_eq!(ask(&history, &asked[..1], "other rules"), 0);
        // Damage is not believed.
        for at in [0, 20, 60, 80, 200] {
            kept.0.borrow_mut()[at] ^= 1;
            assert!(ask(&history, &asked[..1], "other rules") > 100, "{at}");
        }
        // A short past is read.
        assert!(ask(&self::history(10), &asked, "") > 0);
        assert!(ask(&self::history(10), &asked, "") > 0);
    }
}
