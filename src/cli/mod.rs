//! The command line: one file per command, each a thin door to an operation.
//!
//! Only this room knows clap, the terminal, the clock and the process environment. A command
//! reads its arguments, calls the operation, prints what came back, and returns an exit code.

mod ask;
mod blame;
mod check;
mod completions;
mod context;
mod demo;
mod destination;
mod diff;
mod edit;
mod explain;
mod export;
mod failure;
mod from_here;
mod get;
mod git_diff;
mod git_merge;
mod help;
mod hold;
mod hooks;
mod identity;
mod init;
mod kept_files;
mod list;
mod log;
mod man;
mod memory;
mod migrate;
mod output;
mod pager;
mod plan_file;
mod progress;
mod promote;
#[cfg(feature = "publish")]
mod publish;
mod review;
mod rollback;
mod run;
mod schema;
#[cfg(feature = "server")]
mod serve;
#[cfg(feature = "server")]
mod serve_log;
mod set;
#[cfg(any(feature = "watch", feature = "publish"))]
mod signals;
mod status;
mod take_over;
mod tips;
#[cfg(feature = "server")]
mod token;
mod try_out;
#[cfg(feature = "server")]
mod ui;
mod vscode;
#[cfg(feature = "watch")]
mod watch;
mod words;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;
use std::str::FromStr;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Parser, Subcommand};

use context::{Context, Globals};
use failure::Failure;

use crate::engine::snapshot::Snapshot;
use crate::model::{Error, Key, KeyGlob};

/// What a command gives back: its exit code.
type Outcome = Result<u8, Failure>;

/// Configuration as plain YAML in git, apart for development, staging and production.
#[derive(Debug, Parser)]
#[command(name = "terrace", version, about, propagate_version = true, arg_required_else_help = true)]
#[command(
    after_help = "Exit codes: 0 fine · 1 findings or differences · 2 usage or repository · 3 a person must decide · 4 try again · 70 internal error\n`terrace plan …` is `promote --dry-run …`, and `terrace apply FILE` is `promote --plan FILE`; an item can be named by its file."
)]
struct Cli {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    command: Command,
}

// Of what a command takes nothing is made up before that command is called.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
enum Command {
    /// Lay out a configuration repository and commit it
    Init(init::Args),
    /// Judge every file: syntax, schema, layout and isolation
    Check(check::Args),
    /// Judge again whenever a file is saved
    #[cfg(feature = "watch")]
    Watch(watch::Args),
    /// List the items and the environments that have them
    List(list::Args),
    /// Print an item, or one value of it
    Get(get::Args),
    /// Set one value of an item
    Set(set::Args),
    /// Remove one value of an item
    Unset(set::UnsetArgs),
    /// Turn flat files, or files that keep environments apart, into items
    Migrate(migrate::Args),
    /// Show what taking a repository over would give, without changing anything
    Try(try_out::Args),
    /// Infer JSON Schemas from the items
    Schema(schema::Args),
    /// Compare two sides, or all three environments
    Diff(diff::Args),
    /// Show what waits, what stops and what is behind
    Status(status::Args),
    /// Move changes from one environment to the next
    Promote(Box<promote::Args>),
    /// Keep an environment's own value, with the reason
    Hold(hold::Args),
    /// Take back what a promotion changed, or restore older values
    Rollback(rollback::Args),
    /// Say what a change means for every environment
    Review(review::Args),
    /// Show values over time
    Log(log::Args),
    /// Show where each value came from
    Blame(blame::Args),
    /// Write an environment's configuration for a process or a tool
    Export(export::Args),
    /// Run a command with an environment's configuration as its variables
    Run(run::Args),
    /// Serve each environment over HTTP, from memory
    #[cfg(feature = "server")]
    Serve(serve::Args),
    /// Keep an environment in an etcd, a redis, or Kubernetes manifests
    #[cfg(feature = "publish")]
    Publish(publish::Args),
    /// Look at the configuration, and change it, in a browser
    #[cfg(feature = "server")]
    Ui(ui::Args),
    /// Make, list and revoke the tokens of a server
    #[cfg(feature = "server")]
    Token(token::Args),
    /// Say what a rule means, why, and how to mend or waive it
    Explain(explain::Args),
    /// Make git check, show and merge configuration by path
    Hooks(hooks::Args),
    /// Show one changed file by path; git calls this
    GitDiff(git_diff::Args),
    /// Merge one YAML file by path; git calls this
    GitMerge(git_merge::Args),
    /// Make a small repository and run the main job in it
    Demo(demo::Args),
    /// Print a completion script for a shell
    Completions(completions::Args),
    /// Write the manual pages
    #[command(hide = true)]
    Man(man::Args),
    /// Answer the scripts of `terrace completions`
    #[command(hide = true)]
    Complete(completions::AnswerArgs),
}

/// Runs the command line and says how it went.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    // Git verifies what it fetches; what is read in bulk need not be hashed again.
    crate::store::Repository::trust_objects();
    let (words, wrong) = words::expand(arguments.into_iter().collect());
    let cli = match Cli::try_parse_from(&words) {
        Ok(cli) => cli,
        Err(error) => return misread(error, &words),
    };
    let context = Context::new(&cli.globals);
    if let Some(wrong) = wrong {
        return ExitCode::from(Failure::from(wrong).report(&context));
    }
    let outcome = run(&cli.command, &context).and_then(|code| {
        context.out().flush()?;
        Ok(code)
    });
    ExitCode::from(outcome.unwrap_or_else(|failure| failure.report(&context)))
}

/// Prints help, or what is wrong with the words.
fn misread(mut error: clap::Error, words: &[OsString]) -> ExitCode {
    // Whoever mistypes an option does not mean to pass it as a value.
    if let Some(ContextValue::StyledStrs(tips)) = error.get(ContextKind::Suggested) {
        let tips: Vec<_> =
            tips.iter().filter(|tip| !tip.to_string().contains("as a value, use")).cloned().collect();
        if tips.is_empty() {
            error.remove(ContextKind::Suggested);
        } else {
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips));
        }
    }
    if let (Some(ContextValue::String(wrong)), None) =
        (error.get(ContextKind::InvalidArg), error.get(ContextKind::SuggestedArg))
        && error.kind() == ErrorKind::UnknownArgument
        && let Some(near) = words::near_option(words, wrong)
    {
        error.insert(ContextKind::SuggestedArg, ContextValue::String(near));
    }
    if error.kind() == ErrorKind::UnknownArgument
        && let Some(ContextValue::String(wrong)) = error.get(ContextKind::InvalidArg)
        && !wrong.starts_with('-')
        && words::command(words).is_some_and(|command| command == "set")
    {
        // The word may be half of a secret.
        error.insert(ContextKind::InvalidArg, ContextValue::String("(another word)".to_owned()));
        let tip = "quote a value of several words: terrace set KEY PATH 'a b'".into();
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
    }
    tips::add(&mut error, words);
    let on_stderr = error.use_stderr();
    let text = error.render();
    let text =
        if context::colours_help(words, on_stderr) { text.ansi().to_string() } else { text.to_string() };
    // The last sentence as every other error has it.
    let (text, _) = text.split_once("For more information").unwrap_or((&text, ""));
    let command = words::command(words).map_or_else(String::new, |command| format!("{command} "));
    let text = match on_stderr && error.kind() != ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        true => format!("{text}help: `terrace {command}--help` shows how it is called\n"),
        false => text.to_owned(),
    };
    // Nobody is left to tell when this cannot be written.
    let _ = if on_stderr {
        io::stderr().write_all(text.as_bytes())
    } else {
        io::stdout().write_all(text.as_bytes())
    };
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

impl Command {
    /// Whether it may look at very many files, and then ends: what it starts, a pager say, needs little.
    const fn reads_many(&self) -> bool {
        matches!(
            self,
            Self::Check(_)
                | Self::Migrate(_)
                | Self::Diff(_)
                | Self::Status(_)
                | Self::Promote(_)
                | Self::Review(_)
                | Self::Export(_)
        )
    }
}

fn run(command: &Command, context: &Context) -> Outcome {
    if command.reads_many() {
        memory::use_small_pages();
    }
    match command {
        Command::Init(args) => init::run(args, context),
        Command::Check(args) => check::run(args, context),
        #[cfg(feature = "watch")]
        Command::Watch(args) => watch::run(args, context),
        Command::List(args) => list::run(args, context),
        Command::Get(args) => get::run(args, context),
        Command::Set(args) => set::run(args, context),
        Command::Unset(args) => set::unset(args, context),
        Command::Migrate(args) => migrate::run(args, context),
        Command::Try(args) => try_out::run(args, context),
        Command::Schema(args) => schema::run(args, context),
        Command::Diff(args) => diff::run(args, context),
        Command::Status(args) => status::run(args, context),
        Command::Promote(args) => promote::run(args, context),
        Command::Hold(args) => hold::run(args, context),
        Command::Rollback(args) => rollback::run(args, context),
        Command::Review(args) => review::run(args, context),
        Command::Log(args) => log::run(args, context),
        Command::Blame(args) => blame::run(args, context),
        Command::Export(args) => export::run(args, context),
        Command::Run(args) => run::run(args, context),
        #[cfg(feature = "server")]
        Command::Serve(args) => serve::run(args, context),
        #[cfg(feature = "publish")]
        Command::Publish(args) => publish::run(args, context),
        #[cfg(feature = "server")]
        Command::Ui(args) => ui::run(args, context),
        #[cfg(feature = "server")]
        Command::Token(args) => token::run(args, context),
        Command::Explain(args) => explain::run(args, context),
        Command::Hooks(args) => hooks::run(args, context),
        Command::GitDiff(args) => git_diff::run(args, context),
        Command::GitMerge(args) => git_merge::run(args, context),
        Command::Demo(args) => demo::run(args, context),
        Command::Completions(args) => completions::run(args, context),
        Command::Man(args) => man::run(args, context),
        Command::Complete(args) => completions::answer(args, context),
    }
}

/// Reads a word of the command line as one of the domain's names.
fn parse<T>(text: &str) -> Result<T, Error>
where
    T: FromStr,
    Error: From<T::Err>,
{
    text.parse().map_err(Error::from)
}

/// Reads words of the command line as keys.
/// Items that are asked for by their keys or by globs; all of them where nothing is.
struct Asked {
    keys: Vec<Key>,
    globs: Vec<KeyGlob>,
}

impl Asked {
    fn read(words: &[String]) -> Result<Self, Error> {
        let (globs, keys): (Vec<&String>, Vec<&String>) =
            words.iter().partition(|word| KeyGlob::is_meant(word));
        let keys = keys.into_iter().map(|word| parse(word)).collect::<Result<_, _>>()?;
        let globs = globs.into_iter().map(|word| parse(word)).collect::<Result<_, _>>()?;
        Ok(Self { keys, globs })
    }

    /// Refuses what names nothing: "nothing waits" would be said of nothing.
    fn require(&self, snapshot: &Snapshot) -> Result<(), Error> {
        snapshot.require_keys(&self.keys)?;
        let keys = snapshot.keys();
        let is_idle = |glob: &&KeyGlob| !keys.iter().any(|key| glob.is_match(key));
        match self.globs.iter().find(is_idle) {
            Some(glob) => Err(Error::usage(format!("no item matches `{glob}`"))
                .with_help("terrace list shows the items there are")),
            None => Ok(()),
        }
    }

    fn has_globs(&self) -> bool {
        !self.globs.is_empty()
    }

    /// What has to be looked at: what is named, or everything where globs choose.
    fn looked_at(&self) -> &[Key] {
        if self.has_globs() { &[] } else { &self.keys }
    }

    fn is_match(&self, key: &Key) -> bool {
        let is_all = self.keys.is_empty() && self.globs.is_empty();
        is_all || self.keys.contains(key) || self.globs.iter().any(|glob| glob.is_match(key))
    }
}

fn keys(words: &[String]) -> Result<Vec<Key>, Error> {
    words.iter().map(|word| parse(word)).collect()
}
