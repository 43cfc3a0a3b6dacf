//! [`FileEvents`]: the operating system's events, turned into paths below the configuration root.
//!
//! Where the system's limits do not allow them, the caller is told and looks around by the clock.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use notify::event::{AccessKind, AccessMode, EventKind as NotifyKind, ModifyKind, RenameMode};
use notify::{ErrorKind, RecommendedWatcher, RecursiveMode, Watcher};

use super::EventKind;
use crate::store::Repository;

/// The folders of the configuration root that are watched with all that is below them.
const DEEP: [&str; 3] = ["environments", "schemas", ".terrace"];

/// Something that was noticed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum WatchEvent {
    /// Something happened to a path, relative to the configuration root.
    Path(String, EventKind),
    /// HEAD was written.
    Head,
    /// Something changed in the git folder that says nothing but that git is at work.
    Git,
    /// Events were lost.
    Lost,
    /// There can be no events any more, for this reason.
    Blind(String),
    /// Somebody called [`Waker::wake`].
    Woken,
}

/// Wakes a watch that waits.
#[derive(Clone, Debug)]
pub struct Waker(Sender<WatchEvent>);

impl Waker {
    /// Makes the watch return to its caller.
    pub fn wake(&self) {
        // Whoever has gone needs no waking.
        let _ = self.0.send(WatchEvent::Woken);
    }
}

/// Sees what happens to the files of a configuration.
pub(super) struct FileEvents {
    root: PathBuf,
    git_dir: PathBuf,
    sender: Sender<WatchEvent>,
    receiver: Receiver<WatchEvent>,
    watcher: Option<RecommendedWatcher>,
    /// What is watched, and whether with all below it.
    covered: BTreeMap<PathBuf, RecursiveMode>,
}

impl FileEvents {
    /// FileEvents for a work tree's configuration; with `events` the system's events are asked for.
    #[must_use]
    pub(super) fn of(repository: &Repository, root: PathBuf, events: bool) -> Self {
        let (sender, receiver) = channel();
        let git_dir = repository.git_dir();
        let git_dir = git_dir.canonicalize().unwrap_or_else(|_| git_dir.to_path_buf());
        let mut eyes = Self { root, git_dir, sender, receiver, watcher: None, covered: BTreeMap::new() };
        if events {
            eyes.open();
        }
        eyes
    }

    fn open(&mut self) {
        let (root, git_dir, sender) = (self.root.clone(), self.git_dir.clone(), self.sender.clone());
        let handler = move |event: notify::Result<notify::Event>| {
            for sight in sights(event, &root, &git_dir) {
                let _ = sender.send(sight);
            }
        };
        match notify::recommended_watcher(handler) {
            Ok(watcher) => self.watcher = Some(watcher),
            Err(error) => {
                let _ = self.sender.send(WatchEvent::Blind(reason(&error)));
            }
        }
    }

    /// Whether the system tells of events.
    #[must_use]
    pub(super) const fn has_events(&self) -> bool {
        self.watcher.is_some()
    }

    /// No longer asks for events.
    pub(super) fn close(&mut self) {
        self.watcher = None;
        self.covered.clear();
    }

    /// Watches what there is to watch and is not watched yet, and says whether there was any; `more`
    /// are further files, relative to the configuration root.
    pub(super) fn cover<'f>(&mut self, more: impl Iterator<Item = &'f str>) -> bool {
        let mut is_new = false;
        let deep = DEEP.map(|folder| (self.root.join(folder), RecursiveMode::Recursive));
        let flat = [self.root.clone(), self.git_dir.clone()].map(|path| (path, RecursiveMode::NonRecursive));
        let inside = |path: &str| DEEP.iter().any(|top| path.split('/').next() == Some(*top));
        let more: Vec<_> = more
            .filter(|path| !inside(path))
            .filter_map(|path| {
                Some((self.root.join(path).parent()?.to_path_buf(), RecursiveMode::NonRecursive))
            })
            .collect();
        for (path, mode) in deep.into_iter().chain(flat).chain(more) {
            if self.watcher.is_none() || self.covered.contains_key(&path) || !path.is_dir() {
                continue;
            }
            let Some(watcher) = &mut self.watcher else { return is_new };
            match watcher.watch(&path, mode) {
                Ok(()) => {
                    self.covered.insert(path, mode);
                    is_new = true;
                }
                // It went away in the meantime.
                Err(error) if matches!(error.kind, ErrorKind::PathNotFound) => {}
                Err(error) => {
                    let _ = self.sender.send(WatchEvent::Blind(reason(&error)));
                    self.close();
                    return is_new;
                }
            }
        }
        is_new
    }

    /// Takes in that a folder, relative to the configuration root, is not the one that is watched.
    pub(super) fn uncover(&mut self, folder: &str) {
        let path = self.root.join(folder);
        if self.covered.remove(&path).is_some()
            && let Some(watcher) = &mut self.watcher
        {
            let _ = watcher.unwatch(&path);
        }
    }

    /// The next thing noticed; `None` when there was nothing for so long.
    #[must_use]
    pub(super) fn wait(&self, at_most: Duration) -> Option<WatchEvent> {
        // `self` has a sender, so the only failure is that the time is over.
        self.receiver.recv_timeout(at_most).ok()
    }

    /// What wakes [`Self::wait`] from another thread.
    #[must_use]
    pub(super) fn waker(&self) -> Waker {
        Waker(self.sender.clone())
    }

    /// Whether git is changing the work tree or HEAD right now.
    #[must_use]
    pub(super) fn git_is_at_work(&self) -> bool {
        ["index.lock", "HEAD.lock"].iter().any(|lock| self.git_dir.join(lock).exists())
    }

    /// Whether the configuration root and its environments are there.
    #[must_use]
    pub(super) fn is_there(&self) -> bool {
        self.git_dir.is_dir() && self.root.join("environments").is_dir()
    }
}

fn reason(error: &notify::Error) -> String {
    match &error.kind {
        ErrorKind::MaxFilesWatch => {
            "the system's limit of watched folders is reached (fs.inotify.max_user_watches)".to_owned()
        }
        ErrorKind::Io(io) if io.to_string().contains("Too many open files") => {
            "the system's limit of watches is reached (fs.inotify.max_user_instances)".to_owned()
        }
        _ => format!("the system cannot watch files here ({error})"),
    }
}

fn sights(event: notify::Result<notify::Event>, root: &Path, git_dir: &Path) -> Vec<WatchEvent> {
    let event = match event {
        Ok(event) if event.need_rescan() => return vec![WatchEvent::Lost],
        Ok(event) => event,
        Err(error) if matches!(error.kind, ErrorKind::MaxFilesWatch) => {
            return vec![WatchEvent::Blind(reason(&error))];
        }
        Err(_) => return vec![WatchEvent::Lost],
    };
    let Some(happened) = happened(event.kind) else { return Vec::new() };
    let seen = event.paths.iter().filter_map(|path| {
        if let Ok(inside) = path.strip_prefix(git_dir) {
            return match inside.to_str() {
                Some("HEAD") => Some(WatchEvent::Head),
                Some("index.lock" | "HEAD.lock" | "index") => Some(WatchEvent::Git),
                _ => None,
            };
        }
        let below = path.strip_prefix(root).ok()?;
        let names: Vec<_> = below.iter().map(|name| name.to_string_lossy()).collect();
        Some(WatchEvent::Path(names.join("/"), happened))
    });
    seen.collect()
}

/// What an event says; `None` for reading, and for what other events say as well.
fn happened(kind: NotifyKind) -> Option<EventKind> {
    match kind {
        NotifyKind::Access(AccessKind::Close(AccessMode::Write)) => Some(EventKind::Closed),
        NotifyKind::Modify(ModifyKind::Name(RenameMode::To)) => Some(EventKind::MovedIn),
        NotifyKind::Modify(ModifyKind::Name(RenameMode::Both)) | NotifyKind::Access(_) => None,
        NotifyKind::Modify(ModifyKind::Name(_)) | NotifyKind::Remove(_) => Some(EventKind::Gone),
        NotifyKind::Modify(ModifyKind::Metadata(_)) => Some(EventKind::Attributes),
        NotifyKind::Modify(_) | NotifyKind::Any | NotifyKind::Other => Some(EventKind::Written),
        NotifyKind::Create(_) => Some(EventKind::Made),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use notify::event::{CreateKind, DataChange, Event, Flag};

    fn seen(event: Event) -> Vec<WatchEvent> {
        sights(Ok(event), Path::new("/r/config"), Path::new("/r/.git"))
    }

    #[test]
    fn events_are_told_by_the_paths_of_the_configuration() {
        let at = |kind, path: &str| Event::new(kind).add_path(PathBuf::from(path));
        let closed = NotifyKind::Access(AccessKind::Close(AccessMode::Write));
        let written = NotifyKind::Modify(ModifyKind::Data(DataChange::Any));
        for (event, expected) in [
            (
                at(closed, "/r/config/environments/a.yaml"),
                vec![WatchEvent::Path("environments/a.yaml".into(), EventKind::Closed)],
            ),
            (
                at(NotifyKind::Create(CreateKind::Folder), "/r/config/schemas"),
                vec![WatchEvent::Path("schemas".into(), EventKind::Made)],
            ),
            (at(NotifyKind::Access(AccessKind::Open(AccessMode::Any)), "/r/config/terrace.toml"), vec![]),
            (at(written, "/r/.git/HEAD"), vec![WatchEvent::Head]),
            (at(written, "/r/.git/index.lock"), vec![WatchEvent::Git]),
            (at(written, "/r/.git/config"), vec![]),
            (at(written, "/r/elsewhere"), vec![]),
            (Event::new(NotifyKind::Other).set_flag(Flag::Rescan), vec![WatchEvent::Lost]),
        ] {
            assert_eq!(seen(event.clone()), expected, "{event:?}");
        }
    }

    #[test]
    fn a_limit_of_the_system_is_named() {
        let blind = sights(Err(notify::Error::new(ErrorKind::MaxFilesWatch)), Path::new("/"), Path::new("/"));
        assert!(matches!(&blind[..], [WatchEvent::Blind(why)] if why.contains("max_user_watches")));
    }
}
