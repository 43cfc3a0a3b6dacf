//! `terrace diff`

use std::io::Write;

use clap::Args as ClapArgs;

use super::context::{Context, RevisionArgs};
use super::failure::all_read;
use super::{Failure, Outcome, keys, parse};
use crate::engine::configuration::Configuration;
use crate::model::{Environment, Error, Key};
use crate::ops::{self, At, Side, Texts, Workspace};
use crate::report::{diff, matrix};
use crate::secrets::mask::Reveal;

/// Compare two sides, or all three environments.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "A side is [REV:]ENVIRONMENT; the left is the old one. Without sides: the matrix of all environments. `REV REV`, `REV..REV` and `REV` (against the working tree): what changed in every environment.\n\nExamples:\n  terrace diff\n  terrace diff staging production payments\n  terrace diff HEAD~5:production production\n  terrace diff v1.4..HEAD\n\nExit codes: 0 no difference · 1 differences"
)]
pub(super) struct Args {
    /// Two sides or revisions and keys, or keys alone
    #[arg(value_name = "SIDE SIDE | KEY")]
    words: Vec<String>,
    #[command(flatten)]
    place: RevisionArgs,
    /// text, json, markdown or unified
    #[arg(short = 'o', long, value_name = "FORMAT", default_value = "text", hide_default_value = true, value_parser = ["text", "json", "markdown", "unified"])]
    format: String,
    /// Exit 0 even when there are differences
    #[arg(long)]
    exit_zero: bool,
    /// Show secrets instead of masking them
    #[arg(long)]
    show_secrets: bool,
}

fn is_side(word: &str) -> bool {
    let environment = word.rsplit_once(':').map_or(word, |(_, environment)| environment);
    environment.parse::<Environment>().is_ok() || (word.contains(':') && word.parse::<Key>().is_err())
}

pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    if !args.words.iter().take(2).any(|word| is_side(word)) && !args.words.is_empty() {
        let workspace = context.workspace_at(&args.place.at())?;
        if let Some(found) = revisions(args, &workspace)? {
            return Ok(u8::from(two_revisions(args, context, &workspace, found)? && !args.exit_zero));
        }
    }
    let sides = args.words.iter().take_while(|word| is_side(word)).count().min(2);
    let differs = match (sides, args.words.len()) {
        (2, _) => two_sides(args, context)?,
        (0, _) => {
            // `diff prod staging`: one of the first two words nearly is an environment.
            let first = args.words.iter().take(2);
            match first.clone().find(|word| Environment::guess(word).is_some() && !is_side(word)) {
                Some(wrong) => return Err(no_environment(wrong).into()),
                None if first.clone().any(|word| is_side(word)) => return Err(sides_first().into()),
                None => all_three(args, context)?,
            }
        }
        (_, 1) => {
            let error = Error::usage(format!("`{}` is one side; a comparison has two", args.words[0]));
            return Err(error
                .with_help("name the other as well: terrace diff staging production [KEY…]")
                .into());
        }
        _ => return Err(no_environment(&args.words[1]).into()),
    };
    Ok(u8::from(differs && !args.exit_zero))
}

/// The revisions of `REV REV`, `REV..REV` or `REV` at the head of the words, and how many words they
/// are; `None` where the words are keys.
fn revisions(args: &Args, workspace: &Workspace) -> Result<Option<([At; 2], usize)>, Error> {
    let Some(first) = args.words.first() else { return Ok(None) };
    let names = |word: &str| workspace.repository.commit(word).is_ok();
    let at = |word: &str| match word {
        "" => At::Revision("HEAD".to_owned()),
        word => At::Revision(word.to_owned()),
    };
    if let Some((old, new)) = first.split_once("..").map(|(old, new)| (old, new.trim_start_matches('.'))) {
        let unknown = [old, new].into_iter().find(|word| !word.is_empty() && !names(word));
        match unknown {
            None => return Ok(Some(([at(old), at(new)], 1))),
            Some(_) if [old, new].into_iter().all(|word| Environment::guess(word).is_some()) => {
                return Err(Error::usage(format!(
                    "`{first}` is no comparison: only revisions are joined by dots"
                ))
                .with_help(format!("for example: terrace diff {old} {new}")));
            }
            // A key may hold dots as well.
            Some(unknown) if names(old) || names(new) => {
                workspace.repository.commit(unknown)?;
            }
            Some(_) => {}
        }
    }
    // `HEAD~9` is no key, and what else it might be is a revision that is not there.
    let is_revision = |word: &&String| word.contains(['~', '^']) || word.contains("@{");
    if let Some(unknown) = args.words.iter().take(2).find(|word| is_revision(word) && !names(word)) {
        workspace.repository.commit(unknown)?;
    }
    let second = args.words.get(1).filter(|word| names(word));
    if !names(first) {
        return Ok(None);
    }
    let configuration = workspace.configuration(&args.place.at())?;
    let is_key = |word: &str| {
        word.parse::<Key>()
            .is_ok_and(|key| configuration.snapshot().keys().into_iter().any(|known| *known == key))
    };
    match second {
        _ if is_key(first) => Ok(None),
        Some(second) if !is_key(second) => Ok(Some(([at(first), at(second)], 2))),
        _ => Ok(Some(([at(first), args.place.at()], 1))),
    }
}

/// What changed between two revisions, in every environment.
fn two_revisions(
    args: &Args,
    context: &Context,
    workspace: &Workspace,
    ([old, new], words): ([At; 2], usize),
) -> Result<bool, Failure> {
    let keys = keys(args.words.get(words..).unwrap_or_default())?;
    let (left, right) = (workspace.configuration(&old)?, workspace.configuration(&new)?);
    for key in &keys {
        let is_known = |side: &Configuration| side.snapshot().keys().contains(&key);
        if !is_known(&left) && !is_known(&right) {
            right.snapshot().require_keys(std::slice::from_ref(key))?;
        }
    }
    let name = |at: &At, environment: Environment| match at {
        At::Revision(revision) => format!("{revision}:{environment}"),
        At::Here | At::Staged => environment.to_string(),
    };
    let (reveal, texts) = (Reveal::asked(args.show_secrets), Texts::of_format(&args.format));
    let (mut differs, mut out) = (false, context.pages(&args.format));
    let mut unreadable = Vec::new();
    let mut of_all = Vec::new();
    for environment in Environment::ALL {
        let side = |configuration| Side { configuration, environment };
        let has = |key: &&Key| [&left, &right].iter().any(|side| side.item(key, environment).is_some());
        let asked: Vec<Key> = keys.iter().filter(has).cloned().collect();
        if !keys.is_empty() && asked.is_empty() {
            continue;
        }
        let found = ops::diff(&side(&left), &side(&right), &asked, reveal, texts)?;
        unreadable.extend(found.unreadable);
        let unified = args.format == "unified";
        if !found.items.iter().any(|item| unified || !item.rows.is_empty()) {
            continue;
        }
        differs = true;
        let names = (name(&old, environment), name(&new, environment));
        of_all.push((environment, names, found.items));
    }
    let modes = ops::mode_changes(workspace, [&old, &new], &keys)?;
    differs |= !modes.is_empty();
    refuse_all_clear(differs, &mut unreadable, context)?;
    if args.format == "json" {
        let name = |at: &At| match at {
            At::Revision(revision) => revision.clone(),
            At::Staged => "index".to_owned(),
            At::Here => "worktree".to_owned(),
        };
        let items: Vec<_> = of_all
            .iter()
            .flat_map(|(environment, _, items)| items.iter().map(move |item| (*environment, item)))
            .collect();
        crate::api::diff::json_of_revisions(&items, &modes, &name(&old), &name(&new), &mut out)?;
    } else if !differs {
        writeln!(out, "no differences")?;
    } else {
        for (number, (_, (left, right), items)) in of_all.iter().enumerate() {
            if number > 0 {
                writeln!(out)?;
            }
            match args.format.as_str() {
                "markdown" => diff::markdown(items, left, right, &mut out)?,
                "unified" => diff::unified(items, left, right, &context.view(), &mut out)?,
                _ => diff::text(items, left, right, &context.view(), &mut out)?,
            }
        }
        if !of_all.is_empty() && !modes.is_empty() {
            writeln!(out)?;
        }
        match args.format.as_str() {
            "markdown" => diff::modes_markdown(&modes, &mut out)?,
            "unified" => diff::modes_unified(&modes, &mut out)?,
            _ => diff::modes(&modes, &mut out)?,
        }
    }
    drop(out);
    all_read(unreadable, context)?;
    Ok(differs)
}

/// Refuses to say that nothing differs where something could not be read.
fn refuse_all_clear(differs: bool, unreadable: &mut Vec<Error>, context: &Context) -> Result<(), Failure> {
    if differs { Ok(()) } else { all_read(std::mem::take(unreadable), context) }
}

fn no_environment(word: &str) -> Error {
    parse::<Environment>(word).err().unwrap_or_else(sides_first)
}

fn sides_first() -> Error {
    Error::usage("a comparison of two sides names both before the items")
        .with_help("for example: terrace diff staging production payments")
}

fn two_sides(args: &Args, context: &Context) -> Result<bool, Failure> {
    let workspace = context.workspace_at(&args.place.at())?;
    let (left, right) = (&args.words[0], &args.words[1]);
    let side = |text: &str| -> Result<_, Error> {
        let (at, environment) = Side::parse(text)?;
        Ok((if at == At::Here { args.place.at() } else { at }, environment))
    };
    let ((left_at, left_env), (right_at, right_env)) = (side(left)?, side(right)?);
    let left_configuration = workspace.configuration(&left_at)?;
    let right_configuration =
        if left_at == right_at { left_configuration.clone() } else { workspace.configuration(&right_at)? };
    let left_side = Side { configuration: &left_configuration, environment: left_env };
    let right_side = Side { configuration: &right_configuration, environment: right_env };
    let (reveal, texts) = (Reveal::asked(args.show_secrets), Texts::of_format(&args.format));
    let mut found = ops::diff(&left_side, &right_side, &keys(&args.words[2..])?, reveal, texts)?;
    let unified = args.format == "unified";
    let differs = found.items.iter().any(|item| unified || !item.rows.is_empty());
    refuse_all_clear(differs, &mut found.unreadable, context)?;
    let (items, mut out) = (&found.items, context.pages(&args.format));
    match args.format.as_str() {
        "json" => crate::api::diff::json(items, left, right, &mut out)?,
        "markdown" => diff::markdown(items, left, right, &mut out)?,
        "unified" => diff::unified(items, left, right, &context.view(), &mut out)?,
        _ => diff::text(items, left, right, &context.view(), &mut out)?,
    }
    drop(out);
    all_read(found.unreadable, context)?;
    Ok(differs)
}

fn all_three(args: &Args, context: &Context) -> Result<bool, Failure> {
    if args.format == "unified" {
        return Err(Error::usage("the matrix has no unified format")
            .with_help("name two sides: terrace diff staging production --format unified")
            .into());
    }
    let workspace = context.workspace_at(&args.place.at())?;
    let mut found =
        ops::matrix(&workspace, &args.place.at(), &keys(&args.words)?, Reveal::asked(args.show_secrets))?;
    let differs = !found.items.is_empty();
    refuse_all_clear(differs, &mut found.unreadable, context)?;
    let (items, mut out) = (&found.items, context.pages(&args.format));
    match args.format.as_str() {
        "json" => crate::api::matrix::json(items, &mut out)?,
        "markdown" => matrix::markdown(items, &mut out)?,
        _ => matrix::text(items, &context.view(), &mut out)?,
    }
    drop(out);
    all_read(found.unreadable, context)?;
    Ok(differs)
}
