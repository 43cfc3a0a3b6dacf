//! `terrace schema`

use std::io::Write;

use clap::{Args as ClapArgs, Subcommand};

use super::context::{Context, RevisionArgs};
use super::failure::all_read;
use super::vscode;
use super::{Outcome, keys};
use crate::ops::{self, SchemaState};

/// Infer JSON Schemas from the items.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  terrace schema infer\n  terrace schema infer --check\n\nExit codes: those of the sub-command"
)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write `schemas/KEY.schema.json` from the values there are
    #[command(
        after_help = "A schema that a person edited is never overwritten.\n\nExamples:\n  terrace schema infer\n  terrace schema infer payments --closed\n  terrace schema infer --check      exits 1 when one is missing or stale\n\nExit codes: 0 done · 1 with --check: missing or stale · 2 usage or repository"
    )]
    Infer(InferArgs),
}

#[derive(Debug, ClapArgs)]
struct InferArgs {
    /// Only these items
    #[arg(value_name = "KEY")]
    keys: Vec<String>,
    /// Write nothing; exit 1 when a schema is missing or stale
    #[arg(long)]
    check: bool,
    /// Allow no keys but those there are
    #[arg(long)]
    closed: bool,
    #[command(flatten)]
    place: RevisionArgs,
}

pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    let Command::Infer(args) = &args.command;
    let workspace = context.workspace_to_change(args.check)?;
    let found = ops::infer(&workspace, &args.place.at(), &keys(&args.keys)?, args.closed)?;
    let inferred = found.items;
    if !args.check {
        ops::write_schemas(&workspace, &inferred)?;
    }
    let mut out = context.out();
    let mut due = 0;
    for schema in &inferred {
        let word = match (schema.state, args.check) {
            (SchemaState::New, false) => "wrote",
            (SchemaState::New, true) => "missing",
            (SchemaState::Stale, false) => "renewed",
            (SchemaState::Stale, true) => "stale",
            (SchemaState::Current, _) => "current",
            (SchemaState::TakenOver, _) => "yours",
        };
        due += usize::from(matches!(schema.state, SchemaState::New | SchemaState::Stale));
        writeln!(out, "{word:<8} {}", schema.file)?;
    }
    drop(out);
    if !args.check {
        vscode::keep(&workspace, context)?;
    }
    all_read(found.unreadable, context)?;
    if inferred.is_empty() {
        context.remark("no items yet, so there is nothing to infer from");
    }
    Ok(u8::from(args.check && due > 0))
}
