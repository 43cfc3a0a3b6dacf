//! `terrace list`

use clap::Args as ClapArgs;

use super::context::{Context, RevisionArgs};
use super::{Asked, Outcome, parse};
use crate::api::items;
use crate::model::Environment;
use crate::ops;
use crate::report::list;

/// List the items and the environments that have them.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  terrace list\n  terrace list 'billing/*'\n  terrace list --env production --at v1.4\n\nExit codes: 0 done · 2 usage or repository"
)]
pub(super) struct Args {
    /// Only these items; globs as well
    #[arg(value_name = "KEY")]
    keys: Vec<String>,
    /// Only items of this environment
    #[arg(short, long, value_name = "ENVIRONMENT")]
    env: Option<String>,
    #[command(flatten)]
    place: RevisionArgs,
    /// text or json
    #[arg(short = 'o', long, value_name = "FORMAT", default_value = "text", hide_default_value = true, value_parser = ["text", "json"])]
    format: String,
}

pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    let environment = args.env.as_deref().map(parse::<Environment>).transpose()?;
    let at = args.place.at();
    let configuration = context.workspace_at(&at)?.configuration(&at)?;
    let snapshot = configuration.snapshot();
    match environment {
        Some(environment) => snapshot.require_environment(environment)?,
        None => snapshot.require_environments()?,
    }
    let asked = Asked::read(&args.keys)?;
    asked.require(snapshot)?;
    let mut keys = ops::list(snapshot, environment);
    keys.retain(|key, _| asked.is_match(key));
    let mut out = context.screen(&args.format);
    if args.format == "json" {
        items::list(keys.iter().map(|(key, environments)| (key, environments.as_slice())), &mut out)?;
        return Ok(0);
    }
    list::text(&keys, &context.view(), &mut out)?;
    for help in Environment::ALL.into_iter().filter_map(|environment| snapshot.rename_folder(environment)) {
        context.remark(&format!("note: {help}"));
    }
    let hidden =
        Environment::ALL.into_iter().filter_map(|environment| snapshot.require_whole(environment).err());
    if !keys.is_empty() {
        hidden.for_each(|hidden| context.remark(&format!("note: {}", hidden.message)));
    }
    if let Some(environment) =
        environment.filter(|_| keys.is_empty() && args.keys.is_empty() && snapshot.items().next().is_some())
    {
        context.remark(&format!("{environment} has no items"));
    } else if keys.is_empty() && args.keys.is_empty() {
        // What is hidden is no reason to begin.
        Environment::ALL.into_iter().try_for_each(|environment| snapshot.require_whole(environment))?;
        context
            .remark("no items yet; put YAML files into environments/development/, or run `terrace migrate`");
    }
    Ok(0)
}
