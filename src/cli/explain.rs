//! `terrace explain`

use std::io::Write;

use clap::Args as ClapArgs;

use super::Outcome;
use super::context::Context;
use crate::model::{Error, Rule};
use crate::report::explain;

/// Say what a rule means, why, and how to mend or waive it.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  terrace explain foreign-host\n  terrace explain          lists the rules\n\nExit codes: 0 done · 2 no such rule"
)]
pub(super) struct Args {
    /// The rule's id
    #[arg(value_name = "RULE")]
    rule: Option<String>,
}

pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    let mut out = context.pages("text");
    match &args.rule {
        Some(id) => {
            let rule = id
                .parse::<Rule>()
                .map_err(|error| Error::usage(error.to_string()).with_help(error.help()))?;
            write!(out, "{}", explain::text(rule, &context.view()))?;
        }
        None => write!(out, "{}", explain::list(&context.view()))?,
    }
    Ok(0)
}
