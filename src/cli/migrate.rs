//! `terrace migrate`

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use clap::{Args as ClapArgs, ValueEnum, ValueHint};

use super::ask::{Answer, ask};
use super::context::Context;
use super::from_here::{in_folder, named_from, quoted};
use super::help::say;
use super::{Outcome, parse, take_over};
use crate::model::{Environment, Error, Help, Key};
use crate::ops::{self, MigrateRequest, TakeOverRequest, Workspace};
use crate::report::migrate;
use crate::report::sanitize::clean;

/// Turn YAML, JSON, TOML, .env and .properties files into items.
///
/// Flat files become items of development. Files that keep environments apart already, by folders
/// or names, become items of their own environments.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Without SRC it lists candidates and stops.\n\nExamples:\n  terrace migrate config --dry-run\n  terrace migrate config --yes\n  terrace migrate settings.json --as billing/settings\n  terrace migrate helm --environments preprod=staging --dry-run\n  terrace migrate hosts/eu.yaml --env production\n\nExit codes: 0 done or nothing to do · 2 usage or a file that cannot be read · 3 something must be decided"
)]
pub(super) struct Args {
    /// Files or folders
    #[arg(value_name = "SRC", value_hint = ValueHint::AnyPath)]
    sources: Vec<String>,
    /// Show what would happen and stop
    #[arg(long)]
    dry_run: bool,
    /// What words of folders and files stand for, besides dev, stage, prod and the like
    #[arg(long, value_name = "WORD=ENV,…", value_delimiter = ',', value_parser = word)]
    environments: Vec<(String, Environment)>,
    /// All named files are this environment's
    #[arg(short, long, value_name = "ENV", requires = "sources", conflicts_with = "environments")]
    env: Option<String>,
    /// Leave the files of these words alone
    #[arg(long, value_name = "WORD,…", value_delimiter = ',')]
    leave: Vec<String>,
    /// What happens to values that all environments begin from
    #[arg(long, value_name = "HOW", value_enum)]
    base: Option<Base>,
    /// The key of the one file, or item, that is named
    #[arg(long = "as", value_name = "KEY")]
    as_key: Option<String>,
    /// Keep the old files for their readers; they must say the same until --finish
    #[arg(long)]
    keep_legacy: bool,
    /// End the rollout: remove the files that were kept
    #[arg(long, conflicts_with_all = ["sources", "as_key", "keep_legacy", "skip_invalid", "environments", "env", "leave", "base"])]
    finish: bool,
    /// Leave files that cannot be read instead of stopping
    #[arg(long)]
    skip_invalid: bool,
    /// Commit without asking
    #[arg(short, long)]
    yes: bool,
}

/// What happens to a base.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Base {
    /// Each item gets the values that it lacks
    Fold,
    /// It stays as it is
    Beside,
}

/// Reads `preprod=staging`.
fn word(text: &str) -> Result<(String, Environment), String> {
    let Some((word, environment)) = text.split_once('=').filter(|(word, _)| !word.is_empty()) else {
        return Err("write it as WORD=ENVIRONMENT, for example preprod=staging".to_owned());
    };
    let environment = environment.parse().map_err(|error| {
        let error = Error::from(error);
        match &error.help {
            Some(help) => format!("{}; {}", error.message, say(help)),
            None => error.message,
        }
    })?;
    Ok((word.to_lowercase(), environment))
}

impl Args {
    /// Whether something was said that only concerns environments that are apart.
    fn speaks_of_environments(&self) -> bool {
        !self.environments.is_empty() || self.env.is_some() || !self.leave.is_empty() || self.base.is_some()
    }

    /// What the words stand for.
    fn words(&self) -> Result<BTreeMap<String, Environment>, Error> {
        let mut words = BTreeMap::new();
        for (word, environment) in &self.environments {
            let before = words.insert(word.clone(), *environment);
            if let Some(before) = before.filter(|before| before != environment) {
                return Err(Error::usage(format!("`{word}` cannot be both {before} and {environment}"))
                    .with_help("say once what it stands for"));
            }
            if self.leave.iter().any(|left| left.to_lowercase() == *word) {
                return Err(Error::usage(format!("`{word}` cannot be {environment} and be left alone"))
                    .with_help("use one of --environments and --leave for it"));
            }
        }
        Ok(words)
    }

    fn take_over(&self, sources: &[String], as_key: Option<&Key>) -> Result<TakeOverRequest, Error> {
        Ok(TakeOverRequest {
            sources: sources.to_vec(),
            words: self.words()?,
            left: self.leave.iter().map(|word| word.to_lowercase()).collect(),
            one: self.env.as_deref().map(parse::<Environment>).transpose()?,
            as_key: as_key.cloned(),
            folds: self.base == Some(Base::Fold),
            skip_invalid: self.skip_invalid,
            keep_legacy: self.keep_legacy,
        })
    }
}

/// A source relative to the git root, which is where one stands in a bare repository.
fn path_in(workspace: &Workspace, context: &Context, source: &str) -> Result<String, Error> {
    if workspace.repository.work_tree().is_none() {
        let names = source.split('/').filter(|name| !matches!(*name, "" | "."));
        return Ok(names.collect::<Vec<_>>().join("/"));
    }
    workspace.repository.relative(context.dir(), Path::new(source))
}

/// Says what would do instead, from where the user stands.
fn worded(error: Error, context: &Context, workspace: &Workspace) -> Error {
    let Some(Help::TakeAs { files, environment }) = &error.help else { return error };
    let files = files.iter().map(|file| quoted(&named_from(workspace, context.dir(), file)));
    let mut words = vec!["migrate".to_owned()];
    words.extend(files);
    words.extend(["--env".to_owned(), environment.to_string()]);
    let command = in_folder(context.dir(), &words).join(" ");
    error.with_help(command)
}

pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    let workspace = context.workspace_to_change(args.dry_run)?;
    if args.finish {
        return finish(args, context, &workspace);
    }
    let mut sources = Vec::new();
    for source in &args.sources {
        if source.trim().is_empty() {
            let error = Error::usage("a source is empty; a shell variable may be unset");
            return Err(error.with_help("name files or folders; `.` is all that is here").into());
        }
        sources.push(path_in(&workspace, context, source)?);
    }
    let as_key = args.as_key.as_deref().map(parse::<Key>).transpose()?;
    let apart = args.take_over(&sources, as_key.as_ref().filter(|_| args.speaks_of_environments()))?;
    let prepared = ops::prepare_take_over(&workspace, &apart)?;
    if args.speaks_of_environments() || prepared.plan.is_apart() {
        let apart = args.take_over(&sources, as_key.as_ref())?;
        let answers = take_over::Answers {
            dry_run: args.dry_run,
            yes: args.yes,
            is_listing: args.sources.is_empty() && args.environments.is_empty(),
        };
        return take_over::run(&answers, &apart, context, &workspace);
    }
    let request =
        MigrateRequest { sources, as_key, skip_invalid: args.skip_invalid, keep_legacy: args.keep_legacy };
    let prepared = ops::prepare_migration(&workspace, &request)?;
    let listing = args.sources.is_empty();
    let view = context.view();
    let place = |key: &Key| format!("{}{}", prepared.prefix, key.file(Environment::Development));
    let planned = args.dry_run || listing;
    migrate::text(&prepared.plan, planned, &place, &view, &mut context.screen("text"))?;
    take_over::tell_of_branches(context, &workspace)?;
    take_over::tell_of_cut_history(context, &workspace);
    if listing {
        return Err(Error::usage("name the files or folders to migrate")
            .with_help("for example: terrace migrate config --dry-run")
            .into());
    }
    ops::require_clear(&prepared, &request).map_err(|error| worded(error, context, &workspace))?;
    let mut out = context.screen("text");
    if prepared.plan.items.is_empty() {
        match prepared.plan.asks.len() {
            0 => {}
            1 => writeln!(out, "1 file stays until somebody says whose it is")?,
            n => writeln!(out, "{n} files stay until somebody says whose they are")?,
        }
        writeln!(out, "nothing to do")?;
        return Ok(0);
    }
    if args.dry_run {
        writeln!(out, "{} Run again without --dry-run to commit.", migrate::counts(&prepared.plan))?;
        return Ok(0);
    }
    writeln!(out, "{}", migrate::counts(&prepared.plan))?;
    if args.keep_legacy {
        writeln!(out, "The old files stay until terrace migrate --finish.")?;
    }
    out.flush()?;
    drop(out);
    if !args.yes && ask(context, "Commit this?", &[Answer::Yes, Answer::No])? != Answer::Yes {
        context.remark("nothing was committed");
        return Ok(0);
    }
    let mut out = context.screen("text");
    let committed = ops::commit_migration(&workspace, &request, &prepared, &context.commit_options()?);
    match committed.map_err(take_over::without_branch)? {
        Some(committed) => writeln!(out, "committed {} on {}", committed.commit.short(), committed.branch)?,
        None => writeln!(out, "nothing to do")?,
    }
    Ok(0)
}

/// Removes the kept files.
fn finish(args: &Args, context: &Context, workspace: &Workspace) -> Outcome {
    let mut out = context.screen("text");
    let Some(kept) = ops::kept(workspace)? else {
        writeln!(out, "nothing to do")?;
        return Ok(0);
    };
    let verb = if args.dry_run { "would remove" } else { "remove" };
    for kept in &kept {
        let file = format!("{}{}", workspace.repository.root_prefix(), kept.file);
        writeln!(out, "{verb}   {}   (item {} of {})", clean(&file), kept.key, kept.environment)?;
    }
    if kept.is_empty() {
        writeln!(out, "{verb}   the record of files that are gone")?;
    }
    out.flush()?;
    if args.dry_run {
        return Ok(0);
    }
    if !args.yes && ask(context, "Commit this?", &[Answer::Yes, Answer::No])? != Answer::Yes {
        context.remark("nothing was committed");
        return Ok(0);
    }
    match ops::finish_migration(workspace, &context.commit_options()?).map_err(take_over::without_branch)? {
        Some(committed) => writeln!(out, "committed {} on {}", committed.commit.short(), committed.branch)?,
        None => writeln!(out, "nothing to do")?,
    }
    Ok(0)
}
