//! The command that a watch runs: when to start and stop it, and its process group.
//!
//! [`Plan`] decides and knows no processes. [`Runner`] has the process: it is the leader of a
//! group of its own, so that what it starts ends with it. A command that itself changes what is
//! watched would start again for ever: [`RateLimit`] keeps it from doing so as fast as it can.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use super::super::signals::Signals;
use crate::api::watch::CommandStatus;
use crate::watch::Waker;

/// How long a process may take to end when it is asked to.
const GRACE: Duration = Duration::from_secs(5);
/// How often it is asked whether it has.
const ASK: Duration = Duration::from_millis(10);
/// So many starts may follow each other in so long a time.
const STARTS: (usize, Duration) = (10, Duration::from_secs(10));

/// What the process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Process {
    None,
    Running,
    Stopping,
}

/// What is to be done, or only told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Start,
    Stop,
    Tell(CommandStatus),
}

/// Decides when the command runs: on a good state only, and once for each content.
#[derive(Debug)]
struct Plan {
    restart: bool,
    process: Process,
    /// Whether the present state is good, and its content.
    state: Option<(bool, u64)>,
    /// The content that the command last started on.
    started: Option<u64>,
    told: Option<CommandStatus>,
}

impl Plan {
    const fn new(restart: bool) -> Self {
        Self { restart, process: Process::None, state: None, started: None, told: None }
    }

    /// Takes in what is said of the present state.
    const fn judged(&mut self, good: bool, content: u64) {
        self.state = Some((good, content));
        self.told = None;
    }

    /// Takes in that the process has ended, and says whether it did so by itself.
    fn ended(&mut self) -> bool {
        let by_itself = std::mem::replace(&mut self.process, Process::None) == Process::Running;
        if by_itself {
            self.told = Some(CommandStatus::Current);
        }
        by_itself
    }

    /// What is next; `None` when everything is as it should be. While `held`, nothing starts.
    fn step(&mut self, held: bool) -> Option<Step> {
        let (good, content) = self.state?;
        let is_new = self.started != Some(content);
        match (self.process, good && is_new) {
            (Process::None, true) if held => self.tell(CommandStatus::Held),
            (Process::None, true) => {
                self.process = Process::Running;
                (self.started, self.told) = (Some(content), Some(CommandStatus::Running));
                Some(Step::Start)
            }
            (Process::Running, true) if self.restart => {
                self.process = Process::Stopping;
                self.told = None;
                Some(Step::Stop)
            }
            (Process::Running, true) => self.tell(CommandStatus::Queued),
            (Process::Running, false) => {
                self.tell(if good { CommandStatus::Running } else { CommandStatus::Kept })
            }
            (Process::None, false) if good => self.tell(CommandStatus::Current),
            (Process::None | Process::Stopping, false) if !good => self.tell(CommandStatus::Withheld),
            _ => None,
        }
    }

    fn tell(&mut self, doing: CommandStatus) -> Option<Step> {
        let is_new = self.told.replace(doing) != Some(doing);
        is_new.then_some(Step::Tell(doing))
    }
}

/// The last starts.
#[derive(Debug, Default)]
struct RateLimit(VecDeque<Instant>);

impl RateLimit {
    /// Takes in a start.
    fn started(&mut self, now: Instant) {
        self.0.truncate(STARTS.0 - 1);
        self.0.push_front(now);
    }

    /// How long the next start has to wait.
    fn wait(&self, now: Instant) -> Duration {
        let earliest = self.0.get(STARTS.0 - 1);
        earliest.map_or(Duration::ZERO, |start| (*start + STARTS.1).saturating_duration_since(now))
    }
}

/// Runs the command.
pub(super) struct Runner {
    plan: Plan,
    pace: RateLimit,
    command: String,
    dir: PathBuf,
    waker: Waker,
    signals: Signals,
    starting: bool,
    group: Option<Group>,
    ended: Receiver<Option<i32>>,
    end: Sender<Option<i32>>,
}

impl Runner {
    pub(super) fn new(command: &str, dir: &Path, restart: bool, waker: Waker, signals: Signals) -> Self {
        let (end, ended) = channel();
        let (command, dir) = (command.to_owned(), dir.to_path_buf());
        Self {
            plan: Plan::new(restart),
            pace: RateLimit::default(),
            command,
            dir,
            waker,
            signals,
            starting: false,
            group: None,
            ended,
            end,
        }
    }

    /// The command as it was given.
    pub(super) fn command(&self) -> &str {
        &self.command
    }

    /// Takes in what is said of the present state.
    pub(super) const fn judged(&mut self, good: bool, content: u64) {
        self.plan.judged(good, content);
    }

    /// Does what is next, and tells it. A start is told first and done by the next call, so that
    /// what the command writes comes behind what is said of it.
    pub(super) fn step(&mut self) -> Option<(CommandStatus, Option<i32>)> {
        if std::mem::take(&mut self.starting) {
            self.start();
        }
        if let Ok(code) = self.ended.try_recv() {
            self.group = None;
            if self.plan.ended() {
                return Some((CommandStatus::Ended, code));
            }
        }
        let wait = self.pace.wait(Instant::now());
        match self.plan.step(!wait.is_zero())? {
            Step::Tell(CommandStatus::Held) => {
                let waker = self.waker.clone();
                std::thread::spawn(move || {
                    std::thread::sleep(wait);
                    waker.wake();
                });
                Some((CommandStatus::Held, None))
            }
            Step::Tell(doing) => Some((doing, None)),
            Step::Start => {
                self.pace.started(Instant::now());
                self.starting = true;
                Some((CommandStatus::Started, None))
            }
            Step::Stop => {
                if let Some(group) = self.group {
                    std::thread::spawn(move || group.stop(&|| false));
                }
                Some((CommandStatus::Stopped, None))
            }
        }
    }

    fn start(&mut self) {
        let mut command = Command::new("sh");
        command.arg("-c").arg(&self.command).current_dir(&self.dir).stdin(Stdio::null());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let (end, waker) = (self.end.clone(), self.waker.clone());
        match command.spawn() {
            Ok(child) => {
                let group = Group::of(&child);
                self.group = Some(group);
                let stopping = self.plan.restart;
                std::thread::spawn(move || {
                    let code = wait(child);
                    // With `--restart` the next one starts when the whole group has gone.
                    if stopping {
                        group.stop(&|| false);
                    }
                    let _ = end.send(code);
                    waker.wake();
                });
            }
            Err(_) => {
                // No `sh`: what a shell says of a command that it cannot find.
                let _ = end.send(Some(127));
                waker.wake();
            }
        }
    }

    /// Ends the command, at once when asked to end a second time.
    pub(super) fn end(self) {
        if let Some(group) = self.group {
            let asked = self.signals.count();
            group.stop(&|| self.signals.count() > asked.max(1));
            let _ = self.ended.recv_timeout(GRACE);
        }
    }
}

fn wait(mut child: Child) -> Option<i32> {
    child.wait().ok().as_ref().and_then(ExitStatus::code)
}

/// A process and those it has started.
#[derive(Clone, Copy, Debug)]
struct Group {
    #[cfg(unix)]
    leader: Option<rustix::process::Pid>,
}

impl Group {
    #[cfg(unix)]
    fn of(child: &Child) -> Self {
        let leader = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw);
        Self { leader }
    }

    #[cfg(not(unix))]
    fn of(_: &Child) -> Self {
        Self {}
    }

    /// Asks the whole group to end, waits, and kills what is left, at once when in a `hurry`.
    #[cfg(unix)]
    fn stop(self, hurry: &dyn Fn() -> bool) {
        use rustix::process::{Signal, kill_process_group, test_kill_process_group};
        let Some(leader) = self.leader else { return };
        let asked = Instant::now();
        if kill_process_group(leader, Signal::TERM).is_err() {
            return;
        }
        while test_kill_process_group(leader).is_ok() {
            if asked.elapsed() > GRACE || hurry() {
                let _ = kill_process_group(leader, Signal::KILL);
                return;
            }
            std::thread::sleep(ASK);
        }
    }

    #[cfg(not(unix))]
    fn stop(self, _: &dyn Fn() -> bool) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds states and ends of the process, and tells the steps behind each.
    fn steps(restart: bool, events: &[Option<(bool, u64)>]) -> Vec<Vec<Step>> {
        let mut plan = Plan::new(restart);
        let told = events.iter().map(|event| {
            match event {
                Some((good, content)) => plan.judged(*good, *content),
                None => drop(plan.ended()),
            }
            std::iter::from_fn(|| plan.step(false)).collect()
        });
        told.collect()
    }

    const GOOD: fn(u64) -> Option<(bool, u64)> = |content| Some((true, content));
    const BROKEN: Option<(bool, u64)> = Some((false, 99));

    #[test]
    fn a_long_running_command_is_started_again_after_a_good_change_only() {
        assert_eq!(
            steps(true, &[BROKEN, GOOD(1), BROKEN, GOOD(1), GOOD(2), None, None]),
            [
                vec![Step::Tell(CommandStatus::Withheld)],
                vec![Step::Start],
                vec![Step::Tell(CommandStatus::Kept)],
                vec![Step::Tell(CommandStatus::Running)],
                vec![Step::Stop],
                vec![Step::Start],
                vec![],
            ]
        );
    }

    #[test]
    fn without_restart_it_ends_first_and_runs_once_more() {
        assert_eq!(
            steps(false, &[GOOD(1), GOOD(2), GOOD(3), None, None, GOOD(3)]),
            [
                vec![Step::Start],
                vec![Step::Tell(CommandStatus::Queued)],
                vec![Step::Tell(CommandStatus::Queued)],
                vec![Step::Start],
                vec![],
                vec![Step::Tell(CommandStatus::Current)],
            ]
        );
    }

    #[test]
    fn what_waits_does_not_run_when_the_state_broke_meanwhile() {
        assert_eq!(
            steps(false, &[GOOD(1), GOOD(2), BROKEN, None, GOOD(2)]),
            [
                vec![Step::Start],
                vec![Step::Tell(CommandStatus::Queued)],
                vec![Step::Tell(CommandStatus::Kept)],
                vec![Step::Tell(CommandStatus::Withheld)],
                vec![Step::Start],
            ]
        );
        assert_eq!(steps(true, &[GOOD(1), GOOD(2), BROKEN, None])[3], []);
    }

    #[test]
    fn what_started_often_waits_and_then_starts() {
        let mut plan = Plan::new(false);
        plan.judged(true, 1);
        assert_eq!([plan.step(true), plan.step(true)], [Some(Step::Tell(CommandStatus::Held)), None]);
        assert_eq!(plan.step(false), Some(Step::Start));
        let (mut pace, begin) = (RateLimit::default(), Instant::now());
        let at = |millis| begin + Duration::from_millis(millis);
        for start in 0..10 {
            assert_eq!(pace.wait(at(start * 100)), Duration::ZERO, "start {start}");
            pace.started(at(start * 100));
        }
        assert_eq!(pace.wait(at(1_000)), Duration::from_secs(9));
        pace.started(at(10_000));
        assert_eq!(pace.wait(at(10_000)), Duration::from_millis(100));
        assert_eq!(pace.wait(at(60_000)), Duration::ZERO);
    }
}
