//! `terrace publish --follow`: the store follows the branch.

use std::io::Write;
use std::time::{Duration, Instant};

use super::super::Outcome;
use super::super::context::Context;
use super::super::failure::Failure;
use super::super::signals::Signals;
use super::shown;
use crate::api::publish as wire;
use crate::model::{CommitId, Error, ErrorKind, Result};
use crate::ops::{Publication, Publisher};
use crate::report::publish as report;
use crate::report::sanitize::clean;
use crate::watch::BranchEvents;

/// The branch is looked at so often, whatever events say.
const LOOK: Duration = Duration::from_millis(500);

/// The store is asked so often whether it still holds what was published.
const ASK: Duration = Duration::from_secs(5);

/// The first wait for a store that cannot be reached, and the longest.
const WAITS: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));

/// What follows.
struct Follower<'a> {
    publisher: Publisher,
    format: &'a str,
    context: &'a Context,
    /// Whether the store may hold something else than what is served.
    is_due: bool,
    /// Whether it was published once.
    has_published: bool,
    next: Instant,
    wait: Duration,
    /// The last failure, so that it is told once.
    failure: Option<String>,
    /// What is held back, so that it is told once.
    held_back: Option<CommitId>,
}

pub(super) fn run(mut publisher: Publisher, format: &str, context: &Context) -> Outcome {
    let workspace = context.workspace()?;
    let events = BranchEvents::of(&workspace.repository);
    let waker = events.waker();
    let signals = Signals::listen(move || waker.wake())?;
    // What is wrong with the branch ends the command while somebody looks.
    publisher.look()?;
    let mut follower = Follower {
        publisher,
        format,
        context,
        is_due: true,
        has_published: false,
        next: Instant::now(),
        wait: WAITS.0,
        failure: None,
        held_back: None,
    };
    while !signals.say_end() {
        follower.turn()?;
        events.wait(LOOK.min(follower.next.saturating_duration_since(Instant::now())));
    }
    context.remark("stopping");
    Ok(0)
}

impl Follower<'_> {
    /// Looks at the branch, and publishes what is due.
    fn turn(&mut self) -> Result<(), Failure> {
        let before = self.publisher.commit().cloned();
        if let Err(error) = self.publisher.look() {
            self.tell_failure(error);
        }
        self.tell_held_back();
        if self.publisher.commit() != before.as_ref() {
            // What was served before may have failed for its own reasons.
            (self.is_due, self.next) = (true, Instant::now());
        }
        if Instant::now() < self.next {
            return Ok(());
        }
        if !self.is_due {
            return self.ask();
        }
        match self.publisher.publish(false) {
            Ok(publication) => {
                self.tell(&publication)?;
                self.rest();
                self.has_published = true;
            }
            Err(error) if error.kind() == ErrorKind::Busy => self.wait_longer(error),
            Err(error) if error.kind() == ErrorKind::Stale || !self.has_published => return Err(error.into()),
            Err(error) => self.wait_longer(error),
        }
        Ok(())
    }

    /// Asks the store whether it still holds what was published: it may have been emptied.
    fn ask(&mut self) -> Result<(), Failure> {
        match self.publisher.published_commit() {
            Ok(commit) => {
                self.is_due = commit.as_deref() != self.publisher.commit().map(CommitId::as_str);
                if !self.is_due {
                    self.rest();
                }
            }
            Err(error) => {
                self.is_due = true;
                self.wait_longer(error);
            }
        }
        Ok(())
    }

    /// All is well until something changes.
    fn rest(&mut self) {
        (self.is_due, self.wait, self.failure) = (false, WAITS.0, None);
        self.next = Instant::now() + ASK;
    }

    fn wait_longer(&mut self, error: Error) {
        self.is_due = true;
        self.next = Instant::now() + self.wait;
        self.wait = (self.wait * 2).min(WAITS.1);
        self.tell_failure(error);
    }

    fn tell(&self, publication: &Publication) -> Result<(), Failure> {
        let shown = shown(publication, &self.publisher, false);
        let mut out = self.context.out();
        if self.format == "json" {
            if shown.written {
                wire::json(&shown, &mut out)?;
            }
        } else {
            let done = if shown.written { "published" } else { "up to date" };
            let (commit, target) = (publication.commit.short(), clean(&shown.target));
            let (environment, counted) = (shown.environment, report::line(&shown));
            if shown.written || !self.has_published || self.failure.is_some() {
                writeln!(out, "{done}: {environment} at {commit} in {target} ({counted})")?;
            }
        }
        out.flush()?;
        Ok(())
    }

    fn tell_failure(&mut self, error: Error) {
        let told = error.message().to_owned();
        if self.failure.as_ref() != Some(&told) {
            // Its exit code is not ours.
            let _ = Failure::from(error).report(self.context);
            self.context.remark("trying again, and at each change");
        }
        self.failure = Some(told);
    }

    fn tell_held_back(&mut self) {
        let held = self.publisher.held_back();
        let commit = held.map(|held| held.commit.clone());
        if self.held_back == commit {
            return;
        }
        if let Some(commit) = &commit {
            let environment = self.publisher.request().environment;
            let line =
                format!("{environment}: {} is held back; what was published before stays", commit.short());
            let mut err = self.context.err();
            // Nobody is left to tell when this cannot be written.
            let _ = writeln!(err, "{line}");
            if let Err(error) = self.publisher.require_newest() {
                let _ = Failure::from(error).report(self.context);
            }
        }
        self.held_back = commit;
    }
}
