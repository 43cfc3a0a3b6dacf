//! A pager for what is long, as git has one: `TERRACE_PAGER`, else `PAGER`, else `less`.

use std::io::{self, Write};
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::store::ProcessEnvironment;

/// A pager that runs; what is written goes to it, and it is waited for at the end.
#[derive(Debug)]
pub(super) struct Pager {
    child: Child,
    input: Option<ChildStdin>,
}

impl Pager {
    /// Starts the pager that the process environment names; none where it names none, or `cat`, where
    /// the terminal cannot page, and where it does not start.
    pub(super) fn start(environment: &ProcessEnvironment) -> Option<Self> {
        let named = |name: &str| environment.given(name).map(|value| value.to_string_lossy().into_owned());
        if named("TERM").is_none_or(|term| term.is_empty() || term == "dumb") {
            return None;
        }
        let pager = named("TERRACE_PAGER").or_else(|| named("PAGER")).unwrap_or_else(|| "less".to_owned());
        if pager.trim().is_empty() || pager.trim() == "cat" {
            return None;
        }
        let is_one_word = !pager.contains(|c: char| c.is_whitespace() || "\"'$\\;&|<>".contains(c));
        let mut command = if is_one_word {
            Command::new(&pager)
        } else {
            let mut shell = Command::new("sh");
            shell.args(["-c", &pager]);
            shell
        };
        // As git has them: leave when it fits, show colours, and leave the screen as it is.
        for (name, value) in [("LESS", "FRX"), ("LESSCHARSET", "utf-8"), ("LV", "-c")] {
            if named(name).is_none() {
                command.env(name, value);
            }
        }
        let mut child = command.stdin(Stdio::piped()).spawn().ok()?;
        let input = child.stdin.take();
        ignore_interrupts();
        Some(Self { child, input })
    }
}

impl Write for Pager {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.input.as_mut().map_or(Err(io::ErrorKind::BrokenPipe.into()), |input| input.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.input.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for Pager {
    fn drop(&mut self) {
        self.input = None;
        // How it ended is its reader's business.
        let _ = self.child.wait();
    }
}

/// The pager decides what an interrupt means while it has the terminal.
fn ignore_interrupts() {
    #[cfg(unix)]
    let _ = signal_hook::flag::register(signal_hook::consts::SIGINT, std::sync::Arc::default());
}
