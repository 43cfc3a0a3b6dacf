//! Programs heard to their end, and those that may take only so long. Half of what one says is not taken
//! for all of it.

use std::io::{self, Read};
use std::process::{Child, Command, ExitStatus, Output};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// What a program wrote and how it ended.
///
/// # Errors
/// When it cannot be started, heard or waited for.
pub(super) fn output(command: &mut Command) -> io::Result<Output> {
    output_of(command.spawn()?)
}

/// The same of one that runs.
///
/// # Errors
/// When it cannot be heard or waited for.
pub(super) fn output_of(mut child: Child) -> io::Result<Output> {
    let stderr = child.stderr.take().map(read_all);
    let mut stdout = Vec::new();
    let heard = child.stdout.take().map_or(Ok(0), |mut from| from.read_to_end(&mut stdout));
    let stderr = stderr.map_or(Ok(Vec::new()), |from| from.recv().unwrap_or_else(|_| Ok(Vec::new())));
    let status = child.wait()?;
    heard?;
    Ok(Output { status, stdout, stderr: stderr? })
}

/// What a program wrote and how it ended; `None` when it had to be ended because time was up. What it
/// started itself may live on for a moment: nobody waits for that.
///
/// # Errors
/// When it cannot be started, heard or waited for.
pub(super) fn output_within(command: &mut Command, limit: Duration) -> io::Result<Option<Output>> {
    let end = Instant::now() + limit;
    let mut child = command.spawn()?;
    let stdout = child.stdout.take().map(read_all);
    let stderr = child.stderr.take().map(read_all);
    let ends = received(stdout, end).zip(received(stderr, end));
    let Some((stdout, stderr)) = ends else {
        // It may have ended by itself in this moment.
        let _ = child.kill();
        child.wait()?;
        return Ok(None);
    };
    // Who has closed both ends is about to end.
    let Some(status) = ended(&mut child, end)? else {
        let _ = child.kill();
        child.wait()?;
        return Ok(None);
    };
    Ok(Some(Output { status, stdout: stdout?, stderr: stderr? }))
}

fn read_all(mut from: impl Read + Send + 'static) -> Receiver<io::Result<Vec<u8>>> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let heard = from.read_to_end(&mut bytes);
        let _ = sender.send(heard.map(|_| bytes));
    });
    receiver
}

fn received(from: Option<Receiver<io::Result<Vec<u8>>>>, end: Instant) -> Option<io::Result<Vec<u8>>> {
    let Some(from) = from else { return Some(Ok(Vec::new())) };
    match from.recv_timeout(end.saturating_duration_since(Instant::now())) {
        Ok(heard) => Some(heard),
        Err(RecvTimeoutError::Disconnected) => Some(Ok(Vec::new())),
        Err(RecvTimeoutError::Timeout) => None,
    }
}

fn ended(child: &mut Child, end: Instant) -> io::Result<Option<ExitStatus>> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= end {
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::process::Stdio;

    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    #[test]
    fn what_ends_in_time_is_heard_in_full() {
        let mut command = shell("echo out; echo err >&2; head -c 300000 /dev/zero; exit 3");
        let output = output_within(&mut command, Duration::from_secs(60)).expect("runs").expect("in time");
        assert_eq!(output.status.code(), Some(3));
        assert_eq!((output.stdout.len(), output.stderr.as_slice()), (300_004, b"err\n".as_slice()));
    }

    #[test]
    fn what_takes_too_long_is_ended_and_its_children_are_not_waited_for() {
        for script in ["exec sleep 600", "sleep 600 & wait", "exec 1>&- 2>&-; exec sleep 600"] {
            let start = Instant::now();
            let output = output_within(&mut shell(script), Duration::from_millis(200)).expect("runs");
            assert!(output.is_none() && start.elapsed() < Duration::from_secs(60), "{script}");
        }
    }
}
