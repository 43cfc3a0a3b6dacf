//! `terrace token`

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args as ClapArgs, Subcommand};

use super::context::Context;
use super::{Outcome, parse};
use crate::model::{Date, Environment, Error, Result};
use crate::ops::Workspace;
use crate::report::sanitize::clean;
use crate::server::{TokenFile, Verb};

/// Make, list and revoke the tokens of a server.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "The file holds digests, no tokens; it belongs outside the repository, and is its owner's alone.\nA server that runs reads it again when it changes.\n\nExamples:\n  terrace token create --file ~/tokens.json --name ci --email ci@example.com --env staging --allow read\n  terrace serve --tokens ~/tokens.json\n  terrace token revoke --file ~/tokens.json ci\n\nExit codes: 0 done · 2 usage, or the file cannot be used"
)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a token, and print it once
    #[command(
        after_help = "Examples:\n  terrace token create --file ~/tokens.json --name ci --email ci@example.com --env staging,production --allow read,secrets --expires 90d\n\nExit codes: 0 done · 2 usage, or the file cannot be used"
    )]
    Create(CreateArgs),
    /// List the tokens there are
    #[command(
        after_help = "Examples:\n  terrace token list --file ~/tokens.json\n\nExit codes: 0 done · 2 the file cannot be used"
    )]
    List(FileArgs),
    /// Take a token out
    #[command(
        after_help = "Examples:\n  terrace token revoke --file ~/tokens.json ci\n\nExit codes: 0 done · 2 no such token, or the file cannot be used"
    )]
    Revoke(RevokeArgs),
}

#[derive(Debug, ClapArgs)]
struct FileArgs {
    /// The file of the tokens
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
}

#[derive(Debug, ClapArgs)]
struct CreateArgs {
    #[command(flatten)]
    file: FileArgs,
    /// What it is called
    #[arg(long, value_name = "NAME")]
    name: String,
    /// The address of who it stands for
    #[arg(long, value_name = "ADDRESS")]
    email: String,
    /// The environments that it is for
    #[arg(short, long, value_name = "ENVIRONMENTS", required = true, value_delimiter = ',')]
    env: Vec<String>,
    /// What it allows: read, write, promote, secrets, metrics
    #[arg(long, value_name = "VERBS", required = true, value_delimiter = ',')]
    allow: Vec<String>,
    /// How long it counts: days, such as 90d, or its last day (YYYY-MM-DD)
    #[arg(long, value_name = "END")]
    expires: Option<String>,
}

#[derive(Debug, ClapArgs)]
struct RevokeArgs {
    #[command(flatten)]
    file: FileArgs,
    /// The token's name
    name: String,
}

pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    match &args.command {
        Command::Create(args) => create(args, context),
        Command::List(args) => list(args, context),
        Command::Revoke(args) => {
            file(&args.file.file, context)?.revoke(&args.name)?;
            context.remark(&format!("{} is revoked", args.name));
            Ok(0)
        }
    }
}

fn create(args: &CreateArgs, context: &Context) -> Outcome {
    let environments = args.env.iter().map(|name| parse::<Environment>(name)).collect::<Result<Vec<_>>>()?;
    let allow = args.allow.iter().map(|name| parse::<Verb>(name)).collect::<Result<Vec<_>>>()?;
    let expires = args.expires.as_deref().map(|end| last_day(end, context)).transpose()?;
    let file = file(&args.file.file, context)?;
    let secret = file.create(&args.name, &args.email, &environments, &allow, expires)?;
    writeln!(context.out(), "{secret}")?;
    context.remark("this is the only time it is shown");
    Ok(0)
}

fn list(args: &FileArgs, context: &Context) -> Outcome {
    let tokens = file(&args.file, context)?.read()?;
    let mut out = context.out();
    for token in tokens {
        let environments: Vec<_> = token.environments.iter().map(|env| env.name()).collect();
        let allow: Vec<_> = token.allow.iter().map(|verb| verb.name()).collect();
        let until = match token.expires {
            Some(day) if day < context.today() => format!("  ended on {day}"),
            Some(day) => format!("  until {day}"),
            None => String::new(),
        };
        let (environments, allow) = (environments.join(","), allow.join(","));
        writeln!(out, "{}  {}  {environments}  {allow}{until}", clean(&token.name), clean(&token.email))?;
    }
    Ok(0)
}

fn last_day(text: &str, context: &Context) -> Result<Date> {
    let days = text.strip_suffix('d').and_then(|days| days.parse::<u32>().ok());
    match days {
        Some(days) => Ok(Date::of(context.now() + i64::from(days) * 86_400, 0)),
        None => text.parse().map_err(|_| {
            Error::usage(format!("`{}` is no end of a token", text.escape_debug()))
                .with_help("give days, such as 90d, or the last day, such as 2027-01-31")
        }),
    }
}

/// The file of the tokens, which must not be where it could be committed.
pub(super) fn file(path: &Path, context: &Context) -> Result<TokenFile> {
    let path = context.dir().join(path);
    let folder = path.ancestors().skip(1).find(|folder| folder.is_dir()).unwrap_or(&path);
    if let Ok(workspace) = Workspace::open(folder, context.environment())
        && workspace.repository.work_tree().is_some()
    {
        return Err(Error::usage(format!(
            "{} lies in a repository, where it could be committed",
            path.display()
        ))
        .with_help("keep the tokens outside of it"));
    }
    Ok(TokenFile::at(path))
}
