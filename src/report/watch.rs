//! What a watch shows: one screen of text that is drawn again, or one line of JSON for each turn.
//!
//! The text of a turn is the same on a terminal and on a pipe: which files changed, the findings
//! of the files at hand, and one line for the whole. [`fit`] makes it fit a terminal. Where the
//! screen is, and what is on it, somebody else knows.

use std::cmp::Reverse;
use std::fmt::Write as _;
use std::io::{self, Write};

use super::sanitize::{clean, width};
use super::text::{self, place};
use super::{Styles, Summary, View, counted};
use crate::api::watch::{CommandState, CommandStatus};
use crate::engine::verdict::{Change, ChangeKind, Verdict};

/// With more changed files, only their number is told.
const NAMED: usize = 3;

/// The text of a verdict, each line with its line feed.
#[must_use]
pub fn verdict(verdict: &Verdict, watched: &str, styles: &Styles) -> String {
    let mut out = Vec::new();
    // A Vec takes everything.
    let _ = write_verdict(verdict, watched, styles, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

fn write_verdict(verdict: &Verdict, watched: &str, styles: &Styles, out: &mut dyn Write) -> io::Result<()> {
    let Styles { faint, error, strong, .. } = styles;
    let heading = heading(verdict, watched);
    writeln!(out, "{faint}{heading}{faint:#}\n")?;
    // A small screen may not hold them all: what weighs most comes first.
    let mut findings: Vec<_> = verdict.findings().collect();
    findings.sort_by_key(|finding| Reverse(finding.severity));
    for finding in findings {
        text::finding(finding, &View { styles: *styles, ..View::default() }, out)?;
        writeln!(out)?;
    }
    match &verdict.outcome {
        Ok(report) => {
            let summary = Summary::new(report.items, report.environments.iter().copied(), &report.findings);
            let weight = if verdict.is_good() { styles.added } else { *error };
            let elsewhere = elsewhere(verdict);
            writeln!(out, "{}: {weight}{}{weight:#}{elsewhere}", summary.scope(), summary.verdict())
        }
        Err(failure) => {
            writeln!(out, "{error}error{error:#}: {strong}{}{strong:#}", clean(&failure.message))?;
            let help = failure.help.as_ref().map(ToString::to_string).unwrap_or_default();
            for line in help.lines() {
                writeln!(out, "{strong}help{strong:#}: {}", clean(line))?;
            }
            writeln!(out, "\nnothing can be judged: {error}1 error{error:#}")
        }
    }
}

fn heading(verdict: &Verdict, watched: &str) -> String {
    let branch = verdict.branch.as_ref().map(|name| format!("on {}", clean(name)));
    let branch = branch.unwrap_or_else(|| "on a detached HEAD".to_owned());
    if verdict.number == 1 {
        return format!("watching {} {branch}; Ctrl-C ends", clean(watched));
    }
    let what = match verdict.changed.as_slice() {
        [] => "another state".to_owned(),
        few if few.len() <= NAMED => few.iter().map(change).collect::<Vec<_>>().join(", "),
        many => format!("{} changed", counted(many.len(), "file")),
    };
    format!("{what} · {branch}")
}

fn change(change: &Change) -> String {
    let word = match change.change {
        ChangeKind::Added => "new",
        ChangeKind::Modified => "changed",
        ChangeKind::Removed => "removed",
    };
    format!("{word} {}", clean(&change.file))
}

/// The errors that are not shown, and where the first of them is.
fn elsewhere(verdict: &Verdict) -> String {
    let mut errors = verdict.errors_elsewhere();
    let Some(first) = errors.next() else { return String::new() };
    match errors.count() {
        0 => format!(" (not shown: the error at {})", place(first)),
        more => format!(" (not shown: the error at {}, and {more} more)", place(first)),
    }
}

/// The line that tells of the command.
#[must_use]
pub fn command(state: &CommandState<'_>, styles: &Styles) -> String {
    let Styles { faint, strong, .. } = styles;
    let name = format!("{strong}{}{strong:#}", super::sanitize::cut(state.command, 60));
    let said = match (state.doing, state.code) {
        (CommandStatus::Started | CommandStatus::Running, _) => format!("running {name}"),
        (CommandStatus::Current, _) => format!("{name} has run on this state"),
        (CommandStatus::Ended, Some(0)) => format!("{name} ended"),
        (CommandStatus::Ended, Some(code)) => format!("{name} ended with exit code {code}"),
        (CommandStatus::Ended, None) => format!("{name} was ended by a signal"),
        (CommandStatus::Stopped, _) => format!("stopping {name} to start it again"),
        (CommandStatus::Kept, _) => format!("the last good state stays in force: {name} keeps running on it"),
        (CommandStatus::Withheld, _) => {
            format!("the last good state stays in force: {name} does not run until this is mended")
        }
        (CommandStatus::Queued, _) => format!("{name} runs still; it is run once more when it has ended"),
        (CommandStatus::Held, _) => {
            format!("{name} starts again in a few seconds: started so often, it may change what is watched")
        }
    };
    format!("{faint}$ {faint:#}{said}\n")
}

/// Lines that fit a terminal of so many columns and rows: wide ones are cut, and what is too much
/// is left out before the last `tail` lines, and said.
#[must_use]
pub fn fit(text: &str, columns: usize, rows: usize, tail: usize) -> Vec<String> {
    let mut lines: Vec<String> = text.lines().map(|line| cut(line, columns)).collect();
    let rows = rows.max(tail + 2);
    if lines.len() > rows {
        let kept = rows - tail - 1;
        let more = lines.len() - kept - tail;
        let note = cut(&format!("… {more} more lines; `terrace check` shows all"), columns);
        lines.splice(kept..kept + more, [note]);
    }
    lines
}

/// A line with its colours, cut to so many columns.
fn cut(line: &str, columns: usize) -> String {
    let mut parts = Vec::new();
    let (mut rest, mut total) = (line, 0);
    while let Some(c) = rest.chars().next() {
        let escape = rest.strip_prefix("\u{1b}[").and_then(|after| after.find('m')).map(|end| end + 3);
        let length = escape.unwrap_or(c.len_utf8());
        let (part, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        let wide = if escape.is_some() { 0 } else { width(part) };
        total += wide;
        parts.push((part, wide, escape.is_some()));
        rest = after;
    }
    if total <= columns {
        return line.to_owned();
    }
    let (mut out, mut used, room) = (String::new(), 0, columns.saturating_sub(1));
    let mut is_full = false;
    for (part, wide, is_escape) in parts {
        is_full = is_full || used + wide > room;
        if is_escape || !is_full {
            out.push_str(part);
            used += wide;
        }
    }
    let _ = write!(out, "…");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_to_the_columns_and_keep_their_colours() {
        for (line, columns, expected) in [
            ("abc", 3, "abc"),
            ("abcd", 3, "ab…"),
            ("設定設定", 5, "設定…"),
            ("\u{1b}[1mabcd\u{1b}[0m", 4, "\u{1b}[1mabcd\u{1b}[0m"),
            ("\u{1b}[1mabcd\u{1b}[0m", 3, "\u{1b}[1mab\u{1b}[0m…"),
            ("", 3, ""),
            ("ab", 0, "…"),
        ] {
            assert_eq!(cut(line, columns), expected, "{line:?} in {columns}");
        }
    }

    #[test]
    fn what_is_too_much_is_left_out_before_the_end() {
        let text = "1\n2\n3\n4\n5\nsum\n";
        assert_eq!(fit(text, 80, 6, 1), ["1", "2", "3", "4", "5", "sum"]);
        let lines = fit(text, 80, 4, 1);
        assert_eq!(lines, ["1", "2", "… 3 more lines; `terrace check` shows all", "sum"]);
        assert_eq!(fit(text, 80, 0, 1).len(), 3);
    }

    proptest::proptest! {
        #[test]
        fn any_text_fits(text in "(?s).{0,200}", columns in 1_usize..40, rows in 3_usize..20) {
            let lines = fit(&clean(&text), columns, rows, 1);
            proptest::prop_assert!(lines.len() <= rows);
            for line in lines {
                proptest::prop_assert!(width(&line) <= columns, "{:?} in {}", line, columns);
            }
        }
    }
}
