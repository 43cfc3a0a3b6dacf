//! One place of a repository, looked at whenever its files change.

use std::fmt;
use std::thread::sleep;

use super::Item;
use super::said::{said, told};
use super::watched::AWAY;
use crate::client::{ClientError, Follow, Place, Said};
use crate::watch::{Update, Watch};

/// What was told last: a tag, or a failure.
type Told = Result<String, String>;

/// A place, and who waits for its files.
pub(super) struct Following {
    item: Item,
    place: Place,
    watch: Option<Watch>,
    told: Option<Told>,
}

impl Following {
    pub(super) fn new(item: Item, place: Place) -> Self {
        Self { item, place, watch: None, told: None }
    }

    /// What is there now.
    fn look(&mut self) -> Result<Said, ClientError> {
        let watch = match self.watch.take() {
            Some(watch) => Ok(watch),
            None => self.item.eyes(),
        };
        let found = watch.and_then(|watch| {
            let watch = self.watch.insert(watch);
            said(&self.item, &self.place, self.item.judged_by(watch)?)
        });
        found.map_err(|error| told(&error, &self.place))
    }

    /// Waits until there may be something else.
    fn wait(&mut self) {
        let Some(watch) = &mut self.watch else { return sleep(AWAY) };
        loop {
            match watch.next(&|| None) {
                Ok(Update::Verdict(_)) => return,
                Ok(Update::Branch(_) | Update::Remark(_) | Update::Woken) => {}
                // Whether there is a repository still is seen by the next look.
                Err(_) => {
                    self.watch = None;
                    return;
                }
            }
        }
    }
}

impl Follow for Following {
    fn next(&mut self) -> Result<Said, ClientError> {
        if self.told.is_some() {
            self.wait();
        }
        loop {
            let found = self.look();
            let now = found.as_ref().map(|said| said.etag.clone()).map_err(ToString::to_string);
            if self.told.as_ref() != Some(&now) {
                self.told = Some(now);
                return found;
            }
            self.wait();
        }
    }
}

impl fmt::Debug for Following {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Following").field("place", &self.place).finish_non_exhaustive()
    }
}
