//! `terrace hold`

use std::io::Write;

use clap::Args as ClapArgs;

use super::context::Context;
use super::destination::{Destination, tell};
use super::{Outcome, parse};
use crate::engine::promotion::{HoldStatus, Until};
use crate::model::{Environment, Error, Key, ValuePath, closest};
use crate::ops::{self, HoldRequest};
use crate::report::hold;
use crate::report::sanitize::clean;
use crate::secrets::shown_path;

/// Keep an environment's own value, with the reason.
#[derive(Debug, ClapArgs)]
#[command(after_help = "A promotion leaves what is held, and shows the reason. Each decision is one commit.

Examples:
  terrace hold payments limits.rate --env production --reason 'load limit of the provider'
  terrace hold payments cache --env staging --reason 'not sized yet' --until 2027-01-31
  terrace hold --list
  terrace hold --release payments limits.rate --env production

Exit codes: 0 done or nothing to do · 2 no such item or path · 4 somebody else was faster")]
pub(super) struct Args {
    /// The item
    #[arg(required_unless_present = "list")]
    key: Option<String>,
    /// What is kept, and all below it
    #[arg(required_unless_present = "list")]
    path: Option<String>,
    /// The environment that keeps its value
    #[arg(short, long, value_name = "ENVIRONMENT", required_unless_present = "list")]
    env: Option<String>,
    /// Why
    #[arg(long, value_name = "REASON", required_unless_present_any = ["list", "release"])]
    reason: Option<String>,
    /// How long: source-changes, released, or a day (YYYY-MM-DD)
    #[arg(long, value_name = "END", default_value = "released")]
    until: String,
    /// List all decisions, and whether they still count
    #[arg(long, conflicts_with_all = ["key", "path", "env", "reason", "release"])]
    list: bool,
    /// Take the decision out again
    #[arg(long, conflicts_with = "reason")]
    release: bool,
    #[command(flatten)]
    destination: Destination,
    /// With --list: text or json
    #[arg(short = 'o', long, value_name = "FORMAT", default_value = "text", hide_default_value = true, value_parser = ["text", "json"])]
    format: String,
}

pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    let workspace = context.workspace_to_change(args.list)?;
    let mut out = context.screen(&args.format);
    let (Some(key), Some(path), Some(env)) = (&args.key, &args.path, &args.env) else {
        let held = ops::held(&workspace)?;
        match args.format.as_str() {
            "json" => crate::api::hold::json(&held, &mut out)?,
            _ => hold::text(&held, &context.view(), &mut out)?,
        }
        return Ok(0);
    };
    let asked = path.clone();
    let (key, path, target) = (parse::<Key>(key)?, parse::<ValuePath>(path)?, parse::<Environment>(env)?);
    let options = args.destination.options(&workspace, context)?;
    let done = if args.release {
        ops::release(&workspace, &key, target, &path, &options)?
    } else {
        let reason = args.reason.clone().unwrap_or_default();
        if reason.trim().is_empty() {
            return Err(Error::usage("a decision needs a reason").with_help("say why with --reason").into());
        }
        let until = parse::<Until>(&args.until)?;
        ops::hold(&workspace, &HoldRequest { key: key.clone(), target, path, reason, until }, &options)?
    };
    match done {
        None => {
            writeln!(out, "nothing to do")?;
            if args.release {
                tell_near(&ops::held(&workspace)?, &format!("{key} {asked}"), context);
            }
        }
        Some((committed, path)) => {
            let (path, path_is_root) = (shown_path(&path), path.is_file());
            let what = if path_is_root { "the whole item".into() } else { clean(&path) };
            let verb = if args.release { "no longer keeps" } else { "keeps" };
            let (commit, branch) = (committed.commit.short(), &committed.branch);
            writeln!(out, "{target} {verb} {what} of {key} ({commit} on {branch})")?;
            tell(&committed, &mut *out, context)?;
        }
    }
    Ok(0)
}

/// Nothing is held there; perhaps because of a slip of the hand.
fn tell_near(held: &[HoldStatus], asked: &str, context: &Context) {
    let known: Vec<String> = held.iter().map(|held| format!("{} {}", held.key, held.decision.path)).collect();
    match closest(asked, known.iter().map(String::as_str)) {
        Some(near) => {
            context.remark(&format!("note: no decision is recorded for {asked}; did you mean {near}?"))
        }
        None => {
            context.remark(&format!("note: no decision is recorded for {asked}; see terrace hold --list"))
        }
    }
}
