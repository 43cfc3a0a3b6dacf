//! `terrace migrate` where environments are kept apart already

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;

use super::Outcome;
use super::ask::{Answer, Choice, ask};
use super::context::Context;
use super::from_here::{in_folder, named_from, quoted};
use crate::engine::migration::{UnknownWord, WordSource};
use crate::model::{Environment, Error, Help, Result};
use crate::ops::{self, PolicyWords, PreparedTakeOver, TakeOverRequest, Workspace};
use crate::report::sanitize::clean;
use crate::report::take_over;

/// What was said on how to go on.
pub(super) struct Answers {
    pub(super) dry_run: bool,
    pub(super) yes: bool,
    /// Whether nothing was named, so that it is only shown.
    pub(super) is_listing: bool,
}

pub(super) fn run(
    answers: &Answers,
    request: &TakeOverRequest,
    context: &Context,
    workspace: &Workspace,
) -> Outcome {
    let mut request = request.clone();
    let mut prepared = ops::prepare_take_over(workspace, &request)?;
    let asks = context.is_interactive() && !answers.yes && !answers.dry_run && !answers.is_listing;
    while let Some(unknown) = prepared.plan.unknown.first().filter(|_| asks) {
        if !settle_word(unknown, &mut request, context)? {
            context.remark("nothing was committed");
            return Ok(0);
        }
        prepared = ops::prepare_take_over(workspace, &request)?;
    }
    let request = &request;
    let planned = answers.dry_run || answers.is_listing;
    let mut out = context.screen("text");
    take_over::text(&prepared.plan, planned, &prepared.prefix, &context.view(), &mut out)?;
    tell_policy(&prepared, &mut out)?;
    tell_of_cut_history(context, workspace);
    ops::require_clear_take_over(&prepared, request)?;
    if prepared.plan.items.is_empty() {
        writeln!(out, "nothing to do")?;
        return Ok(0);
    }
    let counts = take_over::counts(&prepared.plan);
    let all = || command(&prepared, request, (workspace, context.dir())).join(" ");
    if answers.is_listing && !answers.dry_run {
        writeln!(out, "{counts}")?;
        return Err(Error::usage("name the files or folders to take over")
            .with_help(format!("all of these: {}", all()))
            .into());
    }
    if answers.dry_run {
        let how = if answers.is_listing {
            let words = command(&prepared, request, (workspace, context.dir()));
            context.view().command("To commit it: ", &words.iter().map(String::as_str).collect::<Vec<_>>())
        } else {
            "To commit it, run again without --dry-run.".to_owned()
        };
        writeln!(out, "{counts}\n{how}")?;
        if !request.keep_legacy {
            writeln!(
                out,
                "Charts and pipelines that name the old files: --keep-legacy keeps them until --finish."
            )?;
        }
        return Ok(0);
    }
    writeln!(out, "{counts}")?;
    if request.keep_legacy {
        writeln!(out, "The old files stay until terrace migrate --finish.")?;
    }
    out.flush()?;
    drop(out);
    if !answers.yes && ask(context, "Commit this?", &[Answer::Yes, Answer::No])? != Answer::Yes {
        context.remark("nothing was committed");
        return Ok(0);
    }
    let mut out = context.screen("text");
    let committed = ops::commit_take_over(workspace, request, &prepared, &context.commit_options()?);
    match committed.map_err(without_branch)? {
        Some(committed) => {
            let id = committed.commit.short();
            writeln!(out, "committed {id} on {}; git revert {id} undoes it", committed.branch)?;
        }
        None => writeln!(out, "nothing to do")?,
    }
    Ok(0)
}

/// What a word stands for, as somebody answers.
#[derive(Clone, Copy)]
enum Meaning {
    Environment(Environment),
    /// Its files are left alone.
    Nothing,
    Unsaid,
}

impl Choice for Meaning {
    fn words(self) -> [&'static str; 2] {
        match self {
            Self::Environment(Environment::Development) => ["d", "development"],
            Self::Environment(Environment::Staging) => ["s", "staging"],
            Self::Environment(Environment::Production) => ["p", "production"],
            Self::Nothing => ["l", "leave"],
            Self::Unsaid => ["q", "quit"],
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Environment(Environment::Development) => "[d]evelopment",
            Self::Environment(Environment::Staging) => "[s]taging",
            Self::Environment(Environment::Production) => "[p]roduction",
            Self::Nothing => "[l]eave alone",
            Self::Unsaid => "[q]uit",
        }
    }
}

/// Asks what a word stands for; false where the answer is to stop.
fn settle_word(unknown: &UnknownWord, request: &mut TakeOverRequest, context: &Context) -> Result<bool> {
    let example = unknown.files.first().map_or("", String::as_str);
    let more = match unknown.files.len() {
        0 | 1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    let question = format!("What is {} ({}{more})?", clean(&unknown.word), clean(example));
    let [development, staging, production] = Environment::ALL.map(Meaning::Environment);
    let meanings = [development, staging, production, Meaning::Nothing, Meaning::Unsaid];
    match ask(context, &question, &meanings)? {
        Meaning::Environment(environment) => {
            request.words.insert(unknown.word.clone(), environment);
        }
        Meaning::Nothing => {
            request.left.insert(unknown.word.clone());
        }
        Meaning::Unsaid => return Ok(false),
    }
    Ok(true)
}

fn tell_policy(prepared: &PreparedTakeOver, out: &mut dyn Write) -> Result<(), std::io::Error> {
    match &prepared.policy {
        PolicyWords::Unchanged => Ok(()),
        PolicyWords::Added(_) => {
            let new: Vec<&str> = prepared.plan.new_words().into_values().flatten().collect();
            writeln!(out, "terrace.toml will know the words too, in [isolation] words: {}", new.join(", "))
        }
        PolicyWords::ByHand(line) => {
            writeln!(
                out,
                "Add the words to [isolation] in terrace.toml, so that values are checked for them: {line}"
            )
        }
    }
}

/// The command that takes over what was found, all of it, for somebody who looked at it in `dir`.
pub(super) fn command(
    prepared: &PreparedTakeOver,
    request: &TakeOverRequest,
    (workspace, dir): (&Workspace, &Path),
) -> Vec<String> {
    let mut words = vec!["migrate".to_owned(), named_from(workspace, dir, "")];
    let new = prepared.plan.words.iter().filter(|word| word.source == WordSource::Given);
    let mut pairs: BTreeMap<&str, Environment> =
        new.map(|word| (word.word.as_str(), word.environment)).collect();
    pairs.extend(request.words.iter().map(|(word, environment)| (word.as_str(), *environment)));
    if !pairs.is_empty() {
        let pairs: Vec<String> =
            pairs.iter().map(|(word, environment)| format!("{word}={environment}")).collect();
        words.extend(["--environments".to_owned(), quoted(&pairs.join(","))]);
    }
    if !request.left.is_empty() {
        let left: Vec<&str> = request.left.iter().map(String::as_str).collect();
        words.extend(["--leave".to_owned(), quoted(&left.join(","))]);
    }
    if let Some(key) = &request.as_key {
        words.extend(["--as".to_owned(), key.to_string()]);
    }
    if request.folds {
        words.extend(["--base", "fold"].map(str::to_owned));
    }
    let flags = [(request.skip_invalid, "--skip-invalid"), (request.keep_legacy, "--keep-legacy")];
    words.extend(flags.into_iter().filter(|(is_said, _)| *is_said).map(|(_, flag)| flag.to_owned()));
    in_folder(dir, &words)
}

/// Says that environments seem to be kept apart by branches.
pub(super) fn tell_of_branches(context: &Context, workspace: &Workspace) -> Result<()> {
    let branches = ops::environment_branches(workspace)?;
    let environments: BTreeSet<Environment> = branches.iter().map(|(_, environment)| *environment).collect();
    if environments.len() > 1 {
        let names: Vec<&str> = branches.iter().map(|(name, _)| name.as_str()).collect();
        context.remark(&format!(
            "note: branches are named like environments ({}); taking a branch for each environment over is a \
             later step: check them out side by side, commit their files below dev/, stage/, prod/, and migrate those",
            names.join(", ")
        ));
    }
    Ok(())
}

/// Says that histories go back to where the clone ends, and no further.
pub(super) fn tell_of_cut_history(context: &Context, workspace: &Workspace) {
    if workspace.repository.is_cut_off() {
        context.remark("note: the history of this clone is cut off; fetch the rest: git fetch --unshallow");
    }
}

/// Where no branch is checked out, one has to be: there is none to name.
pub(super) fn without_branch(error: Error) -> Error {
    match &error.help {
        Some(Help::NameBranch) => {
            error.with_help("check out a branch: git switch BRANCH, or git switch -c NEW")
        }
        Some(_) | None => error,
    }
}
