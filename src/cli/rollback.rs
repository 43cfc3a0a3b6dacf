//! `terrace rollback`

use std::collections::BTreeMap;
use std::io::Write;

use clap::Args as ClapArgs;

use super::ask::{Answer, ask};
use super::context::Context;
use super::destination::{Destination, tell};
use super::kept_files::tell_of_kept;
use super::{Outcome, keys, parse};
use crate::model::{Environment, Result, ValuePath};
use crate::ops::{self, PreparedRollback, RollbackRequest, RollbackTarget};
use crate::report::{counted, rollback};
use crate::secrets::mask::Reveal;

/// Take back what a promotion changed, or restore older values.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Without --to and --promotion, what each item's last promotion changed goes back, path by path. It is a new commit; the next promotion leaves it alone until the source moves on.

Examples:
  terrace rollback payments --env production
  terrace rollback payments --env production --only limits.rate --yes
  terrace rollback payments --env production --promotion a1b2c3d --dry-run
  terrace rollback payments --env development --to HEAD~3

Exit codes: 0 done or nothing to do · 3 changed since, or refused by a rule · 4 somebody else was faster"
)]
pub(super) struct Args {
    /// The items
    #[arg(value_name = "KEY", required = true)]
    keys: Vec<String>,
    /// The environment
    #[arg(short, long, value_name = "ENVIRONMENT")]
    env: String,
    /// Restore the values of this revision
    #[arg(long, value_name = "REV", conflicts_with = "promotion")]
    to: Option<String>,
    /// Take back this promotion instead of the last
    #[arg(long, value_name = "COMMIT")]
    promotion: Option<String>,
    /// Only this path, and what is below it
    #[arg(long, value_name = "PATH")]
    only: Vec<String>,
    /// Accept errors that the older values bring
    #[arg(long)]
    force: bool,
    /// Delete an item that the promotion created
    #[arg(long)]
    delete: bool,
    /// Show what would be done and stop; exits as the real run would
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    destination: Destination,
    /// Commit without asking
    #[arg(short, long)]
    yes: bool,
    /// Show secrets instead of masking them
    #[arg(long)]
    show_secrets: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    let workspace = context.workspace_to_change(args.dry_run)?;
    let back = match (&args.to, &args.promotion) {
        (Some(revision), _) => RollbackTarget::Revision(revision.clone()),
        (None, Some(commit)) => RollbackTarget::Promotion(commit.clone()),
        (None, None) => RollbackTarget::LastPromotion,
    };
    let request = RollbackRequest {
        keys: keys(&args.keys)?,
        environment: parse::<Environment>(&args.env)?,
        back,
        only: args.only.iter().map(|path| parse::<ValuePath>(path)).collect::<Result<_>>()?,
        force: args.force,
        delete: args.delete,
        expected: BTreeMap::new(),
        subject: None,
    };
    let options = args.destination.options(&workspace, context)?;
    let planner = match args.dry_run {
        true => workspace.planner_of(None, &request.keys)?,
        false => workspace.planner_to_commit(&options, &request.keys)?,
    };
    args.destination.tell_start(&planner.head.id, &workspace, context);
    let prepared = ops::prepare_rollback(&workspace, &planner, &request)?;
    let mask = planner.configuration.mask(Reveal::asked(args.show_secrets));
    let mut out = context.screen("text");
    let before = args.to.is_none();
    for item in &prepared.items {
        rollback::text(&item.masked(&mask), request.environment, before, &context.view(), &mut out)?;
    }
    out.flush()?;
    tell_refused(&prepared, args.force, context);
    prepared.require_decided(args.force)?;
    if args.dry_run {
        let sum = counted(prepared.changes(), "change");
        let said = if prepared.is_empty() { "nothing to do".to_owned() } else { format!("{sum} to commit") };
        writeln!(out, "{said}")?;
        return Ok(0);
    }
    if !args.yes && !prepared.is_empty() {
        let question = format!("Commit {}?", counted(prepared.changes(), "change"));
        if ask(context, &question, &[Answer::Yes, Answer::No])? != Answer::Yes {
            context.remark("nothing was committed");
            return Ok(0);
        }
    }
    match ops::commit_rollback(&workspace, &request, &prepared, &options)? {
        Some(committed) => {
            if committed.is_new {
                writeln!(out, "committed {} on {}", committed.commit.short(), committed.branch)?;
            }
            tell(&committed, &mut *out, context)?;
            let items = (request.keys.as_slice(), request.environment);
            tell_of_kept(Some(&committed), items, (&workspace, context))?;
        }
        None => writeln!(out, "nothing to do")?,
    }
    Ok(0)
}

/// Names every error that the older values bring.
fn tell_refused(prepared: &PreparedRollback, force: bool, context: &Context) {
    let word = if force { "accepted" } else { "brings" };
    for finding in &prepared.refused {
        let line = finding.location.map_or(String::new(), |at| format!(":{}", at.start.line));
        context.remark(&format!("{word}: {} {}{line}: {}", finding.rule, finding.file, finding.message));
    }
}
