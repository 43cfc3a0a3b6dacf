//! What else a source commit changed: a change that waits in every item it came to, and was taken in
//! none, waits for a reason.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::grounds::Grounds;
use crate::diff::lists::NoListRules;
use crate::diff::{Depth, diff};
use crate::engine::history::{FileChange, History};
use crate::engine::snapshot::{Place, place};
use crate::engine::timeline::EventId;
use crate::engine::versions::ReadVersion;
use crate::model::{BlobId, Environment, Hop, Key, Result};

/// The content that an item has in an environment.
pub type BlobNow<'a> = dyn Fn(&Key, Environment) -> Result<Option<BlobId>> + 'a;

/// The other items of source commits.
pub struct Siblings<'a> {
    history: &'a History,
    key: &'a Key,
    hop: Hop,
    read: &'a ReadVersion<'a>,
    now: &'a BlobNow<'a>,
    known: RefCell<BTreeMap<EventId, bool>>,
}

impl<'a> Siblings<'a> {
    /// The siblings of `key` in this history, where the items are `now` so.
    #[must_use]
    pub fn new(
        history: &'a History,
        key: &'a Key,
        hop: Hop,
        read: &'a ReadVersion<'a>,
        now: &'a BlobNow<'a>,
    ) -> Self {
        Self { history, key, hop, read, now, known: RefCell::default() }
    }

    /// Whether what a commit changed in the source waits in other items too, and was taken in none.
    ///
    /// # Errors
    /// When a version cannot be read.
    pub fn wait(&self, id: EventId) -> Result<bool> {
        if let Some(known) = self.known.borrow().get(&id) {
            return Ok(*known);
        }
        let Some(commit) = self.history.commits().get(id.commit) else { return Ok(false) };
        let commit = id.brought.and_then(|number| commit.brought.get(number)).unwrap_or(commit);
        let mut waits = false;
        for change in &commit.changes {
            let Some(Place::Item(item)) = place(&change.path) else { continue };
            if item.environment != self.hop.source() || item.key == *self.key {
                continue;
            }
            match self.fate(&item.key, change)? {
                Fate::Taken => {
                    self.known.borrow_mut().insert(id, false);
                    return Ok(false);
                }
                Fate::Waits => waits = true,
                Fate::Neither => {}
            }
        }
        self.known.borrow_mut().insert(id, waits);
        Ok(waits)
    }

    /// Notes the commits that were asked about.
    pub fn note(&self, grounds: &mut Grounds) {
        for id in self.known.borrow().keys() {
            grounds.asks_of_brought |= id.brought.is_some();
            let commit = self.history.commits().get(id.commit);
            grounds.siblings.extend(commit.map(|commit| commit.info.id.clone()));
        }
    }

    fn fate(&self, key: &Key, change: &FileChange) -> Result<Fate> {
        let (Some(before), Some(after)) = (&change.before, &change.after) else { return Ok(Fate::Neither) };
        let Some(target) = (self.now)(key, self.hop.target())? else { return Ok(Fate::Neither) };
        let read = self.read;
        let (Some(before), Some(after), Some(target)) = (read(before)?, read(after)?, read(&target)?) else {
            return Ok(Fate::Neither);
        };
        let mut fate = Fate::Neither;
        for change in diff(before.values(), after.values(), &NoListRules, Depth::Leaves) {
            let here = target.at(&change.path);
            if here == change.right {
                return Ok(Fate::Taken);
            }
            if here == change.left {
                fate = Fate::Waits;
            }
        }
        Ok(fate)
    }
}

/// What became of a change in another item.
enum Fate {
    /// The target has something of it.
    Taken,
    /// The target has what was there before.
    Waits,
    /// The target has neither, or is not there.
    Neither,
}
