//! What every command is handed: where it works, how it prints, who acts and when.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Args, ValueEnum};
use dialoguer::console::Term;

use super::output::{ErrWriter, OutWriter, Output};
use super::pager::Pager;
use super::progress::ProgressLine;
use crate::model::{Date, Result};
use crate::ops::{At, Workspace};
use crate::report::{Fold, Styles, View};
use crate::store::ProcessEnvironment;

/// Options that every command knows.
#[derive(Debug, Args)]
pub(super) struct Globals {
    // Not called `dir`: clap would take it for the DIR of `init` and `demo`.
    /// Work as if started in DIR
    #[arg(
        short = 'C',
        value_name = "DIR",
        global = true,
        help_heading = "Global options",
        default_value = ".",
        hide_default_value = true
    )]
    started_in: PathBuf,
    /// When to use colour
    #[arg(
        long,
        value_name = "WHEN",
        global = true,
        help_heading = "Global options",
        default_value = "auto",
        hide_default_value = true
    )]
    color: When,
    /// Print results only, no remarks
    #[arg(short, long, global = true, help_heading = "Global options")]
    quiet: bool,
    /// Print more
    #[arg(short, long, global = true, help_heading = "Global options")]
    verbose: bool,
    /// Show long output as it is, without a pager
    #[arg(long, global = true, help_heading = "Global options", hide_short_help = true)]
    no_pager: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum When {
    Auto,
    Always,
    Never,
}

impl When {
    /// Whether a stream gets colours: the option decides, else NO_COLOR, else CLICOLOR_FORCE, else
    /// what the stream is.
    fn wants(self, terminal: bool) -> bool {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto if set("NO_COLOR").is_some() => false,
            Self::Auto if set("CLICOLOR_FORCE").is_some_and(|value| value != "0") => true,
            Self::Auto => terminal && set("TERM").is_none_or(|term| term != "dumb"),
        }
    }
}

/// Whether help, or a complaint about the words themselves, gets colours on its stream: those words
/// are not read yet.
pub(super) fn colours_help(words: &[OsString], on_stderr: bool) -> bool {
    let words: Vec<&str> =
        words.iter().filter_map(|word| word.to_str()).take_while(|word| *word != "--").collect();
    let after = words.windows(2).filter(|pair| pair[0] == "--color").map(|pair| pair[1]);
    let joined = words.iter().filter_map(|word| word.strip_prefix("--color="));
    let when = after.chain(joined).last().and_then(|when| When::from_str(when, false).ok());
    let terminal = if on_stderr { io::stderr().is_terminal() } else { io::stdout().is_terminal() };
    when.unwrap_or(When::Auto).wants(terminal)
}

/// What every command is handed.
#[derive(Debug)]
pub(super) struct Context {
    dir: PathBuf,
    color: When,
    /// Whether remarks are left out.
    pub(super) quiet: bool,
    verbose: bool,
    pages: bool,
    /// Where long work is told of: a terminal that nobody wants quiet.
    line: Option<Arc<ProgressLine>>,
    output: Arc<Output>,
    environment: Arc<ProcessEnvironment>,
}

/// The variables of this process.
pub(super) fn process_environment() -> Arc<ProcessEnvironment> {
    Arc::new(ProcessEnvironment::of(std::env::vars_os()))
}

impl Context {
    pub(super) fn new(globals: &Globals) -> Self {
        let environment = process_environment();
        let dumb = environment.get("TERM").is_none_or(|term| term == "dumb");
        let can_show = !globals.quiet && !dumb && io::stderr().is_terminal();
        let line = can_show.then(|| Arc::new(ProgressLine::new(&environment)));
        Self {
            dir: globals.started_in.clone(),
            color: globals.color,
            quiet: globals.quiet,
            verbose: globals.verbose,
            pages: !globals.no_pager,
            output: Arc::new(Output::new(line.clone())),
            line,
            environment,
        }
    }

    /// The folder to work in.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The variables of the process.
    pub(super) fn environment(&self) -> &Arc<ProcessEnvironment> {
        &self.environment
    }

    /// Opens the repository of the folder to change it, or (`looking`) only to say what would change.
    pub(super) fn workspace_to_change(&self, looking: bool) -> Result<Workspace> {
        if looking {
            self.workspace()
        } else {
            Ok(self.watched(Workspace::open_to_change(&self.dir, &self.environment)?))
        }
    }

    /// Opens the repository of the folder.
    pub(super) fn workspace(&self) -> Result<Workspace> {
        self.workspace_in(&self.dir)
    }

    /// Opens the repository of another folder.
    pub(super) fn workspace_in(&self, dir: &Path) -> Result<Workspace> {
        let workspace = Workspace::open(dir, &self.environment)?;
        // Relative to where git runs its hooks, not to `-C`.
        let index = self.environment.get("GIT_INDEX_FILE");
        let repository = workspace.repository.clone().with_index(index.map(PathBuf::from));
        Ok(self.watched(Workspace { repository, ..workspace }))
    }

    /// The same, to read files of it; says once what of the working tree is not on disk.
    pub(super) fn workspace_at(&self, at: &At) -> Result<Workspace> {
        let workspace = self.workspace()?;
        if *at == At::Here && workspace.repository.leaves_files_out()? {
            self.remark("note: the checkout is sparse; what it leaves out is read from the index");
        }
        Ok(workspace)
    }

    /// Long work of the workspace is told of.
    fn watched(&self, workspace: Workspace) -> Workspace {
        match &self.line {
            Some(line) => workspace.with_progress(Arc::<ProgressLine>::clone(line)),
            None => workspace,
        }
    }

    /// Standard output.
    pub(super) fn out(&self) -> Box<dyn Write> {
        Box::new(OutWriter(Arc::clone(&self.output)))
    }

    /// Standard output in a format: no line of text is wider than the terminal it is read on.
    pub(super) fn screen(&self, format: &str) -> Box<dyn Write> {
        self.folded(format, self.out())
    }

    /// The same for what may be long: on a terminal a pager shows what is made for people.
    pub(super) fn pages(&self, format: &str) -> Box<dyn Write> {
        let is_read = matches!(format, "text" | "unified") && io::stdout().is_terminal();
        let pager = if is_read && self.pages { Pager::start(&self.environment) } else { None };
        let Some(pager) = pager else { return self.screen(format) };
        if let Some(line) = &self.line {
            line.erase();
        }
        self.folded(format, Box::new(pager))
    }

    fn folded(&self, format: &str, out: Box<dyn Write>) -> Box<dyn Write> {
        match self.view().room().filter(|_| format == "text") {
            Some(room) => Box::new(Fold::new(out, room)),
            None => out,
        }
    }

    /// Standard error for people: on a terminal no line is wider than that is.
    pub(super) fn error_screen(&self) -> Box<dyn Write> {
        match self.error_view().room() {
            Some(room) => Box::new(Fold::new(self.err(), room)),
            None => self.err(),
        }
    }

    /// Standard error.
    pub(super) fn err(&self) -> Box<dyn Write> {
        Box::new(ErrWriter(Arc::clone(&self.output)))
    }

    fn styles_for(&self, terminal: bool) -> Styles {
        if self.color.wants(terminal) { Styles::coloured() } else { Styles::plain() }
    }

    /// The styles of standard error.
    pub(super) fn error_styles(&self) -> Styles {
        self.styles_for(io::stderr().is_terminal())
    }

    /// How wide a terminal is: as wide as COLUMNS says, as git has it, else as itself says.
    fn columns(&self, terminal: &Term) -> usize {
        let said = self.environment.text("COLUMNS").and_then(|columns| columns.trim().parse().ok());
        said.filter(|columns| *columns > 0).unwrap_or_else(|| usize::from(terminal.size().1))
    }

    /// How standard error is read.
    pub(super) fn error_view(&self) -> View {
        let columns = io::stderr().is_terminal().then(|| self.columns(&Term::stderr()));
        View { styles: self.error_styles(), columns, verbose: self.verbose }
    }

    /// How standard output is read.
    pub(super) fn view(&self) -> View {
        let terminal = io::stdout().is_terminal();
        let columns = terminal.then(|| self.columns(&Term::stdout()));
        View { styles: self.styles_for(terminal), columns, verbose: self.verbose }
    }

    /// Whether somebody is there to answer questions.
    pub(super) fn is_interactive(&self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Tells something that is no result, unless quiet.
    pub(super) fn remark(&self, text: &str) {
        if !self.quiet {
            let _ = writeln!(self.error_screen(), "{}", crate::report::sanitize::clean(text));
        }
    }

    /// Today, UTC, as `YYYY-MM-DD`.
    pub(super) fn today(&self) -> Date {
        today()
    }

    /// The present moment in seconds since 1970-01-01 UTC.
    pub(super) fn now(&self) -> i64 {
        now()
    }
}

#[expect(clippy::disallowed_methods, reason = "the command line is the door that hands the clock in")]
pub(super) fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| i64::try_from(time.as_secs()).unwrap_or(i64::MAX))
}

/// Today, UTC.
pub(super) fn today() -> Date {
    Date::of(now(), 0)
}

/// Where a command reads files.
#[derive(Debug, Args)]
pub(super) struct RevisionArgs {
    /// Read the index instead of the working tree
    #[arg(long, conflicts_with = "at")]
    staged: bool,
    /// Read a commit instead of the working tree
    #[arg(long, value_name = "REV")]
    at: Option<String>,
}

impl RevisionArgs {
    pub(super) fn at(&self) -> At {
        match (&self.at, self.staged) {
            (Some(revision), _) => At::Revision(revision.clone()),
            (None, true) => At::Staged,
            (None, false) => At::Here,
        }
    }
}
