//! `terrace migrate`

use std::io::Write;
use std::path::Path;

use clap::{Args as ClapArgs, ValueHint};

use super::ask::{Answer, ask};
use super::context::Context;
use super::{Outcome, parse};
use crate::model::{Environment, Error, Key};
use crate::ops::{self, MigrateRequest, Workspace};
use crate::report::migrate;
use crate::report::sanitize::clean;

/// Turn flat YAML, JSON, TOML, .env and .properties files into items of development.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Without SRC it lists candidates and stops.\n\nExamples:\n  terrace migrate config --dry-run\n  terrace migrate config --yes\n  terrace migrate settings.production.json --as settings\n\nExit codes: 0 done or nothing to do · 2 usage or a file that cannot be read · 3 something must be decided"
)]
pub(super) struct Args {
    /// Files or folders
    #[arg(value_name = "SRC", value_hint = ValueHint::AnyPath)]
    sources: Vec<String>,
    /// Show what would happen and stop
    #[arg(long)]
    dry_run: bool,
    /// The key of the one file that is named
    #[arg(long = "as", value_name = "KEY")]
    as_key: Option<String>,
    /// Keep the old files for their readers; they must say the same until --finish
    #[arg(long)]
    keep_legacy: bool,
    /// End the rollout: remove the files that were kept
    #[arg(long, conflicts_with_all = ["sources", "as_key", "keep_legacy", "skip_invalid"])]
    finish: bool,
    /// Leave files that cannot be read instead of stopping
    #[arg(long)]
    skip_invalid: bool,
    /// Commit without asking
    #[arg(short, long)]
    yes: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    let workspace = context.workspace_to_change(args.dry_run)?;
    if args.finish {
        return finish(args, context, &workspace);
    }
    let mut sources = Vec::new();
    for source in &args.sources {
        sources.push(workspace.repository.relative(context.dir(), Path::new(source))?);
    }
    let as_key = args.as_key.as_deref().map(parse::<Key>).transpose()?;
    let request =
        MigrateRequest { sources, as_key, skip_invalid: args.skip_invalid, keep_legacy: args.keep_legacy };
    let prepared = ops::prepare_migration(&workspace, &request)?;
    let listing = args.sources.is_empty();
    let view = context.view();
    let place = |key: &Key| format!("{}{}", prepared.prefix, key.file(Environment::Development));
    let planned = args.dry_run || listing;
    migrate::text(&prepared.plan, planned, &place, &view, &mut context.screen("text"))?;
    if listing {
        return Err(Error::usage("name the files or folders to migrate")
            .with_help("for example: terrace migrate config --dry-run")
            .into());
    }
    ops::require_clear(&prepared, &request)?;
    let mut out = context.out();
    if prepared.plan.items.is_empty() {
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
    let mut out = context.out();
    match ops::commit_migration(&workspace, &request, &prepared, &context.commit_options()?)? {
        Some(committed) => writeln!(out, "committed {} on {}", committed.commit.short(), committed.branch)?,
        None => writeln!(out, "nothing to do")?,
    }
    Ok(0)
}

/// Removes the kept files.
fn finish(args: &Args, context: &Context, workspace: &Workspace) -> Outcome {
    let kept = ops::kept(workspace)?;
    let mut out = context.out();
    for kept in &kept {
        let verb = if args.dry_run { "would remove" } else { "remove" };
        writeln!(out, "{verb}   {}   (item {})", clean(&kept.file), kept.key)?;
    }
    if kept.is_empty() {
        writeln!(out, "nothing to do")?;
    }
    out.flush()?;
    if kept.is_empty() || args.dry_run {
        return Ok(0);
    }
    if !args.yes && ask(context, "Commit this?", &[Answer::Yes, Answer::No])? != Answer::Yes {
        context.remark("nothing was committed");
        return Ok(0);
    }
    match ops::finish_migration(workspace, &context.commit_options()?)? {
        Some(committed) => writeln!(out, "committed {} on {}", committed.commit.short(), committed.branch)?,
        None => writeln!(out, "nothing to do")?,
    }
    Ok(0)
}
