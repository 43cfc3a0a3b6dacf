//! `terrace check`

use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::context::{Context, RevisionArgs};
use super::help::word_findings;
use super::{Failure, Outcome, keys, parse};
use crate::model::{Environment, Error, Severity};
use crate::ops::{self, At, Workspace};
use crate::report::{self, Format, Summary};

/// Judge every file: syntax, schema, layout and isolation.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  terrace check\n  terrace check payments --env production\n  terrace check --staged --strict\n  terrace check --staged --since HEAD\n  terrace check --format sarif > terrace.sarif\n\nExit codes: 0 no errors · 1 errors (with --strict: warnings too)"
)]
pub(super) struct Args {
    /// Only these items
    #[arg(value_name = "KEY")]
    keys: Vec<String>,
    /// Only this environment's findings
    #[arg(short, long, value_name = "ENVIRONMENT")]
    env: Option<String>,
    #[command(flatten)]
    place: RevisionArgs,
    /// Only what was not found at this commit
    #[arg(long, value_name = "REV")]
    since: Option<String>,
    /// text, json, markdown, github, sarif, junit or gitlab
    #[arg(short = 'o', long, value_name = "FORMAT", default_value = "text", hide_default_value = true)]
    format: String,
    /// Exit 1 for warnings as well
    #[arg(long)]
    strict: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    let format = parse::<Format>(&args.format)?;
    let environment = args.env.as_deref().map(parse::<Environment>).transpose()?;
    let at = args.place.at();
    let workspace = context.workspace_at(&at)?;
    let roots = below(&workspace, &at, args.since.is_some())?;
    match roots.as_slice() {
        [] => judge(args, (&workspace, &at), (format, environment), context),
        [root] => judge(args, (&context.workspace_in(root)?, &at), (format, environment), context),
        several if format != Format::Text => {
            let shown: Vec<_> = several.iter().map(|root| format!("-C {}", root.display())).collect();
            Err(Error::usage("the repository has several configuration roots, and a report is of one")
                .with_help(format!("name each in a call of its own: {}", shown.join(", ")))
                .into())
        }
        several => {
            let mut worst = 0;
            for root in several {
                worst = worst.max(judge(
                    args,
                    (&context.workspace_in(root)?, &at),
                    (format, environment),
                    context,
                )?);
            }
            Ok(worst)
        }
    }
}

/// The folders of the configuration roots that a hook is to check which runs at the top of a repository
/// where there is none; none where this one is meant. Without any a hook, which asks what is new, has
/// nothing to say; for all others that is no all-clear.
fn below(workspace: &Workspace, at: &At, is_hook: bool) -> Result<Vec<PathBuf>, Failure> {
    let Some(top) = workspace.repository.work_tree().filter(|_| *at == At::Staged) else {
        return Ok(Vec::new());
    };
    let Err(nothing) = workspace.snapshot(at)?.require_layout() else { return Ok(Vec::new()) };
    let roots = workspace.repository.roots_below(&workspace.revision(at)?)?;
    if roots.is_empty() && !is_hook {
        return Err(nothing.into());
    }
    Ok(roots.into_iter().map(|root| top.join(root)).collect())
}

/// Judges one configuration root.
fn judge(
    args: &Args,
    (workspace, at): (&Workspace, &At),
    (format, environment): (Format, Option<Environment>),
    context: &Context,
) -> Outcome {
    let (keys, today) = (keys(&args.keys)?, context.today());
    let mut found = match &args.since {
        None => ops::check(workspace, at, &keys, environment, today)?,
        Some(since) => {
            let found = ops::check_since(workspace, at, &keys, environment, today, since)?;
            if found.known > 0 {
                let known = report::counted(found.known, "finding");
                context.remark(&format!("{known} left out that {since} has too"));
            }
            found.report
        }
    };
    if args.strict {
        for finding in found.findings.iter_mut().filter(|finding| finding.severity == Severity::Warning) {
            finding.severity = Severity::Error;
        }
    }
    if context.quiet {
        found.findings.retain(|finding| finding.severity > Severity::Notice);
    }
    word_findings(&mut found.findings);
    let summary = Summary::new(found.items, found.environments.iter().copied(), &found.findings);
    report::findings(format, &found.findings, &summary, &context.view(), &mut context.screen(format.name()))?;
    Ok(u8::from(summary.errors > 0))
}
