//! Questions, asked only where somebody is there to answer.

use std::io::{self, BufRead, Write};

use super::context::Context;
use crate::model::{Error, Result};

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
    // In one piece: somebody may type ahead, and what is typed appears where it falls.
    let asked = format!("{question}  {}  ", labels.join("  "));
    loop {
        let Some(line) = read_line(context, &asked)? else {
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
