//! What a reader of text sees: colours and room.

use super::apart::cut_apart;
use super::cell::broken;
use super::changed::changed;
use super::sanitize;
use super::style::Styles;
use crate::model::{CommitInfo, Value};
use crate::secrets::mask::Shown;

/// The most columns of a commit's subject.
const SUBJECT: usize = 60;

/// The most names that stand in a row unless everything is asked for.
const NAMES: usize = 5;

/// Colours, and how wide a value may be.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// The colours; plain on a pipe.
    pub styles: Styles,
    /// The columns of the terminal; `None` on a pipe.
    pub columns: Option<usize>,
    /// Whether everything is listed, however long.
    pub verbose: bool,
}

impl View {
    /// How wide a line may be; without limit on a pipe.
    #[must_use]
    pub fn room(&self) -> Option<usize> {
        self.columns.filter(|columns| *columns > 0)
    }

    /// A whole name at the head of what follows, and `rest`: behind it, or below where there is no room.
    #[must_use]
    pub fn head(&self, name: &str, rest: &str) -> String {
        let (strong, name) = (self.styles.strong, sanitize::clean(name));
        let room = self.room().unwrap_or(usize::MAX);
        if sanitize::width(&name) + 3 + sanitize::width(rest) <= room {
            return format!("{strong}{name}{strong:#}   {rest}");
        }
        let lines = broken(&name, room, room.saturating_sub(4));
        let lines: Vec<_> = lines.into_iter().map(|line| format!("{strong}{line}{strong:#}")).collect();
        format!("{}\n  {rest}", lines.join("\n    "))
    }

    /// Names in a row: as many as a line takes, and how many more there are.
    #[must_use]
    pub fn names(&self, names: &[&str]) -> String {
        let most = if self.verbose { names.len() } else { NAMES };
        let mut shown: Vec<String> =
            names.iter().take(most).map(|name| sanitize::clean(name).into()).collect();
        if names.len() > most {
            shown.push(format!("… {} more (-v lists them)", names.len() - most));
        }
        shown.join(", ")
    }

    /// A commit's id and subject, and who made it when: behind them, or below where there is no room.
    #[must_use]
    pub fn commit(&self, commit: &CommitInfo) -> String {
        let (frame, faint) = (self.styles.frame, self.styles.faint);
        let who = format!("{}, {}", sanitize::cut(&commit.author, 24), commit.date());
        let (id, indent) = (commit.id.short(), " ".repeat(9));
        let room = self.room().map_or(usize::MAX, |room| room.saturating_sub(9).max(12));
        let subject = sanitize::cut_end(&commit.subject, room.min(SUBJECT));
        let beside = sanitize::width(&subject) + 3 + sanitize::width(&who) <= room;
        let between = if beside { "   ".to_owned() } else { format!("\n{indent}") };
        format!("{frame}{id}{frame:#}  {subject}{between}{faint}{who}{faint:#}")
    }

    /// A command to copy: where it is too wide for a line, a shell takes up the next as well. No word is
    /// broken, however wide.
    #[must_use]
    pub fn command(&self, before: &str, words: &[&str]) -> String {
        let room = self.room().unwrap_or(usize::MAX);
        let (mut out, mut used) = (before.to_owned(), sanitize::width(before));
        for (number, word) in words.iter().enumerate() {
            let wide = sanitize::width(word);
            let last = number + 1 == words.len();
            if number > 0 && used + 1 + wide + if last { 0 } else { 2 } > room {
                out.push_str(" \\\n   ");
                used = 3;
            }
            if number > 0 {
                out.push(' ');
                used += 1;
            }
            out.push_str(word);
            used += wide;
        }
        out
    }

    /// A value on one line, cut in the middle when it is too wide.
    #[must_use]
    pub fn value(&self, value: &Shown) -> String {
        sanitize::cut(&value_text(value), self.side()).into_owned()
    }

    /// Two values of one sentence, so that they can be told from one another.
    #[must_use]
    pub(super) fn sides(&self, values: [Option<&Shown>; 2]) -> [String; 2] {
        let text = |value: Option<&Shown>| value.map_or_else(|| "nothing".to_owned(), value_text);
        let [one, other] = values.map(text);
        cut_apart([&one, &other], [self.side(), self.side()])
    }

    /// How wide a value in a sentence may be.
    fn side(&self) -> usize {
        if self.verbose {
            return usize::MAX;
        }
        self.room().map_or(72, |columns| (columns / 3).clamp(16, 60))
    }

    /// A change of value: `old → new`, how many lines or elements differ, or the one there is.
    #[must_use]
    pub fn change(&self, old: Option<&Shown>, new: Option<&Shown>) -> String {
        match (old, new) {
            (Some(old), Some(new)) => changed(old.shown(), new.shown()).unwrap_or_else(|| {
                let side = self.side();
                cut_apart([&value_text(old), &value_text(new)], [side, side]).join(" → ")
            }),
            (Some(value), None) | (None, Some(value)) => self.value(value),
            (None, None) => String::new(),
        }
    }
}

/// A value on one line.
pub(super) fn value_text(value: &Shown) -> String {
    match value.shown() {
        Value::String(text) if text.contains('\n') => {
            format!("{:?}", text.lines().next().unwrap_or_default()) + " …"
        }
        other => other.to_string(),
    }
}
