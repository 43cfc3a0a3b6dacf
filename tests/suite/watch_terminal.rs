//! `watch` on a real pseudo-terminal: one calm region, drawn in place.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::support::World;

const LONG: Duration = Duration::from_secs(90);
const PAY: &str = "environments/staging/pay.yaml";

/// As much of a terminal as the region needs: lines, moves up, and what is cleared.
#[derive(Default)]
struct Terminal {
    lines: Vec<String>,
    row: usize,
    column: usize,
    colours: usize,
}

impl Terminal {
    fn feed(&mut self, text: &str) {
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            match c {
                '\n' => self.row += 1,
                '\r' => self.column = 0,
                '\u{1b}' => {
                    assert_eq!(chars.next(), Some('['));
                    let mut number = String::new();
                    let end = chars.by_ref().find(|c| {
                        if !c.is_ascii_alphabetic() {
                            number.push(*c);
                        }
                        c.is_ascii_alphabetic()
                    });
                    self.escape(end, &number);
                }
                c => {
                    while self.lines.len() <= self.row {
                        self.lines.push(String::new());
                    }
                    let line = &mut self.lines[self.row];
                    let mut cells: Vec<char> = line.chars().collect();
                    cells.resize(cells.len().max(self.column + 1), ' ');
                    cells[self.column] = c;
                    self.column += 1;
                    *line = cells.into_iter().collect();
                }
            }
        }
    }

    fn escape(&mut self, end: Option<char>, number: &str) {
        match end {
            Some('A') => self.row -= number.parse::<usize>().expect("a number"),
            Some('K') => {
                if let Some(line) = self.lines.get_mut(self.row) {
                    *line = line.chars().take(self.column).collect();
                }
            }
            Some('J') => self.lines.truncate(self.row),
            Some('m') => self.colours += 1,
            Some('h' | 'l') if number == "?2026" => {}
            other => panic!("unexpected escape {number}{other:?}"),
        }
    }

    fn text(&self) -> String {
        self.lines.join("\n")
    }
}

struct Live {
    child: Child,
    master: File,
    bytes: Receiver<Vec<u8>>,
    partial: Vec<u8>,
    terminal: Terminal,
}

impl Live {
    fn start(world: &World, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a pseudo-terminal");
        grantpt(&master).expect("granted");
        unlockpt(&master).expect("unlocked");
        let name = ptsname(&master, Vec::new()).expect("a name");
        let open = || {
            let file = OpenOptions::new().read(true).write(true).open(name.to_str().expect("text"));
            Stdio::from(file.expect("the other end"))
        };
        let mut command = world.command(env!("CARGO_BIN_EXE_terrace"));
        command.arg("watch").args(arguments).env("TERM", "xterm").envs(variables.iter().copied());
        let child = command.stdin(open()).stdout(open()).stderr(open()).spawn().expect("terrace runs");
        drop(command);
        let master = File::from(master);
        let (mut reader, (send, bytes)) = (master.try_clone().expect("a clone"), channel());
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                if send.send(buffer[..read].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self { child, master, bytes, partial: Vec::new(), terminal: Terminal::default() }
    }

    fn take(&mut self, more: &[u8]) {
        self.partial.extend(more);
        // Whole updates only: what is between their two ends nobody sees.
        let find = |bytes: &[u8], marker: &[u8]| bytes.windows(marker.len()).position(|at| at == marker);
        loop {
            let (begin, end) = (b"\x1b[?2026h", b"\x1b[?2026l");
            let until = match find(&self.partial, begin) {
                Some(0) => find(&self.partial, end).map(|at| at + end.len()),
                Some(at) => Some(at),
                None => self.partial.iter().rposition(|byte| *byte == b'\n').map(|at| at + 1),
            };
            let Some(until) = until else { return };
            let rest = self.partial.split_off(until);
            let text = String::from_utf8(std::mem::replace(&mut self.partial, rest)).expect("UTF-8");
            self.terminal.feed(&text);
        }
    }

    /// Waits until the screen has this text, and gives the whole of it.
    fn until(&mut self, text: &str) -> String {
        while !self.terminal.text().contains(text) {
            match self.bytes.recv_timeout(LONG) {
                Ok(more) => self.take(&more),
                Err(_) => panic!("no `{text}` on\n{}", self.terminal.text()),
            }
        }
        self.terminal.text()
    }

    /// Types Ctrl-C, as far as a process hears it without a controlling terminal.
    fn end(mut self) -> (Option<i32>, Terminal) {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, rustix::process::Signal::INT).expect("it is there");
        let code = self.child.wait().expect("an end").code();
        self.master.flush().expect("flushed");
        while let Ok(more) = self.bytes.recv_timeout(LONG) {
            self.take(&more);
        }
        (code, self.terminal)
    }
}

fn world() -> World {
    World::with(&[
        ("environments/development/pay.yaml", "pool: 10\n"),
        (PAY, "pool: 10\n"),
        ("environments/production/pay.yaml", "pool: 10\n"),
        ("schemas/pay.schema.json", "{\"properties\":{\"pool\":{\"maximum\":50}}}"),
    ])
}

#[test]
fn the_region_is_drawn_in_place() {
    let world = world();
    let mut live = Live::start(&world, &[], &[]);
    let first = live.until("no findings");
    assert_eq!(first, "watching environments on main; Ctrl-C ends\n\n3 items in 3 environments: no findings");
    world.write(PAY, "pool: 500\n");
    let broken = live.until("3 items in 3 environments: 1 error");
    assert!(
        broken.starts_with(&format!("changed {PAY} · on main\n\nerror[schema]: 500 is more")),
        "{broken}"
    );
    assert!(broken.contains(" 1 | pool: 500\n   |       ^^^ pool"), "{broken}");
    world.write(PAY, "pool: 20\n");
    let mended = live.until("no findings");
    assert_eq!(mended, format!("changed {PAY} · on main\n\n3 items in 3 environments: no findings"));
    world.git(&["checkout", "--quiet", "-b", "other"]);
    live.until("on other");
    let (code, terminal) = live.end();
    assert_eq!(code, Some(0));
    assert_eq!(
        terminal.text(),
        format!("changed {PAY} · on other\n\n3 items in 3 environments: no findings")
    );
    assert!(terminal.colours > 0);
}

#[test]
fn what_a_command_writes_is_not_drawn_over() {
    let world = world();
    let mut live = Live::start(&world, &["--exec", &format!("cat {PAY}")], &[("NO_COLOR", "1")]);
    live.until("pool: 10\n$ cat environments/staging/pay.yaml ended");
    world.write(PAY, "pool: 500\n");
    live.until("the last good state stays in force");
    world.write(PAY, "pool: 20\n");
    let shown = live.until("pool: 20\n$ cat environments/staging/pay.yaml ended");
    assert!(shown.contains("pool: 10\n$ cat") && !shown.contains("500 is more"), "{shown}");
    let (code, terminal) = live.end();
    assert_eq!((code, terminal.colours), (Some(0), 0), "{}", terminal.text());
}

#[test]
fn a_long_state_fits_the_screen() {
    let world = world();
    for n in 0..60 {
        world.write(&format!("environments/production/item{n}.yaml"), "a: [\n");
    }
    let mut live = Live::start(&world, &[], &[]);
    let shown = live.until("63 items in 3 environments: 60 errors");
    assert_eq!(shown.lines().count(), 23, "{shown}");
    assert!(shown.contains(" more lines; `terrace check` shows all\n63 items"), "{shown}");
    assert_eq!(live.end().0, Some(0));
}

#[test]
fn a_dumb_terminal_gets_lines() {
    let world = world();
    let mut live = Live::start(&world, &[], &[("TERM", "dumb")]);
    live.until("no findings");
    world.write(PAY, "pool: 500\n");
    let shown = live.until("1 error");
    assert!(shown.starts_with("watching"), "{shown}");
    assert_eq!(live.end().1.colours, 0);
}
