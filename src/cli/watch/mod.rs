//! `terrace watch`

mod command;
mod screen;

use clap::Args as ClapArgs;

use self::command::Runner;
use self::screen::Screen;
use super::context::Context;
use super::help::{worded, worded_report};
use super::signals::Signals;
use super::{Outcome, keys, parse};
use crate::model::Environment;
use crate::watch::Scope;
use crate::watch::{Options as WatchOptions, Update, Watch};

/// Judge again whenever a file is saved, and show the state.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  terrace watch\n  terrace watch payments --env staging\n  terrace watch --exec ./service --restart     restarts the service after every good change\n  terrace watch --format json                  one JSON object per line, for tools\n\nCMD runs through `sh -c` at the start and after each good change, never on a broken state; it is\nstarted again only when what is watched has changed since its last start.\n\nExit codes: 0 ended by Ctrl-C or SIGTERM · 2 the repository cannot be watched, or is gone"
)]
pub(super) struct Args {
    /// Only these items
    #[arg(value_name = "KEY")]
    keys: Vec<String>,
    /// Only this environment
    #[arg(short, long, value_name = "ENVIRONMENT")]
    env: Option<String>,
    /// text or json
    #[arg(short = 'o', long, value_name = "FORMAT", default_value = "text", hide_default_value = true, value_parser = ["text", "json"])]
    format: String,
    /// Run a shell command after each good change
    #[arg(long, value_name = "CMD")]
    exec: Option<String>,
    /// Stop the command when it still runs, and start it again
    #[arg(long, requires = "exec")]
    restart: bool,
    /// Look by the clock instead of waiting for events, as on a network file system
    #[arg(long)]
    poll: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    let environment = args.env.as_deref().map(parse::<Environment>).transpose()?;
    let scope = Scope { keys: keys(&args.keys)?, environment };
    let mut watch =
        Watch::open(context.dir(), WatchOptions { scope, poll: args.poll }, context.environment())?;
    let signals = {
        let waker = watch.waker();
        Signals::listen(move || waker.wake())?
    };
    let mut screen = Screen::new(context, args.format == "json", watch.place());
    let mut runner = args
        .exec
        .as_ref()
        .map(|command| Runner::new(command, context.dir(), args.restart, watch.waker(), signals.clone()));
    let outcome = turns(&mut watch, &mut screen, runner.as_mut(), &signals, context);
    if let Some(runner) = runner {
        runner.end();
    }
    outcome.map(|()| 0)
}

fn turns(
    watch: &mut Watch,
    screen: &mut Screen<'_>,
    mut runner: Option<&mut Runner>,
    signals: &Signals,
    context: &Context,
) -> Result<(), super::Failure> {
    while !signals.say_end() {
        match watch.next(&|| Some(context.today()))? {
            Update::Verdict(mut verdict) => {
                verdict.outcome = verdict.outcome.map(worded_report).map_err(worded);
                screen.verdict(&verdict)?;
                if let Some(runner) = &mut runner {
                    runner.judged(verdict.is_good(), verdict.content);
                }
            }
            Update::Branch(branch) => screen.branch(branch.as_deref())?,
            Update::Remark(remark) => screen.remark(&remark)?,
            Update::Woken => {}
        }
        // A command that has just ended may have to be started at once.
        while let Some((doing, code)) = runner.as_mut().and_then(|runner| runner.step()) {
            if let Some(runner) = &runner {
                screen.command(runner.command(), doing, code)?;
            }
        }
    }
    Ok(())
}
