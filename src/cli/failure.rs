//! Why a command ends early, and how that is told.

use std::io::{self, Write};

use super::context::Context;
use super::help::say;
use crate::model::Error;
use crate::report::sanitize::clean;
use crate::secrets::without_secrets;

/// Why a command ends early.
#[derive(Debug)]
pub(super) enum Failure {
    /// A failure to look or to act.
    Error(Error),
    /// Output that could not be written.
    Output(io::Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl Failure {
    /// Prints the failure and gives its exit code. A closed pipe is a quiet success.
    pub(super) fn report(self, context: &Context) -> u8 {
        let error = match self {
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => return 0,
            Self::Output(error) => Error::usage(format!("cannot write the output: {error}"))
                .with_help("see where the output goes, and whether there is room"),
            Self::Error(error) => error,
        };
        let styles = context.error_styles();
        let (red, strong) = (styles.error, styles.strong);
        let _ = context.out().flush();
        let mut err = context.error_screen();
        // What was typed is repeated, and may be an address with a password.
        let message = without_secrets(&error.message);
        let _ = writeln!(err, "{red}error{red:#}: {strong}{}{strong:#}", clean(&message));
        for line in error.help.as_ref().map(say).unwrap_or_default().lines() {
            let _ = writeln!(err, "{strong}help{strong:#}: {}", clean(line));
        }
        error.kind.exit_code()
    }
}

/// Tells of the files that could not be read, once the others have been shown.
pub(super) fn all_read(unreadable: Vec<Error>, context: &Context) -> Result<(), Failure> {
    let mut errors = unreadable.into_iter();
    let Some(last) = errors.next_back() else { return Ok(()) };
    for error in errors {
        Failure::from(error).report(context);
    }
    Err(last.into())
}
