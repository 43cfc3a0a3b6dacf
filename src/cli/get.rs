//! `terrace get`

use std::io::{IsTerminal, Write};

use clap::Args as ClapArgs;

use super::context::{Context, RevisionArgs};
use super::{Outcome, parse};
use crate::api::items;
use crate::model::{Environment, Key, Value, ValuePath};
use crate::ops;
use crate::report::sanitize::clean_lines;
use crate::yaml::render;

/// Print an item, or one value of it.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  terrace get payments --env staging\n  terrace get payments database.pool.size --env production\n  terrace get payments 'servers[name=api].port' --env production --format json\n\nExit codes: 0 done · 1 no such item or value · 2 usage or repository"
)]
pub(super) struct Args {
    /// The item
    key: String,
    /// The value, as `database.pool.size` or `/database/pool/size`
    path: Option<String>,
    /// The environment
    #[arg(short, long, value_name = "ENVIRONMENT")]
    env: String,
    #[command(flatten)]
    place: RevisionArgs,
    /// text, json or yaml (a value as text is YAML)
    #[arg(short = 'o', long, value_name = "FORMAT", default_value = "text", hide_default_value = true, value_parser = ["text", "json", "yaml"])]
    format: String,
    /// Print a string as it is, without a line break at its end
    #[arg(long, conflicts_with = "format")]
    raw: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    let environment = parse::<Environment>(&args.env)?;
    let key = parse::<Key>(&args.key)?;
    let path = args.path.as_deref().map(parse::<ValuePath>).transpose()?;
    let at = args.place.at();
    let configuration = context.workspace_at(&at)?.configuration_of(&at, &key, environment)?;
    let view = ops::get(&configuration, &key, environment, path.as_ref())?;
    let mut out = context.out();
    if args.format == "json" {
        let at = items::At {
            key: &view.key,
            environment: view.environment,
            commit: view.commit.as_ref(),
            pointer: &view.pointer,
            path: &view.path,
        };
        items::get(&at, &view.value, &mut out)?;
        return Ok(0);
    }
    let text = match (&view.text, &view.value) {
        (Some(text), _) => text.clone(),
        (None, Value::String(text)) => text.clone(),
        (None, value) => render::block(value, 0),
    };
    let text = match (&view.text, args.raw) {
        (Some(_), _) => text,
        (None, true) if matches!(view.value, Value::String(_)) => text,
        (None, true) => text.trim_end_matches('\n').to_owned(),
        (None, false) if text.ends_with('\n') => text,
        (None, false) => text + "\n",
    };
    if std::io::stdout().is_terminal() {
        // A program gets the bytes; a screen must not obey them.
        out.write_all(clean_lines(&text).as_bytes())?;
    } else {
        out.write_all(text.as_bytes())?;
    }
    Ok(0)
}
