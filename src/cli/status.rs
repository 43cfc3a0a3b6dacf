//! `terrace status`

use std::io::Write;

use clap::Args as ClapArgs;

use super::context::Context;
use super::{Asked, Outcome, parse};
use crate::api::plan as plan_json;
use crate::engine::promotion::{ItemState, Resolution};
use crate::model::{Environment, Error, Hop};
use crate::ops::{self, At};
use crate::report::{status, words_note};
use crate::secrets::mask::{Reveal, Shown};

/// Show what waits, what stops and what is behind.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  terrace status\n  terrace status payments --at v1.4\n  terrace status 'billing/*' --to production\n  terrace status --exit-code      exits 1 when something waits\n\nExit codes: 0 done · 1 with --exit-code: something waits · 2 usage or repository"
)]
pub(super) struct Args {
    /// Only these items; globs as well
    #[arg(value_name = "KEY")]
    keys: Vec<String>,
    /// Only the promotions into this environment
    #[arg(long, value_name = "ENVIRONMENT")]
    to: Option<String>,
    /// Judge this commit instead of HEAD
    #[arg(long, value_name = "REV")]
    at: Option<String>,
    /// text, json or markdown
    #[arg(short = 'o', long, value_name = "FORMAT", default_value = "text", hide_default_value = true, value_parser = ["text", "json", "markdown"])]
    format: String,
    /// Exit 1 when something waits for a promotion or a person
    #[arg(long)]
    exit_code: bool,
    /// Show secrets instead of masking them
    #[arg(long)]
    show_secrets: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    let workspace = context.workspace()?;
    let asked = Asked::read(&args.keys)?;
    let target = args.to.as_deref().map(parse::<Environment>).transpose()?;
    if target.is_some_and(|target| Hop::into_target(target).is_none()) {
        return Err(Error::usage("nothing is promoted to development")
            .with_help("name staging or production, or leave --to out")
            .into());
    }
    let reveal = Reveal::asked(args.show_secrets);
    let mut report = ops::status(&workspace, asked.looked_at(), args.at.as_deref(), reveal)?;
    if asked.has_globs() {
        let at = At::Revision(args.at.clone().unwrap_or_else(|| "HEAD".to_owned()));
        asked.require(workspace.configuration(&at)?.snapshot())?;
    }
    report.hops.retain(|hop| target.is_none_or(|target| hop.hop.target() == target));
    for hop in &mut report.hops {
        hop.items.retain(|(key, _)| asked.is_match(key));
    }
    let mut out = context.screen(&args.format);
    match args.format.as_str() {
        "json" => plan_json::json(&report.hops, &mut out)?,
        "markdown" => status::markdown(&report.hops, &mut out)?,
        _ => status::text(&report.hops, &report.hidden, &context.view(), &mut out)?,
    }
    out.flush()?;
    if args.format != "text" {
        report.hidden.iter().for_each(|hidden| context.remark(&format!("note: {hidden}")));
    }
    for file in &report.uncommitted {
        context.remark(&format!("note: {file} has changes that are not committed; they are not in this"));
    }
    let states = || report.hops.iter().flat_map(|hop| &hop.items).map(|(_, state)| state);
    let is_cut = |state: &ItemState<Shown>| match state {
        ItemState::Differs(plan) => plan.lines.iter().any(|line| line.resolution == Resolution::Unknown),
        ItemState::OnlyInSource
        | ItemState::Deleted
        | ItemState::Renamed(_)
        | ItemState::Encrypted(_)
        | ItemState::Unreadable(_) => false,
    };
    if states().any(is_cut) {
        context.remark("note: the history of this clone is cut off; fetch the rest: git fetch --unshallow");
    }
    if let Some(commit) = &report.begins_at_move {
        let (on, id) = (commit.date(), commit.id.short());
        context.remark(&format!(
            "note: history begins at the move on {on} ({id}): several files may have been the same item before"
        ));
    }
    let is_absent = |state: &ItemState<Shown>| matches!(state, ItemState::OnlyInSource);
    let bare = report.hops.iter().filter(|hop| hop.items.iter().all(|(_, state)| is_absent(state)));
    for hop in bare.filter(|hop| !hop.items.is_empty()) {
        let at = At::Revision(args.at.clone().unwrap_or_else(|| "HEAD".to_owned()));
        if let Some(help) = workspace.configuration(&at)?.snapshot().rename_folder(hop.hop.target()) {
            context.remark(&format!("note: {help}"));
        }
    }
    if let Some(note) = words_note(&report.words) {
        context.remark(&note);
    }
    let waits = |state: &ItemState<Shown>| match state {
        ItemState::Differs(plan) => status::is_waiting(plan),
        ItemState::OnlyInSource | ItemState::Deleted | ItemState::Renamed(_) | ItemState::Encrypted(_) => {
            false
        }
        ItemState::Unreadable(_) => true,
    };
    let waiting = states().any(waits) || !report.hidden.is_empty();
    Ok(u8::from(args.exit_code && waiting))
}
