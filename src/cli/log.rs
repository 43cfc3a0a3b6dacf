//! `terrace log`

use std::io::Write;

use clap::Args as ClapArgs;

use super::context::Context;
use super::{Outcome, parse};
use crate::model::{Environment, Key, ValuePath};
use crate::ops::{self, LogRequest};
use crate::report::log;
use crate::secrets::mask::Reveal;

/// Show values over time.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Follows first parents, newest first. `from staging` marks a value that staging had before: a promotion, whatever the message says.\n\nExamples:\n  terrace log\n  terrace log payments --env production -n 5\n  terrace log payments database.pool.size\n  terrace log --format json\n\nExit codes: 0 done · 2 usage or repository"
)]
pub(super) struct Args {
    /// Only this item
    key: Option<String>,
    /// Only the value at this path, and what is below it
    #[arg(value_name = "PATH")]
    value: Option<String>,
    /// Only this environment
    #[arg(short, long, value_name = "ENVIRONMENT")]
    env: Option<String>,
    /// The history of this commit instead of HEAD's
    #[arg(long, value_name = "REV")]
    at: Option<String>,
    /// At most this many commits
    #[arg(short = 'n', long = "max-count", value_name = "N")]
    most: Option<usize>,
    /// text or json
    #[arg(short = 'o', long, value_name = "FORMAT", default_value = "text", hide_default_value = true, value_parser = ["text", "json"])]
    format: String,
    /// Show secrets instead of masking them
    #[arg(long)]
    show_secrets: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    let request = LogRequest {
        key: args.key.as_deref().map(parse::<Key>).transpose()?,
        path: args.value.as_deref().map(parse::<ValuePath>).transpose()?,
        environment: args.env.as_deref().map(parse::<Environment>).transpose()?,
        at: args.at.clone(),
        most: args.most,
    };
    let commits = ops::log(&context.workspace()?, &request, Reveal::asked(args.show_secrets))?;
    let mut out = context.pages(&args.format);
    match args.format.as_str() {
        "json" => crate::api::log::json(&commits, &mut out)?,
        _ if commits.is_empty() => writeln!(out, "no commit changed a value")?,
        _ => log::text(&commits, &context.view(), &mut out)?,
    }
    Ok(0)
}
