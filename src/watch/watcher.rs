//! `watch`: judges again whenever a file changes.
//!
//! The core that every watcher shares: [`Watch::next`] waits until there is something to say and
//! says it. It holds what was read, parsed and compiled, and reads again only what changed. What
//! is done with a verdict — a screen, a command, a typed value — is the caller's.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::state::State;
use super::{
    Batch, Coalescer, EventKind, FileEvents, Files, Readiness, Relevance, Scope, Waker, WatchEvent,
    readiness, relevance,
};
use crate::engine::configuration::Configuration;
use crate::engine::rules::Memory;
use crate::engine::verdict::{Change, ChangeKind, Verdict};
use crate::model::{Date, Error, Help, Result, Revision, Severity};
use crate::store::{ProcessEnvironment, Repository};

/// How often a look around is taken where the system tells of no events.
const POLL: Duration = Duration::from_millis(500);
/// How often it is asked whether the repository is still there.
const HEARTBEAT: Duration = Duration::from_millis(500);
/// So many times it has to be missing: checkouts and moves may take it away for a moment.
const MISSED: u32 = 3;

/// How to watch.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What is watched.
    pub scope: Scope,
    /// Looks around by the clock instead of waiting for the system's events, which network file
    /// systems do not give.
    pub poll: bool,
}

/// What [`Watch::next`] returns with.
#[derive(Clone, Debug)]
pub enum Update {
    /// Something is to be said of the configuration.
    Verdict(Verdict),
    /// Another branch is checked out, in which everything watched is the same.
    Branch(Option<String>),
    /// Something is to be said of the watch itself.
    Remark(String),
    /// Somebody called [`Waker::wake`].
    Woken,
}

/// Watches the working tree of a repository.
pub struct Watch {
    repository: Repository,
    scope: Scope,
    eyes: FileEvents,
    files: Files,
    coalescer: Coalescer,
    start: Instant,
    state: Option<State>,
    branch: Option<String>,
    /// The number of the contents that last had no error: equal ones have one number. The files are
    /// marked as they were then.
    good: Option<u64>,
    numbers: Numbers,
    missed: u32,
    /// When the repository was last asked for, and the last look around was taken.
    beat: Instant,
}

#[derive(Default)]
struct Numbers {
    verdicts: u64,
    contents: u64,
}

impl Watch {
    /// Watches the configuration that holds `dir`. Events are noticed from here on; the first
    /// [`Watch::next`] judges everything.
    ///
    /// # Errors
    /// When there is no repository with environments here, or no working tree.
    pub fn open(dir: &Path, options: Options, environment: &Arc<ProcessEnvironment>) -> Result<Self> {
        let repository = Repository::discover(dir)?.with_environment(Arc::clone(environment));
        let root = repository.root().ok_or_else(|| {
            Error::state("a bare repository has no working tree").with_help("watch a clone of it")
        })?;
        let root = root.canonicalize().map_err(|error| Error::io("find", &root, &error))?;
        let mut eyes = FileEvents::of(&repository, root.clone(), !options.poll);
        if !eyes.is_there() {
            let roots = repository.roots_below(&Revision::WorkTree)?;
            let help = if roots.is_empty() { Help::LayOut } else { Help::NameRoot(roots) };
            return Err(Error::state(format!("there is no folder {}environments", repository.root_prefix()))
                .with_help(help));
        }
        // Watched before anything is read, so that no change falls in between.
        eyes.cover(std::iter::empty());
        let mut files = Files::of(&repository, root);
        let everything = Batch { everything: true, ..Batch::default() };
        files.look(&repository, &everything)?;
        eyes.cover(files.listing().keys().map(String::as_str));
        files.snapshot(&repository).require_keys(&options.scope.keys)?;
        let branch = repository.branch()?;
        let now = Instant::now();
        Ok(Self {
            repository,
            scope: options.scope,
            eyes,
            files,
            coalescer: Coalescer::default(),
            start: now,
            state: None,
            branch,
            good: None,
            numbers: Numbers::default(),
            missed: 0,
            beat: now,
        })
    }

    /// What makes [`Watch::next`] return, from another thread.
    #[must_use]
    pub fn waker(&self) -> Waker {
        self.eyes.waker()
    }

    /// The folder that is watched, relative to the git root.
    #[must_use]
    pub fn place(&self) -> String {
        format!("{}environments", self.repository.root_prefix())
    }

    /// The configuration as it was last judged, good or not.
    #[must_use]
    pub fn configuration(&self) -> Option<&Configuration> {
        self.state.as_ref().and_then(|state| state.configuration.as_ref())
    }

    /// Why what was last looked at could not be judged.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        self.state.as_ref().and_then(|state| state.outcome.as_ref().err())
    }

    /// Waits until there is something to say; `today` is the day by which waivers end; without one none ends.
    ///
    /// # Errors
    /// When the repository or its environments are gone, or their folders cannot be read.
    pub fn next(&mut self, today: &dyn Fn() -> Option<Date>) -> Result<Update> {
        if self.state.is_none() {
            return Ok(Update::Verdict(self.first(today())));
        }
        loop {
            let wait = match self.due() {
                Some(Duration::ZERO) => {
                    if let Some(turn) = self.turn(today)? {
                        return Ok(turn);
                    }
                    continue;
                }
                Some(wait) => wait.min(HEARTBEAT),
                None => HEARTBEAT,
            };
            if let Some(sight) = self.eyes.wait(wait)
                && let Some(turn) = self.notice(sight)
            {
                return Ok(turn);
            }
            self.heartbeat()?;
        }
    }

    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    fn due(&mut self) -> Option<Duration> {
        let locked = self.coalescer.is_waiting() && self.eyes.git_is_at_work();
        self.coalescer.due(self.now(), locked)
    }

    /// Takes in one thing, and everything that has come since.
    fn notice(&mut self, first: WatchEvent) -> Option<Update> {
        let mut next = Some(first);
        while let Some(sight) = next {
            let now = self.now();
            match sight {
                WatchEvent::Woken => return Some(Update::Woken),
                WatchEvent::Blind(why) => {
                    self.eyes.close();
                    self.coalescer.everything(now);
                    let every = POLL.as_millis();
                    return Some(Update::Remark(format!("{why}; looking every {every} ms instead")));
                }
                WatchEvent::Lost => self.coalescer.everything(now),
                WatchEvent::Head => self.coalescer.head(now),
                WatchEvent::Git => {}
                WatchEvent::Path(path, happened) => self.happened(now, &path, happened),
            }
            next = self.eyes.wait(Duration::ZERO);
        }
        None
    }

    fn happened(&mut self, now: Duration, path: &str, happened: EventKind) {
        if happened == EventKind::Gone && !path.contains('/') {
            self.eyes.uncover(path);
        }
        let concern = relevance(path, self.files.listing());
        match (concern, happened) {
            (Relevance::Nothing, _) => {}
            (_, EventKind::Attributes) => self.coalescer.attributes(now, path),
            (Relevance::Content, _) => self.coalescer.path(now, path, readiness(happened, concern), false),
            (Relevance::Listing, _) => self.coalescer.path(now, path, Readiness::Unsure, true),
        }
    }

    /// Looks at what is due, unless all of it is gone, and says what is different.
    fn turn(&mut self, today: &dyn Fn() -> Option<Date>) -> Result<Option<Update>> {
        let mut batch = self.coalescer.take(self.now());
        // What was written in a folder before it was watched, no event tells.
        if (batch.listing || batch.everything)
            && self.eyes.cover(self.files.listing().keys().map(String::as_str))
        {
            batch.everything = true;
        }
        let again = |watch: &mut Self, path: &str| {
            let now = watch.now();
            watch.coalescer.path(now, path, Readiness::Unsure, true);
        };
        let looked = self.files.look(&self.repository, &batch);
        // Whether all of it went away for good is asked by the clock.
        if !self.eyes.is_there() {
            again(self, "environments");
            return Ok(None);
        }
        let changed = looked?;
        // A folder may have got files before it was watched, or other contents since they were read.
        if batch.listing && !changed.is_empty() {
            changed.keys().map(String::as_str).chain(["environments"]).for_each(|path| again(self, path));
        }
        Ok(self.revalidate(&changed, batch.head || batch.everything, today))
    }

    fn revalidate(
        &mut self,
        changed: &BTreeMap<String, ChangeKind>,
        head: bool,
        today: &dyn Fn() -> Option<Date>,
    ) -> Option<Update> {
        // A HEAD that cannot be read just now is read at the next look.
        let read = if head { self.repository.branch().ok() } else { None };
        let branch = read.unwrap_or_else(|| self.branch.clone());
        let switched = self.branch != branch;
        self.branch = branch;
        let before = self.state.take()?;
        let verdict = if changed.is_empty() { None } else { self.next_verdict(&before, changed, today()) };
        if verdict.is_none() {
            self.state.get_or_insert(before);
        }
        self.coalescer.looked(self.start.elapsed());
        verdict.map(Update::Verdict).or_else(|| switched.then(|| Update::Branch(self.branch.clone())))
    }

    fn first(&mut self, today: Option<Date>) -> Verdict {
        // What is named is judged sooner than all that is remembered is read.
        let memory = self.scope.keys.is_empty().then(|| self.repository.judgements());
        let remembered = memory.as_ref().map(|memory| memory as &dyn Memory);
        let state = State::first(self.files.snapshot(&self.repository), &self.scope, today, remembered);
        if let (Some(memory), Some(configuration)) = (memory, &state.configuration) {
            memory.save(configuration.snapshot().items().count());
        }
        let at_hand = state.said();
        self.verdict(state, Vec::new(), at_hand)
    }

    /// The verdict on the files as they are now; `None` when it would say nothing new.
    fn next_verdict(
        &mut self,
        before: &State,
        changed: &BTreeMap<String, ChangeKind>,
        today: Option<Date>,
    ) -> Option<Verdict> {
        let paths: BTreeSet<String> = changed.keys().cloned().collect();
        let snapshot = match &before.configuration {
            Some(configuration) => {
                self.files.snapshot_after(&self.repository, configuration.snapshot(), &paths)
            }
            None => self.files.snapshot(&self.repository),
        };
        let state = before.next(snapshot, &paths, &self.scope, today);
        let prefix = self.repository.root_prefix();
        let changed: Vec<_> = changed
            .iter()
            .filter(|(path, _)| self.scope.covers(path))
            .map(|(path, kind)| Change { file: format!("{prefix}{path}"), change: *kind })
            .collect();
        let mut at_hand = before.said_anew(&state);
        let same = before.outcome.as_ref().err() == state.outcome.as_ref().err();
        if changed.is_empty() && at_hand.is_empty() && same {
            self.state = Some(state);
            return None;
        }
        at_hand.extend(changed.iter().map(|change| change.file.clone()));
        Some(self.verdict(state, changed, at_hand))
    }

    fn verdict(&mut self, state: State, changed: Vec<Change>, at_hand: BTreeSet<String>) -> Verdict {
        let good = state.outcome.as_ref().is_ok_and(|report| report.count(Severity::Error) == 0);
        let known = self.good.filter(|_| self.files.are_as_marked(|path| self.scope.covers(path)));
        let content = known.unwrap_or_else(|| {
            self.numbers.contents += 1;
            self.numbers.contents
        });
        if good {
            self.good = Some(content);
            self.files.mark();
        }
        self.numbers.verdicts += 1;
        let outcome = state.outcome.clone();
        self.state = Some(state);
        let (number, branch) = (self.numbers.verdicts, self.branch.clone());
        Verdict { number, branch, changed, at_hand, outcome, content }
    }

    /// Asks whether the repository is still there, and looks around where no events come.
    fn heartbeat(&mut self) -> Result<()> {
        if self.beat.elapsed() < HEARTBEAT {
            return Ok(());
        }
        self.beat = Instant::now();
        self.missed = if self.eyes.is_there() { 0 } else { self.missed + 1 };
        if self.missed >= MISSED {
            let place = self.repository.root().unwrap_or_default();
            let place = place.join("environments");
            return Err(Error::state(format!("{} is not there any more", place.display()))
                .with_help("watch again when the repository is back"));
        }
        if !self.eyes.has_events() && self.missed == 0 {
            self.look_around()?;
        }
        Ok(())
    }

    /// Notices by times and sizes what no event tells.
    fn look_around(&mut self) -> Result<()> {
        let suspects = match self.files.suspects(&self.repository) {
            Err(_) if !self.eyes.is_there() => return Ok(()),
            other => other?,
        };
        let now = self.now();
        for (path, listing) in suspects {
            self.coalescer.path(now, &path, Readiness::Unsure, listing);
        }
        if self.repository.branch().is_ok_and(|branch| branch != self.branch) {
            self.coalescer.head(now);
        }
        Ok(())
    }
}
