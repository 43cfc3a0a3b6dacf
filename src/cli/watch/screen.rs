//! Where a watch is shown: a region at the end of a terminal that is drawn again in place, plain
//! lines on a pipe, or lines of JSON.
//!
//! The region is no screen of its own: what was there before stays, and the last state stays when
//! the watch ends. A command that runs writes below the region; the next state is then drawn below
//! what it wrote.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};

use dialoguer::console::Term;

use super::super::context::Context;
use crate::api::watch::{CommandState, CommandStatus};
use crate::engine::verdict::Verdict;
use crate::report::sanitize::{clean, width};
use crate::report::watch as text;
use crate::report::{Styles, View};

/// Shows the turns of a watch.
pub(super) struct Screen<'c> {
    context: &'c Context,
    json: bool,
    region: Option<Region>,
    watched: String,
    last: Option<Verdict>,
    remarks: Vec<String>,
    /// The line that tells of the command.
    command: Option<String>,
    /// Whether the command may write at any moment.
    writes: bool,
}

/// The lines at the end of a terminal that may be drawn over.
#[derive(Default)]
struct Region {
    shown: Vec<String>,
}

impl<'c> Screen<'c> {
    pub(super) fn new(context: &'c Context, json: bool, watched: String) -> Self {
        let is_dumb = std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
        let live = !json && io::stdout().is_terminal() && !is_dumb;
        let region = live.then(Region::default);
        Self { context, json, region, watched, last: None, remarks: Vec::new(), command: None, writes: false }
    }

    /// Shows a verdict.
    pub(super) fn verdict(&mut self, verdict: &Verdict) -> io::Result<()> {
        if self.json {
            return crate::api::watch::verdict_json(verdict, &mut self.context.out());
        }
        self.last = Some(verdict.clone());
        // What becomes of the command is said anew.
        self.command = None;
        if self.region.is_some() {
            return self.draw();
        }
        let View { styles, .. } = self.context.view();
        let text = text::verdict(verdict, &self.watched, &styles);
        let space = if verdict.number > 1 { "\n" } else { "" };
        self.print(&format!("{space}{text}"))
    }

    /// Shows that another branch is checked out in which nothing is different.
    pub(super) fn branch(&mut self, branch: Option<&str>) -> io::Result<()> {
        if self.json {
            return crate::api::watch::branch_json(branch, &mut self.context.out());
        }
        if let Some(last) = &mut self.last {
            last.branch = branch.map(str::to_owned);
        }
        if self.region.is_some() { self.draw() } else { Ok(()) }
    }

    /// Shows something about the watch itself.
    pub(super) fn remark(&mut self, remark: &str) -> io::Result<()> {
        if self.json {
            return crate::api::watch::remark_json(remark, &mut self.context.out());
        }
        let remark = format!("note: {}", clean(remark));
        if self.region.is_some() {
            self.remarks.push(remark);
            return self.draw();
        }
        self.print(&format!("{remark}\n"))
    }

    /// Shows what the command does.
    pub(super) fn command(
        &mut self,
        command: &str,
        doing: CommandStatus,
        code: Option<i32>,
    ) -> io::Result<()> {
        let state = CommandState { command, doing, code };
        if self.json {
            return crate::api::watch::command_json(&state, &mut self.context.out());
        }
        let line = text::command(&state, &self.context.view().styles);
        self.writes =
            !matches!(doing, CommandStatus::Ended | CommandStatus::Current | CommandStatus::Withheld);
        match &mut self.region {
            Some(region) if !region.shown.is_empty() => {
                self.command = Some(line);
                self.draw()
            }
            // It has written below the region, or may do so.
            _ => self.print(&line),
        }
    }

    fn print(&self, text: &str) -> io::Result<()> {
        let mut out = self.context.out();
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    fn draw(&mut self) -> io::Result<()> {
        let View { styles, columns, .. } = self.context.view();
        let (columns, rows) = (columns.unwrap_or(80).max(1), usize::from(Term::stdout().size().0));
        let (text, tail) = self.text(&styles);
        let lines = text::fit(&text, columns, rows.saturating_sub(1), tail);
        let Some(region) = &mut self.region else { return Ok(()) };
        let Some(drawn) = region.draw(lines, columns) else { return Ok(()) };
        // What the command writes next belongs below, and must not be drawn over.
        if self.writes {
            region.shown.clear();
        }
        self.print(&drawn)
    }

    /// The whole region, and how many lines at its end always stay.
    fn text(&self, styles: &Styles) -> (String, usize) {
        let mut text = self
            .last
            .as_ref()
            .map(|verdict| text::verdict(verdict, &self.watched, styles))
            .unwrap_or_default();
        for remark in &self.remarks {
            let _ = writeln!(text, "{remark}");
        }
        let mut tail = 1 + self.remarks.len();
        if let Some(line) = &self.command {
            text.push_str(line);
            tail += 1;
        }
        (text, tail)
    }
}

impl Region {
    /// What makes the terminal show these lines in place of those before; `None` when it does.
    fn draw(&mut self, lines: Vec<String>, columns: usize) -> Option<String> {
        if lines == self.shown {
            return None;
        }
        // A terminal that became narrower has broken the old lines.
        let height = |line: &String| width(&plain(line)).div_ceil(columns).max(1);
        let up: usize = self.shown.iter().map(height).sum();
        // One update, for terminals that know of such; each line is written over the old one and
        // cleared behind it, so that nothing is ever blank.
        let mut out = "\u{1b}[?2026h".to_owned();
        if up > 0 {
            let _ = write!(out, "\u{1b}[{up}A\r");
        }
        for line in &lines {
            let _ = writeln!(out, "{line}\u{1b}[K");
        }
        out.push_str("\u{1b}[J\u{1b}[?2026l");
        self.shown = lines;
        Some(out)
    }
}

/// A line without its colours.
fn plain(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        out.push_str(before);
        rest = after.split_once('m').map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(lines: &[&str]) -> Vec<String> {
        lines.iter().map(|line| (*line).to_owned()).collect()
    }

    #[test]
    fn a_region_is_drawn_over_and_only_when_it_is_another() {
        let mut region = Region::default();
        let first = region.draw(lines(&["a", "b"]), 80).expect("drawn");
        assert_eq!(first, "\u{1b}[?2026ha\u{1b}[K\nb\u{1b}[K\n\u{1b}[J\u{1b}[?2026l");
        assert_eq!(region.draw(lines(&["a", "b"]), 80), None);
        let next = region.draw(lines(&["c"]), 80).expect("drawn");
        assert_eq!(next, "\u{1b}[?2026h\u{1b}[2A\rc\u{1b}[K\n\u{1b}[J\u{1b}[?2026l");
    }

    #[test]
    fn a_narrower_terminal_has_broken_the_lines() {
        let mut region = Region::default();
        let _ = region.draw(lines(&["\u{1b}[1m12345678\u{1b}[0m", ""]), 8);
        let next = region.draw(lines(&["c"]), 3).expect("drawn");
        assert!(next.contains("\u{1b}[4A"), "{next:?}");
    }
}
