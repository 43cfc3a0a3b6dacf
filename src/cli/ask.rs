//! Questions, asked only where somebody is there to answer.

use std::io::{self, BufRead, Write};

use super::context::Context;
use crate::model::{Error, Result};
use crate::report::Fold;
use crate::report::sanitize::width;

/// Between a question, its answers and what is typed.
const GAP: &str = "  ";
/// The same where no more fits on a line.
const BELOW: &str = "\n  ";

/// What can be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Yes,
    No,
    /// No, and it is remembered.
    Never,
    Skip,
    /// Of two sides, the source.
    Source,
    /// Of two sides, the target.
    Target,
    /// Neither side: a value that is given.
    Value,
    /// Of a conflict: leave it for now.
    Leave,
    Quit,
}

/// What can be answered to a question.
pub(super) trait Choice: Copy {
    /// What is typed for it.
    fn words(self) -> [&'static str; 2];
    /// How it is offered.
    fn label(self) -> &'static str;
}

impl Choice for Answer {
    fn words(self) -> [&'static str; 2] {
        match self {
            Self::Yes => ["y", "yes"],
            Self::No | Self::Never => ["n", "no"],
            Self::Skip => ["s", "skip"],
            Self::Source => ["o", "source"],
            Self::Target => ["t", "target"],
            Self::Value => ["v", "value"],
            Self::Leave => ["s", "skip"],
            Self::Quit => ["q", "quit"],
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Yes => "[y]es",
            Self::No => "[n]o",
            Self::Never => "[n]o, and remember",
            Self::Skip => "[s]kip for now",
            Self::Source => "s[o]urce",
            Self::Target => "[t]arget",
            Self::Value => "[v]alue",
            Self::Leave => "[s]kip",
            Self::Quit => "[q]uit",
        }
    }
}

/// Asks until one of `answers` is given. The end of the input counts as the last of them.
///
/// # Errors
/// When nobody is there to answer.
pub(super) fn ask<C: Choice>(context: &Context, question: &str, answers: &[C]) -> Result<C> {
    let Some(last) = answers.last() else {
        return Err(Error::internal(format!("`{question}` has no answer")));
    };
    if !context.is_interactive() {
        return Err(Error::usage("there is no terminal to ask on")
            .with_help("say --yes to go ahead, or --dry-run to look"));
    }
    let labels: Vec<_> = answers.iter().map(|answer| answer.label()).collect();
    let question = asked(question, &labels, context.error_view().room());
    loop {
        let Some(line) = read_answer(context, &question)? else {
            return Ok(*last);
        };
        let word = line.to_ascii_lowercase();
        if let Some(answer) = answers.iter().find(|answer| answer.words().contains(&word.as_str())) {
            return Ok(*answer);
        }
    }
}

/// Asks for a line of text, and gives it without the blanks around it; nothing at the end of the
/// input.
///
/// # Errors
/// When the input cannot be read.
pub(super) fn read_line(context: &Context, question: &str) -> Result<Option<String>> {
    read_answer(context, &asked(question, &[], context.error_view().room()))
}

/// A question and what can be answered: beside it, or below where that is wider than the terminal. An answer
/// is kept in one piece, and what is typed begins behind the last.
fn asked(question: &str, labels: &[&str], room: Option<usize>) -> String {
    let room = room.unwrap_or(usize::MAX);
    let mut folded = Vec::new();
    // Memory takes all that is written.
    let _ = writeln!(Fold::new(&mut folded, room.saturating_sub(GAP.len()).max(1)), "{question}");
    let mut asked = String::from_utf8_lossy(&folded).trim_end().to_owned();
    let mut used = asked.lines().last().map_or(0, width);
    let all: usize = labels.iter().map(|label| GAP.len() + width(label)).sum();
    let are_below = used + all + GAP.len() > room;
    for (number, label) in labels.iter().enumerate() {
        let is_beside = !(are_below && number == 0) && used + 2 * GAP.len() + width(label) <= room;
        asked.push_str(if is_beside { GAP } else { BELOW });
        asked.push_str(label);
        used = if is_beside { used } else { 0 } + GAP.len() + width(label);
    }
    asked + GAP
}

/// Asks in one piece: somebody may type ahead, and what is typed appears where it falls.
fn read_answer(context: &Context, question: &str) -> Result<Option<String>> {
    let mut err = context.err();
    let _ = err.write_all(question.as_bytes());
    let _ = err.flush();
    drop(err);
    let mut line = String::new();
    let read = io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|error| Error::usage(format!("cannot read the answer: {error}")))?;
    if read == 0 {
        // What comes next begins on a line of its own.
        let _ = writeln!(context.err());
        return Ok(None);
    }
    Ok(Some(line.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_wrapped_between_words_and_answers() {
        let labels = ["[y]es", "[n]o, and remember", "[q]uit"];
        for (question, labels, room, expected) in [
            ("Commit this?", &labels[..1], None, "Commit this?  [y]es  "),
            ("Commit this?", &labels[..], Some(60), "Commit this?  [y]es  [n]o, and remember  [q]uit  "),
            ("Commit this?", &labels, Some(30), "Commit this?\n  [y]es  [n]o, and remember\n  [q]uit  "),
            ("Why does it keep the value?", &[], Some(20), "Why does it keep\n    the value?  "),
            ("-one\n+two\nWhich one?", &labels[..1], Some(20), "-one\n+two\nWhich one?  [y]es  "),
        ] {
            assert_eq!(asked(question, labels, room), expected);
        }
    }
}
