//! [`BranchEvents`]: tells that a branch of a repository may have moved.
//!
//! Events are hints: whoever waits looks at the branch itself, and looks by the clock as well.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher};

use crate::store::Repository;

/// Tells that a branch may have moved.
pub struct BranchEvents {
    receiver: Receiver<()>,
    waker: BranchWaker,
    /// Kept so that the events go on.
    _watcher: Option<RecommendedWatcher>,
}

/// Says that a branch may have moved.
#[derive(Clone, Debug)]
pub struct BranchWaker(Sender<()>);

impl BranchWaker {
    /// Ends the wait of whoever waits.
    pub fn wake(&self) {
        // Whoever has gone needs no waking.
        let _ = self.0.send(());
    }
}

impl BranchEvents {
    /// Listens to what git writes when a branch moves; where the system tells of no events, nothing is
    /// ever told.
    #[must_use]
    pub fn of(repository: &Repository) -> Self {
        let (sender, receiver) = channel();
        let waker = BranchWaker(sender);
        let told = waker.clone();
        let handler = move |event: notify::Result<notify::Event>| {
            if event.is_ok_and(|event| !event.kind.is_access()) {
                told.wake();
            }
        };
        let mut watcher = notify::recommended_watcher(handler).ok();
        if let Some(watcher) = &mut watcher {
            let folder = repository.common_dir();
            // `packed-refs` and HEAD lie in the folder itself.
            let _ = watcher.watch(folder, RecursiveMode::NonRecursive);
            let _ = watcher.watch(&folder.join("refs/heads"), RecursiveMode::Recursive);
        }
        Self { receiver, waker, _watcher: watcher }
    }

    /// Wakes whoever waits here.
    #[must_use]
    pub fn waker(&self) -> BranchWaker {
        self.waker.clone()
    }

    /// Waits until the branch may have moved, or so long; several events are one.
    pub fn wait(&self, at_most: Duration) {
        if self.receiver.recv_timeout(at_most).is_ok() {
            while self.receiver.try_recv().is_ok() {}
        }
    }
}
