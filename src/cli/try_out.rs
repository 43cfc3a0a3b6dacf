//! `terrace try`

use std::io::Write;
use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueHint};

use super::Outcome;
use super::context::Context;
use super::from_here::in_folder;
use super::help::word_findings;
use super::identity::moment_now;
use super::take_over::{command, tell_of_branches, tell_of_cut_history};
use crate::model::Severity;
use crate::ops::{self, TakeOverRequest, TrialResult};
use crate::report::{self, Summary, status, take_over};

/// Show what taking a repository over would give, without changing anything.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "It reads HEAD, and judges what would be there in a temporary folder: what becomes of each file, what\ncheck finds, what waits, and which values production shares with staging.\n\nExamples:\n  terrace try\n  terrace try ../shop\n\nExit codes: 0 done · 2 no repository, or no commit"
)]
pub(super) struct Args {
    /// A folder of the repository; this one by default
    #[arg(value_name = "REPOSITORY", value_hint = ValueHint::DirPath)]
    repository: Option<PathBuf>,
}

/// So many findings are shown whole.
const SHOWN: usize = 5;

pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    let dir = match &args.repository {
        Some(repository) => context.dir().join(repository),
        None => context.dir().to_owned(),
    };
    let workspace = context.workspace_in(&dir)?;
    let trial = ops::try_out(&workspace, moment_now(), context.today())?;
    let view = context.view();
    let mut out = context.screen("text");
    take_over::text(&trial.plan.plan, true, &trial.plan.prefix, &view, &mut out)?;
    for (word, environment) in &trial.assumed {
        writeln!(out, "`{word}` is taken as {environment} here; migrate asks for it")?;
    }
    let has_items = !trial.plan.plan.items.is_empty();
    if has_items {
        writeln!(out, "{}", take_over::counts(&trial.plan.plan))?;
    }
    match &trial.result {
        Some(result) => tell(result, context, &mut out)?,
        None => {
            writeln!(out, "Nothing here keeps environments apart by folders or names.")?;
            let words = ["migrate", "--dry-run"].map(str::to_owned);
            let command = in_folder(&dir, &words).join(" ");
            writeln!(out, "next: {command} shows what would become development's")?;
        }
    }
    tell_of_branches(context, &workspace)?;
    tell_of_cut_history(context, &workspace);
    if has_items {
        let mut command = command(&trial.plan, &TakeOverRequest::default(), (&workspace, &dir));
        command.push("--dry-run".to_owned());
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        writeln!(out, "\nNothing was changed.\n{}", view.command("next: ", &words))?;
    }
    Ok(0)
}

fn tell(result: &TrialResult, context: &Context, out: &mut dyn Write) -> std::io::Result<()> {
    let view = context.view();
    let strong = view.styles.strong;
    let found = &result.findings;
    let summary = Summary::new(found.items, found.environments.iter().copied(), &found.findings);
    let mut told: Vec<_> =
        found.findings.iter().filter(|finding| finding.severity > Severity::Notice).cloned().collect();
    let more = told.len().saturating_sub(SHOWN);
    told.truncate(SHOWN);
    word_findings(&mut told);
    writeln!(out, "\n{strong}What check would find{strong:#}\n")?;
    report::findings(report::Format::Text, &told, &summary, &view, out)?;
    if more > 0 {
        writeln!(
            out,
            "{} more; terrace check shows them after the take-over",
            report::counted(more, "finding")
        )?;
    }
    writeln!(out, "\n{strong}What would wait{strong:#}\n")?;
    status::text(&result.status.hops, &result.status.hidden, &view, out)?;
    if !result.shared.is_empty() {
        writeln!(out, "\n{strong}What production has as staging has it{strong:#}\n")?;
        let rows: Vec<_> = result
            .shared
            .iter()
            .map(|shared| (&shared.key, shared.values, shared.paths.as_slice(), shared.secrets.as_slice()))
            .collect();
        take_over::shared(&rows, &view, out)?;
    }
    Ok(())
}
