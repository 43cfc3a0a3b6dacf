//! `terrace blame`

use clap::Args as ClapArgs;

use super::context::Context;
use super::{Outcome, parse};
use crate::model::{Environment, Key, ValuePath};
use crate::ops;
use crate::report::blame;
use crate::secrets::mask::Reveal;

/// Show where each value came from.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Each line names the commit that gave this environment the value and, through promotions, the one that first wrote it, with its author.\n\nExamples:\n  terrace blame payments --env production\n  terrace blame payments database --env production --format json\n\nExit codes: 0 done · 1 no such value · 2 usage or repository"
)]
pub(super) struct Args {
    /// The item
    key: String,
    /// Only this value, and what is below it
    path: Option<String>,
    /// The environment
    #[arg(short, long, value_name = "ENVIRONMENT")]
    env: String,
    /// As of this commit instead of HEAD
    #[arg(long, value_name = "REV")]
    at: Option<String>,
    /// text or json
    #[arg(short = 'o', long, value_name = "FORMAT", default_value = "text", hide_default_value = true, value_parser = ["text", "json"])]
    format: String,
    /// Show secrets instead of masking them
    #[arg(long)]
    show_secrets: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    let (key, environment) = (parse::<Key>(&args.key)?, parse::<Environment>(&args.env)?);
    let path = args.path.as_deref().map(parse::<ValuePath>).transpose()?;
    let workspace = context.workspace()?;
    let at = args.at.as_deref();
    let blames =
        ops::blame(&workspace, &key, environment, path.as_ref(), at, Reveal::asked(args.show_secrets))?;
    let mut out = context.pages(&args.format);
    match args.format.as_str() {
        "json" => crate::api::blame::json(&key, environment, &blames, &mut out)?,
        _ => blame::text(&key, environment, &blames, &context.view(), &mut out)?,
    }
    Ok(0)
}
