//! `terrace check`

use clap::Args as ClapArgs;

use super::context::{Context, RevisionArgs};
use super::{Outcome, keys, parse};
use crate::model::{Environment, Severity};
use crate::ops;
use crate::report::{self, Format, Summary};

/// Judge every file: syntax, schema, layout and isolation.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  terrace check\n  terrace check payments --env production\n  terrace check --staged --strict\n  terrace check --format sarif > terrace.sarif\n\nExit codes: 0 no errors · 1 errors (with --strict: warnings too)"
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
    let today = context.today();
    let at = args.place.at();
    let mut found = ops::check(&context.workspace_at(&at)?, &at, &keys(&args.keys)?, environment, today)?;
    if args.strict {
        for finding in found.findings.iter_mut().filter(|finding| finding.severity == Severity::Warning) {
            finding.severity = Severity::Error;
        }
    }
    if context.quiet {
        found.findings.retain(|finding| finding.severity > Severity::Notice);
    }
    let summary = Summary::new(found.items, found.environments.iter().copied(), &found.findings);
    report::findings(format, &found.findings, &summary, &context.view().styles, &mut context.out())?;
    Ok(u8::from(summary.errors > 0))
}
