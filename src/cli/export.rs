//! `terrace export`

use std::io::{IsTerminal, Write};

use clap::Args as ClapArgs;

use super::context::{Context, RevisionArgs};
use super::{Outcome, keys, parse};
use crate::formats::write::{Format, NameCase, NameStyle};
use crate::model::{Environment, Error};
use crate::ops::{self, ExportRequest};
use crate::report::sanitize::clean;

/// Write an environment's configuration for a process or a tool.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Names: database.pool.size is DATABASE_POOL_SIZE, or database.pool.size in properties;\nwith `--names keep --separator .` it is that in flat-json too; hosts[0] is HOSTS_0 or hosts[0]. Unless exactly one KEY is given, names begin with the\nitem's key, and json, yaml and toml map keys to values. Null, {} and [] are empty text.\n\nExamples:\n  terrace export payments --env production --format json\n  eval \"$(terrace export payments --env staging --format shell)\"\n  docker run --env-file <(terrace export payments --env staging --format env-file) …\n  terrace export --env production --format configmap | kubectl apply -f -\n\nExit codes: 0 done · 1 no such item · 2 usage or repository"
)]
pub(super) struct Args {
    /// The items; all of the environment's without
    #[arg(value_name = "KEY")]
    keys: Vec<String>,
    #[command(flatten)]
    from: Origin,
    /// dotenv, env-file, shell, json, flat-json, yaml, toml, properties, configmap or secret
    #[arg(short = 'o', long, value_name = "FORMAT")]
    format: String,
}

/// Whose values are meant, and how they are named.
#[derive(Debug, ClapArgs)]
pub(super) struct Origin {
    /// The environment; nothing is ever taken from another one
    #[arg(short, long, value_name = "ENVIRONMENT")]
    env: String,
    /// Put PREFIX before every name, as it is
    #[arg(long, value_name = "PREFIX", default_value = "", hide_default_value = true)]
    prefix: String,
    /// The letters of names: upper, or keep for those of the path
    #[arg(long, value_name = "CASE", default_value = "upper", hide_default_value = true, value_parser = ["upper", "keep"])]
    names: String,
    /// What stands between the steps of a path in a name
    #[arg(long, value_name = "SEPARATOR", default_value = "_")]
    separator: String,
    #[command(flatten)]
    place: RevisionArgs,
}

impl Origin {
    pub(super) fn request(&self, words: &[String]) -> Result<ExportRequest, Error> {
        let environment = parse::<Environment>(&self.env)?;
        let case = if self.names == "keep" { NameCase::Keep } else { NameCase::Upper };
        let names = NameStyle { case, separator: self.separator.clone() };
        Ok(ExportRequest { environment, keys: keys(words)?, prefix: self.prefix.clone(), names })
    }

    pub(super) fn place(&self) -> &RevisionArgs {
        &self.place
    }
}

pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    let format = parse::<Format>(&args.format).map_err(|error| match args.format.contains(['.', '/']) {
        true => error.with_help("-o names the format; the shell writes a file: -o json > FILE"),
        false => error,
    })?;
    let request = args.from.request(&args.keys)?;
    let at = args.from.place().at();
    let exported = ops::export_at(&context.workspace_at(&at)?, &at, &request, format)?;
    for note in &exported.notes {
        context.remark(note);
    }
    let mut out = context.out();
    if std::io::stdout().is_terminal() {
        // A program gets the bytes; a screen must not obey them.
        for line in exported.text.split_inclusive('\n') {
            writeln!(out, "{}", clean(line.trim_end_matches('\n')))?;
        }
    } else {
        out.write_all(exported.text.as_bytes())?;
    }
    Ok(0)
}
