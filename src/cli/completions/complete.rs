//! The hidden `terrace complete`: the words of a command line in, what the last can become out.
//!
//! It never fails: whoever presses a key at a prompt wants no error there.

use std::ffi::OsString;
use std::io::Write;
use std::sync::Arc;

use clap::{Args as ClapArgs, CommandFactory, ValueEnum};
use clap_complete::engine::complete;

use super::super::context::Context;
use super::super::{Cli, Outcome};
use crate::cli::completions::candidates::{self, Scene};
use crate::cli::completions::shell_words::{Line, Place};
use crate::engine::candidates::Candidate;
use crate::report::sanitize::{clean, cut};

/// Answer the scripts of `terrace completions`.
#[derive(Debug, ClapArgs)]
pub(in super::super) struct Args {
    /// The shell that asks
    shell: Asking,
    /// bash: the line up to the cursor, and the text that will be replaced; else the words
    #[arg(last = true)]
    words: Vec<OsString>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Asking {
    Bash,
    Zsh,
    Fish,
}

pub(in super::super) fn run(args: &Args, context: &Context) -> Outcome {
    let words: Vec<String> = args.words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let mut out = context.out();
    match (args.shell, words.as_slice()) {
        (Asking::Bash, [line, text]) => {
            let place = Place::new(line, text);
            let found = candidates(Line::read(line).words);
            let written: Vec<String> = found.iter().filter_map(|c| place.write(&c.text)).collect();
            if found.iter().any(|candidate| candidate.goes_on) {
                writeln!(out, "nospace")?;
            }
            for word in written {
                writeln!(out, "={word}")?;
            }
        }
        (Asking::Bash, _) => {}
        (Asking::Zsh, words) => {
            for Candidate { text, note, goes_on } in candidates(words.to_vec()) {
                let end = if goes_on { "nospace" } else { "space" };
                writeln!(out, "{end}\t{text}\t{note}")?;
            }
        }
        (Asking::Fish, words) => {
            // The word at the cursor comes as it was typed, quotes and all.
            let mut words = words.to_vec();
            if let Some(last) = words.last_mut() {
                *last = Line::read(last).words.concat();
            }
            for Candidate { text, note, .. } in candidates(words) {
                writeln!(out, "{text}\t{note}")?;
            }
        }
    }
    Ok(0)
}

/// What the last of the words can become.
fn candidates(words: Vec<String>) -> Vec<Candidate> {
    let Some((last, before)) = words.split_last() else { return Vec::new() };
    let scene = Arc::new(Scene::read(before));
    let mut command = Cli::command();
    command.build();
    let mut command = candidates::attach(command, &scene);
    let index = words.len() - 1;
    let words_of_the_system = words.iter().map(OsString::from).collect();
    let found = complete(&mut command, words_of_the_system, index, None).unwrap_or_default();
    let mut found: Vec<Candidate> = found
        .into_iter()
        .filter_map(|candidate| {
            let text = candidate.get_value().to_str()?.to_owned();
            let note = candidate.get_help().map(ToString::to_string).unwrap_or_default();
            let note = cut(note.lines().next().unwrap_or_default(), 60).into_owned();
            // A mark of our own says that the word goes on; a folder says so by its slash.
            let marked = candidate.get_id().is_some_and(|id| id.starts_with(candidates::GOES_ON));
            let goes_on = marked || text.ends_with(['/', '=']);
            Some(Candidate { text, note, goes_on })
        })
        .filter(|candidate| clean(&candidate.text) == candidate.text)
        .collect();
    // Options are offered when they are asked for, or nothing else is left to say.
    let is_option = |candidate: &Candidate| candidate.text.starts_with('-');
    if !last.starts_with('-') {
        found.retain(|candidate| candidate.text.len() != 2 || !is_option(candidate));
        if found.iter().any(|candidate| !is_option(candidate)) {
            found.retain(|candidate| !is_option(candidate));
        }
    }
    found
}
